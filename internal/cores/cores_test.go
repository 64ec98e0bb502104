package cores

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestThreads runs in processes of its own, since the number of threads is the process's.
func TestThreads(t *testing.T) {
	t.Parallel()
	if os.Getenv("TRIPLESTORE_TEST_CORES") != "" {
		synctest.Test(t, few)
		return
	}
	for _, setting := range []string{"", "3"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestThreads$")
		for _, e := range os.Environ() {
			if !strings.HasPrefix(e, "GOMAXPROCS=") {
				cmd.Env = append(cmd.Env, e)
			}
		}
		cmd.Env = append(cmd.Env, "TRIPLESTORE_TEST_CORES=1")
		if setting != "" {
			cmd.Env = append(cmd.Env, "GOMAXPROCS="+setting)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("GOMAXPROCS=%s: %v: %s", setting, err, out)
		}
	}
}

func few(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	adds := os.Getenv("GOMAXPROCS") == "" && before == runtime.NumCPU() && !limited(before)
	threads := NewThreads()
	look := func(when string, added bool) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); (got > before) != (added && adds) {
			t.Errorf("%s: %d threads, %d before", when, got, before)
		}
		if Count() != before {
			t.Errorf("%s: %d processors, of %d", when, Count(), before)
		}
	}
	for range before {
		threads.Came()
	}
	look("as many clients as processors", false)
	threads.Came()
	look("one more", true)
	threads.Left()
	look("just after it has left", true)
	threads.Came()
	time.Sleep(2 * calm)
	look("it came again", true)
	threads.Left()
	time.Sleep(2 * calm)
	look("long after it has left", false)
	if adds {
		for range 100 {
			if NewThreads().extra != 0 {
				t.Error("two add threads")
			}
		}
	}
}

func TestLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[string]bool{"max 100000\n": false, "200000 100000": false, "150000 100000\n": true, "50000 100000": true, "-1\n 100000\n": false, "": false, "x y": false} {
		if got := below(limit, 2); got != want {
			t.Errorf("%q: %t", limit, got)
		}
	}
}
