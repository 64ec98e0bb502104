package sparql

import (
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
)

// Check tells whether a text is a query that an engine with such options takes, with Options.Params as its parameters, without asking any
// store. It gives the query's form: SELECT, ASK, CONSTRUCT or DESCRIBE. Errors are as of Engine.QueryParams.
func Check(text string, o Options) (form string, err error) {
	defer guard(&err)
	tree, err := syntax.ParseQuery(text, syntax.Options{Base: o.Base, Prefixes: o.Prefixes})
	if err != nil {
		return "", err
	}
	if err := bindParams(tree, text, o.Params); err != nil {
		return "", err
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		return "", err
	}
	switch q.Form {
	case algebra.Ask:
		return "ASK", nil
	case algebra.Construct:
		return "CONSTRUCT", nil
	case algebra.Describe:
		return "DESCRIBE", nil
	}
	return "SELECT", nil
}
