package dictionary

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

// ErrTermTooLong is the error for a term of more than MaxTerm bytes.
var ErrTermTooLong = fmt.Errorf("dictionary: a term is longer than %d MiB", MaxTerm>>20)

const shards = 64

// Writer numbers new terms on top of a state. ID and Lookup may be called by several goroutines, Flush by one while no other
// call runs. A Writer holds no resources: one whose work is not wanted is simply dropped, with the pages that it put.
type Writer struct {
	// Room is how many bytes the table of terms may take before whoever uses the writer calls Spill, 0 for any number. Terms that nobody asked
	// for are only put into half of that.
	Room int64

	base   *Dictionary
	pages  relation.PageWriter
	seed   maphash.Seed
	shards [shards]shard
	slots  atomic.Int64 // in all shards
	old    oldTerms     // what is done to find terms of the base

	languages, datatypes tableWriter

	mu      sync.Mutex // guards what follows
	loaded  bool       // the base's tail has been read into raw
	next    uint64
	first   uint64 // number of the first term in the tail
	lengths []byte
	data    []byte
	spare   [][]byte   // for lengths and data
	blocks  []blockRef // closed since the base, in any order
	err     error      // of writing a block; every later call fails
}

// shard is a part of the table of terms that this writer has met, by open addressing. A term is known by two hashes of 64 bits,
// the second under a seed that lives no longer than the writer, so its bytes need not be kept.
type shard struct {
	mu    sync.Mutex
	slots []slot // length is a power of two
	used  int
}

type slot struct {
	key    store.ID
	second uint64
	id     store.ID // NoID: empty
}

// NewWriter begins on top of a state.
func NewWriter(base *Dictionary, pages relation.PageWriter) *Writer {
	w := &Writer{pages: pages, seed: maphash.MakeSeed()}
	w.rebase(base)
	return w
}

func (w *Writer) rebase(d *Dictionary) {
	w.base, w.next, w.first, w.blocks = d, d.root.Next, d.root.TailFirst, nil
	w.old.rebase()
	w.languages = tableWriter{base: d.languages, names: d.languages.names}
	w.datatypes = tableWriter{base: d.datatypes, names: d.datatypes.names}
}

func (w *Writer) second(t rdf.Term) uint64 {
	if t.IsTriple() {
		return maphash.Bytes(w.seed, t.AppendBinary(nil))
	}
	a, salt := aux(t)
	h := maphash.String(w.seed, t.Value()) + salt*secondSalt
	if a != "" {
		h += bits.RotateLeft64(maphash.String(w.seed, a), secondTurn)
	}
	return h
}

// What makes the second hashes of terms that differ in kind, language or datatype alone different.
const (
	secondSalt = 0x9E3779B97F4A7C15
	secondTurn = 23
)

// find returns the slot of a term or the empty one where it belongs. The shard is locked and has room.
func (s *shard) find(key store.ID, second uint64) *slot {
	mask := uint64(len(s.slots) - 1)
	for i := second & mask; ; i = (i + 1) & mask {
		if x := &s.slots[i]; x.id == store.NoID || x.key == key && x.second == second {
			return x
		}
	}
}

// grow makes room for one more and returns the number of slots added.
func (s *shard) grow() int64 {
	if len(s.slots) > 0 && s.used*4 < len(s.slots)*3 {
		return 0
	}
	old := s.slots
	s.slots = make([]slot, max(16, 2*len(old)))
	for _, x := range old {
		if x.id != store.NoID {
			*s.find(x.key, x.second) = x
		}
	}
	return int64(len(s.slots) - len(old))
}

// Bytes is the memory of the table of terms met so far.
func (w *Writer) Bytes() int64 { return w.slots.Load() * int64(unsafe.Sizeof(slot{})) }

// Spill is Flush, after which the table is empty: terms that come again are looked up in the state. No other call may run.
func (w *Writer) Spill(ctx context.Context) error {
	if _, err := w.Flush(ctx); err != nil {
		return err
	}
	w.old.spilled()
	for i := range w.shards {
		w.shards[i].slots, w.shards[i].used = nil, 0
	}
	w.slots.Store(0)
	return nil
}

// ID finds or makes the ID of a term. The term's strings are not kept.
func (w *Writer) ID(t rdf.Term) (store.ID, error) {
	id, _, err := w.id(t, true)
	return id, err
}

// Lookup finds the ID of a term.
func (w *Writer) Lookup(t rdf.Term) (id store.ID, ok bool, err error) { return w.id(t, false) }

// append gives a new term its number and puts it into the tail. It returns the tail if that is full now, for the caller to write: others
// need not wait for that.
func (w *Writer) append(t *rdf.Term) (store.ID, *fullBlock, error) {
	if t.Size() > MaxTerm {
		return store.NoID, nil, ErrTermTooLong
	}
	var index uint16
	tag := tagOf(t)
	switch tag {
	case store.TagLang:
		index = w.languages.intern(t.Lang())
	case store.TagTyped:
		index = w.datatypes.intern(t.Datatype())
	}
	return w.number(t, tag, index)
}

// fullBlock is a block that takes no more terms and is not written yet.
type fullBlock struct {
	first         uint64
	count         int
	lengths, data []byte
}

func (w *Writer) number(t *rdf.Term, tag store.Tag, index uint16) (id store.ID, full *fullBlock, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && !w.loaded {
		w.err = w.load()
	}
	if w.err != nil {
		return store.NoID, nil, w.err
	}
	id = store.MakeID(tag, index, w.next)
	before := len(w.data)
	w.data = t.AppendBinary(w.data)
	w.lengths = binary.AppendUvarint(w.lengths, uint64(len(w.data)-before))
	w.next++
	if len(w.data) >= blockTarget {
		full = &fullBlock{w.first, int(w.next - w.first), w.lengths, w.data}
		w.first, w.lengths, w.data = w.next, nil, nil
		if n := len(w.spare); n >= 2 {
			w.lengths, w.data, w.spare = w.spare[n-2], w.spare[n-1], w.spare[:n-2]
		}
	}
	return id, full, nil
}

// close writes a full block.
func (w *Writer) close(full *fullBlock) error {
	b := encodeBlock(full.first, full.count, full.lengths, full.data)
	no, err := w.pages.Put(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.err = errors.Join(w.err, err)
		return w.err
	}
	w.blocks = append(w.blocks, blockRef{full.first, no})
	if cap(full.data) <= 2*blockTarget {
		w.spare = append(w.spare, full.lengths[:0], full.data[:0])
	}
	return nil
}

// load reads the base's tail, which is written anew with the terms that follow.
func (w *Writer) load() error {
	w.loaded, w.lengths, w.data = true, nil, nil
	ref := blockRef{w.base.root.TailFirst, w.base.root.TailPage}
	if ref.page == 0 {
		return nil
	}
	b, err := w.base.block(ref)
	if err != nil {
		return err
	}
	for i := range b.count() {
		w.lengths = binary.AppendUvarint(w.lengths, uint64(len(b.binary(i))))
	}
	w.data = append(w.data, b.data...)
	return nil
}

// putTail writes the open block.
func (w *Writer) putTail() (ref blockRef, size int, err error) {
	b := encodeBlock(w.first, int(w.next-w.first), w.lengths, w.data)
	size = len(b)
	no, err := w.pages.Put(b)
	return blockRef{w.first, no}, size, err
}

func encodeBlock(first uint64, count int, lengths, data []byte) []byte {
	raw := make([]byte, 0, len(lengths)+len(data))
	return encodePage(kindBlock, first, count, append(append(raw, lengths...), data...))
}

// maxTail is the size of a page from which on a block is closed when it is written: an open one is written again by every commit that
// adds a term, and what is small costs little.
const maxTail = 3 << 10

// Len is the number of terms, the new ones included.
func (w *Writer) Len() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

// Flush writes what is new and returns the state that holds it, on top of which the writer goes on.
func (w *Writer) Flush(ctx context.Context) (*Dictionary, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	if w.next == w.base.root.Next {
		return w.base, nil
	}
	d, err := w.flush(ctx)
	if err != nil {
		w.err = err // half of the pages may be freed; there is no way on
		return nil, err
	}
	w.rebase(d)
	return d, nil
}

func (w *Writer) flush(ctx context.Context) (*Dictionary, error) {
	old := w.base
	if old.root.TailPage != 0 {
		w.pages.Free(old.root.TailPage)
	}
	tail := uint64(0)
	if w.next > w.first {
		ref, size, err := w.putTail()
		if err != nil {
			return nil, err
		}
		if tail = ref.page; size > maxTail {
			w.blocks = append(w.blocks, ref)
			w.first, w.lengths, w.data = w.next, w.lengths[:0], w.data[:0]
			tail = 0
		}
	}
	slices.SortFunc(w.blocks, func(a, b blockRef) int { return cmp.Compare(a.first, b.first) })
	d := &Dictionary{o: old.o, root: old.root, full: append(old.full, w.blocks...), languages: old.languages, datatypes: old.datatypes}
	d.near = appendNear(old.near, d.full)
	d.root.Next, d.root.TailFirst, d.root.TailPage = w.next, w.first, tail
	if w.languages.added != nil || w.datatypes.added != nil {
		no, err := w.pages.Put(encodeTables(w.languages.names, w.datatypes.names))
		if err != nil {
			return nil, err
		}
		if old.root.Tables != 0 {
			w.pages.Free(old.root.Tables)
		}
		d.root.Tables, d.languages, d.datatypes = no, newTable(w.languages.names), newTable(w.datatypes.names)
	}
	index := make([]relation.Change, len(w.blocks))
	for i, ref := range w.blocks {
		index[i].Row = relation.Row{store.ID(ref.first), store.ID(ref.page)}
	}
	result, err := relation.ApplyWhole(ctx, w.pages, old.o.Relations, 2, old.root.Index, relation.SliceChanges(index))
	if err != nil {
		return nil, err
	}
	d.root.Index = result.Root
	hashes := newHashes(ctx, &w.shards, old.root.Next, w.next)
	if result, err = relation.Apply(ctx, w.pages, old.o.Relations, 2, old.root.Hash, hashes); err != nil {
		return nil, err
	}
	d.root.Hash = result.Root
	d.hash = relation.New(old.o.Pages, old.o.Relations, 2, d.root.Hash)
	d.index = relation.New(old.o.Pages, old.o.Relations, 2, d.root.Index)
	return d, nil
}
