package enhetsregisteret

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/vocab"
)

// codeTable gathers the codes that units use, with their labels. It is safe for concurrent use.
type codeTable struct {
	mu    sync.Mutex
	known map[string]string // from a run before, by IRI; nil in a complete run
	seen  map[string]code
}

type code struct {
	kind codeKind
	Code
}

func newCodeTable(known map[string]string) *codeTable {
	return &codeTable{known: known, seen: map[string]code{}}
}

// add takes a code. Of several labels the first in the order of text is kept, so that the order of units does not matter.
func (t *codeTable) add(term rdf.Term, kind codeKind, c Code) {
	t.mu.Lock()
	defer t.mu.Unlock()
	iri := term.Value()
	if old, ok := t.seen[iri]; ok && (c.Label == "" || old.Label != "" && old.Label <= c.Label) {
		return
	}
	t.seen[iri] = code{kind, c}
}

// deliver gives the codes that are not known from before, each as a record, and tells all that are known now. The concepts above an
// industry code come along without a label, which the code list of Statistics Norway has.
func (t *codeTable) deliver(to source.Sink) (map[string]string, error) {
	all := maps.Clone(t.known)
	if all == nil {
		all = map[string]string{}
	}
	schemes := map[codeKind]string{formCode: strings.TrimSuffix(FormBase, "/"), industryCode: IndustryScheme, sectorCode: SectorScheme}
	for _, iri := range slices.Sorted(maps.Keys(t.seen)) {
		c := t.seen[iri]
		if _, ok := all[iri]; ok {
			continue
		}
		all[iri] = c.Label
		w := writer{s: rdf.IRI(iri)}
		if c.kind == placeCode {
			w.add(rdfType, rdf.IRI(vocab.DCT+"Location"))
			w.add(identifier, rdf.String(c.Code.Code))
		} else {
			w.add(rdfType, concept)
			w.add(notation, rdf.String(c.Code.Code))
			w.add(inScheme, rdf.IRI(schemes[c.kind]))
		}
		if c.Label != "" {
			w.add(prefLabel, rdf.LangLiteral(c.Label, "nb"))
		}
		if above := broaderIndustry(c.Code.Code); c.kind == industryCode && above != "" {
			w.add(broader, rdf.IRI(IndustryScheme+"#"+above))
		}
		if err := to.Record(&source.Record{IRI: iri, Triples: w.out}); err != nil {
			return nil, err
		}
		if c.kind == industryCode {
			for above := broaderIndustry(c.Code.Code); above != ""; above = broaderIndustry(above) {
				up := IndustryScheme + "#" + above
				if _, ok := all[up]; ok {
					continue
				}
				if _, ok := t.seen[up]; ok {
					continue
				}
				all[up] = ""
				w := writer{s: rdf.IRI(up)}
				w.add(rdfType, concept)
				w.add(notation, rdf.String(above))
				w.add(inScheme, rdf.IRI(IndustryScheme))
				if b := broaderIndustry(above); b != "" {
					w.add(broader, rdf.IRI(IndustryScheme+"#"+b))
				}
				if err := to.Record(&source.Record{IRI: up, Triples: w.out}); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// broaderIndustry is the code above a code of the standard industrial classification: 84.110, 84.11, 84.1, 84. Nothing stands above
// what is no such code.
func broaderIndustry(c string) string {
	division, rest, _ := strings.Cut(c, ".")
	other := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case len(division) != 2 || strings.ContainsFunc(division+rest, other):
		return ""
	case len(rest) > 1:
		return c[:len(c)-1]
	case len(rest) == 1:
		return division
	}
	return ""
}
