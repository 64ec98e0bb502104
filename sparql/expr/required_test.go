package expr

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// show writes what is required: texts in whatever case in upper case.
func show(r required) string {
	var all []string
	for _, a := range r {
		var some []string
		for _, x := range a {
			some = append(some, x.text+strings.ToUpper(x.fold.low))
		}
		all = append(all, strings.Join(some, " or "))
	}
	return strings.Join(all, " and ")
}

func TestRequired(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, flags, want string }{
		{"^(nasjonal|regional).*(kart|data)", "i", "JONAL or REGIONAL and ART or DATA"}, {"nedbørutvikling.*klima", "i", "RUTVI and LIMA"},
		{"vann(kontroll|måling)", "i", "VANN and ONTROLL or LING"}, {"(skole|school).*(data|register)", "i", "DATA or REGI and OLE or CHOOL"},
		{"(skole|school).*(data|register)", "", "skole or school and data or register"}, {"nedbørutvikling.*klima", "", "nedbørutvikling and klima"},
		{"(abc)+d?", "", "abc"}, {"(abc)*defg", "", "defg"}, {"(abc){2,3}", "", "abcabc"}, {"(abc){0,3}", "", ""}, {"vei(en)?x", "", "veix or veienx"},
		{"sky skjerm", "i", "JERM"}, {"ab", "", ""}, {"[a-z]+foot|x", "", ""}, {"ab.cde?f", "s", "cdf or cdef"}, {"[ab]cd.e", "", "acd or bcd"},
		{"^(abc|def)", "m", "abc or def"}, {"(abc.*x|def.*longer)", "", "abc or longer"}, {"a.c", "q", "a.c"}, {"abc|b|c", "", ""}, {"\ufffdabc", "", ""},
		{"(abc|def|ghi|jkl|mno|pqr|stu|vwx|yza)z", "", ""}, {"(abcd|abc)", "", "abc"},
	} {
		m, err := compileRegexp(c.pattern, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		if show(m.need) != c.want {
			t.Errorf("%s %s: %q, want %q", c.pattern, c.flags, show(m.need), c.want)
		}
	}
}

// TestRequiredAgrees: a text that lacks what is required is not matched, whatever the letters.
func TestRequiredAgrees(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 3))
	letters := []string{"a", "b", "K", "s", "ſ", "\u212A", "ø", "Ø", "k", "A", "i", "İ", "ß", "\x80", "\ufffd"}
	random := func(from []string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(from[r.IntN(len(from))])
		}
		return b.String()
	}
	parts := append([]string{".", "(ab|aB)", "(abc)+", "(ka)?", "[as]", "ab", "abk", "øab", "^", "$", "(bab)*", "(aab){1,2}", "|", "(abk|.a|bab)", "[ab]ka"}, letters[:13]...)
	required, literal := 0, 0
	for range 20_000 {
		pattern, flags := random(parts, 1+r.IntN(5)), []string{"", "i", "s", "m", "im"}[r.IntN(5)]
		m, err := compileRegexp(pattern, flags)
		if err != nil {
			continue
		}
		if show(m.need) != "" {
			required++
		}
		if m.mode != matchRegexp {
			literal++
		}
		for range 4 {
			s := random(letters, r.IntN(12))
			want := m.re.MatchString(s)
			if got, err := m.match(context.Background(), s); err != nil || got != want {
				t.Fatalf("seed %d: %q %q in %q: %v, %v", seed, pattern, flags, s, got, err)
			}
			if want && !m.need.in(s) {
				t.Fatalf("seed %d: %q %q matches %q, which lacks %q", seed, pattern, flags, s, show(m.need))
			}
		}
	}
	if required < 1000 || literal < 1000 {
		t.Errorf("seed %d: %d patterns only require something, %d are literals", seed, required, literal)
	}
}
