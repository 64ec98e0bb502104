package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// net/http writes to a connection through a buffer of 4 KiB, so that an answer that is a little longer takes two system calls, and the client
// wakes up twice. A wholeConn can hold back what is written until the answer is complete.
type wholeConn struct {
	net.Conn

	mu   sync.Mutex
	held *[]byte // nil: nothing is held back
}

// wholeMost is how long an answer may be that is held back: for a longer one the copy would cost more than a system call.
const wholeMost = 16 << 10

// wholeLeast is how long an answer is, without its header, that does not fit into the buffer of net/http for certain.
const wholeLeast = 2 << 10

var heldBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, wholeMost+4<<10)
	return &b
}}

func (c *wholeConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil {
		return c.Conn.Write(p)
	}
	*c.held = append(*c.held, p...)
	return len(p), nil
}

// hold keeps what is written back until release is called, which must follow in any case.
func (c *wholeConn) hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = heldBuffers.Get().(*[]byte)
}

// release writes what was held back.
func (c *wholeConn) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.held
	c.held = nil
	_, err := c.Conn.Write(*b)
	*b = (*b)[:0]
	heldBuffers.Put(b)
	return err
}

// CloseWrite is what net/http closes a connection with whose request it has not read to its end, so that the client gets the answer.
func (c *wholeConn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

type wholeListener struct{ net.Listener }

func (l wholeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, ok := c.(*tls.Conn); ok { // net/http has to see it, to know that requests came over TLS
		return c, nil
	}
	return &wholeConn{Conn: c}, nil
}

type connKey struct{}

// withConn lets the handlers of a connection's requests know it.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// wholeConnOf is the connection that an answer goes out on as it is written: not compressed, and alone. It is nil where there is none.
func wholeConnOf(r *http.Request) *wholeConn {
	if r.ProtoMajor != 1 || len(r.Header["Accept-Encoding"]) > 0 {
		return nil
	}
	c, _ := r.Context().Value(connKey{}).(*wholeConn)
	return c
}
