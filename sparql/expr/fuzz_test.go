package expr

import (
	"context"
	"sync"
	"testing"

	"triplestore/rdf"
	"triplestore/vocab"
)

// FuzzRegex: whatever the pattern, it compiles or is refused; the fast paths agree with the regular expression.
func FuzzRegex(f *testing.F) {
	for _, p := range []string{"", "a", "^a$", "[a-z-[aeiou]]", `\p{L}+\i\c\d\w\s`, `(a)\1`, "a{2,3}", "(?:x|y)*", `[^\S-]`, `\p{IsGreek}`, "((((", "a**"} {
		f.Add(p, "", "abba")
		f.Add(p, "smix", "aBba\n")
	}
	f.Add("K", "i", "K")
	for _, p := range []string{"(skole|school).*(data|register)", "^(ab|cd)", "(abc|bc)$", "^(?:a|b|cde)$", "[ab]c?d", "(abc.*|d[ef]g)h+", "(?:abc|ab)|b", "x*(abc)+|def", "kå|æø"} {
		f.Add(p, "i", "skole DATA")
		f.Add(p, "", "abcdegh")
		f.Add(p, "mq", "a|b")
	}
	f.Fuzz(func(t *testing.T, pattern, flags, text string) {
		m, err := compileRegexp(pattern, flags)
		if err != nil || m == nil {
			return
		}
		for range 2 {
			got, err := m.match(context.Background(), text)
			if err != nil {
				return
			}
			if m.re != nil && m.doubtful(text) {
				checkLines(t, m, pattern, flags, text, got)
			} else if m.re != nil && got != m.re.MatchString(text) {
				t.Errorf("pattern %q, flags %q, text %q: the fast path says %v", pattern, flags, text, got)
			}
			if got && !m.need.in(text) {
				t.Errorf("pattern %q, flags %q, text %q lacks what is required", pattern, flags, text)
			}
			m.quick.seen.Store(worthAutomaton) // so that the second time there is an automaton
		}
		if !m.empty && len(text) < 1000 {
			if _, _, err := m.replace(context.Background(), text, "[$0]"); err != nil && err != ErrRegexTimeout {
				t.Errorf("replace: %v", err)
			}
		}
	})
}

// FuzzValues: decoding and all operators take any literals.
func FuzzValues(f *testing.F) {
	f.Add("1", "integer", "2.5", "decimal")
	f.Add("2024-01-01T00:00:00Z", "dateTime", "P1D", "dayTimeDuration")
	f.Add("INF", "double", "-1", "byte")
	f.Fuzz(func(t *testing.T, x, dx, y, dy string) {
		a, b := FromTerm(rdf.Literal(x, vocab.XSD+dx)), FromTerm(rdf.Literal(y, vocab.XSD+dy))
		if Order(a, b) != -Order(b, a) || Order(a, a) != 0 {
			t.Errorf("the order of %v and %v is not antisymmetric", a.Term(), b.Term())
		}
		_, _ = EBV(a)
		for op := OpEqual; op <= OpGreaterEqual; op++ {
			_, _ = Compare(op, a, b)
		}
		for op := opAdd; op <= opDiv; op++ {
			v, err := arith(op, &a, &b)
			if err != nil {
				continue
			}
			again := FromTerm(v.Term())
			if again.kind != v.kind || Order(again, v) != 0 {
				t.Errorf("%v op %d %v = %v, which does not read back", a.Term(), op, b.Term(), v.Term())
			}
		}
	})
}

// TestConcurrent runs one program in many goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	p, err := compileText(t, `REGEX(?long, CONCAT("qu", "ick")) && ?int + 1 > 7 && REGEX(?long, STR("fox"), "i") && REPLACE(?long, "(q)u", "$1") != ""`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := testContext()
			for range 200 {
				if ok, err := p.EvalBool(c, testValues); !ok || err != nil {
					t.Errorf("%v, %v", ok, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

var benchmarks = []struct{ name, text string }{
	{"compare", "?int > 5"}, {"logic", "?int > 5 && ?int < 10 || ?none"}, {"arithmetic", "?int * 2 + 1 > 10"}, {"decimal", "?int * 1.25 > 1.5"},
	{"lang", `LANG(?lang) = "nb"`}, {"langMatches", `LANGMATCHES(LANG(?lang), "nb")`}, {"datatype", "DATATYPE(?int) = xsd:integer"},
	{"contains", `CONTAINS(?long, "brown")`}, {"strstarts", `STRSTARTS(STR(?iri), "http://example.org/")`}, {"regexLiteral", `REGEX(?long, "BROWN", "i")`},
	{"regexPrefix", `REGEX(?long, "^The q")`}, {"regex", `REGEX(?long, "b[a-z]+n")`}, {"in", "?iri IN (ex:a, ex:b, ex:c, ex:d, ex:x)"}, {"isIRI", "isIRI(?iri)"},
	{"strlen", "STRLEN(?long) > 3"},
}

func BenchmarkEval(b *testing.B) {
	for _, x := range benchmarks {
		b.Run(x.name, func(b *testing.B) {
			p, err := compileText(b, x.text)
			if err != nil {
				b.Fatal(err)
			}
			c := testContext()
			var row Row = testValues
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.EvalBool(c, row); fatal(err) {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestNoAllocations holds the common filters to none per row.
func TestNoAllocations(t *testing.T) {
	for _, x := range benchmarks {
		p, err := compileText(t, x.text)
		if err != nil {
			t.Fatal(err)
		}
		c := testContext()
		var row Row = testValues
		if n := testing.AllocsPerRun(100, func() { _, _ = p.EvalBool(c, row) }); n > 0 {
			t.Errorf("%s: %v allocations a row", x.text, n)
		}
	}
}
