package jsonld

import (
	"slices"
	"strings"
)

// compacter is the Compaction Algorithm (https://www.w3.org/TR/json-ld11-api/#compaction-algorithm).
type compacter struct {
	*contexts
	arrays   bool // keep arrays of one item
	relative bool // make IRIs relative to the base
}

// compact gives a scalar, an *Object or a []any.
func (c *compacter) compact(active *activeContext, property string, element any) (any, error) {
	typeScoped := active
	switch e := element.(type) {
	case []any:
		return c.compactArray(active, property, e)
	case *Object:
		if active.prev != nil && !e.has("@value") && !(e.Len() == 1 && e.has("@id")) {
			active = active.prev
		}
		return c.compactObject(active, typeScoped, property, e)
	}
	return element, nil
}

func (c *compacter) compactArray(active *activeContext, property string, list []any) (any, error) {
	result := []any{}
	for _, item := range list {
		v, err := c.compact(active, property, item)
		if err != nil {
			return nil, err
		}
		if v != nil {
			result = append(result, v)
		}
	}
	d := active.terms.get(property)
	if len(result) != 1 || c.arrays || property == "@graph" || property == "@set" || d != nil && d.container&(cList|cSet) != 0 {
		return result, nil
	}
	return result[0], nil
}

func (c *compacter) compactObject(active, typeScoped *activeContext, property string, e *Object) (any, error) {
	var err error
	d := active.terms.get(property)
	if d == nil {
		d = typeScoped.terms.get(property)
	}
	if pd := typeScoped.terms.get(property); pd != nil && pd.hasCtx {
		if active, err = c.process(active, pd.ctx, processOptions{base: pd.ctxBase, overrideProtected: true}); err != nil {
			return nil, err
		}
	}
	if e.has("@value") || e.has("@id") {
		v, err := c.value(active, property, e)
		if err != nil {
			return nil, err
		}
		if m, isMap := v.(*Object); !isMap || active.terms.get(property) != nil && active.terms.get(property).typ == "@json" {
			return v, nil
		} else if m != e {
			return v, nil
		}
	}
	if l, ok := e.Get("@list"); ok && d != nil && d.container&cList != 0 {
		return c.compact(active, property, l)
	}
	if t, ok := e.Get("@type"); ok {
		var types []string
		for _, t := range asList(t) {
			s, _ := t.(string)
			compacted, err := c.iri(typeScoped, s, nil, true, false)
			if err != nil {
				return nil, err
			}
			types = append(types, compacted)
		}
		slices.Sort(types)
		scopes := typeScoped
		for _, t := range types {
			if td := scopes.terms.get(t); td != nil && td.hasCtx {
				if active, err = c.process(active, td.ctx, processOptions{base: td.ctxBase, noPropagate: true}); err != nil {
					return nil, err
				}
			}
		}
	}
	o := &compaction{compacter: c, active: active, typeScoped: typeScoped, property: property, result: &Object{}}
	keys := slices.Clone(e.keys)
	slices.Sort(keys)
	for _, key := range keys {
		v, _ := e.Get(key)
		if err := o.member(key, v); err != nil {
			return nil, err
		}
	}
	return o.result, nil
}

// compaction is one object on its way.
type compaction struct {
	*compacter
	active, typeScoped *activeContext
	property           string
	result             *Object
}

func (o *compaction) alias(keyword string) (string, error) {
	return o.iri(o.active, keyword, nil, true, false)
}

// add is Add Value (https://www.w3.org/TR/json-ld11-api/#dfn-add-value).
func add(m *Object, key string, value any, asArray bool) {
	if list, ok := value.([]any); ok {
		if asArray && !m.has(key) {
			m.Set(key, []any{})
		}
		for _, v := range list {
			add(m, key, v, asArray)
		}
		return
	}
	old, ok := m.Get(key)
	switch l, isList := old.([]any); {
	case !ok && asArray:
		m.Set(key, []any{value})
	case !ok:
		m.Set(key, value)
	case isList:
		m.Set(key, append(l[:len(l):len(l)], value))
	default:
		m.Set(key, []any{old, value})
	}
}

func (o *compaction) member(key string, value any) error {
	alias, err := o.alias(key)
	if err != nil && isKeyword(key) {
		return err
	}
	switch key {
	case "@id":
		s, _ := value.(string)
		id, err := o.iri(o.active, s, nil, false, false)
		if err != nil {
			return err
		}
		o.result.Set(alias, id)
		return nil
	case "@type":
		types := []any{}
		for _, t := range asList(value) {
			s, _ := t.(string)
			compacted, err := o.iri(o.typeScoped, s, nil, true, false)
			if err != nil {
				return err
			}
			types = append(types, compacted)
		}
		d := o.active.terms.get(alias)
		asArray := o.arrays || !o.mode10 && d != nil && d.container&cSet != 0
		if len(types) == 1 && !asArray {
			add(o.result, alias, types[0], false)
		} else {
			add(o.result, alias, types, asArray || len(types) == 0)
		}
		return nil
	case "@reverse":
		return o.reverse(alias, value)
	case "@index":
		if d := o.active.terms.get(o.property); d != nil && d.container&cIndex != 0 {
			return nil
		}
		o.result.Set(alias, value)
		return nil
	case "@direction", "@language", "@value":
		o.result.Set(alias, value)
		return nil
	}
	items := asList(value)
	if len(items) == 0 {
		name, nest, err := o.place(key, []any{})
		if err != nil {
			return err
		}
		add(nest, name, []any{}, true)
		return nil
	}
	for _, item := range items {
		if err := o.item(key, item); err != nil {
			return err
		}
	}
	return nil
}

func (o *compaction) reverse(alias string, value any) error {
	v, err := o.compact(o.active, "@reverse", value)
	if err != nil {
		return err
	}
	m, ok := v.(*Object)
	if !ok {
		return nil
	}
	for _, p := range slices.Clone(m.keys) {
		if d := o.active.terms.get(p); d != nil && d.reverse {
			v, _ := m.Get(p)
			add(o.result, p, v, o.arrays || d.container&cSet != 0)
			m.remove(p)
		}
	}
	if m.Len() > 0 {
		o.result.Set(alias, m)
	}
	return nil
}

// place finds the name of a property for a value and the object that it goes into, which may be nested.
func (o *compaction) place(key string, value any) (name string, into *Object, err error) {
	if name, err = o.iri(o.active, key, value, true, o.property == "@reverse"); err != nil {
		return "", nil, err
	}
	d := o.active.terms.get(name)
	if d == nil || d.nest == "" {
		return name, o.result, nil
	}
	if d.nest != "@nest" {
		if nd := o.active.terms.get(d.nest); nd == nil || nd.iri != "@nest" {
			return "", nil, fail("invalid @nest value", "%q is no alias of @nest", d.nest)
		}
	}
	nested, ok := o.result.Get(d.nest)
	if !ok {
		nested = &Object{}
		o.result.Set(d.nest, nested)
	}
	m, ok := nested.(*Object)
	if !ok {
		return "", nil, fail("invalid @nest value", "%q is taken", d.nest)
	}
	return name, m, nil
}

func (o *compaction) item(key string, item any) error {
	name, into, err := o.place(key, item)
	if err != nil {
		return err
	}
	var cont container
	if d := o.active.terms.get(name); d != nil {
		cont = d.container
	}
	asArray := o.arrays || cont&(cSet|cList) != 0 || name == "@graph"
	m, _ := item.(*Object)
	inner := item
	isList := m != nil && m.has("@list")
	isGraph := m != nil && isGraphObject(m)
	if isList {
		inner, _ = m.Get("@list")
	} else if isGraph {
		inner, _ = m.Get("@graph")
	}
	compacted, err := o.compact(o.active, name, inner)
	if err != nil {
		return err
	}
	switch {
	case isList:
		compacted = orEmpty(appendValues(nil, compacted))
		if cont&cList != 0 {
			into.Set(name, compacted)
			return nil
		}
		wrapped := &Object{}
		if err := o.setAlias(wrapped, "@list", compacted); err != nil {
			return err
		}
		if index, ok := m.Get("@index"); ok {
			if err := o.setAlias(wrapped, "@index", index); err != nil {
				return err
			}
		}
		add(into, name, wrapped, asArray)
		return nil
	case isGraph:
		return o.graph(into, name, cont, m, compacted, asArray)
	case cont&(cLanguage|cIndex|cID|cType) != 0 && cont&cGraph == 0 && m != nil:
		return o.mapped(into, name, cont, m, compacted, asArray)
	}
	add(into, name, compacted, asArray)
	return nil
}

func (o *compaction) setAlias(m *Object, keyword string, value any) error {
	alias, err := o.alias(keyword)
	if err == nil {
		m.Set(alias, value)
	}
	return err
}

func mapIn(into *Object, name string) *Object {
	if v, ok := into.Get(name); ok {
		if m, ok := v.(*Object); ok {
			return m
		}
	}
	m := &Object{}
	into.Set(name, m)
	return m
}

// value is Value Compaction (https://www.w3.org/TR/json-ld11-api/#value-compaction). It gives m itself where m is to be compacted
// as a node.
func (c *compacter) value(a *activeContext, property string, m *Object) (any, error) {
	d := a.terms.get(property)
	if d == nil {
		d = &termDef{}
	}
	lang, dir := a.lang, a.dir
	if d.lang.set {
		lang = optional{set: !d.lang.null, s: d.lang.s}
	}
	if d.dir.set {
		dir = optional{set: !d.dir.null, s: d.dir.s}
	}
	indexed := m.has("@index") && d.container&cIndex != 0
	indexFits := !m.has("@index") || indexed
	if id, ok := m.Get("@id"); ok && !m.has("@value") {
		if m.Len() == 1 || m.Len() == 2 && indexed {
			s, _ := id.(string)
			switch d.typ {
			case "@id":
				return c.iri(a, s, nil, false, false)
			case "@vocab":
				return c.iri(a, s, nil, true, false)
			}
		}
		return m, nil
	}
	v, _ := m.Get("@value")
	t, typed := m.Get("@type")
	_, isString := v.(string)
	valueLang, hasLang := m.Get("@language")
	valueDir, hasDir := m.Get("@direction")
	ls, _ := valueLang.(string)
	ds, _ := valueDir.(string)
	switch {
	case typed && t == d.typ && indexFits:
		return v, nil
	case d.typ == "@none" || typed:
	case !isString:
		if indexFits {
			return v, nil
		}
	case hasLang == lang.set && strings.EqualFold(ls, lang.s) && hasDir == dir.set && ds == dir.s:
		if indexFits {
			return v, nil
		}
	}
	result := &Object{}
	for i, k := range m.keys {
		if k == "@index" && indexed {
			continue
		}
		value := m.vals[i]
		if k == "@type" {
			s, _ := value.(string)
			compacted, err := c.iri(a, s, nil, true, false)
			if err != nil {
				return nil, err
			}
			value = compacted
		}
		alias, err := c.iri(a, k, nil, true, false)
		if err != nil {
			return nil, err
		}
		result.Set(alias, value)
	}
	return result, nil
}
