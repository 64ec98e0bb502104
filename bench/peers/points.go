package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// points is the throughput of small queries.
type points struct {
	PerSecond    float64   `json:"per_second"` // median
	All          []float64 `json:"all"`
	P50Ms, P99Ms float64
	Load         float64 `json:"load_average"`
}

// pointQueries are small queries, each about one subject of the data, as query strings.
func pointQueries(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const wanted = 2000
	var out []string
	for i := range int64(wanted) {
		if _, err := f.Seek(info.Size()/wanted*i, io.SeekStart); err != nil {
			return nil, err
		}
		r := bufio.NewReader(f)
		if _, err := r.ReadString('\n'); err != nil && i > 0 { // the rest of a line
			break
		}
		line, err := r.ReadString('\n')
		if err != nil {
			break
		}
		if s, _, ok := strings.Cut(line, " "); ok && s[0] == '<' {
			out = append(out, url.QueryEscape("SELECT ?p ?o WHERE { "+s+" ?p ?o }"))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no subjects", path)
	}
	return out, nil
}

const wrkScript = `local targets, i = {}, 0
function init(args)
  for line in io.lines(args[1]) do targets[#targets + 1] = line end
end
function request()
  i = i % #targets + 1
  return wrk.format("GET", targets[i], { ["Accept"] = "application/sparql-results+json" })
end
`

var wrkFigure = regexp.MustCompile(`(?m)^\s*(50%|99%|Requests/sec:|Non-2xx or 3xx responses:)\s*([0-9.]+)(us|ms|s|)`)

// round is one run of wrk.
type round struct{ perSecond, p50Ms, p99Ms float64 }

// throughput asks small queries by wrk, three times; the median counts.
func throughput(base string, targets []string, clients int, each time.Duration) (*points, error) {
	var rounds []round
	m := &points{Load: loadAverage()}
	for range 3 {
		x, err := askSmall(base, targets, clients, each)
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, x)
		m.All = append(m.All, x.perSecond)
	}
	slices.SortFunc(rounds, func(a, b round) int { return cmp.Compare(a.perSecond, b.perSecond) })
	m.PerSecond, m.P50Ms, m.P99Ms = rounds[1].perSecond, rounds[1].p50Ms, rounds[1].p99Ms
	return m, nil
}

// askSmall lets clients of wrk ask small queries one after the other for a while.
func askSmall(base string, targets []string, clients int, each time.Duration) (x round, err error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return x, fmt.Errorf("wrk %w", errNotInstalled)
	}
	dir, err := os.MkdirTemp("", "points")
	if err != nil {
		return x, err
	}
	defer os.RemoveAll(dir)
	u, err := url.Parse(base)
	if err != nil {
		return x, err
	}
	var lines strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&lines, "%s?%squery=%s\n", u.Path, u.RawQuery, t)
	}
	script, list := filepath.Join(dir, "points.lua"), filepath.Join(dir, "points.txt")
	if err := errors.Join(os.WriteFile(script, []byte(wrkScript), 0o644), os.WriteFile(list, []byte(lines.String()), 0o644)); err != nil {
		return x, err
	}
	cmd := exec.CommandContext(context.Background(), wrk, "-t1", "-c"+strconv.Itoa(clients), "-d"+strconv.Itoa(max(1, int(each.Seconds())))+"s", "--latency", "-s", script, u.Scheme+"://"+u.Host, "--", list)
	b, err := cmd.CombinedOutput()
	if err != nil {
		return x, fmt.Errorf("wrk: %w: %s", err, b)
	}
	return readRound(b)
}

// readRound reads what wrk prints.
func readRound(b []byte) (x round, err error) {
	for _, f := range wrkFigure.FindAllSubmatch(b, -1) {
		v, err := strconv.ParseFloat(string(f[2]), 64)
		if err != nil {
			return x, err
		}
		switch string(f[3]) {
		case "us":
			v /= 1000
		case "s":
			v *= 1000
		}
		switch string(f[1]) {
		case "50%":
			x.p50Ms = v
		case "99%":
			x.p99Ms = v
		case "Requests/sec:":
			x.perSecond = v
		default:
			return x, fmt.Errorf("%.0f requests were not answered with 200", v)
		}
	}
	if x.perSecond == 0 {
		return x, fmt.Errorf("wrk says no rate: %s", b)
	}
	return x, nil
}
