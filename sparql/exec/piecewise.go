package exec

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"triplestore/internal/cores"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// piecewise yields the rows of a plan that is cut into pieces, in their order. The consumer computes the piece that it is at, row by row as
// without pieces; while there is a core to spare, a helper computes those after it and keeps their rows until they are wanted. Where the
// consumer comes to a piece that the helper is at, it begins with another one rather than wait. A piece is run by one of them at a time, from
// batch to batch, so that each can go on with what the other has begun; batches are the same whoever computes them.
type piecewise struct {
	q      *Query
	node   optimizer.Node
	in     operator // the plan as a whole, if it cannot be in pieces
	begun  bool
	weighs bool
	wanted optimizer.Set
	cut    *cut // nil is as a whole
	held   held

	lock     sync.Mutex
	news     sync.Cond // the helper has made a batch or ended
	pieces   []*gatherPiece
	at       int // the piece whose rows are yielded
	kept     int // IDs in the batches that are kept
	helping  bool
	stopped  bool
	panicked any
	free     []*keptBatch
	cancels  []context.CancelFunc

	yielded *keptBatch
	scratch *batch
}

// gatherPiece is a piece.
type gatherPiece struct {
	q    *Query // of its operators
	op   operator
	busy bool // somebody other than who yields runs it
	kept []*keptBatch
	done bool
	err  error
}

// keptBatch is a copy of a batch.
type keptBatch struct {
	batch
	bufs   [][]store.ID
	counts []int32 // the buffer of weights
	size   int
}

// gatherKept is how many IDs the batches that are kept may have.
const gatherKept = 1 << 20

// gathered reports whether the input of an operator, or of nothing at the root, should be gathered from pieces: it is a plan that can be cut,
// but the operator is none that would be in the pieces itself.
func (q *Query) gathered(parent optimizer.Node, child int, n optimizer.Node, e *env) bool {
	if q.profile != nil || q.piece || q.limited || !e.cuttable() || !q.smallPieces && n.P().Cost < piecesCost {
		return false
	}
	if _, right := parent.(*optimizer.HashJoin); parent != nil && !(right && child == 1) && q.driving(parent) != nil {
		return false
	}
	s := q.driving(n)
	return s != nil && hasWork(n) && q.worthPieces(n, s) && (q.smallPieces || q.blocked || n.P().Cost > n.P().Rows*handedRow)
}

// handedRow is about what is done with a row of an answer, as of Props.Cost. Where a plan costs less a row, it is better computed ahead of what
// is done with its rows, see stream.
const handedRow = 1000

// hasWork reports whether more is done with the rows of a scan than to copy them.
func hasWork(n optimizer.Node) bool {
	switch n := n.(type) {
	case *optimizer.Lookup, *optimizer.HashJoin, *optimizer.Distinct:
		return true
	default:
		return slices.ContainsFunc(optimizer.Children(n), hasWork)
	}
}

func newPiecewise(q *Query, n optimizer.Node, in operator) *piecewise {
	g := &piecewise{q: q, node: n, in: in, held: held{m: q.memory}}
	g.news.L = &g.lock
	return g
}

// begin makes the pieces, if that is possible.
func (g *piecewise) begin() error {
	g.begun = true
	c, err := g.q.newCut(g.node, true)
	if err != nil || c == nil || !g.held.spare(int64(len(c.bounds)+1)*g.q.columns(g.node)) {
		return err
	}
	defer func() {
		if g.cut == nil { // after an error, or a panic
			c.close()
		}
	}()
	if err := c.makeTables(g.node); err != nil {
		return whole(err)
	}
	g.cut, g.scratch = c, newBatch(g.q.width)
	for i := range len(c.bounds) + 1 {
		p := &gatherPiece{q: g.q.part()}
		p.op = c.build(p.q, g.node, c.scanOf(i))
		if g.weighs {
			weigh(p.op, g.wanted)
		}
		g.pieces = append(g.pieces, p)
	}
	g.in.close()
	return nil
}

// part is a query for operators that may run beside those of q: what they change is their own.
func (q *Query) part() *Query {
	c := *q.expr
	c.Reset()
	c.Exists, c.BlankNode = nil, nil // only for what is not pure
	return &Query{ctx: q.ctx, snap: q.snap, plan: q.plan, width: q.width, rows: q.rows, memory: q.memory, disk: q.disk, chop: q.chop, expr: &c, smallPieces: q.smallPieces, piece: true,
		terms: &terms{snap: q.snap, memory: q.memory, local: q.terms.local, limit: q.terms.limit}}
}

func (g *piecewise) next(b *batch) error {
	if !g.begun {
		if err := g.begin(); err != nil {
			return err
		}
	}
	if g.cut == nil {
		return g.in.next(b)
	}
	g.lock.Lock()
	defer g.lock.Unlock()
	if g.yielded != nil {
		g.free = append(g.free, g.yielded)
		g.yielded = nil
	}
	for g.at < len(g.pieces) {
		if err := g.q.check(); err != nil {
			return err
		}
		if g.panicked != nil {
			panic(g.panicked)
		}
		g.help()
		p := g.pieces[g.at]
		switch {
		case len(p.kept) > 0:
			g.yield(p, b)
			return nil
		case p.err != nil:
			return p.err
		case p.done:
			p.op.close()
			g.at++
		case !p.busy:
			p.busy = true
			err := g.unlocked(func() error { return g.run(g.q.ctx, p, b) })
			p.busy = false
			if err != nil {
				return err
			}
			if b.n > 0 {
				return nil
			}
			p.done = true
		default:
			if err := g.meanwhile(); err != nil {
				return err
			}
		}
	}
	b.reset()
	return nil
}

// unlocked calls f without the lock.
func (g *piecewise) unlocked(f func() error) error {
	g.lock.Unlock()
	defer g.lock.Lock()
	return f()
}

// run computes the next batch of a piece.
func (g *piecewise) run(ctx context.Context, p *gatherPiece, b *batch) error {
	p.q.ctx = ctx
	return p.op.next(b)
}

// yield fills b with the first batch that is kept.
func (g *piecewise) yield(p *gatherPiece, b *batch) {
	k := p.kept[0]
	p.kept = p.kept[1:]
	g.kept -= k.size
	g.yielded = k
	b.reset()
	b.n, b.weights = k.n, k.weights
	copy(b.cols, k.cols)
}

// meanwhile does something for another piece than that which the helper is at, or waits for the helper.
func (g *piecewise) meanwhile() error {
	p := g.pick(gatherKept)
	if p == nil {
		g.news.Wait()
		return nil
	}
	p.busy = true
	err := g.unlocked(func() error { return g.run(g.q.ctx, p, g.scratch) })
	p.busy = false
	return g.keep(p, g.scratch, err)
}

// pick gives the next piece that nobody is at, if there is room for its rows.
func (g *piecewise) pick(most int) *gatherPiece {
	if g.stopped || g.kept > most || g.full() {
		return nil
	}
	for _, p := range g.pieces[min(g.at+1, len(g.pieces)):] {
		if !p.busy && !p.done {
			return p
		}
	}
	return nil
}

// full reports whether there is no memory for more batches: they may have a small part of it.
func (g *piecewise) full() bool {
	m := g.q.memory
	if b := m.bound(); b > 0 && int64(g.kept) > b/256 || m.pool != nil && !m.pool.ample(keptRoom) {
		return true
	}
	return m.room(keptRoom) != nil
}

// keptRoom is about what a batch takes.
const keptRoom = 256 << 10

// keep keeps a batch of a piece.
func (g *piecewise) keep(p *gatherPiece, b *batch, err error) error {
	p.err = err
	if p.done = err != nil || b.n == 0; p.done {
		return err
	}
	k := &keptBatch{}
	if n := len(g.free); n > 0 {
		k, g.free = g.free[n-1], g.free[:n-1]
	} else {
		k.bufs, k.cols = make([][]store.ID, g.q.width), make([][]store.ID, g.q.width)
	}
	size := k.size
	k.fill(b)
	g.kept += k.size
	p.kept = append(p.kept, k)
	_ = g.held.grow(int64(k.size-size) * 8) // pick has seen to it that there is room
	return nil
}

// fill copies a batch. Its size is what it takes, of earlier batches too.
func (k *keptBatch) fill(b *batch) {
	k.n, k.size = b.n, 0
	k.weights = nil
	if b.weights != nil {
		k.counts = append(k.counts[:0], b.weights[:b.n]...)
		k.weights = k.counts
	}
	k.size += (cap(k.counts) + 1) / 2
	for i, col := range b.cols {
		k.cols[i] = nil
		if col != nil {
			k.bufs[i] = resize(k.bufs[i], b.n)
			copy(k.bufs[i], col[:b.n])
			k.cols[i] = k.bufs[i]
		}
		k.size += cap(k.bufs[i])
	}
}

// help starts a helper if there is something to do for it and a core.
func (g *piecewise) help() {
	if g.helping || g.pick(gatherKept/2) == nil || !spareCore() {
		return
	}
	ctx, cancel := context.WithCancel(g.q.ctx)
	g.cancels = append(g.cancels, cancel) // not when the helper ends: what it has begun may go on with the context
	g.helping = true
	go func() {
		b := newBatch(g.q.width)
		defer freeCore()
		g.lock.Lock()
		defer g.lock.Unlock()
		defer g.news.Broadcast()
		defer func() {
			g.helping = false
			if p := recover(); p != nil {
				g.panicked = fmt.Sprintf("%v, in a helper: %s", p, debug.Stack())
			}
		}()
		for busy.Load() <= int32(cores.Count()) { // or others want the core
			p := g.pick(gatherKept)
			if p == nil {
				return
			}
			p.busy = true
			for more := true; more; {
				err := g.unlocked(func() error { return g.run(ctx, p, b) })
				more = g.keep(p, b, err) == nil && !p.done && g.kept <= gatherKept && !g.full() && !g.stopped && busy.Load() <= int32(cores.Count())
				g.news.Broadcast()
			}
			p.busy = false
		}
	}()
}

func (g *piecewise) close() {
	g.in.close()
	g.lock.Lock()
	defer g.lock.Unlock()
	g.stopped = true
	for _, cancel := range g.cancels {
		cancel()
	}
	for g.helping {
		g.news.Wait()
	}
	for _, p := range g.pieces {
		p.op.close()
	}
	if g.cut != nil {
		g.cut.close()
	}
	g.held.release()
	g.pieces, g.free, g.cancels = nil, nil, nil
}
