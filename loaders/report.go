package loaders

import (
	"errors"
	"fmt"
)

// ErrNothing: none of the sources could be read as RDF.
var ErrNothing = errors.New("none of the sources is RDF in a format that can be read")

// SourceError is a source or option that the caller named and that cannot be used.
type SourceError struct {
	Source string
	Err    error
}

// Error names the source.
func (e *SourceError) Error() string { return e.Source + ": " + e.Err.Error() }

// Unwrap gives the reason.
func (e *SourceError) Unwrap() error { return e.Err }

// StrictError ends a strict load in which a statement was rejected or a document could not be read. Nothing was committed.
type StrictError struct {
	Report Report
}

// Error counts what went wrong; the report has the places.
func (e *StrictError) Error() string {
	var unsupported int
	for i := range e.Report.Files {
		if e.Report.Files[i].unsupported {
			unsupported++
		}
	}
	count := func(n int64, word string) string {
		if n != 1 {
			word += "s"
		}
		return fmt.Sprint(n, " ", word)
	}
	return fmt.Sprintf("strict: %s rejected and %s not readable, nothing was loaded", count(e.Report.Rejected, "statement"), count(int64(unsupported), "document"))
}

// Report tells what a load did.
type Report struct {
	// Files has an entry per document, in the order of the sources.
	Files []File `json:"files"`
	// Statements is how many triples and quads were parsed, duplicates included.
	Statements int64 `json:"statements"`
	// Rejected is how many statements could not be read.
	Rejected int64 `json:"rejected"`
	// Skipped is how many documents were skipped.
	Skipped int `json:"skipped"`
	// Bytes is what was read, compressed where the sources are.
	Bytes int64 `json:"bytes"`
	// Inserted is how many quads were new to the store.
	Inserted uint64 `json:"inserted"`
	// Deleted is how many quads are gone, with [Options.Replace].
	Deleted uint64 `json:"deleted,omitempty"`
	// Commit is the number of the commit that holds them; the newest one if nothing was new.
	Commit uint64 `json:"commit"`
	// Seconds is how long it took, the commit included.
	Seconds float64 `json:"seconds"`
}

// File tells about one document.
type File struct {
	Source     string `json:"source"`
	Format     string `json:"format,omitempty"`
	Bytes      int64  `json:"bytes"`
	Statements int64  `json:"statements"`
	Rejected   int64  `json:"rejected"`
	// Places has the first MaxPlaces rejected statements.
	Places []Place `json:"places,omitempty"`
	// Skipped is why the document was skipped; empty if it was read.
	Skipped string  `json:"skipped,omitempty"`
	Seconds float64 `json:"seconds"`

	unsupported bool // it may well be RDF, but it could not be read
}

// Place is where and why a statement was rejected. Line and Column count from 1, Column in characters; both are 0 where the
// fault is not in the text (a damaged compressed file).
type Place struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

// String is line:column: message.
func (p Place) String() string {
	if p.Line == 0 {
		return p.Message
	}
	return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Message)
}
