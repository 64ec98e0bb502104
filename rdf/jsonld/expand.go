package jsonld

import (
	"slices"
	"strings"
)

// expander is the Expansion Algorithm (https://www.w3.org/TR/json-ld11-api/#expansion-algorithm).
type expander struct {
	*contexts
	// ordered processes members in order of their names, which the algorithms ask for where results are compared as text.
	ordered bool
	// outer is the context before the document's own, and inner what local contexts made of it, by their canonical JSON: the
	// lines of a document often repeat their context.
	outer *activeContext
	inner map[string]*activeContext
}

const maxInner = 64

// meaning is what expandIRI gives.
type meaning struct {
	iri   string
	null  bool
	boxed any // iri as a JSON value
}

const maxMeanings = 2000

// name expands the name of a member.
func (x *expander) name(a *activeContext, s string) (string, bool, error) {
	if m, ok := a.names[s]; ok {
		return m.iri, m.null, nil
	}
	iri, null, err := x.expandIRI(a, s, false, true, nil)
	if err == nil && len(a.names) < maxMeanings {
		if a.names == nil {
			a.names = map[string]meaning{}
		}
		a.names[strings.Clone(s)] = meaning{iri: strings.Clone(iri), null: null} // the input's chunks are not to be kept
	}
	return iri, null, err
}

// typeName expands a value of @type.
func (x *expander) typeName(a *activeContext, s string) (meaning, error) {
	if m, ok := a.types[s]; ok {
		return m, nil
	}
	iri, null, err := x.expandIRI(a, s, true, true, nil)
	m := meaning{iri, null, iri}
	if err == nil && len(a.types) < maxMeanings {
		if a.types == nil {
			a.types = map[string]meaning{}
		}
		iri = strings.Clone(iri)
		a.types[strings.Clone(s)] = meaning{iri, null, iri}
	}
	return m, err
}

// local applies the @context of an object.
func (x *expander) local(active *activeContext, local any, base string) (*activeContext, error) {
	o := processOptions{base: base}
	if active != x.outer {
		return x.process(active, local, o)
	}
	key := string(appendCanonical(nil, local))
	if c, ok := x.inner[key]; ok {
		return c, nil
	}
	c, err := x.process(active, local, o)
	if err == nil && len(x.inner) < maxInner {
		if x.inner == nil {
			x.inner = map[string]*activeContext{}
		}
		x.inner[key] = c
	}
	return c, err
}

// expand gives nil, an *Object or a []any.
func (x *expander) expand(active *activeContext, property string, element any, base string, fromMap bool) (any, error) {
	def := active.terms.get(property)
	switch element := element.(type) {
	case nil:
		return nil, nil
	case []any:
		return x.expandArray(active, def, property, element, base, fromMap)
	case *Object:
		return x.expandObject(active, def, property, element, base, fromMap)
	}
	if property == "" || property == "@graph" {
		return nil, nil
	}
	if def != nil && def.hasCtx {
		var err error
		if active, err = x.propertyScoped(active, def); err != nil {
			return nil, err
		}
	}
	return x.expandValue(active, property, element)
}

// propertyScoped applies the scoped context of a property.
func (x *expander) propertyScoped(active *activeContext, def *termDef) (*activeContext, error) {
	if c, ok := active.scoped[def]; ok {
		return c, nil
	}
	c, err := x.process(active, def.ctx, processOptions{base: def.ctxBase, overrideProtected: true})
	if err != nil {
		return nil, err
	}
	if active.scoped == nil {
		active.scoped = map[*termDef]*activeContext{}
	}
	active.scoped[def] = c
	return c, nil
}

func (x *expander) expandArray(active *activeContext, def *termDef, property string, list []any, base string, fromMap bool) (any, error) {
	result := make([]any, 0, len(list))
	for _, item := range list {
		v, err := x.expand(active, property, item, base, fromMap)
		if err != nil {
			return nil, err
		}
		if l, isList := v.([]any); isList && def != nil && def.container&cList != 0 {
			v = obj("@list", l)
		}
		result = appendValues(result, v)
	}
	return result, nil
}

// appendValues appends a value, or the values of an array; nil is nothing.
func appendValues(dst []any, v any) []any {
	switch v := v.(type) {
	case nil:
		return dst
	case []any:
		return append(dst, v...)
	}
	return append(dst, v)
}

func (x *expander) keys(o *Object) []string {
	if !x.ordered {
		return o.keys
	}
	keys := slices.Clone(o.keys)
	slices.Sort(keys)
	return keys
}

func (x *expander) expandObject(active *activeContext, def *termDef, property string, element *Object, base string, fromMap bool) (any, error) {
	if def == nil || !def.hasCtx {
		if done, err := x.simple(active, property, element); done || err != nil {
			return element, err
		}
	}
	var err error
	if active.prev != nil && !fromMap {
		// A context that does not propagate ends here, unless this is a value or a mere reference.
		keep := false
		for _, k := range element.keys {
			e, _, err := x.name(active, k)
			if err != nil {
				return nil, err
			}
			if e == "@value" || e == "@id" && element.Len() == 1 {
				keep = true
			}
		}
		if !keep {
			active = active.prev
		}
	}
	if def != nil && def.hasCtx {
		if active, err = x.propertyScoped(active, def); err != nil {
			return nil, err
		}
	}
	if c, ok := element.Get("@context"); ok {
		if active, err = x.local(active, c, base); err != nil {
			return nil, err
		}
	}
	typeScoped := active
	inputType := ""
	typeKeys := []string(nil)
	for _, k := range element.keys {
		e, _, err := x.name(active, k)
		if err != nil {
			return nil, err
		}
		if e == "@type" {
			typeKeys = append(typeKeys, k)
		}
	}
	slices.Sort(typeKeys)
	for i, k := range typeKeys {
		v, _ := element.Get(k)
		var types []string
		for _, t := range asList(v) {
			if s, ok := t.(string); ok {
				types = append(types, s)
			}
		}
		if i == 0 && len(types) > 0 {
			if inputType, _, err = x.expandIRI(active, types[len(types)-1], false, true, nil); err != nil {
				return nil, err
			}
		}
		slices.Sort(types)
		for _, t := range types {
			if d := typeScoped.terms.get(t); d != nil && d.hasCtx {
				if active, err = x.process(active, d.ctx, processOptions{base: d.ctxBase, noPropagate: true}); err != nil {
					return nil, err
				}
			}
		}
	}
	o := &object{Object: newObject(len(element.keys)), active: active, typeScoped: typeScoped, property: property, base: base, inputType: inputType}
	if err := x.members(o, element); err != nil {
		return nil, err
	}
	return x.finish(o, property)
}

// simple expands the most frequent objects in place: references to a node, and strings with a language or a type. It leaves alone
// whatever could be a mistake.
func (x *expander) simple(active *activeContext, property string, element *Object) (bool, error) {
	if property == "" || property[0] == '@' || len(element.keys) > 2 || len(element.keys) == 0 {
		return false, nil
	}
	first, ok := element.vals[0].(string)
	if !ok {
		return false, nil
	}
	if len(element.keys) == 1 {
		if element.keys[0] != "@id" {
			return false, nil
		}
		id, null, err := x.expandIRI(active, first, true, false, nil)
		if err != nil {
			return false, err
		}
		if element.vals[0] = id; null {
			element.vals[0] = nil
		}
		return true, nil
	}
	second, ok := element.vals[1].(string)
	if !ok || element.keys[0] != "@value" {
		return false, nil
	}
	switch element.keys[1] {
	case "@language":
		return true, nil
	case "@type":
		m, err := x.typeName(active, second)
		if err != nil || m.null || !wellFormed(m.iri) {
			return false, err
		}
		element.vals[1] = m.boxed
		return true, nil
	}
	return false, nil
}

// object is a node or value object under expansion.
type object struct {
	*Object
	active, typeScoped *activeContext
	property           string
	base               string
	inputType          string
	nests              []string
}

// members expands all members of an object into o (the algorithm's steps 13 and 14).
func (x *expander) members(o *object, element *Object) error {
	o.nests = nil
	for _, key := range x.keys(element) {
		if key == "@context" {
			continue
		}
		value, _ := element.Get(key)
		expanded, null, err := x.name(o.active, key)
		if err != nil {
			return err
		}
		if null || !strings.Contains(expanded, ":") && !isKeyword(expanded) {
			continue
		}
		if isKeyword(expanded) {
			err = x.keyword(o, key, expanded, value)
		} else {
			err = x.property(o, key, expanded, value)
		}
		if err != nil {
			return err
		}
	}
	nests := o.nests
	for _, key := range nests {
		nested, _ := element.Get(key)
		for _, v := range asList(nested) {
			m, ok := v.(*Object)
			if !ok {
				return fail("invalid @nest value", "%q must hold objects", key)
			}
			for _, k := range m.keys {
				if e, _, err := x.name(o.active, k); err != nil {
					return err
				} else if e == "@value" {
					return fail("invalid @nest value", "%q may not hold @value", key)
				}
			}
			saved := o.active
			if d := o.active.terms.get(key); d != nil && d.hasCtx {
				var err error
				if o.active, err = x.propertyScoped(o.active, d); err != nil {
					return err
				}
			}
			err := x.members(o, m)
			o.active = saved
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// addValue appends a value to the array of a property.
func addValue(o *Object, property string, value any) {
	if i := o.find(property); i >= 0 {
		list, _ := o.vals[i].([]any)
		o.vals[i] = appendValues(orEmpty(list), value)
		return
	}
	o.append(property, appendValues([]any{}, value))
}

// finish checks and trims an expanded object (steps 15 to 19).
func (x *expander) finish(o *object, property string) (any, error) {
	if v, ok := o.Get("@value"); ok {
		result, err := x.finishValue(o, v)
		if property == "" || property == "@graph" {
			result = nil // a value that nothing has
		}
		return result, err
	}
	if t, ok := o.Get("@type"); ok {
		if _, isArray := t.([]any); !isArray {
			o.Set("@type", []any{t})
		}
	} else if o.has("@set") || o.has("@list") {
		for _, k := range o.keys {
			if k != "@set" && k != "@list" && k != "@index" || o.has("@set") && o.has("@list") {
				return nil, fail("invalid set or list object", "%s may not stand beside @set or @list", k)
			}
		}
		if s, ok := o.Get("@set"); ok {
			return s, nil
		}
	}
	if o.has("@type") && (o.has("@set") || o.has("@list")) {
		return nil, fail("invalid set or list object", "@type may not stand beside @set or @list")
	}
	if o.Len() == 1 && o.has("@language") {
		return nil, nil
	}
	if property == "" || property == "@graph" {
		if o.Len() == 0 || o.has("@value") || o.has("@list") || o.Len() == 1 && o.has("@id") {
			return nil, nil
		}
	}
	return o.Object, nil
}

func (x *expander) finishValue(o *object, v any) (any, error) {
	for _, k := range o.keys {
		switch k {
		case "@direction", "@index", "@language", "@type", "@value":
		default:
			return nil, fail("invalid value object", "%s may not stand beside @value", k)
		}
	}
	t, typed := o.Get("@type")
	if typed && (o.has("@language") || o.has("@direction")) {
		return nil, fail("invalid value object", "@type may not stand beside @language or @direction")
	}
	if typed && t == "@json" {
		return o.Object, nil
	}
	if v == nil {
		return nil, nil
	}
	if _, isString := v.(string); !isString && o.has("@language") {
		return nil, fail("invalid language-tagged value", "only strings have a language")
	}
	if typed {
		if s, ok := t.(string); !ok || strings.HasPrefix(s, "_:") || !isIRIOrBlank(s) || strings.ContainsAny(s, " <>\"") {
			return nil, fail("invalid typed value", "the type of a value must be an IRI: %v", t)
		}
	}
	return o.Object, nil
}
