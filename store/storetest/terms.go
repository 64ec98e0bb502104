package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

const xsd = "http://www.w3.org/2001/XMLSchema#"

// oddTerms are objects of all kinds, with lexical forms that a store might be tempted to change.
func oddTerms() []rdf.Term {
	terms := []rdf.Term{
		rdf.IRI("http://example.org/"), rdf.IRI("urn:x"), rdf.IRI(""), rdf.IRI("http://example.org/æøå"), rdf.BlankNode("b"), rdf.BlankNode("http://example.org/"),
		rdf.String(""), rdf.String("urn:x"), rdf.String("b"), rdf.String(strings.Repeat("long ", 30000)), rdf.String("\x00\n\"\\\xff"), rdf.String("1"),
		rdf.LangLiteral("b", "nb"), rdf.LangLiteral("b", "nn"), rdf.LangLiteral("b", "nb-NO"), rdf.LangLiteral("", "en"),
		rdf.DirLangLiteral("b", "nb", rdf.LeftToRight), rdf.DirLangLiteral("b", "nb", rdf.RightToLeft), rdf.DirLangLiteral("", "nb", rdf.RightToLeft),
		rdf.Literal("b", "http://example.org/t"), rdf.Literal("b", "http://example.org/u"), rdf.Literal("", "http://example.org/t"), rdf.Literal("b", "nb"),
		rdf.TripleTerm(rdf.Triple{S: iri(1), P: iri(2), O: rdf.String("x")}),
		rdf.TripleTerm(rdf.Triple{S: iri(1), P: iri(2), O: rdf.TripleTerm(rdf.Triple{S: iri(1), P: iri(2), O: rdf.LangLiteral("x", "en")})}),
	}
	for dt, forms := range map[string]string{
		"integer": "1 01 +1 -0 0 -1 123456789012345678901234567890 1.0 x", "decimal": "1 1.0 1.00 01.0 -0.5 .5 -0.0 123456789012.5 0.123456789",
		"double": "1 1.0 1.0E0 1e0 1.1E0 INF -INF NaN -0.0E0 0.1E0 1.0E-1", "float": "1.0E0", "boolean": "true false 1 0 TRUE",
		"date":     "2026-11-23 2026-11-23Z 2026-11-23+01:00 2026-02-30 -0001-01-01",
		"dateTime": "2026-11-23T10:00:00 2026-11-23T10:00:00Z 2026-11-23T10:00:00+00:00 2026-11-23T10:00:00.500Z 2026-11-23T10:00:00.5Z 2026-11-23T24:00:00Z 2026-11-23T10:00:00.123456Z",
		"gYear":    "2026 2026Z 02026", "int": "1 01 2147483648", "nonNegativeInteger": "1 -1 0", "unsignedByte": "255 256", "long": "9223372036854775807", "byte": "-128",
	} {
		for lex := range strings.FieldsSeq(forms) {
			terms = append(terms, rdf.Literal(lex, xsd+dt))
		}
	}
	return terms
}

func testTerms(t *testing.T, s store.Store) {
	terms := oddTerms()
	var quads []rdf.Quad
	for _, term := range terms {
		quads = append(quads, rdf.Quad{S: iri(1), P: iri(2), O: term})
		if term.IsIRI() || term.IsBlankNode() {
			quads = append(quads, rdf.Quad{S: term, P: iri(2), O: iri(3), G: term})
		}
	}
	ids := map[rdf.Term]store.ID{}
	update(t, s, func(x store.Txn) error {
		if err := x.Add(quads); err != nil {
			return err
		}
		for _, term := range terms {
			id, err := x.ID(term)
			if err != nil {
				return err
			}
			ids[term] = id
		}
		return nil
	})
	n := snapshot(t, s)
	expect(t, n, quads...)
	seen := map[store.ID]rdf.Term{}
	for _, term := range terms {
		id, ok, err := n.ID(term)
		if !ok || err != nil || id != ids[term] {
			t.Errorf("%.80v: ID %x, %v, %v; in the transaction %x", term, uint64(id), ok, err, uint64(ids[term]))
		}
		if other, twice := seen[id]; twice {
			t.Errorf("%.80v and %.80v share the ID %x", term, other, uint64(id))
		}
		seen[id] = term
		if id.IsLiteral() != term.IsLiteral() || (id.Tag() == store.TagIRI) != term.IsIRI() || (id.Tag() == store.TagBlankNode) != term.IsBlankNode() ||
			(id.Tag() == store.TagTriple) != term.IsTriple() {
			t.Errorf("%.80v has a tag %d", term, id.Tag())
		}
		switch {
		case id.Tag() == store.TagLang && n.Languages()[id.Aux()] != term.Lang():
			t.Errorf("%v: language %d is %q", term, id.Aux(), n.Languages()[id.Aux()])
		case id.Tag() == store.TagTyped && n.Datatypes()[id.Aux()] != term.Datatype():
			t.Errorf("%v: datatype %d is %q", term, id.Aux(), n.Datatypes()[id.Aux()])
		}
	}
	// A later transaction finds the same IDs and adds nothing.
	if r := add(t, s, quads...); r.Inserted != 0 {
		t.Errorf("%+v", r)
	}
	before, _ := n.Stats()
	after, _ := snapshot(t, s).Stats()
	if before != after && before.Terms != after.Terms {
		t.Errorf("terms were added again: %+v, %+v", before, after)
	}
}

func testUnknownIDs(t *testing.T, s store.Store) {
	add(t, s, quad(1, 2, 3, 0))
	n := snapshot(t, s)
	known, _, err := n.ID(iri(1))
	if err != nil {
		t.Fatal(err)
	}
	ids := []store.ID{store.NoID, store.DefaultGraph, known, store.MakeID(store.TagIRI, 0, 1<<40), store.MakeID(store.TagString, 0, known.Number()),
		store.MakeID(store.TagIRI, 5, known.Number()), store.ID(store.TagLocal)<<60 | 1, store.ID(store.TagBoolean)<<60 | 7, ^store.ID(0), known}
	terms := make([]rdf.Term, len(ids))
	for i := range terms {
		terms[i] = rdf.String("not touched")
	}
	if err := n.Terms(ids, terms); err != nil {
		t.Fatal(err)
	}
	for i, term := range terms {
		want := rdf.Term{}
		if ids[i] == known {
			want = iri(1)
		}
		if term != want {
			t.Errorf("%x: %v, want %v", uint64(ids[i]), term, want)
		}
	}
	add(t, s, quad(4, 2, 3, 0))
	if _, ok, err := n.ID(iri(4)); ok || err != nil {
		t.Errorf("a snapshot knows a term of a later commit: %v", err)
	}
	later, _, _ := snapshot(t, s).ID(iri(4))
	if err := n.Terms([]store.ID{later}, terms[:1]); err != nil || !terms[0].IsZero() {
		t.Errorf("a snapshot has a term of a later commit: %v, %v", terms[0], err)
	}
}

// testManyTerms fills many pages of a dictionary in commits of very different sizes.
func testManyTerms(t *testing.T, s store.Store) {
	var all []rdf.Term
	for commit, size := range []int{1, 2, trials(5000), 3, 500, 1, trials(2000)} {
		var quads []rdf.Quad
		for i := range size {
			o := rdf.LangLiteral(fmt.Sprintf("title %d of commit %d", i, commit), []string{"nb", "nn", "en"}[i%3])
			all = append(all, o)
			quads = append(quads, rdf.Quad{S: iri(1), P: iri(2), O: o})
		}
		add(t, s, quads...)
	}
	n := snapshot(t, s)
	ids := make([]store.ID, len(all))
	for i, term := range all {
		id, ok, err := n.ID(term)
		if !ok || err != nil {
			t.Fatalf("%v: %v, %v", term, ok, err)
		}
		ids[i] = id
	}
	for _, order := range []string{"as added", "sorted", "reversed"} {
		switch order {
		case "sorted":
			slices.Sort(ids)
		case "reversed":
			slices.Reverse(ids)
		}
		got := make([]rdf.Term, len(ids))
		if err := n.Terms(ids, got); err != nil {
			t.Fatal(err)
		}
		for i, term := range got {
			if id, ok, err := n.ID(term); id != ids[i] || !ok || err != nil {
				t.Fatalf("%s: %x gave %v, which is %x, %v, %v", order, uint64(ids[i]), term, uint64(id), ok, err)
			}
		}
	}
}

// testTables overflows the small tables of languages and datatypes.
func testTables(t *testing.T, s store.Store) {
	const over = store.AuxOther + 20
	var quads []rdf.Quad
	for i := range over {
		quads = append(quads, rdf.Quad{S: iri(1), P: iri(2), O: rdf.LangLiteral("x", fmt.Sprintf("x-%d", i))},
			rdf.Quad{S: iri(1), P: iri(2), O: rdf.Literal("x", fmt.Sprintf("http://example.org/type/%d", i))})
	}
	add(t, s, quads[:100]...)
	add(t, s, quads...)
	n := snapshot(t, s)
	expect(t, n, quads...)
	others := 0
	for _, q := range quads {
		id, ok, err := n.ID(q.O)
		if !ok || err != nil {
			t.Fatalf("%v: %v, %v", q.O, ok, err)
		}
		table, want := n.Datatypes(), q.O.Datatype()
		if q.O.Lang() != "" {
			table, want = n.Languages(), q.O.Lang()
		}
		if id.Aux() == store.AuxOther {
			others++
		} else if table[id.Aux()] != want {
			t.Fatalf("%v: Aux %d is %s", q.O, id.Aux(), table[id.Aux()])
		}
	}
	if others != 2*(over-store.AuxOther) {
		t.Errorf("%d terms have AuxOther", others)
	}
}
