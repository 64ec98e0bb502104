package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

var (
	// ErrGone: the folder of a store was deleted, moved or replaced while it was open. Nothing can be committed any more, and what was is
	// where the folder is, if it is anywhere.
	ErrGone = errors.New("the folder of the store is not there any more: it was deleted, moved or replaced while the store was open")
	// ErrUnwritable: the folder of a store cannot be written. All commits are durable: whoever opens the store once it can be finds them.
	ErrUnwritable = errors.New("the folder of the store cannot be written")
)

// folder is the one that a store was opened in.
type folder struct {
	dir  string
	info os.FileInfo
}

func openedFolder(dir string) (folder, error) {
	info, err := os.Stat(dir)
	return folder{dir, info}, err
}

// there is ErrGone if the path leads to another folder, or to none. Badger would write to files that have no name, and acknowledge it.
func (f folder) there() error {
	now, err := os.Stat(f.dir)
	switch {
	case err == nil && os.SameFile(now, f.info):
		return nil
	case err == nil, errors.Is(err, os.ErrNotExist):
		return ErrGone
	}
	return fmt.Errorf("%w: %w", ErrUnwritable, err)
}

// writable tells whether files can be made.
func (f folder) writable() error {
	if err := f.there(); err != nil {
		return err
	}
	probe, err := os.CreateTemp(f.dir, "closing-*.tmp")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Writable tells whether commits could be made as far as the folder goes, without making one: ErrGone or ErrUnwritable where not. A full disk is
// no matter of it: that passes. It is cheap, and safe for concurrent use.
func (s *Store) Writable() error {
	p, ok := s.pages.(*badgerPages)
	if !ok {
		return nil
	}
	if err := errors.Join(p.folder.there(), p.flushes.failing()); err != nil {
		return err
	}
	if err := mayWrite(p.dir); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	return nil
}

// flushes counts how often Badger could not write what it has in memory to a table. It tries again every second for ever.
type flushes struct {
	failed atomic.Int64
	last   atomic.Pointer[flushFailure]
	lost   atomic.Pointer[string] // why the value log could not be synced
}

type flushFailure struct {
	at  time.Time
	why string
}

func (f *flushes) fail(why string) {
	f.last.Store(&flushFailure{time.Now(), why})
	f.failed.Add(1)
}

// lose notes that the value log could not be synced, which is not tried again: an operating system may take what it could not write for
// written. So nothing is committed any more until the store is opened anew.
func (f *flushes) lose(why string) { f.lost.CompareAndSwap(nil, &why) }

// unsynced is an error if the value log could not be synced.
func (f *flushes) unsynced() error {
	if why := f.lost.Load(); why != nil {
		return fmt.Errorf("%w: the value log could not be synced: %s", ErrUnwritable, *why)
	}
	return nil
}

// failing is an error while Badger cannot write: a commit might wait for it for ever.
func (f *flushes) failing() error {
	if err := f.unsynced(); err != nil {
		return err
	}
	if l := f.last.Load(); l != nil && time.Since(l.at) < flushRetry*5/2 {
		return l.err()
	}
	return nil
}

func (l *flushFailure) err() error { return fmt.Errorf("%w: %s", ErrUnwritable, l.why) }

const (
	// flushRetry is after how long Badger tries again.
	flushRetry = time.Second
	// flushTries is how often it may fail before closing is given up.
	flushTries = 3
)

// closing is Badger's Close, which may be waited for several times.
type closing struct {
	done chan struct{}
	err  error
}

// Close needs room on the disk, since Badger writes its tables in memory, and a folder that can be written. Where that is not so it fails with
// ErrDiskFull, ErrUnwritable or ErrGone, and may be called again; all commits are durable.
func (p *badgerPages) Close() error {
	if p.closing == nil {
		err := p.folder.writable()
		if !errors.Is(err, ErrGone) {
			if full := p.roomToClose(); full != nil {
				err = full
			}
		}
		if err != nil {
			return p.closeError(err)
		}
		removeOwner(p.dir)
		c := &closing{done: make(chan struct{})}
		p.closing = c
		go func() {
			defer close(c.done)
			c.err = p.db.Close()
		}()
	}
	begun := p.flushes.failed.Load()
	tick := time.NewTicker(flushRetry / 4)
	defer tick.Stop()
	for {
		select {
		case <-p.closing.done:
			err := p.closing.err
			if err == nil && p.last != nil {
				err = p.last()
			}
			return errors.Join(err, p.lock.release())
		case <-tick.C:
			if p.flushes.failed.Load() >= begun+flushTries {
				if err := p.folder.there(); err != nil {
					return p.closeError(err)
				}
				return p.closeError(p.flushes.last.Load().err())
			}
		}
	}
}

func (p *badgerPages) closeError(err error) error {
	if errors.Is(err, ErrGone) {
		return fmt.Errorf("store: close %s: %w", p.dir, err)
	}
	return fmt.Errorf("store: close %s, of which all commits are durable: %w", p.dir, err)
}
