package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sumOf(t *testing.T, graph bool, text string) (int, string) {
	t.Helper()
	d := newDigest(&query{graph: graph})
	defer d.close()
	d.keep = 100 // so that a part goes to a file
	for part := range slices.Chunk([]byte(text), 60) {
		if _, err := d.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	n, h, err := d.sum()
	if err != nil {
		t.Fatal(err)
	}
	return n, h
}

// TestDigest: what engines may write in several ways is the same, and nothing else is.
func TestDigest(t *testing.T) {
	t.Parallel()
	rows := func(bindings string) string {
		return `{"head":{"vars":["a","b"]},"results":{"bindings":[` + bindings + `]}}`
	}
	num := func(v string) string {
		return `{"a":{"type":"literal","value":"` + v + `","datatype":"http://www.w3.org/2001/XMLSchema#decimal"}}`
	}
	const x, y = `{"a":{"type":"uri","value":"http://e/x"},"b":{"type":"literal","value":"q|r"}}`, `{"a":{"type":"bnode","value":"k"}}`
	for _, c := range []struct {
		name, a, b string
		graph, ok  bool
	}{
		{"order", rows(x + "," + y), rows(y + "," + x), false, true},
		{"numbers", rows(num("341.0")), rows(num("341")), false, true},
		{"other numbers", rows(num("341.1")), rows(num("341")), false, false},
		{"once and twice", rows(x), rows(x + "," + x), false, false},
		{"parts", rows(x), rows(strings.Replace(x, "q|r", "r|q", 1)), false, true},
		{"blank nodes", rows(y), rows(strings.Replace(y, "k", "m", 1)), false, true},
		{"terms", rows(x), rows(strings.Replace(x, "uri", "literal", 1)), false, false},
		{"truth", `{"head":{},"boolean":true}`, `{"head":{},"boolean":false}`, false, false},
		{"triples", "<http://e/a> <http://e/p> \"x\"@EN .\n<http://e/a> <http://e/p> \"y\" .\n", "<http://e/a> <http://e/p> \"y\" .\n<http://e/a> <http://e/p> \"x\"@en .\n<http://e/a> <http://e/p> \"y\" .\n", true, true},
		{"other triples", "<http://e/a> <http://e/p> \"x\" .\n", "<http://e/a> <http://e/p> \"z\" .\n", true, false},
	} {
		n, g := sumOf(t, c.graph, c.a)
		m, h := sumOf(t, c.graph, c.b)
		if same := n == m && g == h; same != c.ok {
			t.Errorf("%s: %v, want %v", c.name, same, c.ok)
		}
	}
}

// TestDigestOfAsk: an engine that answers ASK with a table is understood.
func TestDigestOfAsk(t *testing.T) {
	t.Parallel()
	sum := func(text string) string {
		d := newDigest(&query{ask: true})
		if _, err := io.WriteString(d, text); err != nil {
			t.Fatal(err)
		}
		_, h, err := d.sum()
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	yes, no := sum(`{"head":{},"boolean":true}`), sum(`{"head":{},"boolean":false}`)
	row := `{"a":{"type":"typed-literal","datatype":"http://www.w3.org/2001/XMLSchema#integer","value":"1"}}`
	if yes == no || sum(`{"head":{"vars":["a"]},"results":{"bindings":[`+row+`]}}`) != yes || sum(`{"head":{"vars":["a"]},"results":{"bindings":[]}}`) != no {
		t.Error("yes and no are mixed up")
	}
}

func resultOf(name string, times map[string]float64) *result {
	r := &result{Name: name, Label: strings.ToUpper(name), Triples: 1000, LoadSeconds: 1, Queries: map[string]*answer{}, Points: map[string]*points{}}
	for q, ms := range times {
		r.Queries[q] = &answer{Rows: 3, Hash: "a", MedianMs: ms, MinMs: ms, MaxMs: ms, CPUMs: ms, Runs: 1000}
	}
	return r
}

func TestPage(t *testing.T) {
	t.Parallel()
	ours := resultOf("triplestore", map[string]float64{"01-point-a": 1, "02-star-b": 2, "03-join-c": 10})
	peer := resultOf("other", map[string]float64{"01-point-a": 4, "02-star-b": 8, "03-join-c": 9})
	third := resultOf("third", map[string]float64{"01-point-a": 4, "02-star-b": 1})
	third.Queries["03-join-c"] = &answer{Error: "longer than 1m0s"}
	third.Queries["01-point-a"].Hash = "b"
	all := []*result{ours, peer, third}
	if r, n := ratio(ours, peer, median); n != 3 || r < 2.43 || r > 2.44 { // the cube root of 4·4·0.9
		t.Errorf("ratio %v of %d", r, n)
	}
	fastest, near, slower := standing(ours, all[1:], []string{"01-point-a", "02-star-b", "03-join-c"}, median)
	if fastest != 1 || near != 1 || len(slower) != 1 || !strings.HasPrefix(slower[0], "02-star-b (2.00") {
		t.Error(fastest, near, slower)
	}
	dir := t.TempDir()
	c := &config{name: "1k", page: filepath.Join(dir, "page.md"), charts: filepath.Join(dir, "img"), runs: 5}
	if err := writePage(c, all); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(c.page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`make bench-peers SIZE=1k`", "| 1.00 / 1.00 / 1.00 (1000) |", "| 01-point-a | point | 3 | **1.00** | 4.00 | 4.00 ≠ |", "03-join-c, THIRD: longer than 1m0s", "01-point-a, THIRD: 3 rows with other values", "img/peers-1k.svg"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the page lacks %q:\n%s", want, b)
		}
	}
	f, err := os.Open(filepath.Join(c.charts, "peers-1k.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestQueriesOfOurOwn(t *testing.T) {
	t.Parallel()
	qs, err := readQueries("../queries", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range qs {
		if q.kind == "" {
			t.Errorf("%s: the first line does not say the kind", q.name)
		}
	}
}

// TestLoadTable: the table takes the place of the one before, and says how this store stands beside the best of the others.
func TestLoadTable(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("before\n"+loadBegin+"\nold\n"+loadEnd+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	result := func(name, mix string, rates ...float64) *loadResult {
		r := &loadResult{Name: name, Label: strings.ToUpper(name), Mix: mix, Data: "1m", Triples: 1_000_022, Load: []float64{0.5}}
		for i, rate := range rates {
			run := loadRun{Clients: []int{8, 256}[i]}
			run.All.Requests, run.All.PerS, run.All.P99 = int(rate)*60, rate, 4.25
			r.Runs = append(r.Runs, run)
		}
		return r
	}
	all := []*loadResult{result("triplestore", "queries", 9000, 6000), result("oxigraph", "queries", 2000, 1000), result("virtuoso", "queries", 3000, 500), result("triplestore", "all", 4000, 3000),
		result("gone", "queries", 90000, 90000)}
	for i := range all[4].Runs {
		all[4].Runs[i].All.Errors = 1
	}
	if err := writeLoad(page, all); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{"before\n" + loadBegin, loadEnd + "\nafter\n", "| TRIPLESTORE | queries | 8 | 9,000 |", "| TRIPLESTORE | queries and pages | 256 | 3,000 |", "1,000,022 triples",
		"8 clients, queries: this store, without the answers that it keeps, 3.0 times VIRTUOSO", "256 clients, queries: this store, without the answers that it keeps, 6.0 times OXIGRAPH"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "old") {
		t.Error("the table of before is still there")
	}
	if err := os.WriteFile(page, []byte("no marks"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeLoad(page, all); err == nil {
		t.Error("a page without marks was taken")
	}
}

func TestReadRound(t *testing.T) {
	t.Parallel()
	const text = `Running 5s test @ http://127.0.0.1:1
  1 threads and 8 connections
  Latency Distribution
     50%  251.50us
     75%    1.00ms
     99%    1.25s
  1000 requests in 5.00s, 1.00MB read
Requests/sec:    200.50
`
	x, err := readRound([]byte(text))
	if want := (round{perSecond: 200.5, p50Ms: 0.2515, p99Ms: 1250}); err != nil || x != want {
		t.Errorf("%+v, %v; want %+v", x, err, want)
	}
	if _, err := readRound([]byte(text + "  Non-2xx or 3xx responses: 3\n")); err == nil {
		t.Error("refused requests are taken for answers")
	}
	if _, err := readRound([]byte("  50%  1.00ms\n")); err == nil {
		t.Error("no rate, and no error")
	}
}
