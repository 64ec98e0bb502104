package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/dictionary"
)

// BackupSource is a backup to restore.
type BackupSource struct {
	// Name is for messages.
	Name string
	// Open begins to read it; it is called once.
	Open func() (io.ReadCloser, error)
}

// BackupFile is a backup in a file.
func BackupFile(path string) BackupSource {
	return BackupSource{Name: path, Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

// RestoreOptions tune Restore.
type RestoreOptions struct {
	// Progress, if any, is called now and then; name is the source's.
	Progress func(name string, p BackupProgress)
	// Check, if any, is told how the check at the end comes along.
	Check func(CheckProgress)
}

// Restore makes a store of a full backup and of the incremental ones that follow on it, in this order, in a directory that is empty or
// not there yet. The store appears in the directory only when all of it was read and checked; after an error or an interruption there
// is none. A backup that is damaged or truncated is refused with a BackupError.
func Restore(ctx context.Context, dir string, o Options, sources []BackupSource, ro RestoreOptions) (_ *CheckReport, err error) {
	if len(sources) == 0 {
		return nil, errors.New("store: nothing to restore")
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("store: %w", err)
	}
	if len(entries) > 0 {
		return nil, fmt.Errorf("store: %s is not empty; restore into a new directory", dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := makeDir(parent); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	tmp, err := os.MkdirTemp(parent, filepath.Base(filepath.Clean(dir))+".restore-*")
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	report, err := restore(ctx, tmp, o, sources, ro)
	if err != nil {
		return report, err
	}
	if err := errors.Join(os.Chmod(tmp, 0o755), syncDir(tmp)); err != nil {
		return report, err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) { // a rename does not replace a directory everywhere
		return report, fmt.Errorf("store: make room for the restored store (it cannot be a mount point itself, but a directory in it): %w", err)
	}
	if err := os.Rename(tmp, dir); err != nil {
		return report, fmt.Errorf("store: put the restored store in its place: %w", err)
	}
	return report, syncDir(parent)
}

func restore(ctx context.Context, dir string, o Options, sources []BackupSource, ro RestoreOptions) (report *CheckReport, err error) {
	s, err := Open(dir, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, source := range sources {
		if err := s.restoreOne(ctx, source, ro); err != nil {
			return nil, err
		}
	}
	if report, err = s.Check(ctx, CheckOptions{Progress: ro.Check}); err != nil {
		return nil, err
	}
	return report, report.Err()
}

func (s *Store) restoreOne(ctx context.Context, source BackupSource, ro RestoreOptions) (err error) {
	f, err := source.Open()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := newBackupReader(f, source.Name)
	if err != nil {
		return err
	}
	n, err := s.Snapshot()
	if err != nil {
		return err
	}
	st := n.(*snapshot).state
	now, terms := st.root.commit.Number, st.terms.Len()
	if err := n.Close(); err != nil {
		return err
	}
	switch {
	case b.info.Since != now && now == 0:
		return fmt.Errorf("store: %s holds the changes since commit %d; restore the backups before it first, beginning with a full one", source.Name, b.info.Since)
	case b.info.Since == 0 && now != 0:
		return fmt.Errorf("store: %s is a full backup, which can only come first", source.Name)
	case b.info.Since != now:
		return fmt.Errorf("store: %s holds the changes since commit %d, and the backup before it ends with commit %d", source.Name, b.info.Since, now)
	case b.info.FirstTerm != terms:
		return fmt.Errorf("store: %s goes on from %d terms, and the backup before it ends with %d: they are not of the same store", source.Name,
			b.info.FirstTerm, terms)
	}
	_, err = s.Update(ctx, func(x store.Txn) error {
		t, err := x.(*recorder).whole()
		if err != nil {
			return err
		}
		if b.info.Commit > 0 {
			t.restored = &store.Commit{Number: b.info.Commit, Time: b.info.Time}
		}
		return b.apply(t, ro)
	})
	if err != nil {
		return err
	}
	if n, err = s.Snapshot(); err != nil {
		return err
	}
	defer n.Close()
	if rows := n.(*snapshot).state.root.quads[0].Rows; rows != b.info.Quads {
		return fmt.Errorf("store: %s leads to %d quads where it says %d: %w", source.Name, rows, b.info.Quads, store.ErrCorrupt)
	}
	return nil
}

// apply brings the chunks into a transaction.
func (b *backupReader) apply(t *txn, ro RestoreOptions) error {
	var quads []store.Quad
	var told time.Time
	next := b.info.FirstTerm
	for {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		kind, raw, at, err := b.next()
		if err != nil {
			return err
		}
		switch kind {
		case chunkTerms:
			n, err := b.terms(t, raw, at, next)
			if err != nil {
				return err
			}
			next += n
			b.sums[0] += n
		case chunkAdded, chunkRemoved:
			var ok bool
			if quads, ok = decodeQuads(raw, quads); !ok {
				return b.errorf(at, "chunk %d of quads is malformed", b.number-1)
			}
			i, change := 1, t.AddIDs
			if kind == chunkRemoved {
				i, change = 2, t.RemoveIDs
			}
			if err := change(quads); err != nil {
				return b.errorf(at, "%v", err)
			}
			b.sums[i] += uint64(len(quads))
		case chunkEnd:
			if next != b.info.Terms {
				return b.errorf(at, "there were terms up to %d, not %d", next, b.info.Terms)
			}
			return nil
		default:
			return b.errorf(at, "chunk %d is of the unknown kind %q", b.number-1, kind)
		}
		if ro.Progress != nil && time.Since(told) > 100*time.Millisecond {
			told = time.Now()
			p := BackupProgress{Items: b.sums[0] + b.sums[1] + b.sums[2], Bytes: b.at}
			if b.info.Since == 0 {
				p.Total = b.info.Terms + b.info.Quads
			}
			ro.Progress(b.name, p)
		}
	}
}

// terms gives the terms of a chunk their numbers.
func (b *backupReader) terms(t *txn, raw []byte, at int64, next uint64) (uint64, error) {
	malformed := func() (uint64, error) { return 0, b.errorf(at, "chunk %d of terms is malformed", b.number-1) }
	first, w := binary.Uvarint(raw)
	if w <= 0 || first != next {
		return malformed()
	}
	raw = raw[w:]
	count, w := binary.Uvarint(raw)
	if w <= 0 || count > uint64(len(raw)) {
		return malformed()
	}
	raw = raw[w:]
	lengths := make([]uint64, count)
	for i := range lengths {
		n, w := binary.Uvarint(raw)
		if w <= 0 || n > dictionary.MaxTerm {
			return malformed()
		}
		lengths[i], raw = n, raw[w:]
	}
	data := string(raw)
	for i, n := range lengths {
		if n > uint64(len(data)) {
			return malformed()
		}
		term, err := rdf.DecodeBinaryString(data[:n])
		if err != nil {
			return 0, b.errorf(at, "term %d: %v", next+uint64(i), err)
		}
		data = data[n:]
		id, err := t.ID(term)
		if err != nil {
			return 0, err
		}
		if !id.InDictionary() || id.Number() != next+uint64(i) {
			return 0, b.errorf(at, "term %d, %v, gets ID %#x", next+uint64(i), term, uint64(id))
		}
	}
	if data != "" {
		return malformed()
	}
	return count, nil
}
