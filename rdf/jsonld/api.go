package jsonld

import "context"

// Expand gives the expanded form of a document as a JSON value: a []any of *Object
// (https://www.w3.org/TR/json-ld11-api/#dom-jsonldprocessor-expand). Errors are as of Parse.
func Expand(ctx context.Context, text []byte, o Options) ([]any, error) {
	cs := &contexts{ctx: ctx, load: o.Loader, mode10: o.Version10}
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	active, err := cs.initial(o)
	if err != nil {
		return nil, err
	}
	d := decoder{buf: text, file: o.File, maxDepth: o.MaxDepth}
	v, err := d.document()
	if err != nil {
		return nil, err
	}
	x := &expander{contexts: cs, ordered: true}
	expanded, err := x.expand(active, "", v, o.Base, false)
	if err != nil {
		return nil, err
	}
	return topLevel(expanded), nil
}

// CompactOptions tells Compact and Flatten how to write.
type CompactOptions struct {
	Options
	// Context is the context to compact with: JSON text, with or without an outer @context.
	Context []byte
	// KeepArrays keeps arrays of one item.
	KeepArrays bool
	// AbsoluteIRIs leaves IRIs absolute; else they are made relative to the base.
	AbsoluteIRIs bool
}

// Compact gives the compacted form of a document (https://www.w3.org/TR/json-ld11-api/#dom-jsonldprocessor-compact).
func Compact(ctx context.Context, text []byte, o CompactOptions) (*Object, error) {
	expanded, err := Expand(ctx, text, o.Options)
	if err != nil {
		return nil, err
	}
	return CompactExpanded(ctx, expanded, o)
}

// CompactExpanded is Compact for a document in expanded form, such as FromRDF gives.
func CompactExpanded(ctx context.Context, expanded []any, o CompactOptions) (*Object, error) {
	cs := &contexts{ctx: ctx, load: o.Loader, mode10: o.Version10}
	var local any
	if o.Context != nil {
		d := decoder{buf: o.Context, maxDepth: defaultMaxDepth}
		v, err := d.document()
		if err != nil {
			return nil, err
		}
		if m, ok := v.(*Object); ok && m.has("@context") {
			v, _ = m.Get("@context")
		}
		local = v
	}
	active := newContext(o.Base)
	if local != nil {
		var err error
		if active, err = cs.process(active, local, processOptions{base: o.Base}); err != nil {
			return nil, err
		}
	}
	c := &compacter{contexts: cs, arrays: o.KeepArrays, relative: !o.AbsoluteIRIs}
	compacted, err := c.compact(active, "", expanded)
	if err != nil {
		return nil, err
	}
	var result *Object
	switch v := compacted.(type) {
	case *Object:
		result = v
	case []any:
		result = &Object{}
		if len(v) > 0 {
			alias, err := c.iri(active, "@graph", nil, true, false)
			if err != nil {
				return nil, err
			}
			result.Set(alias, v)
		}
	default:
		result = &Object{}
	}
	if empty(local) {
		return result, nil
	}
	whole := obj("@context", local)
	for i, k := range result.keys {
		whole.Set(k, result.vals[i])
	}
	return whole, nil
}

func empty(local any) bool {
	switch v := local.(type) {
	case nil:
		return true
	case *Object:
		return v.Len() == 0
	case []any:
		return len(v) == 0
	}
	return false
}

// Flatten gives the flattened form of a document: a []any of nodes, or an *Object where a context is given
// (https://www.w3.org/TR/json-ld11-api/#dom-jsonldprocessor-flatten).
func Flatten(ctx context.Context, text []byte, o CompactOptions) (any, error) {
	expanded, err := Expand(ctx, text, o.Options)
	if err != nil {
		return nil, err
	}
	n := newNodeMaps()
	if err := n.generate(expanded, target{graph: "@default"}); err != nil {
		return nil, err
	}
	flat := n.flatten()
	if o.Context == nil {
		return flat, nil
	}
	return CompactExpanded(ctx, flat, o)
}

// AppendJSON appends a JSON value of this package, such as Expand and Compact give, as text. With an indent it is laid out over
// lines, each level of nesting indented by it.
func AppendJSON(dst []byte, v any, indent string) []byte { return appendIndented(dst, v, indent, "\n") }

func appendIndented(dst []byte, v any, indent, newline string) []byte {
	inner := newline + indent
	if indent == "" {
		inner, newline = "", ""
	}
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return append(dst, '[', ']')
		}
		dst = append(dst, '[')
		for i, x := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendIndented(append(dst, inner...), x, indent, inner)
		}
		return append(append(dst, newline...), ']')
	case *Object:
		if v.Len() == 0 {
			return append(dst, '{', '}')
		}
		dst = append(dst, '{')
		for i, k := range v.keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(append(dst, inner...), k), ':')
			if indent != "" {
				dst = append(dst, ' ')
			}
			dst = appendIndented(dst, v.vals[i], indent, inner)
		}
		return append(append(dst, newline...), '}')
	case Number:
		return append(dst, v...)
	}
	return appendCanonical(dst, v)
}
