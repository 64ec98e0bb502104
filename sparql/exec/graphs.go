package exec

import (
	"strconv"

	"triplestore/rdf"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// tripleSet drops triples that were there before, for as long as it may remember more.
type tripleSet struct {
	q    *Query
	set  *keySet
	held held
	full bool
}

// tripleSetLimit is how many bytes the triples of a result may take for telling repetitions.
const tripleSetLimit = 256 << 20

func (s *tripleSet) fresh(k [3]store.ID) bool {
	if s.full {
		return s.set.find(k[:]) < 0
	}
	size := s.set.bytes()
	_, fresh := s.set.add(k[:])
	if grown := s.set.bytes() - size; grown > 0 {
		if limit := s.q.memory.limit; s.set.bytes() > tripleSetLimit || limit > 0 && s.set.bytes() > limit/2 {
			s.full = true
		} else if s.held.grow(grown) != nil {
			s.full = true
		}
	}
	return fresh
}

// Construct calls emit with the triples of a CONSTRUCT: the template for each solution, with fresh blank nodes, without triples
// that are not RDF and, as far as memory allows, without repetitions (https://www.w3.org/TR/sparql12-query/#construct).
func (q *Query) Construct(emit func(rdf.Triple) bool) error {
	seen := &tripleSet{q: q, set: newKeySet(3), held: held{m: q.memory}}
	defer seen.held.release()
	var slots []int
	for _, s := range q.plan.Out {
		if s >= 0 {
			slots = append(slots, s)
		}
	}
	constant, templates := q.constants(), newTemplates(q.plan.Template)
	cols := make([][]rdf.Term, q.width) // by slot; nil where it is unbound in all rows
	kept := make([][]rdf.Term, q.width)
	solution := 0
	for {
		b, err := q.next()
		if err != nil || b.n == 0 {
			return err
		}
		for at := 0; at < b.n; at += batchSize {
			n := min(batchSize, b.n-at)
			for _, s := range slots {
				if b.cols[s] == nil {
					cols[s] = nil
					continue
				}
				kept[s] = resize(kept[s], n)
				cols[s] = kept[s]
				if err := q.terms.decode(b.cols[s][at:at+n], cols[s], &q.scratch); err != nil {
					return err
				}
			}
			for i := range templates {
				templates[i].begin(cols)
			}
			for r := range n {
				if solution++; solution&63 == 0 {
					if err := q.check(); err != nil {
						return err
					}
				}
				for i := range templates {
					t := &templates[i]
					if t.none {
						continue
					}
					if !q.plan.Unique {
						if k, ok := q.key(&q.plan.Template[i], constant[i], b, at+r); ok && !seen.fresh(k) {
							continue
						}
					}
					triple, ok := t.fill(cols, r, solution)
					if ok && !emit(triple) {
						return nil
					}
				}
			}
		}
	}
}

// template is a triple of the plan's template over the columns of a batch.
type template struct {
	of     *optimizer.TemplateTriple
	simple bool          // of terms and variables alone
	none   bool          // a variable is unbound in the whole batch
	cols   [3][]rdf.Term // with simple: of the variables, else nil
}

func newTemplates(ts []optimizer.TemplateTriple) []template {
	out := make([]template, len(ts))
	for i := range ts {
		out[i] = template{of: &ts[i], simple: true}
		for _, n := range ts[i] {
			out[i].simple = out[i].simple && n.Blank == 0 && n.Triple == nil
		}
	}
	return out
}

func (t *template) begin(cols [][]rdf.Term) {
	t.none = false
	for i, n := range t.of {
		t.cols[i] = nil
		if n.Term.IsZero() && n.Blank == 0 && n.Triple == nil {
			if n.Slot >= 0 {
				t.cols[i] = cols[n.Slot]
			}
			t.none = t.none || t.cols[i] == nil
		}
	}
}

func (t *template) fill(cols [][]rdf.Term, row, solution int) (rdf.Triple, bool) {
	if !t.simple {
		return fill(t.of, cols, row, solution)
	}
	place := func(i int) *rdf.Term {
		if c := t.cols[i]; c != nil {
			return &c[row]
		}
		return &t.of[i].Term
	}
	s, p, o := place(0), place(1), place(2)
	if k := s.Kind(); k != rdf.KindIRI && k != rdf.KindBlankNode || !p.IsIRI() || o.IsZero() {
		return rdf.Triple{}, false
	}
	return rdf.Triple{S: *s, P: *p, O: *o}, true
}

// constants are the IDs of the template's terms; NoID where a place is no term.
func (q *Query) constants() [][3]store.ID {
	out := make([][3]store.ID, len(q.plan.Template))
	for i, t := range q.plan.Template {
		for j, n := range t {
			if !n.Term.IsZero() {
				if id, err := q.terms.intern(n.Term); err == nil {
					out[i][j] = id
				}
			}
		}
	}
	return out
}

// key is what tells a triple of the template from others; ok is false where it has a fresh blank node or a triple term.
func (q *Query) key(t *optimizer.TemplateTriple, constant [3]store.ID, b *batch, row int) (k [3]store.ID, ok bool) {
	for i, n := range t {
		switch {
		case constant[i] != store.NoID:
			k[i] = constant[i]
		case n.Blank > 0 || n.Triple != nil || !n.Term.IsZero():
			return k, false
		default:
			if k[i] = b.get(n.Slot, row); k[i] == store.NoID {
				return k, false
			}
		}
	}
	return k, true
}

func fill(t *optimizer.TemplateTriple, cols [][]rdf.Term, row, solution int) (rdf.Triple, bool) {
	s, p, o := fillNode(t[0], cols, row, solution), fillNode(t[1], cols, row, solution), fillNode(t[2], cols, row, solution)
	ok := (s.IsIRI() || s.IsBlankNode()) && p.IsIRI() && !o.IsZero()
	return rdf.Triple{S: s, P: p, O: o}, ok
}

func fillNode(n optimizer.TemplateNode, cols [][]rdf.Term, row, solution int) rdf.Term {
	switch {
	case !n.Term.IsZero():
		return n.Term
	case n.Blank > 0:
		return rdf.BlankNode("c" + strconv.Itoa(solution) + "x" + strconv.Itoa(n.Blank))
	case n.Triple != nil:
		t, ok := fill(n.Triple, cols, row, solution)
		if !ok {
			return rdf.Term{}
		}
		return rdf.TripleTerm(t)
	}
	if n.Slot < 0 {
		return rdf.Term{}
	}
	if c := cols[n.Slot]; c != nil {
		return c[row]
	}
	return rdf.Term{}
}
