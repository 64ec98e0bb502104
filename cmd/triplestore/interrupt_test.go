package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterrupt ends a load while it waits for standard input.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	ctx, cancel := context.WithCancel(t.Context())
	stdin, w := io.Pipe()
	go func() {
		io.WriteString(w, strings.Repeat("<http://e/s> <http://e/p> <http://e/o> .\n", 10_000)) //nolint:errcheck // the load is gone
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"load", "--store", dir, "--format", "ntriples", "-"}, stdin, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	stdin.Close()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the store stays: %v", err)
	}
}

// brokenPipe is a reader of our output that has had enough.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }

func TestBrokenPipe(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "db")
	file := filepath.Join(t.TempDir(), "a.nt")
	if err := os.WriteFile(file, []byte("<http://e/s> <http://e/p> 1 .\n<http://e/s> <http://e/p> \"o\" .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"load", "--store", dir, file}, nil, &stdout, &stderr); code != exitOK {
		t.Fatal(stderr.String())
	}
	if code := run(t.Context(), []string{"dump", "--store", dir}, nil, brokenPipe{}, &stderr); code != exitOK || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
}
