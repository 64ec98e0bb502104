package expr

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxPattern bounds the length of a regular expression in bytes.
const maxPattern = 16 << 10

// The assertions of flag m for package regexp2. Package regexp can only say something near to them: its own also hold at the end of a text
// that ends in a newline.
const (
	lineBegin = `(?:\A|(?<=\n)(?!\z))`
	lineEnd   = `(?:(?=\n)|(?<!\n)\z)`
)

// translation is a regular expression of XPath in the syntax of package regexp.
type translation struct {
	pattern string
	groups  int
	// lines tells that it asserts ends of lines. around is the expression for package regexp2.
	lines  bool
	around string
	// quoted tells that flag q is given, so that a replacement is taken literally too.
	quoted bool
	// backrefs tells that it holds back-references, for which it must go to package regexp2.
	backrefs bool
}

// translator rewrites the syntax of https://www.w3.org/TR/xpath-functions-31/#regex-syntax. Beyond it, \b, \B and the groups
// (?i), (?s), (?m) with their negations are known, since queries in the wild have them; they hold to the end of the group around them.
type translator struct {
	src string
	i   int
	out strings.Builder
	modes
	groups int
	closed map[int]bool
	open   []openGroup
	back   bool
	lines  bool
	around strings.Builder // out in the words of package regexp2, where they are others
	copied int             // of out
}

// modes are flags, which groups may change.
type modes struct {
	dotAll bool // s
	multi  bool // m
	fold   bool // i
}

type openGroup struct {
	number int // 0 if it does not capture
	modes      // around it
}

// maxTranslation bounds the length of a translation in bytes: where sets are computed, it may be much longer than the pattern.
const maxTranslation = 1 << 20

func regexErrorf(format string, args ...any) error {
	return errors.New("regular expression: " + fmt.Sprintf(format, args...))
}

// translate rewrites a pattern; the flags are s, m, i, x and q.
func translate(pattern, flags string) (translation, error) {
	if len(pattern) > maxPattern {
		return translation{}, regexErrorf("longer than %d bytes", maxPattern)
	}
	if !utf8.ValidString(pattern) {
		return translation{}, regexErrorf("not UTF-8")
	}
	t := &translator{src: pattern, closed: map[int]bool{}}
	quote, spaced := false, false
	for _, f := range flags {
		switch f {
		case 's':
			t.dotAll = true
		case 'm':
			t.multi = true
		case 'i':
			t.fold = true
		case 'x':
			spaced = true
		case 'q':
			quote = true
		default:
			return translation{}, regexErrorf("unknown flag %q", f)
		}
	}
	if t.fold {
		t.out.WriteString("(?i)")
	}
	if quote {
		for _, r := range pattern {
			t.character(r)
		}
		done := t.done()
		done.quoted = true
		return done, nil
	}
	if spaced {
		t.src = withoutSpace(pattern)
	}
	if err := t.run(); err != nil {
		return translation{}, err
	}
	return t.done(), nil
}

func (t *translator) done() translation {
	out := t.out.String()
	return translation{pattern: out, groups: t.groups, backrefs: t.back, lines: t.lines, around: t.around.String() + out[t.copied:]}
}

// line writes an assertion for package regexp, and remembers the one of package regexp2.
func (t *translator) line(near, exact string) {
	t.lines = true
	t.apart(near, exact)
}

// apart writes what package regexp is told in other words than package regexp2.
func (t *translator) apart(one, two string) {
	t.around.WriteString(t.out.String()[t.copied:])
	t.around.WriteString(two)
	t.out.WriteString(one)
	t.copied = t.out.Len()
}

// withoutSpace leaves out what flag x removes: whitespace outside classes. What a backslash stands before is found out behind that.
func withoutSpace(pattern string) string {
	var b strings.Builder
	depth, escaped := 0, false
	for i := range len(pattern) {
		c := pattern[i]
		if depth == 0 && strings.IndexByte(" \t\n\r", c) >= 0 {
			continue
		}
		b.WriteByte(c)
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		}
	}
	return b.String()
}

func (t *translator) next() rune {
	r, n := utf8.DecodeRuneInString(t.src[t.i:])
	t.i += n
	return r
}

func (t *translator) more() bool { return t.i < len(t.src) }

func (t *translator) literal(r rune) {
	if r < 0x80 && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == ' ' || r == '_') {
		fmt.Fprintf(&t.out, `\x{%X}`, r)
		return
	}
	t.out.WriteRune(r)
}

func (t *translator) run() error {
	for t.more() {
		if t.out.Len() > maxTranslation {
			return regexErrorf("too large")
		}
		switch r := t.next(); r {
		case '.':
			if t.dotAll {
				t.out.WriteString(`[\x{0}-\x{10FFFF}]`)
			} else {
				t.out.WriteString(`[^\n\r]`)
			}
		case '^':
			if t.multi {
				t.line("(?m:^)", lineBegin)
			} else {
				t.out.WriteString(`\A`)
			}
		case '$':
			if t.multi {
				t.line("(?m:$)", lineEnd)
			} else {
				t.out.WriteString(`\z`)
			}
		case '(':
			if err := t.group(); err != nil {
				return err
			}
		case ')':
			if len(t.open) == 0 {
				return regexErrorf("unexpected )")
			}
			g := t.open[len(t.open)-1]
			if g.number > 0 {
				t.closed[g.number] = true
			}
			t.modes, t.open = g.modes, t.open[:len(t.open)-1]
			t.out.WriteByte(')')
		case '[':
			s, err := t.class(0)
			if err != nil {
				return err
			}
			t.folded(s)
		case ']', '}':
			return regexErrorf("unexpected %c", r)
		case '{':
			if err := t.quantity(); err != nil {
				return err
			}
		case '|', '?', '*', '+':
			t.out.WriteRune(r)
		case '\\':
			if err := t.escape(); err != nil {
				return err
			}
		default:
			t.character(r)
		}
	}
	if len(t.open) > 0 {
		return regexErrorf("missing )")
	}
	return nil
}

// group is called behind a parenthesis.
func (t *translator) group() error {
	if len(t.open) >= 250 {
		return regexErrorf("too many nested groups")
	}
	rest := t.src[t.i:]
	if !strings.HasPrefix(rest, "?") {
		t.groups++
		t.open = append(t.open, openGroup{t.groups, t.modes})
		t.out.WriteByte('(')
		return nil
	}
	end := 1
	for end < len(rest) && strings.IndexByte("ims-", rest[end]) >= 0 {
		end++
	}
	if end < len(rest) && (rest[end] == ':' || rest[end] == ')' && end > 1) {
		if strings.Count(rest[1:end], "-") > 1 || strings.HasSuffix(rest[1:end], "-") {
			return regexErrorf("bad flags in a group")
		}
		t.i += end + 1
		t.out.WriteString("(" + rest[:end+1])
		if rest[end] == ':' {
			t.open = append(t.open, openGroup{0, t.modes})
		}
		t.change(rest[1:end])
		return nil
	}
	return regexErrorf("(?%.1s is no group that XPath knows", rest[1:])
}

// change sets the modes that a group names, and those behind a minus back.
func (t *translator) change(flags string) {
	on := true
	for _, f := range flags {
		switch f {
		case '-':
			on = false
		case 's':
			t.dotAll = on
		case 'm':
			t.multi = on
		case 'i':
			t.fold = on
		}
	}
}

func (t *translator) quantity() error {
	end := strings.IndexByte(t.src[t.i:], '}')
	if end < 0 {
		return regexErrorf("missing }")
	}
	q := t.src[t.i : t.i+end]
	t.i += end + 1
	low, high, comma := strings.Cut(q, ",")
	digits := func(s string) bool {
		return s != "" && strings.Trim(s, "0123456789") == ""
	}
	if !digits(low) || comma && high != "" && (!digits(high) || lessDigits(high, low)) {
		return regexErrorf("bad quantity {%s}", q)
	}
	t.out.WriteString("{" + q + "}")
	return nil
}

// lessDigits compares two numbers of any length.
func lessDigits(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return len(a) < len(b) || len(a) == len(b) && a < b
}

// escape is called behind a backslash outside a class.
func (t *translator) escape() error {
	if !t.more() {
		return regexErrorf(`\ at the end`)
	}
	c := t.src[t.i]
	switch {
	case '1' <= c && c <= '9':
		n := int(c - '0')
		t.i++
		for t.more() && t.src[t.i]-'0' <= 9 && t.closed[n*10+int(t.src[t.i]-'0')] {
			n = n*10 + int(t.src[t.i]-'0')
			t.i++
		}
		if !t.closed[n] {
			return regexErrorf(`\%d refers to no group before it`, n)
		}
		t.back = true
		fmt.Fprintf(&t.out, `(?:\%d)`, n)
		return nil
	case c == 'b' || c == 'B':
		t.i++
		t.out.WriteString(`\` + string(c))
		return nil
	}
	set, single, err := t.classEscape()
	if err != nil {
		return err
	}
	if set == "" {
		t.character(single)
	} else {
		t.out.WriteString(t.inCase("[" + set + "]"))
	}
	return nil
}

// inCase is a class that is not to be matched in whatever case: flag i bears on single characters and ranges only.
func (t *translator) inCase(class string) string {
	if t.fold {
		return "(?-i:" + class + ")"
	}
	return class
}

// Sets that may stand inside a class. \w is all that is not punctuation, separator or other.
const (
	setSpace    = `\x{9}\x{A}\x{D} `
	setNotSpace = `\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{21}-\x{10FFFF}`
	setWord     = `\p{L}\p{M}\p{N}\p{S}`
	setNotWord  = `\p{P}\p{Z}\p{C}`
)

// classEscape reads what follows a backslash: a set of characters or a single one.
func (t *translator) classEscape() (set string, single rune, err error) {
	if !t.more() {
		return "", 0, regexErrorf(`\ at the end`)
	}
	switch r := t.next(); r {
	case 'n':
		return "", '\n', nil
	case 'r':
		return "", '\r', nil
	case 't':
		return "", '\t', nil
	case '\\', '|', '.', '?', '*', '+', '(', ')', '{', '}', '-', '[', ']', '^', '$', '/', ' ', '"', '\'', '#', '&', '<', '>', '=', ':', ',', ';', '!', '@', '%', '~', '_', '`':
		return "", r, nil
	case 's':
		return setSpace, 0, nil
	case 'S':
		return setNotSpace, 0, nil
	case 'd':
		return `\p{Nd}`, 0, nil
	case 'D':
		return `\P{Nd}`, 0, nil
	case 'w':
		return setWord, 0, nil
	case 'W':
		return setNotWord, 0, nil
	case 'i':
		return rangesText(nameStart), 0, nil
	case 'I':
		return rangesText(complement(nameStart)), 0, nil
	case 'c':
		return rangesText(nameChar), 0, nil
	case 'C':
		return rangesText(complement(nameChar)), 0, nil
	case 'p', 'P':
		end := strings.IndexByte(t.src[t.i:], '}')
		if end < 0 || t.src[t.i] != '{' {
			return "", 0, regexErrorf(`\%c wants a category in braces`, r)
		}
		name := t.src[t.i+1 : t.i+end]
		t.i += end + 1
		if block, ok := strings.CutPrefix(name, "Is"); ok {
			b, ok := blocks[block]
			if !ok {
				return "", 0, regexErrorf("unknown block %s", name)
			}
			ranges := []rune{b[0], b[1]}
			if r == 'P' {
				ranges = complement(ranges)
			}
			return rangesText(ranges), 0, nil
		}
		if len(name) < 1 || len(name) > 2 || strings.IndexByte("LMNPZSC", name[0]) < 0 {
			return "", 0, regexErrorf("unknown category %s", name)
		}
		if _, err := syntax.Parse(`\p{`+name+`}`, syntax.Perl); err != nil {
			return "", 0, regexErrorf("unknown category %s", name)
		}
		return `\` + string(r) + `{` + name + `}`, 0, nil
	default:
		return "", 0, regexErrorf(`\%c is no escape of XPath`, r)
	}
}
