//go:build !linux

package main

import (
	"io/fs"
	"runtime"
	"time"
)

// allocated is what a file takes on disk, as far as this system tells.
func allocated(info fs.FileInfo) int64 { return info.Size() }

// watchMemory gives what the Go heap has from the operating system at the end; there is no resident memory to sample here.
func watchMemory() func() float64 {
	return func() float64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.Sys)
	}
}

var started = time.Now()

// processorTime is the time that passes, since only Linux is asked for more.
func processorTime() time.Duration { return time.Since(started) }
