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
	// Temp is a folder for files that need not outlive a run; empty is the system's. Reserve is how many bytes of its disk they leave free; nil is none.
	Temp    string
	Reserve func() uint64
	// Log is told of runs; nil is nobody.
	Log *slog.Logger
	// Proxy finds the proxy for requests; nil uses none. See egress.ProxyFromEnvironment.
	Proxy egress.ProxyFunc
	// Observe is told of the requests that are sent, see egress.Options.
	Observe func(ctx context.Context, method string, u *url.URL) (header map[string]string, done func(status int, err error))
	// Jitter gives numbers in [0, 1) that spread retries and scheduled runs; nil is random.
	Jitter func() float64
	// Parallel is how many sources are read at a time; 0 is as many as the configuration says.
	Parallel int
}

// Harvester runs the sources of a configuration. Its methods are safe for concurrent use: of all runs together so many sources are read at a
// time as the options say, a source by one run, a host for one source, and one source is written at a time.
type Harvester struct {
	o      Options
	names  names
	rules  []*Rule
	byName map[string]*SourceConfig

	queue   *queue
	writing chan struct{} // whoever holds the token writes
	memory  *source.Memory
	asked   source.Hosts

	mu      sync.Mutex
	running map[string]bool
	stale   map[string]bool // sources whose state a commit made the store forget, and that were not written since
}

// someMemory is what each source that is being read may hold in memory, in bytes; one at a time may hold more.
const someMemory = 64 << 20

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
	h := &Harvester{o: o, names: names{o.Config.file.GraphBase}, byName: map[string]*SourceConfig{}, queue: newQueue(cmp.Or(max(0, o.Parallel), o.Config.file.Parallel)),
		writing: make(chan struct{}, 1), memory: source.NewMemory(someMemory), running: map[string]bool{}, stale: map[string]bool{}}
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
func (h *Harvester) read(ctx context.Context, s *SourceConfig, o RunOptions, r *SourceReport, since source.State, spool *spool, waits *source.Waits,
	share *source.Share) (outcome source.Outcome, err error) {
	timeout := s.Timeout.Or(2 * time.Hour)
	ctx, cancel := deadline(ctx, timeout, waits, source.Errorf(source.TooLarge, "the run took longer than %v (timeout)", timeout))
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
		Guard: guard, Clock: h.o.Clock, MaxBytes: int64(s.MaxBytes), MaxRequests: int64(s.MaxRequests), Retries: retries, Delay: s.Delay.Or(0), Temp: h.o.Temp, Reserve: h.o.Reserve, Jitter: h.o.Jitter,
		Hosts: &h.asked, Waits: waits,
	})
	defer func() { r.Requests = client.Requests() }()
	env := source.Env{
		Name: s.Name, Dir: h.o.Config.Dir, Client: client, Clock: h.o.Clock, Temp: h.o.Temp, Log: h.o.Log.With("source", s.Name),
		Contexts: jsonld.ContextFiles(h.o.Config.Contexts), Memory: share,
	}
	k := &sink{ctx: ctx, name: s.Name, sums: s.claims(), spool: spool, report: r, share: share, hide: hider(s.config)}
	if o.Progress != nil {
		k.show = func(p source.Progress) {
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
