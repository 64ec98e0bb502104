package expr

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestRequired(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, flags, want string }{
		{"^(nasjonal|regional).*(kart|data)", "i", ""}, {"nedbørutvikling.*klima", "i", "rutvi"}, {"vann(kontroll|måling)", "i", "vann"},
		{"nedbørutvikling.*klima", "", "nedbørutvikling"}, {"(abc)+d?", "", "abc"}, {"(abc)*defg", "", "defg"}, {"(abc){2,3}", "", "abc"}, {"(abc){0,3}", "", ""},
		{"sky skjerm", "i", "jerm"}, {"ab", "", ""}, {"[a-z]+foot|x", "", ""}, {"ab.cde?f", "s", ""},
	} {
		m, err := compileRegexp(c.pattern, c.flags)
		if err != nil {
			t.Fatal(err)
		}
		if m.need.text != c.want {
			t.Errorf("%s %s: %q, want %q", c.pattern, c.flags, m.need.text, c.want)
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
	parts := append([]string{".", "(ab|aB)", "(abc)+", "(ka)?", "[as]", "ab", "abk", "øab", "^", "$", "(bab)*", "(aab){1,2}"}, letters[:13]...)
	required := 0
	for range 20_000 {
		pattern, flags := random(parts, 1+r.IntN(5)), []string{"", "i", "s"}[r.IntN(3)]
		m, err := compileRegexp(pattern, flags)
		if err != nil {
			continue
		}
		if m.need.text != "" {
			required++
		}
		for range 4 {
			s := random(letters, r.IntN(12))
			re := m.re
			if !m.need.in(s) && re.MatchString(s) {
				t.Fatalf("seed %d: %q %q matches %q, which lacks %q", seed, pattern, flags, s, m.need.text)
			}
		}
	}
	if required < 1000 {
		t.Errorf("seed %d: %d patterns only require something", seed, required)
	}
}
