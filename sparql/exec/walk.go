package exec

import (
	"errors"
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// walker walks the steps of paths through a graph.
type walker struct {
	q     *Query
	node  optimizer.Node // for the profile
	graph optimizer.Graph
	env   *env
	held  *held

	// stranger is the term that a search began at, where it is not a node of the graph and that makes a difference: a path of two,
	// whose middle is a variable, does not lead through it (https://www.w3.org/TR/sparql12-query/#defn_evalPathSequence).
	stranger store.ID
	mayPass  map[optimizer.Step]bool // see passes

	calls  int
	memo   map[adjacencyKey]*adjacency
	search search

	scarce bool       // memory is: what is found goes to files
	out    []store.ID // see stream
}

// errScarce ends what is done in memory where it should be done in files.
var errScarce = errors.New("exec: memory is scarce")

// tooMuch reports whether what ended with an error may be done in files. What was held for it is given back, down to before.
func (w *walker) tooMuch(err error, before int64) bool {
	if err == nil || !errors.Is(err, errScarce) && !(noMemory(err) && w.q.spills()) {
		return false
	}
	_ = w.held.grow(before - w.held.n)
	return true
}

// grow asks for memory that something else may take its place of.
func (w *walker) grow(n int64) error {
	if w.held.crowded(n) {
		return errScarce
	}
	return w.held.grow(n)
}

// reach finds the terms that one step (many false) or any number of steps lead to, at least so many of them (0 or 1). The result is
// valid until the next call. Where memory is scarce it is a set, which must be closed.
func (w *walker) reach(step optimizer.Step, from store.ID, least int, many, inverse bool) ([]store.ID, *nodeSet, error) {
	w.calls++
	if w.calls > adjacencyAfter {
		a, err := w.adjacency(step, inverse)
		if err != nil {
			return nil, nil, err
		}
		if a != nil {
			w.search.out = w.search.out[:0]
			if err := w.search.reach(w.q, a, from, least, many); err != nil {
				return nil, nil, err
			}
			if w.calls&63 == 0 {
				err = w.q.check()
			}
			return w.search.out, nil, err
		}
	}
	w.stranger = store.NoID
	if w.passes(step) {
		known, err := w.isNode(from)
		if err != nil {
			return nil, nil, err
		}
		if !known {
			w.stranger = from
		}
	}
	if !w.scarce {
		before := w.held.n
		ends, err := w.closure(step, []store.ID{from}, least, many, inverse)
		if !w.tooMuch(err, before) {
			return ends, nil, err
		}
		w.scarce = true
	}
	set, err := w.far(step, []store.ID{from}, least, many, inverse)
	return nil, set, err
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

// close gives the memory of the edges to other queries.
func (w *walker) close() {
	for _, a := range w.memo {
		a.release()
	}
	w.memo = nil
}

// pattern is that of a link, as (slot 0, predicate, slot 1).
func (w *walker) pattern(p optimizer.Ref) optimizer.Pattern {
	g := w.graph
	g.Var = -1
	return optimizer.Pattern{S: optimizer.Ref{Slot: 0}, P: p, O: optimizer.Ref{Slot: 1}, Graph: g}
}

// expand appends what one step leads to from a sorted frontier, perhaps with repetitions.
func (w *walker) expand(step optimizer.Step, frontier []store.ID, inverse bool, out []store.ID) ([]store.ID, error) {
	switch s := step.(type) {
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
	return w.edge(step, frontier, inverse, out, nil)
}

// edge is expand for a step of one edge. With emit, what is appended is handed over now and then, and out is what is left.
func (w *walker) edge(step optimizer.Step, frontier []store.ID, inverse bool, out []store.ID, emit func([]store.ID) error) ([]store.ID, error) {
	switch s := step.(type) {
	case *optimizer.StepLink:
		order := store.PSOG
		if s.Inverse != inverse {
			order = store.POSG
		}
		p := w.pattern(optimizer.Ref{Kind: optimizer.RefConst, ID: s.P})
		return w.seek(&p, order, 1, 2, -1, nil, frontier, out, emit)
	case *optimizer.StepNegated:
		order := store.SPOG
		if s.Inverse != inverse {
			order = store.OPSG
		}
		p := w.pattern(optimizer.Ref{Slot: 2})
		return w.seek(&p, order, 0, 2, 1, s.Not, frontier, out, emit)
	}
	panic("exec: unknown step")
}

// seek looks the frontier up in an order, whose column after the prefix it is, and appends the column result. Rows whose column
// notCol is among not are left out.
func (w *walker) seek(p *optimizer.Pattern, order store.Order, consts, result, notCol int, not, frontier, out []store.ID,
	emit func([]store.ID) error) ([]store.ID, error) {
	a := newAccess(p, order, consts, w.env)
	if a.none {
		return out, nil
	}
	full := max(1<<16, 2*len(out))
	if emit != nil {
		full = w.gathered()
	}
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
			if len(out) >= full && emit != nil {
				if err := emit(out); err != nil {
					return nil, err
				}
				out = out[:0]
			} else if len(out) >= full { // of a dense graph nearly all are repetitions
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
		if some, err := w.some(n); err != nil || some {
			return some, err
		}
	}
	return false, nil
}

// some reports whether a scan has a row.
func (w *walker) some(n *optimizer.Scan) (bool, error) {
	op := newScan(w.q, n, w.env)
	defer op.close()
	b := newBatch(max(w.q.width, 3))
	err := op.next(b)
	return b.n > 0, err
}

// collect appends IDs, of which a run of equal ones comes once, and drops repetitions now and then.
func (w *walker) collect(to *[]store.ID, ids []store.ID) error {
	out := *to
	before := cap(out)
	if n := len(out) + len(ids); n > before && before > 1<<16 {
		if out = distinctIDs(out); len(out) > before/2 {
			out = slices.Grow(out, max(before, len(ids)))
		}
	}
	for _, id := range ids {
		if n := len(out); n == 0 || out[n-1] != id {
			out = append(out, id)
		}
	}
	*to = out
	return w.grow(int64(cap(out)-before) * 8)
}

// distinctIDs sorts IDs and drops repetitions.
func distinctIDs(ids []store.ID) []store.ID {
	if !slices.IsSorted(ids) {
		slices.Sort(ids)
	}
	return slices.Compact(ids)
}

// nodes lists the terms from which a path with both ends free can begin, in their order: with all, every subject and object of the graph.
func (w *walker) nodes(step optimizer.Step, all bool) (*nodeList, error) {
	before := w.held.n
	ids, err := w.nodesInMemory(step, all)
	if !w.tooMuch(err, before) {
		return &nodeList{w: w, ids: ids}, err
	}
	g := &gatherer{w: w}
	if err := w.eachNode(step, all, g.put); err != nil {
		g.close()
		return nil, err
	}
	return g.list()
}

func (w *walker) nodesInMemory(step optimizer.Step, all bool) ([]store.ID, error) {
	if _, ok := linksOf(step, nil); ok && !all {
		var ids []store.ID
		err := w.eachNode(step, all, func(some []store.ID) error { return w.collect(&ids, some) })
		return distinctIDs(ids), err
	}
	set := newKeySet(1)
	err := w.eachNode(step, all, func(ids []store.ID) error {
		size := set.bytes()
		for i := range ids {
			if i == 0 || ids[i] != ids[i-1] {
				set.add(ids[i : i+1])
			}
		}
		return w.grow(set.bytes() - size)
	})
	slices.Sort(set.keys)
	return set.keys, err
}

// eachNode emits the terms of nodes in any order, with repetitions.
func (w *walker) eachNode(step optimizer.Step, all bool, emit func([]store.ID) error) error {
	if links, ok := linksOf(step, nil); ok && !all {
		for _, l := range links {
			if err := w.edges(l, func(s, o []store.ID) error {
				if l.Inverse {
					s = o
				}
				return emit(s)
			}); err != nil {
				return err
			}
		}
		return nil
	}
	n := &optimizer.Scan{Pattern: w.pattern(optimizer.Ref{Slot: 2}), Order: store.SPOG}
	op := newScan(w.q, n, w.env)
	defer op.close()
	b := newBatch(max(w.q.width, 3))
	for {
		if err := op.next(b); err != nil || b.n == 0 {
			return err
		}
		if err := emit(b.cols[0][:b.n]); err != nil {
			return err
		}
		if err := emit(b.cols[1][:b.n]); err != nil {
			return err
		}
	}
}
