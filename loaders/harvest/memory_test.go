package harvest_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/store/badgerstore"
)

// liveHeap notes, at the end of each collection of garbage, how much was found to be in use; most gives the greatest of these figures. Unlike the
// size of the heap it does not depend on when collections happen to begin.
func liveHeap() (most func() uint64, stop func()) {
	var greatest atomic.Uint64
	var done atomic.Bool
	note := func() {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		for v := sample[0].Value.Uint64(); ; {
			old := greatest.Load()
			if v <= old || greatest.CompareAndSwap(old, v) {
				return
			}
		}
	}
	type sentinel struct{ _ *byte }
	var again func(*sentinel)
	again = func(*sentinel) {
		if note(); !done.Load() {
			runtime.SetFinalizer(&sentinel{}, again)
		}
	}
	runtime.SetFinalizer(&sentinel{}, again)
	return greatest.Load, func() { runtime.GC(); note(); done.Store(true) }
}

// writeCatalogue writes datasets with ten triples each, blank nodes among them.
func writeCatalogue(t *testing.T, file string, datasets int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriter(f)
	for i := range datasets {
		s := fmt.Sprintf("<https://data.example.org/dataset/%d>", i)
		for _, po := range []string{
			"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset>",
			fmt.Sprintf(`<http://purl.org/dc/terms/title> "Datasett nummer %d"@nb`, i),
			fmt.Sprintf(`<http://purl.org/dc/terms/title> "Dataset number %d"@en`, i),
			fmt.Sprintf(`<http://purl.org/dc/terms/description> "What stands in the dataset with the number %d, which is one of many that a catalogue holds."@en`, i),
			fmt.Sprintf("<http://purl.org/dc/terms/publisher> <https://data.example.org/organisation/%d>", i%500),
			fmt.Sprintf("<http://www.w3.org/ns/dcat#theme> <https://data.example.org/theme/%d>", i%13),
			fmt.Sprintf(`<http://purl.org/dc/terms/identifier> "%08d"`, i),
			fmt.Sprintf("<http://www.w3.org/ns/dcat#contactPoint> _:c%d", i),
		} {
			fmt.Fprintf(b, "%s %s .\n", s, po)
		}
		fmt.Fprintf(b, "_:c%d <http://www.w3.org/2006/vcard/ns#fn> \"Office %d\" .\n_:c%d <http://www.w3.org/2006/vcard/ns#hasEmail> <mailto:office%d@example.org> .\n", i, i%700, i, i)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestHarvestMemory: a document of 200,000 triples is harvested, and harvested again after a change, with little more in use than the bytes of its
// different terms and its triples as numbers, beside what the store was allowed.
func TestHarvestMemory(t *testing.T) { // not parallel: it measures the whole process
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	const datasets, allowed = 20_000, 32 << 20
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: allowed})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	w := newBench(t, st)
	file := filepath.Join(w.dir, "catalogue.nt")
	w.config = "sources: [{name: big, kind: rdf, path: catalogue.nt}]"
	defer debug.SetGCPercent(debug.SetGCPercent(40))
	for _, c := range []struct {
		datasets, added, removed int
	}{{datasets, datasets, 0}, {datasets - 100, 0, 100}} {
		writeCatalogue(t, file, c.datasets)
		runtime.GC()
		before := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(before)
		most, stop := liveHeap()
		r := w.run(harvest.RunOptions{})["big"]
		stop()
		if r.Status != harvest.Changed || int(r.Records.Added) != c.added || int(r.Records.Removed) != c.removed {
			t.Fatalf("%+v", r)
		}
		used := int64(most()) - int64(before[0].Value.Uint64())
		t.Logf("%d triples: %.1f MB in use beside %.1f MB before", 10*c.datasets, float64(used)/1e6, float64(before[0].Value.Uint64())/1e6)
		if limit := int64(allowed + 100*10*c.datasets); used > limit {
			t.Errorf("%d bytes are in use for %d triples, more than %d", used, 10*c.datasets, limit)
		}
	}
}
