//go:build unix

package badgerstore

import (
	"os"
	"path/filepath"
	"syscall"
)

// removeUnfinished removes log files of no length, which a process leaves that is killed while Badger makes them: Badger does not open a
// store with one. It takes Badger's own lock for that, so that it does not meet another process that is just making one; where it
// does not get the lock, Badger tells of the other process.
func removeUnfinished(dir string) {
	if len(unfinished(dir)) == 0 {
		return
	}
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	if syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return
	}
	for _, name := range unfinished(dir) {
		_ = os.Remove(name)
	}
	_ = d.Sync()
}

func unfinished(dir string) (out []string) {
	for _, pattern := range []string{"*.mem", "*.vlog"} {
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
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	if syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		f()
	}
}

// held reports whether another process has Badger's lock on the directory.
func held(dir string) bool {
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	return syscall.Flock(int(d.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}
