package expr

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// required is a text that every match of a regular expression has in it; looking for it is a small part of the work of matching. The zero
// value requires nothing.
type required struct {
	text string
	fold bool // in whatever case; the text is ASCII in lower case
}

// leastRequired is how long a text must be to be looked for.
const leastRequired = 3

func (r required) in(s string) bool {
	switch {
	case r.text == "":
		return true
	case r.fold:
		return containsFold(s, r.text)
	}
	return strings.Contains(s, r.text)
}

// requiredBy finds the longest text that an expression requires by one of its literals.
func requiredBy(re *syntax.Regexp) required {
	r := longestOf(re)
	if len(r.text) < leastRequired {
		return required{}
	}
	return r
}

func longestOf(re *syntax.Regexp) (r required) {
	switch re.Op {
	case syntax.OpLiteral:
		return literalOf(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return longestOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return longestOf(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if x := longestOf(sub); len(x.text) > len(r.text) {
				r = x
			}
		}
	}
	return r
}

// literalOf is what can be looked for of a literal: all of it, or its longest part of ASCII letters without variants outside ASCII where case
// does not matter, see foldable.
func literalOf(runes []rune, fold bool) required {
	if !fold {
		for _, c := range runes {
			if c == utf8.RuneError { // also stands for bytes that are no UTF-8
				return required{}
			}
		}
		return required{text: string(runes)}
	}
	best, from := "", 0
	for i := 0; i <= len(runes); i++ {
		if i < len(runes) && foldable(string(runes[i])) {
			continue
		}
		if part := string(runes[from:i]); len(part) > len(best) {
			best = part
		}
		from = i + 1
	}
	return required{text: strings.ToLower(best), fold: true}
}
