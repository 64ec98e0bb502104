package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/vocab"
)

type updateFlags struct {
	file, base string
	json       bool
	union      bool
	timeout    time.Duration
	memory     bytesValue
	disk       bytesValue
	outgoing   outgoingFlags
	retention  *retentionValue
}

func (a *app) update() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update [flags] 'TEXT' | FILE | -f FILE",
		Short: "Change the store with SPARQL Update",
		Long: `Carries out a SPARQL update: INSERT DATA, DELETE DATA, DELETE/INSERT with WHERE, LOAD, CLEAR, DROP, CREATE, COPY, MOVE and ADD,
separated by semicolons. All operations of a call are one commit: if one fails, or the call is interrupted, nothing has happened. Well-known
prefixes (dcat, dct, skos, foaf, …) need no PREFIX. LOAD reads only what --allow-load names; triplestore load has more to offer. A store that is not there is made.
An argument that is the name of a file is read as with -f.

The store must not be open elsewhere: while triplestore serve runs, send updates to its address /update.

` + exitHelp,
		Example: `  triplestore update 'INSERT DATA { <https://example.org/d> dct:title "Datasett"@nb }'
  triplestore update 'DELETE WHERE { GRAPH <https://example.org/old> { ?s ?p ?o } }'
  triplestore update 'COPY <https://example.org/a> TO <https://example.org/b>'
  triplestore update --json -f migrate.ru
  echo 'DROP GRAPH <https://example.org/old>' | triplestore update -f -`,
		Args: args(cobra.MaximumNArgs(1)),
	}
	dir := storeFlag(cmd)
	var f updateFlags
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "read the update from a file, - for standard input")
	flags.StringVar(&f.base, "base", "", "base IRI of relative IRIs in the update")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	flags.BoolVar(&f.union, "union-default-graph", false, "let WHERE see the union of all graphs as its default graph")
	flags.DurationVar(&f.timeout, "timeout", 0, "longest time, such as 30s; 0 for no limit")
	flags.Var(&f.memory, "memory", "most memory for the state of each WHERE; 0 for no limit")
	f.disk = 16 << 30
	flags.Var(&f.disk, "disk", "most temporary files of a WHERE that needs more than --memory; 0 for none")
	f.retention = retentionFlag(cmd)
	f.outgoing.addLoad(cmd)
	f.outgoing.addService(cmd)
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		text, err := a.requestText("update", list, f.file)
		if err != nil {
			return err
		}
		if _, err := syntax.ParseUpdate(text, syntax.Options{Base: f.base, Prefixes: vocab.Prefixes()}); err != nil {
			return err // before a store is made
		}
		storage := f.retention.options()
		storage.RemoveEmpty = true // an update that fails leaves no folder behind
		return a.withOptions(*dir, true, storage, func(st *badgerstore.Store) error { return a.runUpdate(cmd.Context(), st, *dir, text, &f) })
	}
	return cmd
}

type updateReport struct {
	Operations int     `json:"operations"`
	Inserted   uint64  `json:"inserted"`
	Deleted    uint64  `json:"deleted"`
	Commit     uint64  `json:"commit"`
	Seconds    float64 `json:"seconds"`
}

func (a *app) runUpdate(ctx context.Context, st store.Store, dir, text string, f *updateFlags) error {
	temp, err := tempDir(dir)
	if err != nil {
		return err
	}
	others, err := f.outgoing.open(nil)
	if err != nil {
		return err
	}
	defer others.close()
	engine := sparql.NewEngine(sparql.Options{
		Timeout: f.timeout, Memory: int64(f.memory), UnionDefaultGraph: f.union, Base: f.base, Prefixes: vocab.Prefixes(), TempDir: temp, Disk: int64(f.disk),
		Service: others.service, Load: others.load,
	})
	start := time.Now()
	r, err := engine.Update(ctx, st, text)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if f.json {
		return a.printJSON(updateReport{r.Operations, r.Inserted, r.Deleted, r.Number, took.Seconds()})
	}
	_, err = fmt.Fprintf(a.stdout, "%s inserted, %s deleted in %s; commit %d\n", formatCount(r.Inserted), formatCount(r.Deleted), took.Round(time.Millisecond), r.Number)
	return err
}

// tempDir is where an open store in dir keeps what need not last: on the disk that was chosen for data, where there is room.
func tempDir(dir string) (string, error) {
	temp := filepath.Join(dir, "tmp")
	return temp, os.MkdirAll(temp, 0o755)
}
