package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

func (a *app) diff() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [flags] FROM [TO]",
		Short: "Show what differs between two states",
		Long: `Writes the quads that were deleted and added between two states of the store, by default up to the newest. A state is the number of a
commit, a time, or "newest"; 0 is the empty state before every commit. The older ones must still be kept: see triplestore log. The
cost depends on how much differs, not on the size of the store.

Formats: nquads, N-Quads whose lines begin with "- " or "+ "; patch, RDF Patch (https://afs.github.io/rdf-patch/), which other
stores can apply. With --summary there are only the numbers, by graph and predicate.

` + exitHelp,
		Example: `  triplestore diff 41 42
  triplestore diff 2026-11-01 --format patch -o november.rdfp.gz
  triplestore diff 40 --summary --json`,
		Args: args(cobra.RangeArgs(1, 2)),
	}
	dir := storeFlag(cmd)
	flags := cmd.Flags()
	name := flags.String("format", "nquads", "nquads or patch")
	summary := flags.Bool("summary", false, "print how much differs by graph and predicate")
	asJSON := flags.Bool("json", false, "with --summary: print JSON")
	output := flags.StringP("output", "o", "", "file to write instead of standard output; .gz and .zst are compressed")
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		var moments [2]store.Moment
		for i, text := range list {
			m, err := store.ParseMoment(text)
			if err != nil {
				return usageError{err}
			}
			moments[i] = m
		}
		if *name != "nquads" && *name != "patch" {
			return usageError{fmt.Errorf("--format %s: there is nquads and patch", *name)}
		}
		if *asJSON && !*summary {
			return usageError{errors.New("--json goes with --summary")}
		}
		return a.withStore(*dir, func(st *badgerstore.Store) (err error) {
			var snaps [2]store.Snapshot
			for i, m := range moments {
				if snaps[i], err = m.Open(st); err != nil {
					return err
				}
				defer func() { err = errors.Join(err, snaps[i].Close()) }()
			}
			if *summary {
				return a.summarise(cmd.Context(), st, snaps[0], snaps[1], *output, *asJSON)
			}
			return a.writeTo(*output, func(w io.Writer) error {
				return writeDiff(cmd.Context(), st, snaps[0], snaps[1], w, *name == "patch")
			})
		})
	}
	return cmd
}

// writeDiff writes what leads from one state to another.
func writeDiff(ctx context.Context, st store.History, from, to store.Snapshot, w io.Writer, patch bool) error {
	if patch {
		if _, err := fmt.Fprintf(w, "H from <urn:x-triplestore:commit:%d> .\nH to <urn:x-triplestore:commit:%d> .\nTX .\n", from.Commit().Number, to.Commit().Number); err != nil {
			return err
		}
	}
	var line []byte
	err := changes(ctx, st, from, to, func(q rdf.Quad, _ store.Quad, deleted bool) error {
		mark := byte('+')
		switch {
		case patch && deleted:
			mark = 'D'
		case patch:
			mark = 'A'
		case deleted:
			mark = '-'
		}
		line = append(append(line[:0], mark, ' '), q.String()...)
		_, err := w.Write(append(line, '\n'))
		return err
	})
	if err == nil && patch {
		_, err = io.WriteString(w, "TC .\n")
	}
	return err
}

// changeBatch is how many changes have their terms fetched together.
const changeBatch = 4096

// changes calls f for every quad that differs.
func changes(ctx context.Context, st store.History, from, to store.Snapshot, f func(q rdf.Quad, ids store.Quad, deleted bool) error) error {
	terms := to // the newer one knows the terms of both
	if from.Commit().Number > to.Commit().Number {
		terms = from
	}
	b := newTermBatch(terms)
	batch := make([]store.Change, 0, changeBatch)
	flush := func() error {
		var cols [4][]store.ID
		for _, c := range batch {
			for i, id := range c.Quad {
				cols[i] = append(cols[i], id)
			}
		}
		if err := b.load(store.Block{Len: len(batch), Cols: cols}); err != nil {
			return err
		}
		for _, c := range batch {
			q := rdf.Quad{S: b.terms[c.Quad[store.S]], P: b.terms[c.Quad[store.P]], O: b.terms[c.Quad[store.O]], G: b.terms[c.Quad[store.G]]}
			if err := f(q, c.Quad, c.Deleted); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}
	for change, err := range st.Diff(ctx, from, to) {
		if err != nil {
			return err
		}
		if batch = append(batch, change); len(batch) == changeBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// changed counts what differs.
type changed struct {
	Added   uint64 `json:"added"`
	Deleted uint64 `json:"deleted"`
}

func (c *changed) count(deleted bool) {
	if deleted {
		c.Deleted++
	} else {
		c.Added++
	}
}

type namedChange struct {
	IRI string `json:"iri,omitempty"` // empty: the default graph
	changed
}

type diffState struct {
	Commit uint64    `json:"commit"`
	Time   time.Time `json:"time,omitzero"`
}

func stateOf(n store.Snapshot) diffState { return diffState{n.Commit().Number, n.Commit().Time} }

type diffSummary struct {
	From diffState `json:"from"`
	To   diffState `json:"to"`
	changed
	Graphs     []namedChange `json:"graphs"`
	Predicates []namedChange `json:"predicates"`
}

func (a *app) summarise(ctx context.Context, st store.History, from, to store.Snapshot, output string, asJSON bool) error {
	s := diffSummary{From: stateOf(from), To: stateOf(to)}
	graphs, predicates := map[string]*changed{}, map[string]*changed{}
	count := func(m map[string]*changed, key string, deleted bool) {
		if m[key] == nil {
			m[key] = &changed{}
		}
		m[key].count(deleted)
	}
	err := changes(ctx, st, from, to, func(q rdf.Quad, _ store.Quad, deleted bool) error {
		s.count(deleted)
		graph := ""
		if !q.G.IsZero() {
			graph = q.G.Value()
			if q.G.IsBlankNode() {
				graph = q.G.String()
			}
		}
		count(graphs, graph, deleted)
		count(predicates, q.P.Value(), deleted)
		return nil
	})
	if err != nil {
		return err
	}
	s.Graphs, s.Predicates = byChange(graphs), byChange(predicates)
	if asJSON {
		return a.writeTo(output, func(w io.Writer) error { return writeJSON(w, s) })
	}
	return a.writeTo(output, func(w io.Writer) error {
		fmt.Fprintf(w, "from commit %d to commit %d: +%s -%s\n", s.From.Commit, s.To.Commit, formatCount(s.Added), plural(s.Deleted, "quad"))
		for _, part := range []struct {
			title string
			list  []namedChange
		}{{"graphs", s.Graphs}, {"predicates", s.Predicates}} {
			if len(part.list) == 0 {
				continue
			}
			fmt.Fprintf(w, "\n%s\n", part.title)
			for _, c := range part.list {
				name := shorten(c.IRI, nil)
				if c.IRI == "" {
					name = "default graph"
				}
				fmt.Fprintf(w, "%12s %12s  %s\n", "+"+formatCount(c.Added), "-"+formatCount(c.Deleted), name)
			}
		}
		return nil
	})
}

// byChange sorts by how much changed.
func byChange(m map[string]*changed) []namedChange {
	list := make([]namedChange, 0, len(m))
	for iri, c := range m {
		list = append(list, namedChange{iri, *c})
	}
	slices.SortFunc(list, func(a, b namedChange) int {
		return cmp.Or(cmp.Compare(b.Added+b.Deleted, a.Added+a.Deleted), cmp.Compare(a.IRI, b.IRI))
	})
	return list
}
