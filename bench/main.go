// Command bench measures what a store is made of, end to end and on this machine: how fast N-Triples and Turtle are parsed, how
// fast a file is loaded into a fresh store and how much disk a triple takes there, how fast all triples are scanned, how
// long it takes to look up a resource, what queries that read everything cost, how many small commits are made, and what replacing a graph again and again does to the disk. "make bench" runs it; docs/benchmarks.md holds results and how they were made.
//
//	go run ./bench                              data that it makes itself, half a million triples
//	go run ./bench -triples 5000000             more of it
//	go run ./bench -nt FILE.nt -ttl FILE.ttl    your own data
//	go run ./bench -json                        for machines
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Config is what the flags say.
type Config struct {
	Triples int
	Seed    uint64
	NT, TTL string
	Dir     string
	Rounds  int
	Lookups int
	Texts   int

	Commits, Replaces, ReplaceTriples int
}

// Report holds the figures.
type Report struct {
	Go      string `json:"go"`
	CPUs    int    `json:"cpus"`
	Triples uint64 `json:"triples"`
	NTBytes int64  `json:"nt_bytes"`

	NTParseMBs     float64 `json:"nt_parse_mb_per_s"` // 10^6 bytes
	NTParseTriples float64 `json:"nt_parse_triples_per_s"`
	TTLBytes       int64   `json:"ttl_bytes"`
	TTLParseMBs    float64 `json:"ttl_parse_mb_per_s"`
	TTLParseTriple float64 `json:"ttl_parse_triples_per_s"`

	LoadSeconds    float64 `json:"load_seconds"`
	LoadTriples    float64 `json:"load_triples_per_s"`
	LoadPeakMB     float64 `json:"load_peak_memory_mb"`
	DiskBytes      int64   `json:"disk_bytes"`
	BytesPerTriple float64 `json:"disk_bytes_per_triple"`

	OpenMs       float64 `json:"open_ms"`
	ScanCold     float64 `json:"scan_cold_triples_per_s"`
	ScanWarm     float64 `json:"scan_warm_triples_per_s"`
	ScanNs       float64 `json:"scan_cpu_ns_per_row"`
	ScanAll      float64 `json:"scan_all_cpus_triples_per_s"`
	ScanAllNs    float64 `json:"scan_all_cpus_cpu_ns_per_row"`
	LookupMedian float64 `json:"lookup_median_us"`
	LookupP99    float64 `json:"lookup_p99_us"`
	QueryMedian  float64 `json:"query_median_us"`
	QueryP99     float64 `json:"query_p99_us"`

	Texts          uint64  `json:"texts"`
	Sort           cost    `json:"sort_texts"`
	Group          cost    `json:"group_all"`
	GroupRows      float64 `json:"group_all_rows_per_cpu_s"`
	Construct      cost    `json:"construct_all"`
	ConstructBytes int64   `json:"construct_all_bytes"`
	ConstructMBs   float64 `json:"construct_all_mb_per_cpu_s"`

	Commits        float64 `json:"commits_per_s"`
	GroupedTriples float64 `json:"grouped_triples_per_s"`
	Replaces       int     `json:"replaces"`
	ReplaceSeconds float64 `json:"replace_seconds"`
	ReplaceFirst   int64   `json:"replace_first_bytes"`
	ReplaceMost    int64   `json:"replace_most_bytes"`
	ReplaceHeld    int64   `json:"replace_held_bytes"`
	ReplaceEnd     int64   `json:"replace_end_bytes"`
}

func main() {
	var c Config
	flag.IntVar(&c.Triples, "triples", 500_000, "about how many `triples` to make")
	flag.Uint64Var(&c.Seed, "seed", 1, "of the data that it makes")
	flag.StringVar(&c.NT, "nt", "", "N-Triples `file` to use instead; may be compressed for loading, not for the parse rate")
	flag.StringVar(&c.TTL, "ttl", "", "Turtle `file` to use instead")
	flag.StringVar(&c.Dir, "dir", "", "`folder` for data and store, on the disk to be measured; default: a temporary one, removed at the end")
	flag.IntVar(&c.Rounds, "rounds", 3, "how often to repeat what can be repeated; the best counts")
	flag.IntVar(&c.Lookups, "lookups", 2000, "how many resources to look up")
	flag.IntVar(&c.Texts, "texts", 1_000_000, "how many different `texts` to sort")
	onlyMake := flag.Bool("make", false, "only make the data, as data.nt and data.ttl in -dir")
	flag.IntVar(&c.Commits, "commits", 500, "how many small synced commits to make, first by one client, then by eight")
	flag.IntVar(&c.Replaces, "replaces", 30, "how often to replace a graph while a reader holds its first state")
	flag.IntVar(&c.ReplaceTriples, "replace-triples", 100_000, "how many `triples` that graph has")
	queries := flag.String("queries", "", "only ask the queries of this `folder` and print the processor time and the time of each in ms; -dir keeps the store for the next time")
	profile := flag.String("profile", "", "with -queries: write a CPU profile to this `file`")
	asJSON := flag.Bool("json", false, "print the figures as a JSON object")
	flag.Parse()
	if err := run(c, *asJSON, *onlyMake, *queries, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(c Config, asJSON, onlyMake bool, queries, profile string) error {
	if onlyMake {
		if c.Dir == "" {
			return errors.New("-make needs -dir")
		}
		_, err := generateFiles(&c)
		return err
	}
	if c.Dir == "" {
		dir, err := os.MkdirTemp("", "triplestore-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.Dir = dir
	}
	if c.NT == "" && (queries == "" || !exists(filepath.Join(c.Dir, "store"))) {
		start := time.Now()
		n, err := generateFiles(&c)
		if err != nil {
			return err
		}
		if !asJSON {
			fmt.Printf("made %d triples (seed %d) in %.1f s\n", n, c.Seed, time.Since(start).Seconds())
		}
	}
	if queries != "" {
		_, err := runQueries(context.Background(), c, queries, profile)
		return err
	}
	r, err := measure(c)
	if err != nil {
		return err
	}
	r.Go, r.CPUs = runtime.Version(), runtime.NumCPU()
	if asJSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	r.print()
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func generateFiles(c *Config) (int, error) {
	c.NT, c.TTL = filepath.Join(c.Dir, "data.nt"), filepath.Join(c.Dir, "data.ttl")
	nt, err := os.Create(c.NT)
	if err != nil {
		return 0, err
	}
	defer nt.Close()
	ttl, err := os.Create(c.TTL)
	if err != nil {
		return 0, err
	}
	defer ttl.Close()
	bn, bt := bufio.NewWriterSize(nt, 1<<20), bufio.NewWriterSize(ttl, 1<<20)
	n, err := generate(c.Seed, c.Triples, bn, bt)
	if err == nil {
		err = bn.Flush()
	}
	if err == nil {
		err = bt.Flush()
	}
	return n, err
}

func (r *Report) print() {
	line := func(name, format string, args ...any) { fmt.Printf("%-22s %s\n", name, fmt.Sprintf(format, args...)) }
	fmt.Printf("%d triples, %d CPUs, %s\n", r.Triples, r.CPUs, r.Go)
	line("parse N-Triples", "%8.1f MB/s   (%.1f MB, %.2f M triples/s, one goroutine)", r.NTParseMBs, float64(r.NTBytes)/1e6, r.NTParseTriples/1e6)
	if r.TTLBytes > 0 {
		line("parse Turtle", "%8.1f MB/s   (%.1f MB, %.2f M triples/s, one goroutine)", r.TTLParseMBs, float64(r.TTLBytes)/1e6, r.TTLParseTriple/1e6)
	}
	line("load", "%8.0f triples/s   (%.2f s from file to durable, peak memory %.0f MB)", r.LoadTriples, r.LoadSeconds, r.LoadPeakMB)
	line("disk", "%8.1f bytes per triple   (%.1f MB)", r.BytesPerTriple, float64(r.DiskBytes)/1e6)
	line("open", "%8.1f ms", r.OpenMs)
	line("full scan", "%8.1f M triples/s   (one core, %.1f ns of processor time a row; first time after opening: %.1f M/s)", r.ScanWarm/1e6, r.ScanNs, r.ScanCold/1e6)
	line("", "%8.1f M triples/s   (in %d parts side by side, %.1f ns of processor time a row)", r.ScanAll/1e6, runtime.GOMAXPROCS(0), r.ScanAllNs)
	line("point lookup", "%8.1f µs   (99th percentile %.1f; ID of an IRI, its triples, their terms)", r.LookupMedian, r.LookupP99)
	if r.QueryMedian > 0 {
		line("point query", "%8.1f µs   (99th percentile %.1f; the same as SPARQL text)", r.QueryMedian, r.QueryP99)
	}
	line("group all rows", "%8.1f M rows/s    (by predicate: %.1f ms of processor time, %.1f ms)", r.GroupRows/1e6, r.Group.CPU, r.Group.Wall)
	line("construct everything", "%8.1f MB/s   (%.1f MB of N-Triples: %.1f ms of processor time, %.1f ms)", r.ConstructMBs, float64(r.ConstructBytes)/1e6, r.Construct.CPU, r.Construct.Wall)
	if r.Texts > 0 {
		line("sort texts", "%8.1f ms of processor time   (%.1f ms; the first 100 of %d)", r.Sort.CPU, r.Sort.Wall, r.Texts)
	}
	if r.Commits > 0 {
		line("small commits", "%8.0f commits/s   (three triples each, synced, one client)", r.Commits)
		line("", "%8.0f triples/s   (eight clients)", r.GroupedTriples)
	}
	if r.Replaces > 0 {
		line("replace a graph", "%8.2f times the disk of the first load at the end   (%d times in %.1f s; %.1f MB, at most %.1f, at the end %.1f)",
			float64(r.ReplaceEnd)/float64(r.ReplaceFirst), r.Replaces, r.ReplaceSeconds, float64(r.ReplaceFirst)/1e6, float64(r.ReplaceMost)/1e6, float64(r.ReplaceEnd)/1e6)
		line("", "%8.2f times while a reader still holds the first state   (%.1f MB)", float64(r.ReplaceHeld)/float64(r.ReplaceFirst), float64(r.ReplaceHeld)/1e6)
	}
}
