package canon

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
)

// StableOptions tells Stable how to work.
type StableOptions struct {
	// Scope goes into every name: names of different scopes differ.
	Scope string
	// Work limits the work for one group of blank nodes, see Options.Work. 0 means 20,000.
	Work int
}

// Stable gives blank nodes names that depend only on what is said about them, so that the same triples, in whatever order and with
// whatever labels, get the same names; what is said elsewhere in the document does not matter. It changes the triples in place.
//
// Blank nodes that triples connect with each other are named together, by the hash of all triples that mention one of them. Within such
// a group most nodes differ by what surrounds them; where they do not, RDFC-1.0 tells them apart. Where that takes more work than
// is allowed, or triple terms have blank nodes, those that look alike are named in the order in which they come, and ties counts
// them: their names may change although the triples did not.
func Stable(ctx context.Context, triples []rdf.Triple, o StableOptions) (ties int, err error) {
	return StableEach(ctx, len(triples), func(i int) rdf.Triple { return triples[i] }, func(i int, t rdf.Triple) { triples[i] = t }, o)
}

// StableEach is [Stable] for n triples that are kept elsewhere: at gives the i-th and set replaces it, once, if it has blank
// nodes. It keeps no triples but those of one group at a time.
func StableEach(ctx context.Context, n int, at func(i int) rdf.Triple, set func(i int, t rdf.Triple), o StableOptions) (ties int, err error) {
	s := &stable{ctx: ctx, o: o, ids: map[string]int32{}, seen: map[[nameBytes]byte]int32{}}
	if s.o.Work <= 0 {
		s.o.Work = 20_000
	}
	type member struct {
		node   int32 // one that the triple mentions, later the least of its group
		triple int
	}
	var involved []member
	for i := range n {
		first := int32(-1)
		s.each(at(i), func(id int32) {
			if first >= 0 {
				s.union(first, id)
			}
			first = id
		})
		if first >= 0 {
			involved = append(involved, member{first, i})
		}
	}
	for i := range involved {
		involved[i].node = s.find(involved[i].node)
	}
	// Numbers are given as nodes come, so this is the order in which the groups begin.
	slices.SortFunc(involved, func(a, b member) int { return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.triple, b.triple)) })
	var group []rdf.Triple
	for len(involved) > 0 {
		if err := ctx.Err(); err != nil {
			return ties, err
		}
		group = group[:0]
		for _, m := range involved {
			if m.node != involved[0].node {
				break
			}
			group = append(group, at(m.triple))
		}
		names, t, err := s.group(group)
		if err != nil {
			return ties, err
		}
		ties += t
		rename := func(label string) string { return names[label] }
		for i, t := range group {
			set(involved[i].triple, rdf.Triple{S: renameTerm(t.S, rename), P: t.P, O: renameTerm(t.O, rename)})
		}
		involved = involved[len(group):]
	}
	return ties, nil
}

// nameBytes is how much of the hash of a group is its name.
const nameBytes = 10

type stable struct {
	ctx    context.Context
	o      StableOptions
	ids    map[string]int32
	labels []string
	parent []int32
	seen   map[[nameBytes]byte]int32 // groups that were named, by their hash: those that are alike get different names
}

func (s *stable) id(label string) int32 {
	id, ok := s.ids[label]
	if !ok {
		id = int32(len(s.labels))
		s.ids[label] = id
		s.labels = append(s.labels, label)
		s.parent = append(s.parent, id)
	}
	return id
}

func (s *stable) find(i int32) int32 {
	for s.parent[i] != i {
		s.parent[i] = s.parent[s.parent[i]]
		i = s.parent[i]
	}
	return i
}

func (s *stable) union(a, b int32) {
	if a, b = s.find(a), s.find(b); a != b {
		s.parent[max(a, b)] = min(a, b)
	}
}

// each calls f for every blank node of a triple, those in triple terms included.
func (s *stable) each(t rdf.Triple, f func(id int32)) {
	for _, x := range [...]rdf.Term{t.S, t.O} {
		if x.IsBlankNode() {
			f(s.id(x.Value()))
		} else if hasInnerBlank(x) {
			s.each(x.Triple(), f)
		}
	}
}

func renameTerm(t rdf.Term, name func(string) string) rdf.Term {
	switch {
	case t.IsBlankNode():
		return rdf.BlankNode(name(t.Value()))
	case hasInnerBlank(t):
		in := t.Triple()
		return rdf.TripleTerm(rdf.Triple{S: renameTerm(in.S, name), P: in.P, O: renameTerm(in.O, name)})
	}
	return t
}

// maxRounds is how far around a blank node is looked before RDFC-1.0 is asked.
const maxRounds = 32

// group finds names for the blank nodes of one group.
func (s *stable) group(triples []rdf.Triple) (names map[string]string, ties int, err error) {
	local := map[string]int{} // label to index in nodes
	var nodes []string
	about := [][]int{}
	for i, t := range triples {
		s.each(t, func(id int32) {
			label := s.labels[id]
			n, ok := local[label]
			if !ok {
				n = len(nodes)
				local[label] = n
				nodes = append(nodes, label)
				about = append(about, nil)
			}
			if k := len(about[n]); k == 0 || about[n][k-1] != i {
				about[n] = append(about[n], i)
			}
		})
	}
	order, alike := s.refine(triples, nodes, local, about)
	if alike > 0 {
		order, ties, err = s.canonical(triples, nodes, order, alike)
		if err != nil {
			return nil, 0, err
		}
	}
	// The position of a node in the order is its name within the group; all triples with these names are the name of the group.
	position := make(map[string]string, len(nodes))
	for i, n := range order {
		position[nodes[n]] = strconv.Itoa(i)
	}
	lines := make([]string, len(triples))
	for i, t := range triples {
		lines[i] = line(t, func(label string) string { return position[label] })
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	sum := sha256.New()
	sum.Write([]byte(s.o.Scope + "\n"))
	for _, l := range lines {
		sum.Write([]byte(l))
	}
	key := [nameBytes]byte(sum.Sum(nil))
	name := "h" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(key[:]))
	if n := s.seen[key]; n > 0 {
		name += "-" + strconv.Itoa(int(n))
	}
	s.seen[key]++
	for label, p := range position {
		if len(nodes) == 1 {
			position[label] = name
		} else {
			position[label] = name + "." + p
		}
	}
	return position, ties, nil
}

func line(t rdf.Triple, name func(string) string) string {
	t.S, t.O = renameTerm(t.S, name), renameTerm(t.O, name)
	return t.String() + "\n"
}

// refine orders nodes by hashes of what is said about them, of what is said about those around them, and so on. alike is how many
// nodes have the same hash as the one before.
func (s *stable) refine(triples []rdf.Triple, nodes []string, local map[string]int, about [][]int) (order []int, alike int) {
	colours := make([][]byte, len(nodes))
	next := make([][]byte, len(nodes))
	order = make([]int, len(nodes))
	for i := range order {
		order[i] = i
	}
	distinct := 0
	for round := range maxRounds {
		for n := range nodes {
			lines := make([]string, 0, len(about[n]))
			for _, i := range about[n] {
				lines = append(lines, line(triples[i], func(label string) string {
					other := local[label]
					mark := "o"
					if other == n {
						mark = "s"
					}
					return mark + string(hexOf(colours[other]))
				}))
			}
			slices.Sort(lines)
			sum := sha256.New()
			for _, l := range lines {
				sum.Write([]byte(l))
			}
			next[n] = sum.Sum(nil)[:16]
		}
		colours, next = next, colours
		slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(colours[a], colours[b]) })
		now := 1
		for i := 1; i < len(order); i++ {
			if !bytes.Equal(colours[order[i]], colours[order[i-1]]) {
				now++
			}
		}
		if now == len(nodes) || round > 0 && now == distinct {
			return order, len(nodes) - now
		}
		distinct = now
	}
	return order, len(nodes) - distinct
}

func hexOf(b []byte) []byte {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return out
}

// canonical orders the nodes by RDFC-1.0.
func (s *stable) canonical(triples []rdf.Triple, nodes []string, order []int, alike int) ([]int, int, error) {
	quads := make([]rdf.Quad, len(triples))
	for i, t := range triples {
		quads[i] = t.In(rdf.Term{})
	}
	c, err := Canonicalize(s.ctx, quads, Options{Work: s.o.Work})
	switch {
	case errors.Is(err, ErrComplex), errors.Is(err, ErrTripleTerm):
		return order, alike, nil
	case err != nil:
		return nil, 0, err
	}
	number := make([]int, len(nodes))
	for i, n := range nodes {
		number[i], err = strconv.Atoi(strings.TrimPrefix(c.Labels[n], "c14n"))
		if err != nil {
			return nil, 0, err
		}
	}
	order = slices.Clone(order)
	slices.SortFunc(order, func(a, b int) int { return number[a] - number[b] })
	return order, 0, nil
}
