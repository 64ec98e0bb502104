package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/results"
)

// measureGrowth is what the program does with -growth: this store with more and more data, asked the same queries. Sizes that were
// measured by another run stay on the page, with their own date and commit.
func measureGrowth(c *config) error {
	dir := filepath.Join(c.out, "growth")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if !c.reportOnly {
		qs, err := readQueries(c.queries, c.only)
		if err != nil {
			return err
		}
		for size := range strings.SplitSeq(c.growth, ",") {
			triples, err := sizeOf(size)
			if err != nil {
				return err
			}
			e, err := growthEngine(c, size, triples)
			if err != nil {
				return err
			}
			r, err := measureEngine(e, c, qs, nil)
			if err != nil {
				return err
			}
			if err := writeJSON(filepath.Join(dir, size+".json"), r); err != nil {
				return err
			}
			if err := growthPageOf(c, dir); err != nil {
				return err
			}
		}
	}
	return growthPageOf(c, dir)
}

// sizeOf reads 250k, 10m.
func sizeOf(s string) (int64, error) {
	digits, factor := strings.TrimRight(s, "km"), int64(1)
	switch strings.TrimPrefix(s, digits) {
	case "k":
		factor = 1000
	case "m":
		factor = 1_000_000
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || len(s) > len(digits)+1 {
		return 0, fmt.Errorf("%q is no size such as 250k or 10m", s)
	}
	return n * factor, nil
}

// growthEngine is this store with data of a size: a file if there is one, else what the generator writes, without a file between.
func growthEngine(c *config, size string, triples int64) (*engine, error) {
	e, err := findEngine("triplestore", c)
	if err != nil {
		return nil, err
	}
	e.Name, e.Label = "growth-"+size, size
	file, err := filepath.Abs(c.growthData + size + ".nt")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); err == nil {
		e.data = file
		return e, nil
	}
	if c.generate == "" {
		return nil, fmt.Errorf("%s is not there, and no command to make it is named with -generate", file)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	e.streamed = true
	e.env = append(e.env, "TRIPLES="+strconv.FormatInt(triples, 10), "HERE="+here)
	e.load = `(cd "$HERE" && ` + c.generate + `) | "$BIN" load --quiet --strict --format ntriples --store "$DB/store" -`
	return e, nil
}

// countAll asks a server how many triples it has.
func countAll(c *client) (n int64, err error) {
	var body bytes.Buffer
	if _, _, err := c.ask(&query{text: "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"}, time.Minute, &body); err != nil {
		return 0, fmt.Errorf("counting: %w", err)
	}
	f, _ := results.ByName("json")
	err = results.Read(&body, f, results.Limits{}, results.Handler{
		Head:    func([]string) error { return nil },
		Boolean: func(bool) error { return nil },
		Row: func(row []rdf.Term) (err error) {
			n, err = strconv.ParseInt(row[0].Value(), 10, 64)
			return err
		},
	})
	return n, err
}

// work asks a server to measure a run of a query, and gives the rows of all operators of its plan together.
func (c *client) work(q *query, limit time.Duration) (int64, error) {
	var body bytes.Buffer
	if _, _, err := c.get("explain=profile&query="+url.QueryEscape(q.text), "application/json", limit, &body); err != nil {
		return 0, err
	}
	var profile struct {
		Plan     operator `json:"plan"`
		Complete bool     `json:"complete"`
	}
	if err := json.Unmarshal(body.Bytes(), &profile); err != nil {
		return 0, err
	}
	if !profile.Complete {
		return 0, errors.New("the run ended early")
	}
	return profile.Plan.rows(), nil
}

// operator is one of a measured plan.
type operator struct {
	Profile struct {
		Rows int64 `json:"rows"`
	} `json:"profile"`
	Inputs []operator `json:"inputs"`
}

func (o *operator) rows() int64 {
	n := o.Profile.Rows
	for i := range o.Inputs {
		n += o.Inputs[i].rows()
	}
	return n
}

// growthPageOf writes the page from all sizes that were measured.
func growthPageOf(c *config, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	var rs []*result
	for _, f := range files {
		r := &result{}
		if err := readJSON(f, r); err != nil {
			return err
		}
		if r.Failed != "" {
			log.Printf("%s: %s: it is not on the page", r.Label, r.Failed)
			continue
		}
		rs = append(rs, r)
	}
	if len(rs) == 0 {
		return errors.New("nothing was measured")
	}
	slices.SortFunc(rs, func(a, b *result) int { return cmp.Compare(a.Triples, b.Triples) })
	return writeGrowth(c, rs)
}

// kindOf is the class of a query, the second part of its name.
func kindOf(name string) string {
	_, kind, _ := strings.Cut(name, "-")
	kind, _, _ = strings.Cut(kind, "-")
	return kind
}

// factor is how many times longer a query takes in the next size; 0 if one of both has no figure.
func factor(a, b *result, name string, of func(*answer) float64) float64 {
	x, y := a.Queries[name], b.Queries[name]
	if x == nil || y == nil || x.Error != "" || y.Error != "" {
		return 0
	}
	return of(y) / of(x)
}

func size(a *answer) float64 { return float64(max(a.Bytes, 1)) }

// rowsText tells how many times the rows the operators of a query yield in the next size, if that is known.
func rowsText(a, b *result, name string) string {
	if x, y := a.Queries[name], b.Queries[name]; x == nil || y == nil || x.Work == 0 || y.Work == 0 {
		return ""
	}
	return fmt.Sprintf(", rows %.2f", factor(a, b, name, func(x *answer) float64 { return float64(x.Work) }))
}

func factorText(f float64) string {
	if f == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", f)
}

// growthByKind gives the geometric mean of a value over the queries of each kind that every size answers.
func growthByKind(rs []*result, names []string, of func(*answer) float64) (kinds []string, means map[string][]float64) {
	sums, counts := map[string][]float64{}, map[string]int{}
	for _, n := range names {
		whole := !slices.ContainsFunc(rs, func(r *result) bool { return r.Queries[n] == nil || r.Queries[n].Error != "" })
		if !whole {
			continue
		}
		k := kindOf(n)
		if sums[k] == nil {
			sums[k] = make([]float64, len(rs))
			kinds = append(kinds, k)
		}
		counts[k]++
		for i, r := range rs {
			sums[k][i] += math.Log(of(r.Queries[n]))
		}
	}
	for k, s := range sums {
		for i := range s {
			s[i] = math.Exp(s[i] / float64(counts[k]))
		}
	}
	return kinds, sums
}

// selective are the classes of queries that read a part of the data that does not grow with it, or counts that are kept.
var selective = map[string]bool{"point": true, "count": true, "values": true}

func writeGrowth(c *config, rs []*result) error {
	if err := os.MkdirAll(c.charts, 0o755); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, r := range rs {
		for n := range r.Queries {
			seen[n] = true
		}
	}
	names := slices.Sorted(maps.Keys(seen))
	kinds, means := growthByKind(rs, names, cpu)
	for name, svg := range map[string]string{
		"growth.svg":         lineChart(rs, kinds, means, "Processor time by class of query, geometric mean"),
		"growth-queries.svg": dotChart(&comparison{results: rs, names: names}, "Processor time of each query", cpu),
	} {
		if err := os.WriteFile(filepath.Join(c.charts, name), []byte(svg), 0o644); err != nil {
			return err
		}
	}
	var w strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&w, format, args...) }
	m := rs[0].Machine
	p("<!-- made by bench/peers: change that, not this -->\n\n# How time grows with the data\n\n")
	p("Made by one command, `make bench-growth`, which loads data of each size into an empty store, serves it with `--answer-cache 0` (every answer is\ncomputed anew) and asks the same queries over HTTP as [peers.md](peers.md) does. `GROWTH=1m,10m,100m` names the sizes; data for which there is no file\ngo from the generator into `load -` without one.\n\n")
	p("- Machine: %s, %d cores, %s; %s; %s.\n", m.CPU, m.Cores, m.Memory, m.System, m.Go)
	p("- Each query %d times to warm up (once, if it takes %s), then at least %d times, slow ones less often. A query may take %s%s.\n", growthWarmUps, growthWarm, rs[0].AtLeast, rs[0].Timeout, budgetOf(rs[0]))
	p("- Where the load average is above 2, other work kept the machine busy: compare processor time, whose step is 10 ms over all runs of a query.\n\n")
	p("| data | triples | load, s | triples/s | processor time a triple, µs | peak memory of load, MB | disk, bytes/triple | peak memory of queries, MB | measured (UTC) | commit | load average |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | --- |\n")
	for _, r := range rs {
		note := ""
		if r.Streamed {
			note = " (with the generator)"
		}
		p("| %s | %s | %.1f | %s | %.2f%s | %s | %.1f | %s | %s | %s | %s |\n", r.Label, number(r.Triples), r.LoadSeconds, number(int64(float64(r.Triples)/r.LoadSeconds)), r.LoadCPUSeconds*1e6/float64(r.Triples), note,
			number(r.LoadPeakBytes/1_000_000), float64(r.DiskBytes)/float64(r.Triples), number(r.PeakBytes/1_000_000), r.Began.Format(time.DateTime), r.Machine.Commit, loadsOf(r))
	}
	p("\nPeak memory counts the files of the store that are mapped.\n\n![Processor time by class of query](img/growth.svg)\n\n![Processor time of each query](img/growth-queries.svg)\n")
	p("\n## Factors by class\n\nHow many times longer a query takes with the next size: geometric mean of the class, by processor time and by median time.\n\n| class |")
	steps := func(text string) {
		for i := range rs[1:] {
			p(" "+text+" |", rs[i].Label, rs[i+1].Label, number(int64(math.Round(float64(rs[i+1].Triples)/float64(rs[i].Triples)))))
		}
	}
	if len(rs) > 1 {
		steps("%s → %s, processor time (data × %s)")
		steps("%s → %s, median time (data × %s)")
		p("\n| --- |%s\n", strings.Repeat(" ---: |", 2*len(rs)-2))
		_, medians := growthByKind(rs, names, median)
		for _, k := range kinds {
			p("| %s |", k)
			for _, of := range []map[string][]float64{means, medians} {
				for i := range rs[1:] {
					p(" %s |", factorText(of[k][i+1]/of[k][i]))
				}
			}
			p("\n")
		}
		p("\n")
		for i := range rs[1:] {
			growthVerdict(p, rs[i], rs[i+1], names)
		}
	}
	p("\n## Each query\n\nMedian time and, in brackets, processor time, ms; below them the least and the greatest time and the number of runs. Factors are of median time (processor time),\nof the bytes of the answer and of the rows that all operators of the plan yielded in a run that was measured (equal ones that are counted only, each): where these grow by\nmore than the data, the query has more to do or another plan; where they do not, what is left is memory that the processor's caches do not hold.\n\n| query |")
	for i, r := range rs {
		p(" %s |", r.Label)
		if i > 0 {
			p(" factor |")
		}
	}
	p("\n| --- |%s\n", strings.Repeat(" ---: |", 2*len(rs)-1))
	for _, n := range names {
		p("| %s |", n)
		for i, r := range rs {
			if a := r.Queries[n]; a != nil && a.Error == "" {
				times := strconv.Itoa(a.Runs)
				if a.Cold {
					times = "first"
				}
				p(" %s (%s)<br>%s–%s (%s) |", figure(a.MedianMs), figure(cpu(a)), figure(a.MinMs), figure(a.MaxMs), times)
			} else {
				p(" – |")
			}
			if i > 0 {
				p(" %s (%s), answer %s%s |", factorText(factor(rs[i-1], r, n, median)), factorText(factor(rs[i-1], r, n, cpu)), factorText(factor(rs[i-1], r, n, size)), rowsText(rs[i-1], r, n))
			}
		}
		p("\n")
	}
	none := true
	for _, n := range names {
		for _, r := range rs {
			if a := r.Queries[n]; a != nil && a.Error != "" {
				if none {
					p("\n## Without an answer\n\n")
				}
				none = false
				p("- %s, %s: %s\n", n, r.Label, oneLine(a.Error))
			}
		}
	}
	return os.WriteFile(c.growthPage, []byte(w.String()), 0o644)
}

// growthVerdict says how the step from one size to the next stands to what is wanted: queries that read a fixed part at most 1.5 times as
// long, if their answers do not grow, all others at most as the data grow.
func growthVerdict(p func(string, ...any), a, b *result, names []string) {
	data := float64(b.Triples) / float64(a.Triples)
	var over, steep []string
	points, others := 0, 0
	for _, n := range names {
		f := factor(a, b, n, cpu)
		switch {
		case f == 0:
		case selective[kindOf(n)]:
			if points++; f > 1.5*max(1, factor(a, b, n, size)) {
				over = append(over, fmt.Sprintf("%s (%.2f%s)", n, f, rowsText(a, b, n)))
			}
		default:
			if others++; f > data*1.05 {
				steep = append(steep, fmt.Sprintf("%s (%.2f%s)", n, f, rowsText(a, b, n)))
			}
		}
	}
	list := func(s []string) string {
		if len(s) == 0 {
			return "none"
		}
		return strings.Join(s, ", ")
	}
	p("- %s → %s, by processor time: of %d queries about points, values and counts, more than 1.5 times as long for each byte of the answer: %s. Of the %d others, more than the data grow: %s.\n",
		a.Label, b.Label, points, list(over), others, list(steep))
}
