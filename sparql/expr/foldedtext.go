package expr

import (
	"strings"
	"unicode/utf8"
)

// foldedText is a text of ASCII to be looked for in whatever case.
type foldedText struct {
	low string // not empty
	at  int    // place of the character that is looked for first
}

// rarity has letters and the space about in the order of how often languages of Europe have them, the most frequent first. What is not in it
// is taken for rarer.
const rarity = " enairtsoldugmkvphfbcyjwzxq"

// longestFolded is how many bytes of a text are looked for at most.
const longestFolded = 64

// newFoldedText prepares to look for low, which is ASCII in lower case and not empty. Of one that is longer than longestFolded, only the begin
// is looked for.
func newFoldedText(low string) foldedText {
	low = low[:min(len(low), longestFolded)]
	at, most := 0, -1
	for i := range len(low) {
		n := strings.IndexByte(rarity, low[i])
		if n < 0 {
			n = len(rarity)
		}
		if n > most {
			at, most = i, n
		}
	}
	return foldedText{low, at}
}

// foldable reports whether a literal is matched without regard to case by looking at ASCII letters alone. The letters k and s
// have variants outside ASCII (the Kelvin sign and the long s).
func foldable(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf, c|0x20 == 'k', c|0x20 == 's':
			return false
		}
	}
	return s != ""
}

// in reports whether s has the text in it, in time that is linear in the length of s.
func (t *foldedText) in(s string) bool {
	low, at := t.low, t.at
	if len(s) < len(low) {
		return false
	}
	first := low[at]
	upper := first
	if 'a' <= first && first <= 'z' {
		upper -= 'a' - 'A'
	}
	// Search for both forms of the character, each with the fast IndexByte, and try where one is found.
	places := s[at : len(s)-len(low)+at+1]
	nextLow, nextUp := strings.IndexByte(places, first), -1
	if upper != first {
		nextUp = strings.IndexByte(places, upper)
	}
	compared := 0
	for nextLow >= 0 || nextUp >= 0 {
		i := nextLow
		if i < 0 || nextUp >= 0 && nextUp < i {
			i = nextUp
		}
		n := commonFoldASCII(s[i:], low)
		if n == len(low) {
			return true
		}
		if compared += n; compared > 4*i+1024 {
			return t.inRepetitive(s[i+1:])
		}
		if i == nextLow {
			nextLow = advance(places, first, i)
		} else {
			nextUp = advance(places, upper, i)
		}
	}
	return false
}

func advance(s string, c byte, i int) int {
	if j := strings.IndexByte(s[i+1:], c); j >= 0 {
		return i + 1 + j
	}
	return -1
}

// commonFoldASCII is how many characters s begins with that low begins with; s is not shorter.
func commonFoldASCII(s, low string) int {
	for i := range len(low) {
		if lowerASCII(s[i]) != low[i] {
			return i
		}
	}
	return len(low)
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// inRepetitive is in for texts that begin like the one looked for again and again: it never goes back (Knuth, Morris, Pratt).
func (t *foldedText) inRepetitive(s string) bool {
	low := t.low
	var borders [longestFolded]uint8 // of each begin of low the length of the longest shorter begin that it ends in
	n := uint8(0)
	for i := 1; i < len(low); i++ {
		for n > 0 && low[i] != low[n] {
			n = borders[n-1]
		}
		if low[i] == low[n] {
			n++
		}
		borders[i] = n
	}
	n = 0
	for i := range len(s) {
		c := lowerASCII(s[i])
		for n > 0 && c != low[n] {
			n = borders[n-1]
		}
		if c == low[n] {
			if n++; int(n) == len(low) {
				return true
			}
		}
	}
	return false
}
