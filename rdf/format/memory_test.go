package format_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/format"
)

// endless writes n triples in a format.
func endless(to *format.Format, n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out, err := to.NewWriter(w, format.WriteOptions{})
		p := rdf.IRI("http://e.example/property")
		for i := 0; i < n && err == nil; i++ {
			s := rdf.IRI(fmt.Sprint("http://e.example/subject/", i/10))
			err = out.Write(rdf.Quad{S: s, P: p, O: rdf.LangLiteral(fmt.Sprint("a title of some length, number ", i), "en")})
		}
		if err == nil {
			err = out.Close()
		}
		w.CloseWithError(err)
	}()
	return r
}

// TestStreamMemory converts some fifteen megabytes from every format to another. What is held at any time must be a small part.
// It does not run beside other tests, whose memory would count.
func TestStreamMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const triples, limit = 150_000, 12 << 20
	for _, from := range format.All {
		if !from.CanWrite() {
			continue
		}
		to := format.All[(len(from.Name)+len(from.Title))%7]
		w, err := to.NewWriter(io.Discard, format.WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		before, peak, n, batches := m.HeapAlloc, uint64(0), 0, 0
		err = from.Parse(context.Background(), endless(from, triples), format.ReadOptions{}, func(quads []rdf.Quad) error {
			n += len(quads)
			if batches++; batches%32 == 0 {
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
			for _, q := range quads {
				if err := w.Write(q); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n != triples || w.Close() != nil {
			t.Errorf("%s to %s: %d triples, %v", from.Name, to.Name, n, err)
		}
		if peak > before+limit {
			t.Errorf("%s to %s: %d MiB in use", from.Name, to.Name, (peak-before)>>20)
		}
		t.Logf("%s to %s: %.1f MiB", from.Name, to.Name, float64(int64(peak)-int64(before))/(1<<20))
	}
}
