package jsonld

import "slices"

// property expands a member whose name means an IRI (steps 13.5 to 13.15).
func (x *expander) property(o *object, key, iri string, value any) error {
	def := o.active.terms.get(key)
	var c container
	if def != nil {
		c = def.container
	}
	m, isMap := value.(*Object)
	var expanded any
	var err error
	switch {
	case def != nil && def.typ == "@json":
		expanded = obj("@value", value, "@type", "@json")
	case c&cLanguage != 0 && isMap:
		expanded, err = x.languageMap(o, def, m)
	case c&(cIndex|cType|cID) != 0 && isMap:
		expanded, err = x.indexMap(o, key, def, m)
	default:
		expanded, err = x.expand(o.active, key, value, o.base, false)
	}
	if err != nil || expanded == nil {
		return err
	}
	if c&cList != 0 {
		if e, ok := expanded.(*Object); !ok || !e.has("@list") {
			expanded = obj("@list", orEmpty(appendValues(nil, expanded)))
		}
	}
	if c&cGraph != 0 && c&(cID|cIndex) == 0 {
		list := asList(expanded)
		graphs := make([]any, 0, len(list))
		for _, v := range list {
			graphs = append(graphs, obj("@graph", orEmpty(appendValues(nil, v))))
		}
		expanded = graphs
	}
	if def != nil && def.reverse {
		for _, item := range asList(expanded) {
			if err := o.addReverse(iri, item); err != nil {
				return err
			}
		}
		return nil
	}
	if list, ok := expanded.([]any); ok && !o.has(iri) {
		o.append(iri, list) // nobody else has it
		return nil
	}
	addValue(o.Object, iri, expanded)
	return nil
}

func (x *expander) languageMap(o *object, def *termDef, m *Object) (any, error) {
	dir := o.active.dir
	if def.dir.set {
		dir = def.dir
	}
	result := []any{}
	for _, lang := range x.keys(m) {
		values, _ := m.Get(lang)
		for _, item := range asList(values) {
			if item == nil {
				continue
			}
			s, ok := item.(string)
			if !ok {
				return nil, fail("invalid language map value", "it must hold strings")
			}
			v := obj("@value", s)
			if e, _, err := x.expandIRI(o.active, lang, false, true, nil); err != nil {
				return nil, err
			} else if lang != "@none" && e != "@none" {
				v.Set("@language", lang)
			}
			if dir.set && !dir.null {
				v.Set("@direction", dir.s)
			}
			result = append(result, v)
		}
	}
	return result, nil
}

// indexMap expands index, type and id maps (step 13.8).
func (x *expander) indexMap(o *object, key string, def *termDef, m *Object) (any, error) {
	indexKey := def.index
	if indexKey == "" {
		indexKey = "@index"
	}
	result := []any{}
	for _, index := range x.keys(m) {
		value, _ := m.Get(index)
		active := o.active
		var err error
		if def.container&(cID|cType) != 0 && active.prev != nil {
			active = active.prev
		}
		if d := active.terms.get(index); d != nil && def.container&cType != 0 && d.hasCtx {
			if active, err = x.process(active, d.ctx, processOptions{base: d.ctxBase, noPropagate: true}); err != nil {
				return nil, err
			}
		}
		expandedIndex, null, err := x.expandIRI(o.active, index, false, true, nil)
		if err != nil {
			return nil, err
		}
		none := !null && expandedIndex == "@none"
		if _, isArray := value.([]any); !isArray {
			value = []any{value}
		}
		v, err := x.expand(active, key, value, o.base, true)
		if err != nil {
			return nil, err
		}
		for _, item := range asList(v) {
			if item == nil {
				continue
			}
			if item, err = x.indexed(o, def, item, index, indexKey, expandedIndex, none); err != nil {
				return nil, err
			}
			result = append(result, item)
		}
	}
	return result, nil
}

func (x *expander) indexed(o *object, def *termDef, item any, index, indexKey, expandedIndex string, none bool) (any, error) {
	if def.container&cGraph != 0 {
		if m, ok := item.(*Object); !ok || !m.has("@graph") {
			item = obj("@graph", []any{item})
		}
	}
	m, ok := item.(*Object)
	if !ok {
		return item, nil
	}
	c := def.container
	switch {
	case c&cIndex != 0 && indexKey != "@index" && !none:
		reexpanded, err := x.expandValue(o.active, indexKey, index)
		if err != nil {
			return nil, err
		}
		property, _, err := x.expandIRI(o.active, indexKey, false, true, nil)
		if err != nil {
			return nil, err
		}
		if m.has("@value") {
			return nil, fail("invalid value object", "a value has no properties, such as the index %q", indexKey)
		}
		old, _ := m.Get(property)
		m.Set(property, append([]any{reexpanded}, appendValues(nil, old)...))
	case c&cIndex != 0 && !m.has("@index") && !none:
		m.Set("@index", index)
	case c&cID != 0 && !m.has("@id") && !none:
		id, _, err := x.expandIRI(o.active, index, true, false, nil)
		if err != nil {
			return nil, err
		}
		m.Set("@id", id)
	case c&cType != 0 && !none:
		types := []any{expandedIndexAsType(x, o, index, expandedIndex)}
		old, _ := m.Get("@type")
		m.Set("@type", append(types, slices.Clone(appendValues(nil, old))...))
	}
	return m, nil
}

// expandedIndexAsType resolves the key of a type map against the base where the vocabulary does not make an IRI of it.
func expandedIndexAsType(x *expander, o *object, index, expanded string) string {
	if t, null, err := x.expandIRI(o.active, index, true, true, nil); err == nil && !null {
		return t
	}
	return expanded
}

// expandValue is Value Expansion (https://www.w3.org/TR/json-ld11-api/#value-expansion).
func (x *expander) expandValue(a *activeContext, property string, value any) (any, error) {
	def := a.terms.get(property)
	if def != nil {
		if s, ok := value.(string); ok && (def.typ == "@id" || def.typ == "@vocab") {
			id, null, err := x.expandIRI(a, s, true, def.typ == "@vocab", nil)
			if err != nil {
				return nil, err
			}
			if null {
				return obj("@id", nil), nil
			}
			return obj("@id", id), nil
		}
		if def.typ != "" && def.typ != "@id" && def.typ != "@vocab" && def.typ != "@none" {
			return obj("@value", value, "@type", def.typ), nil
		}
	}
	result := obj("@value", value)
	if _, ok := value.(string); ok {
		lang, dir := a.lang, a.dir
		if def != nil && def.lang.set {
			lang = def.lang
		}
		if def != nil && def.dir.set {
			dir = def.dir
		}
		if lang.set && !lang.null {
			result.Set("@language", lang.s)
		}
		if dir.set && !dir.null {
			result.Set("@direction", dir.s)
		}
	}
	return result, nil
}
