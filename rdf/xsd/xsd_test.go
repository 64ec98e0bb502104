package xsd

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestDecimalForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "+1": "1", "01.50": "1.5", ".5": "0.5", "5.": "5", "-.05": "-0.05", "100": "100", "1.000": "1",
		"123456789012345678901234567890.5": "123456789012345678901234567890.5", "0.000000000000000000000000000001": "0.000000000000000000000000000001",
		"-9223372036854775808": "-9223372036854775808", "000000000000000000000000000007": "7",
		"": "!", ".": "!", "+": "!", "1e3": "!", "1.2.3": "!", " 1": "!", "--1": "!", "0x1": "!", "INF": "!", strings.Repeat("9", MaxDigits+1): "!",
	} {
		got := "!"
		if d, ok := ParseDecimal(in); ok {
			got = d.String()
		}
		if got != want {
			t.Errorf("ParseDecimal(%.40q) = %.40q, want %.40q", in, got, want)
		}
	}
	if _, ok := ParseInteger("1.0"); ok {
		t.Error("1.0 is an integer")
	}
}

// TestDecimalArithmetic compares with math/big's rationals.
func TestDecimalArithmetic(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	number := func() (Decimal, *big.Rat) {
		var b strings.Builder
		if r.IntN(2) == 0 {
			b.WriteByte('-')
		}
		for range 1 + r.IntN([]int{3, 19, 40}[r.IntN(3)]) {
			b.WriteByte(byte('0' + r.IntN(10)))
		}
		if n := r.IntN(3) * r.IntN(12); n > 0 {
			b.WriteByte('.')
			for range n {
				b.WriteByte(byte('0' + r.IntN(10)))
			}
		}
		d, ok := ParseDecimal(b.String())
		q, ok2 := new(big.Rat).SetString(b.String())
		if !ok || !ok2 {
			t.Fatalf("%q is not read", b.String())
		}
		return d, q
	}
	rat := func(d Decimal) *big.Rat {
		q, _ := new(big.Rat).SetString(d.String())
		return q
	}
	half := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Mul(big.NewInt(2), bigPow10(quoDigits)))
	for range 20000 {
		a, x := number()
		b, y := number()
		if sum, ok := a.Add(b); !ok || rat(sum).Cmp(new(big.Rat).Add(x, y)) != 0 {
			t.Fatalf("%v + %v = %v", a, b, sum)
		}
		if d, ok := a.Sub(b); !ok || rat(d).Cmp(new(big.Rat).Sub(x, y)) != 0 {
			t.Fatalf("%v - %v = %v", a, b, d)
		}
		if p, ok := a.Mul(b); !ok || rat(p).Cmp(new(big.Rat).Mul(x, y)) != 0 {
			t.Fatalf("%v * %v = %v", a, b, p)
		}
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() {
			t.Fatalf("%v, %v: Cmp %d", a, b, a.Cmp(b))
		}
		if y.Sign() != 0 {
			q, ok := a.Quo(b)
			diff := new(big.Rat).Sub(rat(q), new(big.Rat).Quo(x, y))
			if !ok || diff.Abs(diff).Cmp(half) > 0 {
				t.Fatalf("%v / %v = %v", a, b, q)
			}
		}
		if f, _ := x.Float64(); f != a.Float64() {
			t.Fatalf("%v as a float is %v, want %v", a, a.Float64(), f)
		}
		floor, ceiling := a.Round(Floor), a.Round(Ceiling)
		if !floor.IsInteger() || floor.Cmp(a) > 0 || ceiling.Cmp(a) < 0 || a.IsInteger() != (floor.Cmp(ceiling) == 0) {
			t.Fatalf("%v: floor %v, ceiling %v", a, floor, ceiling)
		}
	}
	if _, ok := NewInteger(1).Quo(NewInteger(0)); ok {
		t.Error("1 / 0 has a value")
	}
	huge, _ := ParseDecimal(strings.Repeat("9", MaxDigits))
	if _, ok := huge.Mul(huge); ok {
		t.Error("a product beyond MaxDigits has a value")
	}
}

func TestRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		mode Rounding
		want string
	}{
		{"2.5", HalfUp, "3"}, {"-2.5", HalfUp, "-2"}, {"2.49", HalfUp, "2"}, {"-2.51", HalfUp, "-3"}, {"-2.5", Truncate, "-2"}, {"2.9", Truncate, "2"}, {"-2.1", Floor, "-3"}, {"-2.9", Ceiling, "-2"}, {"7", Floor, "7"},
	} {
		d, _ := ParseDecimal(c.in)
		if got := d.Round(c.mode).String(); got != c.want {
			t.Errorf("%s by %d = %s, want %s", c.in, c.mode, got, c.want)
		}
	}
	for in, want := range map[float64]float64{2.5: 3, -2.5: -2, -0.5: math.Copysign(0, -1), 0.49999999999999994: 0, 1e300: 1e300} {
		if got := RoundFloat(in); got != want || math.Signbit(got) != math.Signbit(want) {
			t.Errorf("RoundFloat(%v) = %v", in, got)
		}
	}
}

func TestFloats(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1": "1.0E0", "-1.5": "-1.5E0", "100": "1.0E2", "1e-7": "1.0E-7", "INF": "INF", "+INF": "INF", "-INF": "-INF", "NaN": "NaN", "-0": "-0.0E0", "1e400": "INF", "123456.789": "1.23456789E5",
		".5": "5.0E-1", "5.": "5.0E0", "1E+2": "1.0E2", "inf": "!", "0x1p3": "!", "1_0": "!", "": "!", "e5": "!", "1e": "!", ".": "!", "Infinity": "!", " 1": "!",
	} {
		got := "!"
		if f, ok := ParseDouble(in); ok {
			got = string(AppendDouble(nil, f))
		}
		if got != want {
			t.Errorf("double %q = %q, want %q", in, got, want)
		}
	}
	f, _ := ParseFloat("0.1")
	if got := string(AppendFloat(nil, f)); got != "1.0E-1" {
		t.Errorf("float 0.1 = %s", got)
	}
}

// validity lists forms that fit their datatype and such that do not.
var validity = map[string][2][]string{
	"boolean":            {{"true", "0", " 1 "}, {"TRUE", "yes", ""}},
	"byte":               {{"-128", "127", "+5"}, {"128", "-129", "1.0"}},
	"unsignedLong":       {{"18446744073709551615", "0", "-0"}, {"-1", "18446744073709551616"}},
	"positiveInteger":    {{"1", "99999999999999999999999999"}, {"0", "-1"}},
	"negativeInteger":    {{"-1"}, {"0"}},
	"nonPositiveInteger": {{"0", "-5"}, {"1"}},
	"dateTime": {{"2024-02-29T00:00:00", "2024-01-01T24:00:00Z", "-0001-01-01T00:00:00+14:00", "12024-01-01T00:00:00.123456789012", "0000-01-01T00:00:00Z"},
		{"2023-02-29T00:00:00", "2024-01-01", "2024-01-01T24:00:01", "2024-01-01T00:00:60", "24-01-01T00:00:00", "02024-01-01T00:00:00", "2024-01-01T00:00:00+14:01", "2024-01-01T00:00:00.", "2024-1-1T00:00:00", "2024-01-01T00:00:00z", "2024-01-01 00:00:00"}},
	"dateTimeStamp":     {{"2024-01-01T00:00:00Z"}, {"2024-01-01T00:00:00"}},
	"date":              {{"2024-01-31", "2024-01-31Z", "2024-01-31-05:00"}, {"2024-04-31", "2024-00-01", "2024-01-00", "2024-01-31T00:00:00", "2024-13-01"}},
	"time":              {{"23:59:59.9", "24:00:00", "00:00:00Z"}, {"25:00:00", "1:00:00", "12:00"}},
	"gYear":             {{"2024", "-0044", "12024Z"}, {"24", "2024-01"}},
	"gYearMonth":        {{"2024-02"}, {"2024-13", "2024"}},
	"gMonth":            {{"--02", "--12Z"}, {"--13", "02"}},
	"gDay":              {{"---31"}, {"---32", "31"}},
	"gMonthDay":         {{"--02-29"}, {"--02-30"}},
	"duration":          {{"P1Y2M3DT4H5M6.7S", "-P1D", "PT0S", "P0Y"}, {"P", "PT", "P1DT", "1D", "P1H", "PT1D", "P1M1Y", "P1.5D", "P-1D", "PT1.S", "P1Y2Y", "+P1D"}},
	"dayTimeDuration":   {{"P1DT2H", "PT0.5S"}, {"P1Y", "P1M"}},
	"yearMonthDuration": {{"P1Y", "-P2M"}, {"P1D", "PT1M"}},
	"hexBinary":         {{"", "0aFF"}, {"0", "zz"}},
	"base64Binary":      {{"", "Zm9v", "Zm8=", "Zg==", "Z m 9 v"}, {"Zm9", "Zm9=", "Zh==", "====", "Zg=="[:3], "Zm8=Zm8="}},
	"language":          {{"nb", "zh-Hant-TW"}, {"", "toolonglang", "nb_NO", "1b"}},
	"NCName":            {{"a-b.1", "ø"}, {"1a", "a:b", ""}},
	"NMTOKEN":           {{"1a:b"}, {"a b", ""}},
	"anyURI":            {{"http://example.org/", ""}, {}},
}

func TestValid(t *testing.T) {
	t.Parallel()
	for name, forms := range validity {
		for i, list := range forms {
			for _, s := range list {
				if ValidLiteral(s, ns+name) != (i == 0) {
					t.Errorf("%q as %s: valid is %v", s, name, i != 0)
				}
			}
		}
	}
	if !ValidLiteral("anything", "http://example.org/dt") {
		t.Error("an unknown datatype refuses a form")
	}
}

func TestDateTimes(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"dateTime", "2024-12-31T24:00:00Z", "2025-01-01T00:00:00Z"}, {"dateTime", "2024-01-01T00:00:00.500+01:30", "2024-01-01T00:00:00.5+01:30"}, {"dateTime", "-0001-12-31T23:59:59+00:00", "-0001-12-31T23:59:59Z"},
		{"dateTime", "0000-02-29T00:00:00", "0000-02-29T00:00:00"}, {"date", "12024-02-29-14:00", "12024-02-29-14:00"}, {"time", "24:00:00", "00:00:00"}, {"gYear", "-0044", "-0044"}, {"gYearMonth", "2024-02Z", "2024-02Z"},
		{"gMonth", "--02+01:00", "--02+01:00"}, {"gDay", "---31-01:00", "---31-01:00"}, {"gMonthDay", "--02-29", "--02-29"}, {"date", "-999999999-01-01", "-999999999-01-01"},
	} {
		typ, _ := TypeOf(ns + c[0])
		d, ok := ParseDateTime(c[1], typ)
		if got := string(d.Append(nil, typ)); !ok || got != c[2] {
			t.Errorf("%s %s = %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if _, ok := ParseDateTime("1000000000-01-01", Date); ok {
		t.Error("a year beyond MaxYear is taken")
	}
	// Every day of 8,000 years against the standard library.
	day := time.Date(-4000, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := days(-4000, 1, 1); day.Year() < 4000; n++ {
		y, m, d := civil(n)
		if int(y) != day.Year() || time.Month(m) != day.Month() || d != day.Day() || days(y, m, d) != n {
			t.Fatalf("day %d is %d-%d-%d, want %v", n, y, m, d, day)
		}
		day = day.AddDate(0, 0, 1)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"P1Y14M": "P2Y2M", "PT36H": "P1DT12H", "-PT90.50S": "-PT1M30.5S", "P0D": "PT0S", "P1Y2M3DT4H5M6.7S": "P1Y2M3DT4H5M6.7S", "PT0.000000001S": "PT0.000000001S", "-P0Y": "PT0S"} {
		d, ok := ParseDuration(in, Duration)
		if got := string(d.Append(nil, Duration)); !ok || got != want {
			t.Errorf("%s = %s, want %s", in, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
		ok   bool
	}{
		{"P1M", "P30D", 0, false}, {"P1M", "P27D", 1, true}, {"P1M", "P32D", -1, true}, {"P1Y", "P365D", 0, false}, {"P1Y", "P367D", -1, true}, {"P12M", "P1Y", 0, true}, {"PT24H", "P1D", 0, true}, {"PT1S", "PT2S", -1, true}, {"-P1D", "P1D", -1, true},
	} {
		a, _ := ParseDuration(c.a, Duration)
		b, _ := ParseDuration(c.b, Duration)
		if got, ok := a.Compare(b); ok != c.ok || ok && got != c.want {
			t.Errorf("%s, %s: %d, %v", c.a, c.b, got, ok)
		}
	}
	for _, c := range [][3]string{
		{"2024-01-31T00:00:00", "P1M", "2024-02-29T00:00:00"}, {"2023-01-31T00:00:00", "P1M", "2023-02-28T00:00:00"}, {"2024-03-31T00:00:00", "-P1M", "2024-02-29T00:00:00"},
		{"2000-01-12T12:13:14Z", "P1Y3M5DT7H10M3.3S", "2001-04-17T19:23:17.3Z"}, {"2000-01-01T00:00:00", "-PT0.5S", "1999-12-31T23:59:59.5"}, {"0001-01-01T00:00:00", "-P1Y", "0000-01-01T00:00:00"},
	} {
		d, _ := ParseDateTime(c[0], DateTime)
		u, _ := ParseDuration(c[1], Duration)
		if sum, ok := d.AddDuration(u); !ok || string(sum.Append(nil, DateTime)) != c[2] {
			t.Errorf("%s + %s = %s, want %s", c[0], c[1], sum.Append(nil, DateTime), c[2])
		}
	}
}

// FuzzValid: a form that is taken has a canonical form, which is taken as well and has the same value.
func FuzzValid(f *testing.F) {
	for name, forms := range validity {
		for _, list := range forms {
			for _, s := range list {
				f.Add(s, name)
			}
		}
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		typ, ok := TypeOf(ns + name)
		if !ok {
			return
		}
		Valid(s, typ)
		switch typ.Primitive() {
		case DecimalType:
			if d, ok := ParseDecimal(s); ok {
				if e, ok := ParseDecimal(d.String()); !ok || e.Cmp(d) != 0 {
					t.Errorf("%q becomes %q", s, d)
				}
			}
		case Double:
			if d, ok := ParseDouble(s); ok {
				c := string(AppendDouble(nil, d))
				if e, ok := ParseDouble(c); !ok || e != d && !(math.IsNaN(e) && math.IsNaN(d)) {
					t.Errorf("%q becomes %q", s, c)
				}
			}
		case Duration:
			if d, ok := ParseDuration(s, typ); ok {
				c := string(d.Append(nil, typ))
				if e, ok := ParseDuration(c, typ); !ok || e != d {
					t.Errorf("%q becomes %q", s, c)
				}
			}
		default:
			if d, ok := ParseDateTime(s, typ); ok {
				c := string(d.Append(nil, typ))
				if e, ok := ParseDateTime(c, typ); !ok || e != d {
					t.Errorf("%q becomes %q", s, c)
				}
			}
		}
	})
}
