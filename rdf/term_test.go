package rdf

import "testing"

var terms = []Term{
	IRI("http://example.org/a"), IRI(""), BlankNode("b0"), String(""), String("a\"b\\c\nd\x01"), Literal("1", "http://www.w3.org/2001/XMLSchema#integer"),
	LangLiteral("hei", "nb"), DirLangLiteral("hei", "nb-no", LeftToRight),
	TripleTerm(Triple{IRI("s"), IRI("p"), TripleTerm(Triple{BlankNode("x"), IRI("p"), LangLiteral("o", "en")})}),
}

func TestBinaryRoundTrip(t *testing.T) {
	for _, want := range terms {
		got, err := DecodeBinary(want.AppendBinary(nil))
		if err != nil || got != want {
			t.Errorf("%v: got %v, %v", want, got, err)
		}
	}
}

func FuzzDecodeBinary(f *testing.F) {
	for _, t := range terms {
		f.Add(t.AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		term, err := DecodeBinary(b)
		if err != nil {
			return
		}
		again, err := DecodeBinary(term.AppendBinary(nil))
		if err != nil || again != term {
			t.Fatalf("%v became %v, %v", term, again, err)
		}
		_ = term.String()
	})
}

func TestTerm(t *testing.T) {
	for _, c := range []struct {
		term           Term
		text, datatype string
	}{
		{IRI("http://e/a b"), `<http://e/a\u0020b>`, ""},
		{Literal("x", "http://www.w3.org/2001/XMLSchema#string"), `"x"`, "http://www.w3.org/2001/XMLSchema#string"},
		{LangLiteral("x", "NB-no"), `"x"@nb-NO`, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"},
		{DirLangLiteral("x", "ar", RightToLeft), `"x"@ar--rtl`, "http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"},
		{terms[4], `"a\"b\\c\nd\u0001"`, "http://www.w3.org/2001/XMLSchema#string"},
		{terms[8], `<<( <s> <p> <<( _:x <p> "o"@en )>> )>>`, ""},
	} {
		if got := c.term.String(); got != c.text {
			t.Errorf("got %s, want %s", got, c.text)
		}
		if got := c.term.Datatype(); got != c.datatype {
			t.Errorf("%s: datatype %s", c.text, got)
		}
	}
	if Literal("x", "http://www.w3.org/2001/XMLSchema#string") != String("x") {
		t.Error("xsd:string is not the default datatype")
	}
}

func TestFormatLang(t *testing.T) {
	for in, want := range map[string]string{
		"nb": "nb", "NB": "nb", "nb-no": "nb-NO", "SR-LATN-rs": "sr-Latn-RS", "en-x-ab": "en-x-ab", "de-1996": "de-1996",
		"zh-cmn-hans-cn": "zh-cmn-Hans-CN", "i-klingon": "i-klingon", "en-a-bbbb-x-cc": "en-a-bbbb-x-cc",
	} {
		if got := FormatLang(in); got != want {
			t.Errorf("FormatLang(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for i, a := range terms {
		for j, b := range terms {
			if got := Compare(a, b); (got == 0) != (i == j) || got != -Compare(b, a) {
				t.Errorf("Compare(%v, %v) = %d", a, b, got)
			}
		}
	}
}
