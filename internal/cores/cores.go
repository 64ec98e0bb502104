// Package cores tells how many processors there are to work with, which is not how many threads may run Go code once [AddThreads] was called.
package cores

import (
	"os"
	"runtime"
	"sync/atomic"
)

// mostExtra is how many threads AddThreads adds at most.
const mostExtra = 4

// counted is the number of processors from before threads were added, or 0.
var counted atomic.Int64

// Count is how many threads can run at a time: what computes in parallel should have no more. It is safe for concurrent use.
func Count() int {
	if n := counted.Load(); n > 0 {
		return int(n)
	}
	return runtime.GOMAXPROCS(0)
}

// AddThreads lets more threads run Go code than there are processors, twice as many on small machines, and reports whether it did. It is for
// servers and for the whole life of the process.
//
// The runtime takes a thread that runs Go code for one that makes progress, and leaves it its goroutines for 10 ms. But where clients are on
// the same machine, or other programs are busy, the operating system gives the thread's processor to them, and then what the thread holds waits although other
// threads could go on; and where queries compute for long, all threads are theirs, and requests that come meanwhile wait for the 10 ms to
// be over. With threads to spare it is the operating system that shares the processors, and it lets those go first that have used little.
//
// It does nothing where GOMAXPROCS is set, and where a limit of processor time (of a container) is lower than the number of processors: threads
// that use up such a limit early are all stopped until its period is over.
func AddThreads() bool {
	n := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || n != runtime.NumCPU() || !counted.CompareAndSwap(0, int64(n)) {
		return false
	}
	runtime.GOMAXPROCS(n + min(n, mostExtra))
	return true
}
