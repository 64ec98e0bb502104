package refexec_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/expr"
	"triplestore/sparql/refexec"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
	"triplestore/store/visible"
)

// orderedKinds make values to sort by, with many ties: each of one kind, of several, of those whose IDs are in the order of their values and those
// whose are not.
var orderedKinds = []func(r *rand.Rand) rdf.Term{
	func(r *rand.Rand) rdf.Term {
		return typed("dateTime", "2024-0%d-1%dT0%d:00:00Z", 1+r.IntN(3), r.IntN(10), r.IntN(3))
	},
	func(r *rand.Rand) rdf.Term {
		return typed("dateTime", "2024-01-0%dT1%d:00:00%s", 1+r.IntN(3), r.IntN(4), pick(r, "", "Z", "+02:00", "-05:30", "+14:00", ".5Z"))
	},
	func(r *rand.Rand) rdf.Term {
		return typed("date", "202%d-0%d-01%s", r.IntN(10), 1+r.IntN(9), pick(r, "", "Z"))
	},
	func(r *rand.Rand) rdf.Term { return typed("integer", "%d", r.IntN(80)-40) },
	func(r *rand.Rand) rdf.Term { return typed("decimal", "%d.%d", r.IntN(20)-10, r.IntN(3)*5) }, // -0.0 and the like are not canonical
	func(r *rand.Rand) rdf.Term { // numbers of all kinds, most of them integers
		switch r.IntN(12) {
		case 0:
			return typed("decimal", "%d.5", r.IntN(20)-10)
		case 1:
			return typed("double", "%s", pick(r, "1.5E0", "-2.0E0", "INF", "-INF", "NaN", "1.0E-1", "0.1", "0.0E0", "-0.0E0"))
		case 2:
			return typed(pick(r, "float", "byte", "nonNegativeInteger", "long"), "%d", r.IntN(20))
		case 3:
			return typed("integer", "0%d", r.IntN(20)) // not canonical
		}
		return typed("integer", "%d", r.IntN(40)-20)
	},
	func(r *rand.Rand) rdf.Term { return typed("double", "%d.%dE%d", 1+r.IntN(9), r.IntN(2)*5, r.IntN(3)) },
	func(r *rand.Rand) rdf.Term { return typed("nonNegativeInteger", "%d", r.IntN(60)) },
	func(r *rand.Rand) rdf.Term {
		return typed(pick(r, "long", "int", "positiveInteger"), "%d", 1+r.IntN(60))
	},
	func(r *rand.Rand) rdf.Term { return typed("gYear", "%d%s", 1990+r.IntN(40), pick(r, "", "Z")) },
	func(r *rand.Rand) rdf.Term { return typed("boolean", "%v", r.IntN(2) == 0) },
	func(r *rand.Rand) rdf.Term { // as in harvested data: dates, times, years and words
		switch r.IntN(12) {
		case 0:
			return rdf.String(fmt.Sprint(2000 + r.IntN(20)))
		case 1:
			return rdf.LangLiteral(pick(r, "aldri", "i går"), "nb")
		case 2:
			return typed("gYear", "%d", 2000+r.IntN(20))
		case 3:
			return typed("dateTime", "2024-01-0%dT10:00:00.0000Z", 1+r.IntN(9)) // not canonical
		case 4:
			return typed("date", "2024-01-0%d+02:00", 1+r.IntN(9)) // nor
		case 5:
			return rdf.IRI(fmt.Sprint("http://e/y", r.IntN(5)))
		}
		return typed(pick(r, "date", "dateTime"), "2024-0%d-11", 1+r.IntN(9)) // such dateTimes are ill-typed
	},
	func(r *rand.Rand) rdf.Term { return rdf.String(fmt.Sprint("word ", r.IntN(40))) },
}

func typed(name, format string, args ...any) rdf.Term {
	return rdf.Literal(fmt.Sprintf(format, args...), "http://www.w3.org/2001/XMLSchema#"+name)
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// orderedData has values of one of the kinds for :m, and of another for :n.
func orderedData(r *rand.Rand, subjects int) (quads []rdf.Quad) {
	of, other := orderedKinds[r.IntN(len(orderedKinds))], orderedKinds[r.IntN(len(orderedKinds))]
	graphs := []rdf.Term{{}, {}, {}, rdf.IRI("http://e/g1"), rdf.IRI("http://e/g2")}
	add := func(s rdf.Term, p string, o rdf.Term) {
		g := graphs[r.IntN(len(graphs))]
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o, G: g})
		if r.IntN(10) == 0 { // the same triple in another graph
			quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o, G: graphs[r.IntN(len(graphs))]})
		}
	}
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	for i := range subjects {
		s := iri("s", i)
		add(s, "type", iri("T", r.IntN(3)))
		for range 1 + r.IntN(2) {
			add(s, "m", of(r))
		}
		if i%3 != 0 {
			add(s, "n", other(r))
		}
		add(s, "near", iri("s", r.IntN(subjects)))
		if i%7 == 0 {
			add(s, "late", iri("h", i%2))
		}
	}
	return quads
}

// orderedBodies bind ?s and ?m.
var orderedBodies = []string{
	"{ ?s :m ?m }", "{ ?s :m ?m ; :type :T0 }", "{ ?s :type ?t ; :m ?m ; :n ?n }", "{ ?s :m ?m OPTIONAL { ?s :late ?l } }", "{ ?s :m ?m OPTIONAL { ?s :n ?n ; :late ?l } }",
	"{ ?s :type :T1 OPTIONAL { ?s :m ?m } }", "{ ?s :m ?m ; :near ?b MINUS { ?b :type :T1 } }", "{ ?s :m ?m ; :n ?n FILTER NOT EXISTS { ?s :late ?l } }",
	"{ ?s :m ?m ; :late ?l FILTER EXISTS { ?s :near/:type :T1 } }", "{ { ?s :type :T0 } UNION { ?s :late ?l } ?s :m ?m }", "{ { ?s :m ?m } UNION { ?s :n ?m } }",
	"{ ?s :m ?m FILTER(?m > 3) }", "{ ?s :m ?m FILTER(?m > \"2024-01-02T00:00:00Z\"^^<http://www.w3.org/2001/XMLSchema#dateTime>) ?s :near ?b }", "{ ?s :m ?m FILTER(isNumeric(?m)) }",
	"{ GRAPH ?g { ?s :m ?m ; :type ?t } }", "{ GRAPH :g1 { ?s :m ?m } ?s :type ?t }", "{ ?s :m ?m BIND(STR(?m) AS ?x) ?s :near ?b }", "{ ?s :m ?m . ?t :n ?m }",
	"{ VALUES ?t { :T0 :T2 } ?s :type ?t ; :m ?m }", "{ ?s ?p ?m . ?s :late ?l }", "{ ?s :m ?m . ?b :near ?s . ?b :m ?o }", "{ ?s :m ?m { SELECT ?s (COUNT(*) AS ?c) { ?s :near|:n ?x } GROUP BY ?s } }",
	"{ ?s :late ?l { SELECT ?s ?m { ?s :m ?m ; :near ?b } ORDER BY ?m ?s LIMIT 60 } }", "{ ?s :near ?b { SELECT ?s ?m { ?s :m ?m } ORDER BY DESC(?m) ?s LIMIT 25 } }", "{ ?s :m ?m ; :near+ :s1 }",
}

var keyVariable = regexp.MustCompile(`\?(\w+)`)

// orderedStores are the same data in memory, on disk in several commits, and beneath graphs that the caller may not see.
func orderedStores(t *testing.T, r *rand.Rand, quads []rdf.Quad) []store.Snapshot {
	t.Helper()
	open := func(s store.Store, more []rdf.Quad, commits int) store.Store {
		t.Cleanup(func() { s.Close() })
		all := slices.Concat(quads, more)
		r.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		var gone []rdf.Quad
		for _, q := range all[:len(all)/5] {
			q.S = rdf.IRI(q.S.Value() + "x")
			gone = append(gone, q)
		}
		step := len(all)/commits + 1
		for at := 0; at < len(all); at += step {
			if _, err := s.Update(t.Context(), func(x store.Txn) error {
				if at == 0 {
					if err := x.Add(gone); err != nil {
						return err
					}
				} else if err := x.Remove(gone); err != nil {
					return err
				}
				return x.Add(all[at:min(at+step, len(all))])
			}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	}
	disk := func() store.Store {
		s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 32 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var hidden []rdf.Quad
	for _, q := range quads {
		if q.G = rdf.IRI("http://e/hidden"); r.IntN(3) == 0 {
			hidden = append(hidden, q)
		} else if r.IntN(3) == 0 {
			q.S = rdf.IRI(q.S.Value() + "h")
			hidden = append(hidden, q)
		}
	}
	closed, err := visible.ParseGraphs("http://e/hidden")
	if err != nil {
		t.Fatal(err)
	}
	stores := []store.Store{open(memstore.New(), nil, 2)}
	if r.IntN(2) == 0 {
		stores = append(stores, open(disk(), nil, 5), visible.New(open(memstore.New(), hidden, 2)).For(t.Context(), visible.Rights{Closed: closed}, nil))
	} else {
		stores = append(stores, visible.New(open(disk(), hidden, 3)).For(t.Context(), visible.Rights{Closed: closed}, nil))
	}
	var snaps []store.Snapshot
	for _, s := range stores {
		snap, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { snap.Close() })
		snaps = append(snaps, snap)
	}
	return snaps
}

// TestOrderedLimit compares ORDER BY with LIMIT with the oracle: rows have the keys that the oracle's have at their places, each is one of its
// rows, and pages by OFFSET are together all of them, whatever ends the scans that plans begin with.
func TestOrderedLimit(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	data := 2
	if testing.Short() {
		data = 1
	}
	pages, ordered := 0, 0
	for i := range uint64(data * *randomCount / 1000) {
		p, o := compareOrdered(t, seed+i)
		pages, ordered = pages+p, ordered+o
	}
	t.Logf("seeds from %d: %d pages compared, %d plans by the order of an index", seed, pages, ordered)
	if *randomSeed == 0 && *randomCount >= 1000 && ordered < pages/10 { // other seeds may have texts only
		t.Errorf("only %d of %d pages were planned by the order of an index", ordered, pages)
	}
}

func compareOrdered(t *testing.T, seed uint64) (pages, ordered int) {
	r := rand.New(rand.NewPCG(seed, 7))
	quads := orderedData(r, 150)
	snaps := orderedStores(t, r, quads)
	ways := []sparql.Options{{}, {DrawAll: true}, {DrawAll: true, SmallPieces: true}, {DrawAll: true, ShareAll: true, Memory: 4 << 20, Disk: 1 << 30, TempDir: t.TempDir()},
		{DrawAll: true, SpillAll: true, Disk: 1 << 30, TempDir: t.TempDir()}}
	for _, body := range orderedBodies {
		keys := pick(r, "?m", "DESC(?m)", "?m ?s", "DESC(?m) ?s", "DESC(?m) DESC(?n)", "?m DESC(STR(?s))", "DESC(?m) ?t ?b")
		head := pick(r, "SELECT *", "SELECT *", "SELECT DISTINCT ?s ?m", "SELECT ?m", "SELECT DISTINCT ?m")
		if strings.Contains(head, "DISTINCT") && strings.Contains(keys, "?n") || strings.HasSuffix(head, " ?m") {
			keys = strings.Fields(keys)[0]
		}
		if strings.Contains(head, "DISTINCT") {
			keys = strings.ReplaceAll(keys, " ?t ?b", "")
		}
		from := pick(r, "", "", "", " FROM :g1 FROM :g2 FROM NAMED :g1 FROM NAMED :g2")
		text := fmt.Sprintf("PREFIX : <http://e/> %s%s %s ORDER BY %s", head, from, body, keys)
		union := r.IntN(2) == 0
		whole := wanted(t, quads, text, syntax.Options{}, refexec.Options{UnionDefaultGraph: union})
		places := map[string]int{}
		for i, v := range whole.Vars {
			places[v] = i
		}
		all := map[string]int{}
		row := func(vars []string, row []rdf.Term) string {
			out := make([]string, len(row))
			for i, v := range vars {
				out[places[v]] = row[i].String()
			}
			return strings.Join(out, " ")
		}
		for _, x := range whole.Rows {
			all[row(whole.Vars, x)]++
		}
		for at, snap := range snaps {
			o := ways[r.IntN(len(ways))]
			o.UnionDefaultGraph = union
			check := func(limit, offset int, left map[string]int) *sparqltest.Answer {
				page := fmt.Sprintf("%s LIMIT %d OFFSET %d", text, limit, offset)
				a, err := askEngine(t.Context(), o, snap, page)
				if err != nil {
					t.Fatalf("seed %d, store %d, %+v:\n%s\n%v", seed, at, o, page, err)
				}
				fail := func(format string, args ...any) {
					t.Helper()
					plan, _ := sparql.NewEngine(o).Explain(t.Context(), snap, page)
					t.Fatalf("seed %d, store %d, %+v:\n%s\n%s\n%s", seed, at, o, page, fmt.Sprintf(format, args...), plan)
				}
				pages++
				want := whole.Rows[min(offset, len(whole.Rows)):min(offset+limit, len(whole.Rows))]
				if len(a.Rows) != len(want) {
					fail("%d rows, want %d", len(a.Rows), len(want))
				}
				for i, x := range a.Rows {
					for _, v := range keyVariable.FindAllStringSubmatch(keys, -1) {
						key := slices.Index(a.Vars, v[1])
						if key < 0 {
							continue
						}
						if is, should := x[key], want[i][places[v[1]]]; expr.Order(expr.FromTerm(is), expr.FromTerm(should)) != 0 {
							fail("row %d has the key %v, want %v", i, is, should)
						}
					}
					k := row(a.Vars, x)
					if left[k]--; left[k] < 0 {
						fail("row %s is not in the whole, or not so often", k)
					}
				}
				return a
			}
			clone := func() map[string]int {
				c := map[string]int{}
				for k, n := range all {
					c[k] = n
				}
				return c
			}
			check(1, 0, clone())
			check(1+r.IntN(20), r.IntN(30), clone())
			left, step := clone(), 1+len(whole.Rows)/3
			for offset := 0; offset < len(whole.Rows); offset += step {
				check(step, offset, left)
			}
			plan, err := sparql.NewEngine(o).Explain(t.Context(), snap, text+" LIMIT 3")
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(plan, "until the sort has its rows") {
				ordered += 5
			}
		}
	}
	return pages, ordered
}
