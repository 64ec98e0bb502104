package format_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/format"
	"triplestore/rdf/jsonld"
	"triplestore/rdf/rdfxml"
	"triplestore/vocab"
)

// In ordinary runs TestConvertData reads files up to dataFile bytes, in all not much more than dataTotal, from all folders; with
// CONVERT_ALL=1 it reads everything.
const (
	dataFile  = 300 << 10
	dataTotal = 4 << 20
)

// TestConvertData takes every file of real catalogues and vocabularies to every format and back. Nothing may be lost; what a format
// cannot hold must be an error that is known here, and everything else must come back all the same.
func TestConvertData(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	root := w3c.RealData(t)
	all := os.Getenv("CONVERT_ALL") != ""
	var paths []string
	total := int64(0)
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if _, known := format.ByPath(path); err == nil && (all || known && info.Size() <= dataFile) {
			paths = append(paths, path)
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if stride := int(total / dataTotal); !all && stride > 1 {
		i := -1
		paths = slices.DeleteFunc(paths, func(string) bool { i++; return i%stride != 0 })
	}
	c := &conversions{contexts: contexts(root), refused: map[string]int{}, formats: map[string]int{}}
	for _, path := range paths {
		c.file(t, path)
	}
	t.Logf("%d documents (%v) in %d files, %d with mistakes (%d), %d quads; %d conversions there and back; refused: %v; alike beyond telling: %d",
		c.files, c.formats, len(paths), c.flawed, c.mistakes, c.quads, c.conversions, c.refused, c.undecided)
	if c.files == 0 || c.flawed*10 > c.files {
		t.Errorf("%d of %d files have mistakes", c.flawed, c.files)
	}
}

type conversions struct {
	mu                                                     sync.Mutex
	files, flawed, mistakes, quads, conversions, undecided int
	contexts                                               jsonld.Loader
	refused, formats                                       map[string]int
}

func (c *conversions) file(t *testing.T, path string) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	content, err := format.Decompress(file, path)
	if errors.Is(err, format.ErrArchive) {
		info, err := file.Stat()
		if err == nil {
			err = format.WalkZip(file, info.Size(), path, format.ZipOptions{}, func(name string, r io.Reader) error {
				c.document(t, path+"/"+name, r)
				return nil
			})
		}
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	defer content.Close()
	c.document(t, path, content)
}

// contexts finds the contexts of the SEMIC group in the data.
func contexts(root string) jsonld.Loader {
	return func(_ context.Context, iri string) ([]byte, string, error) {
		rest, ok := strings.CutPrefix(iri, "https://semiceu.github.io/uri.semic.eu-generated/")
		if !ok {
			return nil, "", errors.New("not in the data")
		}
		name, rest, _ := strings.Cut(rest, "/")
		text, err := os.ReadFile(filepath.Join(root, "eu", "semic-"+strings.ToLower(name), filepath.FromSlash(rest)))
		return text, iri, err
	}
}

func (c *conversions) document(t *testing.T, path string, content io.Reader) {
	r := bufio.NewReaderSize(content, format.SniffLen)
	head, _ := r.Peek(format.SniffLen)
	f, ok := format.Detect(path, "", head)
	if _, known := format.ByPath(path); !ok || !f.CanRead() || !known && f.Name != "jsonld" && f.Name != "rdfxml" {
		return // queries and prose begin like Turtle
	}
	var quads []rdf.Quad
	mistakes := 0
	seen := map[rdf.Quad]bool{}
	o := format.ReadOptions{Base: "https://data.example/x/", File: path, Contexts: c.contexts, Lenient: func(e *rdf.ParseError) {
		if mistakes == 0 {
			t.Log(e)
		}
		mistakes++
	}}
	err := f.Parse(context.Background(), r, o, func(batch []rdf.Quad) error {
		for _, q := range batch {
			if !seen[q] {
				seen[q] = true
				quads = append(quads, q)
			}
		}
		return nil
	})
	if err != nil {
		t.Logf("%s: %v", path, err)
		mistakes++
	}
	c.files++
	c.formats[f.Name]++
	c.mistakes += mistakes
	c.quads += len(quads)
	if mistakes > 0 {
		c.flawed++
	}
	var wait sync.WaitGroup
	for _, to := range format.All {
		if !to.CanWrite() {
			continue
		}
		for _, pretty := range []bool{false, true} {
			if pretty && len(quads) > 200_000 {
				continue
			}
			if len(quads) > 200_000 {
				c.convert(t, path, to, pretty, quads) // one by one, for the memory
				continue
			}
			wait.Go(func() { c.convert(t, path, to, pretty, quads) })
		}
	}
	wait.Wait()
}

func (c *conversions) convert(t *testing.T, path string, to *format.Format, pretty bool, quads []rdf.Quad) {
	if !to.Graphs && slices.ContainsFunc(quads, func(q rdf.Quad) bool { return !q.G.IsZero() }) {
		if _, err := serialise(to, pretty, quads); err == nil {
			t.Errorf("%s: %s takes named graphs", path, to.Name)
		}
		quads = ungraphed(quads)
	}
	text, err := serialise(to, pretty, quads)
	if err != nil {
		// Only single quads that cannot be written are excused, and the rest must do.
		refused := map[string]int{}
		quads = slices.DeleteFunc(slices.Clone(quads), func(q rdf.Quad) bool {
			_, err := serialise(to, pretty, []rdf.Quad{q})
			for _, known := range []error{rdfxml.ErrPredicate, rdfxml.ErrCharacter, jsonld.ErrTripleTerm, jsonld.ErrTerm} {
				if errors.Is(err, known) {
					refused[to.Name+": "+known.Error()]++
					return true
				}
			}
			return false
		})
		c.mu.Lock()
		for k, n := range refused {
			c.refused[k] += n
		}
		c.mu.Unlock()
		if text, err = serialise(to, pretty, quads); err != nil {
			t.Errorf("%s to %s: %v", path, to.Name, err)
			return
		}
	}
	var back []rdf.Quad
	err = to.Parse(context.Background(), bytes.NewReader(text), format.ReadOptions{File: "converted"}, func(batch []rdf.Quad) error {
		back = append(back, batch...)
		return nil
	})
	if err != nil {
		t.Errorf("%s to %s (pretty %v) and back: %v", path, to.Name, pretty, err)
		return
	}
	same, err := canon.Isomorphic(back, quads)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conversions++
	switch {
	case errors.Is(err, canon.ErrLimit):
		c.undecided++
	case err != nil || !same:
		t.Errorf("%s to %s (pretty %v) and back: %d quads became %d that differ: %v\n%s", path, to.Name, pretty, len(quads), len(back), err, difference(quads, back))
	}
}

func serialise(to *format.Format, pretty bool, quads []rdf.Quad) ([]byte, error) {
	var b bytes.Buffer
	o := format.WriteOptions{Prefixes: vocab.Prefixes()}
	if pretty {
		err := to.WritePretty(&b, quads, o)
		return b.Bytes(), err
	}
	w, err := to.NewWriter(&b, o)
	if err != nil {
		return nil, err
	}
	for _, q := range quads {
		if err := w.Write(q); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

func ungraphed(quads []rdf.Quad) []rdf.Quad {
	set := map[rdf.Quad]bool{}
	for _, q := range quads {
		q.G = rdf.Term{}
		set[q] = true
	}
	return slices.Collect(maps.Keys(set))
}

// difference lists quads that are on one side only, with blank nodes made the same.
func difference(want, got []rdf.Quad) string {
	lines := func(quads []rdf.Quad) map[string]bool {
		set := map[string]bool{}
		for _, q := range quads {
			if q.S.IsBlankNode() {
				q.S = rdf.BlankNode("x")
			}
			if q.O.IsBlankNode() {
				q.O = rdf.BlankNode("x")
			}
			set[q.String()] = true
		}
		return set
	}
	a, b := lines(want), lines(got)
	var out []string
	for l := range a {
		if !b[l] {
			out = append(out, "- "+l)
		}
	}
	for l := range b {
		if !a[l] {
			out = append(out, "+ "+l)
		}
	}
	slices.Sort(out)
	return fmt.Sprintf("%d lines\n%s", len(out), strings.Join(out[:min(len(out), 10)], "\n"))
}
