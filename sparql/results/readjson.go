package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"triplestore/rdf"
)

func init() { JSON.reader = readJSON }

// jsonReader walks over the tokens of a JSON result.
type jsonReader struct {
	d     *json.Decoder
	l     Limits
	h     Handler
	index map[string]int
	row   []rdf.Term
	rows  int64
	// early holds rows that came before the head, which JSON allows; earlyBytes bounds them.
	early      []map[string]rdf.Term
	earlyBytes int
}

// maxEarly is how much may come before the head of a JSON result.
const maxEarly = 64 << 20

func jsonErrorf(format string, args ...any) error {
	return &FormatError{Format: "JSON", Msg: fmt.Sprintf(format, args...)}
}

func readJSON(r io.Reader, l Limits, h Handler) error {
	j := &jsonReader{d: json.NewDecoder(r), l: l, h: h}
	if err := j.document(); err != nil {
		return err
	}
	if _, err := j.d.Token(); err != io.EOF {
		if err == nil {
			err = jsonErrorf("more text after the end")
		}
		return j.wrap(err)
	}
	return nil
}

// wrap turns the decoder's errors into ours.
func (j *jsonReader) wrap(err error) error {
	var syntax *json.SyntaxError
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return jsonErrorf("the text ends early")
	case errors.As(err, &syntax):
		return jsonErrorf("byte %d: %s", syntax.Offset, syntax)
	}
	return err
}

func (j *jsonReader) token() (json.Token, error) {
	t, err := j.d.Token()
	if err != nil {
		return nil, j.wrap(err)
	}
	return t, nil
}

func (j *jsonReader) want(delim json.Delim) error {
	t, err := j.token()
	if err == nil && t != delim {
		err = jsonErrorf("byte %d: %v where %v is expected", j.d.InputOffset(), t, delim)
	}
	return err
}

func (j *jsonReader) text() (string, error) {
	t, err := j.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", jsonErrorf("byte %d: %v where a string is expected", j.d.InputOffset(), t)
	}
	if len(s) > j.l.Term {
		return "", &LimitError{Msg: "a term is too long"}
	}
	return s, nil
}

// object calls member with each name of an object, which reads the value.
func (j *jsonReader) object(member func(name string) error) error {
	if err := j.want('{'); err != nil {
		return err
	}
	for j.d.More() {
		name, err := j.text()
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return j.want('}')
}

func (j *jsonReader) array(element func() error) error {
	if err := j.want('['); err != nil {
		return err
	}
	for j.d.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return j.want(']')
}

// skip passes over a value of any depth without recursion.
func (j *jsonReader) skip() error {
	for depth := 0; ; {
		t, err := j.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (j *jsonReader) document() error {
	results, boolean := false, false
	err := j.object(func(name string) error {
		switch name {
		case "head":
			if j.index != nil {
				return jsonErrorf("a second head")
			}
			return j.head()
		case "boolean":
			boolean = true
			t, err := j.token()
			if err != nil {
				return err
			}
			b, ok := t.(bool)
			if !ok {
				return jsonErrorf("the boolean is %v", t)
			}
			if j.h.Boolean != nil {
				return j.h.Boolean(b)
			}
			return nil
		case "results":
			results = true
			return j.object(func(name string) error {
				if name != "bindings" {
					return j.skip()
				}
				return j.array(j.solution)
			})
		}
		return j.skip()
	})
	switch {
	case err != nil:
		return err
	case !results && !boolean:
		return jsonErrorf("neither results nor a boolean")
	case results && j.index == nil:
		return jsonErrorf("no head")
	}
	return nil
}

func (j *jsonReader) head() error {
	var vars []string
	given := false
	err := j.object(func(name string) error {
		if name != "vars" {
			return j.skip()
		}
		given = true
		return j.array(func() error {
			v, err := j.text()
			vars = append(vars, v)
			return err
		})
	})
	if err != nil || !given {
		return err
	}
	j.index = make(map[string]int, len(vars))
	for i, v := range vars {
		j.index[v] = i
	}
	if len(j.index) != len(vars) {
		return jsonErrorf("a variable is named twice")
	}
	j.row = make([]rdf.Term, len(vars))
	if j.h.Head != nil {
		if err := j.h.Head(vars); err != nil {
			return err
		}
	}
	for _, m := range j.early {
		clear(j.row)
		for name, t := range m {
			i, ok := j.index[name]
			if !ok {
				return jsonErrorf("the variable %q is not in the head", name)
			}
			j.row[i] = t
		}
		if err := j.emit(); err != nil {
			return err
		}
	}
	j.early = nil
	return nil
}

func (j *jsonReader) emit() error {
	if j.h.Row == nil {
		return nil
	}
	return j.h.Row(j.row)
}

func (j *jsonReader) solution() error {
	if j.rows++; j.l.Rows > 0 && j.rows > j.l.Rows {
		return &LimitError{Msg: fmt.Sprintf("more than %d rows", j.l.Rows)}
	}
	var early map[string]rdf.Term
	if j.index == nil {
		early = map[string]rdf.Term{}
	}
	clear(j.row)
	err := j.object(func(name string) error {
		t, err := j.term(0)
		if err != nil {
			return err
		}
		if early != nil {
			early[name] = t
			j.earlyBytes += t.Size() + len(name) + 64
			return nil
		}
		i, ok := j.index[name]
		if !ok {
			return jsonErrorf("the variable %q is not in the head", name)
		}
		j.row[i] = t
		return nil
	})
	if err != nil {
		return err
	}
	if early != nil {
		if j.earlyBytes += 64; j.earlyBytes > maxEarly {
			return &LimitError{Msg: "too much comes before the head"}
		}
		j.early = append(j.early, early)
		return nil
	}
	return j.emit()
}

// term reads an RDF term; the members come in any order.
func (j *jsonReader) term(depth int) (rdf.Term, error) {
	if depth > j.l.Depth {
		return rdf.Term{}, &LimitError{Msg: "triple terms are nested too deep"}
	}
	var typ, value, datatype, lang, dir string
	var s, p, o rdf.Term
	err := j.object(func(name string) (err error) {
		switch name {
		case "type":
			typ, err = j.text()
		case "datatype":
			datatype, err = j.text()
		case "xml:lang":
			lang, err = j.text()
		case "its:dir":
			dir, err = j.text()
		case "value":
			var t json.Token
			if t, err = j.token(); err != nil {
				return err
			}
			switch t := t.(type) {
			case string:
				if value = t; len(t) > j.l.Term {
					return &LimitError{Msg: "a term is too long"}
				}
			case json.Delim:
				if t != '{' {
					return jsonErrorf("the value of a term is a list")
				}
				for j.d.More() {
					part, err := j.text()
					if err != nil {
						return err
					}
					t, err := j.term(depth + 1)
					if err != nil {
						return err
					}
					switch part {
					case "subject", "s":
						s = t
					case "predicate", "p":
						p = t
					case "object", "o":
						o = t
					}
				}
				return j.want('}')
			default:
				return jsonErrorf("the value of a term is %v", t)
			}
		default:
			err = j.skip()
		}
		return err
	})
	if err != nil {
		return rdf.Term{}, err
	}
	switch typ {
	case "uri":
		return rdf.IRI(value), nil
	case "bnode":
		return rdf.BlankNode(value), nil
	case "literal", "typed-literal":
		return literal("JSON", value, datatype, lang, dir)
	case "triple":
		return tripleTerm("JSON", s, p, o)
	}
	return rdf.Term{}, jsonErrorf("unknown type of term %q", typ)
}

// tagCharacters are those of language tags. Others could end the literal where it is written.
const tagCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

// literal makes a literal of what a result says of it.
func literal(format, value, datatype, lang, dir string) (rdf.Term, error) {
	switch {
	case strings.Trim(lang, tagCharacters) != "":
		return rdf.Term{}, &FormatError{Format: format, Msg: fmt.Sprintf("the language %.40q of a literal", lang)}
	case dir != "" && (lang == "" || dir != "ltr" && dir != "rtl"):
		return rdf.Term{}, &FormatError{Format: format, Msg: fmt.Sprintf("the direction %q of a literal", dir)}
	case dir == "rtl":
		return rdf.DirLangLiteral(value, lang, rdf.RightToLeft), nil
	case dir == "ltr":
		return rdf.DirLangLiteral(value, lang, rdf.LeftToRight), nil
	case lang != "":
		return rdf.LangLiteral(value, lang), nil
	}
	return rdf.Literal(value, datatype), nil
}

func tripleTerm(format string, s, p, o rdf.Term) (rdf.Term, error) {
	if !s.IsIRI() && !s.IsBlankNode() || !p.IsIRI() || o.IsZero() {
		return rdf.Term{}, &FormatError{Format: format, Msg: "a triple term is incomplete"}
	}
	return rdf.TripleTerm(rdf.Triple{S: s, P: p, O: o}), nil
}
