package relation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"triplestore/store"
)

// seedsEnv is how many seeds TestAgainstSortedSlice runs with instead of one.
const seedsEnv = "TRIPLESTORE_RELATION_SEEDS"

func TestAgainstSortedSlice(t *testing.T) {
	t.Parallel()
	seeds := 1
	if v := os.Getenv(seedsEnv); v != "" {
		var err error
		if seeds, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	for width := MinWidth; width <= MaxWidth; width++ {
		for _, size := range []capacity{{4, 4, 0}, {4, 4, 2}, {8, 5, 3}, {50, 8, 12}, {4096, 128, 128}} {
			t.Run(fmt.Sprintf("width %d, %d by %d, patches of %d", width, size.leaf, size.inner, size.patch), func(t *testing.T) {
				t.Parallel()
				first := uint64(time.Now().UnixNano())
				for i := range seeds {
					againstSortedSlice(t, first+uint64(i), width, size)
				}
			})
		}
	}
}

// TestSeeds runs the seeds that once failed.
func TestSeeds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		seed  uint64
		width int
		size  capacity
	}{
		{"the root of one state is below the root of the other", 1795833638708383153, 4, capacity{4, 4, 2}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			againstSortedSlice(t, c.seed, c.width, c.size)
		})
	}
}

func againstSortedSlice(t *testing.T, seed uint64, width int, size capacity) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 1))
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
}

func TestBulkBuildFillsPages(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3, capacity{100, 10, 5})
	var changes []Change
	for i := range 10_050 {
		changes = append(changes, Change{Row: Row{store.ID(i / 100), store.ID(i / 10), store.ID(i)}})
	}
	m.apply(changes, 1000)
	// 101 leaves, 10 pages above them, 1 root.
	if n := len(m.reachable()); n != 101+10+1 {
		t.Errorf("%d pages", n)
	}
	if m.root.Height != 3 {
		t.Errorf("height %d", m.root.Height)
	}
	m.apply([]Change{{Row: Row{50, 500, 5000, 0}}}, 1)
	m.apply([]Change{{Row: Row{50, 500, 5001}, Op: Delete}}, 1)
	if m.m.puts != 3 {
		t.Errorf("a small change put %d pages", m.m.puts)
	}
}

func TestSmallChangesKeepPagesFilled(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	m := newModel(t, 2, capacity{16, 8, 4})
	for range 600 {
		var changes []Change
		for range 1 + r.IntN(5) {
			changes = append(changes, Change{Row: Row{store.ID(r.IntN(50)), store.ID(r.IntN(50))}, Op: Op(r.IntN(2))})
		}
		m.apply(changes, 10)
	}
	leaves := 0
	if err := m.relation().Walk(func(_ uint64, level uint8) (bool, error) {
		if level == 1 {
			leaves++
		}
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if fill := float64(len(m.rows)) / float64(leaves*16); fill < 0.35 {
		t.Errorf("pages are filled to %.2f", fill)
	}
}

func TestApplyErrors(t *testing.T) {
	t.Parallel()
	m := newModel(t, 2, capacity{4, 4, 0})
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
	m := newModel(t, 3, capacity{8, 4, 2})
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

func TestUnreadablePages(t *testing.T) {
	t.Parallel()
	m := newModel(t, 2, capacity{4, 4, 0})
	var changes []Change
	for i := range 100 {
		changes = append(changes, Change{Row: Row{store.ID(i), 1}})
	}
	m.apply(changes, 100)
	for no := range m.reachable() {
		b := m.m.pages[no]
		delete(m.m.pages, no)
		rel := New(m.m, nil, 2, m.root)
		if err := rel.Verify(context.Background()); !errors.Is(err, errNoPage) {
			t.Errorf("verify without page %d: %v", no, err)
		}
		c := rel.Scan(context.Background(), Range{}, store.AllColumns)
		var err error
		for n := 1; n > 0 && err == nil; {
			var b store.Block
			b, err = c.Next()
			n = b.Len
		}
		c.Close()
		if !errors.Is(err, errNoPage) {
			t.Errorf("scan without page %d: %v", no, err)
		}
		for i := range changes {
			changes[i].Op = Delete
		}
		if _, err := apply(context.Background(), m.m, nil, 2, m.root, SliceChanges(changes), m.size); !errors.Is(err, errNoPage) {
			t.Errorf("apply without page %d: %v", no, err)
		}
		m.m.pages[no] = b
	}
}

func TestCacheKeepsToItsBudget(t *testing.T) {
	t.Parallel()
	c := NewCache(cacheShards * 1000)
	for no := range uint64(1000) {
		c.put(no, &node{no: no, cost: 100})
		c.get(3) // stays, because it is used all the time
	}
	s := c.Stats()
	if s.Bytes > cacheShards*1000 || s.Pages != s.Bytes/100 || s.Pages < cacheShards*8 || s.Evictions != uint64(1000-s.Pages) {
		t.Errorf("%+v", s)
	}
	if c.get(3) == nil {
		t.Error("a page in use was evicted")
	}
	c.Drop(3)
	c.Drop(3)
	if c.get(3) != nil {
		t.Error("a dropped page is there")
	}
	c.put(5000, &node{no: 5000, cost: 5000})
	if c.get(5000) != nil {
		t.Error("a page larger than the budget is kept")
	}
	var none *Cache
	none.Drop(1)
	if n := none.put(1, &node{no: 1}); n.no != 1 || none.get(1) != nil || none.Stats() != (CacheStats{}) {
		t.Error("nil cache")
	}
}

// TestCacheOfOthers: what is read again and again is soon in a full cache, whoever filled it, and of what is too much for it a part is.
func TestCacheOfOthers(t *testing.T) {
	t.Parallel()
	const pages = 3000
	c := NewCache(pages * 100)
	first := uint64(0)
	for _, x := range []struct{ pages, rounds, least, most int }{
		{1800, 3, 1800, 1800}, {2500, 8, 2400, 2500}, {900, 5, 880, 900}, {3600, 8, 1500, 3000}, {1500, 5, 1440, 1500},
	} {
		found := 0
		for range x.rounds {
			found = 0
			for i := range uint64(x.pages) {
				if no := first + i; c.get(no) != nil {
					found++
				} else {
					c.put(no, &node{no: no, cost: 100})
				}
			}
		}
		if found < x.least || found > x.most {
			t.Errorf("%d of %d pages are found in round %d, want %d to %d", found, x.pages, x.rounds, x.least, x.most)
		}
		first += uint64(x.pages)
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
		m := newModel(t, 3, capacity{32, 8, 4})
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
		m := newModel(t, MinWidth+int(width)%3, capacity{4, 4, 2})
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

// TestCountPrefixes counts different prefixes against the definition: bits of one column must not hide those of another.
func TestCountPrefixes(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for range 200 {
		rows := make([]Row, 1+r.IntN(60))
		for i := range rows {
			for c := range MaxWidth {
				rows[i][c] = store.ID(r.IntN(1 << (1 + r.IntN(4))))
			}
		}
		slices.SortFunc(rows, func(a, b Row) int { return compare(&a, &b, MaxWidth) })
		var cols [MaxWidth][]store.ID
		for _, row := range rows {
			for c := range MaxWidth {
				cols[c] = append(cols[c], row[c])
			}
		}
		for k := 1; k < MaxWidth; k++ {
			got := countPrefixes(&cols, k)
			for j := 1; j <= k; j++ {
				want := uint64(1)
				for i := 1; i < len(rows); i++ {
					if compare(&rows[i], &rows[i-1], j) != 0 {
						want++
					}
				}
				if got[j-1] != want {
					t.Fatalf("%d different prefixes of %d columns, want %d: %v", got[j-1], j, want, rows)
				}
			}
		}
	}
}

// TestPatches makes small changes to a large leaf: the leaf stays and its patch is written, until that is full.
func TestPatches(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3, capacity{leaf: 100, inner: 10, patch: 8})
	var changes []Change
	for i := range 1000 {
		changes = append(changes, Change{Row: Row{store.ID(i / 100), store.ID(i / 7), store.ID(2 * i)}})
	}
	m.apply(changes, 100)
	leaves := func() (bases, patches []uint64) {
		if err := m.relation().Walk(func(no uint64, level uint8) (bool, error) {
			switch level {
			case 0:
				patches = append(patches, no)
			case 1:
				bases = append(bases, no)
			}
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		return bases, patches
	}
	before, _ := leaves()
	for i := range 8 {
		m.apply([]Change{{Row: Row{3, 50, store.ID(700 + 2*i + 1)}}}, 1)
		if bases, patches := leaves(); !slices.Equal(bases, before) || len(patches) != 1 {
			t.Fatalf("after %d changes: leaves %v with patches %v, were %v", i+1, bases, patches, before)
		}
	}
	m.apply([]Change{{Row: Row{3, 50, 721}}}, 1)
	if bases, patches := leaves(); slices.Equal(bases, before) || len(patches) != 0 {
		t.Fatalf("leaves %v with patches %v, were %v", bases, patches, before)
	}
	// A change that is taken back leaves no patch.
	before, _ = leaves()
	m.apply([]Change{{Row: Row{8, 1, 1}}}, 1)
	m.apply([]Change{{Row: Row{8, 1, 1}, Op: Delete}}, 1)
	if bases, patches := leaves(); !slices.Equal(bases, before) || len(patches) != 0 {
		t.Fatalf("leaves %v with patches %v, were %v", bases, patches, before)
	}
}

// A long scan reads its pages into one place and keeps columns that stay the same: what it gave before must not show in what it gives.
func TestLongScanReusesMemory(t *testing.T) {
	t.Parallel()
	m := newModel(t, 4, capacity{50, 8, 5})
	pages := &copier{memory: m.m}
	var changes []Change
	for i := range store.ID(20_000) {
		changes = append(changes, Change{Row: Row{i / 3000, 7 + i/5500, i * 13 % 1000, 1}})
	}
	m.apply(changes, 1000)
	rel := New(pages, nil, 4, m.root)
	for range 3 {
		c := rel.Scan(t.Context(), Range{}, store.AllColumns)
		i := 0
		for {
			b, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if b.Len == 0 {
				break
			}
			for j := range b.Len {
				row := Row{b.Cols[0][j], b.Cols[1][j], b.Cols[2][j], b.Cols[3][j]}
				if row != m.rows[i] {
					t.Fatalf("row %d is %v, want %v", i, row, m.rows[i])
				}
				i++
			}
		}
		c.Close()
		if i != len(m.rows) {
			t.Fatalf("%d rows, want %d", i, len(m.rows))
		}
	}
	if pages.copies < 300 {
		t.Errorf("%d copies", pages.copies)
	}
}

// copier is memory with CopyPage.
type copier struct {
	*memory
	copies int
}

func (c *copier) CopyPage(no uint64, buf []byte) ([]byte, error) {
	c.copies++
	b, err := c.Page(no)
	return append(buf[:0], b...), err
}

// TestParts divides relations of usual pages: parts are of about the same size, and a cursor may seek before it begins.
func TestParts(t *testing.T) {
	t.Parallel()
	m := newModel(t, 3, capacities(3))
	var changes []Change
	for i := range 600_000 {
		changes = append(changes, Change{Row: Row{store.ID(1 + i/100_000), store.ID(1 + i/10), store.ID(1 + i)}})
	}
	m.apply(changes, 1<<20)
	for _, c := range []struct {
		rg    Range
		parts int
		rows  uint64
	}{
		{Range{}, 4, 600_000},
		{Range{Prefix: []store.ID{2}}, 3, 100_000},
		{Range{Lo: 2, Hi: 3}, 2, 200_000},
		{Range{Prefix: []store.ID{9}}, 1, 0},
	} {
		cursors, err := m.relation().ScanParts(t.Context(), c.rg, 4, c.parts)
		if err != nil || len(cursors) != c.parts {
			t.Fatalf("%d parts of %+v, %v", len(cursors), c.rg, err)
		}
		sum := uint64(0)
		for _, cursor := range cursors {
			rows := uint64(0)
			for {
				b, err := cursor.Next()
				if err != nil {
					t.Fatal(err)
				}
				if b.Len == 0 {
					break
				}
				rows += uint64(b.Len)
			}
			cursor.Close()
			if each := c.rows / uint64(c.parts); rows > each+4096 || rows+4096 < each {
				t.Errorf("%d rows in one of %d parts of %+v", rows, c.parts, c.rg)
			}
			sum += rows
		}
		if sum != c.rows {
			t.Errorf("%d rows in %+v", sum, c.rg)
		}
	}
	cursors, err := m.relation().ScanParts(t.Context(), Range{}, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := cursors[1].Seek([]store.ID{6, 55_000, 549_999}); err != nil {
		t.Fatal(err)
	}
	if b, err := cursors[1].Next(); err != nil || b.Len == 0 || b.Cols[2][0] != 549_999 {
		t.Fatalf("%d rows, %v", b.Len, err)
	}
	for _, c := range cursors {
		c.Close()
	}
}

// TestManyChangesKeepPagesSmall changes rows again and again: the pages are about as small as those of a fresh build, though at first there
// was only one predicate, for which other encodings are best.
func TestManyChangesKeepPagesSmall(t *testing.T) {
	t.Parallel()
	size := func(m *memory, r *Relation) (n int) {
		if err := r.Walk(func(no uint64, _ uint8) (bool, error) {
			n += len(m.pages[no])
			return true, nil
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	quads := catalogue(20_000)
	for i := range quads { // numbers far apart
		quads[i][1] = store.MakeID(store.TagIRI, 0, quads[i][1].Number()*100_003)
	}
	for _, order := range []store.Order{store.SPOG, store.POSG, store.OSPG} {
		version := func(round int) []Change {
			list := slices.Clone(quads)
			for i := range list {
				if round == 0 {
					list[i][1] = quads[0][1]
				} else if (i+round)%10 == 0 {
					list[i][2] = store.MakeID(store.TagString, 0, uint64(40_000+(i+7919*round)%3000))
				}
			}
			return sortedChanges(list, order)
		}
		m := newMemory()
		var root Root
		var now []Change
		for round := range 4 {
			next := version(round)
			old, fresh := map[Row]bool{}, map[Row]bool{}
			for _, c := range now {
				old[c.Row] = true
			}
			var delta []Change
			for _, c := range next {
				if fresh[c.Row] = true; !old[c.Row] {
					delta = append(delta, c)
				}
			}
			for _, c := range now {
				if !fresh[c.Row] {
					delta = append(delta, Change{c.Row, Delete})
				}
			}
			slices.SortFunc(delta, func(a, b Change) int { return compare(&a.Row, &b.Row, 4) })
			m.begin()
			res, err := Apply(t.Context(), m, nil, 4, root, SliceChanges(delta))
			if err != nil {
				t.Fatal(err)
			}
			root, now = res.Root, next
		}
		built := newMemory()
		res, err := Apply(t.Context(), built, nil, 4, Root{}, SliceChanges(now))
		if err != nil {
			t.Fatal(err)
		}
		got, want := size(m, New(m, nil, 4, root)), size(built, New(built, nil, 4, res.Root))
		if t.Logf("%v: %d bytes, %d if built anew", order, got, want); got > want*11/10 {
			t.Errorf("%v: %d bytes, where %d hold the same rows", order, got, want)
		}
	}
}
