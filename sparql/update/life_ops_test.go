package update_test

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/store"
	"triplestore/store/storetest"
)

// answer asks an engine.
func answer(ctx context.Context, e *sparql.Engine, snap store.Snapshot, text string) (*sparqltest.Answer, error) {
	r, err := e.Query(ctx, snap, text)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return sparqltest.Read(r)
}

// counts compares what a snapshot says without looking at its rows with what these are.
func (l *life) counts(snap store.Snapshot) {
	l.Helper()
	all, err := storetest.Rows(l.Context(), snap, store.Range{Order: store.SPOG})
	l.check(err)
	distinct, _ := snap.(store.DistinctCounter)
	for o := range store.NumOrders {
		r := store.Range{Order: o}
		at := o.Positions()
		for range l.r.IntN(4) {
			if len(all) == 0 {
				break
			}
			r.Prefix = append(r.Prefix, all[l.r.IntN(len(all))][at[len(r.Prefix)]]) // often of no row at all
		}
		rows, values := uint64(0), map[store.ID]bool{}
		for _, q := range all {
			in := true
			for i, id := range r.Prefix {
				in = in && q[at[i]] == id
			}
			if in {
				rows++
				values[q[at[len(r.Prefix)]]] = true
			}
		}
		if n, err := snap.Count(r); err != nil || n != rows {
			l.Errorf("commit %d: %v %x has %d rows, want %d: %v", snap.Commit().Number, o, r.Prefix, n, rows, err)
		}
		if distinct != nil {
			if n, err := distinct.CountDistinct(r); err != nil || n != uint64(len(values)) {
				l.Errorf("commit %d: %v %x has %d values, want %d: %v", snap.Commit().Number, o, r.Prefix, n, len(values), err)
			}
		}
	}
	graphs := map[store.ID]uint64{}
	for _, q := range all {
		graphs[q[store.G]]++
	}
	got, err := snap.Graphs()
	l.check(err)
	for _, g := range got {
		if graphs[g.Graph] != g.Quads {
			l.Errorf("commit %d: graph %x has %d quads, want %d", snap.Commit().Number, g.Graph, g.Quads, graphs[g.Graph])
		}
		delete(graphs, g.Graph)
	}
	if len(graphs) > 0 {
		l.Errorf("commit %d: graphs %v are not listed", snap.Commit().Number, graphs)
	}
	l.statistics(snap, all)
}

// statistics compares those that the store remembers with the rows.
func (l *life) statistics(snap store.Snapshot, all []store.Quad) {
	l.Helper()
	got, err := store.StatisticsOf(l.Context(), snap)
	l.check(err)
	quads, subjects, objects := map[store.ID]uint64{}, map[[2]store.ID]bool{}, map[[2]store.ID]bool{}
	for _, q := range all {
		quads[q[store.P]]++
		subjects[[2]store.ID{q[store.P], q[store.S]}] = true
		objects[[2]store.ID{q[store.P], q[store.O]}] = true
	}
	count := func(set map[[2]store.ID]bool, p store.ID) (n uint64) {
		for k := range set {
			if k[0] == p {
				n++
			}
		}
		return n
	}
	for _, p := range got.Predicates {
		want := store.PredicateStatistics{Predicate: p.Predicate, Quads: quads[p.Predicate], Subjects: count(subjects, p.Predicate), Objects: count(objects, p.Predicate)}
		if p != want {
			l.Errorf("commit %d: statistics %v, want %v", snap.Commit().Number, p, want)
		}
		delete(quads, p.Predicate)
	}
	if len(quads) > 0 {
		l.Errorf("commit %d: the statistics lack predicates: %v", snap.Commit().Number, quads)
	}
}

func (l *life) one(of ...string) string { return of[l.r.IntN(len(of))] }

func (l *life) iri(kind string, n int) string {
	return fmt.Sprintf("<http://example.org/%s%d>", kind, l.r.IntN(n))
}

func (l *life) term() string {
	switch l.r.IntN(6) {
	case 0:
		return l.one("1", "01", "1.0", "1e0", "-0.0", `"1"^^<http://www.w3.org/2001/XMLSchema#byte>`, "true", "9223372036854775808")
	case 1:
		return l.one(`"a"`, `"a"@en`, `"a"@EN`, `"a"@en--rtl`, `""`, `"2024-01-01"^^<http://www.w3.org/2001/XMLSchema#date>`, `"\u0000é\n"`, `"a"^^<http://example.org/datatype>`)
	case 2:
		return "_:" + l.one("x", "y", "z")
	case 3:
		return "<<( " + l.iri("r", 4) + " " + l.iri("p", 2) + " " + l.one(l.iri("r", 4), "1", "_:x") + " )>>"
	}
	return l.iri("r", 4)
}

// data are triples without variables, some of them in graphs.
func (l *life) data(ground bool) string {
	var b strings.Builder
	for range 1 + l.r.IntN(5) {
		s, o := l.iri("r", 4), l.term()
		if l.r.IntN(5) == 0 {
			s = "_:" + l.one("x", "y")
		}
		t := s + " " + l.iri("p", 2) + " " + o + " . "
		if ground && strings.Contains(t, "_:") {
			continue
		}
		if l.r.IntN(2) == 0 {
			t = "GRAPH " + l.iri("g", 4) + " { " + t + "} "
		}
		b.WriteString(t)
	}
	return b.String()
}

// request makes an update, and whether it is to fail at the end.
func (l *life) request() (text string, fails bool) {
	fails = l.r.IntN(12) == 0
	if l.r.IntN(2) == 0 {
		return l.g.Update(), fails
	}
	var ops []string
	for range 1 + l.r.IntN(4) {
		ops = append(ops, l.operation(len(ops)))
	}
	return strings.Join(ops, " ;\n"), fails
}

func (l *life) operation(n int) string {
	g := func() string { return l.one("?g", l.iri("g", 4)) }
	target := func() string { return l.one("DEFAULT", "GRAPH "+l.iri("g", 4)) }
	switch l.r.IntN(12) {
	case 0, 1, 2:
		return "INSERT DATA { " + strings.ReplaceAll(l.data(false), "_:", fmt.Sprintf("_:n%d", n)) + "}" // labels belong to one operation
	case 3:
		return "DELETE DATA { " + l.data(true) + "}"
	case 4:
		return l.one("ADD", "COPY", "MOVE") + " SILENT " + target() + " TO " + target()
	case 5:
		return l.one("CLEAR", "DROP") + " SILENT " + l.one("GRAPH "+l.iri("g", 4), "DEFAULT", "NAMED")
	case 6:
		return "DELETE { GRAPH ?g { ?s ?p ?o } } INSERT { GRAPH ?h { ?o ?p ?s } ?s ?p _:b . _:b ?p ?o } WHERE { GRAPH ?g { ?s ?p ?o } VALUES ?h { " +
			l.iri("g", 4) + " " + l.iri("g", 4) + " } }"
	case 7:
		return "DELETE { ?s ?p ?o . ?o ?p ?x } INSERT { ?s ?p ?x GRAPH " + g() + " { ?x ?p ?s } } " + l.one("", "USING "+l.iri("g", 4)+" USING "+l.iri("g", 4)+" USING NAMED "+l.iri("g", 4)+" ") +
			"WHERE { ?s ?p ?o OPTIONAL { ?o ?q ?x } OPTIONAL { GRAPH ?g { ?x ?q ?y } } }"
	case 8:
		return "WITH " + l.iri("g", 4) + " DELETE { ?s ?p ?o } INSERT { ?s ?p ?n GRAPH ?g { ?s ?p ?n } } WHERE { ?s ?p ?o BIND(" +
			l.one("?o + 1", "STR(?o)", "STRDT(STR(?o), <http://www.w3.org/2001/XMLSchema#integer>)", "IRI(CONCAT(STR(?s), STR(?o)))", "STRLANG(STR(?o), \"EN\")", "TRIPLE(?s, ?p, ?o)") +
			" AS ?n) OPTIONAL { GRAPH ?g { ?s ?p ?o } } }"
	case 9:
		return "DELETE WHERE { " + l.one("", "GRAPH ?g { ?s ?q ?o } ") + "?s " + l.iri("p", 2) + " ?o " + l.one("", ". ?o ?p ?x ") + "}"
	case 10:
		return "DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(" + l.one("isBlank(?o)", "isLiteral(?o) && ?o < 2", "EXISTS { GRAPH ?g { ?s ?p ?o } }", "NOT EXISTS { ?o ?q ?s }") + ") }"
	}
	return "INSERT { GRAPH ?g { ?s ?p ?o } } WHERE { { ?s ?p ?o } UNION { GRAPH ?f { ?s ?p ?o FILTER(isLiteral(?o)) } } VALUES ?g { " + l.iri("g", 4) + " } }"
}

// change is an update of many quads, of which the model knows what they are.
func (l *life) change() {
	const people, properties = 4000, 3
	graph := func() (name rdf.Term, text string) {
		n := l.r.IntN(4)
		if n == 0 {
			return rdf.Term{}, "DEFAULT"
		}
		iri := fmt.Sprintf("http://example.org/g%d", n)
		return rdf.IRI(iri), "GRAPH <" + iri + ">"
	}
	inside := func(g rdf.Term, inner string) string {
		if g.IsZero() {
			return "{ " + inner + " }"
		}
		return "{ GRAPH " + g.String() + " { " + inner + " } }"
	}
	property := func() rdf.Term { return rdf.IRI(fmt.Sprintf("http://example.org/p%d", l.r.IntN(properties))) }
	m := &model{quads: maps.Clone(l.now)}
	from, fromText := graph()
	to, toText := graph()
	p := property()
	var text string
	switch kind := l.r.IntN(9); kind {
	case 0, 1, 2: // many quads or few
		n := []int{3, 300, 6000}[l.r.IntN(3)]
		var b strings.Builder
		for range n {
			q := rdf.Quad{S: rdf.IRI(fmt.Sprintf("http://example.org/s%d", l.r.IntN(people))), P: property(), G: to}
			switch v := l.r.IntN(300); l.r.IntN(3) {
			case 0:
				q.O = rdf.Literal(fmt.Sprint(v), "http://www.w3.org/2001/XMLSchema#integer")
			case 1:
				q.O = rdf.String(fmt.Sprintf("text %d of step %d", v, len(l.story)%7))
			default:
				q.O = rdf.IRI(fmt.Sprintf("http://example.org/s%d", l.r.IntN(people)))
			}
			m.quads[q] = true
			b.WriteString(q.Triple().String() + " ")
		}
		text = "INSERT DATA " + inside(to, b.String())
	case 3:
		text = "DELETE WHERE " + inside(from, "?s "+p.String()+" ?o")
		for _, q := range m.in(from) {
			if q.P == p {
				delete(m.quads, q)
			}
		}
	case 4:
		p2 := property()
		limit := l.r.IntN(400)
		text = "DELETE " + inside(from, "?s "+p.String()+" ?o") + " INSERT " + inside(to, "?s "+p2.String()+" ?o") + " WHERE " + inside(from, "?s "+p.String()+" ?o FILTER(isNumeric(?o) && ?o < "+fmt.Sprint(limit)+")")
		var moved []rdf.Quad
		for _, q := range m.in(from) {
			var v int
			if _, err := fmt.Sscan(q.O.Value(), &v); err == nil && q.P == p && strings.HasSuffix(q.O.Datatype(), "integer") && v < limit {
				moved = append(moved, q)
				delete(m.quads, q)
			}
		}
		for _, q := range moved {
			m.quads[rdf.Quad{S: q.S, P: p2, O: q.O, G: to}] = true
		}
	case 5: // every so many of the subjects
		var b strings.Builder
		gone := map[rdf.Term]bool{}
		for range 1 + l.r.IntN(400) {
			s := rdf.IRI(fmt.Sprintf("http://example.org/s%d", l.r.IntN(people)))
			gone[s] = true
			b.WriteString(s.String() + " ")
		}
		text = "DELETE " + inside(from, "?s ?p ?o") + " WHERE { VALUES ?s { " + b.String() + "} " + inside(from, "?s ?p ?o") + " }"
		for _, q := range m.in(from) {
			if gone[q.S] {
				delete(m.quads, q)
			}
		}
	case 6:
		text = "CLEAR SILENT " + fromText
		m.clear(algebra.Target{One: from, Default: from.IsZero()})
	default:
		name := l.one("ADD", "COPY", "MOVE")
		text = name + " SILENT " + fromText + " TO " + toText
		m.transfer(from, to, name != "ADD", name == "MOVE")
	}
	if len(m.quads) > 60_000 {
		return
	}
	l.tell("%.200s", text)
	if _, err := l.e.Update(l.Context(), l.s, text); err != nil {
		l.Errorf("%v\n%.300s", err, text)
	}
	l.compared++
	l.now = m.quads
	l.settle("the store after an update of many quads")
}
