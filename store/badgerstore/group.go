package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// A transaction begins by only writing down what it adds and removes. One that is short and asks for nothing stays so: it becomes a
// job, and jobs that wait at the same time, say while others are synced, share one commit. As soon as a transaction wants to
// see the store or becomes long, it gets the store to itself, after the jobs before it.

// Limits of what is written down: quads of a job, and of jobs that share a commit.
const (
	maxJob   = 2 << 10
	maxGroup = 32 << 10
)

type operation struct {
	quads []rdf.Quad
	op    relation.Op
}

// job is a transaction that is written down and waits.
type job struct {
	operations []operation
	quads      int

	staged chan struct{} // closed when what follows is set
	result store.Result
	commit *commit
	err    error
}

// recorder is the transaction that Update hands out.
type recorder struct {
	ctx   context.Context
	store *Store

	mu   sync.Mutex
	job  *job
	real *txn // once there is one, all goes there; it holds the token
	done bool
}

var (
	_ store.Txn            = (*recorder)(nil)
	_ store.TransientAdder = (*recorder)(nil)
	_ Extender             = (*recorder)(nil)
)

// plain reports whether adding the quads needs no further check.
func plain(quads []rdf.Quad) bool {
	for i := range quads {
		q := &quads[i]
		if !q.S.IsIRI() && !q.S.IsBlankNode() || !q.P.IsIRI() || q.O.IsZero() || !q.G.IsZero() && !q.G.IsIRI() ||
			q.S.Size()+q.P.Size()+q.O.Size()+q.G.Size() > dictionary.MaxTerm {
			return false
		}
	}
	return true
}

// write writes an operation down or returns the transaction that carries it out.
func (r *recorder) write(quads []rdf.Quad, op relation.Op) (*txn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.real != nil {
		return r.real, nil
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.job.quads+len(quads) > maxJob || !plain(quads) {
		return r.begin()
	}
	if len(quads) > 0 {
		r.job.quads += len(quads)
		r.job.operations = append(r.job.operations, operation{slices.Clone(quads), op})
	}
	return nil, nil
}

func (r *recorder) check() error {
	if r.done {
		return fmt.Errorf("transaction: %w", store.ErrClosed)
	}
	return r.ctx.Err()
}

// whole returns a transaction that sees the store.
func (r *recorder) whole() (*txn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.real != nil {
		return r.real, nil
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r.begin()
}

// begin takes the token, carries out the jobs before this one and what is written down. r.mu is held.
func (r *recorder) begin() (*txn, error) {
	s := r.store
	select {
	case s.writer <- struct{}{}:
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	}
	for s.runJobs() {
	}
	base, err := s.base()
	if err != nil {
		<-s.writer
		return nil, err
	}
	t := newTxn(r.ctx, s, base)
	r.real = t
	for _, o := range r.job.operations {
		if t.err == nil {
			t.err = t.do(o)
		}
	}
	r.job = nil
	return t, t.err
}

func (t *txn) do(o operation) error {
	if o.op == relation.Delete {
		return t.Remove(o.quads)
	}
	return t.Add(o.quads)
}

func (r *recorder) Add(quads []rdf.Quad) error {
	t, err := r.write(quads, relation.Insert)
	if t == nil || err != nil {
		return err
	}
	return t.Add(quads)
}

// AddTransient implements store.TransientAdder: it does not write down but carries out.
func (r *recorder) AddTransient(quads []rdf.Quad) error {
	t, err := r.whole()
	if err != nil {
		return err
	}
	return t.Add(quads)
}

func (r *recorder) Remove(quads []rdf.Quad) error {
	t, err := r.write(quads, relation.Delete)
	if t == nil || err != nil {
		return err
	}
	return t.Remove(quads)
}

func (r *recorder) AddIDs(quads []store.Quad) error {
	t, err := r.whole()
	if err != nil {
		return err
	}
	return t.AddIDs(quads)
}

func (r *recorder) RemoveIDs(quads []store.Quad) error {
	t, err := r.whole()
	if err != nil {
		return err
	}
	return t.RemoveIDs(quads)
}

func (r *recorder) ID(term rdf.Term) (store.ID, error) {
	t, err := r.whole()
	if err != nil {
		return store.NoID, err
	}
	return t.ID(term)
}

func (r *recorder) Snapshot() (store.Snapshot, error) {
	t, err := r.whole()
	if err != nil {
		return nil, err
	}
	return t.Snapshot()
}

func (r *recorder) Extension(name string, width int, pages bool) (*Extension, error) {
	t, err := r.whole()
	if err != nil {
		return nil, err
	}
	return t.Extension(name, width, pages)
}

// end lets go of what the transaction holds; it does nothing more after a commit.
func (r *recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.done && r.real != nil {
		r.real.abort()
		<-r.store.writer
	}
	r.done = true
}

// Update runs a transaction; see store.Store. Short transactions that only add and remove and wait at the same time may share a commit.
func (s *Store) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	result, c, j, err := s.run(ctx, fn)
	if err == nil && j != nil {
		result, c, err = s.finish(ctx, j)
	}
	if err == nil {
		store.BuildingOf(ctx).Begin(store.Syncing)
		err = s.durable(c)
	}
	if err != nil {
		if errors.Is(err, ErrDiskFull) {
			s.full.Store(true)
			s.collectSoon()
		}
		return store.Result{}, err
	}
	return result, nil
}

// run runs fn when it is its turn. What comes of it is a job that waits, or a commit (nil: nothing) that need only become durable.
func (s *Store) run(ctx context.Context, fn func(store.Txn) error) (result store.Result, c *commit, j *job, err error) {
	if err = ctx.Err(); err != nil {
		return result, nil, nil, err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return result, nil, nil, ctx.Err()
	}
	defer func() { <-s.turn }()
	if _, err = s.base(); err != nil {
		return result, nil, nil, err
	}
	r := &recorder{ctx: ctx, store: s, job: &job{staged: make(chan struct{})}}
	defer r.end()
	if err = fn(r); err == nil {
		err = ctx.Err()
	}
	if r.real != nil {
		if err == nil {
			result, c, err = r.real.commit()
		}
		return result, c, nil, r.real.because(err)
	}
	if err != nil {
		return result, nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.job.quads == 0 && len(s.jobs) == 0 {
		return store.Result{Commit: s.head.root.commit}, s.lastPending(), nil, nil
	}
	s.jobs = append(s.jobs, r.job)
	return result, nil, r.job, nil
}

// base is the state to begin with.
func (s *Store) base() (*state, error) {
	s.mu.Lock()
	broken, closed := s.broken, s.closed
	s.mu.Unlock()
	if closed {
		return nil, store.ErrClosed
	}
	if broken != nil {
		if err := s.mend(); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head, nil
}

// finish waits until a job is staged, or does it with all others that wait.
func (s *Store) finish(ctx context.Context, j *job) (store.Result, *commit, error) {
	select {
	case s.writer <- struct{}{}:
		for s.runJobs() {
		}
		<-s.writer
	case <-j.staged:
	case <-ctx.Done():
		s.mu.Lock()
		i := slices.Index(s.jobs, j)
		if i >= 0 {
			s.jobs = slices.Delete(s.jobs, i, i+1)
		}
		s.mu.Unlock()
		if i >= 0 {
			return store.Result{}, nil, ctx.Err()
		}
	}
	<-j.staged
	return j.result, j.commit, j.err
}

// runJobs stages the jobs that wait, as many as make a group, and reports whether there were any. The caller holds the token.
func (s *Store) runJobs() bool {
	s.mu.Lock()
	n, quads := 0, 0
	for n < len(s.jobs) && (n == 0 || quads+s.jobs[n].quads <= maxGroup) {
		quads += s.jobs[n].quads
		n++
	}
	jobs := slices.Clone(s.jobs[:n])
	s.jobs = slices.Delete(s.jobs, 0, n)
	s.mu.Unlock()
	if n == 0 {
		return false
	}
	err := s.runGroup(jobs)
	for _, j := range jobs {
		if j.err == nil {
			j.err = err
		}
		close(j.staged)
	}
	return true
}

func (s *Store) runGroup(jobs []*job) (err error) {
	base, err := s.base()
	if err != nil {
		return err
	}
	t := newTxn(context.Background(), s, base)
	defer t.abort()
	defer func() { err = t.because(err) }()
	if len(jobs) == 1 {
		j := jobs[0]
		for _, o := range j.operations {
			if err := t.do(o); err != nil {
				return err
			}
		}
		j.result, j.commit, err = t.commit()
		return err
	}
	g := group{t: t, there: map[relation.Row]bool{}}
	for _, j := range jobs {
		if j.result, j.err = g.add(j); j.err != nil && !errors.Is(j.err, errJob) {
			return j.err
		}
	}
	if err := g.hand(); err != nil {
		return err
	}
	result, c, err := t.commit()
	changed := false
	for _, j := range jobs {
		changed = changed || j.result.Inserted+j.result.Deleted > 0
		if j.commit, j.result.Commit = c, base.root.commit; changed {
			j.result.Commit = result.Commit
		}
	}
	return err
}

// errJob is an error that concerns one job only.
var errJob = errors.New("store: transaction")

// group merges jobs: what each changes is counted against what the ones before it leave.
type group struct {
	t     *txn
	there map[relation.Row]bool // of the rows that jobs changed
}

func (g *group) add(j *job) (result store.Result, err error) {
	last := map[relation.Row]relation.Op{}
	x := translations.Get().(*translation)
	defer translations.Put(x)
	for _, o := range j.operations {
		err := x.rowsOf(g.t.terms, o.quads, o.op == relation.Insert)
		for _, row := range x.rows {
			last[row] = o.op
		}
		x.reset()
		if err != nil {
			return result, fmt.Errorf("%w: %w", errJob, err)
		}
	}
	rows := make([]relation.Row, 0, len(last))
	for row := range last {
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b relation.Row) int { return slices.Compare(a[:], b[:]) })
	p := probe{ctx: g.t.ctx, rel: g.t.base.quads[store.SPOG]}
	defer p.close()
	for _, row := range rows {
		there, known := g.there[row]
		if !known {
			if there, err = p.contains(row); err != nil {
				return result, err
			}
		}
		switch insert := last[row] == relation.Insert; {
		case insert == there:
		case insert:
			g.there[row] = true
			result.Inserted++
		default:
			g.there[row] = false
			result.Deleted++
		}
	}
	return result, nil
}

// hand gives the transaction what all jobs come to.
func (g *group) hand() error {
	var rows [2][]relation.Row
	for row, there := range g.there {
		op := relation.Delete
		if there {
			op = relation.Insert
		}
		rows[op] = append(rows[op], row)
	}
	for op := range rows {
		if err := g.t.change(rows[op], relation.Op(op)); err != nil {
			return err
		}
	}
	return nil
}
