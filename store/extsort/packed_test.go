package extsort

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/store"
	"triplestore/store/relation"
)

// columnKinds are values of columns of which rows of several columns can be packed.
var columnKinds = map[string]func(r *rand.Rand) store.ID{
	"constant": func(*rand.Rand) store.ID { return store.MakeID(store.TagIRI, 0, 77) },
	"iris":     func(r *rand.Rand) store.ID { return store.MakeID(store.TagIRI, 0, r.Uint64N(3000)) },
	"far predicates": func(r *rand.Rand) store.ID {
		return store.MakeID(store.TagIRI, 0, r.Uint64N(60)*1_000_003)
	},
	"languages": func(r *rand.Rand) store.ID { return store.MakeID(store.TagLang, uint16(r.IntN(200)), r.Uint64N(500)) },
	"mixed": func(r *rand.Rand) store.ID {
		switch r.IntN(5) {
		case 0:
			return store.ID(store.TagInteger)<<60 | 1<<59 + store.ID(r.IntN(1000)) - 500
		case 1:
			return store.ID(store.TagDouble)<<60 | store.ID(r.Uint64N(300)*0x3FF0_1234_5678_9)
		case 2:
			return store.ID(store.TagDateTime)<<60 | store.ID(r.Uint64N(2000)*86_400_000)<<12
		case 3:
			return store.DefaultGraph
		}
		return store.MakeID(store.TagString, 0, r.Uint64N(1<<13))
	},
}

func randomRows(r *rand.Rand, n, width int) (rows []relation.Row, kinds []string) {
	names := make([]string, 0, len(columnKinds))
	for name := range columnKinds {
		names = append(names, name)
	}
	slices.Sort(names)
	for range width {
		kinds = append(kinds, names[r.IntN(len(names))])
	}
	rows = make([]relation.Row, n)
	for i := range rows {
		for c, kind := range kinds {
			rows[i][c] = columnKinds[kind](r)
		}
		if i > 0 && r.IntN(8) == 0 {
			rows[i] = rows[r.IntN(i)]
		}
	}
	return rows, kinds
}

func sorted(rows []relation.Change) []relation.Change {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, compareRows)
	out := rows[:0]
	for i, c := range rows {
		if i+1 == len(rows) || rows[i+1].Row != c.Row {
			out = append(out, c)
		}
	}
	return out
}

func permuted(changes []relation.Change, columns []int) []relation.Change {
	out := make([]relation.Change, len(changes))
	for i, x := range changes {
		out[i].Op = x.Op
		for c, from := range columns {
			out[i].Row[c] = x.Row[from]
		}
	}
	return sorted(out)
}

func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// byColumns reads changes as columns, if that is possible.
func byColumns(t *testing.T, it *Iterator, width int) (changes []relation.Change, ok bool) {
	t.Helper()
	for {
		cols, n, ok, err := it.Columns()
		if err != nil {
			t.Fatal(err)
		}
		if !ok || n == 0 {
			return changes, ok
		}
		for i := range n {
			var x relation.Change
			for c := range width {
				x.Row[c] = cols[c][i]
			}
			changes = append(changes, x)
		}
	}
}

func TestPacked(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	ctx := context.Background()
	for round := range 12 {
		width := relation.MinWidth + r.IntN(relation.MaxWidth-relation.MinWidth+1)
		rows, kinds := randomRows(r, packFrom+r.IntN(2*packFrom), width)
		if round == 0 {
			rows, kinds = randomRows(r, 2*chunkRows+5, width)
		}
		s := New(Options{Width: width, Memory: 1 << 30, Dir: t.TempDir()})
		var all []relation.Change
		deletes := round%2 == 1
		for rest := rows; len(rest) > 0; {
			n, op := min(len(rest), 1+r.IntN(5000)), relation.Insert
			if deletes {
				op = relation.Op(r.IntN(2))
			}
			if err := s.Add(ctx, rest[:n], op); err != nil {
				t.Fatal(err)
			}
			for _, row := range rest[:n] {
				all = append(all, relation.Change{Row: row, Op: op})
			}
			rest = rest[n:]
		}
		it, err := s.Sort(ctx)
		if err != nil {
			t.Fatal(err)
		}
		p := s.Packed()
		if p == nil {
			t.Errorf("%v: not packed", kinds)
			continue
		}
		want := sorted(all)
		if got := collect(t, it); !slices.Equal(got, want) {
			t.Fatalf("%v: %d changes, want %d, or others", kinds, len(got), len(want))
		}
		s.Close()
		if round%3 == 0 {
			bits, n := make([]uint64, (p.Len()+63)/64), 0
			for i, c := range want {
				if r.IntN(3) > 0 {
					bits[i/64] |= 1 << (i % 64)
					want[n] = c
					n++
				}
			}
			want = want[:n]
			p.Keep(bits)
		}
		if p.Len() != len(want) {
			t.Fatalf("%d changes, want %d", p.Len(), len(want))
		}
		for _, columns := range permutations(width) {
			it, err := p.Reorder(ctx, columns)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := byColumns(t, it, width)
			if ok != p.Inserts() || !deletes && !ok {
				t.Fatalf("%v: columns: %v", kinds, ok)
			}
			if !ok {
				got = collect(t, it)
			}
			if !slices.Equal(got, permuted(want, columns)) {
				t.Fatalf("%v as %v: other changes, or in another order", kinds, columns)
			}
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	s := New(Options{Width: 2})
	if err := s.Add(ctx, make([]relation.Row, packFrom), relation.Insert); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sort(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Packed().Reorder(cancelled, []int{1, 0}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What does not fit into 64 bits is sorted by keys, in pieces if there is too much of it.
func TestNotPacked(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for _, op := range []relation.Op{relation.Insert, relation.Delete} {
		dir := t.TempDir()
		s := New(Options{Width: 3, Memory: 1, Dir: dir})
		s.capacity, s.plain = 3*chunkRows, chunkRows
		var all []relation.Change
		for range 70 {
			rows := make([]relation.Row, 2000)
			for i := range rows {
				rows[i] = relation.Row{store.ID(r.Uint64()), store.ID(r.Uint64()), store.ID(r.Uint64())}
				if len(all) > 0 && r.IntN(4) == 0 {
					rows[i] = all[r.IntN(len(all))].Row
				}
				all = append(all, relation.Change{Row: rows[i], Op: op})
			}
			if err := s.Add(context.Background(), rows, op); err != nil {
				t.Fatal(err)
			}
			op ^= 1
		}
		it, err := s.Sort(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if s.Packed() != nil || len(s.runs[0]) < 2 {
			t.Errorf("packed: %v, runs: %v", s.Packed() != nil, s.runs)
		}
		if !slices.Equal(collect(t, it), sorted(all)) {
			t.Error("other changes")
		}
		s.Close()
		noFiles(t, dir)
	}
}
