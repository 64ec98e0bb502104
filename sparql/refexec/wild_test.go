package refexec_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
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
	"triplestore/store/memstore"
	"triplestore/store/visible"
)

// wild is a store whose quads are known and engines that remember its states, for random queries of [sparqltest.Wild].
type wild struct {
	g       *sparqltest.Wild
	r       *rand.Rand
	quads   []rdf.Quad
	store   store.Store
	views   *visible.Store
	rights  visible.Rights
	engines map[string]*sparql.Engine
	dir     string
	now     time.Time

	compared, rows, skipped int

	draws bool // joins are sampled too, however small
	large bool // there is no oracle but the engine without its optimizer
}

// TestWild compares all ways of the engine with the oracle: on both kinds of stores, with what is kept from one query to the next, after
// changes, and for those who see only some graphs.
func TestWild(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	n := *randomCount / 125 // each of some hundred answers
	if testing.Short() {
		n /= 4
	}
	var compared, rows, skipped int
	for i := range n {
		w := newWild(t, seed+uint64(i), sparqltest.NewWild(seed+uint64(i)))
		w.run(t)
		compared, rows, skipped = compared+w.compared, rows+w.rows, skipped+w.skipped
	}
	t.Logf("seeds from %d: %d answers compared, %d rows, %d skipped", seed, compared, rows, skipped)
	if skipped > compared/4 {
		t.Errorf("%d of %d answers were skipped", skipped, compared)
	}
}

// FuzzWild is TestWild for seeds that the fuzzer chooses.
func FuzzWild(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { newWild(t, seed, sparqltest.NewWild(seed)).run(t) })
}

// TestWildLarge compares the ways of the engine with each other on data that fill many batches.
func TestWildLarge(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	var compared, rows, skipped int
	for i := range *randomCount / 500 {
		w := newWild(t, seed+uint64(i), sparqltest.NewWildLarge(seed+uint64(i), []int{3_000, 12_000}[i%2]))
		w.large = true
		w.run(t)
		compared, rows, skipped = compared+w.compared, rows+w.rows, skipped+w.skipped
	}
	t.Logf("seeds from %d: %d answers compared, %d rows, %d skipped", seed, compared, rows, skipped)
}

func newWild(t *testing.T, seed uint64, g *sparqltest.Wild) *wild {
	w := &wild{g: g, draws: *drawAll || seed%4 == 1, r: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), now: time.Unix(1_700_000_000, 0).UTC()}
	closed, err := visible.ParseGraphs("http://example.org/g1")
	if err != nil {
		t.Fatal(err)
	}
	if seed%3 == 0 {
		if closed, err = visible.ParseGraphs("default", "http://example.org/g*"); err != nil {
			t.Fatal(err)
		}
	}
	w.rights = visible.Rights{Closed: closed}
	if seed%16 == 0 {
		if w.store, err = badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 32 << 20}); err != nil {
			t.Fatal(err)
		}
	} else {
		w.store = memstore.New()
	}
	w.views = visible.New(w.store)
	o := sparql.Options{Timeout: 5 * time.Second, Memory: 256 << 20, MaxRows: 100_000, Now: func() time.Time { return w.now }}
	w.engines = map[string]*sparql.Engine{}
	with := func(name string, change func(o *sparql.Options)) {
		c := o
		change(&c)
		w.engines[name] = sparql.NewEngine(c)
	}
	with("usual", func(*sparql.Options) {})
	with("naive", func(o *sparql.Options) { o.NoOptimizer = true })
	with("pieces", func(o *sparql.Options) { o.SmallPieces = true })
	with("files", func(o *sparql.Options) { o.SpillAll, o.Disk, o.TempDir = true, 1<<30, w.dir })
	with("naive files", func(o *sparql.Options) { o.NoOptimizer, o.SpillAll, o.Disk, o.TempDir = true, true, 1<<30, w.dir })
	with("draws", func(o *sparql.Options) { o.DrawAll = true })
	with("profile", func(o *sparql.Options) { o.Profile = true })
	with("scarce", func(o *sparql.Options) { o.Memory, o.Disk, o.TempDir = 96<<10, 1<<30, w.dir })
	w.quads = w.g.Quads()
	w.update(t, w.quads, nil)
	return w
}

func (w *wild) update(t *testing.T, add, remove []rdf.Quad) {
	if _, err := w.store.Update(t.Context(), func(x store.Txn) error {
		if err := x.Add(add); err != nil {
			return err
		}
		return x.Remove(remove)
	}); err != nil {
		t.Fatal(err)
	}
}

// change changes the store and what is known of it.
func (w *wild) change(t *testing.T) {
	var add, remove []rdf.Quad
	for range 1 + w.r.IntN(10) {
		add = append(add, w.g.Quad())
	}
	w.quads = append(w.quads, add...)
	for range w.r.IntN(10) {
		remove = append(remove, w.quads[w.r.IntN(len(w.quads))])
	}
	w.quads = slices.DeleteFunc(w.quads, func(q rdf.Quad) bool { return slices.Contains(remove, q) })
	w.update(t, add, remove)
}

type wildQuery struct {
	text    string
	ordered bool
}

func (w *wild) run(t *testing.T) {
	defer w.store.Close()
	var queries []wildQuery
	rounds := 4
	if w.large {
		rounds = 2
	}
	for range rounds {
		for range 4 {
			text, ordered := w.g.Query()
			queries = append(queries, wildQuery{text, ordered})
		}
		w.ask(t, queries)
		if t.Failed() {
			return
		}
		w.change(t)
		queries = queries[len(queries)/2:]
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
		t.Errorf("left files: %v, %v", left, err)
	}
}

// ask asks queries of all that is in the store and of what is visible.
func (w *wild) ask(t *testing.T, queries []wildQuery) {
	for _, union := range []bool{false, true} {
		for _, part := range []bool{false, true} {
			st, quads := w.store, w.quads
			if part {
				st = w.views.For(t.Context(), w.rights, nil)
				quads = slices.DeleteFunc(slices.Clone(quads), func(q rdf.Quad) bool { return !w.rights.MayRead(q.G) })
			}
			if w.large && w.r.IntN(3) > 0 {
				continue
			}
			snap, err := st.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			data := refexec.NewDataset(quads)
			for _, q := range queries {
				w.compare(t, q, snap, data, union, part)
			}
			snap.Close()
		}
	}
}

func (w *wild) compare(t *testing.T, q wildQuery, snap store.Snapshot, data *refexec.Dataset, union, part bool) {
	parsed, err := syntax.ParseQuery(q.text, syntax.Options{})
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	tree, err := algebra.Translate(parsed)
	if err != nil {
		t.Fatalf("%s: %v", q.text, err)
	}
	var want *sparqltest.Answer
	if w.large {
		e := w.engines["naive"]
		o := e.Options()
		o.UnionDefaultGraph, o.Timeout = union, time.Second
		want, err = askWith(t.Context(), e, o, snap, q.text)
	} else {
		var r *refexec.Result
		if r, err = refexec.Run(t.Context(), tree, data, refexec.Options{Work: 1_000_000, Now: w.now, UnionDefaultGraph: union}); err == nil {
			want = &sparqltest.Answer{Form: r.Form, Vars: r.Vars, Rows: r.Rows, Bool: r.Bool, Triples: r.Triples}
		}
	}
	if err != nil {
		if !errors.Is(err, refexec.ErrWork) && !errors.Is(err, sparql.ErrMemory) && !errors.Is(err, sparql.ErrTimeout) && !errors.Is(err, sparql.ErrTooManyRows) {
			t.Fatalf("%s: %v", q.text, err)
		}
		w.skipped++
		return
	}
	for _, name := range []string{"usual", "naive", "pieces", "files", "naive files", "profile", "scarce", "draws", "usual"} {
		if name == "draws" && !w.draws {
			continue
		}
		if (union || part || w.large) && (name == "naive files" || name == "files") && w.r.IntN(8) > 0 { // making files takes long
			continue
		}
		if w.large && name == "naive" {
			continue
		}
		e := w.engines[name]
		o := e.Options()
		o.UnionDefaultGraph = union
		got, err := askWith(t.Context(), e, o, snap, q.text)
		if errors.Is(err, sparql.ErrMemory) && (name == "scarce" || w.large) || errors.Is(err, sparql.ErrTimeout) || errors.Is(err, sparql.ErrTooManyRows) {
			w.skipped++
			continue
		}
		if err == nil {
			if q.ordered {
				err = sparqltest.Compare(want, got, true, false)
			} else {
				err = sparqltest.Same(want, got)
			}
		}
		if errors.Is(err, canon.ErrLimit) {
			w.skipped++
			continue
		}
		if err != nil {
			plan, _ := sparql.NewEngine(o).Explain(t.Context(), snap, q.text)
			quads := fmt.Sprint("there are ", len(w.quads))
			if !w.large {
				quads = showQuads(w.quads)
			}
			t.Errorf("%s, union %v, part %v: the engine (got) and what is right differ:\n%s\n%v\n%s\nquads:\n%s", name, union, part, q.text, err, plan, quads)
			return
		}
		w.compared++
		w.rows += len(want.Rows)
	}
}

func askWith(ctx context.Context, e *sparql.Engine, o sparql.Options, snap store.Snapshot, text string) (*sparqltest.Answer, error) {
	r, err := e.QueryWith(ctx, snap, text, o)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer r.Close()
	return sparqltest.Read(r)
}
