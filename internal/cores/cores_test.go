package cores

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestAddThreads runs in processes of their own, since it is for a process's whole life.
func TestAddThreads(t *testing.T) {
	t.Parallel()
	if os.Getenv("TRIPLESTORE_TEST_CORES") != "" {
		before := runtime.GOMAXPROCS(0)
		if Count() != before {
			t.Errorf("%d processors before, of %d", Count(), before)
		}
		added := AddThreads()
		set := os.Getenv("GOMAXPROCS") != ""
		if after := runtime.GOMAXPROCS(0); added != (after > before) || set && added {
			t.Errorf("added is %t, %d threads became %d", added, before, after)
		}
		if !set && before == runtime.NumCPU() && !added {
			t.Error("no threads were added")
		}
		if Count() != before {
			t.Errorf("%d processors after, of %d", Count(), before)
		}
		if AddThreads() {
			t.Error("threads were added twice")
		}
		return
	}
	for _, setting := range []string{"", "3"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAddThreads$")
		for _, e := range os.Environ() {
			if !strings.HasPrefix(e, "GOMAXPROCS=") {
				cmd.Env = append(cmd.Env, e)
			}
		}
		cmd.Env = append(cmd.Env, "TRIPLESTORE_TEST_CORES=1")
		if setting != "" {
			cmd.Env = append(cmd.Env, "GOMAXPROCS="+setting)
		}
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("GOMAXPROCS=%s: %v\n%s", setting, err, b)
		}
	}
}
