package egress

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// RefusedError is the error for what the guard does not let through. Its text names nothing that the one who asked did not know.
type RefusedError struct {
	URL    string // or the host
	Reason string
}

// Error names the URL and the reason.
func (e *RefusedError) Error() string { return e.URL + " is refused: " + e.Reason }

// TimeoutError is the error for a server that is too slow.
type TimeoutError struct{ Msg string }

// Error says what took too long.
func (e *TimeoutError) Error() string { return e.Msg }

// Timeout reports true, as that of a net.Error.
func (e *TimeoutError) Timeout() bool { return true }

// LimitError is the error for a body that is too long, as it is sent or decompressed.
type LimitError struct{ Limit int64 }

// Error tells the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("the answer is longer than allowed, which is %d bytes", e.Limit)
}

// body is a response's body with limits. It is used by one goroutine at a time.
type body struct {
	outer  context.Context
	ctx    context.Context
	cancel context.CancelCauseFunc
	stall  time.Duration
	timer  *time.Timer // of stalls
	total  *time.Timer

	raw     io.ReadCloser
	decoded io.Reader // nil for raw
	wire    int64     // bytes that may still come
	left    int64     // bytes that may still be read
	most    int64
	err     error
}

// open begins with the body of a response.
func (b *body) open(resp *http.Response, raw bool) error {
	b.raw = resp.Body
	b.timer = time.AfterFunc(b.stall, func() {
		b.cancel(&TimeoutError{Msg: fmt.Sprintf("the server stopped sending for %v", b.stall)})
	})
	b.timer.Stop()
	if raw {
		return nil
	}
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		b.decoded = &unzip{r: wire{b}}
	default:
		return fmt.Errorf("the answer is encoded as %q, which was not asked for", encoding)
	}
	return nil
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	var r io.Reader = wire{b}
	if b.decoded != nil {
		r = b.decoded
	}
	n, err := r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		n, err = 0, &LimitError{Limit: b.most}
	}
	b.err = err
	return n, err
}

// Close implements io.Closer.
func (b *body) Close() error {
	b.end()
	b.err = errors.New("the body is closed")
	return b.raw.Close()
}

func (b *body) end() {
	if b.timer != nil {
		b.timer.Stop()
	}
	if b.total != nil {
		b.total.Stop()
	}
	b.cancel(nil)
}

// explain finds out why something ended.
func (b *body) explain(err error) error {
	if b.outer.Err() != nil {
		return context.Cause(b.outer)
	}
	if t := (*TimeoutError)(nil); errors.As(context.Cause(b.ctx), &t) {
		return t
	}
	if t := net.Error(nil); errors.As(err, &t) && t.Timeout() {
		if _, ours := err.(*TimeoutError); !ours {
			return &TimeoutError{Msg: "the server did not answer in time: " + err.Error()}
		}
	}
	return err
}

// wire reads a body as it comes from the network.
type wire struct{ b *body }

func (w wire) Read(p []byte) (int, error) {
	b := w.b
	b.timer.Reset(b.stall)
	n, err := b.raw.Read(p)
	b.timer.Stop()
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	if b.wire -= int64(n); b.wire < 0 {
		return 0, &LimitError{Limit: b.most}
	}
	return n, err
}

// unzip begins to unpack when it is first read, so that the header is waited for as part of the body.
type unzip struct {
	r io.Reader
	z *gzip.Reader
}

func (u *unzip) Read(p []byte) (int, error) {
	if u.z == nil {
		z, err := gzip.NewReader(u.r)
		if err == io.EOF {
			return 0, io.EOF // nothing at all, as after HEAD
		}
		if err != nil {
			return 0, err
		}
		u.z = z
	}
	return u.z.Read(p)
}
