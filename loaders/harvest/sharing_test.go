package harvest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/store/memstore"
)

// largeConfig is a kind of source that holds much in memory, and does something meanwhile.
type largeConfig struct {
	MB int64 `yaml:"mb" doc:"megabytes"`
	do func(ctx context.Context, name string) error
}

type largeSource struct {
	c   *largeConfig
	env source.Env
}

func (c *largeConfig) Open(env source.Env) (source.Source, error) { return &largeSource{c, env}, nil }

func (s *largeSource) Harvest(ctx context.Context, _ source.State, to source.Sink) (source.Outcome, error) {
	if err := s.env.Memory.Grow(ctx, s.c.MB<<20); err != nil {
		return source.Outcome{}, err
	}
	if err := s.c.do(ctx, s.env.Name); err != nil {
		return source.Outcome{}, err
	}
	i := rdf.IRI("http://example.org/" + s.env.Name)
	return source.Outcome{Complete: true}, to.Record(&source.Record{IRI: i.Value(), Triples: []rdf.Triple{{S: i, P: i, O: i}}})
}

func (w *workbench) large(parallel int, do func(ctx context.Context, name string) error) *harvest.Harvester {
	w.t.Helper()
	k := source.Kind{Name: "large", Doc: "for tests", New: func() source.Config { return &largeConfig{do: do} }}
	c, err := harvest.ParseConfig([]byte(w.config), w.dir, append(kinds.All(), k), kinds.Rewriters())
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: w.clock, Temp: w.dir, Parallel: parallel})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// TestMemoryMakesRoom: while a source waits for the memory that another one holds, one that needs little is harvested.
func TestMemoryMakesRoom(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	w.config = "sources:\n- {name: large1, kind: large, mb: 100}\n- {name: large2, kind: large, mb: 100}\n- {name: small, kind: large, mb: 1}"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only if it fails
	defer cancel()
	small := make(chan struct{})
	h := w.large(2, func(ctx context.Context, name string) error {
		if strings.HasPrefix(name, "large") {
			select {
			case <-small:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	report, err := h.Run(ctx, harvest.RunOptions{Done: func(r *harvest.SourceReport) {
		if r.Name == "small" {
			close(small)
		}
	}})
	if err != nil || report.Failed() {
		t.Errorf("%v %+v", err, report)
	}
	w.has("", 3)
}

// TestCancelWhileWaiting: runs that are cancelled while sources wait for memory, for a slot or in their reading leave nothing behind.
func TestCancelWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	w.config = "sources:\n- {name: large1, kind: large, mb: 100}\n- {name: large2, kind: large, mb: 100}\n- {name: large3, kind: large, mb: 100}\n- {name: small, kind: large, mb: 1}"
	stop := func() {}
	h := w.large(3, func(ctx context.Context, name string) error {
		if stop != nil && strings.HasPrefix(name, "large") {
			stop()
			<-ctx.Done()
			return context.Cause(ctx)
		}
		return nil
	})
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		stop = cancel
		if _, err := h.Run(ctx, harvest.RunOptions{}); err == nil {
			t.Error("it was not cancelled")
		}
	}
	stop = nil
	report, err := h.Run(t.Context(), harvest.RunOptions{})
	if err != nil || report.Failed() {
		t.Errorf("%v %+v", err, report)
	}
	w.has("", 4)
}

// TestMaxRemovedAnyOrder: how much of a source is gone does not depend on whether another one has taken records from it before.
func TestMaxRemovedAnyOrder(t *testing.T) {
	t.Parallel()
	text := func(ids string) string {
		out := head
		for id := range strings.FieldsSeq(ids) {
			out += ":" + id + " a dcat:Dataset .\n"
		}
		return out
	}
	for _, tt := range []struct {
		a, b   string
		failed bool
	}{
		{"d1 d2 d3 x", "d1 d2 d3 x d5", false}, // d4 is gone
		{"d1 d2 d3 x", "d1 d2 x d5", false},    // and d3
		{"d1 d2 d3 x", "d1 x d5", true},        // and d2
		{"d1 d2 d3", "d3 d4 x", false},         // x comes from the other one
		{"x", "d1 d5", true},
		{"x", "d1 d2 d3 d4", false}, // what it was refused before is gone
	} {
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
			t.Run(tt.a+", "+tt.b+": "+strings.Join(order, ""), func(t *testing.T) {
				t.Parallel()
				w := newBench(t, memstore.New())
				w.write("a.ttl", text("x"))
				w.write("b.ttl", text("d1 d2 d3 d4 x"))
				w.config = "sources:\n- {name: a, kind: gate, path: a.ttl, graphs: record}\n- {name: b, kind: gate, path: b.ttl, graphs: record, max-removed: 50%}"
				if _, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil {
					t.Fatal(err)
				}
				w.write("a.ttl", text(tt.a))
				w.write("b.ttl", text(tt.b))
				r := w.runInOrder(order, harvest.RunOptions{})
				if got := r.Sources[1]; (got.Status == harvest.Failed) != tt.failed {
					t.Errorf("%s: %s", got.Status, got.Error)
				}
				if !tt.failed {
					for id := range strings.FieldsSeq(tt.b) {
						w.has("example.org/"+id+">", 1)
					}
				}
			})
		}
	}
}
