package optimizer

import (
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// dataset is the query's dataset in terms of the store's graphs.
type dataset struct {
	def    Graph
	any    bool       // every named graph of the store is one of the dataset
	named  []store.ID // else these, sorted
	nameds Graph      // what a pattern in GRAPH ?g sees, without Var
}

func (p *planner) resolveDataset(d algebra.Dataset) error {
	total, err := p.stats.count(store.Range{Order: store.SPOG})
	if err != nil {
		return err
	}
	inDefault, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: []store.ID{store.DefaultGraph}})
	if err != nil {
		return err
	}
	ds := &p.dataset
	if !d.Set {
		ds.any = true
		ds.nameds = Graph{Mode: GraphNamed, Var: -1}
		if inDefault == 0 {
			ds.nameds.Mode = GraphAny
		}
		switch {
		case p.options.UnionDefaultGraph:
			graphs, err := p.stats.distinct(store.Range{Order: store.GSPO})
			if err != nil {
				return err
			}
			ds.def = Graph{Mode: GraphAny, Var: -1, Merge: inDefault != total && graphs > 1}
		case inDefault == total:
			ds.def = Graph{Mode: GraphAny, Var: -1}
		default:
			ds.def = Graph{Mode: GraphSet, IDs: []store.ID{store.DefaultGraph}, Var: -1}
		}
		return nil
	}
	set := func(terms []rdf.Term) ([]store.ID, error) {
		ids := []store.ID{}
		for _, t := range terms {
			id, err := p.id(t) // a graph of the dataset may be empty
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return slices.Compact(ids), nil
	}
	def, err := set(d.Default)
	if err != nil {
		return err
	}
	if ds.named, err = set(d.Named); err != nil {
		return err
	}
	ds.def = Graph{Mode: GraphSet, IDs: def, Var: -1, Merge: len(def) > 1}
	ds.nameds = Graph{Mode: GraphSet, IDs: ds.named, Var: -1}
	if d.AllNamed {
		ds.any, ds.nameds = true, Graph{Mode: GraphNamed, Var: -1}
	}
	return nil
}

// graphNamed is what a pattern in GRAPH <name> sees.
func (p *planner) graphNamed(name rdf.Term) (Graph, error) {
	g := Graph{Mode: GraphSet, IDs: []store.ID{}, Var: -1}
	id, err := p.id(name)
	if err != nil {
		return g, err
	}
	if _, in := slices.BinarySearch(p.dataset.named, id); p.dataset.any || in {
		g.IDs = append(g.IDs, id)
	}
	return g, nil
}

// hasGraph reports whether there is a named graph of that name. A pattern in one that is not there has no solutions, whatever it
// is (https://www.w3.org/TR/sparql12-query/#defn_evalGraph).
func (p *planner) hasGraph(g Graph) (bool, error) {
	if len(g.IDs) == 0 || !p.dataset.any {
		return len(g.IDs) > 0, nil
	}
	n, err := p.stats.count(store.Range{Order: store.GSPO, Prefix: g.IDs})
	return n > 0, err
}

// graphs lists the named graphs of the dataset. A graph of FROM NAMED is one even where it is empty.
func (p *planner) graphs() ([]store.ID, error) {
	if !p.dataset.any {
		return p.dataset.named, nil
	}
	all, err := p.snap.Graphs()
	if err != nil {
		return nil, err
	}
	var out []store.ID
	for _, g := range all {
		if g.Graph != store.DefaultGraph {
			out = append(out, g.Graph)
		}
	}
	return out, nil
}
