package storetest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
)

func testGraphs(t *testing.T, s store.Store) {
	var quads []rdf.Quad
	want := map[rdf.Term]uint64{}
	for g := range 300 {
		for i := range g%7 + 1 {
			q := quad(i, 2, 3, g)
			quads = append(quads, q)
			want[q.G]++
		}
	}
	add(t, s, quads...)
	check := func() {
		t.Helper()
		n := snapshot(t, s)
		graphs, err := n.Graphs()
		if err != nil || len(graphs) != len(want) {
			t.Fatalf("%d graphs, want %d, %v", len(graphs), len(want), err)
		}
		for i, g := range graphs {
			if i > 0 && graphs[i-1].Graph >= g.Graph {
				t.Fatal("graphs are not in order of ID")
			}
			var name [1]rdf.Term
			if err := n.Terms([]store.ID{g.Graph}, name[:]); err != nil || want[name[0]] != g.Quads {
				t.Fatalf("%v has %d quads, want %d, %v", name[0], g.Quads, want[name[0]], err)
			}
		}
		named := uint64(len(want))
		if want[rdf.Term{}] > 0 {
			named--
		}
		if stats, err := n.Stats(); err != nil || stats.Graphs != named {
			t.Errorf("%+v, %v; want %d graphs", stats, err, named)
		}
	}
	check()
	for _, g := range []int{0, 1, 299} {
		for i := range 7 {
			remove(t, s, quad(i, 2, 3, g))
		}
		delete(want, quad(0, 0, 0, g).G)
	}
	check()
}

// pool makes a store with many repeated values and gives its quads as IDs.
func pool(t *testing.T, s store.Store, size int) (store.Snapshot, []store.Quad, *rand.Rand) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var quads []rdf.Quad
	for range size {
		quads = append(quads, quad(10+r.IntN(200), 1+r.IntN(5), 10+r.IntN(400), r.IntN(4)))
	}
	for half := range 2 {
		add(t, s, quads[half*size/2:(half+1)*size/2]...)
	}
	n := snapshot(t, s)
	return n, rows(t, n, store.Range{}), r
}

func permute(quads []store.Quad, o store.Order) []store.Quad {
	p := o.Positions()
	out := make([]store.Quad, len(quads))
	for i, q := range quads {
		out[i] = store.Quad{q[p[0]], q[p[1]], q[p[2]], q[p[3]]}
	}
	slices.SortFunc(out, func(a, b store.Quad) int { return slices.Compare(a[:], b[:]) })
	return out
}

// within tells what a Range means, row by row.
func within(row store.Quad, r store.Range) bool {
	n := len(r.Prefix)
	if !slices.Equal(row[:n], r.Prefix) {
		return false
	}
	return n == 4 || row[n] >= r.Lo && (r.Hi == store.NoID || row[n] <= r.Hi)
}

// randomRange draws a range whose values are mostly there.
func randomRange(r *rand.Rand, o store.Order, all []store.Quad) store.Range {
	row, n := all[r.IntN(len(all))], r.IntN(5)
	rg := store.Range{Order: o, Prefix: slices.Clone(row[:n])}
	if r.IntN(10) == 0 && n > 0 {
		rg.Prefix[n-1] += store.ID(r.IntN(3)) - 1
	}
	if n < 4 && r.IntN(2) == 0 {
		a, b := all[r.IntN(len(all))][n]+store.ID(r.IntN(3))-1, all[r.IntN(len(all))][n]+store.ID(r.IntN(3))-1
		switch r.IntN(4) {
		case 0:
			rg.Lo = a
		case 1:
			rg.Hi = b
		case 2:
			rg.Lo, rg.Hi = a, b // may be empty
		case 3:
			rg.Lo, rg.Hi = min(a, b), max(a, b)
		}
	}
	return rg
}

// testPick picks rows of a range, of which some are none.
func testPick(t *testing.T, p store.Picker, rg store.Range, rows []store.Quad, r *rand.Rand) {
	t.Helper()
	var places []uint64
	var want []store.Quad
	for i := range len(rows) + 2 {
		if r.IntN(3) > 0 {
			continue
		}
		places = append(places, uint64(i))
		if i < len(rows) {
			var q store.Quad
			for col, pos := range rg.Order.Positions() {
				q[pos] = rows[i][col]
			}
			want = append(want, q)
		}
	}
	got, err := p.Pick(rg, places, nil)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v %x: picked %v at %v, want %v, %v", rg.Order, rg, got, places, want, err)
	}
}

func testRanges(t *testing.T, s store.Store) {
	n, quads, r := pool(t, s, 6000)
	for o := range store.NumOrders {
		all := permute(quads, o)
		for range trials(300) {
			rg := randomRange(r, o, all)
			var want []store.Quad
			distinct := map[store.ID]bool{}
			for _, row := range all {
				if within(row, rg) {
					want = append(want, row)
					distinct[row[min(3, len(rg.Prefix))]] = true
				}
			}
			if got := rows(t, n, rg); !slices.Equal(got, want) {
				t.Fatalf("%v %x: %d rows, want %d", o, rg, len(got), len(want))
			}
			if got := inParts(t, n, rg, 1+r.IntN(4)); !slices.Equal(got, want) {
				t.Fatalf("%v %x: %d rows in parts, want %d", o, rg, len(got), len(want))
			}
			if c, err := n.Count(rg); err != nil || c != uint64(len(want)) {
				t.Fatalf("%v %x: Count %d, want %d, %v", o, rg, c, len(want), err)
			}
			if p, ok := n.(store.Picker); ok {
				testPick(t, p, rg, want, r)
			}
			d, err := n.Distinct(rg)
			if err != nil || (d == 0) != (len(distinct) == 0) || d > uint64(len(want)) {
				t.Fatalf("%v %x: Distinct %d, want about %d, %v", o, rg, d, len(distinct), err)
			}
		}
		d, err := n.Distinct(store.Range{Order: o})
		first := map[store.ID]bool{}
		for _, row := range all {
			first[row[0]] = true
		}
		if err != nil || d != uint64(len(first)) {
			t.Errorf("%v: Distinct of everything %d, want %d, %v", o, d, len(first), err)
		}
	}
	for _, rg := range []store.Range{{Order: store.NumOrders}, {Prefix: make([]store.ID, 5)}} {
		if _, err := n.Count(rg); err == nil {
			t.Errorf("Count of %v: no error", rg)
		}
		if _, err := Rows(t.Context(), n, rg); err == nil {
			t.Errorf("Scan of %v: no error", rg)
		}
	}
}

// inParts reads a range by several cursors.
func inParts(t *testing.T, n store.Snapshot, rg store.Range, parts int) (all []store.Quad) {
	t.Helper()
	cursors, err := store.ScanParts(t.Context(), n, rg, store.AllColumns, parts)
	if err != nil || len(cursors) < 1 || len(cursors) > parts {
		t.Fatalf("%d cursors for %d parts, %v", len(cursors), parts, err)
	}
	for _, c := range cursors {
		for {
			b, err := c.Next()
			if err != nil {
				t.Fatal(err)
			}
			if b.Len == 0 {
				break
			}
			for i := range b.Len {
				all = append(all, store.Quad{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]})
			}
		}
		c.Close()
	}
	return all
}

func testSeek(t *testing.T, s store.Store) {
	n, quads, r := pool(t, s, 6000)
	for o := range store.NumOrders {
		all := permute(quads, o)
		for range trials(100) {
			rg := randomRange(r, o, all)
			var rest []store.Quad
			for _, row := range all {
				if within(row, rg) {
					rest = append(rest, row)
				}
			}
			c := n.Scan(t.Context(), rg, store.AllColumns)
			for range 6 {
				if r.IntN(3) == 0 {
					b, err := c.Next()
					if err != nil {
						t.Fatal(err)
					}
					if b.Len > len(rest) || b.Len == 0 && len(rest) > 0 {
						t.Fatalf("%v %x: a block of %d, %d rows are left", o, rg, b.Len, len(rest))
					}
					for i := range b.Len {
						if row := (store.Quad{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]}); row != rest[i] {
							t.Fatalf("%v %x: row %x, want %x", o, rg, row, rest[i])
						}
					}
					rest = rest[b.Len:]
					continue
				}
				target := all[r.IntN(len(all))]
				if len(rest) > 0 && r.IntN(2) == 0 {
					target = rest[r.IntN(min(len(rest), 50))]
				}
				key := slices.Clone(target[:1+r.IntN(4)])
				key[len(key)-1] += store.ID(r.IntN(3)) - 1
				copy(key, rg.Prefix)
				if len(key) < len(rg.Prefix) {
					key = slices.Clone(rg.Prefix)
				}
				if err := c.Seek(key); err != nil {
					t.Fatal(err)
				}
				for len(rest) > 0 && slices.Compare(rest[0][:len(key)], key) < 0 {
					rest = rest[1:]
				}
			}
			got, err := drain(c)
			c.Close()
			if err != nil || !slices.Equal(got, rest) {
				t.Fatalf("%v %x: %d rows after seeks, want %d, %v", o, rg, len(got), len(rest), err)
			}
		}
	}
}

func testColumns(t *testing.T, s store.Store) {
	n, quads, r := pool(t, s, 3000)
	for o := range store.NumOrders {
		all := permute(quads, o)
		for set := range store.AllColumns + 1 {
			rg := randomRange(r, o, all)
			c := n.Scan(t.Context(), rg, set)
			want := rows(t, n, rg)
			for {
				b, err := c.Next()
				if err != nil {
					t.Fatal(err)
				}
				if b.Len == 0 {
					break
				}
				for i := range 4 {
					if set&(1<<i) == 0 {
						if b.Cols[i] != nil {
							t.Fatalf("%v: column %d was not asked for", o, i)
						}
						continue
					}
					for j, id := range b.Cols[i] {
						if id != want[j][i] {
							t.Fatalf("%v %x, columns %b: %x, want %x", o, rg, set, id, want[j][i])
						}
					}
				}
				want = want[b.Len:]
			}
			c.Close()
			if len(want) > 0 {
				t.Fatalf("%v %x, columns %b: %d rows are missing", o, rg, set, len(want))
			}
		}
	}
}
