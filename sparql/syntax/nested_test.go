package syntax

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestNestedScopes: the variables of groups that are nested deep come into scope outside in the order of the text, and finding them takes no
// memory that grows with the square of the depth.
func TestNestedScopes(t *testing.T) {
	const depth = 200
	parse := func(text string) {
		if _, err := ParseQuery(text, Options{}); err != nil {
			t.Error(err)
		}
	}
	for name, open := range map[string]string{
		"groups": "{ ", "optional": "OPTIONAL { ", "union": "{ ?u%[1]d ?shared ?x } UNION { ", "graph": "GRAPH ?g%[1]d { ", "sub-select": "{ SELECT * { ",
		"sub-select with values": "{ SELECT * { ",
	} {
		end := " }"
		switch name {
		case "sub-select":
			end = " } }"
		case "sub-select with values":
			end = " } VALUES ?shared { 1 } }"
		}
		textOf := func(depth int) string {
			var b strings.Builder
			for i := range depth {
				fmt.Fprintf(&b, "?v%[1]d ?shared ?w%[1]d BIND (0 AS ?b%[1]d) "+open, i)
			}
			return "SELECT * { " + b.String() + "?s ?shared ?o BIND (1 AS ?last)" + strings.Repeat(end, depth) + " }"
		}
		text, half := textOf(depth), textOf(depth/2)
		var want []string
		for i := range depth {
			want = append(want, fmt.Sprintf("v%d", i))
			if i == 0 {
				want = append(want, "shared")
			}
			want = append(want, fmt.Sprintf("w%d", i), fmt.Sprintf("b%d", i))
			switch name {
			case "union":
				want = append(want, fmt.Sprintf("u%d", i))
				if i == 0 {
					want = append(want, "x")
				}
			case "graph":
				want = append(want, fmt.Sprintf("g%d", i))
			}
		}
		q, err := ParseQuery(text, Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := q.Projected(); !slices.Equal(got, append(want, "s", "o", "last")) {
			t.Errorf("%s: %v", name, got)
		}
		if allocs, most := testing.AllocsPerRun(1, func() { parse(text) }), 60.0*depth; allocs > most {
			t.Errorf("%s: %.0f allocations, more than %.0f", name, allocs, most)
		}
		if some, all := allocated(func() { parse(half) }), allocated(func() { parse(text) }); all > some*5/2 {
			t.Errorf("%s: %d bytes are allocated for a depth of %d, %d for the half of it", name, all, depth, some)
		}
		if _, err := ParseQuery(strings.Replace(text, "BIND (1 AS ?last)", "BIND (1 AS ?o)", 1), Options{}); err == nil {
			t.Errorf("%s: BIND of a variable in use is not refused", name)
		}
	}
}

// allocated is how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestScopeOrder: a variable that several groups have stands where the text has it first.
func TestScopeOrder(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{ ?b ?a ?c } ?d ?a ?e OPTIONAL { ?f ?b ?g { ?c ?h ?d } ?i ?a ?f } ?j ?h ?k":             "b a c d e f g h i j k",
		"{ { ?b ?a ?c } UNION { ?c ?d ?b } } { } { { ?a ?e ?d } } ?f ?b ?a":                      "b a c d e f",
		"GRAPH ?g { ?a ?g ?b } { SELECT * { ?b ?c ?a { SELECT ?d ?a { ?a ?b ?d } } } } ?e ?d ?f": "g a b c d e f",
		"?z ?y ?x { SELECT * { ?x ?a ?z } VALUES (?c ?y ?d) { } } { SELECT * { } }":              "z y x a c d",
	} {
		q, err := ParseQuery("SELECT * { "+text+" }", Options{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := strings.Join(q.Projected(), " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for text, refused := range map[string]bool{
		"?v ?p ?o LATERAL { { SELECT * { { BIND (1 AS ?v) } } } }":          true,
		"?v ?p ?o LATERAL { { SELECT * { BIND (1 AS ?w) ?v ?p ?w } } }":     false,
		"?v ?p ?o LATERAL { { SELECT ?w { VALUES (?v ?w) { (1 2) } } } }":   false,
		"?v ?p ?o LATERAL { { SELECT * { ?v ?p ?w } VALUES (?w ?o) { } } }": true,
	} {
		if _, err := ParseQuery("SELECT * { "+text+" }", Options{}); (err != nil) != refused {
			t.Errorf("%s: %v", text, err)
		}
	}
}
