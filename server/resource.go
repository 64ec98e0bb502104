package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/store"
	"triplestore/vocab"
)

type resourcePage struct {
	*page
	Heading, HeadingLang, HeadingDir string
	IRI, Outside, Back               string
	Types                            []termView
	Properties, References           []propertyView
	ShowProperties, ShowReferences   bool
	Prev, Following                  string
	Page                             int
	Facts                            []fact
	Canonical                        *termView // what the resource is described as, where that is another IRI
	Suggestions                      []termView
	Side                             bool
	Pictures                         []picture
	Map                              *mapView
	Origins                          []origin
	Mixed                            bool
}

// picture of a resource. It is shown where it comes from this server or one that the configuration names, so that no other learns who looks
// at what; else there is a link.
type picture struct {
	Address, Host string
	Show          bool
}

var pictureProperties = []string{
	vocab.FOAF + "depiction", vocab.FOAF + "img", vocab.FOAF + "logo", vocab.FOAF + "thumbnail", "https://schema.org/image", "http://schema.org/image",
	"https://schema.org/logo", "http://schema.org/logo", "http://www.w3.org/2006/vcard/ns#hasPhoto", "http://www.w3.org/2006/vcard/ns#hasLogo",
}

// maxPictures of a resource are shown.
const maxPictures = 6

func (s *Server) pictures(properties []propertyView) (out []picture) {
	for _, p := range properties {
		if !slices.Contains(pictureProperties, p.IRI) {
			continue
		}
		for _, v := range p.Values {
			address := v.IRI
			if v.Literal {
				address = v.Text
			}
			u, err := url.Parse(address)
			if err != nil || !external(address) || len(out) == maxPictures {
				continue
			}
			origin := u.Scheme + "://" + u.Host
			out = append(out, picture{address, u.Host, origin == s.link.origin || slices.Contains(s.c.ImageOrigins, origin)})
		}
	}
	return out
}

// fact is a remark at the foot of a page.
type fact struct {
	Text  string
	Terms []termView
}

// resourceByParam describes the resource that the parameter iri names.
func (s *Server) resourceByParam(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()["iri"]
	if len(values) != 1 {
		s.fail(w, r, problem(http.StatusBadRequest, "There is no IRI", "Which resource to describe is said once, by the parameter iri."))
		return
	}
	s.resource(w, r, values, false)
}

// resourceByPath describes the resource under the base whose path was asked for.
func (s *Server) resourceByPath(w http.ResponseWriter, r *http.Request) {
	c := s.link.candidates(r)
	if len(c) == 0 {
		s.fail(w, r, problem(http.StatusNotFound, "There is no such page", ""))
		return
	}
	s.resource(w, r, c, true)
}

// resource describes the first of the IRIs that the store knows. byPath tells that they are asked for at their own path.
func (s *Server) resource(w http.ResponseWriter, r *http.Request, iris []string, byPath bool) {
	addVary(w.Header(), "Accept")
	kind(r, "resource")
	if err := s.describe(w, r, iris, byPath); err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
	}
}

func (s *Server) describe(w http.ResponseWriter, r *http.Request, iris []string, byPath bool) error {
	i, mediaType := choose(formatParam(r), r.Header, graphOffers)
	if i < 0 {
		return notAcceptable(graphOffers)
	}
	turn, err := s.slots.take(r.Context())
	if err != nil {
		return err
	}
	defer turn.give()
	ctx, cancel := context.WithTimeout(r.Context(), s.c.Timeout)
	defer cancel()
	at, err := readMoment(r.URL.Query())
	if err != nil {
		return err
	}
	snap, err := s.snapshotAt(r.Context(), at)
	if err != nil {
		return err
	}
	defer snap.Close()
	d, err := s.describer(ctx, snap, s.readerLanguages(r))
	if err != nil {
		return err
	}
	self, ids, err := s.resolve(d, iris)
	if err != nil {
		return err
	}
	found := len(ids) > 0
	canonical := store.NoID
	name := graphOffers[i].name
	h := w.Header()
	link := s.link
	link.at = atParam(at)
	if found && byPath && s.c.SeeOther {
		addVary(h, "Accept-Language")
		h.Set("Location", "/resource?"+documentArgs(r, self))
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	if found {
		mementoHeaders(h, at, snap.Commit(), s.link.resource(self))
		h.Set("Content-Location", link.resource(self, "format", name))
		for _, o := range graphOffers {
			h.Add("Link", fmt.Sprintf("<%s>; rel=\"alternate\"; type=%q", link.resource(self, "format", o.name), o.types[0]))
		}
		if canonical, err = s.linkCanonical(h, d, link, self); err != nil {
			return err
		}
		etag := entityTag(snap.Commit(), "resource", self, name, s.settings)
		if name == "html" {
			addVary(h, "Accept-Language")
			etag = entityTag(snap.Commit(), "page", r.URL.RequestURI(), s.settings, strings.Join(d.langs, " "))
		}
		h.Set("ETag", etag)
		h.Set("Cache-Control", "no-cache")
		if matches(r.Header.Values("If-None-Match"), etag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	var similar []string
	if !found {
		if at.Newest() {
			if t, err := s.deletedResource(ctx, snap, iris); err != nil {
				return err
			} else if t != nil {
				return s.gone(w, r, t, name, mediaType)
			}
		}
		if err := iri.Check(self); err != nil && !byPath {
			return problem(http.StatusBadRequest, "The IRI is not valid", fmt.Sprintf("The parameter iri is %q. It should be an absolute IRI, such as https://example.org/a: %s.",
				cut(self, 200), strings.TrimPrefix(err.Error(), "iri: ")))
		}
		if similar, err = d.suggest(iris); err != nil {
			return err
		}
		s.linkSuggestions(h, similar)
	}
	switch {
	case name == "html" && found:
		if err := d.fetch(ids); err != nil {
			return err
		}
		return s.resourcePage(w, r, d, ids[0], d.terms[ids[0]].Value(), canonical, at)
	case name == "html":
		p := &resourcePage{page: s.newPage(r, ""), IRI: self}
		p.Title = p.M.NotFoundTitle
		for _, iri := range similar {
			p.Suggestions = append(p.Suggestions, termView{Text: iri, Href: p.link.resource(iri)})
		}
		if _, own := s.link.own(self); !own && external(self) {
			p.Outside = self
		}
		return s.render(w, r, http.StatusNotFound, "notfound", p)
	case !found:
		return notDescribed(w, self, name, mediaType, similar)
	}
	return s.writeDescription(w, r, d, ids, name, mediaType)
}

// resolve finds which of the IRIs the store knows, and the resources that the document of that name describes: itself, if it is used, and
// for the server's own those with a fragment.
func (s *Server) resolve(d *describer, iris []string) (self string, ids []store.ID, err error) {
	for _, c := range iris {
		id, ok, err := d.find(c)
		if err != nil {
			return "", nil, err
		}
		if ok {
			ids = append(ids, id)
		}
		if _, own := s.link.own(c); own {
			fragments, err := d.fragments(c)
			if err != nil {
				return "", nil, err
			}
			ids = append(ids, fragments...)
		}
		if len(ids) > 0 {
			return c, ids, nil
		}
	}
	return iris[0], nil, nil
}

// documentArgs are the parameters of the document about an IRI, as the request wants it.
func documentArgs(r *http.Request, iri string) string {
	v := url.Values{"iri": {iri}}
	for _, name := range []string{"format", "output", "lang", "in", "out", "page", "at"} {
		if value := r.URL.Query().Get(name); value != "" {
			v.Set(name, value)
		}
	}
	return v.Encode()
}

// notDescribed answers with an empty document; formats that have comments say why.
func notDescribed(w http.ResponseWriter, iri, name, mediaType string, similar []string) error {
	f, ok := format.ByName(name)
	if !ok {
		return fmt.Errorf("server: no writer for %s", name)
	}
	w.Header().Set("Content-Type", contentType(mediaType))
	w.WriteHeader(http.StatusNotFound)
	switch f {
	case format.Turtle, format.TriG, format.NTriples, format.NQuads:
		fmt.Fprintf(w, "# %s is not described here.\n", rdf.IRI(iri))
		for _, i := range similar {
			fmt.Fprintf(w, "# %s is.\n", rdf.IRI(i))
		}
		return nil
	}
	fw, err := f.NewWriter(w, format.WriteOptions{})
	if err == nil {
		err = fw.Close()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is gone: nothing else fails with an empty document
	}
	return nil
}

func (s *Server) writeDescription(w http.ResponseWriter, r *http.Request, d *describer, ids []store.ID, name, mediaType string) error {
	f, ok := format.ByName(name)
	if !ok {
		return fmt.Errorf("server: no writer for %s", name)
	}
	w.Header().Set("Content-Type", contentType(mediaType))
	if bodiless(r) {
		return nil
	}
	out := newStream(w)
	out.turn = turnOf(r.Context())
	fw := newGraphWriter(out, f, s.prefixes)
	var last rdf.Quad
	err := d.describe(ids, func(q rdf.Quad) error {
		if !f.Graphs {
			q.G = rdf.Term{}
			if q == last { // the same triple in another graph comes next to it
				return nil
			}
			last = q
		}
		if err := fw.Write(q); err != nil {
			return err
		}
		return out.tick(nil)
	})
	if err == nil {
		err = fw.Close()
	}
	if out.end(err) {
		return err
	}
	return nil
}

// matches reports whether an If-None-Match header holds a tag, compared weakly (RFC 9110 section 13.1.2).
func matches(values []string, etag string) bool {
	etag = strings.TrimPrefix(etag, "W/")
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if strings.TrimPrefix(strings.TrimSpace(part), "W/") == etag {
				return true
			}
		}
	}
	return false
}

func (s *Server) resourcePage(w http.ResponseWriter, r *http.Request, d *describer, id store.ID, self string, canonical store.ID, at store.Moment) error {
	p := &resourcePage{page: s.newPage(r, ""), IRI: self, Page: 1}
	p.setOldState(at, d.snap.Commit(), p.link.resource(self))
	p.link.at = atParam(at)
	v := &viewer{describer: d, link: p.link, m: p.M, prefixes: s.prefixes, written: map[store.ID]bool{id: true}}
	label, err := d.label(id)
	if err != nil {
		return err
	}
	if label.IsZero() {
		p.Heading = v.name(self)
	} else {
		p.Heading, p.HeadingLang, p.HeadingDir = label.Value(), v.foreign(label.Lang()), direction(label)
	}
	p.Title = p.Heading
	if canonical != store.NoID {
		if err := d.fetch([]store.ID{canonical}); err != nil {
			return err
		}
		other := v.term(canonical, d.terms[canonical])
		p.Canonical = &other
	}
	if _, own := s.link.own(self); !own && external(self) {
		p.Outside = self
	}
	document := s.link
	document.at = p.link.at
	for _, o := range graphOffers {
		if o.name != "html" {
			p.Alternates = append(p.Alternates, alternate{o.types[0], document.resource(self, "format", o.name), formatTitle(o.name)})
		}
	}
	q := r.URL.Query()
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 && n < 1_000_000 {
		p.Page = n
	}
	switch {
	case q.Get("in") != "":
		err = s.pageOf(p, v, id, self, "in", q.Get("in"))
	case q.Get("out") != "":
		err = s.pageOf(p, v, id, self, "out", q.Get("out"))
	default:
		p.ShowProperties, p.ShowReferences = true, true
		v.origins = v.originsOf(id)
		for _, property := range v.outgoing(id, self, store.NoID, 0, shownValues, nestedDepth) {
			if property.IRI == rdfType && property.More == "" {
				p.Types = property.Values
				continue
			}
			p.Properties = append(p.Properties, property)
		}
		p.Origins, p.Mixed = v.origins.list, v.origins.mixed
		p.Pictures = s.pictures(p.Properties)
		if len(s.c.ImageOrigins) > 0 && slices.ContainsFunc(p.Pictures, func(x picture) bool { return x.Show }) {
			w.Header().Set("Content-Security-Policy", strings.Replace(contentSecurity, "img-src 'self'", "img-src 'self' "+strings.Join(s.c.ImageOrigins, " "), 1))
		}
		if shapes := v.shapesOf(id); len(shapes) > 0 {
			if p.Map = drawMap(shapes, p.M); p.Map != nil {
				p.Map.Label = p.M.Map + ": " + p.Heading
			}
		}
		if about := v.schemaOrg(id, self, p.Heading); about != nil {
			if p.JSONLD, err = json.Marshal(about); err != nil {
				return err
			}
			if text, ok := about["description"].(string); ok {
				p.Summary = cut(text, 300)
			}
		}
		p.References = v.incoming(id, self, store.NoID, 0, shownSources)
		err = s.facts(p, v, id)
	}
	p.Side = true
	if err != nil {
		return err
	}
	if v.err != nil {
		return v.err
	}
	body := make(markup, 0, 32<<10)
	if err := p.write(&body); err != nil {
		return err
	}
	s.sendPage(w, r, http.StatusOK, body)
	return nil
}

// pageOf shows one property of a resource, or one property that refers to it, page by page.
func (s *Server) pageOf(p *resourcePage, v *viewer, id store.ID, self, direction, predicate string) error {
	only, ok, err := v.snap.ID(rdf.IRI(predicate))
	if err != nil {
		return err
	}
	if !ok {
		return problem(http.StatusNotFound, "There is no such property here", "")
	}
	p.Back = p.link.resource(self)
	offset := (p.Page - 1) * pagedValues
	var views []propertyView
	if direction == "in" {
		views = v.incoming(id, self, only, offset, pagedValues+1)
		p.ShowReferences = true
	} else {
		views = v.outgoing(id, self, only, offset, pagedValues+1, 0)
		p.ShowProperties = true
	}
	more := false
	for i := range views {
		if n := len(views[i].Values) + len(views[i].Others); n > pagedValues {
			more = true
			if len(views[i].Others) > 0 {
				views[i].Others = views[i].Others[:len(views[i].Others)-1]
			} else {
				views[i].Values = views[i].Values[:pagedValues]
			}
		}
	}
	if direction == "in" {
		p.References = views
	} else {
		p.Properties = views
	}
	if p.Page > 1 {
		p.Prev = p.link.resource(self, direction, predicate, "page", strconv.Itoa(p.Page-1))
	}
	if more {
		p.Following = p.link.resource(self, direction, predicate, "page", strconv.Itoa(p.Page+1))
	}
	return nil
}

// facts tells what else the IRI is used as.
func (s *Server) facts(p *resourcePage, v *viewer, id store.ID) error {
	for _, use := range []struct {
		order store.Order
		text  string
	}{{store.PSOG, p.M.UsedAs}, {store.GSPO, p.M.GraphOf + ":"}} {
		n, err := v.snap.Count(store.Range{Order: use.order, Prefix: []store.ID{id}})
		if err != nil {
			return err
		}
		if n > 0 {
			p.Facts = append(p.Facts, fact{Text: use.text + " " + p.M.Statement.count(n)})
		}
	}
	return nil
}
