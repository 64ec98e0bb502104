package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"triplestore/store"
	"triplestore/store/badgerstore"
)

func (a *app) compact() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "compact [flags]",
		Short: "Give unused disk space back now",
		Long: `Gives the space of all free pages back. That happens in the background too, but only where there is much of it. With --rewrite all
relations are written anew with full pages, as a commit that changes nothing; this needs as much disk again for a while. States
that the history keeps stay, with their pages. A running triplestore serve does it itself when it is asked.

` + exitHelp,
		Example: "  triplestore compact\n  triplestore compact --rewrite",
		Args:    args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	rewrite := cmd.Flags().Bool("rewrite", false, "write all relations anew, in full pages")
	asJSON := cmd.Flags().Bool("json", false, "print what was done as JSON")
	quiet := cmd.Flags().Bool("quiet", false, "show no progress")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := mustExist(*dir); err != nil {
			return err
		}
		line, done := a.statusLine(*quiet)
		r, err := badgerstore.CompactDir(cmd.Context(), *dir, badgerstore.Options{}, badgerstore.CompactOptions{Rewrite: *rewrite,
			Progress: func(step string, part float64) {
				if part >= 0 {
					step += fmt.Sprintf(", %.0f%%", 100*part)
				}
				line(step)
			}})
		if errors.Is(err, store.ErrLocked) {
			q := url.Values{}
			if *rewrite {
				q.Set("rewrite", "1")
			}
			line("the running server does it")
			err = a.askJSON(cmd.Context(), *dir, a.lockedHint(err), http.MethodPost, "/compact", q, &r)
		}
		done()
		if err != nil {
			return err
		}
		if *asJSON {
			return a.printJSON(r)
		}
		_, err = fmt.Fprintf(a.stdout, "%s before, %s after; %s given back, %s collected, in %.1f s\n", formatBytes(int64(r.Before)), formatBytes(int64(r.After)),
			plural(r.Pages, "free page"), plural(r.Rounds, "file"), r.Seconds)
		return err
	}
	return cmd
}

func (a *app) upgrade() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "upgrade [flags]",
		Short: "Bring a store of an older program to the format of this one",
		Long: `Brings a store that an older program wrote to the format of this one. Copy the folder first: older programs cannot open it afterwards,
and there is no way back. An upgrade that was interrupted can be run again. A store that has the format already is left alone.

` + exitHelp,
		Example: "  cp -a data/store data/store.old\n  triplestore upgrade",
		Args:    args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := mustExist(*dir); err != nil {
			return err
		}
		steps := 0
		err := badgerstore.Upgrade(cmd.Context(), *dir, badgerstore.Options{}, func(s string) {
			steps++
			fmt.Fprintln(a.stdout, s)
		})
		if err != nil {
			return a.lockedHint(err)
		}
		word := "upgraded"
		if steps == 0 {
			word = "has the format of this program already"
		}
		_, err = fmt.Fprintf(a.stdout, "%s %s\n", *dir, word)
		return err
	}
	return cmd
}

// statusLine shows on standard error what goes on: one line that changes on a terminal, a line now and then elsewhere. done clears it.
func (a *app) statusLine(quiet bool) (show func(string), done func()) {
	if quiet {
		return func(string) {}, func() {}
	}
	last := time.Now()
	if !isTerminal(a.stderr) {
		return func(s string) {
			if time.Since(last) >= plainInterval {
				last = time.Now()
				fmt.Fprintln(a.stderr, s)
			}
		}, func() {}
	}
	shown := false
	return func(s string) {
			if shown && time.Since(last) < 100*time.Millisecond {
				return
			}
			shown, last = true, time.Now()
			fmt.Fprintf(a.stderr, "\r\x1b[K%s", s)
		}, func() {
			if shown {
				fmt.Fprint(a.stderr, "\r\x1b[K")
			}
		}
}
