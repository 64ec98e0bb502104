package exec

import (
	"errors"
	"strconv"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/store"
)

// request is a query to an endpoint.
type request struct {
	endpoint store.ID
	iri      string
	text     string
}

// requests are the queries that rows need, those to the same endpoint next to each other.
func (s *service) requests(p portion) ([]request, error) {
	rows := p.rows
	byEndpoint := map[store.ID]*asking{}
	var order []store.ID
	key := make([]store.ID, len(p.sent))
	for row := range rows.n {
		if row&4095 == 4095 {
			if err := s.q.check(); err != nil {
				return nil, err
			}
		}
		var endpoint store.ID
		if s.node.Endpoint.IsVar() {
			endpoint = rows.get(s.node.Endpoint.Slot, row)
		} else {
			endpoint, _ = s.env.resolve(s.node.Endpoint)
		}
		a := byEndpoint[endpoint]
		if a == nil {
			a = &asking{keys: newKeySet(len(key))}
			byEndpoint[endpoint] = a
			order = append(order, endpoint)
		}
		for k, i := range p.sent {
			key[k] = s.value(i, rows, row)
		}
		a.keys.add(key)
	}
	var out []request
	for _, endpoint := range order {
		iri, err := s.endpoint(endpoint)
		if err != nil {
			if !s.node.Silent || !errors.As(err, new(*ServiceError)) {
				return nil, err
			}
			s.failed[endpoint] = true
		}
		texts := []string{""}
		if err == nil {
			if texts, err = s.texts(p.sent, byEndpoint[endpoint].keys); err != nil {
				return nil, err
			}
		}
		for _, t := range texts {
			out = append(out, request{endpoint, iri, t})
		}
	}
	return out, nil
}

// asking are the different values that are sent to an endpoint.
type asking struct{ keys *keySet }

func (s *service) endpoint(id store.ID) (string, error) {
	if id == store.NoID {
		name := "?" + s.q.plan.Slots[s.node.Endpoint.Slot]
		return "", &ServiceError{Endpoint: name, Err: errors.New("the variable is not bound where the endpoint is asked")}
	}
	v, err := s.q.terms.value(id)
	if err != nil {
		return "", err
	}
	t := v.Term()
	if !t.IsIRI() {
		return "", &ServiceError{Endpoint: t.String(), Err: errors.New("an endpoint is named by an IRI")}
	}
	return t.Value(), nil
}

// texts are the queries for the values in keys, as few as the limits allow. Without values there is one for everything.
func (s *service) texts(sent []int, keys *keySet) ([]string, error) {
	if len(sent) == 0 {
		return []string{s.node.Text}, nil
	}
	cols := make([][]rdf.Term, len(sent))
	ids := make([]store.ID, keys.n)
	for k := range cols {
		for i := range ids {
			ids[i] = keys.key(i)[k]
		}
		cols[k] = make([]rdf.Term, keys.n)
		if err := s.q.terms.decode(ids, cols[k], &s.q.scratch); err != nil {
			return nil, err
		}
	}
	var vars []byte
	for _, i := range sent {
		vars = append(vars, '?')
		vars = append(append(vars, s.node.Vars[i]...), ' ')
	}
	var out []string
	var table []byte
	flush := func() {
		out = append(out, s.node.Text+"\nVALUES ( "+string(vars)+") {\n"+string(table)+"}")
		table = table[:0]
	}
	n := 0
	for i := range keys.n {
		table = append(table, "( "...)
		for k := range cols {
			table = append(cols[k][i].AppendNTriples(table), ' ')
		}
		table = append(table, ")\n"...)
		if n++; n >= s.q.sent || len(table) > serviceBytes {
			flush()
			n = 0
		}
	}
	if n > 0 {
		flush()
	}
	return out, nil
}

// sendable reports whether a term can be sent. A blank node means nothing to others, and what not every endpoint can read, or reads in
// the same way, is left out: the answers are joined here in any case.
func sendable(t rdf.Term) bool {
	const longest = 16 << 10
	switch t.Kind() {
	case rdf.KindIRI:
		return len(t.Value()) < longest && plainIRI(t.Value())
	case rdf.KindLiteral:
		return len(t.Value()) < longest && plainText(t.Value()) && plainIRI(t.Datatype())
	case rdf.KindLangLiteral:
		return len(t.Value()) < longest && plainText(t.Value()) && t.Direction() == rdf.NoDirection
	}
	return false
}

// comesBack reports whether all endpoints give a term back as it was sent. Some have values instead of terms: they write 1.0 as 1 and 2.5e0 as
// 2.5, or an xsd:int as an xsd:integer.
func comesBack(t rdf.Term) bool {
	switch t.Kind() {
	case rdf.KindIRI, rdf.KindLangLiteral:
		return true
	case rdf.KindLiteral:
		switch typ, _ := xsd.TypeOf(t.Datatype()); typ {
		case xsd.StringType:
			return true
		case xsd.Integer:
			n, err := strconv.ParseInt(t.Value(), 10, 64)
			return err == nil && strconv.FormatInt(n, 10) == t.Value()
		}
	}
	return false
}

// plainIRI reports whether an IRI can be written between < and > as it is.
func plainIRI(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= 0x20 || c == 0x7f:
			return false
		case c == '<' || c == '>' || c == '"' || c == '{' || c == '}' || c == '|' || c == '^' || c == '`' || c == '\\':
			return false
		}
	}
	return true
}

// plainText reports whether the escapes of a literal are read in the same way by all: those with u are replaced before anything
// else is read (https://www.w3.org/TR/sparql11-query/#codepointEscape), so that a backslash of the text before a u may be taken for one.
func plainText(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return false
		}
		if c == '\\' && i+1 < len(s) && (s[i+1] == 'u' || s[i+1] == 'U') {
			return false
		}
	}
	return true
}
