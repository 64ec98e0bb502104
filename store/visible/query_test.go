package visible_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql"
	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
	"triplestore/store/visible"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "the first seed of the random queries; 0 takes one from the clock")
	countFlag = flag.Int("queries", 250, "how many random queries and updates to compare")
)

// someRights draws which of the generator's graphs are hidden.
func someRights(t *testing.T, r *rand.Rand) visible.Rights {
	t.Helper()
	names := []string{visible.DefaultGraph, "http://example.org/g1", "http://example.org/g2", "http://example.org/g3"}
	var closed, write []string
	for _, n := range names {
		switch r.IntN(3) {
		case 0:
			closed = append(closed, n)
		case 1:
			write = append(write, n)
		}
	}
	if len(closed) == 0 {
		closed = names[1:2]
	}
	if r.IntN(6) == 0 {
		closed = []string{visible.AllGraphs}
	}
	c, err1 := visible.ParseGraphs(closed...)
	w, err2 := visible.ParseGraphs(write...)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return visible.Rights{Closed: c, Write: w}
}

// stores makes a store with all quads and one with those that rights show. The same terms have the same IDs, so that plans agree.
func stores(t *testing.T, quads []rdf.Quad, rights visible.Rights) (whole, seen store.Store, hidden []rdf.Quad) {
	t.Helper()
	var shown []rdf.Quad
	for _, q := range quads {
		if rights.MayRead(q.G) {
			shown = append(shown, q)
		} else {
			hidden = append(hidden, q)
		}
	}
	fill := func(parts ...[]rdf.Quad) store.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		if _, err := s.Update(t.Context(), func(x store.Txn) error {
			for _, p := range parts {
				if err := x.Add(p); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	return fill(shown, hidden), fill(shown), hidden
}

func snapshotOf(t *testing.T, s store.Store) store.Snapshot {
	t.Helper()
	n, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func ask(ctx context.Context, e *sparql.Engine, snap store.Snapshot, text string) (*sparqltest.Answer, error) {
	r, err := e.Query(ctx, snap, text)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return sparqltest.Read(r)
}

var joinVars = regexp.MustCompile(`\(([?$][^()]*)\)`)

// plain is a plan with the variables of joins in order: the optimizer does not care.
func plain(plan string) string {
	return joinVars.ReplaceAllStringFunc(plan, func(s string) string {
		words := strings.Fields(joinVars.FindStringSubmatch(s)[1])
		slices.Sort(words)
		return "(" + strings.Join(words, " ") + ")"
	})
}

func firstSeed() uint64 {
	if *seedFlag != 0 {
		return *seedFlag
	}
	return uint64(time.Now().UnixNano())
}

// fixed are queries that the generator does not make.
var fixed = []string{
	"DESCRIBE <http://example.org/r1>", "DESCRIBE ?a { ?a <http://example.org/p0> ?b }", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
	"SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", "SELECT DISTINCT ?p { ?s ?p ?o }", "SELECT DISTINCT ?g { GRAPH ?g { } }", "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }",
	"SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }", "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", "SELECT ?o (COUNT(*) AS ?n) { GRAPH <http://example.org/g1> { ?s ?p ?o } } GROUP BY ?o",
	"SELECT (MIN(?o) AS ?a) (MAX(?o) AS ?b) { ?s <http://example.org/p1> ?o }", "ASK { GRAPH <http://example.org/g1> { } }", "ASK FROM <http://example.org/g2> { ?s ?p ?o }",
	"SELECT * FROM <http://example.org/g1> FROM NAMED <http://example.org/g2> { ?s ?p ?o OPTIONAL { GRAPH ?g { ?s ?q ?x } } }",
	"SELECT ?a ?b { ?a (<http://example.org/p0>|<http://example.org/p1>)+ ?b }", "SELECT ?a { ?a <http://example.org/p0>* <http://example.org/r2> }",
	"SELECT ?g { GRAPH ?g { <http://example.org/r0> !<http://example.org/p0>* ?b } }", "SELECT * { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } }",
	"SELECT * { ?s ?p ?o FILTER(LANGMATCHES(LANG(?o), 'nb')) }", "SELECT * { ?s ?p ?o FILTER(DATATYPE(?o) = <http://example.org/datatype>) }",
	"SELECT ?x { VALUES ?x { <http://example.org/r3> 'a' <http://example.org/p1> } FILTER EXISTS { { ?x ?p ?o } UNION { ?s ?x ?o } UNION { ?s ?p ?x } } }",
	"CONSTRUCT { ?s ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } }",
}

// TestQueries: who may not see some graphs gets the answers, and the plans with their estimates, that a store without them gives.
func TestQueries(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	t.Logf("seed %d", seed)
	compared := 0
	for i := range uint64(*countFlag) {
		g, r := sparqltest.NewGenerator(seed+i), rand.New(rand.NewPCG(seed, i))
		quads, rights := g.Quads(), someRights(t, r)
		quads = append(quads, rdf.Quad{S: rdf.IRI("http://example.org/r0"), P: rdf.IRI("http://example.org/secret"), O: rdf.String("only here"), G: rdf.IRI("http://example.org/g3")})
		whole, seen, _ := stores(t, quads, rights)
		got, want := snapshotOf(t, visible.New(whole).For(t.Context(), rights, nil)), snapshotOf(t, seen)
		for _, text := range []string{g.Query(), g.Query(), fixed[r.IntN(len(fixed))], fixed[r.IntN(len(fixed))]} {
			o := sparql.Options{Timeout: 5 * time.Second, Memory: 64 << 20, UnionDefaultGraph: r.IntN(3) == 0, NoOptimizer: r.IntN(4) == 0, DrawAll: r.IntN(2) == 0,
				Now: func() time.Time { return time.Unix(1_700_000_000, 0).UTC() }}
			if r.IntN(5) == 0 {
				o.Dataset, o.Default, o.Named = true, []rdf.Term{rdf.IRI("http://example.org/g1")}, []rdf.Term{rdf.IRI("http://example.org/g3")}
			}
			e := sparql.NewEngine(o)
			fail := func(format string, args ...any) {
				t.Helper()
				t.Fatalf("seed %d, closed %q, may write %q, union %v, parameters %v:\n%s\n%s", seed+i, rights.Closed, rights.Write, o.UnionDefaultGraph, o.Dataset, text, fmt.Sprintf(format, args...))
			}
			a, err1 := ask(t.Context(), e, got, text)
			b, err2 := ask(t.Context(), e, want, text)
			if err1 != nil || err2 != nil {
				if errors.Is(err1, sparql.ErrTimeout) || errors.Is(err2, sparql.ErrTimeout) || errors.Is(err1, sparql.ErrMemory) && errors.Is(err2, sparql.ErrMemory) {
					continue
				}
				if fmt.Sprint(err1) != fmt.Sprint(err2) {
					fail("%v\n%v", err1, err2)
				}
				continue
			}
			if err := sparqltest.Same(b, a); err != nil && !errors.Is(err, canon.ErrLimit) {
				fail("%v", err)
			}
			// The optimizer is not quite the same each time: it ranges over maps of variables.
			for try := 1; ; try++ {
				p, err1 := e.Explain(t.Context(), got, text)
				q, err2 := e.Explain(t.Context(), want, text)
				if err := errors.Join(err1, err2); err != nil || plain(p) != plain(q) && try == 20 {
					fail("plans, %v:\n%s\n%s", err, p, q)
				}
				if plain(p) == plain(q) {
					break
				}
			}
			compared++
		}
	}
	if compared < *countFlag*3 {
		t.Errorf("only %d queries were compared", compared)
	}
}

// TestUpdates: a request of one who may not see or write some graphs does the same as on a store without the hidden ones, with the same
// error where it is refused, and never touches what is hidden.
func TestUpdates(t *testing.T) {
	t.Parallel()
	seed := firstSeed()
	t.Logf("seed %d", seed)
	denied, done := 0, 0
	for i := range uint64(*countFlag) {
		g, r := sparqltest.NewGenerator(seed+i), rand.New(rand.NewPCG(seed, i))
		quads, rights := g.Quads(), someRights(t, r)
		whole, seen, hidden := stores(t, quads, rights)
		text := g.Update()
		o := sparql.Options{Timeout: 5 * time.Second, Memory: 64 << 20, UnionDefaultGraph: r.IntN(3) == 0, Now: func() time.Time { return time.Unix(1_700_000_000, 0).UTC() }}
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d, closed %q, may write %q: %s\n%s", seed+i, rights.Closed, rights.Write, text, fmt.Sprintf(format, args...))
		}
		update := func(s store.Store) (sparql.UpdateResult, []string, error) {
			var touched []string
			part := visible.New(s).For(t.Context(), rights, func(g rdf.Term) { touched = append(touched, g.String()) })
			result, err := sparql.NewEngine(o).Update(t.Context(), part, text)
			slices.Sort(touched)
			return result, touched, err
		}
		a, touched, err1 := update(whole)
		b, touched2, err2 := update(seen)
		if errors.Is(err1, sparql.ErrTimeout) || errors.Is(err2, sparql.ErrTimeout) || errors.Is(err1, sparql.ErrMemory) || errors.Is(err2, sparql.ErrMemory) {
			continue
		}
		if fmt.Sprint(err1) != fmt.Sprint(err2) {
			fail("%v\n%v", err1, err2)
		}
		if a.Inserted != b.Inserted || a.Deleted != b.Deleted || a.Operations != b.Operations || !slices.Equal(touched, touched2) {
			fail("%+v %v\n%+v %v", a, touched, b, touched2)
		}
		all, errA := storetest.Quads(t.Context(), snapshotOf(t, whole))
		want, errB := storetest.Quads(t.Context(), snapshotOf(t, seen))
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		var shown, rest []rdf.Quad
		for _, q := range all {
			if rights.MayRead(q.G) {
				shown = append(shown, q)
			} else {
				rest = append(rest, q)
			}
		}
		slices.SortFunc(hidden, rdf.CompareQuads)
		if !slices.Equal(rest, slices.Compact(hidden)) {
			fail("what is hidden has changed: %v\n%v", rest, hidden)
		}
		if same, err := canon.Isomorphic(shown, want); err == nil && !same {
			fail("got %v\nwant %v", shown, want)
		}
		switch {
		case err1 == nil:
			done++
			for _, q := range all {
				if !rights.MayWrite(q.G) && !slices.Contains(quads, q) {
					fail("%v was written", q)
				}
			}
		case errors.As(err1, new(*visible.DeniedError)):
			denied++
			if len(all) != len(dedup(quads)) {
				fail("something of a refused request stayed")
			}
		}
	}
	if denied < *countFlag/10 || done < *countFlag/20 {
		t.Errorf("%d refused, %d carried out", denied, done)
	}
	t.Logf("%d refused, %d carried out", denied, done)
}

func dedup(quads []rdf.Quad) []rdf.Quad {
	quads = slices.Clone(quads)
	slices.SortFunc(quads, rdf.CompareQuads)
	return slices.Compact(quads)
}

// TestRefused: what names a graph that may not be written is refused whatever is in it, SILENT or not.
func TestRefused(t *testing.T) {
	t.Parallel()
	parse := func(patterns ...string) visible.Graphs {
		g, err := visible.ParseGraphs(patterns...)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	rights := visible.Rights{Closed: parse("http://e/closed*"), Write: parse("http://e/mine*")}
	const mine, open, closed = "GRAPH <http://e/mine>", "GRAPH <http://e/open>", "GRAPH <http://e/closed>"
	quad := func(g string) rdf.Quad {
		return rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: rdf.String(g), G: rdf.IRI("http://e/" + g)}
	}
	for text, refused := range map[string]bool{
		"INSERT DATA { " + mine + " { <x:a> <x:b> 1 } }": false, "INSERT DATA { " + closed + " { <x:a> <x:b> 1 } }": true, "INSERT DATA { <x:a> <x:b> 1 }": true,
		"DELETE DATA { " + open + " { <x:a> <x:b> 1 } }": true, "DELETE DATA { GRAPH <http://e/nowhere> { <x:a> <x:b> 1 } }": true,
		"DELETE WHERE { " + mine + " { ?s ?p ?o } }": false, "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }": true, "DELETE WHERE { " + closed + " { ?s ?p ?o } }": true,
		"DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), 'http://e/mine')) }": false,
		"DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), 'http://e/c')) }":    false, // it sees none
		"INSERT { GRAPH ?g { <x:a> <x:b> 1 } } WHERE { VALUES ?g { <http://e/mine/new> <http://e/mine/2> } }":          false,
		"INSERT { GRAPH ?g { <x:a> <x:b> 1 } } WHERE { VALUES ?g { <http://e/mine/new> <http://e/closed> } }":          true,
		"INSERT { GRAPH ?g { <x:a> <x:b> 1 } } WHERE { VALUES ?g { <http://e/mine/new> <http://e/new> } }":             true,
		"WITH <http://e/open> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o . ?o ?p ?s }":                                       true,
		"WITH <http://e/mine> INSERT { ?s ?p ?o } USING <http://e/closed> WHERE { ?s ?p ?o }":                          false,
		"CLEAR " + mine: false, "CLEAR SILENT " + closed: true, "DROP " + open: true, "DROP SILENT ALL": true, "CLEAR ALL": true, "CLEAR SILENT NAMED": true, "CLEAR DEFAULT": true,
		"CREATE " + closed: true, "CREATE SILENT " + open: true, "CREATE " + mine + "1": false,
		"COPY " + open + " TO " + mine: false, "COPY " + mine + " TO " + open: true, "COPY " + mine + " TO DEFAULT": true, "ADD SILENT " + mine + " TO " + closed: true,
		"COPY SILENT " + closed + " TO " + mine: false, "MOVE " + open + " TO " + mine: true, "MOVE " + mine + " TO " + mine + "2": false,
		"LOAD SILENT <x:y> INTO " + closed: true, "LOAD SILENT <x:y>": true, "LOAD SILENT <x:y> INTO " + mine: false,
		"INSERT DATA { " + mine + " { <x:a> <x:b> 1 } } ; DROP SILENT " + closed: true,
	} {
		t.Run(text, func(t *testing.T) {
			text = strings.NewReplacer("GRAPH <http://e/mine>1", "GRAPH <http://e/mine1>", "GRAPH <http://e/mine>2", "GRAPH <http://e/mine2>").Replace(text)
			for _, empty := range []bool{false, true} {
				s := memstore.New()
				defer s.Close()
				if _, err := s.Update(t.Context(), func(x store.Txn) error {
					quads := []rdf.Quad{quad("mine"), quad("open"), quad("closed")}
					if empty {
						quads = quads[:2]
					}
					return x.Add(quads)
				}); err != nil {
					t.Fatal(err)
				}
				_, err := sparql.NewEngine(sparql.Options{}).Update(t.Context(), visible.New(s).For(t.Context(), rights, nil), text)
				if got := errors.As(err, new(*visible.DeniedError)); got != refused || !refused && err != nil {
					t.Errorf("refused %v, want %v: %v", got, refused, err)
				}
				if err != nil && strings.Contains(err.Error(), "closed") && !strings.Contains(text, "closed") {
					t.Errorf("the error names what is hidden: %v", err)
				}
			}
		})
	}
	_, err := sparql.NewEngine(sparql.Options{}).Update(t.Context(), visible.New(memstore.New()).For(t.Context(), rights, nil), "COPY "+closed+" TO "+mine)
	if e := (*sparql.UpdateError)(nil); !errors.As(err, &e) || e.Reason != sparql.NoGraph {
		t.Errorf("a hidden source: %v", err)
	}
}
