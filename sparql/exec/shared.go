package exec

import (
	"sync"

	"triplestore/sparql/optimizer"
)

// sharedRows are the rows of a plan that several operators read: in memory, or in a file when memory is scarce. They are made when the first
// of them is wanted, and kept until the query ends.
type sharedRows struct {
	once  sync.Once
	err   error
	table *table
	held  held
	file  *spool
}

// sharedOf gives the rows of a shared plan, making them if need be.
func (q *Query) sharedOf(n *optimizer.Shared) (*sharedRows, error) {
	q.sharedLock.Lock()
	s := q.shared[n.Of]
	if s == nil {
		if q.shared == nil {
			q.shared = map[*optimizer.SharedPlan]*sharedRows{}
		}
		s = &sharedRows{table: newTable(q.width), held: held{m: q.memory}}
		q.shared[n.Of] = s
	}
	q.sharedLock.Unlock()
	s.once.Do(func() { s.err = s.fill(q, n.Of.Plan) })
	return s, s.err
}

func (s *sharedRows) fill(q *Query, n optimizer.Node) error {
	op, err := q.build(n, &env{})
	if err != nil {
		return err
	}
	defer op.close()
	b := newBatch(q.width)
	for {
		if err := q.check(); err != nil {
			return err
		}
		if err := op.next(b); err != nil || b.n == 0 {
			return err
		}
		if s.file == nil {
			if err := s.held.grow(s.table.add(b)); err != nil {
				return err
			}
			if !s.held.crowded(0) {
				continue
			}
			if s.file, err = q.newSpool(n); err != nil {
				return err
			}
			b = &batch{n: s.table.n, cols: s.table.cols}
		}
		if err := s.file.write(b, nil, nil); err != nil {
			return err
		}
		if s.table != nil {
			s.table, b = nil, newBatch(q.width)
			s.held.release()
		}
	}
}

// shared yields the rows of a shared plan, with its own names for their columns.
type shared struct {
	q    *Query
	node *optimizer.Shared
	rows *sharedRows
	at   int
	file *spoolReader
	read *batch
}

func (s *shared) close() {}

func (s *shared) next(b *batch) error {
	if s.rows == nil {
		var err error
		if s.rows, err = s.q.sharedOf(s.node); err != nil {
			s.rows = nil
			return err
		}
		if s.rows.file != nil {
			s.read = newBatch(s.q.width)
			if s.file, err = s.rows.file.reader(0); err != nil {
				return err
			}
		}
	}
	if err := s.q.check(); err != nil {
		return err
	}
	b.reset()
	if s.file != nil {
		if err := s.file.next(s.read); err != nil {
			return err
		}
		b.n = s.read.n
		for i, from := range s.node.From {
			b.cols[s.node.To[i]] = s.read.cols[from]
		}
		return nil
	}
	t := s.rows.table
	b.n = min(batchSize, t.n-s.at)
	for i, from := range s.node.From {
		if c := t.cols[from]; c != nil {
			b.cols[s.node.To[i]] = c[s.at : s.at+b.n]
		}
	}
	s.at += b.n
	return nil
}
