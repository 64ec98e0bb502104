package expr

import (
	"strings"
	"sync"
	"unicode"
)

// Package regexp2 takes two characters for variants of each other with flag i where unicode.ToLower makes the same of them. That misses "ſ" for
// "s" and "ς" for "σ", and takes "İ" for "i". So it is told all variants that package regexp knows.

// oddCase are the characters of which the two packages know different variants.
var oddCase = sync.OnceValue(func() map[rune]bool {
	lowered := map[rune][]rune{}
	for _, c := range unicode.CaseRanges {
		for r := rune(c.Lo); r <= rune(c.Hi); r++ {
			l := unicode.ToLower(r)
			if lowered[l] = append(lowered[l], r); l == r {
				continue
			}
			if unicode.ToLower(l) == l && !inCaseRanges(l) {
				lowered[l] = append(lowered[l], l)
			}
		}
	}
	odd := map[rune]bool{}
	for l, same := range lowered {
		variants := inAnyCase(l)
		alike := len(variants) == 2*len(same)
		for _, r := range same {
			alike = alike && isVariant(variants, r)
		}
		if !alike {
			for _, r := range same {
				odd[r] = true
			}
			for i := 0; i < len(variants); i += 2 {
				odd[variants[i]] = true
			}
		}
	}
	return odd
})

func inCaseRanges(r rune) bool {
	for _, c := range unicode.CaseRanges {
		if rune(c.Lo) <= r && r <= rune(c.Hi) {
			return true
		}
	}
	return false
}

func isVariant(ranges []rune, r rune) bool {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

// character writes a single character, for whose variants flag i stands.
func (t *translator) character(r rune) {
	if !t.fold || !oddCase()[r] {
		t.literal(r)
		return
	}
	t.apart(string(r), "(?-i:"+classOf(inAnyCase(r))+")")
}

// folded writes a class, for whose variants flag i stands if it does not say otherwise.
func (t *translator) folded(class string) {
	if t.fold && strings.HasPrefix(class, "[") {
		if all, err := classRanges("(?i)" + class); err == nil {
			t.apart(class, "(?-i:"+classOf(all)+")")
			return
		}
	}
	t.out.WriteString(class)
}
