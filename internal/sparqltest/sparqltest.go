// Package sparqltest runs the query evaluation tests of the W3C against any engine, so that each engine of this project is held
// to the same suites: it reads the data, hands it over with the query and compares the answer.
package sparqltest

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/rdfxml"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
)

// Case is what an engine is asked.
type Case struct {
	// Query is the text and Base the IRI that it is relative to.
	Query, Base string
	// Quads are the dataset; named graphs may be empty, see Graphs.
	Quads []rdf.Quad
	// Graphs are the IRIs of all named graphs of the dataset, also of those without quads.
	Graphs []rdf.Term
	// Services are the data of the endpoints that the query may ask, by their IRIs.
	Services map[string][]rdf.Quad
}

// Answer is what an engine answers. Which fields count depends on the form.
type Answer struct {
	Form    algebra.Form
	Vars    []string
	Rows    [][]rdf.Term // the zero Term is unbound
	Bool    bool
	Triples []rdf.Triple
}

// Result is an answer that an engine is giving: *sparql.Result.
type Result interface {
	Form() algebra.Form
	Vars() []string
	Bool() (bool, error)
	Rows() iter.Seq2[[]rdf.Term, error]
	Triples() iter.Seq2[rdf.Triple, error]
}

// Read reads a result to its end; it does not close it.
func Read(r Result) (*Answer, error) {
	a := &Answer{Form: r.Form(), Vars: r.Vars()}
	switch a.Form {
	case algebra.Select:
		for row, err := range r.Rows() {
			if err != nil {
				return nil, err
			}
			a.Rows = append(a.Rows, slices.Clone(row))
		}
	case algebra.Ask:
		var err error
		a.Bool, err = r.Bool()
		return a, err
	default:
		for t, err := range r.Triples() {
			if err != nil {
				return nil, err
			}
			a.Triples = append(a.Triples, t)
		}
	}
	return a, nil
}

// Engine answers a query.
type Engine func(ctx context.Context, c *Case) (*Answer, error)

// Manifests are the suites with query evaluation tests that need nothing but an engine: no entailment and no remote services.
var Manifests = []string{
	"sparql10/manifest-evaluation.ttl",
	"sparql11/aggregates/manifest.ttl", "sparql11/bind/manifest.ttl", "sparql11/bindings/manifest.ttl", "sparql11/cast/manifest.ttl",
	"sparql11/construct/manifest.ttl", "sparql11/csv-tsv-res/manifest.ttl", "sparql11/exists/manifest.ttl",
	"sparql11/functions/manifest.ttl", "sparql11/grouping/manifest.ttl", "sparql11/json-res/manifest.ttl",
	"sparql11/negation/manifest.ttl", "sparql11/project-expression/manifest.ttl", "sparql11/property-path/manifest.ttl",
	"sparql11/subquery/manifest.ttl",
	"sparql12/codepoint-escapes/manifest.ttl", "sparql12/eval-triple-terms/manifest.ttl", "sparql12/expression/manifest.ttl",
	"sparql12/grouping/manifest.ttl", "sparql12/lang-basedir/manifest.ttl", "sparql12/rdf11/manifest.ttl",
}

// Run runs the tests of all Manifests as subtests, one for each manifest. Each excuse has to be of use in one of them.
func Run(t *testing.T, excuses w3c.Excuses, engine Engine) {
	t.Helper()
	byManifest := map[string]w3c.Excuses{}
	for name, reason := range excuses {
		found := false
		for _, m := range Manifests {
			for _, test := range w3c.Tests(t, "rdf-tests/sparql/"+m) {
				if test.IRI == name || strings.HasSuffix(test.IRI, "#"+name) || test.Name == name {
					if byManifest[m] == nil {
						byManifest[m] = w3c.Excuses{}
					}
					byManifest[m][name] = reason
					found = true
				}
			}
		}
		if !found {
			t.Errorf("the excuse for %q fits no test", name)
		}
	}
	for _, m := range Manifests {
		t.Run(strings.ReplaceAll(path.Dir(m), "/", "-"), func(t *testing.T) {
			w3c.Run(t, "rdf-tests/sparql/"+m, byManifest[m], func(t *testing.T, test *w3c.Test) error { return evaluate(t, test, engine) })
		})
	}
}

// RunServices runs the tests of federated queries. The engine has to bring the endpoints of Case.Services into being.
func RunServices(t *testing.T, engine Engine) {
	t.Helper()
	w3c.Run(t, "rdf-tests/sparql/sparql11/service/manifest.ttl", nil, func(t *testing.T, test *w3c.Test) error { return evaluate(t, test, engine) })
}

// RunEntailment runs the tests of entailment regimes, of whatever regime. Most of them need more than simple entailment.
func RunEntailment(t *testing.T, excuses w3c.Excuses, engine Engine) {
	t.Helper()
	w3c.Run(t, "rdf-tests/sparql/sparql11/entailment/manifest.ttl", excuses, func(t *testing.T, test *w3c.Test) error { return evaluate(t, test, engine) })
}

func evaluate(t *testing.T, test *w3c.Test, engine Engine) error {
	if test.Type != w3c.MF+"QueryEvaluationTest" && test.Type != w3c.MF+"CSVResultFormatTest" {
		return w3c.ErrNotApplicable
	}
	query := test.Action.Get(w3c.QT + "query")
	text, err := query.Read()
	if err != nil {
		return err
	}
	c := &Case{Query: string(text), Base: query.Value()}
	if err := c.load(test); err != nil {
		return err
	}
	got, err := engine(t.Context(), c)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	lax := test.Get(w3c.MF+"resultCardinality").Value() == w3c.MF+"LaxCardinality"
	if err := check(test.Result, got, lax); err != nil {
		return fmt.Errorf("%w\nquery:\n%s", err, text)
	}
	return nil
}

// load reads the test's dataset: that of the manifest, and the graphs that the query takes from elsewhere.
func (c *Case) load(test *w3c.Test) error {
	for _, n := range test.Action.All(w3c.QT + "data") {
		quads, err := readGraph(fileOf(n))
		if err != nil {
			return err
		}
		c.Quads = append(c.Quads, quads...)
		for _, q := range quads {
			c.addGraph(q.G)
		}
	}
	for _, n := range test.Action.All(w3c.QT + "graphData") {
		file, name := n, n.Term()
		if g := n.Get(w3c.QT + "graph"); !g.IsZero() {
			file, name = g, rdf.IRI(n.Get(w3c.RDFS+"label").Value())
		}
		if err := c.loadNamed(fileOf(file), name); err != nil {
			return err
		}
	}
	for _, n := range test.Action.All(w3c.QT + "serviceData") {
		quads, err := readGraph(fileOf(n.Get(w3c.QT + "data")))
		if err != nil {
			return err
		}
		if c.Services == nil {
			c.Services = map[string][]rdf.Quad{}
		}
		c.Services[n.Get(w3c.QT+"endpoint").Value()] = quads
	}
	q, err := syntax.ParseQuery(c.Query, syntax.Options{Base: c.Base})
	if err != nil {
		return nil // the engine will say so
	}
	query := fileOf(test.Action.Get(w3c.QT + "query"))
	for _, g := range append(append([]rdf.Term(nil), q.From...), q.FromNamed...) {
		beside, ok := query.sibling(g.Value())
		if !ok {
			continue
		}
		if err := c.loadNamed(beside, g); err != nil {
			return err
		}
	}
	return nil
}

func (c *Case) addGraph(name rdf.Term) bool {
	if name.IsZero() {
		return false
	}
	for _, g := range c.Graphs {
		if g == name {
			return false
		}
	}
	c.Graphs = append(c.Graphs, name)
	return true
}

func (c *Case) loadNamed(f file, name rdf.Term) error {
	if !c.addGraph(name) {
		return nil
	}
	quads, err := readGraph(f)
	for _, q := range quads {
		q.G = name
		c.Quads = append(c.Quads, q)
	}
	return err
}

// file is a file of the suites: its IRI and where it is.
type file struct{ iri, path string }

func fileOf(n w3c.Node) file { return file{n.Value(), n.Path()} }

// sibling finds the file of another IRI in the same folder.
func (f file) sibling(iri string) (file, bool) {
	dir := f.iri[:strings.LastIndexByte(f.iri, '/')+1]
	name, ok := strings.CutPrefix(iri, dir)
	return file{iri, filepath.Join(filepath.Dir(f.path), filepath.FromSlash(name))}, ok && name != "" && !strings.Contains(name, "/")
}

// readGraph reads a file of RDF. Labels of blank nodes are kept apart by the file's name.
func readGraph(in file) ([]rdf.Quad, error) {
	text, err := os.ReadFile(in.path)
	if err != nil {
		return nil, err
	}
	prefix := ""
	for _, r := range path.Base(in.iri) {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			prefix += string(r)
		}
	}
	if strings.HasSuffix(in.iri, ".rdf") {
		return rdfxml.ParseString(string(text), rdfxml.Options{Base: in.iri, File: in.path, BlankNodePrefix: prefix})
	}
	f, ok := format.ByPath(in.iri)
	if !ok {
		return nil, fmt.Errorf("%s has an unknown format", in.iri)
	}
	var quads []rdf.Quad
	o := format.ReadOptions{Base: in.iri, File: in.path, BlankNodePrefix: prefix}
	err = f.Parse(context.Background(), bytes.NewReader(text), o, func(batch []rdf.Quad) error {
		quads = append(quads, batch...)
		return nil
	})
	return quads, err
}
