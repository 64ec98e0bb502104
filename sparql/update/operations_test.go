package update_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
	"triplestore/sparql/algebra"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/update"
	"triplestore/store"
)

const prologue = "@prefix : <http://e/> . "

func trig(t testing.TB, text string) []rdf.Quad {
	t.Helper()
	var quads []rdf.Quad
	err := turtle.Parse(context.Background(), strings.NewReader(prologue+text), turtle.Options{Dialect: turtle.TriG}, func(q []rdf.Quad) error {
		quads = append(quads, q...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return quads
}

func fill(t testing.TB, s store.Store, text string) {
	t.Helper()
	quads := trig(t, text)
	if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
}

// expect compares a store with what it should hold.
func expect(t testing.TB, s store.Store, want string) {
	t.Helper()
	got, err := contents(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	same, err := canon.Isomorphic(trig(t, want), got)
	if err != nil {
		t.Fatal(err)
	}
	if !same {
		lines := make([]string, len(got))
		for i, q := range got {
			lines[i] = q.String()
		}
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), want)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	graphs := algebra.Dataset{Set: true, Default: []rdf.Term{rdf.IRI("http://e/g")}}
	for _, c := range []struct {
		name, before, request, after string
		inserted, deleted            uint64
		o                            optimizer.Options
		using                        algebra.Dataset
	}{
		{name: "nothing", before: ":a :p 1 .", request: "", after: ":a :p 1 ."},
		{name: "data", before: ":a :p 1 , 2 .",
			request: "DELETE DATA { :a :p 1 , 3 } ; INSERT DATA { :a :p 2 , 4 GRAPH :g { :b :p [] } }",
			after:   ":a :p 2 , 4 . :g { :b :p [] }", inserted: 2, deleted: 1},
		{name: "blank nodes of data are fresh", before: "_:x :p 1 .",
			request: "INSERT DATA { _:x :q _:x , [] . [] :q 2 } ; INSERT DATA { _:y :q 3 }",
			after:   "_:x :p 1 . _:a :q _:a , [] . [] :q 2 . [] :q 3 .", inserted: 4},
		{name: "blank nodes of data in triple terms", request: "INSERT DATA { _:x :p <<( _:x :q <<( _:y :r _:x )>> )>> }",
			after: "_:a :p <<( _:a :q <<( _:b :r _:a )>> )>> .", inserted: 1},
		{name: "blank nodes of templates are fresh per solution", before: ":a :p 1 , 2 .",
			request: "INSERT { _:n :is ?o . :a :of _:n , [] GRAPH :g { _:n :of :a } } WHERE { :a :p ?o }",
			after:   ":a :p 1 , 2 ; :of _:x , _:y , [] , [] . _:x :is 1 . _:y :is 2 . :g { _:x :of :a . _:y :of :a }", inserted: 8},
		{name: "blank nodes of WHERE are those of the store", before: ":a :p [ :q 1 ] .", request: "INSERT { ?b :r ?b } WHERE { :a :p ?b }",
			after: ":a :p _:b . _:b :q 1 ; :r _:b .", inserted: 1},
		{name: "BNODE in two operations", before: ":a :p 1 , 2 .",
			request: "INSERT { :a :q ?b . ?b :of ?o } WHERE { :a :p ?o BIND(BNODE() AS ?b) } ; INSERT { :a :q ?b . ?b :of ?o } WHERE { :a :p ?o BIND(BNODE() AS ?b) }",
			after:   ":a :p 1 , 2 ; :q [ :of 1 ] , [ :of 2 ] , [ :of 1 ] , [ :of 2 ] .", inserted: 8},
		{name: "BNODE in a triple term", before: ":a :p 1 .",
			request: "INSERT { :a :q ?t , ?b . :c :q <<( ?b :y ?t )>> } WHERE { :a :p ?o BIND(BNODE() AS ?b) BIND(TRIPLE(?b, :x, ?o) AS ?t) }",
			after:   ":a :p 1 ; :q _:b , <<( _:b :x 1 )>> . :c :q <<( _:b :y <<( _:b :x 1 )>> )>> .", inserted: 3},
		{name: "the pattern sees the state before", before: ":a :n 1 . :b :n 2 .",
			request: "DELETE { ?s :n ?o } INSERT { ?s :n ?next } WHERE { ?s :n ?o BIND(?o + 1 AS ?next) }",
			after:   ":a :n 2 . :b :n 3 .", inserted: 2, deleted: 2},
		{name: "insertion wins over deletion", before: ":a :n 1 , 2 .",
			request: "DELETE { ?s :n ?o } INSERT { ?s :n ?p } WHERE { ?s :n ?o , ?p FILTER(?p > ?o) }",
			after:   ":a :n 2 .", deleted: 1},
		{name: "operations see those before", before: ":a :n 1 .",
			request: "INSERT { :a :n 2 } WHERE { :a :n 1 } ; INSERT { :a :n 3 } WHERE { :a :n 2 } ; DELETE { :a :n 1 } WHERE { :a :n 3 } ; INSERT { :a :n 9 } WHERE { :a :n 1 }",
			after:   ":a :n 2 , 3 .", inserted: 2, deleted: 1},
		{name: "swap", before: ":a :l :b . :c :l :d .", request: "DELETE { ?x :l ?y } INSERT { ?y :l ?x } WHERE { ?x :l ?y }",
			after: ":b :l :a . :d :l :c .", inserted: 2, deleted: 2},
		{name: "DELETE WHERE", before: ":a :p 1 ; :q 2 . :b :p 1 . :g { :a :r 1 } :h { :b :r 1 }",
			request: "DELETE WHERE { ?s :p ?o ; :q ?x GRAPH ?g { ?s :r ?z } }",
			after:   ":b :p 1 . :h { :b :r 1 }", deleted: 3},
		{name: "DELETE WHERE without variables", before: ":a :p 1 , 2 .", request: "DELETE WHERE { :a :p 1 } ; DELETE WHERE { :a :p 2 , 3 }",
			after: ":a :p 2 .", deleted: 1},
		{name: "unbound variables leave out a quad, not a solution", before: ":a :p 1 . :b :p 2 ; :q 3 .",
			request: "INSERT { ?s :x ?o ; :y ?q } WHERE { ?s :p ?o OPTIONAL { ?s :q ?q } }",
			after:   ":a :p 1 ; :x 1 . :b :p 2 ; :q 3 ; :x 2 ; :y 3 .", inserted: 3},
		{name: "what is not RDF is left out", before: ":a :p 1 , :b .",
			request: "INSERT { ?o :x 1 . :x ?o 2 . GRAPH ?o { :x :y 3 } } WHERE { ?s :p ?o }",
			after:   ":a :p 1 , :b . :b :x 1 . :x :b 2 . :b { :x :y 3 }", inserted: 3},
		{name: "a triple term that is not RDF", before: ":a :p 1 , :b .",
			request: "INSERT { :x :y <<( ?o :q 1 )>> } WHERE { ?s :p ?o }", after: ":a :p 1 , :b . :x :y <<( :b :q 1 )>> .", inserted: 1},
		{name: "triple terms are deleted", before: ":a :p <<( :b :q 1 )>> , <<( :b :q 2 )>> .",
			request: "DELETE { :a :p <<( ?s :q 1 )>> } WHERE { :a :p <<( ?s :q ?o )>> }", after: ":a :p <<( :b :q 2 )>> .", deleted: 1},
		{name: "annotations", before: ":a :p :b .", request: "INSERT { ?s :p ?o ~ _:r {| :since 1 |} } WHERE { ?s :p ?o }",
			after: ":a :p :b ~ _:r {| :since 1 |} .", inserted: 2},
		{name: "computed terms that are there", before: `:a :p "x" , "xx" .`,
			request: `DELETE { :a :p ?y } WHERE { :a :p ?x BIND(CONCAT(?x, ?x) AS ?y) }`, after: `:a :p "x" .`, deleted: 1},
		{name: "a constant template", before: ":a :p 1 , 2 , 3 .", request: "DELETE { :a :p 1 } INSERT { :z :p 1 } WHERE { :a :p ?x }",
			after: ":a :p 2 , 3 . :z :p 1 .", inserted: 1, deleted: 1},
		{name: "no solutions", before: ":a :p 1 .", request: "DELETE { :a :p 1 } INSERT { :new :p 1 } WHERE { :a :q ?x }", after: ":a :p 1 ."},
		{name: "an empty pattern", before: ":a :p 1 .", request: "DELETE { :a :p 1 } INSERT { :a :p 2 } WHERE { }", after: ":a :p 2 .", inserted: 1, deleted: 1},
		{name: "WITH", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }",
			request: "WITH :g DELETE { ?s :p ?o } INSERT { ?s :q ?o GRAPH :k { ?s :q ?o } } WHERE { ?s :p ?o }",
			after:   ":a :p 1 . :g { :a :q 2 } :k { :a :q 2 } :h { :a :p 3 }", inserted: 2, deleted: 1},
		{name: "WITH and GRAPH", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }",
			request: "WITH :g INSERT { ?s :q ?o , ?x } WHERE { ?s :p ?o GRAPH :h { ?s :p ?x } }",
			after:   ":a :p 1 . :g { :a :p 2 ; :q 2 , 3 } :h { :a :p 3 }", inserted: 2},
		{name: "WITH and GRAPH of a variable", before: ":g { :a :p 2 } :h { :a :p 3 }",
			request: "WITH :g INSERT { ?g :has ?x } WHERE { ?s :p 2 GRAPH ?g { ?s :p ?x } }",
			after:   ":g { :a :p 2 . :g :has 2 . :h :has 3 } :h { :a :p 3 }", inserted: 2},
		{name: "WITH and EXISTS", before: ":a :p 1 ; :q 1 . :b :p 2 . :g { :a :p 1 . :b :p 2 ; :q 1 }",
			request: "WITH :g DELETE { ?s :p ?o } WHERE { ?s :p ?o FILTER NOT EXISTS { ?s :q ?x } }",
			after:   ":a :p 1 ; :q 1 . :b :p 2 . :g { :b :p 2 ; :q 1 }", deleted: 1},
		{name: "WITH, paths and sub-selects", before: ":a :p :b . :g { :a :p :b . :b :p :c . }",
			request: "WITH :g INSERT { :n :is ?n } WHERE { { SELECT (COUNT(*) AS ?n) { :a :p+ ?x } } }",
			after:   ":a :p :b . :g { :a :p :b . :b :p :c . :n :is 2 }", inserted: 1},
		{name: "WITH of a graph that is not there", before: ":a :p 1 .", request: "WITH :g INSERT { :a :p 2 } WHERE { } ; WITH :h INSERT { :a :p 3 } WHERE { :a :p 1 }",
			after: ":a :p 1 . :g { :a :p 2 }", inserted: 1},
		{name: "USING wins over WITH in the pattern", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }",
			request: "WITH :g INSERT { ?s :q ?o } USING :h WHERE { ?s :p ?o }", after: ":a :p 1 . :g { :a :p 2 ; :q 3 } :h { :a :p 3 }", inserted: 1},
		{name: "USING merges graphs", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }",
			request: "INSERT { ?s :q ?o } USING :g USING :h WHERE { ?s :p ?o }",
			after:   ":a :p 1 ; :q 2 , 3 . :g { :a :p 2 } :h { :a :p 3 }", inserted: 2},
		{name: "USING without NAMED has no named graphs", before: ":g { :a :p 2 }", request: "INSERT { ?s :q ?o } USING :g WHERE { GRAPH ?g { ?s :p ?o } }",
			after: ":g { :a :p 2 }"},
		{name: "USING NAMED", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }",
			request: "INSERT { ?g :q ?o } USING NAMED :g WHERE { GRAPH ?g { ?s :p ?o } }; INSERT { :x :y :z } USING NAMED :g WHERE { ?s ?p ?o }",
			after:   ":a :p 1 . :g :q 2 . :g { :a :p 2 } :h { :a :p 3 }", inserted: 1},
		{name: "parameters of the protocol", before: ":a :p 1 . :g { :a :p 2 }", request: "INSERT { ?s :q ?o } WHERE { ?s :p ?o }", using: graphs,
			after: ":a :p 1 ; :q 2 . :g { :a :p 2 }", inserted: 1},
		{name: "the union as default graph", before: ":a :p 1 . :g { :a :p 2 }", o: optimizer.Options{UnionDefaultGraph: true},
			request: "DELETE { ?s :p ?o } INSERT { ?s :q ?o } WHERE { ?s :p ?o } ; WITH :g INSERT { ?s :r ?o } WHERE { ?s :p ?o }",
			after:   ":a :q 1 , 2 . :g { :a :p 2 ; :r 2 }", inserted: 3, deleted: 1},
		{name: "CREATE", before: ":g { :a :p 1 }", request: "CREATE GRAPH :h ; CREATE SILENT GRAPH :g", after: ":g { :a :p 1 }"},
		{name: "CLEAR one", before: ":a :p 1 . :g { :a :p 1 } :h { :a :p 1 }", request: "CLEAR GRAPH :g ; CLEAR GRAPH :nowhere", after: ":a :p 1 . :h { :a :p 1 }", deleted: 1},
		{name: "CLEAR DEFAULT", before: ":a :p 1 . :g { :a :p 1 } _:g { :a :p 1 }", request: "CLEAR DEFAULT", after: ":g { :a :p 1 } _:g { :a :p 1 }", deleted: 1},
		{name: "CLEAR NAMED", before: ":a :p 1 . :g { :a :p 1 } _:g { :a :p 1 }", request: "CLEAR NAMED", after: ":a :p 1 .", deleted: 2},
		{name: "DROP ALL", before: ":a :p 1 . :g { :a :p 1 } _:g { :a :p 1 }", request: "DROP ALL", after: "", deleted: 3},
		{name: "DROP and CREATE", before: ":g { :a :p 1 }", request: "DROP GRAPH :g ; CREATE GRAPH :g ; INSERT DATA { GRAPH :g { :b :p 1 } } ; DROP SILENT GRAPH :k",
			after: ":g { :b :p 1 }", inserted: 1, deleted: 1},
		{name: "ADD", before: ":a :p 1 . :g { :a :p 2 }", request: "ADD DEFAULT TO :g ; ADD GRAPH :g TO :h", after: ":a :p 1 . :g { :a :p 1 , 2 } :h { :a :p 1 , 2 }", inserted: 3},
		{name: "COPY", before: ":a :p 1 . :g { :a :p 1 , 2 } :h { :a :p 3 }", request: "COPY :g TO DEFAULT ; COPY DEFAULT TO :h",
			after: ":a :p 1 , 2 . :g { :a :p 1 , 2 } :h { :a :p 1 , 2 }", inserted: 3, deleted: 1},
		{name: "COPY the empty default graph", before: ":g { :a :p 1 }", request: "COPY DEFAULT TO :g", after: "", deleted: 1},
		{name: "MOVE", before: ":a :p 1 . :g { :a :p 2 } :h { :a :p 3 }", request: "MOVE :g TO :h ; MOVE DEFAULT TO :k",
			after: ":h { :a :p 2 } :k { :a :p 1 }", inserted: 2, deleted: 3},
		{name: "to itself", before: ":a :p 1 . :g { :a :p 2 }", request: "MOVE :g TO :g ; COPY DEFAULT TO DEFAULT ; ADD :g TO :g ; COPY :nowhere TO :nowhere",
			after: ":a :p 1 . :g { :a :p 2 }"},
		{name: "SILENT", before: ":a :p 1 .",
			request: "COPY SILENT :x TO DEFAULT ; MOVE SILENT :x TO DEFAULT ; ADD SILENT :x TO DEFAULT ; LOAD SILENT <http://x/> ; INSERT DATA { :a :p 2 }",
			after:   ":a :p 1 , 2 .", inserted: 1},
	} {
		for name, open := range stores {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				fill(t, s, c.before)
				o := options(c.o, 0)
				o.Dataset = c.using
				r, err := run(t.Context(), s, c.request, "", o)
				if err != nil {
					t.Fatal(err)
				}
				expect(t, s, c.after)
				if r.Inserted != c.inserted || r.Deleted != c.deleted {
					t.Errorf("%d inserted, %d deleted, want %d and %d", r.Inserted, r.Deleted, c.inserted, c.deleted)
				}
				snap, err := s.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				defer snap.Close()
				if r.Commit != snap.Commit() {
					t.Errorf("commit %v, but the store is at %v", r.Commit, snap.Commit())
				}
			})
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	const before = ":a :p 1 . :g { :a :p 2 }"
	for _, c := range []struct {
		request string
		reason  update.Reason
		number  int
		message string
		using   algebra.Dataset
	}{
		{"DROP ALL ; CREATE GRAPH :g ; CREATE GRAPH :g", 0, 0, "", algebra.Dataset{}},
		{"CLEAR DEFAULT ; CREATE GRAPH :g", update.GraphExists, 2, "operation 2, CREATE: the graph <http://e/g> exists already", algebra.Dataset{}},
		{"DROP GRAPH :g ; COPY :g TO DEFAULT", update.NoGraph, 2, "operation 2, COPY: there is no graph <http://e/g>", algebra.Dataset{}},
		{"MOVE :x TO :g", update.NoGraph, 1, "operation 1, MOVE: there is no graph <http://e/x>", algebra.Dataset{}},
		{"ADD :x TO :g", update.NoGraph, 1, "operation 1, ADD: there is no graph <http://e/x>", algebra.Dataset{}},
		{"CLEAR ALL ; LOAD <http://x/>", update.LoadRefused, 2, "operation 2, LOAD: LOAD is refused", algebra.Dataset{}},
		{"INSERT DATA { :x :y :z } ; WITH :g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", update.TwoDatasets, 2, "operation 2, DELETE: the request may not have USING or WITH",
			algebra.Dataset{Set: true}},
		{"INSERT { ?s :q 1 } USING :g WHERE { ?s ?p ?o }", update.TwoDatasets, 1, "operation 1, INSERT: ", algebra.Dataset{Set: true}},
	} {
		for name, open := range stores {
			t.Run(c.request+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := open(t)
				fill(t, s, before)
				o := options(optimizer.Options{}, 0)
				o.Dataset = c.using
				_, err := run(t.Context(), s, c.request, "", o)
				if c.message == "" {
					if err != nil {
						t.Fatal(err)
					}
					return
				}
				var e *update.Error
				if !errors.As(err, &e) || e.Reason != c.reason || e.Operation != c.number || !strings.HasPrefix(err.Error(), c.message) {
					t.Errorf("%v, want %s", err, c.message)
				}
				expect(t, s, before)
			})
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	odd := errors.New("odd")
	onAll(t, func(t *testing.T, open func(t testing.TB) store.Store) {
		s := open(t)
		o := options(optimizer.Options{}, 0)
		var asked []string
		o.Load = func(ctx context.Context, d update.Document, emit func([]rdf.Quad) error) error {
			asked = append(asked, d.IRI)
			quads := trig(t, "_:x :p 1 . :h { _:x :p 2 }")
			for i := range quads {
				quads[i].S = rdf.BlankNode(d.BlankNodePrefix + "x")
			}
			if err := emit(quads); err != nil {
				return err
			}
			if strings.HasSuffix(d.IRI, "bad") {
				return odd
			}
			return emit(nil)
		}
		if _, err := run(t.Context(), s, "LOAD :one ; LOAD :one INTO GRAPH :g ; LOAD SILENT :bad INTO GRAPH :g", "", o); err != nil {
			t.Fatal(err)
		}
		after := "_:x :p 1 . :h { _:x :p 2 . _:y :p 2 } :g { _:y :p 1 }"
		expect(t, s, after)
		if got := fmt.Sprint(asked); got != "[http://e/one http://e/one http://e/bad]" {
			t.Error(got)
		}
		_, err := run(t.Context(), s, "CLEAR ALL ; LOAD :bad", "", o)
		var e *update.Error
		if !errors.As(err, &e) || e.Reason != update.LoadFailed || !errors.Is(err, odd) {
			t.Error(err)
		}
		expect(t, s, after)
		ctx, cancel := context.WithCancel(t.Context())
		load := o.Load
		o.Load = func(ctx context.Context, d update.Document, emit func([]rdf.Quad) error) error {
			cancel()
			return errors.Join(load(ctx, d, emit), ctx.Err())
		}
		if _, err := run(ctx, s, "CLEAR ALL ; LOAD SILENT :one", "", o); !errors.Is(err, context.Canceled) {
			t.Errorf("SILENT hides a cancel: %v", err)
		}
		expect(t, s, after)
	})
}
