package optimizer

import (
	"fmt"
	"testing"

	"triplestore/rdf"
)

// TestFilterWaits: a filter that takes long is evaluated after a join that drops most of its rows, and before one that does not. What IDs tell
// does not wait.
func TestFilterWaits(t *testing.T) {
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range 3000 {
		s := iri("s%d", i)
		quads = append(quads, rdf.Quad{S: s, P: iri("word"), O: iri("w%d", i%60)})
		if i%30 == 0 {
			quads = append(quads, rdf.Quad{S: s, P: iri("kind"), O: iri("k")})
		}
	}
	snap := snapshotOf(t, quads)
	for _, c := range []struct {
		text string
		over bool // the filter is over the last join
	}{
		{"SELECT * { ?a :kind :k ; :word ?w . ?b :word ?w ; :kind :k FILTER (STR(?a) < STR(?b)) }", true},
		{"SELECT * { ?a :kind :k ; :word ?w . ?b :word ?w . ?c :word ?w FILTER (STR(?a) < STR(?b)) }", false},
		{"SELECT * { ?a :kind :k ; :word ?w . ?b :word ?w ; :kind :k FILTER (?a != ?b) }", false},
	} {
		p := plan(t, snap, c.text)
		n := p.Root
		for {
			if x, ok := n.(*Project); ok {
				n = x.In
				continue
			}
			break
		}
		if _, over := n.(*Filter); over != c.over {
			t.Errorf("%s\n%s", c.text, p.Explain(nil))
		}
	}
}
