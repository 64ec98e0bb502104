package rdf

import (
	"strings"
	"testing"
)

// TestPlainRuns puts every byte, and pairs of them, at every place of a word and compares with the tables.
func TestPlainRuns(t *testing.T) {
	t.Parallel()
	slow := func(s string, plain *[256]bool) int {
		for i := range len(s) {
			if !plain[s[i]] {
				return i
			}
		}
		return len(s)
	}
	for place := range 19 {
		for c := range 256 {
			for _, d := range []byte{'a', '~', 0x20, 0x1f, 0x21, '"', 0x80, 0xff, byte(c)} {
				b := []byte(strings.Repeat("x", 19))
				b[place] = byte(c)
				b[(place+1)%19] = d
				s := string(b)
				if got, want := plainRun(s, 0), slow(s, &plainInString); got != want {
					t.Fatalf("plainRun(%q) = %d, want %d", s, got, want)
				}
				if got, want := plainIRI(s, 0), slow(s, &plainInIRI); got != want {
					t.Fatalf("plainIRI(%q) = %d, want %d", s, got, want)
				}
			}
		}
	}
}
