// Package extsort sorts changes of a relation within a budget of memory. What does not fit goes to temporary files as sorted,
// packed runs, which are merged when read. Of several changes of the same row, the one that was added last wins.
//
// A run is a sequence of blocks: the length of the leaf page (4 bytes, little endian), the page (see package page), and a bit for
// each of its rows, 1 to delete, lowest bit first. Files are not meant to outlive the process.
package extsort

import (
	"context"
	"errors"
	"fmt"

	"triplestore/store/relation"
)

const (
	defaultMemory = 64 << 20
	leastMemory   = 1 << 20
	// maxFanIn is the largest number of runs that are merged at once, mergeBytes what reading one of them takes.
	maxFanIn   = 64
	mergeBytes = 100 << 10
	// blockRows is the number of rows of a block of a run.
	blockRows = 1024
)

// Options tells how to sort.
type Options struct {
	// Width is the number of columns of a row, 2 to 4.
	Width int
	// Memory is the budget in bytes for buffers; 0 is 64 MiB, and there is a floor of 1 MiB.
	Memory int64
	// Dir is where temporary files go; empty is the system's directory. They are gone after Close, and after a crash where the
	// operating system lets an open file be removed.
	Dir string
	// Reserve is how many bytes must stay free where Dir is; when there are less, sorting fails with diskspace.ErrFull.
	Reserve uint64
}

// Sorter collects changes and then gives them sorted. It is used by one goroutine at a time.
type Sorter struct {
	width    int
	dir      string
	reserve  uint64
	capacity int // rows in memory
	plain    int // rows of which keys are sorted in memory, if they cannot be packed
	fanIn    int // runs that are merged at once
	buf      buffer
	runs     [][]*run // by how often their rows were merged
	added    uint64
	packed   *Packed // after Sort
	sorted   bool
	closed   bool
	err      error // that spoilt it
}

var (
	errSorted = errors.New("extsort: the sorter was sorted")
	errClosed = errors.New("extsort: the sorter is closed")
)

// New makes a sorter. It takes memory as it fills. Close must be called in the end.
func New(o Options) *Sorter {
	if o.Width < relation.MinWidth || o.Width > relation.MaxWidth {
		panic(fmt.Sprintf("extsort: width %d", o.Width))
	}
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	// A fifth of the budget is left for merging while runs are being made. Packed rows take two numbers when they are sorted.
	memory := max(o.Memory, leastMemory)
	rows := func(size int) int { return int(min(memory*4/5/int64(size), 1<<30)) }
	return &Sorter{
		width:    o.Width,
		dir:      o.Dir,
		reserve:  o.Reserve,
		capacity: rows(8*o.Width + 16),
		plain:    rows(8*o.Width + 1 + 2*keySize),
		fanIn:    int(min(max(memory/5/mergeBytes, 4), maxFanIn)),
		buf:      buffer{width: o.Width},
	}
}

// Add adds rows that are all to be inserted or all to be deleted. The slice may be reused after it returns. It may write a run
// to a file; cancelling ctx stops that. After an error the sorter can only be closed.
func (s *Sorter) Add(ctx context.Context, rows []relation.Row, op relation.Op) error {
	if err := s.usable(); err != nil {
		return err
	}
	for len(rows) > 0 {
		n := min(len(rows), s.capacity-s.buf.len())
		s.buf.add(rows[:n], op)
		s.added += uint64(n)
		rows = rows[n:]
		if s.buf.len() == s.capacity {
			if err := s.spill(ctx); err != nil {
				s.err = err
				return err
			}
		}
	}
	return nil
}

func (s *Sorter) usable() error {
	switch {
	case s.closed:
		return errClosed
	case s.sorted:
		return errSorted
	}
	return s.err
}

// Len is the number of rows added.
func (s *Sorter) Len() uint64 { return s.added }

// spill writes what is in memory as a run, or as several if it cannot be packed.
func (s *Sorter) spill(ctx context.Context) error {
	if p := s.buf.pack(false); p != nil {
		s.buf.reset()
		return s.write(ctx, p.Changes(ctx))
	}
	for _, piece := range s.buf.pieces(s.plain) {
		piece.sortKeys()
		if err := s.write(ctx, newIterator(ctx, s.width, piece.reader())); err != nil {
			return err
		}
	}
	s.buf.reset()
	return nil
}

// write makes a run, and merges runs where there are many.
func (s *Sorter) write(ctx context.Context, it *Iterator) error {
	r, err := writeRun(ctx, s.dir, s.reserve, s.width, it)
	if err != nil {
		return err
	}
	for level := 0; ; level++ {
		if level == len(s.runs) {
			s.runs = append(s.runs, nil)
		}
		s.runs[level] = append(s.runs[level], r)
		if len(s.runs[level]) < s.fanIn {
			return nil
		}
		if r, err = s.merge(ctx, s.runs[level]); err != nil {
			return err
		}
		s.runs[level] = nil
	}
}

// merge makes one run of several, whose files it removes.
func (s *Sorter) merge(ctx context.Context, runs []*run) (*run, error) {
	it, err := mergeRuns(ctx, s.width, runs, nil)
	if err != nil {
		return nil, err
	}
	merged, err := writeRun(ctx, s.dir, s.reserve, s.width, it)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		err = errors.Join(err, r.close())
	}
	if err != nil {
		return nil, errors.Join(err, merged.close())
	}
	return merged, nil
}

// Sort ends the adding and returns the changes in order, each row once. It may be called once; ctx is checked while reading, too.
func (s *Sorter) Sort(ctx context.Context) (*Iterator, error) {
	if err := s.usable(); err != nil {
		return nil, err
	}
	s.sorted = true
	var rest reader
	if p := s.buf.pack(true); p != nil {
		rest = &packedReader{p: p}
		if len(s.runs) == 0 {
			s.packed = p
		}
		s.buf = buffer{width: s.width}
	} else {
		if s.buf.len() > s.plain {
			if err := s.spill(ctx); err != nil {
				s.err = err
				return nil, err
			}
		}
		s.buf.sortKeys()
		rest = s.buf.reader()
	}
	// Runs of higher levels are older.
	var runs []*run
	for i := len(s.runs) - 1; i >= 0; i-- {
		runs = append(runs, s.runs[i]...)
	}
	for len(runs) > s.fanIn {
		// The newest and smallest runs are merged; their order in time is kept.
		n := min(s.fanIn, len(runs)-s.fanIn+1)
		r, err := s.merge(ctx, runs[len(runs)-n:])
		if err != nil {
			s.runs = [][]*run{runs}
			return nil, err
		}
		runs = append(runs[:len(runs)-n], r)
	}
	s.runs = [][]*run{runs}
	if len(runs) == 0 {
		return newIterator(ctx, s.width, rest), nil
	}
	return mergeRuns(ctx, s.width, runs, rest)
}

// Packed is, after Sort, the changes if they are all in memory and packed, else nil. They stay when the sorter is closed.
func (s *Sorter) Packed() *Packed { return s.packed }

// Close frees memory and removes temporary files; an iterator must not be used after. Calling it twice is fine.
func (s *Sorter) Close() error {
	s.closed = true
	var err error
	for _, level := range s.runs {
		for _, r := range level {
			err = errors.Join(err, r.close())
		}
	}
	s.runs, s.buf, s.packed = nil, buffer{}, nil
	return err
}
