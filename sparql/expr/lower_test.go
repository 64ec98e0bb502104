package expr

import (
	"strings"
	"testing"
	"unicode/utf8"

	"triplestore/rdf"
)

func TestAppendLower(t *testing.T) {
	t.Parallel()
	texts := []string{"", "abc", "ABC", "ÆØÅ æøå", "×÷ß", "İstanbul", "ΑΣΣ", "\xc3", "\xc3A", "a\xffB", "ẞ", "Ǆ", "日本"}
	for r := rune(0); r < 0x3000; r++ {
		texts = append(texts, "x"+string(r)+"Y")
	}
	for _, s := range texts {
		want := strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307")), "σσ", "σς")
		if got := lower(s); got != want {
			t.Errorf("lower(%q) = %q, want %q", s, got, want)
		}
		for limit := range 4 {
			got := string(appendLower(nil, s, limit))
			if !strings.HasPrefix(want, got) || len(got) < min(limit, len(want)) {
				t.Errorf("appendLower(%q, %d) = %q of %q", s, limit, got, want)
			}
		}
	}
}

func FuzzAppendLower(f *testing.F) {
	f.Add("ÆØÅ \xc3\x97")
	f.Fuzz(func(t *testing.T, s string) {
		got, want := string(appendLower(nil, s, -1)), strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307"))
		if plain := strings.NewReplacer("ς", "σ"); plain.Replace(got) != plain.Replace(want) && utf8.ValidString(s) {
			t.Errorf("appendLower(%q) = %q, want %q", s, got, want)
		}
	})
}

// TestCaseOfUnicode has what SpecialCasing.txt of Unicode says about letters whose other case is longer or depends on where they stand.
func TestCaseOfUnicode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, upper, lower string }{
		{"straße", "STRASSE", "straße"},
		{"ﬃ", "FFI", "ﬃ"},
		{"İ", "İ", "i\u0307"},
		{"ΐ", "Ι\u0308\u0301", "ΐ"},
		{"ᾳ", "ΑΙ", "ᾳ"}, {"ᾼ", "ΑΙ", "ᾳ"}, {"ᾷ", "Α\u0342Ι", "ᾷ"}, {"ᾀ", "ἈΙ", "ᾀ"}, {"ᾯ", "ὯΙ", "ᾧ"},
		{"և", "ԵՒ", "և"}, {"ﬗ", "ՄԽ", "ﬗ"},
		{"Σ", "Σ", "σ"}, {"ΣΑΣ", "ΣΑΣ", "σας"}, {"Α Σ", "Α Σ", "α σ"}, {"ΌΣΟΣ ΣΑΣ", "ΌΣΟΣ ΣΑΣ", "όσος σας"}, {"ΣΣΣ", "ΣΣΣ", "σσς"},
		{"ΑΣ.", "ΑΣ.", "ας."}, {"ΑΣ'Α", "ΑΣ'Α", "ασ'α"}, {"ΑΣ'", "ΑΣ'", "ας'"}, {"Α\u0301Σ\u0301", "Α\u0301Σ\u0301", "α\u0301ς\u0301"}, {"1Σ", "1Σ", "1σ"}, {"ΑΣ1", "ΑΣ1", "ας1"},
		{"ς", "Σ", "ς"},
	} {
		if got := upper(c.text); got != c.upper {
			t.Errorf("upper(%q) = %+q, want %+q", c.text, got, c.upper)
		}
		if got := lower(c.text); got != c.lower {
			t.Errorf("lower(%q) = %+q, want %+q", c.text, got, c.lower)
		}
	}
}

// slotRow is a row of one value.
type slotRow struct{ v Value }

func (r slotRow) Value(int) Value { return r.v }

func TestLowerTest(t *testing.T) {
	t.Parallel()
	for name, b := range stringTests {
		if name == "LCASE" {
			continue
		}
		plain := builtins[name]
		for _, x := range []rdf.Term{rdf.String("ABC"), rdf.LangLiteral("ABC", "nb"), rdf.String("ÅBc"), rdf.IRI("http://x/"), rdf.Literal("1", "http://www.w3.org/2001/XMLSchema#integer"), rdf.String("")} {
			for _, k := range []rdf.Term{rdf.String("a"), rdf.String("bc"), rdf.String(""), rdf.LangLiteral("a", "nb"), rdf.LangLiteral("a", "en"), rdf.IRI("http://x/"), rdf.String("å")} {
				fused := b.node([]node{&lowerNode{varNode(0)}, &constNode{FromTerm(k)}})
				if _, ok := fused.(*lowerTest); !ok {
					t.Fatalf("%s: %T", name, fused)
				}
				low, lowErr := (&lowerNode{varNode(0)}).eval(nil, slotRow{FromTerm(x)})
				want, wantErr := Value{}, lowErr
				if lowErr == nil {
					want, wantErr = plain.node([]node{varNode(0), &constNode{FromTerm(k)}}).eval(nil, slotRow{low})
				}
				got, err := fused.eval(&Context{}, slotRow{FromTerm(x)})
				if (err != nil) != (wantErr != nil) || err == nil && got.Term() != want.Term() {
					t.Errorf("%s(LCASE(%v), %v) = %v, %v; want %v, %v", name, x, k, got, err, want, wantErr)
				}
			}
		}
	}
}

// TestTextPrefix: where the prefixes of two texts of a class differ, they say how the texts are ordered.
func TestTextPrefix(t *testing.T) {
	t.Parallel()
	var vals []Value
	for _, s := range []string{"", "a", "a\x00", "b", "abcdefgh", "abcdefgi", "abcdefghi", "å", "Å", "zzzzzzzzzz", "\xff"} {
		vals = append(vals, FromTerm(rdf.String(s)), FromTerm(rdf.LangLiteral(s, "nb")), FromTerm(rdf.IRI(s)), FromTerm(rdf.Literal(s, "http://e/t")), FromTerm(rdf.BlankNode(s)))
	}
	vals = append(vals, Value{}, Integer(1))
	for i := range vals {
		for j := range vals {
			a, b := &vals[i], &vals[j]
			ca, pa, oka := a.TextPrefix()
			if c, p, ok := TextPrefix(a.Term()); c != ca || p != pa || ok != oka {
				t.Errorf("%v: %d, %x, %v as a term, %d, %x, %v as a value", a.Term(), c, p, ok, ca, pa, oka)
			}
			cb, pb, okb := b.TextPrefix()
			if !oka || !okb || ca == cb && pa == pb {
				continue
			}
			less := pa < pb
			if ca != cb {
				less = ca < cb
			}
			if want := Order(*a, *b); less != (want < 0) {
				t.Errorf("%v and %v: %x, %x, order %d", a.Term(), b.Term(), pa, pb, want)
			}
		}
	}
}
