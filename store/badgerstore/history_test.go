package badgerstore

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/storetest"
)

func historySize(n uint64) int { return int(n*7%11) * 8 }

// same checks that a snapshot holds what a number of transactions leave.
func same(t testing.TB, n store.Snapshot, seed, commit uint64, size func(uint64) int) {
	t.Helper()
	if n.Commit().Number != commit {
		t.Fatalf("commit %d, want %d", n.Commit().Number, commit)
	}
	got, err := storetest.Quads(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	key := [2]uint64{seed, commit}
	want, ok := replayed.Load(key)
	if !ok {
		want = replay(seed, commit, size)
		replayed.Store(key, want)
	}
	if want := want.([]rdf.Quad); !slices.Equal(got, want) {
		t.Fatalf("commit %d: %d quads, want %d", commit, len(got), len(want))
	}
}

var replayed sync.Map

// accounts checks that every page is in use by a state that can be opened, or free, or waits for one that is open.
func accounts(t testing.TB, s *Store) {
	t.Helper()
	used := map[uint64]bool{}
	states := []*state{s.state}
	for _, k := range s.state.kept {
		used[k.page] = true
		n, err := s.SnapshotAt(k.commit.Number)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close() //nolint:revive // all are open until the end
		states = append(states, n.(*snapshot).state)
	}
	for _, st := range states {
		if err := st.walk(func(no uint64) (bool, error) {
			seen := used[no]
			used[no] = true
			return !seen, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	a := s.alloc
	a.mu.Lock()
	defer a.mu.Unlock()
	free := map[uint64]bool{}
	for _, no := range slices.Concat(a.free, a.empty) {
		if used[no] || free[no] {
			t.Fatalf("page %d is free and in use or free twice", no)
		}
		free[no] = true
	}
	for pin, pages := range a.waiting {
		if a.pins[pin] == 0 {
			t.Fatalf("%d pages wait for commit %d, which nobody needs", len(pages), pin)
		}
		for _, no := range pages {
			if free[no] {
				t.Fatalf("page %d is free and waits for commit %d", no, pin)
			}
			free[no] = true
		}
	}
	for no := uint64(1); no < a.next; no++ {
		if !used[no] && !free[no] {
			t.Fatalf("page %d is lost", no)
		}
	}
}

// TestHistory runs a workload under a retention that changes, holds snapshots across it and opens the store anew now and then.
func TestHistory(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	p := newMemPages()
	keep := Retention{Commits: 4}
	dir := t.TempDir()
	s, err := open(dir, Options{Retention: &keep}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	type held struct {
		n      store.Snapshot
		commit uint64
	}
	var open []held
	rounds := uint64(80)
	if testing.Short() {
		rounds = 40
	}
	lowest := uint64(1) // that is kept
	for n := uint64(1); n <= rounds; n++ {
		if err := doChanges(s, t, seed, n, historySize(n)); err != nil {
			t.Fatal(err)
		}
		lowest = max(lowest, n-min(n, keep.Commits))
		commits, err := s.Commits()
		if err != nil {
			t.Fatal(err)
		}
		if uint64(len(commits)) != n-lowest+1 || commits[0].Number != lowest || commits[len(commits)-1].Number != n {
			t.Fatalf("after commit %d with %+v: %v", n, keep, commits)
		}
		for _, c := range commits {
			x, err := s.SnapshotAt(c.Number)
			if err != nil {
				t.Fatal(err)
			}
			same(t, x, seed, c.Number, historySize)
			if x.Commit() != c {
				t.Fatalf("%v, want %v", x.Commit(), c)
			}
			if r.IntN(10) == 0 {
				open = append(open, held{x, c.Number})
				continue
			}
			x.Close()
		}
		if lowest > 1 {
			if _, err := s.SnapshotAt(lowest - 1); !errors.Is(err, store.ErrNoCommit) {
				t.Fatalf("commit %d: %v", lowest-1, err)
			}
			if _, err := s.SnapshotAtTime(commits[0].Time.Add(-1)); !errors.Is(err, store.ErrNoCommit) {
				t.Fatal(err)
			}
		}
		if _, err := s.SnapshotAt(n + 1); !errors.Is(err, store.ErrNoCommit) {
			t.Fatal(err)
		}
		c := commits[r.IntN(len(commits))]
		x, err := s.SnapshotAtTime(c.Time)
		if err != nil || x.Commit() != c {
			t.Fatalf("%v, %v, want %v", x, err, c)
		}
		x.Close()
		for _, h := range open {
			same(t, h.n, seed, h.commit, historySize)
		}
		if r.IntN(2) == 0 && len(open) > 0 {
			i := r.IntN(len(open))
			open[i].n.Close()
			open = slices.Delete(open, i, i+1)
		}
		accounts(t, s)
		switch r.IntN(8) {
		case 0:
			for _, h := range open {
				h.n.Close()
			}
			open = nil
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = openAgain(dir, p); err != nil {
				t.Fatal(err)
			}
			accounts(t, s)
			if err := s.Verify(t.Context()); err != nil {
				t.Fatal(err)
			}
		case 1:
			keep = Retention{Commits: uint64(r.IntN(7))}
			s.SetRetention(keep)
			if r.IntN(2) == 0 {
				if err := s.shrink(); err != nil {
					t.Fatal(err)
				}
				lowest = max(lowest, n-min(n, keep.Commits))
				accounts(t, s)
			}
		}
	}
	for _, h := range open {
		h.n.Close()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func openAgain(dir string, p Pages) (*Store, error) { return open(dir, Options{}.withDefaults(), p) }

func TestRetention(t *testing.T) {
	t.Parallel()
	at := func(minutes ...int) (kept []keptCommit) {
		for i, m := range minutes {
			kept = append(kept, keptCommit{commit: store.Commit{Number: uint64(i), Time: time.Unix(0, 0).Add(time.Duration(m) * time.Minute)}})
		}
		return kept
	}
	for _, c := range []struct {
		keep Retention
		kept []keptCommit
		now  int
		drop int
	}{
		{Retention{}, at(1, 2, 3), 4, 3},
		{Retention{Commits: 2}, at(1, 2, 3), 4, 1},
		{Retention{Commits: 9}, at(1, 2, 3), 4, 0},
		{Retention{For: time.Minute}, at(1, 2, 3), 4, 2},
		{Retention{For: 2 * time.Minute}, at(1, 2, 3), 4, 1}, // the state of minute 2 was the newest until minute 3
		{Retention{For: time.Hour}, at(1), 500, 0},
		{Retention{For: time.Minute, Commits: 2}, at(1, 2, 3), 400, 1},
		{Retention{For: time.Minute}, nil, 4, 0},
	} {
		if got := c.keep.drop(c.kept, time.Unix(0, 0).Add(time.Duration(c.now)*time.Minute)); got != c.drop {
			t.Errorf("%+v of %d at %d: drops %d, want %d", c.keep, len(c.kept), c.now, got, c.drop)
		}
	}
}

// TestDiff compares the stream of changes between any two commits with the difference of the models.
func TestDiff(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const commits = 8
	s, err := Open(t.TempDir(), Options{Retention: &Retention{For: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for n := uint64(1); n <= commits; n++ {
		if err := doChanges(s, t, seed, n, historySize(n)); err != nil {
			t.Fatal(err)
		}
	}
	for a := range uint64(commits + 1) {
		for b := range uint64(commits + 1) {
			from, err := s.SnapshotAt(a)
			if err != nil {
				t.Fatal(err)
			}
			to, err := s.SnapshotAt(b)
			if err != nil {
				t.Fatal(err)
			}
			newer := from
			if b > a {
				newer = to
			}
			got := map[rdf.Quad]bool{} // deleted
			for c, err := range s.Diff(t.Context(), from, to) {
				if err != nil {
					t.Fatal(err)
				}
				var terms [4]rdf.Term
				if err := newer.Terms(c.Quad[:], terms[:]); err != nil {
					t.Fatal(err)
				}
				q := rdf.Quad{S: terms[0], P: terms[1], O: terms[2], G: terms[3]}
				if _, twice := got[q]; twice {
					t.Fatalf("%v changes twice", q)
				}
				got[q] = c.Deleted
			}
			want := map[rdf.Quad]bool{}
			for _, q := range replay(seed, a, historySize) {
				want[q] = true
			}
			for _, q := range replay(seed, b, historySize) {
				if want[q] {
					delete(want, q)
				} else {
					want[q] = false
				}
			}
			if len(got) != len(want) {
				t.Fatalf("%d to %d: %d changes, want %d", a, b, len(got), len(want))
			}
			for q, deleted := range want {
				if d, ok := got[q]; !ok || d != deleted {
					t.Fatalf("%d to %d: %v: %v, %v", a, b, q, d, ok)
				}
			}
			from.Close()
			to.Close()
		}
	}
}

// TestSnapshotKeepsOnlyItsOwn replaces everything many times under an open snapshot: pages that came after it are used again.
func TestSnapshotKeepsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	p := newMemPages()
	s, err := open(t.TempDir(), Options{}.withDefaults(), p)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	size := func(uint64) int { return 1000 }
	if err := doChanges(s, t, seed, 1, 1000); err != nil {
		t.Fatal(err)
	}
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for i := uint64(2); i < 20; i++ {
		if err := doChanges(s, t, seed, i, 1000); err != nil {
			t.Fatal(err)
		}
	}
	own := 0
	if err := n.(*snapshot).state.walk(func(uint64) (bool, error) { own++; return true, nil }); err != nil {
		t.Fatal(err)
	}
	if got := len(s.alloc.waiting[1]); got > own || len(s.alloc.waiting) > 1 {
		t.Errorf("%d pages wait for a snapshot of %d", got, own)
	}
	same(t, n, seed, 1, size)
	n.Close()
	accounts(t, s)
}
