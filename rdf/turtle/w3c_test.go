package turtle_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

func dialectOf(path string) (turtle.Dialect, bool) {
	switch filepath.Ext(path) {
	case ".nt":
		return turtle.NTriples, true
	case ".nq":
		return turtle.NQuads, true
	case ".ttl":
		return turtle.Turtle, true
	case ".trig":
		return turtle.TriG, true
	}
	return 0, false
}

func parseNode(n w3c.Node) ([]rdf.Quad, error) {
	text, err := n.Read()
	if err != nil {
		return nil, err
	}
	d, ok := dialectOf(n.Path())
	if !ok {
		return nil, fmt.Errorf("%s: unknown format", n.Path())
	}
	return turtle.ParseString(string(text), turtle.Options{Dialect: d, Base: n.Value(), File: filepath.Base(n.Path())})
}

// TestW3C runs the suites of RDF 1.1 and 1.2 for the four formats. No case is excused.
func TestW3C(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{
		"rdf11/rdf-n-triples", "rdf11/rdf-n-quads", "rdf11/rdf-turtle", "rdf11/rdf-trig",
		"rdf12/rdf-n-triples/syntax", "rdf12/rdf-n-triples/c14n", "rdf12/rdf-n-quads/syntax", "rdf12/rdf-n-quads/c14n",
		"rdf12/rdf-turtle/syntax", "rdf12/rdf-turtle/eval", "rdf12/rdf-trig/syntax", "rdf12/rdf-trig/eval",
	} {
		t.Run(suite, func(t *testing.T) {
			w3c.Run(t, "rdf-tests/rdf/"+suite+"/manifest.ttl", nil, runW3C)
		})
	}
}

func runW3C(t *testing.T, test *w3c.Test) error {
	quads, err := parseNode(test.Action)
	kind := strings.TrimPrefix(test.Type, w3c.RDFT)
	if strings.Contains(kind, "Negative") {
		var mistake *turtle.Error
		switch {
		case err == nil:
			return errors.New("a mistake was not noticed")
		case !errors.As(err, &mistake) || mistake.Line < 1 || mistake.Column < 1 || mistake.File == "":
			return fmt.Errorf("not an error with a position: %v", err)
		}
		t.Log(err)
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case strings.Contains(kind, "PositiveC14N"):
		want, err := test.Result.Read()
		if err != nil {
			return err
		}
		if got := write(t, quads, turtle.WriterOptions{Dialect: turtle.NQuads, Canonical: true}); !slices.Equal(lines(got), lines(string(want))) {
			return fmt.Errorf("got\n%s\nwant\n%s", got, want)
		}
	case strings.HasSuffix(kind, "Eval"):
		want, err := parseNode(test.Result)
		if err != nil {
			return err
		}
		if err := same(quads, want); err != nil {
			return err
		}
	case !strings.HasSuffix(kind, "PositiveSyntax"):
		return fmt.Errorf("unknown type of test %s", test.Type)
	}
	return roundTrips(t, quads)
}

func lines(s string) []string { return slices.Sorted(strings.Lines(strings.TrimSpace(s) + "\n")) }

func same(got, want []rdf.Quad) error {
	ok, err := canon.Isomorphic(got, want)
	if err == nil && !ok {
		err = fmt.Errorf("got\n%v\nwant\n%v", got, want)
	}
	return err
}

func write(t testing.TB, quads []rdf.Quad, o turtle.WriterOptions) string {
	var buf bytes.Buffer
	w := turtle.NewWriter(&buf, o)
	for _, q := range quads {
		if err := w.Write(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// roundTrips writes the quads in each dialect that can hold them and reads them back.
func roundTrips(t testing.TB, quads []rdf.Quad) error {
	named := slices.ContainsFunc(quads, func(q rdf.Quad) bool { return !q.G.IsZero() })
	prefixes := map[string]string{"": "http://www.w3.org/2013/TurtleTests/", "a": "http://a.example/", "e": "http://example/", "ns": "http://example/p", "bad-": "urn:x", "x.y": "http://a.example/s"}
	for _, d := range []turtle.Dialect{turtle.NTriples, turtle.NQuads, turtle.Turtle, turtle.TriG} {
		if named && !d.Graphs() {
			continue
		}
		for _, o := range []turtle.WriterOptions{{Dialect: d}, {Dialect: d, Canonical: true}, {Dialect: d, Prefixes: prefixes, Base: "http://a.example/s"}} {
			text := write(t, quads, o)
			again, err := turtle.ParseString(text, turtle.Options{Dialect: d})
			if err == nil {
				err = same(again, quads)
			}
			if err != nil {
				return fmt.Errorf("written as %v and read again: %w\n%s", d, err, text)
			}
			if d != turtle.Turtle && d != turtle.TriG {
				continue
			}
			var buf bytes.Buffer
			if err := turtle.WritePretty(&buf, quads, o); err != nil {
				return err
			}
			again, err = turtle.ParseString(buf.String(), turtle.Options{Dialect: d})
			if err == nil {
				err = same(again, quads)
			}
			if err != nil {
				return fmt.Errorf("written prettily as %v and read again: %w\n%s", d, err, buf.String())
			}
		}
	}
	return nil
}
