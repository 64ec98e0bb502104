package syntax

import (
	"fmt"
	"maps"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/vocab"
)

type parser struct {
	lexer
	tok token
	// end is where the token before tok ends.
	end      int
	depth    int
	options  Options
	base     iri.Base
	prologue Prologue
	used     map[string]string
	expanded int

	triples *[]Triple
	rules   tripleRules
	// block numbers the basic graph pattern that is being read; labels tells in which one a blank node's label is used.
	block, blocks int
	labels        map[string]int
	anonymous     int
	// operation numbers the operations of an update, for the labels of INSERT DATA.
	operation int
	// leadingG is the greatest number of g's that a label begins with, see Query.String.
	leadingG int

	aggregates aggregateRule
	// aggregated is set when an aggregate was read in the present query.
	aggregated bool
}

// tripleRules says what the triples that are being read may contain.
type tripleRules struct {
	paths bool
	// noVars and noBlanks tell, where not empty, in what clause these are not allowed.
	noVars, noBlanks string
	// template is set where blank nodes have a scope of their own.
	template bool
}

// aggregateRule says whether aggregates may stand in an expression.
type aggregateRule uint8

const (
	noAggregates aggregateRule = iota
	someAggregates
	insideAggregate
)

func newParser(text string, o Options) (p *parser, err error) {
	p = &parser{options: o, labels: map[string]int{}, used: map[string]string{}}
	defer p.recover(&err)
	p.lexer = lexer{text: text, fail: p.fail}
	if o.Base != "" {
		if p.base, err = iri.NewBase(o.Base); err != nil {
			p.fail(0, 0, "the base IRI that the query was given is not absolute: "+o.Base)
		}
	}
	if strings.HasPrefix(text, "\uFEFF") {
		p.pos = len("\uFEFF")
	}
	p.advance()
	return p, nil
}

// bailout carries an error up to the entry points; recover takes only this type, so that our own mistakes are not hidden.
type bailout struct{ err *Error }

func (p *parser) recover(err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = r.err
	default:
		panic(r)
	}
}

func (p *parser) fail(start, end int, msg string) {
	panic(bailout{NewError(p.text, start, end, msg)})
}

func (p *parser) failAt(s Span, format string, args ...any) {
	p.fail(s.Start, s.End, fmt.Sprintf(format, args...))
}

// expected fails with what should have been there in place of the present token.
func (p *parser) expected(what string) {
	err := NewError(p.text, p.tok.Start, p.tok.End, "expected "+what+", found "+p.describe(p.tok)+p.hint(what, p.tok))
	err.Expected = what
	panic(bailout{err})
}

// hint says what is probably meant by a token that people bring along from elsewhere.
func (p *parser) hint(what string, t token) string {
	switch {
	case t.kw == "AND":
		return "; and is written '&&'"
	case t.kw == "OR":
		return "; or is written '||'"
	case aggregateNames[t.kw]:
		return "; write (" + t.kw + "(…) AS ?name)"
	case p.text[t.Start:t.End] == "<":
		if i := strings.IndexAny(p.text[t.End:], " \t\n>\"{}|^`\\"); i > 0 && p.text[t.End+i] != '>' {
			return fmt.Sprintf("; if this begins an IRI, it has a %q that must be percent-encoded", p.text[t.End+i])
		}
	case p.text[t.Start:t.End] == "," && strings.HasPrefix(what, "the end of the query"):
		return "; variables and keys are separated by blanks"
	}
	return ""
}

// elsewhere are functions of other languages and what they are here.
var elsewhere = map[string]string{
	"LENGTH": "STRLEN", "LEN": "STRLEN", "LOWER": "LCASE", "UPPER": "UCASE", "SUBSTRING": "SUBSTR", "CEILING": "CEIL", "LIKE": "REGEX",
	"MATCHES": "REGEX", "STARTSWITH": "STRSTARTS", "ENDSWITH": "STRENDS", "NVL": "COALESCE", "IFNULL": "COALESCE", "ISNULL": "!BOUND",
	"STARTS_WITH": "STRSTARTS", "ENDS_WITH": "STRENDS", "STR_LEN": "STRLEN", "CURRENT_TIMESTAMP": "NOW", "AVERAGE": "AVG",
}

func (p *parser) describe(t token) string {
	if t.kind == tokEOF {
		return "the end of the text"
	}
	s := p.text[t.Start:t.End]
	const limit = 40
	if r := []rune(s); len(s) > limit && len(r) > limit {
		s = string(r[:limit]) + "…"
	}
	switch t.kind {
	case tokString, tokIRI:
		return s
	}
	return "'" + s + "'"
}

func (p *parser) advance() {
	p.end = p.tok.End
	p.tok = p.next()
}

func (p *parser) is(punct string) bool  { return p.tok.kind == tokPunct && p.tok.value == punct }
func (p *parser) isWord(kw string) bool { return p.tok.kind == tokWord && p.tok.kw == kw }
func (p *parser) since(start int) Span  { return Span{start, p.end} }
func (p *parser) accept(punct string) bool {
	if p.is(punct) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) acceptWord(kw string) bool {
	if p.isWord(kw) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) expect(punct, where string) {
	if !p.accept(punct) {
		p.expected("'" + punct + "'" + where)
	}
}

func (p *parser) expectWord(kw string) {
	if !p.acceptWord(kw) {
		p.expected(kw)
	}
}

// enter guards recursion; the caller defers leave or calls it on all ways out but failure.
func (p *parser) enter() {
	if p.depth++; p.depth > MaxDepth {
		p.fail(p.tok.Start, p.tok.End, fmt.Sprintf("nested more than %d levels deep", MaxDepth))
	}
}

func (p *parser) leave() { p.depth-- }

// prologueDecls reads BASE, PREFIX and VERSION as often as they come.
func (p *parser) prologueDecls() {
	for p.tok.kind == tokWord {
		switch p.tok.kw {
		case "BASE":
			p.advance()
			if p.tok.kind != tokIRI {
				p.expected("the base IRI in angle brackets")
			}
			b, err := iri.NewBase(p.resolve(p.tok))
			if err != nil {
				p.failAt(p.tok.Span, "the base IRI is not absolute")
			}
			p.base = b
			p.advance()
		case "PREFIX":
			p.advance()
			if p.tok.kind != tokPName || !strings.HasSuffix(p.tok.value, ":") || strings.Count(p.tok.value, ":") != 1 {
				p.expected("a prefix that ends in ':'")
			}
			name := strings.TrimSuffix(p.tok.value, ":")
			p.advance()
			if p.tok.kind != tokIRI {
				p.expected("the IRI of the prefix in angle brackets")
			}
			if p.prologue.Prefixes == nil {
				p.prologue.Prefixes = map[string]string{}
			}
			p.prologue.Prefixes[name] = p.resolve(p.tok)
			p.advance()
		case "VERSION":
			p.advance()
			if p.tok.kind != tokString || p.tok.long {
				p.expected("a version in quotes")
			}
			p.prologue.Version = p.tok.value
			p.advance()
		default:
			return
		}
	}
}

func (p *parser) finishPrologue() Prologue {
	out := p.prologue
	out.Base = p.base.String()
	out.Prefixes = maps.Clone(out.Prefixes)
	return out
}

// resolve makes the value of an IRI token absolute.
func (p *parser) resolve(t token) string {
	if iri.IsAbsolute(t.value) {
		return t.value
	}
	if p.base.IsZero() {
		p.failAt(t.Span, "the relative IRI <%s> needs a BASE", t.value)
	}
	return p.expand(t, p.base.Resolve(t.value))
}

// maxExpanded limits how much text base IRIs and prefixes may add, which could be the square of the text's length.
const maxExpanded = 64 << 20

func (p *parser) expand(t token, s string) string {
	if p.expanded += len(s); p.expanded > maxExpanded {
		p.failAt(t.Span, "the IRIs of this text are too long altogether")
	}
	return s
}

// prefixed resolves a prefixed name.
func (p *parser) prefixed(t token) string {
	name, local, _ := strings.Cut(t.value, ":")
	ns, ok := p.prologue.Prefixes[name]
	if !ok {
		if ns, ok = p.options.Prefixes[name]; !ok {
			p.fail(t.Start, t.Start+len(name)+1, p.unknownPrefix(name))
		}
	}
	p.used[name] = ns
	if strings.IndexByte(local, '\\') >= 0 {
		b := make([]byte, 0, len(local))
		for i := 0; i < len(local); i++ {
			if local[i] == '\\' {
				i++
			}
			b = append(b, local[i])
		}
		local = string(b)
	}
	return p.expand(t, ns+local)
}

func (p *parser) unknownPrefix(name string) string {
	msg := "the prefix '" + name + ":' is not declared"
	if ns, ok := vocab.Namespace(name); ok {
		return msg + "; did you mean PREFIX " + name + ": <" + ns + ">?"
	}
	if ns, ok := foreignPrefixes[name]; ok {
		return msg + "; did you mean PREFIX " + name + ": <" + ns + ">?"
	}
	var known []string
	for k := range p.prologue.Prefixes {
		known = append(known, k)
	}
	for k := range p.options.Prefixes {
		known = append(known, k)
	}
	if s := closest(name, known); s != "" {
		return msg + "; did you mean '" + s + ":'?"
	}
	for _, t := range vocab.Table() {
		known = append(known, t.Name)
	}
	if s := closest(name, known); s != "" {
		ns, _ := vocab.Namespace(s)
		return msg + "; did you mean PREFIX " + s + ": <" + ns + ">?"
	}
	return msg + "; write PREFIX " + name + ": <…> at the start"
}

// isIRI reports whether the token is an IRI or a prefixed name.
func (p *parser) isIRI() bool { return p.tok.kind == tokIRI || p.tok.kind == tokPName }

// iriTerm reads an IRI or a prefixed name.
func (p *parser) iriTerm(what string) rdf.Term {
	var value string
	switch p.tok.kind {
	case tokIRI:
		value = p.resolve(p.tok)
	case tokPName:
		value = p.prefixed(p.tok)
	default:
		p.expected(what)
	}
	p.advance()
	return rdf.IRI(value)
}

// variable reads a variable and gives its name.
func (p *parser) variable(what string) string {
	if p.tok.kind != tokVar {
		p.expected(what)
	}
	name := p.tok.value
	p.advance()
	return name
}

// isLiteral reports whether the token starts a literal.
func (p *parser) isLiteral() bool {
	switch p.tok.kind {
	case tokString, tokNumber:
		return true
	case tokWord:
		return p.tok.kw == "TRUE" || p.tok.kw == "FALSE"
	}
	return false
}

const xsdNS = vocab.XSD

// literal reads a literal.
func (p *parser) literal() rdf.Term {
	t := p.tok
	p.advance()
	switch t.kind {
	case tokNumber:
		return number(t.value)
	case tokWord:
		return rdf.Literal(strings.ToLower(t.value), xsdNS+"boolean")
	}
	switch {
	case p.tok.kind == tokLang:
		tag := p.tok.value
		p.advance()
		if tag, dir, ok := strings.Cut(tag, "--"); ok {
			d := rdf.LeftToRight
			if dir == "rtl" {
				d = rdf.RightToLeft
			}
			return rdf.DirLangLiteral(t.value, tag, d)
		}
		return rdf.LangLiteral(t.value, tag)
	case p.accept("^^"):
		at := p.tok.Span
		datatype := p.iriTerm("the IRI of a datatype").Value()
		if name, ok := strings.CutPrefix(datatype, vocab.RDF); ok && (name == "langString" || name == "dirLangString") {
			p.failAt(at, "a literal of datatype rdf:%s must have a language tag instead", name)
		}
		return rdf.Literal(t.value, datatype)
	}
	return rdf.String(t.value)
}

func number(s string) rdf.Term {
	switch {
	case strings.ContainsAny(s, "eE"):
		return rdf.Literal(s, xsdNS+"double")
	case strings.Contains(s, "."):
		return rdf.Literal(s, xsdNS+"decimal")
	}
	return rdf.Literal(s, xsdNS+"integer")
}

// closest finds the candidate that differs from s least, if it is close enough to be what was meant.
func closest(s string, candidates []string) string {
	best, bestAt := "", 1+len(s)/5
	if len(s) < 2 || len(s) > 40 {
		return ""
	}
	for _, c := range candidates {
		if len(c) < 2 || len(c) > len(s)+2 || len(c)+2 < len(s) {
			continue
		}
		if d := distance(s, c); d < bestAt || d == bestAt && (best == "" || c < best) {
			best, bestAt = c, d
		}
	}
	return best
}

// distance counts the edits between two short strings; swapping neighbours is one.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		rows = [3][]int{last, row, before}
	}
	return rows[1][len(b)]
}
