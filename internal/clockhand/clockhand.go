// Package clockhand is the hand of caches that decide as a clock does which of their entries go: when there has to be room, the hand goes around
// from somewhere, passes over those that were used since it last came by, and takes the first that was not.
package clockhand

import "math/bits"

// Hand begins anywhere each time instead of where it was, so that a cache is also of use where more is read again and again, in the same order, than it
// holds: a hand that goes on has always just taken what is read next, and one that stays where what is new takes the place of what was old takes that first.
//
// The zero Hand is ready for use, and all of them begin at the same places. It is not safe for concurrent use.
type Hand uint64

// Next is where the hand begins among n entries, of which there is at least one: a number below n.
func (h *Hand) Next(n int) int {
	*h = *h*6364136223846793005 + 1442695040888963407 // Knuth, The Art of Computer Programming 2, 3.3.4: MMIX
	high, _ := bits.Mul64(uint64(*h), uint64(n))
	return int(high) //nolint:gosec // below n
}
