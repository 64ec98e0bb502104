package exec

import "triplestore/store"

// batchSize is about how many rows a batch has. Operators may yield more or fewer, but never 0 before the end.
const batchSize = 2048

// batch is a run of solutions as columns. The columns belong to the operator that yielded them: they are read-only and stay
// valid until its next call. A nil column is unbound in every row.
type batch struct {
	n    int
	cols [][]store.ID // by slot
	// weights tell how many equal solutions each row stands for; nil is one each. Only a hash join that was told so, see weigh, has them.
	weights []int32
}

func newBatch(width int) *batch { return &batch{cols: make([][]store.ID, width)} }

func (b *batch) reset() {
	b.n = 0
	b.weights = nil
	clear(b.cols)
}

// solutions is how many solutions the rows stand for.
func (b *batch) solutions() int64 {
	if b.weights == nil {
		return int64(b.n)
	}
	sum := int64(0)
	for _, w := range b.weights {
		sum += int64(w)
	}
	return sum
}

// get is the value of a slot in a row, NoID where it is unbound.
func (b *batch) get(slot, row int) store.ID {
	if c := b.cols[slot]; c != nil {
		return c[row]
	}
	return store.NoID
}

// operator yields batches. next fills b, whose columns may be of any operator beneath; b.n == 0 is the end, after which next
// must not be called again. close frees what the operator and those beneath hold; it may be called at any time, also twice.
type operator interface {
	next(b *batch) error
	close()
}

// gather writes src[rows[i]] to dst for all i and returns it.
func gather(dst, src []store.ID, rows []int32) []store.ID {
	dst = resize(dst, len(rows))
	for i, r := range rows {
		dst[i] = src[r]
	}
	return dst
}

// isIota reports whether rows are 0, 1, 2, …
func isIota(rows []int32) bool {
	for i, r := range rows {
		if r != int32(i) {
			return false
		}
	}
	return true
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// compactor keeps some rows of batches.
type compactor struct{ cols [][]store.ID }

// keep reduces b to the given rows, which are ascending.
func (c *compactor) keep(b *batch, rows []int32) {
	if len(rows) == b.n {
		return
	}
	if c.cols == nil {
		c.cols = make([][]store.ID, len(b.cols))
	}
	if len(rows) > 0 {
		for i, col := range b.cols {
			if col != nil {
				c.cols[i] = gather(c.cols[i], col, rows)
				b.cols[i] = c.cols[i]
			}
		}
	}
	b.n = len(rows)
}

// table keeps rows of batches, column by column.
type table struct {
	n     int
	cols  [][]store.ID // by slot; nil where no row has a value so far
	spare bool         // long columns are of spareIDs: release must be called
}

func newTable(width int) *table { return &table{cols: make([][]store.ID, width)} }

// add appends a batch and returns the bytes that it takes.
func (t *table) add(b *batch) int64 {
	var bytes int64
	for i, col := range b.cols {
		if col == nil && t.cols[i] == nil {
			continue
		}
		c := t.cols[i]
		if c == nil {
			bytes += int64(t.n) * 8
		}
		if n := t.n + b.n; n > cap(c) || c == nil {
			c = t.room(c, n)
			if t.cols[i] == nil {
				clear(c)
			}
		}
		c = c[:t.n+b.n]
		if col == nil {
			clear(c[t.n:])
		} else {
			copy(c[t.n:], col[:b.n])
		}
		bytes += int64(b.n) * 8
		t.cols[i] = c
	}
	t.n += b.n
	return bytes * 3 / 2 // what is kept in reserve, about
}

// room gives a column of at least n rows that begins with those of c.
func (t *table) room(c []store.ID, n int) []store.ID {
	var wide []store.ID
	if t.spare {
		wide = spareIDs.get(n)
	} else {
		wide = make([]store.ID, max(n, t.n+max(t.n/4, min(t.n, 1<<14))))
	}
	copy(wide, c)
	if t.spare {
		spareIDs.put(c)
	}
	return wide[:t.n]
}

// release gives the columns to other queries.
func (t *table) release() {
	for i, c := range t.cols {
		if c == nil { // as most are in a query of many variables
			continue
		}
		if t.cols[i] = nil; t.spare {
			spareIDs.put(c)
		}
	}
	t.n = 0
}

func (t *table) get(slot int, row int32) store.ID {
	if c := t.cols[slot]; c != nil {
		return c[row]
	}
	return store.NoID
}
