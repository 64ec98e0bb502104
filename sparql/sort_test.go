package sparql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"triplestore/rdf"
)

// TestTopRows: with LIMIT and OFFSET a sort gives the same rows as the same part of all of them.
func TestTopRows(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	var quads []rdf.Quad
	for i := range 30000 {
		s := rdf.IRI(fmt.Sprintf("http://e/n%d", i))
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/a"), O: rdf.String(fmt.Sprint(r.IntN(40)))},
			rdf.Quad{S: s, P: rdf.IRI("http://e/b"), O: rdf.LangLiteral(fmt.Sprint(r.IntN(3000)), "nb")},
			rdf.Quad{S: s, P: rdf.IRI("http://e/c"), O: mixed(r, i)})
	}
	snap := snapshotOf(t, quads)
	rows := func(text string) (out []string) {
		result, err := NewEngine(Options{}).Query(context.Background(), snap, text)
		if err != nil {
			t.Fatal(err)
		}
		defer result.Close()
		for row, err := range result.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(row))
		}
		return out
	}
	for i, order := range []string{"?x ?y ?s", "DESC(?x) ?s", "STR(?y) DESC(?s)", "DESC(STRLEN(?x)) ?y DESC(?s)", "?unbound ?s",
		"?z ?s", "DESC(?z) ?s"} {
		if leftOut(i) {
			continue
		}
		text := "SELECT * { ?s <http://e/a> ?x ; <http://e/b> ?y ; <http://e/c> ?z } ORDER BY " + order
		all := rows(text)
		if len(all) != 30000 {
			t.Fatalf("%d rows", len(all))
		}
		for _, part := range [][2]int{{0, 1}, {0, 0}, {10, 50}, {5000, 100}, {29990, 100}, {40000, 5}} {
			got := rows(fmt.Sprintf("%s OFFSET %d LIMIT %d", text, part[0], part[1]))
			from := min(part[0], len(all))
			if want := all[from:min(from+part[1], len(all))]; !slices.Equal(got, want) {
				t.Errorf("seed %d: %s, part %v: got %d rows %.3v, want %d rows %.3v", seed, order, part, len(got), got, len(want), want)
			}
		}
	}
}

// mixed gives few terms that come first or last in an order, so that the last row wanted is a text, and texts that begin alike.
func mixed(r *rand.Rand, i int) rdf.Term {
	text := fmt.Sprintf("%.*s%d", 5+r.IntN(4), "the same beginning", r.IntN(100_000))
	switch {
	case i%1000 == 0:
		return rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")
	case i%1000 == 1:
		return rdf.Literal("2026-11-28", "http://www.w3.org/2001/XMLSchema#date")
	case i%1000 == 2:
		return rdf.IRI("http://e/" + text)
	case i%1000 == 3:
		return rdf.Literal(text, "http://e/type")
	case i%2 == 0:
		return rdf.LangLiteral(text, "nb")
	}
	return rdf.String(text)
}
