package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/rdf/jsonld"
	"triplestore/vocab"
)

const (
	// prettyLimit is the most quads that --pretty holds in memory: about a gigabyte.
	prettyLimit = 2_000_000
	// lookAhead is how many quads are looked at to choose the prefixes that a stream declares.
	lookAhead = 32768
)

func (a *app) convert() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "convert [flags] [FILE|DIR|GLOB|- ...]",
		Short: "Convert RDF from any format to any other",
		Long: `Reads files, folders, globs and standard input ("-", or no source at all) and writes one document, as a stream: memory does
not grow with the input. Input may be compressed with gzip, zstd, bzip2 or xz, or be a zip archive, whose members are read one
by one. Formats are found by name and content, or named with --from; that of the output by the name of the file, or --to.

  reads   ` + format.Names(false) + `
  writes  ` + format.Names(true) + `

Blank nodes of different documents are kept apart. Contexts that JSON-LD refers to are never fetched: --context says in which file
each is. What the output format cannot hold, such as a named graph in Turtle or a triple term in JSON-LD, is an error.

` + exitHelp,
		Example: `  triplestore convert catalogue.rdf -o catalogue.ttl
  triplestore convert --pretty --to turtle < catalogue.jsonld
  triplestore convert dump.nt.bz2 -o dump.nq.zst
  triplestore convert --context https://schema.org/=schema.jsonld page.jsonld --to nquads
  triplestore convert 'harvest/*.rdf' archive.zip --lenient -o all.nq.gz`,
	}
	flags := cmd.Flags()
	in := readFlags(cmd)
	to := flags.String("to", "", "format of the output: "+format.Names(true)+" (default: by the name of the output, else nquads)")
	compact := flags.String("compact", "", "file with the context that JSON-LD output is compacted with")
	pretty := flags.Bool("pretty", false, fmt.Sprintf("lay the output out for people, grouped and sorted; holds up to %d quads in memory", prettyLimit))
	lenient := flags.Bool("lenient", false, "report what cannot be read and leave it out, in place of failing")
	output := flags.StringP("output", "o", "", "file to write instead of standard output; .gz and .zst are compressed")
	cmd.RunE = func(cmd *cobra.Command, sources []string) error {
		if err := in.check(); err != nil {
			return err
		}
		f, err := outputFormat(*to, *output)
		if err != nil {
			return err
		}
		c := &conversion{app: a, in: in, format: f, pretty: *pretty, prefixes: map[string]string{}}
		if *lenient {
			c.lenient = func(e *rdf.ParseError) {
				c.leftOut++
				fmt.Fprintln(a.stderr, e)
			}
		}
		c.write.Contexts = in.contexts()
		if *compact != "" {
			if c.write.Context, err = os.ReadFile(*compact); err != nil {
				return usageError{err}
			}
		}
		err = a.writeTo(*output, func(w io.Writer) error { return c.run(cmd.Context(), w, sources) })
		if c.leftOut > 0 {
			fmt.Fprintf(a.stderr, "triplestore: %s in the input; what %s in was left out\n", plural(c.leftOut, "mistake"), map[bool]string{true: "it is", false: "they are"}[c.leftOut == 1])
		}
		return err
	}
	return cmd
}

func outputFormat(name, path string) (*format.Format, error) {
	if name == "" {
		if f, ok := format.ByPath(path); ok && path != "" {
			if !f.CanWrite() {
				return nil, usageError{&format.UnsupportedError{Format: f, Write: true}}
			}
			return f, nil
		}
		if path != "" && !strings.HasSuffix(path, ".txt") {
			return nil, usageError{fmt.Errorf("the format of %s is not known; name one with --to: %s", path, format.Names(true))}
		}
		return format.NQuads, nil
	}
	f, ok := format.ByName(name)
	if !ok || !f.CanWrite() {
		return nil, usageError{fmt.Errorf("--to %s: the formats that can be written are %s", name, format.Names(true))}
	}
	return f, nil
}

// conversion is one call of convert.
type conversion struct {
	*app
	in       *reading
	format   *format.Format
	pretty   bool
	lenient  func(*rdf.ParseError)
	leftOut  int
	write    format.WriteOptions
	prefixes map[string]string // that the input declared
	held     []rdf.Quad
	writer   format.Writer
	out      io.Writer
}

func (c *conversion) run(ctx context.Context, out io.Writer, sources []string) error {
	c.out = out
	n := 0
	err := c.documents(ctx, sources, func(d *document) error {
		f, err := c.in.detect(d)
		if err != nil {
			if !d.explicit {
				return nil // a folder may hold other files
			}
			return err
		}
		o := c.in.options(d)
		o.Lenient, o.Prefix = c.lenient, c.prefix
		if n++; n > 1 {
			o.BlankNodePrefix = "d" + strconv.Itoa(n) + "-"
		}
		return f.Parse(ctx, d.body, o, c.add)
	})
	if err != nil {
		return err
	}
	if c.pretty {
		c.write.Prefixes = c.usable(c.held)
		return c.format.WritePretty(c.out, c.held, c.write)
	}
	if err := c.begin(); err != nil {
		return err
	}
	return c.writer.Close()
}

func (c *conversion) prefix(name, ns string) {
	if _, ok := c.prefixes[name]; !ok && ns != "" && len(c.prefixes) < 10_000 {
		c.prefixes[strings.Clone(name)] = strings.Clone(ns)
	}
}

func (c *conversion) add(quads []rdf.Quad) error {
	if c.writer != nil {
		for _, q := range quads {
			if err := c.writer.Write(q); err != nil {
				return err
			}
		}
		return nil
	}
	c.held = append(c.held, quads...)
	switch {
	case c.pretty && len(c.held) > prettyLimit:
		return fmt.Errorf("--pretty holds all quads in memory, and there are more than %d: leave it out", prettyLimit)
	case !c.pretty && len(c.held) >= lookAhead:
		return c.begin()
	}
	return nil
}

// begin starts the stream with the prefixes of its first quads.
func (c *conversion) begin() error {
	if c.writer != nil {
		return nil
	}
	c.write.Prefixes = c.usable(c.held)
	var err error
	if c.writer, err = c.format.NewWriter(c.out, c.write); err != nil {
		return err
	}
	held := c.held
	c.held = nil
	return c.add(held)
}

// usable are the prefixes that the input declared, and for other namespaces the customary ones, as far as a quad makes use of them.
func (c *conversion) usable(quads []rdf.Quad) map[string]string {
	out := maps.Clone(c.prefixes)
	known := map[string]bool{}
	for _, ns := range out {
		known[ns] = true
	}
	names := map[string]string{}
	for name, ns := range vocab.Prefixes() {
		if _, taken := out[name]; taken || known[ns] {
			continue
		}
		if other, ok := names[ns]; !ok || len(name) < len(other) || len(name) == len(other) && name < other {
			names[ns] = name
		}
	}
	look := func(t rdf.Term) {
		s := t.Value()
		if t.IsLiteral() {
			if t.Lang() != "" {
				return
			}
			s = t.Datatype()
		}
		for i := len(s); i > 0; i-- {
			if c := s[i-1]; c == '/' || c == '#' || c == ':' || c == '=' {
				if name, ok := names[s[:i]]; ok {
					out[name] = strings.Clone(s[:i])
				}
			}
		}
	}
	for _, q := range quads {
		look(q.S)
		if q.P.Value() != vocab.RDFType {
			look(q.P)
		}
		look(q.O)
		look(q.G)
	}
	return out
}

// reading is the flags that say how to read.
type reading struct {
	from, base string
	files      []string
	paths      map[string]string
}

func readFlags(cmd *cobra.Command) *reading {
	r := &reading{}
	cmd.Flags().StringVar(&r.from, "from", "", "format of all input instead of detection: "+format.Names(false))
	cmd.Flags().StringVar(&r.base, "base", "", "base IRI of relative IRIs (default: the file's own)")
	cmd.Flags().StringArrayVar(&r.files, "context", nil, "IRI=FILE: the JSON-LD context that documents refer to with this IRI; may be repeated")
	return r
}

func (r *reading) check() error {
	if r.from != "" {
		if f, ok := format.ByName(r.from); !ok || !f.CanRead() {
			return usageError{fmt.Errorf("--from %s: the formats that can be read are %s", r.from, format.Names(false))}
		}
	}
	if r.base != "" {
		if err := iri.Check(r.base); err != nil {
			return usageError{fmt.Errorf("--base %s: %w", r.base, err)}
		}
	}
	var err error
	r.paths, err = contextFiles(r.files)
	return err
}

// contextFiles reads the values of --context.
func contextFiles(flags []string) (map[string]string, error) {
	paths := map[string]string{}
	for _, s := range flags {
		i := strings.LastIndexByte(s, '=')
		if i <= 0 || i == len(s)-1 {
			return nil, usageError{fmt.Errorf("--context %s: want IRI=FILE", s)}
		}
		if _, err := os.Stat(s[i+1:]); err != nil {
			return nil, usageError{fmt.Errorf("--context %s: %w", s, err)}
		}
		paths[s[:i]] = s[i+1:]
	}
	return paths, nil
}

func (r *reading) contexts() jsonld.Loader { return jsonld.ContextFiles(r.paths) }

func (r *reading) options(d *document) format.ReadOptions {
	base := r.base
	if base == "" {
		base = d.base
	}
	return format.ReadOptions{Base: base, File: d.name, Contexts: r.contexts()}
}

func (r *reading) detect(d *document) (*format.Format, error) {
	if r.from != "" {
		f, _ := format.ByName(r.from)
		return f, nil
	}
	head, err := d.body.Peek(format.SniffLen)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, err
	}
	f, ok := format.Detect(d.path, "", head)
	switch {
	case ok && f.CanRead():
		return f, nil
	case ok:
		return nil, fmt.Errorf("%s: %w", d.name, &format.UnsupportedError{Format: f})
	}
	return nil, format.UnknownError(d.name)
}

// document is a document to read, unpacked.
type document struct {
	name     string // as it is shown
	path     string // for detection by name
	base     string // its own IRI, empty if it has none
	explicit bool   // the caller named it, and not a folder that it is in
	body     *bufio.Reader
}

// documents hands all documents of the sources to visit, one by one.
func (a *app) documents(ctx context.Context, sources []string, visit func(*document) error) error {
	if len(sources) == 0 {
		sources = []string{"-"}
	}
	for _, s := range sources {
		if s == "-" {
			if err := unpack(&document{name: "stdin", explicit: true}, a.stdin, visit); err != nil {
				return err
			}
			continue
		}
		paths, err := expandSource(s)
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := visitFile(path, path == s, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// expandSource lists the files that a file, folder or glob stands for, in order.
func expandSource(s string) ([]string, error) {
	roots := []string{s}
	if _, err := os.Stat(s); err != nil {
		if strings.Contains(s, "://") {
			return nil, usageError{fmt.Errorf("%s: only files are read here; load fetches from the web", s)}
		}
		if roots, err = filepath.Glob(s); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", s, err)}
		}
		if len(roots) == 0 {
			return nil, fmt.Errorf("%s: no such file", s)
		}
	}
	var paths []string
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != root && strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
			case d.Type().IsRegular() || path == root && !d.IsDir():
				paths = append(paths, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func visitFile(path string, explicit bool, visit func(*document) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := &document{name: path, path: path, explicit: explicit}
	if abs, err := filepath.Abs(path); err == nil {
		d.base = loaders.FileIRI(filepath.ToSlash(abs))
	}
	head := make([]byte, 4)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF || !format.IsZip(head[:n]) {
		return unpack(d, f, visit) // a pipe cannot be read at a place; it is a stream
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return format.WalkZip(f, info.Size(), path, format.ZipOptions{}, func(member string, r io.Reader) error {
		name := path + "/" + member
		return visit(&document{name: name, path: member, base: d.base + "/" + (loaders.FileIRI(member))[len("file:///"):], body: bufio.NewReaderSize(r, 64<<10)})
	})
}

func unpack(d *document, r io.Reader, visit func(*document) error) error {
	body, err := format.Decompress(r, d.name)
	if err != nil {
		return err
	}
	defer body.Close()
	d.body = bufio.NewReaderSize(body, 64<<10)
	return visit(d)
}
