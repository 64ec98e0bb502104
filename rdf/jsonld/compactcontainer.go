package jsonld

import (
	"slices"
)

func (o *compaction) graph(into *Object, name string, cont container, m *Object, compacted any, asArray bool) error {
	none, err := o.alias("@none")
	if err != nil {
		return err
	}
	switch {
	case cont&cGraph != 0 && cont&cID != 0:
		key := none
		if id, ok := m.Get("@id"); ok {
			s, _ := id.(string)
			if key, err = o.iri(o.active, s, nil, false, false); err != nil {
				return err
			}
		}
		add(mapIn(into, name), key, compacted, asArray)
		return nil
	case cont&cGraph != 0 && cont&cIndex != 0 && isSimpleGraph(m):
		key := none
		if index, ok := m.Get("@index"); ok {
			key, _ = index.(string)
		}
		add(mapIn(into, name), key, compacted, asArray)
		return nil
	case cont&cGraph != 0 && isSimpleGraph(m):
		if list, ok := compacted.([]any); ok && len(list) > 1 {
			wrapped := &Object{}
			if err := o.setAlias(wrapped, "@included", list); err != nil {
				return err
			}
			compacted = wrapped
		}
		add(into, name, compacted, asArray)
		return nil
	}
	wrapped := &Object{}
	if err := o.setAlias(wrapped, "@graph", compacted); err != nil {
		return err
	}
	if id, ok := m.Get("@id"); ok {
		s, _ := id.(string)
		compactedID, err := o.iri(o.active, s, nil, false, false)
		if err != nil {
			return err
		}
		if err := o.setAlias(wrapped, "@id", compactedID); err != nil {
			return err
		}
	}
	if index, ok := m.Get("@index"); ok {
		if err := o.setAlias(wrapped, "@index", index); err != nil {
			return err
		}
	}
	add(into, name, wrapped, asArray)
	return nil
}

// mapped adds to a language, index, id or type map.
func (o *compaction) mapped(into *Object, name string, cont container, m *Object, compacted any, asArray bool) error {
	keyword := "@type"
	switch {
	case cont&cLanguage != 0:
		keyword = "@language"
	case cont&cIndex != 0:
		keyword = "@index"
	case cont&cID != 0:
		keyword = "@id"
	}
	containerKey, err := o.alias(keyword)
	if err != nil {
		return err
	}
	cm, _ := compacted.(*Object)
	mapKey := ""
	d := o.active.terms.get(name)
	switch keyword {
	case "@language":
		if v, ok := m.Get("@value"); ok {
			compacted = v
		}
		if l, ok := m.Get("@language"); ok {
			mapKey, _ = l.(string)
		}
	case "@index":
		if d.index == "" || d.index == "@index" {
			if index, ok := m.Get("@index"); ok {
				mapKey, _ = index.(string)
			}
			if cm != nil {
				cm.remove(containerKey)
			}
			break
		}
		if cm == nil {
			break
		}
		if mapKey = takeFirst(cm, d.index); mapKey != "" {
			break
		}
		// The index may be an IRI for which the context has a term.
		expanded, _, err := o.expandIRI(o.active, d.index, false, true, nil)
		if err != nil {
			return err
		}
		if containerKey, err = o.iri(o.active, expanded, nil, true, false); err != nil {
			return err
		}
		mapKey = takeFirst(cm, containerKey)
	case "@id":
		if cm != nil {
			if id, ok := cm.Get(containerKey); ok {
				mapKey, _ = id.(string)
				cm.remove(containerKey)
			}
		}
	case "@type":
		if cm != nil {
			mapKey = takeFirst(cm, containerKey)
			if cm.Len() == 1 {
				if id, ok := m.Get("@id"); ok {
					if alias, err := o.alias("@id"); err == nil && cm.has(alias) {
						if compacted, err = o.compact(o.active, name, obj("@id", id)); err != nil {
							return err
						}
					}
				}
			}
		}
	}
	if mapKey == "" {
		if mapKey, err = o.alias("@none"); err != nil {
			return err
		}
	}
	add(mapIn(into, name), mapKey, compacted, asArray)
	return nil
}

// takeFirst removes the first value of a member, where it is a string, and gives it.
func takeFirst(m *Object, key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	values := asList(v)
	if len(values) == 0 {
		return ""
	}
	first, ok := values[0].(string)
	if !ok {
		return ""
	}
	switch rest := values[1:]; len(rest) {
	case 0:
		m.remove(key)
	case 1:
		m.Set(key, rest[0])
	default:
		m.Set(key, slices.Clone(rest))
	}
	return first
}
