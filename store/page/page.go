// Package page turns columns of IDs into the bytes of one immutable page and back. It is pure: no I/O, no state.
//
// # Bytes of a page
//
// All numbers are little endian; offsets count from the first byte of the page.
//
//	0   8  checksum: xxh3 (64 bits, seed 0) of every byte after it
//	8   1  version: 1
//	9   1  kind: 1 leaf, 2 inner, 3 patch
//	10  1  number of columns, C
//	11  1  zero
//	12  4  number of rows, N, 1 to MaxRows
//	16  4C offset of each column
//	    …  columns, in order and without gaps; a column ends where the next one begins
//	    8  zero, so that eight bytes can be read at every packed value
//
// A leaf of a relation of width W has W columns. An inner page has a row for each child and 3W+1 columns: the W columns of
// the first row below the child, the W columns of the last row below it, the child's page number, the number of rows below it,
// and, for k from 1 to W-1, the number of different prefixes of k columns among them. A patch of a leaf has W columns of rows and
// one of what becomes of each: 0 it is inserted, 1 it is deleted.
//
// # Bytes of a column
//
// A column of n values begins with a byte that tells its encoding.
//
//	0 constant  value (8)
//	1 packed    width (1), base (8), bits(n, width): value i is base + bits[i]
//	2 delta     width (1), first (8), base (8), bits(n-1, width): value i is value i-1 + base + bits[i-1]
//	3 runs      number of runs r (4), length of the next column (4), column of r values, column of r run lengths minus 1
//	4 dictionary  number of entries k (4), length of the next column (4), column of k values, width (1), bits(n, width):
//	            value i is entry bits[i]
//	5 split     number of groups k (1), k times (number of values (4), length in bytes (4)), k columns, width (1),
//	            bits(n, width): value i is the next value of group bits[i] that was not yet taken
//
// bits(n, width) are n numbers of width bits (0 to 64), the first in the lowest bits, filled up with zeros to a multiple of
// eight numbers: it takes width bytes for every eight. Additions wrap around at 64 bits. The columns inside runs and split
// are constant, packed, delta or dictionary; those inside a dictionary are constant, packed or delta.
// The writer takes the smallest of those that it tries; a reader must know them all.
package page

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"triplestore/store"
)

const (
	// MaxWidth is the largest number of columns of a row.
	MaxWidth = 4
	// MaxRows is the largest number of rows of a page.
	MaxRows = 1 << 16
	// Version is the version of the layout.
	Version = 1
)

// Kind tells leaves, inner pages and patches of leaves apart.
type Kind uint8

// The kinds of page.
const (
	Leaf  Kind = 1
	Inner Kind = 2
	Patch Kind = 3
)

const (
	headerSize = 16
	padding    = 8
	maxColumns = 3*MaxWidth + 1
)

// InnerColumns is the number of columns of an inner page of a relation of so many columns.
func InnerColumns(width int) int { return 3*width + 1 }

// Columns of an inner page of a relation of width w begin at these indexes: the first row at 0, the last row at LastColumn, the
// page number at PageColumn, the number of rows at RowsColumn, the numbers of different prefixes at DistinctColumn.
func LastColumn(w int) int { return w }

// PageColumn is the index of the page numbers of the children.
func PageColumn(w int) int { return 2 * w }

// RowsColumn is the index of the numbers of rows below the children.
func RowsColumn(w int) int { return 2*w + 1 }

// DistinctColumn is the index of the numbers of different prefixes of one column; those of longer prefixes follow.
func DistinctColumn(w int) int { return 2*w + 2 }

func corrupt(format string, args ...any) error {
	return fmt.Errorf("page: "+format+": %w", append(args, store.ErrCorrupt)...)
}

// Page is the checked bytes of a page. It is safe for concurrent use as long as nobody changes the bytes.
type Page struct {
	b       []byte
	rows    int
	columns int
}

// Open checks the checksum, the version, the kind and the number of columns of a page and where its columns are. It keeps b.
func Open(b []byte, kind Kind, columns int) (Page, error) {
	if len(b) < headerSize+padding {
		return Page{}, corrupt("%d bytes", len(b))
	}
	if xxh3.Hash(b[8:]) != binary.LittleEndian.Uint64(b) {
		return Page{}, corrupt("checksum does not match")
	}
	if b[8] != Version {
		return Page{}, fmt.Errorf("page: version %d: %w", b[8], store.ErrFormat)
	}
	if Kind(b[9]) != kind || int(b[10]) != columns || b[11] != 0 {
		return Page{}, corrupt("kind %d with %d columns where kind %d with %d is expected", b[9], b[10], kind, columns)
	}
	rows := binary.LittleEndian.Uint32(b[12:])
	if rows == 0 || rows > MaxRows {
		return Page{}, corrupt("%d rows", rows)
	}
	end := headerSize + 4*columns
	if len(b) < end+padding {
		return Page{}, corrupt("%d bytes for %d columns", len(b), columns)
	}
	p := Page{b, int(rows), columns}
	last := uint32(end)
	for i := range columns {
		o := binary.LittleEndian.Uint32(b[headerSize+4*i:])
		if o < last || int64(o) > int64(len(b)-padding) || i == 0 && o != last {
			return Page{}, corrupt("column %d at %d", i, o)
		}
		last = o
	}
	if binary.LittleEndian.Uint64(b[len(b)-padding:]) != 0 {
		return Page{}, corrupt("padding")
	}
	return p, nil
}

// Rows is the number of rows.
func (p Page) Rows() int { return p.rows }

// Size is the number of bytes.
func (p Page) Size() int { return len(p.b) }

// Bytes are the bytes that were opened. They are read-only.
func (p Page) Bytes() []byte { return p.b }

// ColumnSize is the number of bytes of a column.
func (p Page) ColumnSize(column int) int { start, end := p.bounds(column); return end - start }

func (p Page) bounds(column int) (start, end int) {
	start = int(binary.LittleEndian.Uint32(p.b[headerSize+4*column:]))
	end = len(p.b) - padding
	if column+1 < p.columns {
		end = int(binary.LittleEndian.Uint32(p.b[headerSize+4*column+4:]))
	}
	return start, end
}

func (p Page) encoding(column int) byte {
	if start, end := p.bounds(column); start < end {
		return p.b[start]
	}
	return anyEncoding
}

// Column decodes a column into dst, which must be as long as Rows. After an error, what dst holds is undefined.
func (p Page) Column(column int, dst []store.ID) error {
	start, end := p.bounds(column)
	if err := decode(p.b, start, end, dst[:p.rows], 0); err != nil {
		return fmt.Errorf("column %d: %w", column, err)
	}
	return nil
}

// Constant tells whether a column is stored as one value for all rows, and which.
func (p Page) Constant(column int) (v store.ID, ok bool) {
	start, end := p.bounds(column)
	if end-start != sizeConstant || p.b[start] != encConstant {
		return 0, false
	}
	return store.ID(binary.LittleEndian.Uint64(p.b[start+1:])), true
}

// At reads one value at less cost than decoding its column. ok is false where the column is malformed; not every malformation
// is noticed.
func (p Page) At(column, row int) (v store.ID, ok bool) {
	if uint(row) >= uint(p.rows) {
		return 0, false
	}
	start, end := p.bounds(column)
	return at(p.b, start, end, p.rows, row, 0)
}

// Hints are the encodings that pages before were given best, for pages that are alike, as those of a large relation that is written in one
// go are: the others are tried only from time to time, or where a column becomes larger than it was. The zero Hints know nothing. They
// are used by one goroutine at a time.
type Hints struct {
	left      int // pages until all encodings are tried again
	rows      int
	encodings [maxColumns]byte
	sizes     [maxColumns]int // of the columns when all were tried
}

// hintedPages is for how many pages hints are good.
const hintedPages = 12

// column is encoder.column by what is known of the pages before.
func (h *Hints) column(e *encoder, b []byte, i int, v []store.ID) []byte {
	start := len(b)
	if h.left > 0 {
		e.only = h.encodings[i]
		b = e.column(b, v, 0)
		if n := len(b) - start; n <= h.sizes[i]+h.sizes[i]/16 {
			return b
		}
		b = b[:start]
	}
	e.only = anyEncoding
	b = e.column(b, v, 0)
	h.encodings[i], h.sizes[i] = b[start], len(b)-start
	return b
}

// EncodeHinted is Encode with hints, which it improves.
func EncodeHinted(kind Kind, columns [][]store.ID, h *Hints) []byte {
	return encode(kind, columns, Page{}, nil, h)
}

// Encode packs columns, which must be of the same length of 1 to MaxRows, into the bytes of a page.
func Encode(kind Kind, columns [][]store.ID) []byte { return EncodeLike(kind, columns, Page{}, nil) }

// EncodeLike is Encode for a page that takes the place of another one and differs little from it: it tries only the encodings that
// the other one's columns have, and the simple ones, which takes less time. The zero Page is none. decoded may be its columns, of which
// those that did not change are taken over as they are.
func EncodeLike(kind Kind, columns [][]store.ID, old Page, decoded [][]store.ID) []byte {
	return encode(kind, columns, old, decoded, nil)
}

func encode(kind Kind, columns [][]store.ID, old Page, decoded [][]store.ID, h *Hints) []byte {
	n := 0
	if len(columns) > 0 {
		n = len(columns[0])
	}
	if len(columns) > maxColumns || n < 1 || n > MaxRows {
		panic(fmt.Sprintf("page: %d columns of %d rows", len(columns), n))
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	b := append(e.out[:0], make([]byte, headerSize+4*len(columns))...)
	if h != nil {
		if h.left--; h.left < 0 || h.rows != n {
			h.left, h.rows = 0, n
		}
	}
	for i, c := range columns {
		if len(c) != n {
			panic(fmt.Sprintf("page: column %d of %d rows, not %d", i, len(c), n))
		}
		binary.LittleEndian.PutUint32(b[headerSize+4*i:], uint32(len(b)))
		if h != nil {
			b = h.column(e, b, i, c)
			continue
		}
		e.only = anyEncoding
		if i < old.columns && i < len(decoded) && slices.Equal(decoded[i], c) {
			start, end := old.bounds(i)
			b = append(b, old.b[start:end]...)
			continue
		}
		if i < old.columns {
			e.only = old.encoding(i)
		}
		b = e.column(b, c, 0)
	}
	if h != nil && h.left == 0 {
		h.left = hintedPages
	}
	b = append(b, make([]byte, padding)...)
	b[8], b[9], b[10] = Version, byte(kind), byte(len(columns))
	binary.LittleEndian.PutUint32(b[12:], uint32(n))
	binary.LittleEndian.PutUint64(b, xxh3.Hash(b[8:]))
	e.out = b
	return append(make([]byte, 0, len(b)), b...)
}
