package xsd

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// seconds is the exact number of seconds.
func seconds(whole int64, nanos int32, rest string) *big.Rat {
	sum := new(big.Rat).SetInt64(whole)
	sum.Add(sum, big.NewRat(int64(nanos), 1_000_000_000))
	if digits := strings.TrimPrefix(rest, "-"); digits != "" {
		r, ok := new(big.Rat).SetString("0.000000000" + digits)
		if !ok {
			panic(rest)
		}
		if digits != rest {
			r.Neg(r)
		}
		sum.Add(sum, r)
	}
	return sum
}

func fractionText(r *rand.Rand) string {
	n := r.IntN(16)
	if n == 0 {
		return ""
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = "0009159"[r.IntN(7)]
	}
	return "." + string(b)
}

// TestLongFractions compares with rational numbers.
func TestLongFractions(t *testing.T) {
	t.Parallel()
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 1))
	moment := func() (DateTimeValue, *big.Rat) {
		text := "1970-01-01T00:00:0" + string(byte('0'+r.IntN(3))) + fractionText(r) + []string{"Z", "+14:00", "-00:01"}[r.IntN(3)]
		v, ok := ParseDateTime(text, DateTime)
		if !ok {
			t.Fatal(text)
		}
		again, ok := ParseDateTime(string(v.Append(nil, DateTime)), DateTime)
		if !ok || again != v {
			t.Fatalf("%s: %+v is written as %s", text, v, v.Append(nil, DateTime))
		}
		return v, seconds(v.Seconds, v.Nanos, v.Rest)
	}
	span := func() (DurationValue, *big.Rat) {
		text := []string{"", "-"}[r.IntN(2)] + "PT" + string(byte('0'+r.IntN(2))) + fractionText(r) + "S"
		v, ok := ParseDuration(text, Duration)
		if !ok {
			t.Fatal(text)
		}
		again, ok := ParseDuration(string(v.Append(nil, Duration)), Duration)
		if !ok || again != v {
			t.Fatalf("%s: %+v is written as %s", text, v, v.Append(nil, Duration))
		}
		return v, seconds(v.Seconds, v.Nanos, v.Rest)
	}
	long := 0
	for range 30_000 {
		a, x := moment()
		b, y := moment()
		u, p := span()
		v, q := span()
		if a.Rest != "" || u.Rest != "" {
			long++
		}
		if got, ok := a.Compare(b); !ok || got != x.Cmp(y) || a.Order(b) != got {
			t.Fatalf("%+v, %+v: %d, want %d", a, b, got, x.Cmp(y))
		}
		if got, ok := u.Compare(v); !ok || got != p.Cmp(q) || (u == v) != (got == 0) {
			t.Fatalf("%+v, %+v: %d, want %d", u, v, got, p.Cmp(q))
		}
		if d := a.Sub(b); seconds(d.Seconds, d.Nanos, d.Rest).Cmp(new(big.Rat).Sub(x, y)) != 0 || !d.valid() {
			t.Fatalf("%+v - %+v = %+v", a, b, d)
		}
		if d, ok := u.Add(v); !ok || seconds(d.Seconds, d.Nanos, d.Rest).Cmp(new(big.Rat).Add(p, q)) != 0 {
			t.Fatalf("%+v + %+v = %+v", u, v, d)
		}
		if c, ok := a.AddDuration(u); !ok || seconds(c.Seconds, c.Nanos, c.Rest).Cmp(new(big.Rat).Add(x, p)) != 0 || c.Nanos < 0 || strings.HasPrefix(c.Rest, "-") {
			t.Fatalf("%+v + %+v = %+v", a, u, c)
		}
	}
	if long < 10_000 {
		t.Errorf("only %d long fractions", long)
	}
}

func TestLongFractionForms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2020-01-01T00:00:00.12345678910": "2020-01-01T00:00:00.1234567891", "2020-01-01T00:00:00.0000000001Z": "2020-01-01T00:00:00.0000000001Z",
		"2020-01-01T00:00:00.0000000000": "2020-01-01T00:00:00", "2020-01-01T24:00:00.0000000001": "!", "2020-01-01T24:00:00.0000000000": "2020-01-02T00:00:00",
	} {
		got := "!"
		if d, ok := ParseDateTime(in, DateTime); ok {
			got = string(d.Append(nil, DateTime))
		}
		if got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
	// As long as a month of 31 days and a bit, so longer than any month.
	month, _ := ParseDuration("P1M", Duration)
	longer, _ := ParseDuration("P31DT0.0000000001S", Duration)
	if c, ok := month.Compare(longer); c != -1 || !ok {
		t.Error(c, ok)
	}
	end, _ := ParseDateTime("999999999-12-31T23:59:59+14:00", DateTime)
	second, _ := ParseDuration("PT1S", Duration)
	if sum, ok := end.AddDuration(second); ok {
		t.Errorf("beyond MaxYear: %s", sum.Append(nil, DateTime))
	}
	if sum, ok := end.AddDuration(second.Neg()); !ok || string(sum.Append(nil, DateTime)) != "999999999-12-31T23:59:58+14:00" {
		t.Errorf("%s %v", sum.Append(nil, DateTime), ok)
	}
}
