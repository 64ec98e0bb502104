package server

import (
	"io"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/vocab"
)

// graphWriter writes quads in a format with just the prefixes that they need: it holds the first quads back and looks at them.
type graphWriter struct {
	to       io.Writer
	format   *format.Format
	prefixes map[string]string // preferred to the well-known ones
	held     []rdf.Quad
	w        format.Writer
}

// heldQuads is how many quads decide about the prefixes.
const heldQuads = 1000

func newGraphWriter(to io.Writer, f *format.Format, prefixes map[string]string) *graphWriter {
	return &graphWriter{to: to, format: f, prefixes: prefixes}
}

// Write takes a quad.
func (g *graphWriter) Write(q rdf.Quad) error {
	if g.w != nil {
		return g.w.Write(q)
	}
	if g.held = append(g.held, q); len(g.held) < heldQuads {
		return nil
	}
	return g.begin()
}

func (g *graphWriter) begin() error {
	used := map[string]string{}
	for _, q := range g.held {
		for i, t := range [...]rdf.Term{q.S, q.P, q.O, q.G} {
			iri := t.Datatype()
			switch {
			case t.IsIRI():
				iri = t.Value()
			case t.Lang() != "" || iri == xsdSpace+"string":
				iri = ""
			}
			if i != 1 || iri != rdfType { // Turtle writes "a"
				g.use(iri, used)
			}
		}
	}
	w, err := g.format.NewWriter(g.to, format.WriteOptions{Prefixes: used})
	if err != nil {
		return err
	}
	g.w = w
	for _, q := range g.held {
		if err := w.Write(q); err != nil {
			return err
		}
	}
	g.held = nil
	return nil
}

func (g *graphWriter) use(iri string, used map[string]string) {
	if iri == "" {
		return
	}
	best, name := "", ""
	for p, ns := range g.prefixes {
		if len(ns) > len(best) && len(iri) > len(ns) && iri[:len(ns)] == ns {
			best, name = ns, p
		}
	}
	if best == "" {
		end := len(iri)
		for end > 0 && iri[end-1] != '#' && iri[end-1] != '/' {
			end--
		}
		known, ok := vocab.NameOf(iri[:end])
		if !ok {
			return
		}
		best, name = iri[:end], known
	}
	if _, taken := used[name]; !taken {
		used[name] = best
	}
}

// Close writes what is held and ends the document.
func (g *graphWriter) Close() error {
	if g.w == nil {
		if err := g.begin(); err != nil {
			return err
		}
	}
	return g.w.Close()
}
