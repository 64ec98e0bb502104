package turtle_test

import (
	"strings"
	"testing"
	"time"

	"triplestore/rdf/turtle"
)

// TestHostile reads input made to be slow, leniently. The limit of time is generous, for busy machines: what is linear takes a
// tenth of a second, what is quadratic minutes.
func TestHostile(t *testing.T) {
	t.Parallel()
	const size = 512 << 10
	for _, piece := range []string{
		"<", ">", "\"", "'", "'''", "\"\"\" ", "\\", "\"\\\"", ". ", ".", "(", ")", "[", "[]", "{", "}", "<<", "<<(", "@", "@prefix ", "@prefix a: <a:b> .", "a", "a:", "_:",
		"_:a ", "1", "1.", "#", "#\n", "\n", " ", "~", "{|", "|}", "<a:b> ", "<a:b> <a:c> ", "<a:b> <a:c> <a:d> ", "<a:b> <a:c> ( ", "<a:b> <a:c> [ <a:d> ", "<a:b> <a:c> 1 {| ",
		"\x00", "\xff", "é", "%", "a:%4", "a:\\", "<a:b> <a:c> \"\"\"x\"\"\" , ", ";", "<a:b> <a:c> 1 ;;;; ", "GRAPH <a:b> { ", "<\\u", "<a:b> <a:c> \"\\u", "<a b>", "<a\n",
		"<a:b> <a:c> <<( <a:b> <a:c> ", "<a:b> <a:c> x:y .\n", "@base <a:b/../c> . ", "<a:b> <a:c> 1 , ", "<a:b> <a:c> \"x\"@en , ", "\"\\", "e", "1e", "+", "<a:b> a 1e1e",
	} {
		text := strings.Repeat(piece, size/len(piece))
		for d := range turtle.Dialect(4) {
			start := time.Now()
			mistakes := 0
			_, err := turtle.ParseString(text, turtle.Options{Dialect: d, Base: "http://e/", Lenient: func(*turtle.Error) { mistakes++ }, MaxToken: size / 4})
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%v of %q: %v, %d mistakes, %v", d, piece, took, mistakes, err)
			}
			_, _ = turtle.ParseString(text, turtle.Options{Dialect: d, Base: "http://e/"})
		}
	}
}
