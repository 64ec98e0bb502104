package badgerstore

import (
	"errors"
	"fmt"
	"time"

	"triplestore/store"
)

// commit is a state on its way to become durable. Several that wait do so together: the root of the last one makes them all durable,
// while the transaction after them is running already. A state becomes visible when it is durable, not before.
type commit struct {
	next    *state
	put     []uint64
	freed   []uint64
	reused  uint64 // bytes of pages whose numbers others had
	history bool   // the state before is kept
	dropped dropped
	done    bool
	err     error
}

// errOldRoot: a swap of the root failed before anything of the new root was written.
var errOldRoot = errors.New("the store is as it was before")

var errLost = errors.New("store: the commit before this one failed")

// because is the error of a transaction, or that of the commit before it if that has failed: then the transaction may have met anything, such as
// pages that are missing.
func (t *txn) because(err error) error {
	if err == nil {
		return nil
	}
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	if t.base.lost != nil {
		return fmt.Errorf("%w: %w", errLost, t.base.lost)
	}
	return err
}

// stage makes the transaction's state the one that the next transaction begins with.
func (s *Store) stage(t *txn) (*commit, error) {
	r := t.now.root
	r.commit = store.Commit{Number: t.base.root.commit.Number + 1, Time: time.Now().UTC()}
	if last := t.base.root.commit.Time; !r.commit.Time.After(last) { // the clock was set back
		r.commit.Time = last.Add(1)
	}
	if t.restored != nil {
		r.commit = *t.restored
	}
	r.retention = s.retention()
	c := &commit{}
	kept := t.base.kept
	n := len(kept)
	if r.retention != (Retention{}) {
		if t.base.root.commit.Number > 0 {
			before := t.base.root
			no, err := t.pages.Put(encodeHistory(before, t.pages.old()))
			if err != nil {
				return nil, err
			}
			kept, c.history = append(kept, keptCommit{before.commit, no}), true
		}
		n = r.retention.drop(kept, r.commit.Time)
	}
	c.dropped, kept = dropped(kept[:n]), kept[n:]
	r.oldest, r.history = oldest(kept, r)
	r.next = s.alloc.end()
	c.next = s.newState(r, t.now.terms)
	c.next.kept = kept
	c.put, c.freed, c.reused = t.pages.put, t.pages.freed, t.pages.reused
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head != t.base {
		return nil, errLost
	}
	s.head = c.next
	s.pending = append(s.pending, c)
	return c, nil
}

// lastPending is the newest commit that is not durable, nil if there is none. s.mu is held.
func (s *Store) lastPending() *commit {
	if n := len(s.pending); n > 0 {
		return s.pending[n-1]
	}
	return nil
}

// durable waits until a commit (nil: none) is durable, or makes it so, with all that wait at that moment.
func (s *Store) durable(c *commit) error {
	if c == nil {
		return nil
	}
	s.syncer.Lock()
	defer s.syncer.Unlock()
	if c.done {
		return c.err
	}
	s.mu.Lock()
	batch := s.pending
	s.mu.Unlock()
	err := s.swap(batch[len(batch)-1].next.root)
	s.mu.Lock()
	if err == nil {
		s.pending = s.pending[len(batch):]
		s.state = batch[len(batch)-1].next
	} else {
		batch = s.pending // those that were staged meanwhile stand on what has failed
		s.pending = nil
		s.head = s.state
		for _, c := range batch {
			c.next.lost = err
			if s.broken == nil {
				s.lost = append(s.lost, c.put...)
			} else {
				s.doubtful = append(s.doubtful, c.put...)
			}
		}
	}
	s.mu.Unlock()
	for _, c := range batch {
		c.done, c.err = true, err
		if err == nil {
			s.settle(c)
		}
	}
	return err
}

// settle gives the allocator what a commit that is durable now has freed.
func (s *Store) settle(c *commit) {
	number := c.next.root.commit.Number
	if c.history {
		s.alloc.pin(number - 1)
	}
	s.settleHistory(c.dropped)
	s.alloc.release(number, c.freed)
	s.wasted(c.reused)
}

// swap makes a root durable, with all pages that were put.
func (s *Store) swap(r root) error {
	err := s.pages.SwapRoot(r.encode())
	if err != nil && !errors.Is(err, errOldRoot) {
		s.mu.Lock()
		s.broken = err
		s.mu.Unlock()
	}
	return err
}
