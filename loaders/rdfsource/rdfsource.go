// Package rdfsource is the kind of source "rdf": catalogues and other RDF, from the web or from files.
//
// What is read is split into records: resources of the classes of records (datasets, concepts, services, …), each with all that the document
// says about it and about what it leads to, up to the next record: distributions, contact points, blank nodes, and the
// dcat:CatalogRecord about it. What belongs to no record is kept beside them.
package rdfsource

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"triplestore/loaders"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/vocab"
)

// Kind is the kind "rdf".
func Kind() source.Kind {
	return source.Kind{
		Name: "rdf", Doc: "catalogues, concepts, models, services and other RDF: from URLs, with paging, or from files and folders",
		New: func() source.Config { return &config{Paging: "auto", MaxPages: 10_000} }, Claims: true,
	}
}

type config struct {
	URL      []string `yaml:"url" doc:"address of a document or of the first of its pages" format:"uri"`
	Path     []string `yaml:"path" doc:"file, folder or glob"`
	Format   string   `yaml:"format" doc:"format in place of detection, such as turtle, rdfxml or jsonld"`
	Base     string   `yaml:"base" doc:"base of relative IRIs; default: where the document is" format:"iri"`
	Records  []string `yaml:"records" doc:"classes of records, as IRIs or with well-known prefixes; auto (the default) has those of the profiles, none makes no records"`
	Paging   string   `yaml:"paging" doc:"whether next pages are followed (Hydra and Link headers)" enum:"auto,none"`
	MaxPages int      `yaml:"max-pages" doc:"most pages of a source; default 10000"`
	Accept   string   `yaml:"accept" doc:"header Accept in place of the formats that can be read"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string { return c.URL }

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	if len(c.URL)+len(c.Path) == 0 {
		return nil, source.Keyf("url", "a source of the kind rdf has a url or a path")
	}
	for _, u := range c.URL {
		if !source.IsURL(u) {
			return nil, source.Keyf("url", "%q is no http or https URL", u)
		}
	}
	s := &rdfSource{c: c, env: env, classes: defaultRecords}
	if c.Format != "" {
		f, ok := format.ByName(c.Format)
		if !ok || !f.CanRead() {
			return nil, source.Keyf("format", "%q cannot be read; there are %s", c.Format, format.Names(false))
		}
		s.format = f
	}
	if c.Base != "" {
		if err := iri.Check(c.Base); err != nil {
			return nil, source.Keyf("base", "%v", err)
		}
	}
	switch {
	case len(c.Records) == 1 && c.Records[0] == "none":
		s.classes = nil
	case len(c.Records) == 0 || len(c.Records) == 1 && c.Records[0] == "auto":
	default:
		s.classes = map[string]bool{}
		for _, r := range c.Records {
			class, err := expand(r)
			if err != nil {
				return nil, source.Keyf("records", "%v", err)
			}
			s.classes[class] = true
		}
	}
	return s, nil
}

// expand reads an IRI or a name with a well-known prefix.
func expand(s string) (string, error) {
	if prefix, name, ok := strings.Cut(s, ":"); ok && !strings.HasPrefix(name, "//") {
		if ns, ok := vocab.Namespace(prefix); ok {
			return ns + name, nil
		}
	}
	if err := iri.Check(s); err != nil {
		return "", fmt.Errorf("%q is neither an IRI nor a name with a well-known prefix such as dcat:Dataset", s)
	}
	return s, nil
}

// defaultRecords are the classes of records of DCAT-AP-NO, SKOS-AP-NO-Begrep, ModellDCAT-AP-NO and CPSV-AP-NO, and those that hold
// records, which must not take them in.
var defaultRecords = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range []string{
		vocab.DCATCatalog, vocab.DCATDataset, vocab.DCATDatasetSeries, vocab.DCATDataService,
		vocab.SKOSConcept, vocab.SKOSConceptScheme, vocab.SKOSCollection,
		vocab.ModellDCATNO + "InformationModel", vocab.CPSV + "PublicService", vocab.CPSVNO + "Service",
		vocab.CV + "Event", vocab.CV + "LifeEvent", vocab.CV + "BusinessEvent",
		vocab.ROV + "RegisteredOrganization",
	} {
		m[c] = true
	}
	return m
}()

type rdfSource struct {
	c       *config
	env     source.Env
	format  *format.Format
	classes map[string]bool
}

// state is what is remembered: the pages, and a hash of all that was read.
type state struct {
	Pages    []page `json:"pages,omitempty"`
	Checksum string `json:"checksum"`
}

type page struct {
	URL string `json:"url"` // without user
	source.Validators
}

// Harvest implements source.Source.
func (s *rdfSource) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	var old state
	if len(since) > 0 {
		if err := json.Unmarshal(since, &old); err != nil {
			old = state{}
		}
	}
	unchanged := func(st state) (source.Outcome, error) {
		b, err := json.Marshal(st)
		return source.Outcome{State: b, Unchanged: true, Checksum: st.Checksum}, err
	}
	r := &reading{s: s, ctx: ctx, to: to, d: newDocument(s.classes), sum: sha256.New()}
	defer r.close()
	fresh, err := r.pages(old)
	if err != nil {
		return source.Outcome{}, err
	}
	if !fresh && len(s.c.Path) == 0 {
		return unchanged(old)
	}
	if err := r.files(); err != nil {
		return source.Outcome{}, err
	}
	next := state{Pages: r.seen, Checksum: "sha256:" + hex.EncodeToString(r.sum.Sum(nil))}
	if next.Checksum == old.Checksum {
		return unchanged(next)
	}
	if r.read == 0 {
		return source.Outcome{}, source.Errorf(source.NotFound, "there is no RDF in %s", strings.Join(s.c.Path, ", "))
	}
	if err := r.d.deliver(ctx, to); err != nil {
		return source.Outcome{}, err
	}
	b, err := json.Marshal(next)
	return source.Outcome{State: b, Complete: true, Checksum: next.Checksum}, err
}

// reading is one run.
type reading struct {
	s    *rdfSource
	ctx  context.Context
	to   source.Sink
	d    *document
	sum  hash.Hash
	seen []page
	read int
	open []*source.Document
	docs int
	held int64 // bytes of memory, as they were counted

	foreign int    // files in folders that are no RDF
	example string // the first of them
}

func (r *reading) close() {
	for _, d := range r.open {
		d.Close() //nolint:errcheck // a temporary file
	}
}

// pages reads what is on the web. fresh is false when nothing there changed since the old state; then nothing was read.
func (r *reading) pages(old state) (fresh bool, err error) {
	c := r.s.c
	if len(c.URL) == 0 {
		return false, nil
	}
	first, unchanged, err := r.ask(old)
	if err != nil || unchanged {
		return false, err
	}
	visited := map[string]bool{}
	for _, start := range c.URL {
		for address := start; address != ""; {
			if visited[address] {
				r.to.Note(source.Note{Sort: source.Remark, Message: "the next page is one that was read already; it is not read again", Place: source.Place{Source: address}})
				break
			}
			visited[address] = true
			if len(visited) > c.MaxPages {
				return false, source.Errorf(source.TooLarge, "there are more than %d pages (max-pages)", c.MaxPages)
			}
			d := first
			if d == nil || address != c.URL[0] {
				if d, err = r.get(address, source.Validators{}); err != nil {
					return false, err
				}
			}
			first = nil
			r.to.Progress(source.Progress{Doing: "reading", Done: int64(len(visited)), Unit: "pages"})
			next, err := r.page(d)
			if err != nil {
				return false, err
			}
			r.seen = append(r.seen, page{source.WithoutUser(address), d.Validators})
			if c.Paging == "none" {
				break
			}
			address = next
		}
	}
	return true, nil
}

// ask finds out whether the pages of the old state are still the newest. The first page comes along if it is not.
func (r *reading) ask(old state) (first *source.Document, unchanged bool, err error) {
	if len(old.Pages) == 0 || old.Pages[0].URL != source.WithoutUser(r.s.c.URL[0]) {
		return nil, false, nil
	}
	for i, p := range old.Pages {
		if p.Validators == (source.Validators{}) {
			return first, false, nil
		}
		address := p.URL
		for _, u := range r.s.c.URL {
			if source.WithoutUser(u) == address {
				address = u
				break
			}
		}
		d, err := r.get(address, p.Validators)
		if err != nil {
			return nil, false, err
		}
		if !d.NotModified {
			if i == 0 {
				first = d
			}
			return first, false, nil
		}
	}
	return nil, true, nil
}

func (r *reading) get(address string, v source.Validators) (*source.Document, error) {
	accept := r.s.c.Accept
	if accept == "" {
		accept = source.AcceptRDF()
	}
	d, err := r.s.env.Client.Get(r.ctx, &source.Request{URL: address, Accept: accept, Validators: v})
	if err == nil {
		r.open = append(r.open, d)
	}
	return d, err
}

// page reads one page and finds the next one.
func (r *reading) page(d *source.Document) (next string, err error) {
	body, err := d.Open()
	if err != nil {
		return "", err
	}
	defer body.Close()
	fmt.Fprintf(r.sum, "%s\n", d.Checksum)
	if err := r.document(body, d.IRI, d.IRI, d.Path, d.MediaType, true); err != nil {
		return "", err
	}
	next = r.d.takeNext(d.IRI)
	if link := d.Next(); link != "" {
		next = link
	}
	r.open = r.open[:len(r.open)-1]
	return next, d.Close()
}

// files reads what is on disk.
func (r *reading) files() error {
	var paths []string
	for _, p := range r.s.c.Path {
		paths = append(paths, r.s.env.Path(p))
	}
	found, err := loaders.FindFiles(paths)
	if err != nil {
		class := source.Internal
		if errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "matches no file") {
			class = source.NotFound
		}
		return source.WithClass(class, err)
	}
	defer func() {
		if r.foreign > 0 {
			message := "this file is no RDF and was skipped"
			if r.foreign > 1 {
				message = fmt.Sprintf("%d files are no RDF and were skipped, such as this one", r.foreign)
			}
			r.to.Note(source.Note{Sort: source.Remark, Message: message, Place: source.Place{Source: r.example}})
		}
	}()
	for i, f := range found {
		if f.Unreadable { // what it has would be taken for gone
			return source.Errorf(source.Unavailable, "%s %s", f.Path, f.Skip)
		}
		if f.Skip != "" {
			r.to.Note(source.Note{Sort: source.Remark, Message: "skipped: " + f.Skip, Place: source.Place{Source: f.Path}})
			continue
		}
		r.to.Progress(source.Progress{Doing: "reading", Done: int64(i), Total: int64(len(found)), Unit: "files"})
		if err := r.file(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) file(f loaders.FoundFile) error {
	in, err := os.Open(f.Path)
	if err != nil {
		return source.WithClass(source.NotFound, err)
	}
	defer in.Close()
	abs, err := filepath.Abs(f.Path)
	if err != nil {
		return err
	}
	body, err := source.Unpack(io.TeeReader(in, r.sum), f.Path, r.s.env.Client.MaxBytes())
	if err != nil {
		if !f.Named {
			r.to.Note(source.Note{Sort: source.Remark, Message: "skipped: " + err.Error(), Place: source.Place{Source: f.Path}})
			return nil
		}
		return err
	}
	defer body.Close()
	if err := r.document(body, f.Path, loaders.FileIRI(filepath.ToSlash(abs)), f.Path, "", f.Named); err != nil {
		return err
	}
	_, err = io.Copy(r.sum, in)
	return err
}

// document reads one document. Statements with mistakes are noted and left out; a document that breaks off is an error.
func (r *reading) document(body io.Reader, name, base, path, mediaType string, named bool) error {
	br := bufio.NewReaderSize(body, 64<<10)
	head, err := br.Peek(4096)
	if err != nil && err != io.EOF && len(head) == 0 {
		return fmt.Errorf("%s: %w", name, err)
	}
	f, why := r.s.format, ""
	if f == nil {
		if f, why = loaders.Recognise(path, mediaType, head, named); f == nil && !named {
			r.foreign++
			r.example = cmp.Or(r.example, name)
			return nil
		}
	}
	if f == nil {
		return source.Errorf(source.Invalid, "%s %s", name, why)
	}
	if !f.CanRead() {
		return source.Errorf(source.Invalid, "%s: %w", name, &format.UnsupportedError{Format: f})
	}
	if r.s.c.Base != "" {
		base = r.s.c.Base
	}
	r.docs++
	var last *rdf.ParseError
	lines := &lineCounter{r: br, n: 1}
	if f == format.JSONLD {
		held := r.s.env.Memory.Held(r.ctx, br, source.JSONBytes)
		defer held.Release()
		lines.r = held
	}
	err = f.Parse(r.ctx, lines, format.ReadOptions{
		Base: base, File: name, BlankNodePrefix: fmt.Sprintf("d%d-", r.docs), Contexts: r.s.env.Contexts,
		Lenient: func(e *rdf.ParseError) {
			r.to.Note(source.Note{Sort: source.Rejected, Message: e.Msg, Place: source.Place{Source: name, Line: e.Line, Column: e.Column}})
			last = e
		},
	}, func(quads []rdf.Quad) error {
		r.d.add(quads)
		now := r.d.size()
		grown := now - r.held
		r.held = now
		return r.s.env.Memory.Grow(r.ctx, grown)
	})
	var pe *rdf.ParseError
	switch {
	case err != nil && r.ctx.Err() != nil:
		return context.Cause(r.ctx)
	case errors.As(err, &pe):
		return source.WithClass(source.Invalid, pe) // the rest is lost, so nobody knows what is gone
	case err != nil:
		return source.WithClass(source.ClassOf(err), fmt.Errorf("%s: %w", name, err))
	case last != nil && breaksOff(last, lines.n):
		return source.WithClass(source.Invalid, fmt.Errorf("the document breaks off: %w", last))
	}
	if err := r.d.endDocument(r.ctx, r.to, r.s.env.Name); err != nil {
		return err
	}
	r.read++
	return nil
}

// breaksOff reports whether the last mistake of a document of some lines is that its end is missing: then nobody knows what is missing with
// it, and what was there before must not go.
func breaksOff(e *rdf.ParseError, lines int) bool {
	return strings.Contains(e.Msg, "end of the input") || strings.Contains(e.Msg, "three closing") || strings.Contains(e.Msg, "without its") && e.Line >= lines
}

type lineCounter struct {
	r io.Reader
	n int
}

func (l *lineCounter) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	l.n += bytes.Count(b[:n], []byte{'\n'})
	return n, err
}
