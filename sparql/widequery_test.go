package sparql

import (
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
