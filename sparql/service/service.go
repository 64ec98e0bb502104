// Package service asks SPARQL endpoints by the SPARQL Protocol (https://www.w3.org/TR/sparql11-protocol/): it is what SERVICE in a
// query needs. Requests go through the guard of package egress, answers are read while they come in.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"triplestore/internal/egress"
	"triplestore/sparql/exec"
	"triplestore/sparql/results"
)

// Options are the settings of a Client.
type Options struct {
	// Guard decides what may be asked, and limits time and bytes. It must be set.
	Guard *egress.Guard
	// MaxRows limits the solutions of one answer. 0 is no limit.
	MaxRows int64
}

// Client is an exec.ServiceClient. It is safe for concurrent use.
type Client struct{ o Options }

// New makes a client.
func New(o Options) *Client { return &Client{o} }

var _ exec.ServiceClient = (*Client)(nil)

// StatusError is the error for an endpoint that answers with something else than results.
type StatusError struct {
	Status    int
	Text      string // the status as the endpoint wrote it
	MediaType string // where it is the media type that is wrong
	Excerpt   string // of what came, in one line
}

// Error tells what came.
func (e *StatusError) Error() string {
	s := "the endpoint answered " + e.Text
	if e.MediaType != "" {
		s += " with " + e.MediaType + ", which is no format of results that can be read"
	}
	if e.Excerpt != "" {
		s += ": " + e.Excerpt
	}
	return s
}

// accept lists the formats that can be read. Only the first two tell when they were cut short, so they come first.
const accept = "application/sparql-results+json, application/sparql-results+xml;q=0.9, text/tab-separated-values;q=0.3"

// Select implements exec.ServiceClient. The error wraps exec.ErrServiceRefused for what the guard refuses, else it is a *StatusError, a
// *results.FormatError, a *results.LimitError, one of package egress, the context's or one of the network.
func (c *Client) Select(ctx context.Context, endpoint, query string, h results.Handler) error {
	err := c.ask(ctx, endpoint, query, h)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return refused(err)
}

// Check implements exec.ServiceClient.
func (c *Client) Check(endpoint string) error { return refused(c.o.Guard.Check(endpoint)) }

func refused(err error) error {
	if r := (*egress.RefusedError)(nil); errors.As(err, &r) {
		return fmt.Errorf("%w (%v)", exec.ErrServiceRefused, err)
	}
	return err
}

func (c *Client) ask(ctx context.Context, endpoint, query string, h results.Handler) error {
	resp, err := c.o.Guard.Do(ctx, &egress.Request{
		Method: "POST", URL: endpoint, Body: []byte(url.Values{"query": {query}}.Encode()),
		Header: map[string]string{"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"},
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.Status != 200 {
		return &StatusError{Status: resp.Status, Text: resp.StatusText, Excerpt: excerpt(resp.Body)}
	}
	mediaType := resp.Header("Content-Type")
	body := &recorder{r: resp.Body}
	f, err := body.format(mediaType)
	if err != nil {
		return err
	}
	if f == nil {
		return &StatusError{Status: resp.Status, Text: resp.StatusText, MediaType: named(mediaType), Excerpt: excerpt(body)}
	}
	h.Boolean = func(bool) error {
		return &results.FormatError{Format: f.Name, Msg: "a boolean where solutions are expected"}
	}
	err = results.Read(body, f, results.Limits{Bytes: 1 << 62, Rows: c.o.MaxRows}, h)
	if body.err != nil && ctx.Err() == nil {
		return body.err // rather than what the parser makes of it
	}
	return err
}

// recorder remembers the error of a reader, and what was looked at before reading.
type recorder struct {
	r    io.Reader
	head []byte
	err  error
}

func (r *recorder) Read(p []byte) (int, error) {
	if len(r.head) > 0 {
		n := copy(p, r.head)
		r.head = r.head[n:]
		return n, nil
	}
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		r.err = err
		if errors.Is(err, io.ErrUnexpectedEOF) {
			r.err = errors.New("the connection broke off in the middle of the answer")
		}
	}
	return n, err
}

// format is the format of an answer, or nil: by its media type, or where that says little, by its first character.
func (r *recorder) format(mediaType string) (*results.Format, error) {
	if f, ok := results.ByMediaType(mediaType); ok {
		if f == results.CSV {
			return nil, nil
		}
		return f, nil
	}
	switch mt, _, _ := strings.Cut(strings.ToLower(mediaType), ";"); strings.TrimSpace(mt) {
	case "", "text/plain", "application/octet-stream", "application/x-unknown":
	default:
		return nil, nil
	}
	head := make([]byte, 512)
	n, _ := io.ReadFull(r, head)
	if r.err != nil {
		return nil, r.err
	}
	r.head = head[:n]
	text := strings.TrimLeft(strings.TrimPrefix(string(r.head), "\uFEFF"), " \t\r\n")
	switch {
	case strings.HasPrefix(text, "{"):
		return results.JSON, nil
	case strings.HasPrefix(text, "<") && strings.Contains(text, "http://www.w3.org/2005/sparql-results#"):
		return results.XML, nil
	}
	return nil, nil
}

func named(mediaType string) string {
	if mediaType == "" {
		return "no media type"
	}
	return clean(mediaType, 100)
}

// excerpt is the begin of an answer as one line that can be shown.
func excerpt(r io.Reader) string {
	b, _ := io.ReadAll(io.LimitReader(r, 4<<10))
	return clean(string(b), 300)
}

// clean makes text of strangers one line of at most so many characters.
func clean(s string, most int) string {
	var b strings.Builder
	n, space := 0, false
	for _, c := range s {
		if c == utf8.RuneError || unicode.IsSpace(c) || !unicode.IsPrint(c) {
			space = b.Len() > 0
			continue
		}
		if n++; n > most {
			b.WriteString("…")
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(c)
	}
	return b.String()
}
