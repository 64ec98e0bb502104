package exec

import (
	"strconv"

	"triplestore/rdf"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Construct calls emit with the triples of a CONSTRUCT: the template for each solution, with fresh blank nodes, without triples
// that are not RDF and, as far as memory allows, without repetitions (https://www.w3.org/TR/sparql12-query/#construct).
func (q *Query) Construct(emit func(rdf.Triple) bool) error {
	c := &construction{q: q, seen: newTripleSet(q), constant: q.constants(),
		templates: newTemplates(q.plan.Template), cols: make([][]rdf.Term, q.width), kept: make([][]rdf.Term, q.width)}
	defer c.seen.release()
	for _, s := range q.plan.Out {
		if s >= 0 {
			c.slots = append(c.slots, s)
		}
	}
	return stream(q, new([]rdf.Triple), c.next, func(triples *[]rdf.Triple) bool {
		for i, t := range *triples {
			if q.ahead && i%textsAtOnce == 0 {
				expectTriples((*triples)[i:min(i+textsAtOnce, len(*triples))])
			}
			if !emit(t) {
				return false
			}
		}
		return true
	})
}

// construction makes the triples of a CONSTRUCT.
type construction struct {
	q         *Query
	seen      *tripleSet
	slots     []int
	constant  [][3]store.ID
	templates []template
	b         *batch
	at, n     int          // the rows of b whose terms are there
	done      int          // triples of these rows that were made, or left out
	cols      [][]rdf.Term // by slot; nil where it is unbound in all rows
	kept      [][]rdf.Term
	solution  int
	keys      []seenTriple // of those that are made next
}

// constructedAtOnce is about how many triples are made at a time, and constructedRows from how many solutions at least the terms are fetched.
const (
	constructedAtOnce = 1024
	constructedRows   = 64
)

// next puts triples into out, or none at the end.
func (c *construction) next(out *[]rdf.Triple) (int, error) {
	*out = (*out)[:0]
	for len(*out) == 0 {
		if c.done >= c.n*len(c.templates) {
			if more, err := c.fetch(); err != nil || !more {
				return 0, err
			}
		}
		// A template may have more triples than should be made at once.
		for c.done < c.n*len(c.templates) && len(*out) < constructedAtOnce {
			if err := c.q.check(); err != nil {
				return 0, err
			}
			c.some(out)
		}
	}
	return len(*out), nil
}

// fetch gets the terms of the next rows; more is false at the end.
func (c *construction) fetch() (more bool, err error) {
	q := c.q
	c.at, c.n, c.done = c.at+c.n, 0, 0
	if c.b == nil || c.at >= c.b.n {
		if c.b, err = q.next(); err != nil || c.b.n == 0 {
			return false, err
		}
		c.at = 0
	}
	if err := q.check(); err != nil {
		return false, err
	}
	n := min(max(constructedAtOnce/max(len(c.templates), 1), constructedRows), c.b.n-c.at)
	for _, s := range c.slots {
		if c.b.cols[s] == nil {
			c.cols[s] = nil
			continue
		}
		c.kept[s] = resize(c.kept[s], n)
		c.cols[s] = c.kept[s]
		if err := q.terms.decode(c.b.cols[s][c.at:c.at+n], c.cols[s], &q.scratch); err != nil {
			return false, err
		}
	}
	for i := range c.templates {
		c.templates[i].begin(c.cols)
	}
	c.n = n
	return true, nil
}

// some makes a few triples of the rows whose terms are there, all templates of a row before the next row.
func (c *construction) some(out *[]rdf.Triple) {
	q, k := c.q, len(c.templates)
	from, to := c.done, min(c.done+missesAtOnce, c.n*k)
	c.done = to
	if !q.plan.Unique {
		c.keys = resize(c.keys, to-from)
		row, i := from/k, from%k
		for at := range c.keys {
			h := &c.keys[at]
			h.known = false
			if t := &c.templates[i]; !t.none {
				if h.key, h.known = q.key(t.of, c.constant[i], c.b, c.at+row); h.known {
					c.seen.prepare(h)
				}
			}
			if i++; i == k {
				row, i = row+1, 0
			}
		}
		c.seen.expect(c.keys)
	}
	row, i := from/k, from%k
	for at := range to - from {
		if i == 0 {
			c.solution++
		}
		if t := &c.templates[i]; !t.none {
			fresh := true
			if !q.plan.Unique {
				h := &c.keys[at]
				fresh = !h.known || c.seen.fresh(h)
			}
			if fresh {
				if triple, ok := t.fill(c.cols, row, c.solution); ok {
					*out = append(*out, triple)
				}
			}
		}
		if i++; i == k {
			row, i = row+1, 0
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
