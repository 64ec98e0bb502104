package results

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"triplestore/rdf"
)

func init() { TSV.reader = readTSV }

func tsvErrorf(line int64, format string, args ...any) error {
	return &FormatError{Format: "TSV", Msg: fmt.Sprintf("line %d: ", line) + fmt.Sprintf(format, args...)}
}

// readTSV reads the form that holds solutions; the standard has none for the result of ASK.
func readTSV(r io.Reader, l Limits, h Handler) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var number int64
	var long []byte
	// A line is at most as long as one term may be for each of its fields; the bytes of the whole result bound it anyway.
	next := func() (string, error) {
		number++
		long = long[:0]
		for {
			part, err := in.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				if long = append(long, part...); len(long) > l.Term {
					return "", &LimitError{Msg: "a line is too long"}
				}
				continue
			}
			if err == io.EOF && len(long)+len(part) > 0 {
				err = nil
			}
			long = append(long, part...)
			line := string(bytes.TrimSuffix(bytes.TrimSuffix(long, []byte("\n")), []byte("\r")))
			if err == nil && !utf8.ValidString(line) {
				err = tsvErrorf(number, "not UTF-8")
			}
			return line, err
		}
	}
	line, err := next()
	if err == io.EOF {
		return tsvErrorf(1, "no header")
	}
	if err != nil {
		return err
	}
	var vars []string
	if line != "" {
		for _, f := range strings.Split(line, "\t") {
			if len(f) < 2 || f[0] != '?' && f[0] != '$' {
				return tsvErrorf(1, "%.40q is no variable", f)
			}
			vars = append(vars, f[1:])
		}
	}
	if h.Head != nil {
		if err := h.Head(vars); err != nil {
			return err
		}
	}
	row := make([]rdf.Term, len(vars))
	for {
		line, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if l.Rows > 0 && number-1 > l.Rows {
			return &LimitError{Msg: fmt.Sprintf("more than %d rows", l.Rows)}
		}
		clear(row)
		rest := line
		for i := range row {
			p := termParser{s: rest, depth: l.Depth}
			if rest != "" && rest[0] != '\t' {
				t, err := p.term(0)
				if err != nil {
					return tsvErrorf(number, "%s", err)
				}
				row[i] = t
			}
			rest = p.s
			switch {
			case i == len(row)-1:
			case rest == "" || rest[0] != '\t':
				return tsvErrorf(number, "a field is missing or followed by more text")
			default:
				rest = rest[1:]
			}
		}
		if rest != "" {
			return tsvErrorf(number, "more text after the last field")
		}
		if h.Row != nil {
			if err := h.Row(row); err != nil {
				return err
			}
		}
	}
}

// termParser reads terms as they are written in Turtle, from the front of s.
type termParser struct {
	s     string
	depth int
}

var errTerm = errors.New("a term is malformed")

func (p *termParser) term(depth int) (rdf.Term, error) {
	if depth > p.depth {
		return rdf.Term{}, errors.New("triple terms are nested too deep")
	}
	switch {
	case p.s == "":
		return rdf.Term{}, errTerm
	case strings.HasPrefix(p.s, "<<("):
		return p.triple(depth)
	case p.s[0] == '<':
		iri, err := p.iri()
		return rdf.IRI(iri), err
	case strings.HasPrefix(p.s, "_:"):
		return rdf.BlankNode(p.word()[2:]), nil
	case p.s[0] == '"' || p.s[0] == '\'':
		return p.literal()
	}
	w := p.word()
	if w == "true" || w == "false" {
		return rdf.Literal(w, xsdNS+"boolean"), nil
	}
	if d := numberDatatype(w); d != "" {
		return rdf.Literal(w, d), nil
	}
	return rdf.Term{}, fmt.Errorf("%.40q is no term", w)
}

// word takes what comes before the next white space.
func (p *termParser) word() string {
	end := strings.IndexAny(p.s, "\t ")
	if end < 0 {
		end = len(p.s)
	}
	w := p.s[:end]
	p.s = p.s[end:]
	return w
}

func (p *termParser) blanks() { p.s = strings.TrimLeft(p.s, " ") }

func (p *termParser) triple(depth int) (rdf.Term, error) {
	p.s = p.s[3:]
	var parts [3]rdf.Term
	for i := range parts {
		p.blanks()
		t, err := p.term(depth + 1)
		if err != nil {
			return t, err
		}
		parts[i] = t
	}
	p.blanks()
	rest, ok := strings.CutPrefix(p.s, ")>>")
	if !ok {
		return rdf.Term{}, errTerm
	}
	p.s = rest
	return tripleTerm("TSV", parts[0], parts[1], parts[2])
}

func (p *termParser) iri() (string, error) {
	end := strings.IndexByte(p.s, '>')
	if end < 0 {
		return "", errTerm
	}
	s := p.s[1:end]
	p.s = p.s[end+1:]
	if strings.ContainsAny(s, "\t <\"") {
		return "", errTerm
	}
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	return unescape(s, false)
}

func (p *termParser) literal() (rdf.Term, error) {
	quote := p.s[0]
	end := 1
	for end < len(p.s) && p.s[end] != quote {
		if p.s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.s) {
		return rdf.Term{}, errTerm
	}
	value := p.s[1:end]
	p.s = p.s[end+1:]
	if strings.IndexByte(value, '\\') >= 0 {
		var err error
		if value, err = unescape(value, true); err != nil {
			return rdf.Term{}, err
		}
	}
	switch {
	case strings.HasPrefix(p.s, "^^<"):
		p.s = p.s[2:]
		datatype, err := p.iri()
		return rdf.Literal(value, datatype), err
	case strings.HasPrefix(p.s, "@"):
		tag, dir, _ := strings.Cut(p.word()[1:], "--")
		if tag == "" {
			return rdf.Term{}, errTerm
		}
		return literal("TSV", value, "", tag, dir)
	}
	return rdf.String(value), nil
}

// unescape resolves the escapes of Turtle; in an IRI only \u and \U.
func unescape(s string, letters bool) (string, error) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		if i++; i >= len(s) {
			return "", errTerm
		}
		digits := 0
		switch s[i] {
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		default:
			at := strings.IndexByte(`tbnrf"'\`, s[i])
			if at < 0 || !letters {
				return "", errTerm
			}
			b = append(b, "\t\b\n\r\f\"'\\"[at])
			continue
		}
		if i+digits >= len(s) {
			return "", errTerm
		}
		var r rune
		for _, c := range []byte(s[i+1 : i+1+digits]) {
			switch {
			case c-'0' <= 9:
				c -= '0'
			case c|0x20-'a' <= 5:
				c = c | 0x20 - 'a' + 10
			default:
				return "", errTerm
			}
			r = r<<4 | rune(c)
		}
		if !utf8.ValidRune(r) {
			return "", errTerm
		}
		b = utf8.AppendRune(b, r)
		i += digits
	}
	return string(b), nil
}
