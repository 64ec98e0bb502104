package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// walker walks the steps of paths through a graph.
type walker struct {
	q     *Query
	graph optimizer.Graph
	env   *env
	held  *held

	// stranger is the term that a search began at, where it is not a node of the graph and that makes a difference: a path of two,
	// whose middle is a variable, does not lead through it (https://www.w3.org/TR/sparql12-query/#defn_evalPathSequence).
	stranger store.ID
	mayPass  map[optimizer.Step]bool // see passes

	calls int
	memo  map[adjacencyKey]*adjacency
	out   []store.ID
}

type adjacencyKey struct {
	step    optimizer.Step
	inverse bool
}

// adjacency are the edges of a step, in memory: those of node n are to[start[n]:start[n+1]], all of them numbers of nodes.
type adjacency struct {
	nodes *keySet
	start []int32
	to    []int32
	mark  []uint32
	stamp uint32
	queue []int32
}

// adjacencyAfter is after how many searches the edges are read into memory.
const adjacencyAfter = 64

// reach finds the terms that one step (many false) or any number of steps lead to, at least so many of them (0 or 1). The result is
// valid until the next call.
func (w *walker) reach(step optimizer.Step, from store.ID, least int, many, inverse bool) ([]store.ID, error) {
	w.calls++
	if w.calls > adjacencyAfter {
		a, err := w.adjacency(step, inverse)
		if err != nil {
			return nil, err
		}
		if a != nil {
			return w.reachIn(a, from, least, many)
		}
	}
	w.stranger = store.NoID
	if w.passes(step) {
		known, err := w.isNode(from)
		if err != nil {
			return nil, err
		}
		if !known {
			w.stranger = from
		}
	}
	return w.closure(step, []store.ID{from}, least, many, inverse)
}

// passes reports whether a step has a sequence in it of which a part may be empty.
func (w *walker) passes(step optimizer.Step) bool {
	if known, ok := w.mayPass[step]; ok {
		return known
	}
	var found bool
	var empty func(optimizer.Step) bool
	empty = func(step optimizer.Step) bool {
		switch s := step.(type) {
		case *optimizer.StepSequence:
			l, r := empty(s.L), empty(s.R)
			found = found || l || r
			return l && r
		case *optimizer.StepAlternative:
			some := false
			for _, x := range s.Of {
				some = empty(x) || some
			}
			return some
		case *optimizer.StepClosure:
			return empty(s.Step) || s.Min == 0
		}
		return false
	}
	empty(step)
	if w.mayPass == nil {
		w.mayPass = map[optimizer.Step]bool{}
	}
	w.mayPass[step] = found
	return found
}

// closure is reach from several terms at once.
func (w *walker) closure(step optimizer.Step, from []store.ID, least int, many, inverse bool) ([]store.ID, error) {
	visited := newKeySet(1)
	before := int64(0)
	defer func() { _ = w.held.grow(-before) }()
	if least == 0 {
		for i := range from {
			visited.add(from[i : i+1])
		}
	}
	frontier := slices.Clone(from)
	for len(frontier) > 0 {
		found, err := w.expand(step, frontier, inverse, nil)
		if err != nil {
			return nil, err
		}
		frontier = frontier[:0]
		for i := range found {
			if _, fresh := visited.add(found[i : i+1]); fresh {
				frontier = append(frontier, found[i])
			}
		}
		if !many {
			break
		}
		slices.Sort(frontier)
		if err := w.q.check(); err != nil {
			return nil, err
		}
		size := visited.bytes()
		grown := size - before
		before = size
		if err := w.held.grow(grown); err != nil {
			return nil, err
		}
	}
	return visited.keys, nil
}

// reachIn is reach over edges in memory.
func (w *walker) reachIn(a *adjacency, from store.ID, least int, many bool) ([]store.ID, error) {
	w.out = w.out[:0]
	start := a.nodes.find([]store.ID{from})
	if least == 0 {
		w.out = append(w.out, from)
	}
	if start < 0 {
		return w.out, nil
	}
	a.stamp++
	if a.stamp == 0 {
		clear(a.mark)
		a.stamp = 1
	}
	if least == 0 {
		a.mark[start] = a.stamp
	}
	a.queue = append(a.queue[:0], int32(start))
	for i := 0; i < len(a.queue); i++ {
		if i&1023 == 1023 {
			if err := w.q.check(); err != nil {
				return nil, err
			}
		}
		if i > 0 && !many {
			break
		}
		n := a.queue[i]
		for _, t := range a.to[a.start[n]:a.start[n+1]] {
			if a.mark[t] != a.stamp {
				a.mark[t] = a.stamp
				a.queue = append(a.queue, t)
				w.out = append(w.out, a.nodes.keys[t])
			}
		}
	}
	if w.calls&63 == 0 {
		return w.out, w.q.check()
	}
	return w.out, nil
}

// adjacency reads the edges of a step into memory; nil where the step is more than predicates and their alternatives.
func (w *walker) adjacency(step optimizer.Step, inverse bool) (*adjacency, error) {
	key := adjacencyKey{step, inverse}
	if a, ok := w.memo[key]; ok {
		return a, nil
	}
	if w.memo == nil {
		w.memo = map[adjacencyKey]*adjacency{}
	}
	links, ok := linksOf(step, nil)
	if !ok {
		w.memo[key] = nil
		return nil, nil
	}
	a := &adjacency{nodes: newKeySet(1)}
	var from, to []int32
	for _, l := range links {
		err := w.edges(l, func(s, o []store.ID) error {
			if l.Inverse != inverse {
				s, o = o, s
			}
			size := a.nodes.bytes()
			for i := range s {
				x, _ := a.nodes.add(s[i : i+1])
				y, _ := a.nodes.add(o[i : i+1])
				from, to = append(from, int32(x)), append(to, int32(y))
			}
			return w.held.grow(a.nodes.bytes() - size + int64(len(s))*20)
		})
		if err != nil {
			return nil, err
		}
	}
	a.start = make([]int32, a.nodes.n+1)
	for _, x := range from {
		a.start[x+1]++
	}
	for i := range a.nodes.n {
		a.start[i+1] += a.start[i]
	}
	a.to = make([]int32, len(to))
	at := slices.Clone(a.start)
	for i, x := range from {
		a.to[at[x]] = to[i]
		at[x]++
	}
	a.mark = make([]uint32, a.nodes.n)
	w.memo[key] = a
	return a, w.held.grow(int64(a.nodes.n) * 8)
}

func linksOf(s optimizer.Step, to []*optimizer.StepLink) ([]*optimizer.StepLink, bool) {
	switch s := s.(type) {
	case *optimizer.StepLink:
		return append(to, s), true
	case *optimizer.StepAlternative:
		var ok bool
		for _, x := range s.Of {
			if to, ok = linksOf(x, to); !ok {
				return nil, false
			}
		}
		return to, true
	}
	return nil, false
}

// pattern is that of a link, as (slot 0, predicate, slot 1).
func (w *walker) pattern(p optimizer.Ref) optimizer.Pattern {
	g := w.graph
	g.Var = -1
	return optimizer.Pattern{S: optimizer.Ref{Slot: 0}, P: p, O: optimizer.Ref{Slot: 1}, Graph: g}
}

// edges reads all edges of a link.
func (w *walker) edges(l *optimizer.StepLink, emit func(s, o []store.ID) error) error {
	n := &optimizer.Scan{Pattern: w.pattern(optimizer.Ref{Kind: optimizer.RefConst, ID: l.P}), Order: store.PSOG, Prefix: 1}
	op := newScan(w.q, n, w.env)
	defer op.close()
	b := newBatch(max(w.q.width, 2))
	for {
		if err := op.next(b); err != nil || b.n == 0 {
			return err
		}
		if err := emit(b.cols[0][:b.n], b.cols[1][:b.n]); err != nil {
			return err
		}
	}
}

// expand appends what one step leads to from a sorted frontier, perhaps with repetitions.
func (w *walker) expand(step optimizer.Step, frontier []store.ID, inverse bool, out []store.ID) ([]store.ID, error) {
	switch s := step.(type) {
	case *optimizer.StepLink:
		order := store.PSOG
		if s.Inverse != inverse {
			order = store.POSG
		}
		p := w.pattern(optimizer.Ref{Kind: optimizer.RefConst, ID: s.P})
		return w.seek(&p, order, 1, 2, -1, nil, frontier, out)
	case *optimizer.StepNegated:
		order := store.SPOG
		if s.Inverse != inverse {
			order = store.OPSG
		}
		p := w.pattern(optimizer.Ref{Slot: 2})
		return w.seek(&p, order, 0, 2, 1, s.Not, frontier, out)
	case *optimizer.StepAlternative:
		var err error
		for _, x := range s.Of {
			if out, err = w.expand(x, frontier, inverse, out); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *optimizer.StepSequence:
		first, second := s.L, s.R
		if inverse {
			first, second = second, first
		}
		mid, err := w.expand(first, frontier, inverse, nil)
		if err != nil {
			return nil, err
		}
		slices.Sort(mid)
		if w.stranger != store.NoID {
			mid = slices.DeleteFunc(mid, func(id store.ID) bool { return id == w.stranger })
		}
		return w.expand(second, slices.Compact(mid), inverse, out)
	case *optimizer.StepClosure:
		ends, err := w.closure(s.Step, frontier, s.Min, s.Many, inverse)
		return append(out, ends...), err
	}
	panic("exec: unknown step")
}

// seek looks the frontier up in an order, whose column after the prefix it is, and appends the column result. Rows whose column
// notCol is among not are left out.
func (w *walker) seek(p *optimizer.Pattern, order store.Order, consts, result, notCol int, not, frontier, out []store.ID) ([]store.ID, error) {
	a := newAccess(p, order, consts, w.env)
	if a.none {
		return out, nil
	}
	full := max(1<<16, 2*len(out))
	s := seeker{q: w.q, access: a, keys: 1}
	s.open()
	defer s.close()
	for _, x := range frontier {
		if x.Tag() == store.TagLocal {
			continue
		}
		s.key[consts] = x
		found, err := s.find()
		for ; found && err == nil; found, err = s.advance() {
			if a.checked() && !a.row(&s.block, s.pos) {
				continue
			}
			if notCol >= 0 {
				if _, no := slices.BinarySearch(not, s.block.Cols[notCol][s.pos]); no {
					continue
				}
			}
			out = append(out, s.block.Cols[result][s.pos])
			if len(out) >= full { // of a dense graph nearly all are repetitions
				slices.Sort(out)
				out = slices.Compact(out)
				full = max(full, 2*len(out))
				if err := w.room(full); err != nil {
					return nil, err
				}
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// room reports whether there is memory for n IDs for a while.
func (w *walker) room(n int) error {
	if err := w.q.check(); err != nil {
		return err
	}
	return w.q.memory.room(int64(n) * 8)
}

// isNode reports whether a term is a subject or an object in the graph.
func (w *walker) isNode(id store.ID) (bool, error) {
	if id.Tag() == store.TagLocal {
		return false, nil
	}
	c := optimizer.Ref{Kind: optimizer.RefConst, ID: id}
	for _, subject := range []bool{true, false} {
		n := &optimizer.Scan{Pattern: w.pattern(optimizer.Ref{Slot: 2}), Order: store.SPOG, Prefix: 1}
		if subject {
			n.Pattern.S = c
		} else {
			n.Pattern.O, n.Order = c, store.OSPG
		}
		op := newScan(w.q, n, w.env)
		b := newBatch(max(w.q.width, 3))
		err := op.next(b)
		op.close()
		if err != nil || b.n > 0 {
			return b.n > 0, err
		}
	}
	return false, nil
}

// nodes lists the terms from which a path with both ends free can begin: with all, every subject and object of the graph.
func (w *walker) nodes(step optimizer.Step, all bool) ([]store.ID, error) {
	set := newKeySet(1)
	add := func(ids []store.ID) error {
		size := set.bytes()
		for i := range ids {
			set.add(ids[i : i+1])
		}
		return w.held.grow(set.bytes() - size)
	}
	if links, ok := linksOf(step, nil); ok && !all {
		for _, l := range links {
			if err := w.edges(l, func(s, o []store.ID) error {
				if l.Inverse {
					return add(o)
				}
				return add(s)
			}); err != nil {
				return nil, err
			}
		}
	} else {
		n := &optimizer.Scan{Pattern: w.pattern(optimizer.Ref{Slot: 2}), Order: store.SPOG}
		op := newScan(w.q, n, w.env)
		defer op.close()
		b := newBatch(max(w.q.width, 3))
		for {
			if err := op.next(b); err != nil {
				return nil, err
			}
			if b.n == 0 {
				break
			}
			if err := add(b.cols[0][:b.n]); err != nil {
				return nil, err
			}
			if err := add(b.cols[1][:b.n]); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(set.keys)
	return set.keys, nil
}
