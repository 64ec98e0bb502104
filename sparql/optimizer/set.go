package optimizer

import "math/bits"

// Set is a set of slots. The zero value is empty. Methods never change their receiver.
type Set struct {
	low  uint64   // slots 0 to 63: sets of small queries take no memory of their own
	more []uint64 // those from 64 on; never changed once it is shared
}

// SetOf makes a set.
func SetOf(slots ...int) Set {
	var s Set
	for _, x := range slots {
		s.insert(x)
	}
	return s
}

// insert changes the set, whose memory must be its own.
func (s *Set) insert(slot int) {
	if slot < 64 {
		s.low |= 1 << slot
		return
	}
	for len(s.more) <= slot>>6-1 {
		s.more = append(s.more, 0)
	}
	s.more[slot>>6-1] |= 1 << (slot & 63)
}

// add changes the set, whose memory must be its own, to have what is in another too.
func (s *Set) add(t Set) {
	s.low |= t.low
	for len(s.more) < len(t.more) {
		s.more = append(s.more, 0)
	}
	for i, w := range t.more {
		s.more[i] |= w
	}
}

// Has reports whether slot is in the set.
func (s Set) Has(slot int) bool {
	if slot < 64 {
		return slot >= 0 && s.low&(1<<slot) != 0
	}
	return slot>>6-1 < len(s.more) && s.more[slot>>6-1]&(1<<(slot&63)) != 0
}

// With is the set with one more slot.
func (s Set) With(slots ...int) Set {
	s.more = append([]uint64(nil), s.more...)
	for _, x := range slots {
		s.insert(x)
	}
	return s
}

// Union is the set of what is in either.
func (s Set) Union(t Set) Set {
	if len(s.more) < len(t.more) {
		s, t = t, s
	}
	s.low |= t.low
	if len(t.more) > 0 {
		s.more = append([]uint64(nil), s.more...)
		for i, w := range t.more {
			s.more[i] |= w
		}
	}
	return s
}

// Intersect is the set of what is in both.
func (s Set) Intersect(t Set) Set {
	c := Set{low: s.low & t.low}
	if n := min(len(s.more), len(t.more)); n > 0 {
		c.more = make([]uint64, n)
		for i := range c.more {
			c.more[i] = s.more[i] & t.more[i]
		}
	}
	return c
}

// Minus is the set of what is in s but not in t.
func (s Set) Minus(t Set) Set {
	s.low &^= t.low
	if n := min(len(s.more), len(t.more)); n > 0 {
		s.more = append([]uint64(nil), s.more...)
		for i, w := range t.more[:n] {
			s.more[i] &^= w
		}
	}
	return s
}

// Overlaps reports whether the sets have something in common.
func (s Set) Overlaps(t Set) bool {
	if s.low&t.low != 0 {
		return true
	}
	for i := range min(len(s.more), len(t.more)) {
		if s.more[i]&t.more[i] != 0 {
			return true
		}
	}
	return false
}

// In reports whether t has everything that is in s.
func (s Set) In(t Set) bool {
	if s.low&^t.low != 0 {
		return false
	}
	for i, w := range s.more {
		if i < len(t.more) {
			w &^= t.more[i]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// commonIn reports whether all that s and t have in common is in u.
func (s Set) commonIn(t, u Set) bool {
	if s.low&t.low&^u.low != 0 {
		return false
	}
	for i := range min(len(s.more), len(t.more)) {
		w := s.more[i] & t.more[i]
		if i < len(u.more) {
			w &^= u.more[i]
		}
		if w != 0 {
			return false
		}
	}
	return true
}

// Empty reports whether nothing is in the set.
func (s Set) Empty() bool {
	if s.low != 0 {
		return false
	}
	for _, w := range s.more {
		if w != 0 {
			return false
		}
	}
	return true
}

// Len is the number of slots in the set.
func (s Set) Len() int {
	n := bits.OnesCount64(s.low)
	for _, w := range s.more {
		n += bits.OnesCount64(w)
	}
	return n
}

// All yields the slots in ascending order.
func (s Set) All(yield func(slot int) bool) {
	for w := s.low; w != 0; w &= w - 1 {
		if !yield(bits.TrailingZeros64(w)) {
			return
		}
	}
	for i, w := range s.more {
		for ; w != 0; w &= w - 1 {
			if !yield((i+1)<<6 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}

// without yields what is in s but not in t, in ascending order.
func (s Set) without(t Set) func(yield func(slot int) bool) {
	return func(yield func(slot int) bool) {
		for i := -1; i < len(s.more); i++ {
			w, less := s.low, t.low
			if i >= 0 {
				if w, less = s.more[i], 0; i < len(t.more) {
					less = t.more[i]
				}
			}
			for w &^= less; w != 0; w &= w - 1 {
				if !yield((i+1)<<6 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// Slots lists the set in ascending order.
func (s Set) Slots() []int {
	out := make([]int, 0, s.Len())
	for x := range s.All {
		out = append(out, x)
	}
	return out
}
