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
