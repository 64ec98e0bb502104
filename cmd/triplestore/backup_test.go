package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/diskspace"
)

// TestFilesAreThereForGood: the name of a file is made durable after the file has it. A file that is not finished is not there.
func TestFilesAreThereForGood(t *testing.T) { // not beside others, as it looks at what is synced
	real := syncNames
	defer func() { syncNames = real }()
	dir := t.TempDir()
	path := filepath.Join(dir, "all.nq")
	synced := 0
	syncNames = func(folder string) error {
		if b, err := os.ReadFile(path); folder != dir || err != nil || string(b) != "content" {
			t.Errorf("%s is synced, and there is %q (%v)", folder, b, err)
		}
		synced++
		return real(folder)
	}
	a := &app{}
	fill := func(w io.Writer) error {
		_, err := io.WriteString(w, "content")
		return err
	}
	for i, write := range []func(string, func(io.Writer) error) error{a.atomically, a.writeTo} {
		if err := write(path, fill); err != nil || synced != i+1 {
			t.Errorf("%v, synced %d times", err, synced)
		}
		broken := errors.New("broken")
		if err := write(path+".2", func(w io.Writer) error { return errors.Join(fill(w), broken) }); !errors.Is(err, broken) || synced != i+1 {
			t.Errorf("%v, synced %d times", err, synced)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%v, %v", left, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBackupLeavesReserve: on the disk of the store a file takes nothing of what the store needs.
func TestBackupLeavesReserve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, ok := diskspace.Free(dir); !ok || !diskspace.Same(dir, dir) {
		t.Skip("it is not known how much room there is")
	}
	path := filepath.Join(dir, "all.tsb")
	a := &app{}
	for _, c := range []struct {
		reserve uint64
		full    bool
	}{{0, false}, {1 << 60, true}} {
		err := a.atomically(path, func(w io.Writer) error {
			_, err := leaving(w, path, dir, c.reserve).Write([]byte("content"))
			return err
		})
		if errors.Is(err, diskspace.ErrFull) != c.full || err != nil && !c.full {
			t.Errorf("reserve %d: %v", c.reserve, err)
		}
	}
	if w := leaving(io.Discard, "", dir, 1<<60); w != io.Discard {
		t.Error("standard output is no file of the disk")
	}
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestRunningServerLeavesReserve: the server tells what the store needs.
func TestRunningServerLeavesReserve(t *testing.T) {
	t.Parallel()
	dir := controlOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", backupInfo)
		w.Header().Set(storeReserve, "1152921504606846976")
		io.WriteString(w, "content") //nolint:errcheck // the client has what it wants
		w.Header().Set(backupInfo, "{}")
	})
	if _, ok := diskspace.Free(dir); !ok || !diskspace.Same(dir, dir) {
		t.Skip("it is not known how much room there is")
	}
	if _, err := (&app{}).askBackup(t.Context(), dir, errors.New("nobody is there"), 0, filepath.Join(dir, "all.tsb"), io.Discard); !errors.Is(err, diskspace.ErrFull) {
		t.Error(err)
	}
}

// TestHealthSaysWhatIsWrong: what a server says is wrong is a sentence, and the exit code 1.
func TestHealthSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{`{"title":"The server is stopping","status":503}`, "the running server says: The server is stopping"},
		{`{"title":"The store cannot be written","status":503,"detail":"Its folder is gone.","id":"ab12"}`,
			"the running server says: The store cannot be written: Its folder is gone. (its log tells more at ab12)"},
		{"plain text\n", "the running server says: plain text"},
	} {
		dir := controlOf(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, c.body) //nolint:errcheck // the client tells
		})
		var said bytes.Buffer
		a := &app{stdout: io.Discard, stderr: &said}
		cmd := a.root()
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs([]string{"health", "--store", dir, "--ready"})
		if code := a.exitCode(context.Background(), cmd.ExecuteContext(t.Context())); code != exitFailure || strings.TrimSpace(said.String()) != "triplestore: "+c.want {
			t.Errorf("exit code %d, %q", code, said.String())
		}
	}
}

// controlOf answers at the control socket of a folder.
func controlOf(t *testing.T, answer http.HandlerFunc) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ts") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, controlSocket))
	if err != nil {
		t.Skipf("there are no sockets here: %v", err)
	}
	srv := &http.Server{Handler: answer}
	go srv.Serve(l) //nolint:errcheck // it is closed
	t.Cleanup(func() {
		srv.Close()
		os.RemoveAll(dir)
	})
	return dir
}
