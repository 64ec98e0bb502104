// Package sparqlsource is the kind of source "sparql": what a CONSTRUCT query finds at a SPARQL endpoint, page by page. Requests go through the
// client of the harvest, and so through the one guard of outgoing requests.
package sparqlsource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/sparql/syntax"
	"triplestore/vocab"
)

// Kind is the kind "sparql".
func Kind() source.Kind {
	return source.Kind{
		Name: "sparql", Doc: "what a CONSTRUCT query finds at a SPARQL endpoint, page by page",
		New: func() source.Config { return &config{MaxPages: 10_000} },
	}
}

type config struct {
	URL      string `yaml:"url" doc:"address of the endpoint" format:"uri" required:"true"`
	Query    string `yaml:"query" doc:"CONSTRUCT query; with page-size it must have ORDER BY, and neither LIMIT nor OFFSET"`
	File     string `yaml:"query-file" doc:"file with the query, in place of query"`
	PageSize int    `yaml:"page-size" doc:"solutions in a page; default: the query is asked once"`
	MaxPages int    `yaml:"max-pages" doc:"most pages; default 10000"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string { return []string{c.URL} }

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	key := "query"
	if !source.IsURL(c.URL) {
		return nil, source.Keyf("url", "%q is no http or https URL", c.URL)
	}
	if (c.Query == "") == (c.File == "") {
		return nil, source.Keyf("query", "a source of the kind sparql has a query or a query-file, and not both")
	}
	text := c.Query
	if c.File != "" {
		key = "query-file"
		b, err := os.ReadFile(env.Path(c.File))
		if err != nil {
			return nil, source.Keyf(key, "%v", err)
		}
		text = string(b)
	}
	q, err := syntax.ParseQuery(text, syntax.Options{Prefixes: vocab.Prefixes()})
	if err != nil {
		return nil, source.Keyf(key, "%v", err)
	}
	if q.Form != syntax.Construct {
		return nil, source.Keyf(key, "is no CONSTRUCT query")
	}
	if c.PageSize < 0 || c.MaxPages < 1 {
		return nil, source.Keyf("page-size", "page-size and max-pages are to be above 0")
	}
	if c.PageSize > 0 {
		if len(q.OrderBy) == 0 {
			return nil, source.Keyf(key, "has no ORDER BY: without an order the pages of the answer may overlap and leave something out")
		}
		if q.Limit >= 0 || q.Offset >= 0 {
			return nil, source.Keyf(key, "has LIMIT or OFFSET, which page-size adds")
		}
		if q.Values != nil {
			return nil, source.Keyf(key, "ends with VALUES, before which page-size would have to add LIMIT: write VALUES within WHERE")
		}
	}
	e := &endpoint{config: *c, env: env, text: withPrefixes(text, q.Used)}
	q.Template, q.Short, q.Limit = []syntax.Triple{{S: iri(vocab.RDFNil), P: iri(vocab.RDFType), O: iri(vocab.RDFList)}}, false, 1
	e.probe = q
	return e, nil
}

func iri(s string) syntax.Node { return syntax.Node{Kind: syntax.TermNode, Term: rdf.IRI(s)} }

// withPrefixes declares the prefixes that a query uses: other endpoints do not know ours.
func withPrefixes(text string, used map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(used)) {
		fmt.Fprintf(&b, "PREFIX %s: <%s>\n", name, used[name])
	}
	return b.String() + text
}

type endpoint struct {
	config
	env  source.Env
	text string
	// probe makes one triple if there is a solution at its offset. A page without triples need not be the last: its solutions may leave
	// variables of the template unbound (https://www.w3.org/TR/sparql12-query/#construct).
	probe *syntax.Query
}

// Harvest implements source.Source.
func (s *endpoint) Harvest(ctx context.Context, _ source.State, to source.Sink) (source.Outcome, error) {
	seen := map[xxh3.Uint128]bool{} // whether the first page had it
	heeds := false                  // OFFSET
	var sums []string
	total := 0
	for page := 0; ; page++ {
		triples, bytes, err := s.page(ctx, s.pageQuery(page), page, to)
		if err != nil {
			return source.Outcome{}, err
		}
		total += len(triples)
		fresh, ofFirst, known := false, 0, len(sums)
		for _, t := range triples {
			h := xxh3.HashString128(t.String())
			first, ok := seen[h]
			if !ok {
				fresh = true
				seen[h] = page == 0
				sums = append(sums, fmt.Sprintf("%016x%016x", h.Hi, h.Lo))
			} else if first {
				ofFirst++
			}
		}
		if err := s.env.Memory.Grow(ctx, int64(len(sums)-known)*seenBytes); err != nil {
			return source.Outcome{}, err
		}
		if len(triples) > 0 {
			place := source.Place{Source: s.URL, Path: "page " + strconv.Itoa(page+1)}
			if err := to.Record(&source.Record{Triples: triples, Place: place}); err != nil {
				return source.Outcome{}, err
			}
			to.Progress(source.Progress{Doing: "asking " + s.env.Name, Done: int64(total), Unit: "triples", Requests: s.env.Client.Requests()})
		}
		s.env.Memory.Shrink(bytes)
		if s.PageSize == 0 {
			break
		}
		if len(triples) == 0 {
			more, err := s.solutionAt(ctx, page*s.PageSize, to)
			if err != nil {
				return source.Outcome{}, err
			}
			if !more {
				break
			}
		}
		if !heeds && page > 0 && !fresh && ofFirst == len(triples) { // as if the first page came again
			more, err := s.solutionAt(ctx, farAway, to)
			if err != nil {
				return source.Outcome{}, err
			}
			if more {
				return source.Outcome{}, source.Errorf(source.Invalid, "%s: page %d has only what was there before: the endpoint does not heed OFFSET", s.URL, page+1)
			}
			heeds = true
		}
		if page+1 >= s.MaxPages {
			return source.Outcome{}, source.Errorf(source.TooLarge, "%s: there are more than %d pages (max-pages)", s.URL, s.MaxPages)
		}
	}
	slices.Sort(sums)
	sum := sha256.Sum256([]byte(strings.Join(sums, "")))
	return source.Outcome{Complete: true, Checksum: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// seenBytes is about how many bytes it takes to know a triple again.
const seenBytes = 100

// farAway is an offset that no answer reaches.
const farAway = 1<<31 - 1

// solutionAt reports whether the query has a solution at an offset.
func (s *endpoint) solutionAt(ctx context.Context, offset int, to source.Sink) (bool, error) {
	q := *s.probe
	q.Offset = int64(offset)
	triples, bytes, err := s.page(ctx, q.String(), offset/s.PageSize, to)
	s.env.Memory.Shrink(bytes)
	return len(triples) > 0, err
}

// pageQuery is the query for a page, counted from 0.
func (s *endpoint) pageQuery(page int) string {
	if s.PageSize == 0 {
		return s.text
	}
	return s.text + "\nLIMIT " + strconv.Itoa(s.PageSize) + " OFFSET " + strconv.Itoa(page*s.PageSize)
}

// page asks for a page. bytes is how much memory was counted for its triples.
func (s *endpoint) page(ctx context.Context, query string, page int, to source.Sink) (out []rdf.Triple, bytes int64, err error) {
	d, err := s.env.Client.Get(ctx, &source.Request{
		URL: s.URL, Accept: source.AcceptRDF(), Body: []byte(url.Values{"query": {query}}.Encode()), ContentType: "application/x-www-form-urlencoded",
	})
	if err != nil {
		return nil, 0, err
	}
	defer d.Close()
	f, ok := format.ByMediaType(d.MediaType)
	if !ok || !f.CanRead() {
		return nil, 0, source.Errorf(source.Invalid, "%s: the endpoint answers with %q, which is no RDF that can be read", s.URL, d.MediaType)
	}
	body, err := d.Open()
	if err != nil {
		return nil, 0, err
	}
	defer body.Close()
	var in io.Reader = body
	if f == format.JSONLD {
		held := s.env.Memory.Held(ctx, body, source.JSONBytes)
		defer held.Release()
		in = held
	}
	name := fmt.Sprintf("%s page %d", s.URL, page+1)
	err = f.Parse(ctx, in, format.ReadOptions{
		File: name, Base: d.IRI, BlankNodePrefix: "p" + strconv.Itoa(page) + "-", Contexts: s.env.Contexts,
		Lenient: func(e *rdf.ParseError) {
			to.Note(source.Note{Sort: source.Rejected, Message: e.Msg, Place: source.Place{Source: name, Line: e.Line, Column: e.Column}})
		},
	}, func(quads []rdf.Quad) error {
		before := bytes
		for _, q := range quads {
			out = append(out, q.Triple())
			bytes += 2 * source.TripleBytes(q.Triple()) // the sink has a copy
		}
		return s.env.Memory.Grow(ctx, bytes-before)
	})
	if err != nil && source.ClassOf(err) == source.Internal {
		err = source.WithClass(source.Invalid, fmt.Errorf("%s: %w", name, err))
	}
	return out, bytes, err
}
