package sparql

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// TestCountDistinct compares numbers of different values that come from the store's statistics with those of the rows.
func TestCountDistinct(t *testing.T) {
	t.Parallel()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r := rand.New(rand.NewPCG(7, 7))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	for range 3 {
		err := func() error {
			_, err := st.Update(t.Context(), func(x store.Txn) error {
				var add, remove []rdf.Quad
				for range 15_000 {
					q := rdf.Quad{S: iri("s", r.IntN(2+r.IntN(6000))), P: iri("p", r.IntN(1+r.IntN(12))), O: iri("o", r.IntN(1+r.IntN(9000)))}
					if add = append(add, q); r.IntN(9) == 0 {
						remove = append(remove, q)
					}
				}
				if err := x.Add(add); err != nil {
					return err
				}
				return x.Remove(remove)
			})
			return err
		}()
		if err != nil {
			t.Fatal(err)
		}
	}
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	rows := func(text string, o Options) (out []string) {
		t.Helper()
		res, err := NewEngine(o).Query(t.Context(), snap, text)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Close()
		for row, err := range res.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(row))
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		pattern, of, key string
		stats            bool
	}{
		{"?s ?p ?o", "?s", "", true}, {"?s ?p ?o", "?p", "", true}, {"?s ?p ?o", "?o", "", true},
		{"?s <http://e/p1> ?o", "?s", "", true}, {"?s <http://e/p1> ?o", "?o", "", true}, {"<http://e/s1> ?p ?o", "?p", "", true},
		{"?s ?p <http://e/o0>", "?s", "", true}, {"?s <http://e/p0> <http://e/o0>", "?s", "", true}, {"?s <http://e/none> ?o", "?s", "", true},
		{"?s ?p ?o", "?s", "?p", true}, {"?s ?p ?o", "?o", "?p", true}, {"?s ?p <http://e/o0>", "?s", "?p", false},
		{"?s ?p ?s", "?s", "", false}, {"?s ?p ?o", "?p", "?p", false}, {"?s ?p ?o FILTER (?s != <http://e/s1>)", "?s", "", false},
	} {
		text := fmt.Sprintf("SELECT %s (COUNT(DISTINCT %s) AS ?n) { %s }", c.key, c.of, c.pattern)
		if c.key != "" {
			text += " GROUP BY " + c.key
		}
		got, want := rows(text, Options{}), rows(text, Options{NoOptimizer: true})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		plan, err := NewEngine(Options{}).Explain(t.Context(), snap, text)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, "count distinct") != c.stats {
			t.Errorf("%s:\n%s", text, plan)
		}
	}
}
