package identity

import (
	"regexp"
	"strings"
	"testing"
)

// TestClass compares the short way for numbers with the regular expression that it stands for.
func TestClass(t *testing.T) {
	t.Parallel()
	short := 0
	for _, text := range []string{"[0-9]{9}", "[0-9]{2,4}", "[0-9]{0,1}", "[0-9]{0}", "[0-9]+", "[0-9]{2,}", "[0-9]{3}|x", "[a-z]{2}", "x[0-9]{2}"} {
		c, err := parseClass(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c.re == nil {
			short++
		}
		whole := regexp.MustCompile("^(?:" + text + ")$")
		for n := range 11 {
			for _, s := range []string{strings.Repeat("7", n), strings.Repeat("7", n) + "x", "x" + strings.Repeat("7", n), strings.Repeat("7", n) + "\n",
				strings.Repeat("٣", n), strings.Repeat("a", n)} {
				if got, want := c.match(s), whole.MatchString(s); got != want {
					t.Errorf("%s: %q: %v, want %v", text, s, got, want)
				}
			}
		}
	}
	if short != 4 {
		t.Errorf("%d classes are numbers, want 4", short)
	}
	for _, text := range []string{"[0-9]{4,2}", "("} {
		if _, err := parseClass(text); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
