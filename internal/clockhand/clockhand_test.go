package clockhand

import "testing"

// TestHand: the hand falls everywhere about as often, whatever the number of entries.
func TestHand(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 64, 1000} {
		var h Hand
		seen := make([]int, n)
		for range 1000 * n {
			seen[h.Next(n)]++
		}
		for i, times := range seen {
			if times < 850 || times > 1150 { // five standard deviations
				t.Errorf("of %d entries, number %d is found %d times in %d", n, i, times, 1000*n)
			}
		}
	}
}
