// Package canon compares RDF datasets without regard to the labels of blank nodes.
package canon

import (
	"errors"
	"hash/maphash"
	"slices"

	"triplestore/rdf"
)

// ErrLimit is the error for datasets whose blank nodes are too alike to be compared within the limit of work.
var ErrLimit = errors.New("canon: comparing the blank nodes takes too long")

// DefaultWork is the limit of Isomorphic: about as many times a quad may be looked at.
const DefaultWork = 20_000_000

// Isomorphic reports whether there is a one-to-one mapping of the blank nodes of a to those of b which makes the datasets equal
// as sets of quads (https://www.w3.org/TR/rdf12-concepts/#dfn-dataset-isomorphism). Blank nodes count inside triple terms and
// as names of graphs too. The error is ErrLimit.
func Isomorphic(a, b []rdf.Quad) (bool, error) { return IsomorphicWork(a, b, DefaultWork) }

// IsomorphicWork is Isomorphic with a limit of its own.
func IsomorphicWork(a, b []rdf.Quad, work int) (bool, error) {
	seed := maphash.MakeSeed()
	x, y := newDataset(a, seed), newDataset(b, seed)
	if x.size != y.size || len(x.nodes) != len(y.nodes) || len(x.quads) != len(y.quads) {
		return false, nil
	}
	for q := range x.ground {
		if !y.ground[q] {
			return false, nil
		}
	}
	s := &search{x: x, y: y, work: work}
	return s.match(make([]uint64, len(x.nodes)), make([]uint64, len(y.nodes)), 0)
}

// dataset is a set of quads whose blank nodes have numbers.
type dataset struct {
	size   int
	ground map[rdf.Quad]bool
	quads  []quad
	nodes  []rdf.Term
	index  map[rdf.Term]int
	// uses lists for each blank node the quads with it, each once.
	uses [][]int
	seed maphash.Seed
}

// quad is a quad with blank nodes.
type quad struct {
	parts [4]term
}

// term is a term taken apart as far as there are blank nodes in it: a ground one has its hash, a blank node its number, and a
// triple term with blank nodes inside its parts.
type term struct {
	rdf   rdf.Term
	hash  uint64
	node  int // -1 where it is none
	parts *[3]term
}

func newDataset(quads []rdf.Quad, seed maphash.Seed) *dataset {
	d := &dataset{ground: map[rdf.Quad]bool{}, index: map[rdf.Term]int{}, seed: seed}
	seen := make(map[rdf.Quad]bool, len(quads))
	for _, q := range quads {
		if seen[q] {
			continue
		}
		seen[q] = true
		d.size++
		var t quad
		blank := false
		for i, x := range []rdf.Term{q.S, q.P, q.O, q.G} {
			t.parts[i] = d.take(x)
			blank = blank || !t.parts[i].ground()
		}
		if !blank {
			d.ground[q] = true
			continue
		}
		n := len(d.quads)
		d.quads = append(d.quads, t)
		for i := range t.parts {
			t.parts[i].each(func(node int) {
				if u := d.uses[node]; len(u) == 0 || u[len(u)-1] != n {
					d.uses[node] = append(u, n)
				}
			})
		}
	}
	return d
}

func (d *dataset) take(t rdf.Term) term {
	switch {
	case t.IsBlankNode():
		n, known := d.index[t]
		if !known {
			n = len(d.nodes)
			d.index[t] = n
			d.nodes = append(d.nodes, t)
			d.uses = append(d.uses, nil)
		}
		return term{rdf: t, node: n}
	case t.IsTriple():
		tr := t.Triple()
		parts := [3]term{d.take(tr.S), d.take(tr.P), d.take(tr.O)}
		if !parts[0].ground() || !parts[1].ground() || !parts[2].ground() {
			return term{rdf: t, node: -1, parts: &parts}
		}
	}
	return term{rdf: t, node: -1, hash: maphash.Comparable(d.seed, t)}
}

func (t *term) ground() bool { return t.node < 0 && t.parts == nil }

func (t *term) each(f func(node int)) {
	if t.node >= 0 {
		f(t.node)
	}
	if t.parts != nil {
		for i := range t.parts {
			t.parts[i].each(f)
		}
	}
}

func mix(h, x uint64) uint64 {
	h = (h ^ x) * 0x9E3779B97F4A7C15
	return h ^ h>>29
}

// colour hashes a term, with blank nodes by their colours; the node self looks different from others of its colour.
func (t *term) colour(colours []uint64, self int) uint64 {
	switch {
	case t.node >= 0 && t.node == self:
		return 0x5851F42D4C957F2D
	case t.node >= 0:
		return mix(0x14057B7EF767814F, colours[t.node])
	case t.parts != nil:
		h := uint64(0x2545F4914F6CDD1D)
		for i := range t.parts {
			h = mix(h, t.parts[i].colour(colours, self))
		}
		return h
	}
	return t.hash
}

// refine gives each blank node a colour out of its own and the quads around it.
func (d *dataset) refine(colours []uint64) []uint64 {
	out := make([]uint64, len(colours))
	for n := range colours {
		sum := d.around(n, colours)
		out[n] = mix(mix(colours[n], sum), sum)
	}
	return out
}

// around hashes the quads around a node, in which it has no colour of its own.
func (d *dataset) around(n int, colours []uint64) uint64 {
	sum := uint64(0)
	for _, u := range d.uses[n] {
		h := uint64(0x9FB21C651E98DF25)
		for i := range d.quads[u].parts {
			h = mix(h, d.quads[u].parts[i].colour(colours, n))
		}
		sum += mix(h, 0xA0761D6478BD642F)
	}
	return sum
}

// cost is about the work of one round of refine.
func (d *dataset) cost() int {
	n := len(d.nodes)
	for _, u := range d.uses {
		n += len(u)
	}
	return n
}

// search looks for a mapping: colours are refined until they no longer split, then a node of the smallest class that has
// several is paired with each of its equals in turn.
type search struct {
	x, y *dataset
	work int
}

func (s *search) match(cx, cy []uint64, depth uint64) (bool, error) {
	classes := count(cx)
	for {
		if s.work -= 2*s.x.cost() + 16; s.work < 0 {
			return false, ErrLimit
		}
		if !sameColours(cx, cy) {
			return false, nil
		}
		if classes == len(cx) {
			return s.verify(cx, cy), nil
		}
		nx, ny := s.x.refine(cx), s.y.refine(cy)
		n := count(nx)
		if n == classes {
			if !sameColours(nx, ny) {
				return false, nil
			}
			break
		}
		cx, cy, classes = nx, ny, n
	}
	if depth == 0 {
		s.x.splitTwins(cx)
		s.y.splitTwins(cy)
	}
	node := smallest(cx)
	if node < 0 {
		return s.verify(cx, cy), nil
	}
	colour := cx[node]
	// The new colour depends only on the old one and the depth, so that both sides get the same.
	fresh := mix(colour, 0xD6E8FEB86659FD93+depth)
	for other, c := range cy {
		if c != colour {
			continue
		}
		tx, ty := slices.Clone(cx), slices.Clone(cy)
		tx[node], ty[other] = fresh, fresh
		if ok, err := s.match(tx, ty, depth+1); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// splitTwins gives different colours to the nodes of a class that stand in the very same quads with the very same other
// nodes. Twins can be exchanged for one another at will, so that one order is as good as any and none needs to be searched
// for.
func (d *dataset) splitTwins(colours []uint64) {
	ids := make([]uint64, len(colours))
	for n := range ids {
		ids[n] = uint64(n)
	}
	type group struct{ colour, around uint64 }
	met := map[group]uint64{}
	for n, c := range colours {
		g := group{c, d.around(n, ids)}
		colours[n] = mix(c, 0xE7037ED1A0B428DB+met[g])
		met[g]++
	}
}

func count(colours []uint64) int {
	seen := make(map[uint64]struct{}, len(colours))
	for _, c := range colours {
		seen[c] = struct{}{}
	}
	return len(seen)
}

func sameColours(a, b []uint64) bool {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(x, y)
}

// smallest gives a node of the smallest class of more than one.
func smallest(colours []uint64) int {
	sizes := make(map[uint64]int, len(colours))
	for _, c := range colours {
		sizes[c]++
	}
	best := -1
	for n, c := range colours {
		if size := sizes[c]; size > 1 && (best < 0 || size < sizes[colours[best]]) {
			best = n
		}
	}
	return best
}

// verify checks the mapping that distinct colours mean, so that a clash of hashes can never make datasets look equal.
func (s *search) verify(cx, cy []uint64) bool {
	byColour := make(map[uint64]rdf.Term, len(cy))
	for n, c := range cy {
		byColour[c] = s.y.nodes[n]
	}
	want := make(map[rdf.Quad]bool, len(s.y.quads))
	for i := range s.y.quads {
		want[s.y.quads[i].renamed(func(node int) rdf.Term { return s.y.nodes[node] })] = true
	}
	for i := range s.x.quads {
		if !want[s.x.quads[i].renamed(func(node int) rdf.Term { return byColour[cx[node]] })] {
			return false
		}
	}
	return true
}

func (q *quad) renamed(name func(node int) rdf.Term) rdf.Quad {
	return rdf.Quad{S: q.parts[0].renamed(name), P: q.parts[1].renamed(name), O: q.parts[2].renamed(name), G: q.parts[3].renamed(name)}
}

func (t *term) renamed(name func(node int) rdf.Term) rdf.Term {
	switch {
	case t.node >= 0:
		return name(t.node)
	case t.parts != nil:
		p := t.parts
		return rdf.TripleTerm(rdf.Triple{S: p[0].renamed(name), P: p[1].renamed(name), O: p[2].renamed(name)})
	}
	return t.rdf
}
