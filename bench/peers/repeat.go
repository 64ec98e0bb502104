package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// repeated is what several runs of "make bench" measured, one after the other.
type repeated struct {
	Arguments string           `json:"arguments"`
	Began     time.Time        `json:"began"`
	Machine   machine          `json:"machine"`
	Load      []float64        `json:"load_average"` // before each run
	Runs      []map[string]any `json:"runs"`
}

// figuresOfBench are the rows of the table: the key of a report of bench, after a point that of a part of it.
var figuresOfBench = []struct {
	key, name, unit string
	scale           float64
}{
	{"nt_parse_mb_per_s", "parse N-Triples, one goroutine", "MB/s", 1},
	{"ttl_parse_mb_per_s", "parse Turtle, one goroutine", "MB/s", 1},
	{"load_triples_per_s", "load, from file to synced and closed", "thousand triples/s", 1e-3},
	{"load_peak_memory_mb", "peak resident memory of the load", "MB", 1},
	{"disk_bytes_per_triple", "disk", "bytes a triple", 1},
	{"open_ms", "open", "ms", 1},
	{"scan_warm_triples_per_s", "full scan of `spog`", "M triples/s", 1e-6},
	{"scan_cpu_ns_per_row", "the same, processor time", "ns a row", 1},
	{"scan_all_cpus_triples_per_s", "full scan on all processors", "M triples/s", 1e-6},
	{"lookup_median_us", "point lookup, median", "µs", 1},
	{"lookup_p99_us", "point lookup, 99th percentile", "µs", 1},
	{"query_median_us", "point query, median", "µs", 1},
	{"query_p99_us", "point query, 99th percentile", "µs", 1},
	{"group_all_rows_per_cpu_s", "group all rows, by processor time", "M rows/s", 1e-6},
	{"construct_all_mb_per_cpu_s", "construct everything, by processor time", "MB/s", 1},
	{"sort_texts.cpu_ms", "sort texts, the first 100, processor time", "ms", 1},
	{"commits_per_s", "small commits, one client", "commits/s", 1},
	{"grouped_triples_per_s", "small commits, eight clients", "triples/s", 1},
	{"replace_seconds", "replace a graph, all times together", "s", 1},
}

// repeatBench runs "make bench" n times and writes the table.
func repeatBench(c *config) error {
	path := filepath.Join(c.out, "bench.json")
	r := &repeated{Arguments: c.benchFlags, Began: time.Now().UTC().Truncate(time.Second), Machine: thisMachine()}
	if c.reportOnly {
		if err := readJSON(path, r); err != nil {
			return err
		}
		return replacePart(c.loadPage, benchBegin, benchEnd, r.table())
	}
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	for i := range c.repeat {
		r.Load = append(r.Load, loadAverage())
		log.Printf("run %d of %d, load average %.1f", i+1, c.repeat, loadAverage())
		cmd := exec.CommandContext(context.Background(), c.benchTool, append(strings.Fields(c.benchFlags), "-json")...)
		cmd.Stderr = os.Stderr
		b, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("%s: %w", c.benchTool, err)
		}
		run := map[string]any{}
		if err := json.Unmarshal(b, &run); err != nil {
			return fmt.Errorf("%s: %w", c.benchTool, err)
		}
		r.Runs = append(r.Runs, run)
	}
	if err := writeJSON(path, r); err != nil {
		return err
	}
	return replacePart(c.loadPage, benchBegin, benchEnd, r.table())
}

// Marks in the page between which the table stands.
const (
	benchBegin = "<!-- written by make bench-repeat -->"
	benchEnd   = "<!-- end of make bench-repeat -->"
)

// values are the figures of a key, in order of size.
func (r *repeated) values(key string) (out []float64) {
	for _, run := range r.Runs {
		at := run
		parent, child, nested := strings.Cut(key, ".")
		if nested {
			at, _ = run[parent].(map[string]any)
			parent = child
		}
		if v, ok := at[parent].(float64); ok {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func (r *repeated) table() string {
	var b strings.Builder
	triples := 0.0
	if v := r.values("triples"); len(v) > 0 {
		triples = v[0]
	}
	arguments := r.Arguments
	if arguments != "" {
		arguments = " BENCHFLAGS='" + arguments + "'"
	}
	fmt.Fprintf(&b, "`make bench-repeat RUNS=%d%s`: %s triples of this project's generator; %s (UTC), commit %s; %s, %d cores, %s, %s, %s; load average %.1f–%.1f before the\nruns (each keeps one core busy, so that 1 is a quiet machine).\n\n",
		len(r.Runs), arguments, number(int64(triples)), r.Began.Format(time.DateTime), r.Machine.Commit, r.Machine.CPU, r.Machine.Cores, r.Machine.Memory, r.Machine.System, r.Machine.Go,
		slices.Min(r.Load), slices.Max(r.Load))
	b.WriteString("| figure | unit | least | median | greatest |\n| --- | --- | ---: | ---: | ---: |\n")
	for _, f := range figuresOfBench {
		if v := r.values(f.key); len(v) > 0 {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.name, f.unit, figure(v[0]*f.scale), figure(v[len(v)/2]*f.scale), figure(v[len(v)-1]*f.scale))
		}
	}
	// The disk that a graph takes which is replaced again and again, as a multiple of its first load.
	first, end := r.values("replace_first_bytes"), r.values("replace_end_bytes")
	if len(first) > 0 && len(end) > 0 && first[0] > 0 {
		mid := first[len(first)/2]
		fmt.Fprintf(&b, "| disk of a graph after all replacements | times the first load | %s | %s | %s |\n", figure(end[0]/mid), figure(end[len(end)/2]/mid), figure(end[len(end)-1]/mid))
	}
	return b.String()
}

// replacePart puts text between two marks of a page, in the place of what was there.
func replacePart(page, begin, end, text string) error {
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(b), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s lacks the lines %s and %s", page, begin, end)
	}
	return os.WriteFile(page, []byte(before+begin+"\n\n"+text+"\n"+end+after), 0o644)
}
