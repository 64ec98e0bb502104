package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is an engine's command with all that it starts, in a session of their own.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed at the end
	err  error         // how it ended; to be read after done
	// patience is how long what is stopped has to end in its own time.
	patience time.Duration
}

func start(script string, env []string, logFile string) (*process, error) {
	f, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.CommandContext(context.Background(), "sh", "-c", script) // stop ends it, with all that it started
	cmd.Env, cmd.Stdout, cmd.Stderr = env, f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, done: make(chan struct{}), patience: 20 * time.Second}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// wait waits for the end.
func (p *process) wait(limit time.Duration) error {
	select {
	case <-p.done:
		return p.err
	case <-time.After(limit):
		p.stop()
		return fmt.Errorf("longer than %v", limit.Round(time.Second))
	}
}

// ended reports whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stop ends the process and what it started.
func (p *process) stop() {
	defer func() { <-p.done }()
	group := -p.cmd.Process.Pid
	if syscall.Kill(group, syscall.SIGTERM) != nil {
		return
	}
	// The shell may end before what it started: the group is there until all of them are gone.
	for begin := time.Now(); time.Since(begin) < p.patience; time.Sleep(20 * time.Millisecond) {
		if syscall.Kill(group, 0) != nil {
			return
		}
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // it may have gone meanwhile
}

const ticksPerSecond = 100 // USER_HZ, the same on every Linux

// usage is the processor time and the resident memory of the session.
func (p *process) usage() (cpu time.Duration, resident int64) {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return 0, 0
	}
	for _, d := range dirs {
		if _, err := strconv.Atoi(d.Name()); err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, ok := bytes.Cut(b, []byte(") ")) // names of processes may hold blanks
		f := bytes.Fields(rest)
		if !ok || len(f) < 22 || string(f[3]) != strconv.Itoa(p.cmd.Process.Pid) {
			continue
		}
		number := func(i int) int64 {
			n, err := strconv.ParseInt(string(f[i]), 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
		// Children that ended count where they were waited for.
		cpu += time.Duration(number(11)+number(12)+number(13)+number(14)) * time.Second / ticksPerSecond
		resident += number(21) * int64(os.Getpagesize())
	}
	return cpu, resident
}

// watch samples the memory until the function it returns is called, which gives the peak.
func (p *process) watch() func() int64 {
	stop := make(chan struct{})
	var peak int64
	var wg sync.WaitGroup
	wg.Go(func() {
		t := time.NewTicker(200 * time.Millisecond)
		defer t.Stop()
		for {
			_, n := p.usage()
			peak = max(peak, n)
			select {
			case <-stop:
				return
			case <-t.C:
			}
		}
	})
	return func() int64 {
		close(stop)
		wg.Wait()
		return peak
	}
}

// diskBytes is what a folder takes on disk.
func diskBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // files come and go
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				n += st.Blocks * 512
			}
		}
		return nil
	})
	return n
}

// freePorts asks the system for two ports.
func freePorts() (a, b int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer l.Close()
	m, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	defer m.Close()
	return l.Addr().(*net.TCPAddr).Port, m.Addr().(*net.TCPAddr).Port, nil
}

func loadAverage() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	f, err := strconv.ParseFloat(string(bytes.Fields(b)[0]), 64)
	if err != nil {
		return 0
	}
	return f
}
