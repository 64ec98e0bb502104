package expr

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"triplestore/rdf"
	"triplestore/vocab"
)

var directTerms = []rdf.Term{
	{}, rdf.IRI("http://example.org/Abc"), rdf.BlankNode("b"), rdf.String(""), rdf.String("abc"), rdf.String("ABC ÆØÅ"), rdf.String("vei 12"),
	rdf.LangLiteral("abc", "nb"), rdf.LangLiteral("Ærlig vei 12", "en-GB"), rdf.DirLangLiteral("abc", "ar", rdf.RightToLeft),
	rdf.Literal("12", vocab.XSDInteger), rdf.String(" 1.5e3 "), rdf.LangLiteral("-7", "nb"), rdf.Literal("x", vocab.XSDInteger), rdf.Literal("2024-02-29", vocab.XSD+"date"),
	rdf.Literal("abc", "http://example.org/dt"), rdf.Literal("true", vocab.XSDBoolean), rdf.String("a\xffb"),
	rdf.TripleTerm(rdf.Triple{S: rdf.IRI("http://example.org/s"), P: rdf.IRI("http://example.org/p"), O: rdf.String("abc")}),
}

// randomText, randomCount and randomTest write expressions of ?x; some have parts that a Direct does not know.
func randomText(r *rand.Rand, depth int) string {
	if depth == 0 {
		return [...]string{"?x", "?x", "?x", `"abc"`, `"B"`, `"abc"@nb`, "7"}[r.IntN(7)]
	}
	a := randomText(r, depth-1)
	switch r.IntN(10) {
	case 0, 1:
		return "STR(" + a + ")"
	case 2:
		return "LCASE(" + a + ")"
	case 3:
		return "UCASE(" + a + ")"
	case 4:
		return "LANG(?x)"
	case 5:
		return fmt.Sprintf("SUBSTR(%s, %d)", a, r.IntN(5)-1)
	case 6:
		return fmt.Sprintf("SUBSTR(%s, %d, %d.5)", a, r.IntN(5)-1, r.IntN(4))
	case 7:
		return fmt.Sprintf("%s(%s, %q)", [...]string{"STRBEFORE", "STRAFTER"}[r.IntN(2)], a, [...]string{"b", "", "B", "e"}[r.IntN(4)])
	case 8:
		return "CONCAT(" + a + `, "b")`
	}
	return a
}

func randomCount(r *rand.Rand, depth int) string {
	if r.IntN(4) == 0 {
		return fmt.Sprint(r.IntN(13))
	}
	return "STRLEN(" + randomText(r, depth) + ")"
}

func randomTest(r *rand.Rand, depth int) string {
	op := [...]string{"=", "!=", "<", "<=", ">", ">="}[r.IntN(6)]
	switch n := r.IntN(12); {
	case n < 2 && depth > 0:
		return "(" + randomTest(r, depth-1) + " && " + randomTest(r, depth-1) + ")"
	case n == 2 && depth > 0:
		return "(" + randomTest(r, depth-1) + " || " + randomTest(r, depth-1) + ")"
	case n == 3 && depth > 0:
		return "!(" + randomTest(r, depth-1) + ")"
	case n == 4:
		return fmt.Sprintf("%s(?x)", [...]string{"isIRI", "isBLANK", "isLITERAL", "hasLANG", "BOUND", "isNUMERIC"}[r.IntN(6)])
	case n == 5:
		return fmt.Sprintf("REGEX(%s, %q)", randomText(r, 2), [...]string{"b", "^A.*C", "[0-9]$", "(", "a|x"}[r.IntN(5)])
	case n == 6:
		return fmt.Sprintf("LANGMATCHES(%s, %q)", randomText(r, 1), [...]string{"*", "nb", "EN"}[r.IntN(3)])
	case n == 7:
		return randomCount(r, 2) + " " + op + " " + randomCount(r, 2)
	case n <= 9:
		return fmt.Sprintf("%s(%s, %s)", [...]string{"CONTAINS", "STRSTARTS", "STRENDS"}[r.IntN(3)], randomText(r, 2), randomText(r, 0))
	}
	return randomText(r, 2) + " " + op + " " + randomText(r, r.IntN(2))
}

// TestDirectAgrees compares what a Direct gives with the evaluation of values.
func TestDirectAgrees(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	kinds := map[string]int{}
	for range 6000 {
		var text string
		switch r.IntN(6) {
		case 0:
			text = randomText(r, 1+r.IntN(3))
		case 2:
			text = "<" + vocab.XSD + "double>(" + randomText(r, 2) + ")"
		case 1:
			text = randomCount(r, 2)
		default:
			text = randomTest(r, r.IntN(4))
		}
		p, err := Compile(parse(t, text), CompileOptions{Slot: func(string) (int, bool) { return 0, true }})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		d := p.Direct()
		if d == nil {
			kinds["none"]++
			continue
		}
		c := &Context{}
		for _, x := range directTerms {
			want, wantErr := p.Eval(c, slotRow{FromTerm(x)})
			if wantErr != nil && !errors.Is(wantErr, ErrExpr) {
				t.Fatal(wantErr)
			}
			var got, expected any
			switch {
			case d.IsTest():
				kinds["test"]++
				expected = Failed
				if is, err := EBV(want); err == nil && wantErr == nil {
					expected = truth(is)
				}
				got, err = d.Test(c, &x)
			case d.IsCount():
				kinds["count"]++
				expected = rdf.Term{}
				if wantErr == nil {
					expected = want.Term()
				}
				n, ok, countErr := d.Count(c, &x)
				if got, err = any(rdf.Term{}), countErr; ok {
					got = Integer(n).Term()
				}
			case d.IsFloat():
				kinds["float"]++
				expected = rdf.Term{}
				if wantErr == nil {
					expected = want.Term()
				}
				f, ok, floatErr := d.Float(c, &x)
				if got, err = any(rdf.Term{}), floatErr; ok {
					got = Double(f).Term()
				}
			default:
				kinds["text"]++
				expected = rdf.Term{}
				if wantErr == nil {
					expected = want.Term()
				}
				got, err = d.Text(c, &x)
			}
			if err != nil || got != expected {
				t.Fatalf("%s of %v: %v and %v, want %v (seed %d)", text, x, got, err, expected, seed)
			}
		}
	}
	for _, k := range []string{"none", "test", "count", "text", "float"} {
		if kinds[k] < 50 {
			t.Errorf("%d of kind %s (seed %d)", kinds[k], k, seed)
		}
	}
}

func BenchmarkDirect(b *testing.B) {
	p, err := Compile(parse(b, `CONTAINS(LCASE(STR(?x)), "vei")`), CompileOptions{Slot: func(string) (int, bool) { return 0, true }})
	if err != nil {
		b.Fatal(err)
	}
	c, d, x := &Context{}, p.Direct(), rdf.LangLiteral("Ærlig vei 12", "en-GB")
	b.Run("direct", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Test(c, &x); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("values", func(b *testing.B) {
		for b.Loop() {
			if _, err := p.Eval(c, slotRow{FromTerm(x)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
