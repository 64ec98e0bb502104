package results

import (
	"strings"
	"testing"
)

// TestPlain puts every byte, and pairs of them, at every place of a word and compares with the table.
func TestPlain(t *testing.T) {
	t.Parallel()
	for place := range 19 {
		for c := range 256 {
			for _, d := range []byte{'a', 0x20, 0x1f, 0x21, '"', 0x7f, 0x80, 0xff, byte(c)} {
				b := []byte(strings.Repeat("x", 19))
				b[place] = byte(c)
				b[(place+1)%19] = d
				if got, want := plain(string(b)), asIs[c] && asIs[d]; got != want {
					t.Fatalf("plain(%q) = %v, want %v", b, got, want)
				}
			}
		}
	}
}
