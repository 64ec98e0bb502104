// Package relation keeps a sorted set of rows of IDs as a copy-on-write tree of immutable pages.
//
// A relation has a width of two to four columns. Its leaves hold the rows, sorted lexicographically as unsigned numbers; its
// inner pages hold one entry per child: the first row, the last row, the page number, the number of rows below it and how many
// different prefixes of each length they have. The layout of the bytes is that of package page. A page is never changed: Apply
// writes new leaves and the inner pages above them and returns a new Root, while every older Root stays readable for as long as
// its pages are kept. Where pages live is the business of PageReader and PageWriter.
package relation

import (
	"encoding/binary"
	"fmt"

	"triplestore/store"
	"triplestore/store/page"
)

// MaxWidth is the largest number of columns of a relation, MinWidth the smallest.
const (
	MinWidth = 2
	MaxWidth = page.MaxWidth
)

// Row is a row of a relation. Columns beyond the relation's width are ignored on the way in and zero on the way out.
// A store.Quad, its columns permuted, may be assigned to it.
type Row = [MaxWidth]store.ID

// Op is what a change does.
type Op uint8

// The changes.
const (
	Insert Op = iota
	Delete
)

// Change is a row to insert or to delete.
type Change struct {
	Row Row
	Op  Op
}

// Changes is a stream of changes in strictly ascending order of rows. extsort.Iterator is one.
type Changes interface {
	// Next returns the next changes, none at the end. The slice is read-only and valid until the next call.
	Next() ([]Change, error)
}

// ColumnChanges are changes that may be had as columns, which saves putting rows together and taking them apart again.
type ColumnChanges interface {
	Changes
	// Columns returns the next changes, all of which are inserts, none at the end. The slices are read-only and valid until the next
	// call. ok is false, for the whole stream, where Next must be called instead.
	Columns() (cols *[MaxWidth][]store.ID, n int, ok bool, err error)
}

// SliceChanges makes a stream of a slice, which must be sorted and without duplicates.
func SliceChanges(c []Change) Changes { return &sliceChanges{c} }

type sliceChanges struct{ rest []Change }

func (s *sliceChanges) Next() ([]Change, error) {
	c := s.rest
	s.rest = nil
	return c, nil
}

// PageReader fetches pages. It must be safe for concurrent use.
type PageReader interface {
	// Page returns the bytes of a page. They must never change, for as long as anyone holds them.
	Page(no uint64) ([]byte, error)
}

// PageCopier is a PageReader that can copy a page into memory that it is given, which saves long scans new memory for every page.
type PageCopier interface {
	PageReader
	// CopyPage returns a copy of the bytes of a page, in buf if that is large enough.
	CopyPage(no uint64, buf []byte) ([]byte, error)
}

// PageWriter is where Apply puts new pages. It is used by one Apply at a time unless it is safe for concurrent use. Page is
// asked for pages of the old tree only.
type PageWriter interface {
	PageReader
	// Put stores a new page under a number of its choice, which is not 0 and not that of any page still in use, and takes over
	// the bytes.
	Put(b []byte) (no uint64, err error)
	// Free tells that the page belongs to the old tree but not to the new one. Apply frees no page that it put itself, and
	// frees none twice. The page must stay readable until Apply returns.
	Free(no uint64)
}

// Root names a state of a relation. The zero Root is the empty relation.
type Root struct {
	// Page is the number of the topmost page, 0 when the relation is empty.
	Page uint64
	// Height is the number of levels: 0 for the empty relation, 1 when the topmost page is a leaf.
	Height uint8
	// Rows is the number of rows.
	Rows uint64
}

// RootSize is the number of bytes of an encoded Root.
const RootSize = 17

// maxHeight bounds what a root may claim; a tree of this height cannot be filled.
const maxHeight = 12

// AppendBinary appends the root's RootSize bytes: page (8, little endian), height (1), rows (8, little endian). The error is
// always nil.
func (r Root) AppendBinary(b []byte) ([]byte, error) {
	b = binary.LittleEndian.AppendUint64(b, r.Page)
	b = append(b, r.Height)
	return binary.LittleEndian.AppendUint64(b, r.Rows), nil
}

// DecodeRoot reads a root from the beginning of b and returns the bytes after it.
func DecodeRoot(b []byte) (r Root, rest []byte, err error) {
	if len(b) < RootSize {
		return Root{}, nil, fmt.Errorf("relation: root of %d bytes: %w", len(b), store.ErrCorrupt)
	}
	r = Root{binary.LittleEndian.Uint64(b), b[8], binary.LittleEndian.Uint64(b[9:])}
	empty := r.Height == 0
	if r.Height > maxHeight || empty != (r.Page == 0) || empty != (r.Rows == 0) {
		return Root{}, nil, fmt.Errorf("relation: impossible root %+v: %w", r, store.ErrCorrupt)
	}
	return r, b[RootSize:], nil
}

// Range is the rows that begin with Prefix and whose next column lies in [Lo, Hi]; Hi 0 is no upper bound. Lo and Hi are
// ignored when the prefix is a whole row.
type Range struct {
	Prefix []store.ID
	Lo, Hi store.ID
}

// Relation is a state of a relation to read from. It is safe for concurrent use and cheap to make: it holds no resources.
type Relation struct {
	pages PageReader
	cache *Cache
	width int
	root  Root
}

// New gives access to the relation of so many columns that root names. The cache may be shared by all relations whose page
// numbers come from the same PageReader; nil is a cache that keeps nothing.
func New(pages PageReader, cache *Cache, width int, root Root) *Relation {
	checkWidth(width)
	return &Relation{pages: pages, cache: cache, width: width, root: root}
}

func checkWidth(width int) {
	if width < MinWidth || width > MaxWidth {
		panic(fmt.Sprintf("relation: width %d", width))
	}
}

// Root is the state that the relation reads.
func (r *Relation) Root() Root { return r.root }

// Width is the number of columns.
func (r *Relation) Width() int { return r.width }

// Rows is the number of rows.
func (r *Relation) Rows() uint64 { return r.root.Rows }
