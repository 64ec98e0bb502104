package dictionary

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

// memory is pages in memory.
type memory struct {
	mu    sync.Mutex
	pages map[uint64][]byte
	next  uint64
	freed map[uint64]bool
}

func newMemory() *memory { return &memory{pages: map[uint64][]byte{}, freed: map[uint64]bool{}} }

func (m *memory) Page(no uint64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if b, ok := m.pages[no]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("page %d is missing: %w", no, store.ErrCorrupt)
}

func (m *memory) Put(b []byte) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	m.pages[m.next] = b
	return m.next, nil
}

func (m *memory) Free(no uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.freed[no] || m.pages[no] == nil {
		panic("freed twice")
	}
	m.freed[no] = true
}

func options(m *memory) Options {
	return Options{Pages: m, Relations: relation.NewCache(1 << 20), Blocks: NewCache(1 << 20)}
}

func empty(t testing.TB, o Options) *Dictionary {
	d, err := Open(t.Context(), o, Root{Seed: rand.Uint64()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func term(r *rand.Rand) rdf.Term {
	text := strings.Repeat("x", r.IntN(40)) + fmt.Sprint(r.IntN(4000))
	switch r.IntN(7) {
	case 0:
		return rdf.BlankNode(text)
	case 1:
		return rdf.String(text)
	case 2:
		return rdf.LangLiteral(text, []string{"nb", "nn", "en"}[r.IntN(3)])
	case 3:
		return rdf.Literal(text, fmt.Sprintf("http://example.org/type%d", r.IntN(3)))
	case 4:
		return rdf.DirLangLiteral(text, "ar", rdf.RightToLeft)
	case 5:
		return rdf.TripleTerm(rdf.Triple{S: rdf.IRI(text), P: rdf.IRI("p"), O: rdf.String(text)})
	}
	return rdf.IRI("http://example.org/" + text)
}

// TestDictionary numbers terms over many flushes, with hashes of 48 bits and of 4, and compares with a map.
func TestDictionary(t *testing.T) {
	t.Parallel()
	for _, narrow := range []uint{0, 44} {
		t.Run(fmt.Sprint(48-narrow, " bits"), func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			r := rand.New(rand.NewPCG(seed, 0))
			m := newMemory()
			o := options(m)
			o.narrow = narrow
			d := empty(t, o)
			model := map[rdf.Term]store.ID{}
			var order []store.ID
			w := NewWriter(d, m)
			for flush, size := range []int{1, 0, 3, 2000, 1, 700, 5} {
				for range size {
					x := term(r)
					id, err := w.ID(x)
					if err != nil {
						t.Fatal(err)
					}
					old, known := model[x]
					if known && old != id {
						t.Fatalf("%v: %x, was %x", x, uint64(id), uint64(old))
					}
					if !known {
						if id.Number() != uint64(len(order)) {
							t.Fatalf("%v: number %d, want %d", x, id.Number(), len(order))
						}
						model[x] = id
						order = append(order, id)
					}
				}
				var err error
				if d, err = w.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
				if flush%2 == 0 { // the next writer begins on what is on disk
					if d, err = Open(t.Context(), options(m).with(narrow), d.Root()); err != nil {
						t.Fatal(err)
					}
					w = NewWriter(d, m)
				}
				if err := d.Verify(t.Context()); err != nil {
					t.Fatal(err)
				}
				shuffled := slices.Clone(order)
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				for _, ids := range [][]store.ID{order, shuffled, shuffled[:min(len(shuffled), 3)]} {
					terms := make([]rdf.Term, len(ids))
					if err := d.Terms(ids, terms); err != nil {
						t.Fatal(err)
					}
					for i, x := range terms {
						if model[x] != ids[i] {
							t.Fatalf("%x gave %v, which is %x", uint64(ids[i]), x, uint64(model[x]))
						}
					}
				}
				for x, id := range model {
					if got, ok, err := d.ID(x); got != id || !ok || err != nil {
						t.Fatalf("%v: %x, %v, %v; want %x", x, uint64(got), ok, err, uint64(id))
					}
				}
				if _, ok, err := d.ID(rdf.IRI("http://example.org/unknown")); ok || err != nil {
					t.Fatalf("an unknown term is known: %v", err)
				}
				// Every page is either reached once or freed or a leftover of nothing.
				reached := map[uint64]bool{}
				if err := d.Walk(func(no uint64) (bool, error) {
					if reached[no] || m.freed[no] {
						return false, fmt.Errorf("page %d is reached twice or free", no)
					}
					reached[no] = true
					return true, nil
				}); err != nil {
					t.Fatal(err)
				}
				if len(reached)+len(m.freed) != len(m.pages) {
					t.Fatalf("%d pages, %d in use, %d freed", len(m.pages), len(reached), len(m.freed))
				}
			}
		})
	}
}

func (o Options) with(narrow uint) Options { o.narrow = narrow; return o }

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	m := newMemory()
	d := empty(t, options(m))
	w := NewWriter(d, m)
	const workers, size = 8, 5000
	ids := make([][size]store.ID, workers)
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := range size {
				var err error
				if ids[k][i], err = w.ID(rdf.IRI(fmt.Sprint("http://example.org/", i))); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for k := range workers {
		if ids[k] != ids[0] {
			t.Fatal("goroutines got different IDs")
		}
	}
	if d, err := w.Flush(t.Context()); err != nil || d.Len() != size {
		t.Fatalf("%d terms, %v", d.Len(), err)
	} else if err := d.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTermTooLong(t *testing.T) {
	t.Parallel()
	m := newMemory()
	w := NewWriter(empty(t, options(m)), m)
	if _, err := w.ID(rdf.String(strings.Repeat("x", MaxTerm))); !errors.Is(err, ErrTermTooLong) {
		t.Errorf("%v", err)
	}
	if _, err := w.ID(rdf.Term{}); err == nil {
		t.Error("the zero Term got an ID")
	}
	if _, err := w.ID(rdf.String("short")); err != nil || w.Len() != 1 {
		t.Errorf("%d, %v", w.Len(), err)
	}
}

// TestCorrupt changes every byte of every page: whatever is read then must be the truth or ErrCorrupt.
func TestCorrupt(t *testing.T) {
	t.Parallel()
	m := newMemory()
	o := options(m)
	o.Blocks, o.Relations = NewCache(0), relation.NewCache(0)
	w := NewWriter(empty(t, o), m)
	for i := range 40 {
		if _, err := w.ID(rdf.LangLiteral(fmt.Sprint("term ", i), "nb")); err != nil {
			t.Fatal(err)
		}
	}
	d, err := w.Flush(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for no, good := range m.pages {
		for i := range good {
			bad := slices.Clone(good)
			bad[i] ^= 1 << (i % 8)
			m.pages[no] = bad
			e, err := Open(t.Context(), o, d.Root())
			if err == nil {
				err = e.Verify(t.Context())
			}
			if !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("page %d, byte %d: %v", no, i, err)
			}
		}
		m.pages[no] = good
	}
	if err := d.Verify(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	const budget = cacheShare * 1000
	c := NewCache(budget)
	small := func() *block { return &block{data: strings.Repeat("x", 100), offsets: make([]uint32, 2)} }
	for i := range uint64(1000) {
		c.put(i*700, small())
		if i > 0 && c.get(0) == nil {
			t.Fatal("a block is gone that is used all the time")
		}
		if c.Bytes() > budget {
			t.Fatal("over budget")
		}
	}
	if c.get(999*700) == nil || c.get(700) != nil || c.get(1<<40) != nil {
		t.Error("the oldest is kept or the newest is not")
	}
	n := 0
	for i := range uint64(1000) {
		if b := c.get(i * 700); b != nil {
			n++
			if b.page != i*700 || c.ring[b.place] != b {
				t.Errorf("page %d: a block that thinks it is %d", i*700, b.page)
			}
		}
	}
	if want := int(c.Bytes() / small().size()); n != want || n != len(c.ring) {
		t.Errorf("%d blocks, want %d, %d in the ring", n, want, len(c.ring))
	}
	c.Drop(999 * 700)
	c.Drop(999 * 700)
	c.Drop(1 << 40)
	if c.get(999*700) != nil {
		t.Error("dropped but there")
	}
	c.put(5, &block{data: strings.Repeat("x", 5000), offsets: make([]uint32, 2)})
	if c.get(5) != nil {
		t.Error("a block that would take much of the budget is kept")
	}
}

// TestCacheOfOthers: what is read again and again is soon in a full cache, whoever filled it, and of what is too much for it a part is.
func TestCacheOfOthers(t *testing.T) {
	t.Parallel()
	const blocks = 1000
	size := (&block{data: strings.Repeat("x", 100), offsets: make([]uint32, 2)}).size()
	c := NewCache(blocks * size)
	page := uint64(0)
	for _, x := range []struct{ blocks, rounds, least, most int }{
		{600, 3, 600, 600}, {900, 8, 870, 900}, {300, 5, 290, 300}, {1200, 8, 500, 1000}, {500, 5, 480, 500},
	} {
		found := 0
		for range x.rounds {
			found = 0
			for i := range uint64(x.blocks) {
				if c.get(page+i) != nil {
					found++
				} else {
					c.put(page+i, &block{first: page + i, data: strings.Repeat("x", 100), offsets: make([]uint32, 2)})
				}
			}
		}
		if found < x.least || found > x.most {
			t.Errorf("%d of %d blocks are found in round %d, want %d to %d", found, x.blocks, x.rounds, x.least, x.most)
		}
		page += uint64(x.blocks)
	}
}

// TestCacheAtOnce: readers, writers and those who drop pages do not get in each other's way; meant for the race detector.
func TestCacheAtOnce(t *testing.T) {
	t.Parallel()
	c := NewCache(cacheShare * 1000)
	var all sync.WaitGroup
	for w := range uint64(4) {
		all.Go(func() {
			for i := range uint64(5000) {
				page := (i*37 + w*11) % 300 * 10
				if b := c.get(page); b != nil && b.first != page {
					t.Errorf("page %d has the block of %d", page, b.first)
				} else if b == nil {
					c.put(page, &block{first: page, data: strings.Repeat("x", 100), offsets: make([]uint32, 2)})
				}
				if i%50 == 0 {
					c.Drop(page)
				}
			}
		})
	}
	all.Wait()
	if c.Bytes() > cacheShare*1000 {
		t.Error("over budget")
	}
}

func FuzzDecodeBlock(f *testing.F) {
	raw := []byte{2, 2, 2, 'a', 2, 'b'}
	f.Add(encodePage(kindBlock, 7, 2, raw))
	f.Add(encodePage(kindBlock, 7, 3, []byte(strings.Repeat("\x02", 300))))
	f.Add(encodeTables([]string{"nb"}, []string{"http://example.org/"}))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) >= checksum { // let the fuzzer past the checksum
			p = slices.Clone(p)
			binary.LittleEndian.PutUint64(p[len(p)-checksum:], xxh3.Hash(p[:len(p)-checksum]))
		}
		if b, err := decodeBlock(p); err == nil {
			for i := range b.count() {
				b.term(i)
			}
		} else if !errors.Is(err, store.ErrCorrupt) {
			t.Fatal(err)
		}
		if _, _, err := decodeTables(p); err != nil && !errors.Is(err, store.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

func BenchmarkID(b *testing.B) {
	m := newMemory()
	terms := make([]rdf.Term, 100000)
	for i := range terms {
		terms[i] = rdf.IRI(fmt.Sprintf("https://example.org/datasets/%08d/distribution", i))
	}
	var d *Dictionary
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			w := NewWriter(empty(b, options(m)), m)
			for _, t := range terms {
				if _, err := w.ID(t); err != nil {
					b.Fatal(err)
				}
			}
			var err error
			if d, err = w.Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(terms)), "ns/term")
	})
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			w := NewWriter(d, m)
			for _, t := range terms {
				if _, err := w.ID(t); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(terms)), "ns/term")
	})
}

func TestHashesInRanges(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for _, n := range []uint64{0, 1, 100, 5000, rangeTerms + 10} {
		const old = 50
		var table [shards]shard
		var want []relation.Row
		for i := range n + old {
			key := store.ID(r.Uint64() >> 16)
			if i > 0 && r.IntN(10) == 0 && len(want) > 0 {
				key = want[len(want)-1][0]
			}
			id := store.MakeID(store.TagIRI, 0, i)
			s := &table[key%shards]
			s.grow()
			*s.find(key, i*0x9E3779B97F4A7C15) = slot{key, i * 0x9E3779B97F4A7C15, id}
			s.used++
			if i >= old {
				want = append(want, relation.Row{key, id})
			}
		}
		slices.SortFunc(want, func(a, b relation.Row) int { return slices.Compare(a[:], b[:]) })
		h := newHashes(t.Context(), &table, old, n+old)
		var got []relation.Row
		for {
			c, err := h.Next()
			if err != nil {
				t.Fatal(err)
			}
			if len(c) == 0 {
				break
			}
			for _, x := range c {
				got = append(got, x.Row)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d terms: %d hashes, want %d, or in another order", n, len(got), len(want))
		}
	}
}

// BenchmarkTermsApart fetches terms of which each is in another block, as those of a small part of many results are, by two at once.
func BenchmarkTermsApart(b *testing.B) {
	m := newMemory()
	o := options(m)
	o.Blocks = NewCache(256 << 20)
	d := empty(b, o)
	w := NewWriter(d, m)
	ids := make([]store.ID, 400_000)
	for i := range ids {
		id, err := w.ID(rdf.IRI(fmt.Sprintf("http://example.org/datasets/%08x-%d", i*2654435761, i)))
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = id
	}
	d, err := w.Flush(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	var apart []store.ID
	for i := 0; i < len(ids); i += 350 {
		apart = append(apart, ids[i])
	}
	b.ResetTimer()
	b.SetParallelism(1)
	b.RunParallel(func(p *testing.PB) {
		dst := make([]rdf.Term, len(apart))
		for p.Next() {
			if err := d.Terms(apart, dst); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(apart)), "ns/term")
}
