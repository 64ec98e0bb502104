package relation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"triplestore/store"
)

// memory keeps pages in a map and holds Apply to the rules of PageWriter.
type memory struct {
	mu    sync.Mutex
	pages map[uint64][]byte
	last  uint64
	spare []uint64 // numbers of pages that are gone
	puts  int
	reads int
	freed []uint64
	fresh map[uint64]bool // put since begin
	err   error           // of the next Put
	bad   string
}

var errNoPage = errors.New("no page")

func newMemory() *memory { return &memory{pages: map[uint64][]byte{}} }

func (m *memory) begin() { m.puts, m.freed, m.fresh, m.bad = 0, nil, map[uint64]bool{}, "" }

func (m *memory) Page(no uint64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	b, ok := m.pages[no]
	if !ok {
		return nil, fmt.Errorf("%w %d", errNoPage, no)
	}
	return b, nil
}

func (m *memory) Put(b []byte) (uint64, error) {
	if m.err != nil {
		return 0, m.err
	}
	m.puts++
	no := m.last + 1
	if n := len(m.spare); n > 0 {
		no, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		m.last = no
	}
	m.pages[no] = b
	if m.fresh != nil {
		m.fresh[no] = true
	}
	return no, nil
}

func (m *memory) Free(no uint64) {
	switch {
	case m.pages[no] == nil:
		m.bad = fmt.Sprintf("free of page %d, which does not exist", no)
	case m.fresh[no]:
		m.bad = fmt.Sprintf("free of page %d, which is new", no)
	case slices.Contains(m.freed, no):
		m.bad = fmt.Sprintf("page %d freed twice", no)
	}
	m.freed = append(m.freed, no)
}

func (m *memory) commit(cache *Cache) {
	for _, no := range m.freed {
		delete(m.pages, no)
		cache.Drop(no)
	}
	m.spare = append(m.spare, m.freed...)
}

func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// model is a relation beside the sorted slice that it should equal.
type model struct {
	t     testing.TB
	m     *memory
	cache *Cache
	width int
	size  capacity
	root  Root
	rows  []Row
}

func newModel(t testing.TB, width int, size capacity) *model {
	return &model{t: t, m: newMemory(), cache: NewCache(1 << 20), width: width, size: size}
}

func (m *model) relation() *Relation { return New(m.m, m.cache, m.width, m.root) }

func (m *model) cmp(a, b Row) int { return compare(&a, &b, m.width) }

// chunked gives changes a few at a time.
type chunked struct {
	rest []Change
	size int
}

func (c *chunked) Next() ([]Change, error) {
	n := min(c.size, len(c.rest))
	out := c.rest[:n]
	c.rest = c.rest[n:]
	return out, nil
}

// apply makes the changes in both and checks everything that Apply promises.
func (m *model) apply(changes []Change, chunk int) {
	m.t.Helper()
	slices.SortStableFunc(changes, func(a, b Change) int { return m.cmp(a.Row, b.Row) })
	changes = slices.CompactFunc(changes, func(a, b Change) bool { return m.cmp(a.Row, b.Row) == 0 })
	var want []Row
	var inserted, deleted uint64
	i := 0
	for _, c := range changes {
		for i < len(m.rows) && m.cmp(m.rows[i], c.Row) < 0 {
			want = append(want, m.rows[i])
			i++
		}
		exists := i < len(m.rows) && m.rows[i] == c.Row
		if exists {
			i++
		}
		if c.Op == Insert {
			want = append(want, c.Row)
			if !exists {
				inserted++
			}
		} else if exists {
			deleted++
		}
	}
	want = append(want, m.rows[i:]...)

	before := m.reachable()
	m.m.begin()
	res, err := apply(context.Background(), m.m, m.cache, m.width, m.root, &chunked{changes, chunk}, m.size)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.m.bad != "" {
		m.t.Fatal(m.m.bad)
	}
	if res.Inserted != inserted || res.Deleted != deleted {
		m.t.Fatalf("inserted %d, deleted %d, want %d, %d", res.Inserted, res.Deleted, inserted, deleted)
	}
	if inserted+deleted == 0 && (res.Root != m.root || m.m.puts > 0 || len(m.m.freed) > 0) {
		m.t.Fatalf("nothing changed, but root %+v became %+v with %d pages put, %d freed", m.root, res.Root, m.m.puts, len(m.m.freed))
	}
	m.diff(m.root, res.Root, m.rows, want)
	m.root, m.rows = res.Root, want
	if err := m.relation().Verify(context.Background()); err != nil {
		m.t.Fatal(err)
	}
	after := m.reachable()
	freed := map[uint64]bool{}
	for _, no := range m.m.freed {
		freed[no] = true
	}
	for no := range before {
		if after[no] == freed[no] {
			m.t.Fatalf("page %d: reachable %v, freed %v", no, after[no], freed[no])
		}
	}
	for no := range m.m.fresh {
		if !after[no] {
			m.t.Fatalf("page %d was put but is not reachable", no)
		}
	}
	m.m.commit(m.cache)
	if len(m.m.pages) != len(after) {
		m.t.Fatalf("%d pages kept, %d reachable", len(m.m.pages), len(after))
	}
	if got := m.scan(Range{}, store.AllColumns); !slices.Equal(got, m.rows) {
		m.t.Fatalf("scan of %d rows is not the model's %d", len(got), len(m.rows))
	}
}

// diff compares two roots in both directions, whose rows are known, and that no page is read but those that one of them has not.
func (m *model) diff(from, to Root, a, b []Row) {
	m.t.Helper()
	var want []Change
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && m.cmp(a[i], b[j]) < 0:
			want = append(want, Change{a[i], Delete})
			i++
		case i == len(a) || m.cmp(a[i], b[j]) > 0:
			want = append(want, Change{b[j], Insert})
			j++
		default:
			i, j = i+1, j+1
		}
	}
	x, y := New(m.m, nil, m.width, from), New(m.m, nil, m.width, to)
	pages := map[[2]uint64]int{} // leaves with their patches
	for _, r := range []*Relation{x, y} {
		leaf := uint64(0)
		if err := r.Walk(func(no uint64, level uint8) (bool, error) {
			switch level {
			case 0:
				pages[[2]uint64{leaf, 0}]--
				pages[[2]uint64{leaf, no}]++
			default:
				leaf = no
				pages[[2]uint64{no, 0}]++
			}
			return true, nil
		}); err != nil {
			m.t.Fatal(err)
		}
	}
	differ := 0
	for p, n := range pages {
		if n&1 != 0 {
			if differ++; p[1] != 0 {
				differ++
			}
		}
	}
	for range 2 {
		m.m.reads = 0
		d := NewDiff(context.Background(), x, y)
		var got []Change
		for {
			c, err := d.Next()
			if err != nil {
				m.t.Fatal(err)
			}
			if len(c) == 0 {
				break
			}
			got = append(got, c...)
		}
		if !slices.Equal(got, want) {
			m.t.Fatalf("a difference of %d changes, want %d", len(got), len(want))
		}
		if m.m.reads > differ {
			m.t.Fatalf("%d pages read, %d differ", m.m.reads, differ)
		}
		x, y = y, x
		for i := range want {
			want[i].Op ^= 1
		}
	}
}

func (m *model) reachable() map[uint64]bool {
	m.t.Helper()
	seen := map[uint64]bool{}
	if err := m.relation().Walk(func(no uint64, _ uint8) (bool, error) { seen[no] = true; return true, nil }); err != nil {
		m.t.Fatal(err)
	}
	return seen
}

func (m *model) scan(rg Range, columns store.ColumnSet) []Row {
	m.t.Helper()
	c := m.relation().Scan(context.Background(), rg, columns)
	defer c.Close()
	var rows []Row
	for {
		b, err := c.Next()
		if err != nil {
			m.t.Fatal(err)
		}
		if b.Len == 0 {
			return rows
		}
		rows = appendBlock(m.t, rows, b, columns, m.width)
	}
}

func appendBlock(t testing.TB, rows []Row, b store.Block, columns store.ColumnSet, width int) []Row {
	t.Helper()
	for i := range b.Len {
		var r Row
		for c := range MaxWidth {
			if asked := c < width && columns&(1<<c) != 0; asked {
				if len(b.Cols[c]) != b.Len {
					t.Fatalf("column %d has %d rows of %d", c, len(b.Cols[c]), b.Len)
				}
				r[c] = b.Cols[c][i]
			} else if b.Cols[c] != nil {
				t.Fatalf("column %d was not asked for", c)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// in gives the model's rows of a range.
func (m *model) in(rg Range) []Row {
	var out []Row
	n := len(rg.Prefix)
	for _, r := range m.rows {
		if !slices.Equal(r[:n], rg.Prefix) {
			continue
		}
		if n < m.width && (r[n] < rg.Lo || rg.Hi > 0 && r[n] > rg.Hi) {
			continue
		}
		out = append(out, r)
	}
	return out
}

func (m *model) randomRow(r *rand.Rand, span uint64) (row Row) {
	for c := range m.width {
		row[c] = store.ID(1 + r.Uint64N(span))
	}
	return row
}

func (m *model) randomRange(r *rand.Rand, span uint64) Range {
	row := m.randomRow(r, span)
	if len(m.rows) > 0 && r.IntN(4) > 0 {
		row = m.rows[r.IntN(len(m.rows))]
	}
	rg := Range{Prefix: row[:r.IntN(m.width+1)]}
	if r.IntN(2) == 0 {
		rg.Lo = store.ID(r.Uint64N(span + 2))
	}
	if r.IntN(2) == 0 {
		rg.Hi = store.ID(r.Uint64N(span + 2))
	}
	if r.IntN(10) == 0 {
		rg.Hi = ^store.ID(0)
	}
	return rg
}

// ask compares the answers about random ranges.
func (m *model) ask(r *rand.Rand, span uint64) {
	m.t.Helper()
	rel := m.relation()
	for range 20 {
		rg := m.randomRange(r, span)
		want := m.in(rg)
		columns := store.ColumnSet(r.IntN(16))
		masked := make([]Row, len(want))
		for i, row := range want {
			for c := range m.width {
				if columns&(1<<c) != 0 {
					masked[i][c] = row[c]
				}
			}
		}
		if got := m.scan(rg, columns); !slices.Equal(got, masked) {
			m.t.Fatalf("scan of %+v: %d rows, want %d", rg, len(got), len(want))
		}
		m.parts(rg, columns, 1+r.IntN(9), masked)
		if n, err := rel.Count(rg); err != nil || n != uint64(len(want)) {
			m.t.Fatalf("count of %+v: %d, %v, want %d", rg, n, err, len(want))
		}
		distinct := map[Row]bool{}
		for _, row := range want {
			clear(row[min(len(rg.Prefix)+1, m.width):])
			distinct[row] = true
		}
		if n, err := rel.Distinct(rg); err != nil || n != uint64(len(distinct)) {
			m.t.Fatalf("distinct of %+v: %d, %v, want %d", rg, n, err, len(distinct))
		}
		first := m.in(Range{Prefix: rg.Prefix})
		row, ok, err := rel.First(rg.Prefix)
		if err != nil || ok != (len(first) > 0) || ok && row != first[0] {
			m.t.Fatalf("first of %v: %v, %v, %v", rg.Prefix, row, ok, err)
		}
		row = m.randomRow(r, span)
		if len(m.rows) > 0 && r.IntN(2) == 0 {
			row = m.rows[r.IntN(len(m.rows))]
		}
		_, found := slices.BinarySearchFunc(m.rows, row, m.cmp)
		if ok, err := rel.Contains(row); err != nil || ok != found {
			m.t.Fatalf("contains %v: %v, %v", row, ok, err)
		}
		m.seeks(r, rg, want, span)
	}
}

// parts divides a range among cursors, of which the last is read first.
func (m *model) parts(rg Range, columns store.ColumnSet, n int, want []Row) {
	m.t.Helper()
	cursors, err := m.relation().ScanParts(context.Background(), rg, columns, n)
	if err != nil || len(cursors) < 1 || len(cursors) > n {
		m.t.Fatalf("%d parts of %d, %v", len(cursors), n, err)
	}
	lists := make([][]Row, len(cursors))
	for i, c := range slices.Backward(cursors) {
		for {
			b, err := c.Next()
			if err != nil {
				m.t.Fatal(err)
			}
			if b.Len == 0 {
				break
			}
			lists[i] = appendBlock(m.t, lists[i], b, columns, m.width)
		}
		if c.Close(); len(cursors) > 1 && len(lists[i]) == 0 {
			m.t.Fatalf("part %d of %d of %+v is empty", i, len(cursors), rg)
		}
	}
	if got := slices.Concat(lists...); !slices.Equal(got, want) {
		m.t.Fatalf("scan of %+v in %d parts: %d rows, want %d", rg, n, len(got), len(want))
	}
}

// seeks mixes Next and Seek on one range.
func (m *model) seeks(r *rand.Rand, rg Range, want []Row, span uint64) {
	m.t.Helper()
	c := m.relation().Scan(context.Background(), rg, store.AllColumns)
	defer c.Close()
	for {
		if r.IntN(2) == 0 {
			key := m.randomRow(r, span)
			if len(want) > 0 && r.IntN(3) > 0 {
				key = want[r.IntN(len(want))]
			}
			copy(key[:], rg.Prefix)
			n := max(len(rg.Prefix), r.IntN(m.width+1))
			if err := c.Seek(key[:n]); err != nil {
				m.t.Fatal(err)
			}
			for len(want) > 0 && compare(&want[0], &key, n) < 0 {
				want = want[1:]
			}
			continue
		}
		b, err := c.Next()
		if err != nil {
			m.t.Fatal(err)
		}
		got := appendBlock(m.t, nil, b, store.AllColumns, m.width)
		if len(got) == 0 {
			if len(want) > 0 {
				m.t.Fatalf("cursor over %+v ends before %v", rg, want[0])
			}
			return
		}
		if len(got) > len(want) || !slices.Equal(got, want[:len(got)]) {
			m.t.Fatalf("cursor over %+v gives %v first, want %v", rg, got[0], want[:min(1, len(want))])
		}
		want = want[len(got):]
	}
}

// sample deletes so many percent of the rows.
func (m *model) sample(r *rand.Rand, percent int) []Change {
	var changes []Change
	for _, row := range m.rows {
		if r.IntN(100) < percent {
			changes = append(changes, Change{row, Delete})
		}
	}
	return changes
}
