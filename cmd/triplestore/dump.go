package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/store"
	"triplestore/vocab"
)

func (a *app) dump() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dump [flags]",
		Short: "Write the store's quads",
		Long: `Writes all quads of the store, or those of one graph, graph by graph. Formats: ` + format.Names(true) + `. Formats without
graphs take one graph: name it with --graph, or "default" for the default graph.

` + exitHelp,
		Example: `  triplestore dump > all.nq
  triplestore dump --format trig -o all.trig.gz
  triplestore dump --format turtle --graph https://example.org/graph/catalogue
  triplestore dump --at 2026-11-01 -o november.nq.zst`,
		Args: args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	flags := cmd.Flags()
	name := flags.String("format", "nquads", "one of "+format.Names(true))
	graph := flags.String("graph", "", `IRI of the only graph to write, or "default"`)
	output := flags.StringP("output", "o", "", "file to write instead of standard output; .gz and .zst are compressed")
	at := atFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, ok := format.ByName(*name)
		if !ok || !f.CanWrite() {
			return usageError{fmt.Errorf("--format %s: there is %s", *name, format.Names(true))}
		}
		if *graph != "" && *graph != "default" {
			if err := iri.Check(*graph); err != nil {
				return usageError{fmt.Errorf("--graph %s: %w", *graph, err)}
			}
		}
		return a.withSnapshot(*dir, at, func(_ store.Store, snap store.Snapshot) error {
			return a.writeTo(*output, func(w io.Writer) error { return dump(cmd.Context(), snap, w, f, *graph) })
		})
	}
	return cmd
}

// writeTo hands f standard output, or a file that appears under its name only when it is complete and on disk, compressed as its name says.
func (a *app) writeTo(path string, f func(io.Writer) error) error {
	return a.atomically(path, func(out io.Writer) (err error) {
		var w io.WriteCloser = nopCloser{out}
		switch {
		case strings.HasSuffix(path, ".gz"):
			w = gzip.NewWriter(out)
		case strings.HasSuffix(path, ".zst"):
			if w, err = zstd.NewWriter(out); err != nil {
				return err
			}
		}
		if err := f(w); err != nil {
			return err
		}
		return w.Close()
	})
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func dump(ctx context.Context, snap store.Snapshot, w io.Writer, f *format.Format, graph string) error {
	rng := store.Range{Order: store.GSPO}
	switch graph {
	case "":
		if !f.Graphs {
			graphs, err := snap.Graphs()
			if err != nil {
				return err
			}
			if len(graphs) > 1 || len(graphs) == 1 && graphs[0].Graph != store.DefaultGraph {
				return usageError{fmt.Errorf("the store has named graphs, which %s cannot hold: use --format nquads or trig, or --graph", f.Title)}
			}
		}
	case "default":
		rng.Prefix = []store.ID{store.DefaultGraph}
	default:
		id, ok, err := snap.ID(rdf.IRI(graph))
		if err != nil {
			return err
		}
		if !ok {
			id = store.MakeID(store.TagSpecial, 0, 2) // no such graph: an empty range, and an empty document
		}
		rng.Prefix = []store.ID{id}
	}
	var prefixes map[string]string
	if f.Name == "turtle" || f.Name == "trig" {
		prefixes = vocab.Prefixes()
	}
	fw, err := f.NewWriter(w, format.WriteOptions{Prefixes: prefixes})
	if err != nil {
		return err
	}
	c := snap.Scan(ctx, rng, store.AllColumns)
	defer c.Close()
	b := newTermBatch(snap)
	for {
		block, err := c.Next()
		if err != nil {
			return err
		}
		if block.Len == 0 {
			return fw.Close()
		}
		if err := b.load(block); err != nil {
			return err
		}
		for i := range block.Len {
			q := rdf.Quad{G: b.terms[block.Cols[0][i]], S: b.terms[block.Cols[1][i]], P: b.terms[block.Cols[2][i]], O: b.terms[block.Cols[3][i]]}
			if !f.Graphs {
				q.G = rdf.Term{}
			}
			if err := fw.Write(q); err != nil {
				return err
			}
		}
	}
}

// termBatch fetches the terms of a block at once and keeps those that the next block may need.
type termBatch struct {
	snap  store.Snapshot
	terms map[store.ID]rdf.Term
	ids   []store.ID
	dst   []rdf.Term
}

func newTermBatch(snap store.Snapshot) *termBatch {
	return &termBatch{snap: snap, terms: map[store.ID]rdf.Term{}}
}

// keptTerms bounds what is kept between blocks.
const keptTerms = 100_000

func (t *termBatch) load(b store.Block) error {
	if len(t.terms) > keptTerms {
		clear(t.terms)
	}
	t.ids = t.ids[:0]
	for _, col := range b.Cols {
		last := store.NoID
		for _, id := range col[:b.Len] {
			if id == last {
				continue
			}
			last = id
			if _, ok := t.terms[id]; !ok {
				t.ids = append(t.ids, id)
			}
		}
	}
	slices.Sort(t.ids)
	t.ids = slices.Compact(t.ids)
	t.dst = slices.Grow(t.dst[:0], len(t.ids))[:len(t.ids)]
	if err := t.snap.Terms(t.ids, t.dst); err != nil {
		return err
	}
	for i, id := range t.ids {
		t.terms[id] = t.dst[i]
	}
	return nil
}
