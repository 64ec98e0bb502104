package expr

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"triplestore/rdf"
	"triplestore/vocab"
)

// equalValues are values that are near each other, at the borders where one type of number does not tell apart what another does.
func equalValues() (out []Value) {
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 3))
	add := func(lexical, datatype string) { out = append(out, FromTerm(rdf.Literal(lexical, vocab.XSD+datatype))) }
	floats := []float32{0, 1, 0.1, 16777216, 3.4e38, 1e-45, 1e10, float32(math.Inf(1))}
	for range 16 {
		floats = append(floats, math.Float32frombits(rng.Uint32()&^(0xff<<23)|uint32(100+rng.IntN(100))<<23))
	}
	for _, f := range floats {
		add(strconv.FormatFloat(float64(f), 'g', -1, 32), "float")
		next := float64(math.Nextafter32(f, float32(math.Inf(1))))
		for _, g := range []float64{float64(f), (float64(f) + next) / 2, math.Nextafter(float64(f), math.Inf(1)), math.Nextafter((float64(f)+next)/2, 0), math.Nextafter((float64(f)+next)/2, math.Inf(1))} {
			add(strconv.FormatFloat(g, 'g', -1, 64), "double")
			if math.IsInf(g, 0) || math.IsNaN(g) {
				continue
			}
			exact := strconv.FormatFloat(g, 'f', -1, 64)
			add(exact, "decimal")
			if g == math.Trunc(g) {
				add(exact, "integer")
				exact += "."
			}
			add(exact+"0000000000000000000000000000000001", "decimal")
			add("-"+exact+"0", "decimal")
		}
	}
	for _, v := range [][2]string{{"-0", "integer"}, {"-0.0", "decimal"}, {"-0", "float"}, {"-0", "double"}, {"NaN", "float"}, {"NaN", "double"}, {"INF", "double"}, {"-INF", "float"}, {"16777217", "int"},
		{"9007199254740993", "long"}, {"9007199254740992", "unsignedLong"}, {"9007199254740993.0", "decimal"}, {"18446744073709551616", "integer"}, {"18446744073709551617", "nonNegativeInteger"}, {"01", "byte"}, {"x", "integer"}, {"true", "boolean"}, {"1", "boolean"}, {"0", "boolean"},
		{"2020-01-01T00:00:00Z", "dateTime"}, {"2020-01-01T01:00:00+01:00", "dateTime"}, {"2020-01-01T00:00:00", "dateTime"}, {"2020-01-01T00:00:00.0", "dateTimeStamp"}, {"2020-01-01T00:00:00+00:00", "dateTimeStamp"}, {"2020-01-01", "date"}, {"2020-01-01Z", "date"}, {"2020-01-02+14:00", "date"}, {"2020-01-01-10:00", "date"},
		{"24:00:00", "time"}, {"00:00:00", "time"}, {"00:00:00Z", "time"}, {"2020", "gYear"}, {"P1Y", "duration"}, {"P12M", "yearMonthDuration"}, {"PT24H", "dayTimeDuration"}, {"P1D", "duration"}, {"P0M", "yearMonthDuration"}, {"PT0S", "dayTimeDuration"}} {
		add(v[0], v[1])
	}
	triple := func(o rdf.Term) Value {
		return FromTerm(rdf.TripleTerm(rdf.Triple{S: rdf.IRI("http://e/s"), P: rdf.IRI("http://e/p"), O: o}))
	}
	return append(out, triple(rdf.Literal("1", vocab.XSDInteger)), triple(rdf.Literal("1.0", vocab.XSDDecimal)), FromTerm(rdf.IRI("http://e/a")), FromTerm(rdf.BlankNode("a")), FromTerm(rdf.String("a")), FromTerm(rdf.LangLiteral("a", "en")), FromTerm(rdf.LangLiteral("a", "EN")),
		FromTerm(rdf.Literal("a", "http://e/type")))
}

// TestEqualKeys: values that are equal have the same keys, as far as both have them, and every two have one that may differ.
func TestEqualKeys(t *testing.T) {
	t.Parallel()
	values := equalValues()
	keys := make([][2]rdf.Term, len(values)) // the zero Term is none
	for i, v := range values {
		if k, err := equalKey(nil, v); err == nil {
			keys[i][0] = k.Term()
		}
		k, err := floatKey(nil, v)
		if err != nil {
			t.Fatal(v.Term(), err)
		}
		keys[i][1] = k.Term()
	}
	equals, apart := 0, 0
	for i, a := range values {
		for j, b := range values {
			same := keys[i][1] == keys[j][1] && (keys[i][0] == keys[j][0] || keys[i][0].IsZero() || keys[j][0].IsZero())
			switch eq, err := Equal(a, b); {
			case err == nil && eq:
				equals++
				if !same {
					t.Errorf("%v = %v, with different keys", a.Term(), b.Term())
				}
			case !same:
				apart++
			}
		}
	}
	if equals < 2*len(values) || apart < len(values)*len(values)*9/10 {
		t.Errorf("%d values: %d pairs are equal, %d have different keys", len(values), equals, apart)
	}
}
