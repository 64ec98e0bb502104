package exec

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Config are the limits and settings of one query.
type Config struct {
	// Memory is about how many bytes the query may hold; 0 is no limit. Pool, if there is one, is where it gets them from.
	Memory int64
	Pool   *Pool
	// Disk is how many bytes of temporary files in TempDir the query may have when its memory does not suffice; 0 is none.
	Disk    int64
	TempDir string
	// SpillAll puts into files what can go there as soon as it can, for tests.
	SpillAll bool
	// SmallPieces computes groups in pieces however few rows they have, for tests.
	SmallPieces bool
	// Now is the value of NOW().
	Now time.Time
	// Base resolves relative IRIs that expressions make.
	Base string
	// Profile measures the operators.
	Profile bool
	// Functions are the extension functions by IRI.
	Functions map[string]expr.Function
	// Service asks the endpoints of SERVICE. Nil refuses them. ServiceRows is how many rows are sent at a time; 0 is
	// optimizer.ServiceRows.
	Service     ServiceClient
	ServiceRows int
	// Shown: of the solutions of a SELECT the terms are read, not the IDs; see shownOnly.
	Shown bool
	// Describe is what DESCRIBE tells about each resource.
	Describe Description
}

// Query is a running plan. It is used by one goroutine at a time and must be closed.
type Query struct {
	ctx      context.Context
	snap     store.Snapshot
	plan     *optimizer.Plan
	width    int
	rows     int // about how many a batch has that an operator makes, at most batchSize
	memory   *memory
	disk     *disk
	chop     bool // batches are cut into small ones
	terms    *terms
	subs     *subs
	expr     *expr.Context
	profile  *profile
	pages    PageCounter // nil where nobody counts
	service  ServiceClient
	sent     int // Config.ServiceRows
	describe Description
	root     operator
	out      *batch
	ahead    bool // rows are computed on another core than the one that takes them
	scratch  decodeScratch
	blanks   int
	counted  bool // among those of busy

	smallPieces bool                             // see Config
	termsOnly   bool                             // Config.Shown
	shown       map[optimizer.Node]optimizer.Set // see shownOnly
	piece       bool                             // its operators are those of a piece of another query

	// While operators are made: not all of their rows may be wanted; all of them are wanted before any is yielded.
	limited, blocked bool
	drivers          map[optimizer.Node]*optimizer.Scan // see driving

	sharedLock sync.Mutex
	shared     map[*optimizer.SharedPlan]*sharedRows
}

// Start makes the operators of a plan. Nothing is read before the first call of a method that yields something.
func Start(ctx context.Context, snap store.Snapshot, plan *optimizer.Plan, c Config) (*Query, error) {
	x := &struct { // what every query has, for one allocation
		q      Query
		memory memory
		disk   disk
		terms  terms
		subs   subs
		expr   expr.Context
		out    batch
		env    env
	}{}
	q := &x.q
	*q = Query{ctx: ctx, snap: snap, plan: plan, width: len(plan.Slots), memory: &x.memory, disk: &x.disk, terms: &x.terms, subs: &x.subs, expr: &x.expr, out: &x.out,
		service: c.Service, sent: cmp.Or(c.ServiceRows, optimizer.ServiceRows), describe: c.Describe, smallPieces: c.SmallPieces}
	q.memory.init(ctx, c.Memory, c.Pool, c.Disk > 0)
	q.disk.dir, q.disk.limit = c.TempDir, c.Disk
	if c.SpillAll {
		q.memory.spillAt, q.memory.spillLeast, q.chop = 1, -1, true
	}
	q.rows = batchSize
	if q.width > fewSlots {
		q.rows = rowsAtOnce(int64(optimizer.Size(plan.Root))*int64(q.width), q.memory.bound())
		if err := q.memory.grow(q.columns(plan.Root)); err != nil {
			q.memory.close()
			return nil, err
		}
	}
	q.terms.init(snap, q.memory, plan.Locals)
	q.subs.q = q
	q.out.cols = make([][]store.ID, q.width)
	if c.Profile {
		q.profile = &profile{stats: map[optimizer.Node]*stat{}}
		q.pages, _ = snap.(PageCounter)
	}
	q.expr.Ctx, q.expr.Base, q.expr.Now, q.expr.Functions = ctx, c.Base, c.Now, c.Functions
	q.expr.BlankNode = q.blankNode
	if len(plan.Exists) > 0 {
		q.expr.Exists = func(index int, row expr.Row) (bool, error) {
			return q.subs.exists(plan.Exists[index], row.(*rowView))
		}
	}
	if q.termsOnly = c.Shown; c.Shown {
		q.shown = shownOnly(plan)
	}
	defer func() {
		if !q.counted { // after an error, or a panic, there is no query to close
			q.memory.close()
		}
	}()
	var err error
	if q.root, err = q.build(plan.Root, &x.env); err != nil {
		return nil, err
	}
	if plan.Query.Form != algebra.Ask && q.gathered(nil, 0, plan.Root, &x.env) {
		q.root = newPiecewise(q, plan.Root, q.root)
	}
	busy.Add(1)
	q.counted = true
	return q, nil
}

// Every operator has a few columns for each slot of the query, slotBytes without rows. Up to fewSlots that is little, but a query of a thousand
// patterns with a variable each has millions of columns.
const (
	fewSlots  = 32
	slotBytes = 96
)

// columns is about how many bytes the columns of a plan's operators take: about half of the slots are bound in each.
func (q *Query) columns(n optimizer.Node) int64 {
	return int64(optimizer.Size(n)) * int64(q.width) * int64(slotBytes+q.rows*8/2)
}

// rowsAtOnce is how many rows the batches of operators that make new ones have, where there are so many columns: they may have an eighth of
// the memory.
func rowsAtOnce(columns, memory int64) int {
	if memory == 0 {
		memory = 1 << 30
	}
	return int(min(max(memory/8/(columns*8/2), 16), batchSize))
}

// blankNode makes a blank node that is not in the store: stores scope the labels of documents by prefixes of their own.
func (q *Query) blankNode() rdf.Term {
	q.blanks++
	return rdf.BlankNode(fmt.Sprintf("q%xn%d", q.expr.Now.UnixNano(), q.blanks))
}

// check ends the query when its context has ended.
func (q *Query) check() error { return q.ctx.Err() }

// integer is the ID of a count.
func (q *Query) integer(n int64) (store.ID, error) {
	if id, ok := store.InlineInteger(n); ok {
		return id, nil
	}
	return q.terms.intern(expr.Integer(n).Term())
}

// next yields the next batch of solutions.
func (q *Query) next() (*batch, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	if err := q.root.next(q.out); err != nil {
		return nil, err
	}
	return q.out, nil
}

// Any reports whether there is a solution at all.
func (q *Query) Any() (bool, error) {
	b, err := q.next()
	return err == nil && b.n > 0, err
}

// solutions are some decoded rows, by column; a column is nil where it is unbound in all of them.
type solutions struct {
	n    int
	cols [][]rdf.Term
	kept [][]rdf.Term // the memory of cols
}

// Solutions calls emit with the terms of each solution, in the order of the plan's Out; the slice is reused. emit returns false
// to stop.
func (q *Query) Solutions(emit func([]rdf.Term) bool) error {
	out := q.plan.Out
	row := make([]rdf.Term, len(out))
	buffers := takeSolutionBuffers(len(out))
	q.scratch = buffers.scratch
	var b *batch
	at := 0
	produce := func(s *solutions) (int, error) {
		if b == nil || at >= b.n {
			var err error
			if b, err = q.next(); err != nil || b.n == 0 {
				return 0, err
			}
			at = 0
		} else if err := q.check(); err != nil { // a batch of a scan may be larger than what should be decoded at once
			return 0, err
		}
		if s.cols == nil { // ahead of the consumer there are several
			s.cols, s.kept = make([][]rdf.Term, len(out)), make([][]rdf.Term, len(out))
		}
		s.n = min(batchSize, b.n-at)
		for i, slot := range out {
			s.cols[i] = nil
			if slot < 0 || b.cols[slot] == nil {
				continue
			}
			s.kept[i] = resize(s.kept[i], s.n)
			s.cols[i] = s.kept[i]
			if err := q.terms.decode(b.cols[slot][at:at+s.n], s.cols[i], &q.scratch); err != nil {
				return 0, err
			}
		}
		at += s.n
		return s.n, nil
	}
	err := stream(q, &buffers.solutions, produce, func(s *solutions) bool {
		for r := range s.n {
			if q.ahead && r%textsAtOnce == 0 {
				for _, c := range s.cols {
					if c != nil {
						expectTexts(c[r:min(r+textsAtOnce, s.n)])
					}
				}
			}
			for i, c := range s.cols {
				if c == nil {
					row[i] = rdf.Term{}
				} else {
					row[i] = c[r]
				}
			}
			if !emit(row) {
				return false
			}
		}
		return true
	})
	buffers.scratch, q.scratch = q.scratch, decodeScratch{}
	buffers.give() // not after a panic, which leaves them to the collector
	return err
}

// solutionBuffers are what Solutions decodes into. Those of small answers are used again by other queries: they are most of the memory that
// such a query takes.
type solutionBuffers struct {
	solutions
	scratch decodeScratch
}

var smallSolutions sync.Pool

// pooledTerms is how many terms a column of buffers that are used again may have.
const pooledTerms = 512

func takeSolutionBuffers(width int) *solutionBuffers {
	b, _ := smallSolutions.Get().(*solutionBuffers)
	if b == nil {
		b = &solutionBuffers{}
	}
	b.cols, b.kept = resize(b.cols, width), resize(b.kept, width)
	return b
}

// give lets others have the buffers if they are small. No term stays in them.
func (b *solutionBuffers) give() {
	if cap(b.scratch.rows) > pooledTerms || cap(b.scratch.terms) > pooledTerms || cap(b.kept) > pooledTerms || b.scratch.recent != nil {
		return
	}
	b.kept = b.kept[:cap(b.kept)]
	for _, k := range b.kept {
		if cap(k) > pooledTerms {
			return
		}
		clear(k[:cap(k)])
	}
	clear(b.cols[:cap(b.cols)])
	clear(b.scratch.terms[:cap(b.scratch.terms)])
	b.n = 0
	smallSolutions.Put(b)
}

// Close ends the query and frees what it holds; calling it twice is fine.
func (q *Query) Close() {
	if q.counted {
		q.counted = false
		busy.Add(-1)
	}
	defer q.memory.close()
	defer func() {
		for _, s := range q.disk.all() {
			s.close()
		}
	}()
	if q.root != nil {
		q.root.close()
	}
}

// Spilled is how many bytes the query has put into temporary files so far.
func (q *Query) Spilled() int64 { return q.disk.written.Load() }

// MemoryPeak is about how many bytes the query held at most.
func (q *Query) MemoryPeak() int64 { return q.memory.peak.Load() }

// Profile shows the plan with what was measured so far.
func (q *Query) Profile() string {
	if q.profile == nil {
		return ""
	}
	return q.plan.Explain(func(n optimizer.Node, w *strings.Builder) {
		if s, ok := q.profile.stats[n]; ok {
			fmt.Fprintf(w, " · rows %d, batches %d, ", s.rows, s.batches)
			if q.pages != nil {
				fmt.Fprintf(w, "pages %d, ", s.pages)
			}
			if s.parts > 0 {
				fmt.Fprintf(w, "parts %d, ", s.parts)
			}
			fmt.Fprintf(w, "time %s", s.time.Round(time.Microsecond))
			if s.files > 0 {
				fmt.Fprintf(w, ", spilled %.1f MB in ", float64(s.spilled)/1e6)
				if s.files == 1 {
					w.WriteString("1 file")
				} else {
					fmt.Fprintf(w, "%d files", s.files)
				}
			}
		}
	})
}

// ProfileTree is Profile for programs.
func (q *Query) ProfileTree() *optimizer.PlanTree {
	return q.plan.Tree(func(n optimizer.Node) *optimizer.NodeProfile {
		if q.profile == nil {
			return nil
		}
		s, ok := q.profile.stats[n]
		if !ok {
			return nil
		}
		return &optimizer.NodeProfile{Rows: s.rows, Batches: s.batches, Pages: s.pages, Time: s.time, Spilled: s.spilled, Parts: s.parts}
	})
}
