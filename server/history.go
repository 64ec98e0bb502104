package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/store"
	"triplestore/vocab"
)

// readMoment reads the parameter at, which chooses an older state. The error is a *Problem.
func readMoment(params url.Values) (store.Moment, error) {
	values := params["at"]
	if len(values) > 1 {
		return store.Moment{}, problem(http.StatusBadRequest, "More than one state is named", "The parameter at may be given once.")
	}
	m, err := store.ParseMoment(params.Get("at"))
	if err != nil {
		return m, problem(http.StatusBadRequest, "The parameter at cannot be read", err.Error())
	}
	return m, nil
}

// atParam is the parameter that names a moment; empty for the newest state.
func atParam(m store.Moment) string {
	if m.Newest() {
		return ""
	}
	return m.String()
}

// snapshotAt opens a state of the store, as the caller may see it.
func (s *Server) snapshotAt(ctx context.Context, m store.Moment) (store.Snapshot, error) {
	return m.Open(s.data(ctx))
}

// mementoHeaders tell that an answer is of an older state, as RFC 7089 has it.
func mementoHeaders(h http.Header, m store.Moment, c store.Commit, original string) {
	if m.Newest() {
		return
	}
	if !c.Time.IsZero() {
		h.Set("Memento-Datetime", c.Time.UTC().Format(http.TimeFormat))
	}
	if original != "" {
		h.Add("Link", fmt.Sprintf("<%s>; rel=\"original\"", original))
	}
}

// oldState tells a reader that a page shows an older state.
type oldState struct{ Text, Label, Href string }

func (p *page) setOldState(m store.Moment, c store.Commit, newest string) {
	if m.Newest() {
		return
	}
	words := historyWords[p.M.Lang]
	p.Old = &oldState{Label: words.newest, Href: newest}
	if c.Number == 0 {
		p.Old.Text = words.empty
	} else {
		p.Old.Text = fmt.Sprintf(words.old, formatCount(c.Number), c.Time.UTC().Format("2006-01-02 15:04:05"))
	}
}

// historyWords are what pages say about older states, by language.
var historyWords = map[string]struct{ old, empty, newest, gone, goneText, last string }{
	"nb": {"Du ser versjon %s fra %s (UTC).", "Du ser datasettet før den første versjonen: det er tomt.", "Se det som gjelder nå", "Ikke lenger her",
		"Denne ressursen ble fjernet i versjon %s, %s (UTC):", "Se den siste kjente versjonen"},
	"nn": {"Du ser versjon %s frå %s (UTC).", "Du ser datasettet før den første versjonen: det er tomt.", "Sjå det som gjeld no", "Ikkje lenger her",
		"Denne ressursen vart fjerna i versjon %s, %s (UTC):", "Sjå den siste kjende versjonen"},
	"en": {"This is version %s of %s (UTC).", "This is the dataset before its first version: it is empty.", "See what holds now", "No longer here",
		"This resource was removed in version %s, %s (UTC):", "See the last known version"},
}

// tombstone is what is known about a resource that was deleted.
type tombstone struct {
	iri     string
	last    store.Commit // the newest state that has it
	deleted store.Commit // the commit that deleted it
}

// searchedStates bounds how far back a deleted resource is looked for.
const searchedStates = 500

// deletedResource looks for the newest kept state that uses one of the IRIs, which the newest state of the store does not. Nil: there is none.
func (s *Server) deletedResource(ctx context.Context, newest store.Snapshot, iris []string) (*tombstone, error) {
	h, ok := s.data(ctx).(store.History)
	if !ok {
		return nil, nil
	}
	var known []string // the dictionary forgets no term, so what it does not have was never there
	for _, i := range iris {
		if ok, err := s.everHeld(rdf.IRI(i)); err != nil {
			return nil, err
		} else if ok {
			known = append(known, i)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	commits, err := h.Commits()
	if err != nil {
		return nil, err
	}
	commits = slices.DeleteFunc(commits, func(c store.Commit) bool { return c.Number >= newest.Commit().Number })
	after := newest.Commit()
	for i := len(commits) - 1; i >= max(0, len(commits)-searchedStates); i-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		iri, err := s.usedAt(ctx, commits[i], known)
		switch {
		case errors.Is(err, store.ErrNoCommit):
			return nil, nil // let go of meanwhile
		case err != nil:
			return nil, err
		case iri != "":
			return &tombstone{iri, commits[i], after}, nil
		}
		after = commits[i]
	}
	return nil, nil
}

// usedAt finds the first of the IRIs that a state uses.
func (s *Server) usedAt(ctx context.Context, c store.Commit, iris []string) (string, error) {
	snap, err := s.snapshotAt(ctx, store.AtCommit(c.Number))
	if err != nil {
		return "", err
	}
	defer snap.Close()
	d := &describer{ctx: ctx, snap: snap}
	for _, iri := range iris {
		if _, ok, err := d.find(iri); err != nil || ok {
			return iri, err
		}
	}
	return "", nil
}

type gonePage struct {
	*page
	IRI, Heading, Text, Last, LastText string
}

const activityStreams = "https://www.w3.org/ns/activitystreams#"

// gone answers 410 with what is known about a resource that was deleted, and where its last version is.
func (s *Server) gone(w http.ResponseWriter, r *http.Request, t *tombstone, name, mediaType string) error {
	link := s.link
	link.at = atParam(store.AtCommit(t.last.Number))
	last := link.resource(t.iri)
	h := w.Header()
	h.Add("Link", fmt.Sprintf("<%s>; rel=\"last memento\"; datetime=%q", last, t.last.Time.UTC().Format(http.TimeFormat)))
	h.Set("Cache-Control", "no-cache")
	if name == "html" {
		p := &gonePage{page: s.newPage(r, ""), IRI: t.iri}
		words := historyWords[p.M.Lang]
		link.lang = p.link.lang
		p.Title, p.Heading, p.LastText, p.Last = words.gone, words.gone, words.last, link.resource(t.iri)
		p.Text = fmt.Sprintf(words.goneText, formatCount(t.deleted.Number), t.deleted.Time.UTC().Format("2006-01-02 15:04:05"))
		return s.render(w, r, http.StatusGone, "gone", p)
	}
	f, ok := format.ByName(name)
	if !ok {
		return fmt.Errorf("server: no writer for %s", name)
	}
	subject := rdf.IRI(t.iri)
	quads := []rdf.Quad{
		{S: subject, P: rdf.IRI(rdfType), O: rdf.IRI(activityStreams + "Tombstone")},
		{S: subject, P: rdf.IRI(activityStreams + "deleted"), O: rdf.Literal(t.deleted.Time.UTC().Format(time.RFC3339), xsdSpace+"dateTime")},
	}
	if s.link.origin != "" {
		quads = append(quads, rdf.Quad{S: subject, P: rdf.IRI(vocab.DCT + "hasVersion"), O: rdf.IRI(s.link.origin + last)})
	}
	h.Set("Content-Type", contentType(mediaType))
	w.WriteHeader(http.StatusGone)
	if r.Method == http.MethodHead {
		return nil
	}
	prefixes := map[string]string{"as": activityStreams, "dct": vocab.DCT, "xsd": xsdSpace}
	if err := f.WritePretty(w, quads, format.WriteOptions{Prefixes: prefixes}); err != nil {
		panic(http.ErrAbortHandler) // the connection is gone: nothing else fails with so few statements
	}
	return nil
}
