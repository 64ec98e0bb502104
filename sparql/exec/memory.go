package exec

import "sync/atomic"

// memory is the budget of one query, shared by its operators. It counts what grows with the data: tables, groups, sorts,
// visited sets, computed terms; not the buffers of operators.
type memory struct {
	used, limit int64
	peak        atomic.Int64
}

// grow asks for n more bytes; below 0 it gives some back.
func (m *memory) grow(n int64) error {
	used := atomic.AddInt64(&m.used, n)
	if m.limit > 0 && used > m.limit && n > 0 {
		return ErrMemory
	}
	if used > m.peak.Load() {
		m.peak.Store(used)
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

func (h *held) release() {
	if h.m != nil {
		_ = h.m.grow(-h.n)
	}
	h.n = 0
}
