package results

import (
	"bufio"
	"fmt"
	"io"

	"triplestore/rdf"
)

// Limits bound what a reader takes from a stranger; a zero field means the default.
type Limits struct {
	// Bytes is the length of the whole result; the default is 1 GiB.
	Bytes int64
	// Rows is the number of solutions; the default is no limit.
	Rows int64
	// Depth is how deeply triple terms may be nested; the default is 32.
	Depth int
	// Term is the length of one term in bytes; the default is 16 MiB.
	Term int
}

// Handler receives a result while it is read. A nil function ignores its part; an error ends the reading and comes back from
// Read.
type Handler struct {
	// Head gets the variables, before the first row.
	Head func(vars []string) error
	// Row gets a solution: one term for each variable, the zero Term where it is unbound. The slice is reused, the terms are not.
	Row func(row []rdf.Term) error
	// Boolean gets the result of ASK.
	Boolean func(bool) error
}

// FormatError is the error for a text that is no result in its format.
type FormatError struct {
	Format string
	Msg    string
}

// Error names the format and says what is wrong.
func (e *FormatError) Error() string { return e.Format + " results: " + e.Msg }

// LimitError is the error for a result that exceeds one of the Limits.
type LimitError struct{ Msg string }

// Error says which limit.
func (e *LimitError) Error() string { return "results: " + e.Msg }

// Read reads a result in a format as a stream. CSV holds values without their types, so that it cannot be read back; Read says
// so with a FormatError.
func Read(r io.Reader, f *Format, l Limits, h Handler) error {
	if f.reader == nil {
		return &FormatError{Format: f.Name, Msg: "this format cannot be read"}
	}
	if l.Bytes <= 0 {
		l.Bytes = 1 << 30
	}
	if l.Depth <= 0 {
		l.Depth = 32
	}
	if l.Term <= 0 {
		l.Term = 16 << 20
	}
	lr := &limitedReader{r: r, left: l.Bytes}
	in := bufio.NewReader(lr)
	if head, _ := in.Peek(len(byteOrderMark)); string(head) == byteOrderMark { // an error of Peek comes back from the next Read
		_, _ = in.Discard(len(byteOrderMark))
	}
	err := f.reader(in, l, h)
	if lr.exceeded {
		return &LimitError{Msg: fmt.Sprintf("longer than %d bytes", l.Bytes)}
	}
	return err
}

const byteOrderMark = "\uFEFF"

// limitedReader fails, unlike io.LimitedReader, where there is more than allowed.
type limitedReader struct {
	r        io.Reader
	left     int64
	exceeded bool
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		l.exceeded = true
		return 0, &LimitError{Msg: "too long"}
	}
	return n, err
}
