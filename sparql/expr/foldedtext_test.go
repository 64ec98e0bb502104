package expr

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"triplestore/internal/cputime"
)

// TestFoldedText compares with lower case, also where texts repeat what is looked for.
func TestFoldedText(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 4))
	random := func(letters string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	found := 0
	for range 4000 {
		low := random("qqqqa.", 1+r.IntN(9))
		low = strings.Repeat(low, 1+r.IntN(3))
		s := random("qQqQqaAz.", r.IntN(60))
		if r.IntN(2) == 0 {
			s = strings.Repeat(s, 100) + s + low
			s = s[:len(s)-r.IntN(2)]
		}
		f := newFoldedText(low)
		want := strings.Contains(strings.ToLower(s), low)
		if got, slow := f.in(s), f.inRepetitive(s); got != want || slow != want {
			t.Fatalf("seed %d: %q in %q: %v, %v", seed, low, s, got, slow)
		}
		if want {
			found++
		}
	}
	if found < 400 || found > 3600 {
		t.Errorf("seed %d: %d found, so this says little", seed, found)
	}
}

// TestFoldedTextEnds: a long literal that fails late takes no longer than the context allows.
func TestFoldedTextEnds(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("q", 1<<20)
	for _, pattern := range []string{strings.Repeat("q", 8000) + "a", strings.Repeat("q", 63) + "a", strings.Repeat("q", 8000) + "a.*xyz"} {
		m, err := compileRegexp(pattern, "i")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		var ok, changed bool
		if took := cputime.Thread(func() { ok, err = m.match(ctx, text) }); ok || err != nil && !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
			t.Errorf("REGEX of %d bytes: %v, %v after %v", len(pattern), ok, err, took)
		}
		if took := cputime.Thread(func() { _, changed, err = m.replace(ctx, text, "x") }); changed || err != nil && !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
			t.Errorf("REPLACE of %d bytes: %v, %v after %v", len(pattern), changed, err, took)
		}
		cancel()
	}
	m, err := compileRegexp(strings.Repeat("q", 100)+"a", "i")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]bool{strings.Repeat("Q", 120) + "A": true, strings.Repeat("q", 99) + "a": false, strings.Repeat("q", 120): false} {
		if got, err := m.match(context.Background(), s); err != nil || got != want {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}
