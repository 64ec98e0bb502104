package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Closures: the edges of a step as lists of numbers, and the search through them.

type adjacencyKey struct {
	step    optimizer.Step
	inverse bool
}

// adjacency are the edges of a step, in memory: those of node n are to[start[n]:start[n+1]], all of them numbers of nodes. It is read-only
// and may be searched by several at once.
type adjacency struct {
	nodes *keySet
	dense *denseKeys // instead of nodes
	ids   []store.ID // of the nodes
	start []int32
	to    []int32
}

// number is that of a node, or -1.
func (a *adjacency) number(id store.ID) int {
	if a.dense != nil {
		return a.dense.find(id)
	}
	return a.nodes.find1(id)
}

// search are the buffers of searches through an adjacency.
type search struct {
	mark  []uint32
	stamp uint32
	queue []int32
	out   []store.ID
}

// adjacencyAfter is after how many searches the edges are read into memory.
const adjacencyAfter = 64

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
		if err := w.grow(grown); err != nil {
			return nil, err
		}
		before = size
	}
	return visited.keys, nil
}

// reach appends to out what walker.reach finds.
func (s *search) reach(q *Query, a *adjacency, from store.ID, least int, many bool) error {
	start := a.number(from)
	if least == 0 {
		s.out = append(s.out, from)
	}
	if start < 0 {
		return nil
	}
	if len(s.mark) != len(a.ids) {
		s.mark, s.stamp = make([]uint32, len(a.ids)), 0
	}
	s.stamp++
	if s.stamp == 0 {
		clear(s.mark)
		s.stamp = 1
	}
	mark, stamp, out := s.mark, s.stamp, s.out
	if least == 0 {
		mark[start] = stamp
	}
	queue := append(s.queue[:0], int32(start))
	for i := 0; i < len(queue) && (i == 0 || many); i++ {
		if i&1023 == 1023 {
			if err := q.check(); err != nil {
				return err
			}
		}
		n := queue[i]
		for _, t := range a.to[a.start[n]:a.start[n+1]] {
			if mark[t] != stamp {
				mark[t] = stamp
				queue = append(queue, t)
				out = append(out, a.ids[t])
			}
		}
	}
	s.queue, s.out = queue, out
	return nil
}

// adjacency reads the edges of a step into memory; nil where the step is more than predicates and their alternatives, or they are too many.
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
	before := w.held.n
	a, err := w.readEdges(links, inverse)
	if w.tooMuch(err, before) {
		a, err = nil, nil
	}
	if err == nil {
		w.memo[key] = a
	}
	return a, err
}

func (w *walker) readEdges(links []*optimizer.StepLink, inverse bool) (*adjacency, error) {
	var from, to []store.ID
	defer func() {
		spareIDs.put(from)
		spareIDs.put(to)
	}()
	for _, l := range links {
		err := w.edges(l, func(s, o []store.ID) error {
			if l.Inverse != inverse {
				s, o = o, s
			}
			from, to = spareIDs.add(from, s), spareIDs.add(to, o)
			return w.grow(int64(len(s)) * 24)
		})
		if err != nil {
			return nil, err
		}
	}
	a, err := w.arrange(from, to)
	if err == nil {
		// The edges are numbers now, and each search has a mark for each node and may find all of them.
		err = w.grow(int64(len(a.ids))*28 - int64(len(from))*12)
	}
	if err != nil {
		a.release()
		return nil, err
	}
	return a, nil
}

// arrange makes an adjacency of edges, or a part of it and an error.
func (w *walker) arrange(from, to []store.ID) (*adjacency, error) {
	a := &adjacency{}
	if a.dense = newDenseKeys(from, to); a.dense != nil {
		a.ids = a.dense.keys()
	} else {
		a.nodes = newKeySet(1)
		for _, ids := range [][]store.ID{from, to} {
			for at := 0; at < len(ids); at += batchSize {
				if err := w.q.check(); err != nil {
					return a, err
				}
				size := a.nodes.bytes()
				for i := at; i < min(at+batchSize, len(ids)); i++ {
					a.nodes.add(ids[i : i+1])
				}
				if err := w.grow(a.nodes.bytes() - size); err != nil {
					return a, err
				}
			}
		}
		a.ids = a.nodes.keys
	}
	if err := w.q.check(); err != nil {
		return a, err
	}
	numbers := spareRows.get(len(from))
	a.start = spareRows.get(len(a.ids) + 1)
	clear(a.start)
	last, n := store.NoID, 0
	for i, id := range from {
		if id != last {
			last, n = id, a.number(id)
		}
		numbers[i] = int32(n)
		a.start[n+1]++
	}
	for i := range a.ids {
		a.start[i+1] += a.start[i]
	}
	a.to = spareRows.get(len(to))
	at := spareRows.get(len(a.start))
	copy(at, a.start)
	for i, x := range numbers {
		a.to[at[x]] = int32(a.number(to[i]))
		at[x]++
	}
	spareRows.put(numbers)
	spareRows.put(at)
	return a, nil
}

func (a *adjacency) release() {
	if a == nil {
		return
	}
	if a.dense != nil {
		a.dense.release()
	}
	spareRows.put(a.start)
	spareRows.put(a.to)
	*a = adjacency{}
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
