package harvest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/store/memstore"
)

// scheduleClock is a clock whose sleeps end at once and move it; after some of them the context ends.
type scheduleClock struct {
	mu     sync.Mutex
	now    time.Time
	sleeps []time.Duration
	end    context.CancelFunc
}

func (c *scheduleClock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *scheduleClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	if c.sleeps = append(c.sleeps, d); len(c.sleeps) == 4 {
		c.end()
	}
	return ctx.Err()
}

func TestSchedule(t *testing.T) {
	for schedule, want := range map[string]string{"6h": "30s,6h0m30s,6h0m30s", "'30 4 * * *'": "30s,4h30m0s,24h0m0s"} {
		w := newBench(t, memstore.New())
		w.write("cat.ttl", catalogue)
		c, err := harvest.ParseConfig([]byte("schedule: "+schedule+"\njitter: 1m\nsources:\n- {name: cat, kind: rdf, path: cat.ttl}\n- {name: off, kind: rdf, path: x, disabled: true}"),
			w.dir, kinds.All(), kinds.Rewriters())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		clk := &scheduleClock{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), end: cancel}
		h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: clk, Temp: w.dir, Jitter: func() float64 { return 0.5 }})
		if err != nil {
			t.Fatal(err)
		}
		h.Schedule(ctx)
		var got []string
		for _, d := range clk.sleeps[:3] {
			got = append(got, d.String())
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: waited %v, want %s", schedule, got, want)
		}
		if w.commit() != 1 {
			t.Errorf("%s: %d commits", schedule, w.commit())
		}
	}
}
