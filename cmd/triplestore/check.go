package main

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"triplestore/rdf"
)

// checkPlaces is how many mistakes of a document a report keeps; all are counted.
const checkPlaces = 10_000

func (a *app) check() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [flags] [FILE|DIR|GLOB|- ...]",
		Short: "Check the syntax of RDF files",
		Long: `Reads files, folders (recursively, without what begins with a dot), globs and standard input, and reports what is wrong with
their syntax, each mistake as file:line:column: reason. Nothing is written or loaded. Reading goes on after a mistake where the
format allows it. In a folder, files that are no RDF are skipped and named with --all. Input may be compressed or a zip archive.

The exit code is 2 if any document has a mistake.

` + exitHelp,
		Example: `  triplestore check catalogue.ttl
  triplestore check ./catalogue 'harvest/*.rdf'
  triplestore check --json --from jsonld --context https://schema.org/=schema.jsonld - < page.json`,
	}
	in := readFlags(cmd)
	flags := cmd.Flags()
	asJSON := flags.Bool("json", false, "print the report as JSON")
	quiet := flags.Bool("quiet", false, "print mistakes only")
	all := flags.Bool("all", false, "name skipped files too")
	cmd.RunE = func(cmd *cobra.Command, sources []string) error {
		if err := in.check(); err != nil {
			return err
		}
		r := checkReport{Documents: []*checked{}}
		out := bufio.NewWriter(pipeWriter{a.stdout})
		err := a.documents(cmd.Context(), sources, func(d *document) error {
			c := &checked{Source: d.name, Mistakes: []mistake{}}
			r.Documents = append(r.Documents, c)
			if err := c.read(cmd, in, d); err != nil {
				return err
			}
			r.count(c)
			if *asJSON {
				return nil
			}
			c.print(out, *quiet, *all)
			return out.Flush()
		})
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		if *asJSON {
			err = a.printJSON(r)
		} else if !*quiet {
			fmt.Fprintf(out, "%s correct, %s wrong, %s skipped; %s, %s\n",
				formatCount(r.Correct), formatCount(r.Wrong), formatCount(r.Skipped), plural(r.Statements, "statement"), plural(r.Count, "mistake"))
			err = out.Flush()
		}
		if err == nil && r.Wrong > 0 {
			err = usageError{fmt.Errorf("there are mistakes in %s of %s", formatCount(r.Wrong), plural(r.Wrong+r.Correct, "document"))}
		}
		return err
	}
	return cmd
}

// checkReport is what check found.
type checkReport struct {
	Documents  []*checked `json:"documents"`
	Correct    int        `json:"correct"`
	Wrong      int        `json:"wrong"`
	Skipped    int        `json:"skipped"`
	Statements int64      `json:"statements"`
	Count      int64      `json:"mistakes"`
}

func (r *checkReport) count(c *checked) {
	switch {
	case c.Skipped != "":
		r.Skipped++
	case c.Count > 0:
		r.Wrong++
	default:
		r.Correct++
	}
	r.Statements += c.Statements
	r.Count += c.Count
}

// checked is one document.
type checked struct {
	Source     string    `json:"source"`
	Format     string    `json:"format,omitempty"`
	Statements int64     `json:"statements"`
	Count      int64     `json:"mistakes"`
	Mistakes   []mistake `json:"places"`
	Skipped    string    `json:"skipped,omitempty"`
}

type mistake struct {
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

// read reads a document. Its error is that of reading at all.
func (c *checked) read(cmd *cobra.Command, in *reading, d *document) error {
	f, err := in.detect(d)
	if err != nil {
		if d.explicit {
			c.add(mistake{Message: "the format is not known; name it with --from"})
		} else {
			c.Skipped = "is no RDF that is known here"
		}
		return nil
	}
	c.Format = f.Name
	o := in.options(d)
	told := func(e *rdf.ParseError) { c.add(mistake{e.Line, e.Column, e.Msg}) }
	o.Lenient = told
	err = f.Parse(cmd.Context(), d.body, o, func(quads []rdf.Quad) error {
		c.Statements += int64(len(quads))
		return nil
	})
	var pe *rdf.ParseError
	switch {
	case err == nil:
	case cmd.Context().Err() != nil:
		return err
	case errors.As(err, &pe):
		told(pe)
	default:
		c.add(mistake{Message: err.Error()}) // such as damaged compression
	}
	return nil
}

func (c *checked) add(m mistake) {
	if c.Count++; len(c.Mistakes) < checkPlaces {
		c.Mistakes = append(c.Mistakes, m)
	}
}

func (c *checked) print(w *bufio.Writer, quiet, all bool) {
	for _, m := range c.Mistakes {
		if m.Line > 0 {
			fmt.Fprintf(w, "%s:%d:%d: %s\n", c.Source, m.Line, m.Column, m.Message)
		} else {
			fmt.Fprintf(w, "%s: %s\n", c.Source, m.Message)
		}
	}
	if more := c.Count - int64(len(c.Mistakes)); more > 0 {
		fmt.Fprintf(w, "%s: %s\n", c.Source, plural(more, "more mistake"))
	}
	switch {
	case quiet:
	case c.Skipped != "" && all:
		fmt.Fprintf(w, "%s: skipped: %s\n", c.Source, c.Skipped)
	case c.Skipped == "":
		fmt.Fprintf(w, "%s: %s, %s, %s\n", c.Source, c.Format, plural(c.Statements, "statement"), plural(c.Count, "mistake"))
	}
}
