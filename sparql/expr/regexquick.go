package expr

import (
	"context"
	"errors"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"

	"triplestore/internal/automaton"
)

// worthAutomaton is how many bytes of text a regular expression is matched with before it becomes an automaton, which takes about as long.
// Where there was no memory for automata, it is tried again after worthAnother more.
const (
	worthAutomaton = 4 << 10
	worthAnother   = 1 << 20
)

// never is what seen says where there is to be no automaton; counting never reaches it.
const never = -1 << 62

// leastUnknown is how often an automaton is asked in vain before it may be given up.
const leastUnknown = 16

// quickMatcher decides most matches of a regular expression without package regexp. It is safe for concurrent use.
type quickMatcher struct {
	seen      atomic.Int64 // bytes, until there is an automaton
	automaton atomic.Pointer[automaton.Automaton]
	making    sync.Mutex   // of the automaton
	look      alternatives // what to look for before the automaton, or nil
	unknown   atomic.Int64 // texts of which the automaton did not know
	known     atomic.Int64 // and of which it did, since it did not know one
}

// quickly matches a text by what is required of it, and by the automaton if there is one. It may not know. An error is the context's.
func (m *matcher) quickly(ctx context.Context, s string) (matches, known bool, err error) {
	q := &m.quick
	a := q.automaton.Load()
	if a == nil {
		if !m.need.in(s) {
			return false, true, nil
		}
		if a = m.automatonAfter(len(s)); a == nil {
			return false, false, nil
		}
	}
	// A single text is found in less than half of the time that the automaton takes, several are not.
	if q.look != nil && !q.look.in(s) {
		return false, true, nil
	}
	matches, known, err = a.Match(ctx, s)
	switch {
	case err != nil:
	case !known:
		m.doubt(a)
		if !m.need.in(s) {
			return false, true, nil
		}
	case q.unknown.Load() > 0: // seldom, as all who match write to it
		q.known.Add(1)
	}
	return matches, known, err
}

// doubt counts that the automaton did not know, and gives it up if that is so of more than one text in eight.
func (m *matcher) doubt(a *automaton.Automaton) {
	q := &m.quick
	n := q.unknown.Add(1)
	if n < leastUnknown || 7*n <= q.known.Load() || !q.automaton.CompareAndSwap(a, nil) {
		return
	}
	q.seen.Store(never)
	if a.Crowded() {
		q.unknown.Store(0)
		q.known.Store(0)
		q.seen.Store(worthAutomaton - worthAnother)
	}
}

// lookFor chooses what to look for before the automaton. One that mostly ends after a few characters is faster without.
func (m *matcher) lookFor(endsSoon bool) {
	if i := slices.IndexFunc(m.need, func(a alternatives) bool { return len(a) == 1 }); i >= 0 && !endsSoon {
		m.quick.look = m.need[i]
	}
}

// beginsNarrowly reports whether what an expression matches begins with one of a few characters.
func beginsNarrowly(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return true
	case syntax.OpCharClass:
		n := 0
		for i := 0; i < len(re.Rune); i += 2 {
			n += int(re.Rune[i+1]-re.Rune[i]) + 1
		}
		return n <= mostVariants
	case syntax.OpCapture, syntax.OpPlus:
		return beginsNarrowly(re.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !beginsNarrowly(sub) })
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if sub.Op != syntax.OpBeginText && sub.Op != syntax.OpBeginLine {
				return beginsNarrowly(sub)
			}
		}
	}
	return false
}

// automatonAfter makes the automaton when n more bytes are enough for that. It gives nil where there is none, or another goroutine makes it.
func (m *matcher) automatonAfter(n int) *automaton.Automaton {
	q := &m.quick
	if q.seen.Load() == never || q.seen.Add(int64(n)) < worthAutomaton || !q.making.TryLock() {
		return nil
	}
	defer q.making.Unlock()
	if a := q.automaton.Load(); a != nil {
		return a
	}
	if q.seen.Load() < worthAutomaton { // another goroutine has tried
		return nil
	}
	a, err := m.makeAutomaton()
	if err != nil {
		q.seen.Store(never)
		if errors.Is(err, automaton.ErrCrowded) {
			q.seen.Store(worthAutomaton - worthAnother)
		}
		return nil
	}
	q.automaton.Store(a)
	return a
}

// makeAutomaton compiles the expression once more, since package regexp does not show what it has.
func (m *matcher) makeAutomaton() (*automaton.Automaton, error) {
	parsed, err := syntax.Parse(m.text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	return automaton.New(prog)
}
