package expr

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp/syntax"
	"runtime"
	"strings"
	"testing"
	"time"

	"triplestore/internal/automaton"
)

// TestLook: the required text is looked for before the automaton, except where that mostly ends after a few characters.
func TestLook(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		"^.*foobar": "foobar", "^[^#]*/foobar/": "/foobar/", "^.*a[ab]{24}.*xyz": "xyz", "^[A-Z].*foobar": "foobar", "(^.*foobar)": "foobar", ".*foobar": "foobar",
		"^http://.*foobar": "", "^[ab].*foobar": "", "^(a|[bc]x).*foobar": "", "^(a|.x).*foobar": "foobar", "^a+.*foobar": "", "^a?.*foobar": "foobar", ".(foo|bar)x": "",
	} {
		m, err := compileRegexp(pattern, "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if m.quick.look != nil {
			got = m.quick.look[0].text
		}
		if got != want {
			t.Errorf("%s: %q is looked for, want %q", pattern, got, want)
		}
	}
}

// TestGivesUp: an automaton that mostly does not know is given up, and what is required is asked for all the same.
func TestGivesUp(t *testing.T) {
	t.Parallel()
	m, err := compileRegexp("(a[ab ]{24}|b[ab ]{17}).*(xyz|wuv)", "")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 5))
	had, matched := false, 0
	for n := range 3000 {
		b := make([]byte, 200)
		for i := range b {
			b[i] = "ab "[r.IntN(3)]
		}
		s := string(b)
		if n%5 == 0 {
			s += "wuv"
		}
		had = had || m.quick.automaton.Load() != nil
		got, known, err := m.quickly(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if want := m.re.MatchString(s); known && got != want {
			t.Fatalf("%q: %v", s, got)
		} else if want {
			matched++
		}
		if !known && n%5 != 0 {
			t.Fatal("a text that lacks what is required is left to package regexp")
		}
	}
	if !had || m.quick.automaton.Load() != nil || m.quick.seen.Load() != never || matched == 0 {
		t.Errorf("had an automaton %v, seen %d, %d matched", had, m.quick.seen.Load(), matched)
	}
}

// TestAnotherTime: where other automata have taken all memory, an expression gets one later. It runs alone.
func TestAnotherTime(t *testing.T) {
	parsed, err := syntax.Parse("a[ab]{24}c", syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4<<10)
	r := rand.New(rand.NewPCG(1, 6))
	for i := range b {
		b[i] = "ab"[r.IntN(2)]
	}
	var others []*automaton.Automaton
	for {
		a, err := automaton.New(prog)
		if errors.Is(err, automaton.ErrCrowded) {
			break
		}
		if err != nil || len(others) > 10_000 {
			t.Fatal(len(others), err)
		}
		_, _, _ = a.Match(context.Background(), string(b))
		others = append(others, a)
	}
	m, err := compileRegexp("b[ab]+c", "")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("ab", worthAutomaton)
	ask := func() bool {
		if got, err := m.match(context.Background(), text); got || err != nil {
			t.Fatal(got, err)
		}
		return m.quick.automaton.Load() != nil
	}
	if ask() || m.quick.seen.Load() == never {
		t.Fatal("there is an automaton, or never will be")
	}
	runtime.KeepAlive(others)
	for deadline := time.Now().Add(10 * time.Second); !ask(); {
		if time.Now().After(deadline) {
			t.Fatal("there is no automaton though there is memory")
		}
		runtime.GC()
	}
}
