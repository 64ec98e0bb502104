package optimizer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/memstore"
)

func snapshotOf(t testing.TB, quads []rdf.Quad) store.Snapshot {
	t.Helper()
	s := memstore.New()
	if _, err := s.Update(context.Background(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { snap.Close(); s.Close() })
	return snap
}

func plan(t testing.TB, snap store.Snapshot, text string) *Plan {
	t.Helper()
	return planWith(t, snap, text, Options{})
}

func planWith(t testing.TB, snap store.Snapshot, text string, o Options) *Plan {
	t.Helper()
	tree, err := syntax.ParseQuery("PREFIX : <http://e/> "+text, syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Optimize(context.Background(), snap, q, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var testTerms = []rdf.Term{
	rdf.IRI("http://e/a"), rdf.IRI("http://e/b"), rdf.BlankNode("x"), rdf.String(""), rdf.String("a"), rdf.String("b"),
	rdf.LangLiteral("a", "nb"), rdf.LangLiteral("b", "en"), rdf.LangLiteral("b", "en-GB"), rdf.DirLangLiteral("b", "en", rdf.LeftToRight),
	integer("0"), integer("1"), integer("-7"), integer("01"), integer("x"), integer("123456789012345678901234567890"),
	typed("1.0", "decimal"), typed("1.5", "decimal"), typed("-0.5", "decimal"), typed("1.50", "decimal"), typed("1.0E0", "double"),
	typed("NaN", "double"), typed("INF", "double"), typed("1", "float"), typed("true", "boolean"), typed("false", "boolean"), typed("1", "boolean"),
	typed("2024-01-01", "date"), typed("2024-01-01Z", "date"), typed("2024-01-01T00:00:00Z", "dateTime"), typed("2024-01-01T00:00:00", "dateTime"),
	typed("2023-12-31", "date"), typed("2024-01-03Z", "date"), typed("1999-05-05", "date"), typed("0001-01-01", "date"),
	typed("2023-12-31T13:59:59Z", "dateTime"), typed("2024-01-01T00:00:00.5+14:00", "dateTime"), typed("2030-01-01T00:00:00", "dateTime"),
	typed("0001-01-01T00:00:00Z", "dateTime"), typed("2024", "gYear"), typed("5", "byte"), typed("5", "nonNegativeInteger"), rdf.Literal("a", "http://e/type"),
	rdf.TripleTerm(rdf.Triple{S: rdf.IRI("http://e/a"), P: rdf.IRI("http://e/b"), O: integer("1")}),
}

func typed(lexical, datatype string) rdf.Term {
	return rdf.Literal(lexical, "http://www.w3.org/2001/XMLSchema#"+datatype)
}

func integer(lexical string) rdf.Term { return typed(lexical, "integer") }

type oneRow struct{ v expr.Value }

func (r oneRow) Value(int) expr.Value { return r.v }

// TestTestAgreesWithExpression: what a Test says of an ID without the term is what the expression says of the term.
func TestTestAgreesWithExpression(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for _, x := range testTerms {
		quads = append(quads, rdf.Quad{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: x})
	}
	snap := snapshotOf(t, quads)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	constant := func() string {
		for {
			x := testTerms[r.IntN(len(testTerms))]
			if !x.IsBlankNode() && !x.IsTriple() && x.Direction() == rdf.NoDirection {
				return x.String()
			}
		}
	}
	var cond func(depth int) string
	cond = func(depth int) string {
		if depth > 0 {
			switch r.IntN(4) {
			case 0:
				return "(" + cond(depth-1) + " && " + cond(depth-1) + ")"
			case 1:
				return "(" + cond(depth-1) + " || " + cond(depth-1) + ")"
			case 2:
				return "!(" + cond(depth-1) + ")"
			}
		}
		pick := func(of ...string) string { return of[r.IntN(len(of))] }
		switch r.IntN(8) {
		case 0:
			return pick("isIRI", "isBlank", "isLiteral", "BOUND") + "(?x)"
		case 1:
			return "LANG(?x) " + pick("=", "!=") + pick(` "en"`, ` "nb"`, ` ""`, ` "fr"`, ` "EN"`)
		case 2:
			return "langMatches(LANG(?x), " + pick(`"*"`, `"en"`, `"EN-gb"`, `""`) + ")"
		case 3:
			return "?x " + pick("IN", "NOT IN") + " (" + constant() + ", " + constant() + ")"
		case 4:
			return constant() + pick(" = ", " != ", " < ", " <= ", " > ", " >= ") + "?x"
		}
		return "?x" + pick(" = ", " != ", " < ", " <= ", " > ", " >= ") + constant()
	}
	decided := 0
	for range 3000 {
		text := "SELECT * { :s :p ?x FILTER (" + cond(2) + ") }"
		for _, c := range conds(plan(t, snap, text).Root) {
			if c.Test == nil {
				continue
			}
			for _, x := range append([]rdf.Term{{}}, testTerms...) {
				var id store.ID
				if !x.IsZero() {
					var ok bool
					if id, ok, _ = snap.ID(x); !ok {
						t.Fatalf("no ID for %v", x)
					}
				}
				said := c.Test.Verdict(id)
				if said == Unknown {
					continue
				}
				decided++
				var v expr.Value
				if !x.IsZero() {
					v = expr.FromTerm(x)
				}
				got := Error
				if b, err := c.Program.EvalBool(&expr.Context{}, oneRow{v}); err == nil {
					got = False
					if b {
						got = True
					}
				}
				// A filter drops errors like false; under a negation they differ, so both must agree exactly.
				if got != said {
					t.Fatalf("seed %d: %s of %v: the test says %d, the expression %d", seed, ShowExpr(c.Expr), x, said, got)
				}
			}
		}
	}
	if decided == 0 {
		t.Error("no test decided anything")
	}
}

func conds(n Node) []*Cond {
	var out []*Cond
	if f, ok := n.(*Filter); ok {
		out = f.Conds
	}
	for _, c := range Children(n) {
		out = append(out, conds(c)...)
	}
	return out
}

// TestPlans looks for what makes a plan good, not for its whole shape.
func TestPlans(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	iri := func(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }
	for i := range 3000 {
		quads = append(quads, rdf.Quad{S: iri("d%d", i), P: iri("type"), O: iri("D")}, rdf.Quad{S: iri("d%d", i), P: iri("title"), O: rdf.LangLiteral(fmt.Sprint(i), "nb")},
			rdf.Quad{S: iri("d%d", i), P: iri("org"), O: iri("o%d", i%50)}, rdf.Quad{S: iri("d%d", i), P: iri("n"), O: integer(fmt.Sprint(i))})
	}
	for i := range 50 {
		quads = append(quads, rdf.Quad{S: iri("o%d", i), P: iri("name"), O: rdf.String(fmt.Sprint("o", i))})
	}
	snap := snapshotOf(t, quads)
	for _, test := range []struct {
		query       string
		want, never string
	}{
		{"SELECT (COUNT(*) AS ?n) { ?s :title ?t }", "count", "scan"},
		{"SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", "by ?p", "scan"},
		{"SELECT * { ?d :type :D ; :title ?t ; :org ?o . ?o :name \"o7\" }", "lookup", "hash join"},
		{"SELECT * { ?d :n ?n FILTER (?n > 2990) }", "filter", "lookup"},
		{"SELECT * { ?d :title ?t OPTIONAL { ?d :org ?o } }", "lookup (left)", "apply"},
		{"SELECT * { ?d :title ?t FILTER NOT EXISTS { ?d :org :o1 } }", "(anti)", "pattern 0"},
		{"SELECT * { ?d :title ?t MINUS { ?d :org :o1 } }", "(anti)", "minus"},
		{"SELECT * { ?d :title ?t } ORDER BY ?t LIMIT 10", "first 10", "scan spog"},
		{"SELECT * { ?d :nothing ?t . ?d :title ?x }", "empty", "scan"},
		{"SELECT * { ?d :title ?t FILTER (?d = :d7) }", "range", "lookup"},
		{"SELECT * { ?d :n ?n . ?o :name ?m FILTER (?n = ?m) }", "on (?.equal ?.equal#1)", "on ()"},
		{"SELECT * { ?d :n ?n OPTIONAL { ?o :name ?m FILTER (?n = ?m) } }", "on (?.equal ?.equal#1)", "on ()"},
	} {
		got := plan(t, snap, test.query).Explain(nil)
		if !strings.Contains(got, test.want) || strings.Contains(got, test.never) {
			t.Errorf("%s: want %q and no %q in\n%s", test.query, test.want, test.never, got)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	a, b := SetOf(1, 70, 130), SetOf(70, 2)
	if got := a.Union(b).Slots(); !slices.Equal(got, []int{1, 2, 70, 130}) {
		t.Errorf("union %v", got)
	}
	if got := a.Intersect(b).Slots(); !slices.Equal(got, []int{70}) {
		t.Errorf("intersect %v", got)
	}
	if got := a.Minus(b).Slots(); !slices.Equal(got, []int{1, 130}) {
		t.Errorf("minus %v", got)
	}
	if !a.Overlaps(b) || a.In(b) || !SetOf(70).In(a) || !SetOf().Empty() || a.Has(-1) || a.Has(500) || a.Len() != 3 {
		t.Error("predicates")
	}
	if a.With(5); a.Has(5) {
		t.Error("With changed its receiver")
	}
}

// TestNestedPlansAreTheSame: a pattern that is evaluated for one solution at a time has the same slots and the same plan each time.
func TestNestedPlansAreTheSame(t *testing.T) {
	t.Parallel()
	var quads []rdf.Quad
	for i := range 4000 {
		for k, n := range []int{i % 100, i * 7 % 4000, i % 3, i % 11} {
			quads = append(quads, rdf.Quad{S: node("s%d", i), P: node("%c", "kpqr"[k]), O: node("s%d", n)})
		}
	}
	snap := snapshotOf(t, quads)
	text := "SELECT * { ?x :k ?y } ORDER BY (EXISTS { ?x :p ?a . ?a ?d ?b . ?c ?d ?b . ?c ?e ?b OPTIONAL { ?b :q ?f } FILTER(!BOUND(?f) || ?f != ?e) })"
	shown := func() string {
		p := plan(t, snap, text)
		of := p.Exists[0].Example.P()
		return fmt.Sprint(p.Explain(nil), p.Slots, of.Rows, of.Cost)
	}
	first := shown()
	for range 20 {
		if again := shown(); again != first {
			t.Fatalf("one time it is\n%s\nanother\n%s", first, again)
		}
	}
}
