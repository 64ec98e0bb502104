package expr

import (
	"errors"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
	"triplestore/vocab"
)

// parse gives the algebra of an expression.
func parse(tb testing.TB, text string) algebra.Expr {
	tb.Helper()
	q, err := syntax.ParseQuery("SELECT * { BIND("+text+" AS ?result_) }", syntax.Options{
		Base:     "http://example.org/base/",
		Prefixes: map[string]string{"xsd": vocab.XSD, "rdf": vocab.RDF, "ex": "http://example.org/", "f": "http://example.org/f#"},
	})
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	a, err := algebra.Translate(q)
	if err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	for op := a.Pattern; ; {
		switch o := op.(type) {
		case *algebra.Project:
			op = o.In
		case *algebra.Extend:
			return o.Expr
		default:
			tb.Fatalf("%s: %T in the pattern", text, op)
		}
	}
}

// testRow has the variables of the tests.
type testRow []Value

func (r testRow) Value(slot int) Value { return r[slot] }

var testVars = map[string]int{"iri": 0, "blank": 1, "none": 2, "int": 3, "ill": 4, "lang": 5, "unknown": 6, "long": 7, "nan": 8}

var testValues = testRow{
	IRI("http://example.org/x"), FromTerm(rdf.BlankNode("b")), {}, Integer(7), FromTerm(rdf.Literal("x", vocab.XSDInteger)),
	FromTerm(rdf.LangLiteral("Ærlig", "nb")), FromTerm(rdf.Literal("a", "http://example.org/dt")), String("The quick brown fox"),
	FromTerm(rdf.Literal("NaN", vocab.XSDDouble)),
}

func compileText(tb testing.TB, text string) (*Program, error) {
	tb.Helper()
	return Compile(parse(tb, text), CompileOptions{
		Slot:     func(name string) (int, bool) { s, ok := testVars[name]; return s, ok },
		Function: func(iri string) bool { return iri == "http://example.org/f#twice" },
	})
}

func testContext() *Context {
	return &Context{
		Base: "http://example.org/base/", Now: time.Date(2024, 2, 29, 12, 30, 15, 500_000_000, time.UTC),
		Functions: map[string]Function{"http://example.org/f#twice": func(_ *Context, args []Value) (Value, error) {
			return arith(opAdd, &args[0], &args[0])
		}},
	}
}

// check evaluates each text; the result is a term as in N-Triples with ^^xsd:x for short, or "error".
func check(t *testing.T, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		p, err := compileText(t, c[0])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		got := "error"
		if v, err := p.Eval(testContext(), testValues); err == nil {
			got = short(v.Term())
		} else if !errors.Is(err, ErrExpr) {
			got = err.Error()
		}
		if got != c[1] {
			t.Errorf("%s = %s, want %s", c[0], got, c[1])
		}
	}
}

// short writes xsd:boolean and xsd:integer bare and other datatypes of xsd with a prefix.
func short(t rdf.Term) string {
	switch t.Datatype() {
	case vocab.XSDBoolean, vocab.XSDInteger:
		return t.Value()
	}
	s := t.String()
	const long = "^^<" + vocab.XSD
	for i := 0; i+len(long) < len(s); i++ {
		if s[i:i+len(long)] == long {
			return s[:i] + "^^xsd:" + s[i+len(long):len(s)-1]
		}
	}
	return s
}

func TestLogic(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"true && true", "true"}, {"true && false", "false"}, {"false && ?none", "false"}, {"?none && false", "false"},
		{"true && ?none", "error"}, {"?none && true", "error"}, {"?none && ?none", "error"},
		{"true || ?none", "true"}, {"?none || true", "true"}, {"false || ?none", "error"}, {"?none || ?none", "error"},
		{"false || false", "false"}, {"!true", "false"}, {"!?none", "error"}, {"!?iri", "error"}, {"!0", "true"}, {"!\"\"", "true"},
		{"!\"a\"", "false"}, {"!\"a\"@en", "error"}, {"!?ill", "error"}, {"!?unknown", "error"}, {"!?nan", "true"}, {"!0.0", "true"},
		{"!\"x\"^^xsd:boolean", "error"}, {"!\"2024-01-01\"^^xsd:date", "error"}, {"!0e0", "true"}, {"!1e0", "false"},
		{"IF(true, 1, ?none)", "1"}, {"IF(false, 1, ?none)", "error"}, {"IF(?none, 1, 2)", "error"}, {"IF(\"\", 1, 2)", "2"},
		{"COALESCE(?none, 1/0, 3)", "3"}, {"COALESCE(?none)", "error"}, {"COALESCE()", "error"},
		{"BOUND(?none)", "false"}, {"BOUND(?int)", "true"}, {"BOUND(?nowhere)", "false"},
		{"1 IN (1, 2)", "true"}, {"1 IN ()", "false"}, {"1 NOT IN ()", "true"}, {"1 IN (?none, 1)", "true"},
		{"1 IN (?none, 2)", "error"}, {"1 NOT IN (?none, 1)", "false"}, {"1 NOT IN (?none, 2)", "error"}, {"1 IN (1.0)", "true"},
		{"1 NOT IN (2, 3)", "true"}, {"?none IN (1)", "error"}, {"?iri IN (ex:a, ex:b, ex:c, ex:d, ex:x)", "true"},
		{"?int NOT IN (ex:a, ex:b, ex:c, ex:d, ex:x)", "true"}, {"2 IN (1/0, 2)", "true"}, {"2 IN (2, 3, 1/0)", "true"},
	})
}

func TestComparison(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"1 = 1.0", "true"}, {"1 = 1e0", "true"}, {"1 != 2", "true"}, {"1 < 2", "true"}, {"2 <= 2.0", "true"}, {"3 >= 4", "false"},
		{"0.1 = 1e-1", "true"}, {"\"1\"^^xsd:byte = 1", "true"}, {"\"01\"^^xsd:integer = 1", "true"}, {"?nan = ?nan", "false"},
		{"?nan != ?nan", "true"}, {"?nan < 1", "false"}, {"?nan >= 1", "false"}, {"\"0.1\"^^xsd:float = 0.1", "true"},
		{"\"0.1\"^^xsd:float = 1e-1", "false"}, {"\"INF\"^^xsd:double > 99999999999999999999", "true"},
		{"99999999999999999999999 > 99999999999999999998", "true"}, {"9223372036854775807 < 9223372036854775808", "true"},
		{"\"a\" < \"b\"", "true"}, {"\"a\" = \"a\"", "true"}, {"\"a\" = \"a\"@en", "false"}, {"\"a\"@en = \"a\"@EN", "true"},
		{"\"a\"@en < \"b\"@en", "error"}, {"\"a\" < 1", "error"}, {"\"a\" = 1", "false"}, {"\"a\" != 1", "true"},
		{"\"abc\" < \"abcd\"", "true"}, {"true > false", "true"}, {"true = true", "true"}, {"true = 1", "false"},
		{"?iri = ex:x", "true"}, {"?iri != ex:y", "true"}, {"?iri < ex:y", "error"}, {"?blank = ?blank", "true"}, {"?blank = ?iri", "false"},
		{"?unknown = ?unknown", "true"}, {"?unknown = \"b\"^^ex:dt", "error"}, {"?unknown != \"b\"^^ex:dt", "error"},
		{"?unknown = \"a\"^^ex:other", "error"}, {"?unknown = 1", "error"}, {"?unknown = ?iri", "false"}, {"?unknown = ?lang", "false"}, {"?unknown != ?lang", "true"}, {"?ill = ?ill", "true"},
		{"?ill = 1", "error"}, {"?ill < 1", "error"}, {"?none = 1", "error"},
		{"\"2024-01-01T00:00:00Z\"^^xsd:dateTime = \"2024-01-01T01:00:00+01:00\"^^xsd:dateTime", "true"},
		{"\"2024-01-01T00:00:00\"^^xsd:dateTime = \"2024-01-01T00:00:00Z\"^^xsd:dateTime", "error"},
		{"\"2024-01-01T00:00:00\"^^xsd:dateTime < \"2024-01-02T00:00:00Z\"^^xsd:dateTime", "true"},
		{"\"2024-01-03T00:00:00\"^^xsd:dateTime != \"2024-01-02T00:00:00Z\"^^xsd:dateTime", "true"},
		{"\"2024-01-01\"^^xsd:date < \"2024-01-02\"^^xsd:date", "true"}, {"\"2024-01-01\"^^xsd:date != \"2024-01-01T00:00:00\"^^xsd:dateTime", "true"},
		{"\"2023-12-31T24:00:00Z\"^^xsd:dateTime = \"2024-01-01T00:00:00Z\"^^xsd:dateTime", "true"},
		{"\"-0044-03-15\"^^xsd:date < \"0044-03-15\"^^xsd:date", "true"}, {"\"12024\"^^xsd:gYear > \"2024\"^^xsd:gYear", "true"},
		{"\"P1Y\"^^xsd:duration = \"P12M\"^^xsd:yearMonthDuration", "true"}, {"\"PT24H\"^^xsd:dayTimeDuration = \"P1D\"^^xsd:duration", "true"},
		{"\"P1M\"^^xsd:duration < \"P30D\"^^xsd:duration", "error"}, {"\"P1M\"^^xsd:duration < \"P32D\"^^xsd:duration", "true"},
		{"sameTerm(1, 1.0)", "false"}, {"sameTerm(1, 01)", "false"}, {"sameTerm(?int, 7)", "true"}, {"sameTerm(?int, 6+1)", "true"},
		{"sameTerm(?nan, ?nan)", "true"}, {"sameTerm(0e0/0e0, xsd:double(\"NaN\"))", "true"}, {"sameTerm(0e0/0e0, xsd:float(\"NaN\"))", "false"}, {"sameTerm(1.5+1.5, 3.0)", "false"}, {"sameTerm(1.25+1.25, 2.5)", "true"},
	})
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"1 + 2", "3"}, {"1 - 2", "-1"}, {"3 * 4", "12"}, {"6 / 4", `"1.5"^^xsd:decimal`}, {"6 / 3", `"2"^^xsd:decimal`},
		{"1 / 3", `"0.333333333333333333"^^xsd:decimal`}, {"2 / 3", `"0.666666666666666667"^^xsd:decimal`}, {"1 / 0", "error"},
		{"1.0 / 0", "error"}, {"1e0 / 0", `"INF"^^xsd:double`}, {"-1e0 / 0", `"-INF"^^xsd:double`}, {"0e0 / 0", `"NaN"^^xsd:double`},
		{"0.1 + 0.2", `"0.3"^^xsd:decimal`}, {"1.10 + 1", `"2.1"^^xsd:decimal`}, {"1 + 1e0", `"2.0E0"^^xsd:double`},
		{"9223372036854775807 + 1", "9223372036854775808"}, {"9223372036854775807 * 9223372036854775807", "85070591730234615847396907784232501249"},
		{"-9223372036854775808 - 1", "-9223372036854775809"}, {"9223372036854775808 - 1", "9223372036854775807"},
		{"0.000000001 * 0.000000001", `"0.000000000000000001"^^xsd:decimal`}, {"123456789.123456789 * 987654321.987654321", `"121932631356500531.347203169112635269"^^xsd:decimal`},
		{"\"1\"^^xsd:byte + \"1\"^^xsd:byte", "2"}, {"\"1\"^^xsd:float + 1", `"2.0E0"^^xsd:float`}, {"\"1\"^^xsd:float + 1e0", `"2.0E0"^^xsd:double`},
		{"1 + \"1\"", "error"}, {"1 + ?iri", "error"}, {"1 + ?none", "error"}, {"1 + ?ill", "error"}, {"true + 1", "error"},
		{"-?int", "-7"}, {"+?int", "7"}, {"-(\"a\")", "error"}, {"-(9223372036854775808)", "-9223372036854775808"}, {"-(2.5)", `"-2.5"^^xsd:decimal`},
		{"ABS(-3)", "3"}, {"ABS(-2.5)", `"2.5"^^xsd:decimal`}, {"ABS(-2.5e0)", `"2.5E0"^^xsd:double`}, {"ABS(\"x\")", "error"},
		{"ROUND(2.5)", `"3"^^xsd:decimal`}, {"ROUND(-2.5)", `"-2"^^xsd:decimal`}, {"ROUND(2.4999)", `"2"^^xsd:decimal`},
		{"ROUND(-0.2e0)", `"-0.0E0"^^xsd:double`}, {"ROUND(2.5e0)", `"3.0E0"^^xsd:double`}, {"CEIL(2.1)", `"3"^^xsd:decimal`}, {"CEIL(-2.1)", `"-2"^^xsd:decimal`},
		{"FLOOR(-2.1)", `"-3"^^xsd:decimal`}, {"FLOOR(2.9e0)", `"2.0E0"^^xsd:double`}, {"FLOOR(7)", "7"}, {"CEIL(\"a\")", "error"},
		{"f:twice(4)", "8"}, {"f:twice(\"a\")", "error"},
		{"\"2024-01-31\"^^xsd:date + \"P1M\"^^xsd:yearMonthDuration", `"2024-02-29"^^xsd:date`},
		{"\"2024-01-01T00:00:00Z\"^^xsd:dateTime + \"PT36H\"^^xsd:dayTimeDuration", `"2024-01-02T12:00:00Z"^^xsd:dateTime`},
		{"\"2024-03-01\"^^xsd:date - \"2024-02-01\"^^xsd:date", `"P29D"^^xsd:dayTimeDuration`},
		{"\"2024-01-01T00:00:01.5Z\"^^xsd:dateTime - \"2024-01-01T01:00:00+01:00\"^^xsd:dateTime", `"PT1.5S"^^xsd:dayTimeDuration`},
		{"\"2024-01-01\"^^xsd:date - \"P1D\"^^xsd:dayTimeDuration", `"2023-12-31"^^xsd:date`}, {"\"23:30:00\"^^xsd:time + \"PT1H\"^^xsd:dayTimeDuration", `"00:30:00"^^xsd:time`},
		{"\"P1D\"^^xsd:dayTimeDuration * 2.5", `"P2DT12H"^^xsd:dayTimeDuration`}, {"\"P1D\"^^xsd:dayTimeDuration / \"PT6H\"^^xsd:dayTimeDuration", `"4"^^xsd:decimal`},
		{"\"P1Y\"^^xsd:yearMonthDuration + \"P2M\"^^xsd:yearMonthDuration", `"P1Y2M"^^xsd:yearMonthDuration`},
		{"\"2024-01-01\"^^xsd:date + 1", "error"}, {"\"2024-01-01\"^^xsd:date + \"2024-01-01\"^^xsd:date", "error"},
	})
}

func TestStrings(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"STR(?iri)", `"http://example.org/x"`}, {"STR(?blank)", "error"}, {"STR(?lang)", `"Ærlig"`}, {"STR(1 + 1.5)", `"2.5"`},
		{"STR(1e0 + 1)", `"2.0E0"`}, {"STR(\"01\"^^xsd:integer)", `"01"`}, {"STR(true)", `"true"`}, {"STR(1e3)", `"1e3"`},
		{"LANG(?lang)", `"nb"`}, {"LANG(\"a\")", `""`}, {"LANG(?iri)", "error"}, {"LANG(?int)", `""`},
		{"DATATYPE(1)", "<" + vocab.XSDInteger + ">"}, {"DATATYPE(\"a\")", "<" + vocab.XSDString + ">"}, {"DATATYPE(?lang)", "<" + vocab.RDFLangString + ">"},
		{"DATATYPE(?iri)", "error"}, {"DATATYPE(1 + 1.5)", "<" + vocab.XSDDecimal + ">"}, {"DATATYPE(?unknown)", "<http://example.org/dt>"},
		{"STRLEN(?lang)", "5"}, {"STRLEN(\"日本語😀\")", "4"}, {"STRLEN(7)", "error"}, {"STRLEN(\"\")", "0"},
		{"SUBSTR(\"foobar\", 4)", `"bar"`}, {"SUBSTR(\"foobar\", 4, 1)", `"b"`}, {"SUBSTR(\"foobar\"@en, 4)", `"bar"@en`}, {"SUBSTR(\"foobar\", 0)", `"foobar"`},
		{"SUBSTR(\"foobar\", 0, 2)", `"f"`}, {"SUBSTR(\"foobar\", -1, 3)", `"f"`}, {"SUBSTR(\"foobar\", 7)", `""`}, {"SUBSTR(\"foobar\", 2, 100)", `"oobar"`},
		{"SUBSTR(\"foobar\", 1.5, 2.6)", `"oob"`}, {"SUBSTR(\"foobar\", ?nan)", `""`}, {"SUBSTR(\"日本語\", 2, 1)", `"本"`}, {"SUBSTR(1, 1)", "error"},
		{"SUBSTR(\"a\", \"b\")", "error"}, {"SUBSTR(\"foobar\", 3, 0)", `""`}, {"SUBSTR(\"foobar\", 3, -2)", `""`},
		{"SUBSTR(\"12345\", \"-INF\"^^xsd:double, \"INF\"^^xsd:double)", `""`}, {"SUBSTR(\"12345\", -42, \"INF\"^^xsd:double)", `"12345"`},
		{"UCASE(\"straße\")", `"STRASSE"`}, {"UCASE(?lang)", `"ÆRLIG"@nb`}, {"LCASE(\"ÆØÅ\"@nb)", `"æøå"@nb`}, {"UCASE(1)", "error"},
		{"STRSTARTS(\"foobar\", \"foo\")", "true"}, {"STRSTARTS(\"foobar\"@en, \"foo\")", "true"}, {"STRSTARTS(\"foobar\"@en, \"foo\"@en)", "true"},
		{"STRSTARTS(\"foobar\", \"foo\"@en)", "error"}, {"STRSTARTS(\"foobar\"@en, \"foo\"@fr)", "error"}, {"STRENDS(\"foobar\", \"bar\")", "true"},
		{"STRENDS(?iri, \"x\")", "error"}, {"CONTAINS(?long, \"quick\")", "true"}, {"CONTAINS(?long, \"\")", "true"}, {"CONTAINS(?long, \"slow\")", "false"},
		{"STRBEFORE(\"abc\", \"b\")", `"a"`}, {"STRBEFORE(\"abc\"@en, \"bc\")", `"a"@en`}, {"STRBEFORE(\"abc\"@en, \"b\"@cy)", "error"}, {"STRBEFORE(\"abc\"@en, \"\"@en)", `""@en`},
		{"STRBEFORE(\"abc\", \"xyz\")", `""`}, {"STRBEFORE(\"abc\"@en, \"z\"@en)", `""`}, {"STRBEFORE(\"abc\"@en, \"z\")", `""`}, {"STRBEFORE(\"abc\"@en, \"\")", `""@en`},
		{"STRAFTER(\"abc\", \"b\")", `"c"`}, {"STRAFTER(\"abc\"@en, \"ab\")", `"c"@en`}, {"STRAFTER(\"abc\"@en, \"z\")", `""`}, {"STRAFTER(\"abc\"@en, \"\")", `"abc"@en`}, {"STRAFTER(\"abc\", \"b\"@cy)", "error"},
		{"ENCODE_FOR_URI(\"Los Angeles\")", `"Los%20Angeles"`}, {"ENCODE_FOR_URI(\"~bébé-_.\"@fr)", `"~b%C3%A9b%C3%A9-_."`}, {"ENCODE_FOR_URI(1)", "error"},
		{"CONCAT(\"a\", \"b\")", `"ab"`}, {"CONCAT(\"a\"@en, \"b\"@en)", `"ab"@en`}, {"CONCAT(\"a\"@en, \"b\")", `"ab"`}, {"CONCAT(\"a\"@en, \"b\"@fr)", `"ab"`}, {"CONCAT()", `""`}, {"CONCAT(\"a\", 1)", "error"},
		{"LANGMATCHES(\"en-GB\", \"en\")", "true"}, {"LANGMATCHES(\"en\", \"EN-gb\")", "false"}, {"LANGMATCHES(\"\", \"*\")", "false"}, {"LANGMATCHES(\"nb\", \"*\")", "true"},
		{"LANGMATCHES(\"eng\", \"en\")", "false"}, {"LANGMATCHES(LANG(?lang), \"nb\")", "true"}, {"LANGMATCHES(\"\", \"\")", "true"}, {"LANGMATCHES(\"en\", \"\")", "false"},
		{"MD5(\"abc\")", `"900150983cd24fb0d6963f7d28e17f72"`}, {"SHA1(\"abc\")", `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{"SHA256(\"abc\")", `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`}, {"MD5(?iri)", "error"}, {"MD5(\"a\"@en)", "error"},
		{"STRLEN(SHA384(\"abc\"))", "96"}, {"STRLEN(SHA512(\"abc\"))", "128"}, {"SUBSTR(SHA512(\"\"), 1, 8)", `"cf83e135"`},
	})
}

func TestTerms(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"isIRI(?iri)", "true"}, {"isURI(?int)", "false"}, {"isBLANK(?blank)", "true"}, {"isLITERAL(?lang)", "true"}, {"isLITERAL(?iri)", "false"},
		{"isNUMERIC(?int)", "true"}, {"isNUMERIC(?ill)", "false"}, {"isNUMERIC(\"1\")", "false"}, {"isNUMERIC(\"300\"^^xsd:byte)", "false"}, {"isIRI(?none)", "error"},
		{"STRDT(\"1\", xsd:integer)", "1"}, {"STRDT(\"x\"@en, xsd:integer)", "error"}, {"STRDT(\"x\", \"y\")", "error"}, {"STRDT(\"x\", rdf:langString)", "error"},
		{"STRLANG(\"x\", \"NB-no\")", `"x"@nb-NO`}, {"STRLANG(\"x\"@en, \"nb\")", "error"}, {"STRLANG(\"x\", \"\")", "error"},
		{"STRLANGDIR(\"x\", \"he\", \"rtl\")", `"x"@he--rtl`}, {"STRLANGDIR(\"x\", \"he\", \"up\")", "error"}, {"LANGDIR(STRLANGDIR(\"x\", \"he\", \"rtl\"))", `"rtl"`},
		{"LANGDIR(?lang)", `""`}, {"hasLANG(?lang)", "true"}, {"hasLANG(\"x\")", "false"}, {"hasLANGDIR(?lang)", "false"}, {"hasLANGDIR(STRLANGDIR(\"x\", \"he\", \"ltr\"))", "true"},
		{"IRI(\"y\")", "<http://example.org/base/y>"}, {"IRI(\"urn:a:b\")", "<urn:a:b>"}, {"IRI(?iri)", "<http://example.org/x>"}, {"IRI(1)", "error"}, {"URI(\"a b\")", "error"},
		{"IRI(\"x\"@en)", "error"},
		{"isBLANK(BNODE())", "true"}, {"isBLANK(BNODE(\"a\"))", "true"}, {"BNODE(1)", "error"}, {"BNODE(\"a\") = BNODE(\"a\")", "true"}, {"BNODE(\"a\") = BNODE(\"b\")", "false"}, {"BNODE() = BNODE()", "false"},
		{"STRLEN(STRUUID())", "36"}, {"REGEX(STR(UUID()), \"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$\")", "true"}, {"UUID() = UUID()", "false"},
		{"RAND() < 1", "true"}, {"RAND() >= 0", "true"},
		{"NOW()", `"2024-02-29T12:30:15.5Z"^^xsd:dateTime`}, {"YEAR(NOW())", "2024"}, {"MONTH(NOW())", "2"}, {"DAY(NOW())", "29"}, {"HOURS(NOW())", "12"}, {"MINUTES(NOW())", "30"},
		{"SECONDS(NOW())", `"15.5"^^xsd:decimal`}, {"SECONDS(\"2024-01-01T00:00:07Z\"^^xsd:dateTime)", `"7"^^xsd:decimal`}, {"YEAR(\"-0044-03-15\"^^xsd:date)", "-44"}, {"YEAR(\"x\")", "error"}, {"HOURS(\"2024-01-01\"^^xsd:date)", "error"},
		{"HOURS(\"2024-01-01T23:00:00-05:00\"^^xsd:dateTime)", "23"}, {"DAY(\"2024-01-01T24:00:00\"^^xsd:dateTime)", "2"},
		{"TIMEZONE(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)", `"-PT5H"^^xsd:dayTimeDuration`}, {"TIMEZONE(NOW())", `"PT0S"^^xsd:dayTimeDuration`}, {"TIMEZONE(\"2011-01-10T14:45:13\"^^xsd:dateTime)", "error"},
		{"TZ(\"2011-01-10T14:45:13.815-05:00\"^^xsd:dateTime)", `"-05:00"`}, {"TZ(NOW())", `"Z"`}, {"TZ(\"2011-01-10T14:45:13\"^^xsd:dateTime)", `""`}, {"TZ(\"2011-01-10T14:45:13+00:00\"^^xsd:dateTime)", `"+00:00"`}, {"TZ(1)", "error"},
		{"isTRIPLE(TRIPLE(ex:s, ex:p, 1))", "true"}, {"SUBJECT(TRIPLE(ex:s, ex:p, 1))", "<http://example.org/s>"}, {"OBJECT(TRIPLE(ex:s, ex:p, 1))", "1"}, {"PREDICATE(TRIPLE(ex:s, ex:p, 1))", "<http://example.org/p>"},
		{"TRIPLE(1, ex:p, 1)", "error"}, {"TRIPLE(ex:s, \"p\", 1)", "error"}, {"SUBJECT(1)", "error"}, {"TRIPLE(ex:s, ex:p, 1) = TRIPLE(ex:s, ex:p, 1.0)", "true"}, {"sameTerm(TRIPLE(ex:s, ex:p, 1), TRIPLE(ex:s, ex:p, 1.0))", "false"},
	})
}

func TestCasts(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{"xsd:integer(\"7\")", "7"}, {"xsd:integer(\" 7 \")", "7"}, {"xsd:integer(2.9)", "2"}, {"xsd:integer(-2.9e0)", "-2"}, {"xsd:integer(\"2.5\")", "error"}, {"xsd:integer(true)", "1"},
		{"xsd:integer(?nan)", "error"}, {"xsd:integer(\"INF\"^^xsd:double)", "error"}, {"xsd:integer(?iri)", "error"}, {"xsd:integer(1e20)", "100000000000000000000"},
		{"xsd:decimal(\"1.50\")", `"1.5"^^xsd:decimal`}, {"xsd:decimal(1e-1)", `"0.1"^^xsd:decimal`}, {"xsd:decimal(3)", `"3"^^xsd:decimal`}, {"xsd:decimal(\"1e3\")", "error"}, {"xsd:decimal(false)", `"0"^^xsd:decimal`},
		{"xsd:decimal(\"0.1\"^^xsd:float)", `"0.1"^^xsd:decimal`},
		{"xsd:double(1)", `"1.0E0"^^xsd:double`}, {"xsd:double(\"1\")", `"1.0E0"^^xsd:double`}, {"xsd:double(0.5)", `"5.0E-1"^^xsd:double`}, {"xsd:double(\"abc\")", "error"}, {"xsd:float(1.5)", `"1.5E0"^^xsd:float`}, {"xsd:double(123456)", `"1.23456E5"^^xsd:double`},
		{"xsd:boolean(\"true\")", "true"}, {"xsd:boolean(\"1\") = true", "true"}, {"xsd:boolean(\"yes\")", "error"}, {"xsd:boolean(0)", "false"}, {"xsd:boolean(?nan)", "false"}, {"xsd:boolean(2.5)", "true"}, {"xsd:boolean(?iri)", "error"},
		{"xsd:string(?iri)", `"http://example.org/x"`}, {"xsd:string(1.0)", `"1"`}, {"xsd:string(1e6)", `"1.0E6"`}, {"xsd:string(0E1)", `"0"`}, {"xsd:string(-7.875e0)", `"-7.875"`}, {"xsd:string(1e-7)", `"1.0E-7"`}, {"xsd:string(?blank)", "error"}, {"xsd:string(true)", `"true"`}, {"xsd:string(1e0 + 1)", `"2"`},
		{"xsd:dateTime(\"2024-01-01T00:00:00Z\")", `"2024-01-01T00:00:00Z"^^xsd:dateTime`}, {"xsd:dateTime(\"2024-01-01\")", "error"}, {"xsd:dateTime(\"2024-01-01\"^^xsd:date)", `"2024-01-01T00:00:00"^^xsd:dateTime`},
		{"xsd:date(\"2024-01-01T12:00:00+01:00\"^^xsd:dateTime)", `"2024-01-01+01:00"^^xsd:date`}, {"xsd:time(NOW())", `"12:30:15.5Z"^^xsd:time`}, {"xsd:gYear(\"2024-05-01\"^^xsd:date)", `"2024"^^xsd:gYear`},
		{"xsd:byte(127)", `"127"^^xsd:byte`}, {"xsd:byte(128)", "error"}, {"xsd:unsignedInt(-1)", "error"}, {"xsd:dayTimeDuration(\"P1DT2H\")", `"P1DT2H"^^xsd:dayTimeDuration`},
		{"xsd:yearMonthDuration(\"P1Y2M3D\"^^xsd:duration)", `"P1Y2M"^^xsd:yearMonthDuration`}, {"xsd:integer(?none)", "error"}, {"xsd:integer(\"1\"@en)", "error"},
	})
}

func TestRegex(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{`REGEX(?long, "quick")`, "true"}, {`REGEX(?long, "QUICK", "i")`, "true"}, {`REGEX(?long, "^The")`, "true"}, {`REGEX(?long, "fox$")`, "true"}, {`REGEX(?long, "^fox")`, "false"},
		{`REGEX(?long, "^The quick brown fox$")`, "true"}, {`REGEX(?long, "q.*k")`, "true"}, {`REGEX("a\nb", "a.b")`, "false"}, {`REGEX("a\nb", "a.b", "s")`, "true"}, {`REGEX("a\nb", "^b")`, "false"}, {`REGEX("a\nb", "^b", "m")`, "true"},
		{`REGEX("ab", "a b", "x")`, "true"}, {`REGEX("a.b", "a.b", "q")`, "true"}, {`REGEX("axb", "a.b", "q")`, "false"}, {`REGEX("A.B", "a.b", "iq")`, "true"}, {`REGEX(?int, "7")`, "error"}, {`REGEX("a", "(")`, "error"},
		{`REGEX("a", "a", "z")`, "error"}, {`REGEX(?lang, "^ærl", "i")`, "true"}, {`REGEX("abab", "^(ab)\\1$")`, "true"}, {`REGEX("abac", "^(ab)\\1$")`, "false"}, {`REGEX("x1", "^\\i\\c$")`, "true"}, {`REGEX("1x", "^\\i")`, "false"},
		{`REGEX("e", "^[a-z-[aeiou]]$")`, "false"}, {`REGEX("f", "^[a-z-[aeiou]]$")`, "true"}, {`REGEX("ø", "^\\p{Ll}$")`, "true"}, {`REGEX("ø", "^\\p{IsBasicLatin}$")`, "false"}, {`REGEX("ø", "^\\P{IsBasicLatin}$")`, "true"},
		{`REGEX("٣", "^\\d$")`, "true"}, {`REGEX("_", "^\\w$")`, "false"}, {`REGEX("-", "[a\\-z]")`, "true"}, {`REGEX("a-b", "[-b]")`, "true"}, {`REGEX("K", "k", "i")`, "true"}, {`REGEX("foo bar", "\\bbar")`, "true"},
		{`REGEX("a", "a{2000}")`, "false"}, {`REGEX("a", "((a{30}){30}){30}")`, "false"}, {`REGEX("a", "^a{0,2000}$")`, "true"}, {`REGEX("a", "a{3,2}")`, "error"}, {`REGEX("a", "a{2000,1999}")`, "error"}, {`REGEX("a", "^(((a?){10}){10}){10}$")`, "true"}, {`REGEX("aaa", "^a{2,3}$")`, "true"}, {`REGEX("a", "[]")`, "error"}, {`REGEX("a", "a]")`, "error"}, {`REGEX("a", "(?=a)")`, "error"}, {`REGEX("A", "(?i)a")`, "true"},
		{`REGEX(?long, STR("quick"))`, "true"}, {`REGEX(?long, LCASE(SUBSTR(?long, 1, 3)), "i")`, "true"}, {`REGEX(?none, "a")`, "error"}, {`REGEX("a", "")`, "true"}, {`REGEX("a\n", "a$")`, "false"}, {`REGEX("X+Y", "x+y", "i")`, "false"},
		{`REPLACE("abcd", "b", "Z")`, `"aZcd"`}, {`REPLACE("abab", "B", "Z", "i")`, `"aZaZ"`}, {`REPLACE("abab", "B.", "Z", "i")`, `"aZb"`}, {`REPLACE("abcd"@en, "b", "Z")`, `"aZcd"@en`}, {`REPLACE("abra", "(a)(b)", "$2$1")`, `"bara"`},
		{`REPLACE("abc", "b", "\\$")`, `"a$c"`}, {`REPLACE("abc", "b", "$")`, "error"}, {`REPLACE("abc", "b", "\\x")`, "error"}, {`REPLACE("abc", "x*", "y")`, "error"}, {`REPLACE("abc", "(b)", "[$1]")`, `"a[b]c"`}, {`REPLACE("abc", "b", "[$0]")`, `"a[b]c"`},
		{`REPLACE("abc", "b", "[$1]")`, `"a[]c"`}, {`REPLACE("abc", "(b)", "$12")`, `"ab2c"`}, {`REPLACE("æøæø", "(æ)ø\\1", "<$1>")`, `"<æ>ø"`}, {`REPLACE("øaa-æbb-c", "([a-z])\\1", "$1")`, `"øa-æb-c"`}, {`REPLACE(1, "1", "2")`, "error"}, {`REPLACE("banana", "a", "")`, `"bnn"`}, {`REPLACE("a.b", ".", "-", "q")`, `"a-b"`},
	})
}

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"ex:nothing(1)":     "unknown function <http://example.org/nothing>",
		"xsd:integer(1, 2)": "the cast <" + vocab.XSDInteger + "> takes 1 argument, not 2",
	} {
		_, err := compileText(t, text)
		var ce *CompileError
		if !errors.As(err, &ce) || ce.Msg != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := Compile(&algebra.Call{Func: "NONSENSE"}, CompileOptions{}); err == nil {
		t.Error("NONSENSE compiles")
	}
	if _, err := Compile(&algebra.Call{Func: "STRLEN"}, CompileOptions{}); err == nil {
		t.Error("STRLEN without arguments compiles")
	}
	deep := algebra.Expr(&algebra.Const{Term: rdf.String("a")})
	for range 100_000 {
		deep = &algebra.Call{Func: "!", Args: []algebra.Expr{deep}}
	}
	if _, err := Compile(deep, CompileOptions{}); err == nil {
		t.Error("an expression that is nested without bound compiles")
	}
}
