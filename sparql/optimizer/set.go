package optimizer

import "math/bits"

// Set is a set of slots. The zero value is empty. Methods that return a Set never change their receiver.
type Set []uint64

// SetOf makes a set.
func SetOf(slots ...int) Set {
	var s Set
	for _, x := range slots {
		s = s.add(x)
	}
	return s
}

func (s Set) add(slot int) Set {
	for len(s) <= slot>>6 {
		s = append(s, 0)
	}
	s[slot>>6] |= 1 << (slot & 63)
	return s
}

// Has reports whether slot is in the set.
func (s Set) Has(slot int) bool {
	return slot >= 0 && slot>>6 < len(s) && s[slot>>6]&(1<<(slot&63)) != 0
}

// With is the set with one more slot.
func (s Set) With(slots ...int) Set {
	c := s.clone()
	for _, x := range slots {
		c = c.add(x)
	}
	return c
}

func (s Set) clone() Set { return append(Set(nil), s...) }

// Union is the set of what is in either.
func (s Set) Union(t Set) Set {
	if len(s) < len(t) {
		s, t = t, s
	}
	c := s.clone()
	for i := range t {
		c[i] |= t[i]
	}
	return c
}

// Intersect is the set of what is in both.
func (s Set) Intersect(t Set) Set {
	c := make(Set, min(len(s), len(t)))
	for i := range c {
		c[i] = s[i] & t[i]
	}
	return c
}

// Minus is the set of what is in s but not in t.
func (s Set) Minus(t Set) Set {
	c := s.clone()
	for i := range c {
		if i < len(t) {
			c[i] &^= t[i]
		}
	}
	return c
}

// Overlaps reports whether the sets have something in common.
func (s Set) Overlaps(t Set) bool {
	for i := range min(len(s), len(t)) {
		if s[i]&t[i] != 0 {
			return true
		}
	}
	return false
}

// In reports whether t has everything that is in s.
func (s Set) In(t Set) bool {
	for i, w := range s {
		if i < len(t) {
			w &^= t[i]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// Empty reports whether nothing is in the set.
func (s Set) Empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

// Len is the number of slots in the set.
func (s Set) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Slots lists the set in ascending order.
func (s Set) Slots() []int {
	out := make([]int, 0, s.Len())
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			out = append(out, i<<6+bits.TrailingZeros64(w))
		}
	}
	return out
}
