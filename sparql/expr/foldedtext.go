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

// newFoldedText prepares to look for low, which is ASCII in lower case and not empty.
func newFoldedText(low string) foldedText {
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

// in reports whether s has the text in it.
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
	for nextLow >= 0 || nextUp >= 0 {
		i := nextLow
		if i < 0 || nextUp >= 0 && nextUp < i {
			i = nextUp
		}
		if equalFoldASCII(s[i:i+len(low)], low) {
			return true
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

func equalFoldASCII(s, low string) bool {
	for i := 0; i < len(low); i++ {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != low[i] {
			return false
		}
	}
	return true
}
