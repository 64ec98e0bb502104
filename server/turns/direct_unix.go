//go:build unix

package turns

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// direct reads a connection so that it is known whether it had to wait.
type direct struct {
	conn  net.Conn
	raw   syscall.RawConn
	since time.Time // when it last waited, for its client or for others
	reads uint64    // all until then, and of them its own
	own   uint64
	// answered is set with each write: only between an answer and the next request does a connection wait for others.
	answered atomic.Bool

	// of the read that goes on
	buf    []byte
	n      int
	err    error
	waited bool
	try    func(fd uintptr) bool

	// of the write that goes on
	out  []byte
	sent int
	werr error
	put  func(fd uintptr) bool
}

// newDirect is nil for connections that are not the system's own.
func newDirect(c net.Conn) *direct {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	d := &direct{conn: c, raw: raw, since: time.Now()}
	d.try = func(fd uintptr) bool {
		for {
			d.n, d.err = syscall.Read(int(fd), d.buf)
			switch {
			case errors.Is(d.err, syscall.EINTR):
			case errors.Is(d.err, syscall.EAGAIN):
				d.waited = true
				return false
			default:
				return true
			}
		}
	}
	d.put = func(fd uintptr) bool {
		for {
			if d.sent, d.werr = syscall.Write(int(fd), d.out); !errors.Is(d.werr, syscall.EINTR) {
				return true
			}
		}
	}
	return d
}

// write writes what the system takes without waiting.
func (d *direct) write(p []byte) (n int, err error) {
	d.answered.Store(true)
	if len(p) == 0 {
		return 0, nil
	}
	d.out = p
	err = d.raw.Write(d.put)
	d.out = nil
	switch {
	case err != nil:
		var op *net.OpError
		if errors.As(err, &op) {
			op.Op = "write"
		}
		return 0, err
	case errors.Is(d.werr, syscall.EAGAIN):
		return 0, nil
	case d.werr != nil:
		return 0, &net.OpError{Op: "write", Net: d.conn.LocalAddr().Network(), Source: d.conn.LocalAddr(), Addr: d.conn.RemoteAddr(), Err: os.NewSyscallError("write", d.werr)}
	}
	return d.sent, nil
}

func (d *direct) read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	d.buf, d.waited = p, false
	err := d.raw.Read(d.try)
	d.buf = nil
	switch {
	case err != nil:
		var op *net.OpError
		if errors.As(err, &op) {
			op.Op = "read" // as net/http expects it
		}
		return 0, err
	case d.err != nil:
		return 0, &net.OpError{Op: "read", Net: d.conn.LocalAddr().Network(), Source: d.conn.LocalAddr(), Addr: d.conn.RemoteAddr(), Err: os.NewSyscallError("read", d.err)}
	case d.n == 0:
		return 0, io.EOF
	}
	d.own++
	all := reads.Add(1)
	if answered := d.answered.Swap(false); d.waited {
		d.begin(all)
	} else if answered {
		least := lonely
		if all-d.reads > d.own {
			least = length
		}
		if time.Since(d.since) > least {
			others.wait()
			d.begin(reads.Load())
		}
	}
	return d.n, nil
}

// reads counts those of all connections.
var reads atomic.Uint64

// begin begins a turn.
func (d *direct) begin(all uint64) { d.since, d.reads, d.own = time.Now(), all, 0 }

// left waits until there is something to read, a deadline passes or the client leaves, and reports whether it was the latter.
func (d *direct) left() (gone bool) {
	err := d.raw.Read(func(fd uintptr) bool {
		var b [1]byte
		for {
			n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
			switch {
			case errors.Is(err, syscall.EINTR):
			case errors.Is(err, syscall.EAGAIN):
				return false
			default:
				gone = err != nil || n == 0
				return true
			}
		}
	})
	return gone && err == nil
}
