package badgerstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const maintainEnv = "TRIPLESTORE_MAINTAIN_HELPER"

// maintainHelper carries out what is done to a store that nobody has open.
func maintainHelper(arg string) error {
	kind, dir, _ := strings.Cut(arg, " ")
	ctx := context.Background()
	switch kind {
	case "compact":
		_, err := CompactDir(ctx, dir, killOptions(), CompactOptions{Rewrite: true})
		return err
	case "upgrade":
		return Upgrade(ctx, dir, killOptions(), nil)
	case "restore":
		_, err := Restore(ctx, filepath.Join(dir, "restored"), Options{}, []BackupSource{BackupFile(filepath.Join(dir, "backup"))}, RestoreOptions{})
		return err
	}
	return errors.New("what?")
}

// TestKillMaintenance kills a process at the entry of system calls while it compacts a store, restores one or brings one to a newer format:
// whoever comes then finds all of it, can do the same again, and finds all of it after that.
func TestKillMaintenance(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	base := filepath.Join(t.TempDir(), "base")
	s, err := Open(base, killOptions())
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= 9; n++ {
		if err := killChanges(s, seed, n); err != nil {
			t.Fatal(err)
		}
	}
	commit, want, ids := content(t, s)
	var backup bytes.Buffer
	if _, err := s.Backup(t.Context(), &backup, BackupOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"compact", "upgrade", "restore"} {
		t.Run(kind, func(t *testing.T) {
			fresh := func() (dir, store string) {
				dir = t.TempDir()
				store = filepath.Join(dir, "restored")
				if kind == "restore" {
					err = os.WriteFile(filepath.Join(dir, "backup"), backup.Bytes(), 0o644)
				} else if err = os.RemoveAll(dir); err == nil {
					store, err = dir, os.CopyFS(dir, os.DirFS(base))
				}
				if err == nil && kind == "upgrade" {
					err = writeFormat(dir, 2)
				}
				if err != nil {
					t.Fatal(err)
				}
				return dir, store
			}
			run := func(dir string, kill uint64) (total uint64, err error) {
				cmd := exec.Command(os.Args[0]) //nolint:gosec // the test itself
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s", maintainEnv, kind, dir), "GOMAXPROCS=2")
				_, err = runTraced(t, cmd, func(call) verdict {
					if total++; total == kill {
						return killed
					}
					return passed
				})
				return total, err
			}
			whole := func(at uint64, dir string) {
				t.Helper()
				s, err := Open(dir, killOptions())
				if err != nil {
					t.Fatalf("call %d: %v", at, err)
				}
				defer s.Close()
				if err := s.Verify(t.Context()); err != nil {
					t.Fatalf("call %d: %v", at, err)
				}
				if now, got, gotIDs := content(t, s); now.Number < commit.Number || !slices.Equal(got, want) || !slices.Equal(gotIDs, ids) {
					t.Fatalf("call %d: %d quads of commit %d, want %d", at, len(got), now.Number, len(want))
				}
			}
			dir, store := fresh()
			total, err := run(dir, 0)
			if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
				t.Skipf("this system does not let processes be traced: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			whole(0, store)
			tried := points(t, r, total, killPoints(t))
			t.Logf("%d of %d calls", len(tried), total)
			for _, at := range tried {
				dir, store := fresh()
				if _, err := run(dir, at); err != nil && !strings.Contains(err.Error(), "killed") {
					t.Fatalf("call %d: %v", at, err)
				}
				if v, err := readFormat(store); err != nil {
					t.Fatalf("call %d: %v", at, err)
				} else if v == formatVersion {
					whole(at, store)
					if kind == "restore" { // it is there, and will not be restored again
						continue
					}
				} else if v == 0 && kind != "restore" {
					t.Fatalf("call %d: the store is gone", at)
				}
				if _, err := run(dir, 0); err != nil {
					t.Fatalf("call %d, again: %v", at, err)
				}
				whole(at, store)
			}
		})
	}
}
