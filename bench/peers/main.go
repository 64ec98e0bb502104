// Command peers compares this store with others over HTTP, on the same machine, in the same run, with the same data and queries. It
// starts each engine, loads, asks every query, checks that the answers are equal, measures small queries under load, and writes a page
// with tables and charts. "make bench-peers" runs it; docs/peers.md is what it wrote last.
//
//	go run ./bench/peers -data data.nt -queries bench/queries
//	go run ./bench/peers -engines triplestore,fuseki -runs 9
//	go run ./bench/peers -budget 8m             no engine takes longer for all
//	go run ./bench/peers -report-only           the page again from what was measured
//	go run ./bench/peers -growth 1m,10m         this store with more and more data ("make bench-growth"), docs/growth.md
//	go run ./bench/peers -repeat 3              "make bench" several times ("make bench-repeat"), a table in docs/benchmarks.md
//	go run ./bench/peers -clients 8,256         many clients at a time ("make load-peers"), a table in docs/benchmarks.md
//
// It runs on Linux only: processor time and memory of engines come from /proc.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// config is what the flags say.
type config struct {
	data, queries, only     string
	engines                 string
	home, out, page, charts string
	name                    string
	timeout, load, budget   time.Duration
	heap                    string
	runs                    int
	points, warm            time.Duration
	reportOnly              bool
	loadClients             []int
	loadTime                time.Duration
	loadTool, loadPage      string

	growth, growthData, generate, growthPage string

	repeat                int
	benchTool, benchFlags string
}

func main() {
	log.SetFlags(log.Ltime)
	var c config
	flag.StringVar(&c.name, "name", "1m", "name of the data on the page and in file names")
	flag.StringVar(&c.data, "data", "", "N-Triples to load")
	flag.StringVar(&c.queries, "queries", "bench/queries", "folder of queries, *.rq")
	flag.StringVar(&c.only, "only", "", "ask only the queries whose names begin with one of these, separated by commas")
	flag.StringVar(&c.engines, "engines", "triplestore,triplestore-kept,oxigraph,fuseki,virtuoso", "engines in the order in which they run; those that are not installed are left out")
	flag.StringVar(&c.home, "home", "bench/.peers", "folder of the peers that make targets installed, and of databases")
	flag.StringVar(&c.out, "out", "bench/results", "folder for what was measured, as JSON")
	flag.StringVar(&c.page, "page", "", "the page to write; docs/peers-NAME.md, and docs/peers.md for 1m, if it is not said")
	flag.StringVar(&c.charts, "charts", "docs/img", "folder for the charts")
	flag.DurationVar(&c.timeout, "timeout", time.Minute, "longest time of a query")
	flag.DurationVar(&c.load, "load-timeout", time.Hour, "longest time of a load")
	flag.DurationVar(&c.budget, "budget", 0, "how long each engine has for all: load, queries and small queries; what does not get its turn is said; 0 for no limit")
	flag.StringVar(&c.heap, "fuseki-heap", "4g", "memory that Java gives Fuseki; files that it maps come on top")
	flag.IntVar(&c.runs, "runs", 5, "runs of a query after the first, at least; quick ones run up to half a second, slow ones less often")
	flag.DurationVar(&c.warm, "warm", 20*time.Second, "how long 8 clients ask small queries before anything is measured, if there are small queries; 0 for not at all")
	flag.DurationVar(&c.points, "points", 5*time.Second, "how long small queries are asked by 1 and by 8 clients, each three times; 0 for not at all")
	flag.BoolVar(&c.reportOnly, "report-only", false, "write the page from earlier results")
	clients := flag.String("clients", "", "in place of the queries: put each engine under the load of so many clients, such as 8,256, and write the table into -load-page")
	flag.DurationVar(&c.loadTime, "load-time", time.Minute, "how long each number of clients asks")
	flag.StringVar(&c.loadTool, "load-tool", "bench/.peers/load", "the program bench/load, built")
	flag.StringVar(&c.loadPage, "load-page", "docs/benchmarks.md", "the page with the table of the load")
	flag.StringVar(&c.growth, "growth", "", "in place of the engines: this store alone with data of these sizes, such as 1m,10m,100m, and write -growth-page")
	flag.StringVar(&c.growthData, "growth-data", "bench/.peers/shared-", "what files of data are called before their size and .nt")
	flag.StringVar(&c.generate, "generate", "", "`command` that writes $TRIPLES triples as N-Triples, for sizes without a file")
	flag.StringVar(&c.growthPage, "growth-page", "docs/growth.md", "the page about growth")
	flag.IntVar(&c.repeat, "repeat", 0, "in place of the engines: run -bench-tool so often and write least, median and greatest of its figures into -load-page")
	flag.StringVar(&c.benchTool, "bench-tool", "bench/.peers/bench", "the program bench, built")
	flag.StringVar(&c.benchFlags, "bench-flags", "", "its flags")
	flag.Parse()
	if c.page == "" {
		c.page = "docs/peers-" + c.name + ".md"
		if c.name == "1m" {
			c.page = "docs/peers.md"
		}
	}
	for n := range strings.SplitSeq(*clients, ",") {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		i, err := strconv.Atoi(n)
		if err != nil || i < 1 {
			log.Fatalf("-clients %s: %q is no number of clients", *clients, n)
		}
		c.loadClients = append(c.loadClients, i)
	}
	if err := run(&c); err != nil {
		log.Fatal(err)
	}
}

func run(c *config) error {
	if c.repeat > 0 {
		return repeatBench(c)
	}
	if c.growth != "" {
		return measureGrowth(c)
	}
	dir := filepath.Join(c.out, c.name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if !c.reportOnly && c.data == "" {
		return errors.New("name the data with -data")
	}
	if len(c.loadClients) > 0 {
		return measureLoad(c, dir)
	}
	if !c.reportOnly {
		qs, err := readQueries(c.queries, c.only)
		if err != nil {
			return err
		}
		targets, err := pointQueries(c.data)
		if err != nil {
			return err
		}
		for name := range strings.SplitSeq(c.engines, ",") {
			e, err := findEngine(strings.TrimSpace(name), c)
			if errors.Is(err, errNotInstalled) {
				log.Printf("%v: left out", err)
				continue
			} else if err != nil {
				return err
			}
			r, err := measureEngine(e, c, qs, targets)
			if err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
			if err := writeJSON(filepath.Join(dir, e.Name+".json"), r); err != nil {
				return err
			}
			// After each engine, so that there is a page whatever the next one does.
			if err := pageOf(c, dir); err != nil {
				return err
			}
		}
	}
	return pageOf(c, dir)
}

func pageOf(c *config, dir string) error {
	results, err := readResults(dir)
	if err != nil {
		return err
	}
	return writePage(c, results)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// readResults reads what was measured of the engines, now or before, in the order in which findEngine has them. What was measured
// with other data than the last is left out.
func readResults(dir string) ([]*result, error) {
	var out []*result
	var last *result
	for _, name := range engineNames {
		r := &result{}
		if err := readJSON(filepath.Join(dir, name+".json"), r); errors.Is(err, os.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		out = append(out, r)
		if last == nil || r.Began.After(last.Began) {
			last = r
		}
	}
	if len(out) == 0 {
		return nil, errors.New("nothing was measured")
	}
	return slices.DeleteFunc(out, func(r *result) bool { return r.Triples != last.Triples }), nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// query is one of the questions.
type query struct {
	name, kind, text string
	graph            bool // it answers with triples
	ask              bool // it answers with yes or no
}

func readQueries(dir, only string) ([]query, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.rq"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var out []query
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".rq")
		if only != "" && !slices.ContainsFunc(strings.Split(only, ","), func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		q := query{name: name, text: string(b)}
		if first, _, ok := strings.Cut(q.text, "\n"); ok && strings.HasPrefix(first, "#") {
			q.kind, _, _ = strings.Cut(strings.TrimSpace(first[1:]), ":")
		}
		for line := range strings.Lines(q.text) {
			line = strings.ToUpper(strings.TrimSpace(line))
			if line == "" || line[0] == '#' || strings.HasPrefix(line, "PREFIX") || strings.HasPrefix(line, "BASE") {
				continue
			}
			q.graph = strings.HasPrefix(line, "CONSTRUCT") || strings.HasPrefix(line, "DESCRIBE")
			q.ask = strings.HasPrefix(line, "ASK")
			break
		}
		out = append(out, q)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no queries in %s", dir)
	}
	return out, nil
}
