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
	puts  int
	reads int
	freed []uint64
	fresh map[uint64]bool // put since begin
	err   error           // of the next Put
	bad   string
}

func newMemory() *memory { return &memory{pages: map[uint64][]byte{}} }

func (m *memory) begin() { m.puts, m.freed, m.fresh, m.bad = 0, nil, map[uint64]bool{}, "" }

func (m *memory) Page(no uint64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	b, ok := m.pages[no]
	if !ok {
		return nil, fmt.Errorf("no page %d", no)
	}
	return b, nil
}

func (m *memory) Put(b []byte) (uint64, error) {
	if m.err != nil {
		return 0, m.err
	}
	m.last++
	m.puts++
	m.pages[m.last] = b
	if m.fresh != nil {
		m.fresh[m.last] = true
	}
	return m.last, nil
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

func (m *model) reachable() map[uint64]bool {
	m.t.Helper()
	seen := map[uint64]bool{}
	if err := m.relation().Walk(func(no uint64) (bool, error) { seen[no] = true; return true, nil }); err != nil {
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

func TestAgainstSortedSlice(t *testing.T) {
	t.Parallel()
	for width := MinWidth; width <= MaxWidth; width++ {
		for _, size := range []capacity{{4, 4}, {8, 5}, {50, 8}, {4096, 320}} {
			t.Run(fmt.Sprintf("width %d, %d by %d", width, size.leaf, size.inner), func(t *testing.T) {
				t.Parallel()
				r := seeded(t)
				m := newModel(t, width, size)
				for round := range 60 {
					span := uint64(1) << (1 + r.IntN(6))
					n := r.IntN(1 << r.IntN(10))
					deletes := r.IntN(101)
					if round%20 == 19 { // all but everything
						deletes, n = 100, 0
						m.apply(m.sample(r, 95+r.IntN(6)), 1+r.IntN(50))
					}
					var changes []Change
					base := m.randomRow(r, span)
					for range n {
						c := Change{Row: m.randomRow(r, span)}
						if r.IntN(3) == 0 { // a cluster
							c.Row = base
							c.Row[m.width-1] += store.ID(r.IntN(100))
						}
						if r.IntN(100) < deletes {
							c.Op = Delete
							if len(m.rows) > 0 {
								c.Row = m.rows[r.IntN(len(m.rows))]
							}
						}
						changes = append(changes, c)
					}
					m.apply(changes, 1+r.IntN(300))
					m.ask(r, span)
				}
			})
		}
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

func TestBulkBuildFillsPages(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3, capacity{100, 10})
	var changes []Change
	for i := range 10_050 {
		changes = append(changes, Change{Row: Row{store.ID(i / 100), store.ID(i / 10), store.ID(i)}})
	}
	m.apply(changes, 1000)
	// 101 leaves, 11 pages above them, 2 above those, 1 root.
	if n := len(m.reachable()); n != 101+11+2+1 {
		t.Errorf("%d pages", n)
	}
	if m.root.Height != 4 {
		t.Errorf("height %d", m.root.Height)
	}
	m.apply([]Change{{Row: Row{50, 500, 5000, 0}}}, 1)
	m.apply([]Change{{Row: Row{50, 500, 5001}, Op: Delete}}, 1)
	if m.m.puts != 4 {
		t.Errorf("a small change put %d pages", m.m.puts)
	}
}

func TestSmallChangesKeepPagesFilled(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	m := newModel(t, 2, capacity{16, 8})
	for range 600 {
		var changes []Change
		for range 1 + r.IntN(5) {
			changes = append(changes, Change{Row: Row{store.ID(r.IntN(50)), store.ID(r.IntN(50))}, Op: Op(r.IntN(2))})
		}
		m.apply(changes, 10)
	}
	leaves := len(m.reachable()) * 4 / 5
	if fill := float64(len(m.rows)) / float64(leaves*16); fill < 0.35 {
		t.Errorf("pages are filled to %.2f", fill)
	}
}

func TestApplyErrors(t *testing.T) {
	t.Parallel()
	m := newModel(t, 2, capacity{4, 4})
	m.apply([]Change{{Row: Row{1, 1}}, {Row: Row{2, 2}}, {Row: Row{3, 3}}}, 2)
	ctx := context.Background()
	run := func(ctx context.Context, c ...Change) error {
		_, err := apply(ctx, m.m, nil, 2, m.root, SliceChanges(c), m.size)
		return err
	}
	if err := run(ctx, Change{Row: Row{2, 9}}, Change{Row: Row{2, 8}}); !errors.Is(err, errOrder) {
		t.Errorf("out of order: %v", err)
	}
	if err := run(ctx, Change{Row: Row{2, 9}}, Change{Row: Row{2, 9}, Op: Delete}); !errors.Is(err, errOrder) {
		t.Errorf("twice the same: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := run(cancelled, Change{Row: Row{2, 9}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	m.m.err = errors.New("disk full")
	if err := run(ctx, Change{Row: Row{2, 9}}); !errors.Is(err, m.m.err) {
		t.Errorf("failed write: %v", err)
	}
	m.m.err = nil
	c := New(m.m, nil, 2, m.root).Scan(cancelled, Range{}, store.AllColumns)
	if _, err := c.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled scan: %v", err)
	}
	c.Close()
	c.Close()
	if _, err := c.Next(); !errors.Is(err, store.ErrClosed) {
		t.Errorf("closed cursor: %v", err)
	}
}

func TestCorruptPagesAreFound(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	m := newModel(t, 3, capacity{8, 4})
	var changes []Change
	for range 200 {
		changes = append(changes, Change{Row: m.randomRow(r, 9)})
	}
	m.apply(changes, 100)
	rel := New(m.m, nil, 3, m.root)
	for no, b := range m.m.pages {
		for range 5 {
			bad := slices.Clone(b)
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
			m.m.pages[no] = bad
			if err := rel.Verify(context.Background()); !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("page %d: error %v", no, err)
			}
		}
		// A sound page in the wrong place.
		for _, other := range m.m.pages {
			if &other[0] == &b[0] {
				continue
			}
			m.m.pages[no] = other
			if err := rel.Verify(context.Background()); !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("page %d: error %v", no, err)
			}
			rel.Count(Range{Prefix: []store.ID{4}})
			rel.Distinct(Range{Prefix: []store.ID{4}})
			rel.First([]store.ID{4, 4})
			c := rel.Scan(context.Background(), Range{Lo: 3, Hi: 6}, store.AllColumns)
			for {
				if b, err := c.Next(); err != nil || b.Len == 0 {
					break
				}
				c.Seek([]store.ID{5, 5})
			}
			c.Close()
		}
		m.m.pages[no] = b
	}
	if err := rel.Verify(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestRootRoundTrip(t *testing.T) {
	t.Parallel()
	for _, want := range []Root{{}, {Page: 7, Height: 1, Rows: 1}, {Page: 1 << 60, Height: 12, Rows: 1 << 40}} {
		b, err := want.AppendBinary([]byte{})
		if err != nil || len(b) != RootSize {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		got, rest, err := DecodeRoot(append(b, 'x'))
		if err != nil || got != want || string(rest) != "x" {
			t.Errorf("%+v became %+v, %q, %v", want, got, rest, err)
		}
	}
	for _, bad := range []Root{{Page: 1}, {Height: 1}, {Rows: 1}, {Page: 1, Height: 13, Rows: 1}} {
		b, _ := bad.AppendBinary(nil)
		if _, _, err := DecodeRoot(b); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%+v: error %v", bad, err)
		}
	}
	if _, _, err := DecodeRoot(make([]byte, RootSize-1)); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("short: error %v", err)
	}
}

func TestConcurrentReaders(t *testing.T) {
	t.Parallel()
	for _, budget := range []int64{0, 4 << 10, 1 << 20} {
		r := seeded(t)
		m := newModel(t, 3, capacity{32, 8})
		m.cache = NewCache(budget)
		var changes []Change
		for range 3000 {
			changes = append(changes, Change{Row: m.randomRow(r, 40)})
		}
		m.apply(changes, 100)
		rel := m.relation()
		var wg sync.WaitGroup
		for g := range 4 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(1, uint64(g)))
				for range 300 {
					p := []store.ID{store.ID(1 + r.IntN(40))}
					want := len(m.in(Range{Prefix: p}))
					got := 0
					c := rel.Scan(context.Background(), Range{Prefix: p}, 5)
					for {
						b, err := c.Next()
						if err != nil {
							t.Error(err)
							return
						}
						if b.Len == 0 {
							break
						}
						got += b.Len
					}
					c.Close()
					if n, err := rel.Count(Range{Prefix: p}); err != nil || got != want || n != uint64(want) {
						t.Errorf("%d rows, count %d, %v, want %d", got, n, err, want)
						return
					}
				}
			})
		}
		wg.Wait()
		if s := m.cache.Stats(); s.Bytes > budget || s.Bytes < 0 || budget > 100<<10 && s.Hits == 0 {
			t.Errorf("budget %d: %+v", budget, s)
		}
	}
}

// FuzzApply turns bytes into changes in small steps over tiny pages; model.apply does the checking.
func FuzzApply(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x04\x05\xff\x01\x02\x03"), uint8(2))
	f.Add([]byte("the quick brown fox jumps over the lazy dog and comes back again"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		m := newModel(t, MinWidth+int(width)%3, capacity{4, 4})
		var changes []Change
		for i := 0; i+1 < len(data) && i < 2000; i += 2 {
			if data[i] == 0xff {
				m.apply(changes, 1+int(data[i+1])%8)
				changes = nil
				continue
			}
			var row Row
			row[0], row[1], row[m.width-1] = store.ID(data[i]&7), store.ID(data[i]>>3&15), store.ID(data[i+1])
			changes = append(changes, Change{Row: row, Op: Op(data[i] >> 7)})
		}
		m.apply(changes, 5)
		m.ask(rand.New(rand.NewPCG(1, 2)), 16)
	})
}
