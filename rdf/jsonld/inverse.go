package jsonld

import (
	"cmp"
	"slices"
	"strings"
)

// inverseEntry maps, for one IRI and container, languages and types to the terms that fit
// (https://www.w3.org/TR/json-ld11-api/#inverse-context-creation).
type inverseEntry struct {
	language, typ, any map[string]string
}

type inverseContext map[string]map[string]*inverseEntry

func (c container) String() string {
	if c == 0 {
		return "@none"
	}
	s := ""
	for i, name := range containerNames {
		if c&(1<<i) != 0 {
			s += name
		}
	}
	return s
}

func (a *activeContext) defaultLanguage() string {
	switch {
	case a.dir.set:
		return strings.ToLower(a.lang.s) + "_" + a.dir.s
	case a.lang.set:
		return strings.ToLower(a.lang.s)
	}
	return "@none"
}

func (a *activeContext) sortedTerms() []string {
	var terms []string
	for t := range a.terms.all() {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)) })
	return terms
}

func (a *activeContext) makeInverse() inverseContext {
	inverse := inverseContext{}
	for _, term := range a.sortedTerms() {
		d := a.terms.get(term)
		if d.null {
			continue
		}
		byContainer := inverse[d.iri]
		if byContainer == nil {
			byContainer = map[string]*inverseEntry{}
			inverse[d.iri] = byContainer
		}
		c := d.container.String()
		e := byContainer[c]
		if e == nil {
			e = &inverseEntry{language: map[string]string{}, typ: map[string]string{}, any: map[string]string{"@none": term}}
			byContainer[c] = e
		}
		set := func(m map[string]string, key string) {
			if _, ok := m[key]; !ok {
				m[key] = term
			}
		}
		switch {
		case d.reverse:
			set(e.typ, "@reverse")
		case d.typ == "@none":
			set(e.language, "@any")
			set(e.typ, "@any")
			set(e.any, "@any")
		case d.typ != "":
			set(e.typ, d.typ)
		case d.lang.set && d.dir.set:
			key := "@null"
			if !d.lang.null && !d.dir.null {
				key = strings.ToLower(d.lang.s) + "_" + d.dir.s
			} else if !d.lang.null {
				key = strings.ToLower(d.lang.s)
			} else if !d.dir.null {
				key = "_" + d.dir.s
			}
			set(e.language, key)
		case d.lang.set:
			if d.lang.null {
				set(e.language, "@null")
			} else {
				set(e.language, strings.ToLower(d.lang.s))
			}
		case d.dir.set:
			if d.dir.null {
				set(e.language, "@none")
			} else {
				set(e.language, "_"+d.dir.s)
			}
		default:
			set(e.language, a.defaultLanguage())
			set(e.language, "@none")
			set(e.typ, "@none")
		}
	}
	return inverse
}

// selectTerm is Term Selection (https://www.w3.org/TR/json-ld11-api/#term-selection).
func (inv inverseContext) selectTerm(iri string, containers []string, kind string, preferred []string) (string, bool) {
	for _, c := range containers {
		e := inv[iri][c]
		if e == nil {
			continue
		}
		m := e.language
		switch kind {
		case "@type":
			m = e.typ
		case "@any":
			m = e.any
		}
		for _, p := range preferred {
			if term, ok := m[p]; ok {
				return term, true
			}
		}
	}
	return "", false
}
