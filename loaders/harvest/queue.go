package harvest

import (
	"context"
	"slices"
	"sync"
)

// queue admits the runs of sources: only so many are read at a time, a source once, and a host by one of them. Of those that may begin, the one
// that came first does, so that one that waits for its host holds up those only that want a host of its, too.
type queue struct {
	mu      sync.Mutex
	free    int  // slots; below 0 when runs that made room go on
	room    int  // how many more runs may make room while they wait
	alone   bool // one run at a time, its writing included
	sources map[string]bool
	hosts   map[string]bool
	waiting []*ticket
}

func newQueue(parallel int) *queue {
	return &queue{free: parallel, room: parallel / 2, alone: parallel == 1, sources: map[string]bool{}, hosts: map[string]bool{}}
}

// ticket is the place of a run in the queue, and what it has taken.
type ticket struct {
	q      *queue
	source string
	hosts  []string
	ready  chan struct{} // closed when it may read

	admitted, slot, asking bool
	idle                   bool // another one has its slot
}

// enter takes a place in the queue.
func (q *queue) enter(source string, hosts []string) *ticket {
	t := &ticket{q: q, source: source, hosts: hosts, ready: make(chan struct{})}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, t)
	q.admit()
	return t
}

// admit lets those in that may read. The mutex is held.
func (q *queue) admit() {
	wanted := map[string]bool{} // by one that came before: it would never find two hosts free if others took each in turn
	q.waiting = slices.DeleteFunc(q.waiting, func(t *ticket) bool {
		if q.free <= 0 || !t.admitted && q.sources[t.source] {
			return false
		}
		if slices.ContainsFunc(t.hosts, func(h string) bool { return q.hosts[h] || wanted[h] }) {
			for _, h := range t.hosts {
				wanted[h] = true
			}
			return false
		}
		q.free--
		q.sources[t.source] = true
		for _, h := range t.hosts {
			q.hosts[h] = true
		}
		t.admitted, t.slot, t.asking = true, true, true
		close(t.ready)
		return true
	})
}

// wait returns when the run may read. After an error, which is that of ctx, it has nothing.
func (t *ticket) wait(ctx context.Context) error {
	select {
	case <-t.ready:
		if ctx.Err() == nil {
			return nil
		}
	case <-ctx.Done():
	}
	t.leave()
	return context.Cause(ctx)
}

// again takes a place in the queue to read once more, before all others; the run keeps its source.
func (t *ticket) again() {
	t.q.mu.Lock()
	defer t.q.mu.Unlock()
	t.release(true)
	t.ready = make(chan struct{})
	t.q.waiting = slices.Insert(t.q.waiting, 0, t)
	t.q.admit()
}

// read notes that the run asks nobody any more.
func (t *ticket) read() {
	if !t.q.alone {
		t.q.mu.Lock()
		defer t.q.mu.Unlock()
		t.release(false)
		t.q.admit()
	}
}

// write notes that what the run read is being written, so that the next one may be read.
func (t *ticket) write() {
	if !t.q.alone {
		t.q.mu.Lock()
		defer t.q.mu.Unlock()
		t.release(true)
		t.q.admit()
	}
}

// waits notes that the run, which is being read, waits for others, so that one more may be read meanwhile, or that it goes on. Half as many runs as
// are read at a time may make room so, since each keeps in memory what it has.
func (t *ticket) waits(waiting bool) {
	q := t.q
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case waiting && t.slot && !t.idle && q.room > 0:
		t.idle = true
		q.room--
		q.free++
		q.admit()
	case !waiting && t.idle:
		t.idle = false
		q.room++
		q.free--
	}
}

// release gives the hosts back, and the slot if that is wanted. The mutex is held.
func (t *ticket) release(slot bool) {
	if t.asking {
		for _, h := range t.hosts {
			delete(t.q.hosts, h)
		}
		t.asking = false
	}
	if slot && t.slot {
		if t.idle {
			t.idle = false
			t.q.room++
		} else {
			t.q.free++
		}
		t.slot = false
	}
}

// leave ends the run. It may be called again.
func (t *ticket) leave() {
	t.q.mu.Lock()
	defer t.q.mu.Unlock()
	t.q.waiting = slices.DeleteFunc(t.q.waiting, func(x *ticket) bool { return x == t })
	t.release(true)
	if t.admitted {
		delete(t.q.sources, t.source)
		t.admitted = false
	}
	t.q.admit()
}
