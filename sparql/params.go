package sparql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/vocab"
)

// ParameterError is the error of a parameter that a query cannot take.
type ParameterError struct {
	Name string
	Msg  string
}

// Error gives the message.
func (e *ParameterError) Error() string { return "parameter " + e.Name + ": " + e.Msg }

// QueryParams is Query with values for some of the query's variables, named without question marks. They are bound as terms: in expressions
// a value stands in the place of its variable, and VALUES at the beginning of the query's pattern and of each sub-select's binds the
// variable. Whatever is in them stays a value and never becomes text of the query. The error may be a *ParameterError.
func (e *Engine) QueryParams(ctx context.Context, snap store.Snapshot, text string, params map[string]rdf.Term) (*Result, error) {
	o := e.options
	o.Params = params
	return e.QueryWith(ctx, snap, text, o)
}

// bindParams puts the values of parameters into a query.
func bindParams(q *syntax.Query, text string, params map[string]rdf.Term) error {
	if len(params) == 0 {
		return nil
	}
	data := &syntax.InlineData{Rows: make([][]rdf.Term, 1)}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		x := params[name]
		switch {
		case !x.IsIRI() && !x.IsLiteral() && !x.IsTriple():
			return &ParameterError{name, "only IRIs, literals and triple terms can be values"}
		case !mentionsVar(text, name):
			return &ParameterError{name, fmt.Sprintf("the query has no variable ?%s", name)}
		}
		data.Vars = append(data.Vars, name)
		data.Rows[0] = append(data.Rows[0], x)
	}
	b := binder{data: data, values: params}
	return b.query(q)
}

// mentionsVar reports whether a text has a variable, or a string or comment that looks like it.
func mentionsVar(text, name string) bool {
	if name == "" {
		return false
	}
	for rest := text; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		end := i + len(name)
		if i > 0 && (rest[i-1] == '?' || rest[i-1] == '$') && (end == len(rest) || !nameByte(rest[end])) {
			return true
		}
		rest = rest[end:]
	}
}

func nameByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// binder puts the values of parameters into a query. In expressions a value takes the place of the variable, so that a filter sees it
// wherever it stands. Elsewhere the variable stays and an inline table before the pattern gives it the value, so that it can be
// selected, and is the same in every pattern; EXISTS and SERVICE in a group of their own have such a table too.
type binder struct {
	data   *syntax.InlineData
	values map[string]rdf.Term
}

// query binds in a query or a sub-select and in all that it holds.
func (b *binder) query(q *syntax.Query) error {
	for i := range q.Items {
		if item := &q.Items[i]; item.Expr != nil {
			if err := b.assigned(item.Var); err != nil {
				return err
			}
			if err := b.expr(&item.Expr, false); err != nil {
				return err
			}
		}
	}
	for i := range q.GroupBy {
		k := &q.GroupBy[i]
		if v, ok := k.Expr.(*syntax.Var); ok && v.Name == k.Var {
			continue // the name of the group's key stays
		}
		if err := b.assigned(k.Var); err != nil {
			return err
		}
		if err := b.expr(&k.Expr, false); err != nil {
			return err
		}
	}
	for i := range q.Having {
		if err := b.expr(&q.Having[i], false); err != nil {
			return err
		}
	}
	for i := range q.OrderBy {
		if err := b.expr(&q.OrderBy[i].Expr, false); err != nil {
			return err
		}
	}
	if q.Where == nil {
		if q.Form != syntax.Describe || len(q.Describe) == 0 {
			return nil
		}
		q.Where = &syntax.Group{Span: q.Span} // DESCRIBE ?x without a pattern
	}
	if err := b.group(q.Where, false); err != nil {
		return err
	}
	b.table(q.Where)
	return nil
}

// table puts the inline table before the elements of a group.
func (b *binder) table(g *syntax.Group) {
	g.Elements = append([]syntax.Pattern{b.data}, g.Elements...)
}

// assigned refuses a variable with a value that the query gives another one itself: its text would not be valid with VALUES in it.
func (b *binder) assigned(name string) error {
	if _, ok := b.values[name]; ok {
		return &ParameterError{name, fmt.Sprintf("the query gives ?%s a value itself, by BIND or AS", name)}
	}
	return nil
}

// group binds in the elements of a group; nested says that it is one of its own, where the table before the pattern is not seen.
func (b *binder) group(g *syntax.Group, nested bool) error {
	remote := false
	for _, e := range g.Elements {
		var err error
		switch e := e.(type) {
		case *syntax.Filter:
			err = b.expr(&e.Expr, nested)
		case *syntax.Bind:
			if err = b.assigned(e.Var); err == nil {
				err = b.expr(&e.Expr, nested)
			}
		case *syntax.Group:
			err = b.group(e, true)
		case *syntax.Optional:
			err = b.group(e.Group, true)
		case *syntax.Union:
			for _, a := range e.Alternatives {
				err = errors.Join(err, b.group(a, true))
			}
		case *syntax.Minus:
			err = b.group(e.Group, true)
		case *syntax.Lateral:
			err = b.group(e.Group, nested)
		case *syntax.Graph:
			err = b.group(e.Group, true)
		case *syntax.Service:
			remote = true // its text is sent as it is, with the values that its variables have before it
		case *syntax.SubSelect:
			err = b.query(e.Query)
		}
		if err != nil {
			return err
		}
	}
	if nested && remote {
		b.table(g)
	}
	return nil
}

// expr binds in an expression.
func (b *binder) expr(e *syntax.Expr, nested bool) error {
	switch x := (*e).(type) {
	case *syntax.Var:
		if t, ok := b.values[x.Name]; ok {
			*e = &syntax.Const{Span: x.Span, Term: t}
		}
	case *syntax.Call:
		if len(x.Args) == 1 && x.Func == "BOUND" {
			if v, ok := x.Args[0].(*syntax.Var); ok && b.assigned(v.Name) != nil {
				*e = &syntax.Const{Span: x.Span, Term: rdf.Literal("true", vocab.XSD+"boolean")}
			}
			return nil
		}
		for i := range x.Args {
			if err := b.expr(&x.Args[i], nested); err != nil {
				return err
			}
		}
	case *syntax.Aggregate:
		if x.Arg != nil {
			return b.expr(&x.Arg, nested)
		}
	case *syntax.TripleExpr:
		return cmp.Or(b.expr(&x.S, nested), b.expr(&x.P, nested), b.expr(&x.O, nested))
	case *syntax.Exists:
		if err := b.group(x.Group, nested); err != nil {
			return err
		}
		if nested {
			b.table(x.Group)
		}
	}
	return nil
}
