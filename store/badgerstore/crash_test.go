package badgerstore

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"triplestore/store"
)

const crashEnv = "TRIPLESTORE_CRASH_HELPER"

func TestMain(m *testing.M) {
	if v := os.Getenv(crashEnv); v != "" {
		fmt.Fprintln(os.Stderr, crashHelper(v))
		os.Exit(1)
	}
	helpers(os.Getenv)
	os.Exit(m.Run())
}

// crashOptions make files small, so that a short run sees many of them begin, end and be collected.
func crashOptions() Options {
	return Options{ValueLogFileSize: 2 << 20, CollectInterval: 20 * time.Millisecond, SortMemory: 1 << 20}
}

func crashSize(n uint64) int {
	if n%5 == 0 {
		return 8000
	}
	return int(n % 40)
}

// crashHelper commits in a loop for ever and prints the number of each commit once it is acknowledged.
func crashHelper(arg string) error {
	word, dir, _ := strings.Cut(arg, " ")
	seed, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return err
	}
	s, err := Open(dir, crashOptions())
	if err != nil {
		return err
	}
	n, err := s.Snapshot()
	if err != nil {
		return err
	}
	next := n.Commit().Number + 1
	n.Close()
	for ; ; next++ {
		remove, add := changes(seed, next, crashSize(next))
		if _, err := s.Update(context.Background(), func(x store.Txn) error {
			if err := x.Remove(remove); err != nil {
				return err
			}
			return x.Add(add)
		}); err != nil {
			return err
		}
		fmt.Println(next)
	}
}

// TestCrash kills a process at random moments while it loads and commits. Whoever opens the store then finds every commit that was
// acknowledged, at most the one that was on its way besides, and nothing torn.
func TestCrash(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "store")
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	var found uint64
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", crashEnv, seed, dir))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var kill *time.Timer
		after := time.Duration(50+r.IntN(600)) * time.Millisecond
		begin := func() { kill = time.AfterFunc(after, func() { cmd.Process.Kill() }) }
		if round < rounds-1 || found > 0 {
			begin()
		}
		acknowledged := found
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if kill == nil { // no round has come to a commit, so this one does
				begin()
			}
			if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("the helper ended by itself: %v", err)
		}
		kill.Stop()
		s, err := Open(dir, crashOptions())
		if err != nil {
			t.Fatal(err)
		}
		found = check(t, s, seed, crashSize)
		if found != acknowledged && found != acknowledged+1 {
			t.Fatalf("found commit %d, %d was acknowledged", found, acknowledged)
		}
		t.Logf("round %d: %d commits", round, found)
		if r.IntN(2) == 0 { // the next writer begins where this one ends
			for range 2 {
				found++
				if err := doChanges(s, t, seed, found, crashSize(found)); err != nil {
					t.Fatal(err)
				}
			}
			check(t, s, seed, crashSize)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
