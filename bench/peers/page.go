package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison is what the results say beside each other.
type comparison struct {
	results []*result
	names   []string          // of queries
	agreed  map[string]string // the hash of most engines, by query; empty where there is none
}

func compare(rs []*result) *comparison {
	c := &comparison{results: rs, agreed: map[string]string{}}
	names := map[string]bool{}
	for _, r := range rs {
		for n := range r.Queries {
			names[n] = true
		}
	}
	c.names = slices.Sorted(maps.Keys(names))
	for _, n := range c.names {
		votes := map[string]int{}
		voters := 0
		for _, r := range rs {
			if strings.HasSuffix(r.Name, "-kept") {
				continue // the same engine has one vote
			}
			if a := r.Queries[n]; a != nil && a.Error == "" {
				votes[a.key()]++
				voters++
			}
		}
		for k, v := range votes {
			if v*2 > voters {
				c.agreed[n] = k
			}
		}
	}
	return c
}

func (a *answer) key() string { return strconv.Itoa(a.Rows) + " " + a.Hash }

// wrong reports whether an answer is another than that of most.
func (c *comparison) wrong(n string, a *answer) bool {
	return !a.Describes && c.agreed[n] != "" && a.key() != c.agreed[n]
}

func median(a *answer) float64 { return a.MedianMs }

// cpu is the processor time, which is counted in steps of 10 ms over all runs.
func cpu(a *answer) float64 { return max(a.CPUMs, 10/float64(max(a.Runs, 1))) }

// ratio is the geometric mean of how much longer another engine takes for the queries that both answer.
func ratio(own, other *result, of func(*answer) float64) (mean float64, n int) {
	sum := 0.0
	for name, a := range own.Queries {
		if b := other.Queries[name]; b != nil && a.Error == "" && b.Error == "" {
			sum += math.Log(of(b) / of(a))
			n++
		}
	}
	if n == 0 {
		return 0, 0
	}
	return math.Exp(sum / float64(n)), n
}

// standing counts the queries for which own is the fastest, or within a factor of the fastest, among the engines of others.
func standing(own *result, others []*result, names []string, of func(*answer) float64) (fastest, near int, slower []string) {
	for _, n := range names {
		a := own.Queries[n]
		if a == nil || a.Error != "" {
			slower = append(slower, n)
			continue
		}
		best := math.Inf(1)
		for _, r := range others {
			if b := r.Queries[n]; b != nil && b.Error == "" {
				best = min(best, of(b))
			}
		}
		switch v := of(a); {
		case v <= best:
			fastest++
		case v <= best*1.25:
			near++
		default:
			slower = append(slower, fmt.Sprintf("%s (%.2f times the best)", n, v/best))
		}
	}
	return fastest, near, slower
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func loadsOf(r *result) string {
	lo, hi := math.Inf(1), 0.0
	for _, a := range r.Queries {
		lo, hi = min(lo, a.Load), max(hi, a.Load)
	}
	if math.IsInf(lo, 1) {
		return "–"
	}
	return fmt.Sprintf("%.1f–%.1f", lo, hi)
}

func budgetOf(r *result) string {
	if d, err := time.ParseDuration(r.Budget); err != nil || d == 0 {
		return ""
	}
	return ", an engine " + r.Budget + " for all, load included"
}

// command is the one that makes the page.
func command(c *config) string {
	set, size, found := strings.Cut(c.name, "-")
	switch {
	case found:
		return "make bench-peers SET=" + set + " SIZE=" + size
	case size == "" && set == "1m":
		return "make bench-peers"
	}
	return "make bench-peers SIZE=" + set
}

func isOurs(r *result) bool { return strings.HasPrefix(r.Name, "triplestore") }

// writePage writes the page and its charts.
func writePage(c *config, rs []*result) error {
	cmpn := compare(rs)
	var ours, peers []*result
	for _, r := range rs {
		if isOurs(r) {
			ours = append(ours, r)
		} else {
			peers = append(peers, r)
		}
	}
	if err := os.MkdirAll(c.charts, 0o755); err != nil {
		return err
	}
	charts := map[string]string{
		"peers-" + c.name + ".svg":     dotChart(cmpn, "Median time of each query, "+c.name+" triples", median),
		"peers-" + c.name + "-cpu.svg": dotChart(cmpn, "Processor time of each query, "+c.name+" triples", cpu),
	}
	for name, svg := range charts {
		if err := os.WriteFile(filepath.Join(c.charts, name), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	var w strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&w, format, args...) }
	m := rs[0].Machine
	link := func(kind string) string { return "img/peers-" + c.name + kind + ".svg" }
	p("<!-- made by bench/peers: change that, not this -->\n\n")
	p("# Compared with other engines: %s\n\n", c.name)
	p("Made by one command, `%s`, which starts each engine in turn on this machine, loads the same data, asks the same queries over\nHTTP and compares the answers. How to read it, and what it does not say, is in [benchmarks.md](benchmarks.md#compared-with-other-engines).\n\n", command(c))
	p("- Data: %s, %s triples.\n", c.name, number(rs[0].Triples))
	p("- Machine: %s, %d cores, %s; %s; %s.\n", m.CPU, m.Cores, m.Memory, m.System, m.Go)
	p("- Each query once to warm up, then at least %d times, quick ones for half a second, slow ones less often (how often is [below](#noise)); the client\n  reads the whole answer. A query may take %s%s.\n",
		cmp.Or(rs[0].AtLeast, c.runs), cmp.Or(rs[0].Timeout, c.timeout.String()), budgetOf(rs[0]))
	if warm := rs[0].Warm; warm != "" {
		p("- Before the first query, 8 clients ask small queries for %s: engines that compile while they run become several times quicker by it.\n", warm)
		for _, r := range rs {
			if r.Warm != warm {
				p("- %s was asked small queries for %s before the first query.\n", r.Label, cmp.Or(r.Warm, "0s"))
			}
		}
	}
	p("- Engines that were measured at other times, by another run of the command, have their own date and commit of this project.\n\n")
	p("| engine | version | settings | measured (UTC) | commit | load average |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rs {
		p("| %s | %s | %s | %s | %s | %s |\n", r.Label, r.Version, r.Settings, r.Began.Format(time.DateTime), r.Machine.Commit, loadsOf(r))
	}
	p("\n## In short\n\n")
	p("Geometric means over the queries that both answer, of how many times longer the peer takes:\n\n| | peer | queries | by median time | by processor time |\n| --- | --- | ---: | ---: | ---: |\n")
	for _, o := range ours {
		for _, r := range peers {
			a, n := ratio(o, r, median)
			b, _ := ratio(o, r, cpu)
			p("| %s | %s | %d | %.1f | %.1f |\n", o.Label, r.Label, n, a, b)
		}
	}
	if len(peers) > 0 {
		p("\n")
		for _, o := range ours {
			for _, by := range []struct {
				name string
				of   func(*answer) float64
			}{{"median time", median}, {"processor time", cpu}} {
				fastest, near, slower := standing(o, peers, cmpn.names, by.of)
				p("- %s, by %s: the fastest for %d of %d queries", o.Label, by.name, fastest, len(cmpn.names))
				if near > 0 {
					p(", within 1.25 times the best for %d more", near)
				}
				if len(slower) > 0 {
					p("; slower: %s", strings.Join(slower, ", "))
				}
				p(".\n")
			}
		}
	}
	p("\n![Median time of each query](%s)\n\n![Processor time of each query](%s)\n", link(""), link("-cpu"))
	p("\n## Load, disk, memory, small queries\n\n| | load, s | triples/s | processor s | peak memory of load, MB | disk, bytes/triple | peak memory of queries, MB | 1 client, queries/s | 8 clients, queries/s (three rounds) | p50 / p99 at 8, ms |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, r := range rs {
		one, eight, tail := "–", "–", "–"
		if x := r.Points["1"]; x != nil {
			one = number(int64(x.PerSecond))
		}
		if x := r.Points["8"]; x != nil {
			var all []string
			for _, v := range slices.Sorted(slices.Values(x.All)) {
				all = append(all, number(int64(v)))
			}
			eight, tail = fmt.Sprintf("%s (%s)", number(int64(x.PerSecond)), strings.Join(all, ", ")), fmt.Sprintf("%.2f / %.2f", x.P50Ms, x.P99Ms)
		}
		load, disk, used := fmt.Sprintf("%.1f | %s", r.LoadSeconds, number(int64(float64(r.Triples)/r.LoadSeconds))), fmt.Sprintf("%.0f", float64(r.DiskBytes)/float64(r.Triples)), number(r.PeakBytes/1_000_000)
		if r.Failed != "" {
			load, disk, used = "– | –", "–", "–"
		}
		p("| %s | %s | %.1f | %s | %s | %s | %s | %s | %s |\n", r.Label, load, r.LoadCPUSeconds, number(r.LoadPeakBytes/1_000_000), disk, used, one, eight, tail)
	}
	p("\nSmall queries: the properties of one of 2,000 subjects, by `wrk` with one thread; the median of three rounds.\n")
	for _, r := range rs {
		if r.PointsError != "" {
			p("\n- %s was not asked by `wrk`: %s\n", r.Label, oneLine(r.PointsError))
		}
	}
	table(p, cmpn, "Median time of a query, ms", "The fastest is bold; ≠ marks an answer that is not that of most engines.", median)
	table(p, cmpn, "Processor time of a query, ms", "User and system time of the engine's processes, from `/proc`, in steps of 10 ms over all runs.", cpu)
	p("\n## Noise\n\nLeast, median and greatest time of the runs, ms, and their number; *first* where a query was too slow to be asked again.\n\n| query |")
	for _, r := range rs {
		p(" %s |", r.Label)
	}
	p("\n| --- |%s\n", strings.Repeat(" ---: |", len(rs)))
	for _, n := range cmpn.names {
		p("| %s |", n)
		for _, r := range rs {
			if a := r.Queries[n]; a != nil && a.Error == "" {
				times := strconv.Itoa(a.Runs)
				if a.Cold {
					times = "first"
				}
				p(" %s / %s / %s (%s) |", figure(a.MinMs), figure(a.MedianMs), figure(a.MaxMs), times)
			} else {
				p(" – |")
			}
		}
		p("\n")
	}
	p("\n## Answers that differ or are missing\n\n")
	none := true
	for _, r := range rs {
		if r.Failed != "" {
			p("- %s answered nothing: %s\n", r.Label, oneLine(r.Failed))
			none = false
		}
		if r.Restarts > 0 {
			p("- %s was started again, %d times in all: after a query that took too long, or because it had ended\n", r.Label, r.Restarts)
		}
	}
	for _, n := range cmpn.names {
		for _, r := range rs {
			a := r.Queries[n]
			switch {
			case a == nil:
			case a.Error != "":
				p("- %s, %s: %s\n", n, r.Label, oneLine(a.Error))
				none = false
			case cmpn.wrong(n, a):
				p("- %s, %s: %d rows with other values than most engines have\n", n, r.Label, a.Rows)
				none = false
			case a.Describes:
				p("- %s, %s: %d triples (what describes a resource is the engine's choice)\n", n, r.Label, a.Rows)
				none = false
			}
		}
	}
	if none {
		p("None: every engine gave the same answer to every query.\n")
	}
	return os.WriteFile(c.page, []byte(w.String()), 0o644)
}

func table(p func(string, ...any), c *comparison, title, text string, of func(*answer) float64) {
	p("\n## %s\n\n%s\n\n| query | kind | rows |", title, text)
	for _, r := range c.results {
		p(" %s |", r.Label)
	}
	p("\n| --- | --- | ---: |%s\n", strings.Repeat(" ---: |", len(c.results)))
	for _, n := range c.names {
		best, rows := math.Inf(1), 0
		for _, r := range c.results {
			if a := r.Queries[n]; a != nil && a.Error == "" {
				best = min(best, of(a))
				rows = cmp.Or(rows, a.Rows)
			}
		}
		p("| %s | %s | %s |", n, kindOf(n), number(int64(rows)))
		for _, r := range c.results {
			a := r.Queries[n]
			if a == nil || a.Error != "" {
				p(" – |")
				continue
			}
			text := figure(of(a))
			if of(a) == best {
				text = "**" + text + "**"
			}
			if c.wrong(n, a) {
				text += " ≠"
			}
			p(" %s |", text)
		}
		p("\n")
	}
}

// figure writes milliseconds with three digits that count.
func figure(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return number(int64(v + 0.5))
}

// number writes thousands apart.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
