package sparql

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
)

// TestSortManyTexts: the first of many texts, and all of them, come in the order of their characters, whether one core or two judge and
// sort them and whatever they begin with.
func TestSortManyTexts(t *testing.T) {
	t.Parallel()
	const many = 70_000
	r := rand.New(rand.NewPCG(41, 42))
	var quads []rdf.Quad
	var texts []string
	languages := []string{"", "nb", "en"}
	for i := range many {
		text := fmt.Sprintf("%c%d", 'a'+r.IntN(26), r.IntN(1<<40))
		switch i % 3 {
		case 0:
			text = "what many begin with " + text
		case 1:
			text = fmt.Sprintf("%08d", r.IntN(2000)) + text
		}
		o := rdf.String(text)
		if l := languages[r.IntN(3)]; l != "" {
			o = rdf.LangLiteral(text, l)
		}
		if i%500 == 0 { // STR of which is a text too
			n := r.IntN(1 << 30)
			o, text = rdf.Literal(fmt.Sprint(n), xsdSpace+"integer"), fmt.Sprint(n)
		}
		texts = append(texts, text)
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/s%d", i)), P: rdf.IRI("http://e/p"), O: o})
	}
	snap := snapshotOf(t, quads)
	for _, desc := range []bool{false, true} {
		want := slices.Clone(texts)
		slices.SortFunc(want, func(a, b string) int {
			if desc {
				a, b = b, a
			}
			return cmp.Compare(a, b)
		})
		for _, limit := range []int{7, 3000, many} {
			key := "STR(?o)"
			if desc {
				key = "DESC(STR(?o))"
			}
			text := fmt.Sprintf("SELECT (STR(?o) AS ?x) { ?s <http://e/p> ?o } ORDER BY %s LIMIT %d", key, limit)
			for _, o := range []Options{{}, {Profile: true}} {
				got := allRows(t, o, snap, text)
				for i := range got {
					if w := fmt.Sprint([]rdf.Term{rdf.String(want[i])}); len(got) != limit || got[i] != w {
						t.Fatalf("%s: row %d of %d is %s, want %s", text, i, len(got), got[i], w)
					}
				}
			}
		}
	}
}

// TestSortTextsWithout: STR of a blank node is an error, which is neither its label nor the last of the texts, and blank nodes themselves come
// before IRIs and literals.
func TestSortTextsWithout(t *testing.T) {
	t.Parallel()
	const many, blanks = 9000, 30
	var quads []rdf.Quad
	for i := range many {
		o := rdf.IRI(fmt.Sprintf("http://e/%d", i*7919%many))
		switch {
		case i >= many-blanks:
			o = rdf.BlankNode(fmt.Sprintf("zz%d", i))
		case i%3 == 0:
			o = rdf.String(fmt.Sprintf("text %d", i))
		}
		s := rdf.IRI(fmt.Sprintf("http://e/s%d", i))
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/p"), O: o}, rdf.Quad{S: s, P: rdf.IRI("http://e/q"), O: s})
	}
	snap := snapshotOf(t, quads)
	for _, c := range []struct {
		key  string
		want int
	}{{"STR(?o)", blanks}, {"DESC(STR(?o))", 0}, {"?o", blanks}, {"DESC(?o)", 0}} {
		for _, o := range []Options{{}, {Profile: true}} {
			got := allRows(t, o, snap, fmt.Sprintf("SELECT (isBlank(?o) AS ?b) { ?s <http://e/q> ?s ; <http://e/p> ?o } ORDER BY %s LIMIT 100", c.key))
			yes := fmt.Sprint([]rdf.Term{rdf.Literal("true", xsdSpace+"boolean")})
			for i, row := range got {
				if len(got) != 100 || (row == yes) != (i < c.want) {
					t.Fatalf("ORDER BY %s: row %d of %d is %s", c.key, i, len(got), row)
				}
			}
		}
	}
}
