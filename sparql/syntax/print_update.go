package syntax

import "triplestore/rdf"

func (p *printer) operation(op Operation) {
	silent := func(yes bool) {
		if yes {
			p.write("SILENT ")
		}
	}
	switch o := op.(type) {
	case *InsertData:
		p.write("INSERT DATA ")
		p.quads(o.Quads)
	case *DeleteData:
		p.write("DELETE DATA ")
		p.quads(o.Quads)
	case *Modify:
		p.modify(o)
	case *Load:
		p.write("LOAD ")
		silent(o.Silent)
		p.term(o.Source)
		if !o.Into.IsZero() {
			p.write(" INTO GRAPH ")
			p.term(o.Into)
		}
	case *Manage:
		p.write(o.Verb, " ")
		silent(o.Silent)
		switch o.Target.Kind {
		case DefaultGraph:
			p.write("DEFAULT")
		case NamedGraphs:
			p.write("NAMED")
		case AllGraphs:
			p.write("ALL")
		default:
			p.write("GRAPH ")
			p.term(o.Target.Graph)
		}
	case *Transfer:
		p.write(o.Verb, " ")
		silent(o.Silent)
		p.graphOrDefault(o.From)
		p.write(" TO ")
		p.graphOrDefault(o.To)
	}
}

func (p *printer) graphOrDefault(t rdf.Term) {
	if t.IsZero() {
		p.write("DEFAULT")
		return
	}
	p.write("GRAPH ")
	p.term(t)
}

func (p *printer) modify(m *Modify) {
	if m.Short {
		p.write("DELETE WHERE ")
		p.quads(m.Delete)
		return
	}
	if !m.With.IsZero() {
		p.write("WITH ")
		p.term(m.With)
		p.write(" ")
	}
	if m.Delete != nil {
		p.write("DELETE ")
		p.quads(m.Delete)
	}
	if m.Insert != nil {
		p.write("INSERT ")
		p.quads(m.Insert)
	}
	p.dataset("USING", m.Using, m.UsingNamed)
	p.write("WHERE ")
	p.group(m.Where)
}

func (p *printer) quads(quads []Quad) {
	p.write("{ ")
	for i := 0; i < len(quads); {
		j := i
		for j < len(quads) && sameGraph(quads[i].Graph, quads[j].Graph) {
			j++
		}
		named := quads[i].Graph.Kind != NoNode
		if named {
			p.write("GRAPH ")
			p.node(&quads[i].Graph)
			p.write(" { ")
		}
		for _, q := range quads[i:j] {
			p.triples([]Triple{q.Triple})
		}
		if named {
			p.write("} ")
		}
		i = j
	}
	p.write("} ")
}
