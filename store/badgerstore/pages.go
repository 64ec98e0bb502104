package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"triplestore/internal/diskspace"
	"triplestore/store"
)

// Pages is where a store keeps its pages and its root: all that another engine than Badger would have to do.
type Pages interface {
	// Get returns the bytes of a page, which never change. It is safe for concurrent use, with everything else.
	Get(no uint64) ([]byte, error)
	// Put stores a page, which can be read from then on, and takes over its bytes. It is safe for concurrent use.
	Put(no uint64, b []byte) error
	// Flush waits until every page that was put has been handed to the engine, which tells of errors so far.
	Flush() error
	// Free gives back the space of pages that will not be read again before they are put anew.
	Free(nos []uint64) error
	// Root returns the newest root, nil before the first.
	Root() ([]byte, error)
	// SwapRoot makes the pages durable and then the root. After an error either root may be the durable one, but for errors that wrap
	// errOldRoot: then it is the old one.
	SwapRoot(root []byte) error
	Close() error
}

// formatVersion is Badger's external magic: the version of docs/format.md.
const formatVersion = 3

// rootKey is the key of the root: no page has the number 0.
const rootKey = 0

func pageKey(no uint64) []byte { return binary.BigEndian.AppendUint64(nil, no) }

type badgerPages struct {
	db       *badger.DB
	dir      string
	lock     dirLock
	folder   folder
	flushes  flushes
	closing  *closing     // nil before
	last     func() error // done when all is closed, before the lock is given back; or nil
	fileSize uint64       // of the value log

	opened      time.Time
	tablesSize  atomic.Uint64 // good until tablesUntil
	tablesUntil atomic.Int64  // time since opened

	collecting atomic.Uint64 // bytes that collecting may still write; commits leave them free

	flattens sync.Mutex // held while tables are merged on purpose, which Badger bears once at a time

	flushing sync.Mutex // held while anything goes to Badger, but for pages that a batch hands over by itself; taken before mu
	resume   atomic.Pointer[func()]
	holds    atomic.Uint64 // how often writing was held up

	mu     sync.RWMutex
	now    flight // what is being put together
	before flight // what goes to Badger at this moment
	held   bool   // nothing may go to Badger
	failed error  // pages may be missing, of whatever transaction
}

// flight is pages that Badger does not show yet.
type flight struct {
	batch *badger.WriteBatch // nil: nothing was handed over
	pages map[uint64][]byte
	bytes int // that they may take on disk
}

const (
	// maxFlying bounds the memory of pages that are on their way.
	maxFlying = 32 << 20
	// maxTogether is the bytes of pages that wait for the root, to be written together with it.
	maxTogether = 512 << 10
	// smallPage is the size from which on a page lies in the value log; the others lie beside their keys.
	smallPage = 4 << 10
	// memTable is the size at which Badger writes a table of keys.
	memTable = 1 << 20
)

func openBadger(dir string, o Options) (*badgerPages, error) {
	if err := makeDir(dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if _, err := known.check(dir); err != nil {
		return nil, err
	}
	return openAs(dir, o, formatVersion)
}

// openAs opens a store of the given format.
func openAs(dir string, o Options, version uint16) (_ *badgerPages, err error) {
	defer recovered(&err, "open "+dir)
	if err := diskspace.Check(dir, roomToOpen(dir)); err != nil {
		return nil, fmt.Errorf("store: open %s: %w", dir, err)
	}
	// Writes are synced one by one since DB.Sync leaves out memtables that are full and wait to be flushed, and the collection of
	// the value log deletes a file without a sync of what it moved. The tables of keys are checked as they are read: with a bit flipped
	// there, a page could be taken for another one, and both have good checksums. So are values: where a length in one is wrong, Badger
	// would keep the file's lock for ever.
	// Pages are compressed and checked already and have a cache of their own. The LSM tree holds pointers to the value log and small
	// pages, which are those that small commits write: patches of leaves, inner pages, the newest terms. So these are synced once, with
	// the root, and what takes their place makes no garbage in the value log.
	if o.ValueLogFileSize == 0 {
		n, err := bytesOnDisk(dir)
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		o.ValueLogFileSize = valueLogFileSize(n, uint64(max(o.Expected, 0)))
	}
	p := &badgerPages{dir: dir, fileSize: uint64(o.ValueLogFileSize), opened: time.Now()}
	opt := badger.DefaultOptions(dir).
		WithExternalMagic(version).
		WithLogger(quiet{o.Logger, p.hold, &p.flushes}).
		WithSyncWrites(true).WithChecksumVerificationMode(options.OnBlockRead).WithVerifyValueChecksum(true).
		WithCompression(options.None).WithBlockCacheSize(0).
		WithValueThreshold(smallPage).WithValueLogFileSize(o.ValueLogFileSize).
		WithMemTableSize(memTable).WithNumMemtables(2).WithBaseTableSize(1 << 20).WithNumLevelZeroTables(2).WithNumLevelZeroTablesStall(8).
		WithDetectConflicts(false).WithMetricsEnabled(false).WithNumVersionsToKeep(1).WithNumCompactors(2).
		WithCompactL0OnClose(o.mergeOnClose).WithBypassLockGuard(ownLock)
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	opened := false
	defer func() {
		if !opened { // also in a panic
			err = errors.Join(err, lock.release())
		}
	}()
	if p.folder, err = openedFolder(dir); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	removeUnfinished(dir)
	if err := verifyKeys(dir, version, opt); err != nil {
		return nil, fmt.Errorf("store: open %s: %w", dir, err)
	}
	db, err := badger.Open(opt)
	switch {
	case err != nil && strings.Contains(err.Error(), "Another process is using"):
		return nil, lockedError(dir)
	case err != nil:
		return nil, fmt.Errorf("store: open %s: %w", dir, err)
	}
	opened = true
	writeOwner(dir)
	p.db, p.lock = db, lock
	return p, nil
}

// recovered turns a panic, which is how Badger says that some bytes of its files make no sense, into an error.
func recovered(err *error, what string) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("store: %s: %v: %w", what, r, store.ErrCorrupt)
	}
}

func (p *badgerPages) Get(no uint64) ([]byte, error) { return p.get(no, nil) }

// GetCopy is Get for bytes that the caller may change, in buf if that is large enough.
func (p *badgerPages) GetCopy(no uint64, buf []byte) ([]byte, error) {
	if buf == nil {
		buf = make([]byte, 0, 16<<10)
	}
	return p.get(no, buf[:0])
}

// get returns the bytes of a page, in buf unless that is nil.
func (p *badgerPages) get(no uint64, buf []byte) (value []byte, err error) {
	defer recovered(&err, "page")
	p.mu.RLock()
	value, ok := p.now.pages[no]
	if !ok {
		value, ok = p.before.pages[no]
	}
	p.mu.RUnlock()
	if ok && buf == nil {
		return value, nil
	}
	if ok {
		return append(buf, value...), nil
	}
	err = p.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(pageKey(no))
		if err != nil {
			return err
		}
		value, err = item.ValueCopy(buf)
		return err
	})
	switch {
	case errors.Is(err, badger.ErrKeyNotFound):
		return nil, fmt.Errorf("store: page %d is missing: %w", no, store.ErrCorrupt)
	case errors.Is(err, badger.ErrDBClosed):
		return nil, store.ErrClosed
	case err != nil:
		return nil, fmt.Errorf("store: page %d: %w", no, err)
	}
	return value, nil
}

func (p *badgerPages) Put(no uint64, b []byte) error {
	size := roomFor(b)
	if err := p.room(size); err != nil {
		return fmt.Errorf("store: write page %d: %w", no, err)
	}
	p.mu.Lock()
	if p.now.pages == nil {
		p.now.pages = map[uint64][]byte{}
	}
	if old, ok := p.now.pages[no]; ok {
		size -= roomFor(old)
	}
	p.now.bytes += size
	p.now.pages[no] = b
	var err error
	if p.now.batch != nil {
		err = p.now.batch.Set(pageKey(no), b)
	} else if p.now.bytes > maxTogether && !p.held {
		err = p.handOver(&p.now)
	}
	full := p.now.bytes > maxFlying
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store: write page %d: %w", no, err)
	}
	if full {
		return p.Flush()
	}
	return nil
}

// handOver gives what waited for the root to Badger.
func (p *badgerPages) handOver(f *flight) error {
	f.batch = p.db.NewWriteBatch()
	for _, no := range slices.Sorted(maps.Keys(f.pages)) {
		if err := f.batch.Set(pageKey(no), f.pages[no]); err != nil {
			return err
		}
	}
	return nil
}

// Flush lets readers and writers go on meanwhile, who find the pages in memory.
func (p *badgerPages) Flush() error {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	return p.flush()
}

// flush is Flush; p.flushing is held.
func (p *badgerPages) flush() error {
	p.mu.Lock()
	p.before, p.now = p.now, flight{}
	var err error
	if p.before.batch == nil && len(p.before.pages) > 0 {
		err = p.handOver(&p.before)
	}
	batch := p.before.batch
	p.mu.Unlock()
	if batch != nil {
		if err == nil {
			err = errors.Join(batch.Flush(), p.flushes.unsynced())
		} else {
			batch.Cancel()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = flight{}
	if err != nil {
		p.failed = fmt.Errorf("store: write pages: %w", err)
	}
	return p.failed
}

// Free overwrites the pages with nothing, which makes garbage of them in the value log. A deleted key would leave a tombstone, and
// Badger keeps those of the last level for ever.
func (p *badgerPages) Free(nos []uint64) error {
	if len(nos) == 0 {
		return nil
	}
	if err := p.room(len(nos) * roomFor(nil)); err != nil {
		return fmt.Errorf("store: free pages: %w", err)
	}
	p.flushing.Lock()
	defer p.flushing.Unlock()
	batch := p.db.NewWriteBatch()
	defer batch.Cancel()
	for _, no := range nos {
		if err := batch.Set(pageKey(no), nil); err != nil {
			return fmt.Errorf("store: free page %d: %w", no, err)
		}
	}
	return batch.Flush()
}

func (p *badgerPages) Root() (root []byte, err error) {
	err = p.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(pageKey(rootKey))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		root, err = item.ValueCopy(nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: read the root: %w", err)
	}
	return root, nil
}

// SwapRoot writes few pages in one transaction with the root, which is synced once.
func (p *badgerPages) SwapRoot(root []byte) error {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	before, err := p.Root()
	if err != nil {
		return fmt.Errorf("%w; %w", err, errOldRoot)
	}
	if done, err := p.together(root); done {
		return p.moved(before, err)
	}
	if err := p.flush(); err != nil {
		p.mu.Lock()
		p.failed = nil // whatever needs the pages that are missing is not committed
		p.mu.Unlock()
		return fmt.Errorf("%w; %w", err, errOldRoot)
	}
	if err := p.room(0); err != nil {
		return fmt.Errorf("store: write the root: %w; %w", err, errOldRoot)
	}
	if err := p.db.Update(func(txn *badger.Txn) error { return txn.Set(pageKey(rootKey), root) }); err != nil {
		return fmt.Errorf("store: write the root: %w", err)
	}
	return p.moved(before, nil)
}

// moved is the end of a swap. Where the value log could not be synced, of which Badger tells only its log, pages may be missing: then the root
// that was there is written once more.
func (p *badgerPages) moved(before []byte, err error) error {
	unsynced := p.flushes.unsynced()
	if err != nil || unsynced == nil {
		return err
	}
	if err := p.db.Update(func(txn *badger.Txn) error {
		if before == nil {
			return txn.Delete(pageKey(rootKey))
		}
		return txn.Set(pageKey(rootKey), before)
	}); err != nil {
		return fmt.Errorf("store: write the root: %w", errors.Join(unsynced, err))
	}
	return fmt.Errorf("store: write the root: %w; %w", unsynced, errOldRoot)
}

// together swaps the root in one transaction with the pages that wait for it, unless these are too many. p.flushing is held.
func (p *badgerPages) together(root []byte) (done bool, err error) {
	p.mu.Lock()
	f := p.now
	size := len(root) + 100
	for _, b := range f.pages {
		if size += 100; len(b) < smallPage {
			size += len(b)
		}
	}
	if f.batch != nil || p.failed != nil || int64(size) > p.db.MaxBatchSize()/2 || int64(len(f.pages)) > p.db.MaxBatchCount()/2 {
		p.mu.Unlock()
		return false, nil
	}
	p.before, p.now = f, flight{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.before = flight{}
		p.mu.Unlock()
	}()
	if err := p.room(0); err != nil {
		return true, fmt.Errorf("store: write the root: %w; %w", err, errOldRoot)
	}
	err = p.db.Update(func(txn *badger.Txn) error {
		for _, no := range slices.Sorted(maps.Keys(f.pages)) {
			if err := txn.Set(pageKey(no), f.pages[no]); err != nil {
				return fmt.Errorf("%w; %w", err, errOldRoot)
			}
		}
		return txn.Set(pageKey(rootKey), root)
	})
	if err != nil {
		return true, fmt.Errorf("store: write the root and its pages: %w", err)
	}
	return true, nil
}

// quiet passes Badger's messages on, which are chatty, and tells what some of them say.
type quiet struct {
	log       *slog.Logger
	rewriting func()   // is called just before a file of the value log is written anew
	flushes   *flushes // is told what cannot be written
}

func (q quiet) Errorf(f string, a ...any) {
	switch {
	case strings.HasPrefix(f, "error flushing memtable"):
		q.flushes.fail(fmt.Sprint(a...))
	case strings.HasPrefix(f, "Error while curlf sync"):
		q.flushes.lose(fmt.Sprint(a...))
	}
	q.log.Error("badger: " + strings.TrimSpace(fmt.Sprintf(f, a...)))
}
func (q quiet) Warningf(f string, a ...any) {
	q.log.Warn("badger: " + strings.TrimSpace(fmt.Sprintf(f, a...)))
}
func (q quiet) Infof(f string, _ ...any) {
	if strings.HasPrefix(f, "Rewriting fid") {
		q.rewriting()
	}
}
func (q quiet) Debugf(string, ...any) {}
