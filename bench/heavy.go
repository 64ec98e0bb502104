package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/store"
)

const (
	// The counted variable is computed, so that no statistics answer it and all rows are read.
	groupQuery     = `SELECT ?p (COUNT(?x) AS ?n) WHERE { ?s ?p ?o BIND(?o AS ?x) } GROUP BY ?p`
	constructQuery = `CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }`
	sortQuery      = `SELECT ?text WHERE { ?s <` + dct + `title> ?text } ORDER BY ?text LIMIT 100`
)

// cost is the time of a query, from its text to the end of its answer.
type cost struct {
	Wall float64 `json:"ms"`
	CPU  float64 `json:"cpu_ms"` // of all threads
}

// timed runs a function once to warm up and then rounds times, and gives the least time of each kind.
func timed(rounds int, f func() error) (cost, error) {
	best := cost{}
	for round := range rounds + 1 {
		start, cpu := time.Now(), processorTime()
		if err := f(); err != nil {
			return best, err
		}
		c := cost{time.Since(start).Seconds() * 1e3, (processorTime() - cpu).Seconds() * 1e3}
		if round == 1 {
			best = c
		} else if round > 1 {
			best = cost{min(best.Wall, c.Wall), min(best.CPU, c.CPU)}
		}
	}
	return best, nil
}

// heavy measures queries that have to read everything.
func (r *Report) heavy(ctx context.Context, snap store.Snapshot, rounds int) (err error) {
	engine := sparql.NewEngine(sparql.Options{})
	r.Group, err = timed(rounds, func() error {
		total := int64(0)
		if err := solutions(ctx, engine, snap, groupQuery, func(row []rdf.Term) error {
			var n int64
			_, err := fmt.Sscan(row[1].Value(), &n)
			total += n
			return err
		}); err != nil {
			return err
		}
		if total != int64(r.Triples) {
			return fmt.Errorf("the groups have %d of %d triples", total, r.Triples)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.GroupRows = float64(r.Triples) / r.Group.CPU * 1e3
	var written counter
	r.Construct, err = timed(rounds, func() error {
		result, err := engine.Query(ctx, snap, constructQuery)
		if err != nil {
			return err
		}
		defer result.Close()
		written = 0
		w := turtle.NewWriter(&written, turtle.WriterOptions{Dialect: turtle.NTriples})
		n := uint64(0)
		for t, err := range result.Triples() {
			if err != nil {
				return err
			}
			if err := w.Write(rdf.Quad{S: t.S, P: t.P, O: t.O}); err != nil {
				return err
			}
			n++
		}
		if n != r.Triples {
			return fmt.Errorf("%d of %d triples were constructed", n, r.Triples)
		}
		return w.Close()
	})
	r.ConstructBytes = int64(written)
	r.ConstructMBs = float64(written) / 1e3 / r.Construct.CPU
	return err
}

// counter counts bytes and drops them.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// sorting makes a store of that many different texts and asks for the first hundred.
func (r *Report) sorting(ctx context.Context, c Config) error {
	if c.Texts == 0 {
		return nil
	}
	file := filepath.Join(c.Dir, "texts.nt")
	if err := generateTexts(c.Seed, c.Texts, file); err != nil {
		return err
	}
	dir := filepath.Join(c.Dir, "texts")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	s, err := open(dir)
	if err != nil {
		return err
	}
	defer s.Close()
	report, err := loaders.Load(ctx, s, []string{file}, loaders.Options{})
	if err != nil {
		return err
	}
	snap, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	r.Texts = report.Inserted
	engine := sparql.NewEngine(sparql.Options{})
	r.Sort, err = timed(c.Rounds, func() error {
		n, last := 0, ""
		err := solutions(ctx, engine, snap, sortQuery, func(row []rdf.Term) error {
			if v := row[0].Value(); v < last {
				return fmt.Errorf("%q comes after %q", v, last)
			}
			last = row[0].Value()
			n++
			return nil
		})
		if err == nil && n != min(100, c.Texts) {
			err = fmt.Errorf("%d texts instead of 100", n)
		}
		return err
	})
	return err
}

// generateTexts writes titles of different things, in no order, no two alike.
func generateTexts(seed uint64, n int, file string) error {
	var text bytes.Buffer
	w := turtle.NewWriter(&text, turtle.WriterOptions{Dialect: turtle.NTriples})
	g := newGenerator(seed, nil)
	rng := rand.New(rand.NewPCG(seed, 4))
	for i, at := range rng.Perm(n) {
		q := rdf.Quad{S: iri("dataset", i), P: rdf.IRI(dctNS + "title"), O: rdf.String(fmt.Sprint(g.text(2+g.rng.IntN(4)), " ", at))}
		if err := w.Write(q); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o600)
}

func solutions(ctx context.Context, engine *sparql.Engine, snap store.Snapshot, text string, visit func([]rdf.Term) error) error {
	result, err := engine.Query(ctx, snap, text)
	if err != nil {
		return err
	}
	defer result.Close()
	for row, err := range result.Rows() {
		if err != nil {
			return err
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	return nil
}
