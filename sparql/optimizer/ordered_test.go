package optimizer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/rdf"
	"triplestore/store"
)

// xsdTerm is a literal of a datatype of XML Schema.
func xsdTerm(name, format string, args ...any) rdf.Term {
	return rdf.Literal(fmt.Sprintf(format, args...), "http://www.w3.org/2001/XMLSchema#"+name)
}

// TestOrderedPlans shows plans for ORDER BY with LIMIT, by the order of an index where that is right and pays.
func TestOrderedPlans(t *testing.T) {
	t.Parallel()
	iri := func(kind string, n int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", kind, n)) }
	var quads []rdf.Quad
	add := func(s rdf.Term, p string, o rdf.Term) {
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/" + p), O: o})
	}
	for i := range 9000 {
		s := iri("work", i)
		add(s, "type", iri("T", i%2))
		add(s, "changed", xsdTerm("dateTime", "20%02d-0%d-1%dT10:00:00Z", i*7919%20+10, i%9+1, i%10))
		add(s, "title", rdf.String(fmt.Sprint("title", i)))
		if i%1000 == 0 {
			add(s, "rare", iri("T", 0))
		}
		switch i % 10 {
		case 0: // some of another kind
			add(s, "size", xsdTerm("decimal", "%d.5", i))
		default:
			add(s, "size", xsdTerm("integer", "%d", i*37%5000))
		}
	}
	snap := snapshotOf(t, quads)
	var out string
	for _, text := range []string{
		"SELECT * { ?a :changed ?m ; :type :T0 ; :title ?t } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { ?a :changed ?m ; :type :T0 ; :title ?t } ORDER BY ?m ?t LIMIT 10 OFFSET 20",
		"SELECT * { ?a :size ?m ; :type :T0 } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { ?a :changed ?m ; :type :T0 OPTIONAL { ?a :title ?t } FILTER NOT EXISTS { ?a :rare ?x } } ORDER BY DESC(?m) LIMIT 10",
		"SELECT DISTINCT ?m ?x { ?a :changed ?m ; :type ?x } ORDER BY DESC(?m) LIMIT 10",
		"SELECT DISTINCT ?x { ?a :changed ?m ; :type ?x } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { { SELECT ?a ?m { ?a :changed ?m ; :type :T0 } ORDER BY DESC(?m) LIMIT 5 } ?a :title ?t }",
		"SELECT * { ?a :changed ?m ; :rare ?t } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { ?a :type :T0 OPTIONAL { ?a :changed ?m } } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { ?a :title ?m ; :type :T0 } ORDER BY DESC(?m) LIMIT 10",
		"SELECT * { ?a :changed ?m ; :type :T0 } ORDER BY DESC(?m) LIMIT 4000",
		"SELECT ?x (COUNT(*) AS ?n) { ?a :changed ?m ; :type ?x } GROUP BY ?x ORDER BY DESC(?n) LIMIT 10",
	} {
		out += text + "\n" + plan(t, snap, text).Explain(nil) + "\n"
	}
	golden.String(t, "testdata/ordered.golden", out)
}

// TestValueParts: parts are in the order of ORDER BY, those first whose values may be anywhere in it.
func TestValueParts(t *testing.T) {
	t.Parallel()
	many := func(n int, of func(i int) rdf.Term) (terms []rdf.Term) {
		for i := range n {
			terms = append(terms, of(i))
		}
		return terms
	}
	dates := many(50, func(i int) rdf.Term { return xsdTerm("date", "20%d-01-01", i+10) })
	times := many(50, func(i int) rdf.Term { return xsdTerm("dateTime", "20%d-01-01T00:00:00Z", i+10) })
	texts := many(20, func(i int) rdf.Term { return rdf.String(fmt.Sprint(i)) })
	odd := many(20, func(i int) rdf.Term { return xsdTerm("date", "20%d-01-01+01:00", i+10) })
	whole := many(60, func(i int) rdf.Term { return xsdTerm("integer", "%d", i) })
	decimals := many(20, func(i int) rdf.Term { return xsdTerm("decimal", "%d.5", i) })
	nan := []rdf.Term{xsdTerm("double", "NaN")}
	doubles := many(60, func(i int) rdf.Term { return xsdTerm("double", "%d.0E0", i%9+1) })
	links := many(20, func(i int) rdf.Term { return rdf.IRI(fmt.Sprint("http://e/", i)) })
	for name, test := range map[string]struct {
		terms [][]rdf.Term
		desc  bool
		want  string
	}{
		"one kind":                       {[][]rdf.Term{dates}, false, "date"},
		"one kind, from its end":         {[][]rdf.Term{dates}, true, "date"},
		"two kinds":                      {[][]rdf.Term{dates, times}, false, "dateTime date"},
		"two kinds, from their end":      {[][]rdf.Term{dates, times}, true, "date dateTime"},
		"texts after the dates":          {[][]rdf.Term{dates, texts}, false, "date texts(unsorted)"},
		"texts, which come first":        {[][]rdf.Term{dates, texts}, true, "texts(unsorted) date"},
		"links before the dates":         {[][]rdf.Term{dates, links}, false, "links(unsorted) date"},
		"what the dictionary has":        {[][]rdf.Term{dates, odd}, true, "odd(mixed) date"},
		"numbers":                        {[][]rdf.Term{whole, decimals}, true, "decimal(mixed) integer"},
		"numbers, dates, texts":          {[][]rdf.Term{whole, decimals, dates, texts}, false, "decimal(mixed) integer date texts(unsorted)"},
		"NaN comes before other numbers": {[][]rdf.Term{doubles, nan}, false, "NaN(mixed) double"},
		"texts alone":                    {[][]rdf.Term{texts}, true, ""},
		"mostly what the dictionary has": {[][]rdf.Term{odd, odd[:10], decimals[:5], whole[:1]}, true, ""},
	} {
		var quads []rdf.Quad
		for _, kind := range test.terms {
			for i, o := range kind {
				quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprint("http://e/s", i)), P: rdf.IRI("http://e/p"), O: o})
			}
		}
		snap := snapshotOf(t, quads)
		pred, _, err := snap.ID(rdf.IRI("http://e/p"))
		if err != nil {
			t.Fatal(err)
		}
		p := &planner{shared: &shared{ctx: t.Context(), snap: snap, stats: newStats(t.Context(), snap, nil)}}
		s := &Scan{Pattern: Pattern{S: Ref{Slot: 0}, P: Ref{Kind: RefConst, ID: pred}, O: Ref{Slot: 1}, Graph: Graph{Var: -1}}, Order: store.POSG, Prefix: 1}
		parts, _, err := p.valueParts(s, test.desc)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, x := range parts {
			name := map[store.Tag]string{store.TagDate: "date", store.TagDateTime: "dateTime", store.TagString: "texts", store.TagIRI: "links", store.TagTyped: "odd",
				store.TagInteger: "integer", store.TagDecimal: "decimal", store.TagDouble: "double"}[x.Lo.Tag()]
			if id, ok, _ := snap.ID(nan[0]); ok && x.Lo <= id && id <= x.Hi {
				name = "NaN"
			}
			switch {
			case x.Mixed:
				name += "(mixed)"
			case !x.Sorted:
				name += "(unsorted)"
			}
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestSegments: every kind of integer has a range of IDs, and ranges lie apart.
func TestSegments(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
		"nonPositiveInteger", "negativeInteger",
	} {
		for _, n := range []int{-7, 7} {
			term := xsdTerm(name, "%d", n)
			id, ok := store.Inline(term)
			if !ok {
				continue // no such number
			}
			if !slices.ContainsFunc(segments, func(s segment) bool { return s.lo <= id && id <= s.hi }) {
				t.Errorf("%v is in no range", term)
			}
		}
	}
	for i, a := range segments {
		for _, b := range segments[:i] {
			if a.lo <= b.hi && b.lo <= a.hi {
				t.Errorf("%x to %x and %x to %x overlap", a.lo, a.hi, b.lo, b.hi)
			}
		}
	}
}
