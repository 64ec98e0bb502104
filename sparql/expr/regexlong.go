package expr

import (
	"context"
	"io"
	"regexp"
	"unicode/utf8"
)

// longText is the product of a text's length and a program's instructions from which on matching is made to look at the context:
// a text may have megabytes, a program thousands of instructions, and all matches together may take time in the square of
// the text.
const longText = 1 << 18

func (m *matcher) long(text string) bool { return len(text)*max(m.program, 16) > longText }

// textReader gives a text to package regexp and ends it early when the context ends, which err tells.
type textReader struct {
	s     string
	ctx   context.Context
	err   error
	runes int
}

// ReadRune implements io.RuneReader.
func (r *textReader) ReadRune() (rune, int, error) {
	if r.runes++; r.runes&0xff == 0 && r.ctx != nil {
		if r.err = r.ctx.Err(); r.err != nil {
			return 0, 0, io.EOF
		}
	}
	if r.s == "" {
		return 0, 0, io.EOF
	}
	c, n := utf8.DecodeRuneInString(r.s)
	r.s = r.s[n:]
	return c, n, nil
}

// next finds the first match that begins at or after at, where another one ended. What ^ and \b look at is the character before,
// so reading begins there.
func (m *matcher) next(ctx context.Context, text string, at int) ([]int, error) {
	if ctx != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if at == 0 {
		r := &textReader{s: text, ctx: ctx}
		loc := m.re.FindReaderSubmatchIndex(r)
		return loc, r.err
	}
	m.once.Do(func() { m.resume = regexp.MustCompile(`^(?s:.)(?s:.*?)(` + m.text + `)`) })
	_, n := utf8.DecodeLastRuneInString(text[:at])
	r := &textReader{s: text[at-n:], ctx: ctx}
	loc := m.resume.FindReaderSubmatchIndex(r)
	if r.err != nil || loc == nil {
		return nil, r.err
	}
	loc = loc[2:]
	for i := range loc {
		if loc[i] >= 0 {
			loc[i] += at - n
		}
	}
	return loc, nil
}
