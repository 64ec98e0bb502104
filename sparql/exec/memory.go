package exec

import (
	"context"
	"sync/atomic"
)

// memory is the budget of one query, shared by its operators. It counts what grows with the data: tables, groups, sorts,
// visited sets, computed terms; not the buffers of operators.
type memory struct {
	used, limit int64
	peak        atomic.Int64
	// spillAt is from how many bytes on operators that can put what they hold into files do so, as long as each of them has at
	// least spillLeast; 0 is never.
	spillAt, spillLeast int64
	ctx                 context.Context // ends the wait for the pool
	pool                *Pool
	reserved            int64 // of the pool
}

// init makes a budget of the zero memory. With spills, what is left of it above spillAt is for operators that cannot spill.
func (m *memory) init(ctx context.Context, limit int64, pool *Pool, spills bool) {
	m.ctx, m.limit, m.pool = ctx, limit, pool
	if bound := m.bound(); spills && bound > 0 {
		m.spillAt, m.spillLeast = bound/8*5, bound/16
	}
}

// grow asks for n more bytes; below 0 it gives some back.
func (m *memory) grow(n int64) error {
	used := atomic.AddInt64(&m.used, n)
	if m.limit > 0 && used > m.limit && n > 0 {
		return ErrMemory
	}
	if n > 0 && used > m.peak.Load() {
		m.peak.Store(used)
	}
	if m.pool != nil {
		return m.reserve(used)
	}
	return nil
}

// room reports whether n more bytes are free, for what is held for a moment only.
func (m *memory) room(n int64) error {
	if m.limit > 0 && atomic.LoadInt64(&m.used)+n > m.limit {
		return ErrMemory
	}
	return nil
}

// held is the part of a budget that one operator has, so that it can give it all back.
type held struct {
	m *memory
	n int64
}

func (h *held) grow(n int64) error {
	h.n += n
	return h.m.grow(n)
}

// crowded reports whether an operator that wants n more bytes should put what it holds into files instead.
func (h *held) crowded(n int64) bool {
	m := h.m
	if m.spillAt == 0 {
		return false
	}
	if m.pool != nil && !m.pool.ample(n) && atomic.LoadInt64(&m.used)+n > PoolFree/2 && h.n+n > min(m.spillLeast, PoolFree/8) {
		return true
	}
	return h.n+n > m.spillLeast && atomic.LoadInt64(&m.used)+n > m.spillAt
}

// spare asks for n more bytes for what is of use but can be done without, such as a cache. Where memory becomes scarce there are none: half of
// it is for what a query cannot do without.
func (h *held) spare(n int64) bool {
	m := h.m
	used := atomic.LoadInt64(&m.used) + n
	if b := m.bound(); b > 0 && used > b/2 || h.crowded(n) || m.pool != nil && used > PoolFree && !m.pool.ample(n) {
		return false
	}
	if h.grow(n) != nil {
		_ = h.grow(-n)
		return false
	}
	return true
}

// bound is how many bytes the query can have at most; 0 is any number.
func (m *memory) bound() int64 {
	if m.pool != nil && (m.limit == 0 || m.pool.limit < m.limit) {
		return m.pool.limit
	}
	return m.limit
}

func (h *held) release() {
	if h.m != nil {
		_ = h.m.grow(-h.n)
	}
	h.n = 0
}
