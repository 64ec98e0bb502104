package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"triplestore/store"
	"triplestore/store/badgerstore"
)

func (a *app) verify() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [flags]",
		Short: "Check that the store is whole",
		Long: `Reads every page of the store, the kept history included, and checks checksums, order and counts, that all orders hold the same quads,
that terms lead to IDs and back, and that no page is used twice. It reports everything that is wrong, with page and relation, and
changes nothing. A running triplestore serve checks itself when it is asked. The exit code is 0 if nothing is wrong and 1 otherwise.

` + exitHelp,
		Example: "  triplestore verify\n  triplestore verify --json | jq '.findings[]'",
		Args:    args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print the report as JSON")
	quiet := cmd.Flags().Bool("quiet", false, "show no progress and no findings, only the totals")
	limit := cmd.Flags().Int("max-findings", 1000, "how many findings to report one by one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := mustExist(*dir); err != nil {
			return err
		}
		line, done := a.statusLine(*quiet)
		report, err := badgerstore.CheckDir(cmd.Context(), *dir, badgerstore.Options{}, badgerstore.CheckOptions{
			MaxFindings: *limit, Progress: func(p badgerstore.CheckProgress) { line(checkLine(p)) }})
		if errors.Is(err, store.ErrLocked) {
			line("the running server does it")
			err = a.askJSON(cmd.Context(), *dir, a.lockedHint(err), http.MethodGet, "/verify", url.Values{"max": {strconv.Itoa(*limit)}}, &report)
		}
		done()
		if err != nil {
			return err
		}
		if *asJSON {
			err = a.printJSON(report)
		} else {
			err = a.printCheck(report, *quiet)
		}
		return errors.Join(err, report.Err())
	}
	return cmd
}

// mustExist keeps commands that do not make a store from making one.
func mustExist(dir string) error {
	is, err := badgerstore.Exists(dir)
	if err == nil && !is {
		err = fmt.Errorf("there is no store in %s; triplestore load makes one", dir)
	}
	return err
}

// lockedHint tells who finds the store locked what to do instead.
func (a *app) lockedHint(err error) error {
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	advice := map[string]string{
		"load": "while triplestore serve runs, send documents to it: curl -X POST -H 'Authorization: Bearer TOKEN' -H 'Content-Type: text/turtle' " +
			"--data-binary @FILE 'http://HOST:PORT/graphs?graph=IRI'",
		"update": "while triplestore serve runs, send updates to its address /update",
		"query":  "while triplestore serve runs, send queries to its address /sparql",
		"dump":   "while triplestore serve runs, get its address /graphs",
	}[a.command]
	if advice == "" {
		advice = "a running triplestore serve?"
	}
	return fmt.Errorf("%w (%s)", err, advice)
}

func checkLine(p badgerstore.CheckProgress) string {
	s := fmt.Sprintf("checked %s, %s", plural(p.Rows, "row"), plural(p.Pages, "page"))
	if p.TotalRows > 0 {
		s += fmt.Sprintf(", %d%%", min(100, p.Rows*100/p.TotalRows))
	}
	return s
}

func (a *app) printCheck(r *badgerstore.CheckReport, quiet bool) error {
	if !quiet {
		for _, f := range r.Findings {
			if _, err := fmt.Fprintln(a.stdout, f); err != nil {
				return err
			}
		}
		if r.More > 0 {
			fmt.Fprintf(a.stdout, "… and %s more\n", formatCount(r.More))
		}
	}
	word := "whole"
	if !r.OK {
		word = plural(len(r.Findings)+r.More, "finding")
	}
	_, err := fmt.Fprintf(a.stdout, "commit %d, %s: %s, %s, %s, %s, %s free; %s checked: %s\n", r.Commit,
		r.Time.Format("2006-01-02T15:04:05Z07:00"), plural(r.Quads, "quad"), plural(r.Graphs, "named graph"), plural(r.Terms, "term"), plural(r.Pages, "page"),
		formatCount(r.Free), plural(r.States, "state"), word)
	return err
}
