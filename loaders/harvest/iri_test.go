package harvest_test

import (
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

// TestBadIRIs harvests statements with IRIs that RFC 3987 does not allow, in every place where one can stand.
func TestBadIRIs(t *testing.T) {
	w := newBench(t, memstore.New())
	w.config = "sources: [{name: a, kind: rdf, path: a.nt}]"
	w.write("a.nt", `<http://example.org/a%0> <http://example.org/p> "1" .
<http://example.org/a> <http://example.org/p%zz> "2" .
<http://example.org/a> <http://example.org/p> <http://example.org/[> .
<http://example.org/a> <http://example.org/p> "4"^^<http://example.org/t%0> .
<http://example.org/a> <http://example.org/p> "5"^^<http://example.org/t%41> .
<http://example.org/a%C3%A5> <http://example.org/p> "6"@nb .
`)
	r := w.run(harvest.RunOptions{})["a"]
	if r.Rejected != 4 || r.Added != 2 {
		t.Errorf("%d rejected, %d added: %+v", r.Rejected, r.Added, r.Notes)
	}
	for _, n := range r.Notes {
		if !strings.Contains(n.Message, "iri: ") {
			t.Errorf("no reason: %+v", n)
		}
	}
	w.has("example.org/a> ", 1)
	w.has("a%C3%A5", 1)
}
