// Package cputime measures work in processor time, for tests that share their machine: a clock would also measure what others do, and for how long
// the work waited for a processor.
package cputime

import (
	"runtime"
	"time"
)

// Process is the processor time that this process has taken, the collecting of garbage included; where that cannot be had, the time on the clock.
func Process() time.Duration { return process() }

// Thread is the processor time that f takes on the goroutine that calls it; where that cannot be had, that of the process.
func Thread(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := thread()
	f()
	return thread() - before
}
