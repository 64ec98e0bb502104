package exec

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// numbersOp yields the numbers from, from+1, … in batches of some rows, and then fails or ends.
type numbersOp struct {
	q        *Query
	from, to int
	rows     int
	fail     error
	panics   bool
	col      []store.ID
	closed   *int
}

func (n *numbersOp) next(b *batch) error {
	b.reset()
	if err := n.q.check(); err != nil {
		return err
	}
	if n.panics {
		panic("operator")
	}
	n.col = n.col[:0]
	for ; n.from < n.to && len(n.col) < n.rows; n.from++ {
		n.col = append(n.col, store.ID(n.from))
	}
	if b.n = len(n.col); b.n == 0 {
		return n.fail
	}
	b.cols[0] = n.col
	return nil
}

func (n *numbersOp) close() { *n.closed++ }

// piecewiseOf makes a piecewise of pieces that have the numbers up to most between them.
func piecewiseOf(ctx context.Context, r *rand.Rand, pieces, most int, closed *int) *piecewise {
	q := &Query{ctx: ctx, width: 1, memory: &memory{}}
	q.memory.init(ctx, 0, nil, false)
	g := newPiecewise(q, nil, empty{})
	g.begun, g.cut, g.scratch = true, &cut{}, newBatch(1)
	for i := range pieces {
		part := &Query{ctx: ctx}
		g.pieces = append(g.pieces, &gatherPiece{q: part, op: &numbersOp{q: part, from: most * i / pieces, to: most * (i + 1) / pieces, rows: 1 + r.IntN(50), closed: closed}})
	}
	return g
}

// TestGather: pieces come in their order, whoever computes them; errors and panics come where their rows would, and nothing runs after close.
func TestPiecewise(t *testing.T) {
	t.Parallel()
	const seed = 1
	r := rand.New(rand.NewPCG(seed, 9))
	failure := errors.New("failure")
	helped := 0
	for round := range 200 {
		const most = 5000
		pieces, closed := 1+r.IntN(9), 0
		ctx, cancel := context.WithCancel(t.Context())
		g := piecewiseOf(ctx, r, pieces, most, &closed)
		want, stop := most, most+1
		var wantErr error
		wantPanic := false
		broken := r.IntN(pieces)
		op := g.pieces[broken].op.(*numbersOp)
		switch round % 5 {
		case 1:
			op.fail, wantErr, want = failure, failure, op.to
		case 2:
			op.panics, wantPanic, want = true, true, op.from
		case 3:
			stop = r.IntN(most)
		case 4:
			stop, wantErr = r.IntN(most), context.Canceled
		}
		got := 0
		err := func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					if !wantPanic || !strings.Contains(fmt.Sprint(p), "operator") {
						t.Errorf("round %d: panic %v", round, p)
					}
					wantPanic = false
				}
			}()
			b := newBatch(1)
			for {
				if err := g.next(b); err != nil || b.n == 0 {
					return err
				}
				for _, id := range b.cols[0][:b.n] {
					if int(id) != got {
						t.Fatalf("round %d: %d comes where %d should", round, id, got)
					}
					got++
				}
				if got >= stop && wantErr == nil {
					return nil
				} else if got >= stop {
					cancel()
				}
			}
		}()
		g.lock.Lock()
		for _, p := range g.pieces {
			helped += len(p.kept)
		}
		g.lock.Unlock()
		g.close()
		g.close()
		cancel()
		switch {
		case !errors.Is(err, wantErr):
			t.Errorf("round %d: error %v, want %v", round, err, wantErr)
		case stop > most && got != want && (wantErr == nil && round%5 != 2 || got > want):
			t.Errorf("round %d: %d rows, want %d", round, got, want)
		case round%5 == 2 && wantPanic:
			t.Errorf("round %d: no panic", round)
		case closed < pieces:
			t.Errorf("round %d: %d of %d pieces were closed", round, closed, pieces)
		case g.q.memory.used != 0:
			t.Errorf("round %d: %d bytes are still held", round, g.q.memory.used)
		}
	}
	t.Logf("%d batches were kept and not wanted any more", helped)
}

// weightsOp yields what another operator does, each number with itself as its weight.
type weightsOp struct {
	*numbersOp
	weights []int32
}

func (w *weightsOp) next(b *batch) error {
	err := w.numbersOp.next(b)
	if err == nil && b.n > 0 {
		w.weights = w.weights[:0]
		for _, id := range b.cols[0][:b.n] {
			w.weights = append(w.weights, int32(id))
		}
		b.weights = w.weights
	}
	return err
}

// TestPiecewiseWeights: who counts tells pieces too that rows may stand for several, and batches that are kept keep how many they stand for.
func TestPiecewiseWeights(t *testing.T) {
	t.Parallel()
	in := &hashJoin{}
	g := newPiecewise(&Query{memory: &memory{}}, nil, &chopped{in: in})
	if weigh(g, optimizer.SetOf()); !g.weighs || !in.weighs {
		t.Error("the pieces, or the plan as a whole, are not told")
	}
	const most, seed = 5000, 1
	r := rand.New(rand.NewPCG(seed, 7))
	for round := range 20 {
		closed := 0
		g := piecewiseOf(t.Context(), r, 1+r.IntN(9), most, &closed)
		for _, p := range g.pieces {
			p.op = &weightsOp{numbersOp: p.op.(*numbersOp)}
		}
		count := &countAll{q: g.q}
		b := newBatch(1)
		for {
			if err := g.next(b); err != nil {
				t.Fatal(err)
			}
			if b.n == 0 {
				break
			}
			if err := count.add(b, make([]int32, b.n), 1); err != nil {
				t.Fatal(err)
			}
		}
		if want := int64(most * (most - 1) / 2); count.n[0] != want {
			t.Errorf("round %d: %d solutions, want %d", round, count.n[0], want)
		}
		g.close()
		if g.q.memory.used != 0 {
			t.Errorf("round %d: %d bytes are still held", round, g.q.memory.used)
		}
	}
	k := &keptBatch{}
	k.bufs, k.cols = make([][]store.ID, 1), make([][]store.ID, 1)
	k.fill(&batch{n: 4, cols: [][]store.ID{{1, 2, 3, 4}}, weights: []int32{1, 2, 3, 4}})
	if least := 4 + 2; k.size < least || k.solutions() != 10 {
		t.Errorf("%d IDs with %d solutions", k.size, k.solutions())
	}
	k.fill(&batch{n: 2, cols: [][]store.ID{{1, 2}}})
	if k.solutions() != 2 {
		t.Errorf("%d solutions without weights, want 2", k.solutions())
	}
}
