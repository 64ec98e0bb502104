package sparql

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
)

// TestCachesDoWithoutMemory: what remembers results gives way where memory is scarce. The queries were answered within these budgets before
// anything was remembered.
func TestCachesDoWithoutMemory(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 16000 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/d%d", i)), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint("text", i/2))})
	}
	snap := snapshotOf(t, quads)
	for _, text := range []string{
		"SELECT (SUM(STRLEN(?o)) AS ?x) { ?s :p ?o }",
		"SELECT (SUM(STRLEN(?o)) AS ?x) (MAX(STRLEN(?o)) AS ?y) (MIN(STRLEN(?o)) AS ?z) { ?s :p ?o }",
		"SELECT (COUNT(*) AS ?n) { ?s :p ?o FILTER(CONTAINS(UCASE(?o), '7')) }",
		"SELECT (COUNT(*) AS ?n) { ?s :p ?o BIND(STRLEN(?o) AS ?l) FILTER(?l > 6) }",
	} {
		text = "PREFIX : <http://e/> " + text
		want := allRows(t, Options{}, snap, text)
		for _, memory := range []int64{192 << 10, 512 << 10, 1 << 20} {
			if got := allRows(t, Options{Memory: memory}, snap, text); !slices.Equal(got, want) {
				t.Errorf("%s with %d bytes: %v, want %v", text, memory, got, want)
			}
		}
	}
}

// TestLongArgumentsAreCounted: the memory of long values that are remembered for an aggregate is that of the query.
func TestLongArgumentsAreCounted(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 2000 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/d%d", i)), P: rdf.IRI("http://e/p"), O: rdf.String(fmt.Sprint("text", i/2))})
	}
	snap := snapshotOf(t, quads)
	r, err := NewEngine(Options{}).Query(context.Background(), snap, `PREFIX : <http://e/> SELECT (MAX(CONCAT(?o, "`+strings.Repeat("x", 5000)+`")) AS ?x) { ?s :p ?o }`)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := rowsOf(r)
	if err != nil || len(rows) != 1 || !strings.HasPrefix(rows[0], `["text9xxx`) {
		t.Fatalf("%.80v, %v", rows, err)
	}
	if peak := r.MemoryPeak(); peak < 4<<20 || peak > 8<<20 {
		t.Errorf("%d bytes were counted for 1000 values of 5000", peak)
	}
}

// TestRowsOfLimitAreCounted: what ORDER BY with LIMIT keeps is counted for as long as it is kept, long values to sort by among it.
func TestRowsOfLimitAreCounted(t *testing.T) {
	t.Parallel()
	quads := []rdf.Quad{{S: rdf.IRI("http://e/d"), P: rdf.IRI("http://e/long"), O: rdf.String(strings.Repeat("x", 20_000))}}
	for i := range 12_000 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/d%d", i)), P: rdf.IRI("http://e/i"), O: rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")})
	}
	snap := snapshotOf(t, quads)
	for _, first := range []string{"?i", "DESC(?i)", "STR(?i)"} {
		pool := NewPool(1 << 30)
		r, err := NewEngine(Options{Pool: pool}).Query(context.Background(), snap, "PREFIX : <http://e/> SELECT ?s { ?s :i ?i . :d :long ?l } ORDER BY "+first+" CONCAT(STR(?s), ?l) LIMIT 1000")
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if used := pool.Used(); rows == 0 && used < 1000*20_000-(8<<20) {
				t.Errorf("%s: %d bytes are counted for 1000 values of 20000", first, used)
			}
			rows++
		}
		if r.Close(); rows != 1000 || pool.Used() != 0 {
			t.Errorf("%s: %d rows, and %d bytes in use after them", first, rows, pool.Used())
		}
	}
}
