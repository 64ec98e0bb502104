package expr

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/vocab"
)

var someArg = []algebra.Expr{&algebra.Var{Name: "x"}}

func aggregate(t *testing.T, a algebra.Aggregate, values []Value) string {
	t.Helper()
	acc, err := NewAccumulator(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if v.IsZero() {
			acc.Add([]Value{{}}, ErrExpr)
		} else {
			acc.Add([]Value{v}, nil)
		}
	}
	v, err := acc.Result()
	if errors.Is(err, ErrExpr) {
		return "error"
	}
	if err != nil {
		t.Fatal(err)
	}
	return short(v.Term())
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	dec := func(s string) Value { return FromTerm(rdf.Literal(s, vocab.XSDDecimal)) }
	one, two, three, iri, none := Integer(1), Integer(2), Integer(3), IRI("http://example.org/a"), Value{}
	for _, c := range []struct {
		name     string
		distinct bool
		values   []Value
		want     string
	}{
		{"COUNT", false, nil, "0"}, {"COUNT", false, []Value{one, none, one}, "2"}, {"COUNT", true, []Value{one, none, one, dec("1")}, "2"},
		{"SUM", false, nil, "0"}, {"SUM", false, []Value{one, two}, "3"}, {"SUM", true, []Value{one, one, two}, "3"}, {"SUM", false, []Value{one, dec("2.2")}, `"3.2"^^xsd:decimal`},
		{"SUM", false, []Value{one, Double(1)}, `"2.0E0"^^xsd:double`}, {"SUM", false, []Value{one, iri}, "error"}, {"SUM", false, []Value{one, none}, "error"}, {"SUM", false, []Value{String("1")}, "error"},
		{"AVG", false, nil, "0"}, {"AVG", false, []Value{one, two}, `"1.5"^^xsd:decimal`}, {"AVG", false, []Value{one, three}, `"2"^^xsd:decimal`}, {"AVG", false, []Value{one, iri}, "error"}, {"AVG", true, []Value{one, one, three}, `"2"^^xsd:decimal`},
		{"AVG", false, []Value{Double(1), Double(2)}, `"1.5E0"^^xsd:double`},
		{"MIN", false, nil, "error"}, {"MIN", false, []Value{three, one, two}, "1"}, {"MAX", false, []Value{three, one, Double(5)}, `"5.0E0"^^xsd:double`}, {"MIN", false, []Value{one, iri}, "<http://example.org/a>"},
		{"MAX", false, []Value{one, FromTerm(rdf.Literal("01", vocab.XSDInteger))}, "01"}, {"MAX", false, []Value{FromTerm(rdf.Literal("01", vocab.XSDInteger)), one}, "01"},
		{"MIN", false, []Value{one, FromTerm(rdf.Literal("01", vocab.XSDInteger))}, "01"}, {"MIN", false, []Value{FromTerm(rdf.Literal("01", vocab.XSDInteger)), one}, "01"},
		{"MAX", false, []Value{one, iri, String("a")}, `"a"`}, {"MIN", true, []Value{two, one, one}, "1"}, {"MIN", false, []Value{one, none}, "error"},
		{"SAMPLE", false, nil, "error"}, {"SAMPLE", false, []Value{none, two}, "2"},
		{"GROUP_CONCAT", false, nil, `""`}, {"GROUP_CONCAT", false, []Value{one, String("b"), FromTerm(rdf.LangLiteral("c", "en"))}, `"1;b;c"`}, {"GROUP_CONCAT", true, []Value{one, one, two}, `"1;2"`},
		{"GROUP_CONCAT", false, []Value{one, none}, "error"}, {"GROUP_CONCAT", false, []Value{FromTerm(rdf.BlankNode("b"))}, "error"},
	} {
		if got := aggregate(t, algebra.Aggregate{Func: c.name, Distinct: c.distinct, Args: someArg, Separator: ";"}, c.values); got != c.want {
			t.Errorf("%s distinct %v of %v = %s, want %s", c.name, c.distinct, c.values, got, c.want)
		}
	}
	star, _ := NewAccumulator(algebra.Aggregate{Func: "COUNT"})
	star.Add(nil, nil)
	star.Add([]Value{{}, one}, nil)
	if v, _ := star.Result(); v.n != 2 {
		t.Errorf("COUNT(*) = %v", v)
	}
	star, _ = NewAccumulator(algebra.Aggregate{Func: "COUNT", Distinct: true})
	for _, row := range [][]Value{{one, two}, {one, {}}, {one, two}, {{}, one}, {{}, {}}, {{}, {}}} {
		star.Add(row, nil)
	}
	if v, _ := star.Result(); v.n != 4 {
		t.Errorf("COUNT(DISTINCT *) = %v", v)
	}
	var ce *CompileError
	if _, err := NewAccumulator(algebra.Aggregate{Func: "http://example.org/median", Args: someArg}); !errors.As(err, &ce) {
		t.Errorf("an unknown aggregate: %v", err)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	lit := func(s, d string) Value { return FromTerm(rdf.Literal(s, vocab.XSD+d)) }
	// Each class is equal among itself and before the next.
	classes := [][]Value{
		{{}}, {FromTerm(rdf.BlankNode("a"))}, {FromTerm(rdf.BlankNode("b"))}, {IRI("http://a")}, {IRI("http://b")},
		{Boolean(false)}, {Boolean(true), lit("1", "boolean")},
		{lit("NaN", "double"), lit("NaN", "float")}, {lit("-INF", "double")}, {lit("-99999999999999999999999", "integer")}, {Integer(-1)}, {lit("0.1", "decimal"), lit("1e-1", "double")},
		{Integer(1), lit("1.0", "decimal"), Double(1), lit("01", "byte")}, {lit("9007199254740992", "integer"), Double(1 << 53)}, {lit("9007199254740993", "integer")}, {lit("INF", "float")},
		{lit("2024-01-01T00:00:00Z", "dateTime"), lit("2024-01-01T01:00:00+01:00", "dateTime")}, {lit("2024-01-01T00:00:01", "dateTime")}, {lit("2024-01-01", "date")}, {lit("2024-01-02", "date")}, {lit("10:00:00", "time")},
		{lit("P1D", "duration"), lit("PT24H", "dayTimeDuration")}, {lit("P1M", "duration")},
		{String("")}, {String("a")}, {FromTerm(rdf.LangLiteral("a", "en"))}, {FromTerm(rdf.LangLiteral("a", "nb"))}, {String("b")},
		{FromTerm(rdf.Literal("a", "http://x"))}, {lit("x", "integer")}, {FromTerm(rdf.TripleTerm(rdf.Triple{S: rdf.IRI("a"), P: rdf.IRI("b"), O: rdf.String("c")}))},
	}
	for i, x := range classes {
		for j, y := range classes {
			for _, a := range x {
				for _, b := range y {
					if got := Order(a, b); got < 0 != (i < j) || got > 0 != (i > j) {
						t.Errorf("Order(%v, %v) = %d", a.Term(), b.Term(), got)
					}
				}
			}
		}
	}
}

func TestOrderIsTransitive(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	forms := []string{"0.1", "0.10000000000000001", "1e-1", "9007199254740992", "9007199254740993", "9007199254740992.5", "1", "1.0", "-0", "0", "NaN", "INF", "-INF", "99999999999999999999", "1e20", "0.3", "0.30000000000000004"}
	types := []string{"integer", "decimal", "double", "float"}
	var values []Value
	for len(values) < 60 {
		if v := FromTerm(rdf.Literal(forms[r.IntN(len(forms))], vocab.XSD+types[r.IntN(len(types))])); v.isNumeric() {
			values = append(values, v)
		}
	}
	for _, a := range values {
		for _, b := range values {
			if Order(a, b) != -Order(b, a) {
				t.Fatalf("%v, %v", a.Term(), b.Term())
			}
			for _, c := range values {
				if Order(a, b) <= 0 && Order(b, c) <= 0 && Order(a, c) > 0 {
					t.Fatalf("%v, %v, %v", a.Term(), b.Term(), c.Term())
				}
			}
		}
	}
	slices.SortFunc(values, Order)
}

// TestAddSum: integers of which the sum is given at once have the same sum and average as one by one, also beside other values.
func TestAddSum(t *testing.T) {
	t.Parallel()
	for _, fn := range []string{"SUM", "AVG"} {
		one, _ := NewAccumulator(algebra.Aggregate{Func: fn, Args: []algebra.Expr{nil}})
		all, _ := NewAccumulator(algebra.Aggregate{Func: fn, Args: []algebra.Expr{nil}})
		sum := int64(0)
		for i := range int64(1_000) {
			one.Add([]Value{Integer(i * 3)}, nil)
			sum += i * 3
		}
		if !AddSum(all, Integer(sum), 1_000) {
			t.Fatalf("%s takes no sum", fn)
		}
		for _, a := range []Accumulator{one, all} {
			a.Add([]Value{Integer(7)}, nil)
		}
		want, err := one.Result()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := all.Result(); err != nil || got.Term() != want.Term() {
			t.Errorf("%s: %v, %v, want %v", fn, got.Term(), err, want.Term())
		}
	}
	for _, a := range []algebra.Aggregate{{Func: "MAX", Args: []algebra.Expr{nil}}, {Func: "SUM", Distinct: true, Args: []algebra.Expr{nil}}} {
		x, err := NewAccumulator(a)
		if err != nil {
			t.Fatal(err)
		}
		if AddSum(x, Integer(1), 1) {
			t.Errorf("%v takes a sum", a)
		}
	}
}
