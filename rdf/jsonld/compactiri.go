package jsonld

import (
	"cmp"
	"slices"
	"strings"

	"triplestore/rdf/iri"
)

func isGraphObject(m *Object) bool {
	if !m.has("@graph") {
		return false
	}
	for _, k := range m.keys {
		if k != "@graph" && k != "@id" && k != "@index" {
			return false
		}
	}
	return true
}

func isSimpleGraph(m *Object) bool { return isGraphObject(m) && !m.has("@id") }

func (c *compacter) inverse(a *activeContext) inverseContext {
	if a.inverse == nil {
		a.inverse = a.makeInverse()
	}
	return a.inverse
}

// iri is IRI Compaction (https://www.w3.org/TR/json-ld11-api/#iri-compaction). value is nil where there is none.
func (c *compacter) iri(a *activeContext, iriValue string, value any, vocab, reverse bool) (string, error) {
	if vocab {
		if _, ok := c.inverse(a)[iriValue]; ok {
			if term, ok, err := c.term(a, iriValue, value, reverse); ok || err != nil {
				return term, err
			}
		}
		if a.vocab.set && len(iriValue) > len(a.vocab.s) && strings.HasPrefix(iriValue, a.vocab.s) {
			suffix := iriValue[len(a.vocab.s):]
			// What reads as an IRI or a keyword would not come back, here and below; the specification does not say so.
			if a.terms.get(suffix) == nil && !strings.Contains(suffix, ":") && !looksLikeKeyword(suffix) {
				return suffix, nil
			}
		}
	}
	best := ""
	for term, d := range a.terms.all() {
		if d.null || !d.prefix || d.iri == iriValue || !strings.HasPrefix(iriValue, d.iri) || strings.HasPrefix(iriValue[len(d.iri):], "//") {
			continue
		}
		candidate := term + ":" + iriValue[len(d.iri):]
		if taken := a.terms.get(candidate); taken != nil && (taken.iri != iriValue || value != nil) {
			continue
		}
		if best == "" || cmp.Or(cmp.Compare(len(candidate), len(best)), cmp.Compare(candidate, best)) < 0 {
			best = candidate
		}
	}
	if best != "" {
		return best, nil
	}
	if n := iri.SchemeLen(iriValue); n > 0 {
		scheme, _, _ := strings.Cut(iriValue, ":")
		if d := a.terms.get(scheme); d != nil && d.prefix && !strings.HasPrefix(iriValue[len(scheme)+1:], "//") {
			return "", fail("IRI confused with prefix", "<%s>", iriValue)
		}
	}
	if !vocab && c.relative && a.base != "" && !strings.HasPrefix(iriValue, "_:") {
		return relativize(a.base, iriValue), nil
	}
	return iriValue, nil
}

// term chooses a term for an IRI by what is to be its value (step 4).
func (c *compacter) term(a *activeContext, iriValue string, value any, reverse bool) (string, bool, error) {
	containers := []string{}
	kind, kindValue := "@language", "@null"
	m, isMap := value.(*Object)
	if isMap && m.has("@index") && !isGraphObject(m) {
		containers = append(containers, "@index", "@index@set")
	}
	switch {
	case reverse:
		kind, kindValue = "@type", "@reverse"
		containers = append(containers, "@set")
	case isMap && m.has("@list"):
		if !m.has("@index") {
			containers = append(containers, "@list")
		}
		kind, kindValue = c.listKind(a, m)
	case isMap && isGraphObject(m):
		containers = append(containers, graphContainers(m)...)
		kind, kindValue = "@type", "@id"
	default:
		if isMap && m.has("@value") {
			lang, hasLang := m.Get("@language")
			dir, hasDir := m.Get("@direction")
			ls, _ := lang.(string)
			ds, _ := dir.(string)
			switch t, typed := m.Get("@type"); {
			case hasDir && !m.has("@index"):
				kindValue = strings.ToLower(ls) + "_" + ds
				if a.dir.s == ds || c.mappedDirection(a, iriValue, ds) {
					containers = append(containers, "@language", "@language@set") // else the map would lose the direction
				}
			case hasLang && !m.has("@index"):
				kindValue = strings.ToLower(ls)
				containers = append(containers, "@language", "@language@set")
			case typed:
				kind = "@type"
				kindValue, _ = t.(string)
			}
		} else {
			kind, kindValue = "@type", "@id"
			containers = append(containers, "@id", "@id@set", "@type", "@set@type")
		}
		containers = append(containers, "@set")
	}
	containers = append(containers, "@none")
	if !isMap || !m.has("@index") {
		containers = append(containers, "@index", "@index@set")
	}
	if isMap && m.Len() == 1 && m.has("@value") {
		containers = append(containers, "@language", "@language@set")
	}
	var preferred []string
	if kindValue == "@reverse" {
		preferred = append(preferred, "@reverse")
	}
	id, hasID := any(nil), false
	if isMap {
		id, hasID = m.Get("@id")
	}
	if (kindValue == "@id" || kindValue == "@reverse") && hasID {
		s, _ := id.(string)
		compacted, err := c.iri(a, s, nil, true, false)
		if err != nil {
			return "", false, err
		}
		if d := a.terms.get(compacted); d != nil && d.iri == s {
			preferred = append(preferred, "@vocab", "@id", "@none")
		} else {
			preferred = append(preferred, "@id", "@vocab", "@none")
		}
	} else {
		preferred = append(preferred, kindValue, "@none")
		if isMap && m.has("@list") {
			if l, _ := m.Get("@list"); len(asList(l)) == 0 {
				kind = "@any"
			}
		}
	}
	preferred = append(preferred, "@any")
	for _, p := range preferred {
		if i := strings.IndexByte(p, '_'); i >= 0 {
			preferred = append(preferred, p[i:])
		}
	}
	term, ok := c.inverse(a).selectTerm(iriValue, containers, kind, preferred)
	return term, ok, nil
}

// mappedDirection reports whether all terms for an IRI say that its values have a direction.
func (c *compacter) mappedDirection(a *activeContext, iriValue, dir string) bool {
	for _, d := range a.terms.all() {
		if d.iri == iriValue && d.container&cLanguage != 0 && !(d.dir.set && d.dir.s == dir) {
			return false
		}
	}
	return true
}

func graphContainers(m *Object) []string {
	var out []string
	if m.has("@index") {
		out = append(out, "@graph@index", "@graph@index@set")
	}
	if m.has("@id") {
		out = append(out, "@graph@id", "@graph@id@set")
	}
	out = append(out, "@graph", "@graph@set", "@set")
	if !m.has("@index") {
		out = append(out, "@graph@index", "@graph@index@set")
	}
	if !m.has("@id") {
		out = append(out, "@graph@id", "@graph@id@set")
	}
	return append(out, "@index", "@index@set")
}

// listKind finds what the items of a list have in common.
func (c *compacter) listKind(a *activeContext, m *Object) (kind, value string) {
	l, _ := m.Get("@list")
	items := asList(l)
	commonType, commonLang := "", ""
	if len(items) == 0 {
		commonLang = a.defaultLanguage()
	}
	for _, item := range items {
		itemLang, itemType := "@none", "@none"
		im, _ := item.(*Object)
		isValue := im != nil && im.has("@value")
		if isValue {
			lang, hasLang := im.Get("@language")
			dir, hasDir := im.Get("@direction")
			ls, _ := lang.(string)
			ds, _ := dir.(string)
			switch t, typed := im.Get("@type"); {
			case hasDir:
				itemLang = strings.ToLower(ls) + "_" + ds
			case hasLang:
				itemLang = strings.ToLower(ls)
			case typed:
				itemType, _ = t.(string)
			default:
				itemLang = "@null"
			}
		} else {
			itemType = "@id"
		}
		if commonLang == "" {
			commonLang = itemLang
		} else if itemLang != commonLang && isValue {
			commonLang = "@none"
		}
		if commonType == "" {
			commonType = itemType
		} else if itemType != commonType {
			commonType = "@none"
		}
		if commonLang == "@none" && commonType == "@none" {
			break
		}
	}
	if commonType == "" {
		commonType = "@none"
	}
	if commonType != "@none" {
		return "@type", commonType
	}
	return "@language", commonLang
}

// relativize gives the shortest reference that means target from base, or target itself where they share no authority.
func relativize(base, target string) string {
	bs, ba, bp, bq := splitIRI(base)
	ts, ta, tp, tq := splitIRI(target)
	if bs != ts || ba != ta {
		return target
	}
	if tp == bp && tq != "" && (tq[0] == '?' || bq == "") {
		return tq
	}
	baseSegs, segs := strings.Split(bp, "/"), strings.Split(tp, "/")
	n := 0
	for n < len(baseSegs)-1 && n < len(segs)-1 && baseSegs[n] == segs[n] {
		n++
	}
	if n == 0 && len(baseSegs) > 1 {
		return target
	}
	out := slices.Repeat([]string{".."}, len(baseSegs)-1-n)
	rel := strings.Join(append(out, segs[n:]...), "/")
	switch {
	case rel == "":
		rel = "./"
	case len(out) == 0 && strings.Contains(strings.SplitN(rel, "/", 2)[0], ":"), strings.HasPrefix(rel, "/"), strings.HasPrefix(rel, "@"):
		rel = "./" + rel
	}
	return rel + tq
}

// splitIRI takes an IRI apart; rest is query and fragment with their signs.
func splitIRI(s string) (scheme, authority, path, rest string) {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s, rest = s[:i], s[i:]
	}
	scheme, path, _ = strings.Cut(s, ":")
	if after, ok := strings.CutPrefix(path, "//"); ok {
		i := strings.IndexByte(after, '/')
		if i < 0 {
			i = len(after)
		}
		authority, path = after[:i], after[i:]
	}
	return scheme, authority, path, rest
}
