//go:build unix

package turns

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// line is where goroutines wait until the runtime has looked at the network, so that those can be served whose connections are ready. The runtime
// has no call for that: [runtime.Gosched] leads to those that are known to be ready, and it looks at the network when there are
// none. So a goroutine waits for a pipe that becomes ready in the moment in which it begins to wait. The connections that are ready then are
// reported together with the pipe.
type line struct {
	mu    sync.Mutex
	once  sync.Once
	raw   syscall.RawConn // of the end to read; nil where there is no pipe
	file  *os.File        // which raw belongs to
	w     int
	began bool
	last  time.Time
	step  func(fd uintptr) bool
	buf   [16]byte
}

var others line

func (l *line) open() {
	var p [2]int
	syscall.ForkLock.RLock()
	err := syscall.Pipe(p[:])
	if err == nil {
		syscall.CloseOnExec(p[0])
		syscall.CloseOnExec(p[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil || syscall.SetNonblock(p[0], true) != nil || syscall.SetNonblock(p[1], true) != nil {
		return // without it there is no waiting for others
	}
	l.file, l.w = os.NewFile(uintptr(p[0]), "line"), p[1]
	l.step = l.take
	l.raw, _ = l.file.SyscallConn() //nolint:errcheck // it is nil then
}

// wait lets others go first, unless somebody has just done so.
func (l *line) wait() {
	l.mu.Lock() // who has to wait for it lets others go first too
	defer l.mu.Unlock()
	l.once.Do(l.open)
	if l.raw == nil || time.Since(l.last) < length {
		return
	}
	l.began = false
	l.raw.Read(l.step) //nolint:errcheck // it can only fail by not waiting
	l.last = time.Now()
}

func (l *line) take(fd uintptr) bool {
	if l.began {
		syscall.Read(int(fd), l.buf[:]) //nolint:errcheck // what is left is read the next time
		return true
	}
	l.began = true
	n, err := syscall.Write(l.w, l.buf[:1])
	return n != 1 || err != nil // nothing would end the wait
}
