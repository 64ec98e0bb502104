package harvest_test

import (
	"fmt"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

// TestGraphHandedOver: a source takes the graph that another one had before, or two exchange theirs, in any order; nothing of either is lost, or
// left behind, and the next run finds nothing to do.
func TestGraphHandedOver(t *testing.T) {
	t.Parallel()
	config := func(a, b, more string) string {
		return fmt.Sprintf("sources:\n- {name: a, kind: gate, path: a.ttl, graph: 'http://example.org/%s'}\n- {name: b, kind: gate, path: b.ttl, graph: 'http://example.org/%s'%s}", a, b, more)
	}
	for _, tt := range []struct{ name, before, after string }{
		{"handed over", config("g", "other", ", disabled: true"), config("old", "g", "")},
		{"moved", config("g", "other", ""), config("old", "g", "")},
		{"exchanged", config("g", "h", ""), config("h", "g", "")},
	} {
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}, {"b"}} {
			t.Run(tt.name+" "+strings.Join(order, ""), func(t *testing.T) {
				t.Parallel()
				w := newBench(t, memstore.New())
				w.write("a.ttl", head+`:d1 a dcat:Dataset .`)
				w.write("b.ttl", head+`:d2 a dcat:Dataset .`)
				w.config = tt.before
				if _, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil {
					t.Fatal(err)
				}
				w.config = tt.after
				w.runInOrder(order, harvest.RunOptions{Sources: order})
				for range 2 {
					w.has("example.org/d1>", 1)
					w.has("example.org/d2>", 1)
					if n := len(w.quads("")); n != 2 {
						t.Errorf("%d statements: %v", n, w.quads(""))
					}
					n := w.commit()
					if _, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{}); err != nil || w.commit() != n {
						t.Errorf("nothing changed, and there are commits (%v)", err)
					}
				}
			})
		}
	}
}
