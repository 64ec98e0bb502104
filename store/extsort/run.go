package extsort

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"triplestore/internal/diskspace"
	"triplestore/store"
	"triplestore/store/page"
	"triplestore/store/relation"
)

// run is a file of sorted changes.
type run struct {
	f       *os.File
	remains bool // the name could not be removed while the file was open
	size    int64
}

// newRun makes a file without a name where the operating system allows that, so that nothing is left after a crash.
func newRun(dir string) (*run, error) {
	f, err := os.CreateTemp(dir, "extsort-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("extsort: %w", err)
	}
	return &run{f: f, remains: os.Remove(f.Name()) != nil}, nil
}

func (r *run) close() error {
	if r.f == nil {
		return nil
	}
	err := r.f.Close()
	if r.remains {
		err = errors.Join(err, os.Remove(r.f.Name()))
	}
	r.f = nil
	return err
}

// checkSpace is how many bytes are written between two looks at the free space.
const checkSpace = 1 << 20

// writeRun writes all changes of an iterator.
func writeRun(ctx context.Context, dir string, reserve uint64, width int, it *Iterator) (r *run, err error) {
	if r, err = newRun(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
			r = nil
		}
	}()
	w := bufio.NewWriterSize(r.f, 64<<10)
	cols := make([][]store.ID, width)
	for c := range cols {
		cols[c] = make([]store.ID, 0, blockRows)
	}
	var head []byte
	checked := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		changes, err := it.Next()
		if err != nil {
			return r, err
		}
		if len(changes) == 0 {
			break
		}
		for len(changes) > 0 {
			n := min(len(changes), blockRows)
			ops := make([]byte, (n+7)/8)
			for c := range cols {
				cols[c] = cols[c][:n]
			}
			for i := range changes[:n] {
				for c := range cols {
					cols[c][i] = changes[i].Row[c]
				}
				ops[i/8] |= byte(changes[i].Op) << (i % 8)
			}
			changes = changes[n:]
			if reserve > 0 && r.size >= checked {
				checked = r.size + checkSpace
				if err := diskspace.Check(filepath.Dir(r.f.Name()), reserve+checkSpace); err != nil {
					return r, fmt.Errorf("extsort: %w", err)
				}
			}
			b := page.Encode(page.Leaf, cols)
			head = binary.LittleEndian.AppendUint32(head[:0], uint32(len(b)))
			for _, part := range [][]byte{head, b, ops} {
				if _, err := w.Write(part); err != nil {
					return r, fmt.Errorf("extsort: %w", err)
				}
				r.size += int64(len(part))
			}
		}
	}
	if err := w.Flush(); err != nil {
		return r, fmt.Errorf("extsort: %w", err)
	}
	return r, nil
}

// runReader reads a run from its beginning.
type runReader struct {
	in    *bufio.Reader
	width int
	left  int64
	buf   []byte
	cols  [relation.MaxWidth][]store.ID
	ops   []byte
	i, n  int // rows of the block
}

func (r *run) reader(width int) *runReader {
	return &runReader{in: bufio.NewReaderSize(io.NewSectionReader(r.f, 0, r.size), 32<<10), width: width, left: r.size}
}

func (r *runReader) block() error {
	var head [4]byte
	if err := r.full(head[:]); err != nil {
		return err
	}
	size := int64(binary.LittleEndian.Uint32(head[:]))
	if size > r.left {
		return fmt.Errorf("extsort: temporary file is damaged: %w", store.ErrCorrupt)
	}
	if int64(cap(r.buf)) < size {
		r.buf = make([]byte, size, size+size/4)
	}
	r.buf = r.buf[:size]
	if err := r.full(r.buf); err != nil {
		return err
	}
	p, err := page.Open(r.buf, page.Leaf, r.width)
	if err != nil {
		return fmt.Errorf("extsort: temporary file: %w", err)
	}
	r.i, r.n = 0, p.Rows()
	for c := range r.width {
		if cap(r.cols[c]) < r.n {
			r.cols[c] = make([]store.ID, r.n)
		}
		r.cols[c] = r.cols[c][:r.n]
		if err := p.Column(c, r.cols[c]); err != nil {
			return fmt.Errorf("extsort: temporary file: %w", err)
		}
	}
	if n := (r.n + 7) / 8; cap(r.ops) < n {
		r.ops = make([]byte, n)
	} else {
		r.ops = r.ops[:n]
	}
	return r.full(r.ops)
}

func (r *runReader) full(b []byte) error {
	n, err := io.ReadFull(r.in, b)
	r.left -= int64(n)
	if err != nil {
		return fmt.Errorf("extsort: temporary file: %w", err)
	}
	return nil
}

func (r *runReader) read(dst []relation.Change) (int, error) {
	if r.i == r.n {
		if r.left == 0 {
			return 0, nil
		}
		if err := r.block(); err != nil {
			return 0, err
		}
	}
	n := min(len(dst), r.n-r.i)
	for j := range n {
		i := r.i + j
		d := &dst[j]
		d.Row = relation.Row{}
		for c := range r.width {
			d.Row[c] = r.cols[c][i]
		}
		d.Op = relation.Op(r.ops[i/8] >> (i % 8) & 1)
	}
	r.i += n
	return n, nil
}
