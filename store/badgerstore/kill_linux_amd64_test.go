package badgerstore

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"triplestore/store"
)

// Points at which a process may be killed: the system calls that change a file or its place, and, since Badger writes through
// memory maps, each step of the store on its pages besides.
var killCalls = map[uint64]string{
	syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite64", syscall.SYS_FSYNC: "fsync", syscall.SYS_FDATASYNC: "fdatasync",
	syscall.SYS_MSYNC: "msync", syscall.SYS_FTRUNCATE: "ftruncate", syscall.SYS_RENAMEAT: "renameat", syscall.SYS_UNLINKAT: "unlinkat",
}

func init() {
	for nr, name := range renameCalls {
		killCalls[nr] = name
	}
}

const killEnv = "TRIPLESTORE_KILL_HELPER"

// killHelper runs a seeded workload of so many commits. It kills itself at the n-th step on pages, 0 for never, and prints every
// commit that is acknowledged; at the end it prints the number of steps.
func killHelper(arg string) error {
	var seed, from, commits, kill uint64
	var dir string
	if _, err := fmt.Sscanf(arg, "%d %d %d %d %s", &seed, &from, &commits, &kill, &dir); err != nil {
		return err
	}
	o := killOptions().withDefaults()
	p, err := openBadger(dir, o)
	if err != nil {
		return err
	}
	k := &killPages{badgerPages: p, at: kill}
	s, err := open(dir, o, k)
	if err != nil {
		return err
	}
	for n := from; n < from+commits; n++ {
		if err := killChanges(s, seed, n); err != nil {
			return err
		}
		fmt.Println(n)
		if n%4 == 0 {
			k.step()
			if err := p.collect(garbageRatio, nil); err != nil {
				return err
			}
		}
	}
	k.step()
	if err := s.Close(); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "steps", k.steps.Load())
	return nil
}

func killOptions() Options {
	return Options{ValueLogFileSize: 1 << 20, SortMemory: 1 << 20, Retention: &Retention{Commits: 2}}
}

func killSize(n uint64) int {
	if n%4 == 1 {
		return 1500
	}
	return int(n%5) * 20
}

// killPages kills the process before its at-th step.
type killPages struct {
	*badgerPages
	at    uint64
	steps atomic.Uint64 // pages are put by several goroutines
}

func (p *killPages) step() {
	if p.steps.Add(1) == p.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (p *killPages) Put(no uint64, b []byte) error { p.step(); return p.badgerPages.Put(no, b) }
func (p *killPages) Flush() error                  { p.step(); return p.badgerPages.Flush() }
func (p *killPages) Free(nos []uint64) error       { p.step(); return p.badgerPages.Free(nos) }
func (p *killPages) SwapRoot(root []byte) error {
	p.step()
	if err := p.badgerPages.Flush(); err != nil {
		return err
	}
	p.step()
	err := p.badgerPages.SwapRoot(root)
	p.step()
	return err
}

// killChanges carries out the n-th transaction of the workload.
func killChanges(s *Store, seed, n uint64) error {
	remove, add := changes(seed, n, killSize(n))
	_, err := s.Update(context.Background(), func(x store.Txn) error {
		if err := x.Remove(remove); err != nil {
			return err
		}
		if n%3 == 0 { // apply in two steps
			half, err := x.Snapshot()
			if err != nil {
				return err
			}
			half.Close()
		}
		return x.Add(add)
	})
	return err
}

// after checks what a killed process left: every acknowledged commit, at most the one on its way besides, all of it as in the model.
// It returns the commit that it found.
func after(t *testing.T, dir string, seed, acknowledged uint64) uint64 {
	t.Helper()
	s, err := Open(dir, killOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := check(t, s, seed, killSize)
	if found != acknowledged && found != acknowledged+1 {
		t.Fatalf("found commit %d, %d was acknowledged", found, acknowledged)
	}
	return found
}

// runKill starts the helper and returns the last commit that it acknowledged, and what it said in the end.
func runKill(t *testing.T, cmd *exec.Cmd, start func() error, wait func() error) (acknowledged uint64, said string, err error) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr := &strings.Builder{}
	cmd.Stderr = stderr
	if err := start(); err != nil {
		t.Fatal(err)
	}
	got := make(chan uint64, 1)
	go func() {
		last := uint64(0)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			last, _ = strconv.ParseUint(lines.Text(), 10, 64)
		}
		got <- last
	}()
	err = wait()
	acknowledged = <-got
	if perr := cmd.Wait(); err == nil && !errors.Is(perr, syscall.ECHILD) { // a tracer has waited already
		err = perr
	}
	return acknowledged, stderr.String(), err
}

// killCommits is the length of the workload: of the long one where every point is tried.
func killCommits(t *testing.T) uint64 {
	if killPoints(t) == 0 {
		return 24
	}
	return 6
}

// killPoints is how many points of each kind an ordinary run tries; TRIPLESTORE_KILL_POINTS=0 is all of them.
func killPoints(t *testing.T) int {
	if v := os.Getenv("TRIPLESTORE_KILL_POINTS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 3
	}
	return 16
}

func helper(t *testing.T, seed, from, kill uint64, dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0]) //nolint:gosec // the test itself
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %d %d %s", killEnv, seed, from, killCommits(t), kill, dir), "GOMAXPROCS=2")
	return cmd
}

// points spreads so many numbers over 1 to n, all for 0. TRIPLESTORE_KILL_SHARD=1/3 takes the second third of them, so that several
// processes share the work.
func points(t *testing.T, r *rand.Rand, n uint64, want int) []uint64 {
	if want == 0 || uint64(want) >= n {
		want = int(n)
	}
	out := make([]uint64, 0, want)
	for i := range uint64(want) {
		lo, hi := i*n/uint64(want), (i+1)*n/uint64(want)
		out = append(out, lo+1+r.Uint64N(max(1, hi-lo)))
	}
	if v := os.Getenv("TRIPLESTORE_KILL_SHARD"); v != "" {
		var i, of int
		if _, err := fmt.Sscanf(v, "%d/%d", &i, &of); err != nil || i < 0 || i >= of {
			t.Fatal(v, err)
		}
		out = out[i*len(out)/of : (i+1)*len(out)/of]
	}
	return out
}

// TestKillAtEveryStep kills a process before every step that its store makes on its pages: each page that is put, each flush, and
// before and after each part of the move of the root. On every other store the next process goes on and is killed as well.
func TestKillAtEveryStep(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	dry := helper(t, seed, 1, 0, filepath.Join(t.TempDir(), "dry"))
	last, said, err := runKill(t, dry, dry.Start, func() error { return nil })
	if err != nil || last != killCommits(t) {
		t.Fatalf("%v, commit %d\n%s", err, last, said)
	}
	var steps uint64
	if _, err := fmt.Sscanf(said, "steps %d", &steps); err != nil {
		t.Fatal(err, said)
	}
	tried := points(t, r, steps, killPoints(t))
	t.Logf("%d of %d steps", len(tried), steps)
	for _, at := range tried {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(at))
		acknowledged := uint64(0)
		for round := range 2 {
			cmd := helper(t, seed, acknowledged+1, at, dir)
			last, said, err := runKill(t, cmd, cmd.Start, func() error { return nil })
			if err == nil && round == 0 { // the number of steps differs a little from run to run, as pages wait for one another
				var made uint64
				if _, serr := fmt.Sscanf(said, "steps %d", &made); serr != nil || made >= at || made+steps/20+1 < steps {
					t.Fatalf("step %d: the process was not killed\n%s", at, said)
				}
			}
			if err != nil && !strings.Contains(err.Error(), "killed") {
				t.Fatalf("step %d: %v\n%s", at, err, said)
			}
			acknowledged = after(t, dir, seed, max(last, acknowledged))
			if at%2 == 0 {
				break
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKillAtEverySystemCall runs the process under ptrace and kills it at the entry of the n-th system call that writes, syncs, renames,
// cuts or removes a file, Badger's own ones included: those of its background work as well as those of the commits.
func TestKillAtEverySystemCall(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	counts, acknowledged, err := traced(t, seed, filepath.Join(t.TempDir(), "dry"), 0)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		t.Skipf("this system does not let processes be traced: %v", err)
	}
	if err != nil || acknowledged != killCommits(t) {
		t.Fatalf("%v, commit %d", err, acknowledged)
	}
	total := uint64(0)
	for _, n := range counts {
		total += n
	}
	tried := points(t, r, total, killPoints(t))
	t.Logf("%d of %d calls: %v", len(tried), total, counts)
	killed := 0
	for _, at := range tried {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(at))
		_, acknowledged, err := traced(t, seed, dir, at)
		if err != nil {
			if !strings.Contains(err.Error(), "killed") {
				t.Fatalf("call %d: %v", at, err)
			}
			killed++
		}
		after(t, dir, seed, acknowledged)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if killed < len(tried)*3/4 { // their number differs a little from run to run
		t.Errorf("%d of %d processes were killed", killed, len(tried))
	}
}

// TestValuesNotSynced lets one sync of the value log fail, which Badger tells only its log: the commit that it is for fails, or what is done at
// last, and no commit is acknowledged whose pages may be lost.
func TestValuesNotSynced(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 4))
	values := func(c call) bool { return c.name == "msync" && strings.HasSuffix(c.file(), ".vlog") }
	count := uint64(0)
	acknowledged, err := runTraced(t, helper(t, seed, 1, 0, filepath.Join(t.TempDir(), "dry")), func(c call) verdict {
		if values(c) {
			count++
		}
		return passed
	})
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		t.Skipf("this system does not let processes be traced: %v", err)
	}
	if err != nil || acknowledged != killCommits(t) || count == 0 {
		t.Fatalf("%v, commit %d, %d syncs", err, acknowledged, count)
	}
	tried, refusals := points(t, r, count, killPoints(t)), 0
	for _, n := range tried {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
		seen := uint64(0)
		acknowledged, err := runTraced(t, helper(t, seed, 1, 0, dir), func(c call) verdict {
			if values(c) {
				if seen++; seen == n {
					return refused
				}
			}
			return passed
		})
		if seen >= n {
			refusals++
			if err == nil {
				t.Errorf("sync %d of %d: all %d commits were acknowledged", n, seen, acknowledged)
			}
		}
		if found := after(t, dir, seed, acknowledged); found != acknowledged {
			t.Errorf("sync %d of %d: commit %d was refused and is there", n, seen, found)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d syncs were refused", refusals, len(tried))
	if refusals == 0 { // their number differs from run to run, as pages go together
		t.Error("no sync was refused")
	}
}

// TestNewFolderIsSynced: the folder of a new store has its name for good before anything is committed.
func TestNewFolderIsSynced(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	want := map[string]bool{parent: true, filepath.Join(parent, "a"): true}
	_, err := runTraced(t, helper(t, 1, 1, 0, filepath.Join(parent, "a", "store")), func(c call) verdict {
		if c.name == "fsync" {
			delete(want, c.file())
		}
		return passed
	})
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
		t.Skipf("this system does not let processes be traced: %v", err)
	}
	if err != nil || len(want) > 0 {
		t.Errorf("not synced: %v, %v", want, err)
	}
}

// traced runs the helper under ptrace, kills it at the n-th call (0: never) and counts calls by name.
func traced(t *testing.T, seed uint64, dir string, kill uint64) (counts map[string]uint64, acknowledged uint64, err error) {
	t.Helper()
	counts = map[string]uint64{}
	total := uint64(0)
	acknowledged, err = runTraced(t, helper(t, seed, 1, 0, dir), func(c call) verdict {
		counts[c.name]++
		if total++; total == kill {
			return killed
		}
		return passed
	})
	return counts, acknowledged, err
}

// runTraced runs a helper under ptrace; at decides what becomes of its calls. The error tells what it said, unless it was killed.
func runTraced(t *testing.T, cmd *exec.Cmd, at func(call) verdict) (acknowledged uint64, err error) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	runtime.LockOSThread() // the tracer is a thread
	defer runtime.UnlockOSThread()
	acknowledged, said, err := runKill(t, cmd, cmd.Start, func() error { return trace(cmd.Process.Pid, at) })
	if err != nil && !strings.Contains(err.Error(), "killed") {
		err = fmt.Errorf("%w\n%s", err, said)
	}
	return acknowledged, err
}

// call is a system call that a process is about to make, one of killCalls.
type call struct {
	pid  int
	name string
	args [2]uint64
}

// verdict is what becomes of a call.
type verdict int

const (
	passed  verdict = iota
	killed          // the process ends before it
	refused         // it is not made and fails with EIO
)

// file is the file that a call is about which syncs one.
func (c call) file() string {
	if c.name != "msync" {
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.pid, c.args[0]))
		return link
	}
	maps, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", c.pid))
	for line := range strings.Lines(string(maps)) {
		var from, to uint64
		if n, _ := fmt.Sscanf(line, "%x-%x", &from, &to); n == 2 && from <= c.args[0] && c.args[0] < to {
			if fields := strings.Fields(line); len(fields) > 5 {
				return fields[5]
			}
		}
	}
	return ""
}

func trace(pid int, at func(call) verdict) error {
	const options = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | 0x100000 /* PTRACE_O_EXITKILL */
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil { // the stop after exec
		return err
	}
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		return err
	}
	if err := syscall.PtraceSyscall(pid, 0); err != nil {
		return err
	}
	inside := map[int]verdict{} // by thread: what became of the call that it is in
	for {
		tid, err := syscall.Wait4(-pid, &status, syscall.WALL, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		if status.Exited() || status.Signaled() {
			if tid == pid {
				if status.Signaled() {
					return fmt.Errorf("signal: %v", status.Signal())
				}
				if status.ExitStatus() != 0 {
					return fmt.Errorf("exit status %d", status.ExitStatus())
				}
				return nil
			}
			delete(inside, tid)
			continue
		}
		signal := 0
		switch stop := status.StopSignal(); {
		case stop == syscall.SIGTRAP|0x80:
			v, leaving := inside[tid]
			if leaving {
				delete(inside, tid)
			} else {
				if v, err = judge(pid, tid, at); err != nil && !errors.Is(err, syscall.ESRCH) {
					return err
				}
				inside[tid] = v
			}
			switch {
			case v == killed:
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					return err
				}
				continue
			case v == refused:
				if err := refuse(tid, leaving); err != nil && !errors.Is(err, syscall.ESRCH) {
					return err
				}
			}
		case stop == syscall.SIGTRAP, stop == syscall.SIGSTOP: // a new thread
		default:
			signal = int(stop)
		}
		if err := syscall.PtraceSyscall(tid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
}

var renameCalls = map[uint64]string{syscall.SYS_RENAME: "rename", syscall.SYS_UNLINK: "unlink", 316: "renameat2"}

// judge decides about the system call at which a thread has stopped, if it is one of killCalls on a file.
func judge(pid, tid int, at func(call) verdict) (verdict, error) {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return passed, err
	}
	name := killCalls[regs.Orig_rax]
	if name == "" || regs.Orig_rax == syscall.SYS_WRITE && regs.Rdi <= 2 { // not a file
		return passed, nil
	}
	return at(call{pid, name, [2]uint64{regs.Rdi, regs.Rsi}}), nil
}

// refuse makes a call one that there is not, and then its result an error.
func refuse(tid int, leaving bool) error {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	if !leaving {
		regs.Orig_rax = ^uint64(0)
	} else {
		regs.Rax = ^uint64(syscall.EIO) + 1
	}
	return syscall.PtraceSetRegs(tid, &regs)
}
