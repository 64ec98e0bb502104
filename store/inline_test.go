package store

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"triplestore/rdf"
)

var inlineForms = map[string][2][]string{ // datatype → ascending canonical forms, forms that must go to the dictionary
	"integer": {{"-576460752303423488", "-10", "-1", "0", "1", "9", "10", "576460752303423487"},
		{"", "-", "+1", "01", "-0", "00", "1.0", " 1", "1 ", "576460752303423488", "-576460752303423489", "99999999999999999999", "1e3", "١"}},
	"decimal": {{"-5764607523.03423488", "-1.5", "-0.5", "-0.00000001", "0.0", "0.00000001", "0.1", "0.25", "1.0", "10.0", "5764607523.03423487"},
		{"", "-", ".", "1", "1.", ".5", "-.5", "1.50", "01.5", "-0.0", "0.00", "+1.0", "1.0.0", "1.123456789", "5764607523.03423488", "12345678901.0", "1.0 "}},
	"double": {{"-INF", "-1.0E300", "-2.5E0", "-1.0E0", "-0.0E0", "0.0E0", "1.0E-1", "1.0E0", "1.5E0", "1.0E1", "INF", "NaN"}, // see below
		{"", "1", "1.0", "1E0", "1.0e0", "1.0E+0", "1.0E00", "+INF", "01.0E0", "10.0E0", "1.50E0", "1.0E", "1.0E-", "-", "-1", "1.0E400", "nan", "0x1.0E0"}},
	"boolean": {{"false", "true"}, {"0", "1", "TRUE", "", "True "}},
	"date": {{"0000-01-01", "0000-12-31", "0001-01-01", "0001-01-01Z", "1900-02-28", "1900-03-01", "2000-02-29", "2026-11-23", "2026-11-23Z", "9999-12-31"},
		{"", "2026-11-23+01:00", "-0001-01-01", "12026-01-01", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-32", "2026-1-01", "2026-01-01z"}},
	"dateTime": {{"0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "2026-11-23T10:00:00.5+02:00", "2026-11-23T10:00:00", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.001Z",
		"2026-11-23T10:00:00.25Z", "2026-11-23T10:00:00-05:30", "8900-12-31T23:59:59.999-14:00"},
		{"", "2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00-00:00", "2026-11-23T24:00:00", "2026-11-23T10:00:60", "2026-11-23T10:60:00", "2026-11-23T10:00:00.0", "2026-11-23T10:00:00.10",
			"2026-11-23T10:00:00.", "2026-11-23T10:00:00.1234", "2026-11-23T10:00:00+14:01", "2026-11-23T10:00:00+1:00", "2026-11-23T10:00", "0001-01-01T00:00:00+01:00",
			"0000-12-31T23:00:00-14:00", "9999-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-11-23 10:00:00"}},
	"gYear":              {{"0000", "0001", "1999", "1999Z", "2026", "9999"}, {"", "999", "10000", "-0001", "2026+01:00", "2026z", "20 6"}},
	"int":                {{"-2147483648", "0", "2147483647"}, {"2147483648", "-2147483649", "01", ""}},
	"long":               {{"-36028797018963968", "0", "36028797018963967"}, {"36028797018963968"}},
	"short":              {{"-32768", "32767"}, {"32768"}},
	"byte":               {{"-128", "127"}, {"128", "-129"}},
	"nonNegativeInteger": {{"0", "36028797018963967"}, {"-1", "-0"}},
	"positiveInteger":    {{"1", "2"}, {"0"}},
	"nonPositiveInteger": {{"-1", "0"}, {"1"}},
	"negativeInteger":    {{"-2", "-1"}, {"0"}},
	"unsignedInt":        {{"0", "4294967295"}, {"4294967296", "-1"}},
	"unsignedLong":       {{"0", "1"}, {"-1", "18446744073709551615"}},
	"unsignedShort":      {{"0", "65535"}, {"65536"}},
	"unsignedByte":       {{"0", "255"}, {"256"}},
	"string":             {nil, {"", "1"}},
	"float":              {nil, {"1.0E0"}},
	"":                   {nil, {"1"}},
}

func TestInlineForms(t *testing.T) {
	for name, forms := range inlineForms {
		last := NoID
		for _, lex := range forms[0] {
			term := rdf.Literal(lex, xsd+name)
			id, ok := Inline(term)
			if name == "double" && (lex == "-1.0E300" || lex == "1.0E-1") {
				if ok {
					t.Errorf("%v has low bits but is inlined", term)
				}
				continue
			}
			if back, okBack := id.InlineTerm(); !ok || !okBack || back != term {
				t.Errorf("%v: %#x, %v; back %v, %v", term, uint64(id), ok, back, okBack)
			}
			if id <= last {
				t.Errorf("%v: not above the one before", term)
			}
			if id.InDictionary() || !id.IsLiteral() {
				t.Errorf("%v: wrong kind of ID %#x", term, uint64(id))
			}
			last = id
		}
		for _, lex := range forms[1] {
			if id, ok := Inline(rdf.Literal(lex, xsd+name)); ok {
				t.Errorf("%q^^xsd:%s is inlined as %#x", lex, name, uint64(id))
			}
		}
	}
	for _, term := range []rdf.Term{{}, rdf.IRI("1"), rdf.BlankNode("1"), rdf.LangLiteral("1", "en"), rdf.Literal("1", "http://example.org/integer"), rdf.Literal("1", "integer")} {
		if _, ok := Inline(term); ok {
			t.Errorf("%v is inlined", term)
		}
	}
}

func TestInlineAccessors(t *testing.T) {
	id := func(lex, name string) ID {
		id, ok := Inline(rdf.Literal(lex, xsd+name))
		if !ok {
			t.Fatalf("%s %s is not inlined", lex, name)
		}
		return id
	}
	if v := id("-42", "integer").Integer(); v != -42 {
		t.Error(v)
	}
	if v, scale := id("-1.5", "decimal").Decimal(); v != -150_000_000 || scale != 8 {
		t.Error(v, scale)
	}
	for _, f := range []float64{0, 1, -1, 2.5, -1e10, math.Inf(1), math.Inf(-1)} {
		if v, ok := InlineDouble(f); !ok || v.Double() != f {
			t.Error(f, v.Double())
		}
	}
	if v := id("NaN", "double").Double(); v == v {
		t.Error(v)
	}
	if d, v := id("-7", "byte").Derived(); d != DerivedByte || v != -7 || d.Datatype() != xsd+"byte" {
		t.Error(d, v)
	}
	epoch := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	at := time.Date(2026, 11, 23, 10, 20, 30, 123e6, time.UTC)
	ms, offset, zoned := id("2026-11-23T11:20:30.123+01:00", "dateTime").DateTime()
	if want := at.UnixMilli() - epoch.UnixMilli(); ms != want || offset != 60 || !zoned {
		t.Error(ms, want, offset, zoned)
	}
	if d, utc := id("2026-11-23Z", "date").Date(); d != (at.Unix()-epoch.Unix())/86400 || !utc {
		t.Error(d, utc)
	}
	if y, utc := id("2026", "gYear").Year(); y != 2026 || utc {
		t.Error(y, utc)
	}
	if !id("true", "boolean").Boolean() || id("false", "boolean").Boolean() || InlineBoolean(true) != id("true", "boolean") {
		t.Error("boolean")
	}
	if v, ok := InlineInteger(7); !ok || v != id("7", "integer") {
		t.Error("InlineInteger")
	}
}

func TestInlineDays(t *testing.T) {
	at := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	for d := int64(-dateBias); d <= maxDays; d++ {
		y, m, day := civil(d)
		if n, ok := days(y, m, day); n != d || !ok {
			t.Fatalf("%d: %d-%d-%d is %d, %v", d, y, m, day, n, ok)
		}
		if d%37 == 0 {
			if want := at.AddDate(0, 0, int(d+dateBias)); want.Year() != y || int(want.Month()) != m || want.Day() != day {
				t.Fatalf("%d: %d-%d-%d, want %v", d, y, m, day, want)
			}
		}
	}
}

// TestInlineOrder draws values and checks that the order of IDs is the order of the values.
func TestInlineOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	decimal := func() (rdf.Term, *big.Rat) {
		v := r.Int64N(1<<59) >> r.UintN(59)
		if r.IntN(2) == 0 {
			v = -v
		}
		return rdf.Literal(string(appendDecimal(nil, v)), xsd+"decimal"), big.NewRat(v, pow10Scale)
	}
	double := func() (rdf.Term, *big.Rat) {
		f := math.Float64frombits(r.Uint64() &^ 15)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0
		}
		return rdf.Literal(string(appendDouble(nil, f)), xsd+"double"), new(big.Rat).SetFloat64(f)
	}
	for range 20000 {
		for _, draw := range []func() (rdf.Term, *big.Rat){decimal, double} {
			a, x := draw()
			b, y := draw()
			i, ok := Inline(a)
			j, ok2 := Inline(b)
			if !ok || !ok2 {
				t.Fatalf("%v %v: not inlined", a, b)
			}
			if back, _ := i.InlineTerm(); back != a {
				t.Fatalf("%v came back as %v", a, back)
			}
			if c := x.Cmp(y); c != 0 && (i < j) != (c < 0) {
				t.Fatalf("%v %v: order of IDs differs", a, b)
			}
		}
	}
}

func TestInlineDoesNotAllocate(t *testing.T) {
	for name, forms := range inlineForms {
		for _, list := range forms {
			for _, lex := range list {
				term := rdf.Literal(lex, xsd+name)
				if n := testing.AllocsPerRun(10, func() { Inline(term) }); n != 0 && lex != "1.0E400" {
					t.Errorf("%v: %v allocations", term, n)
				}
			}
		}
	}
}

func FuzzInline(f *testing.F) {
	names := []string{}
	for name, forms := range inlineForms {
		names = append(names, name)
		for _, list := range forms {
			for _, lex := range list {
				f.Add(lex, name)
			}
		}
	}
	f.Fuzz(func(t *testing.T, lex, name string) {
		for _, n := range append(names, name) {
			term := rdf.Literal(lex, xsd+n)
			id, ok := Inline(term)
			if !ok {
				continue
			}
			if back, ok := id.InlineTerm(); !ok || back != term {
				t.Fatalf("%v came back as %v, %v", term, back, ok)
			}
			if id.Tag() == TagDouble {
				if v, err := strconv.ParseFloat(lex, 64); err != nil || v != id.Double() && v == v {
					t.Fatalf("%v: value %v", term, id.Double())
				}
			}
		}
	})
}

func FuzzInlineTerm(f *testing.F) {
	f.Add(uint64(TagDate) << 60)
	f.Fuzz(func(t *testing.T, raw uint64) {
		for tag := range uint64(16) {
			id := ID(raw&payloadMask | tag<<tagShift)
			term, ok := id.InlineTerm()
			if !ok {
				continue
			}
			if again, ok := Inline(term); !ok || again != id {
				t.Fatalf("%#x is %v, which is %#x, %v", uint64(id), term, uint64(again), ok)
			}
		}
	})
}

func BenchmarkInline(b *testing.B) {
	terms := []rdf.Term{rdf.Literal("2026-11-23T10:00:00Z", xsd+"dateTime"), rdf.Literal("42", xsd+"integer"), rdf.IRI("http://example.org/"), rdf.Literal("1.5", xsd+"decimal")}
	for i := 0; b.Loop(); i++ {
		Inline(terms[i&3])
	}
}

// TestInlineDate: dates that are made of days are those of their lexical forms, and what has none is refused.
func TestInlineDate(t *testing.T) {
	t.Parallel()
	for _, lex := range []string{"0001-01-01", "2024-02-29", "2024-02-29Z", "9999-12-31", "9999-12-31Z"} {
		want, ok := Inline(rdf.Literal(lex, xsd+"date"))
		if !ok {
			t.Fatal(lex)
		}
		days, utc := want.Date()
		if got, ok := InlineDate(days, utc); !ok || got != want {
			t.Errorf("%s: %x, %v, want %x", lex, got, ok, want)
		}
	}
	for _, days := range []int64{-1, maxDays + 1} {
		if id, ok := InlineDate(days, false); ok {
			t.Errorf("%d: %x", days, id)
		}
	}
}
