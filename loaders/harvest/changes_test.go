package harvest_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

// repository answers as one that speaks OAI-PMH does, and counts time by its records.
type repository struct {
	records map[int]string // RDF/XML by the number of the identifier; "" is deleted
	changed map[int]bool   // since the last run
	set     map[int]bool
}

func (r *repository) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	verb := q.FormValue("verb")
	var b strings.Builder
	for n := range 100 {
		text, ok := r.records[n]
		switch header := fmt.Sprintf(`<identifier>oai:%d</identifier>`, n); {
		case !ok || !r.set[n] || q.FormValue("from") != "" && !r.changed[n]:
		case text == "":
			fmt.Fprintf(&b, `<record><header status="deleted">%s</header></record>`, header)
		case verb == "ListIdentifiers":
			fmt.Fprintf(&b, `<header>%s</header>`, header)
		default:
			fmt.Fprintf(&b, `<record><header>%s</header><metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://example.org/">%s</rdf:RDF></metadata></record>`, header, text)
		}
	}
	switch body := b.String(); {
	case verb == "Identify":
		body = `<Identify><granularity>YYYY-MM-DDThh:mm:ssZ</granularity><deletedRecord>persistent</deletedRecord></Identify>`
		fallthrough
	default:
		if body == "" {
			body = `<error code="noRecordsMatch"/>`
		} else if verb != "Identify" {
			body = "<" + verb + ">" + body + "</" + verb + ">"
		}
		fmt.Fprintf(w, `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-27T11:00:00Z</responseDate>%s</OAI-PMH>`, body)
	}
}

// newRepository has records 1 to n in the set.
func newRepository(t *testing.T, n int) (*repository, string) {
	r := &repository{records: map[int]string{}, changed: map[int]bool{}, set: map[int]bool{}}
	for i := 1; i <= n; i++ {
		r.records[i], r.set[i] = fmt.Sprintf(`<Thing rdf:about="http://example.org/d%d"><title>%d</title></Thing>`, i, i), true
	}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return r, s.URL
}

// TestLeavesSet: what leaves a set is removed from the graph, and not more than may be.
func TestLeavesSet(t *testing.T) {
	t.Parallel()
	for _, graphs := range []string{"source", "record"} {
		for limit, want := range map[string]harvest.Status{"50%": harvest.Changed, "40%": harvest.Failed} {
			r, url := newRepository(t, 4)
			w := newBench(t, memstore.New())
			w.config = fmt.Sprintf("sources:\n- {name: a, kind: oai-pmh, url: '%s', set: s, graphs: %s, max-removed: %s}", url, graphs, limit)
			if got := w.run(harvest.RunOptions{})["a"]; got.Status != harvest.Changed {
				t.Fatalf("%+v", got)
			}
			r.set[2] = false
			r.records[4], r.changed[4] = "", true
			if got := w.run(harvest.RunOptions{})["a"]; got.Status != want || want == harvest.Changed && (got.Records.Removed != 2 || got.Removed != 4) {
				t.Errorf("graphs: %s, max-removed: %s: %+v", graphs, limit, got)
			}
			gone := 0
			if want == harvest.Failed {
				gone = 2
			}
			w.has("example.org/d1>", 2)
			w.has("example.org/d2>", gone)
			w.has("example.org/d4>", gone)
			if want == harvest.Failed {
				continue
			}
			clear(r.changed)
			if got := w.run(harvest.RunOptions{})["a"]; got.Status != harvest.Unchanged {
				t.Errorf("again: %+v", got)
			}
		}
	}
}

// TestChangesComeToTheWhole: after any changes – records that are deleted, come back, leave the set, or whose identifiers come to mean each other's
// datasets – the graphs hold what they do after a reading of all.
func TestChangesComeToTheWhole(t *testing.T) {
	t.Parallel()
	for _, graphs := range []string{"source", "record"} {
		for seed := range uint64(12) {
			random := rand.New(rand.NewPCG(seed, 7))
			const n = 6
			r, url := newRepository(t, n)
			w := newBench(t, memstore.New())
			w.config = fmt.Sprintf("sources:\n- {name: a, kind: oai-pmh, url: '%s', set: s, graphs: %s, allow-empty: true}", url, graphs)
			w.run(harvest.RunOptions{})
			dataset := random.Perm(n)
			for step := range 8 {
				clear(r.changed)
				change := func(i int) {
					r.changed[i+1] = true
					d := dataset[i]
					if r.records[i+1] = ""; random.IntN(4) == 0 {
						return
					}
					r.records[i+1] = fmt.Sprintf(`<Thing rdf:about="http://example.org/d%d"><title>%d</title><contact rdf:parseType="Resource"><name>Help</name></contact>`+
						`<part><Part rdf:about="http://example.org/d%d#part"><title>%d</title></Part></part><next rdf:resource="http://example.org/d%d"/></Thing>`, d, random.IntN(3), d, random.IntN(3), random.IntN(n))
				}
				for range 1 + random.IntN(3) {
					switch i, j := random.IntN(n), random.IntN(n); random.IntN(3) {
					case 0:
						change(i)
					case 1:
						dataset[i], dataset[j] = dataset[j], dataset[i]
						change(i)
						change(j)
					case 2:
						if r.set[i+1] = !r.set[i+1]; random.IntN(2) == 0 {
							r.changed[i+1] = true
						}
					}
				}
				if got := w.run(harvest.RunOptions{})["a"]; got.Status == harvest.Failed {
					t.Fatalf("graphs: %s, seed %d, step %d: %+v", graphs, seed, step, got)
				}
				whole := newBench(t, memstore.New())
				whole.config = w.config
				if got := whole.run(harvest.RunOptions{})["a"]; got.Status == harvest.Failed {
					t.Fatalf("graphs: %s, seed %d, step %d, whole: %+v", graphs, seed, step, got)
				}
				if got, want := w.quads(""), whole.quads(""); !slices.Equal(got, want) {
					t.Fatalf("graphs: %s, seed %d, step %d:\n%s\nand not\n%s", graphs, seed, step, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
}
