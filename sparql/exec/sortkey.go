package exec

import (
	"sync/atomic"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/store"
)

// keyMaker makes values of sort keys from IDs, with buffers of its own, so that two can do so side by side.
type keyMaker struct {
	s       *sorter
	scratch decodeScratch
	eval    []*evaluator // by key: of those that are derived
	b       *batch
}

// maker is the n-th of them.
func (s *sorter) maker(n int) *keyMaker {
	for len(s.makers) <= n {
		s.makers = append(s.makers, &keyMaker{s: s, eval: make([]*evaluator, len(s.node.Keys)), b: newBatch(s.q.width)})
	}
	return s.makers[n]
}

// keyMakers calls work with parts of n values, on two cores if there is one to spare.
func (s *sorter) keyMakers(n int, work func(m *keyMaker, from, to int) error) error {
	var next atomic.Int64
	each := func(m *keyMaker) error {
		for {
			if err := s.q.check(); err != nil {
				return err
			}
			to := int(next.Add(judgedAtOnce))
			from := to - judgedAtOnce
			if from >= n {
				return nil
			}
			if err := work(m, from, min(to, n)); err != nil {
				return err
			}
		}
	}
	own := s.maker(0)
	if (n > judgedTogether || s.q.chop && n > 1) && s.q.profile == nil && spareCore() {
		helper := s.maker(1)
		return together(func() error { return each(helper) }, func() error { return each(own) })
	}
	return each(own)
}

// evaluator is that of a derived key, with a context of its own.
func (m *keyMaker) evaluator(key int) *evaluator {
	if m.eval[key] == nil {
		q := m.s.q
		c := *q.expr
		c.Reset()
		e := newEvaluator(q, m.s.node.Keys[key].Expr, m.s.env)
		e.expr = &c
		m.eval[key] = e
	}
	return m.eval[key]
}

// values gives the values that a key has for IDs of its slot.
func (m *keyMaker) values(key int, ids []store.ID, dst []expr.Value) error {
	if m.s.eval[key] == nil {
		return m.s.q.terms.values(ids, nil, dst, &m.scratch)
	}
	e, err := m.prepare(key, ids)
	if err != nil {
		return err
	}
	for i := range dst {
		if i&63 == 63 {
			if err := m.s.q.check(); err != nil {
				return err
			}
		}
		v, _, err := e.eval(i)
		if err != nil {
			return err
		}
		dst[i] = v
	}
	return nil
}

// prepare makes the evaluator of a derived key ready for IDs of its slot.
func (m *keyMaker) prepare(key int, ids []store.ID) (*evaluator, error) {
	e := m.evaluator(key)
	m.b.n, m.b.cols[m.s.derived[key]] = len(ids), ids
	return e, e.prepare(m.b, nil)
}

// judge tells of IDs of a key's slot which have a value that is not after the worst that is wanted. Of texts it looks at the first bytes.
func (m *keyMaker) judge(key int, ids []store.ID, wanted []bool) error {
	s := m.s
	desc := s.node.Keys[key].Desc
	verdict := func(x rdf.Term) (is, known bool) { return s.termNotAfter(x, desc), true }
	if s.eval[key] != nil {
		if !s.worstText.ok || s.worstText.class != stringClass || !isStr(s.node.Keys[key].Expr.Expr) {
			return m.judgeDerived(key, ids, wanted)
		}
		verdict = func(x rdf.Term) (is, known bool) { return s.strNotAfter(x, desc) }
	}
	m.scratch.begin()
	for i, id := range ids {
		switch {
		case id.InDictionary():
			m.scratch.want(int32(i), id)
		case i > 0 && id == ids[i-1]:
			wanted[i] = wanted[i-1]
		case s.eval[key] != nil:
			return m.judgeDerived(key, ids, wanted)
		default:
			v, err := s.q.terms.value(id)
			if err != nil {
				return err
			}
			wanted[i] = s.notAfter(&v, desc)
		}
	}
	if err := m.scratch.fetch(s.q.terms, ids); err != nil {
		return err
	}
	at, judged, is, known := 0, -1, false, false
	for _, r := range m.scratch.rows {
		if m.scratch.ids[at] != ids[r] {
			at++
		}
		if judged != at {
			judged = at
			if is, known = verdict(m.scratch.terms[at]); !known {
				return m.judgeDerived(key, ids, wanted)
			}
		}
		wanted[r] = is
	}
	return nil
}

// judgeDerived is judge by evaluating the key.
func (m *keyMaker) judgeDerived(key int, ids []store.ID, wanted []bool) error {
	s := m.s
	e, err := m.prepare(key, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if i > 0 && id == ids[i-1] {
			wanted[i] = wanted[i-1]
			continue
		}
		if i&63 == 63 {
			if err := s.q.check(); err != nil {
				return err
			}
		}
		v, _, err := e.eval(i)
		if err != nil {
			return err
		}
		wanted[i] = s.valueNotAfter(&v, s.node.Keys[key].Desc)
	}
	return nil
}

// stringClass is the class of strings in the order of values.
var stringClass, _, _ = expr.TextPrefix(rdf.String(""))

// isStr reports whether an expression is STR of a variable.
func isStr(e algebra.Expr) bool {
	c, ok := e.(*algebra.Call)
	if !ok || c.Func != "STR" || len(c.Args) != 1 {
		return false
	}
	_, ok = c.Args[0].(*algebra.Var)
	return ok
}

// strNotAfter is notAfter of STR of a term, where the worst is a string; known is false for terms that are not IRIs or texts.
func (s *sorter) strNotAfter(x rdf.Term, desc bool) (is, known bool) {
	if _, _, text := expr.TextPrefix(x); !text || x.Kind() == rdf.KindBlankNode {
		return false, false
	}
	if prefix := expr.FirstBytes(x.Value()); prefix != s.worstText.prefix {
		return (prefix < s.worstText.prefix) != desc, true
	}
	v := expr.String(x.Value())
	return s.notAfter(&v, desc), true
}
