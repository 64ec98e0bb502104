// Package turns makes the connections of an HTTP server's clients take turns, and spares net/http what a small request does not need.
//
// Three things of net/http and the runtime beneath it cost small requests much:
//
//   - A goroutine whose client is quick finds the next request there as soon as it has answered the last, and goes on without a pause. Requests on
//     other connections are noticed when no goroutine is left to run, or after 10 ms. So a connection here, once it has had its
//     time, waits in the line of those that the network reports.
//   - While a handler runs, a goroutine of net/http reads from the connection to notice a client that leaves, and has to be stopped when the
//     handler is done. Here clients are watched after a few milliseconds, when most requests have been answered.
//   - net/http sets the deadline of reading seven times a request, and each is a timer for which a thread may have to be woken up. Here a deadline is
//     set when something is read for which the one that is set would be too late; one that is too early is moved when it has passed. A deadline of
//     writing is set where a client does not take all at once.
//
// To use it, serve a listener of [Listen] and let [Context] make the context of each connection.
package turns

import (
	"context"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// length is for how long a connection may be served without waiting for others, and lonely where no others were served in that time.
	length = 50 * time.Microsecond
	lonely = 5 * time.Millisecond
	// unwatched is after what time of a request its client is watched for whether it leaves; it may be twice that.
	unwatched = 5 * time.Millisecond
)

// Listen makes the connections of a listener take turns. Those that are not the system's own, such as those of package tls, are left as they are:
// it is the listener beneath that should take turns.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if d := newDirect(c); d != nil {
		return &Conn{Conn: c, direct: d}, nil
	}
	return c, nil
}

// Context is a context that is cancelled when the client of a connection leaves while it is served, and when the connection is closed.
func Context(ctx context.Context, c *Conn) context.Context {
	ctx, c.gone = context.WithCancel(ctx)
	return ctx
}

// Conn is a connection that is served in turns. As with every connection, methods may be called at the same time; but one goroutine at
// a time may read, as net/http does, and one write.
type Conn struct {
	net.Conn
	direct *direct
	gone   context.CancelFunc // or nil

	mu        sync.Mutex
	want, set time.Time // the deadline of reading: as it was asked for, and as the connection has it
	reading   bool
	watched   chan struct{} // closed when the client is not watched any more; nil: it is not
	place     place

	out     sync.Mutex
	until   time.Time // the deadline of writing
	writing bool      // and waiting
}

// Close implements net.Conn.
func (c *Conn) Close() error {
	served.remove(c)
	err := c.Conn.Close()
	if c.gone != nil {
		c.gone()
	}
	return err
}

// CloseWrite is what net/http closes a connection with whose request it has not read to its end, so that the client gets the answer.
func (c *Conn) CloseWrite() error {
	if h, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return h.CloseWrite()
	}
	return nil
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.want = t; c.reading {
		return c.apply()
	}
	return nil
}

// SetWriteDeadline implements net.Conn. The connection itself gets a deadline only while a client does not take what is written.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.Lock()
	defer c.out.Unlock()
	if c.until = t; c.writing {
		return c.Conn.SetWriteDeadline(t)
	}
	return nil
}

func passed(deadline time.Time) bool { return !deadline.IsZero() && time.Until(deadline) <= 0 }

// apply gives the connection the deadline of reading that it should have. c.mu is held.
func (c *Conn) apply() error {
	c.set = c.want
	return c.Conn.SetReadDeadline(c.want)
}

// Read implements net.Conn. A read of one byte is the one by which net/http notices that a client leaves, since nothing else reads so little:
// it returns at once with nothing, which makes net/http end it, and the client is watched in its place.
func (c *Conn) Read(p []byte) (n int, err error) {
	if len(p) == 1 && c.gone != nil {
		served.add(c)
		return 0, nil
	}
	served.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.unwatch(); err != nil {
		return 0, err
	}
	for {
		if passed(c.want) {
			return 0, os.ErrDeadlineExceeded
		}
		if !c.want.IsZero() && (c.set.IsZero() || c.want.Before(c.set)) {
			if err := c.apply(); err != nil {
				return 0, err
			}
		}
		c.reading = true
		c.mu.Unlock()
		n, err = c.direct.read(p)
		c.mu.Lock()
		c.reading = false
		if n > 0 || err == nil || !timedOut(err) || passed(c.want) {
			return n, err
		}
		if err := c.apply(); err != nil { // the deadline that passed was an earlier one
			return 0, err
		}
	}
}

// timedOut reports whether an error is that of a deadline.
func timedOut(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // connections return it as it is, and net/http looks at it so too
	return ok && e.Timeout()
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.out.Lock()
	defer c.out.Unlock()
	if passed(c.until) {
		return 0, os.ErrDeadlineExceeded
	}
	if n, err = c.direct.write(p); err != nil || n == len(p) {
		return n, err
	}
	if err = c.Conn.SetWriteDeadline(c.until); err != nil {
		return n, err
	}
	c.writing = true
	c.out.Unlock()
	more, err := c.Conn.Write(p[n:])
	c.out.Lock()
	c.writing = false
	if cerr := c.Conn.SetWriteDeadline(time.Time{}); err == nil {
		err = cerr
	}
	return n + more, err
}

// watch calls gone if the client leaves before unwatch is called. A client that sends its next request before the answer is not watched any more.
func (c *Conn) watch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reading || c.watched != nil || passed(c.want) {
		return
	}
	if err := c.apply(); err != nil {
		return // it is closed
	}
	done := make(chan struct{})
	c.watched = done
	go func() {
		defer close(done)
		if c.direct.left() {
			c.gone()
		}
	}()
}

// unwatch ends what watch began. c.mu is held.
func (c *Conn) unwatch() error {
	if c.watched == nil {
		return nil
	}
	err := c.Conn.SetReadDeadline(time.Unix(1, 0))
	<-c.watched
	c.watched = nil
	if aerr := c.apply(); err == nil {
		err = aerr
	}
	return err
}
