// Package w3c runs the test suites of the W3C, which are described by manifests in Turtle
// (https://www.w3.org/2001/sw/DataAccess/tests/test-manifest). The suites are not part of this project: they are looked for
// in the folder that $W3C_TESTS names, else in ../shared/w3c beside the repository. Below it lie the repositories rdf-tests,
// json-ld-api, rdf-canon and so on.
//
// A file of the suites has the IRI under which the W3C publishes it: rdf-tests/a/b.ttl is
// https://w3c.github.io/rdf-tests/a/b.ttl. That is the base that the tests expect.
package w3c

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

// site is where the W3C publishes the repositories of its test suites.
const site = "https://w3c.github.io/"

// The namespaces of manifests.
const (
	MF   = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
	QT   = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
	UT   = "http://www.w3.org/2009/sparql/tests/test-update#"
	RDFT = "http://www.w3.org/ns/rdftest#"
	DAWG = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
	RDF  = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	RDFS = "http://www.w3.org/2000/01/rdf-schema#"
)

// Root gives the folder of the suites. Without one the test is skipped, or fails where the environment says CI=true.
func Root(t testing.TB) string {
	t.Helper()
	return folder(t, "W3C_TESTS", "shared/w3c", "the W3C test suites are not there: set W3C_TESTS to the folder that holds rdf-tests")
}

// RealData gives the folder of real catalogues and vocabularies that tests read, which $TRIPLESTORE_DATA names, else
// ../shared/data beside the repository. Without one the test is skipped or fails as with Root.
func RealData(t testing.TB) string {
	t.Helper()
	return folder(t, "TRIPLESTORE_DATA", "shared/data", "the real data is not there: set TRIPLESTORE_DATA to its folder")
}

func folder(t testing.TB, variable, beside, missing string) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		dir = besideRepository(beside)
	}
	if info, err := os.Stat(dir); dir == "" || err != nil || !info.IsDir() {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return dir
}

// besideRepository gives the path of a folder beside the repository that the working directory is in.
func besideRepository(name string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), filepath.FromSlash(name))
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Test is one entry of a manifest.
type Test struct {
	// Node is the entry itself, for properties that have no field here.
	Node
	// IRI names the test, Name is its mf:name.
	IRI, Name string
	// Type is the IRI of its rdf:type, such as MF+"QueryEvaluationTest".
	Type string
	// Action is what to do: a file, or a node with properties such as qt:query, qt:data or ut:request.
	Action Node
	// Result is what must come out, in the same form; none for syntax tests.
	Result Node
	// Manifest is the path of the manifest's file.
	Manifest string
}

// Node is a resource or literal in a manifest. The zero Node is none; all its properties are none too.
type Node struct {
	term     rdf.Term
	manifest *manifest
}

type manifest struct {
	root  string
	about map[rdf.Term][]rdf.Quad
}

// IsZero reports whether there is no such node.
func (n Node) IsZero() bool { return n.term.IsZero() }

// Term is the node as a term.
func (n Node) Term() rdf.Term { return n.term }

// Value is the IRI of the node or the lexical form of the literal.
func (n Node) Value() string { return n.term.Value() }

// Path is the path of the file that the node stands for, empty where it is none.
func (n Node) Path() string {
	rest, ok := strings.CutPrefix(n.term.Value(), site)
	if !ok || !n.term.IsIRI() {
		return ""
	}
	return filepath.Join(n.manifest.root, filepath.FromSlash(rest))
}

// Read gives the content of the file that the node stands for.
func (n Node) Read() ([]byte, error) {
	path := n.Path()
	if path == "" {
		return nil, fmt.Errorf("%v is not a file of the suite", n.term)
	}
	return os.ReadFile(path)
}

// All gives the values of a property.
func (n Node) All(property string) []Node {
	if n.manifest == nil {
		return nil
	}
	var out []Node
	for _, q := range n.manifest.about[n.term] {
		if q.P.Value() == property {
			out = append(out, Node{q.O, n.manifest})
		}
	}
	return out
}

// Get gives the first value of a property, or none.
func (n Node) Get(property string) Node {
	if all := n.All(property); len(all) > 0 {
		return all[0]
	}
	return Node{}
}

// List gives the members of the RDF list that starts at n.
func (n Node) List() []Node {
	var out []Node
	seen := map[rdf.Term]bool{}
	for !n.IsZero() && n.Value() != RDF+"nil" && !seen[n.term] {
		seen[n.term] = true
		out = append(out, n.Get(RDF+"first"))
		n = n.Get(RDF + "rest")
	}
	return out
}

// Tests reads a manifest, given by its path below the root with slashes, and those that it includes, and gives their entries
// in order.
func Tests(t testing.TB, path string) []*Test {
	t.Helper()
	root := Root(t)
	tests, err := readManifest(root, site+path, map[string]bool{})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}

func readManifest(root, iri string, seen map[string]bool) ([]*Test, error) {
	if seen[iri] {
		return nil, nil
	}
	seen[iri] = true
	m := &manifest{root: root, about: map[rdf.Term][]rdf.Quad{}}
	file := Node{rdf.IRI(iri), m}.Path()
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var roots []rdf.Term
	o := turtle.Options{Dialect: turtle.Turtle, Base: iri, File: file}
	err = turtle.Parse(context.Background(), f, o, func(quads []rdf.Quad) error {
		for _, q := range quads {
			m.about[q.S] = append(m.about[q.S], q)
			if q.P.Value() == RDF+"type" && q.O.Value() == MF+"Manifest" {
				roots = append(roots, q.S)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var tests []*Test
	for _, r := range roots {
		n := Node{r, m}
		for _, list := range n.All(MF + "include") {
			for _, inc := range list.List() {
				more, err := readManifest(root, inc.Value(), seen)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", file, err)
				}
				tests = append(tests, more...)
			}
		}
		for _, list := range n.All(MF + "entries") {
			for _, e := range list.List() {
				if e.Get(RDF + "type").IsZero() {
					return nil, fmt.Errorf("%s: %v is listed but not described", file, e.term)
				}
				tests = append(tests, &Test{
					Node: e, IRI: e.Value(), Name: e.Get(MF + "name").Value(), Type: e.Get(RDF + "type").Value(),
					Action: e.Get(MF + "action"), Result: e.Get(MF + "result"), Manifest: file,
				})
			}
		}
	}
	return tests, nil
}
