package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/rdf/jsonld"
	"triplestore/store/badgerstore"
)

// minMemory is the least that loading works with.
const minMemory = 64 << 20

// printedPlaces is how many rejected statements of a file are printed; --json has them all.
const printedPlaces = 20

func (a *app) load() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "load [flags] FILE|DIR|GLOB|URL|- ...",
		Short: "Load RDF into the store",
		Long: `Loads files, folders (recursively, without what begins with a dot), globs, http and https URLs and standard input ("-") as
one transaction: all of it becomes visible together, or, when it fails or is interrupted, nothing. Files may be compressed with
gzip, zstd, bzip2 or xz. Contexts that JSON-LD refers to are never fetched: --context says in which file one is. Formats are found by media type, name and content: ` + format.Names(false) + `.

What cannot be read is reported with its place and left out; files that are no RDF are named and skipped. With --strict either
is an error and nothing is committed. Blank nodes belong to their file: loading a file with blank nodes twice adds them twice.

With --replace the graph of --graph holds what the sources say and nothing else, in one commit: what it had before and has again is
not written anew, and where all of it is the same there is no commit. What cannot be read is then missing from the graph, so --strict
is good company.

` + exitHelp,
		Example: `  triplestore load catalogue.ttl concepts.nt.gz
  triplestore load --graph https://example.org/graph/catalogue ./catalogue
  triplestore load --replace --strict --graph https://example.org/graph/catalogue catalogue.ttl
  triplestore load 'harvest/*.ttl'
  triplestore load --context https://schema.org/=schema.jsonld pages/
  triplestore load https://example.org/catalogue.ttl
  zcat dump.nq.gz | triplestore load --format nquads -`,
		Args: args(cobra.MinimumNArgs(1)),
	}
	dir := storeFlag(cmd)
	flags := cmd.Flags()
	graph := flags.String("graph", "", "IRI of the graph for triples that name none; quads keep their graph")
	replace := flags.Bool("replace", false, "replace the content of the graph of --graph instead of adding to it")
	formatName := flags.String("format", "", "format of all sources instead of detection: "+format.Names(false))
	base := flags.String("base", "", "base IRI of relative IRIs (default: the file's or URL's own)")
	contexts := flags.StringArray("context", nil, "IRI=FILE: the JSON-LD context that documents refer to with this IRI; may be repeated")
	strict := flags.Bool("strict", false, "make everything that cannot be read an error")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	quiet := flags.Bool("quiet", false, "print the totals only")
	retention := retentionFlag(cmd)
	memory := bytesValue(loadMemoryOf(totalMemory()))
	flags.Var(&memory, "memory", "memory for sorting, terms and caches; what does not fit goes to temporary files in the store's folder (an eighth of what there is, at least 1.5GiB or half)")
	expanded := bytesValue(0)
	flags.Var(&expanded, "max-document", "largest document once decompressed, 0 for no limit")
	cmd.RunE = func(cmd *cobra.Command, sources []string) error {
		o := loaders.Options{Format: *formatName, Base: *base, Strict: *strict, Stdin: a.stdin, MaxExpanded: int64(expanded), Fetcher: loaders.NewFetcher(sources)}
		if *graph != "" {
			if err := iri.Check(*graph); err != nil {
				return usageError{fmt.Errorf("--graph %s: %w", *graph, err)}
			}
			o.Graph = rdf.IRI(*graph)
		}
		if o.Replace = *replace; *replace && *graph == "" {
			return usageError{errors.New("--replace needs --graph: which graph is to be replaced?")}
		}
		if *base != "" {
			if err := iri.Check(*base); err != nil {
				return usageError{fmt.Errorf("--base %s: %w", *base, err)}
			}
		}
		if *formatName != "" {
			if f, ok := format.ByName(*formatName); !ok || !f.CanRead() {
				return usageError{fmt.Errorf("--format %s: the formats that can be read are %s", *formatName, format.Names(false))}
			}
		}
		paths, err := contextFiles(*contexts)
		if err != nil {
			return err
		}
		o.Contexts = jsonld.ContextFiles(paths)
		storage := retention.options()
		if storage.Memory = int64(memory); storage.Memory < minMemory {
			return usageError{fmt.Errorf("--memory %s: at least %s are needed", memory.String(), formatBytes(minMemory))}
		}
		storage.Expected = loaders.Growth(sources)
		if os.Getenv("GOGC") == "" { // as for a harvest
			defer debug.SetGCPercent(debug.SetGCPercent(harvestGC))
		}
		storage.RemoveEmpty = true // a load that fails leaves no folder behind
		return a.withOptions(*dir, true, storage, func(st *badgerstore.Store) error {
			progress, done := a.progress(*quiet || *asJSON)
			o.Progress = progress
			report, err := loaders.Load(cmd.Context(), st, sources, o)
			done()
			if len(report.Files) > 0 && (err == nil || isReadable(err)) {
				var perr error
				if *asJSON {
					perr = a.printJSON(report)
				} else {
					perr = printReport(a.stdout, &report, *quiet, err == nil)
				}
				err = errors.Join(err, perr)
			}
			return err
		})
	}
	return cmd
}

// isReadable reports whether a failed load has a report that says why.
func isReadable(err error) bool {
	var strict *loaders.StrictError
	return errors.As(err, &strict) || errors.Is(err, loaders.ErrNothing)
}

func printReport(to io.Writer, r *loaders.Report, quiet, committed bool) error {
	w := bufio.NewWriter(to)
	if !quiet {
		for i := range r.Files {
			printFile(w, &r.Files[i])
		}
	}
	fmt.Fprintf(w, "%s: %s read, %s skipped; %s, %s rejected, %s in %.1f s (%s statements/s)\n",
		plural(len(r.Files), "document"), formatCount(len(r.Files)-r.Skipped), formatCount(r.Skipped), plural(r.Statements, "statement"), formatCount(r.Rejected),
		formatBytes(r.Bytes), r.Seconds, formatCount(int64(float64(r.Statements)/max(r.Seconds, 1e-3))))
	if committed {
		removed := ""
		if r.Deleted > 0 {
			removed = fmt.Sprintf("%s removed, ", formatCount(r.Deleted))
		}
		fmt.Fprintf(w, "%s, %scommit %d\n", plural(r.Inserted, "new quad"), removed, r.Commit)
	}
	return w.Flush()
}

func printFile(w io.Writer, f *loaders.File) {
	if f.Skipped != "" {
		fmt.Fprintf(w, "%s: skipped: %s\n", f.Source, f.Skipped)
		return
	}
	fmt.Fprintf(w, "%s: %s, %s", f.Source, f.Format, plural(f.Statements, "statement"))
	if f.Rejected > 0 {
		fmt.Fprintf(w, ", %s rejected", formatCount(f.Rejected))
	}
	fmt.Fprintln(w)
	for i, p := range f.Places {
		if i == printedPlaces {
			break
		}
		if p.Line > 0 {
			fmt.Fprintf(w, "  %s:%s\n", f.Source, p)
		} else {
			fmt.Fprintf(w, "  %s: %s\n", f.Source, p)
		}
	}
	if more := f.Rejected - printedPlaces; more > 0 {
		fmt.Fprintf(w, "  … and %s more; --json has them all\n", formatCount(more))
	}
}

// plainInterval is the time between lines of progress where there is no terminal.
const plainInterval = 5 * time.Second

// loadMemoryOf is how much memory a load may take, of so much that there is. Terms that it does not hold are searched for in the store.
func loadMemoryOf(memory int64) int64 { return memoryShare(memory, 8, 3<<29, 2) }
