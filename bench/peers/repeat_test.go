package main

import (
	"strings"
	"testing"
)

func TestRepeated(t *testing.T) {
	t.Parallel()
	r := &repeated{Load: []float64{1, 3}}
	for _, v := range []float64{30, 10, 20} {
		r.Runs = append(r.Runs, map[string]any{"triples": 1000.0, "open_ms": v, "sort_texts": map[string]any{"cpu_ms": v * 2}, "load_triples_per_s": v * 1e5, "replace_first_bytes": 10.0, "replace_end_bytes": v})
	}
	text := r.table()
	for _, want := range []string{"RUNS=3`: 1,000 triples", "| open | ms | 10.0 | 20.0 | 30.0 |", "processor time | ms | 20.0 | 40.0 | 60.0 |", "| thousand triples/s | 1,000 | 2,000 | 3,000 |", "| times the first load | 1.00 | 2.00 | 3.00 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if strings.Contains(text, "parse") {
		t.Error("a figure that was not measured has a row")
	}
}
