package refexec

import (
	"context"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// graph is a set of triples.
type graph struct {
	triples []rdf.Triple
	has     map[rdf.Triple]bool
}

func newGraph() *graph { return &graph{has: map[rdf.Triple]bool{}} }

func (g *graph) add(t rdf.Triple) {
	if !g.has[t] {
		g.has[t] = true
		g.triples = append(g.triples, t)
	}
}

// nodes lists the subjects and objects, each once.
func (g *graph) nodes() []rdf.Term {
	seen := map[rdf.Term]bool{}
	var out []rdf.Term
	for _, t := range g.triples {
		for _, n := range [...]rdf.Term{t.S, t.O} {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// Dataset is an RDF dataset. It does not change once it is made and is safe for concurrent use.
type Dataset struct {
	deflt *graph
	named map[rdf.Term]*graph
	names []rdf.Term
}

// NewDataset makes a dataset of quads. It has the named graphs of the quads, and also those in graphs, which may be empty.
func NewDataset(quads []rdf.Quad, graphs ...rdf.Term) *Dataset {
	d := &Dataset{deflt: newGraph(), named: map[rdf.Term]*graph{}}
	for _, q := range quads {
		d.graph(q.G).add(q.Triple())
	}
	for _, g := range graphs {
		d.graph(g)
	}
	return d
}

func (d *Dataset) graph(name rdf.Term) *graph {
	if name.IsZero() {
		return d.deflt
	}
	g := d.named[name]
	if g == nil {
		g = newGraph()
		d.named[name] = g
		d.names = append(d.names, name)
	}
	return g
}

// FromSnapshot reads a whole snapshot.
func FromSnapshot(ctx context.Context, snap store.Snapshot) (*Dataset, error) {
	var quads []rdf.Quad
	c := snap.Scan(ctx, store.Range{Order: store.SPOG}, store.AllColumns)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil {
			return nil, err
		}
		if b.Len == 0 {
			return NewDataset(quads), nil
		}
		var terms [4][]rdf.Term
		for i, col := range b.Cols {
			terms[i] = make([]rdf.Term, b.Len)
			if err := snap.Terms(col, terms[i]); err != nil {
				return nil, err
			}
		}
		for i := range b.Len {
			quads = append(quads, rdf.Quad{S: terms[0][i].Clone(), P: terms[1][i].Clone(), O: terms[2][i].Clone(), G: terms[3][i].Clone()})
		}
	}
}

// restrict makes the dataset that FROM and FROM NAMED describe (section 13.2).
func (d *Dataset) restrict(s algebra.Dataset, union bool) *Dataset {
	if !s.Set {
		if !union {
			return d
		}
		all := &Dataset{deflt: newGraph(), named: d.named, names: d.names}
		all.merge(d.deflt)
		for _, n := range d.names {
			all.merge(d.named[n])
		}
		return all
	}
	out := NewDataset(nil)
	for _, n := range s.Default {
		out.merge(d.named[n])
	}
	if s.AllNamed {
		out.named, out.names = d.named, d.names
		return out
	}
	for _, n := range s.Named {
		out.graph(n) // in the dataset, even if there is nothing in it
		if g := d.named[n]; g != nil {
			out.named[n] = g
		}
	}
	return out
}

// merge adds the triples of g to the default graph.
func (d *Dataset) merge(g *graph) {
	if g == nil {
		return
	}
	for _, t := range g.triples {
		d.deflt.add(t)
	}
}
