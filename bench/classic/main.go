// Command classic makes the data and the queries of two benchmarks that the field knows, written anew from their published
// descriptions: the Berlin SPARQL Benchmark (products, offers and reviews; its explore and business-intelligence use cases) and SP²Bench (a
// bibliography as DBLP; its 17 queries). "make bench-peers SET=bsbm" and "SET=sp2bench" run it and ask the queries of several engines.
//
//	go run ./bench/classic -set bsbm -triples 1000000 -o data.nt -queries FOLDER
//
// Data and parameters of queries are a pure function of set, size and seed. Classes, properties, proportions and the intent of
// queries are those of the descriptions; texts and names are made of syllables, and figures cannot be compared with published ones, since the data are not
// the same bytes:
//
//   - Bizer, Schultz: The Berlin SPARQL Benchmark, version 3.1
//   - Schmidt, Hornung, Lausen, Pinkel: SP²Bench: A SPARQL Performance Benchmark, arXiv:0806.4627
package main

import (
	"bufio"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

//go:embed bsbm/*.rq sp2bench/*.rq
var templates embed.FS

// params are what is filled into the templates of queries, by the names that stand there between percent signs.
type params map[string]string

// sets are the benchmarks: each makes about so many triples.
var sets = map[string]func(s *sink, triples int) params{"bsbm": makeShop, "sp2bench": makeLibrary}

func main() {
	set := flag.String("set", "", "bsbm or sp2bench")
	triples := flag.Int("triples", 1_000_000, "about how many `triples`")
	seed := flag.Uint64("seed", 1, "of the data")
	out := flag.String("o", "", "`file` for the N-Triples, - for standard output")
	queries := flag.String("queries", "", "`folder` for the queries; it is made, and its *.rq are removed first")
	flag.Parse()
	if err := run(*set, *triples, *seed, *out, *queries); err != nil {
		fmt.Fprintln(os.Stderr, "classic:", err)
		os.Exit(1)
	}
}

func run(set string, triples int, seed uint64, out, queries string) (err error) {
	w := io.Writer(os.Stdout)
	switch out {
	case "":
		return errors.New("name the file to write with -o")
	case "-":
	default:
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer f.Close()
		w = f
	}
	n, p, err := generate(set, triples, seed, w)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d triples, seed %d\n", set, n, seed)
	if queries == "" {
		return nil
	}
	if err := os.MkdirAll(queries, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(queries, "*.rq"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	texts, err := fill(set, p)
	if err != nil {
		return err
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(queries, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate writes the data and returns the number of triples and what the queries ask about.
func generate(set string, triples int, seed uint64, w io.Writer) (int, params, error) {
	makeData, ok := sets[set]
	if !ok {
		return 0, nil, fmt.Errorf("unknown set %q: bsbm or sp2bench", set)
	}
	b := bufio.NewWriterSize(w, 1<<20)
	nt := turtle.NewWriter(b, turtle.WriterOptions{Dialect: turtle.NTriples})
	s := newSink(seed, func(s, p, o rdf.Term) error { return nt.Write(rdf.Quad{S: s, P: p, O: o}) })
	p := makeData(s, triples)
	return s.n, p, errors.Join(s.err, nt.Close(), b.Flush())
}

// fill gives the queries of a set by the names of their files. A parameter that a template names must be there.
func fill(set string, p params) (map[string]string, error) {
	files, err := fs.Glob(templates, set+"/*.rq")
	if err != nil {
		return nil, err
	}
	var pairs []string
	for k, v := range p {
		pairs = append(pairs, "%"+k+"%", v)
	}
	r := strings.NewReplacer(pairs...)
	out := map[string]string{}
	for _, f := range files {
		b, err := templates.ReadFile(f)
		if err != nil {
			return nil, err
		}
		text := r.Replace(string(b))
		if strings.Contains(text, "%") {
			return nil, fmt.Errorf("%s: a parameter has no value", f)
		}
		out[filepath.Base(f)] = text
	}
	return out, nil
}
