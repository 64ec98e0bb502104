// Package ckan is the kind of source "ckan": catalogues that speak the CKAN API (package_search), as DCAT-AP. Packages are dcat:Dataset with their
// resources as dcat:Distribution; extras are read by the names that ckanext-dcat gives them, and fields of ckanext-fluent with their languages.
package ckan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"triplestore/loaders/input"
	"triplestore/loaders/jsonscan"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/vocab"
)

// Kind is the kind "ckan".
func Kind() source.Kind {
	return source.Kind{
		Name: "ckan", Doc: "catalogues with the CKAN API: packages as DCAT-AP datasets", Claims: true,
		New: func() source.Config { return &config{Rows: 100} },
	}
}

type config struct {
	URL      string `yaml:"url" doc:"address of the site, such as https://ckan.example.org/" format:"uri"`
	Path     string `yaml:"path" doc:"file with the answer of package_search, in place of url"`
	Site     string `yaml:"site" doc:"IRI of the site where path is given, which IRIs of datasets begin with" format:"iri"`
	Rows     int    `yaml:"rows" doc:"packages in a page; default 100, at most 1000"`
	Filter   string `yaml:"filter" doc:"filter query (fq), such as organization:kartverket"`
	Language string `yaml:"language" doc:"language of texts that do not tell theirs, such as nb"`
	Title    string `yaml:"catalogue-title" doc:"title of the catalogue"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string {
	if c.URL == "" {
		return nil
	}
	return []string{c.URL}
}

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	switch {
	case c.URL == "" && c.Path == "":
		return nil, source.Keyf("url", "a source of the kind ckan has a url or a path")
	case c.URL != "" && c.Path != "":
		return nil, source.Keyf("path", "stands beside url; one of them is enough")
	case c.URL != "" && !source.IsURL(c.URL):
		return nil, source.Keyf("url", "%q is no http or https URL", c.URL)
	case c.Path != "" && c.Site == "":
		return nil, source.Keyf("site", "is missing: with path, IRIs of datasets need something to begin with")
	case c.Rows < 1 || c.Rows > 1000:
		return nil, source.Keyf("rows", "is %d, and must be 1 to 1000", c.Rows)
	}
	site := c.Site
	if site == "" {
		u, err := url.Parse(c.URL)
		if err != nil {
			return nil, source.Keyf("url", "%v", err)
		}
		u.User = nil
		site, _, _ = strings.Cut(u.String(), "/api/")
	}
	site = strings.TrimSuffix(site, "/")
	if err := iri.Check(site); err != nil {
		return nil, source.Keyf("site", "%v", err)
	}
	return &catalogue{config: *c, env: env, site: site}, nil
}

type catalogue struct {
	config
	env  source.Env
	site string
}

// maxTries is how often the whole catalogue is read when it changes meanwhile.
const maxTries = 3

var errMoved = errors.New("the catalogue changed while it was read")

// Harvest implements source.Source.
func (c *catalogue) Harvest(ctx context.Context, _ source.State, to source.Sink) (source.Outcome, error) {
	if c.Path != "" {
		in, err := input.Open(ctx, c.env, c.Path, source.Request{})
		if err != nil {
			return source.Outcome{}, err
		}
		defer in.Close() //nolint:errcheck // it was read
		text, err := in.Text()
		if err != nil {
			return source.Outcome{}, err
		}
		r := c.reading(to)
		if _, err := r.page(string(text), in.Name); err != nil {
			return source.Outcome{}, err
		}
		return r.finish()
	}
	earlier := map[string]bool{} // datasets that were delivered in tries before
	for try := 1; ; try++ {
		r := c.reading(to)
		err := r.pages(ctx)
		if errors.Is(err, errMoved) && try < maxTries {
			for _, d := range r.datasets {
				earlier[d] = true
			}
			to.Note(source.Note{Sort: source.Remark, Message: err.Error() + "; it is read again"})
			continue
		}
		if err != nil {
			return source.Outcome{}, err
		}
		for _, d := range r.datasets {
			delete(earlier, d)
		}
		for d := range earlier { // they went meanwhile
			if err := to.Record(&source.Record{IRI: d, Deleted: true}); err != nil {
				return source.Outcome{}, err
			}
		}
		return r.finish()
	}
}

// reading is one pass over the catalogue.
type reading struct {
	*catalogue
	to       source.Sink
	seen     map[string]bool
	datasets []string
	sum      []string
}

func (c *catalogue) reading(to source.Sink) *reading {
	return &reading{catalogue: c, to: to, seen: map[string]bool{}}
}

// pages reads all pages. They are sorted by the id of the packages, so that what changes does not move; that all came is checked by their number.
func (r *reading) pages(ctx context.Context) error {
	for start := 0; ; {
		q := url.Values{"rows": {strconv.Itoa(r.Rows)}, "start": {strconv.Itoa(start)}, "sort": {"id asc"}}
		if r.Filter != "" {
			q.Set("fq", r.Filter)
		}
		base := r.URL
		if i := strings.Index(base, "/api/"); i >= 0 {
			base = base[:i]
		}
		address := strings.TrimSuffix(base, "/") + "/api/3/action/package_search?" + q.Encode()
		in, err := input.Open(ctx, r.env, address, source.Request{Accept: "application/json"})
		if err != nil {
			return err
		}
		var p page
		text, err := in.Text()
		if err == nil {
			p, err = r.page(string(text), address)
		}
		in.Close() //nolint:errcheck // it was read
		if err != nil {
			return err
		}
		r.to.Progress(source.Progress{Doing: "reading packages", Done: int64(len(r.seen)), Total: int64(p.count), Unit: "packages", Records: int64(len(r.seen))})
		if start += p.results; start >= p.count || p.results == 0 {
			if len(r.seen) != p.count {
				return source.WithClass(source.Unavailable, fmt.Errorf("%w: it has %d packages, and %d came", errMoved, p.count, len(r.seen)))
			}
			return nil
		}
		if p.fresh == 0 {
			return source.WithClass(source.Unavailable, fmt.Errorf("%w: a page has only packages that were there before", errMoved))
		}
	}
}

type page struct{ count, results, fresh int }

// page reads an answer of package_search and delivers its packages.
func (r *reading) page(text, name string) (page, error) {
	p := page{count: -1}
	fail := func(format string, args ...any) (page, error) {
		return p, source.Errorf(source.Invalid, "%s: "+format, append([]any{name}, args...)...)
	}
	var result string
	ok := false
	err := jsonscan.Members(text, func(key, value string) error {
		switch key {
		case "success":
			ok = value == "true"
		case "result":
			result = value
		case "error":
			return fmt.Errorf("the site answers with an error: %s", clip(value))
		}
		return nil
	})
	if err != nil {
		return fail("%v", err)
	}
	if !ok || result == "" {
		return fail("this is no answer of the CKAN API: success and result are missing")
	}
	var packages []string
	err = jsonscan.Members(result, func(key, value string) (err error) {
		switch key {
		case "count":
			p.count, err = strconv.Atoi(value)
		case "results":
			return jsonscan.Elements(value, func(v string) error {
				packages = append(packages, v)
				return nil
			})
		}
		return err
	})
	if err != nil {
		return fail("%v", err)
	}
	if p.count < 0 {
		return fail("the number of packages is missing")
	}
	p.results = len(packages)
	for i, raw := range packages {
		place := source.Place{Source: name, Path: "/result/results/" + strconv.Itoa(i)}
		d := json.NewDecoder(strings.NewReader(raw))
		d.UseNumber()
		var pkg object
		if err := d.Decode(&pkg); err != nil {
			r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: place})
			r.seen["#"+strconv.Itoa(len(r.seen))] = true
			p.fresh++
			continue
		}
		id := pkg.text("id")
		if id == "" {
			id = pkg.text("name")
		}
		if r.seen[id] {
			continue
		}
		r.seen[id] = true
		p.fresh++
		if state := pkg.text("state"); id == "" || state != "" && state != "active" || pkg.text("private") == "true" {
			continue
		}
		sum := sha256.Sum256([]byte(raw))
		r.sum = append(r.sum, id+hex.EncodeToString(sum[:]))
		w := writer{reading: r, pkg: pkg, id: id, place: place}
		dataset, triples := w.dataset()
		if dataset == "" {
			continue
		}
		r.datasets = append(r.datasets, dataset)
		if err := r.to.Record(&source.Record{IRI: dataset, Triples: triples, Place: place}); err != nil {
			return p, err
		}
	}
	return p, nil
}

// finish delivers the catalogue itself.
func (r *reading) finish() (source.Outcome, error) {
	s := rdf.IRI(r.site)
	t := []rdf.Triple{{S: s, P: rdfType, O: rdf.IRI(vocab.DCATCatalog)}}
	if r.Title != "" {
		t = append(t, rdf.Triple{S: s, P: dct("title"), O: r.literal(r.Title)})
	}
	slices.Sort(r.datasets)
	for _, d := range slices.Compact(r.datasets) {
		t = append(t, rdf.Triple{S: s, P: rdf.IRI(vocab.DCATHasDataset), O: rdf.IRI(d)})
	}
	if err := r.to.Record(&source.Record{IRI: r.site, Triples: t}); err != nil {
		return source.Outcome{}, err
	}
	slices.Sort(r.sum)
	sum := sha256.Sum256([]byte(strings.Join(r.sum, "\n")))
	return source.Outcome{Complete: true, Checksum: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// literal is a text in the language of the section.
func (c *catalogue) literal(s string) rdf.Term {
	if c.Language != "" {
		return rdf.LangLiteral(s, c.Language)
	}
	return rdf.String(s)
}

func clip(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
