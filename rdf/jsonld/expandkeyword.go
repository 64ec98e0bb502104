package jsonld

// The keywords of an object (step 13.4 of the expansion algorithm, https://www.w3.org/TR/json-ld11-api/#expansion-algorithm).

// keyword expands a member whose name means a keyword (step 13.4).
func (x *expander) keyword(o *object, key, expanded string, value any) error {
	if o.property == "@reverse" {
		return fail("invalid reverse property map", "%s may not stand in @reverse", key)
	}
	if o.has(expanded) && expanded != "@included" && expanded != "@type" {
		return fail("colliding keywords", "%s", expanded)
	}
	var result any
	switch expanded {
	case "@id":
		s, ok := value.(string)
		if !ok {
			return fail("invalid @id value", "it must be a string")
		}
		id, null, err := x.expandIRI(o.active, s, true, false, nil)
		if err != nil {
			return err
		}
		if null {
			o.Set("@id", nil)
			return nil
		}
		result = id
	case "@type":
		if s, ok := value.(string); ok && !o.has("@type") {
			m, err := x.typeName(o.typeScoped, s)
			if err != nil {
				return err
			}
			if result = m.boxed; m.null {
				result = []any{}
			}
			break
		}
		var types []any
		for _, t := range asList(value) {
			s, ok := t.(string)
			if !ok {
				return fail("invalid type value", "a type must be a string")
			}
			m, err := x.typeName(o.typeScoped, s)
			if err != nil {
				return err
			}
			if !m.null {
				types = append(types, m.boxed)
			}
		}
		if old, ok := o.Get("@type"); ok {
			types = append(asList(old), types...)
		}
		if _, isArray := value.([]any); !isArray && len(types) == 1 {
			result = types[0]
		} else {
			result = orEmpty(types)
		}
	case "@graph":
		v, err := x.expand(o.active, "@graph", value, o.base, false)
		if err != nil {
			return err
		}
		result = orEmpty(appendValues(nil, v))
	case "@included":
		if x.mode10 {
			return nil
		}
		v, err := x.expand(o.active, "", value, o.base, false)
		if err != nil {
			return err
		}
		list := orEmpty(appendValues(nil, v))
		for _, item := range list {
			if m, ok := item.(*Object); !ok || m.has("@value") || m.has("@list") || m.has("@set") {
				return fail("invalid @included value", "it must hold node objects")
			}
		}
		if _, isArray := value.([]any); !isArray && len(list) == 0 {
			return fail("invalid @included value", "it must hold node objects")
		}
		if old, ok := o.Get("@included"); ok {
			list = append(asList(old), list...)
		}
		result = list
	case "@value":
		if o.inputType == "@json" {
			if x.mode10 {
				return fail("invalid value object value", "@json is of JSON-LD 1.1")
			}
			result = value
		} else {
			switch value.(type) {
			case []any, *Object:
				return fail("invalid value object value", "@value must be a string, a number, a boolean or null")
			}
			result = value
		}
		o.Set("@value", result)
		return nil
	case "@language":
		s, ok := value.(string)
		if !ok {
			return fail("invalid language-tagged string", "@language must be a string")
		}
		result = s
	case "@direction":
		if x.mode10 {
			return nil
		}
		if value != "ltr" && value != "rtl" {
			return fail("invalid base direction", "%v", value)
		}
		result = value
	case "@index":
		s, ok := value.(string)
		if !ok {
			return fail("invalid @index value", "it must be a string")
		}
		result = s
	case "@list":
		if o.property == "" || o.property == "@graph" {
			return nil
		}
		v, err := x.expand(o.active, o.property, value, o.base, false)
		if err != nil {
			return err
		}
		result = orEmpty(appendValues(nil, v))
	case "@set":
		v, err := x.expand(o.active, o.property, value, o.base, false)
		if err != nil {
			return err
		}
		result = v
	case "@reverse":
		return x.reverseMap(o, value)
	case "@nest":
		o.nests = append(o.nests, key)
		return nil
	default:
		return nil // @default and its like mean something to framing only
	}
	if result != nil {
		o.Set(expanded, result)
	}
	return nil
}

func orEmpty(l []any) []any {
	if l == nil {
		return []any{}
	}
	return l
}

func (x *expander) reverseMap(o *object, value any) error {
	m, ok := value.(*Object)
	if !ok {
		return fail("invalid @reverse value", "it must be an object")
	}
	v, err := x.expand(o.active, "@reverse", m, o.base, false)
	if err != nil {
		return err
	}
	expanded, ok := v.(*Object)
	if !ok {
		return nil
	}
	if r, ok := expanded.Get("@reverse"); ok {
		inner := r.(*Object)
		for i, p := range inner.keys {
			for _, item := range asList(inner.vals[i]) {
				addValue(o.Object, p, item)
			}
		}
	}
	for i, p := range expanded.keys {
		if p == "@reverse" {
			continue
		}
		for _, item := range asList(expanded.vals[i]) {
			if err := o.addReverse(p, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *object) addReverse(property string, item any) error {
	if m, ok := item.(*Object); !ok || m.has("@value") || m.has("@list") {
		return fail("invalid reverse property value", "only nodes may be the values of reverse properties")
	}
	r, ok := o.Get("@reverse")
	if !ok {
		r = &Object{}
		o.Set("@reverse", r)
	}
	addValue(r.(*Object), property, item)
	return nil
}
