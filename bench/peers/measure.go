package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
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

	Budget      string `json:"budget"`         // what the engine had for all; 0s: no limit
	Timeout     string `json:"timeout"`        // of a query
	Warm        string `json:"warm,omitempty"` // how long small queries were asked before anything was measured
	AtLeast     int    `json:"runs"`           // runs of a query after the first, unless it is slow
	Restarts    int    `json:"restarts"`
	Streamed    bool   `json:"streamed,omitempty"` // the generator ran while it was loaded
	Failed      string `json:"failed,omitempty"`   // why it was not asked at all
	PointsError string `json:"points_error,omitempty"`
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
	Cold      bool    `json:"cold,omitempty"` // it was asked once only
	Load      float64 `json:"load_average"`
	Describes bool    `json:"describes,omitempty"` // what it answers is the engine's choice
	Work      int64   `json:"work,omitempty"`      // rows that the operators of its plan yielded; only with -growth
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
	data, err := filepath.Abs(cmp.Or(e.data, c.data))
	if err != nil {
		return nil, err
	}
	home, err := filepath.Abs(c.home)
	if err != nil {
		return nil, err
	}
	s := &setting{engine: e, db: filepath.Join(home, "db-"+e.Name), logFile: filepath.Join(home, e.Name+".log")}
	if !e.streamed {
		if s.triples, err = countLines(data); err != nil {
			return nil, err
		}
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
func (s *setting) load(limit time.Duration) (peak int64, err error) {
	log.Printf("%s (%s): load, load average %.1f", s.engine.Label, versionOf(s.engine), loadAverage())
	p, err := start(s.engine.load, s.env, s.logFile)
	if err != nil {
		return 0, err
	}
	most := p.watch()
	err = p.wait(limit)
	peak = most()
	if state := p.cmd.ProcessState; state != nil {
		s.loadCPU = state.UserTime() + state.SystemTime()
	}
	if err != nil {
		return peak, fmt.Errorf("load: %w; see %s", err, filepath.Base(s.logFile))
	}
	return peak, nil
}

// measureEngine loads, serves and asks. What goes wrong with the engine is part of the result.
func measureEngine(e *engine, c *config, qs []query, targets []string) (*result, error) {
	s, err := setUp(e, c)
	if err != nil {
		return nil, err
	}
	defer s.close()
	begin := time.Now()
	r := &result{Name: e.Name, Label: e.Label, Version: versionOf(e), Settings: e.Settings, Data: c.name, Triples: s.triples, Began: begin.UTC().Truncate(time.Second), Machine: thisMachine(),
		Budget: c.budget.String(), Timeout: c.timeout.String(), AtLeast: c.runs, Streamed: e.streamed, Queries: map[string]*answer{}, Points: map[string]*points{}}
	limit := c.load
	if c.budget > 0 {
		limit = min(limit, c.budget)
	}
	r.LoadPeakBytes, err = s.load(limit)
	r.LoadSeconds, r.LoadCPUSeconds = time.Since(begin).Seconds(), s.loadCPU.Seconds()
	if err != nil {
		r.Failed = err.Error()
		log.Printf("  %v", err)
		return r, nil
	}
	r.DiskBytes = diskBytes(s.db)
	server := &served{s: s}
	defer server.stop()
	if e.streamed {
		if err = server.running(); err == nil {
			r.Triples, err = countAll(server.cl)
		}
		if err != nil {
			r.Failed = err.Error()
			return r, nil
		}
	}
	log.Printf("  %.1f s, %.0f triples/s, %.0f bytes a triple", r.LoadSeconds, float64(r.Triples)/r.LoadSeconds, float64(r.DiskBytes)/float64(r.Triples))
	t := turns{begin: time.Now()}
	if c.budget > 0 {
		t.end = begin.Add(c.budget - 6*c.points) // small queries always have their turn
	}
	if err := server.warm(targets, c.warm); err != nil {
		log.Printf("  warming up: %v", err)
	} else if c.warm > 0 && len(targets) > 0 {
		r.Warm = c.warm.String()
	}
	for i := range qs {
		a := server.answer(&qs[i], c, t.share(len(qs)-i))
		r.Queries[qs[i].name] = a
		if a.Error != "" {
			log.Printf("  %-28s %s", qs[i].name, a.Error)
		} else {
			log.Printf("  %-28s %10.2f ms %10d rows", qs[i].name, a.MedianMs, a.Rows)
		}
	}
	if c.points > 0 && len(targets) > 0 {
		r.PointsError = server.points(r, targets, c)
	}
	server.stop()
	r.PeakBytes, r.Restarts = server.peak, max(server.starts-1, 0)
	return r, nil
}

// Of growth, a query that takes less than growthWarm at first is asked growthWarmUps times before it is measured.
const (
	growthWarm    = 10 * time.Second
	growthWarmUps = 3
)

// measureQuery asks a query once for its answer and then for the time; late says that it took longer than it may. Slow queries are
// repeated less often: as often as their share of the time allows, once at least if the first time did not take all of it.
func measureQuery(cl *client, p *process, q *query, c *config, t share) (a *answer, late bool) {
	a = &answer{Load: loadAverage()}
	digest := newDigest(q)
	defer digest.close()
	limit := min(c.timeout, t.left)
	cpu, _ := p.usage()
	var body io.Writer = digest
	if c.growth != "" { // answers of a hundred million triples are not compared
		body = counter{}
	}
	first, n, err := cl.ask(q, limit, body)
	after, _ := p.usage()
	if err == nil && c.growth == "" {
		a.Rows, a.Hash, err = digest.sum()
	}
	if err != nil {
		a.Error = strings.TrimPrefix(err.Error(), "Get ")
		if late = errors.Is(err, context.DeadlineExceeded); late {
			a.Error = fmt.Sprintf("longer than %v", limit.Round(time.Millisecond*100))
			if limit < c.timeout {
				a.Error += ", which was left of the engine's " + c.budget.String()
			}
		}
		return a, late
	}
	a.Describes = describes(q)
	a.FirstMs, a.Bytes = ms(first), n
	// The first time includes what this program does with the answer; the others do not.
	times, used := []time.Duration{first}, after-cpu
	runs := c.runs
	switch {
	case first >= t.each:
		runs, a.Cold = 0, true
	case first > 10*time.Second:
		runs = 1
	case first > 2*time.Second:
		runs = min(2, runs)
	}
	if c.growth != "" && first < growthWarm { // what a query decodes is kept after the third time, and the heap has its size
		for range growthWarmUps - 1 {
			if _, _, err := cl.ask(q, limit, counter{}); err != nil {
				a.Error = "again: " + err.Error()
				return a, false
			}
		}
	}
	if runs > 0 {
		times = nil
		cpu, _ = p.usage()
		for begin := time.Now(); len(times) < runs || len(times) < 400 && time.Since(begin) < 500*time.Millisecond; {
			if len(times) > 0 && time.Since(begin)+first > t.each {
				break
			}
			took, _, err := cl.ask(q, limit, counter{})
			if late = errors.Is(err, context.DeadlineExceeded); late {
				if a.Cold = len(times) == 0; a.Cold {
					times = []time.Duration{first}
				}
				break
			}
			if err != nil {
				a.Error = "again: " + err.Error()
				return a, false
			}
			times = append(times, took)
		}
		if !a.Cold {
			after, _ = p.usage()
			used = after - cpu
		}
	}
	slices.Sort(times)
	a.Runs, a.CPUMs = len(times), ms(used)/float64(len(times))
	a.MinMs, a.MedianMs, a.MaxMs = ms(times[0]), ms(times[len(times)/2]), ms(times[len(times)-1])
	if c.growth != "" && first < 10*time.Second {
		if a.Work, err = cl.work(q, limit); err != nil {
			log.Printf("  %s: its rows are not known: %v", q.name, err)
		}
	}
	return a, late
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
