package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"triplestore/rdf"
	"triplestore/store"
)

func (a *app) stats() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stats [flags]", Short: "Print the size of the store", Args: args(cobra.NoArgs),
		Long: `Prints how many quads, named graphs, terms and commits the store has and what it takes on disk. With --full also, exactly: the quads
of every graph, the instances of every class, and the quads, subjects and objects of every predicate. That reads a few pages for
each of them, not all quads. A running triplestore serve is asked for its own.

` + exitHelp,
		Example: `  triplestore stats
  triplestore stats --json | jq .quads
  triplestore stats --full
  triplestore stats --full --json | jq -r '.predicates[] | [.quads, .iri] | @tsv'`,
	}
	dir := storeFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON: quads, graphs, terms, commits, bytes_on_disk")
	full := cmd.Flags().Bool("full", false, "count graphs, classes and predicates too")
	top := cmd.Flags().IntP("top", "n", 0, "with --full: only the largest of each; 0 for all")
	at := atFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var out *fullStats
		err := a.withSnapshot(*dir, at, func(_ store.Store, snap store.Snapshot) (err error) {
			out, err = readStats(cmd.Context(), snap, *full, *top)
			return err
		})
		if errors.Is(err, store.ErrLocked) {
			q := url.Values{"at": {at.String()}, "top": {strconv.Itoa(*top)}}
			if *full {
				q.Set("full", "1")
			}
			err = a.askJSON(cmd.Context(), *dir, err, http.MethodGet, "/stats", q, &out)
		}
		switch {
		case err != nil:
			return err
		case *asJSON && *full:
			return a.printJSON(out)
		case *asJSON:
			return a.printJSON(out.sizeStats)
		}
		return out.print(a.stdout, *full)
	}
	return cmd
}

func readStats(ctx context.Context, snap store.Snapshot, full bool, top int) (*fullStats, error) {
	s, err := snap.Stats()
	if err != nil {
		return nil, err
	}
	out := &fullStats{sizeStats: sizeStats{s.Quads, s.Graphs, s.Terms, s.Commits, s.BytesOnDisk}}
	if full {
		err = out.count(ctx, snap, top)
	}
	return out, err
}

type sizeStats struct {
	Quads       uint64 `json:"quads"`
	Graphs      uint64 `json:"graphs"`
	Terms       uint64 `json:"terms"`
	Commits     uint64 `json:"commits"`
	BytesOnDisk uint64 `json:"bytes_on_disk"`
}

// fullStats are the statistics of a state by name. Lists go from the largest to the smallest.
type fullStats struct {
	sizeStats
	Graphs     []graphStats     `json:"graph_list"`
	Classes    []classStats     `json:"classes"`
	Predicates []predicateStats `json:"predicates"`
}

type graphStats struct {
	IRI   string `json:"iri"` // empty: the default graph
	Quads uint64 `json:"quads"`
}

type classStats struct {
	IRI       string `json:"iri"`
	Instances uint64 `json:"instances"`
}

type predicateStats struct {
	IRI      string `json:"iri"`
	Quads    uint64 `json:"quads"`
	Subjects uint64 `json:"subjects"`
	Objects  uint64 `json:"objects"`
}

func (f *fullStats) count(ctx context.Context, snap store.Snapshot, top int) error {
	counts, err := store.StatisticsOf(ctx, snap)
	if err != nil {
		return err
	}
	// Copies, since the statistics belong to the snapshot; stable, so that what is equally large stays in the order of first use.
	graphs, classes, predicates := slices.Clone(counts.Graphs), slices.Clone(counts.Classes), slices.Clone(counts.Predicates)
	slices.SortStableFunc(graphs, func(a, b store.GraphCount) int { return cmp.Compare(b.Quads, a.Quads) })
	slices.SortStableFunc(classes, func(a, b store.ClassStatistics) int { return cmp.Compare(b.Instances, a.Instances) })
	slices.SortStableFunc(predicates, func(a, b store.PredicateStatistics) int { return cmp.Compare(b.Quads, a.Quads) })
	if top > 0 {
		graphs, classes, predicates = graphs[:min(top, len(graphs))], classes[:min(top, len(classes))], predicates[:min(top, len(predicates))]
	}
	var ids []store.ID
	for _, g := range graphs {
		ids = append(ids, g.Graph)
	}
	for _, c := range classes {
		ids = append(ids, c.Class)
	}
	for _, p := range predicates {
		ids = append(ids, p.Predicate)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	terms := make([]rdf.Term, len(ids))
	if err := snap.Terms(ids, terms); err != nil {
		return err
	}
	name := func(id store.ID) string {
		i, _ := slices.BinarySearch(ids, id)
		switch t := terms[i]; {
		case t.IsZero():
			return ""
		case t.IsIRI():
			return t.Value()
		default:
			return t.String()
		}
	}
	f.Graphs, f.Classes, f.Predicates = make([]graphStats, 0, len(graphs)), make([]classStats, 0, len(classes)), make([]predicateStats, 0, len(predicates))
	for _, g := range graphs {
		f.Graphs = append(f.Graphs, graphStats{name(g.Graph), g.Quads})
	}
	for _, c := range classes {
		f.Classes = append(f.Classes, classStats{name(c.Class), c.Instances})
	}
	for _, p := range predicates {
		f.Predicates = append(f.Predicates, predicateStats{name(p.Predicate), p.Quads, p.Subjects, p.Objects})
	}
	return nil
}

func (f *fullStats) print(to io.Writer, full bool) error {
	w := bufio.NewWriter(to)
	fmt.Fprintf(w, "%15s %s\n%15s %s\n%15s %s\n%15s %s\n%15s on disk\n", formatCount(f.Quads), unit(f.Quads, "quad"), formatCount(f.sizeStats.Graphs), unit(f.sizeStats.Graphs, "named graph"),
		formatCount(f.Terms), unit(f.Terms, "term"), formatCount(f.Commits), unit(f.Commits, "commit"), formatBytes(int64(f.BytesOnDisk)))
	if !full {
		return w.Flush()
	}
	fmt.Fprintf(w, "\n%15s  graph\n", "quads")
	for _, g := range f.Graphs {
		name := shorten(g.IRI, nil)
		if g.IRI == "" {
			name = "default graph"
		}
		fmt.Fprintf(w, "%15s  %s\n", formatCount(g.Quads), name)
	}
	fmt.Fprintf(w, "\n%15s  class\n", "instances")
	for _, c := range f.Classes {
		fmt.Fprintf(w, "%15s  %s\n", formatCount(c.Instances), shorten(c.IRI, nil))
	}
	fmt.Fprintf(w, "\n%15s %15s %15s  predicate\n", "quads", "subjects", "objects")
	for _, p := range f.Predicates {
		fmt.Fprintf(w, "%15s %15s %15s  %s\n", formatCount(p.Quads), formatCount(p.Subjects), formatCount(p.Objects), shorten(p.IRI, nil))
	}
	return w.Flush()
}
