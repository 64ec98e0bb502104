package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/results"
	"triplestore/store"
	"triplestore/vocab"
)

type queryFlags struct {
	format, file, base string
	json, explain      bool
	profile            bool
	union              bool
	timeout            time.Duration
	memory, disk       bytesValue
	maxRows            int64
	describe           descriptionValue
	outgoing           outgoingFlags
	stored             storedFlags
	params             map[string]rdf.Term
}

func (a *app) query() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "query [flags] 'TEXT' | FILE | -f FILE | --queries DIR --stored NAME",
		Short: "Answer a SPARQL query",
		Long: `Answers a SPARQL query over the store. SELECT and ASK come as table, json, xml, csv or tsv; CONSTRUCT and DESCRIBE as
` + format.Names(true) + `. Well-known prefixes (dcat, dct, skos, foaf, …) need no PREFIX.
An argument that is the name of a file is read as with -f.

A stored query is a file NAME.rq of the folder --queries. Comments at its beginning say what it is for and which variables are parameters:

  # title: Datasets of a theme
  # description: The datasets of a theme that were changed since a day.
  # param: theme iri The theme
  # param: since date [2020-01-01] The first day

A type is iri, langString (text@nb) or a datatype of XML Schema; what stands in brackets is the value where none is given. Values are bound as terms:
they never become text of the query. --queries alone lists what is in the folder, in the language of the reader (--lang, or the locale) where
title@nb: and the like say it in that.

` + exitHelp,
		Example: `  triplestore query 'SELECT ?d ?title WHERE { ?d a dcat:Dataset ; dct:title ?title }'
  triplestore query --format csv -f datasets.rq > datasets.csv
  triplestore query --format turtle 'DESCRIBE <https://example.org/dataset/1>'
  triplestore query --describe symmetric 'DESCRIBE <https://example.org/dataset/1>'
  triplestore query --explain -f slow.rq
  triplestore query --queries examples/stored --lang nb
  triplestore query --queries examples/stored --stored search-titles --param text=data --param language=en
  triplestore query --at 2026-11-01 'SELECT (COUNT(*) AS ?datasets) WHERE { ?d a dcat:Dataset }'
  triplestore query --allow-service https://query.wikidata.org 'SELECT ?d ?x { ?d dct:spatial ?x SERVICE <https://query.wikidata.org/sparql> { ?x ?p ?o } }'
  echo 'ASK { ?s ?p ?o }' | triplestore query -f -`,
		Args: args(cobra.MaximumNArgs(1)),
	}
	dir := storeFlag(cmd)
	var f queryFlags
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "", "table, json, xml, csv, tsv, or "+format.Names(true)+" (default table, turtle for graphs)")
	flags.StringVarP(&f.file, "file", "f", "", "read the query from a file, - for standard input")
	flags.StringVar(&f.base, "base", "", "base IRI of relative IRIs in the query")
	flags.BoolVar(&f.json, "json", false, "the same as --format json")
	flags.BoolVar(&f.explain, "explain", false, "show the plan instead of running the query")
	flags.BoolVar(&f.profile, "profile", false, "run the query and show, instead of its results, the plan with rows and time of every operator")
	flags.BoolVar(&f.union, "union-default-graph", false, "let the default graph be the union of all graphs")
	flags.DurationVar(&f.timeout, "timeout", 0, "longest time, such as 30s; 0 for no limit")
	flags.Var(&f.memory, "memory", "most memory for the query's state; 0 for no limit")
	f.disk = 16 << 30
	flags.Var(&f.disk, "disk", "most temporary files when the query needs more than --memory; 0 for none")
	flags.Int64Var(&f.maxRows, "max-rows", 0, "most results; 0 for no limit")
	flags.Var(&f.describe, "describe", describeHelp)
	f.outgoing.addService(cmd)
	f.stored.add(cmd)
	at := atFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		if err := f.stored.check(list, f.file); err != nil {
			return err
		}
		if f.stored.dir != "" && f.stored.name == "" {
			return a.listStored(&f.stored, f.base, f.json)
		}
		text, err := "", error(nil)
		if f.stored.name != "" {
			text, f.params, err = f.stored.query(f.base)
		} else {
			text, err = a.requestText("query", list, f.file)
		}
		if err != nil {
			return err
		}
		if f.json {
			if f.format != "" && f.format != "json" {
				return usageError{errors.New("--json and --format say different things")}
			}
			f.format = "json"
		}
		if err := checkQueryFormat(f.format); err != nil {
			return err
		}
		return a.withSnapshot(*dir, at, func(_ store.Store, snap store.Snapshot) error { return a.runQuery(cmd.Context(), snap, *dir, text, &f) })
	}
	return cmd
}

// requestText gives the text of a query or an update, which kind names.
func (a *app) requestText(kind string, list []string, file string) (string, error) {
	switch {
	case len(list) == 1 && file != "":
		return "", usageError{fmt.Errorf("the %s is given twice: as an argument and with -f", kind)}
	case len(list) == 1 && namesFile(list[0]):
		file = list[0]
		if _, err := os.Stat(file); err != nil {
			return "", usageError{fmt.Errorf("the %s is not SPARQL but looks like a file, and cannot be read: %w", kind, err)}
		}
	case len(list) == 1:
		return list[0], nil
	case file == "":
		return "", usageError{fmt.Errorf("there is no %s; give its text or -f FILE", kind)}
	}
	read := func() ([]byte, error) { return os.ReadFile(file) }
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(a.stdin) }
	}
	b, err := read()
	return string(b), err
}

// namesFile reports whether what was given as the text of a request is the name of a file: one word without the brackets that every request of one
// word has, which is a file that is there or has an extension of SPARQL's.
func namesFile(text string) bool {
	if strings.ContainsAny(text, " \t\r\n{}<>") {
		return false
	}
	switch strings.ToLower(filepath.Ext(text)) {
	case ".rq", ".ru", ".sparql":
		return true
	}
	info, err := os.Stat(text)
	return err == nil && info.Mode().IsRegular()
}

func checkQueryFormat(name string) error {
	if name == "" || name == "table" {
		return nil
	}
	if _, ok := results.ByName(name); ok {
		return nil
	}
	if f, ok := format.ByName(name); ok && f.CanWrite() {
		return nil
	}
	return usageError{fmt.Errorf("--format %s: there is table, json, xml, csv, tsv, %s", name, format.Names(true))}
}

func (a *app) runQuery(ctx context.Context, snap store.Snapshot, dir, text string, f *queryFlags) (err error) {
	temp := ""
	if f.memory > 0 && f.disk > 0 {
		if temp, err = tempDir(dir); err != nil {
			return err
		}
	}
	others, err := f.outgoing.open(nil)
	if err != nil {
		return err
	}
	defer others.close()
	engine := sparql.NewEngine(sparql.Options{
		Timeout: f.timeout, Memory: int64(f.memory), MaxRows: f.maxRows, UnionDefaultGraph: f.union, Base: f.base, Prefixes: vocab.Prefixes(),
		Service: others.service, Disk: int64(f.disk), TempDir: temp, Describe: f.describe.Description, Params: f.params,
	})
	out := bufio.NewWriterSize(pipeWriter{a.stdout}, 1<<16)
	if f.explain || f.profile {
		plan, err := showPlan(ctx, engine, snap, text, f)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, strings.TrimRight(plan, "\n"))
		return out.Flush()
	}
	res, err := engine.Query(ctx, snap, text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	switch form := res.Form(); {
	case form == algebra.Construct || form == algebra.Describe:
		err = writeGraph(out, res, f.format)
	case f.format == "" || f.format == "table":
		err = a.writeTable(out, res)
	default:
		err = writeSolutions(out, res, f.format)
	}
	return errors.Join(err, out.Flush())
}

// showPlan gives the plan or the profile of a query, as text or with --json as JSON.
func showPlan(ctx context.Context, engine *sparql.Engine, snap store.Snapshot, text string, f *queryFlags) (plan string, err error) {
	var tree *sparql.PlanTree
	switch {
	case f.profile:
		plan, tree, err = engine.Profile(ctx, snap, text)
	case f.format == "json":
		tree, err = engine.ExplainTree(ctx, snap, text)
	default:
		plan, err = engine.Explain(ctx, snap, text)
	}
	if err != nil || f.format != "json" {
		return plan, err
	}
	b, err := json.MarshalIndent(tree, "", "  ")
	return string(b), err
}

func writeSolutions(out io.Writer, res *sparql.Result, name string) error {
	f, ok := results.ByName(name)
	if !ok {
		return usageError{fmt.Errorf("--format %s is for CONSTRUCT and DESCRIBE; SELECT and ASK come as table, json, xml, csv or tsv", name)}
	}
	w := results.NewWriter(out, f)
	if res.Form() == algebra.Ask {
		b, err := res.Bool()
		if err != nil {
			return err
		}
		return errors.Join(w.Boolean(b), w.Close())
	}
	if err := w.Head(res.Vars()); err != nil {
		return err
	}
	for row, err := range res.Rows() {
		if err != nil {
			return err
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.Close()
}

func writeGraph(out io.Writer, res *sparql.Result, name string) error {
	if name == "" || name == "table" {
		name = "turtle"
	}
	f, ok := format.ByName(name)
	if !ok || !f.CanWrite() {
		return usageError{fmt.Errorf("--format %s is for SELECT and ASK; CONSTRUCT and DESCRIBE come as %s", name, format.Names(true))}
	}
	w, err := f.NewWriter(out, format.WriteOptions{Prefixes: res.Prefixes()})
	if err != nil {
		return err
	}
	for t, err := range res.Triples() {
		if err != nil {
			return err
		}
		if err := w.Write(t.In(rdf.Term{})); err != nil {
			return err
		}
	}
	return w.Close()
}
