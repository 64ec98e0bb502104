package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"triplestore/internal/golden"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/store"
	"triplestore/store/memstore"
)

func TestDeterministic(t *testing.T) {
	t.Parallel()
	for set := range sets {
		var sums [3][32]byte
		var asked [3]params
		for i, seed := range []uint64{1, 1, 2} {
			var b bytes.Buffer
			n, p, err := generate(set, 10_000, seed, &b)
			if err != nil {
				t.Fatal(err)
			}
			sums[i], asked[i] = sha256.Sum256(b.Bytes()), p
			if lines := bytes.Count(b.Bytes(), []byte("\n")); lines != n || math.Abs(float64(n)-10_000) > 3_500 {
				t.Errorf("%s, seed %d: %d triples, %d lines", set, seed, n, lines)
			}
		}
		if sums[0] != sums[1] || !maps.Equal(asked[0], asked[1]) {
			t.Errorf("%s: the same seed makes other data", set)
		}
		if sums[0] == sums[2] {
			t.Errorf("%s: another seed makes the same data", set)
		}
	}
}

// snapshots are the sets at 50,000 triples in a store, made once for all tests; what a set asks about is beside.
var snapshots = map[string]func() (store.Snapshot, params, error){"bsbm": open("bsbm"), "sp2bench": open("sp2bench")}

func open(set string) func() (store.Snapshot, params, error) {
	var p params
	once := sync.OnceValues(func() (store.Snapshot, error) {
		var b bytes.Buffer
		var err error
		if _, p, err = generate(set, 50_000, 1, &b); err != nil {
			return nil, err
		}
		s := memstore.New()
		_, err = s.Update(context.Background(), func(x store.Txn) error {
			return turtle.Parse(context.Background(), &b, turtle.Options{Dialect: turtle.NTriples}, func(q []rdf.Quad) error { return x.Add(q) })
		})
		if err != nil {
			return nil, err
		}
		return s.Snapshot()
	})
	return func() (store.Snapshot, params, error) {
		snap, err := once()
		return snap, p, err
	}
}

func dataset(t *testing.T, set string) (store.Snapshot, params) {
	t.Helper()
	snap, p, err := snapshots[set]()
	if err != nil {
		t.Fatal(err)
	}
	return snap, p
}

// count gives the number of rows or triples of an answer, or the truth of an ASK.
func count(t *testing.T, snap store.Snapshot, text string) string {
	t.Helper()
	r, err := sparql.NewEngine(sparql.Options{}).Query(t.Context(), snap, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer r.Close()
	n := 0
	switch r.Form() {
	case algebra.Ask:
		yes, err := r.Bool()
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(yes)
	case algebra.Construct, algebra.Describe:
		for _, err := range r.Triples() {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
	default:
		for _, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	return fmt.Sprint(n)
}

// TestAnswers: every query has an answer at 50,000 triples, but for those that are meant to have none, and one that needs more products.
func TestAnswers(t *testing.T) {
	t.Parallel()
	empty := map[string]bool{"bsbm/05-explore-similar.rq": true, "sp2bench/03c-filter-isbn.rq": true, "sp2bench/12c-ask-nobody.rq": true}
	for set, want := range map[string]int{"bsbm": 20, "sp2bench": 17} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			snap, p := dataset(t, set)
			queries, err := fill(set, p)
			if err != nil {
				t.Fatal(err)
			}
			if len(queries) != want {
				t.Errorf("%d queries, want %d", len(queries), want)
			}
			var out strings.Builder
			for _, name := range slices.Sorted(maps.Keys(queries)) {
				if name == "06-negation-debut.rq" && testing.Short() {
					continue // it takes most of the time
				}
				n := count(t, snap, queries[name])
				fmt.Fprintf(&out, "%-32s %s\n", name, n)
				if none := n == "0" || n == "false"; none != empty[set+"/"+name] {
					t.Errorf("%s: %s", name, n)
				}
			}
			if set == "sp2bench" && testing.Short() {
				return
			}
			golden.String(t, filepath.Join("testdata", set+".txt"), out.String())
		})
	}
}

// TestProportions: the data are as the descriptions of the benchmarks say.
func TestProportions(t *testing.T) {
	t.Parallel()
	const prefixes = "PREFIX bsbm: <" + bsbmNS + "> PREFIX rev: <" + revNS + "> PREFIX bench: <" + benchNS + "> PREFIX swrc: <" + swrcNS + "> PREFIX dc: <" + dcNS + "> PREFIX foaf: <" + foafNS + "> PREFIX dcterms: <" + dctermsNS + "> PREFIX c: <" + countryNS + "> PREFIX rdfs: <" + rdfsNS + ">\n"
	for _, c := range []struct {
		set, name, part, whole string // patterns that bind ?x
		want, tolerance        float64
	}{
		{"bsbm", "offers of a product", "?x a bsbm:Offer", "?x a bsbm:Product", 20, 0},
		{"bsbm", "reviews of a product", "?x a rev:Review", "?x a bsbm:Product", 10, 0},
		{"bsbm", "products of a producer", "?x a bsbm:Product", "?x a bsbm:Producer", 50, 15},
		{"bsbm", "reviews of a person", "?x a rev:Review", "?x a foaf:Person", 20, 2},
		{"bsbm", "rating 1", "?x bsbm:rating1 ?r", "?x a rev:Review", .7, .05},
		{"bsbm", "reviews in English", "?x rev:text ?l FILTER(lang(?l) = 'en')", "?x a rev:Review", .5, .05},
		{"bsbm", "reviewers from the United States", "?x a foaf:Person ; bsbm:country c:US", "?x a foaf:Person", .4, .12},
		{"bsbm", "textual property 4", "?x bsbm:productPropertyTextual4 ?l", "?x a bsbm:Product", .7, .12},
		{"bsbm", "numeric property 5", "?x bsbm:productPropertyNumeric5 ?l", "?x a bsbm:Product", .8, .12},
		{"bsbm", "types of a product: three levels and the class", "?x a bsbm:Product ; a ?t", "?x a bsbm:Product", 4, 0},
		{"sp2bench", "articles with pages", "?x a bench:Article ; swrc:pages ?l", "?x a bench:Article", .9261, .03},
		{"sp2bench", "articles with a month", "?x a bench:Article ; swrc:month ?l", "?x a bench:Article", .0065, .006},
		{"sp2bench", "articles in a journal", "?x a bench:Article ; swrc:journal ?l", "?x a bench:Article", 1, 0},
		{"sp2bench", "papers with an electronic edition", "?x a bench:Inproceedings ; rdfs:seeAlso ?l", "?x a bench:Inproceedings", .6519, .05},
		{"sp2bench", "proceedings with ISBN", "?x a bench:Proceedings ; swrc:isbn ?l", "?x a bench:Proceedings", .8592, .1},
		{"sp2bench", "articles that cite", "?x a bench:Article ; dcterms:references ?l", "?x a bench:Article", .0048, .004},
		{"sp2bench", "citations of a bag", "?b dcterms:references ?bag . ?bag ?m ?x . ?x dc:title ?t", "?x dcterms:references ?bag", 16.82, 4},
		{"sp2bench", "documents of Erdős in a year", "?x dc:creator <" + personNS + "Paul_Erdoes> ; dcterms:issued 1950", "?x dc:title 'Journal 1 (1950)'", 10, 0},
	} {
		t.Run(c.set+"/"+c.name, func(t *testing.T) {
			t.Parallel()
			snap, _ := dataset(t, c.set)
			number := func(pattern string) (n float64) {
				if _, err := fmt.Sscan(count(t, snap, prefixes+"SELECT ?x WHERE { "+pattern+" }"), &n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			if got := number(c.part) / number(c.whole); math.Abs(got-c.want) > c.tolerance+1e-9 {
				t.Errorf("%.4f, want %.4f ± %.4f", got, c.want, c.tolerance)
			}
		})
	}
}
