package sparql

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestWideQueryMemory: the columns of a query with hundreds of variables, which each of its hundreds of operators has, stay within its memory.
func TestWideQueryMemory(t *testing.T) { // not beside others: it looks at the process's heap
	snap := snapshotOf(t, denseQuads(1500, 8))
	const memory = 256 << 20
	for name, pattern := range map[string]string{"lookups": "?a :p ?v%d . ", "joins": "OPTIONAL { ?a :p ?v%d } "} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			text.WriteString("PREFIX : <http://e/> SELECT * { ?a :p ?v . ")
			for i := range 300 {
				fmt.Fprintf(&text, pattern, i)
			}
			runtime.GC()
			before := liveHeap()
			r, err := NewEngine(Options{Memory: memory}).Query(t.Context(), snap, text.String()+"}")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			most, rows := int64(0), 0
			for _, err := range r.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if rows++; rows%10_000 == 1 {
					runtime.GC()
					most = max(most, liveHeap()-before)
				}
				if rows == 30_000 {
					break
				}
			}
			if rows != 30_000 {
				t.Fatalf("%d rows", rows)
			}
			if most > memory {
				t.Errorf("the query has %d MiB, of %d", most>>20, memory>>20)
			}
			t.Logf("%d MiB", most>>20)
		})
	}
}

// TestTooManyVariables: queries of far too many variables, or patterns, are refused before their sets of variables take gigabytes.
func TestTooManyVariables(t *testing.T) {
	snap := snapshotOf(t, denseQuads(10, 2))
	patterns := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "?a%[1]d ?p%[1]d ?b%[1]d . ", i)
		}
		return b.String()
	}
	const tooManyPatterns, tooManyVariables = "more than 2048 triple patterns", "more than 4096 variables"
	for name, c := range map[string]struct{ pattern, err string }{
		"steps of a path": {"?a :p" + strings.Repeat("/:p", 50_000) + " ?b", tooManyPatterns},
		"patterns":        {patterns(30_000), tooManyPatterns},
		"variables":       {patterns(2_048), tooManyVariables},
		"a few too many":  {patterns(1_366), tooManyVariables},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := run(t.Context(), snap, "SELECT * { "+c.pattern+" }", Options{Memory: 64 << 20})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v", err)
			}
			if no := new(UnsupportedError); errors.As(err, &no) != (c.err == tooManyVariables) {
				t.Errorf("got %T", err)
			}
			if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 400 {
				t.Errorf("%d MiB were allocated for it", allocated)
			} else {
				t.Logf("%d MiB were allocated", allocated)
			}
		})
	}
}
