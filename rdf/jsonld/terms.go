package jsonld

import (
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
)

// terms are the term definitions of a context: a hash trie that is never changed. A context that adds to another one shares what stays the same with it, so that
// what a context costs depends on what it says and not on those around it.
type terms struct {
	root      *termNode
	protected int // how many of them are
}

// termNode has up to 32 places, by five bits of the hash, of which bitmap tells those that are taken. Behind the last bits all slots are in a row.
type termNode struct {
	bitmap uint32
	slots  []termSlot
}

// termSlot is a node, or a term.
type termSlot struct {
	child *termNode
	hash  uint64
	term  string
	def   *termDef
}

const (
	trieBits = 5
	trieEnd  = 60 // bits that are told apart
)

var termSeed = maphash.MakeSeed()

// get gives the definition of a term, or nil.
func (t terms) get(term string) *termDef {
	if t.root == nil {
		return nil
	}
	hash := maphash.String(termSeed, term)
	n := t.root
	for shift := 0; n != nil; shift += trieBits {
		if shift >= trieEnd {
			for i := range n.slots {
				if n.slots[i].term == term {
					return n.slots[i].def
				}
			}
			return nil
		}
		bit := uint32(1) << (hash >> shift & 31)
		if n.bitmap&bit == 0 {
			return nil
		}
		s := &n.slots[bits.OnesCount32(n.bitmap&(bit-1))]
		if s.child == nil {
			if s.term == term {
				return s.def
			}
			return nil
		}
		n = s.child
	}
	return nil
}

// all yields the terms in no order.
func (t terms) all() iter.Seq2[string, *termDef] {
	return func(yield func(string, *termDef) bool) { t.root.each(yield) }
}

func (n *termNode) each(yield func(string, *termDef) bool) bool {
	if n == nil {
		return true
	}
	for i := range n.slots {
		if s := &n.slots[i]; s.child != nil && !s.child.each(yield) || s.child == nil && !yield(s.term, s.def) {
			return false
		}
	}
	return true
}

// with gives the terms with one more, or another definition of one. It counts the slots that it writes.
func (t terms) with(term string, def *termDef, written *int) terms {
	if before := t.get(term); before != nil && before.protected {
		t.protected--
	}
	if def.protected {
		t.protected++
	}
	t.root = t.root.with(termSlot{hash: maphash.String(termSeed, term), term: term, def: def}, 0, written)
	return t
}

func (n *termNode) with(s termSlot, shift int, written *int) *termNode {
	if n == nil {
		n = &termNode{}
	}
	next := &termNode{bitmap: n.bitmap}
	i, found := n.find(s.hash, s.term, shift)
	if !found {
		if shift < trieEnd {
			next.bitmap |= 1 << (s.hash >> shift & 31)
		}
		next.slots = slices.Insert(slices.Clip(n.slots), i, s)
		*written += len(next.slots)
		return next
	}
	next.slots = slices.Clone(n.slots)
	*written += len(next.slots)
	switch here := n.slots[i]; {
	case here.child != nil:
		next.slots[i] = termSlot{child: here.child.with(s, shift+trieBits, written)}
	case here.term == s.term:
		next.slots[i] = s
	default:
		var child *termNode
		next.slots[i] = termSlot{child: child.with(here, shift+trieBits, written).with(s, shift+trieBits, written)}
	}
	return next
}

// find gives the place of a term in a node, and whether something is there; which may be another term, but not behind the last bits.
func (n *termNode) find(hash uint64, term string, shift int) (int, bool) {
	if shift >= trieEnd {
		if i := slices.IndexFunc(n.slots, func(s termSlot) bool { return s.term == term }); i >= 0 {
			return i, true
		}
		return len(n.slots), false
	}
	bit := uint32(1) << (hash >> shift & 31)
	return bits.OnesCount32(n.bitmap & (bit - 1)), n.bitmap&bit != 0
}

// without gives the terms but one.
func (t terms) without(term string, written *int) terms {
	before := t.get(term)
	if before == nil {
		return t
	}
	if before.protected {
		t.protected--
	}
	t.root = t.root.without(maphash.String(termSeed, term), term, 0, written)
	return t
}

// without gives a node without a term that is in it, or nil if that was all.
func (n *termNode) without(hash uint64, term string, shift int, written *int) *termNode {
	i, _ := n.find(hash, term, shift)
	next := &termNode{bitmap: n.bitmap, slots: slices.Clone(n.slots)}
	*written += len(next.slots)
	if child := n.slots[i].child; child != nil {
		if rest := child.without(hash, term, shift+trieBits, written); rest != nil {
			next.slots[i].child = rest
			return next
		}
	}
	if len(next.slots) == 1 {
		return nil
	}
	next.slots = slices.Delete(next.slots, i, i+1)
	if shift < trieEnd {
		next.bitmap &^= 1 << (hash >> shift & 31)
	}
	return next
}
