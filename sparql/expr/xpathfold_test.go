package expr

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// TestVariants: flag i means the same in expressions that package regexp2 matches, because of a back-reference or a line that ends the text.
func TestVariants(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{`REGEX("xxſ", "(x)\\1s", "i")`, "true"}, {`REGEX("xxS", "(x)\\1ſ", "i")`, "true"}, {`REGEX("xxς", "(x)\\1Σ", "i")`, "true"}, {`REGEX("xx\u212A", "(x)\\1[j-l]", "i")`, "true"},
		{`REGEX("xxk", "(x)\\1\\\u212A", "i")`, "error"}, {`REGEX("xxİ", "(x)\\1i", "i")`, "false"}, {`REGEX("xxi", "(x)\\1İ", "i")`, "false"}, {`REGEX("xxς", "(x)\\1[^Σ]", "i")`, "false"},
		{`REGEX("xxſ", "(x)\\1(?i:s)")`, "true"}, {`REGEX("xxſ", "(x)\\1(?i)[rs]")`, "true"}, {`REGEX("xxſ", "(x)\\1(?-i:s)", "i")`, "false"}, {`REGEX("xxK", "(x)\\1[a-z-[k]]", "i")`, "false"},
		{`REPLACE("xſ\n", "(?:$)?x?S.*", "-", "ims") = "-"`, "true"}, {`REPLACE("aς\n", "[Σ]\\n|^b", "-", "im") = "a-"`, "true"}, {`REPLACE("aİ\n", "i\\n|^b", "-", "im") = "aİ\n"`, "true"},
	})
}

// TestOddCase goes through all characters: those that are not odd have the same variants in both packages.
func TestOddCase(t *testing.T) {
	t.Parallel()
	lowered := make([][]rune, utf8.MaxRune+1)
	for r := range rune(utf8.MaxRune) {
		lowered[unicode.ToLower(r)] = append(lowered[unicode.ToLower(r)], r)
	}
	for r := range rune(utf8.MaxRune) {
		if oddCase()[r] || len(lowered[r]) == 1 && unicode.SimpleFold(r) == r {
			continue
		}
		variants, same := inAnyCase(r), lowered[unicode.ToLower(r)]
		if len(variants) != 2*len(same) {
			t.Errorf("%U has variants %U, by lower case %U", r, variants, same)
		}
		for _, x := range same {
			if !isVariant(variants, x) {
				t.Errorf("%U has variants %U, by lower case %U", r, variants, same)
			}
		}
	}
	for r := range oddCase() {
		m, err := compileRegexp(`(-)\1`+string(r), "i")
		if err != nil {
			t.Fatal(err)
		}
		re := regexp.MustCompile("(?i)--" + string(r))
		like := append(lowered[unicode.ToLower(r)], 'x', unicode.ToUpper(r))
		for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
			like = append(like, x)
		}
		for _, x := range like {
			if got, err := m.match(context.Background(), "--"+string(x)); err != nil || got != re.MatchString("--"+string(x)) {
				t.Errorf("%U matches %U: %v, %v", r, x, got, err)
			}
		}
	}
	plain := regexp2.MustCompile("(?i)s", regexp2.RE2)
	if found, err := plain.MatchString("ſ"); found || err != nil {
		t.Error(fmt.Sprint("package regexp2 knows all variants now, and need not be told: ", err))
	}
}
