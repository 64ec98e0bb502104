package sparql

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
)

// TestPagesFit: pages of a sort whose keys tell few rows apart have each row once, also where some of them are sorted in files and others in memory, or
// some by the order of an index, and where what is shown is computed.
func TestPagesFit(t *testing.T) {
	t.Parallel()
	const n = 30_000
	perm := rand.New(rand.NewPCG(1, 2)).Perm(n)
	var quads []rdf.Quad
	for i := range n {
		a := rdf.IRI(fmt.Sprint("http://e/a", i))
		quads = append(quads, rdf.Quad{S: a, P: rdf.IRI("http://e/near"), O: rdf.IRI(fmt.Sprint("http://e/a", perm[i]))},
			rdf.Quad{S: a, P: rdf.IRI("http://e/type"), O: rdf.IRI(fmt.Sprint("http://e/T", i%2))},
			rdf.Quad{S: a, P: rdf.IRI("http://e/m"), O: rdf.Literal(fmt.Sprintf("20%02d-01-01T00:00:00Z", 10+perm[i]%12), "http://www.w3.org/2001/XMLSchema#dateTime")})
	}
	snap := snapshotOf(t, quads)
	scarce := Options{Memory: 1500 << 10, Disk: 1 << 30, TempDir: t.TempDir()}
	for i, c := range []struct {
		query string
		o     Options
		sizes []int
	}{
		{"SELECT ?s ?t { ?a :near ?s ; :type ?t } ORDER BY ?t", Options{}, []int{7500}},
		{"SELECT ?s ?t { ?a :near ?s ; :type ?t } ORDER BY ?t", scarce, []int{2500}},
		{"SELECT ?m ?a { ?a :m ?m ; :type ?t ; :near ?b } ORDER BY DESC(?m)", Options{}, []int{200, 200, n}},
		{"SELECT ?m (STR(?a) AS ?x) { ?a :m ?m ; :type ?t ; :near ?b } ORDER BY DESC(?m)", Options{}, []int{200, 200, n}},
		{"SELECT ?m ?x { ?a :m ?m ; :type ?t ; :near ?b BIND(CONCAT(STR(?a), STR(?b)) AS ?x) FILTER(STRLEN(?x) > 3) } ORDER BY DESC(?m)", Options{}, []int{200, 200, n}},
		{"SELECT ?m ?n { { SELECT ?b (MIN(?a) AS ?m) (COUNT(*) AS ?n) { ?a :near ?b ; :type ?t } GROUP BY ?b } } ORDER BY ?n", Options{}, []int{200, n}},
		{"SELECT ?m { { SELECT (CONCAT(STR(MIN(?a)), '') AS ?m) (COUNT(*) AS ?n) { ?a :near ?b ; :type ?t } GROUP BY ?b } } ORDER BY ?n", Options{}, []int{200, n}},
	} {
		if leftOut(i) {
			continue
		}
		seen, spilled := map[string]int{}, 0
		for page, offset := 0, 0; offset < n; page++ {
			limit := c.sizes[min(page, len(c.sizes)-1)]
			r, err := NewEngine(c.o).Query(t.Context(), snap, fmt.Sprintf("PREFIX : <http://e/> %s LIMIT %d OFFSET %d", c.query, limit, offset))
			if err != nil {
				t.Fatal(err)
			}
			for row, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				seen[fmt.Sprint(row)]++
			}
			if r.Spilled() > 0 {
				spilled++
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			offset += limit
		}
		twice := 0
		for _, k := range seen {
			twice += k - 1
		}
		if len(seen) != n || twice > 0 {
			t.Errorf("%s: %d different rows of %d, %d twice", c.query, len(seen), n, twice)
		}
		if c.o.Memory > 0 && (spilled == 0 || spilled == n/c.sizes[0]) {
			t.Errorf("%s: %d pages were sorted in files, of %d; the test wants both kinds", c.query, spilled, n/c.sizes[0])
		}
	}
}
