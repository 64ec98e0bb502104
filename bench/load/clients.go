package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// target is a server and what to ask it.
type target struct {
	c        config
	endpoint string
	iris     []string
	kinds    []kind
}

// kind is a way of asking about a resource. A part of Share in a hundred of the requests is of it.
type kind struct {
	name, accept string
	share        int
	address      func(iri string) string
	// check reports whether an answer is one that belongs to the resource.
	check func(iri string, body []byte) bool
}

const (
	browser    = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	resultJSON = "application/sparql-results+json"
)

// prepare asks the server for resources to ask about.
func prepare(ctx context.Context, c config) (*target, error) {
	t := &target{c: c, endpoint: strings.TrimSuffix(c.url, "/")}
	if c.mix == "all" {
		t.endpoint += "/sparql"
	} else if c.mix != "queries" {
		return nil, fmt.Errorf("-mix %s: there is all and queries", c.mix)
	}
	query := fmt.Sprintf("SELECT DISTINCT ?s { ?s a <%s> } LIMIT %d", c.class, c.sample)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.query(query), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", resultJSON)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Results struct {
			Bindings []map[string]struct{ Type, Value string }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %d, %w", query, resp.StatusCode, err)
	}
	for _, b := range answer.Results.Bindings {
		if b["s"].Type == "uri" {
			t.iris = append(t.iris, b["s"].Value)
		}
	}
	if len(t.iris) == 0 {
		return nil, fmt.Errorf("the server has no resource of the class <%s>: name one with -class", c.class)
	}
	t.kinds = t.mix()
	return t, nil
}

// query is the address of a query; that of the endpoint may have parameters.
func (t *target) query(text string) string {
	sep := "?query="
	if strings.Contains(t.endpoint, "?") {
		sep = "&query="
	}
	return t.endpoint + sep + url.QueryEscape(text)
}

// mix is what is asked: half queries and half pages, or queries alone.
func (t *target) mix() []kind {
	solutions := func(_ string, body []byte) bool { return bytes.Contains(body, []byte(`"value"`)) }
	ask := func(format string) func(string) string {
		return func(iri string) string { return t.query(strings.ReplaceAll(format, "IRI", "<"+iri+">")) }
	}
	queries := []kind{
		{"subject", resultJSON, 20, ask("SELECT ?p ?o { IRI ?p ?o }"), solutions},
		{"labels", resultJSON, 10, ask("SELECT ?title ?name { IRI <http://purl.org/dc/terms/title> ?title OPTIONAL { IRI <http://purl.org/dc/terms/publisher>/<http://xmlns.com/foaf/0.1/name> ?name } }"),
			solutions},
		{"siblings", resultJSON, 10, ask("SELECT ?other { IRI <http://purl.org/dc/terms/publisher> ?p . ?other <http://purl.org/dc/terms/publisher> ?p } LIMIT 20"), solutions},
		{"ask", resultJSON, 5, ask("ASK { IRI ?p ?o }"), func(_ string, body []byte) bool { return bytes.Contains(body, []byte("true")) }},
		{"describe", "text/turtle, application/n-triples", 5, ask("DESCRIBE IRI"), func(_ string, body []byte) bool { return len(body) > 0 }},
	}
	if t.c.mix == "queries" {
		return queries
	}
	page := func(iri string) string {
		return strings.TrimSuffix(t.c.url, "/") + "/resource?iri=" + url.QueryEscape(iri)
	}
	return append(queries,
		kind{"page", browser, 30, page, func(_ string, body []byte) bool { return bytes.HasSuffix(bytes.TrimSpace(body), []byte("</html>")) }},
		kind{"turtle", "text/turtle", 15, page, func(_ string, body []byte) bool { return bytes.HasSuffix(bytes.TrimSpace(body), []byte(".")) }},
		kind{"front", browser, 5, func(string) string { return strings.TrimSuffix(t.c.url, "/") + "/" }, func(_ string, body []byte) bool { return bytes.HasSuffix(bytes.TrimSpace(body), []byte("</html>")) }},
	)
}

// sample is a request that was made.
type sample struct {
	kind  uint8
	took  time.Duration
	bytes int
}

// run lets n clients ask for the duration.
func (t *target) run(ctx context.Context, n int) (*report, error) {
	ctx, cancel := context.WithTimeout(ctx, t.c.duration)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: n, MaxIdleConnsPerHost: n, MaxConnsPerHost: n}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var (
		wg       sync.WaitGroup
		mu       sync.Mutex
		samples  []sample
		errs     = make([]int, len(t.kinds))
		failures []string
	)
	start := time.Now()
	watched := watch(ctx, t.c.pid)
	for i := range n {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(t.c.seed, uint64(n)<<32|uint64(i)))
			var mine []sample
			for ctx.Err() == nil {
				k := t.choose(rng)
				began := time.Now()
				bytes, err := t.ask(ctx, client, &t.kinds[k], t.iris[rng.IntN(len(t.iris))])
				if ctx.Err() != nil {
					break // cut by the end of the run
				}
				mine = append(mine, sample{uint8(k), time.Since(began), bytes})
				if err != nil {
					mu.Lock()
					if errs[k]++; len(failures) < 10 {
						failures = append(failures, t.kinds[k].name+": "+err.Error())
					}
					mu.Unlock()
				}
			}
			mu.Lock()
			samples = append(samples, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	seconds := time.Since(start).Seconds()
	r := &report{Clients: n, Seconds: seconds, Failures: failures, Memory: <-watched}
	r.All = summarise(samples, seconds)
	for k := range t.kinds {
		own := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return int(s.kind) != k })
		f := summarise(own, seconds)
		f.Errors = errs[k]
		r.All.Errors += errs[k]
		r.Kinds = append(r.Kinds, namedFigures{t.kinds[k].name, f})
	}
	if len(samples) == 0 {
		return nil, errors.New("no request was answered in the time of a run")
	}
	return r, nil
}

func (t *target) choose(rng *rand.Rand) int {
	sum := 0
	for _, k := range t.kinds {
		sum += k.share
	}
	for at, i := rng.IntN(sum), 0; ; i++ {
		if at -= t.kinds[i].share; at < 0 {
			return i
		}
	}
}

func (t *target) ask(ctx context.Context, client *http.Client, k *kind, iri string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, k.address(iri), nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Accept", k.accept)
	resp, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return len(body), err
	case resp.StatusCode != http.StatusOK:
		return len(body), fmt.Errorf("%s: status %d: %.120q", r.URL, resp.StatusCode, body)
	case !k.check(iri, body):
		return len(body), fmt.Errorf("%s: an answer that does not fit: %.120q", r.URL, body)
	}
	return len(body), nil
}

func summarise(samples []sample, seconds float64) figures {
	if len(samples) == 0 {
		return figures{}
	}
	times := make([]time.Duration, len(samples))
	bytes := 0
	for i, s := range samples {
		times[i] = s.took
		bytes += s.bytes
	}
	slices.Sort(times)
	at := func(part float64) float64 {
		return times[min(len(times)-1, int(part*float64(len(times))))].Seconds() * 1e3
	}
	return figures{Requests: len(samples), PerS: float64(len(samples)) / seconds, P50: at(.5), P90: at(.9), P99: at(.99), Max: at(1), MB: float64(bytes) / 1e6}
}

// watch samples the memory of a process until ctx ends.
func watch(ctx context.Context, pid int) <-chan *memory {
	done := make(chan *memory, 1)
	if pid == 0 {
		done <- nil
		return done
	}
	go func() {
		var samples []float64
		before := processorTime(pid)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			if mb, ok := residentMemory(pid); ok {
				samples = append(samples, mb)
			}
			select {
			case <-ctx.Done():
				done <- memoryOf(samples, processorTime(pid)-before)
				return
			case <-tick.C:
			}
		}
	}()
	return done
}

// residentMemory reads what Linux tells; elsewhere there is nothing.
func residentMemory(pid int) (mb float64, ok bool) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb * 1024 / 1e6, err == nil
		}
	}
	return 0, false
}

// processorTime is in seconds; the clock of /proc has a hundred ticks in each.
func processorTime(pid int) float64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name of the program may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) / 100
}
