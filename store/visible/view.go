package visible

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"

	"triplestore/rdf"
	"triplestore/store"
)

// view is what some rights leave of one state: which graphs there are, and counts that were dear. It is shared by all snapshots of
// the state and safe for concurrent use.
type view struct {
	visible []store.GraphCount // in order of ID
	hidden  []store.GraphCount
	quads   uint64 // visible
	unseen  uint64 // hidden quads
	test    members

	mu         sync.Mutex
	counts     map[string]uint64
	statistics *store.Statistics
	languages  []string
	datatypes  []string
	marks      map[string]*marks
	marked     int // how many there are in marks
}

// decisions are what a scope may read by the ID of the graph, the terms of which never change once they are committed. They are safe for
// concurrent use. Nil remembers nothing.
type decisions struct {
	mu  sync.Mutex
	may map[store.ID]bool
}

// of decides about graphs, by their names where it does not know them yet.
func (d *decisions) of(n store.Snapshot, rights Rights, all []store.GraphCount) (may []bool, err error) {
	may = make([]bool, len(all))
	var asked []int
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	for i, g := range all {
		known := false
		if d != nil {
			may[i], known = d.may[g.Graph]
		}
		if !known {
			asked = append(asked, i)
		}
	}
	ids := make([]store.ID, len(asked))
	for k, i := range asked {
		ids[k] = all[i].Graph
	}
	names := make([]rdf.Term, len(ids))
	if err := n.Terms(ids, names); err != nil { // the default graph has the zero Term
		return nil, err
	}
	if d != nil && len(d.may) > 2*len(all)+1000 { // most of them are of graphs that are gone
		clear(d.may)
	}
	for k, i := range asked {
		may[i] = rights.MayRead(names[k])
		if d != nil {
			d.may[ids[k]] = may[i]
		}
	}
	return may, nil
}

// newView divides the graphs of a snapshot. It returns nil where nothing is hidden.
func newView(n store.Snapshot, rights Rights, known *decisions) (*view, error) {
	all, err := n.Graphs()
	if err != nil {
		return nil, err
	}
	may, err := known.of(n, rights, all)
	if err != nil {
		return nil, err
	}
	v := &view{counts: map[string]uint64{}, visible: make([]store.GraphCount, 0, len(all))}
	for i, g := range all {
		if may[i] {
			v.visible = append(v.visible, g)
			v.quads += g.Quads
		} else {
			v.hidden = append(v.hidden, g)
			v.unseen += g.Quads
		}
	}
	if len(v.hidden) == 0 {
		return nil, nil
	}
	v.test = newMembers(v.visible, v.hidden)
	return v, nil
}

// members decides about graphs by the smaller one of two lists.
type members struct {
	few     []store.ID // sorted, or nil
	many    map[store.ID]struct{}
	listed  bool // what it means to be in the list: visible or not
	lastID  store.ID
	lastSee bool
}

const fewMembers = 8

func newMembers(visible, hidden []store.GraphCount) members {
	m, list := members{listed: true}, visible
	if len(hidden) < len(visible) {
		m.listed, list = false, hidden
	}
	if len(list) <= fewMembers {
		for _, g := range list {
			m.few = append(m.few, g.Graph)
		}
	} else {
		m.many = make(map[store.ID]struct{}, len(list))
		for _, g := range list {
			m.many[g.Graph] = struct{}{}
		}
	}
	return m
}

// sees tells of a graph of the state whether it is visible. It remembers the last one, so each goroutine has a copy of its own.
func (m *members) sees(graph store.ID) bool {
	if graph == m.lastID && graph != store.NoID {
		return m.lastSee
	}
	in := false
	if m.many != nil {
		_, in = m.many[graph]
	} else {
		in = slices.Contains(m.few, graph)
	}
	m.lastID, m.lastSee = graph, in == m.listed
	return m.lastSee
}

// sees tells whether a graph is visible and holds quads.
func (v *view) sees(graph store.ID) bool {
	_, found := slices.BinarySearchFunc(v.visible, graph, func(g store.GraphCount, id store.ID) int {
		switch {
		case g.Graph < id:
			return -1
		case g.Graph > id:
			return 1
		}
		return 0
	})
	return found
}

const (
	// dearRows is from how many rows on a count is remembered.
	dearRows = 4096
	// maxCounts is how many counts are remembered for a state.
	maxCounts = 1 << 14
)

// remember gives a count that was made before, or makes it.
func (v *view) remember(kind byte, r store.Range, make func() (uint64, error)) (uint64, error) {
	key := rangeKey(kind, r)
	v.mu.Lock()
	n, ok := v.counts[string(key)]
	v.mu.Unlock()
	if ok {
		return n, nil
	}
	n, err := make()
	if err != nil {
		return 0, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.counts) >= maxCounts {
		clear(v.counts)
	}
	v.counts[string(key)] = n
	return n, nil
}

func rangeKey(kind byte, r store.Range) []byte {
	return append(append(append([]byte(nil), kind, byte(r.Order), byte(len(r.Prefix))), bytesOf(r.Prefix...)...), bytesOf(r.Lo, r.Hi)...)
}

func bytesOf(ids ...store.ID) []byte {
	var b []byte
	for _, id := range ids {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	return b
}

// viewOf gives the view of a state, made if need be. Few states are remembered: the newest of each scope, and some older ones.
func (s *Store) viewOf(n store.Snapshot, rights Rights) (*view, error) {
	key := viewKey{rights.Scope(), n.Commit().Number, n.Commit().Time.UnixNano()}
	s.mu.Lock()
	i := slices.IndexFunc(s.recent, func(k keptView) bool { return k.key == key })
	var k keptView
	if i >= 0 {
		k = s.recent[i]
		s.recent = slices.Delete(s.recent, i, i+1)
	} else {
		// The caller that made this waits for its result, so n is open for as long as it is needed.
		known := s.known[key.scope]
		if known == nil {
			if len(s.known) >= maxViews {
				clear(s.known)
			}
			known = &decisions{may: map[store.ID]bool{}}
			s.known[key.scope] = known
		}
		k = keptView{key, sync.OnceValues(func() (*view, error) { return newView(n, rights, known) })}
	}
	s.recent = slices.Insert(s.recent, 0, k)
	s.recent = s.recent[:min(len(s.recent), maxViews)]
	s.mu.Unlock()
	v, err := k.get()
	if err != nil {
		s.mu.Lock()
		s.recent = slices.DeleteFunc(s.recent, func(o keptView) bool { return o.key == key })
		s.mu.Unlock()
	}
	return v, err
}

const maxViews = 64

type viewKey struct {
	scope  string
	number uint64
	time   int64
}

type keptView struct {
	key viewKey
	get func() (*view, error)
}

// statisticsOf counts a snapshot once.
func (v *view) statisticsOf(ctx context.Context, n *snapshot) (*store.Statistics, error) {
	v.mu.Lock()
	st := v.statistics
	v.mu.Unlock()
	if st != nil {
		return st, nil
	}
	st, err := store.CountStatistics(ctx, n)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.statistics = st
	return st, nil
}
