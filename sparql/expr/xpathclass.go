package expr

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// class reads a character class behind its bracket and gives it as one of package regexp.
func (t *translator) class(depth int) (string, error) {
	if depth > 20 {
		return "", regexErrorf("classes are nested too deep")
	}
	c := classParts{fold: t.fold}
	if t.more() && t.src[t.i] == '^' {
		t.i++
		c.negated = true
	}
	empty := true
	for {
		if !t.more() {
			return "", regexErrorf("missing ]")
		}
		r := t.next()
		switch {
		case r == ']' && !empty:
			return c.text()
		case r == ']' || r == '[':
			return "", regexErrorf("unexpected %c in a class", r)
		case r == '-' && t.more() && t.src[t.i] == '[' && !empty:
			t.i++
			inner, err := t.class(depth + 1)
			if err != nil {
				return "", err
			}
			if !t.more() || t.next() != ']' {
				return "", regexErrorf("a subtraction must end its class")
			}
			outer, err := c.text()
			if err != nil {
				return "", err
			}
			return t.subtract(outer, inner)
		}
		empty = false
		if r == '\\' {
			set, single, err := t.classEscape()
			if err != nil {
				return "", err
			}
			if set != "" {
				c.sets.WriteString(set)
				continue
			}
			r = single
		}
		high := r
		if rest := t.src[t.i:]; strings.HasPrefix(rest, "-") && len(rest) > 1 && rest[1] != ']' && rest[1] != '[' {
			t.i++
			if high = t.next(); high == '\\' {
				set, single, err := t.classEscape()
				if err != nil {
					return "", err
				}
				if set != "" {
					return "", regexErrorf("a range cannot end in a set")
				}
				high = single
			}
			if high < r {
				return "", regexErrorf("range %c-%c is upside down", r, high)
			}
		}
		if high == r {
			fmt.Fprintf(&c.chars, `\x{%X}`, r)
		} else {
			fmt.Fprintf(&c.chars, `\x{%X}-\x{%X}`, r, high)
		}
	}
}

// classParts are what a class consists of, in the syntax of package regexp.
type classParts struct {
	chars, sets   strings.Builder
	negated, fold bool
}

// text is the whole class.
func (c *classParts) text() (string, error) {
	if !c.fold || c.sets.Len() == 0 {
		not := ""
		if c.negated {
			not = "^"
		}
		return "[" + not + c.chars.String() + c.sets.String() + "]", nil
	}
	all, err := classRanges("[" + c.sets.String() + "]")
	if err != nil {
		return "", err
	}
	if c.chars.Len() > 0 {
		chars, err := classRanges("(?i)[" + c.chars.String() + "]")
		if err != nil {
			return "", err
		}
		all = complement(intersect(complement(all), complement(chars)))
	}
	if c.negated {
		all = complement(all)
	}
	return "(?-i:" + classOf(all) + ")", nil
}

// subtract gives class a without class b, both in whatever case if that is the mode.
func (t *translator) subtract(a, b string) (string, error) {
	if t.fold {
		a, b = "(?i)"+a, "(?i)"+b
	}
	x, err := classRanges(a)
	if err != nil {
		return "", err
	}
	y, err := classRanges(b)
	if err != nil {
		return "", err
	}
	return t.inCase(classOf(intersect(x, complement(y)))), nil
}

func classOf(ranges []rune) string {
	if len(ranges) == 0 {
		return `[^\x{0}-\x{10FFFF}]`
	}
	return "[" + rangesText(ranges) + "]"
}

// classRanges are the characters of a class as pairs of bounds in ascending order.
func classRanges(class string) ([]rune, error) {
	re, err := syntax.Parse(class, syntax.Perl)
	if err != nil {
		return nil, regexErrorf("%s", err)
	}
	switch re.Op {
	case syntax.OpCharClass:
		return re.Rune, nil
	case syntax.OpLiteral:
		if len(re.Rune) == 1 && re.Flags&syntax.FoldCase == 0 {
			return []rune{re.Rune[0], re.Rune[0]}, nil
		}
		if len(re.Rune) == 1 {
			return inAnyCase(re.Rune[0]), nil
		}
	case syntax.OpAnyChar:
		return []rune{0, utf8.MaxRune}, nil
	case syntax.OpNoMatch:
		return nil, nil
	case syntax.OpAnyCharNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}, nil
	}
	return nil, regexErrorf("class %s cannot be computed", class)
}

// inAnyCase are a character and its variants in ascending order as pairs of bounds.
func inAnyCase(r rune) []rune {
	all := []rune{r}
	for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
		all = append(all, x)
	}
	slices.Sort(all)
	var ranges []rune
	for _, x := range all {
		ranges = append(ranges, x, x)
	}
	return ranges
}

func complement(r []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(r); i += 2 {
		if r[i] > next {
			out = append(out, next, r[i]-1)
		}
		next = r[i+1] + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, next, utf8.MaxRune)
	}
	return out
}

func intersect(a, b []rune) []rune {
	var out []rune
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if lo, hi := max(a[i], b[j]), min(a[i+1], b[j+1]); lo <= hi {
			out = append(out, lo, hi)
		}
		if a[i+1] < b[j+1] {
			i += 2
		} else {
			j += 2
		}
	}
	return out
}

func rangesText(r []rune) string {
	var b strings.Builder
	for i := 0; i < len(r); i += 2 {
		if r[i] == r[i+1] {
			fmt.Fprintf(&b, `\x{%X}`, r[i])
		} else {
			fmt.Fprintf(&b, `\x{%X}-\x{%X}`, r[i], r[i+1])
		}
	}
	return b.String()
}
