package expr

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestLines: where ^ and $ hold with flag m.
func TestLines(t *testing.T) {
	t.Parallel()
	check(t, [][2]string{
		{`REGEX("a\n", "\\n^", "m")`, "false"}, {`REGEX("a\n", "\\n$", "m")`, "false"}, {`REGEX("a\n", "^$", "m")`, "false"}, {`REGEX("a\n", "a$", "m")`, "true"}, {`REGEX("a\n\n", "\\n^", "m")`, "true"}, {`REGEX("a\n\n", "^$", "m")`, "true"},
		{`REGEX("\n", "^$", "m")`, "true"}, {`REGEX("", "^$", "m")`, "true"}, {`REGEX("a\n ", "\\n^ $", "m")`, "true"}, {`REGEX("a\n", "(?m)a\\n^")`, "false"}, {`REGEX("a\n", "\\n(?-m:$)|^x", "m")`, "true"}, {`REGEX("a\n", "(?-m:^)a$", "m")`, "true"},
		{`REGEX("aa\n", "(a)\\1\\n$", "m")`, "false"}, {`REGEX("aa\n", "(a)\\1$", "m")`, "true"}, {`REGEX("x\naa\n", "^(a)\\1$", "m")`, "true"},
		{`REPLACE("a\n", "\\n$", "", "m") = "a\n"`, "true"}, {`REPLACE("a\n\n", "\\n$", "-", "m") = "a-\n"`, "true"}, {`REPLACE("a\nb\n", "(.)\\n(^|x)", "[$1]", "m") = "[a]b\n"`, "true"}, {`REPLACE("a\nb", "^(.)$", "<$1>", "m") = "<a>\n<b>"`, "true"},
		{`REPLACE("a\nb\n", "^.$", "x", "m") = "x\nx\n"`, "true"}, {`REPLACE("a\nb\n", "(b\\n|^.)", "x", "m") = "x\nx"`, "true"}, {`REPLACE("a\nb\n", "b\\n", "x", "m") = "a\nx"`, "true"},
	})
}

// checkLines compares with package regexp2, which knows the assertions.
func checkLines(t *testing.T, m *matcher, pattern, flags, text string, got bool) {
	t.Helper()
	if len(text) > 100 {
		return
	}
	back, err := m.exactly.regexp(m.around)
	if err != nil {
		t.Fatalf("pattern %q, flags %q: %v", pattern, flags, err)
	}
	if want, err := back.MatchString(text); err == nil && got != want {
		t.Errorf("pattern %q, flags %q, text %q: %v", pattern, flags, text, got)
	}
}

// TestLinesAgree compares many patterns and texts.
func TestLinesAgree(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 7))
	parts := []string{"^", "$", "a", `\n`, "[^b]", ".", "(^|a)", "($|b)", `\s*`, "|", "b?", `\b`}
	matched, differs := 0, 0
	for range 5000 {
		pattern, text := "", ""
		for range 1 + r.IntN(5) {
			pattern += parts[r.IntN(len(parts))]
		}
		m, err := compileRegexp(pattern, "m")
		if err != nil {
			t.Fatal(seed, pattern, err)
		}
		for range r.IntN(4) {
			text += []string{"a", "b", "\n"}[r.IntN(3)]
		}
		text += "\n"
		got, err := m.match(context.Background(), text)
		if err != nil {
			t.Fatal(seed, pattern, err)
		}
		if !m.lines {
			continue
		}
		checkLines(t, m, pattern, "m", text, got)
		if got {
			matched++
		} else if m.re.MatchString(text) {
			differs++
		}
	}
	if matched < 500 || differs < 20 {
		t.Errorf("seed %d: %d matched, %d differ from package regexp", seed, matched, differs)
	}
}

// TestLinesEnd: the exact way ends with the context.
func TestLinesEnd(t *testing.T) {
	t.Parallel()
	m, err := compileRegexp(`(x?y?z?a?){200}\n$`, "m")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := m.match(ctx, strings.Repeat("a", 4<<20)+"\n"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
