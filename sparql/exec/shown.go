package exec

import (
	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// shownOnly finds, for a SELECT, the nodes that compute terms which nothing but the answer reads, and the slots of these terms. Whether the
// store has such a term does not matter, and to find that out is a search in the dictionary for each of them, which in a large store is a
// page of its own. Terms that are joined, compared or sorted by need the ID that the store has for them.
func shownOnly(p *optimizer.Plan) map[optimizer.Node]optimizer.Set {
	if p.Query == nil || p.Query.Form != algebra.Select || len(p.Exists) > 0 {
		return nil
	}
	var shown map[optimizer.Node]optimizer.Set
	var used optimizer.Set // what nodes further up read
	show := func(n optimizer.Node, slots ...int) {
		for _, s := range slots {
			if used.Has(s) {
				continue
			}
			if shown == nil {
				shown = map[optimizer.Node]optimizer.Set{}
			}
			shown[n] = shown[n].With(s)
		}
	}
	for n := p.Root; ; {
		switch x := n.(type) {
		case *optimizer.Project:
			n = x.In
		case *optimizer.Slice:
			n = x.In
		case *optimizer.Sort:
			for _, k := range x.Keys {
				if k.Slot >= 0 {
					used = used.With(k.Slot)
				} else {
					used = used.With(k.Expr.Slots...)
				}
			}
			n = x.In
		case *optimizer.Filter:
			for _, c := range x.Conds {
				used = used.With(c.Slots...)
			}
			n = x.In
		case *optimizer.Extend:
			show(x, x.Slot)
			if _, plain := plainVar(x.Expr); !plain || used.Has(x.Slot) {
				used = used.With(x.Expr.Slots...)
			}
			n = x.In
		case *optimizer.ExtendRows:
			for _, c := range x.Exprs { // which may read each other's
				used = used.With(c.Slots...)
			}
			show(x, x.Slots...)
			n = x.In
		case *optimizer.Group:
			for i := range x.Aggregates {
				show(x, x.Aggregates[i].Slot)
			}
			return shown
		default:
			return shown
		}
	}
}

// computed gives an ID of a term that a node has computed for a slot.
func (q *Query) computed(x rdf.Term, n optimizer.Node, slot int) (store.ID, error) {
	if q.shown != nil && q.shown[n].Has(slot) {
		return q.terms.internShown(x)
	}
	return q.terms.intern(x)
}

// internShown is intern for a term that is only shown: the store may have another ID for it.
func (t *terms) internShown(x rdf.Term) (store.ID, error) {
	if x.IsZero() {
		return store.NoID, nil
	}
	if id, ok := store.Inline(x); ok {
		return id, nil
	}
	if id, ok := t.ids[x]; ok {
		return id, nil
	}
	if id, ok := t.shown[x]; ok {
		return id, nil
	}
	if t.shown == nil {
		t.shown = map[rdf.Term]store.ID{}
	}
	id := store.MakeID(store.TagLocal, 0, uint64(len(t.local)))
	t.local = append(t.local, x)
	t.shown[x] = id
	return id, t.memory.grow(int64(x.Size())*2 + 64)
}
