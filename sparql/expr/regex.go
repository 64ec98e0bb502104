package expr

import (
	"context"
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2"
)

// matchTimeout bounds a try of matching a regular expression by backtracking, which may take exponential time. The context can only
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

// ErrRegexTimeout is the error of a regular expression that is matched by backtracking and takes too long. It ends the query, since
// dropping the row would be a wrong answer.
var ErrRegexTimeout = errors.New("a regular expression with back-references or more than a thousand repetitions took too long")

// maxProgram bounds the instructions of a compiled regular expression: matching takes time in proportion to them and to the
// length of the text.
const maxProgram = 10_000

type regexpKey struct{ pattern, flags string }

// maxCached is how many patterns that are not constant a Context keeps compiled, and maxCachedBytes about how many bytes of them.
const (
	maxCached      = 128
	maxCachedBytes = 8 << 20
)

// matcher is a compiled regular expression.
type matcher struct {
	mode     matchMode
	literals []string // for the modes that look for texts: one of them
	fold     foldedText
	single   bool // matches the one literal and no other text
	re       *regexp.Regexp
	back     *regexp2.Regexp
	groups   int
	quoted   bool // flag q: replacements are literal
	empty    bool // matches the empty string
	program  int  // instructions
	need     required
	quick    quickMatcher
	text     string
	resume   *regexp.Regexp // finds further matches, see next
	once     sync.Once
	lines    bool   // asserts ends of lines, see regexlines.go
	around   string // in the syntax of package regexp2
	exactly  lineMatcher
}

// size is about how many bytes it takes, if its pattern has so many.
func (m *matcher) size(pattern int64) int64 {
	size := int64(regexSize + instSize*m.program)
	if m.back != nil {
		size += instSize * pattern
	}
	return size
}

type matchMode uint8

const (
	matchRegexp matchMode = iota
	matchBack
	matchContains
	matchPrefix
	matchSuffix
	matchExact
	matchFold // contains, whatever the case
)

// compileRegexp compiles a pattern of XPath. An error says what is wrong with it.
func compileRegexp(pattern, flags string) (*matcher, error) {
	t, err := translate(pattern, flags)
	if err != nil {
		return nil, err
	}
	m := &matcher{groups: t.groups, quoted: t.quoted, lines: t.lines, around: t.around}
	if t.backrefs {
		return m.backtrack()
	}
	parsed, err := syntax.Parse(t.pattern, syntax.Perl)
	if large := new(syntax.Error); errors.As(err, &large) && (large.Code == syntax.ErrInvalidRepeatSize || large.Code == syntax.ErrLarge) {
		return m.backtrack()
	}
	if err != nil {
		return nil, regexErrorf("%s", err)
	}
	parsed = parsed.Simplify()
	prog, err := syntax.Compile(parsed)
	if err != nil {
		return nil, regexErrorf("%s", err)
	}
	if len(prog.Inst) > maxProgram {
		return m.backtrack()
	}
	m.program, m.text, m.need = len(prog.Inst), t.pattern, requiredBy(parsed)
	if m.re, err = regexp.Compile(t.pattern); err != nil {
		return nil, regexErrorf("%s", err)
	}
	m.empty = m.re.MatchString("")
	m.mode, m.literals, m.single = literalsOf(parsed)
	if m.mode == matchFold {
		m.fold = newFoldedText(m.literals[0])
	}
	m.lookFor(prog.StartCond()&syntax.EmptyBeginText != 0 && beginsNarrowly(parsed))
	return m, nil
}

// backtrack takes package regexp2, which knows back-references, and counts repetitions where package regexp writes them out.
func (m *matcher) backtrack() (_ *matcher, err error) {
	if m.back, err = regexp2.Compile(m.around, regexp2.RE2); err != nil {
		return nil, regexErrorf("%s", err)
	}
	m.back.MatchTimeout = matchTimeout
	m.mode = matchBack
	if m.empty, err = patiently(context.Background(), func() (bool, error) { return m.back.MatchString("") }); err != nil {
		return nil, err
	}
	return m, nil
}

// literalsOf tells whether an expression matches what has one of a few texts in it, at the begin, at the end, or is one of them, and whether
// there is a single one.
func literalsOf(re *syntax.Regexp) (mode matchMode, literals []string, single bool) {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase != 0 && len(re.Rune) <= longestFolded && foldable(string(re.Rune)) {
		return matchFold, []string{strings.ToLower(string(re.Rune))}, false
	}
	body := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		body = re.Sub
	}
	start := len(body) > 0 && body[0].Op == syntax.OpBeginText
	if start {
		body = body[1:]
	}
	end := len(body) > 0 && body[len(body)-1].Op == syntax.OpEndText
	if end {
		body = body[:len(body)-1]
	}
	t := concatContents(body).texts
	if t == nil || !t.exact || len(t.all) == 0 {
		return matchRegexp, nil, false
	}
	single = len(t.all) == 1
	switch {
	case start && end:
		return matchExact, t.all, single
	case start:
		return matchPrefix, t.all, single
	case end:
		return matchSuffix, t.all, single
	}
	if all := shortestOf(t.all); len(all) <= mostLiterals {
		return matchContains, all, single
	}
	return matchRegexp, nil, false
}

func (m *matcher) match(ctx context.Context, s string) (bool, error) {
	var test func(s, literal string) bool
	switch m.mode {
	case matchContains:
		test = strings.Contains
	case matchPrefix:
		test = strings.HasPrefix
	case matchSuffix:
		test = strings.HasSuffix
	case matchExact:
		return slices.Contains(m.literals, s), nil
	case matchFold:
		return m.fold.in(s), nil
	case matchBack:
		return patiently(ctx, func() (bool, error) { return m.back.MatchString(s) })
	default:
		matches, known, err := m.quickly(ctx, s)
		if m.doubtful(s) && (matches || !known) && err == nil {
			return m.matchExactly(ctx, s)
		}
		if known || err != nil {
			return matches, err
		}
		if m.long(s) {
			r := &textReader{s: s, ctx: ctx}
			ok := m.re.MatchReader(r)
			return ok, r.err
		}
		return m.re.MatchString(s), nil
	}
	for _, literal := range m.literals {
		if test(s, literal) {
			return true, nil
		}
	}
	return false, nil
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
		if c.Ctx != nil && c.Ctx.Err() != nil { // compiling may take long, and each row may have a pattern of its own
			return nil, c.Ctx.Err()
		}
		m, _ = compileRegexp(key.pattern, key.flags) // nil is remembered for a wrong pattern
		size := int64(len(key.pattern))
		if m != nil {
			size += m.size(size)
		}
		if len(c.regexps) >= maxCached || c.patterns+size > maxCachedBytes {
			clear(c.regexps)
			c.patterns = 0
		}
		c.patterns += size
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
