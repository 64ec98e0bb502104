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

// TestTooManyVariables: queries of far too many variables are refused before their sets of variables take gigabytes.
func TestTooManyVariables(t *testing.T) {
	snap := snapshotOf(t, denseQuads(10, 2))
	var separate strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&separate, "?a%d :p ?b%d . ", i, i)
	}
	for name, pattern := range map[string]string{
		"steps of a path": "?a :p" + strings.Repeat("/:p", 50_000) + " ?b",
		"patterns":        separate.String(),
		"a few too many":  separate.String()[:len("?a1000 :p ?b1000 . ")*2200],
	} {
		t.Run(name, func(t *testing.T) {
			pattern = pattern[:strings.LastIndex(pattern, "?b")] + "?b"
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := run(t.Context(), snap, "SELECT * { "+pattern+" }", Options{Memory: 64 << 20})
			runtime.ReadMemStats(&after)
			if no := new(UnsupportedError); !errors.As(err, &no) || !strings.Contains(err.Error(), "more than 4096 variables") {
				t.Errorf("got %v", err)
			}
			if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 400 {
				t.Errorf("%d MiB were allocated for it", allocated)
			} else {
				t.Logf("%d MiB were allocated", allocated)
			}
		})
	}
}
