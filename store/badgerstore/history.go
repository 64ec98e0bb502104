package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"time"

	"github.com/zeebo/xxh3"

	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// Retention tells which older states are kept. A state is kept as long as one of the two asks for it; the zero value keeps none but
// the newest. The states that are kept always follow on each other up to the newest.
type Retention struct {
	// Commits is how many commits before the newest are kept.
	Commits uint64
	// For is how long a state can still be opened after another one has taken its place.
	For time.Duration
}

// keptCommit is a state of the history: where its record is.
type keptCommit struct {
	commit store.Commit
	page   uint64
}

// keep tells how many of the oldest states to drop; kept are those before a state of the time now.
func (r Retention) drop(kept []keptCommit, now time.Time) int {
	n := 0
	for ; n < len(kept); n++ {
		until := now // when another state took its place
		if n+1 < len(kept) {
			until = kept[n+1].commit.Time
		}
		if uint64(len(kept)-n) <= r.Commits || r.For > 0 && now.Sub(until) < r.For {
			break
		}
	}
	return n
}

// A record of the history is one page: magic, length of the root record (4), root record, number of pages that belong to that
// state and not to the next one as a uvarint, these in ascending order as the differences (uvarint) from the one before,
// checksum (8). The root record names the page of the record before it.
const historyMagic = "TShist\x00\x01"

func encodeHistory(r root, freed []uint64) []byte {
	record := r.encode()
	b := append([]byte(nil), historyMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(record)))
	b = append(b, record...)
	freed = slices.Clone(freed)
	slices.Sort(freed)
	b = binary.AppendUvarint(b, uint64(len(freed)))
	last := uint64(0)
	for _, no := range freed {
		b = binary.AppendUvarint(b, no-last)
		last = no
	}
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

func decodeHistory(b []byte) (r root, freed []uint64, err error) {
	malformed := fmt.Errorf("store: malformed record of the history: %w", store.ErrCorrupt)
	const head = len(historyMagic) + 4
	if len(b) < head+8 || string(b[:len(historyMagic)]) != historyMagic ||
		xxh3.Hash(b[:len(b)-8]) != binary.LittleEndian.Uint64(b[len(b)-8:]) {
		return r, nil, malformed
	}
	size := binary.LittleEndian.Uint32(b[len(historyMagic):])
	if b = b[head : len(b)-8]; uint64(size) > uint64(len(b)) {
		return r, nil, malformed
	}
	if r, err = decodeRoot(b[:size]); err != nil {
		return r, nil, err
	}
	b = b[size:]
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)) {
		return r, nil, malformed
	}
	b = b[w:]
	last := uint64(0)
	for range n {
		d, w := binary.Uvarint(b)
		if w <= 0 {
			return r, nil, malformed
		}
		b, last = b[w:], last+d
		freed = append(freed, last)
	}
	if len(b) > 0 {
		return r, nil, malformed
	}
	return r, freed, nil
}

// readHistory follows the records from the newest state back to the oldest that is kept. It returns them in order of commits, with
// the pages that belong to each and not to the next one.
func (s *Store) readHistory(r root) (kept []keptCommit, freed [][]uint64, err error) {
	for r.history != 0 && r.oldest < r.commit.Number {
		oldest, no, commit := r.oldest, r.history, r.commit.Number
		b, err := s.pages.Get(no)
		if err != nil {
			return nil, nil, err
		}
		var pages []uint64
		if r, pages, err = decodeHistory(b); err != nil {
			return nil, nil, fmt.Errorf("page %d: %w", no, err)
		}
		if r.commit.Number >= commit || r.commit.Number < oldest {
			return nil, nil, fmt.Errorf("store: page %d is commit %d, which does not come before %d: %w", no, r.commit.Number, commit, store.ErrCorrupt)
		}
		kept, freed = append(kept, keptCommit{r.commit, no}), append(freed, pages)
		r.oldest = oldest
		if r.commit.Number == oldest {
			break
		}
	}
	slices.Reverse(kept)
	slices.Reverse(freed)
	return kept, freed, nil
}

// dropped is what a root lets go of the history.
type dropped []keptCommit

// settleHistory brings the allocator up to a state that has just become durable: it took the place of before and let go of some.
func (s *Store) settleHistory(d dropped) {
	for _, k := range d {
		s.alloc.unpin(k.commit.Number)
		s.alloc.giveBack([]uint64{k.page})
	}
}

// prune lets go of what the retention does not ask for any more. The caller holds the writer's token and nothing is on its way to
// become durable.
func (s *Store) prune(now time.Time) error {
	s.mu.Lock()
	st, broken := s.state, s.broken
	s.mu.Unlock()
	n := s.retention().drop(st.kept, now)
	if n == 0 && (st.root.retention == s.retention() || st.root.commit.Number == 0) || broken != nil {
		return nil //nolint:nilerr // a store in doubt lets nothing go; whoever writes is told
	}
	r := st.root
	kept := st.kept[n:]
	r.oldest, r.history = oldest(kept, r)
	r.retention, r.next = s.retention(), s.alloc.end()
	next := s.newState(r, st.terms)
	next.kept = kept
	if err := s.swap(r); err != nil {
		return err
	}
	s.mu.Lock()
	s.state, s.head = next, next
	s.mu.Unlock()
	s.settleHistory(st.kept[:n])
	return nil
}

// oldest gives the fields of a root that lead to the history.
func oldest(kept []keptCommit, r root) (commit, page uint64) {
	if len(kept) == 0 {
		return r.commit.Number, 0
	}
	return kept[0].commit.Number, kept[len(kept)-1].page
}

func (s *Store) retention() Retention {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keep
}

// Retention tells which older states are kept.
func (s *Store) Retention() Retention { return s.retention() }

// SetRetention changes which older states are kept, from the next commit on. States that are gone do not come back.
func (s *Store) SetRetention(r Retention) {
	s.mu.Lock()
	s.keep = r
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// ApplyRetention makes the retention durable without waiting for a commit, and lets go of the states that it does not ask for.
func (s *Store) ApplyRetention(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.writer }()
	s.mu.Lock()
	last, closed := s.lastPending(), s.closed
	s.mu.Unlock()
	if closed {
		return store.ErrClosed
	}
	if err := s.durable(last); err != nil {
		return err
	}
	return s.prune(time.Now())
}

// Commits lists the commits whose states can be opened, from the oldest to the newest.
func (s *Store) Commits() ([]store.Commit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	out := make([]store.Commit, 0, len(s.state.kept)+1)
	for _, k := range s.state.kept {
		out = append(out, k.commit)
	}
	return append(out, s.state.root.commit), nil
}

// SnapshotAt opens the state after a commit. The error wraps store.ErrNoCommit where there is none of this number or it is not kept.
// The state 0, before every commit, is always there.
func (s *Store) SnapshotAt(commit uint64) (store.Snapshot, error) {
	return s.snapshotAt(func(st *state) (int, error) {
		i, ok := slices.BinarySearchFunc(st.kept, commit, func(k keptCommit, n uint64) int { return int(int64(k.commit.Number - n)) })
		switch {
		case commit == st.root.commit.Number:
			return len(st.kept), nil
		case ok:
			return i, nil
		case commit == 0:
			return -1, nil
		}
		return 0, fmt.Errorf("%w: commit %d; %s", store.ErrNoCommit, commit, st.have())
	})
}

// SnapshotAtTime opens the state that was the newest at a moment. The error wraps store.ErrNoCommit where that is not kept.
func (s *Store) SnapshotAtTime(t time.Time) (store.Snapshot, error) {
	return s.snapshotAt(func(st *state) (int, error) {
		if !t.Before(st.root.commit.Time) {
			return len(st.kept), nil
		}
		i := sort.Search(len(st.kept), func(i int) bool { return st.kept[i].commit.Time.After(t) }) - 1
		if i < 0 {
			return 0, fmt.Errorf("%w: the state at %s; %s", store.ErrNoCommit, t.Format(time.RFC3339Nano), st.have())
		}
		return i, nil
	})
}

func (st *state) have() string {
	first := st.root.commit
	if len(st.kept) > 0 {
		first = st.kept[0].commit
	}
	return fmt.Sprintf("kept are those from %d (%s) to %d", first.Number, first.Time.Format(time.RFC3339), st.root.commit.Number)
}

// snapshotAt opens the state that choose names by its place in the history: the number of those that are kept is the newest, -1 the
// empty state before every commit.
func (s *Store) snapshotAt(choose func(*state) (int, error)) (store.Snapshot, error) {
	s.mu.Lock() // held until the record is read, which would be gone if the history were cut meanwhile
	if s.closed {
		s.mu.Unlock()
		return nil, store.ErrClosed
	}
	st := s.state
	i, err := choose(st)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	if i == len(st.kept) {
		defer s.mu.Unlock()
		return s.pinned(st), nil
	}
	r := root{terms: dictionary.Root{Seed: st.root.terms.Seed}}
	if i >= 0 {
		r, err = s.historyRoot(st.kept[i])
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	n := s.pinned(&state{root: r})
	s.mu.Unlock()
	d, err := dictionary.Open(context.Background(), s.dictionaryOptions(), r.terms)
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	n.state = s.newState(r, d)
	return n, nil
}

func (s *Store) historyRoot(k keptCommit) (root, error) {
	b, err := s.pages.Get(k.page)
	if err != nil {
		return root{}, err
	}
	r, _, err := decodeHistory(b)
	if err == nil && r.commit.Number != k.commit.Number {
		err = fmt.Errorf("commit %d, want %d: %w", r.commit.Number, k.commit.Number, store.ErrCorrupt)
	}
	if err != nil {
		return root{}, fmt.Errorf("page %d: %w", k.page, err)
	}
	return r, nil
}

// Diff streams what was added and deleted between two snapshots of this store, in the order spog. Its cost is that of the pages that
// differ. The IDs are those of both: the terms of all of them can be had from the newer one. The snapshots stay open until the end.
func (s *Store) Diff(ctx context.Context, from, to store.Snapshot) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		a, ok1 := from.(*snapshot)
		b, ok2 := to.(*snapshot)
		if !ok1 || !ok2 || a.store != s || b.store != s {
			yield(store.Change{}, errors.New("store: a difference needs two snapshots of this store"))
			return
		}
		if err := errors.Join(a.check(), b.check()); err != nil {
			yield(store.Change{}, err)
			return
		}
		d := relation.NewDiff(ctx, a.state.quads[store.SPOG], b.state.quads[store.SPOG])
		for {
			changes, err := d.Next()
			if err != nil {
				yield(store.Change{}, err)
				return
			}
			if len(changes) == 0 {
				return
			}
			for i := range changes {
				if !yield(store.Change{Quad: store.Quad(changes[i].Row), Deleted: changes[i].Op == relation.Delete}, nil) {
					return
				}
			}
		}
	}
}
