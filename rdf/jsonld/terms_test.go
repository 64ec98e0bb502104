package jsonld

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTerms: the trie holds what a map does, terms with equal hashes too, and what was made before stays as it was.
func TestTerms(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var now terms
	want := map[string]*termDef{}
	written := 0
	check := func(got terms, want map[string]*termDef) {
		t.Helper()
		protected := 0
		for _, d := range want {
			if d.protected {
				protected++
			}
		}
		if all := maps.Collect(got.all()); !maps.Equal(all, want) || got.protected != protected {
			t.Fatalf("%v with %d protected, and not %v with %d", all, got.protected, want, protected)
		}
		for i := range 300 {
			if term := fmt.Sprint(i); got.get(term) != want[term] {
				t.Fatalf("%s: %v, and not %v", term, got.get(term), want[term])
			}
		}
	}
	for range 60 {
		before, old := now, maps.Clone(want)
		for range random.IntN(60) {
			term := fmt.Sprint(random.IntN(300))
			if random.IntN(3) == 0 {
				now = now.without(term, &written)
				delete(want, term)
			} else {
				want[term] = &termDef{protected: random.IntN(4) == 0}
				now = now.with(term, want[term], &written)
			}
		}
		check(now, want)
		check(before, old)
	}
	for term := range want {
		now = now.without(term, &written)
	}
	if check(now, nil); now.root != nil {
		t.Error("something is left of no terms")
	}
	// Hashes that agree in all bits, or in all but the last ones.
	var root *termNode
	hashes := map[string]uint64{"a": 7, "b": 7, "c": 7 | 1<<59, "d": 7, "e": 7 | 1<<4}
	for _, term := range []string{"a", "b", "c", "d", "e", "b"} {
		root = root.with(termSlot{hash: hashes[term], term: term, def: &termDef{iri: term}}, 0, &written)
	}
	for _, gone := range []string{"b", "e", "a", "d", "c"} {
		seen := map[string]bool{}
		root.each(func(term string, d *termDef) bool { seen[term] = d.iri == term; return true })
		if !maps.Equal(seen, func() map[string]bool {
			all := map[string]bool{}
			for term := range hashes {
				all[term] = true
			}
			return all
		}()) {
			t.Fatalf("%v of %v", seen, hashes)
		}
		root = root.without(hashes[gone], gone, 0, &written)
		delete(hashes, gone)
	}
	if root != nil {
		t.Error("something is left of no terms")
	}
}

// TestNestedContexts: what contexts within each other cost grows as their number does, and does not depend on how much those around them say.
func TestNestedContexts(t *testing.T) {
	t.Parallel()
	work := func(levels int) int {
		cs := &contexts{}
		a := newContext("http://e.example/")
		for i := range levels {
			o := decoder{buf: []byte(fmt.Sprintf(`{"t%d": "http://e.example/%d", "again": {"@id": "http://e.example/a%d", "@context": {"x": "http://e.example/x%d"}}}`, i, i, i, i)), maxDepth: 10}
			local, err := o.document()
			if err == nil {
				a, err = cs.process(a, local, processOptions{})
			}
			if err == nil { // and what its scoped context gives, which nothing is added to
				_, err = cs.process(a, a.terms.get("again").ctx, processOptions{overrideProtected: true})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if a.terms.get("t0") == nil || a.terms.get("x") != nil {
			t.Fatal("terms went or came")
		}
		return cs.written
	}
	few, many := work(500), work(4000)
	if many > 16*few { // each would be written anew for each context: that is 64 times
		t.Errorf("%d for 500 contexts, %d for 4000", few, many)
	}
	// A document.
	var b strings.Builder
	const depth = 200
	for i := range depth {
		fmt.Fprintf(&b, `{"@context": {"p%d": "http://e.example/%d"}, "@id": "http://e.example/s%d", "p%d": `, i, i, i, i/2)
	}
	b.WriteString(`"end"` + strings.Repeat("}", depth))
	if quads, err := ParseString(b.String(), Options{}); err != nil || len(quads) != depth {
		t.Errorf("%d statements, %v", len(quads), err)
	}
}
