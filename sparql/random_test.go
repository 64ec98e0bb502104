package sparql

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// generator makes random queries over the small vocabulary of randomQuads. No query depends on the order of its solutions.
type generator struct {
	*rand.Rand
	fresh int
}

var generatorVars = []string{"?a", "?b", "?c", "?d", "?e"}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }
func (g *generator) v() string                { return generatorVars[g.IntN(len(generatorVars))] }
func (g *generator) iri() string              { return fmt.Sprintf(":n%d", g.IntN(8)) }
func (g *generator) pred() string             { return fmt.Sprintf(":p%d", g.IntN(4)) }

func (g *generator) literal() string {
	return g.pick("1", "2", "3.0", "2.0", "1e0", `"x"`, `"y"`, `"x"@en`, `"y"@nb`, "true", `"1"^^:t`)
}

func (g *generator) term() string {
	if g.IntN(4) == 0 {
		return g.literal()
	}
	return g.iri()
}

func (g *generator) subject() string {
	if g.IntN(9) == 0 {
		return g.iri()
	}
	return g.v()
}

func (g *generator) object() string {
	if g.IntN(9) == 0 {
		return g.term()
	}
	return g.v()
}

func (g *generator) predicate() string {
	switch g.IntN(12) {
	case 0:
		return g.v()
	case 1:
		return g.pred() + g.pick("*", "+", "?")
	case 2:
		return g.pred() + g.pick("/", "|") + g.pred()
	case 3:
		return "^" + g.pred()
	case 4:
		return "(" + g.pred() + g.pick("/", "|", "/^") + g.pred() + ")" + g.pick("*", "+", "?")
	case 5:
		return g.pick("!"+g.pred(), "!("+g.pred()+"|^"+g.pred()+")")
	}
	return g.pred()
}

func (g *generator) triples() string {
	var b strings.Builder
	for range 1 + g.IntN(2) {
		fmt.Fprintf(&b, "%s %s %s . ", g.subject(), g.predicate(), g.object())
	}
	return b.String()
}

func (g *generator) group(depth int) string {
	var b strings.Builder
	b.WriteString("{ ")
	if g.IntN(8) > 0 {
		b.WriteString(g.triples())
	}
	for range g.IntN(3) {
		b.WriteString(g.element(depth - 1))
	}
	b.WriteString("} ")
	return b.String()
}

func (g *generator) element(depth int) string {
	if depth <= 0 {
		if g.IntN(2) == 0 {
			return g.triples()
		}
		return "FILTER (" + g.cond(0) + ") "
	}
	switch g.IntN(13) {
	case 0, 1:
		return "OPTIONAL " + g.group(depth)
	case 2:
		return g.group(depth) + "UNION " + g.group(depth)
	case 3:
		return "MINUS " + g.group(depth)
	case 4, 5:
		return "FILTER (" + g.cond(depth) + ") "
	case 6:
		g.fresh++
		return fmt.Sprintf("BIND (%s AS ?x%d) ", g.value(), g.fresh)
	case 7:
		return fmt.Sprintf("VALUES (%s ?v) { (%s 1) (UNDEF 2) (%s UNDEF) } ", g.v(), g.term(), g.iri())
	case 8:
		return "GRAPH " + g.pick("?g", ":g1", ":g2", g.v()) + " " + g.group(depth)
	case 9:
		v, w := g.v(), g.v()
		if v == w {
			return g.group(depth)
		}
		return fmt.Sprintf("{ SELECT %s %s %s %s} ", g.pick("", "DISTINCT"), v, w, g.group(depth))
	case 10:
		g.fresh++
		v := g.v()
		return fmt.Sprintf("{ SELECT %s (%s AS ?x%d) %sGROUP BY %s } ", v, g.aggregate(), g.fresh, g.group(depth), v)
	case 11:
		return g.group(depth)
	}
	return g.triples()
}

func (g *generator) aggregate() string {
	return g.pick("COUNT(*)", "COUNT(DISTINCT "+g.v()+")", "COUNT("+g.v()+")", "SUM("+g.v()+")", "MIN("+g.v()+")", "MAX("+g.v()+")",
		"AVG("+g.v()+")", "COUNT(DISTINCT *)")
}

func (g *generator) value() string {
	return g.pick(g.v(), g.term(), g.v()+" + 1", "STR("+g.v()+")", "COALESCE("+g.v()+", "+g.term()+")", "LANG("+g.v()+")",
		"IF("+g.cond(0)+", "+g.v()+", "+g.v()+")", "DATATYPE("+g.v()+")")
}

func (g *generator) cond(depth int) string {
	if depth > 0 && g.IntN(3) == 0 {
		return g.pick("", "NOT ") + "EXISTS " + g.group(depth-1)
	}
	if depth > 0 && g.IntN(3) == 0 {
		return "(" + g.cond(depth-1) + g.pick(" && ", " || ") + g.cond(depth-1) + ")"
	}
	switch g.IntN(9) {
	case 0:
		return "BOUND(" + g.v() + ")"
	case 1:
		return "!BOUND(" + g.v() + ")"
	case 2:
		return g.v() + g.pick(" = ", " != ", " < ", " >= ") + g.v()
	case 3:
		return g.pick("isIRI", "isLiteral", "isBlank", "!isIRI") + "(" + g.v() + ")"
	case 4:
		return "LANG(" + g.v() + ")" + g.pick(" = ", " != ") + g.pick(`"en"`, `""`, `"nb"`)
	case 5:
		return g.v() + g.pick(" IN ", " NOT IN ") + "(" + g.term() + ", " + g.term() + ")"
	case 6:
		return g.pick("langMatches(LANG("+g.v()+"), \"*\")", "regex(STR("+g.v()+"), \"[1x]\")", "sameTerm("+g.v()+", "+g.term()+")")
	}
	return g.v() + g.pick(" = ", " != ", " < ", " <= ", " > ", " >= ") + g.term()
}

func (g *generator) query() string {
	const prologue = "PREFIX : <http://e/> "
	from := ""
	switch g.IntN(8) {
	case 0:
		from = "FROM :g1 FROM :g2 FROM NAMED :g1 "
	case 1:
		from = "FROM NAMED :g2 FROM NAMED :g3 "
	}
	body := g.group(3)
	switch g.IntN(6) {
	case 0:
		v := g.v()
		return prologue + "SELECT " + v + " (" + g.aggregate() + " AS ?n) " + from + "WHERE " + body + "GROUP BY " + v
	case 1:
		return prologue + "SELECT DISTINCT " + g.v() + " " + from + "WHERE " + body
	case 2:
		return prologue + "SELECT (" + g.aggregate() + " AS ?n) " + from + "WHERE " + body
	}
	return prologue + "SELECT " + strings.Join(generatorVars, " ") + " " + from + "WHERE " + body
}

// randomQuads is a small dataset in which joins, paths and repeated values are frequent.
func randomQuads(r *rand.Rand) []rdf.Quad {
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	node := func() rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/n%d", r.IntN(8))) }
	literals := []rdf.Term{
		rdf.Literal("1", xsd+"integer"), rdf.Literal("2", xsd+"integer"), rdf.Literal("3.0", xsd+"decimal"), rdf.Literal("01", xsd+"integer"),
		rdf.Literal("2.0", xsd+"decimal"), rdf.Literal("1.0E0", xsd+"double"), rdf.Literal("NaN", xsd+"double"), rdf.String("x"), rdf.String("y"),
		rdf.LangLiteral("x", "en"), rdf.LangLiteral("y", "nb"), rdf.Literal("true", xsd+"boolean"), rdf.Literal("1", "http://e/t"),
		rdf.BlankNode("b1"), rdf.BlankNode("b2"),
	}
	var out []rdf.Quad
	for range 12 + r.IntN(40) {
		q := rdf.Quad{S: node(), P: rdf.IRI(fmt.Sprintf("http://e/p%d", r.IntN(4))), O: node()}
		if r.IntN(3) == 0 {
			q.O = literals[r.IntN(len(literals))]
		}
		switch r.IntN(6) {
		case 0:
			q.G = rdf.IRI("http://e/g1")
		case 1:
			q.G = rdf.IRI("http://e/g2")
		case 2:
			q.G = node()
		}
		out = append(out, q)
	}
	return out
}

// bag runs a query and gives its solutions as sorted text.
func bag(e *Engine, snap store.Snapshot, text string) ([]string, error) {
	r, err := e.Query(context.Background(), snap, text)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []string
	for row, err := range r.Rows() {
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprint(row))
	}
	slices.Sort(out)
	return out, nil
}

// TestOptimizerAgainstNaive: a generated query has the same solutions with the optimizer and without.
func TestOptimizerAgainstNaive(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	n := 1200
	if testing.Short() {
		n = 400
	}
	ran, rows := 0, 0
	for i := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, i))}
		snap := snapshotOf(t, randomQuads(g.Rand))
		union := g.IntN(4) == 0
		for range 4 {
			text := g.query()
			o := Options{Timeout: 2 * time.Second, Memory: 64 << 20, UnionDefaultGraph: union, DrawAll: i%4 == 1}
			got, err := bag(NewEngine(o), snap, text)
			o.NoOptimizer = true
			want, errNaive := bag(NewEngine(o), snap, text)
			if errNaive != nil || err != nil {
				if (err == nil || errNaive == nil) && err != ErrTimeout && errNaive != ErrTimeout && err != ErrMemory && errNaive != ErrMemory {
					t.Fatalf("seed %d/%d: %s\noptimized: %v\nnaive: %v", seed, i, text, err, errNaive)
				}
				continue
			}
			ran++
			rows += len(got)
			if !slices.Equal(got, want) {
				plan, _ := NewEngine(Options{UnionDefaultGraph: union, DrawAll: o.DrawAll}).Explain(context.Background(), snap, text)
				t.Fatalf("seed %d/%d (union default graph %v): %s\noptimized %d rows:\n%s\nnaive %d rows:\n%s\n%s", seed, i, union, text,
					len(got), strings.Join(got[:min(len(got), 20)], "\n"), len(want), strings.Join(want[:min(len(want), 20)], "\n"), plan)
			}
		}
	}
	if ran < n {
		t.Errorf("only %d of %d generated queries ran", ran, 4*n)
	}
	t.Logf("seed %d: %d queries with %d solutions agree", seed, ran, rows)
}
