package rdf

import "fmt"

// ParseError is a mistake in a document, with its place. The readers of all formats give it.
type ParseError struct {
	// File names the document; it may be empty.
	File string
	// Line and Column count from 1; columns are in characters.
	Line, Column int
	// Offset is in bytes from the start of the document.
	Offset int64
	// Msg says what was expected or what is wrong.
	Msg string
}

// Error gives file:line:column: message; without a file, the place in words.
func (e *ParseError) Error() string {
	if e.File == "" {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}
