package refexec_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// deep asks queries of [sparqltest.Deep] of all that is in a store and of what is visible, as it is and as it was a change before, with
// the settings of engines put together in ways that [wild] does not.
type deep struct {
	*wild
	g *sparqltest.Deep
}

// state is a snapshot and what is in it.
type state struct {
	name  string
	snap  store.Snapshot
	quads []rdf.Quad
	data  *refexec.Dataset
}

// TestDeep compares the engine with the oracle on queries that nest deeply.
func TestDeep(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	n := *randomCount / 125
	if testing.Short() {
		n /= 4
	}
	var compared, rows, skipped int
	for i := range n {
		d := newDeep(t, seed+uint64(i))
		d.run(t)
		compared, rows, skipped = compared+d.compared, rows+d.rows, skipped+d.skipped
	}
	t.Logf("seeds from %d: %d answers compared, %d rows, %d skipped", seed, compared, rows, skipped)
	if skipped > compared/2 {
		t.Errorf("%d of %d answers were skipped", skipped, compared)
	}
}

// FuzzDeep is TestDeep for seeds that the fuzzer chooses.
func FuzzDeep(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { newDeep(t, seed).run(t) })
}

func newDeep(t *testing.T, seed uint64) *deep { return newDeepOf(t, seed, sparqltest.NewDeep(seed)) }

func newDeepOf(t *testing.T, seed uint64, g *sparqltest.Deep) *deep {
	d := &deep{wild: newWild(t, seed, g.Wild), g: g}
	with := func(name string, change func(o *sparql.Options)) {
		o := d.engines["usual"].Options()
		change(&o)
		d.engines[name] = sparql.NewEngine(o)
	}
	with("shared", func(o *sparql.Options) { o.ShareAll, o.SmallPieces = true, true })
	with("all", func(o *sparql.Options) {
		o.ShareAll, o.DrawAll, o.SmallPieces, o.SpillAll, o.Disk, o.TempDir = true, true, true, true, 1<<30, d.dir
	})
	with("all but files", func(o *sparql.Options) { o.ShareAll, o.DrawAll, o.SmallPieces = true, true, true })
	with("scarce pieces", func(o *sparql.Options) {
		o.SmallPieces, o.Memory, o.Disk, o.TempDir = true, 128<<10, 1<<30, d.dir
	})
	return d
}

func (d *deep) run(t *testing.T) {
	defer d.store.Close()
	var before []state
	for range 2 {
		now := d.states(t)
		for asked := 0; asked < 8; {
			q := d.g.Next()
			all := slices.Concat(now, before)
			first := d.compare(t, q, all[d.r.IntN(len(all))], d.r.IntN(8) > 0)
			if !first {
				continue
			}
			asked++
			d.compare(t, q, all[d.r.IntN(len(all))], false)
			if t.Failed() {
				break
			}
		}
		for _, s := range before {
			s.snap.Close()
		}
		if before = now; t.Failed() {
			break
		}
		d.change(t)
	}
	for _, s := range before {
		s.snap.Close()
	}
}

// states are what can be asked now.
func (d *deep) states(t *testing.T) []state {
	part := slices.DeleteFunc(slices.Clone(d.quads), func(q rdf.Quad) bool { return !d.rights.MayRead(q.G) })
	out := []state{{name: "whole", quads: slices.Clone(d.quads)}, {name: "part", quads: part}}
	for i, st := range []store.Store{d.store, d.views.For(t.Context(), d.rights, nil)} {
		var err error
		if out[i].snap, err = st.Snapshot(); err != nil {
			t.Fatal(err)
		}
		out[i].data = refexec.NewDataset(out[i].quads)
	}
	return out
}

// compare asks a query of a state. It reports whether the answer was compared: with some it has to have solutions.
func (d *deep) compare(t *testing.T, q sparqltest.DeepQuery, s state, some bool) bool {
	text := q.Base
	if text == "" {
		text = q.Text
	}
	parsed, err := syntax.ParseQuery(text, syntax.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	tree, err := algebra.Translate(parsed)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	union := d.r.IntN(2) == 0
	r, err := refexec.Run(t.Context(), tree, s.data, refexec.Options{Work: 400_000, Now: d.now, UnionDefaultGraph: union})
	if err != nil {
		if !errors.Is(err, refexec.ErrWork) {
			t.Fatalf("%s: %v", text, err)
		}
		d.skipped++
		return false
	}
	if some && r.Form != algebra.Ask && len(r.Rows)+len(r.Triples) == 0 {
		return false
	}
	want := &sparqltest.Answer{Form: r.Form, Vars: r.Vars, Rows: r.Rows, Bool: r.Bool, Triples: r.Triples}
	names := []string{"usual", "naive", "pieces", "files", "profile", "scarce", "draws", "shared", "all", "all but files", "scarce pieces"}
	d.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range append(names[:4], "usual", "usual") {
		e := d.engines[name]
		o := e.Options()
		o.UnionDefaultGraph = union
		got, err := askWith(t.Context(), e, o, s.snap, q.Text)
		if errors.Is(err, sparql.ErrMemory) && strings.HasPrefix(name, "scarce") || errors.Is(err, sparql.ErrTimeout) || errors.Is(err, sparql.ErrTooManyRows) {
			d.skipped++
			continue
		}
		if err == nil {
			if q.Base != "" {
				err = isPart(want, got, q)
			} else {
				err = sparqltest.Same(want, got)
			}
		}
		if err != nil {
			plan, _ := sparql.NewEngine(o).Explain(t.Context(), s.snap, q.Text)
			t.Errorf("%s, %s, union %v: the engine (got) and what is right differ:\n%s\n%v\n%s\nquads:\n%s", name, s.name, union, q.Text, err, plan, showQuads(s.quads))
			return true
		}
		d.compared++
		d.rows += len(got.Rows)
	}
	return true
}

// isPart tells what is wrong with a part of an answer.
func isPart(whole, got *sparqltest.Answer, q sparqltest.DeepQuery) error {
	n := max(0, len(whole.Rows)-q.Offset)
	if q.Limit >= 0 {
		n = min(n, q.Limit)
	}
	if len(got.Rows) != n {
		return fmt.Errorf("got %d solutions, want %d of %d", len(got.Rows), n, len(whole.Rows))
	}
	have := map[string]int{}
	for _, row := range whole.Rows {
		have[rowKey(whole, row)]++
	}
	for _, row := range got.Rows {
		k := rowKey(got, row)
		if have[k]--; have[k] < 0 {
			return fmt.Errorf("got %v, which is not in the whole, or not so often: %v", row, whole.Rows[:min(30, len(whole.Rows))])
		}
	}
	for i, row := range got.Rows {
		for _, key := range q.Keys {
			name := strings.TrimPrefix(key, "-")
			a, b := valueOf(got, row, name), valueOf(whole, whole.Rows[i+q.Offset], name)
			if expr.Order(a, b) != 0 {
				return fmt.Errorf("solution %d has %s in the place of %s\n%v", i, a.Term(), b.Term(), got.Rows)
			}
		}
	}
	return nil
}

// rowKey is a text that only equal rows have. The names of blank nodes are those of the data.
func rowKey(a *sparqltest.Answer, row []rdf.Term) string {
	cells := make([]string, len(row))
	for i, t := range row {
		cells[i] = a.Vars[i] + " " + t.String()
	}
	slices.Sort(cells)
	return strings.Join(cells, "\n")
}

func valueOf(a *sparqltest.Answer, row []rdf.Term, name string) expr.Value {
	if i := slices.Index(a.Vars, name); i >= 0 && !row[i].IsZero() {
		return expr.FromTerm(row[i])
	}
	return expr.Value{}
}
