package visible

import (
	"fmt"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/iri"
)

// Graphs is a set of graphs, told by their names. The zero value is empty.
type Graphs struct {
	all, unnamed bool
	exact        []string // sorted
	prefixes     []string // sorted
}

// Words that stand for graphs in patterns.
const (
	// AllGraphs is every graph, the default graph and those that are named by blank nodes among them.
	AllGraphs = "*"
	// DefaultGraph is the default graph.
	DefaultGraph = "default"
)

// ParseGraphs makes the union of patterns. A pattern is AllGraphs, DefaultGraph, the IRI of a graph, or the beginning of IRIs
// followed by "*".
func ParseGraphs(patterns ...string) (Graphs, error) {
	var g Graphs
	for _, p := range patterns {
		prefix, isPrefix := strings.CutSuffix(p, "*")
		switch {
		case p == AllGraphs:
			g.all = true
		case p == DefaultGraph:
			g.unnamed = true
		case isPrefix:
			if scheme, _, ok := strings.Cut(prefix, ":"); !ok || scheme == "" || strings.Contains(prefix, "*") {
				return Graphs{}, fmt.Errorf("%q is not the beginning of absolute IRIs", p)
			}
			g.prefixes = append(g.prefixes, prefix)
		default:
			if err := iri.Check(p); err != nil {
				return Graphs{}, fmt.Errorf("%q is neither the IRI of a graph, nor the beginning of IRIs with * behind it, nor %s, nor %s: %w", p, DefaultGraph, AllGraphs, err)
			}
			g.exact = append(g.exact, p)
		}
	}
	return g.normal(), nil
}

func (g Graphs) normal() Graphs {
	if g.all {
		return Graphs{all: true}
	}
	slices.Sort(g.exact)
	slices.Sort(g.prefixes)
	g.exact, g.prefixes = slices.Compact(g.exact), slices.Compact(g.prefixes)
	return g
}

// Has reports whether a graph is in the set; the zero Term is the default graph.
func (g Graphs) Has(graph rdf.Term) bool {
	switch {
	case g.all:
		return true
	case graph.IsZero():
		return g.unnamed
	case !graph.IsIRI():
		return false
	}
	name := graph.Value()
	if _, found := slices.BinarySearch(g.exact, name); found {
		return true
	}
	return slices.ContainsFunc(g.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// All reports whether every graph is in the set.
func (g Graphs) All() bool { return g.all }

// Empty reports whether no graph is in the set.
func (g Graphs) Empty() bool { return !g.all && !g.unnamed && len(g.exact)+len(g.prefixes) == 0 }

// Union is the graphs that are in one of two sets.
func (g Graphs) Union(h Graphs) Graphs {
	return Graphs{
		all: g.all || h.all, unnamed: g.unnamed || h.unnamed, exact: slices.Concat(g.exact, h.exact), prefixes: slices.Concat(g.prefixes, h.prefixes),
	}.normal()
}

// String lists the patterns of the set, sorted.
func (g Graphs) String() string {
	if g.all {
		return AllGraphs
	}
	var list []string
	if g.unnamed {
		list = append(list, DefaultGraph)
	}
	list = append(list, g.exact...)
	for _, p := range g.prefixes {
		list = append(list, p+"*")
	}
	return strings.Join(list, " ")
}
