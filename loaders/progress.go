package loaders

import (
	"sync/atomic"
	"time"

	"triplestore/store"
)

// Progress is the state of a running load.
type Progress struct {
	// Files of TotalFiles documents are done.
	Files, TotalFiles int
	// Bytes of TotalBytes are read, both as stored (compressed). TotalBytes is 0 where it is not known for all sources.
	Bytes, TotalBytes int64
	// Statements are parsed so far.
	Statements int64
	// Elapsed is the time since the load began.
	Elapsed time.Duration
	// Committing is true once everything is parsed and the store works towards the commit.
	Committing bool
	// Built tells what the store is at then, as far as it tells, and Building for how long it is at that phase.
	Built    store.Built
	Building time.Duration
	// Done is true in the last call.
	Done bool
}

// Rate is statements per second.
func (p Progress) Rate() float64 {
	if p.Elapsed <= 0 {
		return 0
	}
	return float64(p.Statements) / p.Elapsed.Seconds()
}

// Left estimates the time until everything is parsed from the share of bytes read; ok is false where that is not possible.
func (p Progress) Left() (left time.Duration, ok bool) {
	if p.TotalBytes <= 0 || p.Bytes <= 0 || p.Bytes > p.TotalBytes {
		return 0, false
	}
	return time.Duration(float64(p.Elapsed) * (float64(p.TotalBytes)/float64(p.Bytes) - 1)), true
}

type progress struct {
	files, bytes, total, statements atomic.Int64
	unknown, committing             atomic.Bool
	building                        store.Building
}

// watch calls o.Progress at every interval until the returned function is called, which makes the last call.
func (p *progress) watch(o Options, start time.Time, totalFiles int) (stop func()) {
	if o.Progress == nil {
		return func() {}
	}
	var phase store.Phase
	var since time.Time
	now := func(done bool) {
		built := p.building.Built()
		if since.IsZero() || built.Phase != phase {
			phase, since = built.Phase, time.Now()
		}
		s := Progress{
			Files: int(p.files.Load()), TotalFiles: totalFiles, Bytes: p.bytes.Load(), TotalBytes: p.total.Load(),
			Statements: p.statements.Load(), Elapsed: time.Since(start), Committing: p.committing.Load(), Built: built, Building: time.Since(since), Done: done,
		}
		if p.unknown.Load() {
			s.TotalBytes = 0
		}
		o.Progress(s)
	}
	interval := o.ProgressInterval
	if interval <= 0 {
		interval = 200 * time.Millisecond
	}
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		t := time.NewTicker(interval)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				now(false)
			case <-quit:
				now(true)
				return
			}
		}
	}()
	return func() { close(quit); <-gone }
}
