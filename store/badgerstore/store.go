// Package badgerstore keeps quads durably in Badger. Quads lie in seven sorted relations and terms in a dictionary, all made of
// immutable pages; a commit writes new pages and then moves one small record, the root. docs/format.md describes the bytes.
//
// To begin: [Open] gives a [Store], which is a store.Store with backup, verification and older states. One process has a folder open at a time.
package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"triplestore/store"
	"triplestore/store/dictionary"
	"triplestore/store/relation"
)

// Options tune a store. The zero value is good for a machine with a few GiB of memory.
type Options struct {
	// Memory is a budget in bytes from which those of the next four follow that are 0: four tenths go to sorting, three to the terms
	// of a transaction, a fifth to the cache of quads and a sixth, which only queries fill, to that of terms. What the Go runtime and Badger
	// need comes on top. 0 is 1.5 GiB.
	Memory int64
	// PageCache and TermCache are the bytes of memory for decoded pages of quads and of terms.
	PageCache, TermCache int64
	// SortMemory is the bytes of memory that a transaction may take for sorting its changes before it goes to temporary files in the
	// store's directory.
	SortMemory int64
	// TermMemory is the bytes of memory for the terms that a transaction has met, about 40 each. Beyond that they are looked up in the
	// store, which is slower.
	TermMemory int64
	// ValueLogFileSize is the size at which Badger begins a new file; 0 lets it follow from the size that the store has when it is
	// opened, between 1 and 128 MiB: what is garbage in the newest file is not collected.
	ValueLogFileSize int64
	// Expected is by how many bytes the store is likely to grow, 0 if that is not known. It makes the files of the value log larger than
	// the present size of the store would: to begin a new one takes some milliseconds.
	Expected int64
	// Retention tells which older states are kept; nil leaves it as it was when the store was written last, at first none.
	Retention *Retention
	// CollectInterval is the time between two rounds of giving disk space back; 0 is a minute.
	CollectInterval time.Duration
	// RemoveEmpty removes a store again when it is closed, if it was made by opening it and nothing was committed.
	RemoveEmpty bool
	// Logger gets Badger's warnings and errors; nil discards them.
	Logger *slog.Logger

	mergeOnClose bool // makes Badger merge the newest tables of keys when it is closed
}

func (o Options) withDefaults() Options {
	set := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&o.Memory, 3<<29)
	set(&o.PageCache, o.Memory/5)
	set(&o.TermCache, o.Memory/6)
	set(&o.SortMemory, o.Memory*4/10)
	set(&o.TermMemory, o.Memory*3/10)
	set((*int64)(&o.CollectInterval), int64(time.Minute))
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store implements store.Store on a directory.
type Store struct {
	opened uint64 // see version
	dir    string
	o      Options
	pages  Pages
	alloc  *allocator
	rows   *relation.Cache
	blocks *dictionary.Cache
	turn   chan struct{} // holds a token while the function of a transaction runs
	writer chan struct{} // holds a token while a transaction works on the store; taken after turn, if both
	syncer sync.Mutex    // held while a root is made durable; taken after the token, if both

	mu       sync.Mutex
	state    *state    // the newest that is durable
	head     *state    // the newest: what the next transaction begins with
	pending  []*commit // between the two, in order
	jobs     []*job    // transactions that wait to be staged
	lost     []uint64  // pages of commits that failed, to be given back when no transaction runs
	keep     Retention
	closed   bool
	unclosed bool     // closed for use, but the pages could not be closed; the tokens guard it
	broken   error    // a swap of the root whose outcome is unknown; the next transaction mends that
	doubtful []uint64 // pages that the root may hold whose outcome is unknown

	made      folders
	stop      chan struct{}
	kick      chan struct{} // asks for a collection soon
	full      atomic.Bool   // a commit found the disk full: all that can be collected is wanted
	stopped   sync.WaitGroup
	gathering sync.Mutex    // held while garbage is collected in the background
	garbage   atomic.Uint64 // bytes of pages that others took the place of since the last collection
	settled   atomic.Uint64 // bytes on disk after it
	coarse    atomic.Bool   // it left shares of garbage that are collected at rest
}

var (
	_ store.Store   = (*Store)(nil)
	_ store.History = (*Store)(nil)
)

// state is an immutable state of the store.
type state struct {
	root  root
	terms *dictionary.Dictionary
	quads [store.NumOrders]*relation.Relation
	kept  []keptCommit // the history before it, from old to new; later states share its memory
	lost  error        // why it never became durable; the store's lock guards it

	pages Pages
	rows  *relation.Cache

	counting   sync.Mutex
	statistics *store.Statistics // once somebody asked
}

// Open opens the store in a directory, which is made if it is not there. The error wraps store.ErrLocked where another process
// has it open, store.ErrFormat where this program cannot read it, and store.ErrCorrupt where it is damaged.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	made := newFolders(dir)
	p, err := openBadger(dir, o)
	if err != nil {
		return nil, errors.Join(err, removeEmpty(dir, made, o))
	}
	o.ValueLogFileSize = int64(p.fileSize)
	s, err := open(dir, o, p)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", dir, err), p.Close())
	}
	s.made = made
	if n, err := s.BytesOnDisk(); err == nil {
		s.settled.Store(n)
	}
	s.stopped.Go(func() { s.collector(p) })
	return s, nil
}

// storesOpened counts the stores that this process has opened.
var storesOpened atomic.Uint64

// open starts on any Pages.
func open(dir string, o Options, p Pages) (*Store, error) {
	s := &Store{opened: storesOpened.Add(1), dir: dir, o: o, pages: p, rows: relation.NewCache(o.PageCache), blocks: dictionary.NewCache(o.TermCache),
		turn: make(chan struct{}, 1), writer: make(chan struct{}, 1), stop: make(chan struct{}), kick: make(chan struct{}, 1)}
	if err := os.RemoveAll(s.tmp()); err != nil {
		return nil, err
	}
	b, err := p.Root()
	if err != nil {
		return nil, err
	}
	r := root{next: 1, terms: dictionary.Root{Seed: rand.Uint64()}}
	if b != nil {
		if r, err = decodeRoot(b); err != nil {
			return nil, err
		}
	}
	d, err := dictionary.Open(context.Background(), s.dictionaryOptions(), r.terms)
	if err != nil {
		return nil, err
	}
	s.state = s.newState(r, d)
	var freed [][]uint64
	if s.state.kept, freed, err = s.readHistory(r); err != nil {
		return nil, err
	}
	s.head = s.state
	s.alloc, err = newAllocator(r.next, func(use func(no uint64) error) error {
		for i, k := range s.state.kept {
			if err := use(k.page); err != nil {
				return err
			}
			for _, no := range freed[i] {
				if err := use(no); err != nil {
					return err
				}
			}
		}
		return s.state.walk(func(no uint64) (bool, error) { return true, use(no) })
	})
	if err != nil {
		return nil, err
	}
	for i, k := range s.state.kept {
		s.alloc.pin(k.commit.Number)
		s.alloc.release(k.commit.Number+1, freed[i])
	}
	s.keep = r.retention
	if o.Retention != nil {
		s.keep = *o.Retention
	}
	return s, nil
}

func (s *Store) dictionaryOptions() dictionary.Options {
	return dictionary.Options{Pages: reader{s.pages}, Relations: s.rows, Blocks: s.blocks}
}

// tmp is where transactions sort what does not fit in memory.
func (s *Store) tmp() string { return filepath.Join(s.dir, "tmp") }

// reader makes Pages a relation.PageReader.
type reader struct{ Pages }

func (r reader) Page(no uint64) ([]byte, error) { return r.Get(no) }

// CopyPage implements relation.PageCopier.
func (r reader) CopyPage(no uint64, buf []byte) ([]byte, error) {
	if p, ok := r.Pages.(*badgerPages); ok {
		return p.GetCopy(no, buf)
	}
	b, err := r.Get(no)
	return append(buf[:0], b...), err
}

func (s *Store) newState(r root, d *dictionary.Dictionary) *state {
	st := &state{root: r, terms: d, pages: s.pages, rows: s.rows}
	for o := range st.quads {
		st.quads[o] = relation.New(reader{s.pages}, s.rows, 4, r.quads[o])
	}
	return st
}

// walk calls fn with every page of the state. Where fn returns false, the pages that only that one leads to are skipped: so the
// pages that another state shares are passed by.
func (st *state) walk(fn func(no uint64) (descend bool, err error)) error {
	for _, q := range st.quads {
		if err := q.Walk(func(no uint64, _ uint8) (bool, error) { return fn(no) }); err != nil {
			return err
		}
	}
	if err := st.terms.Walk(fn); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(st.root.extensions)) {
		if err := st.walkExtension(st.root.extensions[name], fn); err != nil {
			return fmt.Errorf("extension %s: %w", name, err)
		}
	}
	return nil
}

// Snapshot opens the newest state.
func (s *Store) Snapshot() (store.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	return s.pinned(s.state), nil
}

// pinned makes a snapshot of a state whose pages are there. s.mu is held.
func (s *Store) pinned(st *state) *snapshot {
	number := st.root.commit.Number
	s.alloc.pin(number)
	return &snapshot{store: s, state: st, release: func() { s.alloc.unpin(number) }}
}

// Close waits for the running transaction and closes the files. Where the disk is full it fails with ErrDiskFull, where the folder cannot be
// written with ErrUnwritable, where it is not there any more with ErrGone: all commits are
// durable, the process may end, and calling Close again tries again. Until then no process can open the store.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	for s.runJobs() {
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		if !s.unclosed {
			return nil
		}
		return s.closePages(nil)
	}
	last := s.lastPending()
	s.mu.Unlock()
	err := s.durable(last)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	s.stopped.Wait()
	if p, ok := s.pages.(*badgerPages); ok {
		if err == nil && p.folder.writable() == nil && p.flushes.failing() == nil {
			err = s.tidy(p)
		}
		err = errors.Join(err, p.flushes.unsynced())
	}
	return s.closePages(err)
}

// closePages is the end of Close, after an error or none. The caller holds the tokens.
func (s *Store) closePages(err error) error {
	closeErr := s.pages.Close()
	s.unclosed = errors.Is(closeErr, ErrDiskFull) || errors.Is(closeErr, ErrUnwritable) || errors.Is(closeErr, ErrGone)
	if s.unclosed {
		return errors.Join(err, closeErr)
	}
	err = errors.Join(err, closeErr, os.RemoveAll(s.tmp()))
	if s.state.root.commit.Number == 0 {
		err = errors.Join(err, removeEmpty(s.dir, s.made, s.o))
	}
	return err
}

// much is how much garbage is worth a collection: a share of the store, but not too little.
func (s *Store) much(share uint64) uint64 { return max(leastGarbage, s.settled.Load()/share) }

const leastGarbage = 512 << 10

func (s *Store) collector(p *badgerPages) {
	tick := time.NewTicker(s.o.CollectInterval)
	defer tick.Stop()
	last := uint64(0)
	for {
		rest := false
		select {
		case <-s.stop:
			return
		case <-tick.C:
			now := s.newest()
			rest, last = now == last, now
		case <-s.kick:
		}
		if s.full.Swap(false) || rest {
			if err := s.rest(p, s.stop); err != nil {
				s.o.Logger.Error("collect garbage", "directory", s.dir, "error", err)
			}
			continue
		}
		if err := s.shrink(); err != nil {
			s.o.Logger.Error("give back free pages", "directory", s.dir, "error", err)
		}
		if s.garbage.Load() < s.much(8) {
			continue
		}
		s.gathering.Lock()
		err := s.collect(p, garbageRatio, s.stop)
		s.gathering.Unlock()
		if err != nil {
			s.o.Logger.Error("collect garbage", "directory", s.dir, "error", err)
		}
	}
}

// newest is the number of the newest commit.
func (s *Store) newest() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.root.commit.Number
}

// rest collects more than usual, since nothing is committed for a while or the disk is full: all free pages, and smaller shares of garbage.
func (s *Store) rest(p *badgerPages, stop <-chan struct{}) error {
	s.gathering.Lock()
	defer s.gathering.Unlock()
	if err := s.shrink(); err != nil {
		return err
	}
	few := max(leastGarbage/8, s.settled.Load()/32)
	if !s.coarse.Load() && s.garbage.Load()+s.alloc.freeBytes() < few {
		return nil
	}
	select {
	case s.writer <- struct{}{}: // numbers must not be given out again meanwhile
	case <-stop:
		return nil
	}
	_, err := s.freeAll()
	<-s.writer
	if errors.Is(err, ErrDiskFull) || errors.Is(err, store.ErrClosed) {
		return nil
	}
	if err != nil || !s.coarse.Load() && s.garbage.Load() < few {
		return err
	}
	return s.collect(p, restRatio(s.settled.Load()), stop)
}

// tidy collects before the store is closed if that brings back more than a little.
func (s *Store) tidy(p *badgerPages) error {
	size, err := s.BytesOnDisk()
	if err != nil {
		return err
	}
	if s.garbage.Load()+s.alloc.freeBytes() < max(leastGarbage, size/8) {
		return nil
	}
	pages := s.alloc.takeFree()
	if err := p.Free(pages); errors.Is(err, ErrDiskFull) {
		return nil // what cannot be given back for lack of room is so later
	} else if err != nil {
		return err
	}
	s.alloc.emptied(pages)
	return s.collect(p, restRatio(size), nil)
}

// collect gives the space of pages that others took the place of back.
func (s *Store) collect(p *badgerPages, ratio float64, stop <-chan struct{}) error {
	garbage := s.garbage.Swap(0)
	err := p.collect(ratio, stop)
	if err != nil {
		s.garbage.Add(garbage)
	} else {
		s.coarse.Store(ratio == garbageRatio)
	}
	if errors.Is(err, errStopped) {
		return nil
	}
	n, sizeErr := s.BytesOnDisk()
	s.settled.Store(n)
	return errors.Join(err, sizeErr)
}

// shrink gives back the space of free pages where there are very many, say because a large graph was removed, after letting go of
// the states that need not be kept any longer.
func (s *Store) shrink() error {
	select {
	case s.writer <- struct{}{}: // numbers must not be given out again meanwhile
	case <-s.stop:
		return nil
	}
	defer func() { <-s.writer }()
	s.mu.Lock()
	last := s.lastPending()
	s.mu.Unlock()
	if err := s.durable(last); err != nil {
		return err
	}
	if err := s.prune(time.Now()); err != nil {
		return err
	}
	pages := s.alloc.surplus()
	if len(pages) == 0 {
		return nil
	}
	if err := s.pages.Free(pages); err != nil {
		s.alloc.giveBack(pages)
		if errors.Is(err, ErrDiskFull) {
			return nil // what cannot be given back for lack of room is so later
		}
		return err
	}
	s.alloc.emptied(pages)
	s.garbage.Add(uint64(len(pages)) * usualPage)
	return nil
}

// wasted counts garbage and asks for a collection where there is much of it.
func (s *Store) wasted(bytes uint64) {
	if s.garbage.Add(bytes) >= max(4*leastGarbage, s.much(2)) {
		s.collectSoon()
	}
}

func (s *Store) collectSoon() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// BytesOnDisk is the size of the directory in blocks that are really allocated: Badger's files have holes.
func (s *Store) BytesOnDisk() (uint64, error) { return bytesOnDisk(s.dir) }

func bytesOnDisk(dir string) (uint64, error) {
	var n uint64
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil // collected just now
			}
			return err
		}
		info, err := e.Info()
		if err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		}
		n += allocated(info)
		return nil
	})
	return n, err
}
