package exec

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"triplestore/internal/diskspace"
	"triplestore/rdf"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// disk is what a query may put into temporary files.
type disk struct {
	dir           string
	limit         int64 // bytes at the same time; 0 is none at all
	used, written atomic.Int64
	lock          sync.Mutex
	open          map[*spool]bool
}

// all are the files that there are.
func (d *disk) all() []*spool {
	d.lock.Lock()
	defer d.lock.Unlock()
	return slices.Collect(maps.Keys(d.open))
}

const (
	// diskReserve is how many bytes have to stay free in the file system.
	diskReserve = 64 << 20
	// diskCheck is how many bytes are written between two looks at the free space.
	diskCheck = 4 << 20
	// spoolBuffer is the size of the buffers for writing and reading.
	spoolBuffer = 32 << 10
	// spoolRows is about how many rows a block of a file has.
	spoolRows = 256
)

// spool is a temporary file with rows. First all are written, then they are read, as often as wanted. A block of rows is: their number
// and that of the columns; for each column its slot, the least value, and how much more each row has, in so many bytes; and where rows
// carry values of expressions, these. All numbers are uvarints except the columns' values.
type spool struct {
	q       *Query
	node    optimizer.Node // for the profile; may be nil
	f       *os.File
	remains bool // the name could not be removed while the file was open
	w       *bufio.Writer
	rows    int64
	size    int64
	checked int64
	buf     []byte
	gone    bool
}

// spills reports whether operators may put rows into files.
func (q *Query) spills() bool { return q.disk.limit > 0 }

// newSpool makes a file without a name where the operating system allows that, so that nothing is left after a crash.
func (q *Query) newSpool(n optimizer.Node) (*spool, error) {
	f, err := os.CreateTemp(q.disk.dir, "triplestore-query-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("temporary files: %w", err)
	}
	s := &spool{q: q, node: n, f: f, remains: os.Remove(f.Name()) != nil, w: bufio.NewWriterSize(f, spoolBuffer)}
	q.disk.lock.Lock()
	if q.disk.open == nil {
		q.disk.open = map[*spool]bool{}
	}
	q.disk.open[s] = true
	q.disk.lock.Unlock()
	if q.profile != nil && n != nil {
		q.profile.of(n).files++
	}
	return s, nil
}

// newSpools makes several.
func (q *Query) newSpools(n optimizer.Node, count int) ([]*spool, error) {
	out := make([]*spool, count)
	for i := range out {
		var err error
		if out[i], err = q.newSpool(n); err != nil {
			closeSpools(out)
			return nil, err
		}
	}
	return out, nil
}

func closeSpools(spools []*spool) {
	for _, s := range spools {
		if s != nil {
			s.close()
		}
	}
}

// close removes the file.
func (s *spool) close() {
	if s.gone {
		return
	}
	s.gone = true
	s.q.disk.lock.Lock()
	delete(s.q.disk.open, s)
	s.q.disk.lock.Unlock()
	s.q.disk.used.Add(-s.size)
	_ = s.f.Close()
	if s.remains {
		_ = os.Remove(s.f.Name())
	}
}

// write appends rows of a batch: all where rows is nil. extra are the values of expressions for these rows, by expression.
func (s *spool) write(b *batch, rows []int32, extra [][]expr.Value) error {
	n := len(rows)
	if rows == nil {
		n = b.n
	}
	for at := 0; at < n; {
		to := min(at+spoolRows, n)
		s.buf = s.buf[:0]
		s.block(b, rows, at, to)
		for _, vals := range extra {
			var scratch []byte
			for i := at; i < to; i++ {
				r := i
				if rows != nil {
					r = int(rows[i])
				}
				scratch = scratch[:0]
				if !vals[r].IsZero() {
					scratch = vals[r].Term().AppendBinary(scratch)
				}
				s.buf = binary.AppendUvarint(s.buf, uint64(len(scratch)))
				s.buf = append(s.buf, scratch...)
			}
		}
		if err := s.append(s.buf); err != nil {
			return err
		}
		s.rows += int64(to - at)
		at = to
	}
	return nil
}

func (s *spool) block(b *batch, rows []int32, from, to int) {
	cols := 0
	for _, c := range b.cols {
		if c != nil {
			cols++
		}
	}
	s.buf = binary.AppendUvarint(s.buf, uint64(to-from))
	s.buf = binary.AppendUvarint(s.buf, uint64(cols))
	at := func(c []store.ID, i int) store.ID {
		if rows != nil {
			return c[rows[i]]
		}
		return c[i]
	}
	for slot, c := range b.cols {
		if c == nil {
			continue
		}
		lo, hi := at(c, from), at(c, from)
		for i := from + 1; i < to; i++ {
			lo, hi = min(lo, at(c, i)), max(hi, at(c, i))
		}
		width := (bits.Len64(uint64(hi-lo)) + 7) / 8
		s.buf = binary.AppendUvarint(s.buf, uint64(slot))
		s.buf = binary.LittleEndian.AppendUint64(s.buf, uint64(lo))
		s.buf = append(s.buf, byte(width))
		for i := from; i < to; i++ {
			v := uint64(at(c, i) - lo)
			for range width {
				s.buf = append(s.buf, byte(v))
				v >>= 8
			}
		}
	}
}

// append writes bytes within the query's limit, and as long as the file system has room.
func (s *spool) append(b []byte) error {
	if err := s.q.check(); err != nil {
		return err
	}
	n := int64(len(b))
	s.size += n
	if d := s.q.disk; d.used.Add(n) > d.limit {
		return ErrDisk
	}
	s.q.disk.written.Add(n)
	if s.q.profile != nil && s.node != nil {
		s.q.profile.of(s.node).spilled += n
	}
	if s.size >= s.checked {
		s.checked = s.size + diskCheck
		if err := diskspace.Check(filepath.Dir(s.f.Name()), diskReserve+diskCheck); err != nil {
			return fmt.Errorf("%w: %w", ErrDisk, err)
		}
	}
	return s.wrote(func() error { _, err := s.w.Write(b); return err }())
}

func (s *spool) wrote(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	return nil
}

// spoolReader reads a spool from its beginning.
type spoolReader struct {
	s     *spool
	in    *bufio.Reader
	left  int64 // rows
	extra int   // values of expressions in each row
	vals  [][]expr.Value
	bufs  [][]store.ID
	buf   []byte
}

// flush ends the writing.
func (s *spool) flush() error {
	if s.w == nil {
		return nil
	}
	err := s.wrote(s.w.Flush())
	s.w = nil
	return err
}

// reader ends the writing.
func (s *spool) reader(extra int) (*spoolReader, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	r := &spoolReader{s: s, left: s.rows, extra: extra, vals: make([][]expr.Value, extra)}
	r.in = bufio.NewReaderSize(io.NewSectionReader(s.f, 0, s.size), spoolBuffer)
	return r, nil
}

// next fills b with the next block, or leaves it empty at the end. The columns and r.vals are valid until the next call.
func (r *spoolReader) next(b *batch) error {
	b.reset()
	if r.left == 0 {
		return nil
	}
	if err := r.s.q.check(); err != nil {
		return err
	}
	err := r.read(b)
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, rdf.ErrBinary) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("temporary files: %w", err)
	}
	r.left -= int64(b.n)
	return nil
}

func (r *spoolReader) read(b *batch) error {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	cols, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	if n == 0 || n > spoolRows || cols > uint64(len(b.cols)) {
		return rdf.ErrBinary
	}
	if r.bufs == nil {
		r.bufs = make([][]store.ID, len(b.cols))
	}
	b.n = int(n)
	for range cols {
		slot, err := binary.ReadUvarint(r.in)
		if err != nil {
			return err
		}
		if slot >= uint64(len(b.cols)) {
			return rdf.ErrBinary
		}
		var head [9]byte
		if _, err := io.ReadFull(r.in, head[:]); err != nil {
			return err
		}
		lo, width := store.ID(binary.LittleEndian.Uint64(head[:])), int(head[8])
		if width > 8 {
			return rdf.ErrBinary
		}
		r.buf = resize(r.buf, width*b.n)
		if _, err := io.ReadFull(r.in, r.buf); err != nil {
			return err
		}
		col := resize(r.bufs[slot], b.n)
		r.bufs[slot] = col
		at := 0
		for i := range col {
			var v uint64
			for k := range width {
				v |= uint64(r.buf[at+k]) << (8 * k)
			}
			at += width
			col[i] = lo + store.ID(v)
		}
		b.cols[slot] = col
	}
	for k := range r.extra {
		r.vals[k] = resize(r.vals[k], b.n)
		for i := range r.vals[k] {
			if r.vals[k][i], err = r.value(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *spoolReader) value() (expr.Value, error) {
	n, err := binary.ReadUvarint(r.in)
	if err != nil || n == 0 {
		return expr.Value{}, err
	}
	if n > uint64(r.s.size) {
		return expr.Value{}, rdf.ErrBinary
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.in, b); err != nil {
		return expr.Value{}, err
	}
	t, err := rdf.DecodeBinary(b)
	return expr.FromTerm(t), err
}

// spoolSource yields the rows of a spool and removes it in the end, unless it is kept.
type spoolSource struct {
	*spoolReader
	keep bool
}

func (q *Query) source(s *spool, keep bool) (*spoolSource, error) {
	r, err := s.reader(0)
	return &spoolSource{r, keep}, err
}

func (s *spoolSource) close() {
	if !s.keep {
		s.s.close()
	}
}

// parts writes rows to one of several files by the hash of a key.
type parts struct {
	spools []*spool
	depth  int
	rows   [][]int32
}

// partCount is the number of files that rows are parted into.
const partCount = 16

func (q *Query) newParts(n optimizer.Node, depth int) (*parts, error) {
	spools, err := q.newSpools(n, partCount)
	return &parts{spools: spools, depth: depth, rows: make([][]int32, partCount)}, err
}

// of is the part of a key. Parts of parts go by other bits.
func (p *parts) of(key []store.ID) int {
	h := 0x9E3779B97F4A7C15 * uint64(p.depth+1)
	for _, id := range key {
		h = hashID(h, id)
	}
	return int((h * 0xD6E8FEB86659FD93) >> 60)
}

// put notes that a row of the batch that is written next belongs to the part of key.
func (p *parts) put(key []store.ID, row int32) {
	i := p.of(key)
	p.rows[i] = append(p.rows[i], row)
}

// write writes what was put.
func (p *parts) write(b *batch) error {
	for i, rows := range p.rows {
		if len(rows) > 0 {
			if err := p.spools[i].write(b, rows, nil); err != nil {
				return err
			}
			p.rows[i] = rows[:0]
		}
	}
	return nil
}

// maxDepth is how often parts are parted again before the query is given up.
const maxDepth = 8
