// Package table is the kind of source "table": rows of CSV and TSV, objects of JSON and newline-delimited JSON, elements of XML, turned into triples by a mapping that stands in
// the section of the source. The mapping has what an ordinary register needs of RML and CSVW: a subject from a template, classes,
// properties with datatypes, languages, IRIs from templates, values by a table, lists in a cell, nodes within the record, and
// conditions. What does not fit – a date that is none, a row without its key – is left out and reported with its row.
package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"triplestore/loaders/input"
	"triplestore/loaders/source"
	"triplestore/rdf"
)

// Kind is the kind "table".
func Kind() source.Kind {
	return source.Kind{
		Name: "table", Doc: "tables as CSV, TSV, JSON, newline-delimited JSON or XML, also in zip archives, with a mapping to RDF in the section",
		New: func() source.Config { return &config{MaxPages: 1000} },
	}
}

type config struct {
	URL       []string          `yaml:"url" doc:"address of a table" format:"uri"`
	Path      []string          `yaml:"path" doc:"file"`
	Format    string            `yaml:"format" doc:"format; default: by media type, ending of the name, or first character" enum:"csv,tsv,json,ndjson,xml"`
	Members   string            `yaml:"members" doc:"which files of a zip archive are read, such as '*.csv'; default: those whose names end as tables do"`
	Delimiter string            `yaml:"delimiter" doc:"separator of CSV in place of the comma, such as ';'"`
	Encoding  string            `yaml:"encoding" doc:"encoding of CSV and TSV; default utf-8" enum:"utf-8,latin1,windows-1252"`
	Header    *bool             `yaml:"header" doc:"whether the first row has the names of the columns; without, they are 1, 2, …"`
	Skip      int               `yaml:"skip" doc:"lines before the first row that are no part of the table"`
	Lazy      bool              `yaml:"lazy-quotes" doc:"take quotes in cells that are not escaped"`
	Rows      string            `yaml:"rows" doc:"where the rows are in JSON, such as _embedded.items, or in XML below the root; default: the array that the document is, or the root"`
	Next      string            `yaml:"next" doc:"where the address of the next page is in JSON, such as _links.next.href; default: the header Link"`
	MaxPages  int               `yaml:"max-pages" doc:"most pages; default 1000"`
	Prefixes  map[string]string `yaml:"prefixes" doc:"prefixes beside the well-known ones, such as dct and skos"`
	Subject   string            `yaml:"subject" doc:"IRI of the record of a row, with columns in braces: https://example.org/school/{id}" required:"true"`
	Mapping   `yaml:",inline"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string { return c.URL }

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	if len(c.URL)+len(c.Path) == 0 {
		return nil, source.Keyf("url", "a source of the kind table has a url or a path")
	}
	for _, u := range c.URL {
		if !source.IsURL(u) {
			return nil, source.Keyf("url", "%q is no http or https URL", u)
		}
	}
	if len([]rune(c.Delimiter)) > 1 && c.Delimiter != `\t` {
		return nil, source.Keyf("delimiter", "%q is not one character", c.Delimiter)
	}
	if c.MaxPages < 1 {
		return nil, source.Keyf("max-pages", "is %d, and must be 1 or more", c.MaxPages)
	}
	if _, err := path.Match(c.Members, ""); err != nil {
		return nil, source.Keyf("members", "%q: %v", c.Members, err)
	}
	m := &compiler{prefixes: c.Prefixes}
	subject := m.template("subject", c.Subject)
	body := m.mapping("", &c.Mapping)
	if m.err != nil {
		return nil, m.err
	}
	if len(body.classes)+len(body.properties) == 0 {
		return nil, source.Keyf("properties", "the mapping says nothing about a row: there are neither classes nor properties")
	}
	return &tables{config: c, env: env, subject: subject, body: body}, nil
}

type tables struct {
	*config
	env     source.Env
	subject template
	body    *mapping
}

type state struct {
	// Validators are those of documents that lead to no others, of which nothing would be known.
	Validators map[string]source.Validators `json:"documents"`
}

// Harvest implements source.Source.
func (s *tables) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	var old state
	if since != nil {
		if err := json.Unmarshal(since, &old); err != nil {
			old = state{}
		}
	}
	addresses := append(slices.Clone(s.Path), s.URL...)
	next := state{Validators: map[string]source.Validators{}}
	open := func(address string, v source.Validators) (*input.Input, error) {
		return input.Open(ctx, s.env, address, source.Request{
			Accept: "text/csv, application/json;q=0.9, text/tab-separated-values;q=0.9, application/x-ndjson;q=0.8, */*;q=0.5", Validators: v,
		})
	}
	inputs := make([]*input.Input, len(addresses))
	defer func() {
		for _, in := range inputs {
			if in != nil {
				in.Close() //nolint:errcheck // it was read
			}
		}
	}()
	fresh := false
	for i, a := range addresses {
		in, err := open(a, old.Validators[source.WithoutUser(a)])
		if err != nil {
			return source.Outcome{}, err
		}
		inputs[i] = in
		fresh = fresh || !in.NotModified
		next.Validators[source.WithoutUser(a)] = in.Validators
	}
	if !fresh {
		kept, err := json.Marshal(&next)
		return source.Outcome{State: kept, Unchanged: true}, err
	}
	w := &writer{tables: s, to: to, sum: sha256.New(), seen: map[uint64]struct{}{}}
	for i, a := range addresses {
		if inputs[i].NotModified {
			var err error
			if inputs[i], err = open(a, source.Validators{}); err != nil {
				return source.Outcome{}, err
			}
		}
		pages, err := s.pages(ctx, w, inputs[i])
		if err != nil {
			return source.Outcome{}, err
		}
		if pages > 1 {
			delete(next.Validators, source.WithoutUser(a))
		}
	}
	if err := w.flush(); err != nil {
		return source.Outcome{}, err
	}
	kept, err := json.Marshal(&next)
	return source.Outcome{State: kept, Complete: true, Checksum: "sha256:" + hex.EncodeToString(w.sum.Sum(nil))}, err
}

// pages reads a document and those that it leads to, and tells how many there are.
func (s *tables) pages(ctx context.Context, w *writer, in *input.Input) (n int, err error) {
	asked := map[string]bool{in.IRI: true}
	for n = 1; ; n++ {
		nextPage, err := s.read(ctx, w, in)
		if n > 1 { // the first one is the caller's
			in.Close() //nolint:errcheck // it was read
		}
		if err != nil {
			return n, err
		}
		if in.Document == nil {
			return n, nil
		}
		if nextPage == "" && s.Next == "" {
			nextPage = in.Document.Next()
		}
		if nextPage == "" {
			return n, nil
		}
		base, err := url.Parse(in.IRI)
		if err != nil {
			return n, source.WithClass(source.Invalid, err)
		}
		u, err := base.Parse(nextPage)
		if err != nil {
			return n, source.Errorf(source.Invalid, "%s: the address of the next page is no URL: %q", in.Name, nextPage)
		}
		if asked[u.String()] {
			return n, source.Errorf(source.Invalid, "%s: the pages go in a circle: %s was read before", in.Name, u.Redacted())
		}
		if n >= s.MaxPages {
			return n, source.Errorf(source.TooLarge, "%s: there are more than %d pages (max-pages)", in.Name, s.MaxPages)
		}
		asked[u.String()] = true
		if in, err = input.Open(ctx, s.env, u.String(), source.Request{Accept: "application/json"}); err != nil {
			return n, err
		}
	}
}

// read reads one document, or all tables of an archive.
func (s *tables) read(ctx context.Context, w *writer, in *input.Input) (next string, err error) {
	tables := 0
	archive, err := in.Members(func(member string, content io.Reader) error {
		if !s.wants(member) {
			return nil
		}
		tables++
		_, err := s.document(ctx, w, in.Name+"/"+member, "", member, content)
		return err
	})
	if archive {
		if err == nil && tables == 0 {
			err = source.Errorf(source.Invalid, "%s: no file in the archive is a table that is meant (members)", in.Name)
		}
		return "", err
	}
	if err != nil {
		return "", err
	}
	body, err := in.Open()
	if err != nil {
		return "", err
	}
	defer body.Close()
	return s.document(ctx, w, in.Name, in.MediaType, in.Path, body)
}

// wants tells whether a file in an archive is read.
func (s *tables) wants(member string) bool {
	if s.Members == "" {
		return s.Format != "" || byName(member) != ""
	}
	whole, _ := path.Match(s.Members, member)
	base, _ := path.Match(s.Members, path.Base(member))
	return whole || base
}

func (s *tables) document(ctx context.Context, w *writer, name, mediaType, file string, body io.Reader) (next string, err error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	w.name = name
	r := io.TeeReader(io.MultiReader(strings.NewReader(string(head[:n])), body), w.sum)
	switch s.format(mediaType, file, string(head[:n])) {
	case "csv":
		return "", s.csv(ctx, w, r, ',')
	case "tsv":
		return "", s.csv(ctx, w, r, '\t')
	case "xml":
		return "", s.xml(ctx, w, r)
	}
	return s.json(ctx, w, r)
}

func (s *tables) format(mediaType, file, head string) string {
	if s.Format != "" {
		return s.Format
	}
	switch mediaType {
	case "text/csv":
		return "csv"
	case "text/tab-separated-values":
		return "tsv"
	case "application/json", "application/geo+json", "application/hal+json", "application/x-ndjson", "application/ndjson":
		return "json"
	case "application/xml", "text/xml":
		return "xml"
	}
	if f := byName(file); f != "" {
		return f
	}
	if t := strings.TrimLeft(strings.TrimPrefix(head, "\uFEFF"), " \t\r\n"); t != "" && (t[0] == '[' || t[0] == '{') {
		return "json"
	} else if strings.HasPrefix(t, "<?xml") {
		return "xml"
	}
	return "csv"
}

// byName tells a format by the ending of a name, or "".
func byName(file string) string {
	name := strings.ToLower(file)
	for _, c := range []string{".gz", ".zst", ".bz2", ".xz"} {
		name = strings.TrimSuffix(name, c)
	}
	switch path.Ext(name) {
	case ".csv":
		return "csv"
	case ".tsv", ".tab":
		return "tsv"
	case ".json", ".ndjson", ".jsonl", ".geojson":
		return "json"
	case ".xml":
		return "xml"
	}
	return ""
}

// writer turns rows into records. Rows that follow each other and have the same subject make one record.
type writer struct {
	*tables
	to   source.Sink
	sum  hash.Hash
	name string
	rows int64

	current string
	place   source.Place
	triples []rdf.Triple
	seen    map[uint64]struct{} // hashes of the subjects before
}

func (w *writer) row(r row, place source.Place) error {
	w.rows++
	if w.rows%10_000 == 0 {
		w.to.Progress(source.Progress{Doing: "reading " + w.name, Done: w.rows, Unit: "rows", Records: w.rows})
	}
	e := evaluation{row: r, note: func(format string, args ...any) {
		w.to.Note(source.Note{Sort: source.Rejected, Message: fmt.Sprintf(format, args...), Place: place, Record: w.current})
	}}
	if !w.body.applies(&e) {
		return nil
	}
	subject, missing := w.subject.fill(&e)
	if missing != "" {
		w.to.Note(source.Note{Sort: source.Rejected, Message: "the row has no " + missing + ", so it has no subject", Place: place})
		return nil
	}
	if err := checkIRI(subject); err != nil {
		w.to.Note(source.Note{Sort: source.Rejected, Message: fmt.Sprintf("the subject <%s> is no IRI: %v", clip(subject), err), Place: place})
		return nil
	}
	if subject != w.current {
		if err := w.flush(); err != nil {
			return err
		}
		h := xxh3.HashString(subject)
		if _, ok := w.seen[h]; ok {
			w.to.Note(source.Note{Sort: source.Rejected, Message: "the subject was there in rows before, which do not come together; the last ones count",
				Place: place, Record: subject})
		}
		w.seen[h] = struct{}{}
		w.current, w.place = subject, place
	}
	w.triples = w.body.write(&e, subject, w.triples)
	return nil
}

func (w *writer) flush() error {
	if w.current == "" {
		return nil
	}
	err := w.to.Record(&source.Record{IRI: w.current, Triples: w.triples, Place: w.place})
	w.current, w.triples = "", w.triples[:0]
	return err
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
