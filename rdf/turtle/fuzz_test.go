package turtle_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

var seeds = []string{
	document, document[3:], "<a:s> <a:p> \"x\\u00e5\"@nb--ltr <a:g> .\n_:x <a:p> <<( <a:s> <a:p> _:y )>> . # c\nVERSION \"1.2\"\n",
	"@prefix : <a:> . :g { :s :p :o . [] :p (1 2.0 .5e3) } GRAPH _:g { << :a :b :c ~ :r >> :d \"\"\"x\"y\"\"\" {| :e :f |} } { }",
	"@base <http://a/b/c> . <> <#x> <../d?e> ; a '\\n', true, -1. . <<( <a> <b> 1 )>>", "\"\"\"", "<<<<<", "_:a.b.", "<a:b> <a:c> 'x\\'' . }",
	"<a:b> <a:c> _:xh61, _:xh6G, _:anon1, _:anon1_ , [ <a:c> _:anon1 ] .", "<a:b> <a:c> \"\uFFFE\\uFFFF\\u0000\\r\\n\" .",
}

// FuzzParse checks that reading never panics, gives the same however the input is cut, that lenient reading ends, and that
// what was read comes back from every writer.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		for d := range uint8(4) {
			f.Add(d, s)
		}
	}
	f.Fuzz(func(t *testing.T, dialect uint8, text string) {
		o := turtle.Options{Dialect: turtle.Dialect(dialect % 4), Base: "http://base/x/"}
		whole, err := turtle.ParseString(text, o)
		var pieces []rdf.Quad
		err2 := turtle.Parse(context.Background(), iotest.OneByteReader(strings.NewReader(text)), o, func(q []rdf.Quad) error {
			pieces = append(pieces, q...)
			return nil
		})
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() || !slices.Equal(whole, pieces) {
			t.Fatalf("whole: %v\n%sin pieces: %v\n%s", err, nquads(whole), err2, nquads(pieces))
		}
		mistakes := 0
		o.Lenient = func(*turtle.Error) { mistakes++ }
		lenient, err2 := turtle.ParseString(text, o)
		if err2 != nil || mistakes > 2*len(text)+1 || (err == nil) != (mistakes == 0) || err == nil && !slices.Equal(whole, lenient) {
			t.Fatalf("lenient: %v, %d mistakes\n%sstrict: %v\n%s", err2, mistakes, nquads(lenient), err, nquads(whole))
		}
		if len(lenient) > 200 {
			return
		}
		if err := roundTrips(t, lenient); err != nil {
			t.Fatal(err)
		}
	})
}
