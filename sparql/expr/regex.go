package expr

import (
	"context"
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// matchTimeout bounds a try of matching a regular expression with back-references, which may take exponential time. The context can only
// be looked at between tries, of which there are matchTries: a processor that others have may have kept the first one waiting.
const (
	matchTimeout = 60 * time.Millisecond
	matchTries   = 3
)

func init() { regexp2.SetTimeoutCheckPeriod(matchTimeout / 4) } // of its clock

// patiently tries to match until that succeeds in time.
func patiently[T any](ctx context.Context, match func() (T, error)) (T, error) {
	for try := 1; ; try++ {
		found, err := match()
		if err == nil {
			return found, nil
		}
		if ctx != nil && ctx.Err() != nil {
			return found, ctx.Err()
		}
		if try == matchTries {
			return found, ErrRegexTimeout
		}
	}
}

// ErrRegexTimeout is the error of a regular expression with back-references that takes too long. It ends the query, since
// dropping the row would be a wrong answer.
var ErrRegexTimeout = errors.New("a regular expression with a back-reference took too long")

// maxProgram bounds the instructions of a compiled regular expression: matching takes time in proportion to them and to the
// length of the text.
const maxProgram = 10_000

type regexpKey struct{ pattern, flags string }

// maxCached is how many patterns that are not constant a Context keeps compiled.
const maxCached = 128

// matcher is a compiled regular expression.
type matcher struct {
	mode    matchMode
	literal string
	re      *regexp.Regexp
	back    *regexp2.Regexp
	groups  int
	empty   bool // matches the empty string
	program int  // instructions
	need    required
	text    string
	resume  *regexp.Regexp // finds further matches, see next
	once    sync.Once
}

type matchMode uint8

const (
	matchRegexp matchMode = iota
	matchBack
	matchContains
	matchPrefix
	matchSuffix
	matchExact
	matchFold // contains, whatever the case; the literal is ASCII in lower case
)

const metacharacters = `\.[]{}()*+?|^$`

// compileRegexp compiles a pattern of XPath. An error says what is wrong with it.
func compileRegexp(pattern, flags string) (*matcher, error) {
	t, err := translate(pattern, flags)
	if err != nil {
		return nil, err
	}
	m := &matcher{groups: t.groups}
	if t.backrefs {
		if m.back, err = regexp2.Compile(t.pattern, regexp2.RE2); err != nil {
			return nil, regexErrorf("%s", err)
		}
		m.back.MatchTimeout = matchTimeout
		m.mode = matchBack
		m.empty, err = m.back.MatchString("")
		return m, err
	}
	parsed, err := syntax.Parse(t.pattern, syntax.Perl)
	if err != nil {
		return nil, regexErrorf("%s", err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return nil, regexErrorf("too large")
	}
	m.program, m.text, m.need = len(prog.Inst), t.pattern, requiredBy(parsed)
	if m.re, err = regexp.Compile(t.pattern); err != nil {
		return nil, regexErrorf("%s", err)
	}
	m.empty = m.re.MatchString("")
	quoted := strings.Contains(flags, "q")
	if !quoted && strings.ContainsAny(flags, "xm") {
		return m, nil
	}
	body := pattern
	start, end := false, false
	if !quoted {
		body, start = strings.CutPrefix(body, "^")
		body, end = strings.CutSuffix(body, "$")
		if strings.ContainsAny(body, metacharacters) {
			return m, nil
		}
	}
	m.literal = body
	switch {
	case strings.Contains(flags, "i"):
		if !start && !end && foldable(body) {
			m.mode, m.literal = matchFold, strings.ToLower(body)
		}
	case start && end:
		m.mode = matchExact
	case start:
		m.mode = matchPrefix
	case end:
		m.mode = matchSuffix
	default:
		m.mode = matchContains
	}
	return m, nil
}

// foldable reports whether a literal is matched without regard to case by looking at ASCII letters alone. The letters k and s
// have variants outside ASCII (the Kelvin sign and the long s).
func foldable(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf, c|0x20 == 'k', c|0x20 == 's':
			return false
		}
	}
	return s != ""
}

func (m *matcher) match(ctx context.Context, s string) (bool, error) {
	switch m.mode {
	case matchContains:
		return strings.Contains(s, m.literal), nil
	case matchPrefix:
		return strings.HasPrefix(s, m.literal), nil
	case matchSuffix:
		return strings.HasSuffix(s, m.literal), nil
	case matchExact:
		return s == m.literal, nil
	case matchFold:
		return containsFold(s, m.literal), nil
	case matchBack:
		return patiently(ctx, func() (bool, error) { return m.back.MatchString(s) })
	}
	if !m.need.in(s) {
		return false, nil
	}
	if m.long(s) {
		r := &textReader{s: s, ctx: ctx}
		ok := m.re.MatchReader(r)
		return ok, r.err
	}
	return m.re.MatchString(s), nil
}

// containsFold looks for low, ASCII in lower case and not empty, in either case.
func containsFold(s, low string) bool {
	first := low[0]
	upper := first
	if 'a' <= first && first <= 'z' {
		upper -= 'a' - 'A'
	}
	// Search for both forms of the first letter, each with the fast IndexByte, and try where one is found.
	nextLow, nextUp := strings.IndexByte(s, first), -1
	if upper != first {
		nextUp = strings.IndexByte(s, upper)
	}
	for nextLow >= 0 || nextUp >= 0 {
		i := nextLow
		if i < 0 || nextUp >= 0 && nextUp < i {
			i = nextUp
		}
		if len(s)-i < len(low) {
			return false
		}
		if equalFoldASCII(s[i:i+len(low)], low) {
			return true
		}
		if i == nextLow {
			nextLow = advance(s, first, i)
		} else {
			nextUp = advance(s, upper, i)
		}
	}
	return false
}

func advance(s string, c byte, i int) int {
	if j := strings.IndexByte(s[i+1:], c); j >= 0 {
		return i + 1 + j
	}
	return -1
}

func equalFoldASCII(s, low string) bool {
	for i := 0; i < len(low); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}

// pattern is the pattern and the flags of REGEX or REPLACE: compiled once where they are constant.
type pattern struct {
	text, flags node // flags may be nil
	constant    *matcher
	failed      bool // constant, but wrong
}

func newPattern(text, flags node) pattern {
	p := pattern{text: text, flags: flags}
	t, ok := text.(*constNode)
	if !ok {
		return p
	}
	f := &constNode{String("")}
	if flags != nil {
		if f, ok = flags.(*constNode); !ok {
			return p
		}
	}
	if t.v.kind != kString || f.v.kind != kString {
		p.failed = true
		return p
	}
	m, err := compileRegexp(t.v.term.Value(), f.v.term.Value())
	p.constant, p.failed = m, err != nil
	return p
}

func (p *pattern) get(c *Context, row Row) (*matcher, error) {
	if p.constant != nil {
		return p.constant, nil
	}
	if p.failed {
		return nil, ErrExpr
	}
	t, err := p.text.eval(c, row)
	if err != nil {
		return nil, err
	}
	if t.kind != kString {
		return nil, ErrExpr
	}
	key := regexpKey{pattern: t.term.Value()}
	if p.flags != nil {
		f, err := p.flags.eval(c, row)
		if err != nil {
			return nil, err
		}
		if f.kind != kString {
			return nil, ErrExpr
		}
		key.flags = f.term.Value()
	}
	m, ok := c.regexps[key]
	if !ok {
		m, _ = compileRegexp(key.pattern, key.flags) // nil is remembered for a wrong pattern
		if len(c.regexps) >= maxCached {
			clear(c.regexps)
		}
		if c.regexps == nil {
			c.regexps = map[regexpKey]*matcher{}
		}
		c.regexps[key] = m
	}
	if m == nil {
		return nil, ErrExpr
	}
	return m, nil
}

// regexNode is REGEX.
type regexNode struct {
	text node
	pattern
}

func newRegex(args []node) node {
	var flags node
	if len(args) == 3 {
		flags = args[2]
	}
	return fold(&regexNode{text: args[0], pattern: newPattern(args[1], flags)}, args...)
}

func (n *regexNode) evalBool(c *Context, row Row) (bool, error) {
	s, err := n.text.eval(c, row)
	if err != nil {
		return false, err
	}
	if !s.isStringLit() {
		return false, ErrExpr
	}
	m, err := n.get(c, row)
	if err != nil {
		return false, err
	}
	return m.match(c.Ctx, s.term.Value())
}

func (n *regexNode) eval(c *Context, row Row) (Value, error) { return boolValue(n.evalBool(c, row)) }
