package server

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"triplestore/store"
	"triplestore/vocab"
)

// The names that a store uses, for completion in editors: prefixes, classes and predicates with their counts.

const completionPath = "/sparql/vocabulary"

const (
	vocabularyTerms = 20_000 // of a kind that are kept
	labelledTerms   = 2_000  // of a kind that get labels
	sentTerms       = 1_000  // of a kind in an answer that names no limit
	keptVocabs      = 12     // languages and scopes at a time
)

// vocabulary is what a state of the store uses.
type vocabulary struct {
	// Commit is the number of the commit that made the state.
	Commit   uint64           `json:"commit"`
	Prefixes []prefixName     `json:"prefixes"`
	Classes  []vocabularyTerm `json:"classes"`
	// Predicates come with the number of their statements, classes with that of their instances, the most used first.
	Predicates []vocabularyTerm `json:"predicates"`
	// More is set where there are more than are listed: a parameter q narrows them.
	More bool `json:"more,omitempty"`
}

type prefixName struct {
	Prefix string `json:"prefix"`
	IRI    string `json:"iri"`
	// Used is set if names of the store's classes and predicates begin with it.
	Used bool `json:"used,omitempty"`
}

type vocabularyTerm struct {
	IRI   string `json:"iri"`
	Name  string `json:"name,omitempty"` // with a prefix
	Label string `json:"label,omitempty"`
	Count uint64 `json:"count"`

	id     store.ID
	search string
}

// vocabularies keeps the vocabularies that were made last, by state, scope and language.
type vocabularies struct {
	mu   sync.Mutex
	made map[string]*vocabulary
	turn chan struct{}
}

func (v *vocabularies) get(key string) *vocabulary {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.made[key]
}

func (v *vocabularies) put(key string, doc *vocabulary) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.made == nil || len(v.made) >= keptVocabs {
		v.made = map[string]*vocabulary{}
	}
	v.made[key] = doc
}

// completion answers with the names that the store uses.
func (s *Server) completion(w http.ResponseWriter, r *http.Request) {
	if err := s.answerCompletion(w, r); err != nil {
		s.fail(w, r, problemOf(r.Context(), err))
	}
}

func (s *Server) answerCompletion(w http.ResponseWriter, r *http.Request) error {
	snap, err := s.data(r.Context()).Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	langs := s.readerLanguages(r)
	addVary(w.Header(), "Accept-Language")
	q, limit := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q"))), sentTerms
	if l := r.URL.Query().Get("limit"); l != "" {
		if limit, err = strconv.Atoi(l); err != nil || limit < 1 || limit > vocabularyTerms {
			return problem(http.StatusBadRequest, "The limit cannot be read", "It is a number from 1 to "+strconv.Itoa(vocabularyTerms)+".")
		}
	}
	if unchanged(w, r, entityTag(snap.Commit(), "vocabulary", s.settings, strings.Join(langs, " "), q, strconv.Itoa(limit))) {
		return nil
	}
	all, err := s.vocabularyOf(r.Context(), snap, langs)
	if err != nil {
		return err
	}
	return writeJSON(w, r, all.narrow(q, limit))
}

// vocabularyOf makes the vocabulary of a state, or finds the one that is made already.
func (s *Server) vocabularyOf(ctx context.Context, snap store.Snapshot, langs []string) (*vocabulary, error) {
	key := s.stateKey(ctx, snap.Commit()) + " " + strings.Join(langs, " ")
	if v := s.vocabs.get(key); v != nil {
		return v, nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(s.c.Timeout, 30*time.Second))
	defer cancel()
	select {
	case s.vocabs.turn <- struct{}{}:
		defer func() { <-s.vocabs.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if v := s.vocabs.get(key); v != nil {
		return v, nil
	}
	stats, err := store.StatisticsOf(ctx, snap)
	if err != nil {
		return nil, err
	}
	d, err := s.describer(ctx, snap, langs)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{Commit: snap.Commit().Number}
	for _, c := range stats.Classes {
		v.Classes = append(v.Classes, vocabularyTerm{id: c.Class, Count: c.Instances})
	}
	for _, p := range stats.Predicates {
		v.Predicates = append(v.Predicates, vocabularyTerm{id: p.Predicate, Count: p.Quads})
	}
	if v.Classes, err = s.nameTerms(d, v.Classes, messagesFor(langs).Lang); err != nil {
		return nil, err
	}
	if v.Predicates, err = s.nameTerms(d, v.Predicates, messagesFor(langs).Lang); err != nil {
		return nil, err
	}
	v.Prefixes = s.prefixNames(v)
	s.vocabs.put(key, v)
	return v, nil
}

// nameTerms brings the IRIs and names of terms, the most used first. What is no IRI is left out.
func (s *Server) nameTerms(d *describer, terms []vocabularyTerm, lang string) ([]vocabularyTerm, error) {
	slices.SortStableFunc(terms, func(a, b vocabularyTerm) int { return cmp.Compare(b.Count, a.Count) })
	terms = terms[:min(len(terms), vocabularyTerms)]
	ids := make([]store.ID, len(terms))
	for i, t := range terms {
		ids[i] = t.id
	}
	if err := d.fetch(ids); err != nil {
		return nil, err
	}
	out := make([]vocabularyTerm, 0, len(terms))
	for i, t := range terms {
		term := d.terms[t.id]
		if !term.IsIRI() {
			continue
		}
		t.IRI = term.Value()
		t.Name, _ = shorten(t.IRI, s.prefixes)
		if t.Label = builtinName(t.IRI, lang); t.Label == "" && i < labelledTerms {
			label, err := d.label(t.id)
			if err != nil {
				return nil, err
			}
			t.Label = label.Value()
		}
		t.search = strings.ToLower(t.Name + "\n" + t.IRI + "\n" + t.Label)
		out = append(out, t)
	}
	return out, nil
}

// prefixNames lists the prefixes that queries need not declare, the used ones first.
func (s *Server) prefixNames(v *vocabulary) []prefixName {
	known := vocab.Prefixes()
	for p, iri := range s.prefixes {
		known[p] = iri
	}
	used := map[string]bool{}
	for _, terms := range [][]vocabularyTerm{v.Classes, v.Predicates} {
		for _, t := range terms {
			if p, _, ok := strings.Cut(t.Name, ":"); ok {
				used[p] = true
			}
		}
	}
	out := make([]prefixName, 0, len(known))
	for p, iri := range known {
		out = append(out, prefixName{p, iri, used[p]})
	}
	slices.SortFunc(out, func(a, b prefixName) int {
		if a.Used != b.Used {
			if a.Used {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Prefix, b.Prefix)
	})
	return out
}

// narrow lists the terms whose name, IRI or label holds a text, up to a limit of each kind.
func (v *vocabulary) narrow(q string, limit int) *vocabulary {
	out := &vocabulary{Commit: v.Commit, Prefixes: v.Prefixes}
	pick := func(all []vocabularyTerm) []vocabularyTerm {
		some := make([]vocabularyTerm, 0, min(len(all), limit))
		for _, t := range all {
			if q != "" && !strings.Contains(t.search, q) {
				continue
			}
			if len(some) == limit {
				out.More = true
				break
			}
			some = append(some, t)
		}
		return some
	}
	out.Classes, out.Predicates = pick(v.Classes), pick(v.Predicates)
	if q != "" {
		out.Prefixes = make([]prefixName, 0, 8)
		for _, p := range v.Prefixes {
			if strings.Contains(strings.ToLower(p.Prefix+" "+p.IRI), q) {
				out.Prefixes = append(out.Prefixes, p)
			}
		}
	}
	return out
}
