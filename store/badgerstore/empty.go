package badgerstore

import (
	"errors"
	"os"
	"path/filepath"
)

// folders is what opening a store has made.
type folders struct {
	fresh bool   // there was no store
	top   string // the outermost folder that was not there, or empty
}

// newFolders finds out what opening a store in dir will make.
func newFolders(dir string) (f folders) {
	if _, err := os.Stat(filepath.Join(dir, manifest)); !errors.Is(err, os.ErrNotExist) || len(begun(dir)) > 0 { // of a damaged store nothing goes
		return f
	}
	f.fresh = true
	for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, os.ErrNotExist) {
			return f
		}
		f.top = d
	}
}

// removeEmpty removes what opening a store has made, if that is wanted and nobody has put anything there.
func removeEmpty(dir string, f folders, o Options) (err error) {
	if !o.RemoveEmpty || !f.fresh {
		return nil
	}
	locked(dir, func() {
		if len(withContent(dir, "*.sst")) > 0 { // another process came in between
			return
		}
		for _, pattern := range []string{"*.mem", "*.vlog", "DISCARD", "KEYREGISTRY", "LOCK", ownerFile, manifest} {
			names, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
			for _, name := range names {
				err = errors.Join(err, os.Remove(name))
			}
		}
		if f.top == "" {
			return
		}
		for d := filepath.Clean(dir); os.Remove(d) == nil && d != f.top; { // what is not empty stays
			d = filepath.Dir(d)
		}
	})
	return err
}
