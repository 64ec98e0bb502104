//go:build unix

package cputime

import (
	"syscall"
	"time"
)

func process() time.Duration { return used(syscall.RUSAGE_SELF) }

// used is what getrusage tells of somebody.
func used(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
