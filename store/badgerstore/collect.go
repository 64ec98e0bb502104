package badgerstore

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"triplestore/internal/cores"
)

// valueLogFileSize is the size of the files of the value log of a store that takes so many bytes and is expected to grow by so many
// more: the newest one is never collected, so it is to be a small part of the whole, and there are not to be too many.
func valueLogFileSize(bytes, expected uint64) int64 {
	return int64(min(max(bytes/64, expected/8, 1<<20), 128<<20))
}

// garbageRatio is the share of garbage from which on a file of the value log is written anew in the background.
const garbageRatio = 0.2

// restRatio is that share while nothing else is to be done, in a store of so many bytes. To write all of a small one anew costs little.
func restRatio(bytes uint64) float64 { return min(max(0.1*float64(bytes)/1e9, 0.02), 0.1) }

var errStopped = errors.New("store: collecting was stopped")

// collect gives the space of old pages back. It ends early, between two files and with errStopped, when stop is closed.
func (p *badgerPages) collect(ratio float64, stop <-chan struct{}) error {
	if err := p.mergeTables(); errors.Is(err, ErrDiskFull) {
		return nil // there is not the room that it takes to make room
	} else if err != nil {
		return err
	}
	for {
		select {
		case <-stop:
			return errStopped
		default:
		}
		switch err := p.collectFile(ratio); {
		case errors.Is(err, badger.ErrNoRewrite), errors.Is(err, badger.ErrRejected), errors.Is(err, ErrDiskFull):
			return nil
		case err != nil:
			return fmt.Errorf("store: collect the value log: %w", err)
		}
	}
}

// collectFile collects the file of the value log with the most garbage, if it has that share. The error is badger.ErrNoRewrite where
// there is none, badger.ErrRejected where another one is being collected, and ErrDiskFull where there is not the room that it takes.
func (p *badgerPages) collectFile(ratio float64) error {
	release, ok := p.claim(max(p.fileSize, p.largestLog()))
	if !ok {
		return ErrDiskFull
	}
	defer release()
	err := p.db.RunValueLogGC(ratio)
	if !errors.Is(err, badger.ErrRejected) {
		if resume := p.resume.Swap(nil); resume != nil {
			(*resume)()
		}
	}
	return err
}

// hold lets nothing go to Badger for a moment. When Badger begins to write a file of the value log anew, it asks for the newest version of
// any key, which it keeps in its table in memory without a lock while it writes there. It asks at once, and then it takes the lock
// that each write takes first; so it is enough to hold writes up for a moment, and not for as long as the file takes.
func (p *badgerPages) hold() {
	p.holds.Add(1)
	p.flushing.Lock()
	p.mu.Lock()
	p.held = true
	p.mu.Unlock()
	_ = p.flush() // an error is kept for who waits for the pages
	resume := sync.OnceFunc(func() {
		p.mu.Lock()
		p.held = false
		p.mu.Unlock()
		p.flushing.Unlock()
	})
	p.resume.Store(&resume)
	time.AfterFunc(holdTime, resume)
}

const holdTime = 20 * time.Millisecond

// largestLog is the size of the largest file of the value log, which may be of a time when files were made larger than now. The
// newest one has the size that it may grow to.
func (p *badgerPages) largestLog() (size uint64) {
	names, err := filepath.Glob(filepath.Join(p.dir, "*.vlog"))
	if err != nil || len(names) == 0 {
		return 0
	}
	for _, name := range names[:len(names)-1] {
		if info, err := os.Stat(name); err == nil { // else it was collected just now
			size = max(size, uint64(info.Size()))
		}
	}
	return size
}

// mergeTables makes Badger merge all its tables of keys, those in memory too. Then the old versions of small pages are gone, and it knows
// what is garbage in the value log.
func (p *badgerPages) mergeTables() error {
	p.flattens.Lock()
	defer p.flattens.Unlock()
	release, ok := p.claim(p.fileSize + maxFill + 8*memTable) // a file of the value log, logs and tables of what is filled in
	if !ok {
		return fmt.Errorf("store: merge the tables of keys: %w", ErrDiskFull)
	}
	defer release()
	if err := p.fillLog(); err != nil {
		return fmt.Errorf("store: begin a new file of the value log: %w", err)
	}
	// Badger leaves several tables of the topmost level alone as long as there are no others, so there must be more of them.
	for range 3 {
		if err := p.fillTable(); err != nil {
			return fmt.Errorf("store: write the table of keys in memory: %w", err)
		}
		if err := p.db.Flatten(max(1, cores.Count())); err != nil {
			return fmt.Errorf("store: merge the tables of keys: %w", err)
		}
		if !slices.ContainsFunc(p.db.Tables(), func(t badger.TableInfo) bool { return t.Level == 0 }) {
			break
		}
	}
	return nil
}

// fillKeys is how many keys that no page has are filled in at a time, fewKeys how many where the rest of it matters; every time is a sync.
const (
	fillKeys = 16
	fewKeys  = 4
)

// fill writes so many of them.
func (p *badgerPages) fill(keys int, value []byte) error {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	return p.db.Update(func(txn *badger.Txn) error {
		for i := range uint64(keys) {
			if err := txn.Set(pageKey(math.MaxUint64-i), value); err != nil {
				return err
			}
		}
		return nil
	})
}

// maxFill is the bytes of the largest value that is filled in.
const maxFill = 4 << 20

// fillLog makes Badger begin a new file of the value log by filling up the newest, unless that has hardly begun. It is not collected,
// and while it is the file with the most garbage no other one is either.
func (p *badgerPages) fillLog() error {
	before, err := p.newest("*.vlog")
	if err != nil || before == nil || allocated(before) < p.fileSize/16 {
		return err
	}
	value := make([]byte, min(max(p.fileSize/16, 64<<10), maxFill))
	for written := uint64(0); written <= p.fileSize; written += uint64(len(value)) {
		if err := p.fill(1, value); err != nil {
			return err
		}
		if now, err := p.newest("*.vlog"); err != nil || now == nil || now.Name() != before.Name() {
			return err
		}
	}
	return nil
}

// newest is the file with the highest number, nil if there is none.
func (p *badgerPages) newest(pattern string) (os.FileInfo, error) {
	names, err := filepath.Glob(filepath.Join(p.dir, pattern))
	if err != nil || len(names) == 0 {
		return nil, err
	}
	// Numbers have as many leading zeros as it takes, up to some length.
	info, err := os.Stat(slices.MaxFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// fillTable makes Badger write its table in memory to disk by filling it up, since there is no call for that, and waits for it. What is
// filled in stays in the table that is written until tables are merged again, and so does what then begins the next one; so it is much at
// a time only until little is missing, and few values at a time from there on.
func (p *badgerPages) fillTable() error {
	before, err := p.newest("*.mem")
	if err != nil {
		return err
	}
	value := make([]byte, smallPage-1)
	used := uint64(0)
	if before != nil {
		used = allocated(before)
	}
	for ; used < memTable-2*fillKeys*smallPage; used += fillKeys * smallPage {
		if err := p.fill(fillKeys, value); err != nil {
			return err
		}
	}
	if err := p.fill(fillKeys, nil); err != nil {
		return err
	}
	for written := 0; written < memTable; written += fewKeys * len(value) {
		now, err := p.newest("*.mem")
		if err != nil {
			return err
		}
		if before != nil && now != nil && now.Name() != before.Name() {
			break
		}
		if err := p.fill(fewKeys, value); err != nil {
			return err
		}
	}
	if err := p.fill(fillKeys, nil); err != nil {
		return err
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		logs, err := filepath.Glob(filepath.Join(p.dir, "*.mem"))
		if err != nil || len(logs) <= 1 {
			return err
		}
	}
	return nil
}
