package harvest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"triplestore/internal/egress"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/jsonld"
	"triplestore/store"
)

// Options are what a harvester works with.
type Options struct {
	Config *Config
	Store  store.Store
	// Journal remembers what is not worth a commit; nil is one in memory.
	Journal *Journal
	// Clock is the time; nil is the system's.
	Clock source.Clock
	// Temp is a folder for files that need not outlive a run; empty is the system's.
	Temp string
	// Log is told of runs; nil is nobody.
	Log *slog.Logger
	// Proxy finds the proxy for requests; nil uses none. See egress.ProxyFromEnvironment.
	Proxy egress.ProxyFunc
	// Observe is told of the requests that are sent, see egress.Options.
	Observe func(ctx context.Context, method string, u *url.URL) (header map[string]string, done func(status int, err error))
	// Jitter gives numbers in [0, 1) that spread retries and scheduled runs; nil is random.
	Jitter func() float64
}

// Harvester runs the sources of a configuration. Its methods are safe for concurrent use; runs take turns.
type Harvester struct {
	o      Options
	names  names
	rules  []*Rule
	byName map[string]*SourceConfig

	turn chan struct{} // whoever holds the token runs

	mu      sync.Mutex
	running string
}

// New makes a harvester. It reads the rules of the configuration.
func New(o Options) (*Harvester, error) {
	if o.Clock == nil {
		o.Clock = source.SystemClock{}
	}
	if o.Log == nil {
		o.Log = discard
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	h := &Harvester{o: o, names: names{o.Config.file.GraphBase}, byName: map[string]*SourceConfig{}, turn: make(chan struct{}, 1)}
	for _, s := range o.Config.Sources {
		h.byName[s.Name] = s
	}
	if h.o.Journal == nil {
		h.o.Journal = &Journal{entries: map[string]JournalEntry{}}
	}
	var err error
	h.rules, err = ReadRules(o.Config.Rules)
	return h, err
}

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
	// Done is told of each source when it is done.
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

// Run harvests sources, one after the other. What goes wrong with a source is in its report and does not keep the others from being
// harvested; the error is that of ctx, or of names that are not known. The report is filled as far as the run came.
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
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return &Report{}, context.Cause(ctx)
	}
	defer func() { <-h.turn }()
	start := h.o.Clock.Now()
	report := &Report{Started: start, DryRun: o.DryRun}
	defer func() { report.Seconds = h.o.Clock.Now().Sub(start).Seconds() }()
	// Sources that lost or may have a record again follow, in rounds; each settles at least one claim, so a few are enough.
	again := map[string]bool{}
	for round := 0; len(list) > 0 && round < 4; round++ {
		stale := map[string]bool{}
		for _, s := range list {
			delete(stale, s.Name)
			r := h.source(ctx, s, o, again[s.Name], stale)
			report.Sources = append(report.Sources, *r)
			if o.Done != nil {
				o.Done(r)
			}
			if ctx.Err() != nil {
				return report, context.Cause(ctx)
			}
		}
		list = list[:0:0]
		for _, s := range h.o.Config.Sources {
			if stale[s.Name] && !s.Disabled && !o.DryRun {
				list = append(list, s)
				again[s.Name] = true
			}
		}
	}
	return report, nil
}

// Running is the name of the source that is being harvested, or empty.
func (h *Harvester) Running() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running
}

func (h *Harvester) setRunning(name string) {
	h.mu.Lock()
	h.running = name
	h.mu.Unlock()
}

// source harvests one source.
func (h *Harvester) source(ctx context.Context, s *SourceConfig, o RunOptions, again bool, stale map[string]bool) *SourceReport {
	h.setRunning(s.Name)
	defer h.setRunning("")
	start := h.o.Clock.Now()
	r := &SourceReport{Name: s.Name, Title: s.Title, Kind: s.Kind.Name, Graph: s.Graph, Started: start, Again: again,
		Run: h.names.run(s.Name, runID(start))}
	state, err := h.run(ctx, s, o, r, stale)
	r.Seconds, r.Notes = h.o.Clock.Now().Sub(start).Seconds(), worth(r.Notes)
	if err != nil {
		r.Status, r.Error, r.Class, r.Run = Failed, err.Error(), source.ClassOf(err), ""
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

func (h *Harvester) run(ctx context.Context, s *SourceConfig, o RunOptions, r *SourceReport, stale map[string]bool) (newState, error) {
	facts, err := h.facts(ctx, s)
	if err != nil {
		return newState{}, err
	}
	since := h.since(s, facts)
	if o.Full {
		since = nil
	}
	spool := newSpool(h.o.Temp)
	defer spool.close()
	outcome, err := h.read(ctx, s, o, r, since, spool)
	if err != nil {
		return newState{}, err
	}
	r.Complete, r.Checksum, r.Triples = outcome.Complete, outcome.Checksum, spool.triples
	if outcome.Unchanged && spool.n > 0 {
		return newState{}, source.Errorf(source.Internal, "the kind %s delivered records and says that nothing is new", s.Kind.Name)
	}
	if outcome.Unchanged {
		outcome.Complete = false // what is there stays
	}
	if o.Progress != nil {
		o.Progress(s.Name, source.Progress{Doing: "writing", Records: int64(spool.records())})
	}
	a := &application{h: h, s: s, report: r, outcome: outcome, spool: spool, tales: newSpool(h.o.Temp), started: r.Started, dry: o.DryRun, stale: stale}
	defer a.tales.close()
	result, err := a.apply(ctx)
	if err != nil {
		return newState{}, err
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

// facts is what the store remembers of a source; nil is nothing.
func (h *Harvester) facts(ctx context.Context, s *SourceConfig) (_ *sourceFacts, err error) {
	n, err := h.o.Store.Snapshot()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	id, ok, err := n.ID(rdf.IRI(h.names.source(s.Name)))
	if err != nil || !ok {
		return nil, err
	}
	return readFacts(ctx, n, h.names.provenance(), id)
}

// since finds the state to go on from.
func (h *Harvester) since(s *SourceConfig, facts *sourceFacts) source.State {
	if facts == nil || facts.State == nil {
		return nil
	}
	if e := h.o.Journal.get(s.Name); e.Base != "" && e.Base == facts.LastRun && e.Fingerprint == s.fingerprint && e.State != nil {
		return e.State
	}
	if facts.Fingerprint == s.fingerprint {
		return facts.State
	}
	return nil
}

// read reads a source into the spool.
func (h *Harvester) read(ctx context.Context, s *SourceConfig, o RunOptions, r *SourceReport, since source.State, spool *spool) (outcome source.Outcome, err error) {
	timeout := s.Timeout.Or(2 * time.Hour)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, source.Errorf(source.TooLarge, "the run took longer than %v (timeout)", timeout))
	defer cancel()
	private, err := s.Credentials(h.o.Config.Dir)
	if err != nil {
		return outcome, err
	}
	guard := h.guard(s, private)
	defer guard.Close()
	retries := 4
	if s.Retries != nil {
		retries = max(0, *s.Retries)
	}
	client := source.NewClient(source.ClientOptions{
		Guard: guard, Clock: h.o.Clock, MaxBytes: int64(s.MaxBytes), MaxRequests: int64(s.MaxRequests), Retries: retries, Delay: s.Delay.Or(0), Temp: h.o.Temp, Jitter: h.o.Jitter,
	})
	defer func() { r.Requests = client.Requests() }()
	env := source.Env{
		Name: s.Name, Dir: h.o.Config.Dir, Client: client, Clock: h.o.Clock, Temp: h.o.Temp, Log: h.o.Log.With("source", s.Name),
		Contexts: jsonld.ContextFiles(h.o.Config.Contexts),
	}
	k := &sink{ctx: ctx, name: s.Name, sums: s.claims(), spool: spool, report: r}
	if o.Progress != nil {
		var mu sync.Mutex
		k.show = func(p source.Progress) {
			mu.Lock()
			defer mu.Unlock()
			if p.Requests == 0 {
				p.Requests = client.Requests()
			}
			o.Progress(s.Name, p)
		}
	}
	for _, w := range h.o.Config.rewriters {
		rw, err := w.config.OpenRewriter(env)
		if err != nil {
			return outcome, fmt.Errorf("%s: %w", w.kind.Name, err)
		}
		if rw != nil {
			k.rewriters = append(k.rewriters, rw)
		}
	}
	src, err := s.config.Open(env)
	if err != nil {
		return outcome, err
	}
	outcome, err = safely(ctx, src, since, k, env.Log)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return outcome, err
	}
	if (o.Strict || s.Strict) && r.Rejected > 0 {
		return outcome, source.WithClass(source.Rejects, &StrictError{Rejected: r.Rejected, First: firstRejected(r.Notes)})
	}
	return outcome, spool.finish()
}

// StrictError is the error of a strict run in which something was rejected.
type StrictError struct {
	Rejected int64
	First    source.Note
}

// Error tells how much was rejected and what first.
func (e *StrictError) Error() string {
	place := ""
	if p := e.First.Place.String(); p != "" {
		place = p + ": "
	}
	return fmt.Sprintf("%d rejected, and the harvest is strict; the first: %s%s", e.Rejected, place, e.First.Message)
}

func firstRejected(notes []source.Note) source.Note {
	if i := slices.IndexFunc(notes, func(n source.Note) bool { return n.Sort == source.Rejected }); i >= 0 {
		return notes[i]
	}
	return source.Note{}
}

// safely keeps a fault in the code of a kind from ending the program.
func safely(ctx context.Context, src source.Source, since source.State, k *sink, log *slog.Logger) (outcome source.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a kind of source panicked", "panic", p, "stack", string(debug.Stack()))
			err = source.Errorf(source.Internal, "a fault of the program: %v", p)
		}
	}()
	return src.Harvest(ctx, since, k)
}

// guard lets the requests of a source through: to what its section names, wherever that is, and to public addresses. The headers that are
// private go to the former only.
func (h *Harvester) guard(s *SourceConfig, private map[string]string) *egress.Guard {
	all, err := egress.ParseRule("*")
	rules := []egress.Rule{all}
	if err != nil {
		rules = nil
	}
	first := len(rules)
	if l, ok := s.config.(source.Locator); ok {
		for _, u := range l.Locations() {
			if r, err := egress.Origin(u); err == nil {
				rules = append(rules, r)
			}
		}
	}
	return egress.New(egress.Options{Allow: rules, Connect: 30 * time.Second, MaxBytes: cmp.Or(int64(s.MaxBytes), 4<<30), Proxy: h.o.Proxy, Observe: h.o.Observe, Credentials: true,
		Private: private, Trusted: rules[first:]})
}

// withoutUser is a URL as it may be shown: without user and password. It is empty where it is no IRI.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	if s := u.String(); iri.Check(s) == nil {
		return s
	}
	return ""
}

// Sources lists the sources of the configuration.
func (h *Harvester) Sources() []*SourceConfig { return h.o.Config.Sources }

// Journal is the harvester's journal.
func (h *Harvester) Journal() *Journal { return h.o.Journal }

// TempDir makes the folder for files that need not outlive a run, and empties it of what an earlier process left.
func TempDir(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}
