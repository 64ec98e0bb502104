package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the engine of the tests: with FAKE_ENGINE it serves answers, ends at the query "die" and does not answer "slow".
func TestMain(m *testing.M) {
	if os.Getenv("FAKE_ENGINE") == "" {
		os.Exit(m.Run())
	}
	slow := 0
	fmt.Fprintln(os.Stderr, http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:gosec // for a test
		switch q := r.FormValue("query"); {
		case q == "die":
			os.Exit(3)
		case q == "slow", q == "slow again" && slow > 0:
			<-r.Context().Done()
		case q == "slow again":
			slow++
		}
		fmt.Fprint(w, `{"head":{},"boolean":true}`)
	})))
	os.Exit(1)
}

func fakeEngine() *engine {
	return &engine{Name: "fake", Label: "Fake", load: `cp "$DATA" "$DB/copy"`, serve: `exec "$BIN"`, version: "echo 1", endpoint: "/sparql?", env: []string{"FAKE_ENGINE=1", "BIN=" + os.Args[0]}}
}

func fakeConfig(t *testing.T) *config {
	t.Helper()
	dir := t.TempDir()
	c := &config{name: "1k", data: filepath.Join(dir, "data.nt"), home: dir, timeout: 300 * time.Millisecond, load: time.Minute, runs: 3,
		page: filepath.Join(dir, "page.md"), charts: dir}
	if err := os.WriteFile(c.data, []byte("<http://e/a> <http://e/p> \"x\" .\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMeasureEngine: an engine that dies, hangs or has no time left fills a cell, and the next query has its turn.
func TestMeasureEngine(t *testing.T) {
	t.Parallel()
	c := fakeConfig(t)
	qs := []query{{name: "1", text: "fine"}, {name: "2", text: "die"}, {name: "3", text: "fine"}, {name: "4", text: "slow"}, {name: "5", text: "slow again"}, {name: "6", text: "fine"}}
	r, err := measureEngine(fakeEngine(), c, qs, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"1": "", "2": "the server ended", "3": "", "4": "longer than 300ms", "5": "", "6": ""} {
		a := r.Queries[name]
		if want == "" && (a.Error != "" || a.Rows != 1 || a.Runs < 1) || !strings.Contains(a.Error, want) {
			t.Errorf("query %s: %+v, want error %q", name, a, want)
		}
	}
	if a := r.Queries["5"]; !a.Cold || a.Runs != 1 || a.MedianMs != a.FirstMs {
		t.Errorf("a query that did not answer again: %+v", a)
	}
	if r.Restarts != 3 || r.DiskBytes == 0 || r.Failed != "" {
		t.Errorf("%+v", r)
	}
}

func TestMeasureEngineThatDoesNotWork(t *testing.T) {
	t.Parallel()
	qs := []query{{name: "00-first", text: "slow"}, {name: "01-a", text: "fine"}}
	for _, x := range []struct {
		name         string
		change       func(*engine, *config)
		failed, cell string
	}{
		{"load fails", func(e *engine, _ *config) { e.load = "exit 7" }, "load: exit status 7", ""},
		{"load is slow", func(e *engine, c *config) { e.load, c.budget = "exec sleep 60", 200*time.Millisecond }, "load: longer than", ""},
		{"no server", func(e *engine, _ *config) { e.serve = "exit 4" }, "", "not asked: the server does not start: exit status 4"},
		{"no time", func(e *engine, c *config) {
			e.load, c.budget, e.serve = "sleep 0.3", 400*time.Millisecond, "sleep 0.2; "+e.serve
		}, "", "not asked: the engine's 400ms were used up"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			e, c := fakeEngine(), fakeConfig(t)
			x.change(e, c)
			r, err := measureEngine(e, c, qs, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(r.Failed, x.failed) || x.failed == "" && r.Failed != "" {
				t.Errorf("failed: %q, want %q", r.Failed, x.failed)
			}
			if a := r.Queries["01-a"]; x.cell != "" && (a == nil || !strings.HasPrefix(a.Error, x.cell)) {
				t.Errorf("%+v, want %q", a, x.cell)
			}
			if err := writePage(c, []*result{resultOf("triplestore", map[string]float64{"01-a": 1}), r}); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(c.page)
			if err != nil {
				t.Fatal(err)
			}
			if want := "Fake answered nothing: " + x.failed; x.failed != "" && !strings.Contains(string(b), want) {
				t.Errorf("the page lacks %q:\n%s", want, b)
			}
			if want := "- 01-a, Fake: " + x.cell; x.cell != "" && !strings.Contains(string(b), want) {
				t.Errorf("the page lacks %q:\n%s", want, b)
			}
		})
	}
}

// TestResultsOfBefore: engines keep what was measured of them before, in their place, unless the data are others.
func TestResultsOfBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, name := range []string{"virtuoso", "fuseki", "triplestore"} {
		r := resultOf(name, nil)
		r.Began = time.Unix(int64(1000+i), 0)
		l := &loadResult{Name: name, Mix: "queries", Triples: 1000, Began: r.Began}
		if name == "virtuoso" {
			r.Triples, l.Triples = 5, 5
		}
		if err := writeJSON(filepath.Join(dir, name+".json"), r); err != nil {
			t.Fatal(err)
		}
		if err := writeJSON(filepath.Join(dir, "load-"+name+"-queries.json"), l); err != nil {
			t.Fatal(err)
		}
	}
	rs, err := readResults(dir)
	if err != nil || len(rs) != 2 || rs[0].Name != "triplestore" || rs[1].Name != "fuseki" {
		t.Errorf("%v, %v", rs, err)
	}
	ls, err := readLoad(dir)
	if err != nil || len(ls) != 2 || ls[0].Name != "triplestore" || ls[1].Name != "fuseki" {
		t.Errorf("%v, %v", ls, err)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	if s := (turns{}).share(3); s.each != 20*time.Second || s.left < time.Hour {
		t.Errorf("without a budget: %+v", s)
	}
	now := turns{end: time.Now().Add(30 * time.Second)}
	if s := now.share(10); s.each > 3*time.Second || s.each < 2900*time.Millisecond {
		t.Errorf("%+v", s)
	}
	if s := (turns{end: time.Now().Add(-time.Second)}).share(2); s.left >= 0 {
		t.Errorf("%+v", s)
	}
}

// TestStop: what a script left running in the background is ended too, even if it does not heed being asked.
func TestStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := start(`trap 'exit 0' TERM; (trap '' TERM; echo $$ > "$DIR/ready"; while :; do sleep 60; done) & wait`, append(os.Environ(), "DIR="+dir), filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	p.patience = 100 * time.Millisecond
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("the script did not begin")
		}
	}
	p.stop()
	for begin := time.Now(); syscall.Kill(-p.cmd.Process.Pid, 0) == nil; time.Sleep(5 * time.Millisecond) { // who adopts them buries them
		if time.Since(begin) > time.Minute {
			t.Fatal("some of it runs on")
		}
	}
}
