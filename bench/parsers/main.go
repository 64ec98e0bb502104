// Command parsers compares the readers of this project with other RDF parsers written in Go, on the same data in the same run.
//
// It is a module of its own, so that the libraries it compares with are no dependencies of the project:
//
//	cd bench/parsers && go run . -nt FILE.nt -ttl FILE.ttl -rdf FILE.rdf -jsonld FILE.jsonld
//
// Every file is read from memory, whole, to terms that are not kept, by one goroutine on one core (GOMAXPROCS=1). Figures are by CPU
// time of the process, garbage collection included, so that other work on the machine does not count; 1 MB is 10⁶ bytes.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	trigo "github.com/aleksaelezovic/trigo/pkg/rdf"
	"github.com/cayleygraph/quad/nquads"
	knakk "github.com/knakk/rdf"
	"github.com/piprate/json-gold/ld"

	"triplestore/rdf"
	"triplestore/rdf/format"
)

// parser reads a document and gives the number of its triples.
type parser struct {
	name string
	read func(text []byte) (int, error)
}

// measured is one row of the table.
type measured struct {
	Format    string  `json:"format"`
	Parser    string  `json:"parser"`
	Triples   int     `json:"triples"`
	MBPerS    float64 `json:"megabytesPerSecond"`
	Allocs    float64 `json:"allocationsPerTriple"`
	Bytes     float64 `json:"bytesAllocatedPerTriple"`
	Seconds   float64 `json:"cpuSeconds"`
	Error     string  `json:"error,omitempty"`
	timesSlow float64
}

func main() {
	files := map[string]*string{}
	for _, name := range []string{"nt", "ttl", "rdf", "jsonld"} {
		files[name] = flag.String(name, "", "file to read")
	}
	rounds := flag.Int("rounds", 3, "rounds of the project's own readers, of which the best counts")
	others := flag.Int("others", 1, "rounds of the others")
	asJSON := flag.Bool("json", false, "print the figures as JSON")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	var rows []measured
	for _, s := range suites {
		path := *files[s.extension]
		if path == "" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		own := measure(s.format.Title, parser{"triplestore", ours(s.format)}, text, *rounds)
		rows = append(rows, own)
		for _, p := range s.others {
			m := measure(s.format.Title, p, text, *others)
			if m.Triples < own.Triples { // only what it came to read counts
				m.MBPerS *= float64(m.Triples) / float64(own.Triples)
				if m.Error == "" {
					m.Error = "does not read it all"
				}
			}
			if m.MBPerS > 0 {
				m.timesSlow = own.MBPerS / m.MBPerS
			}
			rows = append(rows, m)
		}
	}
	if *asJSON {
		json.NewEncoder(os.Stdout).Encode(rows) //nolint:errcheck // there is nobody to tell
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "format\tparser\ttriples\tMB/s\ttriples/s\tallocs/triple\tbytes/triple\ttimes slower\t ")
	for _, m := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.1f\t%.0f\t%.3f\t%.0f\t%.1f\t %s\n", m.Format, m.Parser, m.Triples, m.MBPerS, float64(m.Triples)/m.Seconds, m.Allocs, m.Bytes, m.timesSlow, m.Error)
	}
	w.Flush()
}

var suites = []struct {
	extension string
	format    *format.Format
	others    []parser
}{
	{"nt", format.NTriples, []parser{
		{"knakk/rdf", knakkParser(knakk.NTriples)},
		{"cayleygraph/quad", cayley},
		{"piprate/json-gold", goldQuads},
		{"trigo", func(text []byte) (int, error) {
			t, err := trigo.NewNTriplesParser(string(text)).Parse()
			return len(t), err
		}},
	}},
	{"ttl", format.Turtle, []parser{
		{"knakk/rdf", knakkParser(knakk.Turtle)},
		{"trigo", func(text []byte) (int, error) {
			t, err := trigo.NewTurtleParser(string(text)).Parse()
			return len(t), err
		}},
	}},
	{"rdf", format.RDFXML, []parser{
		{"knakk/rdf", knakkParser(knakk.RDFXML)},
		{"trigo", func(text []byte) (int, error) {
			t, err := trigo.NewRDFXMLParser().Parse(bytes.NewReader(text))
			return len(t), err
		}},
	}},
	{"jsonld", format.JSONLD, []parser{
		{"piprate/json-gold", gold},
		{"trigo", func(text []byte) (int, error) {
			t, err := trigo.NewJSONLDParser().Parse(bytes.NewReader(text))
			return len(t), err
		}},
	}},
}

func measure(title string, p parser, text []byte, rounds int) measured {
	best := measured{Format: title, Parser: p.name}
	for range rounds {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := cpu()
		n, err := p.read(text)
		took := cpu() - start
		runtime.ReadMemStats(&after)
		if err != nil {
			best.Error = strings.TrimSpace(err.Error())
			if len(best.Error) > 80 {
				best.Error = best.Error[:80]
			}
		}
		if s := took.Seconds(); best.Seconds == 0 || s < best.Seconds {
			best.Seconds, best.Triples = s, n
			best.MBPerS = float64(len(text)) / 1e6 / s
			best.Allocs = float64(after.Mallocs-before.Mallocs) / float64(max(n, 1))
			best.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(max(n, 1))
		}
	}
	return best
}

// cpu is the CPU time of the process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ours(f *format.Format) func([]byte) (int, error) {
	return func(text []byte) (n int, err error) {
		err = f.Parse(context.Background(), bytes.NewReader(text), format.ReadOptions{Base: "http://base.example/"}, func(q []rdf.Quad) error {
			n += len(q)
			return nil
		})
		return n, err
	}
}

func knakkParser(f knakk.Format) func([]byte) (int, error) {
	return func(text []byte) (n int, err error) {
		d := knakk.NewTripleDecoder(bytes.NewReader(text), f)
		for {
			_, err := d.Decode()
			if err == io.EOF {
				return n, nil
			}
			if err != nil {
				return n, err
			}
			n++
		}
	}
}

func cayley(text []byte) (n int, err error) {
	r := nquads.NewReader(bytes.NewReader(text), false)
	for {
		_, err := r.ReadQuad()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n++
	}
}

func goldQuads(text []byte) (int, error) {
	ds, err := ld.ParseNQuadsFrom(bytes.NewReader(text))
	return count(ds), err
}

func gold(text []byte) (int, error) {
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		return 0, err
	}
	ds, err := ld.NewJsonLdProcessor().ToRDF(doc, ld.NewJsonLdOptions("http://base.example/"))
	if err != nil {
		return 0, err
	}
	return count(ds.(*ld.RDFDataset)), nil
}

func count(ds *ld.RDFDataset) (n int) {
	if ds == nil {
		return 0
	}
	for _, quads := range ds.Graphs {
		n += len(quads)
	}
	return n
}
