package jsonld

import (
	"slices"
	"strconv"
	"strings"
)

// nodeMaps collects the nodes of expanded documents by graph and identifier
// (https://www.w3.org/TR/json-ld11-api/#node-map-generation).
type nodeMaps struct {
	graphs *Object // name → *Object of identifier → node
	issued map[string]string
	seen   map[string]struct{} // what a property of a node holds, so that nothing is there twice
}

func newNodeMaps() *nodeMaps {
	return &nodeMaps{graphs: obj("@default", &Object{}), issued: map[string]string{}, seen: map[string]struct{}{}}
}

// blank renames a blank node, or makes a new one for the empty string.
func (n *nodeMaps) blank(id string) string {
	if to, ok := n.issued[id]; ok && id != "" {
		return to
	}
	to := "_:b" + strconv.Itoa(len(n.issued))
	if id == "" {
		id = " " + to
	}
	n.issued[id] = to
	return to
}

func (n *nodeMaps) rename(id string) string {
	if strings.HasPrefix(id, "_:") {
		return n.blank(id)
	}
	return id
}

func (n *nodeMaps) graph(name string) *Object {
	if g, ok := n.graphs.Get(name); ok {
		return g.(*Object)
	}
	g := &Object{}
	n.graphs.Set(name, g)
	return g
}

func nodeOf(graph *Object, id string) *Object {
	if m, ok := graph.Get(id); ok {
		return m.(*Object)
	}
	m := obj("@id", id)
	graph.Set(id, m)
	return m
}

// target is where the elements that generate meets belong.
type target struct {
	graph    string
	subject  string  // the node that has them
	referrer *Object // in @reverse, the node that they refer to
	property string
	list     *Object // the list that holds them
}

func (n *nodeMaps) generate(element any, at target) error {
	if items, ok := element.([]any); ok {
		for _, item := range items {
			if err := n.generate(item, at); err != nil {
				return err
			}
		}
		return nil
	}
	m, ok := element.(*Object)
	if !ok {
		return nil
	}
	if v, ok := m.Get("@type"); ok {
		types := slices.Clone(asList(v))
		for i, t := range types {
			if s, ok := t.(string); ok {
				types[i] = n.rename(s)
			}
		}
		if _, isArray := v.([]any); isArray {
			m.Set("@type", types)
		} else {
			m.Set("@type", types[0])
		}
	}
	graph := n.graph(at.graph)
	switch {
	case m.has("@value"):
		n.add(graph, at, m, true)
		return nil
	case m.has("@list"):
		result := obj("@list", []any{})
		items, _ := m.Get("@list")
		inner := at
		inner.list = result
		if err := n.generate(items, inner); err != nil {
			return err
		}
		n.add(graph, at, result, false)
		return nil
	}
	return n.node(m, graph, at)
}

// add puts a value where it belongs; once keeps equal values from being there twice.
func (n *nodeMaps) add(graph *Object, at target, value *Object, once bool) {
	if at.list != nil {
		addValue(at.list, "@list", value)
		return
	}
	n.addTo(nodeOf(graph, at.subject), at.graph, at.property, value, once)
}

func (n *nodeMaps) addTo(node *Object, graph, property string, value any, once bool) {
	if once {
		id, _ := node.Get("@id")
		key := string(appendCanonical(nil, []any{graph, id, property, value}))
		if _, ok := n.seen[key]; ok {
			return
		}
		n.seen[key] = struct{}{}
	}
	addValue(node, property, value)
}

func (n *nodeMaps) node(m, graph *Object, at target) error {
	id := ""
	if v, ok := m.Get("@id"); ok {
		if id, ok = v.(string); !ok {
			return nil
		}
		id = n.rename(id)
	} else {
		id = n.blank("")
	}
	node := nodeOf(graph, id)
	switch {
	case at.referrer != nil:
		n.addTo(node, at.graph, at.property, at.referrer, true)
	case at.property != "":
		n.add(graph, at, obj("@id", id), true)
	}
	if v, ok := m.Get("@type"); ok {
		for _, t := range asList(v) {
			n.addTo(node, at.graph, "@type", t, true)
		}
	}
	if v, ok := m.Get("@index"); ok {
		if old, ok := node.Get("@index"); ok && old != v {
			return fail("conflicting indexes", "%s is both %v and %v", id, old, v)
		}
		node.Set("@index", v)
	}
	if v, ok := m.Get("@reverse"); ok {
		r := v.(*Object)
		for i, property := range r.keys {
			if err := n.generate(r.vals[i], target{graph: at.graph, referrer: obj("@id", id), property: property}); err != nil {
				return err
			}
		}
	}
	if v, ok := m.Get("@graph"); ok {
		n.graph(id)
		if err := n.generate(v, target{graph: id}); err != nil {
			return err
		}
	}
	if v, ok := m.Get("@included"); ok {
		if err := n.generate(v, target{graph: at.graph}); err != nil {
			return err
		}
	}
	keys := slices.Clone(m.keys)
	slices.Sort(keys)
	for _, property := range keys {
		switch property {
		case "@id", "@type", "@index", "@reverse", "@graph", "@included":
			continue
		}
		value, _ := m.Get(property)
		property = n.rename(property)
		if !node.has(property) {
			node.Set(property, []any{})
		}
		if err := n.generate(value, target{graph: at.graph, subject: id, property: property}); err != nil {
			return err
		}
	}
	return nil
}

// flatten gives all nodes, named graphs within theirs, in order of their identifiers
// (https://www.w3.org/TR/json-ld11-api/#flattening-algorithm).
func (n *nodeMaps) flatten() []any {
	def := n.graph("@default")
	names := slices.Clone(n.graphs.keys)
	slices.Sort(names)
	for _, name := range names {
		if name != "@default" {
			nodeOf(def, name).Set("@graph", sortedNodes(n.graph(name)))
		}
	}
	return sortedNodes(def)
}

// sortedNodes lists the nodes of a graph that say anything.
func sortedNodes(graph *Object) []any {
	ids := slices.Clone(graph.keys)
	slices.Sort(ids)
	nodes := []any{}
	for _, id := range ids {
		if node := nodeOf(graph, id); node.Len() > 1 || !node.has("@id") {
			nodes = append(nodes, node)
		}
	}
	return nodes
}
