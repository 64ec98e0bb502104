package syntax

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a text, with its place.
type Error struct {
	// Start and End are the bytes of the text that are wrong; they are equal where something is missing.
	Start, End int
	// Line and Column count from 1; columns are in characters.
	Line, Column int
	// Msg says what was expected or what is wrong.
	Msg string
	// Expected says what could have stood there, where the grammar knows; it is part of Msg.
	Expected string

	line string // the source line of Start
}

// Error gives "line L, column C: msg".
func (e *Error) Error() string { return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg) }

// Snippet is the source line with a line of carets under what is wrong, without a newline at the end. Long lines are cut.
func (e *Error) Snippet() string {
	const before, after = 60, 60
	runes := []rune(e.line)
	at := min(e.Column-1, len(runes))
	width := max(1, utf8.RuneCountInString(e.line[min(len(e.line), e.byteColumn()):min(len(e.line), e.byteColumn()+e.End-e.Start)]))
	from, to := 0, len(runes)
	lead, trail := "", ""
	if at > before {
		from, lead = at-before, "…"
	}
	if to > at+after {
		to, trail = at+after, "…"
	}
	width = min(width, max(1, to-at))
	var pad strings.Builder
	pad.WriteString(strings.Repeat(" ", utf8.RuneCountInString(lead)))
	for _, r := range runes[from:at] {
		if r != '\t' {
			r = ' '
		}
		pad.WriteRune(r)
	}
	return lead + string(runes[from:to]) + trail + "\n" + pad.String() + strings.Repeat("^", width)
}

func (e *Error) byteColumn() int {
	n := 0
	for i := range e.line {
		if n == e.Column-1 {
			return i
		}
		n++
	}
	return len(e.line)
}

// NewError makes an error about the bytes [start, end) of a text, for mistakes that are found after parsing.
func NewError(text string, start, end int, msg string) *Error {
	start = max(0, min(start, len(text)))
	end = max(start, min(end, len(text)))
	e := &Error{Start: start, End: end, Line: 1, Msg: msg}
	lineStart := 0
	for i := 0; i < start; i++ {
		switch {
		case text[i] == '\n', text[i] == '\r' && (i+1 >= len(text) || text[i+1] != '\n'):
			e.Line++
			lineStart = i + 1
		}
	}
	lineEnd := start + strings.IndexAny(text[start:]+"\n", "\r\n")
	e.line = strings.ToValidUTF8(text[lineStart:lineEnd], "\uFFFD")
	e.Column = utf8.RuneCountInString(text[lineStart:start]) + 1
	return e
}

// ErrorAt makes an error about a part of this query.
func (q *Query) ErrorAt(at Span, msg string) *Error { return NewError(q.text, at.Start, at.End, msg) }

// ErrorAt makes an error about a part of this update.
func (u *Update) ErrorAt(at Span, msg string) *Error { return NewError(u.text, at.Start, at.End, msg) }
