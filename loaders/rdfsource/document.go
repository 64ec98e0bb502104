package rdfsource

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/vocab"
)

// document is all that a source says, with every term once.
type document struct {
	classes map[string]bool
	terms   *terms
	triples [][3]uint32
	mark    int // triples of earlier documents, but for paging
	named   int // triples of earlier documents
}

func newDocument(classes map[string]bool) *document {
	return &document{classes: classes, terms: newTerms()}
}

// size is about how many bytes the document takes in memory.
func (d *document) size() int64 { return d.terms.size() + int64(cap(d.triples))*12 }

// add takes statements; the graphs that they name are not kept.
func (d *document) add(quads []rdf.Quad) {
	for _, q := range quads {
		d.triples = append(d.triples, [3]uint32{d.terms.id(q.S), d.terms.id(q.P), d.terms.id(q.O)})
	}
}

func (d *document) triple(t [3]uint32) rdf.Triple {
	return rdf.Triple{S: d.terms.get(t[0]), P: d.terms.get(t[1]), O: d.terms.get(t[2])}
}

const hydra = "http://www.w3.org/ns/hydra/core#"

// takeNext finds the page that Hydra names as the next one of the page that was added last, and takes out what is about paging: it
// is no content, and changes with every page.
func (d *document) takeNext(address string) (next string) {
	control := map[uint32]bool{}
	for _, t := range d.triples[d.mark:] {
		p := d.terms.get(t[1]).Value()
		switch {
		case p == hydra+"next" || p == hydra+"nextPage":
			control[t[0]] = true
			o := d.terms.get(t[2])
			next = o.Value()
			if u, err := url.Parse(address); err == nil && !o.IsIRI() { // some write it as a literal
				if n, err := u.Parse(next); err == nil {
					next = n.String()
				}
			}
		case p == vocab.RDFType:
			switch d.terms.get(t[2]).Value() {
			case hydra + "PartialCollectionView", hydra + "PagedCollection", hydra + "Collection":
				control[t[0]] = true
			}
		}
	}
	kept := d.triples[:d.mark]
	for _, t := range d.triples[d.mark:] {
		if !control[t[0]] && !strings.HasPrefix(d.terms.get(t[1]).Value(), hydra) {
			kept = append(kept, t)
		}
	}
	d.triples, d.mark, d.named = kept, len(kept), len(kept)
	return next
}

// deliver hands over the records, and then what belongs to none.
func (d *document) deliver(ctx context.Context, to source.Sink) error {
	slices.SortFunc(d.triples, func(a, b [3]uint32) int { return slices.Compare(a[:], b[:]) })
	d.triples = slices.Compact(d.triples)
	first := make([]uint32, d.terms.len()+1) // where the triples of a subject begin
	for _, t := range d.triples {
		first[t[0]+1]++
	}
	for i := range d.terms.len() {
		first[i+1] += first[i]
	}
	about := func(s uint32) [][3]uint32 { return d.triples[first[s]:first[s+1]] }
	records, order, entries := d.records()
	taken := make([]bool, d.terms.len()) // subjects that belong to a record
	var out source.Record
	for n, r := range order {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if n%512 == 0 {
			to.Progress(source.Progress{Doing: "splitting into records", Done: int64(n), Total: int64(len(order)), Unit: "records"})
		}
		seen := map[uint32]bool{r: true}
		queue := []uint32{r}
		for _, e := range entries[r] {
			if !seen[e] {
				seen[e] = true
				queue = append(queue, e)
			}
		}
		out.IRI, out.Named, out.Triples = d.terms.get(r).Value(), true, out.Triples[:0]
		for len(queue) > 0 {
			s := queue[0]
			queue = queue[1:]
			taken[s] = true
			for _, t := range about(s) {
				out.Triples = append(out.Triples, d.triple(t))
				if o := t[2]; !seen[o] && !records[o] && first[o] < first[o+1] {
					seen[o] = true
					queue = append(queue, o)
				}
			}
		}
		if err := to.Record(&out); err != nil {
			return err
		}
	}
	rest := source.Record{Named: true}
	for s := range d.terms.len() {
		if taken[s] {
			continue
		}
		for _, t := range about(uint32(s)) {
			rest.Triples = append(rest.Triples, d.triple(t))
		}
		if len(rest.Triples) >= 4096 {
			if err := to.Record(&rest); err != nil {
				return err
			}
			rest.Triples = rest.Triples[:0]
		}
	}
	if len(rest.Triples) > 0 {
		return to.Record(&rest)
	}
	return nil
}

// endDocument gives the blank nodes of the document that was added last names that last. What is said in the same way by two documents, such as
// a dataset that is on two pages, gets the same names.
func (d *document) endDocument(ctx context.Context, to source.Sink, scope string) error {
	here := d.triples[d.named:]
	ties, err := canon.StableEach(ctx, len(here), func(i int) rdf.Triple {
		return d.triple(here[i])
	}, func(i int, t rdf.Triple) {
		here[i][0], here[i][2] = d.terms.id(t.S), d.terms.id(t.O)
	}, canon.StableOptions{Scope: scope})
	if err != nil {
		return err
	}
	if ties > 0 {
		to.Note(source.Note{Sort: source.Remark, Message: fmt.Sprintf(
			"%d blank nodes are so alike that their names depend on their order: they may change although the source does not", ties)})
	}
	d.named = len(d.triples)
	return nil
}

// records finds the records: which subjects are some, in order, and the dcat:CatalogRecords about each.
func (d *document) records() (is map[uint32]bool, order []uint32, entries map[uint32][]uint32) {
	is, entries = map[uint32]bool{}, map[uint32][]uint32{}
	if len(d.classes) == 0 {
		return is, nil, entries
	}
	typ, ok := d.terms.find(rdf.IRI(vocab.RDFType))
	if !ok {
		return is, nil, entries
	}
	catalogRecord := map[uint32]bool{}
	for _, t := range d.triples {
		if t[1] != typ {
			continue
		}
		switch class := d.terms.get(t[2]).Value(); {
		case class == vocab.DCATCatalogRecord:
			catalogRecord[t[0]] = true
		case d.classes[class] && d.terms.get(t[0]).IsIRI() && !is[t[0]]:
			is[t[0]] = true
			order = append(order, t[0])
		}
	}
	if topic, ok := d.terms.find(rdf.IRI(vocab.FOAFPrimaryTopic)); ok {
		for _, t := range d.triples {
			if t[1] == topic && catalogRecord[t[0]] && is[t[2]] {
				entries[t[2]] = append(entries[t[2]], t[0])
			}
		}
	}
	return is, order, entries
}
