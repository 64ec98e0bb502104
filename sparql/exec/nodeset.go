package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// nodeSet is a set of nodes that a path leads to. What does not fit into memory is in files.
type nodeSet struct {
	w     *walker
	mem   idSet
	runs  []*nodeRun // of nodes that are neither in mem nor in another run
	n     int
	bytes int64
}

func (s *nodeSet) close() {
	closeRuns(s.runs)
	s.runs, s.mem, s.n = nil, idSet{}, 0
	_ = s.account()
}

// account tells the budget what the set takes.
func (s *nodeSet) account() error {
	bytes := s.mem.bytes()
	for _, r := range s.runs {
		bytes += r.bytes()
	}
	grown := bytes - s.bytes
	s.bytes = bytes
	return s.w.held.grow(grown)
}

// drop removes from ascending IDs those that are in the set.
func (s *nodeSet) drop(ids []store.ID) ([]store.ID, error) {
	if s == nil {
		return ids, nil
	}
	kept := ids[:0]
	for _, id := range ids {
		if !s.mem.has(id) {
			kept = append(kept, id)
		}
	}
	for _, r := range s.runs {
		var err error
		if kept, err = r.drop(kept); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

func (s *nodeSet) has(id store.ID) (bool, error) {
	left, err := s.drop([]store.ID{id})
	return len(left) == 0, err
}

// add adds ascending nodes that are not in the set.
func (s *nodeSet) add(ids []store.ID) error {
	for len(ids) > 0 {
		n := min(len(ids), s.w.gathered())
		if s.w.held.crowded(max(s.mem.bytes(), int64(n)*16)) {
			if err := s.spill(); err != nil {
				return err
			}
			if len(ids) > n { // rather these, which are in order
				r, err := s.w.writeRun(ids)
				if err != nil {
					return err
				}
				return s.addRun(r)
			}
		}
		for _, id := range ids[:n] {
			s.mem.add(id)
		}
		s.n += n
		ids = ids[n:]
		if err := s.account(); err != nil {
			return err
		}
	}
	return s.w.q.check()
}

// addRun adds a run of nodes that are not in the set, which has it from now on.
func (s *nodeSet) addRun(r *nodeRun) error {
	s.runs = append(s.runs, r)
	s.n += r.n
	return s.account()
}

// spill puts what is in memory into a file.
func (s *nodeSet) spill() error {
	if s.mem.n == 0 {
		return nil
	}
	ids := slices.DeleteFunc(s.mem.slots, func(id store.ID) bool { return id == store.NoID })
	slices.Sort(ids)
	s.mem = idSet{}
	r, err := s.w.writeRun(ids)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, r)
	return s.account()
}

// tidy merges runs so that they stay few: each has more than twice as many nodes as the next one.
func (s *nodeSet) tidy() error {
	for n := len(s.runs); n > 1 && s.runs[n-2].n <= 2*s.runs[n-1].n; n = len(s.runs) {
		last := slices.Clone(s.runs[n-2:])
		s.runs = s.runs[:n-2]
		r, err := s.w.q.mergeNodeRuns(s.w.node, last)
		if err != nil {
			return err
		}
		s.runs = append(s.runs, r)
	}
	return s.account()
}

// nodeReader reads a set. Nothing may be added meanwhile.
type nodeReader struct {
	s   *nodeSet
	run int
	r   runReader
	at  int // in the slots of what is in memory
	buf []store.ID
}

func (s *nodeSet) reader() *nodeReader { return &nodeReader{s: s} }

// next gives some nodes, or none at the end; they are valid until the next call.
func (r *nodeReader) next() ([]store.ID, error) {
	for ; r.run < len(r.s.runs); r.run++ {
		if r.r.run == nil {
			r.r = runReader{run: r.s.runs[r.run]}
		}
		if err := r.r.fill(); err != nil || len(r.r.ids) > 0 {
			return r.r.ids, err
		}
		r.r.run = nil
	}
	r.buf = r.buf[:0]
	slots := r.s.mem.slots
	for ; r.at < len(slots) && len(r.buf) < batchSize; r.at++ {
		if id := slots[r.at]; id != store.NoID {
			r.buf = append(r.buf, id)
		}
	}
	return r.buf, nil
}

// each hands over all nodes.
func (s *nodeSet) each(do func([]store.ID) error) error {
	for r := s.reader(); ; {
		some, err := r.next()
		if err != nil || len(some) == 0 {
			return err
		}
		if err := do(some); err != nil {
			return err
		}
	}
}

// all lists the set, which is small.
func (s *nodeSet) all() ([]store.ID, error) {
	ids := make([]store.ID, 0, s.n)
	err := s.each(func(some []store.ID) error {
		ids = append(ids, some...)
		return nil
	})
	return ids, err
}

// nodeList are nodes in ascending order: in memory, or in a run.
type nodeList struct {
	w     *walker
	ids   []store.ID
	bytes int64 // that are held for ids
	run   runReader
	own   bool       // the run is closed with the list
	buf   []store.ID // as a run has one block at a time, and others look into it
}

// next gives some of the nodes, or none at the end; they are valid until the next call.
func (l *nodeList) next() ([]store.ID, error) {
	if l.run.run != nil {
		err := l.run.fill()
		l.buf = append(l.buf[:0], l.run.ids...)
		return l.buf, err
	}
	some := l.ids
	l.ids = nil
	return some, l.w.q.check()
}

// each hands over all that is left.
func (l *nodeList) each(do func([]store.ID) error) error {
	for {
		some, err := l.next()
		if err != nil || len(some) == 0 {
			return err
		}
		if err := do(some); err != nil {
			return err
		}
	}
}

func (l *nodeList) close() {
	if l.own && l.run.run != nil {
		l.run.run.close()
	}
	_ = l.w.held.grow(-l.bytes)
	l.run.run, l.ids, l.bytes = nil, nil, 0
}

// gatherer makes ascending distinct nodes of any number of them in any order. What does not fit into memory goes to runs.
type gatherer struct {
	w     *walker
	known *nodeSet // nodes to leave out; may be nil
	buf   []store.ID
	runs  []*nodeRun
	bytes int64
}

func (g *gatherer) close() {
	closeRuns(g.runs)
	g.runs, g.buf = nil, nil
	_ = g.account()
}

func (g *gatherer) account() error {
	grown := int64(cap(g.buf))*8 - g.bytes
	g.bytes += grown
	return g.w.held.grow(grown)
}

// put takes nodes.
func (g *gatherer) put(ids []store.ID) error {
	for len(ids) > 0 {
		if len(g.buf) == cap(g.buf) {
			if err := g.room(); err != nil {
				return err
			}
		}
		n := min(len(ids), cap(g.buf)-len(g.buf))
		g.buf = append(g.buf, ids[:n]...)
		ids = ids[n:]
	}
	return nil
}

// room makes room for some nodes more.
func (g *gatherer) room() error {
	if err := g.w.q.check(); err != nil {
		return err
	}
	if cap(g.buf) < g.w.gathered() {
		g.buf = slices.Grow(g.buf, max(cap(g.buf), min(64, g.w.gathered())))
		return g.account()
	}
	if err := g.sort(); err != nil || len(g.buf) <= cap(g.buf)/2 {
		return err
	}
	if !g.w.held.crowded(int64(cap(g.buf)) * 8) {
		g.buf = slices.Grow(g.buf, cap(g.buf))
		return g.account()
	}
	return g.spill()
}

// sort leaves ascending nodes that are not known.
func (g *gatherer) sort() (err error) {
	g.buf, err = g.known.drop(distinctIDs(g.buf))
	return err
}

func (g *gatherer) spill() error {
	r, err := g.w.writeRun(g.buf)
	if err != nil {
		return err
	}
	g.runs = append(g.runs, r)
	g.buf = g.buf[:0]
	return nil
}

// list ends the gathering. The nodes are added to those that are known, and the list is valid until more are.
func (g *gatherer) list() (*nodeList, error) {
	defer g.close()
	if err := g.sort(); err != nil {
		return nil, err
	}
	if g.known != nil {
		if err := g.known.tidy(); err != nil {
			return nil, err
		}
	}
	if len(g.runs) == 0 {
		ids := g.buf
		if g.known != nil {
			if err := g.known.add(ids); err != nil {
				return nil, err
			}
		}
		l := &nodeList{w: g.w, ids: ids, bytes: g.bytes}
		g.bytes = 0
		return l, nil
	}
	if err := g.spill(); err != nil {
		return nil, err
	}
	runs := g.runs
	g.runs = nil
	run, err := g.w.q.mergeNodeRuns(g.w.node, runs)
	if err != nil {
		return nil, err
	}
	l := &nodeList{w: g.w, run: runReader{run: run}, own: g.known == nil}
	if g.known == nil {
		return l, nil
	}
	return l, g.known.addRun(run)
}

// gathered is how many nodes are held in memory however little of it there is.
func (w *walker) gathered() int {
	if w.q.chop {
		return 4
	}
	return int(min(max(w.q.memory.spillLeast/16, 256), 4096))
}

// writeRun makes a run of ascending nodes.
func (w *walker) writeRun(ids []store.ID) (*nodeRun, error) {
	r, err := w.q.newNodeRun(w.node)
	if err != nil {
		return nil, err
	}
	for err == nil && len(ids) > 0 {
		n := min(len(ids), batchSize)
		err = r.write(ids[:n])
		ids = ids[n:]
	}
	if err == nil {
		err = r.done()
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// far is closure with what is found in files where memory is scarce. The set must be closed.
func (w *walker) far(step optimizer.Step, from []store.ID, least int, many, inverse bool) (*nodeSet, error) {
	visited := &nodeSet{w: w}
	if err := w.fill(visited, step, from, least, many, inverse); err != nil {
		visited.close()
		return nil, err
	}
	return visited, nil
}

func (w *walker) fill(visited *nodeSet, step optimizer.Step, from []store.ID, least int, many, inverse bool) error {
	if least == 0 {
		if err := visited.add(from); err != nil {
			return err
		}
	}
	frontier := &nodeList{w: w, ids: from}
	for {
		before := visited.n
		next := &gatherer{w: w, known: visited}
		err := frontier.each(func(some []store.ID) error { return w.stream(step, some, inverse, next.put) })
		frontier.close()
		if err != nil {
			next.close()
			return err
		}
		if frontier, err = next.list(); err != nil {
			return err
		}
		if visited.n == before || !many {
			frontier.close()
			return nil
		}
	}
}

// stream emits what one step leads to from ascending nodes, perhaps with repetitions.
func (w *walker) stream(step optimizer.Step, from []store.ID, inverse bool, emit func([]store.ID) error) error {
	switch s := step.(type) {
	case *optimizer.StepAlternative:
		for _, x := range s.Of {
			if err := w.stream(x, from, inverse, emit); err != nil {
				return err
			}
		}
		return nil
	case *optimizer.StepSequence:
		first, second := s.L, s.R
		if inverse {
			first, second = second, first
		}
		g := &gatherer{w: w}
		if err := w.stream(first, from, inverse, g.put); err != nil {
			g.close()
			return err
		}
		middle, err := g.list()
		if err != nil {
			return err
		}
		defer middle.close()
		return middle.each(func(some []store.ID) error {
			if i, found := slices.BinarySearch(some, w.stranger); found {
				some = slices.Delete(slices.Clone(some), i, i+1)
			}
			return w.stream(second, some, inverse, emit)
		})
	case *optimizer.StepClosure:
		found, err := w.far(s.Step, from, s.Min, s.Many, inverse)
		if err != nil {
			return err
		}
		defer found.close()
		return found.each(emit)
	}
	out, err := w.edge(step, from, inverse, w.out[:0], emit)
	if err == nil {
		err = emit(out)
		w.out = out
	}
	return err
}
