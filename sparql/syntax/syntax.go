// Package syntax reads SPARQL: queries and updates of SPARQL 1.1 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar) and of
// SPARQL 1.2 (https://www.w3.org/TR/sparql12-query/#sparqlGrammar), with LATERAL as an extension. Text becomes a tree with byte
// positions; what the specification forbids beyond the grammar (scopes of variables and blank nodes, projections of grouped
// queries, nested aggregates) is refused here as well. It takes time in proportion to the text, and its depth is limited.
package syntax

// MaxDepth is how deep groups, expressions, paths and terms may be nested.
const MaxDepth = 500

// Options are what a text is read with.
type Options struct {
	// Base resolves relative IRIs before the text's own BASE. Without any base a relative IRI is an error.
	Base string
	// Prefixes are known besides the text's own, which win.
	Prefixes map[string]string
}

// ParseQuery reads a query. The error is an *Error.
func ParseQuery(text string, o Options) (q *Query, err error) {
	p, err := newParser(text, o)
	if err != nil {
		return nil, err
	}
	defer p.recover(&err)
	q = p.query()
	return q, nil
}

// ParseUpdate reads an update request. The error is an *Error.
func ParseUpdate(text string, o Options) (u *Update, err error) {
	p, err := newParser(text, o)
	if err != nil {
		return nil, err
	}
	defer p.recover(&err)
	u = p.update()
	return u, nil
}
