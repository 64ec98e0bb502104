package exec

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// runBlock is how many IDs of a nodeRun are read at a time.
const runBlock = 512

// nodeRun is a temporary file of distinct IDs in ascending order. First all are written, then they are read.
type nodeRun struct {
	s     *spool
	n     int
	first []store.ID // of each block
	last  store.ID
	buf   []byte

	block []store.ID // the one that was read last
	which int        // its number, or -1
}

func (q *Query) newNodeRun(n optimizer.Node) (*nodeRun, error) {
	s, err := q.newSpool(n)
	return &nodeRun{s: s, which: -1}, err
}

// write appends ascending IDs, of which those that are as the one before are dropped.
func (r *nodeRun) write(ids []store.ID) error {
	r.buf = r.buf[:0]
	for _, id := range ids {
		if r.n > 0 && id == r.last {
			continue
		}
		if r.n%runBlock == 0 {
			r.first = append(r.first, id)
		}
		r.buf = binary.LittleEndian.AppendUint64(r.buf, uint64(id))
		r.last = id
		r.n++
	}
	return r.s.append(r.buf)
}

// done ends the writing.
func (r *nodeRun) done() error {
	r.buf = nil
	return r.s.flush()
}

func (r *nodeRun) close() { r.s.close() }

// bytes is about what a run takes in memory.
func (r *nodeRun) bytes() int64 { return int64(cap(r.first))*8 + runBlock*8*2 }

// blocks is how many there are.
func (r *nodeRun) blocks() int { return len(r.first) }

// read gives the IDs of a block, which are valid until the next call.
func (r *nodeRun) read(i int) ([]store.ID, error) {
	if i == r.which {
		return r.block, nil
	}
	if err := r.s.q.check(); err != nil {
		return nil, err
	}
	n := min(runBlock, r.n-i*runBlock)
	r.buf = resize(r.buf, n*8)
	if _, err := r.s.f.ReadAt(r.buf, int64(i)*runBlock*8); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("temporary files: %w", err)
	}
	r.block = resize(r.block, n)
	for k := range r.block {
		r.block[k] = store.ID(binary.LittleEndian.Uint64(r.buf[k*8:]))
	}
	r.which = i
	return r.block, nil
}

// drop removes from ascending IDs those that are in the run.
func (r *nodeRun) drop(ids []store.ID) ([]store.ID, error) {
	kept, block := ids[:0], 0
	for _, id := range ids {
		if r.n == 0 || id < r.first[0] || id > r.last {
			kept = append(kept, id)
			continue
		}
		if block+1 < len(r.first) && r.first[block+1] <= id { // mostly it is in the same one as the ID before
			at, found := slices.BinarySearch(r.first[block+1:], id)
			if !found {
				at--
			}
			block += 1 + at
		}
		some, err := r.read(block)
		if err != nil {
			return nil, err
		}
		if _, found := slices.BinarySearch(some, id); !found {
			kept = append(kept, id)
		}
	}
	return kept, nil
}

// mergeFanIn is how many runs are read at a time to make one of them.
const mergeFanIn = 16

// mergeNodeRuns makes one run of several, which are closed, whatever comes of it.
func (q *Query) mergeNodeRuns(n optimizer.Node, runs []*nodeRun) (*nodeRun, error) {
	for len(runs) > 1 {
		some := runs[:min(mergeFanIn, len(runs))]
		one, err := q.mergeSome(n, some)
		closeRuns(some)
		runs = runs[len(some):]
		if err != nil {
			closeRuns(runs)
			return nil, err
		}
		runs = append(runs, one)
	}
	return runs[0], nil
}

func closeRuns(runs []*nodeRun) {
	for _, r := range runs {
		r.close()
	}
}

func (q *Query) mergeSome(n optimizer.Node, runs []*nodeRun) (*nodeRun, error) {
	out, err := q.newNodeRun(n)
	if err != nil {
		return nil, err
	}
	if err := out.merge(runs); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

func (r *nodeRun) merge(runs []*nodeRun) error {
	heads := make([]runReader, len(runs))
	for i, run := range runs {
		heads[i].run = run
		if err := heads[i].fill(); err != nil {
			return err
		}
	}
	out := make([]store.ID, 0, runBlock)
	for {
		least := -1
		for i := range heads {
			if len(heads[i].ids) > 0 && (least < 0 || heads[i].ids[0] < heads[least].ids[0]) {
				least = i
			}
		}
		if least < 0 || len(out) == cap(out) {
			if err := r.write(out); err != nil {
				return err
			}
			out = out[:0]
		}
		if least < 0 {
			return r.done()
		}
		h := &heads[least]
		out = append(out, h.ids[0])
		if h.ids = h.ids[1:]; len(h.ids) == 0 {
			if err := h.fill(); err != nil {
				return err
			}
		}
	}
}

// runReader reads a run from its beginning.
type runReader struct {
	run *nodeRun
	at  int
	ids []store.ID
}

// fill reads the next block, or leaves ids empty at the end.
func (r *runReader) fill() (err error) {
	r.ids = nil
	if r.at < r.run.blocks() {
		r.ids, err = r.run.read(r.at)
		r.at++
	}
	return err
}
