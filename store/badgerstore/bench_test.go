package badgerstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/dictionary"
)

const dct, dcat, xsd = "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#", "http://www.w3.org/2001/XMLSchema#"

// catalogue makes about so many quads that look like a data catalogue, in batches as a parser gives them.
func catalogue(n int) [][]rdf.Quad {
	r := rand.New(rand.NewPCG(1, 2))
	words := make([]string, 4000)
	for i := range words {
		words[i] = strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(3)) + fmt.Sprint(r.IntN(1000))
	}
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(words[r.IntN(len(words))*r.IntN(len(words))/len(words)])
			b.WriteByte(' ')
		}
		return b.String()
	}
	typ := rdf.IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
	var out [][]rdf.Quad
	var batch []rdf.Quad
	for i, total := 0, 0; total < n; i++ {
		s := rdf.IRI(fmt.Sprintf("https://example.org/dataset/%08d", i))
		add := func(s rdf.Term, p string, o rdf.Term) {
			batch = append(batch, rdf.Quad{S: s, P: rdf.IRI(p), O: o})
			total++
		}
		batch = append(batch, rdf.Quad{S: s, P: typ, O: rdf.IRI(dcat + "Dataset")})
		total++
		for _, lang := range []string{"nb", "nn", "en"}[:1+r.IntN(3)] {
			add(s, dct+"title", rdf.LangLiteral(text(4), lang))
			add(s, dct+"description", rdf.LangLiteral(text(25), lang))
		}
		add(s, dct+"publisher", rdf.IRI(fmt.Sprintf("https://example.org/organisation/%d", 310000000+r.IntN(500))))
		add(s, dct+"issued", rdf.Literal(time.Unix(1.5e9+r.Int64N(1e8), 0).UTC().Format(time.RFC3339), xsd+"dateTime"))
		for range 1 + r.IntN(4) {
			add(s, dcat+"theme", rdf.IRI(fmt.Sprintf("http://publications.europa.eu/resource/authority/data-theme/%d", r.IntN(13))))
			add(s, dcat+"keyword", rdf.LangLiteral(words[r.IntN(len(words))], "nb"))
		}
		for d := range 1 + r.IntN(3) {
			x := rdf.IRI(fmt.Sprintf("https://example.org/dataset/%08d/distribution/%d", i, d))
			add(s, dcat+"distribution", x)
			batch = append(batch, rdf.Quad{S: x, P: typ, O: rdf.IRI(dcat + "Distribution")})
			total++
			add(x, dcat+"accessURL", rdf.IRI(fmt.Sprintf("https://data.example.org/api/%08d/%d?format=json", i, d)))
			add(x, dcat+"byteSize", rdf.Literal(fmt.Sprint(r.IntN(1e9)), xsd+"integer"))
		}
		if len(batch) > 2000 {
			out = append(out, batch)
			batch = nil
		}
	}
	return append(out, batch)
}

func load(b testing.TB, s *Store, batches [][]rdf.Quad) uint64 {
	r, err := s.Update(b.Context(), func(x store.Txn) error {
		for _, batch := range batches {
			if err := x.Add(batch); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return r.Inserted
}

// BenchmarkLoad loads an empty store; what a parser does is not in it.
func BenchmarkLoad(b *testing.B) {
	batches := catalogue(500_000)
	var quads, bytes uint64
	for b.Loop() {
		s, err := Open(b.TempDir(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		quads += load(b, s, batches)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		n, err := s.BytesOnDisk()
		if err != nil {
			b.Fatal(err)
		}
		bytes += n
	}
	b.ReportMetric(float64(quads)/b.Elapsed().Seconds(), "quads/s")
	b.ReportMetric(float64(bytes)/float64(quads), "B/quad")
}

func loaded(b *testing.B) (*Store, store.Snapshot) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	load(b, s, catalogue(500_000))
	n, err := s.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { n.Close(); s.Close() })
	return s, n
}

// BenchmarkScan reads whole orders with all columns.
func BenchmarkScan(b *testing.B) {
	_, n := loaded(b)
	for o := range store.NumOrders {
		b.Run(o.String(), func(b *testing.B) {
			rows := 0
			for b.Loop() {
				c := n.Scan(b.Context(), store.Range{Order: o}, store.AllColumns)
				for {
					block, err := c.Next()
					if err != nil {
						b.Fatal(err)
					}
					if block.Len == 0 {
						break
					}
					rows += block.Len
				}
				c.Close()
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkPointLookup finds random subjects: the ID of a term, its rows, and the terms of those.
func BenchmarkPointLookup(b *testing.B) {
	_, n := loaded(b)
	subjects, err := n.Distinct(store.Range{Order: store.SPOG})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	draw := func() rdf.Term {
		return rdf.IRI(fmt.Sprintf("https://example.org/dataset/%08d", r.IntN(int(subjects)/4)))
	}
	b.Run("ID", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := n.ID(draw()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("describe", func(b *testing.B) {
		terms := make([]rdf.Term, 0, 256)
		for b.Loop() {
			id, ok, err := n.ID(draw())
			if err != nil || !ok {
				b.Fatal(ok, err)
			}
			c := n.Scan(b.Context(), store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, 6)
			for {
				block, err := c.Next()
				if err != nil {
					b.Fatal(err)
				}
				if block.Len == 0 {
					break
				}
				if err := n.Terms(block.Cols[2], terms[:block.Len]); err != nil {
					b.Fatal(err)
				}
			}
			c.Close()
		}
	})
}

// BenchmarkTerms fetches random terms, of which the cache holds few.
func BenchmarkTerms(b *testing.B) {
	s, n := loaded(b)
	n.Close()
	s.blocks = dictionary.NewCache(1 << 20)
	d, err := dictionary.Open(b.Context(), s.dictionaryOptions(), s.state.root.terms)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	var ids [1]store.ID
	var terms [1]rdf.Term
	for b.Loop() {
		ids[0] = store.MakeID(store.TagIRI, 0, r.Uint64N(d.Len()))
		if err := d.Terms(ids[:], terms[:]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSmallCommit adds small records of three quads to a store with half a million quads, durably: by one client and by eight.
func BenchmarkSmallCommit(b *testing.B) {
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s, n := loaded(b)
			n.Close()
			var next atomic.Int64
			b.ResetTimer()
			var work sync.WaitGroup
			for range clients {
				work.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if err := addRecord(b.Context(), s, int(i)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			work.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(3*float64(b.N)/b.Elapsed().Seconds(), "quads/s")
		})
	}
}

func addRecord(ctx context.Context, s *Store, i int) error {
	x := rdf.IRI(fmt.Sprintf("https://example.org/record/%d", i))
	_, err := s.Update(ctx, func(t store.Txn) error {
		return t.Add([]rdf.Quad{{S: x, P: rdf.IRI(dct + "title"), O: rdf.LangLiteral(fmt.Sprint("Record ", i), "en")},
			{S: x, P: rdf.IRI(dct + "identifier"), O: rdf.Literal(fmt.Sprint(i), xsd+"integer")},
			{S: x, P: rdf.IRI(dct + "modified"), O: rdf.Literal("2026-11-23T10:00:00Z", xsd+"dateTime")}})
	})
	return err
}
