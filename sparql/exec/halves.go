package exec

// halves calls f for the two halves of n things at the same time if they are many and there is a core to spare, or once for all of them, and
// returns how often. f must not fail.
func (q *Query) halves(n int, f func(half, from, to int)) int {
	if n < 2*halfLeast && !q.smallPieces || q.profile != nil || !spareCore() {
		f(0, 0, n)
		return 1
	}
	twoHalves(n, f)
	return 2
}

// bothHalves calls f for the two halves of n things, one after the other if there is no core to spare.
func (q *Query) bothHalves(n int, f func(half, from, to int)) {
	if spareCore() {
		twoHalves(n, f)
		return
	}
	f(0, 0, n/2)
	f(1, n/2, n)
}

func twoHalves(n int, f func(half, from, to int)) {
	_ = together(func() error { f(1, n/2, n); return nil }, func() error { f(0, 0, n/2); return nil })
}

// halfLeast is how many things it pays to have another core do.
const halfLeast = 1 << 15
