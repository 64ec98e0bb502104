package harvest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/store/memstore"
	"triplestore/vocab"
)

// gate is a kind of source that reads datasets from a file of Turtle, which it can tell apart by its text, and ends its reading when it is let.
type gate struct {
	mu    sync.Mutex
	doors map[string]chan struct{} // by the name of the source
	since map[string][]source.State
	begun chan string
}

func newGate() *gate {
	return &gate{doors: map[string]chan struct{}{}, since: map[string][]source.State{}, begun: make(chan string, 100)}
}

// close makes the readings of a source wait from now on; open ends that.
func (g *gate) close(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.doors[name] = make(chan struct{})
}
func (g *gate) open(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.doors[name])
	delete(g.doors, name)
}

type gateConfig struct {
	Path string `yaml:"path" doc:"file"`
	gate *gate
}

type gateSource struct {
	c   *gateConfig
	env source.Env
}

func (c *gateConfig) Open(env source.Env) (source.Source, error) { return &gateSource{c, env}, nil }

func (g *gate) kind() source.Kind {
	return source.Kind{Name: "gate", Doc: "for tests", Claims: true, New: func() source.Config { return &gateConfig{gate: g} }}
}

func (s *gateSource) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	g := s.c.gate
	text, err := os.ReadFile(s.env.Path(s.c.Path))
	if err != nil {
		return source.Outcome{}, source.WithClass(source.NotFound, err)
	}
	g.mu.Lock()
	door := g.doors[s.env.Name]
	g.since[s.env.Name] = append(g.since[s.env.Name], since)
	g.mu.Unlock()
	g.begun <- s.env.Name
	if door != nil {
		select {
		case <-door:
		case <-ctx.Done():
			return source.Outcome{}, context.Cause(ctx)
		}
	}
	state := source.State(fmt.Sprintf("%q", text))
	if bytes.Equal(state, since) {
		return source.Outcome{State: state, Unchanged: true}, nil
	}
	quads, err := turtle.ParseString(string(text), turtle.Options{Dialect: turtle.Turtle, Base: "http://example.org/"})
	if err != nil {
		return source.Outcome{}, source.WithClass(source.Invalid, err)
	}
	var records []string
	for _, q := range quads {
		if q.P.Value() == vocab.RDFType && q.O.Value() == vocab.DCATDataset {
			records = append(records, q.S.Value())
		}
	}
	for _, iri := range records {
		r := source.Record{IRI: iri}
		for _, q := range quads {
			if q.S.Value() == iri {
				r.Triples = append(r.Triples, rdf.Triple{S: q.S, P: q.P, O: q.O})
			}
		}
		if err := to.Record(&r); err != nil {
			return source.Outcome{}, err
		}
	}
	return source.Outcome{State: state, Complete: true}, nil
}

func (w *workbench) gated(g *gate, parallel int) *harvest.Harvester {
	w.t.Helper()
	c, err := harvest.ParseConfig([]byte(w.config), w.dir, append(kinds.All(), g.kind()), kinds.Rewriters())
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: w.clock, Temp: w.dir, Parallel: parallel, Jitter: func() float64 { return 0 }})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// runInOrder harvests with all sources being read at once, which end in an order.
func (w *workbench) runInOrder(order []string, o harvest.RunOptions) *harvest.Report {
	w.t.Helper()
	g := newGate()
	h := w.gated(g, len(order))
	for _, name := range order {
		g.close(name)
	}
	done := make(chan string, 100)
	o.Done = func(r *harvest.SourceReport) { done <- r.Name }
	var report *harvest.Report
	var err error
	var wg sync.WaitGroup
	wg.Go(func() { report, err = h.Run(w.t.Context(), o) })
	for range order {
		<-g.begun
	}
	for _, name := range order {
		g.open(name)
		if got := <-done; got != name {
			w.t.Errorf("%s was done in place of %s", got, name)
		}
	}
	wg.Wait()
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func permutations(list []string) (out [][]string) {
	if len(list) == 0 {
		return [][]string{nil}
	}
	for i, x := range list {
		for _, p := range permutations(append(slices.Clone(list[:i]), list[i+1:]...)) {
			out = append(out, append([]string{x}, p...))
		}
	}
	return out
}

// TestAnyOrder: whatever the order in which sources that claim the same records end, the store holds the same as if they had been harvested
// one after the other, and the next run finds nothing to do.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d"}
	dataset := func(by string, ids ...string) string {
		text := head
		for _, id := range ids {
			text += fmt.Sprintf(":%s a dcat:Dataset ; dct:title %q ; dct:publisher :%s .\n", id, by+" "+id, by)
		}
		return text
	}
	steps := []map[string]string{
		{"a": dataset("a", "d1", "d2"), "b": dataset("b", "d1", "d3", "d4"), "c": dataset("c", "d1", "d2", "d3", "d5"), "d": dataset("d", "d1", "d6")},
		{"a": dataset("a", "d2"), "b": dataset("b", "d1", "d3", "d4")},                                          // a gives d1 up
		{"a": dataset("a", "d1", "d2", "d3", "d4"), "c": dataset("c", "d5"), "d": dataset("d", "d5", "d6")},     // and takes more
		{"d": dataset("d", "d6"), "b": dataset("b", "d7"), "a": dataset("a", "d7"), "c": dataset("c", "d1 d4")}, // c fails
	}
	const rule = `PREFIX dct: <http://purl.org/dc/terms/> CONSTRUCT { ?p <http://example.org/publishes> ?d } WHERE { ?d dct:publisher ?p }`
	for _, graphs := range []string{"source", "record"} {
		for _, priority := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s-%d", graphs, priority), func(t *testing.T) {
				t.Parallel()
				config := "rules: rules\nsources:\n"
				for _, n := range names {
					p := 0
					if n == "d" {
						p = priority
					}
					config += fmt.Sprintf("- {name: %s, kind: gate, path: %s.ttl, graphs: %s, priority: %d}\n", n, n, graphs, p)
				}
				bench := func() *workbench {
					w := newBench(t, memstore.New())
					w.write("rules/publishes.rq", rule)
					w.config = config
					return w
				}
				want := make([][]string, len(steps))
				one := bench()
				for i, step := range steps {
					for n, text := range step {
						one.write(n+".ttl", text)
					}
					if _, err := one.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil {
						t.Fatal(err)
					}
					want[i] = one.quads("")
				}
				if len(want[0]) < 20 || priority == 0 && slices.Equal(want[0], want[1]) || slices.Equal(want[1], want[2]) || slices.Equal(want[2], want[3]) {
					t.Fatalf("the steps do too little:\n%s", strings.Join(want[0], "\n"))
				}
				for i, order := range permutations(names) {
					if testing.Short() && i%5 != 0 {
						continue
					}
					w := bench()
					for i, step := range steps {
						for n, text := range step {
							w.write(n+".ttl", text)
						}
						r := w.runInOrder(order, harvest.RunOptions{})
						if got := w.quads(""); !slices.Equal(got, want[i]) {
							t.Fatalf("%v, step %d:\n%s\nwant\n%s", order, i, strings.Join(got, "\n"), strings.Join(want[i], "\n"))
						}
						for j, s := range r.Sources[:len(names)] {
							if s.Name != names[j] {
								t.Fatalf("%v: the report has %s in place %d", order, s.Name, j)
							}
						}
						n := w.commit()
						if _, err := w.gated(newGate(), 4).Run(t.Context(), harvest.RunOptions{}); err != nil || w.commit() != n {
							t.Fatalf("%v, step %d: nothing changed, and there are commits (%v)", order, i, err)
						}
					}
				}
			})
		}
	}
}

// TestOvertaken: a source that is being read from its state when another one gives it a record back is read again from the start, in the same run.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w *workbench) {
		w.config = "sources:\n- {name: a, kind: gate, path: a.ttl}\n- {name: b, kind: gate, path: b.ttl}"
		w.write("a.ttl", head+`:d1 a dcat:Dataset ; dct:title "A" . :d2 a dcat:Dataset .`)
		w.write("b.ttl", head+`:d1 a dcat:Dataset ; dct:title "B" .`)
		// One after the other: if b had committed before a, a would have taken a record from it, and it would be read from the start.
		if _, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil {
			t.Fatal(err)
		}
		w.has(`"A"`, 1)
		w.has(`"B"`, 0)
		g := newGate()
		h := w.gated(g, 2)
		w.write("a.ttl", head+`:d2 a dcat:Dataset .`)
		g.close("a")
		g.close("b")
		var report *harvest.Report
		var err error
		var wg sync.WaitGroup
		wg.Go(func() {
			report, err = h.Run(t.Context(), harvest.RunOptions{Done: func(r *harvest.SourceReport) {
				if r.Name == "a" {
					g.open("b")
				}
			}})
		})
		<-g.begun
		<-g.begun // a may commit only when b is being read
		g.open("a")
		wg.Wait()
		if err != nil {
			t.Fatal(err)
		}
		w.has(`"A"`, 0)
		w.has(`"B"`, 1)
		if len(report.Sources) != 2 || !report.Sources[1].Again || report.Sources[1].Status != harvest.Changed || len(g.since["b"]) != 2 || g.since["b"][0] == nil || g.since["b"][1] != nil {
			t.Errorf("%+v\nread from %q", report.Sources, g.since["b"])
		}
	})
}

// TestTwoRunsOvertaken: while one Run reads a source, the commit of another Run gives it a record back; it is read once more, not by each.
func TestTwoRunsOvertaken(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	w.config = "sources:\n- {name: a, kind: gate, path: a.ttl}\n- {name: b, kind: gate, path: b.ttl}"
	w.write("a.ttl", head+`:d1 a dcat:Dataset . :d3 a dcat:Dataset .`)
	w.write("b.ttl", head+`:d1 a dcat:Dataset . :d2 a dcat:Dataset .`)
	if _, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	w.write("a.ttl", head+`:d3 a dcat:Dataset .`)
	g := newGate()
	h := w.gated(g, 2)
	g.close("b")
	var wg sync.WaitGroup
	run := func(o harvest.RunOptions) {
		wg.Go(func() {
			if r, err := h.Run(t.Context(), o); err != nil || r.Failed() {
				t.Errorf("%v %+v", err, r)
			}
		})
	}
	run(harvest.RunOptions{Sources: []string{"b"}})
	<-g.begun
	run(harvest.RunOptions{Sources: []string{"a"}, Done: func(r *harvest.SourceReport) {
		if r.Name == "a" {
			g.open("b")
		}
	}})
	wg.Wait()
	if n := len(g.since["b"]); n != 2 {
		t.Errorf("b was read %d times: %q", n, g.since["b"])
	}
	w.has("example.org/d1>", 1)
}

// TestSlowSource: while one source is being read, others are harvested, and fail, to their end; the status tells which is being harvested. Then
// the run is cancelled, and the report has what was done.
func TestSlowSource(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	w.config = "parallel: 2\nsources:\n- {name: slow, kind: gate, path: a.ttl}\n- {name: gone, kind: rdf, path: gone.ttl}\n- {name: b, kind: gate, path: b.ttl}\n- {name: c, kind: gate, path: b.ttl}"
	w.write("a.ttl", head+`:d1 a dcat:Dataset .`)
	w.write("b.ttl", head+`:d2 a dcat:Dataset .`)
	g := newGate()
	g.close("slow")
	h := w.gated(g, 0)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	var done []string
	report, err := h.Run(ctx, harvest.RunOptions{Done: func(r *harvest.SourceReport) {
		if done = append(done, r.Name); len(done) == 3 {
			for _, s := range h.Status() {
				if s.Running != (s.Name == "slow") {
					t.Errorf("while the slow one is read: %+v", s)
				}
			}
			cancel(stop)
		}
	}})
	if !errors.Is(err, stop) || len(done) != 4 {
		t.Fatalf("%v: %v", done, err)
	}
	slices.Sort(done[1:3]) // c may begin, and end, as soon as b is being written
	if !slices.Equal(done, []string{"gone", "b", "c", "slow"}) {
		t.Errorf("%v", done)
	}
	var got []string
	for _, s := range report.Sources {
		got = append(got, fmt.Sprintf("%s %s %s", s.Name, s.Status, s.Class))
	}
	if want := []string{"slow failed interrupted", "gone failed not-found", "b changed ", "c changed "}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	w.has("example.org/d2>", 1)
	w.has("example.org/d1>", 0)
	if e := w.journal.Entries(); !e["slow"].Checked.IsZero() || e["b"].Checked.IsZero() {
		t.Errorf("%+v", e)
	}
}

// TestHosts: sources of one host are read one after the other, those of another host at the same time.
func TestHosts(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	both := make(chan struct{}) // closed when both hosts are being asked
	var once sync.Once
	var asked [2]atomic.Int64
	var urls []string
	for i := range asked {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if n := asked[i].Add(1); n > 1 {
				t.Errorf("%d requests at a time to host %d", n, i)
			}
			defer asked[i].Add(-1)
			if asked[1-i].Load() == 1 {
				once.Do(func() { close(both) })
			}
			select {
			case <-both:
			case <-r.Context().Done():
			}
			rw.Header().Set("Content-Type", "text/turtle")
			fmt.Fprintf(rw, "<http://example.org%s> a <http://www.w3.org/ns/dcat#Dataset> .\n", r.URL.Path)
		}))
		t.Cleanup(s.Close)
		urls = append(urls, s.URL)
	}
	w.config = fmt.Sprintf("sources:\n- {name: a, kind: rdf, url: '%[1]s/a'}\n- {name: b, kind: rdf, url: '%[1]s/b'}\n- {name: c, kind: rdf, url: '%[1]s/c'}\n- {name: d, kind: rdf, url: ['%[2]s/d', '%[2]s/e']}", urls[0], urls[1])
	var names []string
	report, err := w.gated(newGate(), 4).Run(t.Context(), harvest.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Sources {
		if r.Status != harvest.Changed {
			t.Errorf("%+v", r)
		}
		names = append(names, r.Name)
	}
	if len(names) != 4 {
		t.Errorf("%v", names)
	}
	w.has("dcat#Dataset", 5)
}

// TestParallelConfig: a number of sources that cannot be.
func TestParallelConfig(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"0", "-1", "65", "many", "1.5", "15e-1", "1e300", ".inf", "99999999999999999999"} {
		_, err := harvest.ParseConfig([]byte("parallel: "+n+"\nsources: [{name: a, kind: rdf, path: a.ttl}]"), ".", kinds.All(), kinds.Rewriters())
		if err == nil || !strings.Contains(err.Error(), "line 1") || !strings.Contains(err.Error(), "parallel") {
			t.Errorf("parallel: %s: %v", n, err)
		}
	}
	for _, text := range []string{"parallel: 64\nsources: [{name: a, kind: rdf, path: a.ttl}]", "sources: [{name: a, kind: rdf, path: a.ttl, max-requests: 1e6, max-bytes: 1.0}]"} {
		if _, err := harvest.ParseConfig([]byte(text), filepath.Dir("."), kinds.All(), kinds.Rewriters()); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
