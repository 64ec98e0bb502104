package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"triplestore/store"
	"triplestore/store/badgerstore"
)

// logEntry is a commit as triplestore log shows it.
type logEntry struct {
	Commit uint64    `json:"commit"`
	Time   time.Time `json:"time"`
	Quads  uint64    `json:"quads"`
	Graphs uint64    `json:"graphs"`
	// Added and Deleted count from the state before; they are not known for the oldest state that is kept.
	Added   *uint64 `json:"added,omitempty"`
	Deleted *uint64 `json:"deleted,omitempty"`
}

type logReport struct {
	Retention string     `json:"retention"`
	Kept      int        `json:"kept"`
	Commits   []logEntry `json:"commits"`
}

func (a *app) log() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log [flags]",
		Short: "List the commits whose states are kept",
		Long: `Lists the commits whose states can still be opened, newest first: their numbers and times, how many quads and named graphs there
were then, and how many quads the commit added and deleted. query, dump and stats open one with --at, triplestore diff compares two.

Which states are kept is said with --retention of load, update and serve, or here; the store remembers it. Without --retention a
new store keeps its newest state only. What is kept takes disk: the pages that later commits replaced. A
running triplestore serve is asked, and told, without being stopped.

` + exitHelp,
		Example: `  triplestore log
  triplestore log -n 0 --json | jq '.commits[].time'
  triplestore log --retention 30d`,
		Args: args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	number := cmd.Flags().IntP("number", "n", 20, "most commits to list; 0 for all that are kept")
	retention := retentionFlag(cmd)
	changes := cmd.Flags().Bool("changes", true, "count what each commit added and deleted, which reads what differs")
	asJSON := cmd.Flags().Bool("json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var report *logReport
		err := a.withOptions(*dir, false, retention.options(), func(st *badgerstore.Store) (err error) {
			report, err = readLog(cmd.Context(), st, *number, *changes)
			return err
		})
		if errors.Is(err, store.ErrLocked) {
			q := url.Values{"n": {strconv.Itoa(*number)}, "retention": {retention.String()}}
			if *changes {
				q.Set("changes", "1")
			}
			err = a.askJSON(cmd.Context(), *dir, err, http.MethodPost, "/log", q, &report)
		}
		switch {
		case err != nil:
			return err
		case *asJSON:
			return a.printJSON(report)
		}
		return printLog(a.stdout, report)
	}
	return cmd
}

// readLog reads the newest n commits, or all if n is 0.
func readLog(ctx context.Context, st *badgerstore.Store, n int, changes bool) (*logReport, error) {
	commits, err := st.Commits()
	if err != nil {
		return nil, err
	}
	report := &logReport{Retention: formatRetention(st.Retention()), Kept: len(commits), Commits: []logEntry{}}
	if len(commits) > 0 && commits[0].Number == 0 {
		commits = commits[1:] // the state before every commit is none
		report.Kept--
	}
	first := 0
	if n > 0 {
		first = max(0, len(commits)-n)
	}
	for i := len(commits) - 1; i >= first; i-- {
		before := -1
		switch {
		case !changes:
		case i > 0:
			before = int(commits[i-1].Number)
		case commits[i].Number == 1:
			before = 0
		}
		e, err := readCommit(ctx, st, commits[i], before)
		if errors.Is(err, store.ErrNoCommit) {
			break // the history was cut meanwhile
		}
		if err != nil {
			return nil, err
		}
		report.Commits = append(report.Commits, e)
	}
	return report, nil
}

func readCommit(ctx context.Context, st *badgerstore.Store, c store.Commit, before int) (e logEntry, err error) {
	snap, err := st.SnapshotAt(c.Number)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	e = logEntry{Commit: c.Number, Time: c.Time}
	if e.Quads, err = snap.Count(store.Range{}); err != nil {
		return e, err
	}
	graphs, err := snap.Graphs()
	if err != nil {
		return e, err
	}
	for _, g := range graphs {
		if g.Graph != store.DefaultGraph {
			e.Graphs++
		}
	}
	if before < 0 {
		return e, nil
	}
	old, err := st.SnapshotAt(uint64(before))
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	e.Added, e.Deleted = new(uint64), new(uint64)
	for change, err := range st.Diff(ctx, old, snap) {
		switch {
		case err != nil:
			return e, err
		case change.Deleted:
			*e.Deleted++
		default:
			*e.Added++
		}
	}
	return e, nil
}

func printLog(to io.Writer, r *logReport) error {
	w := bufio.NewWriter(to)
	if len(r.Commits) > 0 {
		fmt.Fprintf(w, "%10s  %-20s  %15s  %10s  %s\n", "commit", "time (UTC)", "quads", "graphs", "changes")
	}
	for _, e := range r.Commits {
		fmt.Fprintf(w, "%10d  %-20s  %15s  %10s", e.Commit, e.Time.UTC().Format(time.RFC3339), formatCount(e.Quads), formatCount(e.Graphs))
		if e.Added != nil {
			fmt.Fprintf(w, "  +%s -%s", formatCount(*e.Added), formatCount(*e.Deleted))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s kept; retention: %s\n", plural(r.Kept, "state"), r.Retention)
	return w.Flush()
}
