package optimizer

import (
	"math"
	"slices"
	"strings"

	"triplestore/sparql/algebra"
	"triplestore/store"
)

// Outcome is what a condition gives for a value: one of SPARQL's three, or unknown without the term.
type Outcome uint8

// The outcomes.
const (
	False Outcome = iota
	True
	Error
	Unknown
)

// Test tells for an ID what a condition of one variable gives, as far as the ID alone decides: ranges of IDs have one outcome
// each. Tags, languages, inlined values and equality with terms are such ranges.
type Test struct {
	// start[i] is the first ID of the i-th range, which ends before start[i+1]; start[0] is 0.
	start   []store.ID
	outcome []Outcome
}

// Verdict is the outcome for an ID.
func (t *Test) Verdict(id store.ID) Outcome {
	lo, hi := 0, len(t.start)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; t.start[mid] <= id {
			lo = mid
		} else {
			hi = mid
		}
	}
	return t.outcome[lo]
}

// Total reports whether no outcome is unknown, apart from terms that a query computed itself.
func (t *Test) Total() bool {
	for i, o := range t.outcome {
		if o == Unknown && t.start[i] < tagStart(store.TagLocal) {
			return false
		}
	}
	return true
}

func tagStart(t store.Tag) store.ID { return store.ID(t) << 60 }

// uniform has one outcome for everything.
func uniform(o Outcome) *Test { return &Test{start: []store.ID{0}, outcome: []Outcome{o}} }

// set changes the outcome of the range [lo, hi].
func (t *Test) set(lo, hi store.ID, o Outcome) {
	after := t.Verdict(hi)
	if hi < math.MaxUint64 {
		after = t.Verdict(hi + 1)
	}
	var start []store.ID
	var outcome []Outcome
	add := func(s store.ID, o Outcome) {
		if len(start) > 0 && outcome[len(outcome)-1] == o {
			return
		}
		start, outcome = append(start, s), append(outcome, o)
	}
	for i, s := range t.start {
		if s < lo {
			add(s, t.outcome[i])
		}
	}
	add(lo, o)
	if hi < math.MaxUint64 {
		add(hi+1, after)
		for i, s := range t.start {
			if s > hi+1 {
				add(s, t.outcome[i])
			}
		}
	}
	t.start, t.outcome = start, outcome
}

func (t *Test) setTag(tag store.Tag, o Outcome) {
	hi := store.ID(math.MaxUint64)
	if tag < 15 {
		hi = tagStart(tag+1) - 1
	}
	t.set(tagStart(tag), hi, o)
}

// combine gives f of the outcomes of tests.
func combine(f func(...Outcome) Outcome, ts ...*Test) *Test {
	var starts []store.ID
	for _, t := range ts {
		starts = append(starts, t.start...)
	}
	slices.Sort(starts)
	out := &Test{}
	args := make([]Outcome, len(ts))
	for _, s := range slices.Compact(starts) {
		for i, t := range ts {
			args[i] = t.Verdict(s)
		}
		o := f(args...)
		if n := len(out.start); n > 0 && out.outcome[n-1] == o {
			continue
		}
		out.start, out.outcome = append(out.start, s), append(out.outcome, o)
	}
	return out
}

// The connectives (https://www.w3.org/TR/sparql12-query/#func-logical-and); unknown is decided by the other side where it can be.
func and(a ...Outcome) Outcome {
	out := True
	for _, x := range a {
		switch {
		case x == False:
			return False
		case x == Unknown || out == Unknown:
			out = Unknown
		case x == Error:
			out = Error
		}
	}
	return out
}

func or(a ...Outcome) Outcome {
	out := False
	for _, x := range a {
		switch {
		case x == True:
			return True
		case x == Unknown || out == Unknown:
			out = Unknown
		case x == Error:
			out = Error
		}
	}
	return out
}

func not(a ...Outcome) Outcome {
	switch a[0] {
	case True:
		return False
	case False:
		return True
	}
	return a[0]
}

// test makes the Test of a condition of one variable; nil where the IDs decide nothing.
func (p *planner) test(e algebra.Expr, slot int) *Test {
	t := p.testOf(e, slot)
	if t == nil {
		return nil
	}
	for _, o := range t.outcome {
		if o != Unknown {
			return t
		}
	}
	return nil
}

func (p *planner) testOf(e algebra.Expr, slot int) *Test {
	c, ok := e.(*algebra.Call)
	if !ok {
		return nil
	}
	isVar := func(e algebra.Expr) bool {
		v, ok := e.(*algebra.Var)
		return ok && p.slot(v.Name) == slot
	}
	switch c.Func {
	case "&&", "||":
		var ts []*Test
		for _, a := range c.Args {
			t := p.testOf(a, slot)
			if t == nil {
				t = uniform(Unknown)
			}
			ts = append(ts, t)
		}
		if c.Func == "&&" {
			return combine(and, ts...)
		}
		return combine(or, ts...)
	case "!":
		if t := p.testOf(c.Args[0], slot); t != nil {
			return combine(not, t)
		}
	case "BOUND":
		if isVar(c.Args[0]) {
			t := uniform(True)
			t.set(0, 0, False)
			return t
		}
	case "ISIRI", "ISURI", "ISBLANK", "ISLITERAL":
		if !isVar(c.Args[0]) {
			return nil
		}
		t := uniform(False)
		switch c.Func {
		case "ISIRI", "ISURI":
			t.setTag(store.TagIRI, True)
		case "ISBLANK":
			t.setTag(store.TagBlankNode, True)
		default:
			for tag := store.TagString; tag <= store.TagDerived; tag++ {
				if tag != store.TagTriple {
					t.setTag(tag, True)
				}
			}
		}
		t.setTag(store.TagLocal, Unknown)
		t.set(0, 0, Error)
		return t
	case "LANGMATCHES":
		if inner, ok := c.Args[0].(*algebra.Call); ok && inner.Func == "LANG" && isVar(inner.Args[0]) {
			if k, ok := c.Args[1].(*algebra.Const); ok && k.Term.Datatype() == xsdString {
				return p.langTest(func(tag string) bool { return langMatches(tag, k.Term.Value()) })
			}
		}
	case "IN", "NOT IN":
		if !isVar(c.Args[0]) {
			return nil
		}
		var ts []*Test
		for _, a := range c.Args[1:] {
			k, ok := a.(*algebra.Const)
			if !ok {
				return nil
			}
			t := p.equalTest(k)
			if t == nil {
				return nil
			}
			ts = append(ts, t)
		}
		if len(ts) == 0 || len(ts) > 256 {
			return nil
		}
		t := combine(or, ts...)
		if c.Func == "NOT IN" {
			t = combine(not, t)
		}
		return t
	case "=", "!=", "<", "<=", ">", ">=":
		return p.compareTest(c, isVar)
	}
	return nil
}

const xsdString = "http://www.w3.org/2001/XMLSchema#string"

// langMatches is basic filtering of RFC 4647 section 3.3.1, as the function langMatches uses it.
func langMatches(tag, rng string) bool {
	if rng == "*" {
		return tag != ""
	}
	if len(tag) < len(rng) || !strings.EqualFold(tag[:len(rng)], rng) {
		return false
	}
	return len(tag) == len(rng) || tag[len(rng)] == '-'
}

// langTest is a condition on LANG(?x).
func (p *planner) langTest(f func(tag string) bool) *Test {
	outcome := func(b bool) Outcome {
		if b {
			return True
		}
		return False
	}
	t := uniform(outcome(f(""))) // literals without a language
	t.setTag(store.TagSpecial, Error)
	t.setTag(store.TagBlankNode, Error)
	t.setTag(store.TagIRI, Error)
	t.setTag(store.TagTriple, Error)
	t.setTag(store.TagLocal, Unknown)
	t.setTag(store.TagLang, Unknown)
	for i, tag := range p.snap.Languages() {
		if i < store.AuxOther {
			aux := uint16(i)
			t.set(store.MakeID(store.TagLang, aux, 0), store.MakeID(store.TagLang, aux, 1<<48-1), outcome(f(tag)))
		}
	}
	return t
}

// equalTest is ?x = constant.
func (p *planner) equalTest(k *algebra.Const) *Test {
	if !k.Term.IsIRI() && !k.Term.IsLiteral() {
		return nil
	}
	id, err := p.id(k.Term)
	if err != nil {
		return nil
	}
	switch {
	case k.Term.IsIRI():
		t := uniform(False)
		t.setTag(store.TagLocal, Unknown)
		t.set(0, 0, Error)
		if id.Tag() != store.TagLocal {
			t.set(id, id, True)
		}
		return t
	case k.Term.Datatype() == xsdString || k.Term.Lang() != "":
		// A literal of another datatype may be of an unknown one, which is an error unless it is the same term.
		t := uniform(Unknown)
		t.setTag(store.TagIRI, False)
		t.setTag(store.TagBlankNode, False)
		t.setTag(store.TagString, False)
		t.setTag(store.TagLang, False)
		t.set(0, 0, Error)
		if id.Tag() != store.TagLocal {
			t.set(id, id, True)
		}
		return t
	}
	return p.valueTest("=", k, id)
}

func (p *planner) compareTest(c *algebra.Call, isVar func(algebra.Expr) bool) *Test {
	if len(c.Args) != 2 {
		return nil
	}
	a, b, op := c.Args[0], c.Args[1], c.Func
	if _, ok := a.(*algebra.Const); ok {
		a, b = b, a
		op = map[string]string{"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	k, ok := b.(*algebra.Const)
	if !ok {
		return nil
	}
	if inner, ok := a.(*algebra.Call); ok {
		if len(inner.Args) != 1 || !isVar(inner.Args[0]) || op != "=" && op != "!=" {
			return nil
		}
		switch {
		case inner.Func == "LANG" && k.Term.IsLiteral() && k.Term.Datatype() == xsdString:
			want := k.Term.Value()
			return p.langTest(func(tag string) bool { return (tag == want) == (op == "=") })
		}
		return nil
	}
	if !isVar(a) {
		return nil
	}
	switch op {
	case "=":
		return p.equalTest(k)
	case "!=":
		if t := p.equalTest(k); t != nil {
			return combine(not, t)
		}
		return nil
	}
	if !k.Term.IsLiteral() {
		return nil
	}
	id, err := p.id(k.Term)
	if err != nil {
		return nil
	}
	return p.valueTest(op, k, id)
}

// valueTest compares with an inlined constant: IDs of its tag are in the order of their values, so that one place parts them.
// Other numbers, and literals of other datatypes, are left to the expression.
func (p *planner) valueTest(op string, k *algebra.Const, id store.ID) *Test {
	t := uniform(Unknown)
	t.set(0, 0, Error)
	if op != "=" {
		t.setTag(store.TagIRI, Error)
		t.setTag(store.TagBlankNode, Error)
	} else {
		t.setTag(store.TagIRI, False)
		t.setTag(store.TagBlankNode, False)
	}
	tag := id.Tag()
	lo, hi := tagStart(tag), tagStart(tag+1)-1
	// From before to after, IDs are left to the expression: times without a zone compare by a rule of their own with such as are
	// nearer than 14 hours.
	before, after := id, id
	switch tag {
	case store.TagInteger, store.TagDecimal, store.TagBoolean:
	case store.TagDate:
		const margin = 2 << 1 // two days, above the bit for the zone
		before, after = max(lo, id-margin), min(hi, id+margin)
	case store.TagDateTime:
		const margin = 15 * 3_600_000 << 12 // fifteen hours, above the bits for the zone
		before, after = max(lo, id-min(id-lo, margin)), min(hi, id+margin)
	default:
		return t
	}
	// Values of other known types have no order with it and are not equal to it.
	other := Error
	if op == "=" {
		other = False
	}
	for _, x := range []store.Tag{store.TagString, store.TagLang, store.TagBoolean, store.TagDate, store.TagDateTime, store.TagYear} {
		if x != tag {
			t.setTag(x, other)
		}
	}
	if tag != store.TagInteger && tag != store.TagDecimal {
		for _, x := range []store.Tag{store.TagInteger, store.TagDecimal, store.TagDouble, store.TagDerived} {
			t.setTag(x, other)
		}
	}
	outcome := func(b bool) Outcome {
		if b {
			return True
		}
		return False
	}
	if before > lo {
		t.set(lo, before-1, outcome(op == "<" || op == "<="))
	}
	if before == after {
		t.set(id, id, outcome(op == "=" || op == "<=" || op == ">="))
	}
	if after < hi {
		t.set(after+1, hi, outcome(op == ">" || op == ">="))
	}
	return t
}
