// Package extsort sorts changes of a relation within a budget of memory. What does not fit goes to temporary files as sorted,
// packed runs, which are merged when read. Of several changes of the same row, the one that was added last wins.
package extsort

import (
	"context"
	"errors"

	"triplestore/store/relation"
)

var errTODO = errors.New("extsort: not written yet")

// Options tells how to sort.
type Options struct {
	// Width is the number of columns of a row, 2 to 4.
	Width int
	// Memory is the budget in bytes for buffers; 0 is 64 MiB, and there is a floor of 1 MiB.
	Memory int64
	// Dir is where temporary files go; empty is the system's directory. They are gone after Close, and after a crash where the
	// operating system lets an open file be removed.
	Dir string
}

// Sorter collects changes and then gives them sorted. It is used by one goroutine at a time.
type Sorter struct{}

// New makes a sorter. It takes memory as it fills. Close must be called in the end.
func New(o Options) *Sorter { return &Sorter{} }

// Add adds rows that are all to be inserted or all to be deleted. The slice may be reused after it returns. It may write a run
// to a file; cancelling ctx stops that.
func (s *Sorter) Add(ctx context.Context, rows []relation.Row, op relation.Op) error { return errTODO }

// Len is the number of rows added.
func (s *Sorter) Len() uint64 { return 0 }

// Sort ends the adding and returns the changes in order, each row once. It may be called once; ctx is checked while reading, too.
func (s *Sorter) Sort(ctx context.Context) (*Iterator, error) { return nil, errTODO }

// Close frees memory and removes temporary files; an iterator must not be used after. Calling it twice is fine.
func (s *Sorter) Close() error { return nil }

// Iterator yields sorted changes. It implements relation.Changes.
type Iterator struct{}

var _ relation.Changes = (*Iterator)(nil)

// Next returns the next changes, none at the end. The slice is read-only and valid until the next call.
func (it *Iterator) Next() ([]relation.Change, error) { return nil, errTODO }
