package expr

import (
	"context"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"

	"triplestore/internal/automaton"
)

// worthAutomaton is how many bytes of text a regular expression is matched with before it becomes an automaton, which takes about as long.
const worthAutomaton = 4 << 10

// quickMatcher decides most matches of a regular expression without package regexp. It is safe for concurrent use.
type quickMatcher struct {
	seen      atomic.Int64 // bytes, until there is an automaton
	automaton atomic.Pointer[automaton.Automaton]
	once      sync.Once
	look      alternatives // what to look for before the automaton, or nil
}

// quickly matches a text by what is required of it, and by the automaton if there is one. It may not know. An error is the context's.
func (m *matcher) quickly(ctx context.Context, s string) (matches, known bool, err error) {
	a := m.quick.automaton.Load()
	if a == nil {
		if !m.need.in(s) {
			return false, true, nil
		}
		if seen := m.quick.seen.Load(); seen < 0 || m.quick.seen.Add(int64(len(s))) < worthAutomaton {
			return false, false, nil
		}
		m.quick.once.Do(m.makeAutomaton)
		if a = m.quick.automaton.Load(); a == nil {
			return false, false, nil
		}
	}
	// A single text is found in less than half of the time that the automaton takes, several are not.
	if m.quick.look != nil && !m.quick.look.in(s) {
		return false, true, nil
	}
	return a.Match(ctx, s)
}

// lookFor chooses what to look for before the automaton. One that is anchored mostly ends after a few characters.
func (m *matcher) lookFor(anchored bool) {
	if i := slices.IndexFunc(m.need, func(a alternatives) bool { return len(a) == 1 }); i >= 0 && !anchored {
		m.quick.look = m.need[i]
	}
}

// makeAutomaton compiles the expression once more, since package regexp does not show what it has.
func (m *matcher) makeAutomaton() {
	if parsed, err := syntax.Parse(m.text, syntax.Perl); err == nil {
		if prog, err := syntax.Compile(parsed.Simplify()); err == nil {
			if a := automaton.New(prog); a != nil {
				m.quick.automaton.Store(a)
				return
			}
		}
	}
	m.quick.seen.Store(-1 << 62)
}
