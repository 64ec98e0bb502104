package sparql_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
)

func ExampleEngine_Update() {
	ctx := context.Background()
	data := memstore.New()
	defer data.Close()
	engine := sparql.NewEngine(sparql.Options{Prefixes: map[string]string{"": "http://example.org/"}})
	r, err := engine.Update(ctx, data, `
		INSERT DATA { :dataset1 :keyword "vann" , "water" . :dataset2 :keyword "luft" } ;
		DELETE { ?d :keyword "vann" } INSERT { ?d :keyword "vatn" } WHERE { ?d :keyword "vann" }`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Operations, "operations,", r.Inserted, "quads inserted,", r.Deleted, "deleted, commit", r.Number)

	_, err = engine.Update(ctx, data, "CLEAR DEFAULT ; MOVE :graph1 TO :graph2")
	fmt.Println(err)
	// Output:
	// 2 operations, 3 quads inserted, 0 deleted, commit 1
	// operation 2, MOVE: there is no graph <http://example.org/graph1>
}

// TestUpdateW3C runs the suites through the façade; package update has them on every store.
func TestUpdateW3C(t *testing.T) {
	t.Parallel()
	sparqltest.RunUpdates(t, func(ctx context.Context, c *sparqltest.UpdateCase) ([]rdf.Quad, error) {
		s := memstore.New()
		defer s.Close()
		if _, err := s.Update(ctx, func(x store.Txn) error { return x.Add(c.Quads) }); err != nil {
			return nil, err
		}
		if _, err := sparql.NewEngine(sparql.Options{Base: c.Base}).Update(ctx, s, c.Request); err != nil {
			return nil, err
		}
		snap, err := s.Snapshot()
		if err != nil {
			return nil, err
		}
		defer snap.Close()
		return storetest.Quads(ctx, snap)
	})
}

func TestUpdateLimitsAndErrors(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	t.Cleanup(func() { s.Close() })
	var quads []rdf.Quad
	for i := range 3000 {
		quads = append(quads, rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://e/%d", i)), P: rdf.IRI("http://e/p"), O: rdf.String("x")})
	}
	before, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) })
	if err != nil {
		t.Fatal(err)
	}
	const product = "INSERT { ?a <http://e/q> ?d } WHERE { ?a ?p ?b . ?c ?p ?b . ?d ?p ?b . ?e ?p ?b FILTER(CONCAT(STR(?a), STR(?c), STR(?d), STR(?e)) = 'never') }"
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	as := func(target any) func(error) bool { return func(err error) bool { return errors.As(err, target) } }
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	for _, c := range []struct {
		name, text string
		ctx        context.Context
		o          sparql.Options
		want       func(error) bool
	}{
		{"syntax", "INSERT DATA { ?x ?y ?z }", nil, sparql.Options{}, as(new(*syntax.Error))},
		{"a query", "SELECT * { ?s ?p ?o }", nil, sparql.Options{}, as(new(*syntax.Error))},
		{"timeout", "INSERT DATA { <http://e/a> <http://e/p> 1 } ; " + product, nil, sparql.Options{Timeout: 50 * time.Millisecond}, is(sparql.ErrTimeout)},
		{"memory", "CLEAR DEFAULT ; INSERT DATA { <http://e/a> <http://e/p> 1 } ; DELETE { ?s ?p ?o } WHERE { ?s ?p ?o { SELECT DISTINCT ?t { VALUES ?t { 1 } } } }", nil,
			sparql.Options{Memory: 1}, is(sparql.ErrMemory)},
		{"canceled", "CLEAR ALL", canceled, sparql.Options{}, is(context.Canceled)},
		{"not supported", "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER (<http://e/f>(?o)) }", nil, sparql.Options{}, as(new(*sparql.UnsupportedError))},
		{"no service", "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o SERVICE <http://e/sparql> { ?s ?p ?o } }", nil, sparql.Options{}, is(sparql.ErrServiceRefused)},
		{"refused", "CLEAR ALL ; LOAD <http://e/x>", nil, sparql.Options{}, as(new(*sparql.UpdateError))},
		{"two datasets", "WITH <http://e/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", nil, sparql.Options{Dataset: true}, as(new(*sparql.UpdateError))},
		{"a fault", "CLEAR ALL ; LOAD <http://e/x>", nil, sparql.Options{Load: func(context.Context, sparql.Document, func([]rdf.Quad) error) error { panic("oh") }}, is(sparql.ErrInternal)},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			begin := time.Now()
			_, err := sparql.NewEngine(c.o).Update(ctx, s, c.text)
			if err == nil || !c.want(err) {
				t.Errorf("%T %v", err, err)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			snap, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			defer snap.Close()
			if snap.Commit() != before.Commit {
				t.Errorf("commit %v after %v", snap.Commit(), before.Commit)
			}
		})
	}
}

func TestUpdateUnion(t *testing.T) {
	t.Parallel()
	s := memstore.New()
	defer s.Close()
	e := sparql.NewEngine(sparql.Options{UnionDefaultGraph: true, Prefixes: map[string]string{"": "http://e/"}})
	r, err := e.Update(t.Context(), s, strings.Join([]string{
		"INSERT DATA { GRAPH :g { :a :p 1 } GRAPH :h { :a :p 1 , 2 } }", "INSERT { ?s :q ?o } WHERE { ?s :p ?o }",
		"DELETE WHERE { ?s :p ?o }",
	}, " ; "))
	if err != nil || r.Inserted != 5 || r.Deleted != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}
