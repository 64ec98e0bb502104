package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/store"
)

// Mapping lets IRIs of others answer here: those that begin with Prefix have the path that Path and the rest of them make.
type Mapping struct {
	Prefix, Path string
}

// checkMappings also sorts a copy so that the longest prefix comes first.
func checkMappings(mappings []Mapping) ([]Mapping, error) {
	mappings = slices.Clone(mappings)
	for _, m := range mappings {
		u, err := url.Parse(m.Prefix)
		switch {
		case err != nil || iri.Check(m.Prefix) != nil || u.Scheme == "" || strings.ContainsAny(m.Prefix, "?#"):
			return nil, fmt.Errorf("server: the prefix %q of a mapping is not an absolute IRI without query and fragment", m.Prefix)
		case !strings.HasPrefix(m.Path, "/") || strings.HasPrefix(m.Path, "//") || !strings.HasSuffix(m.Path, "/") || reserved(m.Path) || reserved(strings.TrimSuffix(m.Path, "/")):
			return nil, fmt.Errorf("server: the path %q of the mapping of %s does not begin and end with a slash, or is the server's own", m.Path, m.Prefix)
		}
		if p, ok := escapeUnicode(m.Path); !ok || p != m.Path || strings.ContainsAny(p, "?#") {
			return nil, fmt.Errorf("server: the path %q of the mapping of %s has characters that no path of an address has", m.Path, m.Prefix)
		}
	}
	slices.SortStableFunc(mappings, func(a, b Mapping) int { return len(b.Prefix) - len(a.Prefix) })
	return mappings, nil
}

// safeRest reports whether what follows a prefix can be a part of a path that clients leave as it is.
func safeRest(rest string) bool {
	dots := "/" + rest + "/"
	return !strings.ContainsAny(rest, "?#\\") && !strings.HasPrefix(rest, "/") && !strings.Contains(dots, "/./") && !strings.Contains(dots, "/../")
}

// mapped gives the path of an IRI that a mapping covers.
func (l linker) mapped(iri string) (string, bool) {
	for _, m := range l.mappings {
		if rest, ok := strings.CutPrefix(iri, m.Prefix); ok && safeRest(rest) {
			path, ok := escapeUnicode(m.Path + rest)
			return path, ok && !reserved(path)
		}
	}
	return "", false
}

// organisationForms are what catalogues put before the number of an organisation in IRIs, most common first.
var organisationForms = []string{
	"https://organization-catalog.fellesdatakatalog.digdir.no/organizations/", "https://data.brreg.no/enhetsregisteret/api/enheter/",
	"http://data.brreg.no/enhetsregisteret/enhet/", "https://organization-catalogue.fellesdatakatalog.digdir.no/organizations/",
	"https://data.brreg.no/enhetsregisteret/oppslag/enheter/", "https://organization-catalog.data.norge.no/organizations/",
	"http://data.brreg.no/enhetsregisteret/api/enheter/", "http://data.brreg.no/enhetsregisteret/oppslag/enheter/",
}

// organisationNumber finds a Norwegian organisation number, whose last digit checks the others, at the end of an IRI.
func organisationNumber(iri string) (string, bool) {
	iri = strings.TrimRight(iri, "/")
	if len(iri) < 10 {
		return "", false
	}
	number := iri[len(iri)-9:]
	if last := iri[len(iri)-10]; '0' <= last && last <= '9' {
		return "", false
	}
	sum := 0
	for i, weight := range [9]int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		d := int(number[i]) - '0'
		if d < 0 || d > 9 {
			return "", false
		}
		sum += weight * d
	}
	return number, sum%11 == 0
}

// alike lists other IRIs that who asked for one may have meant.
func alike(asked string) []string {
	var out []string
	add := func(iri string) {
		if iri != asked && !slices.Contains(out, iri) {
			out = append(out, iri)
		}
	}
	forms := func(iri string) []string {
		all := []string{iri}
		if rest, ok := strings.CutPrefix(iri, "http://"); ok {
			all = append(all, "https://"+rest)
		} else if rest, ok := strings.CutPrefix(iri, "https://"); ok {
			all = append(all, "http://"+rest)
		}
		for _, f := range slices.Clone(all) {
			if scheme, rest, ok := strings.Cut(f, "://www."); ok {
				all = append(all, scheme+"://"+rest)
			} else if scheme, rest, ok := strings.Cut(f, "://"); ok {
				all = append(all, scheme+"://www."+rest)
			}
		}
		return all
	}
	for _, f := range forms(asked) {
		add(f)
		add(strings.TrimSuffix(f, "/"))
		add(strings.TrimSuffix(f, "/") + "/")
		if doc, _, ok := strings.Cut(f, "#"); ok {
			add(doc)
		}
		for _, fold := range []func(string) string{strings.ToLower, strings.ToUpper} {
			// The whole, the path, and the last part in another case.
			if at := strings.Index(f, "://"); at >= 0 {
				at += 3
				if slash := strings.IndexByte(f[at:], '/'); slash >= 0 {
					add(strings.ToLower(f[:at+slash]) + fold(f[at+slash:]))
				}
			}
			if cut := strings.LastIndexAny(strings.TrimRight(f, "/"), "/#:"); cut >= 0 {
				add(f[:cut+1] + fold(f[cut+1:]))
				if rest := f[cut+1:]; rest != "" && rest[0] < 0x80 {
					add(f[:cut+1] + fold(rest[:1]) + rest[1:])
				}
			}
		}
	}
	if number, ok := organisationNumber(asked); ok {
		for _, form := range organisationForms {
			add(form + number)
		}
	}
	return out
}

// suggest finds what the store knows of the IRIs that are like those that it does not know.
func (d *describer) suggest(asked []string) (found []string, err error) {
	for _, a := range asked {
		for _, iri := range alike(a) {
			if _, ok, err := d.find(iri); err != nil {
				return nil, err
			} else if ok && !slices.Contains(found, iri) {
				found = append(found, iri)
			}
		}
	}
	return found, nil
}

const (
	maxFragments = 1000
	fragmentRows = 2000 // that are looked at per resource
)

// usualFragments are the names after "#" by which documents call what they are about.
var usualFragments = []string{"this", "it", "me", "id", "i", "about"}

// fragments finds the resources of a document: those whose IRIs are its own with a fragment. IDs say nothing about the beginnings of
// IRIs, so they are found by what leads to them: by the usual names, through statements to and from the document and what was found
// in it, and in the graph that is named like it. One that nothing links with the others is not found.
func (d *describer) fragments(document string) ([]store.ID, error) {
	var found []store.ID
	seen := map[store.ID]bool{}
	take := func(id store.ID) {
		if !seen[id] && len(found) < maxFragments {
			seen[id] = true
			found = append(found, id)
		}
	}
	consider := func(ids []store.ID) error {
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if err := d.fetch(ids); err != nil {
			return err
		}
		for _, id := range ids {
			if t := d.terms[id]; t.IsIRI() && len(t.Value()) > len(document) && t.Value()[len(document)] == '#' && strings.HasPrefix(t.Value(), document) {
				take(id)
			}
		}
		return nil
	}
	// collect gathers a column of the quads that begin with id.
	collect := func(order store.Order, id store.ID, column store.Position) ([]store.ID, error) {
		var ids []store.ID
		rows := 0
		err := d.scan(store.Range{Order: order, Prefix: []store.ID{id}}, func(q store.Quad) bool {
			if v := q[column]; v.Tag() == store.TagIRI && (len(ids) == 0 || ids[len(ids)-1] != v) {
				ids = append(ids, v)
			}
			rows++
			return rows < fragmentRows
		})
		return ids, err
	}
	for _, f := range usualFragments {
		id, ok, err := d.find(document + "#" + f)
		if err != nil {
			return nil, err
		}
		if ok {
			take(id)
		}
	}
	var queue []store.ID
	if id, ok, err := d.snap.ID(rdf.IRI(document)); err != nil {
		return nil, err
	} else if ok {
		queue = append(queue, id)
		ids, err := collect(store.GSPO, id, store.S)
		if err != nil {
			return nil, err
		}
		if err := consider(ids); err != nil {
			return nil, err
		}
	}
	queue = append(queue, found...)
	for i := 0; i < len(queue); i++ {
		before := len(found)
		for _, way := range []struct {
			order  store.Order
			column store.Position
		}{{store.SPOG, store.O}, {store.OPSG, store.S}} {
			ids, err := collect(way.order, queue[i], way.column)
			if err != nil {
				return nil, err
			}
			if err := consider(ids); err != nil {
				return nil, err
			}
		}
		queue = append(queue, found[before:]...)
	}
	return found, nil
}

// linkSuggestions tells programs what they may have meant.
func (s *Server) linkSuggestions(h http.Header, iris []string) {
	for _, i := range iris {
		h.Add("Link", fmt.Sprintf("<%s>; rel=\"related\"", s.link.resource(i)))
	}
}
