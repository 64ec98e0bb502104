package jsonld

import (
	"strings"

	"triplestore/rdf/iri"
)

// create is Create Term Definition (https://www.w3.org/TR/json-ld11-api/#create-term-definition).
func (d *definer) create(term string) error {
	if done, begun := d.defined[term]; begun {
		if !done {
			return fail("cyclic IRI mapping", "%q is defined by way of itself", term)
		}
		return nil
	}
	if term == "" {
		return fail("invalid term definition", "a term may not be empty")
	}
	d.defined[term] = false
	value, _ := d.local.Get(term)
	if term == "@type" {
		if err := d.checkType(value); err != nil {
			return err
		}
	} else if isKeyword(term) {
		return fail("keyword redefinition", "%s", term)
	} else if looksLikeKeyword(term) {
		return nil
	}
	previous := d.active.terms.get(term)
	d.active.terms = d.active.terms.without(term, &d.cs.written)
	def := &termDef{protected: d.protected}
	m, simple, err := definitionObject(term, value)
	if err != nil {
		return err
	}
	if v, ok := m.Get("@protected"); ok {
		if def.protected, ok = v.(bool); !ok {
			return fail("invalid @protected value", "%v", v)
		}
		if d.cs.mode10 {
			return fail("invalid term definition", "@protected is of JSON-LD 1.1")
		}
	}
	if err := d.typeMapping(def, m); err != nil {
		return err
	}
	if v, ok := m.Get("@reverse"); ok {
		skip, err := d.reverse(def, m, v)
		if err == nil && !skip {
			d.active.terms = d.active.terms.with(term, def, &d.cs.written)
		}
		d.defined[term] = true
		return err
	}
	skip, err := d.iriMapping(def, term, m, simple)
	if err != nil || skip {
		return err
	}
	if err := d.container(def, m); err != nil {
		return err
	}
	if err := d.rest(def, term, m); err != nil {
		return err
	}
	if previous != nil && previous.protected && !d.o.overrideProtected {
		if !def.same(previous) {
			return fail("protected term redefinition", "%q", term)
		}
		def = previous
	}
	d.active.terms = d.active.terms.with(term, def, &d.cs.written)
	d.defined[term] = true
	return nil
}

func (d *definer) checkType(value any) error {
	m, ok := value.(*Object)
	if d.cs.mode10 || !ok || m.Len() == 0 {
		return fail("keyword redefinition", "@type")
	}
	for i, k := range m.keys {
		if k == "@container" && m.vals[i] == "@set" || k == "@protected" {
			continue
		}
		return fail("keyword redefinition", "@type")
	}
	return nil
}

func definitionObject(term string, value any) (m *Object, simple bool, err error) {
	switch value := value.(type) {
	case nil:
		return obj("@id", nil), false, nil
	case string:
		return obj("@id", value), true, nil
	case *Object:
		return value, false, nil
	}
	return nil, false, fail("invalid term definition", "%q must be a string or an object", term)
}

func (d *definer) typeMapping(def *termDef, m *Object) error {
	v, ok := m.Get("@type")
	if !ok {
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return fail("invalid type mapping", "%v", v)
	}
	t, null, err := d.cs.expandIRI(d.active, s, false, true, d)
	switch {
	case err != nil:
		return err
	case null:
		return fail("invalid type mapping", "%q", s)
	case (t == "@json" || t == "@none") && d.cs.mode10:
		return fail("invalid type mapping", "%s is of JSON-LD 1.1", t)
	case t == "@id" || t == "@vocab" || t == "@json" || t == "@none":
	case !iri.IsAbsolute(t):
		return fail("invalid type mapping", "%q is no absolute IRI", t)
	}
	def.typ = t
	return nil
}

func (d *definer) reverse(def *termDef, m *Object, v any) (skip bool, err error) {
	if m.has("@id") || m.has("@nest") {
		return false, fail("invalid reverse property", "@reverse may not stand beside @id or @nest")
	}
	s, ok := v.(string)
	if !ok {
		return false, fail("invalid IRI mapping", "%v", v)
	}
	if looksLikeKeyword(s) {
		return true, nil
	}
	mapped, null, err := d.cs.expandIRI(d.active, s, false, true, d)
	if err != nil {
		return false, err
	}
	if null || !isIRIOrBlank(mapped) {
		return false, fail("invalid IRI mapping", "%q", s)
	}
	def.iri, def.reverse = mapped, true
	if c, ok := m.Get("@container"); ok && c != nil {
		switch c {
		case "@set":
			def.container = cSet
		case "@index":
			def.container = cIndex
		default:
			return false, fail("invalid reverse property", "its @container may be @set or @index")
		}
	}
	return false, d.indexMapping(def, m)
}

func (d *definer) iriMapping(def *termDef, term string, m *Object, simple bool) (skip bool, err error) {
	if v, ok := m.Get("@id"); ok && v != term {
		if v == nil {
			def.null = true
			return false, nil
		}
		s, ok := v.(string)
		if !ok {
			return false, fail("invalid IRI mapping", "%v", v)
		}
		if !isKeyword(s) && looksLikeKeyword(s) {
			return true, nil
		}
		mapped, null, err := d.cs.expandIRI(d.active, s, false, true, d)
		if err != nil {
			return false, err
		}
		if mapped == "@context" {
			return false, fail("invalid keyword alias", "@context may have no alias")
		}
		if null || !isKeyword(mapped) && !isIRIOrBlank(mapped) {
			return false, fail("invalid IRI mapping", "%q", s)
		}
		def.iri = mapped
		inner := strings.IndexByte(term, ':')
		if inner > 0 && inner < len(term)-1 || strings.Contains(term, "/") {
			d.defined[term] = true
			if again, _, err := d.cs.expandIRI(d.active, term, false, true, d); err != nil {
				return false, err
			} else if again != mapped {
				return false, fail("invalid IRI mapping", "%q may not mean <%s>, since it is an IRI itself", term, mapped)
			}
		}
		if !strings.ContainsAny(term, ":/") && simple {
			def.prefix = strings.HasPrefix(mapped, "_:") || strings.ContainsRune(":/?#[]@", rune(mapped[len(mapped)-1]))
		}
		return false, nil
	}
	if i := strings.IndexByte(term, ':'); i > 0 {
		prefix, suffix := term[:i], term[i+1:]
		if d.local.has(prefix) {
			if err := d.create(prefix); err != nil {
				return false, err
			}
		}
		if p := d.active.terms.get(prefix); p != nil && !p.null {
			def.iri = p.iri + suffix
		} else {
			def.iri = term
		}
		return false, nil
	}
	switch {
	case strings.Contains(term, "/"):
		mapped, null, err := d.cs.expandIRI(d.active, term, false, true, nil)
		if err != nil {
			return false, err
		}
		if null || !iri.IsAbsolute(mapped) {
			return false, fail("invalid IRI mapping", "%q", term)
		}
		def.iri = mapped
	case term == "@type":
		def.iri = "@type"
	case d.active.vocab.set:
		def.iri = d.active.vocab.s + term
	default:
		return false, fail("invalid IRI mapping", "the term %q has no IRI, and there is no @vocab", term)
	}
	return false, nil
}

func (d *definer) container(def *termDef, m *Object) error {
	v, ok := m.Get("@container")
	if !ok {
		return nil
	}
	_, isArray := v.([]any)
	for _, item := range asList(v) {
		bit := container(0)
		for i, name := range containerNames {
			if item == name {
				bit = 1 << i
			}
		}
		if bit == 0 {
			return fail("invalid container mapping", "%v", v)
		}
		def.container |= bit
	}
	if d.cs.mode10 && (isArray || def.container&(cGraph|cID|cType) != 0) {
		return fail("invalid container mapping", "%v is of JSON-LD 1.1", v)
	}
	switch c := def.container; {
	case c&(c-1) == 0: // one
	case c&cGraph != 0 && c&(cList|cLanguage|cType) == 0 && c&(cID|cIndex) != cID|cIndex:
	case c&cSet != 0 && c&cList == 0 && (c&^cSet)&((c&^cSet)-1) == 0:
	default:
		return fail("invalid container mapping", "%v", v)
	}
	if def.container&cType != 0 {
		switch def.typ {
		case "":
			def.typ = "@id"
		case "@id", "@vocab":
		default:
			return fail("invalid type mapping", "with @container @type the type must be @id or @vocab")
		}
	}
	return nil
}

func (d *definer) indexMapping(def *termDef, m *Object) error {
	if v, ok := m.Get("@index"); ok {
		s, isString := v.(string)
		if d.cs.mode10 || def.container&cIndex == 0 || !isString {
			return fail("invalid term definition", "@index needs a string, and @container @index beside it")
		}
		if mapped, null, err := d.cs.expandIRI(d.active, s, false, true, d); err != nil {
			return err
		} else if null || !iri.IsAbsolute(mapped) {
			return fail("invalid term definition", "@index %q is no IRI", s)
		}
		def.index = s
	}
	return nil
}

func (d *definer) rest(def *termDef, term string, m *Object) error {
	if err := d.indexMapping(def, m); err != nil {
		return err
	}
	if v, ok := m.Get("@context"); ok {
		if d.cs.mode10 {
			return fail("invalid term definition", "scoped contexts are of JSON-LD 1.1")
		}
		_, err := d.cs.process(d.active, v, processOptions{
			base: d.o.base, remotes: d.o.remotes, overrideProtected: true, noValidateScoped: true,
		})
		if err != nil {
			return fail("invalid scoped context", "of %q: %v", term, err)
		}
		def.ctx, def.hasCtx, def.ctxBase = v, true, d.o.base
	}
	if v, ok := m.Get("@language"); ok && !m.has("@type") {
		s, isString := v.(string)
		if v != nil && !isString {
			return fail("invalid language mapping", "%v", v)
		}
		def.lang = optional{set: true, null: !isString, s: s}
	}
	if v, ok := m.Get("@direction"); ok && !m.has("@type") {
		if v != nil && v != "ltr" && v != "rtl" {
			return fail("invalid base direction", "%v", v)
		}
		s, isString := v.(string)
		def.dir = optional{set: true, null: !isString, s: s}
	}
	if v, ok := m.Get("@nest"); ok {
		s, isString := v.(string)
		if d.cs.mode10 {
			return fail("invalid term definition", "@nest is of JSON-LD 1.1")
		}
		if !isString || isKeyword(s) && s != "@nest" {
			return fail("invalid @nest value", "%v", v)
		}
		def.nest = s
	}
	if v, ok := m.Get("@prefix"); ok {
		b, isBool := v.(bool)
		switch {
		case d.cs.mode10 || strings.ContainsAny(term, ":/"):
			return fail("invalid term definition", "%q may not be a prefix", term)
		case !isBool:
			return fail("invalid @prefix value", "%v", v)
		case b && isKeyword(def.iri):
			return fail("invalid term definition", "a keyword may not be a prefix")
		}
		def.prefix = b
	}
	for _, k := range m.keys {
		switch k {
		case "@id", "@reverse", "@container", "@context", "@direction", "@index", "@language", "@nest", "@prefix", "@protected", "@type":
		default:
			return fail("invalid term definition", "%q has the unknown member %q", term, k)
		}
	}
	return nil
}
