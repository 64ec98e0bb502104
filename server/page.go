package server

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// page is what every page needs.
type page struct {
	M                    *messages
	Title, Site, Version string
	Summary              string // for search engines
	Styles               []string
	Icon, Home           string
	Workbench, Overview  string // addresses
	Endpoint             string
	Nav                  []navLink
	Wide                 bool
	JSONLD               []byte
	LangParam            string
	Languages            []languageLink
	Alternates           []alternate
	Query                string
	QueryLines           int
	Formats              []formatChoice
	Error                *Problem
	Old                  *oldState // that the page shows
	langs                []string
	link                 linker
}

type navLink struct {
	Name, Href string
	Current    bool
}

type languageLink struct {
	Lang, Name, Href string
	Current          bool
}

type alternate struct{ Type, Href, Name string }

type formatChoice struct{ Name, Title string }

type frontPage struct {
	*page
	Topics                       []topic
	Classes                      []propertyView
	Quads, Graphs, Terms, Commit string
	Address                      string
}

type resultPage struct {
	*page
	Table     *table
	Answer    string
	Text      string
	Cut       bool
	Excerpt   string
	Downloads []alternate
	OpenHref  string
}

type table struct {
	Vars   []string
	Rows   [][]termView
	Status string
	Cut    bool
}

const (
	shownRows = 1000      // of a table on a page
	shownText = 256 << 10 // of a graph on a page
)

var formatChoices = func() []formatChoice {
	var all []formatChoice
	for _, name := range []string{"json", "csv", "tsv", "xml"} {
		all = append(all, formatChoice{name, strings.ToUpper(name)})
	}
	for _, f := range format.All {
		if f.CanWrite() {
			all = append(all, formatChoice{f.Name, formatTitle(f.Name)})
		}
	}
	return all
}()

func formatTitle(name string) string {
	if f, ok := format.ByName(name); ok && name != "xml" {
		return f.Title
	}
	return strings.ToUpper(name)
}

// newPage begins a page for a request, with the text of the form's query.
func (s *Server) newPage(r *http.Request, query string) *page {
	langs := s.readerLanguages(r)
	p := &page{
		M: messagesFor(langs), Title: s.c.Title, Site: s.c.Title, Version: s.c.Version, Styles: []string{stylePath}, Icon: iconPath,
		Query: query, QueryLines: min(max(strings.Count(query, "\n")+2, 8), 24), Formats: formatChoices, langs: langs, link: s.link,
	}
	if l := r.URL.Query().Get("lang"); isLanguageTag(strings.ToLower(l)) {
		p.LangParam, p.link.lang = l, l
	}
	p.Home, p.Workbench, p.Overview, p.Endpoint = p.link.page("/"), p.link.page(workbenchPath), p.link.page(overviewPath), "/sparql?format=turtle"
	for _, n := range []navLink{{p.M.Workbench, workbenchPath, false}, {p.M.Overview, overviewPath, false}, {p.M.Diagram, schemaPath, false}} {
		p.Nav = append(p.Nav, navLink{n.Name, p.link.page(n.Href), r.URL.Path == n.Href})
	}
	if s.c.Stored != nil {
		p.Nav = append(p.Nav, navLink{allQueriesWords[p.M.Lang].Title, p.link.page(queriesPath), r.URL.Path == queriesPath})
	}
	for _, m := range allMessages {
		q := r.URL.Query()
		q.Set("lang", m.Lang)
		href := r.URL.EscapedPath() + "?" + q.Encode()
		if !strings.HasPrefix(href, "/") || strings.HasPrefix(href, "//") || r.Method != http.MethodGet && r.Method != http.MethodHead {
			href = "/?lang=" + m.Lang
		}
		p.Languages = append(p.Languages, languageLink{m.Lang, m.Name, href, m == p.M})
	}
	return p
}

// render writes a page. It is built in memory first, so that a fault in it becomes an error and not half a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	buf := make(markup, 0, 32<<10)
	if err := templates.ExecuteTemplate(&buf, name, data); err != nil {
		return err
	}
	s.sendPage(w, r, status, buf)
	return nil
}

func (s *Server) sendPage(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	addVary(h, "Accept", "Accept-Language")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		out := newStreamOf(w, body)
		out.turn = turnOf(r.Context())
		out.end(nil)
		if in := requestInfo(r.Context()); in != nil && in.problem == nil && out.failed != nil {
			in.problem = clientGone(out.failed)
		}
	}
}

const defaultQuery = "SELECT ?type (COUNT(*) AS ?number)\nWHERE { ?s a ?type }\nGROUP BY ?type\nORDER BY DESC(?number)\nLIMIT 50\n"

// answerPage shows a query's answer below its text.
func (s *Server) answerPage(ctx context.Context, w http.ResponseWriter, r *http.Request, snap store.Snapshot, res *sparql.Result, q *queryRequest, start time.Time) error {
	p := s.newPage(r, q.text)
	page := &resultPage{page: p, OpenHref: p.openIn(q.text)}
	p.Title = p.M.Result
	p.link.at = atParam(q.at)
	p.setOldState(q.at, snap.Commit(), requestAddress(p.link, q)+s.graphArgs(&queryRequest{defaults: q.defaults, named: q.named, describe: q.describe, union: q.union}))
	var err error
	switch res.Form() {
	case algebra.Select:
		page.Downloads = s.downloads(p, q, solutionOffers)
		page.Table, err = s.table(ctx, snap, res, p, start)
	case algebra.Ask:
		var b bool
		if b, err = res.Bool(); b {
			page.Answer = p.M.Yes
		} else {
			page.Answer = p.M.No
		}
	default:
		page.Downloads = s.downloads(p, q, graphOffers)
		page.Text, page.Cut, err = s.graphText(res)
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "result", page)
}

// openIn is the address of the workbench with a query, or empty where that would be too long.
func (p *page) openIn(text string) string {
	if len(text) > 4000 {
		return ""
	}
	return p.link.page(workbenchPath, "query", text)
}

func (s *Server) downloads(p *page, q *queryRequest, offers []offer) []alternate {
	var out []alternate
	for _, o := range offers {
		if o.name == "html" {
			continue
		}
		out = append(out, alternate{o.types[0], requestAddress(p.link, q, "format", o.name) + s.graphArgs(q), formatTitle(o.name)})
	}
	return out
}

func (s *Server) table(ctx context.Context, snap store.Snapshot, res *sparql.Result, p *page, start time.Time) (*table, error) {
	d, err := s.describer(ctx, snap, p.langs)
	if err != nil {
		return nil, err
	}
	v := &viewer{describer: d, link: p.link, m: p.M, prefixes: s.withPrefixes(res.Prefixes())}
	t := &table{Vars: res.Vars()}
	size := 0
	for row, err := range res.Rows() {
		if err != nil {
			return nil, err
		}
		if len(t.Rows) == shownRows || size > 4<<20 {
			t.Cut = true
			break
		}
		cells := make([]termView, len(row))
		for i, term := range row {
			if term.IsZero() {
				continue
			}
			size += term.Size()
			cells[i] = v.term(store.NoID, term)
			cells[i].Outside = ""
		}
		t.Rows = append(t.Rows, cells)
	}
	t.Status = p.M.RowWord.count(uint64(len(t.Rows))) + ", " + p.M.seconds(time.Since(start).Seconds()) + "."
	return t, nil
}

func (s *Server) graphText(res *sparql.Result) (text string, cut bool, err error) {
	f, _ := format.ByName("turtle")
	var buf bytes.Buffer
	w := newGraphWriter(&buf, f, s.withPrefixes(res.Prefixes()))
	for t, err := range res.Triples() {
		if err != nil {
			return "", false, err
		}
		if buf.Len() > shownText {
			cut = true
			break
		}
		if err := w.Write(t.In(rdf.Term{})); err != nil {
			return "", false, err
		}
	}
	if err := w.Close(); err != nil {
		return "", false, err
	}
	return buf.String(), cut, nil
}

// failQuery answers with a problem; a reader gets the form with the text back.
func (s *Server) failQuery(w http.ResponseWriter, r *http.Request, q *queryRequest, p *Problem) {
	page406 := p.Status == http.StatusNotAcceptable && acceptsHTML(r) // the form asked for what this query does not give
	if !prefersHTML(r) && !page406 || p.Status == statusClientClosed {
		s.fail(w, r, p)
		return
	}
	if in := requestInfo(r.Context()); in != nil {
		in.problem = p
	}
	page := &resultPage{page: s.newPage(r, q.text), Excerpt: p.excerpt}
	page.Error, page.OpenHref = p, page.openIn(q.text)
	page.Title = page.M.Error
	p.header(w.Header())
	if err := s.render(w, r, p.Status, "result", page); err != nil {
		s.c.Log.ErrorContext(r.Context(), "page", "error", err)
	}
}

// errorPage shows a problem to a reader.
func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, p *Problem) {
	page := s.newPage(r, "")
	page.Error = p
	page.Title = strconv.Itoa(p.Status) + " " + page.ProblemTitle()
	if err := s.render(w, r, p.Status, "error", page); err != nil {
		s.c.Log.ErrorContext(r.Context(), "page", "error", err)
	}
}
