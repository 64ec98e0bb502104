package expr

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// TestFolding: what is constant is evaluated once where that is little work and the result is short, and else stays, with the same value.
func TestFolding(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("a", 600)
	for _, c := range []struct {
		text   string
		folded bool
	}{
		{"1 + 2 * 3", true},
		{"CONCAT('a', UCASE('b'), STR(7))", true},
		{"REPLACE('abc', 'b+', 'x') = 'axc' && !false", true},
		{"STRLEN('" + strings.Repeat(a, 6) + "')", true},
		{"STRLEN('" + strings.Repeat(a, 7) + "')", false},
		{"ENCODE_FOR_URI('" + strings.Repeat("æ", 800) + "')", false},
		{"REPLACE('" + a + "', 'a', 'bb')", true},
		{"REPLACE('" + a + "', 'a', '" + a + "')", false},
		{"REPLACE('" + strings.Repeat("a", 90) + "', 'a', '" + strings.Repeat("b", 60) + "')", false},
		{"REGEX('" + a + "', 'ab$')", true},
		{"REGEX('" + a + a + "', 'ab$')", false},
		{`REGEX('abab', '(ab)\\1')`, false},
		{"CONCAT('x', REPLACE('" + a + "', 'a', '" + a + "'))", false},
		{"1 / 0", false},
	} {
		p, err := compileText(t, c.text)
		if err != nil {
			t.Fatal(err)
		}
		v, folded := p.Constant()
		if folded != c.folded {
			t.Errorf("%.40s: folded is %v", c.text, folded)
		}
		if p.Size() > 4*mostFolded+16<<10 {
			t.Errorf("%.40s: it takes %d bytes", c.text, p.Size())
		}
		got, err := p.Eval(testContext(), testValues)
		if folded && (err != nil || got.Term() != v.Term()) {
			t.Errorf("%.40s: %v, %v", c.text, got, err)
		}
	}
}

// TestProgramSize: constants count that are there, and regular expressions by their programs.
func TestProgramSize(t *testing.T) {
	t.Parallel()
	size := func(text string) int64 {
		p, err := compileText(t, text)
		if err != nil {
			t.Fatal(err)
		}
		return p.Size()
	}
	for text, bounds := range map[string][2]int64{
		"?long":                    {0, 0},
		"CONTAINS(?long, 'quick')": {50, 300},
		"CONTAINS(?long, CONCAT('" + strings.Repeat("a", 1000) + "', 'b'))": {1000, 1300},
		"CONTAINS(?long, MD5('" + strings.Repeat("a", 3000) + "'))":         {50, 300}, // the argument has gone
		"REGEX(?long, 'qu?ick')":                    {4000, 8000},
		"REGEX(?long, '[qr]{900}[qr]{900}c')":       {200_000, 500_000},
		"REPLACE(?long, '[qr]{900}[qr]{900}c', '')": {200_000, 500_000},
		`REGEX(?long, '(qu)\\1')`:                   {4000, 8000},
		"REGEX('ick', '[a-z]{300}')":                {50, 300}, // it is known
		"CONTAINS(?long, REPLACE('" + strings.Repeat("q", 4000) + "', 'q', '" + strings.Repeat("z", 4000) + "'))": {8000, 16000},
	} {
		if n := size(text); n < bounds[0] || n > bounds[1] {
			t.Errorf("%.50s: %d bytes", text, n)
		}
	}
}

// TestCompileEnds: constants are evaluated, and patterns compiled, under the context.
func TestCompileEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{"REGEX('aaa', 'a+b')", "REGEX(?long, 'a+b')", "REPLACE(?long, 'a+b', '')", "1 = 2 || REGEX('aaa', 'b')"} {
		_, err := Compile(parse(t, text), CompileOptions{Ctx: ctx, Slot: func(string) (int, bool) { return 0, true }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
