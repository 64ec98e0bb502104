package jsonld

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"triplestore/rdf"
)

// toRDF makes quads of expanded nodes. It does at once what the specification does by way of a node map
// (https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm); the quads are the same.
type toRDF struct {
	o     *Options
	emit  func([]rdf.Quad) error
	quads []rdf.Quad
	anon  int
	iris  map[string]rdf.Term
}

var (
	rdfType      = rdf.IRI(rdfNS + "type")
	rdfFirst     = rdf.IRI(rdfNS + "first")
	rdfRest      = rdf.IRI(rdfNS + "rest")
	rdfNil       = rdf.IRI(rdfNS + "nil")
	rdfValue     = rdf.IRI(rdfNS + "value")
	rdfLanguage  = rdf.IRI(rdfNS + "language")
	rdfDirection = rdf.IRI(rdfNS + "direction")
)

func (w *toRDF) flush() error {
	if len(w.quads) == 0 {
		return nil
	}
	err := w.emit(w.quads)
	w.quads = w.quads[:0]
	return err
}

func (w *toRDF) quad(s, p, o, g rdf.Term) error {
	if s.IsZero() || p.IsZero() || o.IsZero() {
		return nil // not well-formed, and so left out
	}
	if w.quads == nil {
		w.quads = make([]rdf.Quad, 0, batchSize)
	}
	w.quads = append(w.quads, rdf.Quad{S: s, P: p, O: o, G: g})
	if len(w.quads) == batchSize {
		return w.flush()
	}
	return nil
}

func (w *toRDF) fresh() rdf.Term {
	w.anon++
	return rdf.BlankNode(w.o.BlankNodePrefix + "anon" + strconv.Itoa(w.anon))
}

// resource makes a term of an IRI or a blank node identifier, or the zero Term where it is neither.
func (w *toRDF) resource(s string) rdf.Term {
	if label, ok := strings.CutPrefix(s, "_:"); ok {
		if !validLabel(label) {
			return rdf.Term{}
		}
		if rest, ok := strings.CutPrefix(label, "anon"); ok {
			if rest = strings.TrimRight(rest, "_"); rest != "" && strings.Trim(rest, "0123456789") == "" {
				label += "_" // keeps it apart from the nodes without an identifier
			}
		}
		return rdf.BlankNode(w.o.BlankNodePrefix + label)
	}
	if !wellFormed(s) {
		return rdf.Term{}
	}
	return rdf.IRI(s)
}

func validLabel(s string) bool {
	if s == "" || s[0] == '-' || s[0] == '.' || s[len(s)-1] == '.' {
		return false
	}
	for _, r := range s {
		if r < 0x80 && !(r == '-' || r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z') || r == '\ufffd' {
			return false
		}
	}
	return true
}

// predicate makes a predicate; blank nodes are none in RDF.
func (w *toRDF) predicate(s string) rdf.Term {
	if t, ok := w.iris[s]; ok {
		return t
	}
	t := w.resource(s)
	if t.IsBlankNode() {
		t = rdf.Term{}
	}
	if w.iris == nil {
		w.iris = map[string]rdf.Term{}
	}
	if len(w.iris) < 10_000 {
		w.iris[strings.Clone(s)] = t.Clone() // what is kept must not keep the chunks of the input
	}
	return t
}

// node writes a node object and gives its term; the zero Term where its identifier is no IRI.
func (w *toRDF) node(m *Object, graph rdf.Term) (rdf.Term, error) {
	var subject rdf.Term
	if id, ok := m.Get("@id"); ok {
		s, _ := id.(string)
		subject = w.resource(s)
	} else {
		subject = w.fresh()
	}
	for i, key := range m.keys {
		value := m.vals[i]
		var err error
		switch key {
		case "@id", "@index":
		case "@type":
			for _, t := range asList(value) {
				s, _ := t.(string)
				if err = w.quad(subject, rdfType, w.resource(s), graph); err != nil {
					break
				}
			}
		case "@graph":
			for _, item := range asList(value) {
				if n, ok := item.(*Object); ok && !subject.IsZero() {
					if _, err = w.node(n, subject); err != nil {
						break
					}
				}
			}
		case "@included":
			for _, item := range asList(value) {
				if n, ok := item.(*Object); ok {
					if _, err = w.node(n, graph); err != nil {
						break
					}
				}
			}
		case "@reverse":
			err = w.reverse(value.(*Object), subject, graph)
		default:
			err = w.values(subject, w.predicate(key), value, graph)
		}
		if err != nil {
			return subject, err
		}
	}
	return subject, nil
}

func (w *toRDF) reverse(m *Object, object, graph rdf.Term) error {
	for i, key := range m.keys {
		predicate := w.predicate(key)
		for _, item := range asList(m.vals[i]) {
			n, ok := item.(*Object)
			if !ok {
				continue
			}
			s, err := w.node(n, graph)
			if err != nil {
				return err
			}
			if err := w.quad(s, predicate, object, graph); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *toRDF) values(subject, predicate rdf.Term, value any, graph rdf.Term) error {
	for _, item := range asList(value) {
		m, ok := item.(*Object)
		if !ok {
			continue
		}
		o, err := w.object(m, graph)
		if err != nil {
			return err
		}
		if err := w.quad(subject, predicate, o, graph); err != nil {
			return err
		}
	}
	return nil
}

// object makes the term of a node, value or list object and writes what belongs to it.
func (w *toRDF) object(m *Object, graph rdf.Term) (rdf.Term, error) {
	if list, ok := m.Get("@list"); ok {
		return w.list(asList(list), graph)
	}
	if m.has("@value") {
		return w.literal(m, graph)
	}
	return w.node(m, graph)
}

func (w *toRDF) list(items []any, graph rdf.Term) (rdf.Term, error) {
	head, last := rdfNil, rdf.Term{}
	for _, item := range items {
		m, ok := item.(*Object)
		if !ok {
			continue
		}
		cell := w.fresh()
		o, err := w.object(m, graph)
		if err != nil {
			return head, err
		}
		if last.IsZero() {
			head = cell
		} else if err := w.quad(last, rdfRest, cell, graph); err != nil {
			return head, err
		}
		if err := w.quad(cell, rdfFirst, o, graph); err != nil {
			return head, err
		}
		last = cell
	}
	if last.IsZero() {
		return rdfNil, nil
	}
	return head, w.quad(last, rdfRest, rdfNil, graph)
}

// literal is Object to RDF Conversion of value objects (https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion).
func (w *toRDF) literal(m *Object, graph rdf.Term) (rdf.Term, error) {
	value, _ := m.Get("@value")
	t, typed := m.Get("@type")
	datatype, _ := t.(string)
	if typed && datatype == "@json" {
		return rdf.Literal(string(appendCanonical(nil, value)), rdfNS+"JSON"), nil
	}
	if typed && (!wellFormed(datatype) || datatype == rdfNS+"langString" || datatype == rdfNS+"dirLangString") {
		return rdf.Term{}, nil
	}
	switch v := value.(type) {
	case bool:
		return rdf.Literal(strconv.FormatBool(v), orDefault(datatype, xsdNS+"boolean")), nil
	case Number:
		return number(v, datatype), nil
	case string:
		lang, _ := m.Get("@language")
		tag, hasLang := lang.(string)
		if hasLang && !rdf.ValidLang(tag) {
			return rdf.Term{}, nil
		}
		dir, _ := m.Get("@direction")
		if d, ok := dir.(string); ok && w.o.Direction != NoRDFDirection {
			return w.directed(v, tag, d, graph)
		}
		if hasLang {
			return rdf.LangLiteral(v, tag), nil
		}
		return rdf.Literal(v, datatype), nil
	}
	return rdf.Term{}, nil
}

func (w *toRDF) directed(text, lang, dir string, graph rdf.Term) (rdf.Term, error) {
	switch w.o.Direction {
	case I18nDatatype:
		return rdf.Literal(text, i18n+strings.ToLower(lang)+"_"+dir), nil
	case CompoundLiteral:
		b := w.fresh()
		err := w.quad(b, rdfValue, rdf.String(text), graph)
		if err == nil && lang != "" {
			err = w.quad(b, rdfLanguage, rdf.String(strings.ToLower(lang)), graph)
		}
		if err == nil {
			err = w.quad(b, rdfDirection, rdf.String(dir), graph)
		}
		return b, err
	}
	if lang == "" {
		return rdf.String(text), nil
	}
	d := rdf.LeftToRight
	if dir == "rtl" {
		d = rdf.RightToLeft
	}
	return rdf.DirLangLiteral(text, lang, d), nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// number makes the literal of a JSON number: an integer where it has no fraction and is below 1e21, else a double.
func number(n Number, datatype string) rdf.Term {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return rdf.Literal(string(n), orDefault(datatype, xsdNS+"double"))
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e21 && datatype != xsdNS+"double" {
		text := string(n)
		if strings.ContainsAny(text, ".eE") || text == "-0" {
			i, _ := big.NewFloat(f).Int(nil)
			text = i.String()
		}
		return rdf.Literal(text, orDefault(datatype, xsdNS+"integer"))
	}
	return rdf.Literal(canonicalDouble(f), orDefault(datatype, xsdNS+"double"))
}

// canonicalDouble is the canonical form of xsd:double, rounded as "%1.15E" does, which the specification asks for.
func canonicalDouble(f float64) string {
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(f, 'E', 15, 64), "E")
	mantissa = strings.TrimRight(mantissa, "0")
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	sign := ""
	if exp[0] == '-' {
		sign = "-"
	}
	return mantissa + "E" + sign + orDefault(strings.TrimLeft(exp[1:], "0"), "0")
}
