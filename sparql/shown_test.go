package sparql

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/exec"
	"triplestore/store"
)

// searchingSnapshot counts the terms whose IDs are looked for.
type searchingSnapshot struct {
	store.Snapshot
	ids int
}

func (s *searchingSnapshot) ID(t rdf.Term) (store.ID, bool, error) {
	s.ids++
	return s.Snapshot.ID(t)
}

// TestTermsThatAreShown: computed terms are looked for in the store where something depends on that, and only there. Some of the terms that
// the queries compute are in the store, and some are not.
func TestTermsThatAreShown(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 100 {
		s := rdf.IRI(fmt.Sprintf("http://e/d%d", i))
		quads = append(quads,
			rdf.Quad{S: s, P: rdf.IRI("http://e/name"), O: rdf.String(fmt.Sprint("n", i))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/lower"), O: rdf.String(fmt.Sprint("n", i+50))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/upper"), O: rdf.String(fmt.Sprint("N", i))})
	}
	snap := snapshotOf(t, quads)
	for _, c := range []struct {
		text     string
		rows     int
		searches bool
	}{
		{"SELECT (UCASE(?n) AS ?u) { ?d :name ?n }", 100, false},
		{"SELECT ?d (GROUP_CONCAT(?n) AS ?u) { ?d :name|:lower ?n } GROUP BY ?d ORDER BY ?d LIMIT 80", 80, false},
		{"SELECT ?d (UCASE(GROUP_CONCAT(?n)) AS ?u) { ?d :name|:lower ?n } GROUP BY ?d HAVING (COUNT(?n) > 1)", 100, true}, // UCASE reads what GROUP_CONCAT gives
		{"SELECT ?d (GROUP_CONCAT(?n) AS ?u) { ?d :name|:lower ?n } GROUP BY ?d HAVING (COUNT(?n) > 1)", 100, false},
		{"SELECT (UCASE(?n) AS ?u) (?u AS ?v) (STRLEN(?v) AS ?w) { ?d :name ?n }", 100, true}, // an expression reads it
		{"SELECT ?m (UCASE(?n) AS ?u) { ?d :name ?n OPTIONAL { ?d :lower ?m } } ORDER BY ?m", 100, false},
		{"SELECT (UCASE(?n) AS ?u) { ?d :name ?n } ORDER BY DESC(?u)", 100, true},
		{"SELECT DISTINCT (SUBSTR(?n, 1, 2) AS ?u) { ?d :name ?n }", 10, true},
		{"SELECT (COUNT(DISTINCT ?u) AS ?c) { ?d :name ?n BIND(SUBSTR(?n, 1, 2) AS ?u) }", 1, true},
		{"SELECT ?e { ?d :name ?n BIND(UCASE(?n) AS ?u) ?e :upper ?u }", 100, true},
		{"SELECT ?d { ?d :name ?n BIND(CONCAT(?n, '') AS ?u) FILTER(sameTerm(?u, ?n)) }", 100, true},
		{"SELECT (CONCAT(?n, '') AS ?u) (sameTerm(?u, ?n) AS ?same) (IF(sameTerm(?u, ?n), 1, 1/0) AS ?one) { ?d :name ?n FILTER(BOUND(?d)) }", 100, true},
		{"SELECT ?d ?u { ?d :name ?n BIND(CONCAT(?n, '') AS ?u) FILTER EXISTS { ?d :name ?u } }", 100, true},
		{"SELECT ?u { { ?d :name ?n BIND(UCASE(?n) AS ?u) } MINUS { ?e :upper ?u } }", 0, true},
		{"SELECT ?u { { SELECT (UCASE(?n) AS ?u) { ?d :name ?n } } ?e :upper ?u }", 100, true},
	} {
		text := "PREFIX : <http://e/> " + c.text
		counting := &searchingSnapshot{Snapshot: snap}
		got := allRows(t, Options{}, counting, text)
		// Constants of a query are a handful.
		if searches := counting.ids > 20 || c.rows < 20 && counting.ids > 8; searches != c.searches {
			t.Errorf("%s: %d terms were looked for", c.text, counting.ids)
		}
		if len(got) != c.rows {
			t.Errorf("%s: %d rows, want %d", c.text, len(got), c.rows)
		}
		want := allRows(t, Options{NoOptimizer: true}, snap, text)
		slices.Sort(got)
		slices.Sort(want)
		if c.rows != 80 && !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", c.text, got, want)
		}
	}
}

// TestIDsOfShownTerms: a query that is started for its terms gives no IDs, since a term may have another in the store; others do, and each term has one.
func TestIDsOfShownTerms(t *testing.T) {
	t.Parallel()
	iri := func(s string) rdf.Term { return rdf.IRI("http://e/" + s) }
	snap := snapshotOf(t, []rdf.Quad{
		{S: iri("a"), P: iri("name"), O: rdf.String("x")},
		{S: iri("b"), P: iri("name"), O: rdf.String("X")},
		{S: iri("c"), P: iri("name"), O: rdf.String("y")},
	})
	e := NewEngine(Options{})
	plan, err := e.plan(t.Context(), snap, "SELECT (UCASE(?n) AS ?u) { ?s <http://e/name> ?n }", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []bool{true, false} {
		q, err := exec.Start(t.Context(), snap, plan, exec.Config{Shown: shown})
		if err != nil {
			t.Fatal(err)
		}
		terms := map[store.ID]string{}
		err = q.IDs(func(n int, cols [][]store.ID) error {
			for _, id := range cols[0][:n] {
				x := []rdf.Term{q.Local(id)}
				if id.Tag() != store.TagLocal {
					if err := snap.Terms([]store.ID{id}, x); err != nil {
						return err
					}
				}
				terms[id] = x[0].Value()
			}
			return nil
		})
		q.Close()
		if (err != nil) != shown {
			t.Errorf("shown %v: %v", shown, err)
		}
		values := slices.Sorted(maps.Values(terms))
		if want := []string{"X", "Y"}; !shown && !slices.Equal(values, want) || shown && len(values) > 0 {
			t.Errorf("shown %v: terms %q", shown, values)
		}
	}
}
