// Package cores tells how many processors there are to work with, and lets more threads than that run Go code while many clients are served.
package cores

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// counted is the number of processors from before threads could be added, or 0.
var counted atomic.Int64

// Count is how many threads can run at a time: what computes in parallel should have no more. It is safe for concurrent use.
func Count() int {
	if n := counted.Load(); n > 0 {
		return int(n)
	}
	return runtime.GOMAXPROCS(0)
}

const (
	// mostExtra is how many threads are added at most.
	mostExtra = 4
	// calm is for how long there are few clients before the threads are taken away again: to change their number stops all for a moment.
	calm = 2 * time.Second
)

// Threads sets how many threads run Go code by how many clients there are. The zero Threads leaves it as it is. It is safe for concurrent use.
//
// The runtime takes a thread that runs Go code for one that makes progress, and leaves it its goroutines for 10 ms. But where clients are on
// the same machine, or other programs are busy, the operating system gives the thread's processor to them, and then what the thread holds waits although other
// threads could go on; and where queries compute for long, all threads are theirs, and requests that come meanwhile wait for the 10 ms to
// be over. With threads to spare it is the operating system that shares the processors, and it lets those go first that have used little. A client that is
// alone would only have more threads woken up for it, which makes a small request take half as much again.
type Threads struct {
	processors, extra int

	mu      sync.Mutex
	clients int
	added   bool
	waiting bool // for calm to be over
}

// NewThreads is to be called once in a process. It adds threads where there are more clients than processors, twice as many on small machines. It does
// nothing where GOMAXPROCS is set, and where a control group may use less than all processors: threads that use up such a limit early are all
// stopped until its period is over. From then on the runtime does not follow a limit that is changed.
func NewThreads() *Threads {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || n != runtime.NumCPU() || limited(n) || !counted.CompareAndSwap(0, int64(n)) {
		return &Threads{}
	}
	return &Threads{processors: n, extra: min(n, mostExtra)}
}

// limited reports whether the control group of the process may use less than n processors.
func limited(n int) bool {
	if b, err := os.ReadFile("/sys/fs/cgroup/cpu.max"); err == nil {
		return below(string(b), n)
	}
	quota, err := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
	if err != nil {
		return false
	}
	period, err := os.ReadFile("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
	return err == nil && below(string(quota)+" "+string(period), n)
}

// below reads "quota period", in microseconds, where the quota may be "max" or -1.
func below(limit string, n int) bool {
	f := strings.Fields(limit)
	if len(f) != 2 {
		return false
	}
	quota, err := strconv.ParseFloat(f[0], 64)
	period, perr := strconv.ParseFloat(f[1], 64)
	return err == nil && perr == nil && quota > 0 && period > 0 && quota/period < float64(n)
}

// Came notes that a client has come.
func (t *Threads) Came() { t.change(1) }

// Left notes that a client has left.
func (t *Threads) Left() { t.change(-1) }

func (t *Threads) change(by int) {
	if t.extra == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clients += by
	switch many := t.clients > t.processors; {
	case many && !t.added:
		t.added = true
		runtime.GOMAXPROCS(t.processors + t.extra)
	case !many && t.added && !t.waiting:
		t.waiting = true
		time.AfterFunc(calm, t.take)
	}
}

// take takes the added threads away if there are still few clients.
func (t *Threads) take() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting = false; t.clients <= t.processors {
		t.added = false
		runtime.GOMAXPROCS(t.processors)
	}
}
