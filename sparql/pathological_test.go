package sparql

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

var pathologicalReport = flag.Bool("pathological.report", false, "write how long each pathological query took and how a query beside it fared")

const (
	pathologicalTimeout = 150 * time.Millisecond
	pathologicalMemory  = 64 << 20
	pathologicalHeap    = 320 << 20
)

// pathological are more queries that take far too much of something, besides endless.
func pathological() map[string]string {
	repeat := strings.Repeat
	list := func(n int, item string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, item, i)
		}
		return b.String()
	}
	return map[string]string{
		"alternatives over cycles": "SELECT (COUNT(*) AS ?n) { ?a (:p|:q|^:p)* ?b . ?b (:p|:q)* ?c . ?c (:q|:p)* ?d }",
		"closure of sequences":     "SELECT (COUNT(*) AS ?n) { ?a (:p/:p/:p)* ?b . ?c (:p/^:p)+ ?d }",
		"closures nested":          "SELECT * { ?a " + repeat("((", 40) + ":p" + repeat(")*|:q)+", 40) + " ?b . ?b (:p*)* ?c . ?d :p+ ?e }",
		"negated closure":          "SELECT (COUNT(*) AS ?n) { ?a (!(:x|:y))* ?b . ?c (!(:x|^:y))+ ?d }",
		"inline table":             "SELECT * { VALUES ?a { " + list(10000, ":n%d ") + "} VALUES ?b { " + list(10000, ":n%d ") + "} ?a :p ?c . ?b :p ?d FILTER (?c = ?b && ?d = ?x) }",
		"inline tables joined":     "SELECT * { VALUES (?a ?b) { " + list(10000, "(:n%d UNDEF) ") + "} VALUES (?a ?b) { " + list(10000, "(UNDEF :n%d) ") + "} FILTER (?a = ?b && ?b = 1) }",
		"IN list":                  "SELECT * { ?a :label ?l . ?c :label ?m . ?d :label ?n FILTER (CONCAT(?l, ?m, ?n) IN (" + list(5000, "\"x%d\", ") + "\"\")) }",
		"chain of patterns":        "SELECT * { " + list(1000, "?v%[1]d :p ?v%[1]dx . ?v%[1]dx :p ?v . ") + "}",
		"star of patterns":         "SELECT * { " + list(1000, "?a :p ?v%d . ") + "}",
		"separate patterns":        "SELECT (COUNT(*) AS ?n) { " + list(1000, "?a%[1]d :p ?b%[1]d . ") + "}",
		"long chain": "SELECT (COUNT(*) AS ?n) { ?v0 :p ?v . " + func() (s string) {
			for i := range 999 {
				s += fmt.Sprintf("?v%d :p ?v%d . ", i, i+1)
			}
			return s
		}() + "}",
		"clique": func() string {
			var b strings.Builder
			for i := range 24 {
				for k := range i {
					fmt.Fprintf(&b, "?v%d :p ?v%d . ", k, i)
				}
			}
			return "SELECT (COUNT(*) AS ?n) { " + b.String() + "}"
		}(),
		"optionals":        "SELECT * { ?a :p ?b " + list(300, "OPTIONAL { ?b :p ?c%d } ") + "}",
		"optionals nested": "SELECT * { ?a :p ?b " + repeat("OPTIONAL { ?x :p ?y . ?z :p ?b ", 40) + repeat("}", 40) + "}",
		"unions":           "SELECT (COUNT(*) AS ?n) { " + repeat("{ ?a :p ?b } UNION { ?b :p ?a } ", 60) + " ?c :p ?d . ?e :p ?f }",
		"exists nested": "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f " +
			repeat("FILTER NOT EXISTS { ?x :p ?y FILTER (?x != ?b && ?d = ?f) ", 12) + repeat("}", 12) + "}",
		"exists of many":       "SELECT * { ?a :label ?x . ?b :label ?y . ?c :p ?z FILTER EXISTS { ?a :p ?m . ?b :p ?n FILTER (?m = ?n && ?z = ?x) } }",
		"group by all":         "SELECT ?b ?d ?f (GROUP_CONCAT(STR(?a)) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f } GROUP BY ?b ?d ?f",
		"group distinct":       "SELECT (COUNT(DISTINCT CONCAT(STR(?a), STR(?c), STR(?e))) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f }",
		"group extremes":       "SELECT ?k (MAX(CONCAT(?x, ?x, ?x, ?x)) AS ?n) { ?a :long ?x . ?b :label ?y . ?c :label ?z } GROUP BY (CONCAT(?y, ?z) AS ?k)",
		"group concat":         "SELECT (GROUP_CONCAT(?x) AS ?s) (STRLEN(GROUP_CONCAT(CONCAT(?x, ?y))) AS ?n) { ?a :long ?x . ?b :long ?y . ?c :long ?z }",
		"concat doubling":      "SELECT (SUM(STRLEN(?s20)) AS ?n) { ?a :long ?s0 . ?b :long ?y " + list2(20, "BIND (CONCAT(?s%d, ?s%[1]d) AS ?s%d) ") + "}",
		"concat kept":          "SELECT * { ?a :long ?s0 . ?b :long ?y BIND (CONCAT(?s0, ?y, ?s0, ?y) AS ?z) } ORDER BY ?z",
		"replace growing":      "SELECT (SUM(STRLEN(?s3)) AS ?n) { ?a :long ?s0 . ?b :long ?y " + list2(3, "BIND (REPLACE(?s%d, '(a)', '$1$1$1$1$1$1$1$1') AS ?s%d) ") + "}",
		"replace quadratic":    "SELECT (SUM(STRLEN(REPLACE(CONCAT(?x, ?x, ?x, ?x), 'a*b|a', 'c'))) AS ?n) { ?a :long ?x . ?b :long ?y . ?c :long ?z }",
		"regex large":          "SELECT * { ?a :long ?x . ?b :long ?y FILTER REGEX(CONCAT(?x, ?y), '(x?y?z?a?){100}b') }",
		"regex exponential":    `SELECT * { ?a :label ?x . ?b :label ?y FILTER REGEX(CONCAT(?x, ?y), '^(a+)+\\1(a|aa)+$') }`,
		"regex many":           "SELECT (COUNT(*) AS ?n) { ?a :label ?x . ?b :label ?y . ?c :label ?z FILTER REGEX(?x, CONCAT('(', ?y, '|', ?z, '){3}')) }",
		"order by long":        "SELECT ?x { ?a :long ?x . ?b :long ?y } ORDER BY CONCAT(?x, ?y)",
		"order by expression":  "SELECT * { ?a :label ?x . ?b :label ?y . ?c :label ?z } ORDER BY DESC(CONCAT(?z, ?y, ?x)) LIMIT 10",
		"order by terms":       "SELECT * { ?a ?p ?x . ?b ?q ?y . ?c :p ?d } ORDER BY ?y ?x ?d ?a",
		"sorted and cut":       "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f } ORDER BY ?f LIMIT 5000000",
		"distinct of products": "SELECT DISTINCT ?s { ?a :label ?x . ?b :label ?y . ?c :label ?z BIND (CONCAT(?x, ?y, ?z) AS ?s) }",
		"numbers growing": "SELECT (MAX(?s30) AS ?n) { ?a :p ?b . ?c :p ?d BIND (1234567890123456789 AS ?s0) " +
			list2(30, "BIND (?s%d * ?s%[1]d AS ?s%d) ") + "}",
		"hashes":         "SELECT (COUNT(*) AS ?n) { ?a :long ?x . ?b :long ?y . ?c :long ?z FILTER (SHA512(CONCAT(?x, ?y, ?z)) = 'x') }",
		"template":       "CONSTRUCT { " + list(500, "?a :q%d ?h . ?h :q ?a . [] :r ?c . ") + "} { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
		"describe all":   "DESCRIBE ?a ?c ?e { ?a :p ?b . ?c :p ?d . ?e ?x ?f . ?g :p ?h }",
		"lateral":        "SELECT * { ?a :p ?b . ?e :p ?f LATERAL { SELECT * { ?c :p ?d FILTER (?d != ?a) } ORDER BY ?d LIMIT 3 } FILTER (?d = 1) }",
		"lateral nested": "SELECT (COUNT(*) AS ?n) { ?a :p ?b " + repeat("LATERAL { ?x :p ?y ", 20) + repeat("}", 20) + "}",
		"selects nested": "SELECT * { " + repeat("{ SELECT ?a (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f . ", 8) + repeat("} GROUP BY ?a }", 8) + "}",
		"minus nested":   "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d " + repeat("MINUS { ?x :p ?y . ?a :p ?d . ?e :p ?f ", 15) + repeat("}", 15) + "}",
		"graphs":         "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?a :p ?b } GRAPH ?h { ?c :p ?d } ?e :p ?f . ?i :p ?j . ?k :p ?l . ?m :p ?o }",
		"triple terms":   "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f BIND (TRIPLE(?a, :p, TRIPLE(?c, :p, TRIPLE(?e, :p, ?f))) AS ?t) } ORDER BY ?t",
		"random":         "SELECT DISTINCT ?r { ?a :p ?b . ?c :p ?d . ?e :p ?f BIND (RAND() AS ?r) }",
		"new IRIs":       "SELECT DISTINCT ?r { ?a :p ?b . ?c :p ?d . ?e :p ?f BIND (UUID() AS ?r) }",
		"having":         "SELECT ?b { ?a :p ?b . ?c :p ?d . ?e :p ?f } GROUP BY ?b HAVING (SUM(IF(?a = ?c, 1, 2)) < 0)",
		"parentheses":    "SELECT * { ?a :p ?b FILTER " + repeat("(", 200000) + "1" + repeat(")", 200000) + " }",
		"braces":         "SELECT * " + repeat("{ ", 200000) + repeat("} ", 200000),
		"lists":          "SELECT * { ?a :p " + repeat("( ", 100000) + repeat(") ", 100000) + "}",
		"path groups":    "SELECT * { ?a " + repeat("^(", 100000) + ":p" + repeat(")", 100000) + " ?b }",
		"sums":           "SELECT * { ?a :p ?b FILTER (1" + repeat(" + 1", 200000) + " = 2) }",
		"nots":           "SELECT * { ?a :p ?b FILTER (" + repeat("!", 200000) + "true) }",
	}
}

// list2 numbers two neighbours.
func list2(n int, item string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, item, i, i+1)
	}
	return b.String()
}

func pathologicalQuads() []rdf.Quad {
	quads := denseQuads(1500, 8)
	for i := range 40 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/n%d", i)), P: rdf.IRI("http://e/long"),
			O: rdf.String(strings.Repeat("a", 200_000) + fmt.Sprint(i))})
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/n%d", i)), P: rdf.IRI("http://e/p"),
			O: rdf.IRI(fmt.Sprintf("http://e/n%d", i+1)), G: rdf.IRI(fmt.Sprintf("http://e/g%d", i%20))})
	}
	return quads
}

// liveHeap is what the process's objects take, garbage that is not yet collected included.
func liveHeap() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// TestPathological runs queries that would take hours or all memory, one after the other, and a small query again and again
// beside them. Each ends by a limit, or with an answer, or is refused as text; none takes the process down.
func TestPathological(t *testing.T) {
	snap := snapshotOf(t, pathologicalQuads())
	queries := pathological()
	for name, text := range endless {
		if _, ok := queries[name]; ok {
			t.Errorf("two queries are named %s", name)
		}
		queries[name] = text
	}
	if len(queries) < 40 {
		t.Errorf("there are only %d queries", len(queries))
	}
	dir, pool := t.TempDir(), NewPool(2*pathologicalMemory)
	stop, points := make(chan struct{}), make(chan []time.Duration)
	var peak, now atomic.Int64
	go func() {
		var took []time.Duration
		for {
			select {
			case <-stop:
				points <- took
				return
			default:
			}
			begin := time.Now()
			if err := run(context.Background(), snap, "SELECT * { :n17 :p ?b }", Options{Pool: pool}); err != nil {
				t.Errorf("the small query: %v", err)
			}
			took = append(took, time.Since(begin))
			heap := liveHeap()
			peak.Store(max(peak.Load(), heap))
			now.Store(max(now.Load(), heap))
			time.Sleep(time.Millisecond)
		}
	}()
	names := make([]string, 0, len(queries))
	for name := range queries {
		names = append(names, name)
	}
	slices.Sort(names)
	base := liveHeap()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			now.Store(0)
			var used int64
			var err error
			after := late(pathologicalTimeout, func() {
				used, err = pathologicalRun(snap, queries[name], Options{Pool: pool, Disk: 1 << 30, TempDir: dir})
			})
			took := time.Since(begin)
			var bad *syntax.Error
			if err != nil && !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrMemory) && !errors.Is(err, ErrTooManyRows) &&
				!errors.Is(err, ErrRegexTimeout) && !errors.Is(err, ErrString) && !errors.As(err, &bad) {
				var no *UnsupportedError
				if !errors.As(err, &no) {
					t.Errorf("got %v", err)
				}
			}
			if after > slack {
				t.Errorf("it went on for %v of processor time", after)
			}
			if used > pathologicalMemory {
				t.Errorf("it counted %d bytes", used)
			}
			if *pathologicalReport {
				t.Logf("%6d ms, %3d MiB counted, heap at most %3d MiB: %.80v", took.Milliseconds(), used>>20, now.Load()>>20, err)
			}
		})
	}
	close(stop)
	took := <-points
	noFiles(t, dir)
	if pool.Used() != 0 {
		t.Errorf("the pool misses %d bytes", pool.Used())
	}
	slices.Sort(took)
	t.Logf("%d queries; %d runs of a small query beside them: median %v, 99 %% within %v, longest %v; heap at most %d MiB, %d MiB before",
		len(queries), len(took), took[len(took)/2], took[len(took)*99/100], took[len(took)-1], peak.Load()>>20, base>>20)
	if peak.Load() > base+pathologicalHeap {
		t.Errorf("the heap had %d MiB, %d MiB before", peak.Load()>>20, base>>20)
	}
}

func pathologicalRun(snap store.Snapshot, text string, o Options) (used int64, err error) {
	o.Timeout, o.Memory, o.MaxRows = pathologicalTimeout, pathologicalMemory, 1_000_000
	r, err := NewEngine(o).Query(context.Background(), snap, "PREFIX : <http://e/> "+text)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	err = drain(r)
	return r.MemoryPeak(), err
}
