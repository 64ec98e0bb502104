package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"triplestore/rdf"
	"triplestore/server"
	"triplestore/sparql"
	"triplestore/sparql/stored"
	"triplestore/vocab"
)

// storedFlags choose a stored query and give its parameters values.
type storedFlags struct {
	dir, name string
	params    []string
	langs     []string
}

func (f *storedFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.dir, "queries", "", "folder of stored queries; without a query they are listed")
	flags.StringVar(&f.name, "stored", "", "name of the stored query of --queries to answer")
	flags.StringSliceVar(&f.langs, "lang", nil, "languages of the list of stored queries, best first, such as nn,en (default those of LC_ALL, LC_MESSAGES or LANG)")
	flags.StringArrayVar(&f.params, "param", nil, "value of a parameter of the stored query, NAME=VALUE; may be repeated")
}

// check refuses flags that do not fit together. list and file are where else a query may come from.
func (f *storedFlags) check(list []string, file string) error {
	other := len(list) > 0 || file != ""
	switch {
	case f.name != "" && f.dir == "":
		return usageError{errors.New("--stored needs --queries DIR, where the query is")}
	case f.name == "" && len(f.params) > 0:
		return usageError{errors.New("--param needs --stored NAME")}
	case len(f.langs) > 0 && (f.dir == "" || f.name != "" || other):
		return usageError{errors.New("--lang is for the list of stored queries, which --queries DIR alone shows")}
	case f.dir != "" && other:
		return usageError{errors.New("the query is given, and --queries too")}
	}
	return nil
}

// query gives the text of the chosen query and the values of its parameters.
func (f *storedFlags) query(base string) (text string, params map[string]rdf.Term, err error) {
	set, err := readStored(f.dir, sparql.Options{Base: base, Prefixes: vocab.Prefixes()})
	if err != nil {
		return "", nil, err
	}
	q, ok := set.Get(strings.TrimSuffix(f.name, stored.Extension))
	if !ok {
		var names []string
		for _, q := range set.All() {
			names = append(names, q.Name)
		}
		return "", nil, usageError{fmt.Errorf("--stored %s: %s has no such query; it has %s", f.name, f.dir, strings.Join(names, ", "))}
	}
	given := map[string][]string{}
	for _, p := range f.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			return "", nil, usageError{fmt.Errorf("--param %s: a parameter is given as NAME=VALUE", p)}
		}
		given[name] = append(given[name], value)
	}
	params, err = q.Bind(given)
	return q.Text, params, err
}

// readStored reads a folder of stored queries.
func readStored(dir string, o sparql.Options) (*stored.Set, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("--queries: %w", err)
	case !info.IsDir():
		return nil, usageError{fmt.Errorf("--queries %s: it is no folder", dir)}
	}
	set, err := stored.Read(os.DirFS(dir), o)
	if err != nil {
		return nil, usageError{fmt.Errorf("--queries %s: %w", dir, err)}
	}
	return set, nil
}

// listStored prints which stored queries there are and what parameters they have, in the reader's language where they are written in it.
func (a *app) listStored(f *storedFlags, base string, json bool) error {
	langs, err := languagesOf(f.langs, os.Getenv)
	if err != nil {
		return err
	}
	set, err := readStored(f.dir, sparql.Options{Base: base, Prefixes: vocab.Prefixes()})
	if err != nil {
		return err
	}
	list := set.All()
	for i, q := range list {
		list[i] = q.In(langs)
	}
	if json {
		return a.printJSON(list)
	}
	for _, q := range list {
		fmt.Fprintf(a.stdout, "%s: %s\n", q.Name, q.Title)
		for _, p := range q.Parameters {
			fmt.Fprintf(a.stdout, "  --param %s=%s", p.Name, strings.ToUpper(p.Type))
			if p.Default != nil {
				fmt.Fprintf(a.stdout, " [%s]", *p.Default)
			}
			if p.Text != "" {
				fmt.Fprintf(a.stdout, "  %s", p.Text)
			}
			fmt.Fprintln(a.stdout)
		}
	}
	return nil
}

// serveStored sets the stored queries of a folder and says how they are read again. Without a folder there are none.
func serveStored(dir string, c *server.Config) ([]reloaded, error) {
	if dir == "" {
		return nil, nil
	}
	known := vocab.Prefixes()
	for p, iri := range c.Prefixes {
		known[p] = iri
	}
	o := sparql.Options{Base: c.Base, Prefixes: known}
	set, err := readStored(dir, o)
	if err != nil {
		return nil, err
	}
	current := stored.NewCurrent(set)
	c.Stored = current
	return []reloaded{{"stored queries", []string{filepath.Clean(dir)}, func() error {
		set, err := readStored(dir, o)
		if err == nil {
			current.Set(set)
		}
		return err
	}}}, nil
}
