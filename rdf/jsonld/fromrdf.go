package jsonld

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
)

// FromOptions tells FromRDF how to write.
type FromOptions struct {
	// NativeTypes turns xsd:boolean, xsd:integer and xsd:double into JSON's, where that loses nothing but the lexical form.
	NativeTypes bool
	// TypeProperty keeps rdf:type as a property in place of @type.
	TypeProperty bool
	// Direction says how base directions appear in the quads.
	Direction RDFDirection
	// Lossless leaves out the few steps of the specification that lose triples or the identity of nodes: cells of lists with a type,
	// or that other graphs or rdf:type refer to, stay nodes, and JSON literals that are not in canonical form stay strings.
	Lossless bool
}

// usage is a place where a node is referred to.
type usage struct {
	node     *rdfNode
	property rdf.Term
	value    *Object
}

// rdfNode is a node under construction.
type rdfNode struct {
	*Object
	term     rdf.Term
	usages   []usage // of rdf:nil
	compound bool
}

type rdfGraph struct {
	nodes map[rdf.Term]*rdfNode
}

func (g *rdfGraph) node(t rdf.Term) *rdfNode {
	n, ok := g.nodes[t]
	if !ok {
		n = &rdfNode{Object: obj("@id", idOf(t)), term: t}
		g.nodes[t] = n
	}
	return n
}

func idOf(t rdf.Term) string {
	if t.IsBlankNode() {
		return "_:" + t.Value()
	}
	return t.Value()
}

// FromRDF gives the expanded JSON-LD of quads: a []any of *Object, in order of the nodes' identifiers
// (https://www.w3.org/TR/json-ld11-api/#serialize-rdf-as-json-ld-algorithm). Triple terms are an error: JSON-LD 1.1 has none.
func FromRDF(quads []rdf.Quad, o FromOptions) ([]any, error) {
	graphs := map[rdf.Term]*rdfGraph{{}: {nodes: map[rdf.Term]*rdfNode{}}}
	once := map[rdf.Term]*usage{} // nil where a blank node is referred to more than once
	seen := make(map[rdf.Quad]struct{}, len(quads))
	for _, q := range quads {
		if q.O.IsTriple() || q.S.IsTriple() {
			return nil, fail("invalid RDF", "JSON-LD 1.1 has no triple terms: %v", q)
		}
		if _, ok := seen[q]; ok {
			continue
		}
		seen[q] = struct{}{}
		g := graphs[q.G]
		if g == nil {
			g = &rdfGraph{nodes: map[rdf.Term]*rdfNode{}}
			graphs[q.G] = g
			graphs[rdf.Term{}].node(q.G)
		}
		node := g.node(q.S)
		if !q.O.IsLiteral() {
			g.node(q.O)
		}
		if q.P == rdfType && !o.TypeProperty && !q.O.IsLiteral() {
			if o.Lossless && q.O.IsBlankNode() {
				once[q.O] = nil
			}
			addValue(node.Object, "@type", idOf(q.O))
			continue
		}
		if o.Direction == CompoundLiteral && q.P == rdfDirection {
			node.compound = true
		}
		value, err := o.value(q.O)
		if err != nil {
			return nil, err
		}
		addValue(node.Object, q.P.Value(), value)
		u := usage{node, q.P, value}
		switch {
		case q.O == rdfNil:
			n := g.node(rdfNil)
			n.usages = append(n.usages, u)
		case q.O.IsBlankNode():
			if _, twice := once[q.O]; twice {
				once[q.O] = nil
			} else {
				once[q.O] = &u
			}
		}
	}
	if o.Lossless {
		keepShared(graphs, once)
	}
	for _, g := range graphs {
		if o.Direction == CompoundLiteral {
			g.compoundLiterals(once)
		}
		g.lists(once, !o.Lossless)
	}
	def := graphs[rdf.Term{}]
	for name, g := range graphs {
		if !name.IsZero() {
			def.node(name).Set("@graph", g.list())
		}
	}
	return def.list(), nil
}

// keepShared forgets that blank nodes are referred to once that are in several graphs or name one.
func keepShared(graphs map[rdf.Term]*rdfGraph, once map[rdf.Term]*usage) {
	home := map[rdf.Term]*rdfGraph{}
	for name, g := range graphs {
		if name.IsBlankNode() {
			once[name] = nil
		}
		for t := range g.nodes {
			if !t.IsBlankNode() {
				continue
			}
			if h, ok := home[t]; ok && h != g {
				once[t] = nil
			}
			home[t] = g
		}
	}
}

func (g *rdfGraph) list() []any {
	nodes := make([]*rdfNode, 0, len(g.nodes))
	for _, n := range g.nodes {
		if n.Len() > 1 {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *rdfNode) int { return cmp.Compare(idOf(a.term), idOf(b.term)) })
	out := make([]any, len(nodes))
	for i, n := range nodes {
		out[i] = n.Object
	}
	return out
}

// lists turns chains of rdf:first and rdf:rest that nothing else refers to into list objects.
func (g *rdfGraph) lists(once map[rdf.Term]*usage, typed bool) {
	end, ok := g.nodes[rdfNil]
	if !ok {
		return
	}
	nest := nesting{owner: map[rdf.Term]rdf.Term{}, height: map[rdf.Term]int{}}
	for _, u := range end.usages {
		var items []any
		var cells []rdf.Term
		for u.property == rdfRest && u.node.isCell(typed) && once[u.node.term] != nil {
			first, _ := u.node.Get(rdfFirst.Value())
			items = append(items, first.([]any)[0])
			cells = append(cells, u.node.term)
			u = *once[u.node.term]
			if !u.node.term.IsBlankNode() {
				break
			}
		}
		if !nest.add(cells, u.node.term) {
			continue
		}
		u.value.remove("@id")
		slices.Reverse(items)
		u.value.Set("@list", orEmpty(items))
		for _, c := range cells {
			delete(g.nodes, c)
		}
	}
}

// maxNest is how deep lists nest within each other in JSON; the rest stays nodes.
const maxNest = 100

// nesting keeps lists from holding themselves, and from nesting too deep.
type nesting struct {
	owner  map[rdf.Term]rdf.Term // cell of a list → node that refers to the list
	height map[rdf.Term]int      // levels of lists below a node
}

// add places the list of some cells under a node, or reports that it cannot be there.
func (n nesting) add(cells []rdf.Term, node rdf.Term) bool {
	height := 1
	for _, c := range cells {
		height = max(height, n.height[c]+1)
	}
	path := []rdf.Term{node}
	for {
		top := path[len(path)-1]
		if len(path)+height > maxNest || slices.Contains(cells, top) {
			return false
		}
		up, ok := n.owner[top]
		if !ok {
			break
		}
		path = append(path, up)
	}
	for _, c := range cells {
		n.owner[c] = node
	}
	for i, t := range path {
		n.height[t] = max(n.height[t], height+i)
	}
	return true
}

// isCell reports whether a node is a well-formed cell of a list, which may be typed as rdf:List.
func (n *rdfNode) isCell(typed bool) bool {
	if !n.term.IsBlankNode() {
		return false
	}
	for i, k := range n.keys {
		list, _ := n.vals[i].([]any)
		switch k {
		case "@id":
		case rdfFirst.Value(), rdfRest.Value():
			if len(list) != 1 {
				return false
			}
		case "@type":
			if !typed || len(list) != 1 || list[0] != rdfNS+"List" {
				return false
			}
		default:
			return false
		}
	}
	return n.has(rdfFirst.Value()) && n.has(rdfRest.Value())
}

// compoundLiterals turns nodes with rdf:direction that are referred to once into values.
func (g *rdfGraph) compoundLiterals(once map[rdf.Term]*usage) {
	for t, n := range g.nodes {
		u := once[t]
		if !n.compound || u == nil {
			continue
		}
		delete(g.nodes, t)
		u.value.remove("@id")
		for _, pair := range [...][2]string{{rdfValue.Value(), "@value"}, {rdfLanguage.Value(), "@language"}, {rdfDirection.Value(), "@direction"}} {
			v, ok := n.Get(pair[0])
			if !ok {
				continue
			}
			if m, ok := v.([]any)[0].(*Object); ok {
				text, _ := m.Get("@value")
				u.value.Set(pair[1], text)
			}
		}
	}
}

// value is RDF to Object Conversion (https://www.w3.org/TR/json-ld11-api/#rdf-to-object-conversion).
func (o FromOptions) value(t rdf.Term) (*Object, error) {
	if !t.IsLiteral() {
		return obj("@id", idOf(t)), nil
	}
	dt := t.Datatype()
	result := obj("@value", t.Value())
	switch {
	case t.Lang() != "":
		result.Set("@language", t.Lang())
		if d := t.Direction(); d != rdf.NoDirection {
			result.Set("@direction", d.String())
		}
		return result, nil
	case dt == rdfNS+"JSON":
		d := decoder{buf: []byte(t.Value()), maxDepth: defaultMaxDepth}
		v, err := d.document()
		if o.Lossless && (err != nil || string(appendCanonical(nil, v)) != t.Value()) {
			return obj("@value", t.Value(), "@type", dt), nil //nolint:nilerr // what is no JSON stays a string
		}
		if err != nil {
			return nil, fail("invalid JSON literal", "%v", err)
		}
		return obj("@value", v, "@type", "@json"), nil
	case o.Direction == I18nDatatype && strings.HasPrefix(dt, i18n):
		lang, dir, _ := strings.Cut(strings.TrimPrefix(dt, i18n), "_")
		if lang != "" {
			result.Set("@language", lang)
		}
		if dir != "" {
			result.Set("@direction", dir)
		}
		return result, nil
	case dt == xsdNS+"string":
		return result, nil
	case o.NativeTypes:
		switch v := t.Value(); dt {
		case xsdNS + "boolean":
			switch v {
			case "true", "1":
				return obj("@value", true), nil
			case "false", "0":
				return obj("@value", false), nil
			}
		case xsdNS + "integer", xsdNS + "double":
			if n, ok := nativeNumber(v, dt == xsdNS+"double"); ok {
				return obj("@value", n), nil
			}
		}
	}
	result.Set("@type", dt)
	return result, nil
}

func nativeNumber(s string, double bool) (Number, bool) {
	d := decoder{buf: []byte(strings.TrimPrefix(s, "+"))}
	if len(d.buf) == 0 || d.buf[0] != '-' && (d.buf[0] < '0' || d.buf[0] > '9') {
		return "", false
	}
	v, err := d.number()
	n, _ := v.(Number)
	if err != nil || d.pos != len(d.buf) {
		return "", false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil || !double && strings.ContainsAny(string(n), ".eE") {
		return "", false
	}
	if double {
		return Number(appendNumber(nil, Number(strconv.FormatFloat(f, 'g', -1, 64)))), true
	}
	return n, true
}
