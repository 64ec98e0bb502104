package harvest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
)

// clock moves on by a second each time it is asked, and does not wait.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// bench is a store with a configuration and what is needed to harvest.
type workbench struct {
	t       *testing.T
	dir     string
	store   store.Store
	journal *harvest.Journal
	clock   *clock
	config  string
}

func newBench(t *testing.T, st store.Store) *workbench {
	t.Helper()
	j, err := harvest.OpenJournal("")
	if err != nil {
		t.Fatal(err)
	}
	return &workbench{t: t, dir: t.TempDir(), store: st, journal: j, clock: &clock{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}
}

func disk(t *testing.T) *badgerstore.Store {
	t.Helper()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Retention: &badgerstore.Retention{Commits: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

func (w *workbench) write(name, text string) {
	w.t.Helper()
	p := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *workbench) harvester() *harvest.Harvester {
	w.t.Helper()
	c, err := harvest.ParseConfig([]byte(w.config), w.dir, kinds.All(), kinds.Rewriters())
	if err != nil {
		w.t.Fatal(err)
	}
	// One source after the other, so that what each reports does not depend on which one is written first.
	h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: w.clock, Temp: w.dir, Parallel: 1, Jitter: func() float64 { return 0 }})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// run harvests and gives the report of each source, the last one where a source was run again.
func (w *workbench) run(o harvest.RunOptions) map[string]harvest.SourceReport {
	w.t.Helper()
	r, err := w.harvester().Run(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]harvest.SourceReport{}
	for _, s := range r.Sources {
		out[s.Name] = s
	}
	return out
}

func (w *workbench) commit() uint64 {
	w.t.Helper()
	n, err := w.store.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	defer n.Close()
	return n.Commit().Number
}

// quads lists the quads of all graphs but the provenance as sorted N-Quads; those of named graphs that begin with prefix, if it is not empty.
func (w *workbench) quads(prefix string) []string {
	w.t.Helper()
	return w.quadsOf(func(graph string) bool {
		return !strings.HasPrefix(graph, harvest.DefaultGraphBase+"provenance") && strings.HasPrefix(graph, prefix)
	})
}

// quadsOf lists the quads of the graphs that are wanted.
func (w *workbench) quadsOf(wanted func(graph string) bool) []string {
	w.t.Helper()
	n, err := w.store.Snapshot()
	if err != nil {
		w.t.Fatal(err)
	}
	defer n.Close()
	var out []string
	c := n.Scan(w.t.Context(), store.Range{Order: store.SPOG}, store.AllColumns)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil {
			w.t.Fatal(err)
		}
		if b.Len == 0 {
			slices.Sort(out)
			return out
		}
		for i := range b.Len {
			var t [4]rdf.Term
			if err := n.Terms([]store.ID{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]}, t[:]); err != nil {
				w.t.Fatal(err)
			}
			if !wanted(t[3].Value()) {
				continue
			}
			out = append(out, rdf.Quad{S: t[0], P: t[1], O: t[2], G: t[3]}.String())
		}
	}
}

func (w *workbench) has(substring string, want int) {
	w.t.Helper()
	n := 0
	for _, q := range w.quads("") {
		if strings.Contains(q, substring) {
			n++
		}
	}
	if n != want {
		w.t.Errorf("%d quads with %s, want %d:\n%s", n, substring, want, strings.Join(w.quads(""), "\n"))
	}
}

const head = `@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix : <http://example.org/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
`

const catalogue = head + `
:cat a dcat:Catalog ; dct:title "Katalog"@nb ; dcat:dataset :d1, :d2 .
:d1 a dcat:Dataset ; dct:title "En"@nb ; dcat:contactPoint [ a vcard:Kind ; vcard:fn "Hjelp" ] ; dcat:distribution :d1-csv .
:d1-csv a dcat:Distribution ; dcat:accessURL <http://example.org/d1.csv> .
:d2 a dcat:Dataset ; dct:title "To"@nb ; dcat:contactPoint [ a vcard:Kind ; vcard:fn "Hjelp" ] .
:r2 a dcat:CatalogRecord ; foaf:primaryTopic :d2 ; dct:modified "2026-01-01" .
:note dct:description "belongs to nothing" .
`

// stores runs a test on both stores.
func stores(t *testing.T, f func(t *testing.T, w *workbench)) {
	t.Run("memory", func(t *testing.T) { f(t, newBench(t, memstore.New())) })
	t.Run("disk", func(t *testing.T) { f(t, newBench(t, disk(t))) })
}

func TestReplace(t *testing.T) {
	for _, graphs := range []string{"source", "record"} {
		t.Run(graphs, func(t *testing.T) {
			stores(t, func(t *testing.T, w *workbench) {
				w.config = "sources: [{name: cat, kind: rdf, path: cat.ttl, graphs: " + graphs + "}]"
				w.write("cat.ttl", catalogue)
				r := w.run(harvest.RunOptions{})["cat"]
				if r.Status != harvest.Changed || r.Commit != 1 || r.Records.Added != 3 || r.Removed != 0 {
					t.Fatalf("the first run: %+v", r)
				}
				before := w.quads("")
				if graphs == "source" && len(before) != 21 {
					t.Errorf("%d quads:\n%s", len(before), strings.Join(before, "\n"))
				}
				if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Unchanged || w.commit() != 1 {
					t.Fatalf("the second run: %+v", r)
				}
				if r := w.run(harvest.RunOptions{Full: true})["cat"]; r.Status != harvest.Unchanged || w.commit() != 1 || r.Records.Unchanged != 3 {
					t.Fatalf("a full run: %+v", r)
				}
				w.write("cat.ttl", "# the same in another order\n"+head+strings.Join(reverse(strings.Split(strings.TrimPrefix(catalogue, head), "\n")), "\n"))
				if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Unchanged || w.commit() != 1 {
					t.Fatalf("another order: %+v", r)
				}
				w.write("cat.ttl", strings.Replace(catalogue, `"En"@nb`, `"Ein"@nn`, 1))
				r = w.run(harvest.RunOptions{})["cat"]
				if r.Added != 1 || r.Removed != 1 || r.Records.Changed != 1 || r.Commit != 2 {
					t.Fatalf("one title changed: %+v", r)
				}
				w.write("cat.ttl", head+`:d2 a dcat:Dataset ; dct:title "To"@nb .`)
				r = w.run(harvest.RunOptions{DryRun: true})["cat"]
				if r.Status != harvest.Changed || r.Records.Removed != 2 || w.commit() != 2 {
					t.Fatalf("a dry run: %+v", r)
				}
				r = w.run(harvest.RunOptions{})["cat"]
				if r.Records.Removed != 2 || r.Records.Changed != 1 || len(w.quads("")) != 2 {
					t.Fatalf("removals: %+v\n%s", r, strings.Join(w.quads(""), "\n"))
				}
				w.write("cat.ttl", "")
				if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Failed || len(w.quads("")) != 2 {
					t.Fatalf("an empty document: %+v", r)
				}
			})
		})
	}
}

func reverse(s []string) []string { slices.Reverse(s); return s }

func TestConflict(t *testing.T) {
	const a, b = head + `:d1 a dcat:Dataset ; dct:title "A" .`, head + `:d1 a dcat:Dataset ; dct:title "B" ; dcat:distribution :x . :x dct:title "X" . :d2 a dcat:Dataset ; dct:title "B2" .`
	for _, graphs := range []string{"source", "record"} {
		t.Run(graphs, func(t *testing.T) {
			stores(t, func(t *testing.T, w *workbench) {
				config := func(priority int) string {
					return fmt.Sprintf("sources:\n- {name: a, kind: rdf, path: a.ttl, graphs: %s}\n- {name: b, kind: rdf, path: b.ttl, graphs: %s, priority: %d}", graphs, graphs, priority)
				}
				w.config = config(0)
				w.write("a.ttl", a)
				w.write("b.ttl", b)
				r := w.run(harvest.RunOptions{})
				if r["b"].Conflicts != 1 || r["b"].Records.Refused != 1 {
					t.Fatalf("%+v", r["b"])
				}
				w.has(`"A"`, 1)
				w.has(`"B"`, 0)
				w.has(`"X"`, 0)
				w.has(`"B2"`, 1)
				n := w.commit()
				if w.run(harvest.RunOptions{Full: true}); w.commit() != n {
					t.Errorf("a refused record makes commits")
				}
				// b gets the higher priority and takes the record, also out of a shared graph.
				w.config = config(1)
				w.run(harvest.RunOptions{})
				w.has(`"A"`, 0)
				w.has(`"B"`, 1)
				// As equals the one that comes first in the file has it again, and when that is not there any more, the other one.
				w.config = config(0)
				w.run(harvest.RunOptions{})
				w.has(`"A"`, 1)
				w.has(`"B"`, 0)
				lines := strings.SplitAfter(w.config, "\n")
				w.config = lines[0] + lines[2]
				w.run(harvest.RunOptions{})
				w.has(`"B"`, 1)
				w.config = config(1)
				w.run(harvest.RunOptions{})
				// b gives the record up: a has it again at the end of the same harvest, though a itself did not change.
				w.write("b.ttl", head+`:d2 a dcat:Dataset ; dct:title "B2" .`)
				r = w.run(harvest.RunOptions{})
				if !r["a"].Again {
					t.Errorf("a was not read again: %+v", r["a"])
				}
				w.has(`"A"`, 1)
				w.has(`"B"`, 0)
				n = w.commit()
				if w.run(harvest.RunOptions{}); w.commit() != n {
					t.Errorf("nothing changed and there is a commit")
				}
				// The record moves from a to b.
				w.write("a.ttl", head+`:d3 a dcat:Dataset .`)
				w.write("b.ttl", b)
				w.run(harvest.RunOptions{})
				w.has(`"A"`, 0)
				w.has(`"B"`, 1)
			})
		})
	}
}

func TestStrictAndRejected(t *testing.T) {
	w := newBench(t, memstore.New())
	w.config = "sources: [{name: cat, kind: rdf, path: cat.ttl}]"
	w.write("cat.ttl", head+`:d1 a dcat:Dataset ; dct:title "A" ; dcat:landingPage <http://example.org/a b> .`+"\n"+`:d2 a dcat:Dataset .`)
	r := w.run(harvest.RunOptions{Strict: true})["cat"]
	if r.Status != harvest.Failed || r.Rejected != 1 || w.commit() != 0 {
		t.Fatalf("strict: %+v", r)
	}
	r = w.run(harvest.RunOptions{})["cat"]
	if r.Status != harvest.Changed || r.Rejected != 1 || r.Notes[0].Place.Line != 3 || r.Notes[0].Sort != source.Rejected {
		t.Fatalf("lenient: %+v", r)
	}
}
