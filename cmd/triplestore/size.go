package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
)

// bytesValue is a flag for a number of bytes: "512MiB", "2G", "1000000".
type bytesValue int64

func (b *bytesValue) String() string { return formatBytes(int64(*b)) }

// Type names the kind of value in the help.
func (b *bytesValue) Type() string { return "bytes" }

// Set reads the value.
func (b *bytesValue) Set(s string) error {
	n, err := parseBytes(s)
	*b = bytesValue(n)
	return err
}

func parseBytes(s string) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	text = strings.TrimSuffix(strings.TrimSuffix(text, "b"), "i")
	shift := 0
	if i := strings.IndexAny(text, "kmgt"); i >= 0 && i == len(text)-1 {
		shift = 10 * (strings.IndexByte("kmgt", text[i]) + 1)
		text = text[:i]
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	f *= float64(int64(1) << shift)
	if err != nil || !(f >= 0) || f >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no number of bytes such as 512MiB or 2GiB", s)
	}
	return int64(f), nil
}

func formatBytes(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if f == math.Trunc(f) {
		return strconv.FormatFloat(f, 'f', 0, 64) + units[i]
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + units[i]
}

// formatCount groups digits in threes.
func formatCount[T int | int64 | uint64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is a number with the word for what is counted.
func plural[T int | int64 | uint64](n T, word string) string {
	return formatCount(n) + " " + unit(n, word)
}

// unit is the word for so many.
func unit[T int | int64 | uint64](n T, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// limitMemory tells the garbage collector about the limit of the control group that the process runs in, so that it works
// harder instead of being killed. GOMEMLIMIT in the environment goes before it.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(path); err == nil {
			if limit := memoryLimit(string(b)); limit > 0 {
				debug.SetMemoryLimit(limit)
			}
			return
		}
	}
}

// memoryShare is a part of the memory that there is (0: unknown), at least so much, unless that would be more than a larger part of it.
func memoryShare(memory, part, least, most int64) int64 {
	if memory == 0 {
		return least
	}
	return max(memory/part, min(least, memory/most))
}

// totalMemory is how much memory the process may use: what its control group has, else what the machine has. Where that cannot be
// found out it is 0.
func totalMemory() int64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(path); err == nil {
			if limit := memoryLimit(string(b)); limit > 0 {
				return limit
			}
		}
	}
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}

// memoryLimit is nine tenths of what a control group's file says, 0 if that is no limit.
func memoryLimit(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n <= 0 || n >= 1<<60 { // "max", or the huge number of version 1
		return 0
	}
	return n / 10 * 9
}

// errBrokenPipe: whoever read our output has had enough.
var errBrokenPipe = errors.New("broken pipe")

// pipeWriter makes a closed pipe a quiet end, as in "triplestore dump | head".
type pipeWriter struct{ w io.Writer }

func (p pipeWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		err = errBrokenPipe
	}
	return n, err
}
