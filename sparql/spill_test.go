package sparql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// spilling are queries over denseQuads that need much more memory than spillMemory unless they use files. Where ordered, the order of
// the solutions counts.
var spilling = map[string]struct {
	text    string
	ordered bool
}{
	"sort":                        {"SELECT * { ?a :p ?b . ?b :p ?c } ORDER BY ?c DESC(?a) ?b", true},
	"sort by value":               {"SELECT ?a ?c { ?a :p ?b . ?b :p ?c . ?c :label ?l } ORDER BY STRLEN(?l) DESC(CONCAT(?l, STR(?a))) STR(?b)", true},
	"sort with limit":             {"SELECT ?a ?b ?c { ?a :p ?b . ?b :p ?c } ORDER BY ?c ?a ?b LIMIT 40000", true},
	"group":                       {"SELECT ?a ?c (COUNT(*) AS ?n) (SAMPLE(?a) AS ?s) (SUM(?i) AS ?t) { ?a :p ?b . ?b :p ?c . ?c :i ?i } GROUP BY ?a ?c", false},
	"group of one key":            {"SELECT ?k (COUNT(*) AS ?n) { ?a :p ?b . ?b :p ?c . ?a :i ?i . ?c :i ?j BIND (?i * 10000 + ?j AS ?k) } GROUP BY ?k", false},
	"distinct":                    {"SELECT DISTINCT ?a ?c { ?a :p ?b . ?b :p ?c }", false},
	"distinct in order":           {"SELECT DISTINCT ?a ?c { ?a :p ?b . ?b :p ?c } ORDER BY DESC(?c) ?a", true},
	"count distinct":              {"SELECT (COUNT(DISTINCT *) AS ?n) (COUNT(DISTINCT ?a) AS ?m) { ?a :p ?b . ?b :p ?c . ?c :p ?d }", false},
	"distinct by group":           {"SELECT ?l (COUNT(DISTINCT ?k) AS ?n) { ?a :p ?b . ?b :p ?c . ?a :i ?i . ?c :i ?j BIND (?i * 10000 + ?j AS ?k) BIND (?j > 300 AS ?l) } GROUP BY ?l", false},
	"distinct in order of groups": {"SELECT ?b ?d (COUNT(DISTINCT ?a) AS ?n) { ?a :p ?b ; :p ?d } GROUP BY ?b ?d", false},
	"join":                        {"SELECT (COUNT(*) AS ?n) (SUM(?i) AS ?m) { { SELECT ?a ?c (COUNT(*) AS ?i) { ?a :p ?b . ?b :p ?c } GROUP BY ?a ?c } { SELECT ?a ?c (MAX(?b) AS ?x) { ?a :p ?b . ?b :p ?c } GROUP BY ?a ?c } }", false},
	"join on nothing":             {"SELECT (COUNT(*) AS ?n) { { SELECT DISTINCT ?a ?c { ?a :p ?b . ?b :p ?c } } { SELECT ?d { ?d :i ?i FILTER (?i < 12) } } }", false},
	"optional":                    {"SELECT (COUNT(*) AS ?n) (COUNT(?c) AS ?m) { ?a :p ?d OPTIONAL { SELECT ?a ?c (COUNT(*) AS ?i) { ?a :p ?b . ?b :p ?c FILTER (?c != :n5) } GROUP BY ?a ?c } }", false},
	"optional if":                 {"SELECT (COUNT(*) AS ?n) (COUNT(?c) AS ?m) { ?a :p ?d . ?d :i ?j OPTIONAL { { SELECT ?a ?c (COUNT(*) AS ?i) { ?a :p ?b . ?b :p ?c } GROUP BY ?a ?c } ?c :i ?k FILTER (?k > ?j + 1000) } }", false},
	"minus":                       {"SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?b :p ?c MINUS { SELECT ?a ?c { ?a :p ?b . ?b :p ?c . ?b :i ?i FILTER (?i < 300) } } }", false},
	"unbound":                     {"SELECT (COUNT(*) AS ?n) { ?a :i ?j FILTER (?j < 7) OPTIONAL { ?a :x ?c } OPTIONAL { SELECT ?c ?d ?y { ?d :p ?b . ?b :p ?y OPTIONAL { ?b :i ?i . ?y :p ?c FILTER (?i < 9) } } } }", false},
}

const (
	spillMemory = 2 << 20
	spillNodes  = 800
)

func spillQuads() []rdf.Quad {
	out := denseQuads(spillNodes, 8)
	for i := range spillNodes {
		out = append(out, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/n%d", i)), P: rdf.IRI("http://e/i"), O: rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")})
	}
	return out
}

func rowsOf(r *Result) (out []string, err error) {
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprint(row))
	}
	return out, nil
}

func noFiles(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("files are left: %v, %v", left, err)
	}
}

// TestSpill: what does not fit into memory goes to files, with the same answers, and the profile tells.
func TestSpill(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, spillQuads())
	dir := t.TempDir()
	for name, c := range spilling {
		text := "PREFIX : <http://e/> " + c.text
		o := Options{Memory: spillMemory, Disk: 1 << 30, TempDir: dir, Profile: true}
		plain, err := NewEngine(Options{}).Query(context.Background(), snap, text)
		if err != nil {
			t.Fatal(err)
		}
		want, err := rowsOf(plain)
		plain.Close()
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewEngine(o).Query(context.Background(), snap, text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rowsOf(r)
		if err != nil {
			t.Errorf("%s: %v with %d bytes at most\n%s", name, err, r.MemoryPeak(), r.Profile())
			r.Close()
			continue
		}
		if !c.ordered {
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d rows, want %d: %.300v %.300v", name, len(got), len(want), got, want)
		}
		if r.Spilled() == 0 || !strings.Contains(r.Profile(), "spilled") {
			t.Errorf("%s: nothing was put into files, with %d bytes at most\n%s", name, r.MemoryPeak(), r.Profile())
		}
		if r.MemoryPeak() > spillMemory {
			t.Errorf("%s: it counted %d bytes", name, r.MemoryPeak())
		}
		t.Logf("%s: %d rows, %.1f MB in memory at most, %.1f MB written", name, len(got), float64(r.MemoryPeak())/1e6, float64(r.Spilled())/1e6)
		r.Close()
	}
	noFiles(t, dir)
}

// TestSpillEnds: whatever ends a query, its files are gone.
func TestSpillEnds(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, spillQuads())
	dir := t.TempDir()
	for i, name := range slices.Sorted(maps.Keys(spilling)) {
		c := spilling[name]
		for j, ending := range []string{"no files", "little disk", "no folder", "cancelled", "left early"} {
			if leftOut(i + j) {
				continue
			}
			o := Options{Memory: spillMemory, Disk: 1 << 30, TempDir: dir}
			ctx, cancel := context.WithCancel(context.Background())
			var want error
			switch ending {
			case "no files":
				o.Memory, o.Disk, want = 500<<10, 0, ErrMemory
			case "little disk":
				o.Disk, want = 10<<10, ErrDisk
			case "no folder":
				o.TempDir, want = dir+"/none", os.ErrNotExist
			case "cancelled":
				want = context.Canceled
			}
			r, err := NewEngine(o).Query(ctx, snap, "PREFIX : <http://e/> "+c.text)
			if err != nil {
				t.Fatal(err)
			}
			stop := make(chan struct{})
			if ending == "cancelled" {
				go func() {
					defer close(stop)
					time.Sleep(10 * time.Millisecond)
					cancel()
				}()
			} else {
				close(stop)
			}
			if ending == "left early" {
				for _, err = range r.Rows() {
					break
				}
			} else {
				err = drain(r)
			}
			<-stop
			if err == nil && ending == "cancelled" {
				want = nil // it was quicker
			}
			if !errors.Is(err, want) {
				t.Errorf("%s, %s: got %v", name, ending, err)
			}
			r.Close()
			cancel()
			noFiles(t, dir)
		}
	}
}

// TestPool: queries that share a pool never take more than it has, a small one always runs, and what cannot spill fails as busy.
func TestPool(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, spillQuads())
	dir := t.TempDir()
	pool := NewPool(4 << 20)
	const text = "PREFIX : <http://e/> SELECT ?a ?c (COUNT(*) AS ?n) { ?a :p ?b . ?b :p ?c } GROUP BY ?a ?c ORDER BY ?c ?a"
	done := make(chan error)
	for i := range 6 {
		go func() {
			o := Options{Pool: pool, Disk: 1 << 30, TempDir: dir}
			if i%3 == 2 {
				o.Disk = 0
			}
			r, err := NewEngine(o).Query(context.Background(), snap, text)
			if err == nil {
				err = drain(r)
				r.Close()
			}
			if o.Disk == 0 && errors.Is(err, ErrPool) {
				err = nil
			}
			done <- err
		}()
	}
	point := func() {
		if err := run(context.Background(), snap, "SELECT * { :n17 :p ?b }", Options{Pool: pool}); err != nil {
			t.Errorf("the small query: %v", err)
		}
	}
	for left := 6; left > 0; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			left--
		default:
			point()
		}
	}
	if pool.Used() != 0 || pool.Peak() > pool.Limit() || pool.Peak() == 0 {
		t.Errorf("used %d, at most %d of %d", pool.Used(), pool.Peak(), pool.Limit())
	}
	noFiles(t, dir)
}

// TestLongStrings: a string that may not be so long is told, and not left out.
func TestLongStrings(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, denseQuads(10, 2))
	doubled := "BIND ('12345678' AS ?s0) "
	for i := range 22 {
		doubled += fmt.Sprintf("BIND (CONCAT(?s%d, ?s%[1]d) AS ?s%d) ", i, i+1)
	}
	for i, text := range []string{
		"SELECT (STRLEN(?s22) AS ?n) { " + doubled + "}",
		"SELECT (STRLEN(GROUP_CONCAT(?s20)) AS ?n) { ?a :p ?b " + doubled[:strings.Index(doubled, "BIND (CONCAT(?s20")] + "}",
		"SELECT (STRLEN(REPLACE(?s20, '1', 'abcdefghijklmnop')) AS ?n) { " + doubled[:strings.Index(doubled, "BIND (CONCAT(?s20")] + "}",
		"SELECT (STRLEN(REPLACE(?s20, '[1-3]', 'abcdefghijklmnop')) AS ?n) { " + doubled[:strings.Index(doubled, "BIND (CONCAT(?s20")] + "}",
	} {
		if leftOut(i) {
			continue
		}
		if err := run(context.Background(), snap, text, Options{}); !errors.Is(err, ErrString) {
			t.Errorf("%.60s…: got %v", text, err)
		}
	}
}

// BenchmarkSpill compares sorting in memory and through files.
func BenchmarkSpill(b *testing.B) {
	snap := snapshotOf(b, spillQuads())
	for name, o := range map[string]Options{"memory": {}, "files": {Memory: spillMemory, Disk: 1 << 30, TempDir: b.TempDir()}} {
		for _, q := range []string{"sort", "group", "distinct", "join"} {
			b.Run(q+"/"+name, func(b *testing.B) { benchmarkQuery(b, snap, spilling[q].text, o) })
		}
	}
}

func benchmarkQuery(b *testing.B, snap store.Snapshot, text string, o Options) {
	for b.Loop() {
		if err := run(context.Background(), snap, text, o); err != nil {
			b.Fatal(err)
		}
	}
}
