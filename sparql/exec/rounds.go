package exec

import (
	"triplestore/sparql/optimizer"
)

// roundsJoin is an inner join for those who want only the first rows. Instead of making a table of the whole right side at first, it takes some rows
// of each side, joins them with those taken before, and goes on with more. When that has not sufficed for a while, the rest of the right side is
// joined with what was taken of the left, while it goes into the table with which the rest of the left side is joined: so the whole join
// takes little more than one with a table of the right side.
type roundsJoin struct {
	q           *Query
	node        *optimizer.HashJoin
	env         env
	left, right operator
	held        held
	index       held // what the index of rest is going to take
	l, r        *table
	lEnd, rEnd  bool
	take        int
	running     []operator // the joins of this round
	rest        *hashJoin
	resting     bool // rest has all of the right side
}

// roundMost is up to how many rows of each side a round takes.
const roundMost = 1 << 14

func newRoundsJoin(q *Query, n *optimizer.HashJoin, l, r operator, e *env) operator {
	j := &roundsJoin{q: q, node: n, env: *e, left: l, right: r, held: held{m: q.memory}, index: held{m: q.memory},
		l: newTable(q.width), r: newTable(q.width), take: 4 * firstBatch}
	j.env.tables = nil
	if j.small() {
		j.take = 4
	}
	return j
}

// small: rounds are of few rows and few, for tests.
func (j *roundsJoin) small() bool { return j.q.chop || j.q.smallPieces }

func (j *roundsJoin) close() {
	for _, op := range j.running {
		op.close()
	}
	j.running = nil
	if j.rest != nil {
		j.rest.close()
	}
	j.left.close()
	j.right.close()
	j.held.release()
	j.index.release()
}

func (j *roundsJoin) next(b *batch) error {
	for {
		if err := j.q.check(); err != nil {
			return err
		}
		switch {
		case len(j.running) > 0:
			if err := j.running[0].next(b); err != nil || b.n > 0 {
				return err
			}
			j.running[0].close()
			j.running = j.running[1:]
		case j.resting:
			return j.rest.next(b)
		case j.rest != nil:
			j.resting = true
			j.held.release()
			j.l, j.r = nil, nil
			j.index.release()
			j.rest.built = true
			if err := j.rest.arrange(); err != nil {
				return err
			}
		case j.lEnd && (j.rEnd || j.l.n == 0), j.rEnd && j.r.n == 0:
			b.reset()
			return nil
		case j.lEnd: // the rest of the right side is all there is
			j.running = append(j.running, j.back(j.right))
			j.rEnd = true
		case j.rEnd || j.take > roundMost || j.small() && j.take > 16 || j.held.crowded(0):
			if err := j.finish(); err != nil {
				return err
			}
		default:
			if err := j.round(); err != nil {
				return err
			}
		}
	}
}

// more takes rows of a side.
func (j *roundsJoin) more(in operator, t *table, end *bool) error {
	b := newBatch(j.q.width)
	for want := t.n + j.take; t.n < want && !*end; {
		if err := in.next(b); err != nil {
			return err
		}
		if *end = b.n == 0; !*end {
			if err := j.held.grow(t.add(b)); err != nil {
				return err
			}
		}
	}
	return nil
}

// round takes some rows of each side, and joins all that have come with those that are new.
func (j *roundsJoin) round() error {
	l, r := j.l.n, j.r.n
	if err := j.more(j.left, j.l, &j.lEnd); err != nil {
		return err
	}
	if err := j.more(j.right, j.r, &j.rEnd); err != nil {
		return err
	}
	j.take *= batchGrowth
	if j.l.n > l && j.r.n > 0 {
		j.running = append(j.running, newHashJoin(j.q, j.node, rowsOf(j.l, l, j.l.n), rowsOf(j.r, 0, j.r.n), &j.env))
	}
	if l > 0 && j.r.n > r {
		j.running = append(j.running, newHashJoin(j.q, j.node, rowsOf(j.l, 0, l), rowsOf(j.r, r, j.r.n), &j.env))
	}
	return nil
}

// back joins what was taken of the left side with rows of the right side.
func (j *roundsJoin) back(right operator) operator {
	n := &optimizer.HashJoin{Props: j.node.Props, L: j.node.R, R: j.node.L, Kind: optimizer.Inner}
	return newHashJoin(j.q, n, right, rowsOf(j.l, 0, j.l.n), &j.env)
}

// finish begins the join with the rest of both sides.
func (j *roundsJoin) finish() error {
	j.rest = newHashJoin(j.q, j.node, j.left, empty{}, &j.env).(*hashJoin)
	taken, b := rowsOf(j.r, 0, j.r.n), newBatch(j.q.width)
	for {
		if err := taken.next(b); err != nil {
			return err
		}
		if b.n == 0 {
			break
		}
		if err := j.rest.add(b, &j.index); err != nil {
			return err
		}
	}
	if j.rEnd {
		return nil
	}
	j.rEnd = true
	rest := &tee{j.right, func(b *batch) error { return j.rest.add(b, &j.index) }}
	if j.l.n > 0 {
		j.running = append(j.running, j.back(rest))
		return nil
	}
	for {
		if err := rest.next(b); err != nil || b.n == 0 {
			return err
		}
	}
}

// tee shows the batches that it passes on.
type tee struct {
	in   operator
	show func(*batch) error
}

func (t *tee) next(b *batch) error {
	if err := t.in.next(b); err != nil || b.n == 0 {
		return err
	}
	return t.show(b)
}

func (t *tee) close() { t.in.close() }
