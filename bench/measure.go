package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// open is the one place that names the store that is measured.
func open(dir string) (*badgerstore.Store, error) {
	return badgerstore.Open(dir, badgerstore.Options{})
}

func measure(c Config) (*Report, error) {
	r := &Report{}
	ctx := context.Background()
	sample, err := r.parse(ctx, c)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(c.Dir, "store")
	if err := r.load(ctx, c.NT, dir); err != nil {
		return nil, err
	}
	start := time.Now()
	s, err := open(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	r.OpenMs = time.Since(start).Seconds() * 1e3
	snap, err := s.Snapshot()
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	if err := r.scan(ctx, snap, c.Rounds); err != nil {
		return nil, err
	}
	if err := r.lookups(ctx, snap, sample, c.Lookups); err != nil {
		return nil, err
	}
	if err := r.heavy(ctx, snap, c.Rounds); err != nil {
		return nil, err
	}
	if err := r.sorting(ctx, c); err != nil {
		return nil, err
	}
	if err := r.commits(ctx, s, c.Commits); err != nil {
		return nil, err
	}
	return r, r.replace(ctx, c)
}

// parse measures both parsers from memory and returns the IRIs of some subjects.
func (r *Report) parse(ctx context.Context, c Config) ([]rdf.Term, error) {
	rng := rand.New(rand.NewPCG(c.Seed, 2))
	var sample []rdf.Term
	seen := 0
	reservoir := func(quads []rdf.Quad) {
		for _, q := range quads {
			if !q.S.IsIRI() {
				continue
			}
			seen++
			if len(sample) < c.Lookups {
				sample = append(sample, q.S.Clone())
			} else if i := rng.IntN(seen); i < c.Lookups {
				sample[i] = q.S.Clone()
			}
		}
	}
	one := func(path string, d turtle.Dialect, visit func([]rdf.Quad)) (size int64, bytesPerS, triplesPerS float64, err error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, 0, 0, err
		}
		best, n := time.Duration(1<<62), 0
		for round := range c.Rounds {
			n = 0
			start := time.Now()
			err := turtle.Parse(ctx, bytes.NewReader(text), turtle.Options{Dialect: d, File: path, Base: "https://example.org/"},
				func(quads []rdf.Quad) error {
					n += len(quads)
					return nil
				})
			if err != nil {
				return 0, 0, 0, err
			}
			best = min(best, time.Since(start))
			if round == 0 && visit != nil { // apart, so that sampling is not measured
				err := turtle.Parse(ctx, bytes.NewReader(text), turtle.Options{Dialect: d, File: path}, func(quads []rdf.Quad) error {
					visit(quads)
					return nil
				})
				if err != nil {
					return 0, 0, 0, err
				}
			}
		}
		return int64(len(text)), float64(len(text)) / 1e6 / best.Seconds(), float64(n) / best.Seconds(), nil
	}
	var err error
	if r.NTBytes, r.NTParseMBs, r.NTParseTriples, err = one(c.NT, turtle.NTriples, reservoir); err != nil {
		return nil, err
	}
	if c.TTL != "" {
		if r.TTLBytes, r.TTLParseMBs, r.TTLParseTriple, err = one(c.TTL, turtle.Turtle, nil); err != nil {
			return nil, err
		}
	}
	if len(sample) == 0 {
		return nil, fmt.Errorf("%s: no triple has an IRI as its subject", c.NT)
	}
	return sample, nil
}

// load measures from opening an empty store to having it closed, and what it then takes on disk.
func (r *Report) load(ctx context.Context, file, dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	debug.FreeOSMemory() // the parsed texts are not the load's
	memory := watchMemory()
	start := time.Now()
	s, err := open(dir)
	if err != nil {
		return err
	}
	report, err := loaders.Load(ctx, s, []string{file}, loaders.Options{})
	if err != nil {
		s.Close()
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	r.LoadSeconds = time.Since(start).Seconds()
	r.LoadPeakMB = memory() / 1e6
	r.Triples = report.Inserted
	r.LoadTriples = float64(r.Triples) / r.LoadSeconds
	if r.DiskBytes, err = diskUsage(dir); err != nil {
		return err
	}
	if r.Triples == 0 {
		return fmt.Errorf("%s: nothing was loaded", file)
	}
	r.BytesPerTriple = float64(r.DiskBytes) / float64(r.Triples)
	return nil
}

// diskUsage is what the files of a folder take on disk; sparse files take less than their length.
func diskUsage(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum += allocated(info)
		return nil
	})
	return sum, err
}

func (r *Report) lookups(ctx context.Context, snap store.Snapshot, sample []rdf.Term, n int) error {
	rng := rand.New(rand.NewPCG(1, 3))
	times := make([]time.Duration, 0, n)
	for range n {
		subject := sample[rng.IntN(len(sample))]
		start := time.Now()
		terms, err := describe(ctx, snap, subject)
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		if len(terms) == 0 {
			return fmt.Errorf("%s was not found", subject)
		}
	}
	r.LookupMedian, r.LookupP99 = quantiles(times)

	engine := sparql.NewEngine(sparql.Options{})
	times = times[:0]
	for range n {
		text := "SELECT ?p ?o WHERE { <" + sample[rng.IntN(len(sample))].Value() + "> ?p ?o }"
		start := time.Now()
		rows, err := count(ctx, engine, snap, text)
		if err != nil {
			return err
		}
		times = append(times, time.Since(start))
		if rows == 0 {
			return fmt.Errorf("no answer to %s", text)
		}
	}
	r.QueryMedian, r.QueryP99 = quantiles(times)
	return nil
}

// describe fetches the triples of a subject as terms.
func describe(ctx context.Context, snap store.Snapshot, subject rdf.Term) ([]rdf.Term, error) {
	id, ok, err := snap.ID(subject)
	if err != nil || !ok {
		return nil, err
	}
	cursor := snap.Scan(ctx, store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, 2|4)
	defer cursor.Close()
	var ids []store.ID
	for {
		b, err := cursor.Next()
		if err != nil {
			return nil, err
		}
		if b.Len == 0 {
			break
		}
		ids = append(append(ids, b.Cols[1]...), b.Cols[2]...)
	}
	slices.Sort(ids)
	terms := make([]rdf.Term, len(ids))
	return terms, snap.Terms(ids, terms)
}

func count(ctx context.Context, engine *sparql.Engine, snap store.Snapshot, text string) (int, error) {
	result, err := engine.Query(ctx, snap, text)
	if err != nil {
		return 0, err
	}
	defer result.Close()
	n := 0
	for _, err := range result.Rows() {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// quantiles gives the median and the 99th percentile in microseconds.
func quantiles(times []time.Duration) (median, p99 float64) {
	slices.Sort(times)
	us := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
	return us(times[len(times)/2]), us(times[len(times)*99/100])
}
