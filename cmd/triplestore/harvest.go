package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"triplestore/internal/egress"
	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/loaders/source"
	"triplestore/store/badgerstore"
)

// harvestGC is the growth of the heap in per cent at which garbage is collected during a harvest: what lives are large tables without
// pointers, so that to collect more often costs little and keeps the process small. GOGC in the environment goes before it.
const harvestGC = 40

// printedNotes is how many notes of a source are printed; --json has more.
const printedNotes = 20

func (a *app) harvest() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "harvest -c FILE [flags]",
		Short: "Harvest sources and keep them in step",
		Long: `Harvests the sources that a configuration names: catalogues, registers, feeds, tables and others. What a source says replaces what it
said before, removals included; each source is one commit, and one that says the same as before makes none. A source that
fails changes nothing and does not keep the others from being harvested. Several are read at a time (--parallel), those of one host
one after the other; each is committed when it was read, and what the store then holds does not depend on the order. The configuration is YAML; at its simplest

  sources: [{name: fdk, kind: rdf, path: catalogue.ttl}]

with url: in place of path: for what is on the web. --schema prints its JSON Schema, for editors. The kinds of source are:

` + kindList() + `
When each source was last asked is kept in a small file beside the store, STORE.harvest.json, since that is not worth a commit. What
the runs did is in the graph <` + harvest.DefaultGraphBase + `provenance>, and derived facts are in graphs of their own.

Exit codes:
  0    all sources were harvested
  1    a source failed; the others were harvested
  2    wrong use, or a mistake in the configuration
  3    a strict harvest of a source rejected something; of that source nothing was committed
  130  interrupted; of the sources that were being harvested nothing was committed`,
		Example: `  triplestore harvest -c sources.yaml
  triplestore harvest -c sources.yaml --source fdk --dry-run
  triplestore harvest -c sources.yaml --json > report.json
  triplestore harvest --schema > sources.schema.json
  triplestore serve --harvest sources.yaml`,
		Args: args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	flags := cmd.Flags()
	file := flags.StringP("config", "c", "", "file with the configuration")
	names := flags.StringArray("source", nil, "harvest only the source of this name; may be repeated")
	dry := flags.Bool("dry-run", false, "read the sources and tell what would change, but change nothing")
	strict := flags.Bool("strict", false, "make whatever is rejected an error of its source")
	full := flags.Bool("full", false, "read the sources from the start, whatever they remember")
	asJSON := flags.Bool("json", false, "print the report as JSON")
	quiet := flags.Bool("quiet", false, "print one line for each source")
	memory := bytesValue(256 << 20)
	flags.Var(&memory, "memory", "memory for sorting, terms and caches of the store; what does not fit goes to temporary files in its folder")
	parallel := flags.Int("parallel", 0, "how many sources are read at a time; 1 harvests one after the other, in their order (default: the key parallel of the configuration, else 4)")
	schema := flags.Bool("schema", false, "print the JSON Schema of the configuration and stop")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *schema {
			_, err := a.stdout.Write(harvest.Schema(kinds.All(), kinds.Rewriters()))
			return err
		}
		if *file == "" {
			return usageError{errors.New("-c names the configuration; see triplestore harvest --help")}
		}
		config, err := readHarvest(*file)
		if err != nil {
			return err
		}
		if int64(memory) < minMemory {
			return usageError{fmt.Errorf("--memory %s: at least %s are needed", memory.String(), formatBytes(minMemory))}
		}
		if cmd.Flags().Changed("parallel") && (*parallel < 1 || *parallel > harvest.MaxParallel) {
			return usageError{fmt.Errorf("--parallel %d: it is to be 1 to %d", *parallel, harvest.MaxParallel)}
		}
		if os.Getenv("GOGC") == "" {
			defer debug.SetGCPercent(debug.SetGCPercent(harvestGC))
		}
		return a.withOptions(*dir, true, badgerstore.Options{Memory: int64(memory)}, func(st *badgerstore.Store) error {
			h, err := newHarvester(config, st, *dir, *parallel, nil, nil)
			if err != nil {
				return err
			}
			o := harvest.RunOptions{Sources: *names, DryRun: *dry, Strict: *strict, Full: *full, Progress: a.harvestProgress(*quiet || *asJSON)}
			if !*asJSON {
				o.Done = func(r *harvest.SourceReport) { printSource(a.stdout, r, *quiet, *dry) }
			}
			report, err := h.Run(cmd.Context(), o)
			var unknown *harvest.UnknownSourceError
			if errors.As(err, &unknown) {
				return usageError{err}
			}
			err = interruptedHarvest(report, err)
			if *asJSON {
				err = errors.Join(err, a.printJSON(report))
			}
			if err != nil {
				return err
			}
			return harvestVerdict(report)
		})
	}
	return cmd
}

func kindList() string {
	var b strings.Builder
	for _, k := range kinds.All() {
		fmt.Fprintf(&b, "  %-12s %s\n", k.Name, k.Doc)
	}
	return b.String()
}

// readHarvest reads a configuration; a mistake in it is wrong use.
func readHarvest(file string) (*harvest.Config, error) {
	c, err := harvest.ReadConfig(file, kinds.All(), kinds.Rewriters())
	var mistake *harvest.ConfigError
	if errors.As(err, &mistake) {
		return nil, usageError{err}
	}
	return c, err
}

func newHarvester(c *harvest.Config, st *badgerstore.Store, dir string, parallel int, log *slog.Logger, observe egressObserver) (*harvest.Harvester, error) {
	journal, err := harvest.OpenJournal(filepath.Clean(dir) + ".harvest.json")
	if err != nil {
		return nil, err
	}
	temp := filepath.Join(dir, "tmp", "harvest")
	if err := harvest.TempDir(temp); err != nil {
		return nil, err
	}
	h, err := harvest.New(harvest.Options{Config: c, Store: st, Journal: journal, Temp: temp, Reserve: st.Reserve, Parallel: parallel, Log: log, Proxy: egress.ProxyFromEnvironment, Observe: observe})
	if err != nil {
		return nil, usageError{err}
	}
	return h, nil
}

// startHarvest harvests on schedule until the server ends; what it returns waits for the end of the run that is going on, which is cut
// short.
func startHarvest(ctx context.Context, h *harvest.Harvester) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Schedule(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// harvestVerdict is the error of a harvest in which sources failed.
func harvestVerdict(r *harvest.Report) error {
	var failed []string
	strict := true
	seen := map[string]bool{}
	for i := range r.Sources {
		if s := &r.Sources[i]; s.Status == harvest.Failed && !seen[s.Name] {
			seen[s.Name] = true
			failed = append(failed, s.Name)
			strict = strict && s.Class == source.Rejects
		}
	}
	switch {
	case len(failed) == 0:
		return nil
	case strict:
		return &strictHarvestError{failed}
	}
	return fmt.Errorf("%d of %s failed: %s", len(failed), plural(countSources(r), "source"), strings.Join(failed, ", "))
}

func countSources(r *harvest.Report) int {
	names := map[string]bool{}
	for i := range r.Sources {
		names[r.Sources[i].Name] = true
	}
	return len(names)
}

// strictHarvestError is the error of a harvest whose failures are all of strictness.
type strictHarvestError struct{ sources []string }

func (e *strictHarvestError) Error() string {
	return "what was rejected is an error, as the harvest is strict: " + strings.Join(e.sources, ", ")
}

// interruptedHarvestError is the error of a harvest that was ended when some sources had been committed.
type interruptedHarvestError struct {
	committed []string
	err       error
}

// Error is that of what ended the harvest.
func (e *interruptedHarvestError) Error() string { return e.err.Error() }

// Unwrap is what ended the harvest.
func (e *interruptedHarvestError) Unwrap() error { return e.err }

func interruptedHarvest(r *harvest.Report, err error) error {
	var committed []string
	for i := range r.Sources {
		if r.Sources[i].Status == harvest.Changed && r.Sources[i].Commit != 0 {
			committed = append(committed, r.Sources[i].Name)
		}
	}
	if err == nil || len(committed) == 0 {
		return err
	}
	return &interruptedHarvestError{committed, err}
}

// harvestProgress shows how sources come along: on a terminal in one line, of the source that told last, else in a line for each now and then.
func (a *app) harvestProgress(quiet bool) func(string, source.Progress) {
	if quiet && !isTerminal(a.stderr) {
		return nil
	}
	if isTerminal(a.stderr) {
		last := time.Now()
		return func(name string, p source.Progress) {
			if time.Since(last) >= 200*time.Millisecond {
				last = time.Now()
				fmt.Fprint(a.stderr, harvestLine(name, p)+"\x1b[K\r")
			}
		}
	}
	start, last := time.Now(), map[string]time.Time{}
	return func(name string, p source.Progress) {
		since, ok := last[name]
		if !ok {
			since = start
		}
		if time.Since(since) >= plainInterval {
			last[name] = time.Now()
			fmt.Fprintln(a.stderr, harvestLine(name, p))
		}
	}
}

func harvestLine(name string, p source.Progress) string {
	s := name + ": " + p.Doing
	if p.Done > 0 || p.Total > 0 {
		s += " " + formatCount(p.Done)
		if p.Total > 0 {
			s += " of " + formatCount(p.Total)
		}
		s += " " + p.Unit
	}
	if p.Records > 0 {
		s += ", " + plural(p.Records, "record")
	}
	if p.Requests > 0 {
		s += ", " + plural(p.Requests, "request")
	}
	return s
}

// printSource prints the report of a source.
func printSource(to io.Writer, r *harvest.SourceReport, quiet, dry bool) {
	w := bufio.NewWriter(to)
	defer w.Flush()
	fmt.Fprintf(w, "%s: %s", r.Name, r.Status)
	switch {
	case r.Status == harvest.Failed:
		fmt.Fprintf(w, " (%s): %s\n", r.Class, r.Error)
	case r.Status == harvest.Unchanged:
		fmt.Fprintf(w, " in %.1f s\n", r.Seconds)
	default:
		fmt.Fprintf(w, ": %s added, %s removed", plural(r.Added, "statement"), formatCount(r.Removed))
		if c := r.Records; c.Added+c.Changed+c.Removed+c.Unchanged > 0 {
			fmt.Fprintf(w, "; records: %s added, %s changed, %s removed, %s as before", formatCount(c.Added), formatCount(c.Changed), formatCount(c.Removed), formatCount(c.Unchanged))
		}
		if r.Commit > 0 {
			fmt.Fprintf(w, "; commit %d", r.Commit)
		} else if dry {
			fmt.Fprint(w, "; nothing was changed (dry run)")
		}
		fmt.Fprintf(w, "; %.1f s\n", r.Seconds)
	}
	if quiet {
		return
	}
	for _, c := range []struct {
		n    int64
		what string
	}{
		{r.Rejected, "rejected"}, {r.Normalised, "normalised"}, {r.Unmatched, unit(r.Unmatched, "identifier") + " without a canonical IRI"}, {r.Conflicts, unit(r.Conflicts, "conflict") + " with other sources"},
	} {
		if c.n > 0 {
			fmt.Fprintf(w, "  %s %s\n", formatCount(c.n), c.what)
		}
	}
	for _, d := range r.Derived {
		fmt.Fprintf(w, "  derived by %s: %s, %s added, %s removed", d.Rule, plural(d.Facts, "fact"), formatCount(d.Added), formatCount(d.Removed))
		if !d.Whole {
			fmt.Fprintf(w, "; evaluated for %s", plural(d.Resources, "resource"))
		}
		fmt.Fprintln(w)
	}
	for i, n := range r.Notes {
		if i == printedNotes {
			fmt.Fprintf(w, "  … and %s more; --json has them\n", formatCount(len(r.Notes)-printedNotes))
			break
		}
		fmt.Fprintf(w, "  %s: ", n.Sort)
		if p := n.Place.String(); p != "" {
			fmt.Fprintf(w, "%s: ", p)
		}
		if n.Record != "" {
			fmt.Fprintf(w, "<%s>: ", n.Record)
		}
		fmt.Fprintln(w, n.Message)
	}
}
