package refexec_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/sparql"
	"triplestore/store/badgerstore"
	"triplestore/store/visible"
)

// TestDeepLarge compares the settings of the engine with each other on queries that nest, of data that fill many batches.
func TestDeepLarge(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = 1
	}
	var compared, rows, skipped int
	n := *randomCount / 500
	if testing.Short() {
		n /= 2
	}
	n = max(n, 1)
	for i := range n {
		g := sparqltest.NewDeepLarge(seed+uint64(i), []int{2_000, 12_000, 50_000}[i%3])
		d := newDeepOf(t, seed+uint64(i), g)
		if i%2 == 0 {
			d.intoFiles(t)
		}
		d.runLarge(t)
		compared, rows, skipped = compared+d.compared, rows+d.rows, skipped+d.skipped
		d.store.Close()
		if t.Failed() {
			break
		}
	}
	t.Logf("seeds from %d: %d answers compared, %d rows, %d skipped", seed, compared, rows, skipped)
	if compared == 0 || skipped > compared {
		t.Errorf("%d answers were compared, %d were skipped", compared, skipped)
	}
}

// intoFiles takes a store of the other kind, whose statistics know more.
func (d *deep) intoFiles(t *testing.T) {
	d.store.Close()
	var err error
	if d.store, err = badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 32 << 20}); err != nil {
		t.Fatal(err)
	}
	d.views = visible.New(d.store)
	d.update(t, d.quads, nil)
}

func (d *deep) runLarge(t *testing.T) {
	for name, change := range map[string]func(o *sparql.Options){
		"scarce":        func(o *sparql.Options) { o.Memory, o.Disk, o.TempDir = 2<<20, 1<<30, d.dir },
		"scarce pieces": func(o *sparql.Options) { o.SmallPieces, o.Memory, o.Disk, o.TempDir = true, 3<<20, 1<<30, d.dir },
	} {
		o := d.engines["usual"].Options()
		change(&o)
		d.engines[name] = sparql.NewEngine(o)
	}
	states := d.states(t)
	for asked, tried := 0, 0; asked < 10 && tried < 60; tried++ {
		q := d.g.Next()
		s := states[d.r.IntN(len(states))]
		union := d.r.IntN(3) == 0
		ask := func(name, text string, limit time.Duration) (*sparqltest.Answer, error) {
			o := d.engines[name].Options()
			o.UnionDefaultGraph, o.Timeout = union, limit
			return askWith(t.Context(), d.engines[name], o, s.snap, text)
		}
		text := q.Base
		if text == "" {
			text = q.Text
		}
		want, err := ask("naive", text, time.Second)
		if isLimit(err) {
			want, err = ask("usual", text, time.Second)
		}
		if isLimit(err) {
			d.skipped++
			continue
		}
		if err != nil {
			t.Errorf("%s, union %v: %s: %v", s.name, union, text, err)
			break
		}
		if len(want.Rows)+len(want.Triples) == 0 && d.r.IntN(8) > 0 { // with some there is more to compare
			continue
		}
		asked++
		names := []string{"pieces", "files", "profile", "scarce", "draws", "shared", "all", "all but files", "scarce pieces"}
		d.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range append([]string{"usual"}, names[:3]...) {
			got, err := ask(name, q.Text, 3*time.Second)
			if isLimit(err) {
				d.skipped++
				continue
			}
			switch {
			case err != nil:
			case q.Base != "":
				err = isPart(want, got, q)
			default:
				err = sameLarge(want, got)
			}
			if err != nil {
				plan, _ := sparql.NewEngine(d.engines[name].Options()).Explain(t.Context(), s.snap, q.Text)
				t.Errorf("%s, %s, union %v: the engine (got) and the engine without its optimizer differ:\n%s\n%v\n%s", name, s.name, union, q.Text, err, plan)
				break
			}
			d.compared++
			d.rows += len(got.Rows)
		}
		if t.Failed() {
			break
		}
	}
	for _, s := range states {
		s.snap.Close()
	}
}

// isLimit reports whether an error is of a limit that queries of much data may come to.
func isLimit(err error) bool {
	return errors.Is(err, sparql.ErrMemory) || errors.Is(err, sparql.ErrTimeout) || errors.Is(err, sparql.ErrTooManyRows)
}

func sameLarge(want, got *sparqltest.Answer) error {
	if slices.EqualFunc(want.Rows, got.Rows, slices.Equal) && want.Bool == got.Bool && len(want.Triples)+len(got.Triples) == 0 {
		return nil
	}
	return sparqltest.Same(want, got)
}
