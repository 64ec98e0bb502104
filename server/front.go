package server

import (
	"context"
	"net/http"
	"strings"
)

const (
	workbenchPath = "/workbench"
	overviewPath  = "/overview"
	schemaPath    = "/schema"
)

// topic is a group of example queries.
type topic struct {
	Title, Lang string
	Examples    []exampleLink
}

type exampleLink struct{ Title, Lang, Href string }

// topics groups the example queries.
func (s *Server) topics(p *page) (out []topic) {
	at := map[string]int{}
	for _, e := range s.c.Examples {
		text, lang := e.in(p.M.Lang)
		i, ok := at[e.Topic]
		if !ok {
			i = len(out)
			at[e.Topic] = i
			out = append(out, topic{Title: text.Topic, Lang: lang})
		}
		out[i].Examples = append(out[i].Examples, exampleLink{text.Title, lang, p.link.page(workbenchPath, "example", e.Name)})
	}
	return out
}

// front is the first page: what there is, and where to go on.
func (s *Server) front(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query(); q.Has("example") || q.Has("query") { // as it was before the workbench had a page of its own
		s.workbench(w, r)
		return
	}
	p := s.newPage(r, "")
	p.Summary = s.c.Description
	f := &frontPage{page: p, Topics: s.topics(p), Address: "/sparql"}
	if s.link.origin != "" {
		f.Address = s.link.origin + "/sparql"
	}
	if err := s.frontNumbers(r, f); err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
		return
	}
	if err := s.render(w, r, http.StatusOK, "front", f); err != nil {
		s.fail(w, r, internal(err))
	}
}

// frontClasses is how many classes the front page names.
const frontClasses = 12

func (s *Server) frontNumbers(r *http.Request, f *frontPage) error {
	snap, err := s.data(r.Context()).Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	stats, err := snap.Stats()
	if err != nil {
		return err
	}
	f.Quads, f.Graphs, f.Terms = formatCount(stats.Quads), formatCount(stats.Graphs), formatCount(stats.Terms)
	f.Commit = formatCount(snap.Commit().Number)
	v, err := s.vocabularyOf(r.Context(), snap, f.langs)
	if err != nil {
		if r.Context().Err() != nil {
			return err
		}
		return nil //nolint:nilerr // to count classes may take too long: the page is there without them
	}
	for _, c := range v.Classes[:min(len(v.Classes), frontClasses)] {
		f.Classes = append(f.Classes, c.view(f.page))
	}
	return nil
}

// view shows a class or predicate with the number of its uses.
func (t *vocabularyTerm) view(p *page) propertyView {
	name := t.Label
	if name == "" {
		name = t.Name
	}
	if name == "" {
		name = localName(t.IRI)
	}
	return propertyView{Name: name, IRI: t.IRI, Href: p.link.resource(t.IRI), Total: formatCount(t.Count)}
}

// workbenchPage is the page to write queries on.
type workbenchPage struct {
	*page
	Topics        []topic
	Script, Nonce string
	Config        workbenchConfig
}

// workbenchConfig is what the script of the page is told.
type workbenchConfig struct {
	Examples []configTopic `json:"examples"`
	// Query is the text to begin with; Given is set if the address names it.
	Query     string         `json:"query"`
	Given     bool           `json:"given"`
	Solutions []configFormat `json:"solutions"`
	Graphs    []configFormat `json:"graphs"`
	// Base begins the IRIs that are answered at their own paths.
	Base string `json:"base"`
	// Updates is closed, token or open.
	Updates string `json:"updates"`
}

type configTopic struct {
	Topic string          `json:"topic"`
	Lang  string          `json:"lang"`
	List  []configExample `json:"list"`
}

type configExample struct {
	Title string `json:"title"`
	Lang  string `json:"lang"`
	Text  string `json:"text"`
}

type configFormat struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Type  string `json:"type"`
}

// workbench is the page with the editor; where the script is not there or does not run, it is the plain form.
func (s *Server) workbench(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	text, given := defaultQuery, false
	if q.Has("query") {
		text, given = strings.ToValidUTF8(q.Get("query"), "\uFFFD"), true
	}
	m := messagesFor(s.readerLanguages(r))
	for _, e := range s.c.Examples {
		if !given && e.Name == q.Get("example") {
			example, _ := e.in(m.Lang)
			text, given = example.Text, true
		}
	}
	p := s.newPage(r, text)
	p.Title, p.Wide = p.M.Query, true
	page := &workbenchPage{page: p, Topics: s.topics(p)}
	if workbenchScript != "" {
		page.Script, page.Nonce = workbenchScript, newID()+newID()
		p.Styles = append(p.Styles, workbenchStyle)
		page.Config = s.workbenchConfig(r.Context(), p.M.Lang, text, given)
		w.Header().Set("Content-Security-Policy", workbenchSecurity(page.Nonce))
	}
	if err := s.render(w, r, http.StatusOK, "workbench", page); err != nil {
		s.fail(w, r, internal(err))
	}
}

// workbenchSecurity allows the page its own script and requests to this server, and the styles that the editor makes while it runs.
func workbenchSecurity(nonce string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonce + "'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

func (s *Server) workbenchConfig(ctx context.Context, language, text string, given bool) workbenchConfig {
	c := workbenchConfig{Base: s.c.Base, Query: text, Given: given, Updates: "closed", Solutions: configFormats(solutionOffers), Graphs: configFormats(graphOffers), Examples: []configTopic{}}
	switch {
	case s.callerOf(ctx).Writes():
		c.Updates = "open"
	case s.policy.Get().Authenticates():
		c.Updates = "token"
	}
	at := map[string]int{}
	for _, e := range s.c.Examples {
		text, lang := e.in(language)
		i, ok := at[e.Topic]
		if !ok {
			i = len(c.Examples)
			at[e.Topic] = i
			c.Examples = append(c.Examples, configTopic{Topic: text.Topic, Lang: lang})
		}
		c.Examples[i].List = append(c.Examples[i].List, configExample{text.Title, lang, text.Text})
	}
	return c
}

func configFormats(offers []offer) (out []configFormat) {
	for _, o := range offers {
		if o.name != "html" {
			out = append(out, configFormat{o.name, formatTitle(o.name), o.types[0]})
		}
	}
	return out
}
