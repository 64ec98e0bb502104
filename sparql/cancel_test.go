package sparql

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/internal/cputime"
	"triplestore/rdf"
	"triplestore/sparql/results"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/memstore"
)

var cancelThorough = flag.Bool("cancel.thorough", false, "cancel each query at several moments and write how long it went on each time")

const (
	// cancelWork is how much processor time a query may take after it was cancelled. It is measured instead of the time on the clock,
	// since tests share their machine; what is measured is that of the whole process, the collecting of garbage included.
	cancelWork = slowdown * 100 * time.Millisecond
	// cancelTries is how often a query that went on for longer is tried again: garbage of others may have been collected meanwhile.
	cancelTries = 4
)

// cancelled are queries of every class of heavy operators, besides endless and pathological.
var cancelled = map[string]string{
	"one closure":           "SELECT (COUNT(*) AS ?n) { ?a (:p|:q)* ?b }",
	"closure from the end":  "SELECT (COUNT(*) AS ?n) { ?a :p+ :n7 . ?b :p+ ?a . ?c :p* ?b }",
	"group of many":         "SELECT ?a ?d (COUNT(*) AS ?n) (MAX(?b) AS ?m) { ?a :p ?b . ?c :p ?d } GROUP BY ?a ?d ORDER BY DESC(?n) LIMIT 3",
	"hash build":            "SELECT * { ?a :p ?b . ?c :p ?d { SELECT ?b ?d (COUNT(*) AS ?n) { ?x :p ?b . ?y :p ?d } GROUP BY ?b ?d } }",
	"sort of many":          "SELECT * { ?a :p ?b . ?c :p ?d } ORDER BY ?d ?a DESC(?b)",
	"sort by texts":         "SELECT * { ?a :label ?b . ?c :label ?d } ORDER BY LCASE(?d) CONCAT(?b, ?d)",
	"sort with limit":       "SELECT * { ?a :label ?b . ?c :label ?d } ORDER BY CONCAT(?d, ?b) LIMIT 10",
	"regex over many terms": "SELECT (COUNT(*) AS ?n) { ?a :label ?b . ?c :label ?d . ?e :label ?f FILTER REGEX(?b, '^(a|b)*[0-9]+7$') FILTER REGEX(?d, 'b?a{9,}1', 'i') }",
	"regex over long terms": "SELECT (COUNT(*) AS ?n) { ?a :long ?b . ?c :p ?d . ?e :p ?f FILTER REGEX(?b, '(a|aa)*b|(a?){20}c$') }",
	"count distinct":        "SELECT (COUNT(DISTINCT ?k) AS ?n) { ?a :p ?b . ?c :p ?d . ?e :p ?f BIND (CONCAT(STR(?a), STR(?d), STR(?f)) AS ?k) }",
	"lookups":               "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?b :p ?c . ?c :p ?d . ?d :p ?e . ?e :p ?f . ?f :p ?a . ?a :p ?d }",
	"exists by row":         "SELECT (COUNT(*) AS ?n) { ?a :p ?b . ?c :p ?d FILTER NOT EXISTS { ?b :p ?x . ?x :p ?y . ?y :p ?d } }",
	"large VALUES":          "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + strings.Repeat("1 2 3 4 5 ", 2000) + " } ?a :p ?b . ?c :p ?d . ?e :label ?l }",
	"describe":              "DESCRIBE ?a { ?a :p ?b . ?c :p ?d . ?e :p ?f }",
	"construct with blanks": "CONSTRUCT { [] :x ?a, ?c, ?e } { ?a :p ?b . ?c :p ?d . ?e :p ?f }",
	"service":               "SELECT * { ?a :p ?b SERVICE <http://endless/> { ?b :q ?c } ?c :p ?d }",
	"service that is slow":  "SELECT * { ?a :p ?b SERVICE <http://slow/> { ?b :q ?c } ?c :p ?d }",
}

// cancelledUpdates are updates, with where they spend their time.
var cancelledUpdates = map[string]string{
	"update: where":   "INSERT { ?a :r ?h } WHERE { ?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h }",
	"update: inserts": "INSERT { ?a :r ?d . ?c :r ?b , ?a . _:x :r ?d } WHERE { ?a :p ?b . ?c :p ?d . ?e :label ?f }",
	"update: deletes": "DELETE { ?a :p ?b } INSERT { ?b :p ?a . ?b ?d ?c } WHERE { ?a :p ?b . ?c :p ?d . ?e :label ?f }",
}

// endlessEndpoint answers with solutions until it is told to stop, or does not answer.
type endlessEndpoint struct{}

func (endlessEndpoint) Check(string) error { return nil }

func (endlessEndpoint) Select(ctx context.Context, endpoint, _ string, h results.Handler) error {
	if strings.Contains(endpoint, "slow") {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := h.Head([]string{"b", "c"}); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := h.Row([]rdf.Term{rdf.IRI(fmt.Sprintf("http://e/n%d", i%1500)), rdf.IRI(fmt.Sprintf("http://e/n%d", i*7%1500))}); err != nil {
			return err
		}
	}
}

// TestCancel: the work of a query or an update ends soon after its client has gone, in whatever operator it is.
func TestCancel(t *testing.T) {
	quads := pathologicalQuads()
	snap := snapshotOf(t, quads)
	type work func(ctx context.Context) error
	works := map[string]work{}
	spills := Options{Memory: 8 << 20, Disk: 1 << 30, TempDir: t.TempDir()}
	large := Options{Memory: 1 << 30, Service: endlessEndpoint{}}
	for _, set := range []map[string]string{endless, pathological(), cancelled} {
		for name, text := range set {
			works[name] = func(ctx context.Context) error { return run(ctx, snap, text, large) }
			for _, kind := range []string{"sort", "group", "distinct", "hash build", "join"} {
				if strings.Contains(name, kind) {
					works[name+", spilled"] = func(ctx context.Context) error { return run(ctx, snap, text, spills) }
				}
			}
		}
	}
	st := memstore.New()
	defer st.Close()
	if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	for name, text := range cancelledUpdates {
		works[name] = func(ctx context.Context) error {
			_, err := NewEngine(Options{Memory: 1 << 30, TempDir: t.TempDir()}).Update(ctx, st, "PREFIX : <http://e/> "+text)
			return err
		}
	}
	moments := []time.Duration{40 * time.Millisecond}
	if *cancelThorough {
		moments = []time.Duration{5 * time.Millisecond, 30 * time.Millisecond, 120 * time.Millisecond, 400 * time.Millisecond}
	}
	var worst time.Duration
	worstName, cut := "", 0
	for _, name := range slices.Sorted(maps.Keys(works)) {
		t.Run(name, func(t *testing.T) {
			for _, moment := range moments {
				var least time.Duration
				for try := range cancelTries {
					after, clock, err := cancelAfter(works[name], moment)
					if *cancelThorough {
						t.Logf("after %v: %v of processor time, %v on the clock: %v", moment, after, clock, err)
					}
					if err == nil || !errors.Is(err, context.Canceled) {
						var bad *syntax.Error
						var no *UnsupportedError
						if err != nil && !errors.As(err, &bad) && !errors.As(err, &no) && !errors.Is(err, ErrMemory) && !errors.Is(err, ErrString) &&
							!errors.Is(err, ErrRegexTimeout) && !errors.Is(err, ErrDisk) {
							t.Fatalf("got %v", err)
						}
						return // it ended by itself
					}
					if least = after; try > 0 {
						least = min(least, after)
					}
					if least <= cancelWork {
						break
					}
				}
				cut++
				if least > cancelWork {
					t.Errorf("cancelled after %v it went on for %v of processor time", moment, least)
				}
				if least > worst {
					worst, worstName = least, name
				}
			}
		})
	}
	if cut < 60 {
		t.Errorf("only %d of %d queries and updates ran long enough to be cancelled", cut, len(works))
	}
	noFiles(t, spills.TempDir)
	t.Logf("%d queries and updates were cancelled; the longest went on for %v of processor time: %s", cut, worst, worstName)
}

// cancelAfter starts some work, cancels it, and gives the time that it went on after that: of the process's processors, and on the clock.
func cancelAfter(f func(context.Context) error, moment time.Duration) (work, clock time.Duration, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var at time.Time
	var before time.Duration
	timer := time.AfterFunc(moment, func() {
		at, before = time.Now(), cputime.Process()
		cancel()
	})
	err = f(ctx)
	if timer.Stop() || ctx.Err() == nil {
		return 0, 0, err
	}
	return cputime.Process() - before, time.Since(at), err
}

// late is the processor time that this process takes from when so much time has passed until f ends.
func late(after time.Duration, f func()) time.Duration {
	passed := make(chan time.Duration, 1)
	timer := time.AfterFunc(after, func() { passed <- cputime.Process() })
	f()
	if timer.Stop() {
		return 0
	}
	return cputime.Process() - <-passed
}
