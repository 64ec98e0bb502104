package cputime

import "time"

// rusageThread is RUSAGE_THREAD of getrusage(2), which package syscall does not name.
const rusageThread = 1

func thread() time.Duration { return used(rusageThread) }
