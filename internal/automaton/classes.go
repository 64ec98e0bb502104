package automaton

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// The bounds of telling classes.
const (
	maxClasses = 250
	maxSorting = 1 << 21 // sets of characters times intervals of them
)

// classes are the classes of characters that a program does not tell apart.
type classes struct {
	low     [0x800]uint8 // by character, as far as they take two bytes of UTF-8
	from    []rune       // where intervals of characters of one class begin
	class   []uint8      // of each interval
	samples []rune       // one character of each class
	lines   bool         // line feeds are a kind of their own
	words   bool         // and so are characters of words
}

func (c *classes) size() int { return len(c.low) + 5*len(c.from) + 4*len(c.samples) }

// of is the class of a character.
func (c *classes) of(r rune) uint8 {
	if uint32(r) < uint32(len(c.low)) {
		return c.low[r]
	}
	return c.search(r)
}

func (c *classes) search(r rune) uint8 {
	i, found := slices.BinarySearch(c.from, r)
	if !found {
		i--
	}
	return c.class[i]
}

// kind is the character that stands for the kind of another, as far as assertions tell them apart.
func (c *classes) kind(r rune) rune {
	switch {
	case c.lines && r == '\n':
		return '\n'
	case c.words && syntax.IsWordChar(r):
		return 'a'
	}
	return ' '
}

// find finds the classes; it reports false if there are too many.
func (c *classes) find(prog *syntax.Prog) bool {
	sets := map[string][]rune{}
	add := func(ranges []rune) {
		var key []byte
		for _, r := range ranges {
			key = binary.AppendUvarint(key, uint64(r))
		}
		sets[string(key)] = ranges
	}
	for i := range prog.Inst {
		switch inst := &prog.Inst[i]; inst.Op {
		case syntax.InstRune, syntax.InstRune1:
			add(rangesOf(inst))
		case syntax.InstRuneAnyNotNL:
			add([]rune{'\n', '\n'})
		case syntax.InstEmptyWidth:
			op := syntax.EmptyOp(inst.Arg)
			c.lines = c.lines || op&(syntax.EmptyBeginLine|syntax.EmptyEndLine) != 0
			c.words = c.words || op&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0
		}
	}
	if c.lines {
		add([]rune{'\n', '\n'})
	}
	if c.words {
		add([]rune{'0', '9', 'A', 'Z', '_', '_', 'a', 'z'})
	}
	c.from = []rune{0}
	for _, ranges := range sets {
		for i := 0; i < len(ranges); i += 2 {
			c.from = append(c.from, ranges[i])
			if after := ranges[i+1] + 1; after <= utf8.MaxRune {
				c.from = append(c.from, after)
			}
		}
	}
	slices.Sort(c.from)
	c.from = slices.Compact(c.from)
	width := (len(sets) + 7) / 8
	if len(c.from)*max(width, 1) > maxSorting {
		return false
	}
	in := make([]byte, width*len(c.from)) // for each interval the sets that it is in
	n := 0
	for _, ranges := range sets {
		at := 0
		for i := 0; i < len(ranges); i += 2 {
			for c.from[at] < ranges[i] {
				at++
			}
			for ; at < len(c.from) && c.from[at] <= ranges[i+1]; at++ {
				in[at*width+n/8] |= 1 << (n % 8)
			}
		}
		n++
	}
	ids := map[string]uint8{}
	c.class = make([]uint8, len(c.from))
	for i, from := range c.from {
		key := in[i*width : (i+1)*width]
		id, ok := ids[string(key)]
		if !ok {
			if len(ids) == maxClasses {
				return false
			}
			id = uint8(len(ids))
			ids[string(key)] = id
			c.samples = append(c.samples, from)
		}
		c.class[i] = id
	}
	for r := range c.low {
		c.low[r] = c.search(rune(r))
	}
	return true
}

// rangesOf gives the characters that an instruction matches as pairs of bounds in ascending order.
func rangesOf(i *syntax.Inst) []rune {
	if len(i.Rune) != 1 {
		return i.Rune
	}
	r := i.Rune[0]
	all := []rune{r}
	if syntax.Flags(i.Arg)&syntax.FoldCase != 0 {
		for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
			all = append(all, x)
		}
	}
	slices.Sort(all)
	ranges := make([]rune, 0, 2*len(all))
	for _, x := range all {
		ranges = append(ranges, x, x)
	}
	return ranges
}
