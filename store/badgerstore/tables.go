package badgerstore

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"github.com/dgraph-io/ristretto/v2/z"

	"triplestore/store"
)

// verifyKeys reads the logs of keys and all tables that the manifest names, some sixty bytes for each page, before Badger does. Badger takes a
// key in a block with a wrong checksum for one that is not there, and without the root a store would be empty; where a table makes no
// sense at all it panics where nobody can recover; it removes tables that the manifest does not name; and it gives the number of the newest
// file of the value log again if that is missing, so that keys would lead to other pages than theirs.
func verifyKeys(dir string, version uint16, opt badger.Options) error {
	f, err := os.Open(filepath.Join(dir, manifest))
	if errors.Is(err, os.ErrNotExist) {
		if left := begun(dir); len(left) > 0 { // the manifest is made first and removed last
			return fmt.Errorf("there is %s, and no manifest that tells what belongs to the store: %w", filepath.Base(left[0]), store.ErrCorrupt)
		}
		return nil
	}
	if err != nil {
		return err
	}
	m, _, err := badger.ReplayManifestFile(f, version, opt)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("the manifest: %w: %w", err, store.ErrCorrupt)
	}
	var all extent
	for _, path := range withContent(dir, "*.mem") {
		r, err := verifyLog(path)
		if err != nil {
			return fmt.Errorf("log of keys %s: %w", filepath.Base(path), err)
		}
		all.add(r)
	}
	for id, t := range m.Tables {
		path := table.NewFilename(id, dir)
		r, err := verifyTable(path, t.Compression)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // Badger tells of a file that is missing
			return fmt.Errorf("table of keys %s: %w: %w", filepath.Base(path), err, store.ErrCorrupt)
		}
		all.add(r)
	}
	for _, path := range withContent(dir, "*.sst") {
		id, ok := table.ParseFileID(filepath.Base(path))
		if _, named := m.Tables[id]; named || !ok {
			continue
		}
		// What a crash leaves is either not whole, or it is in a log of keys or in other tables too.
		if r, err := verifyTable(path, options.None); err == nil && r.version > all.version {
			return fmt.Errorf("the manifest does not name the table of keys %s, which has what nothing else has: %w", filepath.Base(path), store.ErrCorrupt)
		}
	}
	if all.file > newestValueLog(dir) {
		return fmt.Errorf("the file %06d.vlog of the value log is missing: %w", all.file, store.ErrCorrupt)
	}
	return nil
}

// verifyTable reads a table of keys.
func verifyTable(path string, compression options.CompressionType) (r extent, err error) {
	defer func() {
		if p := recover(); p != nil { // Badger fails while it makes its message
			err = fmt.Errorf("wrong checksum (%v)", p)
		}
	}()
	info, err := os.Stat(path)
	if err != nil {
		return r, err
	}
	if info.Size() == 0 {
		return r, errors.New("it is empty")
	}
	f, err := z.OpenMmapFile(path, os.O_RDONLY, 0)
	if err != nil {
		return r, err
	}
	t, err := table.OpenTable(f, table.Options{ReadOnly: true, ChkMode: options.OnBlockRead, Compression: compression, BlockSize: 4 << 10, MetricsEnabled: false})
	if err != nil {
		return r, errors.Join(err, f.Close(-1))
	}
	if err := t.VerifyChecksum(); err != nil {
		return r, errors.Join(err, f.Close(-1))
	}
	i := t.NewIterator(table.NOCACHE)
	for i.Rewind(); i.Valid(); i.Next() {
		v := i.Value()
		r.add(extentOf(y.ParseTs(i.Key()), v.Meta, v.Value))
	}
	return r, errors.Join(i.Close(), f.Close(-1))
}

// newestValueLog is the highest number of a file of the value log, 0 if there is none.
func newestValueLog(dir string) (newest uint32) {
	names, _ := filepath.Glob(filepath.Join(dir, "*.vlog")) // the pattern is well-formed
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".vlog"), 10, 32); err == nil {
			newest = max(newest, uint32(n))
		}
	}
	return newest
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

// begun lists the tables and the logs with an entry.
func begun(dir string) []string {
	out := withContent(dir, "*.sst")
	for _, pattern := range []string{"*.mem", "*.vlog"} {
		for _, name := range withContent(dir, pattern) {
			if hasEntry(name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func hasEntry(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true // who knows
	}
	defer f.Close()
	var first [8]byte
	if n, err := f.ReadAt(first[:], logHead); n == 0 || err != nil && !errors.Is(err, io.EOF) {
		return !errors.Is(err, io.EOF)
	}
	return first != [8]byte{}
}
