package badgerstore

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"time"

	"github.com/dgraph-io/badger/v4"

	"triplestore/internal/diskspace"
)

// valueLogFileSize is the size of the files of the value log of a store that takes so many bytes: the newest one is never collected, so
// it is to be a small part of the whole, and there are not to be too many.
func valueLogFileSize(bytes uint64) int64 {
	return int64(min(max(bytes/64, 1<<20), 128<<20))
}

// garbageRatio is the share of garbage from which on a file of the value log is written anew in the background.
const garbageRatio = 0.2

// collect gives the space of old pages back. It ends early, between two files, when stop is closed.
func (p *badgerPages) collect(stop <-chan struct{}) error {
	if err := p.mergeTables(); err != nil {
		return err
	}
	for diskspace.Check(p.dir, p.fileSize/2+leastRoom) == nil {
		select {
		case <-stop:
			return nil
		default:
		}
		switch err := p.db.RunValueLogGC(garbageRatio); {
		case errors.Is(err, badger.ErrNoRewrite), errors.Is(err, badger.ErrRejected):
			return nil
		case err != nil:
			return fmt.Errorf("store: collect the value log: %w", err)
		}
	}
	return nil
}

// mergeTables makes Badger merge all its tables of keys, those in memory too. Then the old versions of small pages are gone, and it knows
// what is garbage in the value log.
func (p *badgerPages) mergeTables() error {
	if err := diskspace.Check(p.dir, reserve(p.fileSize)+2*memTable); err != nil {
		return nil //nolint:nilerr // there is not the room that it takes to make room
	}
	if err := p.fillTable(); err != nil {
		return fmt.Errorf("store: write the table of keys in memory: %w", err)
	}
	if err := p.db.Flatten(max(1, runtime.GOMAXPROCS(0))); err != nil {
		return fmt.Errorf("store: merge the tables of keys: %w", err)
	}
	return nil
}

// fillKeys are keys that no page has.
const fillKeys = 32

// fillTable makes Badger write its table in memory to disk by filling it up, since there is no call for that, and waits for it.
func (p *badgerPages) fillTable() error {
	fill := func(value []byte) error {
		return p.db.Update(func(txn *badger.Txn) error {
			for i := range uint64(fillKeys) {
				if err := txn.Set(pageKey(math.MaxUint64-i), value); err != nil {
					return err
				}
			}
			return nil
		})
	}
	const size = smallPage - 1
	for written := 0; written < memTable+memTable/4; written += fillKeys * size {
		if err := fill(make([]byte, size)); err != nil {
			return err
		}
	}
	if err := fill(nil); err != nil {
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
