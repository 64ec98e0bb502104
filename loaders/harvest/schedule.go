package harvest

import (
	"context"
	"sync"
	"time"
)

// Schedule harvests the sources by their schedules until ctx ends: each at its times, later by a random part of the jitter, and not while it is
// still being harvested: a time that comes meanwhile is passed over. A source that is due, by its schedule and the journal, since before the
// start is harvested at once. Sources without a schedule, and those that are disabled, are left alone. It returns when all runs have
// ended.
func (h *Harvester) Schedule(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range h.o.Config.Sources {
		if s.schedule == nil || s.Disabled {
			continue
		}
		wg.Go(func() { h.repeat(ctx, s) })
	}
	wg.Wait()
}

// repeat harvests one source again and again.
func (h *Harvester) repeat(ctx context.Context, s *SourceConfig) {
	for {
		last := h.o.Journal.get(s.Name).Checked
		now := h.o.Clock.Now()
		due := now
		if !last.IsZero() {
			due = s.schedule.Next(last)
		}
		wait := max(0, due.Sub(now)) + time.Duration(h.o.Jitter()*float64(s.jitter))
		if h.o.Clock.Sleep(ctx, wait) != nil {
			return
		}
		if _, err := h.Run(ctx, RunOptions{Sources: []string{s.Name}}); err != nil {
			return // ctx ended
		}
	}
}

// Due tells when each source with a schedule is harvested next, by its name, without the jitter.
func (h *Harvester) Due() map[string]time.Time {
	out := map[string]time.Time{}
	for _, s := range h.o.Config.Sources {
		if s.schedule == nil || s.Disabled {
			continue
		}
		last := h.o.Journal.get(s.Name).Checked
		if last.IsZero() {
			last = h.o.Clock.Now()
		}
		out[s.Name] = s.schedule.Next(last)
	}
	return out
}
