package expr

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// replaceNode is REPLACE.
type replaceNode struct {
	text, replacement node
	pattern
}

func newReplace(args []node) node {
	var flags node
	if len(args) == 4 {
		flags = args[3]
	}
	return fold(&replaceNode{text: args[0], replacement: args[2], pattern: newPattern(args[1], flags)}, args...)
}

func (n *replaceNode) eval(c *Context, row Row) (Value, error) {
	s, err := n.text.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	m, err := n.get(c, row)
	if err != nil {
		return Value{}, err
	}
	r, err := n.replacement.eval(c, row)
	if err != nil {
		return Value{}, err
	}
	// A pattern that matches the empty string is an error (err:FORX0003).
	if !s.isStringLit() || r.kind != kString || m.empty {
		return Value{}, ErrExpr
	}
	text, repl := s.term.Value(), r.term.Value()
	if m.mode == matchContains && m.single && (m.quoted || !strings.ContainsAny(repl, `\$`)) {
		literal := m.literals[0]
		if k := strings.Count(text, literal); len(text)+k*(len(repl)-len(literal)) > MaxString {
			return Value{}, ErrString
		} else if k == 0 {
			return s, nil
		}
		return withString(&s, strings.ReplaceAll(text, literal, repl)), nil
	}
	out, changed, err := m.replace(c.Ctx, text, repl)
	if err != nil {
		return Value{}, err
	}
	if !changed {
		return s, nil
	}
	return withString(&s, out), nil
}

// replace puts the replacement in place of every match. In it, $N is a group, \$ and \\ stand for $ and \, except
// with flag q.
func (m *matcher) replace(ctx context.Context, text, repl string) (out string, changed bool, err error) {
	parts, ok := []replacementPart{{repl, -1}}, true
	if !m.quoted {
		parts, ok = parseReplacement(repl, m.groups)
	}
	if !ok {
		return "", false, ErrExpr
	}
	if m.back == nil {
		if matches, known, err := m.quickly(ctx, text); known && !matches || err != nil {
			return "", false, err
		}
	}
	out, changed, err = m.replaceWith(ctx, m.back, text, parts)
	if errors.Is(err, errAtEnd) {
		var back *regexp2.Regexp
		if back, err = m.exactly.regexp(m.around); err == nil {
			out, changed, err = m.replaceWith(ctx, back, text, parts)
		}
	}
	return out, changed, err
}

// replaceWith replaces by package regexp2, or by package regexp if back is nil, with errAtEnd where that cannot tell.
func (m *matcher) replaceWith(ctx context.Context, back *regexp2.Regexp, text string, parts []replacementPart) (out string, changed bool, err error) {
	doubtful := back == nil && m.doubtful(text)
	var b strings.Builder
	last := 0
	group := func(loc []int, n int) string {
		if loc[2*n] < 0 {
			return ""
		}
		return text[loc[2*n]:loc[2*n+1]]
	}
	add := func(loc []int) bool {
		b.WriteString(text[last:loc[0]])
		for _, p := range parts {
			if p.group >= 0 {
				b.WriteString(group(loc, p.group))
			} else {
				b.WriteString(p.text)
			}
		}
		last = loc[1]
		return b.Len() <= MaxString
	}
	if back != nil {
		var cursor charCursor
		match, err := patiently(ctx, func() (*regexp2.Match, error) { return back.FindStringMatch(text) })
		for ; match != nil && err == nil; match, err = patiently(ctx, func() (*regexp2.Match, error) { return back.FindNextMatch(match) }) {
			if ctx != nil && ctx.Err() != nil {
				return "", false, ctx.Err()
			}
			changed = true
			if !add(cursor.offsets(text, match)) {
				return "", false, ErrString
			}
		}
		if err != nil {
			return "", false, err
		}
	} else if m.long(text) {
		for at := 0; ; {
			loc, err := m.next(ctx, text, at)
			if err != nil {
				return "", false, err
			}
			if loc == nil {
				break
			}
			if doubtful && loc[1] == len(text) {
				return "", false, errAtEnd
			}
			changed = true
			if !add(loc) {
				return "", false, ErrString
			}
			at = loc[1]
		}
	} else {
		for _, loc := range m.re.FindAllStringSubmatchIndex(text, -1) {
			if doubtful && loc[1] == len(text) {
				return "", false, errAtEnd
			}
			changed = true
			if !add(loc) {
				return "", false, ErrString
			}
		}
	}
	b.WriteString(text[last:])
	return b.String(), changed, nil
}

// charCursor finds the bytes of characters that come in ascending order, walking over the text once.
type charCursor struct{ chars, bytes int }

func (c *charCursor) seek(text string, chars int) int {
	for c.chars < chars && c.bytes < len(text) {
		_, n := utf8.DecodeRuneInString(text[c.bytes:])
		c.bytes += n
		c.chars++
	}
	return c.bytes
}

// offsets turns the places of a match, which regexp2 counts in characters, into offsets in bytes. Groups lie within the match.
func (c *charCursor) offsets(text string, m *regexp2.Match) []int {
	c.seek(text, m.Index)
	groups := m.Groups()
	loc := make([]int, 2*len(groups))
	for i := range groups {
		loc[2*i], loc[2*i+1] = -1, -1
		if len(groups[i].Captures) > 0 {
			at := *c
			loc[2*i] = at.seek(text, groups[i].Index)
			loc[2*i+1] = at.seek(text, groups[i].Index+groups[i].Length)
		}
	}
	return loc
}

type replacementPart struct {
	text  string
	group int // or -1
}

func parseReplacement(s string, groups int) ([]replacementPart, bool) {
	var parts []replacementPart
	for s != "" {
		i := strings.IndexAny(s, `\$`)
		if i < 0 {
			return append(parts, replacementPart{s, -1}), true
		}
		if i > 0 {
			parts = append(parts, replacementPart{s[:i], -1})
		}
		if i+1 >= len(s) {
			return nil, false
		}
		c, next := s[i], s[i+1]
		s = s[i+2:]
		if c == '\\' {
			if next != '\\' && next != '$' {
				return nil, false
			}
			parts = append(parts, replacementPart{string(next), -1})
			continue
		}
		if next-'0' > 9 {
			return nil, false
		}
		n := int(next - '0')
		for s != "" && s[0]-'0' <= 9 && n*10+int(s[0]-'0') <= groups {
			n = n*10 + int(s[0]-'0')
			s = s[1:]
		}
		if n > groups {
			parts = append(parts, replacementPart{"", -1})
		} else {
			parts = append(parts, replacementPart{"", n})
		}
	}
	return parts, true
}
