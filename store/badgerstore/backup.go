package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"triplestore/store"
)

// BackupOptions tune Backup.
type BackupOptions struct {
	// Since makes an incremental backup: what was added and removed since this commit, which the history must have kept. 0 is all.
	Since uint64
	// Progress, if any, is called now and then.
	Progress func(BackupProgress)
}

// BackupProgress tells how far Backup or Restore has come. What Items counts are terms and quads; Total is 0 where it is not known.
type BackupProgress struct {
	Items, Total uint64
	Bytes        int64
}

// backupQuads is how many quads a chunk holds, backupTerms about how many bytes of terms.
const (
	backupQuads = 1 << 15
	backupTerms = 1 << 20
)

// Backup writes the newest state, or what makes it of an older one, to w. It reads a snapshot: readers and the writer go on meanwhile.
// What Restore makes of it has the same quads, blank-node labels, IDs and commit. The error for a commit that is not kept wraps
// store.ErrNoCommit.
func (s *Store) Backup(ctx context.Context, w io.Writer, o BackupOptions) (_ BackupInfo, err error) {
	n, err := s.Snapshot()
	if err != nil {
		return BackupInfo{}, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	now := n.(*snapshot)
	r := now.state.root
	info := BackupInfo{Format: backupFormat, Store: formatVersion, Commit: r.commit.Number, Time: r.commit.Time, Since: o.Since,
		Terms: r.terms.Next, Quads: r.quads[0].Rows}
	if o.Since == 0 {
		b, err := s.beginBackup(w, info, info.Quads+info.Terms, o)
		if err != nil {
			return info, err
		}
		return info, b.full(ctx, now)
	}
	if o.Since == info.Commit {
		return info, fmt.Errorf("store: nothing has changed since commit %d", o.Since)
	}
	old, err := s.SnapshotAt(o.Since)
	if err != nil {
		return info, fmt.Errorf("backup since commit %d needs the history (make a full one): %w", o.Since, err)
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	info.FirstTerm = old.(*snapshot).state.root.terms.Next
	b, err := s.beginBackup(w, info, 0, o)
	if err != nil {
		return info, err
	}
	return info, b.changes(ctx, old, now)
}

type backup struct {
	*backupWriter
	store *Store
	info  BackupInfo
	o     BackupOptions
	total uint64
	items uint64
	told  time.Time
	raw   []byte
}

func (s *Store) beginBackup(w io.Writer, info BackupInfo, total uint64, o BackupOptions) (*backup, error) {
	bw, err := newBackupWriter(w, info)
	return &backup{backupWriter: bw, store: s, info: info, o: o, total: total}, err
}

func (b *backup) step(n int) {
	b.items += uint64(n)
	if b.o.Progress != nil && time.Since(b.told) > 100*time.Millisecond {
		b.told = time.Now()
		b.o.Progress(BackupProgress{Items: b.items, Total: b.total, Bytes: b.bytes})
	}
}

// terms writes the terms from info.FirstTerm on: all terms have a place, also those that no quad has any more, so that IDs stay.
func (b *backup) terms(ctx context.Context, n *snapshot) error {
	var lengths, data []byte
	var count int
	first := b.info.FirstTerm
	flush := func() error {
		if count == 0 {
			return nil
		}
		b.raw = binary.AppendUvarint(b.raw[:0], first)
		b.raw = binary.AppendUvarint(b.raw, uint64(count))
		b.raw = append(append(b.raw, lengths...), data...)
		err := b.chunk(chunkTerms, b.raw, count)
		first += uint64(count)
		b.step(count)
		lengths, data, count = lengths[:0], data[:0], 0
		return err
	}
	err := n.state.terms.Blocks(ctx, first, func(_ uint64, terms []string) error {
		for _, t := range terms {
			if len(data)+len(t) > backupTerms {
				if err := flush(); err != nil {
					return err
				}
			}
			lengths = binary.AppendUvarint(lengths, uint64(len(t)))
			data = append(data, t...)
			count++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (b *backup) quads(kind byte, quads []store.Quad) error {
	if len(quads) == 0 {
		return nil
	}
	b.raw = appendQuads(b.raw[:0], quads)
	if err := b.chunk(kind, b.raw, len(quads)); err != nil {
		return err
	}
	b.step(len(quads))
	return nil
}

func (b *backup) full(ctx context.Context, n *snapshot) error {
	if err := b.terms(ctx, n); err != nil {
		return err
	}
	c := n.Scan(ctx, store.Range{Order: store.SPOG}, store.AllColumns)
	defer c.Close()
	quads := make([]store.Quad, 0, backupQuads)
	for {
		block, err := c.Next()
		if err != nil {
			return err
		}
		if block.Len == 0 {
			break
		}
		for i := range block.Len {
			quads = append(quads, store.Quad{block.Cols[0][i], block.Cols[1][i], block.Cols[2][i], block.Cols[3][i]})
			if len(quads) == cap(quads) {
				if err := b.quads(chunkAdded, quads); err != nil {
					return err
				}
				quads = quads[:0]
			}
		}
	}
	if err := b.quads(chunkAdded, quads); err != nil {
		return err
	}
	return b.end()
}

func (b *backup) changes(ctx context.Context, old store.Snapshot, now *snapshot) error {
	if err := b.terms(ctx, now); err != nil {
		return err
	}
	kinds := [2]byte{chunkAdded, chunkRemoved}
	var quads [2][]store.Quad
	for c, err := range b.store.Diff(ctx, old, now) {
		if err != nil {
			return err
		}
		k := 0
		if c.Deleted {
			k = 1
		}
		if quads[k] = append(quads[k], c.Quad); len(quads[k]) == backupQuads {
			if err := b.quads(kinds[k], quads[k]); err != nil {
				return err
			}
			quads[k] = quads[k][:0]
		}
	}
	for k := range quads {
		if err := b.quads(kinds[k], quads[k]); err != nil {
			return err
		}
	}
	return b.end()
}
