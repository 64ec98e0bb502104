package results

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"triplestore/rdf"
)

func init() { XML.reader = readXML }

const (
	nsResults = "http://www.w3.org/2005/sparql-results#"
	nsXML     = "http://www.w3.org/XML/1998/namespace"
	nsITS     = "http://www.w3.org/2005/11/its"
)

func xmlErrorf(format string, args ...any) error {
	return &FormatError{Format: "XML", Msg: fmt.Sprintf(format, args...)}
}

// xmlReader walks over the elements of an XML result.
type xmlReader struct {
	d     *xml.Decoder
	l     Limits
	h     Handler
	vars  []string
	index map[string]int
	row   []rdf.Term
	rows  int64
}

func readXML(r io.Reader, l Limits, h Handler) error {
	x := &xmlReader{d: xml.NewDecoder(r), l: l, h: h, index: map[string]int{}}
	// Only the five entities of XML itself are known, so that none can expand without bound.
	root, end, err := x.child()
	if err != nil {
		return err
	}
	if end || root.Name.Local != "sparql" || root.Name.Space != nsResults {
		return xmlErrorf("the root is no sparql element")
	}
	if err := x.document(); err != nil {
		return err
	}
	for {
		t, err := x.d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return x.wrap(err)
		}
		if _, ok := t.(xml.StartElement); ok {
			return xmlErrorf("more text after the end")
		}
	}
}

func (x *xmlReader) wrap(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF:
		return xmlErrorf("the text ends early")
	case errors.As(err, &syntax):
		return xmlErrorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	return err
}

// child goes to the next element within the current one, or past its end.
func (x *xmlReader) child() (e xml.StartElement, end bool, err error) {
	for {
		t, err := x.d.Token()
		if err != nil {
			return e, false, x.wrap(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, false, nil
		case xml.EndElement:
			return e, true, nil
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return e, false, xmlErrorf("text %.20q between elements", t)
			}
		}
	}
}

// each calls f for each element within the current one; f reads it to its end.
func (x *xmlReader) each(f func(e xml.StartElement) error) error {
	for {
		e, end, err := x.child()
		if err != nil || end {
			return err
		}
		if e.Name.Space != nsResults {
			if err := x.d.Skip(); err != nil {
				return x.wrap(err)
			}
			continue
		}
		if err := f(e); err != nil {
			return err
		}
	}
}

// text reads the text of the current element up to its end.
func (x *xmlReader) text() (string, error) {
	var b strings.Builder
	for {
		t, err := x.d.Token()
		if err != nil {
			return "", x.wrap(err)
		}
		switch t := t.(type) {
		case xml.CharData:
			if b.Len()+len(t) > x.l.Term {
				return "", &LimitError{Msg: "a term is too long"}
			}
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			return "", xmlErrorf("an element %s within a term", t.Name.Local)
		}
	}
}

func attr(e xml.StartElement, space, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == space {
			return a.Value
		}
	}
	return ""
}

func (x *xmlReader) document() error {
	head, body := false, false
	err := x.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "head":
			head = true
			return x.each(func(e xml.StartElement) error {
				if e.Name.Local == "variable" {
					name := attr(e, "", "name")
					if _, twice := x.index[name]; twice || name == "" {
						return xmlErrorf("the variable %q in the head", name)
					}
					x.index[name] = len(x.vars)
					x.vars = append(x.vars, name)
				}
				return x.skip()
			})
		case "boolean":
			body = true
			s, err := x.text()
			if err != nil {
				return err
			}
			s = strings.TrimSpace(s)
			if s != "true" && s != "false" {
				return xmlErrorf("the boolean is %.20q", s)
			}
			if x.h.Boolean != nil {
				return x.h.Boolean(s == "true")
			}
			return nil
		case "results":
			if !head || body {
				return xmlErrorf("results without a head, or twice")
			}
			body = true
			x.row = make([]rdf.Term, len(x.vars))
			if x.h.Head != nil {
				if err := x.h.Head(x.vars); err != nil {
					return err
				}
			}
			return x.each(x.result)
		}
		return x.skip()
	})
	if err == nil && !body {
		err = xmlErrorf("neither results nor a boolean")
	}
	return err
}

func (x *xmlReader) skip() error {
	if err := x.d.Skip(); err != nil {
		return x.wrap(err)
	}
	return nil
}

func (x *xmlReader) result(e xml.StartElement) error {
	if e.Name.Local != "result" {
		return x.skip()
	}
	if x.rows++; x.l.Rows > 0 && x.rows > x.l.Rows {
		return &LimitError{Msg: fmt.Sprintf("more than %d rows", x.l.Rows)}
	}
	clear(x.row)
	err := x.each(func(e xml.StartElement) error {
		if e.Name.Local != "binding" {
			return x.skip()
		}
		i, ok := x.index[attr(e, "", "name")]
		if !ok {
			return xmlErrorf("the variable %q is not in the head", attr(e, "", "name"))
		}
		t, err := x.only(0)
		x.row[i] = t
		return err
	})
	if err != nil || x.h.Row == nil {
		return err
	}
	return x.h.Row(x.row)
}

// only reads the one term within the current element.
func (x *xmlReader) only(depth int) (t rdf.Term, err error) {
	err = x.each(func(e xml.StartElement) error {
		if !t.IsZero() {
			return xmlErrorf("two terms in one place")
		}
		t, err = x.term(e, depth)
		return err
	})
	if err == nil && t.IsZero() {
		err = xmlErrorf("a binding without a term")
	}
	return t, err
}

func (x *xmlReader) term(e xml.StartElement, depth int) (rdf.Term, error) {
	if depth > x.l.Depth {
		return rdf.Term{}, &LimitError{Msg: "triple terms are nested too deep"}
	}
	switch e.Name.Local {
	case "uri", "bnode", "literal":
		s, err := x.text()
		if err != nil {
			return rdf.Term{}, err
		}
		switch e.Name.Local {
		case "uri":
			return rdf.IRI(s), nil
		case "bnode":
			return rdf.BlankNode(s), nil
		}
		return literal("XML", s, attr(e, "", "datatype"), attr(e, nsXML, "lang"), attr(e, nsITS, "dir"))
	case "triple":
		var s, p, o rdf.Term
		err := x.each(func(e xml.StartElement) error {
			t, err := x.only(depth + 1)
			switch e.Name.Local {
			case "subject":
				s = t
			case "predicate":
				p = t
			case "object":
				o = t
			}
			return err
		})
		if err != nil {
			return rdf.Term{}, err
		}
		return tripleTerm("XML", s, p, o)
	}
	return rdf.Term{}, xmlErrorf("unknown element %s in a binding", e.Name.Local)
}
