package cputime

import (
	"runtime"
	"testing"
	"time"
)

// TestThread: work counts, waiting does not.
func TestThread(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("threads cannot be told apart")
	}
	if waited := Thread(func() { <-time.After(300 * time.Millisecond) }); waited > 200*time.Millisecond {
		t.Errorf("waiting took %v", waited)
	}
	const work = 50 * time.Millisecond
	if worked := Thread(func() {
		for begin := thread(); thread()-begin < work; { //nolint:revive // work is to be done
		}
	}); worked < work || worked > time.Minute {
		t.Errorf("work of %v took %v", work, worked)
	}
	if Process() <= 0 {
		t.Error("the process has taken no time")
	}
}
