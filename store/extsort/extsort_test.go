package extsort

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"triplestore/store"
	"triplestore/store/relation"
)

func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// kinds of rows: how many bits differ, and where.
var kinds = map[string]func(r *rand.Rand) store.ID{
	"small":  func(r *rand.Rand) store.ID { return store.ID(r.IntN(8)) },
	"random": func(r *rand.Rand) store.ID { return store.ID(r.Uint64()) },
	"ids": func(r *rand.Rand) store.ID {
		return store.MakeID(store.Tag(1+r.IntN(6)), uint16(r.IntN(3)), r.Uint64N(1<<r.IntN(20)))
	},
	"constant": func(*rand.Rand) store.ID { return 7 },
	"sparse":   func(r *rand.Rand) store.ID { return store.ID(r.Uint64() & 0x8421_0842_1084_2101) },
	"few":      func(r *rand.Rand) store.ID { return store.ID(r.Uint64N(3)) << 62 },
}

func collect(t *testing.T, it *Iterator) []relation.Change {
	t.Helper()
	var out []relation.Change
	for {
		c, err := it.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(c) == 0 {
			return out
		}
		out = append(out, c...)
	}
}

func compareRows(a, b relation.Change) int { return slices.Compare(a.Row[:], b.Row[:]) }

func TestSort(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for name, value := range kinds {
		for width := relation.MinWidth; width <= relation.MaxWidth; width++ {
			for _, n := range []int{0, 1, 100, 9000} {
				for _, capacity := range []int{0, 100, 3000} { // 0: as it is
					dir := t.TempDir()
					s := New(Options{Width: width, Memory: 1, Dir: dir})
					if capacity > 0 {
						s.capacity, s.fanIn = capacity, 4
					}
					var all []relation.Change
					for len(all) < n {
						op := relation.Op(r.IntN(2))
						rows := make([]relation.Row, 1+r.IntN(200))
						for i := range rows {
							for c := range width {
								rows[i][c] = value(r)
							}
							if len(all) > 0 && r.IntN(4) == 0 {
								rows[i] = all[r.IntN(len(all))].Row
							}
							all = append(all, relation.Change{Row: rows[i], Op: op})
						}
						if err := s.Add(context.Background(), rows, op); err != nil {
							t.Fatal(err)
						}
					}
					if s.Len() != uint64(len(all)) {
						t.Fatalf("Len %d, want %d", s.Len(), len(all))
					}
					it, err := s.Sort(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					got := collect(t, it)
					slices.SortStableFunc(all, compareRows)
					var want []relation.Change
					for i, c := range all {
						if i+1 == len(all) || all[i+1].Row != c.Row {
							want = append(want, c)
						}
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%s, width %d, %d rows, %d in memory: %d changes, want %d", name, width, n, capacity, len(got), len(want))
					}
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					noFiles(t, dir)
				}
			}
		}
	}
}

func noFiles(t *testing.T, dir string) {
	t.Helper()
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Fatalf("files are left: %v, %v", files, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rows := make([]relation.Row, 1000)
	for i := range rows {
		rows[i] = relation.Row{store.ID(i * 7919 % 1000), 1}
	}
	small := func(dir string) *Sorter {
		s := New(Options{Width: 2, Dir: dir})
		s.capacity, s.fanIn = 50, 4
		return s
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()

	dir := t.TempDir()
	s := small(dir)
	if err := s.Add(cancelled, rows, relation.Insert); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Add: %v", err)
	}
	if _, err := s.Sort(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Sort after a failed Add: %v", err)
	}
	noFiles(t, dir)
	s.Close()

	s = small(dir)
	if err := s.Add(ctx, rows, relation.Insert); err != nil {
		t.Fatal(err)
	}
	it, err := s.Sort(cancelled)
	if err == nil {
		_, err = it.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Sort: %v", err)
	}
	if err := s.Add(ctx, rows, relation.Insert); !errors.Is(err, errSorted) {
		t.Errorf("Add after Sort: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := s.Sort(ctx); !errors.Is(err, errClosed) {
		t.Errorf("Sort after Close: %v", err)
	}
	noFiles(t, dir)

	s = small(dir + "/missing")
	if err := s.Add(ctx, rows, relation.Insert); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	s.Close()
}

func TestDamagedRunIsFound(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	s := New(Options{Width: 3, Dir: t.TempDir()})
	defer s.Close()
	s.capacity = 2000
	rows := make([]relation.Row, 4000)
	for i := range rows {
		rows[i] = relation.Row{store.ID(r.Uint64N(50)), store.ID(r.Uint64N(50)), store.ID(i)}
	}
	if err := s.Add(context.Background(), rows, relation.Insert); err != nil {
		t.Fatal(err)
	}
	f := s.runs[0][0]
	at := 100 + r.Int64N(2000)
	var b [1]byte
	if _, err := f.f.ReadAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.f.WriteAt(b[:], at); err != nil {
		t.Fatal(err)
	}
	it, err := s.Sort(context.Background())
	for n := 1; err == nil && n > 0; {
		var c []relation.Change
		c, err = it.Next()
		n = len(c)
	}
	if !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("error %v", err)
	}
}

func quads(n int) []relation.Row {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]relation.Row, n)
	for i := range rows {
		rows[i] = relation.Row{
			store.MakeID(store.TagIRI, 0, r.Uint64N(1<<20)), store.MakeID(store.TagIRI, 0, r.Uint64N(60)),
			store.MakeID(store.Tag(2+r.IntN(2)), 0, r.Uint64N(1<<21)), store.MakeID(store.TagIRI, 0, r.Uint64N(4)),
		}
	}
	return rows
}

func BenchmarkSort(b *testing.B) {
	rows := quads(1 << 20)
	for name, memory := range map[string]int64{"memory": 256 << 20, "files": 16 << 20} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := New(Options{Width: 4, Memory: memory, Dir: b.TempDir()})
				if err := s.Add(context.Background(), rows, relation.Insert); err != nil {
					b.Fatal(err)
				}
				it, err := s.Sort(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for {
					c, err := it.Next()
					if err != nil {
						b.Fatal(err)
					}
					if len(c) == 0 {
						break
					}
					n += len(c)
				}
				if n == 0 {
					b.Fatal("nothing")
				}
				s.Close()
			}
			b.ReportMetric(float64(b.N)*float64(len(rows))/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
	b.Run("only sort", func(b *testing.B) {
		buf := buffer{width: 4}
		buf.add(rows, relation.Insert)
		for b.Loop() {
			buf.sortKeys()
		}
	})
}

func ExampleSorter() {
	ctx := context.Background()
	s := New(Options{Width: 2})
	defer s.Close()
	s.Add(ctx, []relation.Row{{2, 1}, {1, 1}}, relation.Insert)
	s.Add(ctx, []relation.Row{{2, 1}}, relation.Delete)
	it, err := s.Sort(ctx)
	if err != nil {
		panic(err)
	}
	changes, _ := it.Next()
	for _, c := range changes {
		fmt.Println(c.Row[:2], c.Op == relation.Delete)
	}
	// Output:
	// [1 1] false
	// [2 1] true
}
