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

// TestGraphOfDisabled: what a source that is disabled has said stays when another one takes its graph, in the one that the configuration names for it by
// now. Where that is the same one it is gone, and its records are for others to have.
func TestGraphOfDisabled(t *testing.T) {
	t.Parallel()
	section := func(name, graph, more string) string {
		return fmt.Sprintf("- {name: %[1]s, kind: gate, path: %[1]s.ttl, graph: 'http://example.org/%[2]s'%[3]s}\n", name, graph, more)
	}
	run := func(t *testing.T, w *workbench, sections ...string) {
		t.Helper()
		w.config = "sources:\n" + strings.Join(sections, "")
		for again := range 2 {
			n := w.commit()
			r, err := w.gated(newGate(), 1).Run(t.Context(), harvest.RunOptions{})
			if err != nil || r.Failed() || again == 1 && w.commit() != n {
				t.Fatalf("%d commits after %d: %v %+v", w.commit(), n, err, r)
			}
		}
	}
	for _, to := range []string{"h", "old"} { // a new graph, or that of the other one
		t.Run("moved to "+to, func(t *testing.T) {
			t.Parallel()
			w := newBench(t, memstore.New())
			w.write("a.ttl", head+`:d1 a dcat:Dataset .`)
			w.write("b.ttl", head+`:d2 a dcat:Dataset .`)
			run(t, w, section("a", "g", ""), section("b", "old", ""))
			for _, more := range []string{", disabled: true", ""} {
				run(t, w, section("a", to, more), section("b", "g", ""))
				for graph, dataset := range map[string]string{to: "d1", "g": "d2"} {
					if got := w.quads("http://example.org/" + graph); len(got) != 1 || !strings.Contains(got[0], dataset) {
						t.Errorf("%q: the graph %s has %v", more, graph, got)
					}
				}
			}
			w.write("a.ttl", head+`:d3 a dcat:Dataset .`)
			run(t, w, section("a", to, ""), section("b", "g", ""))
			if got := w.quads(""); len(got) != 2 {
				t.Errorf("at the end there are %v", got)
			}
		})
	}
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		w := newBench(t, memstore.New())
		w.write("a.ttl", head+`:d1 a dcat:Dataset ; dct:title "A" .`)
		w.write("b.ttl", head+`:d2 a dcat:Dataset .`)
		w.write("c.ttl", head+`:d1 a dcat:Dataset ; dct:title "C" .`)
		run(t, w, section("a", "g", ""), section("b", "h", ""), section("c", "k", ""))
		w.has(`"A"`, 1)
		run(t, w, section("a", "g", ", disabled: true"), section("b", "g", ""), section("c", "k", ""))
		w.has(`"A"`, 0)
		w.has(`"C"`, 1)
		w.has("example.org/d2>", 1)
		run(t, w, section("a", "new", ""), section("b", "g", ""), section("c", "k", ""))
		w.has(`"A"`, 1)
		w.has(`"C"`, 0)
		w.has("example.org/d2>", 1)
	})
}
