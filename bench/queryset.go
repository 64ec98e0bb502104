package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/results"
	"triplestore/store"
)

// runQueries asks every query of a folder over the data and prints the least processor time and the least time that each took, in
// milliseconds; the sum of the former is returned. With profile it writes a CPU profile of that, of which "make pgo" makes the one that the compiler is given.
func runQueries(ctx context.Context, c Config, folder, profile string) (sum float64, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.rq"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no queries", folder)
	}
	if err != nil {
		return 0, err
	}
	s, err := open(filepath.Join(c.Dir, "store"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	snap, err := s.Snapshot()
	if err != nil {
		return 0, err
	}
	stats, err := snap.Stats()
	if err == nil && stats.Quads == 0 { // else the store of an earlier run
		snap.Close()
		if _, err = loaders.Load(ctx, s, []string{c.NT}, loaders.Options{}); err == nil {
			snap, err = s.Snapshot()
		}
	}
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	if profile != "" {
		out, err := os.Create(profile)
		if err != nil {
			return 0, err
		}
		defer out.Close()
		if err := pprof.StartCPUProfile(out); err != nil {
			return 0, err
		}
		defer pprof.StopCPUProfile()
	}
	engine := sparql.NewEngine(sparql.Options{})
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		// Short queries are repeated, so that they can be measured and all have a part in the profile.
		repeat := 1
		one := func() error {
			for range repeat {
				if err := answer(ctx, engine, snap, string(text)); err != nil {
					return fmt.Errorf("%s: %w", file, err)
				}
			}
			return nil
		}
		first, err := timed(1, one)
		if err != nil {
			return 0, err
		}
		repeat = max(1, min(1000, int(50/max(first.CPU, 0.05))))
		best, err := timed(c.Rounds, one)
		if err != nil {
			return 0, err
		}
		best.CPU /= float64(repeat)
		best.Wall /= float64(repeat)
		sum += best.CPU
		fmt.Printf("%-30s %9.3f %9.3f\n", filepath.Base(file), best.CPU, best.Wall)
	}
	fmt.Printf("%-30s %9.3f\n", "sum", sum)
	return sum, nil
}

// answer runs a query and writes its answer, as JSON or N-Triples, to nowhere.
func answer(ctx context.Context, engine *sparql.Engine, snap store.Snapshot, text string) error {
	result, err := engine.Query(ctx, snap, text)
	if err != nil {
		return err
	}
	defer result.Close()
	var out counter
	if form := result.Form(); form == algebra.Construct || form == algebra.Describe {
		w := turtle.NewWriter(&out, turtle.WriterOptions{Dialect: turtle.NTriples})
		for t, err := range result.Triples() {
			if err != nil {
				return err
			}
			if err := w.Write(rdf.Quad{S: t.S, P: t.P, O: t.O}); err != nil {
				return err
			}
		}
		return w.Close()
	}
	format, _ := results.ByName("json")
	w := results.NewWriter(&out, format)
	if result.Form() == algebra.Ask {
		yes, err := result.Bool()
		return errors.Join(err, w.Boolean(yes), w.Close())
	}
	if err := w.Head(result.Vars()); err != nil {
		return err
	}
	for row, err := range result.Rows() {
		if err != nil {
			return err
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.Close()
}
