package sparql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"triplestore/rdf"
)

// TestPathsInFiles: what a path finds and does not fit into memory goes to files, with the same answers.
func TestPathsInFiles(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	const nodes, chain = 12_000, 3_000
	node := func(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/n%d", i)) }
	add := func(p string, a, b int) {
		quads = append(quads, rdf.Quad{S: node(a), P: rdf.IRI("http://e/" + p), O: node(b)})
	}
	for i := range nodes {
		add("p", i/2, i)   // a tree
		add("q", i, i*7/9) // of few levels
		if i < chain {
			add("next", i, (i+1)%chain) // a circle, one node a level
		}
		if i < 20 {
			add("start", -1, i*i)
		}
		if i > nodes-300 {
			add("top", i, i/3)
		}
	}
	snap := snapshotOf(t, quads)
	cases := map[string]struct {
		text   string
		memory int64
	}{
		"forward":           {"SELECT ?x { :n0 :p* ?x }", 256 << 10},
		"backward":          {"SELECT ?x { ?x (^:p|:q)+ :n1 }", 256 << 10},
		"alternatives":      {"SELECT ?x { :n1 (:p|^:p|:q)* ?x }", 256 << 10},
		"sequence":          {"SELECT ?x { :n0 (:p/:p?)+ ?x }", 256 << 10},
		"closures inside":   {"SELECT ?x { :n3 (:p+/^:q*)* ?x }", 256 << 10},
		"negated":           {"SELECT ?x { :n1 (!(:q|:next))* ?x }", 256 << 10},
		"optional step":     {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?m) { :n1 (:p+/:q?) ?x }", 128 << 10},
		"deep":              {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?m) { :n5 :next* ?x }", 64 << 10},
		"between two":       {"SELECT * { :n1 (:p|:q)* :n11999 }", 128 << 10},
		"to itself":         {"SELECT ?x { VALUES ?x { :n5 :n0 :n17 :n4000 } ?x :next+ ?x }", 64 << 10},
		"rows of starts":    {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?x) AS ?k) { :n-1 :start ?s . ?s :p* ?x }", 128 << 10},
		"rows of both ends": {"SELECT ?s ?x { :n-1 :start ?s . ?x :top ?y . ?s :p* ?y }", 128 << 10},
		"starts not there":  {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?m) { VALUES ?s { :none :n1 } ?s (:p*/:p?) ?x }", 128 << 10},
		"all pairs":         {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) (COUNT(DISTINCT ?x) AS ?k) { ?s (:p|^:top)+ ?x }", 256 << 10},
		"all, even nothing": {"SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?k) { ?s (:top|:start)* ?x }", 128 << 10},
		"all cycles":        {"SELECT ?s { ?s :p+ ?s }", 256 << 10},
	}
	for i, name := range slices.Sorted(maps.Keys(cases)) {
		if leftOut(i) {
			continue
		}
		c := cases[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "PREFIX : <http://e/> " + c.text
			want := allRows(t, Options{}, snap, text)
			dir := t.TempDir()
			o := Options{Memory: c.memory, Disk: 1 << 30, TempDir: dir, Profile: true, Timeout: time.Minute}
			r, err := NewEngine(o).Query(context.Background(), snap, text)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, err := rowsOf(r)
			if err != nil {
				t.Fatalf("%v with %d bytes at most\n%s", err, r.MemoryPeak(), r.Profile())
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got %d rows, want %d: %.300v %.300v", len(got), len(want), got, want)
			}
			if r.Spilled() == 0 {
				t.Errorf("nothing was put into files, with %d bytes at most\n%s", r.MemoryPeak(), r.Profile())
			}
			if r.MemoryPeak() > c.memory {
				t.Errorf("it counted %d bytes", r.MemoryPeak())
			}
			t.Logf("%d rows, %.2f MB in memory at most, %.1f MB written", len(got), float64(r.MemoryPeak())/1e6, float64(r.Spilled())/1e6)
			r.Close()
			noFiles(t, dir)

			for end, o := range map[error]Options{
				ErrMemory: {Memory: c.memory / 4}, // without files
				ErrDisk:   {Memory: c.memory, Disk: 1 << 10, TempDir: dir},
			} {
				r, err := NewEngine(o).Query(context.Background(), snap, text)
				if err != nil {
					t.Fatal(err)
				}
				if err := drain(r); !errors.Is(err, end) {
					t.Errorf("want %v, got %v", end, err)
				}
				r.Close()
				noFiles(t, dir)
			}
		})
	}
}
