package turtle_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

const sample = `@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <http://example.org/> .
ex:b a ex:Thing ; dct:title "x"@nb, "y" ; ex:n 1, 2.50, 1e3, true, "01"^^ex:d, "1."^^<http://www.w3.org/2001/XMLSchema#decimal> ;
  dct:description """Line "1"
Line 2""" ; ex:rel ex:a\,b, ex:x.y, <http://example.org/x/y>, <http://example.org/.>, ex:%41, <http://other.example/> .
ex:a ex:p [ ex:q ( 1 ( ) [ ] [ ex:r ex:s ; ex:t "u" ] ) ] ; ex:self _:loop ; ex:two _:two, ex:three ; ex:four _:two .
_:loop ex:p _:loop . _:top ex:p "root" .
ex:a ex:said <<( ex:s a "o" )>> , <<( _:quoted ex:p 1 )>> .
`

func TestWriteTurtle(t *testing.T) {
	t.Parallel()
	quads, err := turtle.ParseString(sample, turtle.Options{Dialect: turtle.Turtle})
	if err != nil {
		t.Fatal(err)
	}
	prefixes := map[string]string{"ex": "http://example.org/", "dct": "http://purl.org/dc/terms/", "unused": "http://unused.example/", "9bad": "http://x/"}
	got := write(t, quads, turtle.WriterOptions{Dialect: turtle.Turtle, Prefixes: prefixes})
	want := `@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <http://example.org/> .
@prefix unused: <http://unused.example/> .

ex:b a ex:Thing ;
    dct:title "x"@nb, "y" ;
    ex:n 1, 2.50, 1e3, true, "01"^^ex:d, "1."^^<http://www.w3.org/2001/XMLSchema#decimal> ;
    dct:description "Line \"1\"\nLine 2" ;
    ex:rel ex:a\,b, ex:x.y, <http://example.org/x/y>, ex:\., ex:%41, <http://other.example/> .
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var buf bytes.Buffer
	if err := turtle.WritePretty(&buf, quads, turtle.WriterOptions{Dialect: turtle.Turtle, Prefixes: prefixes}); err != nil {
		t.Fatal(err)
	}
	pretty := `@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <http://example.org/> .

ex:a ex:four _:two ;
  ex:p [ ex:q ( 1 () [] [
        ex:r ex:s ;
        ex:t "u"
      ] ) ] ;
  ex:said <<( _:quoted ex:p 1 )>>, <<( ex:s a "o" )>> ;
  ex:self _:loop ;
  ex:two _:two, ex:three .

ex:b a ex:Thing ;
  ex:n "01"^^ex:d, 1, "1."^^<http://www.w3.org/2001/XMLSchema#decimal>, 1e3, 2.50, true ;
  ex:rel ex:%41, ex:\., ex:a\,b, ex:x.y, <http://example.org/x/y>, <http://other.example/> ;
  dct:description """Line \"1\"
Line 2""" ;
  dct:title "y", "x"@nb .

_:loop ex:p _:loop .

[] ex:p "root" .
`
	if got := buf.String(); got != pretty {
		t.Errorf("got\n%s\nwant\n%s", got, pretty)
	}
	if err := roundTrips(t, quads); err != nil {
		t.Error(err)
	}
}

func TestWriteTriG(t *testing.T) {
	t.Parallel()
	quads, err := turtle.ParseString("@prefix : <http://e/> . :a :b :c . :g { :a :b :c, :d ; :e [ :f _:shared ] . } _:h { :x :y _:shared } :a :b :d .", turtle.Options{Dialect: turtle.TriG})
	if err != nil {
		t.Fatal(err)
	}
	o := turtle.WriterOptions{Dialect: turtle.TriG, Prefixes: map[string]string{"": "http://e/"}}
	want := "@prefix : <http://e/> .\n\n:a :b :c .\n:g {\n  :a :b :c, :d .\n  _:anon0 :f _:shared .\n  :a :e _:anon0 .\n}\n_:h {\n  :x :y _:shared .\n}\n:a :b :d .\n"
	if got := write(t, quads, o); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var buf bytes.Buffer
	if err := turtle.WritePretty(&buf, quads, o); err != nil {
		t.Fatal(err)
	}
	want = "@prefix : <http://e/> .\n\n:a :b :c, :d .\n\n_:h {\n  :x :y _:shared .\n}\n\n:g {\n  :a :b :c, :d ;\n    :e [ :f _:shared ] .\n}\n"
	if got := buf.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	a := rdf.IRI("http://e/a")
	for _, d := range []turtle.Dialect{turtle.NTriples, turtle.Turtle} {
		w := turtle.NewWriter(&bytes.Buffer{}, turtle.WriterOptions{Dialect: d})
		if err := w.Write(rdf.Quad{S: a, P: a, O: a, G: a}); !errors.Is(err, turtle.ErrGraph) {
			t.Errorf("%v: %v", d, err)
		}
		if err := w.Write(rdf.Quad{S: a, P: a}); err != turtle.ErrIncomplete {
			t.Errorf("%v: %v", d, err)
		}
	}
	if err := turtle.WritePretty(&bytes.Buffer{}, []rdf.Quad{{S: a, P: a, O: a, G: a}}, turtle.WriterOptions{Dialect: turtle.Turtle}); !errors.Is(err, turtle.ErrGraph) {
		t.Error(err)
	}
	if err := turtle.WritePretty(&bytes.Buffer{}, nil, turtle.WriterOptions{}); err == nil {
		t.Error("pretty N-Triples")
	}
	full := errors.New("full")
	w := turtle.NewWriter(failing{full}, turtle.WriterOptions{})
	for i := range 10000 {
		if err := w.Write(rdf.Quad{S: a, P: a, O: rdf.String(fmt.Sprint(i))}); err != nil {
			break
		}
	}
	if err := w.Close(); err != full {
		t.Errorf("error of the underlying writer: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestWriteLabels checks that any label can be written and that different ones stay different.
func TestWriteLabels(t *testing.T) {
	t.Parallel()
	p := rdf.IRI("http://e/p")
	var quads []rdf.Quad
	for _, label := range []string{"a", "", "a b", "a.", ".a", "-", "xh", "xh61", "xh6", "xh6G", "x\n> <", "\xff", "blå", "xh626cc3a5", "a:b", "·x"} {
		quads = append(quads, rdf.Quad{S: rdf.BlankNode(label), P: p, O: rdf.String(label + "!")})
	}
	quads[11].O = rdf.String("invalid")
	if err := roundTrips(t, quads); err != nil {
		t.Error(err)
	}
}

// TestPrettyDeep writes long chains and rings of blank nodes, which must neither overflow the stack nor take for ever.
func TestPrettyDeep(t *testing.T) {
	t.Parallel()
	p, first, rest := rdf.IRI("http://e/p"), rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#first"), rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#rest")
	node := func(s string, i int) rdf.Term { return rdf.BlankNode(fmt.Sprint(s, i)) }
	const n = 20000
	quads := []rdf.Quad{{S: p, P: p, O: node("list", 0)}, {S: p, P: p, O: node("chain", 0)}, {S: node("list", n), P: p, O: p}}
	for i := range n {
		quads = append(quads, rdf.Quad{S: node("chain", i), P: p, O: node("chain", i+1)}, rdf.Quad{S: node("ring", i), P: p, O: node("ring", (i+1)%n)},
			rdf.Quad{S: node("list", i), P: first, O: rdf.String("x")})
		next := node("list", i+1)
		if i == n-1 {
			next = rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#nil")
		}
		quads = append(quads, rdf.Quad{S: node("list", i), P: rest, O: next})
	}
	var buf bytes.Buffer
	if err := turtle.WritePretty(&buf, quads, turtle.WriterOptions{Dialect: turtle.Turtle}); err != nil {
		t.Fatal(err)
	}
	again, err := turtle.ParseString(buf.String(), turtle.Options{Dialect: turtle.Turtle})
	if err != nil || len(again) != len(quads) {
		t.Errorf("%d of %d quads came back, %v", len(again), len(quads), err)
	}
}
