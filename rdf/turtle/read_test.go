package turtle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

func nquads(quads []rdf.Quad) string {
	var b strings.Builder
	for _, q := range quads {
		b.WriteString(q.String() + "\n")
	}
	return b.String()
}

func TestTerms(t *testing.T) {
	t.Parallel()
	const head = "PREFIX : <http://e/>\nPREFIX x: <http://x/>\n:s :p "
	for in, want := range map[string]string{
		`"a\tb\u00E5\U0001F600\\\""`: `"a\tbå😀\\\""`,
		`'it"s'`:                     `"it\"s"`,
		"'''a\n'b''\\''''":           `"a\n'b'''"`,
		`""""a""b\""""`:              `"\"a\"\"b\""`,
		`""`:                         `""`,
		`''`:                         `""`,
		`""""""`:                     `""`,
		`"x" @nb-no`:                 `"x"@nb-NO`,
		`"x"@ar--rtl`:                `"x"@ar--rtl`,
		`"x"^^x:y`:                   `"x"^^<http://x/y>`,
		`"x"^^<http://www.w3.org/2001/XMLSchema#string>`: `"x"`,
		`1`:                 `"1"^^<http://www.w3.org/2001/XMLSchema#integer>`,
		`-1.5`:              `"-1.5"^^<http://www.w3.org/2001/XMLSchema#decimal>`,
		`.5`:                `".5"^^<http://www.w3.org/2001/XMLSchema#decimal>`,
		`1.e5`:              `"1.e5"^^<http://www.w3.org/2001/XMLSchema#double>`,
		`+1E-5`:             `"+1E-5"^^<http://www.w3.org/2001/XMLSchema#double>`,
		`true`:              `"true"^^<http://www.w3.org/2001/XMLSchema#boolean>`,
		`true:x`:            ``,
		`x:a.b.`:            `<http://x/a.b>`,
		`x:a\.`:             `<http://x/a.>`,
		`x:%41\~b:c`:        `<http://x/%41~b:c>`,
		`x:`:                `<http://x/>`,
		`:1-2`:              `<http://e/1-2>`,
		`:blåbær`:           `<http://e/blåbær>`,
		`<http://e/\u00e5>`: `<http://e/å>`,
		`_:a.b`:             `_:a.b`,
		`_:anon0`:           `_:anon0_`,
		`_:anon0__`:         `_:anon0___`,
		`_:anon0x`:          `_:anon0x`,
		`_:anon`:            `_:anon`,
		`[]`:                `_:anon0`,
		`()`:                `<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>`,
	} {
		quads, err := turtle.ParseString(head+in+" .", turtle.Options{Dialect: turtle.Turtle})
		if want == "" {
			if err == nil {
				t.Errorf("%s: %v", in, quads)
			}
			continue
		}
		if strings.HasSuffix(in, ".") && err != nil {
			quads, err = turtle.ParseString(head+in, turtle.Options{Dialect: turtle.Turtle})
		}
		if err != nil || len(quads) != 1 || quads[0].O.String() != want {
			t.Errorf("%s: got %v, %v, want %s", in, quads, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect    turtle.Dialect
		text, want string
	}{
		{turtle.NTriples, "<http://e/s> <http://e/p> .\n", "f:1:27: expected an object"},
		{turtle.NTriples, "# æ\n\n  <s> <http://e/p> <http://e/o> .\n", "f:3:3: expected an absolute IRI, found <s>"},
		{turtle.NTriples, "<http://e/s> <http://e/p> \"æøå\" <http://e/g> .", "f:1:33: expected '.', found \"<http"},
		{turtle.NTriples, "<http://e/s> <http://e/p> \"a", "f:1:27: a string without its closing quote"},
		{turtle.NTriples, "<http://e/s> <http://e/p> \"a\nb\" .", "f:1:27: a string without its closing quote on the same line"},
		{turtle.NTriples, "<http://e/s> <http://e/p> <http://e/o> . x", "f:1:42: expected the end of the line"},
		{turtle.NTriples, "<http://e/s> <http://e/p> \"\xff\" .", "f:1:28: invalid UTF-8"},
		{turtle.NTriples, "<http://e/s> <http://e/p> << <a:a> <a:b> <a:c> >> .", "there are no reified triples in N-Triples"},
		{turtle.NQuads, "<http://e/s> <http://e/p> \"a\" \"b\" .", "f:1:31: expected a graph name or '.'"},
		{turtle.Turtle, "@prefix a: <http://e/> .\na:b a:c \"æ\" a:d .", "f:2:13: expected '.', ';' or ',', found \"a:d\""},
		{turtle.Turtle, "a:b a:c a:d .", "f:1:1: the prefix \"a:\" is not declared"},
		{turtle.Turtle, "<http://e/s> <p> 1 .", "f:1:14: the relative IRI <p> has no base"},
		{turtle.Turtle, "<http://e/s> <http://e/p> <http://e/a b> .", "f:1:38: ' ' is not allowed in an IRI"},
		{turtle.Turtle, "<http://e/s> <http://e/p> \"\"\"a\n\n\"b", "f:1:27: a string without its three closing quotes"},
		{turtle.Turtle, "<http://e/s> <http://e/p> \"a\\q\" .", "f:1:29: \"\\\\q\" is no escape here"},
		{turtle.Turtle, "<http://e/s> <http://e/p> \"a\"@e_n .", "f:1:32: expected '.'"},
		{turtle.Turtle, "<http://e/s> <http://e/p> 1", "f:1:28: expected '.', ';' or ',', found the end of the input"},
		{turtle.Turtle, "<http://e/s> <http://e/p> 12a .", "f:1:29: expected the end of the number"},
		{turtle.Turtle, "@prefixx a: <b> .", "f:1:1: expected @prefix, @base or @version"},
		{turtle.Turtle, "<http://e/s> <http://e/p> <http://e/o> {| |} .", "f:1:43: expected a predicate"},
		{turtle.Turtle, "<http://e/g> { }", "f:1:14: expected a predicate"},
		{turtle.TriG, "<http://e/g> { <http://e/s> <http://e/p> 1 ", "f:1:44: expected '.', ';', ',' or '}'"},
		{turtle.TriG, "<http://e/g> { ", "f:1:16: expected '}' at the end of the graph"},
		{turtle.Turtle, "<http://e/s> <http://e/p> " + strings.Repeat("[ <http://e/p> ", 1001), "nested too deeply"},
		{turtle.Turtle, "<http://e/s> <http://e/p> " + strings.Repeat("(", 100000), "nested too deeply"},
		{turtle.Turtle, strings.Repeat("<<", 100000), "nested too deeply"},
		{turtle.NTriples, "<http://e/s> <http://e/p> " + strings.Repeat("<<( <a:b> <a:b> ", 100000), "nested too deeply"},
		{turtle.Turtle, "<http://e/s> <http://e/p> <http://e/o> " + strings.Repeat("{| <a:b> <a:c> ", 100000), "nested too deeply"},
		{turtle.Turtle, "\x00", "f:1:1: expected a subject"},
	} {
		_, err := turtle.ParseString(c.text, turtle.Options{Dialect: c.dialect, File: "f"})
		var mistake *turtle.Error
		if !errors.As(err, &mistake) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: got %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := turtle.ParseString("<http://e/s> <http://e/p> \""+strings.Repeat("x", 1<<20)+"\" .", turtle.Options{Dialect: turtle.Turtle, MaxToken: 1 << 18}); err == nil {
		t.Error("no limit for tokens")
	}
	if _, err := turtle.ParseString("<http://e/s> <http://e/p> \""+strings.Repeat("x", 1<<20)+"\" .", turtle.Options{MaxToken: 1 << 18}); err == nil {
		t.Error("no limit for lines")
	}
	if _, err := turtle.ParseString("", turtle.Options{Dialect: turtle.Turtle, Base: "x"}); err == nil {
		t.Error("a relative base was accepted")
	}
}

func TestLenient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialect    turtle.Dialect
		text, want string
		errors     int
	}{
		{turtle.NTriples, "<a:a> <a:b> \"x .\n<a:a> <a:b> <a b> .\n<a:a> <a:b> \"\\ud800\" .\n<a:a> <a:b> <a:c> .\nx", "<a:a> <a:b> <a:c> .\n", 4},
		{turtle.NQuads, "<a:a> <a:b> <a:c> <g> .\n<a:a> <a:b> <a:c> .\n", "<a:a> <a:b> <a:c> .\n", 1},
		{turtle.Turtle, "<a:a> <a:b> <a:c> ; <a:d> <a b>, \"x\"@toolonglanguage , u:v , 1 ; <a:e> \"\\q\" .", "<a:a> <a:b> <a:c> .\n<a:a> <a:d> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n", 4},
		{turtle.Turtle, "<a:a> <a:b> <a:c> ; nonsense \"a. b\" <x.y> . <a:a> <a:b> <a:d> .", "<a:a> <a:b> <a:d> .\n", 1},
		{turtle.Turtle, "<a:a> <a:b> \"unterminated .\n<a:a> <a:b> <a:d> .", "<a:a> <a:b> <a:d> .\n", 1},
		{turtle.Turtle, "<a:a> <a:b> \"\"\"unterminated .\n<a:a> <a:b> <a:d> .", "<a:a> <a:b> <a:d> .\n", 1},
		{turtle.Turtle, "@prefix a: b .\n<a:a> <a:b> a:c, 1 .", "<a:a> <a:b> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n", 2},
		{turtle.TriG, "<a:g> { <a:a> <a:b> ; <a:c> . <a:a> <a:b> <a:d> . <a:x> } <a:a> <a:b> <a:e> .", "<a:a> <a:b> <a:d> <a:g> .\n<a:a> <a:b> <a:e> .\n", 2},
		{turtle.TriG, "<g> { <a:a> <a:b> <a:c> } <a:a> <a:b> <a:e> .", "<a:a> <a:b> <a:e> .\n", 1},
		{turtle.Turtle, "<<( <a:b>", "", 1},
		{turtle.Turtle, "<a:a> <a:b> <a:c> {| <a:d> <e> |} .", "<a:a> <a:b> <a:c> .\n_:anon0 <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> <<( <a:a> <a:b> <a:c> )>> .\n", 1},
	} {
		var mistakes []string
		o := turtle.Options{Dialect: c.dialect, Lenient: func(e *turtle.Error) { mistakes = append(mistakes, e.Error()) }}
		quads, err := turtle.ParseString(c.text, o)
		if got := nquads(quads); err != nil || got != c.want || len(mistakes) != c.errors {
			t.Errorf("%s: got %v\n%s%d mistakes: %q", c.text, err, got, len(mistakes), mistakes)
		}
	}
}

const document = "\uFEFF" + `@prefix dcat: <http://www.w3.org/ns/dcat#> . # comment
PREFIX dct: <http://purl.org/dc/terms/>
@base <https://data.example/catalogue/> .
<datasets/1> a dcat:Dataset ;
	dct:title "Blåbær \u00e5 \"x\""@nb, 'Bær'@nn-no ; dct:description """Line 1
Line "2" ""quoted\""""@en ;
	dcat:distribution [ a dcat:Distribution ; dcat:byteSize 1234, 1.5, 1e6, -7 ; dct:issued "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date> ] ;
	dcat:keyword ( "a" ( true ) [] ) ~ <#r> {| dct:source _:b.1 |} .
<< _:b.1 dct:x\~y%20z dcat: >> dct:relation <<( <a> <b> <../c/./d> )>> , <?q> .
`

// TestChunks reads documents in pieces of every kind, which must make no difference.
func TestChunks(t *testing.T) {
	t.Parallel()
	for _, d := range []turtle.Dialect{turtle.Turtle, turtle.TriG, turtle.NTriples, turtle.NQuads} {
		text := document
		whole, err := turtle.ParseString(text, turtle.Options{Dialect: turtle.Turtle})
		if err != nil {
			t.Fatal(err)
		}
		if d == turtle.NTriples || d == turtle.NQuads {
			text = nquads(whole)
		}
		for name, r := range map[string]io.Reader{
			"bytes": iotest.OneByteReader(strings.NewReader(text)), "halves": iotest.HalfReader(strings.NewReader(text)),
			"data with error": iotest.DataErrReader(strings.NewReader(text)),
		} {
			var got []rdf.Quad
			err := turtle.Parse(context.Background(), r, turtle.Options{Dialect: d}, func(q []rdf.Quad) error { got = append(got, q...); return nil })
			if err != nil || !slices.Equal(got, whole) {
				t.Errorf("%v by %s: %v\n%s", d, name, err, nquads(got))
			}
		}
	}
}

// TestLong crosses the ends of chunks with long tokens and many statements.
func TestLong(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("@prefix e: <http://e/> .\n")
	n := 0
	for i := range 3000 {
		fmt.Fprintf(&b, "e:s%d e:p \"%s\", \"\"\"%s\n\"\"\" ; a <http://e/%s> . # %s\n", i, strings.Repeat("æ", i%700), strings.Repeat("x", i*i%100000/(1+i%9*50)), strings.Repeat("y", i%300), strings.Repeat("#", i%100))
		n += 3
	}
	whole, err := turtle.ParseString(b.String(), turtle.Options{Dialect: turtle.Turtle})
	if err != nil || len(whole) != n {
		t.Fatal(len(whole), err)
	}
	lines, err := turtle.ParseString(nquads(whole), turtle.Options{})
	if err != nil || !slices.Equal(whole, lines) {
		t.Fatal("read as N-Triples:", err)
	}
	_, err = turtle.ParseString(b.String()+"\n\n  e:x e:y \"z\" }", turtle.Options{Dialect: turtle.Turtle, File: "f"})
	if want := fmt.Sprintf("f:%d:15: ", 1+3000*2+3); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestTransient reads with memory that is used again, which nobody must notice who keeps nothing.
func TestTransient(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 60000
	for i := range n {
		fmt.Fprintf(&b, "_:b%d <http://e/p%d> \"%d \\u00E6 %s\"@en .\n", i, i%7, i, strings.Repeat("y", i%50))
	}
	text := b.String()
	text = strings.ReplaceAll(text, "\"40000 ", "40000 ")
	var mu sync.Mutex
	read := func(transient bool) (map[rdf.Quad]bool, []string) {
		got := map[rdf.Quad]bool{}
		var mistakes []string
		o := turtle.Options{Transient: transient, BlankNodePrefix: "x-", Lenient: func(e *turtle.Error) { mistakes = append(mistakes, e.Error()) }}
		err := turtle.ParseParallel(t.Context(), iotest.HalfReader(strings.NewReader(text)), o, 3, func(quads []rdf.Quad) error {
			mu.Lock()
			defer mu.Unlock()
			for _, q := range quads {
				got[rdf.Quad{S: q.S.Clone(), P: q.P.Clone(), O: q.O.Clone(), G: q.G}] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, mistakes
	}
	want, wrong := read(false)
	got, mistakes := read(true)
	if len(want) != n-1 || !maps.Equal(got, want) {
		t.Errorf("%d quads, want %d, or others", len(got), len(want))
	}
	if len(wrong) != 1 || !slices.Equal(mistakes, wrong) {
		t.Errorf("mistakes %v, want %v", mistakes, wrong)
	}
}

// TestLinesAlike has lines whose IRIs begin like those of the line before, and reads each alone, too.
func TestLinesAlike(t *testing.T) {
	t.Parallel()
	iris := []string{
		"http://example.org/a", "http://example.org/abcdefgh", "http://example.org/abcdefghijklmnop", "http://example.org/abcdefghijklmn",
		"http://example.org/abcdefgh ijkl", "http://example.org/abcdefgh<", "http://example.org/abcdefghæ", "http://example.org/abcdefghæøåæøå",
		`http://example.org/abcdefgh\u00E6`, `http://example.org/abcdefgh\u0020x`, "http://example.org/abcdefgh\xff", "http://example.org/abcdefgh\xc3", "relative/abcdefgh", "http:", "",
	}
	var all, each []string
	var text strings.Builder
	o := turtle.Options{Dialect: turtle.NQuads}
	for _, a := range iris {
		for _, b := range iris {
			line := fmt.Sprintf("<%s> <%s> <%s> <%s> .\n<%s> <%s> \"x\"^^<%s> <http://example.org/g> .\n", a, b, a, b, b, a, b)
			text.WriteString(line)
			for one := range strings.Lines(line) {
				o.Lenient = func(e *turtle.Error) { each = append(each, e.Msg) }
				q, err := turtle.ParseString(one, o)
				if err != nil {
					t.Fatal(err)
				}
				each = append(each, nquads(q))
			}
		}
	}
	o.Lenient = func(e *turtle.Error) { all = append(all, e.Msg) }
	q, err := turtle.ParseString(text.String(), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range q {
		all = append(all, nquads(q[i:i+1]))
	}
	slices.Sort(all)
	each = slices.DeleteFunc(each, func(s string) bool { return s == "" })
	slices.Sort(each)
	if !slices.Equal(all, each) || len(q) < 20 {
		t.Errorf("%d together, %d one by one, %d quads", len(all), len(each), len(q))
	}
}

func TestParseParallel(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 40000
	for i := range n {
		fmt.Fprintf(&b, "<http://e/s%d> <http://e/p> \"%d æ\"@en .\n", i, i)
	}
	text := b.String()
	run := func(text string, o turtle.Options) (map[rdf.Quad]bool, error) {
		got := map[rdf.Quad]bool{}
		lock := make(chan struct{}, 1)
		err := turtle.ParseParallel(context.Background(), strings.NewReader(text), o, 4, func(quads []rdf.Quad) error {
			lock <- struct{}{}
			for _, q := range quads {
				got[q] = true
			}
			<-lock
			return nil
		})
		return got, err
	}
	got, err := run(text, turtle.Options{})
	if err != nil || len(got) != n {
		t.Fatal(len(got), err)
	}
	broken := strings.ReplaceAll(text, "\"30000 æ\"", "\"30000 æ")
	broken = strings.ReplaceAll(broken, "\"12345 æ\"", "\"12345 æ")
	if _, err = run(broken, turtle.Options{File: "f"}); err == nil || !strings.HasPrefix(err.Error(), "f:12346:") {
		t.Errorf("first mistake: %v", err)
	}
	var lines []int
	got, err = run(broken, turtle.Options{Lenient: func(e *turtle.Error) { lines = append(lines, e.Line) }})
	slices.Sort(lines)
	if err != nil || len(got) != n-2 || !slices.Equal(lines, []int{12346, 30001}) {
		t.Errorf("lenient: %d, %v, %v", len(got), err, lines)
	}
	stop := errors.New("stop")
	err = turtle.ParseParallel(context.Background(), strings.NewReader(text), turtle.Options{}, 2, func([]rdf.Quad) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("error of emit: %v", err)
	}
	if _, err := run(text, turtle.Options{Dialect: turtle.Turtle}); err == nil {
		t.Error("Turtle was split at line ends")
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	boom := errors.New("boom")
	text := strings.Repeat("<http://e/s> <http://e/p> <http://e/o> .\n", 5000)
	for _, d := range []turtle.Dialect{turtle.NTriples, turtle.Turtle} {
		if err := turtle.Parse(ctx, strings.NewReader(text), turtle.Options{Dialect: d}, func([]rdf.Quad) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%v cancelled: %v", d, err)
		}
		if err := turtle.Parse(context.Background(), strings.NewReader(text), turtle.Options{Dialect: d, Lenient: func(*turtle.Error) {}}, func([]rdf.Quad) error { return boom }); err != boom {
			t.Errorf("%v, error of emit: %v", d, err)
		}
		r := io.MultiReader(strings.NewReader(text[:1000]), iotest.ErrReader(io.ErrUnexpectedEOF))
		if err := turtle.Parse(context.Background(), r, turtle.Options{Dialect: d, Lenient: func(*turtle.Error) {}}, func([]rdf.Quad) error { return nil }); err != io.ErrUnexpectedEOF {
			t.Errorf("%v, error of the reader: %v", d, err)
		}
	}
}

func TestPrefixesAndLabels(t *testing.T) {
	t.Parallel()
	prefixes := map[string]string{}
	quads, err := turtle.ParseString("@base <http://b/> . @prefix a: <x#> . @prefix a: <y#> . _:l a:p [] .", turtle.Options{
		Dialect: turtle.Turtle, BlankNodePrefix: "doc1-", Prefix: func(name, iri string) { prefixes[name] = iri },
	})
	if want := "_:doc1-l <http://b/y#p> _:doc1-anon0 .\n"; err != nil || nquads(quads) != want || prefixes["a"] != "http://b/y#" {
		t.Errorf("%s, %v, %v", nquads(quads), err, prefixes)
	}
	quads, err = turtle.ParseString("@prefix a: <http://x/> . a:s a:p a:o . @prefix a: <http://y/> . a:s a:p a:o .", turtle.Options{Dialect: turtle.Turtle})
	if want := "<http://x/s> <http://x/p> <http://x/o> .\n<http://y/s> <http://y/p> <http://y/o> .\n"; err != nil || nquads(quads) != want {
		t.Errorf("redeclared prefix: %s, %v", nquads(quads), err)
	}
}

// TestManyMistakes checks the places of many mistakes, which are counted from one another.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 30000
	for i := range n {
		b.WriteString(strings.Repeat("#\n", i%3) + "<http://e/æ> <http://e/p> x:y , \"æ\" , x:z .\n")
	}
	line, count := 0, 0
	o := turtle.Options{Dialect: turtle.Turtle, Lenient: func(e *turtle.Error) {
		if count%2 == 0 {
			line += 1 + count/2%3
		}
		if want := []int{27, 39}[count%2]; e.Line != line || e.Column != want {
			t.Fatalf("mistake %d is at line %d, column %d, not at line %d, column %d", count, e.Line, e.Column, line, want)
		}
		count++
	}}
	quads, err := turtle.ParseString(b.String(), o)
	if err != nil || len(quads) != n || count != 2*n {
		t.Errorf("%d quads, %d mistakes, %v", len(quads), count, err)
	}
}
