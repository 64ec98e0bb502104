package refexec_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/store"
)

// TestTogether: answers are the same while others are computed with the same engine, of which some are cancelled or closed half read, or
// end at a limit: what queries hand on to each other, such as buffers and plans, is in nobody's use any more. Meanwhile the store changes.
func TestTogether(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	w := newWild(t, seed, sparqltest.NewWildLarge(seed, 12_000))
	defer w.store.Close()
	pool := sparql.NewPool(96 << 20)
	o := sparql.Options{Timeout: 20 * time.Second, Memory: 64 << 20, MaxRows: 50_000, Pool: pool, Disk: 1 << 30, TempDir: w.dir, Now: func() time.Time { return w.now }}
	e := sparql.NewEngine(o)
	snap, err := w.store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	type known struct {
		text    string
		ordered bool
		want    *sparqltest.Answer
	}
	var all []known
	for len(all) < 24 {
		text, ordered := w.g.Query()
		short := o
		short.Timeout = time.Second
		begin := time.Now()
		want, err := askWith(t.Context(), e, short, snap, text)
		if err == nil && time.Since(begin) < 400*time.Millisecond {
			all = append(all, known{text, ordered, want})
		}
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var asked, broken int
	for client := range 5 {
		r := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for range *randomCount / 100 {
				k := all[r.IntN(len(all))]
				ctx, cancel := context.WithCancel(t.Context())
				o := o
				switch r.IntN(10) {
				case 0, 1:
					time.AfterFunc(time.Duration(r.IntN(5000))*time.Microsecond, cancel)
				case 2:
					readSome(ctx, e, o, snap, k.text, r.IntN(20))
					cancel()
					continue
				case 3:
					o.Memory, o.Disk = 64<<10, 0
				case 4:
					o.Memory = 256 << 10
				case 5:
					o.SmallPieces = true
				}
				got, err := askWith(ctx, e, o, snap, k.text)
				stopped := ctx.Err() != nil
				cancel()
				mu.Lock()
				asked++
				if err != nil {
					broken++
				}
				mu.Unlock()
				switch {
				case stopped && errors.Is(err, context.Canceled), errors.Is(err, sparql.ErrMemory), errors.Is(err, sparql.ErrTimeout), errors.Is(err, sparql.ErrPool):
					continue
				case err == nil && k.ordered:
					err = sparqltest.Compare(k.want, got, true, false)
				case err == nil:
					err = sparqltest.Same(k.want, got)
				}
				if err != nil {
					t.Errorf("%s: %v", k.text, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	for i := 0; ; i++ { // other states, whose counts and plans the engine keeps too
		select {
		case <-done:
			t.Logf("seed %d: %d answers, %d of them broken off", seed, asked, broken)
			if asked == broken {
				t.Error("no answer was compared")
			}
			if used := pool.Used(); used != 0 {
				t.Errorf("%d bytes of the pool are in use after all", used)
			}
			return
		default:
		}
		if _, err := w.store.Update(t.Context(), func(x store.Txn) error {
			return x.Add([]rdf.Quad{{S: rdf.IRI(fmt.Sprint("http://example.org/new", i)), P: rdf.IRI("http://example.org/p1"), O: rdf.IRI("http://example.org/r1")}})
		}); err != nil {
			t.Error(err)
		}
		now, err := w.store.Snapshot()
		if err != nil {
			t.Error(err)
			continue
		}
		for range 4 {
			got, err := askWith(t.Context(), e, o, now, "SELECT (COUNT(*) AS ?n) { ?s <http://example.org/p1> <http://example.org/r1> FILTER(STRSTARTS(STR(?s), 'http://example.org/new')) }")
			if err != nil || len(got.Rows) != 1 || got.Rows[0][0].Value() != fmt.Sprint(i+1) {
				t.Errorf("after %d changes: %v, %v", i+1, got, err)
			}
		}
		now.Close()
	}
}

// readSome reads the first rows of an answer and closes it.
func readSome(ctx context.Context, e *sparql.Engine, o sparql.Options, snap store.Snapshot, text string, n int) {
	r, err := e.QueryWith(ctx, snap, text, o)
	if err != nil {
		return
	}
	defer r.Close()
	for range r.Rows() {
		if n--; n < 0 {
			return
		}
	}
}
