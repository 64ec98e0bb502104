package algebra

import (
	"fmt"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
)

// Update is a translated update request (https://www.w3.org/TR/sparql11-update/).
type Update struct {
	Base       string
	Prefixes   map[string]string
	Operations []UpdateOp
}

// UpdateOp is an operation of an update: one of the pointer types below.
type UpdateOp interface{ updateOp() }

// QuadPattern is a triple pattern in a graph. The zero Node is the default graph, or the graph of Modify.With.
type QuadPattern struct {
	TriplePattern
	G Node
}

// Target says which graphs CLEAR and DROP are about; One names the graph where it is just one.
type Target struct {
	Default, Named bool
	One            rdf.Term
}

// The operations.
type (
	// InsertData is INSERT DATA. The labels of its blank nodes are local to the request: the same label in the same operation is
	// the same fresh blank node.
	InsertData struct{ Quads []rdf.Quad }
	// DeleteData is DELETE DATA.
	DeleteData struct{ Quads []rdf.Quad }
	// Modify is DELETE and INSERT with WHERE, and DELETE WHERE. With is the default graph of templates and pattern if it is not
	// zero; Using, if set, replaces the dataset of the pattern. Variables of Insert that begin with a dot stand for blank nodes,
	// fresh for each solution.
	Modify struct {
		With           rdf.Term
		Delete, Insert []QuadPattern
		Using          Dataset
		Where          Op
	}
	// Load is LOAD; the zero Into is the default graph.
	Load struct {
		Silent       bool
		Source, Into rdf.Term
	}
	// Clear is CLEAR.
	Clear struct {
		Silent bool
		Target Target
	}
	// Drop is DROP.
	Drop struct {
		Silent bool
		Target Target
	}
	// Create is CREATE GRAPH.
	Create struct {
		Silent bool
		Graph  rdf.Term
	}
	// Copy is COPY; the zero Term is the default graph here and in Move and Add.
	Copy struct {
		Silent   bool
		From, To rdf.Term
	}
	// Move is MOVE.
	Move struct {
		Silent   bool
		From, To rdf.Term
	}
	// Add is ADD.
	Add struct {
		Silent   bool
		From, To rdf.Term
	}
)

func (*InsertData) updateOp() {}
func (*DeleteData) updateOp() {}
func (*Modify) updateOp()     {}
func (*Load) updateOp()       {}
func (*Clear) updateOp()      {}
func (*Drop) updateOp()       {}
func (*Create) updateOp()     {}
func (*Copy) updateOp()       {}
func (*Move) updateOp()       {}
func (*Add) updateOp()        {}

// TranslateUpdate gives the algebra of an update request. The error is a *syntax.Error.
func TranslateUpdate(u *syntax.Update) (out *Update, err error) {
	t := &translator{text: u}
	defer t.recover(&err)
	out = &Update{Base: u.Base, Prefixes: map[string]string{}}
	for name, ns := range u.Prefixes {
		out.Prefixes[name] = ns
	}
	for _, op := range u.Operations {
		out.Operations = append(out.Operations, t.updateOp(op))
	}
	return out, nil
}

func (t *translator) updateOp(op syntax.Operation) UpdateOp {
	t.patterns, t.allPatterns, t.deletes = 0, 0, false
	switch o := op.(type) {
	case *syntax.InsertData:
		return &InsertData{t.data(o.Quads)}
	case *syntax.DeleteData:
		return &DeleteData{t.data(o.Quads)}
	case *syntax.Modify:
		t.deletes = len(o.Delete) > 0
		return &Modify{
			With: o.With, Delete: t.quads(o.Delete, "."), Insert: t.quads(o.Insert, ".t"), Where: t.groupPattern(o.Where),
			Using: Dataset{Set: len(o.Using)+len(o.UsingNamed) > 0, Default: o.Using, Named: o.UsingNamed},
		}
	case *syntax.Load:
		return &Load{o.Silent, o.Source, o.Into}
	case *syntax.Manage:
		switch o.Verb {
		case "CLEAR":
			return &Clear{o.Silent, target(o.Target)}
		case "DROP":
			return &Drop{o.Silent, target(o.Target)}
		}
		return &Create{o.Silent, o.Target.Graph}
	case *syntax.Transfer:
		switch o.Verb {
		case "COPY":
			return &Copy{o.Silent, o.From, o.To}
		case "MOVE":
			return &Move{o.Silent, o.From, o.To}
		}
		return &Add{o.Silent, o.From, o.To}
	}
	panic(fmt.Sprintf("algebra: unknown operation %T", op))
}

func target(t syntax.Target) Target {
	all := t.Kind == syntax.AllGraphs
	return Target{Default: all || t.Kind == syntax.DefaultGraph, Named: all || t.Kind == syntax.NamedGraphs, One: t.Graph}
}

func (t *translator) quads(quads []syntax.Quad, blank string) []QuadPattern {
	out := make([]QuadPattern, len(quads))
	for i := range quads {
		q := &quads[i]
		out[i] = QuadPattern{
			TriplePattern{t.node(&q.S, blank), t.node(&q.P, blank), t.node(&q.O, blank)}, t.node(&q.Graph, blank),
		}
	}
	return out
}

// data translates quads without variables. What RDF does not allow is refused.
func (t *translator) data(quads []syntax.Quad) []rdf.Quad {
	out := make([]rdf.Quad, len(quads))
	for i := range quads {
		q := &quads[i]
		tr := t.triple(&q.S, &q.P, &q.O)
		out[i] = tr.In(q.Graph.Term)
	}
	return out
}

func (t *translator) triple(s, p, o *syntax.Node) rdf.Triple {
	tr := rdf.Triple{S: t.ground(s), P: t.ground(p), O: t.ground(o)}
	if !tr.S.IsIRI() && !tr.S.IsBlankNode() {
		t.fail(s.Span, "a %s cannot be the subject of a triple", tr.S.Kind())
	}
	return tr
}

// ground is a node without variables as a term.
func (t *translator) ground(n *syntax.Node) rdf.Term {
	switch n.Kind {
	case syntax.BlankNode:
		if label, ok := strings.CutPrefix(n.Name, "."); ok {
			return rdf.BlankNode("a" + label)
		}
		return rdf.BlankNode("l" + n.Name)
	case syntax.TripleNode:
		term := rdf.TripleTerm(t.triple(&n.Triple.S, &n.Triple.P, &n.Triple.O))
		if t.tripleBytes += term.Size(); t.tripleBytes > maxTripleTerms {
			t.fail(n.Span, "the triple terms are too long altogether")
		}
		return term
	}
	return n.Term
}
