package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

const (
	dct     = "http://purl.org/dc/terms/"
	xsd     = "http://www.w3.org/2001/XMLSchema#"
	clients = 8
)

// commits measures small commits to the loaded store, each of three triples and synced: by one client, and by eight at once.
func (r *Report) commits(ctx context.Context, s store.Store, n int) error {
	if n == 0 {
		return nil
	}
	record := func(i int64) error {
		x := rdf.IRI(fmt.Sprintf("https://example.org/bench/record/%d", i))
		_, err := s.Update(ctx, func(t store.Txn) error {
			return t.Add([]rdf.Quad{{S: x, P: rdf.IRI(dct + "title"), O: rdf.LangLiteral(fmt.Sprint("Record ", i), "en")},
				{S: x, P: rdf.IRI(dct + "identifier"), O: rdf.Literal(fmt.Sprint(i), xsd+"integer")},
				{S: x, P: rdf.IRI(dct + "modified"), O: rdf.Literal("2026-11-23T10:00:00Z", xsd+"dateTime")}})
		})
		return err
	}
	var next atomic.Int64
	run := func(clients int) (float64, error) {
		start, end := time.Now(), next.Load()+int64(n)
		errs := make([]error, clients)
		var work sync.WaitGroup
		for c := range clients {
			work.Go(func() {
				for errs[c] == nil {
					i := next.Add(1)
					if i > end {
						break
					}
					errs[c] = record(i)
				}
			})
		}
		work.Wait()
		next.Store(end)
		return float64(n) / time.Since(start).Seconds(), errors.Join(errs...)
	}
	var err error
	if r.Commits, err = run(1); err != nil {
		return err
	}
	grouped, err := run(clients)
	r.GroupedTriples = 3 * grouped
	return err
}

// replace loads the first triples of a file as a graph into a new store and replaces that graph again and again, each time with
// another tenth of the objects changed, while a reader holds the first state.
func (r *Report) replace(ctx context.Context, c Config) (err error) {
	if c.Replaces == 0 {
		return nil
	}
	text, err := os.ReadFile(c.NT)
	if err != nil {
		return err
	}
	var quads []rdf.Quad
	full := errors.New("enough")
	err = turtle.Parse(ctx, bytes.NewReader(text), turtle.Options{Dialect: turtle.NTriples, File: c.NT}, func(batch []rdf.Quad) error {
		if quads = append(quads, batch[:min(len(batch), c.ReplaceTriples-len(quads))]...); len(quads) == c.ReplaceTriples {
			return full
		}
		return nil
	})
	if err != nil && !errors.Is(err, full) {
		return err
	}
	dir := filepath.Join(c.Dir, "replaced")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	s, err := open(dir)
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, s.Close())
		}
	}()
	graph := rdf.IRI("https://example.org/bench/graph")
	batch := make([]rdf.Quad, 0, 4096)
	put := func(round int) error {
		_, err := s.Update(ctx, func(x store.Txn) error {
			return store.Replace(ctx, x, graph, func(add func([]rdf.Quad) error) error {
				for i, q := range quads {
					if round > 0 && (i+round)%10 == 0 { // the terms of other triples: what a dictionary has stays there
						q.O = rdf.String(fmt.Sprint("value ", (i+7919*round)%(c.ReplaceTriples/10)))
					}
					if batch = append(batch, q); len(batch) == cap(batch) || i == len(quads)-1 {
						if err := add(batch); err != nil {
							return err
						}
						batch = batch[:0]
					}
				}
				return nil
			})
		})
		return err
	}
	start := time.Now()
	if err := put(0); err != nil {
		return err
	}
	if r.ReplaceFirst, err = diskUsage(dir); err != nil {
		return err
	}
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	before, err := fingerprint(ctx, snap)
	if err != nil {
		return err
	}
	for round := 1; round <= c.Replaces; round++ {
		if err := put(round); err != nil {
			return err
		}
		n, err := diskUsage(dir)
		if err != nil {
			return err
		}
		r.ReplaceMost = max(r.ReplaceMost, n)
	}
	r.Replaces, r.ReplaceSeconds = c.Replaces, time.Since(start).Seconds()
	after, err := fingerprint(ctx, snap)
	if err != nil {
		return err
	}
	if before != after {
		return errors.New("a reader that held the first state sees another one")
	}
	if _, err := s.Compact(ctx, badgerstore.CompactOptions{}); err != nil { // what a store at rest does after some time
		return err
	}
	if r.ReplaceHeld, err = diskUsage(dir); err != nil {
		return err
	}
	if err := snap.Close(); err != nil {
		return err
	}
	closed = true
	if err := s.Close(); err != nil {
		return err
	}
	r.ReplaceEnd, err = diskUsage(dir)
	return err
}

// fingerprint depends on every row of a state, in order.
func fingerprint(ctx context.Context, snap store.Snapshot) (sum uint64, err error) {
	cursor := snap.Scan(ctx, store.Range{Order: store.SPOG}, store.AllColumns)
	defer cursor.Close()
	for {
		b, err := cursor.Next()
		if err != nil || b.Len == 0 {
			return sum, err
		}
		for i := range b.Len {
			for _, col := range b.Cols {
				sum = sum*0x9E3779B97F4A7C15 + uint64(col[i])
			}
		}
	}
}
