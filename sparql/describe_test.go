package sparql

import (
	"slices"
	"strings"
	"testing"
)

const describeData = `
@prefix : <http://e/> .
:a :p :b ; :at [ :street "S" ; :in [ :city "C" ] ] .
:b :p :a , :b .
:c :part [ :of :a ; :unit "U" ] .
:d :has [ :in [ :of :a ] ] .
_:loop :p _:loop ; :of :e . :e :p _:loop .
:g { :z :p :a . :a :p :z . }
:h { :z :p :a . }
`

func TestDescribe(t *testing.T) {
	snap := snapshotOf(t, parseTrig(t, describeData))
	for _, c := range []struct {
		form, query, want string
		union             bool
	}{
		{form: "concise", query: "DESCRIBE :a", want: "_ city C|_ in _|_ street S|a at _|a p b"},
		{form: "outgoing", query: "DESCRIBE :a", want: "a at _|a p b"},
		// Back through blank nodes, and not forward again from them: the unit of the part is not told.
		{form: "symmetric", query: "DESCRIBE :a", want: "_ city C|_ in _|_ in _|_ of a|_ of a|_ street S|a at _|a p b|b p a|c part _|d has _"},
		// A triple between two resources, or from one to itself, comes once.
		{form: "symmetric", query: "DESCRIBE :b", want: "a p b|b p a|b p b"},
		{form: "symmetric", query: "DESCRIBE ?x { VALUES ?x { :b :b } }", want: "a p b|b p a|b p b"},
		{form: "symmetric", query: "DESCRIBE :e", want: "_ of e|_ p _|e p _"},
		{form: "concise", query: "DESCRIBE :e", want: "_ of e|_ p _|e p _"},
		// Of several graphs as one.
		{form: "symmetric", query: "DESCRIBE :z", want: "a p z|z p a", union: true},
		{form: "symmetric", query: "DESCRIBE :z FROM :h", want: "z p a"},
		{form: "symmetric", query: "DESCRIBE :z", want: ""},
		// What is no resource of the graph.
		{form: "symmetric", query: `DESCRIBE ?x { VALUES ?x { "C" 1 :nowhere } }`, want: ""},
	} {
		form, err := ParseDescription(c.form)
		if err != nil || form.String() != c.form {
			t.Fatalf("%s: %v, %v", c.form, form, err)
		}
		r, err := NewEngine(Options{Describe: form, UnionDefaultGraph: c.union}).Query(t.Context(), snap, "PREFIX : <http://e/> "+c.query)
		if err != nil {
			t.Fatalf("%s: %v", c.query, err)
		}
		var got []string
		for x, err := range r.Triples() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, short(x.S)+" "+short(x.P)+" "+short(x.O))
		}
		r.Close()
		slices.Sort(got)
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.query, c.form, s, c.want)
		}
	}
	if d, err := ParseDescription("SCBD"); err != nil || d != Symmetric {
		t.Errorf("SCBD is %v, %v", d, err)
	}
	if _, err := ParseDescription("all"); err == nil || !strings.Contains(err.Error(), "symmetric") {
		t.Errorf("an unknown form: %v", err)
	}
}
