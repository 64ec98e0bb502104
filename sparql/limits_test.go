package sparql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"triplestore/internal/cputime"
	"triplestore/internal/leaks"
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// denseQuads is a graph in which every node is linked to many others, with a label each.
func denseQuads(nodes, links int) []rdf.Quad {
	var out []rdf.Quad
	node := func(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/n%d", i%nodes)) }
	for i := range nodes {
		for k := range links {
			out = append(out, rdf.Quad{S: node(i), P: rdf.IRI("http://e/p"), O: node(i*7 + k*13 + 1)})
		}
		out = append(out, rdf.Quad{S: node(i), P: rdf.IRI("http://e/label"), O: rdf.String(strings.Repeat("a", 30) + fmt.Sprint(i))})
	}
	return out
}

// endless are queries that would take hours.
var endless = map[string]string{
	"cross product":     "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"cross product out": "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"chain":             "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?b :p ?c . ?c :p ?d . ?d :p ?e . ?e :p ?f . ?f :p ?g . ?g :p ?h . ?h :p ?i }",
	"sort":              "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f } ORDER BY ?f ?a",
	"distinct":          "SELECT DISTINCT ?a ?c ?e ?g { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"group":             "SELECT ?a ?c ?e (SAMPLE(?f) AS ?s) { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h } GROUP BY ?a ?c ?e",
	"concat":            "SELECT (GROUP_CONCAT(?b) AS ?s) { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"filter":            "SELECT * { ?a :label ?b . ?c :label ?d . ?e :label ?f FILTER (CONCAT(?b, ?d, ?f) = 'x') }",
	"regex":             `SELECT * { ?a :label ?b . ?c :label ?d . ?e :label ?f FILTER REGEX(CONCAT(?b, ?d, ?f), "(a*)*(a*)*(a*)*b$") }`,
	"path of paths":     "SELECT * { ?a ((:p*)/(:p*))* ?b . ?c ((:p+)|(:p/:p))+ ?d . ?e :p* ?f }",
	"paths":             "SELECT (COUNT(*) AS ?n) { ?a :p* ?b . ?c :p* ?d . ?e :p* ?f }",
	"negated path":      "SELECT (COUNT(*) AS ?n) { ?a (!:x/!:y)* ?b . ?c (!:x)+ ?d . ?e :p* ?f }",
	"optional":          "SELECT * { ?a :p ?b OPTIONAL { ?c :p ?d OPTIONAL { ?e :p ?f OPTIONAL { ?g :p ?h FILTER (?h != ?a && ?b = ?c) } } } }",
	"minus":             "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f MINUS { ?a :label ?x . ?c :p ?e } FILTER (CONCAT(STR(?a), STR(?d), STR(?f)) = '1') }",
	"exists":            "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f FILTER EXISTS { ?x :p ?y FILTER (?x = ?a && ?y = ?d && ?f = 3) } }",
	"exists optional":   "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f FILTER EXISTS { ?x :p ?y OPTIONAL { ?y :p ?z } FILTER (?x = ?a && ?z = ?d && ?f = 3) } }",
	"union":             "SELECT * { { ?a :p ?b } UNION { ?c :p ?d } { ?e :p ?f } UNION { ?g :p ?h } { ?i :p ?j } UNION { ?k :p ?l } FILTER (?a = 3) }",
	"unbound join":      "SELECT * { { ?a :p ?b OPTIONAL { ?a :x ?c } } { ?d :p ?e OPTIONAL { ?d :x ?c } } { ?f :p ?g OPTIONAL { ?f :x ?c } } FILTER (?c = 3) }",
	"values":            "SELECT * { VALUES (?a ?b) { (UNDEF 1) (1 UNDEF) } ?c :p ?d . ?e :p ?f . ?g :p ?h FILTER (?a > ?h) }",
	"construct":         "CONSTRUCT { ?a :p ?h . ?c :p ?f . [] :p ?d } { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"describe":          "DESCRIBE ?a ?c { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"ask":               "ASK { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h FILTER (STRLEN(CONCAT(STR(?a), STR(?c), STR(?h))) = 1) }",
	"extend":            "SELECT (SUM(STRLEN(?s)) AS ?n) { ?a :label ?b . ?c :label ?d . ?e :label ?f BIND (CONCAT(?b, ?d, ?f) AS ?s) }",
}

// drain reads a result to its end.
func drain(r *Result) error {
	switch r.Form() {
	case algebra.Ask:
		_, err := r.Bool()
		return err
	case algebra.Select:
		for _, err := range r.Rows() {
			if err != nil {
				return err
			}
		}
	default:
		for _, err := range r.Triples() {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func run(ctx context.Context, snap store.Snapshot, text string, o Options) error {
	r, err := NewEngine(o).Query(ctx, snap, "PREFIX : <http://e/> "+text)
	if err != nil {
		return err
	}
	defer r.Close()
	return drain(r)
}

// slack is how much processor time a query may take after its time is over. It is measured instead of the time on the clock, since tests share their
// machine.
const slack = slowdown * 500 * time.Millisecond

func TestTimeout(t *testing.T) {
	snap := snapshotOf(t, denseQuads(1500, 8))
	for name, text := range endless {
		for _, naive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, naive), func(t *testing.T) {
				const timeout = 60 * time.Millisecond
				var err error
				took := late(timeout, func() {
					err = run(context.Background(), snap, text, Options{Timeout: timeout, Memory: 512 << 20, NoOptimizer: naive})
				})
				if !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrMemory) {
					t.Errorf("got %v", err)
				}
				if took > slack {
					t.Errorf("it went on for %v of processor time", took)
				}
			})
		}
	}
}

func TestMemory(t *testing.T) {
	snap := snapshotOf(t, denseQuads(3000, 8))
	for _, text := range []string{
		"SELECT * { ?a :p ?b . ?c :p ?d } ORDER BY ?d",
		"SELECT DISTINCT ?a ?c { ?a :p ?b . ?c :p ?d }",
		"SELECT ?a ?c (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d } GROUP BY ?a ?c",
		"SELECT (COUNT(DISTINCT *) AS ?n) { ?a :p ?b . ?c :p ?d }",
		"SELECT (COUNT(DISTINCT ?s) AS ?n) { ?a :label ?b . ?c :label ?d BIND (CONCAT(?b, ?d) AS ?s) }",
		"SELECT (GROUP_CONCAT(?s) AS ?n) { ?a :label ?b . ?c :label ?d BIND (CONCAT(?b, ?d) AS ?s) }",
		"SELECT ?a ?c { ?a :p ?b . { SELECT DISTINCT ?a ?c { ?a :p ?b . ?c :p ?d } } }",
	} {
		r, err := NewEngine(Options{Memory: 8 << 20, Timeout: 20 * time.Second}).Query(context.Background(), snap, "PREFIX : <http://e/> "+text)
		if err != nil {
			t.Fatal(err)
		}
		err = drain(r)
		if !errors.Is(err, ErrMemory) {
			t.Errorf("%s: got %v with %d bytes at most", text, err, r.MemoryPeak())
		}
		r.Close()
	}
}

// TestMemoryThatCannotSpill: what cannot go to files ends the query with an error when the budget is used up, and does not take much more.
func TestMemoryThatCannotSpill(t *testing.T) {
	var quads []rdf.Quad
	const nodes = 20_000
	node := func(i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/n%d", i)) }
	for i := range nodes {
		quads = append(quads, rdf.Quad{S: node(i / 2), P: rdf.IRI("http://e/p"), O: node(i)}, rdf.Quad{S: node(i), P: rdf.IRI("http://e/q"), O: node(i / 2)})
	}
	snap := snapshotOf(t, quads)
	for name, text := range map[string]string{ // each needs some hundred KiB
		"path forward":             "SELECT (COUNT(*) AS ?n) { :n0 :p* ?x }",
		"path backward":            "SELECT (COUNT(*) AS ?n) { ?x (^:p|:q)+ :n1 }",
		"path of alternatives":     "ASK { :n1 (:p|^:p|:q)* :n0 . :n0 :p* :n17777 }",
		"path between":             "SELECT * { :n1 (:p/:p)* :n19999 . ?a :p ?b } LIMIT 1",
		"distinct of one group":    "SELECT (COUNT(DISTINCT CONCAT(STR(?x), 'x')) AS ?n) { ?x :p ?y }",
		"GROUP_CONCAT":             "SELECT (GROUP_CONCAT(?x) AS ?n) { ?x :p ?y }",
		"GROUP_CONCAT of distinct": "SELECT (GROUP_CONCAT(DISTINCT ?x ; separator='') AS ?n) { ?x :p ?y }",
		"GROUP_CONCATs":            "SELECT ?z (GROUP_CONCAT(CONCAT(STR(?x), STR(?y))) AS ?n) { ?x :p ?y BIND (1 AS ?z) } GROUP BY ?z",
	} {
		for _, disk := range []int64{0, 1 << 30} {
			const limit = 128 << 10
			r, err := NewEngine(Options{Memory: limit, Disk: disk, TempDir: t.TempDir(), Timeout: time.Minute}).Query(context.Background(), snap, "PREFIX : <http://e/> "+text)
			if err != nil {
				t.Fatal(err)
			}
			err = drain(r)
			if spilled := disk > 0 && err == nil && r.Spilled() > 0; !errors.Is(err, ErrMemory) && !spilled || r.MemoryPeak() > limit {
				t.Errorf("%s, disk %d: got %v with %d bytes at most, %d in files", name, disk, err, r.MemoryPeak(), r.Spilled())
			}
			r.Close()
			if err := run(context.Background(), snap, text, Options{Memory: 256 << 20, Timeout: time.Minute}); err != nil {
				t.Errorf("%s, with enough memory: %v", name, err)
			}
		}
	}
}

func TestMaxRows(t *testing.T) {
	snap := snapshotOf(t, denseQuads(50, 2))
	for _, text := range []string{"SELECT * { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }"} {
		if err := run(context.Background(), snap, text, Options{MaxRows: 149}); !errors.Is(err, ErrTooManyRows) {
			t.Errorf("%s: got %v", text, err)
		}
		if err := run(context.Background(), snap, text, Options{MaxRows: 150}); err != nil {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestBreakEarly(t *testing.T) {
	snap := snapshotOf(t, denseQuads(1500, 8))
	for _, text := range []string{"SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f }", "CONSTRUCT { ?a :q ?f } { ?a :p ?b . ?c :p ?d . ?e :p ?f }"} {
		before := cputime.Process()
		r, err := NewEngine(Options{}).Query(context.Background(), snap, "PREFIX : <http://e/> "+text)
		if err != nil {
			t.Fatal(err)
		}
		if r.Form() == algebra.Select {
			for range r.Rows() {
				break
			}
		} else {
			for range r.Triples() {
				break
			}
		}
		r.Close()
		r.Close()
		if d := cputime.Process() - before; d > 5*time.Second {
			t.Errorf("%s: it took %v of processor time", text, d)
		}
	}
}

// TestDeep: texts that nest deeply are planned in reasonable time, or refused.
func TestDeep(t *testing.T) {
	snap := snapshotOf(t, denseQuads(50, 2))
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"optionals":        "SELECT * { ?a :p ?b " + repeat("OPTIONAL { ?a :p ?b ", 200) + repeat("}", 200) + "}",
		"groups":           "SELECT * { " + repeat("{ ?a :p ?b . ", 200) + repeat("}", 200) + "}",
		"unions":           "SELECT * { ?a :p ?b . " + repeat("{ ?a :p ?b } UNION { ", 200) + repeat("}", 200) + "}",
		"wide union":       "SELECT * { ?a :p ?b . { ?a :p ?b }" + repeat(" UNION { ?a :p ?b }", 1000) + "}",
		"patterns":         "SELECT * { ?a :p ?b . " + repeat("?a :label ?c . ", 500) + "}",
		"star":             "SELECT * { " + stars(200) + "}",
		"exists":           "SELECT * { ?a :p ?b " + repeat("FILTER EXISTS { ?a :p ?b ", 100) + repeat("}", 100) + "}",
		"selects":          "SELECT * { " + repeat("{ SELECT * { ?a :p ?b . ", 100) + repeat("} }", 100) + "}",
		"minuses":          "SELECT * { ?a :p ?b " + repeat("MINUS { ?a :p ?b ", 100) + repeat("}", 100) + "}",
		"paths":            "SELECT * { ?a " + repeat("(", 100) + ":p" + repeat(")*", 100) + " ?b }",
		"filters":          "SELECT * { ?a :p ?b FILTER (" + repeat("!(", 200) + "?a = ?b" + repeat(")", 200) + ") }",
		"unions of unions": "SELECT * { ?a :p ?b . " + repeat("{ ?a :p ?x } UNION { ?b :p ?x } ", 12) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			before := cputime.Process()
			err := run(context.Background(), snap, text, Options{Timeout: 5 * time.Minute, Memory: 256 << 20, MaxRows: 1000})
			if err != nil && !errors.Is(err, ErrTooManyRows) {
				t.Errorf("got %v", err)
			}
			if d := cputime.Process() - before; d > 10*time.Second {
				t.Errorf("it took %v of processor time", d)
			}
		})
	}
}

func stars(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "?a :label ?v%d . ", i)
	}
	return b.String()
}

// TestConsumerPanic: a panic of the code that reads a result is not taken for one of the engine.
func TestConsumerPanic(t *testing.T) {
	snap := snapshotOf(t, denseQuads(10, 2))
	r, err := NewEngine(Options{}).Query(context.Background(), snap, "SELECT * { ?s ?p ?o }")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer func() {
		if p := recover(); p != "mine" {
			t.Errorf("got %v", p)
		}
	}()
	for range r.Rows() {
		panic("mine")
	}
}

// faultySnapshot panics or fails in a scan.
type faultySnapshot struct {
	store.Snapshot
	err error
}

func (s *faultySnapshot) Scan(context.Context, store.Range, store.ColumnSet) store.Cursor {
	return &faultyCursor{err: s.err}
}

type faultyCursor struct{ err error }

func (c *faultyCursor) Next() (store.Block, error) {
	if c.err == nil {
		panic("broken")
	}
	return store.Block{}, c.err
}
func (c *faultyCursor) Seek([]store.ID) error { return c.err }
func (c *faultyCursor) Close()                {}

func TestFaults(t *testing.T) {
	log := slog.Default()
	defer slog.SetDefault(log)
	slog.SetDefault(slog.New(slog.DiscardHandler))
	snap := snapshotOf(t, denseQuads(10, 2))
	for _, text := range []string{"SELECT * { ?s ?p ?o }", "ASK { ?s ?p ?o . ?o ?q ?x }", "SELECT * { ?s :p* ?o }", "DESCRIBE :n1",
		"SELECT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o OPTIONAL { ?o :p ?x } FILTER EXISTS { ?x :p ?y OPTIONAL { ?y :p ?z } } }"} {
		if err := run(context.Background(), &faultySnapshot{snap, store.ErrCorrupt}, text, Options{}); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: got %v for a corrupt store", text, err)
		}
		if err := run(context.Background(), &faultySnapshot{snap, nil}, text, Options{}); !errors.Is(err, ErrInternal) {
			t.Errorf("%s: got %v for a panic", text, err)
		}
	}
}
