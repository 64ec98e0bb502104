package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"triplestore/internal/egress"
	"triplestore/loaders"
	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// The exit codes. They are a promise to scripts.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitStrict      = 3
	exitLimit       = 4
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    it worked
  1    it failed: a source or the store could not be read or written
  2    wrong use: unknown flags, bad arguments, a query or update that is not valid or uses what is not there yet
       check: a document has a mistake
  3    load --strict, harvest --strict: something was rejected, nothing of that was committed
  4    a query or update reached its limit of time, memory or rows
  130  interrupted; nothing of what was going on was committed`

// app is what the subcommands share.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	command        string // the name of the subcommand
}

func (a *app) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "triplestore",
		Short: "A store for linked data with a SPARQL endpoint",
		Long: "triplestore loads RDF, keeps it in a folder, answers SPARQL on the command line and\n" +
			"over HTTP, and shows every resource as a page.\n\n" + exitHelp,
		Example: `  triplestore load catalogue.ttl
  triplestore query 'SELECT * WHERE { ?s a ?type } LIMIT 10'
  triplestore serve`,
		SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
					return usageError{fmt.Errorf("unknown command %q; did you mean %s? See triplestore --help", args[0], strings.Join(near, " or "))}
				}
				return usageError{fmt.Errorf("unknown command %q; see triplestore --help", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentPreRun = func(cmd *cobra.Command, _ []string) { a.command = cmd.Name() }
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	cmd.AddCommand(a.serve(), a.load(), a.harvest(), a.query(), a.update(), a.dump(), a.convert(), a.check(), a.stats(), a.log(), a.diff(), a.backup(), a.restore(), a.verify(), a.compact(), a.upgrade(), a.token(), a.health(), a.version())
	return cmd
}

// usageError is an error of who called the program.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// args wraps a check of cobra's so that its error counts as wrong use.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

// exitCode prints an error and turns it into the code that the program ends with.
func (a *app) exitCode(ctx context.Context, err error) int {
	var usage usageError
	var syntaxErr *syntax.Error
	var unsupported *sparql.UnsupportedError
	var parameter *sparql.ParameterError
	var strict *loaders.StrictError
	var strictHarvest *strictHarvestError
	code := exitFailure
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		var some *interruptedHarvestError
		if errors.As(err, &some) {
			fmt.Fprintf(a.stderr, "triplestore: interrupted; what was committed stays: %s\n", strings.Join(some.committed, ", "))
		} else {
			fmt.Fprintln(a.stderr, "triplestore: interrupted; nothing was committed")
		}
		return exitInterrupted
	case errors.Is(err, errBrokenPipe):
		return exitOK
	case errors.As(err, &syntaxErr):
		fmt.Fprintf(a.stderr, "triplestore: this is not valid SPARQL: %v\n\n%s\n", err, indent(syntaxErr.Snippet()))
		return exitUsage
	case errors.As(err, &usage), errors.As(err, &unsupported), errors.As(err, &parameter), errors.Is(err, sparql.ErrServiceRefused), loadRefused(err):
		code = exitUsage
	case errors.As(err, &strict), errors.As(err, &strictHarvest):
		code = exitStrict
	case errors.Is(err, sparql.ErrTimeout), errors.Is(err, sparql.ErrRegexTimeout), errors.Is(err, sparql.ErrMemory), errors.Is(err, sparql.ErrPool), errors.Is(err, sparql.ErrString), errors.Is(err, sparql.ErrTooManyRows):
		code = exitLimit
	}
	fmt.Fprintf(a.stderr, "triplestore: %v\n", err)
	return code
}

// loadRefused reports whether an update asked LOAD for an address that is not allowed.
func loadRefused(err error) bool {
	var operation *sparql.UpdateError
	var refused *egress.RefusedError
	return errors.As(err, &operation) && (operation.Reason == sparql.LoadRefused || errors.As(err, &refused))
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// storeFlag adds the flag that says where the store is.
func storeFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("store", "./data/store", "folder of the store")
}

// open opens the store in a folder. Commands that only read do not make one.
func (a *app) open(dir string, create bool, o badgerstore.Options) (*badgerstore.Store, error) {
	if !create {
		if err := mustExist(dir); err != nil {
			return nil, err
		}
	}
	st, err := badgerstore.Open(dir, o)
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, a.lockedHint(err)
	case err != nil:
		return nil, err
	}
	return st, nil
}

// with opens the store, runs f, and closes it.
func (a *app) with(dir string, create bool, f func(store.Store) error) error {
	return a.withOptions(dir, create, badgerstore.Options{}, func(st *badgerstore.Store) error { return f(st) })
}

// withOptions is with for commands that have wishes about the store.
func (a *app) withOptions(dir string, create bool, o badgerstore.Options, f func(*badgerstore.Store) error) (err error) {
	st, err := a.open(dir, create, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if o.Retention != nil {
		if err := st.ApplyRetention(context.Background()); err != nil {
			return err
		}
	}
	return f(st)
}

// withStore opens a store that is there, runs f, and closes it.
func (a *app) withStore(dir string, f func(*badgerstore.Store) error) error {
	return a.withOptions(dir, false, badgerstore.Options{}, f)
}

// withSnapshot opens the store and one of its states, runs f, and closes both.
func (a *app) withSnapshot(dir string, at *momentValue, f func(store.Store, store.Snapshot) error) error {
	return a.with(dir, false, func(st store.Store) (err error) {
		snap, err := at.Open(st)
		if errors.Is(err, store.ErrNoCommit) {
			return fmt.Errorf("--at: %w", err)
		}
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, snap.Close()) }()
		return f(st, snap)
	})
}

func (a *app) printJSON(v any) error { return writeJSON(a.stdout, v) }

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
