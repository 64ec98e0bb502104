package syntax

import (
	"errors"
	"slices"
	"strings"
)

// ErrFormat: the text is valid, but what Format made of it would not have been the same.
var ErrFormat = errors.New("the text cannot be laid out without changing it")

// Format lays out a query or an update: a line for each clause, triple and predicate, indented by braces, keywords in capitals. Names,
// literals and comments stay as they are written. The error is an *Error for text that is not valid, or ErrFormat.
func Format(text string, o Options) (string, error) {
	if _, err := ParseQuery(text, o); err != nil {
		if _, uerr := ParseUpdate(text, o); uerr != nil {
			return "", further(err, uerr)
		}
	}
	items, err := pieces(text)
	if err != nil {
		return "", err
	}
	f := &formatter{items: items}
	out := f.run()
	again, err := pieces(out)
	if err != nil || !slices.EqualFunc(items, again, func(a, b piece) bool { return a.kind == b.kind && a.canonical() == b.canonical() }) {
		return "", ErrFormat
	}
	return out, nil
}

// further chooses the error of the grammar that could read more of the text.
func further(a, b error) error {
	var x, y *Error
	if errors.As(a, &x) && errors.As(b, &y) && y.Start > x.Start {
		return b
	}
	return a
}

// piece is a token or a comment as it is written.
type piece struct {
	token
	text string
	// comment tells a comment; kind is tokEOF then.
	comment bool
	// spaced: something stands between the piece and the one before; lines is how many line ends.
	spaced bool
	lines  int
}

func (p *piece) canonical() string {
	if p.kind == tokWord {
		return p.kw
	}
	return p.text
}

// pieces reads a text that is known to be valid.
func pieces(text string) (out []piece, err error) {
	l := lexer{text: text}
	l.fail = func(start, end int, msg string) { panic(bailout{NewError(text, start, end, msg)}) }
	defer new(parser).recover(&err)
	if strings.HasPrefix(text, "\uFEFF") {
		l.pos = len("\uFEFF")
	}
	for {
		spaced, lines := false, 0
		for l.pos < len(text) && strings.IndexByte(" \t\r\n#", text[l.pos]) >= 0 {
			spaced = true
			if text[l.pos] != '#' {
				if text[l.pos] == '\n' {
					lines++
				}
				l.pos++
				continue
			}
			end := len(text)
			if i := strings.IndexAny(text[l.pos:], "\r\n"); i >= 0 {
				end = l.pos + i
			}
			out = append(out, piece{text: strings.TrimRight(text[l.pos:end], " \t"), comment: true, spaced: true, lines: lines})
			l.pos, lines = end, 0
		}
		t := l.next()
		if t.kind == tokEOF {
			return out, nil
		}
		out = append(out, piece{token: t, text: text[t.Start:t.End], spaced: spaced, lines: lines})
	}
}

// lineWords begin a line where they do not stand in an expression.
var lineWords = map[string]bool{
	"PREFIX": true, "BASE": true, "VERSION": true, "SELECT": true, "CONSTRUCT": true, "ASK": true, "DESCRIBE": true, "FROM": true, "GROUP": true, "HAVING": true,
	"ORDER": true, "LIMIT": true, "OFFSET": true, "VALUES": true, "FILTER": true, "BIND": true, "OPTIONAL": true, "MINUS": true, "SERVICE": true,
	"LATERAL": true, "INSERT": true, "DELETE": true, "WITH": true, "USING": true, "LOAD": true, "CLEAR": true, "DROP": true, "CREATE": true,
	"ADD": true, "MOVE": true, "COPY": true,
}

// apartWords stand apart from a bracket behind them; the others are functions.
var apartWords = map[string]bool{
	"FILTER": true, "IN": true, "VALUES": true, "BIND": true, "HAVING": true, "BY": true, "SELECT": true, "DISTINCT": true, "REDUCED": true, "AS": true, "A": true,
	"WHERE": true, "DESCRIBE": true, "SEPARATOR": true,
}

// frame is an open brace or bracket.
type frame struct {
	inline bool // its content stays on the line
	rows   bool // it holds the rows of VALUES
	paren  bool
	indent int // of the line that it is on
}

type formatter struct {
	items  []piece
	b      strings.Builder
	stack  []frame
	indent int
	// more is set between ';' and the end of the triple's subject: what follows is indented deeper.
	more    bool
	newline bool // the next piece begins a line
	blank   bool // after an empty one
	values  int  // 1 after VALUES, 2 after the list of its variables began
}

func (f *formatter) parens() bool { return len(f.stack) > 0 && f.stack[len(f.stack)-1].paren }
func (f *formatter) inline() bool { return len(f.stack) > 0 && f.stack[len(f.stack)-1].inline }

func (f *formatter) run() string {
	prologue := false
	for i := range f.items {
		p := &f.items[i]
		var before *piece
		if i > 0 {
			before = &f.items[i-1]
		}
		if p.comment {
			f.comment(p, before)
			continue
		}
		word := p.kind == tokWord
		punct := ""
		if p.kind == tokPunct {
			punct = p.value
		}
		if word && before != nil && f.startsLine(i) {
			f.newline = true
			f.more = false
			isPrologue := p.kw == "PREFIX" || p.kw == "BASE" || p.kw == "VERSION"
			if prologue && !isPrologue {
				f.blank = true
			}
			prologue = isPrologue
		} else if word && before == nil {
			prologue = p.kw == "PREFIX" || p.kw == "BASE" || p.kw == "VERSION"
		}
		switch punct {
		case "}":
			f.closeBrace(before)
		case ")", "]":
			f.pop()
			if punct == "]" && f.newline {
				f.indent = max(0, f.indent)
			}
		case ".", ";", ",":
			if f.newline && !f.blank && before != nil && !before.comment {
				f.newline = false
			}
		case "{":
			if before != nil && !before.comment && !(before.kind == tokPunct && strings.Contains("{}.;", before.value)) {
				f.newline = false
			}
		}
		f.place(p, before)
		if word && !(p.kw == "A" || p.kw == "TRUE" || p.kw == "FALSE") {
			f.b.WriteString(p.kw)
		} else if word {
			f.b.WriteString(strings.ToLower(p.text))
		} else {
			f.b.WriteString(p.text)
		}
		f.after(p, punct, i)
	}
	return strings.TrimRight(f.b.String(), " \n") + "\n"
}

// startsLine reports whether a keyword begins a line after what stands before it.
func (f *formatter) startsLine(i int) bool {
	p, before := &f.items[i], &f.items[i-1]
	if f.parens() {
		return false
	}
	switch p.kw {
	case "GRAPH":
		return before.kind == tokPunct || before.kind != tokWord
	case "WHERE":
		return before.text == "}" || f.afterFrom(i)
	case "UNION":
		return before.comment
	}
	if !lineWords[p.kw] {
		return false
	}
	if before.kind == tokWord && (before.kw == "NOT" || before.kw == "SILENT") {
		return false
	}
	return true
}

// afterFrom reports whether the clause before a WHERE is a FROM or USING.
func (f *formatter) afterFrom(i int) bool {
	for j := i - 1; j >= 0; j-- {
		switch f.items[j].kw {
		case "FROM", "USING":
			return true
		case "", "NAMED":
		default:
			return false
		}
	}
	return false
}

func (f *formatter) comment(p, before *piece) {
	switch {
	case before == nil:
	case p.lines == 0 && !before.comment:
		f.b.WriteString(" ")
	default:
		f.blank = p.lines > 1
		f.newline = true
		f.breakLine()
	}
	f.b.WriteString(p.text)
	f.newline = true
}

// closeBrace prepares for a '}'.
func (f *formatter) closeBrace(before *piece) {
	top := f.pop()
	f.more = false
	f.blank = false
	f.indent = top.indent
	f.newline = !top.inline && before != nil && before.text != "{" || before != nil && before.comment
}

func (f *formatter) pop() frame {
	if len(f.stack) == 0 {
		return frame{}
	}
	top := f.stack[len(f.stack)-1]
	f.stack = f.stack[:len(f.stack)-1]
	return top
}

// breakLine ends the line and indents the next.
func (f *formatter) breakLine() {
	if f.blank {
		f.b.WriteString("\n")
	}
	depth := f.indent
	if f.more {
		depth++
	}
	f.b.WriteString("\n" + strings.Repeat("  ", depth))
	f.newline, f.blank = false, false
}

// place writes what stands between the piece before and this one.
func (f *formatter) place(p, before *piece) {
	if before == nil {
		f.newline, f.blank = false, false
		return
	}
	if f.newline {
		if p.lines > 1 && p.text != "}" && before.text != "{" {
			f.blank = true
		}
		f.breakLine()
		return
	}
	if f.space(p, before) {
		f.b.WriteString(" ")
	}
}

func (f *formatter) space(p, before *piece) bool {
	b, t := "", ""
	if before.kind == tokPunct {
		b = before.value
	}
	if p.kind == tokPunct {
		t = p.value
	}
	switch {
	case t == "," || t == ")" || b == "(":
		return false
	case b == "{" && t == "}" || b == "[" && t == "]":
		return false
	case t == ";" && f.parens():
		return false
	case t == "{" || t == "}" || t == "." || t == ";" || b == "," || b == ";" || b == "{" || b == "}":
		return true
	case t == "]" || b == "[" || t == "{|" || t == "|}" || b == "{|" || b == "|}" || strings.HasPrefix(t, "<<") || strings.HasPrefix(b, "<<") || t == ">>" || t == ")>>":
		return true
	case t == "*" && before.kind == tokWord:
		return before.kw == "SELECT" || before.kw == "DISTINCT" || before.kw == "REDUCED" || p.spaced
	case t == "(" && before.kind == tokWord:
		return apartWords[before.kw]
	}
	return p.spaced
}

// after looks at what was written.
func (f *formatter) after(p *piece, punct string, i int) {
	if p.kind == tokWord && p.kw == "VALUES" {
		f.values = 1
	}
	switch punct {
	case "{":
		top := frame{indent: f.indent}
		switch {
		case f.values == 2:
			top.rows = true
		case f.values == 1:
			top.inline = true
		}
		if f.more {
			top.indent++
		}
		f.values, f.more = 0, false
		f.stack = append(f.stack, top)
		if !top.inline {
			f.indent = top.indent + 1
			f.newline = true
		}
	case "(":
		if f.values == 1 {
			f.values = 2
		}
		f.stack = append(f.stack, frame{paren: true, indent: f.indent})
	case "[":
		f.stack = append(f.stack, frame{paren: true, indent: f.indent})
	case ")":
		if f.values == 0 && len(f.stack) > 0 && f.stack[len(f.stack)-1].rows {
			f.newline = true
		}
	case "}":
		f.newline = !f.parens()
	case ".":
		if !f.parens() {
			f.newline, f.more = !f.inline(), false
		}
	case ";":
		if f.parens() {
			return
		}
		f.newline = true
		if len(f.stack) == 0 {
			f.blank = true
		} else {
			f.more = true
		}
	}
	if f.newline && i+1 < len(f.items) && f.items[i+1].kind == tokWord && f.items[i+1].kw == "UNION" {
		f.newline = false
	}
}
