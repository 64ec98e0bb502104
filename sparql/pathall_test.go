package sparql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

const xsdSpace = "http://www.w3.org/2001/XMLSchema#"

// allRows asks a query and gives its rows as text, in their order.
func allRows(t *testing.T, o Options, snap store.Snapshot, text string) []string {
	t.Helper()
	r, err := NewEngine(o).Query(context.Background(), snap, text)
	if err != nil {
		t.Fatal(text, err)
	}
	defer r.Close()
	rows, err := rowsOf(r)
	if err != nil {
		t.Fatal(text, err)
	}
	return rows
}

// TestPathsBetweenAll: what a path with both ends free finds is what walking the edges finds, in the same order on one core and on two.
func TestPathsBetweenAll(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(21, 22))
	const nodes = 150
	iri := func(n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/n%d", n)) }
	edges := map[string]map[int][]int{"p": {}, "q": {}}
	var quads []rdf.Quad
	add := func(p string, a, b int) {
		edges[p][a] = append(edges[p][a], b)
		quads = append(quads, rdf.Quad{S: iri(a), P: rdf.IRI("http://e/" + p), O: iri(b)})
	}
	for i := range nodes {
		if i%30 > 0 {
			add("p", i, i-1-r.IntN(min(i%30, 3))) // trees of 30
		}
		if i%7 == 0 {
			add("p", i, r.IntN(nodes)) // and some cycles
		}
		if i%3 == 0 {
			add("q", r.IntN(nodes), i)
		}
	}
	step := func(paths ...string) func(int) []int {
		return func(n int) (out []int) {
			for _, p := range paths {
				if p[0] != '^' {
					out = append(out, edges[p][n]...)
					continue
				}
				for a, to := range edges[p[1:]] {
					if slices.Contains(to, n) {
						out = append(out, a)
					}
				}
			}
			return out
		}
	}
	closure := func(next func(int) []int, from int, self bool) map[int]bool {
		seen := map[int]bool{}
		if self {
			seen[from] = true
		}
		for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
			for _, n := range next(queue[0]) {
				if !seen[n] {
					seen[n] = true
					queue = append(queue, n)
				}
			}
		}
		return seen
	}
	snap := snapshotOf(t, quads)
	for i, c := range []struct {
		path string
		next func(int) []int
		self bool
	}{
		{":p+", step("p"), false},
		{":p*", step("p"), true},
		{"^:p+", step("^p"), false},
		{"(:p|:q)+", step("p", "q"), false},
		{"(:p|^:q)*", step("p", "^q"), true},
	} {
		if leftOut(i) {
			continue
		}
		var want, loops []string
		for a := range nodes {
			for b := range closure(c.next, a, c.self) {
				want = append(want, fmt.Sprint([]rdf.Term{iri(a), iri(b)}))
				if a == b {
					loops = append(loops, fmt.Sprint([]rdf.Term{iri(a)}))
				}
			}
		}
		slices.Sort(want)
		slices.Sort(loops)
		for text, want := range map[string][]string{
			"SELECT ?a ?b { ?a " + c.path + " ?b }": want,
			"SELECT ?a { ?a " + c.path + " ?a }":    loops,
		} {
			text = "PREFIX : <http://e/> " + text
			var order []string
			for _, o := range []Options{{Profile: true}, {}, {SpillAll: true, Disk: 1 << 30, TempDir: t.TempDir()}} {
				got := allRows(t, o, snap, text)
				if order == nil {
					order = slices.Clone(got)
				} else if !o.SpillAll && !slices.Equal(order, got) {
					t.Errorf("%s: the order of %d and %d rows differs, %+v", text, len(order), len(got), o)
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d rows, want %d, %+v", text, len(got), len(want), o)
				}
			}
		}
	}
}

// TestJoinsOnTwoVariables: pairs of variables are joined as nested loops would join them, whatever the index that is made for them.
func TestJoinsOnTwoVariables(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(31, 32))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	type pair struct{ a, b int }
	var quads []rdf.Quad
	pairs := map[string][]pair{}
	add := func(p string, n int, some func(i int) pair) {
		seen := map[pair]bool{}
		for i := range n {
			x := some(i)
			if !seen[x] {
				seen[x] = true
				pairs[p] = append(pairs[p], x)
				quads = append(quads, rdf.Quad{S: iri("a", x.a), P: rdf.IRI("http://e/" + p), O: iri("b", x.b)})
			}
		}
	}
	add("one", 500, func(i int) pair { return pair{i, r.IntN(9)} })            // one b for each a
	add("few", 900, func(int) pair { return pair{r.IntN(300), r.IntN(20)} })   // some
	add("many", 3000, func(int) pair { return pair{r.IntN(40), r.IntN(200)} }) // more than are compared, from both sides
	add("left", 2500, func(int) pair { return pair{r.IntN(520), r.IntN(210)} })
	snap := snapshotOf(t, quads)
	for _, right := range []string{"one", "few", "many"} {
		in := map[pair]bool{}
		for _, x := range pairs[right] {
			in[x] = true
		}
		var both, without, optional []string
		for _, x := range pairs["left"] {
			row := fmt.Sprint([]rdf.Term{iri("a", x.a), iri("b", x.b)})
			if in[x] {
				both = append(both, row)
				optional = append(optional, fmt.Sprint([]rdf.Term{iri("a", x.a), iri("b", x.b), rdf.Literal("true", xsdSpace+"boolean")}))
			} else {
				without = append(without, row)
				optional = append(optional, fmt.Sprint([]rdf.Term{iri("a", x.a), iri("b", x.b), {}}))
			}
		}
		// The sub-select makes a hash join of it.
		table := "{ SELECT DISTINCT ?a ?b { ?a :" + right + " ?b } }"
		for text, want := range map[string][]string{
			"SELECT ?a ?b { ?a :left ?b " + table + " }":                                                               both,
			"SELECT (COUNT(*) AS ?n) { ?a :left ?b " + table + " }":                                                    {fmt.Sprint([]rdf.Term{rdf.Literal(fmt.Sprint(len(both)), xsdSpace+"integer")})},
			"SELECT ?a ?b { ?a :left ?b MINUS " + table + " }":                                                         without,
			"SELECT ?a ?b { ?a :left ?b FILTER EXISTS " + table + " }":                                                 both,
			"SELECT ?a ?b ?x { ?a :left ?b OPTIONAL { SELECT DISTINCT ?a ?b (true AS ?x) { ?a :" + right + " ?b } } }": optional,
			"SELECT ?a ?b { ?a :left ?b { SELECT ?a ?b (COUNT(*) AS ?n) { ?a :" + right + " ?b } GROUP BY ?a ?b } }":   both,
			"SELECT ?a ?b { ?a :left ?b { SELECT ?a ?b { ?a :" + right + " ?b } ORDER BY ?a ?b LIMIT 100000 } }":       both,
		} {
			text = "PREFIX : <http://e/> " + text
			slices.Sort(want)
			for _, o := range []Options{{}, {Profile: true}, {SmallPieces: true}, {NoOptimizer: true}} {
				got := allRows(t, o, snap, text)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %d rows, want %d, %+v", text, len(got), len(want), o)
				}
			}
		}
	}
}
