package update_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql/algebra"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/refexec"
	"triplestore/store"
)

var (
	randomRequests = flag.Int("requests", 200, "random requests for each store in TestRandom")
	randomSeed     = flag.Uint64("seed", 0, "the first seed of TestRandom; 0 is one of the clock")
)

var errWork = errors.New("too much work")

// model is the definition of updates executed on a set of quads (https://www.w3.org/TR/sparql11-update/#formalModel).
type model struct {
	quads  map[rdf.Quad]bool
	blanks int
}

func (m *model) run(ctx context.Context, u *algebra.Update) error {
	for _, op := range u.Operations {
		if err := m.operation(ctx, op); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) in(graph rdf.Term) []rdf.Quad {
	var out []rdf.Quad
	for q := range m.quads {
		if q.G == graph {
			out = append(out, q)
		}
	}
	return out
}

func (m *model) clear(t algebra.Target) {
	for q := range m.quads {
		if t.Default && q.G.IsZero() || t.Named && !q.G.IsZero() || !t.One.IsZero() && q.G == t.One {
			delete(m.quads, q)
		}
	}
}

func (m *model) transfer(from, to rdf.Term, replace, empty bool) {
	quads := m.in(from)
	if from == to || len(quads) == 0 && !from.IsZero() {
		return
	}
	if replace {
		for _, q := range m.in(to) {
			delete(m.quads, q)
		}
	}
	for _, q := range quads {
		if empty {
			delete(m.quads, q)
		}
		m.quads[q.Triple().In(to)] = true
	}
}

func (m *model) operation(ctx context.Context, op algebra.UpdateOp) error {
	switch op := op.(type) {
	case *algebra.InsertData:
		own := map[rdf.Term]rdf.Term{}
		for _, q := range op.Quads {
			m.quads[rdf.Quad{S: m.fresh(own, q.S), P: q.P, O: m.fresh(own, q.O), G: q.G}] = true
		}
	case *algebra.DeleteData:
		for _, q := range op.Quads {
			delete(m.quads, q)
		}
	case *algebra.Clear:
		m.clear(op.Target)
	case *algebra.Drop:
		m.clear(op.Target)
	case *algebra.Create:
	case *algebra.Add:
		m.transfer(op.From, op.To, false, false)
	case *algebra.Copy:
		m.transfer(op.From, op.To, true, false)
	case *algebra.Move:
		m.transfer(op.From, op.To, true, true)
	case *algebra.Modify:
		return m.modify(ctx, op)
	default:
		return fmt.Errorf("unknown operation %T", op)
	}
	return nil
}

// fresh renames the blank nodes of INSERT DATA.
func (m *model) fresh(own map[rdf.Term]rdf.Term, t rdf.Term) rdf.Term {
	switch {
	case t.IsBlankNode():
		if own[t].IsZero() {
			m.blanks++
			own[t] = rdf.BlankNode(fmt.Sprintf("model%d", m.blanks))
		}
		return own[t]
	case t.Kind() == rdf.KindTriple:
		r := t.Triple()
		return rdf.TripleTerm(rdf.Triple{S: m.fresh(own, r.S), P: r.P, O: m.fresh(own, r.O)})
	}
	return t
}

func (m *model) modify(ctx context.Context, op *algebra.Modify) error {
	var data []rdf.Quad
	for q := range m.quads {
		if !op.With.IsZero() && !op.Using.Set {
			if q.G == op.With {
				data = append(data, q.Triple().In(rdf.Term{}))
			}
			if q.G.IsZero() {
				continue
			}
		}
		data = append(data, q)
	}
	vars := algebra.Vars(op.Where)
	result, err := refexec.Run(ctx, &algebra.Query{Form: algebra.Select, Dataset: op.Using, Vars: vars, Pattern: &algebra.Project{Vars: vars, In: op.Where}},
		refexec.NewDataset(data), refexec.Options{Work: 300_000})
	if err != nil {
		return fmt.Errorf("%w: %w", errWork, err)
	}
	var deletes, inserts []rdf.Quad
	for _, row := range result.Rows {
		solution := map[string]rdf.Term{}
		for i, v := range vars {
			solution[v] = row[i]
		}
		deletes = m.fill(deletes, op.Delete, op.With, solution)
		inserts = m.fill(inserts, op.Insert, op.With, solution)
	}
	for _, q := range deletes {
		delete(m.quads, q)
	}
	for _, q := range inserts {
		m.quads[q] = true
	}
	return nil
}

func (m *model) fill(out []rdf.Quad, ts []algebra.QuadPattern, with rdf.Term, solution map[string]rdf.Term) []rdf.Quad {
	own := map[string]rdf.Term{}
	var value func(n algebra.Node) rdf.Term
	triple := func(t algebra.TriplePattern) (rdf.Triple, bool) {
		r := rdf.Triple{S: value(t.S), P: value(t.P), O: value(t.O)}
		return r, (r.S.IsIRI() || r.S.IsBlankNode()) && r.P.IsIRI() && !r.O.IsZero()
	}
	value = func(n algebra.Node) rdf.Term {
		switch {
		case n.Triple != nil:
			if t, ok := triple(*n.Triple); ok {
				return rdf.TripleTerm(t)
			}
			return rdf.Term{}
		case strings.HasPrefix(n.Var, "."):
			if own[n.Var].IsZero() {
				m.blanks++
				own[n.Var] = rdf.BlankNode(fmt.Sprintf("model%d", m.blanks))
			}
			return own[n.Var]
		case n.IsVar():
			return solution[n.Var]
		}
		return n.Term
	}
	for _, t := range ts {
		r, ok := triple(t.TriplePattern)
		graph := with
		if t.G != (algebra.Node{}) {
			graph = value(t.G)
			ok = ok && (graph.IsIRI() || graph.IsBlankNode())
		}
		if ok {
			out = append(out, r.In(graph))
		}
	}
	return out
}

// TestRandom carries out random requests, one after the other, and compares the store with the model after each.
func TestRandom(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	t.Logf("seed %d", seed)
	for name, open := range stores {
		for mode, o := range map[string]optimizer.Options{"optimized": {}, "naive": {NoOptimizer: true}} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				compared := 0
				for n := range uint64(*randomRequests) / 5 {
					compared += compareRandom(t, open(t), seed+n, o)
					if t.Failed() {
						return
					}
				}
				t.Logf("%d requests compared", compared)
				if compared < *randomRequests/2 {
					t.Error("too few requests were compared")
				}
			})
		}
	}
}

func compareRandom(t *testing.T, s store.Store, seed uint64, o optimizer.Options) (compared int) {
	defer s.Close() // now, there are many
	ctx := t.Context()
	g := sparqltest.NewGenerator(seed)
	for range 5 {
		start := g.Quads()
		if _, err := s.Update(ctx, func(x store.Txn) error { return x.Add(start) }); err != nil {
			t.Fatal(err)
		}
		before, err := contents(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		m := &model{quads: map[rdf.Quad]bool{}}
		for _, q := range before {
			m.quads[q] = true
		}
		text := g.Update()
		u, err := translate(text, "")
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if err := m.run(ctx, u); errors.Is(err, errWork) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		if len(m.quads) > 3000 {
			continue
		}
		if _, err := run(ctx, s, text, "", options(o, 0)); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		got, err := contents(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Collect(maps.Keys(m.quads))
		same, err := canon.Isomorphic(want, got)
		if err != nil {
			if len(want) != len(got) {
				t.Errorf("seed %d: %d quads, want %d\n%s", seed, len(got), len(want), text)
			}
			return compared // too symmetric to tell
		}
		if !same {
			t.Errorf("seed %d\n%s\nbefore\n%s\ngot\n%s\nwant\n%s", seed, text, list(before), list(got), list(want))
			return compared
		}
		compared++
	}
	return compared
}

func list(quads []rdf.Quad) string {
	lines := make([]string, len(quads))
	for i, q := range quads {
		lines[i] = q.String()
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
