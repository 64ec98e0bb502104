package sparql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// ParameterError is the error of a parameter that a query cannot take.
type ParameterError struct {
	Name string
	Msg  string
}

// Error gives the message.
func (e *ParameterError) Error() string { return "parameter " + e.Name + ": " + e.Msg }

// QueryParams is Query with values for some of the query's variables, named without question marks. They are bound as terms, as
// if VALUES stood at the beginning of the query's pattern and of each sub-select's: whatever is in them stays a value and never
// becomes text of the query. The error may be a *ParameterError.
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
	return bindIn(q, data)
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

// bindIn puts an inline table before the pattern of a query and of all sub-selects.
func bindIn(q *syntax.Query, data *syntax.InlineData) error {
	for _, item := range q.Items {
		if item.Expr != nil {
			if err := assigned(item.Var, data); err != nil {
				return err
			}
		}
	}
	for _, k := range q.GroupBy {
		if v, ok := k.Expr.(*syntax.Var); !ok || v.Name != k.Var {
			if err := assigned(k.Var, data); err != nil {
				return err
			}
		}
	}
	if q.Where == nil {
		return nil
	}
	if err := bindBelow(q.Where, data); err != nil {
		return err
	}
	q.Where.Elements = append([]syntax.Pattern{data}, q.Where.Elements...)
	return nil
}

// assigned refuses a variable with a value that the query gives another one itself: its text would not be valid with VALUES in it.
func assigned(name string, data *syntax.InlineData) error {
	if slices.Contains(data.Vars, name) {
		return &ParameterError{name, fmt.Sprintf("the query gives ?%s a value itself, by BIND or AS", name)}
	}
	return nil
}

func bindBelow(g *syntax.Group, data *syntax.InlineData) error {
	for _, e := range g.Elements {
		var err error
		switch e := e.(type) {
		case *syntax.Bind:
			err = assigned(e.Var, data)
		case *syntax.Group:
			err = bindBelow(e, data)
		case *syntax.Optional:
			err = bindBelow(e.Group, data)
		case *syntax.Union:
			for _, a := range e.Alternatives {
				err = errors.Join(err, bindBelow(a, data))
			}
		case *syntax.Minus:
			err = bindBelow(e.Group, data)
		case *syntax.Lateral:
			err = bindBelow(e.Group, data)
		case *syntax.Graph:
			err = bindBelow(e.Group, data)
		case *syntax.SubSelect:
			err = bindIn(e.Query, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
