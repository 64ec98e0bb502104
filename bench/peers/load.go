package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// loadResult is what bench/load measured of an engine under many clients.
type loadResult struct {
	Name    string    `json:"name"`
	Label   string    `json:"label"`
	Version string    `json:"version"`
	Mix     string    `json:"mix"` // queries, or all: pages too
	Data    string    `json:"data"`
	Triples int64     `json:"triples"`
	Began   time.Time `json:"began"`
	Machine machine   `json:"machine"`
	// Load is the load average before each run.
	Load []float64 `json:"load_average"`
	Runs []loadRun `json:"runs"` // one for each number of clients
}

// loadRun is a report of bench/load, of which this reads a part.
type loadRun struct {
	Clients int     `json:"clients"`
	Seconds float64 `json:"seconds"`
	All     struct {
		Requests int     `json:"requests"`
		Errors   int     `json:"errors"`
		PerS     float64 `json:"per_s"`
		P50      float64 `json:"p50_ms"`
		P99      float64 `json:"p99_ms"`
		Max      float64 `json:"max_ms"`
	} `json:"all"`
	Memory *struct {
		First float64 `json:"first_mb"`
		Last  float64 `json:"last_mb"`
		Max   float64 `json:"max_mb"`
		CPU   float64 `json:"cpu_s"`
	} `json:"memory"`
	Failures []string `json:"failures"`
}

// loadEngine loads the data, serves it and lets bench/load ask. For this store there is a run with pages besides.
func loadEngine(e *engine, c *config) ([]*loadResult, error) {
	s, err := setUp(e, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if _, err := s.load(c.load); err != nil {
		return nil, err
	}
	p, err := serve(e, s.env, s.logFile, s.port)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var out []*loadResult
	for _, mix := range mixes(e) {
		r := &loadResult{Name: e.Name, Label: e.Label, Version: versionOf(e), Mix: mix, Data: c.name, Triples: s.triples, Began: time.Now().UTC().Truncate(time.Second), Machine: thisMachine()}
		address := fmt.Sprintf("http://127.0.0.1:%d", s.port)
		if mix == "queries" {
			address += strings.TrimRight(e.endpoint, "?&")
		}
		for _, clients := range c.loadClients {
			r.Load = append(r.Load, loadAverage())
			run, err := runLoad(c, address, mix, clients, p.cmd.Process.Pid)
			if err != nil {
				return out, fmt.Errorf("%s, %s, %d clients: %w", e.Name, mix, clients, err)
			}
			log.Printf("  %s, %d clients: %.0f/s, p99 %.1f ms, %d errors", mix, clients, run.All.PerS, run.All.P99, run.All.Errors)
			for _, f := range run.Failures[:min(2, len(run.Failures))] {
				log.Printf("    %s", f)
			}
			r.Runs = append(r.Runs, *run)
		}
		out = append(out, r)
	}
	return out, nil
}

// mixes are what an engine is asked: pages only where it has some of the kind.
func mixes(e *engine) []string {
	if strings.HasPrefix(e.Name, "triplestore") {
		return []string{"queries", "all"}
	}
	return []string{"queries"}
}

func runLoad(c *config, address, mix string, clients, pid int) (*loadRun, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.loadTime+5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.loadTool, "-url", address, "-mix", mix, "-clients", strconv.Itoa(clients), "-duration", c.loadTime.String(), "-pid", strconv.Itoa(pid), "-json")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	b, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	var runs []loadRun // there is one also where requests failed, which makes the exit code 1
	if jerr := json.Unmarshal(b, &runs); jerr != nil || len(runs) != 1 {
		return nil, fmt.Errorf("%s: %w: %s", c.loadTool, errors.Join(err, jerr), bytes.TrimSpace(errs.Bytes()))
	}
	return &runs[0], nil
}

// measureLoad is what the program does with -clients.
func measureLoad(c *config, dir string) error {
	if !c.reportOnly {
		for name := range strings.SplitSeq(c.engines, ",") {
			e, err := findEngine(strings.TrimSpace(name), c)
			if errors.Is(err, errNotInstalled) {
				log.Printf("%v: left out", err)
				continue
			} else if err != nil {
				return err
			}
			rs, err := loadEngine(e, c)
			if err != nil { // the others have their turn all the same, and what was measured before stays
				log.Printf("%v", err)
			}
			for _, r := range rs {
				if err := writeJSON(filepath.Join(dir, "load-"+r.Name+"-"+r.Mix+".json"), r); err != nil {
					return err
				}
			}
		}
	}
	all, err := readLoad(dir)
	if err != nil {
		return err
	}
	return writeLoad(c.loadPage, all)
}

// readLoad reads what was measured of the engines, now or before: each engine has its newest. What was measured with other data than
// the last is left out.
func readLoad(dir string) ([]*loadResult, error) {
	var all []*loadResult
	var last *loadResult
	for _, mix := range []string{"queries", "all"} {
		for _, name := range engineNames {
			r := &loadResult{}
			if err := readJSON(filepath.Join(dir, "load-"+name+"-"+mix+".json"), r); errors.Is(err, os.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			all = append(all, r)
			if last == nil || r.Began.After(last.Began) {
				last = r
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("nothing was measured")
	}
	return slices.DeleteFunc(all, func(r *loadResult) bool { return r.Triples != last.Triples }), nil
}

// Marks in the page between which the table stands.
const (
	loadBegin = "<!-- load of peers: written by make load-peers -->"
	loadEnd   = "<!-- end of the load of peers -->"
)

// writeLoad puts the table into a page, in the place of the one that was there.
func writeLoad(page string, all []*loadResult) error {
	return replacePart(page, loadBegin, loadEnd, loadTable(all))
}

func loadTable(all []*loadResult) string {
	var b strings.Builder
	first := all[0]
	fmt.Fprintf(&b, "%s triples (`%s`); %s, %d cores, %s; %s. Versions and settings of the engines are in [peers.md](peers.md).\n\n", number(first.Triples), first.Data, first.Machine.CPU,
		first.Machine.Cores, first.Machine.System, first.Machine.Go)
	b.WriteString("| engine | asked | clients | requests/s | errors | p50, ms | p99, ms | max, ms | processor time a request, ms | peak memory, MB | load average before | measured (UTC), commit |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	for _, r := range all {
		asked := "queries"
		if r.Mix == "all" {
			asked = "queries and pages"
		}
		for i, run := range r.Runs {
			cpu, memory := "–", "–"
			if m := run.Memory; m != nil && run.All.Requests > 0 {
				cpu, memory = fmt.Sprintf("%.2f", m.CPU*1000/float64(run.All.Requests)), number(int64(m.Max))
			}
			load := "–"
			if i < len(r.Load) {
				load = fmt.Sprintf("%.1f", r.Load[i])
			}
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %.1f | %.1f | %s | %s | %s | %s | %s, %s |\n", r.Label, asked, run.Clients, number(int64(run.All.PerS)), number(int64(run.All.Errors)),
				run.All.P50, run.All.P99, number(int64(run.All.Max)), cpu, memory, load, r.Began.Format("2 Jan 2006 15:04"), r.Machine.Commit)
		}
	}
	for _, clients := range clientsOf(all) {
		own, best := 0.0, 0.0
		bestLabel := ""
		for _, r := range all {
			for _, run := range r.Runs {
				switch {
				case run.Clients != clients || r.Mix != "queries" || run.All.Errors > 0: // an engine that is gone refuses at once
				case strings.HasPrefix(r.Name, "triplestore"):
					if r.Name == "triplestore" {
						own = run.All.PerS
					}
				case run.All.PerS > best:
					best, bestLabel = run.All.PerS, r.Label
				}
			}
		}
		if own > 0 && best > 0 {
			fmt.Fprintf(&b, "\n- %d clients, queries: this store, without the answers that it keeps, %.1f times %s, the best of the others.", clients, own/best, bestLabel)
		}
	}
	b.WriteString("\n")
	return b.String()
}

func clientsOf(all []*loadResult) (out []int) {
	for _, r := range all {
		for _, run := range r.Runs {
			if !slices.Contains(out, run.Clients) {
				out = append(out, run.Clients)
			}
		}
	}
	slices.Sort(out)
	return out
}
