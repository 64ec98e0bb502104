package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
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

// result is what was measured of an engine.
type result struct {
	Name     string    `json:"name"`
	Label    string    `json:"label"`
	Version  string    `json:"version"`
	Settings string    `json:"settings"`
	Data     string    `json:"data"`
	Triples  int64     `json:"triples"`
	Began    time.Time `json:"began"`
	Machine  machine   `json:"machine"`

	LoadSeconds    float64 `json:"load_seconds"`
	LoadCPUSeconds float64 `json:"load_cpu_seconds"`
	LoadPeakBytes  int64   `json:"load_peak_bytes"`
	DiskBytes      int64   `json:"disk_bytes"`
	PeakBytes      int64   `json:"peak_bytes"` // while the queries were answered

	Queries map[string]*answer `json:"queries"`
	Points  map[string]*points `json:"points"` // by number of clients
}

// answer is what was measured of a query.
type answer struct {
	Error     string  `json:"error,omitempty"`
	Rows      int     `json:"rows"`
	Hash      string  `json:"hash"`
	Bytes     int64   `json:"bytes"`
	FirstMs   float64 `json:"first_ms"`
	MinMs     float64 `json:"min_ms"`
	MedianMs  float64 `json:"median_ms"`
	MaxMs     float64 `json:"max_ms"`
	CPUMs     float64 `json:"cpu_ms"`
	Runs      int     `json:"runs"`
	Load      float64 `json:"load_average"`
	Describes bool    `json:"describes,omitempty"` // what it answers is the engine's choice
}

// points is the throughput of small queries.
type points struct {
	PerSecond    float64   `json:"per_second"` // median
	All          []float64 `json:"all"`
	P50Ms, P99Ms float64
	Load         float64 `json:"load_average"`
}

type client struct {
	base string
	http *http.Client
}

func newClient(port int, endpoint string) *client {
	t := &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true, ReadBufferSize: 256 << 10}
	return &client{base: fmt.Sprintf("http://127.0.0.1:%d%s", port, endpoint), http: &http.Client{Transport: t}}
}

func accept(q *query) string {
	if q.graph {
		return "application/n-triples, text/plain;q=0.5"
	}
	return "application/sparql-results+json"
}

// ask sends a query and gives the time until the whole answer was there.
func (c *client) ask(q *query, limit time.Duration, body io.Writer) (took time.Duration, n int64, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"query="+url.QueryEscape(q.text), nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Accept", accept(q))
	begin := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) //nolint:errcheck // the status says enough
		return 0, 0, fmt.Errorf("status %d: %s", resp.StatusCode, strings.Join(strings.Fields(string(text)), " "))
	}
	n, err = io.CopyBuffer(body, struct{ io.Reader }{resp.Body}, make([]byte, 256<<10))
	return time.Since(begin), n, err
}

type counter struct{}

func (counter) Write(b []byte) (int, error) { return len(b), nil }

// setting is an engine's folder, ports and environment.
type setting struct {
	engine      *engine
	db, logFile string
	port        int
	env         []string
	triples     int64
	loadCPU     time.Duration
}

func setUp(e *engine, c *config) (*setting, error) {
	data, err := filepath.Abs(c.data)
	if err != nil {
		return nil, err
	}
	home, err := filepath.Abs(c.home)
	if err != nil {
		return nil, err
	}
	s := &setting{engine: e, db: filepath.Join(home, "db-"+e.Name), logFile: filepath.Join(home, e.Name+".log")}
	if s.triples, err = countLines(data); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(s.db); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.db, 0o755); err != nil {
		return nil, err
	}
	port2 := 0
	if s.port, port2, err = freePorts(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	threads := 20
	if len(c.loadClients) > 0 {
		threads += slices.Max(c.loadClients)
	}
	s.env = append(os.Environ(), "DATA="+data, "DB="+s.db, "PORT="+strconv.Itoa(s.port), "PORT2="+strconv.Itoa(port2), "TIMEOUT_S="+strconv.Itoa(int(c.timeout.Seconds())),
		"HTTP_THREADS="+strconv.Itoa(threads))
	s.env = append(s.env, e.env...)
	return s, nil
}

func (s *setting) close() error { return os.RemoveAll(s.db) }

// load loads the data. The process has ended; peak is the most memory that it took.
func (s *setting) load(c *config) (peak int64, err error) {
	log.Printf("%s (%s): load, load average %.1f", s.engine.Label, versionOf(s.engine), loadAverage())
	p, err := start(s.engine.load, s.env, s.logFile)
	if err != nil {
		return 0, err
	}
	most := p.watch()
	if err := p.wait(c.load); err != nil {
		return 0, fmt.Errorf("load: %w; see %s", err, s.logFile)
	}
	s.loadCPU = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	return most(), nil
}

// measureEngine loads, serves and asks.
func measureEngine(e *engine, c *config, qs []query, targets []string) (*result, error) {
	s, err := setUp(e, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	port, env, logFile := s.port, s.env, s.logFile
	r := &result{Name: e.Name, Label: e.Label, Version: versionOf(e), Settings: e.Settings, Data: c.name, Triples: s.triples, Began: time.Now().UTC().Truncate(time.Second), Machine: thisMachine(),
		Queries: map[string]*answer{}, Points: map[string]*points{}}
	begin := time.Now()
	if r.LoadPeakBytes, err = s.load(c); err != nil {
		return nil, err
	}
	r.LoadSeconds, r.LoadCPUSeconds = time.Since(begin).Seconds(), s.loadCPU.Seconds()
	r.DiskBytes = diskBytes(s.db)
	log.Printf("  %.1f s, %.0f triples/s, %.0f bytes a triple", r.LoadSeconds, float64(r.Triples)/r.LoadSeconds, float64(r.DiskBytes)/float64(r.Triples))

	p, err := serve(e, env, logFile, port)
	if err != nil {
		return nil, err
	}
	defer func() { p.stop() }()
	cl := newClient(port, e.endpoint)
	peak := p.watch()
	for i := range qs {
		a, late := measureQuery(cl, p, &qs[i], c)
		r.Queries[qs[i].name] = a
		if a.Error != "" {
			log.Printf("  %-28s %s", qs[i].name, a.Error)
		} else {
			log.Printf("  %-28s %10.2f ms %10d rows", qs[i].name, a.MedianMs, a.Rows)
		}
		if late { // it may still be at it
			r.PeakBytes = max(r.PeakBytes, peak())
			p.stop()
			if p, err = serve(e, env, logFile, port); err != nil {
				return nil, err
			}
			cl, peak = newClient(port, e.endpoint), p.watch()
		}
	}
	r.PeakBytes = max(r.PeakBytes, peak())
	if c.points > 0 {
		for _, clients := range []int{1, 8} {
			m, err := throughput(cl.base, targets, clients, c.points)
			if err != nil {
				log.Printf("  points: %v", err)
				break
			}
			r.Points[strconv.Itoa(clients)] = m
			log.Printf("  points, %d clients: %.0f/s, p99 %.2f ms", clients, m.PerSecond, m.P99Ms)
		}
	}
	return r, nil
}

// serve starts the server and waits until it answers.
func serve(e *engine, env []string, logFile string, port int) (*process, error) {
	p, err := start(e.serve, env, logFile)
	if err != nil {
		return nil, err
	}
	c := newClient(port, e.endpoint)
	for begin := time.Now(); time.Since(begin) < 3*time.Minute; {
		select {
		case err := <-p.done:
			return nil, fmt.Errorf("the server stopped: %v; see %s", err, logFile)
		case <-time.After(100 * time.Millisecond):
		}
		if _, _, err := c.ask(&query{text: "ASK { ?s ?p ?o }"}, 10*time.Second, counter{}); err == nil {
			return p, nil
		}
	}
	p.stop()
	return nil, fmt.Errorf("the server does not answer; see %s", logFile)
}

// measureQuery asks a query once for its answer and then for the time; late says that it took longer than it may.
func measureQuery(cl *client, p *process, q *query, c *config) (a *answer, late bool) {
	a = &answer{Load: loadAverage()}
	digest := newDigest(q)
	first, n, err := cl.ask(q, c.timeout, digest)
	if err == nil {
		a.Rows, a.Hash, err = digest.sum()
	}
	if err != nil {
		a.Error = strings.TrimPrefix(err.Error(), "Get ")
		if late = errors.Is(err, context.DeadlineExceeded); late {
			a.Error = fmt.Sprintf("longer than %v", c.timeout)
		}
		return a, late
	}
	a.Describes = describes(q)
	a.FirstMs, a.Bytes = ms(first), n
	// The first time includes what this program does with the answer; the others do not.
	runs := c.runs
	if first > 5*time.Second {
		runs = min(2, runs)
	}
	var times []time.Duration
	cpu, _ := p.usage()
	for begin := time.Now(); len(times) < runs || len(times) < 50 && time.Since(begin) < 500*time.Millisecond; {
		t, _, err := cl.ask(q, c.timeout, counter{})
		if err != nil {
			a.Error = "again: " + err.Error()
			return a, errors.Is(err, context.DeadlineExceeded)
		}
		times = append(times, t)
	}
	after, _ := p.usage()
	slices.Sort(times)
	a.Runs, a.CPUMs = len(times), ms(after-cpu)/float64(len(times))
	a.MinMs, a.MedianMs, a.MaxMs = ms(times[0]), ms(times[len(times)/2]), ms(times[len(times)-1])
	return a, false
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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

func countLines(path string) (n int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for {
		k, err := f.Read(buf)
		for _, b := range buf[:k] {
			if b == '\n' {
				n++
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return 0, err
		}
	}
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

// throughput asks small queries by wrk, three times; the median counts.
func throughput(base string, targets []string, clients int, each time.Duration) (*points, error) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		return nil, fmt.Errorf("wrk %w", errNotInstalled)
	}
	dir, err := os.MkdirTemp("", "points")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	var lines strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&lines, "%s?%squery=%s\n", u.Path, u.RawQuery, t)
	}
	script, list := filepath.Join(dir, "points.lua"), filepath.Join(dir, "points.txt")
	if err := errors.Join(os.WriteFile(script, []byte(wrkScript), 0o644), os.WriteFile(list, []byte(lines.String()), 0o644)); err != nil {
		return nil, err
	}
	type round struct{ rate, p50, p99 float64 }
	var rounds []round
	m := &points{Load: loadAverage()}
	for range 3 {
		cmd := exec.CommandContext(context.Background(), wrk, "-t1", "-c"+strconv.Itoa(clients), "-d"+strconv.Itoa(max(1, int(each.Seconds())))+"s", "--latency", "-s", script, u.Scheme+"://"+u.Host, "--", list)
		b, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("wrk: %w: %s", err, b)
		}
		var x round
		for _, f := range wrkFigure.FindAllSubmatch(b, -1) {
			v, err := strconv.ParseFloat(string(f[2]), 64)
			if err != nil {
				return nil, err
			}
			switch string(f[3]) {
			case "us":
				v /= 1000
			case "s":
				v *= 1000
			}
			switch string(f[1]) {
			case "50%":
				x.p50 = v
			case "99%":
				x.p99 = v
			case "Requests/sec:":
				x.rate = v
			default:
				return nil, fmt.Errorf("%.0f requests were not answered with 200", v)
			}
		}
		rounds = append(rounds, x)
		m.All = append(m.All, x.rate)
	}
	slices.SortFunc(rounds, func(a, b round) int { return int(a.rate - b.rate) })
	m.PerSecond, m.P50Ms, m.P99Ms = rounds[1].rate, rounds[1].p50, rounds[1].p99
	return m, nil
}
