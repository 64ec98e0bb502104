//go:build unix

package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ownLock: Badger leaves the lock on its directory to us.
const ownLock = true

// pidFile names the process that has the lock, as Badger's own does.
const pidFile = "LOCK"

// dirLock is the lock that Badger takes on its directory. Badger gives it back by closing the file, and that is too late: a process that
// is just being started has a copy of every descriptor until it runs its program, and whoever opens the store meanwhile finds it locked.
type dirLock struct {
	dir string
	f   *os.File
}

// lockDir takes the lock, or fails at once.
func lockDir(dir string) (dirLock, error) {
	f, err := flock(dir)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return dirLock{}, lockedError(dir)
	case err != nil:
		return dirLock{}, fmt.Errorf("store: lock %s: %w", dir, err)
	}
	l := dirLock{dir, f}
	if err := os.WriteFile(filepath.Join(dir, pidFile), fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		return dirLock{}, errors.Join(err, l.release())
	}
	return l, nil
}

// release gives the lock back for all who have its descriptor.
func (l dirLock) release() error {
	err := os.Remove(filepath.Join(l.dir, pidFile)) // first, or it could be the next holder's
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, unlock(l.f))
}

func flock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func unlock(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// removeUnfinished removes log files of no length, which a process leaves that is killed while Badger makes them: Badger does not open a
// store with one. The caller has the lock, so it does not meet another process that is just making one.
func removeUnfinished(dir string) {
	names := unfinished(dir)
	for _, name := range names {
		_ = os.Remove(name)
	}
	if len(names) > 0 {
		if d, err := os.Open(dir); err == nil {
			_ = d.Sync()
			_ = d.Close()
		}
	}
}

func unfinished(dir string) (out []string) {
	for _, pattern := range []string{"*.mem", "*.vlog", "closing-*.tmp"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.Size() == 0 {
				out = append(out, name)
			}
		}
	}
	return out
}

// locked runs f while nobody else can open the store, if that is so at this moment.
func locked(dir string, f func()) {
	d, err := flock(dir)
	if err != nil {
		return
	}
	defer func() { _ = unlock(d) }()
	f()
}
