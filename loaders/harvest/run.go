package harvest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"triplestore/loaders/source"
)

// RunOptions say what to run.
type RunOptions struct {
	// Sources are the names of the sources; none means all that are not disabled.
	Sources []string
	// DryRun reads the sources and finds out what would change, and changes nothing.
	DryRun bool
	// Strict makes whatever is rejected an error of its source.
	Strict bool
	// Full reads the sources from the start, whatever they remember.
	Full bool
	// Progress is told how the sources come along, by one goroutine at a time.
	Progress func(name string, p source.Progress)
	// Done is told of each source when it is done, by one goroutine at a time. Sources that are read at the same time end in any order.
	Done func(*SourceReport)
}

// UnknownSourceError is the error for a name that no source has.
type UnknownSourceError struct {
	Name  string
	Known []string
}

// Error names the sources that there are.
func (e *UnknownSourceError) Error() string {
	return fmt.Sprintf("there is no source %q in the configuration; there are %v", e.Name, e.Known)
}

// marks are the sources that have to be read again in a run of several, because records went to them or from them.
type marks struct {
	mu    sync.Mutex
	stale map[string]bool
}

func (m *marks) clear(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.stale, name)
}

// settle notes that a source was written, which made others stale.
func (m *marks) settle(name string, others map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.stale, name)
	maps.Copy(m.stale, others)
}

// Run harvests sources: several are read at a time, and each is written, as a whole or not at all, when it was read to its end. They may be
// written in any order; what the store then holds does not depend on it, but for the provenance. With one at a time they are read
// and written in their order. What goes wrong with a source is in its report and does not keep the others from being
// harvested; the error is that of ctx, or of names that are not known. The report, in the order of the sources, is filled as far as the run came.
func (h *Harvester) Run(ctx context.Context, o RunOptions) (*Report, error) {
	var list []*SourceConfig
	for _, name := range o.Sources {
		s := h.byName[name]
		if s == nil {
			var known []string
			for _, s := range h.o.Config.Sources {
				known = append(known, s.Name)
			}
			return &Report{}, &UnknownSourceError{name, known}
		}
		list = append(list, s)
	}
	if len(o.Sources) == 0 {
		for _, s := range h.o.Config.Sources {
			if !s.Disabled {
				list = append(list, s)
			}
		}
	}
	start := h.o.Clock.Now()
	report := &Report{Started: start, DryRun: o.DryRun}
	defer func() { report.Seconds = h.o.Clock.Now().Sub(start).Seconds() }()
	if progress := o.Progress; progress != nil {
		var mu sync.Mutex
		o.Progress = func(name string, p source.Progress) {
			mu.Lock()
			defer mu.Unlock()
			progress(name, p)
		}
	}
	// Sources that lost or may have a record again follow, in rounds; each settles at least one claim, so a few are enough.
	again := map[string]bool{}
	for round := 0; len(list) > 0 && round < 4; round++ {
		m := &marks{stale: map[string]bool{}}
		report.Sources = append(report.Sources, h.round(ctx, list, o, again, m)...)
		if ctx.Err() != nil {
			return report, context.Cause(ctx)
		}
		list = list[:0:0]
		for _, s := range h.o.Config.Sources {
			if m.stale[s.Name] && !s.Disabled && !o.DryRun {
				list = append(list, s)
				again[s.Name] = true
			}
		}
	}
	return report, nil
}

// round harvests each source of a list once. The reports are in the order of the list; those of sources that were not begun are left out.
func (h *Harvester) round(ctx context.Context, list []*SourceConfig, o RunOptions, again map[string]bool, m *marks) []SourceReport {
	reports := make([]*SourceReport, len(list))
	var wg sync.WaitGroup
	var done sync.Mutex
	for i, s := range list {
		t := h.queue.enter(s.Name, hosts(s)) // here, so that they begin in their order
		wg.Go(func() {
			if t.wait(ctx) != nil {
				return
			}
			defer t.leave()
			if again[s.Name] && !h.isStale(s.Name) { // another Run has read it meanwhile
				return
			}
			reports[i] = h.source(ctx, s, o, again[s.Name], t, m)
			if o.Done != nil {
				done.Lock()
				defer done.Unlock()
				o.Done(reports[i])
			}
		})
	}
	wg.Wait()
	var out []SourceReport
	for _, r := range reports {
		if r != nil {
			out = append(out, *r)
		}
	}
	return out
}

// hosts are those that a source asks.
func hosts(s *SourceConfig) (out []string) {
	if l, ok := s.config.(source.Locator); ok {
		for _, u := range l.Locations() {
			if h := source.Host(u); h != "" && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

// isRunning reports whether a source is being harvested.
func (h *Harvester) isRunning(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running[name]
}

// isStale reports whether a source has to be read again, because records went to it or from it.
func (h *Harvester) isStale(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stale[name]
}

// settle notes that a source was written, which made others stale.
func (h *Harvester) settle(name string, others map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.stale, name)
	maps.Copy(h.stale, others)
}

func (h *Harvester) setRunning(name string, on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if on {
		h.running[name] = true
	} else {
		delete(h.running, name)
	}
}

// source harvests one source, which has its ticket.
func (h *Harvester) source(ctx context.Context, s *SourceConfig, o RunOptions, again bool, t *ticket, m *marks) *SourceReport {
	h.setRunning(s.Name, true)
	defer h.setRunning(s.Name, false)
	var start time.Time
	var r *SourceReport
	var state newState
	var err error
	for {
		start = h.o.Clock.Now()
		r = &SourceReport{Name: s.Name, Title: s.Title, Kind: s.Kind.Name, Graph: s.Graph, Started: start, Again: again,
			Run: h.names.run(s.Name, runID(start))}
		if state, err = h.run(ctx, s, o, r, t, m); !errors.Is(err, errOvertaken) {
			break
		}
		again = true // a commit of another source made it forget its state, so that it is read from the start
		t.again()
		if err = t.wait(ctx); err != nil {
			break
		}
	}
	r.Seconds, r.Notes = h.o.Clock.Now().Sub(start).Seconds(), worth(r.Notes)
	if err != nil {
		m.clear(s.Name)
		r.Status, r.Error, r.Class, r.Run = Failed, err.Error(), source.ClassOf(err), ""
		if hide := hider(s.config); hide != nil {
			r.Error = hide.Replace(r.Error)
		}
		if ctx.Err() != nil {
			r.Class = source.Interrupted
		}
		h.o.Log.Warn("harvest failed", "source", s.Name, "class", r.Class, "error", r.Error)
	} else {
		h.o.Log.Info("harvested", "source", s.Name, "status", r.Status, "commit", r.Commit, "added", r.Added, "removed", r.Removed,
			"rejected", r.Rejected, "seconds", r.Seconds)
	}
	if o.DryRun || r.Class == source.Interrupted {
		return r
	}
	e := h.o.Journal.get(s.Name)
	e.Checked, e.Last = start, shorten(r)
	switch r.Status {
	case Changed:
		e.Base, e.State, e.Fingerprint = "", nil, "" // all of it is in the commit
		e.Change = e.Last
	case Unchanged:
		e.Base, e.Fingerprint, e.State = state.base, s.fingerprint, state.next
	}
	if err := h.o.Journal.put(s.Name, e); err != nil {
		h.o.Log.Warn("the journal of the harvest was not written", "error", err)
	}
	return r
}

// newState is what a run that changed nothing leaves for the next one.
type newState struct {
	base string
	next source.State
}

// errOvertaken: while the source was read, the commit of another one made the store forget the state from which it was read.
var errOvertaken = errors.New("harvest: the source has to be read from the start")

// spooledRecord is about how many bytes of memory a record takes that waits in the spool.
const spooledRecord = 48

func (h *Harvester) run(ctx context.Context, s *SourceConfig, o RunOptions, r *SourceReport, t *ticket, m *marks) (newState, error) {
	facts, err := h.facts(ctx, s)
	if err != nil {
		return newState{}, err
	}
	since := h.since(s, facts)
	if o.Full {
		since = nil
	}
	if since != nil && s.claims() {
		late, err := h.overdue(ctx, s)
		if err != nil {
			return newState{}, err
		}
		if late {
			since = nil
		}
	}
	spool := newSpool(h.o.Temp, h.o.Reserve)
	defer spool.close()
	waits := &source.Waits{Changed: t.waits}
	share := h.memory.Share(waits)
	defer share.Close()
	outcome, err := h.read(ctx, s, o, r, since, spool, waits, share)
	if err != nil {
		return newState{}, err
	}
	t.read()
	share.Keep(spooledRecord * int64(spool.records()))
	r.Complete, r.Checksum, r.Triples = outcome.Complete, outcome.Checksum, spool.triples
	if outcome.Unchanged && spool.n > 0 {
		return newState{}, source.Errorf(source.Internal, "the kind %s delivered records and says that nothing is new", s.Kind.Name)
	}
	if outcome.Unchanged {
		outcome.Complete = false // what is there stays
	}
	tell := func(doing string) {
		if o.Progress != nil {
			o.Progress(s.Name, source.Progress{Doing: doing, Records: int64(spool.records())})
		}
	}
	select {
	case h.writing <- struct{}{}:
	default:
		tell("waiting until others are written")
		select {
		case h.writing <- struct{}{}:
		case <-ctx.Done():
			return newState{}, context.Cause(ctx)
		}
	}
	defer func() { <-h.writing }()
	t.write()
	tell("writing")
	a := &application{h: h, s: s, report: r, outcome: outcome, spool: spool, share: share, tales: newSpool(h.o.Temp, h.o.Reserve), started: r.Started, dry: o.DryRun, stale: map[string]bool{}}
	if since != nil {
		a.from = facts
	}
	defer a.tales.close()
	result, err := a.apply(ctx)
	if err != nil {
		return newState{}, err
	}
	if !o.DryRun {
		m.settle(s.Name, a.stale)
		h.settle(s.Name, a.stale)
	}
	if r.Status == Changed && !o.DryRun {
		r.Commit = result.Number
	}
	next := outcome.State
	if next == nil && outcome.Unchanged {
		next = since
	}
	base := ""
	if facts != nil {
		base = facts.LastRun
	}
	return newState{base, next}, nil
}

// deadline ends a context when so much time has passed, what was waited for others not counted.
func deadline(ctx context.Context, timeout time.Duration, waits *source.Waits, cause error) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	start := time.Now()
	go func() {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			left := timeout + waits.Total() - time.Since(start)
			if left <= 0 {
				cancel(cause)
				return
			}
			timer.Reset(max(left, 10*time.Millisecond))
		}
	}()
	return ctx, func() { cancel(nil) }
}
