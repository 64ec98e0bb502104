package page

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"sync"

	"triplestore/store"
)

// encoder holds the buffers of Encode.
type encoder struct {
	out   []byte
	plans [3]plan // by depth
	table [4 * maxDictionary]uint16
	place []store.ID // of the entries of a dictionary, once sorted
	only  byte       // the encoding beside the simple ones to try for a whole column, or anyEncoding
}

const anyEncoding = 255

var encoders = sync.Pool{New: func() any { return new(encoder) }}

// plan holds what one attempt at a column found, by encoding.
type plan struct {
	runValues, runLengths []store.ID
	entries               []store.ID // sorted
	index                 []store.ID // place in entries, or group
	tmp                   []store.ID
}

func widthOf(v store.ID) uint { return uint(bits.Len64(uint64(v))) }

type stats struct {
	min, max           store.ID
	minDelta, maxDelta store.ID // of a sorted column
	runs               int
	sorted             bool
}

func measure(v []store.ID) stats {
	s := stats{min: v[0], max: v[0], minDelta: ^store.ID(0), runs: 1, sorted: true}
	prev := v[0]
	i := 1
	for ; i < len(v); i++ {
		x := v[i]
		if x < prev {
			s.sorted = false
			break
		}
		d := x - prev
		if d != 0 {
			s.runs++
		}
		s.minDelta, s.maxDelta = min(s.minDelta, d), max(s.maxDelta, d)
		prev = x
	}
	if s.sorted {
		s.max = prev
		return s
	}
	s.max = prev
	for ; i < len(v); i++ {
		x := v[i]
		if x != prev {
			s.runs++
		}
		s.min, s.max = min(s.min, x), max(s.max, x)
		prev = x
	}
	return s
}

const (
	sizeConstant = 1 + 8
	sizePacked   = 1 + 1 + 8
	sizeDelta    = 1 + 1 + 8 + 8
)

// column appends the column in the smallest of the encodings that are worth trying inside depth others.
func (e *encoder) column(b []byte, v []store.ID, depth int) []byte {
	s := measure(v)
	if s.min == s.max {
		return binary.LittleEndian.AppendUint64(append(b, encConstant), uint64(s.min))
	}
	width := widthOf(s.max - s.min)
	best, size := byte(encPacked), sizePacked+packedSize(len(v), width)
	if s.sorted {
		if n := sizeDelta + packedSize(len(v)-1, widthOf(s.maxDelta-s.minDelta)); n < size {
			best, size = encDelta, n
		}
	}
	start := len(b)
	b = appendSimple(b, v, s, best)
	try := func(encoding byte) bool {
		return allowed(encoding, depth) && (depth > 0 || e.only == anyEncoding || e.only == encoding)
	}
	if try(encRuns) && s.runs <= len(v)*2/3 {
		b = e.smaller(b, start, func(b []byte) []byte { return e.runs(b, v, s.runs, depth) })
	}
	if try(encDictionary) && size > 64+len(v)/8 {
		b = e.smaller(b, start, func(b []byte) []byte { return e.dictionary(b, v, depth, len(b)-start) })
	}
	if try(encSplit) && s.min>>48 != s.max>>48 && len(b)-start > 64+len(v)/4 {
		b = e.smaller(b, start, func(b []byte) []byte { return e.split(b, v, depth) })
	}
	return b
}

// smaller puts what attempt appends in the place of b[start:] if that is smaller. An attempt gives up by appending nothing.
func (e *encoder) smaller(b []byte, start int, attempt func([]byte) []byte) []byte {
	mid := len(b)
	b = attempt(b)
	if n := len(b) - mid; n > 0 && n < mid-start {
		return append(b[:start], b[mid:]...)
	}
	return b[:mid]
}

func appendSimple(b []byte, v []store.ID, s stats, encoding byte) []byte {
	if encoding == encDelta {
		width := widthOf(s.maxDelta - s.minDelta)
		b = append(b, encDelta, byte(width))
		b = binary.LittleEndian.AppendUint64(b, uint64(v[0]))
		b = binary.LittleEndian.AppendUint64(b, uint64(s.minDelta))
		return packDeltas(b, v, s.minDelta, width)
	}
	width := widthOf(s.max - s.min)
	b = append(b, encPacked, byte(width))
	b = binary.LittleEndian.AppendUint64(b, uint64(s.min))
	return pack(b, v, s.min, width)
}

func packDeltas(b []byte, v []store.ID, base store.ID, width uint) []byte {
	var chunk [256]store.ID // a multiple of eight, so that the packed chunks join
	for i := 1; i < len(v); i += len(chunk) {
		n := min(len(chunk), len(v)-i)
		for j := range n {
			chunk[j] = v[i+j] - v[i+j-1]
		}
		b = pack(b, chunk[:n], base, width)
	}
	return b
}

func (e *encoder) runs(b []byte, v []store.ID, runs, depth int) []byte {
	p := &e.plans[depth]
	p.runValues, p.runLengths = grown(p.runValues, runs), grown(p.runLengths, runs)
	r, from := 0, 0
	for i := 1; i <= len(v); i++ {
		if i == len(v) || v[i] != v[i-1] {
			p.runValues[r], p.runLengths[r] = v[from], store.ID(i-from-1)
			r, from = r+1, i
		}
	}
	b = append(b, encRuns)
	b = binary.LittleEndian.AppendUint32(b, uint32(runs))
	b = append(b, 0, 0, 0, 0)
	start := len(b)
	b = e.column(b, p.runValues, depth+1)
	binary.LittleEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return e.column(b, p.runLengths, depth+1)
}

// dictionary gives up when there are too many different values for it to be smaller than limit.
func (e *encoder) dictionary(b []byte, v []store.ID, depth, limit int) []byte {
	p := &e.plans[depth]
	table := e.table[:min(len(e.table), 4<<bits.Len(uint(len(v))))]
	clear(table)
	p.entries, p.index = p.entries[:0], grown(p.index, len(v))
	mask := len(table) - 1
	for i, x := range v {
		h := int(uint64(x)*0x9e3779b97f4a7c15>>32) & mask
		for {
			t := int(table[h])
			if t == 0 {
				if k := len(p.entries); k == maxDictionary || k&(k-1) == 0 && packedSize(len(v), widthOf(store.ID(k)))+k >= limit {
					return b // an entry costs a byte or more
				}
				p.entries = append(p.entries, x)
				t = len(p.entries)
				table[h] = uint16(t)
			}
			if p.entries[t-1] == x {
				p.index[i] = store.ID(t - 1)
				break
			}
			h = (h + 1) & mask
		}
	}
	k := len(p.entries)
	width := widthOf(store.ID(k - 1))
	if packedSize(len(v), width)+k >= limit {
		return b
	}
	p.tmp = append(p.tmp[:0], p.entries...)
	slices.Sort(p.tmp)
	e.place = grown(e.place, k)
	for j, x := range p.tmp {
		h := int(uint64(x)*0x9e3779b97f4a7c15>>32) & mask
		for p.entries[table[h]-1] != x {
			h = (h + 1) & mask
		}
		e.place[table[h]-1] = store.ID(j)
	}
	for i, t := range p.index {
		p.index[i] = e.place[t]
	}
	b = append(b, encDictionary)
	b = binary.LittleEndian.AppendUint32(b, uint32(k))
	b = append(b, 0, 0, 0, 0)
	start := len(b)
	b = e.column(b, p.tmp, 2)
	binary.LittleEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	return pack(append(b, byte(width)), p.index, 0, width)
}

// split groups values by their highest 16 bits (tag and, in the dictionary, language or datatype) or, if there are too many
// of those, by their highest 4.
func (e *encoder) split(b []byte, v []store.ID, depth int) []byte {
	p := &e.plans[depth]
	p.index = grown(p.index, len(v))
	var heads [maxGroups]store.ID
	var counts [maxGroups]int
	k := 0
	for _, shift := range [...]uint{48, 60} {
		if k = group(v, shift, p.index, &heads, &counts); k > 0 {
			break
		}
	}
	if k < 2 {
		return b
	}
	p.tmp = grown(p.tmp, len(v))
	var next [maxGroups]int
	for i := 1; i < k; i++ {
		next[i] = next[i-1] + counts[i-1]
	}
	for i, x := range v {
		g := p.index[i]
		p.tmp[next[g]] = x
		next[g]++
	}
	b = append(b, encSplit, byte(k))
	head := len(b)
	b = append(b, make([]byte, 8*k)...)
	done := 0
	for i := range k {
		start := len(b)
		b = e.column(b, p.tmp[done:done+counts[i]], depth+1)
		done += counts[i]
		binary.LittleEndian.PutUint32(b[head+8*i:], uint32(counts[i]))
		binary.LittleEndian.PutUint32(b[head+8*i+4:], uint32(len(b)-start))
	}
	width := widthOf(store.ID(k - 1))
	return pack(append(b, byte(width)), p.index, 0, width)
}

// group numbers the values by their bits above shift, in order of first occurrence; 0 means too many.
func group(v []store.ID, shift uint, index []store.ID, heads *[maxGroups]store.ID, counts *[maxGroups]int) int {
	*counts = [maxGroups]int{}
	k, g := 0, 0
	for i, x := range v {
		h := x >> shift
		if k == 0 || heads[g] != h {
			for g = 0; g < k && heads[g] != h; g++ {
			}
			if g == k {
				if k == maxGroups {
					return 0
				}
				heads[k] = h
				k++
			}
		}
		index[i] = store.ID(g)
		counts[g]++
	}
	return k
}
