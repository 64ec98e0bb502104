package relation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/store"
)

// catalogue makes quads as a catalogue has them, numbered in order of first occurrence: records with their own IRI, some ten
// statements each about a few dozen predicates, literals of their own, languages, dates, and references to popular and to other
// records.
func catalogue(n int) []store.Quad {
	r := rand.New(rand.NewPCG(1, 2))
	next := map[store.Tag]uint64{}
	fresh := func(tag store.Tag, aux uint16) store.ID {
		next[tag]++
		return store.MakeID(tag, aux, next[tag])
	}
	predicates := make([]store.ID, 40)
	for i := range predicates {
		predicates[i] = fresh(store.TagIRI, 0)
	}
	popular := make([]store.ID, 2000)
	for i := range popular {
		popular[i] = fresh(store.TagIRI, 0)
	}
	zipf := rand.NewZipf(r, 1.3, 5, uint64(len(popular)-1))
	var subjects []store.ID
	quads := make([]store.Quad, 0, n)
	for len(quads) < n {
		s := fresh(store.TagIRI, 0)
		subjects = append(subjects, s)
		for range 4 + r.IntN(14) {
			p := predicates[r.IntN(len(predicates))]
			var o store.ID
			switch r.IntN(10) {
			case 0, 1, 2:
				o = popular[zipf.Uint64()]
			case 3:
				o = subjects[r.IntN(len(subjects))]
			case 4, 5:
				o = fresh(store.TagString, 0)
			case 6, 7:
				o = fresh(store.TagLang, uint16(r.IntN(3)))
			case 8:
				o = fresh(store.TagIRI, 0)
			default:
				o = store.ID(store.TagDateTime)<<60 | store.ID(1<<55+r.Uint64N(5*365*86400)*1000)
			}
			quads = append(quads, store.Quad{s, p, o, store.DefaultGraph})
		}
	}
	return quads[:n]
}

func sortedChanges(quads []store.Quad, order store.Order) []Change {
	p := order.Positions()
	changes := make([]Change, len(quads))
	for i, q := range quads {
		changes[i].Row = Row{q[p[0]], q[p[1]], q[p[2]], q[p[3]]}
	}
	slices.SortFunc(changes, func(a, b Change) int { return compare(&a.Row, &b.Row, 4) })
	return slices.Compact(changes)
}

const benchQuads = 1_000_000

func benchRelation(b *testing.B, order store.Order, cache *Cache) (*Relation, *memory, []Change) {
	changes := sortedChanges(catalogue(benchQuads), order)
	m := newMemory()
	res, err := Apply(context.Background(), m, nil, 4, Root{}, SliceChanges(changes))
	if err != nil {
		b.Fatal(err)
	}
	return New(m, cache, 4, res.Root), m, changes
}

func BenchmarkBuild(b *testing.B) {
	quads := catalogue(benchQuads)
	for order := range store.NumOrders {
		changes := sortedChanges(quads, order)
		b.Run(order.String(), func(b *testing.B) {
			var m *memory
			for b.Loop() {
				m = newMemory()
				if _, err := Apply(context.Background(), m, nil, 4, Root{}, SliceChanges(changes)); err != nil {
					b.Fatal(err)
				}
			}
			size := 0
			for _, p := range m.pages {
				size += len(p)
			}
			b.ReportMetric(float64(size)/float64(len(changes)), "bytes/row")
			b.ReportMetric(float64(size)/float64(len(m.pages)), "bytes/page")
			b.ReportMetric(float64(b.N)*float64(len(changes))/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkHashIndex is the relation (hash, id) of a dictionary: columns that hardly pack.
func BenchmarkHashIndex(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	changes := make([]Change, benchQuads)
	for i := range changes {
		changes[i].Row = Row{store.ID(r.Uint64()), store.MakeID(store.Tag(2+i%3), 0, uint64(i))}
	}
	slices.SortFunc(changes, func(a, b Change) int { return compare(&a.Row, &b.Row, 2) })
	m := newMemory()
	res, err := Apply(context.Background(), m, nil, 2, Root{}, SliceChanges(changes))
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, p := range m.pages {
		size += len(p)
	}
	for name, budget := range map[string]int64{"warm": 1 << 30, "cold": 4 << 20} {
		rel := New(m, NewCache(budget), 2, res.Root)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, ok, err := rel.First(changes[r.IntN(len(changes))].Row[:1]); !ok {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)/float64(len(changes)), "bytes/row")
			b.ReportMetric(float64(size)/float64(len(m.pages)), "bytes/page")
		})
	}
}

func BenchmarkScan(b *testing.B) {
	for _, order := range []store.Order{store.SPOG, store.POSG, store.OSPG} {
		rel, _, _ := benchRelation(b, order, nil)
		for _, columns := range []store.ColumnSet{0, 1, 2, 4, 7, 15} {
			b.Run(fmt.Sprintf("%s/columns%04b", order, columns), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c := rel.Scan(context.Background(), Range{}, columns)
					n := 0
					for {
						blk, err := c.Next()
						if err != nil {
							b.Fatal(err)
						}
						if blk.Len == 0 {
							break
						}
						n += blk.Len
					}
					c.Close()
					if n != int(rel.Rows()) {
						b.Fatal(n)
					}
				}
				b.ReportMetric(float64(b.N)*float64(rel.Rows())/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for name, budget := range map[string]int64{"warm": 1 << 30, "cold": 1 << 20} {
		cache := NewCache(budget)
		rel, _, changes := benchRelation(b, store.SPOG, cache)
		rows := make([]Row, 1<<14)
		r := rand.New(rand.NewPCG(3, 4))
		for i := range rows {
			rows[i] = changes[r.IntN(len(changes))].Row
		}
		if name == "warm" {
			for i := range changes {
				if i%100 == 0 {
					rel.Contains(changes[i].Row)
				}
			}
		}
		each := func(name2 string, f func(row *Row) error) {
			b.Run(name+"/"+name2, func(b *testing.B) {
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if err := f(&rows[i&(len(rows)-1)]); err != nil {
						b.Fatal(err)
					}
					i++
				}
			})
		}
		each("contains", func(row *Row) error {
			ok, err := rel.Contains(*row)
			if !ok {
				return fmt.Errorf("not found: %v", err)
			}
			return err
		})
		each("first", func(row *Row) error { _, _, err := rel.First(row[:2]); return err })
		each("count", func(row *Row) error { _, err := rel.Count(Range{Prefix: row[:2]}); return err })
		each("distinct", func(row *Row) error { _, err := rel.Distinct(Range{Prefix: row[:1]}); return err })
		each("scan", func(row *Row) error {
			c := rel.Scan(context.Background(), Range{Prefix: row[:2]}, 4)
			_, err := c.Next()
			c.Close()
			return err
		})
	}
}

func BenchmarkSeek(b *testing.B) {
	rel, _, changes := benchRelation(b, store.SPOG, NewCache(1<<30))
	for _, step := range []int{5000, 100_000} { // beyond the page, which Next gives whole
		b.Run(fmt.Sprint("step", step), func(b *testing.B) {
			n := 0
			for b.Loop() {
				c := rel.Scan(context.Background(), Range{}, 1)
				for i := 0; i < len(changes); i += step {
					if err := c.Seek(changes[i].Row[:3]); err != nil {
						b.Fatal(err)
					}
					if _, err := c.Next(); err != nil {
						b.Fatal(err)
					}
					n++
				}
				c.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/seek")
		})
	}
}

func BenchmarkApply(b *testing.B) {
	rel, m, changes := benchRelation(b, store.SPOG, nil)
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 100, 10_000, 1_000_000} {
		delta := make([]Change, n)
		for i := range delta {
			delta[i] = changes[r.IntN(len(changes))]
			delta[i].Row[2] ^= store.ID(r.IntN(1 << 16))
		}
		slices.SortFunc(delta, func(a, b Change) int { return compare(&a.Row, &b.Row, 4) })
		delta = slices.CompactFunc(delta, func(a, b Change) bool { return a.Row == b.Row })
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m.begin()
			m.fresh = nil
			for b.Loop() {
				m.freed = m.freed[:0]
				if _, err := Apply(context.Background(), discard{m}, nil, 4, rel.Root(), SliceChanges(delta)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(m.puts)/float64(b.N), "pages")
			b.ReportMetric(float64(b.N)*float64(len(delta))/b.Elapsed().Seconds()/1e6, "Mchanges/s")
		})
	}
}

// discard counts pages instead of keeping them.
type discard struct{ *memory }

func (d discard) Put(b []byte) (uint64, error) { d.last++; d.puts++; return d.last, nil }
func (d discard) Free(uint64)                  {}
