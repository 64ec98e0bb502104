package automaton

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func compile(pattern string) (*Automaton, *regexp.Regexp) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, nil
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, nil
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > 10_000 {
		return nil, nil
	}
	a, err := New(prog)
	if err != nil {
		return nil, nil
	}
	return a, re
}

var seeds = []string{"", "a", "^a$", `\Aab|c\z`, "(?i)(skole|school).*(data|register)", `(?m)^b.*$`, `\bvann\b`, `\Bk`, `(?i)k[s-t]+`, `[^\p{L}]+æ`, `(?s).{3}x`,
	`(a|b)*a(a|b){9}`, `[\x{0}-\x{10FFFF}]z`, `[^\n\r]y`, `(x?y?z?a?){20}b`, `\x{FFFD}`, `[\x{D7FF}-\x{E000}]`, `$^`, `a**`, `(?:)|b`, `[^\x{0}-\x{10FFFF}]`, `(?i)[ſ]`}

// FuzzMatch: the automaton says what package regexp says.
func FuzzMatch(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "abba")
		f.Add(s, "En skole\nhar SCHOOL-data \xff\u212a ſ z\xed\xa0\x80")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		a, re := compile(pattern)
		if a == nil {
			return
		}
		for range 2 { // made, and known
			got, known, err := a.Match(context.Background(), text)
			if err != nil {
				t.Fatal(err)
			}
			if known && got != re.MatchString(text) {
				t.Fatalf("%q in %q: %v", pattern, text, got)
			}
		}
	})
}

// TestRandom compares many patterns and texts of few characters, which match often.
func TestRandom(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 1))
	letters := []string{"a", "b", "k", "K", "s", "S", "ſ", "\u212A", "å", "Å", "\u212B", "_", " ", "\n", "\r", "ß", "€", "\U0001F600", "\xff", "\xc3", "\ufffd", "1"}
	parts := append([]string{".", "(ab|ks)", "(?i:ka|å)", "[^a]", "[a-z]+", `\b`, `\B`, "^", "$", "(?m:^)", "(?m:$)", "|", "*", "?", "+?", "(a|b)*a(a|b){3}", `\w`, `\p{Lu}`, "(?s:.)", "{2}", "(", ")"},
		letters[:17]...)
	random := func(from []string, n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(from[r.IntN(len(from))])
		}
		return b.String()
	}
	matched, asked := 0, 0
	for range 4000 {
		pattern := random(parts, 1+r.IntN(7))
		a, re := compile(pattern)
		if a == nil {
			continue
		}
		for range 12 {
			text := random(letters, r.IntN(14))
			got, known, err := a.Match(context.Background(), text)
			if err != nil || !known {
				t.Fatalf("seed %d: %q in %q: known %v, %v", seed, pattern, text, known, err)
			}
			want := re.MatchString(text)
			if got != want {
				t.Fatalf("seed %d: %q in %q: %v", seed, pattern, text, got)
			}
			if asked++; want {
				matched++
			}
		}
	}
	if matched < asked/10 || matched > asked*9/10 {
		t.Errorf("seed %d: %d of %d matched, so this says little", seed, matched, asked)
	}
}

// TestFull: an automaton of too many states says so, and is right where it has them.
func TestFull(t *testing.T) {
	t.Parallel()
	a, re := compile("a[ab]{24}c")
	r := rand.New(rand.NewPCG(1, 2))
	ignorance := 0
	for range 2000 {
		b := make([]byte, 60)
		for i := range b {
			b[i] = "aabbbc"[r.IntN(6)]
		}
		got, known, err := a.Match(context.Background(), string(b))
		if err != nil {
			t.Fatal(err)
		}
		if !known {
			ignorance++
		} else if got != re.Match(b) {
			t.Fatalf("%s: %v", b, got)
		}
	}
	if *a.bytes > maxBytes || ignorance == 0 {
		t.Errorf("%d bytes, %d texts unknown", *a.bytes, ignorance)
	}
}

// TestConcurrent makes states in several goroutines; the race detector watches.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	for _, pattern := range seeds {
		a, re := compile(pattern)
		if a == nil {
			continue // a pattern of FuzzMatch that is wrong
		}
		var wg sync.WaitGroup
		for n := range uint64(4) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(n, 2))
				for range 100 {
					b := make([]byte, 40)
					for i := range b {
						b[i] = "aabbbkssæ vn\nskole"[r.IntN(18)]
					}
					if got, known, _ := a.Match(context.Background(), string(b)); known && got != re.Match(b) {
						t.Errorf("%q in %q: %v", pattern, b, got)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestEnds: a long text does not keep a query that has ended.
func TestEnds(t *testing.T) {
	t.Parallel()
	a, _ := compile("[ab]+c")
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, _, err := a.Match(ctx, strings.Repeat("ab", watch)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestNoAllocations: matching makes nothing once the states are there.
func TestNoAllocations(t *testing.T) {
	a, _ := compile("(?i)(skole|school).*(data|register)")
	text := strings.Repeat("Oversikt over skoler og elever, ført av ", 6) + "registeret"
	if n := testing.AllocsPerRun(100, func() { _, _, _ = a.Match(context.Background(), text) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	text := strings.Repeat("Oversikt over planer og vedtak, ført av kommunene hvert år. ", 5)
	for _, pattern := range []string{"(?i)(skole|school).*(data|register)", "(?i)x(skole|school)", `[A-D][A-ZÆØÅ]+ [K-M]`, `\p{Lu}\p{L}+ \d`} {
		a, re := compile(pattern)
		b.Run("automaton/"+pattern, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				_, _, _ = a.Match(context.Background(), text)
			}
		})
		b.Run("regexp/"+pattern, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				re.MatchString(text)
			}
		})
	}
}

// TestProgramCounts: what an automaton keeps of its program is counted, and long programs get none.
func TestProgramCounts(t *testing.T) {
	t.Parallel()
	parsed, err := syntax.Parse(strings.Repeat("([ab]?c){800}", 3)+"x?", syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(prog); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%d instructions: %v", len(prog.Inst), err)
	}
	for _, pattern := range []string{"([ab]?c){400}x?", `(\p{L}\p{N}){50}`} {
		a, _ := compile(pattern)
		if a == nil {
			t.Fatal(pattern)
		}
		if counted := *a.bytes; counted < len(a.insts)*40 || counted > maxBytes {
			t.Errorf("%s: %d bytes counted for %d instructions", pattern, counted, len(a.insts))
		}
		for i := range a.insts { // shared characters stay shared
			if r := a.insts[i].Rune; len(r) > 100 && &r[0] != &a.insts[firstWith(a, len(r))].Rune[0] {
				t.Fatalf("%s: instruction %d has characters of its own", pattern, i)
			}
		}
	}
}

func firstWith(a *Automaton, runes int) int {
	return slices.IndexFunc(a.insts, func(i syntax.Inst) bool { return len(i.Rune) == runes })
}

// TestCrowded: an automaton that others have left no memory says so. It runs alone.
func TestCrowded(t *testing.T) {
	parsed, err := syntax.Parse("a[ab]{24}c", syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(prog)
	if err != nil || a.Crowded() {
		t.Fatal(err)
	}
	taken := maxBytesOfAll - bytesOfAll.Load()
	bytesOfAll.Add(taken)
	defer bytesOfAll.Add(-taken)
	if _, err := New(prog); !errors.Is(err, ErrCrowded) {
		t.Errorf("got %v", err)
	}
	if _, known, err := a.Match(context.Background(), strings.Repeat("abbabab", 100)); known || err != nil || !a.Crowded() {
		t.Errorf("known %v, %v, crowded %v", known, err, a.Crowded())
	}
}
