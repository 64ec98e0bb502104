package update_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/storetest"
)

var (
	lives    = flag.Int("lives", 2, "stores that TestLives has go through a random life")
	lifeStep = flag.Int("life-steps", 30, "steps of each")
)

type quadSet map[rdf.Quad]bool

// life is what a store on disk goes through: updates, older states, readers of older snapshots, restarts, compaction, backup and restore.
// After each step the store must hold what the model says, and each older state what it held then.
type life struct {
	*testing.T
	seed   uint64
	r      *rand.Rand
	g      *sparqltest.Generator
	dir    string
	s      *badgerstore.Store
	e      *sparql.Engine
	now    quadSet
	commit uint64
	states map[uint64]quadSet
	story  []string
	bulk   bool

	mu   sync.RWMutex
	held []heldSnapshot

	compared, asked, looked int
}

type heldSnapshot struct {
	store.Snapshot
	quads quadSet
}

// TestLives goes through random lives of stores.
func TestLives(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	for n := range uint64(*lives) {
		t.Run(fmt.Sprint(seed+n), func(t *testing.T) { live(t, seed+n, n%2 == 1) })
	}
}

func live(t *testing.T, seed uint64, bulk bool) {
	l := &life{T: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0x6c697665)), g: sparqltest.NewGenerator(seed), dir: filepath.Join(t.TempDir(), "0"),
		e: sparql.NewEngine(engineOptions(t, seed)), now: quadSet{}, states: map[uint64]quadSet{0: {}}, bulk: bulk}
	l.open()
	stop, readers := make(chan struct{}), sync.WaitGroup{}
	readers.Go(func() { l.read(stop) })
	defer func() {
		close(stop)
		readers.Wait()
		l.release()
		if err := l.s.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("seed %d\n%s", seed, strings.Join(l.story, "\n"))
		}
	}()
	for range *lifeStep {
		l.step()
		if t.Failed() {
			return
		}
	}
	report, err := l.s.Check(t.Context(), badgerstore.CheckOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("check: %v, %v", err, report)
	}
	t.Logf("%d updates, %d queries and %d older states compared", l.compared, l.asked, l.looked)
}

// engineOptions are those of an engine with plenty of memory, or with so little that it uses files.
func engineOptions(t *testing.T, seed uint64) sparql.Options {
	if seed%4 < 2 {
		return sparql.Options{}
	}
	return sparql.Options{Memory: 16 << 20, Disk: 1 << 30, TempDir: t.TempDir(), SpillAll: true, SmallPieces: true, ShareAll: seed%8 < 4}
}

func (l *life) tell(format string, args ...any) {
	l.story = append(l.story, fmt.Sprintf("# commit %d: ", l.commit)+fmt.Sprintf(format, args...))
}

func (l *life) check(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *life) open() {
	l.Helper()
	s, err := badgerstore.Open(l.dir, badgerstore.Options{Memory: 64 << 20, Retention: &badgerstore.Retention{Commits: 6}, CollectInterval: 20 * time.Millisecond})
	l.check(err)
	l.s = s
}

// release closes all snapshots that are held.
func (l *life) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, h := range l.held {
		if err := h.Close(); err != nil {
			l.Error(err)
		}
	}
	l.held = nil
}

// read looks at held snapshots until it is stopped.
func (l *life) read(stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
		l.mu.RLock()
		if len(l.held) > 0 {
			h := l.held[n%len(l.held)]
			l.same("a held snapshot", h.Snapshot, h.quads)
		}
		l.mu.RUnlock()
	}
}

func setOf(quads []rdf.Quad) quadSet {
	set := make(quadSet, len(quads))
	for _, q := range quads {
		set[q] = true
	}
	return set
}

// same compares a snapshot, term by term, with what it must hold.
func (l *life) same(what string, snap store.Snapshot, want quadSet) {
	l.Helper()
	got, err := storetest.Quads(context.Background(), snap)
	if err != nil {
		l.Errorf("%s, commit %d: %v", what, snap.Commit().Number, err)
		return
	}
	if !maps.Equal(setOf(got), want) || len(got) != len(want) {
		l.Errorf("%s of commit %d has %d quads, want %d", what, snap.Commit().Number, len(got), len(want))
	}
}

func (l *life) snapshot() store.Snapshot {
	l.Helper()
	snap, err := l.s.Snapshot()
	l.check(err)
	return snap
}

// settle looks at the newest state, which must be one, and notes it as the one of its commit.
func (l *life) settle(what string) {
	l.Helper()
	snap := l.snapshot()
	defer snap.Close()
	l.same(what, snap, l.now)
	l.counts(snap)
	l.commit = snap.Commit().Number
	if before, ok := l.states[l.commit]; ok && !maps.Equal(before, l.now) {
		l.Errorf("%s: commit %d is there already, with other quads", what, l.commit)
	}
	l.states[l.commit] = maps.Clone(l.now)
}

func (l *life) step() {
	switch l.r.IntN(20) {
	case 0:
		l.restart()
	case 1:
		l.tell("compact")
		_, err := l.s.Compact(l.Context(), badgerstore.CompactOptions{Rewrite: l.r.IntN(2) == 0})
		l.check(err)
		l.settle("the compacted store")
	case 2:
		l.restore()
	case 3:
		l.hold()
	case 4, 5, 6:
		l.history()
	case 7, 8, 9:
		if !l.bulk {
			l.ask()
		}
	default:
		l.write()
	}
}

// write is a change of some kind.
func (l *life) write() {
	switch {
	case l.bulk:
		l.change()
	case len(l.now) == 0 || l.r.IntN(6) == 0:
		l.add()
	case l.r.IntN(8) == 0:
		l.replace()
	default:
		l.update()
	}
}

func (l *life) restart() {
	l.tell("restart")
	l.release()
	l.check(l.s.Close())
	l.open()
	l.settle("the store after a restart")
}

func (l *life) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.held) > 4 {
		i := l.r.IntN(len(l.held))
		l.check(l.held[i].Close())
		l.held = slices.Delete(l.held, i, i+1)
	}
	l.held = append(l.held, heldSnapshot{l.snapshot(), maps.Clone(l.now)})
}

// restore goes on with what a backup makes, of the whole or in several parts.
func (l *life) restore() {
	if l.commit == 0 {
		return
	}
	commits, err := l.s.Commits()
	l.check(err)
	var parts [][]byte
	backup := func(since uint64) {
		var b bytes.Buffer
		_, err := l.s.Backup(l.Context(), &b, badgerstore.BackupOptions{Since: since})
		l.check(err)
		parts = append(parts, b.Bytes())
	}
	backup(0)
	since := commits[len(commits)-1].Number
	for range l.r.IntN(4) {
		if l.r.IntN(3) == 0 {
			_, err := l.s.Compact(l.Context(), badgerstore.CompactOptions{})
			l.check(err)
		}
		if l.write(); l.Failed() {
			return
		}
		if l.commit > since {
			backup(since)
			since = l.commit
		}
	}
	l.tell("backup in %d parts and restore", len(parts))
	var sources []badgerstore.BackupSource
	for i, p := range parts {
		sources = append(sources, badgerstore.BackupSource{Name: fmt.Sprint(i), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p)), nil }})
	}
	l.release()
	l.check(l.s.Close())
	l.dir = filepath.Join(filepath.Dir(l.dir), fmt.Sprint(len(l.story)))
	report, err := badgerstore.Restore(l.Context(), l.dir, badgerstore.Options{}, sources, badgerstore.RestoreOptions{})
	l.check(err)
	if len(report.Findings) > 0 {
		l.Errorf("restored: %v", report)
	}
	l.open()
	l.settle("the restored store")
}

// history looks at an older state and at what leads from one to another.
func (l *life) history() {
	commits, err := l.s.Commits()
	l.check(err)
	if len(commits) == 0 {
		return
	}
	pick := func() (store.Snapshot, quadSet) {
		c := commits[l.r.IntN(len(commits))]
		want, ok := l.states[c.Number]
		if !ok {
			l.Fatalf("commit %d is kept, but was not made", c.Number)
		}
		snap, err := l.s.SnapshotAt(c.Number)
		l.check(err)
		l.same("an older state", snap, want)
		l.counts(snap)
		if at, err := l.s.SnapshotAtTime(c.Time); err != nil || at.Commit().Number < c.Number || !at.Commit().Time.Equal(c.Time) {
			l.Errorf("the state at the time of commit %d: %v", c.Number, err)
		} else {
			l.check(at.Close())
		}
		l.looked++
		return snap, want
	}
	from, before := pick()
	defer from.Close()
	to, after := pick()
	defer to.Close()
	newer := from
	if to.Commit().Number > from.Commit().Number {
		newer = to
	}
	changed := maps.Clone(before)
	for c, err := range l.s.Diff(l.Context(), from, to) {
		l.check(err)
		terms := make([]rdf.Term, 4)
		l.check(newer.Terms(c.Quad[:], terms))
		q := rdf.Quad{S: terms[0], P: terms[1], O: terms[2], G: terms[3]}
		if c.Deleted != changed[q] {
			l.Errorf("from commit %d to %d: deleted %v, which is there: %v: %v", from.Commit().Number, to.Commit().Number, c.Deleted, changed[q], q)
		}
		if changed[q] = true; c.Deleted {
			delete(changed, q)
		}
	}
	if !maps.Equal(changed, after) {
		l.Errorf("the changes from commit %d to %d lead to %d quads, want %d", from.Commit().Number, to.Commit().Number, len(changed), len(after))
	}
	if from.Commit().Number > 0 && l.r.IntN(3) == 0 && !l.bulk {
		l.query(from, before, l.g.Query())
	}
}

// ask asks a query of the newest state, often one that was asked before.
func (l *life) ask() {
	g := l.g
	if l.r.IntN(3) > 0 {
		g = sparqltest.NewGenerator(l.seed<<8 + uint64(l.r.IntN(4)))
	}
	snap := l.snapshot()
	defer snap.Close()
	text := g.Query()
	for range 3 {
		l.query(snap, l.now, text)
	}
}

func (l *life) query(snap store.Snapshot, quads quadSet, text string) {
	tree, err := syntax.ParseQuery(text, syntax.Options{})
	l.check(err)
	q, err := algebra.Translate(tree)
	l.check(err)
	want, err := refexec.Run(l.Context(), q, refexec.NewDataset(slices.Collect(maps.Keys(quads))), refexec.Options{Work: 300_000})
	if err != nil {
		return
	}
	got, err := answer(l.Context(), l.e, snap, text)
	if err != nil {
		l.Errorf("seed %d: %v\n%s", l.seed, err, text)
		return
	}
	if err := sparqltest.Same(&sparqltest.Answer{Form: want.Form, Vars: want.Vars, Rows: want.Rows, Bool: want.Bool, Triples: want.Triples}, got); err != nil {
		l.Errorf("seed %d, commit %d: %v\n%s", l.seed, snap.Commit().Number, err, text)
	}
	l.asked++
}

// add adds quads past SPARQL.
func (l *life) add() {
	quads := l.g.Quads()
	l.tell("add %d quads", len(quads))
	_, err := l.s.Update(l.Context(), func(x store.Txn) error { return x.Add(quads) })
	l.check(err)
	l.now = maps.Clone(l.now)
	for _, q := range quads {
		l.now[q] = true
	}
	l.settle("the store after adding")
}

// replace puts quads in the place of all that a graph has.
func (l *life) replace() {
	graph := rdf.Term{}
	if l.r.IntN(3) > 0 {
		graph = rdf.IRI(fmt.Sprintf("http://example.org/g%d", l.r.IntN(4)))
	}
	quads := l.g.Quads()
	now := maps.Clone(l.now)
	maps.DeleteFunc(now, func(q rdf.Quad, _ bool) bool { return q.G == graph })
	for i := range quads {
		quads[i].G = graph
		now[quads[i]] = true
	}
	l.tell("replace %v by %d quads", graph, len(quads))
	_, err := l.s.Update(l.Context(), func(x store.Txn) error {
		return store.Replace(l.Context(), x, graph, func(add func([]rdf.Quad) error) error { return add(quads) })
	})
	l.check(err)
	l.now = now
	l.settle("the store after a graph was replaced")
}

// update carries out a request of the generator, and compares up to the labels of new blank nodes.
func (l *life) update() {
	text, fails := l.request()
	l.tell("%s", text)
	u, err := translate(text, "")
	l.check(err)
	m := &model{quads: maps.Clone(l.now)}
	if err := m.run(l.Context(), u); errors.Is(err, errWork) {
		return
	} else if err != nil {
		l.check(err)
	}
	if len(m.quads) > 2000 {
		return
	}
	if fails {
		text += " ;\nLOAD <http://example.org/refused>"
		m.quads = l.now
	}
	if _, err = l.e.Update(l.Context(), l.s, text); (err != nil) != fails {
		l.Errorf("%v\n%s", err, text)
	}
	got, err := contents(l.Context(), l.s)
	l.check(err)
	same, err := canon.Isomorphic(slices.Collect(maps.Keys(m.quads)), got)
	switch {
	case err != nil && len(m.quads) != len(got), err == nil && !same:
		l.Errorf("%d quads, want %d, after\n%s\nbefore\n%s\ngot\n%s\nwant\n%s", len(got), len(m.quads), text, list(slices.Collect(maps.Keys(l.now))), list(got), list(slices.Collect(maps.Keys(m.quads))))
	case err == nil:
		l.compared++
	}
	l.now = setOf(got)
	l.settle("the store after an update")
}
