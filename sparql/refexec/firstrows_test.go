package refexec_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
)

// firstData is what estimates of the first rows go wrong with: values that many have but never together, matches that come last, and few
// of what is joined with much.
func firstData() []rdf.Quad {
	r := rand.New(rand.NewPCG(5, 6))
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	var quads []rdf.Quad
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 900 {
		s := iri("s", i)
		add(s, "type", iri("T", i%3))
		add(s, "half", iri("h", i%2))
		add(s, "other", iri("h", 1-i%2)) // never the same
		add(s, "near", iri("s", (i+1)%900))
		add(s, "far", iri("s", r.IntN(900)))
		add(s, "name", rdf.String(fmt.Sprint("name ", r.IntN(700))))
		if i >= 870 {
			add(s, "late", iri("h", i%2))
		}
		if i%3 == 0 {
			add(s, "label", rdf.LangLiteral(fmt.Sprint("name ", r.IntN(700)), "en"))
		}
	}
	return quads
}

// TestFirstRows: an ASK says what a COUNT says, and rows of a LIMIT are rows of the whole, as many as there are or are wanted, whatever plan gives
// the first rows; pages by OFFSET are together the whole.
func TestFirstRows(t *testing.T) {
	t.Parallel()
	ask := asker(t, firstData())

	ways := map[string]sparql.Options{
		"usual": {}, "always": {DrawAll: true}, "always, in pieces": {DrawAll: true, SmallPieces: true}, "profile": {DrawAll: true, Profile: true},
		"files":  {DrawAll: true, SpillAll: true, Disk: 1 << 30, TempDir: t.TempDir()},
		"scarce": {DrawAll: true, Memory: 3 << 20, Disk: 1 << 30, TempDir: t.TempDir()},
	}
	for _, body := range []string{
		"{ ?a :type :T1 ; :half ?h ; :far ?b . ?b :half ?h }",
		"{ ?a :half ?h ; :other ?h }",
		"{ ?a :half ?h ; :other ?h ; :near ?b . ?b :type ?t }",
		"{ ?a :late ?h ; :near ?b . ?c :near ?a ; :half ?h }",
		"{ ?a :type :T2 ; :name ?n . ?b :type :T0 ; :name ?m FILTER(?n = ?m) }",
		"{ ?a :name ?n . ?b :label ?m FILTER(?n = ?m) }",
		"{ ?a :name ?n . ?b :label ?m FILTER(STR(?n) = STR(?m) && ?a = ?b) }",
		"{ ?a :type :T0 ; :half ?h OPTIONAL { ?a :late ?l ; :near ?b . ?b :name ?n } }",
		"{ { ?a :late ?h ; :other ?h } UNION { ?a :type :T1 ; :near ?b . ?b :name ?n } UNION { ?a :label ?n } }",
		"{ ?a :type :T1 ; :name ?n MINUS { ?a :far ?b . ?b :type :T1 } }",
		"{ ?a :type :T1 ; :name ?n FILTER NOT EXISTS { ?a :far ?b . ?b :type :T1 } }",
		"{ ?a :type :T1 ; :name ?n FILTER EXISTS { ?a :far ?b . ?b :late ?n } }",
		"{ :s890 :near+ ?b . ?b :late ?h . ?a :half ?h }",
		"{ ?a :type ?t ; :far ?b { SELECT ?b (COUNT(*) AS ?n) { ?b :half|:other ?h } GROUP BY ?b } }",
		"{ ?a :far ?b { SELECT DISTINCT ?b { ?b :half ?h ; :label ?l } } ?b :near ?c }",
		"{ VALUES ?h { :h0 UNDEF } ?a :half ?h ; :near ?b . ?b :far ?c . ?c :label ?l }",
	} {
		for _, head := range []string{"SELECT *", "SELECT DISTINCT ?a"} {
			whole := ask(head+body, sparql.Options{NoOptimizer: true})
			known := map[string]int{}
			key := func(vars []string, row []rdf.Term) (k string) {
				for _, v := range whole.Vars {
					for i, x := range vars {
						if x == v {
							k += row[i].String() + " "
						}
					}
				}
				return k
			}
			for _, r := range whole.Rows {
				known[key(whole.Vars, r)]++
			}
			// part checks rows that were asked for, and takes them out of left.
			part := func(what string, a *sparqltest.Answer, want int, left map[string]int) {
				t.Helper()
				if len(a.Rows) != want {
					t.Errorf("%s: %d rows, want %d", what, len(a.Rows), want)
				}
				for _, r := range a.Rows {
					k := key(a.Vars, r)
					if left[k]--; left[k] < 0 {
						t.Errorf("%s: row %s is not in the whole, or not so often", what, k)
						return
					}
				}
			}
			clone := func() map[string]int {
				c := map[string]int{}
				for k, n := range known {
					c[k] = n
				}
				return c
			}
			n := len(whole.Rows)
			for name, o := range ways {
				if got := ask("ASK "+body, o).Bool; got != (n > 0) {
					t.Errorf("%s, %s: %v, but there are %d", body, name, got, n)
				}
				if o.SpillAll && head != "SELECT *" {
					continue // files take their time
				}
				for _, limit := range []int{1, 20, 400} {
					if o.SpillAll && limit != 20 {
						continue
					}
					text := fmt.Sprintf("%s %s LIMIT %d", head, body, limit)
					part(text+", "+name, ask(text, o), min(n, limit), clone())
				}
				if o.Memory > 0 || o.Profile || o.SpillAll {
					continue
				}
				step := max(7, n/3)
				left := clone()
				for at := 0; at < n; at += step {
					text := fmt.Sprintf("%s %s LIMIT %d OFFSET %d", head, body, step, at)
					part(text+", "+name, ask(text, o), min(n-at, step), left)
				}
			}
		}
	}
}
