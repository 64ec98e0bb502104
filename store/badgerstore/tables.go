package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/ristretto/v2/z"

	"triplestore/store"
)

// verifyTables reads all tables of keys that the manifest names, some sixty bytes for each page, before Badger does: Badger takes a key in
// a block with a wrong checksum for one that is not there, and without the root a store would be empty; and where a table makes no
// sense at all it panics where nobody can recover.
func verifyTables(dir string, version uint16, opt badger.Options) error {
	f, err := os.Open(filepath.Join(dir, manifest))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m, _, err := badger.ReplayManifestFile(f, version, opt)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the manifest: %w: %w", err, store.ErrCorrupt)
	}
	if len(m.Tables) == 0 && len(withContent(dir, "*.mem")) == 0 && len(withContent(dir, "*.sst")) > 0 {
		// A table is named before the log that it was made of is removed, so this comes from no crash.
		return fmt.Errorf("the manifest names no tables of keys, and there are some: %w", store.ErrCorrupt)
	}
	for id := range m.Tables {
		path := table.NewFilename(id, dir)
		err := verifyTable(path)
		if err == nil || errors.Is(err, os.ErrNotExist) { // Badger tells of a file that is missing
			continue
		}
		return fmt.Errorf("table of keys %s: %w: %w", filepath.Base(path), err, store.ErrCorrupt)
	}
	return nil
}

func verifyTable(path string) (err error) {
	defer func() {
		if r := recover(); r != nil { // Badger fails while it makes its message
			err = fmt.Errorf("wrong checksum (%v)", r)
		}
	}()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("it is empty")
	}
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	t, err := table.OpenTable(f, table.Options{ReadOnly: true, ChkMode: options.OnBlockRead, MetricsEnabled: false})
	if err != nil {
		return errors.Join(err, f.Close(-1))
	}
	return errors.Join(t.VerifyChecksum(), f.Close(-1))
}

func withContent(dir, pattern string) (out []string) {
	names, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are well-formed
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			out = append(out, name)
		}
	}
	return out
}
