package expr

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// required is what every text that a regular expression matches has in it: one text of each of the alternatives. Looking for it is a small
// part of the work of matching. If there are none, nothing is required.
type required []alternatives

// alternatives are texts of which one is required.
type alternatives []requiredText

type requiredText struct {
	text string
	fold foldedText // instead of the text, if it has one
}

func (r required) in(s string) bool {
	for _, a := range r {
		if !a.in(s) {
			return false
		}
	}
	return true
}

func (a alternatives) in(s string) bool {
	for i := range a {
		if x := &a[i]; x.fold.low != "" && x.fold.in(s) || x.fold.low == "" && strings.Contains(s, x.text) {
			return true
		}
	}
	return false
}

func (t *requiredText) size() int { return len(t.text) + len(t.fold.low) }

// The bounds of what is looked for.
const (
	leastRequired    = 3 // bytes of a text
	mostAlternatives = 8
	mostRequired     = 4
	mostLiterals     = 2 // of a whole expression; more are faster found by an automaton
	mostTexts        = 32
	mostVariants     = 8       // characters of a set that are written out
	longestTexts     = 4 << 10 // bytes of all together
)

// requiredBy is what an expression requires.
func requiredBy(re *syntax.Regexp) required {
	need := contentsOf(re).needed()
	slices.SortStableFunc(need, func(a, b alternatives) int { return b.weight() - a.weight() })
	return need[:min(len(need), mostRequired)]
}

// weight is how much alternatives exclude for what they cost.
func (a alternatives) weight() int {
	least := a[0].size()
	for _, x := range a[1:] {
		least = min(least, x.size())
	}
	return least - len(a)
}

// texts are what an expression matches, where that is a few texts.
type texts struct {
	all []string // in the order of the expression
	// exact tells that it matches all of these, whatever is around them; else they may be more than it matches.
	exact bool
}

// contents is what is known of an expression.
type contents struct {
	texts *texts   // nil if there are too many
	need  required // what every match has in it, where there are no texts
}

func emptyText(exact bool) *texts { return &texts{all: []string{""}, exact: exact} }

// contentsOf looks at a simplified expression.
func contentsOf(re *syntax.Regexp) contents {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return contents{texts: emptyText(true)}
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return contents{texts: emptyText(false)}
	case syntax.OpLiteral:
		return literalContents(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCharClass:
		return classContents(re.Rune)
	case syntax.OpCapture:
		return contentsOf(re.Sub[0])
	case syntax.OpPlus:
		return contents{need: contentsOf(re.Sub[0]).needed()}
	case syntax.OpQuest:
		return contents{texts: emptyText(true).or(contentsOf(re.Sub[0]).texts)}
	case syntax.OpConcat:
		return concatContents(re.Sub)
	case syntax.OpAlternate:
		return alternateContents(re.Sub)
	}
	return contents{}
}

func literalContents(runes []rune, fold bool) contents {
	if slices.Contains(runes, utf8.RuneError) { // also stands for bytes that are no UTF-8
		return contents{}
	}
	if !fold {
		return contents{texts: &texts{all: []string{string(runes)}, exact: true}}
	}
	if part := foldablePart(runes); len(part) >= leastRequired {
		return contents{need: required{{{fold: newFoldedText(part)}}}}
	}
	t := emptyText(true)
	for _, r := range runes {
		if t = t.then(variants(r)); t == nil || len(t.all) > mostVariants {
			return contents{}
		}
	}
	return contents{texts: t}
}

// variants are a character in whatever case.
func variants(r rune) *texts {
	t := &texts{all: []string{string(r)}, exact: true}
	for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
		t.all = append(t.all, string(x))
	}
	return t
}

// foldablePart is the longest part of ASCII letters without variants outside ASCII, see foldable.
func foldablePart(runes []rune) string {
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
	return strings.ToLower(best)
}

func classContents(ranges []rune) contents {
	t := &texts{exact: true}
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(t.all) == mostVariants || r == utf8.RuneError || !utf8.ValidRune(r) {
				return contents{}
			}
			t.all = append(t.all, string(r))
		}
	}
	return contents{texts: t}
}

func concatContents(subs []*syntax.Regexp) (c contents) {
	run := emptyText(true) // texts of the last parts
	whole := true
	for _, sub := range subs {
		x := contentsOf(sub)
		if longer := run.then(x.texts); longer != nil {
			run = longer
			continue
		}
		whole = false
		c.need = append(c.need, run.needed()...)
		if run = x.texts; run == nil {
			c.need = append(c.need, x.need...)
			run = emptyText(true)
		}
	}
	if whole {
		return contents{texts: run}
	}
	c.need = append(c.need, run.needed()...)
	return c
}

func alternateContents(subs []*syntax.Regexp) contents {
	some := &texts{exact: true}
	parts := make([]contents, len(subs))
	for i, sub := range subs {
		parts[i] = contentsOf(sub)
		some = some.or(parts[i].texts)
	}
	if some != nil {
		return contents{texts: some}
	}
	var one alternatives // the heaviest of what each requires
	for _, part := range parts {
		need := part.needed()
		if len(need) == 0 {
			return contents{}
		}
		heaviest := slices.MaxFunc(need, func(a, b alternatives) int { return a.weight() - b.weight() })
		for _, x := range heaviest {
			if !slices.Contains(one, x) {
				one = append(one, x)
			}
		}
		if len(one) > mostAlternatives {
			return contents{}
		}
	}
	return contents{need: required{one}}
}

// then are texts followed by others; nil if there are too many.
func (t *texts) then(next *texts) *texts {
	if next == nil {
		return nil
	}
	long := &texts{exact: t.exact && next.exact}
	bytes := 0
	for _, a := range t.all {
		for _, b := range next.all {
			if bytes += len(a) + len(b); bytes > longestTexts || len(long.all) == mostTexts {
				return nil
			}
			long.all = append(long.all, a+b)
		}
	}
	return long
}

// or are texts and others; nil if there are too many.
func (t *texts) or(other *texts) *texts {
	if t == nil || other == nil || len(t.all)+len(other.all) > mostTexts {
		return nil
	}
	bytes := 0
	all := slices.Concat(t.all, other.all)
	for _, s := range all {
		bytes += len(s)
	}
	if bytes > longestTexts {
		return nil
	}
	return &texts{all: all, exact: t.exact && other.exact}
}

// needed is what every match has in it.
func (c contents) needed() required {
	if c.texts != nil {
		return c.texts.needed()
	}
	return c.need
}

func (t *texts) needed() required {
	var one alternatives
	for _, s := range shortestOf(t.all) {
		if len(s) < leastRequired || len(one) == mostAlternatives {
			return nil
		}
		one = append(one, requiredText{text: s})
	}
	if len(one) == 0 { // matches nothing
		return nil
	}
	return required{one}
}

// shortestOf leaves out texts that have others in them.
func shortestOf(all []string) []string {
	var some []string
	for i, s := range all {
		if !slices.ContainsFunc(all[:i], func(t string) bool { return strings.Contains(s, t) }) &&
			!slices.ContainsFunc(all[i+1:], func(t string) bool { return len(t) < len(s) && strings.Contains(s, t) }) {
			some = append(some, s)
		}
	}
	return some
}
