package update_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/update"
	"triplestore/store"
)

// fillMany adds n quads :s<i> :p <i> to the default graph.
func fillMany(t testing.TB, s store.Store, n int) {
	t.Helper()
	p := rdf.IRI("http://e/p")
	_, err := s.Update(t.Context(), func(x store.Txn) error {
		var quads []rdf.Quad
		for i := range n {
			quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", i)), P: p, O: rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")})
			if len(quads) == 10_000 || i == n-1 {
				if err := x.Add(quads); err != nil {
					return err
				}
				quads = quads[:0]
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, s store.Store, p string) uint64 {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	id, ok, err := snap.ID(rdf.IRI("http://e/" + p))
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return 0
	}
	n, err := snap.Count(store.Range{Order: store.PSOG, Prefix: []store.ID{id}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSpill replaces more quads than are kept in memory: the insertions go to files, which are gone in the end.
func TestSpill(t *testing.T) {
	t.Parallel()
	const n = 60_000
	onAll(t, func(t *testing.T, open func(t testing.TB) store.Store) {
		s := open(t)
		fillMany(t, s, n)
		o := options(optimizer.Options{}, 0)
		o.Memory, o.TempDir = 1, t.TempDir()
		r, err := run(t.Context(), s, "DELETE { ?s :p ?o } INSERT { ?s :q ?o ; :p ?z } WHERE { ?s :p ?o BIND(IF(?o < 10, ?o, 0) AS ?z) }", "", o)
		if err != nil {
			t.Fatal(err)
		}
		if p, q := count(t, s, "p"), count(t, s, "q"); p != n || q != n {
			t.Errorf("%d and %d quads", p, q)
		}
		if r.Inserted != 2*n-10 || r.Deleted != n-10 {
			t.Errorf("%d inserted, %d deleted", r.Inserted, r.Deleted)
		}
		left, err := os.ReadDir(o.TempDir)
		if err != nil || len(left) > 0 {
			t.Errorf("files are left: %v, %v", left, err)
		}
	})
}

// TestAtomic breaks requests in many ways after an operation that has done its work: nothing of them may stay.
func TestAtomic(t *testing.T) {
	t.Parallel()
	const n = 20_000
	const first = "DELETE { ?s :p ?o } INSERT { ?s :r ?o } WHERE { ?s :p ?o } ; "
	broken := errors.New("broken")
	onAll(t, func(t *testing.T, open func(t testing.TB) store.Store) {
		s := open(t)
		fillMany(t, s, n)
		before, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		defer before.Close()
		engine := options(optimizer.Options{}, 0).Where
		for name, c := range map[string]struct {
			request string
			where   func(ctx context.Context, cancel func(), snap store.Snapshot, q *algebra.Query) (update.Solutions, error)
			want    error
		}{
			"memory": {"INSERT { ?s :r ?x } WHERE { ?s :r ?o BIND(CONCAT(STR(?s), 'x') AS ?x) }", func(ctx context.Context, _ func(), snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
				return options(optimizer.Options{}, 300_000).Where(ctx, snap, q)
			}, exec.ErrMemory},
			"planning": {"DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o < 5) }", func(ctx context.Context, _ func(), snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
				if _, constant := q.Pattern.(*algebra.Project).In.(*algebra.Filter); constant {
					return nil, broken
				}
				return engine(ctx, snap, q)
			}, broken},
			"cancel": {"INSERT { ?s :r ?x } WHERE { ?s :r ?x , ?y }", func(ctx context.Context, cancel func(), snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
				q.Vars = append([]string(nil), q.Vars...)
				found, err := engine(ctx, snap, q)
				return &interrupted{Solutions: found, cancel: cancel}, err
			}, context.Canceled},
			"management": {"CREATE GRAPH :nowhere ; CLEAR ALL ; COPY :nowhere TO :x", nil, nil},
		} {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				o := options(optimizer.Options{}, 0)
				if c.where != nil {
					o.Where = func(ctx context.Context, snap store.Snapshot, q *algebra.Query) (update.Solutions, error) {
						return c.where(ctx, cancel, snap, q)
					}
				}
				_, err := run(ctx, s, first+c.request, "", o)
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%v, want %v", err, c.want)
				}
				after, err := s.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				defer after.Close()
				if after.Commit() != before.Commit() || count(t, s, "p") != n || count(t, s, "r") != 0 {
					t.Errorf("commit %v after %v, %d and %d quads", after.Commit(), before.Commit(), count(t, s, "p"), count(t, s, "r"))
				}
			})
		}
	})
}

// interrupted is cancelled after its first batch.
type interrupted struct {
	update.Solutions
	cancel func()
}

func (i *interrupted) IDs(emit func(n int, cols [][]store.ID) error) error {
	return i.Solutions.IDs(func(n int, cols [][]store.ID) error {
		err := emit(n, cols)
		i.cancel()
		return err
	})
}

func BenchmarkReplace(b *testing.B) {
	const n = 200_000
	for name, open := range stores {
		if name == "memstore" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			s := open(b)
			fillMany(b, s, n)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				from, to := "p", "q"
				if i%2 == 1 {
					from, to = to, from
				}
				r, err := run(b.Context(), s, "DELETE { ?s :"+from+" ?o } INSERT { ?s :"+to+" ?o } WHERE { ?s :"+from+" ?o }", "", options(optimizer.Options{}, 0))
				if err != nil || r.Inserted != n || r.Deleted != n {
					b.Fatal(r, err)
				}
			}
			b.ReportMetric(float64(2*n*b.N)/b.Elapsed().Seconds(), "quads/s")
		})
	}
}

// BenchmarkSmall makes one small change in a store of some size per commit.
func BenchmarkSmall(b *testing.B) {
	for name, text := range map[string]string{
		"data":    "DELETE DATA { :s1 :n %[1]d } ; INSERT DATA { :s1 :n %[2]d }",
		"pattern": "DELETE { :s1 :n ?old } INSERT { :s1 :n %[2]d } WHERE { OPTIONAL { :s1 :n ?old } }",
	} {
		b.Run(name, func(b *testing.B) {
			s := stores["badgerstore"](b)
			fillMany(b, s, 200_000)
			o := options(optimizer.Options{}, 0)
			for i := 0; b.Loop(); i++ {
				r, err := run(b.Context(), s, fmt.Sprintf(text, i, i+1), "", o)
				if err != nil || r.Inserted != 1 {
					b.Fatal(r, err)
				}
			}
		})
	}
}

// BenchmarkAnnotate makes a triple term for each of many quads.
func BenchmarkAnnotate(b *testing.B) {
	const n = 100_000
	s := stores["badgerstore"](b)
	fillMany(b, s, n)
	for b.Loop() {
		if _, err := run(b.Context(), s, "INSERT { GRAPH :notes { ?s :says <<( ?s :p ?o )>> } } WHERE { ?s :p ?o }", "", options(optimizer.Options{}, 0)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "solutions/s")
}
