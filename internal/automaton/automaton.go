// Package automaton tells whether texts match a regular expression in one look at each character, where package regexp, which also finds
// out what matched, follows all ways of matching.
//
// The states of the deterministic automaton are made when a text first needs them (Thompson's construction, by subsets): a state
// is a set of instructions of the program of package regexp/syntax, and a step of the automaton is a step of all of
// them. Assertions such as \b look at the characters on both sides, so a state remembers what kind of character came before it, and what
// its instructions lead to without a character is found out when the next one is known.
package automaton

import (
	"context"
	"encoding/binary"
	"errors"
	"regexp/syntax"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// The bounds of memory in bytes, of one automaton, of the program in it, and of all automata that there are.
const (
	maxBytes      = 256 << 10
	maxProgram    = maxBytes / 2
	maxBytesOfAll = 32 << 20
)

// instBytes is what an instruction takes without its characters: itself, and its places in what step works with.
const instBytes = 40 + 4 + 12

var bytesOfAll atomic.Int64

// ErrTooLarge is the error of a program that is too large for an automaton.
var ErrTooLarge = errors.New("too large for an automaton")

// ErrCrowded is the error of a program for whose automaton other automata have left no memory; later there may be some.
var ErrCrowded = errors.New("no memory is left for automata")

// What a table says instead of a state, all less than the number of any.
const (
	unknown uint32 = iota
	accepting
	dead
	specials
)

// full is what step gives where a state would be needed that there is no memory for.
const full = ^uint32(0)

// watch is after how many bytes a match looks at its context.
const watch = 1 << 16

// Automaton is the deterministic automaton of a regular expression. It is safe for concurrent use.
type Automaton struct {
	insts    []syntax.Inst // of the program
	start    uint32
	classes  classes
	stride   uint32 // of a state's row in the table: one entry for each class, and one for the end of the text
	anchored bool   // matches begin at the begin of the text only
	// table has for a state and a class the next state. A state's number is where its row begins; the first row is of no state. Entries
	// are set once; a table that is too small is replaced by a copy, so whoever has the old one finds less in it.
	table atomic.Pointer[[]uint32]
	first uint32 // state at the begin of the text
	idle  uint32 // state when nothing has begun to match; 0 if there is none
	stay  [256]bool

	mu      sync.Mutex // of what makes states
	states  []state    // by number / stride
	byKey   map[string]uint32
	bytes   *int // counted in bytesOfAll
	crowded bool // there was a state for which other automata had left no memory
	seen    []uint32
	round   uint32
	stack   []uint32
	next    []uint32
	key     []byte
}

type state struct {
	before rune // stands for its kind: -1 at the begin of the text, a line feed, a letter or a space
	insts  []uint32
}

// New makes the automaton of a program, of which it keeps nothing. The error is ErrTooLarge where the program is long or distinguishes
// too many kinds of characters, or ErrCrowded.
func New(prog *syntax.Prog) (*Automaton, error) {
	size := programSize(prog)
	if size > maxProgram {
		return nil, ErrTooLarge
	}
	a := &Automaton{start: uint32(prog.Start), byKey: map[string]uint32{}, seen: make([]uint32, len(prog.Inst)), bytes: new(int)}
	runtime.AddCleanup(a, func(n *int) { bytesOfAll.Add(-int64(*n)) }, a.bytes)
	if !a.classes.find(prog) {
		return nil, ErrTooLarge
	}
	a.stride = uint32(max(len(a.classes.samples)+1, int(specials)))
	rows := 8 * int(a.stride)
	if !a.spend(size + 4*rows + a.classes.size()) {
		return nil, a.whyNot()
	}
	a.insts = cloneProgram(prog)
	a.anchored = prog.StartCond()&syntax.EmptyBeginText != 0
	a.states = make([]state, 1)
	table := make([]uint32, rows)
	a.table.Store(&table)
	if a.first = a.number(-1, nil); a.first == full {
		return nil, a.whyNot()
	}
	a.findIdle()
	return a, nil
}

func (a *Automaton) whyNot() error {
	if a.crowded {
		return ErrCrowded
	}
	return ErrTooLarge
}

// programSize is about how many bytes the clone of a program takes.
func programSize(prog *syntax.Prog) int {
	size := instBytes * len(prog.Inst)
	counted := map[*rune]bool{}
	for i := range prog.Inst {
		if runes := prog.Inst[i].Rune; len(runes) > 0 && !counted[&runes[0]] {
			counted[&runes[0]] = true
			size += 4 * len(runes)
		}
	}
	return size
}

// cloneProgram gives the instructions alone: their characters may lie within the expression that they were compiled from. Instructions that
// share them go on to.
func cloneProgram(prog *syntax.Prog) []syntax.Inst {
	insts := slices.Clip(slices.Clone(prog.Inst))
	clones := map[*rune][]rune{}
	for i := range insts {
		runes := insts[i].Rune
		if len(runes) == 0 {
			continue
		}
		clone := clones[&runes[0]]
		if len(clone) != len(runes) {
			clone = slices.Clone(runes)
			clones[&runes[0]] = clone
		}
		insts[i].Rune = clone
	}
	return insts
}

// Crowded reports whether there was a text that the automaton did not know because other automata had left no memory.
func (a *Automaton) Crowded() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.crowded
}

// findIdle finds the bytes that leave the automaton in the state in which nothing has begun to match, where that takes little.
func (a *Automaton) findIdle() {
	if a.anchored || len(a.insts)*int(a.stride) > 1<<15 {
		return
	}
	idle := a.number(' ', nil)
	if idle == full {
		return
	}
	some := false
	for b := range utf8.RuneSelf {
		a.stay[b] = a.step(idle, uint32(a.classes.low[b])) == idle
		some = some || a.stay[b]
	}
	if some {
		a.idle = idle
	}
}

// Match reports whether a text matches. It does not know where it would need more memory than it may have. An error is the context's.
func (a *Automaton) Match(ctx context.Context, s string) (matches, known bool, err error) {
	table, at := *a.table.Load(), a.first
	for i := 0; i < len(s); {
		if i > 0 && ctx != nil && ctx.Err() != nil {
			return false, false, ctx.Err()
		}
		for end := min(len(s), i+watch); i < end; {
			if at == a.idle {
				for i < end && a.stay[s[i]] {
					i++
				}
				if i == end {
					break
				}
			}
			var class uint8
			if c := s[i]; c < utf8.RuneSelf {
				class = a.classes.low[c]
				i++
			} else {
				r, n := utf8.DecodeRuneInString(s[i:])
				class = a.classes.of(r)
				i += n
			}
			to := atomic.LoadUint32(&table[at+uint32(class)])
			if to < specials {
				if to == unknown {
					to = a.learn(at, uint32(class))
					table = *a.table.Load()
				}
				switch to {
				case accepting:
					return true, true, nil
				case dead:
					return false, true, nil
				case full:
					return false, false, nil
				}
			}
			at = to
		}
	}
	end := a.stride - 1
	to := atomic.LoadUint32(&table[at+end])
	if to == unknown {
		to = a.learn(at, end)
	}
	return to == accepting, to != full, nil
}

func (a *Automaton) learn(at, class uint32) uint32 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.step(at, class)
}

// step is what follows a state for a class of characters, or for the end of the text.
func (a *Automaton) step(at, class uint32) uint32 {
	if to := (*a.table.Load())[at+class]; to != unknown {
		return to
	}
	from := a.states[at/a.stride]
	after := rune(-1)
	if class < a.stride-1 {
		after = a.classes.samples[class]
	}
	flags := syntax.EmptyOpContext(from.before, after)
	a.round++
	a.stack = append(a.stack[:0], from.insts...)
	if from.before < 0 || !a.anchored {
		a.stack = append(a.stack, a.start)
	}
	a.next = a.next[:0]
	to := dead
	for len(a.stack) > 0 && to != accepting {
		pc := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		if a.seen[pc] == a.round {
			continue
		}
		a.seen[pc] = a.round
		switch i := &a.insts[pc]; i.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			a.stack = append(a.stack, i.Out, i.Arg)
		case syntax.InstCapture, syntax.InstNop:
			a.stack = append(a.stack, i.Out)
		case syntax.InstEmptyWidth:
			if need := syntax.EmptyOp(i.Arg); need&^flags == 0 {
				a.stack = append(a.stack, i.Out)
			}
		case syntax.InstMatch:
			to = accepting
		case syntax.InstFail:
		default: // characters
			if after >= 0 && matches(i, after) {
				a.next = append(a.next, i.Out)
			}
		}
	}
	if to != accepting && after >= 0 && (len(a.next) > 0 || !a.anchored) {
		slices.Sort(a.next)
		if to = a.number(a.classes.kind(after), slices.Compact(a.next)); to == full {
			return full
		}
	}
	atomic.StoreUint32(&(*a.table.Load())[at+class], to)
	return to
}

func matches(i *syntax.Inst, r rune) bool {
	switch i.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return r != '\n'
	}
	return i.MatchRune(r)
}

// number is the state of instructions behind a kind of character, which it makes if it is new; full if there is no memory.
func (a *Automaton) number(before rune, insts []uint32) uint32 {
	a.key = binary.AppendVarint(a.key[:0], int64(before))
	for _, pc := range insts {
		a.key = binary.AppendUvarint(a.key, uint64(pc))
	}
	if n, ok := a.byKey[string(a.key)]; ok {
		return n
	}
	if !a.spend(128 + len(a.key) + 4*len(insts)) { // about
		return full
	}
	n := uint32(len(a.states)) * a.stride
	if table := *a.table.Load(); int(n+a.stride) > len(table) {
		if !a.spend(4 * len(table)) {
			return full
		}
		larger := make([]uint32, 2*len(table))
		copy(larger, table) // entries are written under the lock only
		a.table.Store(&larger)
	}
	a.states = append(a.states, state{before, slices.Clone(insts)})
	a.byKey[string(a.key)] = n
	return n
}

// spend counts n bytes if there are so many left.
func (a *Automaton) spend(n int) bool {
	if *a.bytes+n > maxBytes {
		return false
	}
	if bytesOfAll.Add(int64(n)) > maxBytesOfAll {
		bytesOfAll.Add(int64(-n))
		a.crowded = true
		return false
	}
	*a.bytes += n
	return true
}
