// Command load puts a server under the load of many clients: each sends one request after another, point queries and pages of resources
// in a fixed mix, and checks the answers. It tells requests per second, the times that half, 90 % and 99 % of the requests stay
// below, errors, and, if it is told the process, the server's memory while it goes on.
//
//	triplestore serve --store DIR &
//	go run ./bench/load -url http://localhost:7878 -clients 8,256 -duration 60s -pid PID
//	go run ./bench/load -url http://localhost:3030/ds/query -mix queries     # another engine, which has no pages
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"time"
)

type config struct {
	url      string
	clients  []int
	duration time.Duration
	mix      string
	sample   int
	seed     uint64
	pid      int
	class    string
}

func main() {
	var c config
	clients := flag.String("clients", "8,256", "numbers of clients, one run for each")
	flag.StringVar(&c.url, "url", "http://localhost:7878", "the server's address; for -mix queries that of its SPARQL endpoint")
	flag.DurationVar(&c.duration, "duration", time.Minute, "length of a run")
	flag.StringVar(&c.mix, "mix", "all", "all: queries and pages; queries: queries only")
	flag.IntVar(&c.sample, "sample", 2000, "how many resources to ask about")
	flag.StringVar(&c.class, "class", "http://www.w3.org/ns/dcat#Dataset", "IRI of the class whose instances to ask about")
	flag.Uint64Var(&c.seed, "seed", 1, "of the choices")
	flag.IntVar(&c.pid, "pid", 0, "the server's process, for its memory")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	for n := range strings.SplitSeq(*clients, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil || i < 1 {
			fmt.Fprintf(os.Stderr, "load: -clients %s: %q is no number of clients\n", *clients, n)
			os.Exit(2)
		}
		c.clients = append(c.clients, i)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, c, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, c config, asJSON bool) error {
	t, err := prepare(ctx, c)
	if err != nil {
		return err
	}
	var reports []*report
	failed := 0
	for _, n := range c.clients {
		r, err := t.run(ctx, n)
		if err != nil {
			return err
		}
		reports = append(reports, r)
		failed += r.All.Errors
		if !asJSON {
			r.print(out)
		}
	}
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(reports); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d requests failed", failed)
	}
	return nil
}

// report is what a run found.
type report struct {
	Clients int            `json:"clients"`
	Seconds float64        `json:"seconds"`
	All     figures        `json:"all"`
	Kinds   []namedFigures `json:"kinds"`
	Memory  *memory        `json:"memory,omitempty"`
	// Failures are some of the errors.
	Failures []string `json:"failures,omitempty"`
}

type namedFigures struct {
	Kind string `json:"kind"`
	figures
}

// figures are of requests; times are in milliseconds.
type figures struct {
	Requests int     `json:"requests"`
	Errors   int     `json:"errors"`
	PerS     float64 `json:"per_s"`
	P50      float64 `json:"p50_ms"`
	P90      float64 `json:"p90_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
	MB       float64 `json:"mb"` // 10^6 bytes of bodies, unpacked
}

// memory is resident memory of the server in MB (10^6 bytes). First and Last are medians of the first and last quarter of the samples
// after warming up, which is a tenth of the time.
type memory struct {
	Samples int     `json:"samples"`
	First   float64 `json:"first_mb"`
	Last    float64 `json:"last_mb"`
	Max     float64 `json:"max_mb"`
	CPU     float64 `json:"cpu_s"` // processor time that the server took
}

func memoryOf(samples []float64, cpu float64) *memory {
	if len(samples) == 0 {
		return nil
	}
	warm := samples[len(samples)/10:]
	quarter := max(1, len(warm)/4)
	return &memory{len(samples), median(warm[:quarter]), median(warm[len(warm)-quarter:]), slices.Max(samples), cpu}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "%d clients, %.0f s\n%-14s %10s %8s %10s %9s %9s %9s %9s %9s\n", r.Clients, r.Seconds, "", "requests", "errors", "per s", "p50 ms", "p90 ms", "p99 ms",
		"max ms", "MB")
	for _, k := range append([]namedFigures{{"all", r.All}}, r.Kinds...) {
		fmt.Fprintf(out, "%-14s %10d %8d %10.0f %9.2f %9.2f %9.2f %9.2f %9.1f\n", k.Kind, k.Requests, k.Errors, k.PerS, k.P50, k.P90, k.P99, k.Max, k.MB)
	}
	if m := r.Memory; m != nil {
		fmt.Fprintf(out, "memory: %.0f MB in the first quarter, %.0f MB in the last, at most %.0f MB; processor time %.0f s\n", m.First, m.Last, m.Max, m.CPU)
	}
	for _, f := range r.Failures {
		fmt.Fprintln(out, "  failed:", f)
	}
	fmt.Fprintln(out)
}
