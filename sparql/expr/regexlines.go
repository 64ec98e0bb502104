package expr

import (
	"context"
	"errors"
	"regexp/syntax"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// With flag m, ^ and $ do not hold at the end of a text that ends in a newline (https://www.w3.org/TR/xpath-functions-31/#flags), where package
// regexp has them hold. What it does not match is not matched; a match that reaches the end of such a text is found out about here.

// errAtEnd tells that a match of package regexp reaches the end of a text, where it may not be one.
var errAtEnd = errors.New("a match reaches the end of a text that ends in a newline")

// doubtful reports whether package regexp may match a text that is not matched.
func (m *matcher) doubtful(s string) bool {
	return m.lines && m.back == nil && strings.HasSuffix(s, "\n")
}

// lineMatcher has what such texts are matched with, made when one comes.
type lineMatcher struct {
	once sync.Once
	prog *syntax.Prog
	err  error

	backOnce sync.Once
	back     *regexp2.Regexp
	backErr  error
}

func (l *lineMatcher) program(pattern string) (*syntax.Prog, error) {
	l.once.Do(func() {
		var parsed *syntax.Regexp
		if parsed, l.err = syntax.Parse(pattern, syntax.Perl); l.err == nil {
			l.prog, l.err = syntax.Compile(parsed.Simplify())
		}
	})
	return l.prog, l.err
}

func (l *lineMatcher) regexp(pattern string) (*regexp2.Regexp, error) {
	l.backOnce.Do(func() {
		if l.back, l.backErr = regexp2.Compile(pattern, regexp2.RE2); l.backErr == nil {
			l.back.MatchTimeout = matchTimeout
		}
	})
	return l.back, l.backErr
}

// matchExactly follows all ways of matching a text that ends in a newline, a character at a time.
func (m *matcher) matchExactly(ctx context.Context, s string) (bool, error) {
	prog, err := m.exactly.program(m.text)
	if err != nil {
		return false, err
	}
	var now, next []uint32 // instructions
	var stack []uint32
	seen := make([]int, len(prog.Inst)) // by instruction, the last place where it was seen, from 1
	before, place := rune(-1), 0
	for {
		if place++; place&0xff == 0 && ctx != nil && ctx.Err() != nil {
			return false, ctx.Err()
		}
		after, size := rune(-1), 0
		if s != "" {
			after, size = utf8.DecodeRuneInString(s)
			s = s[size:]
		}
		holds := syntax.EmptyOpContext(before, after)
		if after < 0 {
			holds &^= syntax.EmptyBeginLine | syntax.EmptyEndLine
		}
		stack = append(append(stack[:0], now...), uint32(prog.Start))
		next = next[:0]
		for len(stack) > 0 {
			pc := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[pc] == place {
				continue
			}
			seen[pc] = place
			switch i := &prog.Inst[pc]; i.Op {
			case syntax.InstAlt, syntax.InstAltMatch:
				stack = append(stack, i.Out, i.Arg)
			case syntax.InstCapture, syntax.InstNop:
				stack = append(stack, i.Out)
			case syntax.InstEmptyWidth:
				if syntax.EmptyOp(i.Arg)&^holds == 0 {
					stack = append(stack, i.Out)
				}
			case syntax.InstMatch:
				return true, nil
			case syntax.InstFail:
			default:
				if after >= 0 && i.MatchRune(after) {
					next = append(next, i.Out)
				}
			}
		}
		if after < 0 {
			return false, nil
		}
		before = after
		now, next = next, now
	}
}
