package badgerstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"triplestore/store"
)

// TestUpgrade brings a store over two formats that do not exist yet. The first attempt at the second step is interrupted.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, catalogue(2000))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// Both steps rename the root's magic, as a change of the root's layout would.
	mark := func(from, to string) func(context.Context, Pages) error {
		return func(_ context.Context, p Pages) error {
			b, err := p.Root()
			if err != nil {
				return err
			}
			if string(b[:len(to)]) == to {
				return nil // it ran before
			}
			if string(b[:len(from)]) != from {
				return fmt.Errorf("root begins with %q", b[:len(from)])
			}
			return p.SwapRoot(append([]byte(to), b[len(from):]...))
		}
	}
	interrupted := errors.New("interrupted")
	first := true
	second := mark("root-of-step-1", "root-of-step-2")
	magic := "TSroot\x00\x01abcdef"
	o := Options{}.withDefaults()
	p, err := openAs(dir, o, formatVersion)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Root()
	if err != nil {
		t.Fatal(err)
	}
	magic = string(b[:len(magic)])
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	raise := func(dir string, v uint16) error {
		if l, err := lockDir(dir); ownLock && !errors.Is(err, store.ErrLocked) {
			t.Errorf("before format %d is written the store can be opened: %v", v, errors.Join(err, l.release()))
		}
		return writeFormat(dir, v)
	}
	f := formats{newest: formatVersion + 2, raise: raise, steps: map[uint16]step{
		formatVersion: {"the root says so", mark(magic, "root-of-step-1")},
		formatVersion + 1: {"and again", func(ctx context.Context, p Pages) error {
			if err := second(ctx, p); err != nil {
				return err
			}
			if first {
				first = false
				return interrupted
			}
			return nil
		}},
	}}
	if possible, err := f.check(dir); !possible || !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "triplestore upgrade") {
		t.Fatalf("%v, %v", possible, err)
	}
	var told []string
	tell := func(s string) { told = append(told, s) }
	if err := f.upgrade(t.Context(), dir, o, tell); !errors.Is(err, interrupted) {
		t.Fatal(err)
	}
	if v, err := readFormat(dir); v != formatVersion+1 || err != nil {
		t.Fatalf("format %d, %v", v, err)
	}
	if err := f.upgrade(t.Context(), dir, o, tell); err != nil {
		t.Fatal(err)
	}
	if v, err := readFormat(dir); v != formatVersion+2 || err != nil || len(told) != 3 {
		t.Fatalf("format %d, %v, %q", v, err, told)
	}
	if _, err := f.check(dir); err != nil {
		t.Fatal(err)
	}
	if err := f.upgrade(t.Context(), dir, o, tell); err != nil || len(told) != 3 {
		t.Fatalf("%v, %q", err, told)
	}
	// The program of today refuses it and says what to do.
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "newer program") {
		t.Fatal(err)
	}
	// The pages are all there: with the old root and number it is the old store.
	p, err = openAs(dir, o, formatVersion+2)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = p.Root(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.SwapRoot(append([]byte(magic), b[len(magic):]...)), p.Close(), writeFormat(dir, formatVersion)); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestUpgradeWithoutWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	f := formats{newest: formatVersion + 2, raise: writeFormat, steps: map[uint16]step{formatVersion: {"", func(context.Context, Pages) error { return nil }}}}
	if possible, err := f.check(dir); possible || !errors.Is(err, store.ErrFormat) || !strings.Contains(err.Error(), "dump it") {
		t.Errorf("%v, %v", possible, err)
	}
	if err := f.upgrade(t.Context(), dir, Options{}.withDefaults(), nil); !errors.Is(err, store.ErrFormat) {
		t.Error(err)
	}
	if err := Upgrade(t.Context(), t.TempDir(), Options{}, nil); err == nil {
		t.Error("upgraded an empty directory")
	}
}

// TestOwner checks that the message names whoever holds the lock, and nobody who does not.
func TestOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	name := fmt.Sprintf("process %d (%s)", os.Getpid(), command(os.Args))
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), name) {
		t.Errorf("%v does not hold %q", err, name)
	}
	path := filepath.Join(dir, ownerFile)
	dead := exec.Command(os.Args[0], "-test.run=^$")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	for what, content := range map[string]string{
		"malformed": "{",
		"another":   fmt.Sprintf(`{"pid":%d,"host":%q,"command":"misleading","since":"2020-01-01T00:00:00Z"}`, dead.ProcessState.Pid(), host),
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrLocked) || strings.Contains(err.Error(), "in use by process") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// Both files of a process that is gone: on this host that is seen, of another one it cannot be.
	lock := t.TempDir()
	for _, h := range []string{host, "elsewhere"} {
		b, _ := json.Marshal(owner{PID: dead.ProcessState.Pid(), Host: h, Command: "x", Since: time.Now()})
		if err := errors.Join(os.WriteFile(filepath.Join(lock, ownerFile), b, 0o644),
			os.WriteFile(filepath.Join(lock, "LOCK"), fmt.Appendln(nil, dead.ProcessState.Pid()), 0o644)); err != nil {
			t.Fatal(err)
		}
		if _, ok := readOwner(lock); ok != (h != host) {
			t.Errorf("host %s: %v", h, ok)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file stays: %v", err)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"": nil, "triplestore": {"/usr/bin/triplestore"}, "triplestore serve": {"triplestore", "serve", "--token", "secret"},
		"x": {"x", "--token=secret"}, "y": {"y", "s3cret"},
	} {
		if got := command(args); got != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}
