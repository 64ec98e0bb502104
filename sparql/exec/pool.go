package exec

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Pool is memory that all queries and updates that run share, besides the budget that each has for itself, so that many of them
// together do not take more than there is. The first PoolFree bytes of each are not counted: a small query always runs. It is safe for
// concurrent use.
type Pool struct {
	limit int64
	used  atomic.Int64
	peak  atomic.Int64

	mu    sync.Mutex
	given chan struct{} // closed when something is given back; nil where nobody waits
}

// poolWait is how long a query waits for memory that others may give back.
const poolWait = 2 * time.Second

// PoolFree is how many bytes a query or an update has without asking the pool.
const PoolFree = 4 << 20

// poolStep is how many bytes are taken from a pool at a time.
const poolStep = 256 << 10

// NewPool makes a pool of so many bytes.
func NewPool(bytes int64) *Pool { return &Pool{limit: bytes} }

// Limit is how many bytes the pool has.
func (p *Pool) Limit() int64 { return p.limit }

// Used is how many bytes are taken from it.
func (p *Pool) Used() int64 { return p.used.Load() }

// Peak is how many bytes were taken from it at most.
func (p *Pool) Peak() int64 { return p.peak.Load() }

// ample reports whether the pool has n bytes and some more, for those who cannot do with less.
func (p *Pool) ample(n int64) bool { return p.used.Load()+n <= p.limit/4*3 }

func (p *Pool) take(n int64) bool {
	for {
		used := p.used.Load()
		if n > 0 && used+n > p.limit {
			return false
		}
		if p.used.CompareAndSwap(used, used+n) {
			if n < 0 {
				p.mu.Lock()
				if p.given != nil {
					close(p.given)
					p.given = nil
				}
				p.mu.Unlock()
			}
			for peak := p.peak.Load(); used+n > peak && !p.peak.CompareAndSwap(peak, used+n); peak = p.peak.Load() {
			}
			return true
		}
	}
}

// wait takes n bytes, if need be when others have given some back.
func (p *Pool) wait(ctx context.Context, n int64) bool {
	if p.take(n) {
		return true
	}
	end := time.NewTimer(poolWait)
	defer end.Stop()
	for {
		p.mu.Lock()
		if p.given == nil {
			p.given = make(chan struct{})
		}
		given := p.given
		p.mu.Unlock()
		if p.take(n) {
			return true
		}
		select {
		case <-given:
		case <-end.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// reserve sees to it that the pool has given what a query holds, in steps.
func (m *memory) reserve(used int64) error {
	want := int64(0)
	if used > PoolFree {
		want = (used - PoolFree + poolStep - 1) / poolStep * poolStep
	}
	have := atomic.LoadInt64(&m.reserved)
	if want <= have && want > have-4*poolStep {
		return nil
	}
	// What can go to files goes there rather than to wait.
	if ok := m.spillAt > 0 && m.pool.take(want-have) || m.spillAt == 0 && m.pool.wait(m.ctx, want-have); !ok {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		return ErrPool
	}
	atomic.AddInt64(&m.reserved, want-have)
	return nil
}

// close gives everything back to the pool.
func (m *memory) close() {
	if m.pool != nil {
		m.pool.take(-atomic.SwapInt64(&m.reserved, 0))
	}
}
