package expr

import (
	"math"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/xsd"
	"triplestore/sparql/algebra"
)

// Accumulator computes one aggregate of one group (https://www.w3.org/TR/sparql12-query/#aggregates). It is used by one
// goroutine at a time.
type Accumulator interface {
	// Add takes the values of the aggregate's arguments in a solution, or the error that their evaluation gave. COUNT(*) gets
	// all the solution's values, since COUNT(DISTINCT *) compares them; without DISTINCT they may be left out.
	Add(args []Value, err error)
	// Result is the value; ErrExpr leaves the variable unbound.
	Result() (Value, error)
	// Size is about how many bytes the accumulator holds, for accounting.
	Size() int64
}

// NewAccumulator makes an accumulator for a new group. The error is a *CompileError for an aggregate that is not known.
func NewAccumulator(a algebra.Aggregate) (Accumulator, error) {
	var acc accumulator
	if len(a.Args) > 1 || a.Func != "COUNT" && len(a.Args) != 1 {
		return nil, compileErrorf(a.At, a.Func, "%s takes 1 argument, not %d", a.Func, len(a.Args))
	}
	switch a.Func {
	case "COUNT":
		acc = &countAcc{star: len(a.Args) == 0}
	case "SUM":
		acc = &sumAcc{sum: Integer(0)}
	case "AVG":
		acc = &sumAcc{sum: Integer(0), avg: true}
	case "MIN":
		acc = &extremeAcc{sign: -1}
	case "MAX":
		acc = &extremeAcc{sign: 1}
	case "SAMPLE":
		acc = &sampleAcc{}
	case "GROUP_CONCAT":
		acc = &concatAcc{separator: a.Separator}
	default:
		return nil, compileErrorf(a.At, a.Func, "unknown aggregate %s", a.Func)
	}
	if a.Distinct {
		switch a.Func {
		case "MIN", "MAX", "SAMPLE": // the same without
		default:
			return &distinctAcc{to: acc, star: len(a.Args) == 0, seen: map[rdf.Term]struct{}{}}, nil
		}
	}
	return &plainAcc{acc}, nil
}

// AddSum gives an accumulator of SUM or AVG that has nothing yet n integers or n doubles at once, of which only the sum is known: one value is the
// sum and the others are zeros. It reports whether the accumulator is one of these, without DISTINCT.
func AddSum(a Accumulator, sum Value, n int64) bool {
	p, ok := a.(*plainAcc)
	if !ok || n <= 0 {
		return ok
	}
	s, ok := p.to.(*sumAcc)
	if ok {
		s.add(&sum, nil)
		s.n += n - 1
	}
	return ok
}

// accumulator gets one value at a time.
type accumulator interface {
	add(v *Value, err error)
	result() (Value, error)
	size() int64
}

type plainAcc struct{ to accumulator }

func (p *plainAcc) Add(args []Value, err error) {
	if len(args) == 0 {
		p.to.add(nil, err)
	} else {
		p.to.add(&args[0], err)
	}
}

func (p *plainAcc) Result() (Value, error) { return p.to.result() }

func (p *plainAcc) Size() int64 { return 48 + p.to.size() }

// distinctAcc passes each value on once.
type distinctAcc struct {
	to    accumulator
	star  bool
	seen  map[rdf.Term]struct{}
	rows  map[string]struct{}
	key   []byte
	bytes int64
}

func (d *distinctAcc) Add(args []Value, err error) {
	if err != nil && !d.star {
		d.to.add(nil, err)
		return
	}
	if d.star || len(args) != 1 {
		d.key = d.key[:0]
		for i := range args {
			start := len(d.key)
			d.key = append(d.key, 0, 0, 0, 0)
			d.key = args[i].Term().AppendBinary(d.key)
			n := len(d.key) - start - 4
			d.key[start], d.key[start+1], d.key[start+2], d.key[start+3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
		}
		if _, ok := d.rows[string(d.key)]; ok {
			return
		}
		if d.rows == nil {
			d.rows = map[string]struct{}{}
		}
		d.rows[string(d.key)] = struct{}{}
		d.bytes += int64(len(d.key)) + 48
		d.to.add(nil, nil)
		return
	}
	t := args[0].Term()
	if _, ok := d.seen[t]; ok {
		return
	}
	if !t.IsZero() {
		d.seen[t] = struct{}{}
		d.bytes += int64(t.Size()) + 32
	}
	d.to.add(&args[0], nil)
}

func (d *distinctAcc) Result() (Value, error) { return d.to.result() }

func (d *distinctAcc) Size() int64 { return 96 + d.bytes + d.to.size() }

// countAcc counts the solutions, or those in which the argument is no error.
type countAcc struct {
	n    int64
	star bool
}

func (c *countAcc) add(v *Value, err error) {
	if c.star || err == nil && v != nil && v.kind != kNone {
		c.n++
	}
}

func (c *countAcc) result() (Value, error) { return Integer(c.n), nil }

func (c *countAcc) size() int64 { return 16 }

// sumAcc is SUM and AVG. One value that is no number makes an error of the whole.
type sumAcc struct {
	sum    Value
	n      int64
	failed bool
	avg    bool
}

func (s *sumAcc) add(v *Value, err error) {
	if s.failed {
		return
	}
	if err != nil || v == nil || !v.isNumeric() && !v.isDuration() {
		s.failed = true
		return
	}
	if s.n++; s.n == 1 && v.isDuration() {
		s.sum = *v
		return
	}
	if s.sum.kind == kDouble && v.kind == kDouble { // the same, with nothing to copy
		sum := math.Float64frombits(uint64(s.sum.n)) + math.Float64frombits(uint64(v.n))
		s.sum.n = int64(math.Float64bits(sum))
		return
	}
	if s.sum, err = arith(opAdd, &s.sum, v); err != nil {
		s.failed = true
	}
}

func (s *sumAcc) result() (Value, error) {
	if s.failed {
		return Value{}, ErrExpr
	}
	if !s.avg || s.n == 0 {
		return s.sum, nil
	}
	n := Value{kind: kInteger, sub: xsd.Integer, n: s.n}
	return arith(opDiv, &s.sum, &n)
}

func (s *sumAcc) size() int64 { return 96 }

// extremeAcc is MIN and MAX in the order of ORDER BY. An error among the values makes an error of the whole; a group
// without values has no extreme. Of terms that are equal in that order, such as 1 and 01, the text decides, so that the order of rows, and
// with it the plan, makes no difference.
type extremeAcc struct {
	best   Value
	sign   int
	failed bool
}

func (e *extremeAcc) add(v *Value, err error) {
	switch {
	case err != nil || v == nil || v.kind == kNone:
		e.failed = true
	case e.best.kind == kNone:
		e.best = *v
	default:
		c := order(v, &e.best) * e.sign
		if c > 0 || c == 0 && *v != e.best && v.Term().String() < e.best.Term().String() {
			e.best = *v
		}
	}
}

func (e *extremeAcc) result() (Value, error) {
	if e.failed || e.best.kind == kNone {
		return Value{}, ErrExpr
	}
	return e.best, nil
}

func (e *extremeAcc) size() int64 { return 96 + int64(e.best.term.Size()) }

// sampleAcc is SAMPLE: the first value that is no error.
type sampleAcc struct{ v Value }

func (s *sampleAcc) add(v *Value, err error) {
	if err == nil && v != nil && s.v.kind == kNone {
		s.v = *v
	}
}

func (s *sampleAcc) result() (Value, error) {
	if s.v.kind == kNone {
		return Value{}, ErrExpr
	}
	return s.v, nil
}

func (s *sampleAcc) size() int64 { return 96 + int64(s.v.term.Size()) }

// concatAcc is GROUP_CONCAT.
type concatAcc struct {
	b         strings.Builder
	separator string
	n         int64
	failed    bool
	long      bool // longer than MaxString
}

func (g *concatAcc) add(v *Value, err error) {
	if g.failed {
		return
	}
	if err != nil || v == nil || v.kind <= kBlank || v.kind == kTriple {
		g.failed = true
		return
	}
	s := v.lexical()
	if g.b.Len()+len(g.separator)+len(s) > MaxString {
		g.failed, g.long = true, true
		return
	}
	if g.n++; g.n > 1 {
		g.b.WriteString(g.separator)
	}
	g.b.WriteString(s)
}

func (g *concatAcc) result() (Value, error) {
	if g.long {
		return Value{}, ErrString
	}
	if g.failed {
		return Value{}, ErrExpr
	}
	return String(g.b.String()), nil
}

func (g *concatAcc) size() int64 { return 64 + int64(g.b.Cap()) }
