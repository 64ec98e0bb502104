package expr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLongText: matches that are found one by one are those that package regexp finds in the whole text.
func TestLongText(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", "abc abd\nabe", "aaaa", "åbåb åb", "x\ny\nz\n", "foo.bar.foo", "a\xffb\xffa", "aab aaab b"}
	for _, pattern := range []string{"a", "^a", "a$", "[ab]+", "(a)(b)?", "\\bab", "b\\b", "^.", ".$", "a|ab", "ab|a", "(a+)b", "å.", "\\Bb", "o+"} {
		for _, flags := range []string{"", "m", "i", "s"} {
			m, err := compileRegexp(pattern, flags)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				if m.empty {
					t.Fatalf("%q matches the empty string", pattern)
				}
				var got [][]int
				for at := 0; ; {
					loc, err := m.next(context.Background(), text, at)
					if err != nil {
						t.Fatal(err)
					}
					if loc == nil {
						break
					}
					got = append(got, loc)
					at = loc[1]
				}
				if want := m.re.FindAllStringSubmatchIndex(text, -1); !slices.EqualFunc(got, want, slices.Equal[[]int]) {
					t.Errorf("%q, flags %q, in %q: got %v, want %v", pattern, flags, text, got, want)
				}
			}
		}
	}
}

// TestLongTextEnds: matching ends with the context.
func TestLongTextEnds(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 4<<20)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for _, pattern := range []string{"a|a*b", "a*b|a"} { // many matches, and each of them a long way
		m, err := compileRegexp(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := m.replace(ctx, text, "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("REPLACE of %s: got %v", pattern, err)
		}
	}
	m, err := compileRegexp("(x?y?z?a?){200}b", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.match(ctx, text); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("REGEX: got %v", err)
	}
}

// TestManyRepetitions: package regexp refuses counts above 1,000 and programs that are large. They are matched all the same.
func TestManyRepetitions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, flags string
		text           string
		is             bool
	}{
		{"^.{0,2000}$", "", strings.Repeat("å", 2000), true},
		{"^.{0,2000}$", "", strings.Repeat("å", 2001), false},
		{"^[a-c]{1500}d?$", "i", strings.Repeat("aBC", 500) + "D", true},
		{"^[a-c]{1500}d?$", "", strings.Repeat("aBC", 500) + "d", false},
		{`^(\d{3}-){400}$`, "", strings.Repeat("123-", 400), true},
		{`^(\d{3}-){400}$`, "", strings.Repeat("123-", 399), false},
		{"^b{1001,}$", "m", "a\n" + strings.Repeat("b", 1200) + "\nc", true},
		{"^b{1001,}$", "m", "a\n" + strings.Repeat("b", 1000) + "\nc", false},
		{strings.Repeat("(a|b){900}", 14) + "c", "", strings.Repeat("ab", 450*14) + "c", true},
		{strings.Repeat("kK.", 4000), "qi", strings.Repeat("Kk.", 4000), true},
		{strings.Repeat("kK.", 4000), "q", strings.Repeat("Kk.", 4000), false},
	} {
		m, err := compileRegexp(c.pattern, c.flags)
		if err != nil {
			t.Errorf("%.40s: %v", c.pattern, err)
			continue
		}
		if is, err := m.match(context.Background(), c.text); err != nil || is != c.is {
			t.Errorf("%.40s, flags %q: %v, %v", c.pattern, c.flags, is, err)
		}
	}
	m, err := compileRegexp("(x{1200})y", "")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("x", 1201)
	if out, _, err := m.replace(context.Background(), text+"y-"+text+"y", "$1"); err != nil || out != text+"-"+text {
		t.Errorf("REPLACE: %d bytes, %v", len(out), err)
	}
}

// TestPatternsOfRows: patterns that differ by row take no more memory than they may, however large they are.
func TestPatternsOfRows(t *testing.T) {
	t.Parallel()
	n := &regexNode{text: &constNode{String("b")}, pattern: newPattern(varNode(0), nil)}
	c := &Context{}
	most := int64(0)
	for i := range 400 {
		pattern := fmt.Sprintf("(a?){900}b%d", i) // some thousands of instructions
		if i%4 == 0 {
			pattern = strings.Repeat("x", maxPattern+i) // too long
		}
		if _, err := n.eval(c, slotRow{String(pattern)}); err != nil && !errors.Is(err, ErrExpr) {
			t.Fatal(err)
		}
		bytes := int64(0)
		for k, m := range c.regexps {
			if bytes += int64(len(k.pattern)); m != nil {
				bytes += int64(regexSize + instSize*m.program)
			}
		}
		most = max(most, bytes)
	}
	if most > maxCachedBytes || most < maxCachedBytes/2 {
		t.Errorf("%d bytes were kept", most)
	}
}
