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
