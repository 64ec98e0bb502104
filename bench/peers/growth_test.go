package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSizeOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"1m": 1_000_000, "250k": 250_000, "7": 7, "": 0, "m": 0, "1mm": 0, "-1k": 0, "1x": 0, "1km": 0} {
		if n, err := sizeOf(text); n != want || (err != nil) != (want == 0) {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}

// TestGrowthPage: factors are between neighbours, and what is steeper than wanted is named.
func TestGrowthPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	small := resultOf("1m", map[string]float64{"01-point-a": 1, "02-point-b": 1, "03-scan-c": 10, "04-scan-d": 10, "05-scan-e": 7})
	large := resultOf("10m", map[string]float64{"01-point-a": 1.2, "02-point-b": 2, "03-scan-c": 90, "04-scan-d": 200})
	large.Triples = 10 * small.Triples
	small.Queries["03-scan-c"].Work, large.Queries["03-scan-c"].Work = 1000, 9500
	large.Queries["05-scan-e"] = &answer{Error: "longer than 1m0s"}
	c := &config{runs: 5, charts: dir, growthPage: filepath.Join(dir, "growth.md")}
	if err := writeGrowth(c, []*result{small, large}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(c.growthPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| point | 1.55 | 1.55 |", "| scan | 13.42 | 13.42 |", "of 2 queries about points, values and counts, more than 1.5 times as long for each byte of the answer: 02-point-b (2.00)",
		"Of the 2 others, more than the data grow: 04-scan-d (20.00).", "| – (–), answer – |", "9.00 (9.00), answer 1.00, rows 9.50 |", "- 05-scan-e, 10M: longer than 1m0s"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page lacks %q:\n%s", want, b)
		}
	}
	for _, name := range []string{"growth.svg", "growth-queries.svg"} {
		svg, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if err := writeGrowth(c, []*result{small}); err != nil {
		t.Error(err)
	}
}

// TestWork adds up the rows of all operators of a measured plan, and takes none of a run that ended early.
func TestWork(t *testing.T) {
	t.Parallel()
	complete := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("explain") != "profile" || r.FormValue("query") != "ASK {}" || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"plan":{"operator":"a","profile":{"rows":2},"inputs":[{"profile":{"rows":30}},{"inputs":[{"profile":{"rows":400}}]}]},"complete":%t}`, complete)
	}))
	defer srv.Close()
	c := clientOf(srv.Listener.Addr().String(), "/sparql?")
	defer c.close()
	if n, err := c.work(&query{text: "ASK {}"}, time.Minute); n != 432 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	complete = false
	if _, err := c.work(&query{text: "ASK {}"}, time.Minute); err == nil {
		t.Error("a run that ended early is taken for whole")
	}
	if _, err := c.work(&query{text: "x"}, time.Minute); err == nil {
		t.Error("an error is taken for a profile")
	}
}
