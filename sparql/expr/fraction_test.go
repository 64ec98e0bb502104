package expr

import (
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// TestLongFractions: dates and durations that differ behind the nanosecond.
func TestLongFractions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, less, more, same string }{
		{"dateTime", "2020-01-01T00:00:00.1234567891Z", "2020-01-01T00:00:00.1234567892Z", "2020-01-01T01:00:00.12345678910+01:00"},
		{"dateTime", "2020-01-01T00:00:00.1234567890Z", "2020-01-01T00:00:00.1234567890001Z", "2020-01-01T00:00:00.123456789Z"},
		{"time", "00:00:00.00000000001", "00:00:00.00000000002", "00:00:00.000000000010"},
		{"dayTimeDuration", "PT1.9999999991S", "PT1.9999999992S", "PT1.99999999910S"},
		{"duration", "-PT0.0000000002S", "-PT0.0000000001S", "-PT0.00000000020S"},
	} {
		value := func(lexical string) Value { return FromTerm(rdf.Literal(lexical, vocab.XSD+c.typ)) }
		less, more, same := value(c.less), value(c.more), value(c.same)
		for _, p := range []struct {
			op   Op
			a, b Value
			want bool
		}{
			{OpLess, less, more, true}, {OpGreater, less, more, false}, {OpEqual, less, more, false}, {OpNotEqual, less, more, true}, {OpLessEqual, more, less, false},
			{OpEqual, less, same, true}, {OpLess, less, same, false}, {OpGreaterEqual, same, less, true},
		} {
			if got, err := Compare(p.op, p.a, p.b); err != nil || got != p.want {
				t.Errorf("%v, %v, comparison %d: %v %v", p.a.Term(), p.b.Term(), p.op, got, err)
			}
		}
		if Order(less, more) != -1 || Order(more, less) != 1 || Order(less, same) != 0 {
			t.Errorf("%s: ordered %d %d %d", c.typ, Order(less, more), Order(more, less), Order(less, same))
		}
		if a, _ := equalKey(nil, less); a.Term() != must(equalKey(nil, same)).Term() {
			t.Errorf("%s: the keys of a join differ", c.typ)
		}
	}
	for in, want := range map[[2]string]string{
		{"SECONDS", "2020-01-01T00:00:07.12345678912345Z"}: "7.12345678912345",
		{"time", "2020-01-01T00:00:07.1234567891Z"}:        "00:00:07.1234567891Z",
		{"date", "2020-01-01T00:00:07.1234567891Z"}:        "2020-01-01Z",
		{"stamp", "2020-01-01T00:00:07.1234567891Z"}:       "2020-01-01T00:00:07.1234567891Z",
		{"TZ", " 2020-01-01T00:00:07.1234567891Z "}:        "Z",
	} {
		v := FromTerm(rdf.Literal(in[1], vocab.XSDDateTime))
		got, err := v, error(nil)
		switch in[0] {
		case "SECONDS":
			got, err = seconds(nil, v)
		case "TZ":
			got, err = tz(nil, v)
		case "time":
			got, err = cast(&v, xsd.Time)
		case "date":
			got, err = cast(&v, xsd.Date)
		case "stamp":
			got, err = cast(&v, xsd.DateTimeStamp)
		}
		if err != nil || got.Term().Value() != want {
			t.Errorf("%v: %v %v, want %s", in, got.Term(), err, want)
		}
	}
	a, b := FromTerm(rdf.Literal("2020-01-01T00:00:00.1234567891Z", vocab.XSDDateTime)), FromTerm(rdf.Literal("PT0.0000000009S", vocab.XSDDayTimeDuration))
	if sum, err := durations(opAdd, &a, &b); err != nil || sum.Term().Value() != "2020-01-01T00:00:00.12345679Z" {
		t.Errorf("%v %v", sum.Term(), err)
	}
	if d, err := durations(opSub, &a, &a); err != nil || d.Term().Value() != "PT0S" {
		t.Errorf("%v %v", d.Term(), err)
	}
	if d, err := negate(nil, b); err != nil || d.Term().Value() != "-PT0.0000000009S" {
		t.Errorf("%v %v", d.Term(), err)
	}
}

func must(v Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return v
}

// TestLanguageTags: what is no tag would end a literal where it is written.
func TestLanguageTags(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{"en": true, "de-CH-1996": true, "": false, "en_US": false, "en us": false, "en> .\n": false, "-en": false, "1a": false, "abcdefghi": false} {
		if _, err := strLang(nil, String("x"), String(tag)); (err == nil) != want {
			t.Errorf("STRLANG with %q: %v", tag, err)
		}
		if _, err := strLangDir(nil, String("x"), String(tag), String("ltr")); (err == nil) != want {
			t.Errorf("STRLANGDIR with %q: %v", tag, err)
		}
	}
}
