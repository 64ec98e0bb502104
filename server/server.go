// Package server answers over HTTP: the SPARQL Protocol at /sparql, descriptions of resources at /resource and at the paths of
// IRIs under the configured base, and pages for people who read. It never trusts the Host header for IRIs: what is its own is
// what [Config.Base] says. Only the SPARQL Update at /update changes the store, and it is closed unless the configuration opens it.
//
// To begin: [New] makes an http.Handler of a [Config], of which Store alone must be set.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/klauspost/compress/gzhttp"

	"triplestore/internal/cores"
	"triplestore/loaders/harvest"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/server/access"
	"triplestore/server/audit"
	"triplestore/server/metrics"
	"triplestore/server/throttle"
	"triplestore/server/tracing"
	"triplestore/sparql"
	"triplestore/sparql/stored"
	"triplestore/store"
	"triplestore/store/visible"
	"triplestore/vocab"
)

// Config configures a server. The zero value of everything but Store is good for a server on one's own machine.
type Config struct {
	// Store is what is served.
	Store store.Store
	// Threads is told how many clients are connected; nil is nobody.
	Threads *cores.Threads
	// Base is the http or https IRI under which the server's own resources are named. Their paths are answered with descriptions.
	// Empty means none: then only /resource describes.
	Base string
	// Mappings let IRIs that are not under Base answer at paths of this server too. The longest prefix that fits counts.
	Mappings []Mapping
	// SeeOther answers at the paths of resources with 303 to /resource, which describes them; else the description itself is there, with
	// its own address in Content-Location. See https://www.w3.org/TR/cooluris/.
	SeeOther bool
	// Title is the name of the site on its pages.
	Title string
	// Description says what the data are, in the catalogue that the server makes of itself; Publisher is the IRI of who publishes them, as
	// DCAT-AP demands, and PublisherName the name. What is empty is left out.
	Description, Publisher, PublisherName string
	// ImageOrigins are the origins besides the server's own, such as https://images.example.org, from which pages show pictures that the data
	// name. Pictures from elsewhere are linked: to show them would tell others what is looked at.
	ImageOrigins []string
	// Version is shown on pages.
	Version string
	// Examples are queries that the front page offers.
	Examples []Example
	// Stored are queries that are run by their names at /queries; nil is none, and then the paths there are those of resources.
	Stored *stored.Current
	// Prefixes shorten IRIs on pages and in Turtle and are known to queries, before the well-known ones of package vocab.
	Prefixes map[string]string
	// Languages are those of labels for readers who ask for none, most wanted first. Nil means nb, nn, en.
	Languages []string
	// Timeout is how long a query may take; the parameter timeout can only shorten it. 0 means 60 s.
	Timeout time.Duration
	// Memory is about how many bytes a query may hold. 0 means 1 GiB.
	Memory int64
	// MemoryTotal is about how many bytes all queries and updates that run may hold together, see sparql.Pool. 0 is no limit.
	MemoryTotal int64
	// Disk is how many bytes of temporary files in TempDir a query may have that needs more memory than it may hold. 0 is none.
	Disk int64
	// AnswerCache is about how many bytes of answers to queries are kept for those who ask the same again while the store is in the same
	// state. 0 keeps none.
	AnswerCache int64
	// MaxRows is how many results a query may have. 0 is no limit.
	MaxRows int64
	// Describe is what DESCRIBE tells about each resource where the parameter describe does not say; see sparql.Description.
	Describe sparql.Description
	// MaxRequest is how long the body of a request may be, in bytes. 0 means 4 MiB.
	MaxRequest int64
	// MaxUpload is how long a document for the Graph Store Protocol may be, as it is sent and unpacked, in bytes. 0 means 1 GiB.
	MaxUpload int64
	// ExportTimeout is how long reading a whole graph or all of them may take. 0 means an hour.
	ExportTimeout time.Duration
	// Concurrency is how many queries run at a time, Queue how many wait, for Timeout at most. 0 means twice the processors, and 16 times
	// that, but at least 512. Of queries that run for more than a tenth of a second as many again may go on while others wait.
	Concurrency, Queue int
	// Access decides who may read and write what. Nil means that everyone may read everything, and that UpdateToken and AnonymousWrites
	// decide about writing.
	Access *access.Current
	// Limits are those of one client; Addresses tell clients apart. The zero Limits let everything through.
	Limits    throttle.Limits
	Addresses throttle.Addresses
	// Audit takes a line for each attempt to change the store. Nil writes none down.
	Audit *audit.Log
	// UpdateToken opens /update to requests that have it as their Bearer token; AnonymousWrites opens it to everyone. Without either
	// updates are refused.
	UpdateToken     string
	AnonymousWrites bool
	// UpdateTimeout is how long an update may take, the wait for its turn included; the parameter timeout can only shorten it.
	// 0 means 10 minutes.
	UpdateTimeout time.Duration
	// Service asks the endpoints of SERVICE, Load reads the documents of LOAD; see sparql.Options. Nil refuses them.
	Service sparql.ServiceClient
	Load    func(ctx context.Context, d sparql.Document, emit func([]rdf.Quad) error) error
	// Harvest is what /harvest tells about; nil is no harvest.
	Harvest *harvest.Harvester
	// TempDir is where queries and updates put what does not fit into memory. Empty means the system's folder for such files.
	TempDir string
	// Reserve is how many bytes the store wants to stay free on its disk, on which TempDir is. Nil is none.
	Reserve func() uint64
	// SlowQuery is how long a query or update takes at least for its text to be logged. 0 logs none.
	SlowQuery time.Duration
	// Stall is how long a client may take nothing before its connection is given up. 0 means 30 s.
	Stall time.Duration
	// PublicMetrics opens the metrics at /metrics to everyone, else they are for administrators. They count what all graphs hold.
	PublicMetrics bool
	// Tracer makes the spans of requests. Nil makes none. Who made it closes it.
	Tracer *tracing.Tracer
	// UnionDefaultGraph makes the default graph of queries the union of all graphs.
	UnionDefaultGraph bool
	// Log takes a line per request and what went wrong. Nil means slog.Default.
	Log *slog.Logger
}

// Example is a query that front page and workbench offer.
type Example struct {
	// Name identifies it in addresses.
	Name string
	// ExampleText is the English one. Examples are grouped by its Topic, in the order in which the topics first occur.
	ExampleText
	// Translations are title, topic and text for readers of other languages, by language tag, such as nb.
	Translations map[string]ExampleText
}

// ExampleText is what a reader sees of an example.
type ExampleText struct {
	// Title says what it answers.
	Title string
	// Topic heads the group that it is in.
	Topic string
	// Text is the query.
	Text string
}

// in is what the example is in a language, else in English, with the language that it then is.
func (e *Example) in(language string) (text ExampleText, lang string) {
	if t, ok := e.Translations[language]; ok {
		return t, language
	}
	return e.ExampleText, "en"
}

// Server is an HTTP handler. It is safe for concurrent use.
type Server struct {
	c        Config
	engine   *sparql.Engine
	slots    *slots
	policy   *access.Current
	clients  *throttle.Clients
	whole    store.Store    // everything in it: see data
	views    *visible.Store // what callers may see of it
	writes   *slots         // one update at a time
	answers  *answerCache   // nil where none are kept
	requests requests       // how they were read
	labels   labelCache
	exports  *slots // reading whole graphs takes long; it must not keep queries waiting
	link     linker
	prefixes map[string]string // the configured ones; the well-known ones come after them
	settings string            // for entity tags
	service  *document         // the service description
	diagrams schemas
	vocabs   vocabularies // for completion
	router   *mux.Router
	metrics  *metrics.Metrics
	stopping atomic.Bool
	handler  http.Handler
}

const methodQuery = "QUERY" // https://datatracker.ietf.org/doc/draft-ietf-httpbis-safe-method-w-body/

// New checks the configuration and makes the server. It does not own the store.
func New(c Config) (*Server, error) {
	if c.Store == nil {
		return nil, errors.New("server: Config.Store is missing")
	}
	if c.Base != "" {
		u, err := url.Parse(c.Base)
		if err == nil {
			err = iri.Check(c.Base)
		}
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return nil, fmt.Errorf("server: the base %q is not an http or https IRI without query and fragment", c.Base)
		}
		if u.Path == "" {
			c.Base += "/"
		}
	}
	if c.Concurrency < 0 {
		return nil, fmt.Errorf("server: %d queries at a time: there must be one at least, or 0 for the default", c.Concurrency)
	}
	def(&c.Title, "triplestore")
	def(&c.Timeout, time.Minute)
	def(&c.Memory, 1<<30)
	def(&c.MaxRequest, 4<<20)
	def(&c.MaxUpload, 1<<30)
	def(&c.ExportTimeout, time.Hour)
	def(&c.Concurrency, 2*cores.Count())
	def(&c.Queue, max(512, 16*c.Concurrency))
	def(&c.Stall, 30*time.Second)
	def(&c.UpdateTimeout, 10*time.Minute)
	if c.AnonymousWrites && c.UpdateToken != "" {
		return nil, errors.New("server: Config.UpdateToken is of no use with AnonymousWrites")
	}
	if c.Access == nil {
		c.Access = access.NewCurrent(access.Open(c.UpdateToken, c.AnonymousWrites))
	} else if c.AnonymousWrites || c.UpdateToken != "" {
		return nil, errors.New("server: with Config.Access there is neither UpdateToken nor AnonymousWrites")
	}
	if c.Languages == nil {
		c.Languages = []string{"nb", "nn", "en"}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Publisher != "" {
		if err := iri.Check(c.Publisher); err != nil {
			return nil, fmt.Errorf("server: the publisher is not an IRI: %w", err)
		}
	}
	for _, o := range c.ImageOrigins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || o != u.Scheme+"://"+u.Host || strings.ContainsAny(o, "'\"; ,*") {
			return nil, fmt.Errorf("server: %q is no origin of pictures, such as https://images.example.org", o)
		}
	}
	mappings, err := checkMappings(c.Mappings)
	if err != nil {
		return nil, err
	}
	whole := c.Store
	c.Store = nil // see data
	s := &Server{c: c, answers: newAnswerCache(c.AnswerCache), whole: whole, views: visible.New(whole), policy: c.Access, clients: throttle.New(c.Limits), slots: newSlots(c.Concurrency, c.Queue, c.Timeout), writes: newSlots(1, c.Queue, 0), exports: newSlots(c.Concurrency, c.Queue, c.Timeout), link: newLinker(c.Base, mappings), prefixes: maps.Clone(c.Prefixes), settings: settingsTag(&c)}
	known := vocab.Prefixes()
	maps.Copy(known, c.Prefixes)
	var pool *sparql.Pool
	var shared metrics.Pool // nil where there is none
	if c.MemoryTotal > 0 {
		pool = sparql.NewPool(c.MemoryTotal)
		shared = pool
	}
	s.engine = sparql.NewEngine(sparql.Options{
		Timeout: c.Timeout, Memory: c.Memory, Pool: pool, Disk: c.Disk, TempDir: c.TempDir, MaxRows: c.MaxRows, UnionDefaultGraph: c.UnionDefaultGraph, Base: c.Base, Prefixes: known,
		Service: c.Service, Load: c.Load, Describe: c.Describe,
	})
	s.slots.brief = briefQuery
	s.link.queries = c.Stored != nil
	s.vocabs.turn, s.diagrams.turn = make(chan struct{}, 1), make(chan struct{}, 1)
	s.metrics = metrics.New(c.Version, s.whole, map[string]metrics.Queue{"queries": s.slots, "updates": s.writes, "exports": s.exports}, shared, c.Log)
	h, err := s.routes()
	if err != nil {
		return nil, err
	}
	s.handler = h
	return s, nil
}

func def[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() (http.Handler, error) {
	m := mux.NewRouter().SkipClean(true).UseEncodedPath()
	m.Use(noteRoute)
	read := []string{http.MethodGet, http.MethodHead}
	m.Handle("/", methods(s.front, s.fail, read...))
	m.Handle(overviewPath, methods(s.aboutStore("overview", s.overview), s.fail, read...))
	m.Handle(schemaPath, methods(s.aboutStore("schema", s.schema), s.fail, read...))
	m.Handle(workbenchPath, methods(s.workbench, s.fail, read...))
	sparql := methods(s.sparql, s.fail, http.MethodGet, http.MethodHead, http.MethodPost, methodQuery)
	m.Handle(sparqlPath, sparql)
	m.Handle(checkPath, methods(s.check, s.fail, http.MethodPost))
	m.Handle(formatPath, methods(s.format, s.fail, http.MethodPost))
	m.Handle(completionPath, methods(s.completion, s.fail, read...))
	if s.c.Stored != nil {
		m.Handle(queriesPath, methods(s.listQueries, s.fail, read...))
		m.Handle(queriesPath+"/{name}", methods(s.storedQuery, s.fail, read...))
	}
	m.Handle(updatePath, methods(s.update, s.fail, http.MethodPost))
	m.Handle(graphsPath, methods(s.graphStore, s.fail, graphMethods...))
	m.PathPrefix(graphsPath + "/").Handler(methods(s.graphStore, s.fail, graphMethods...))
	m.Handle(voidPath, methods(s.serveDocument(newDocument("void", describeVoID)), s.fail, read...))
	m.Handle(catalogPath, methods(s.serveDocument(newDocument("catalog", describeCatalog)), s.fail, read...))
	m.Handle(harvestPath, methods(s.harvested, s.fail, read...))
	m.Handle(openAPIPath, methods(s.openAPI, s.fail, read...))
	m.Handle("/resource", methods(s.resourceByParam, s.fail, read...))
	m.Handle(metricsPath, methods(s.serveMetrics, s.fail, read...))
	m.Handle("/healthz", methods(s.health, s.fail, read...))
	m.Handle("/readyz", methods(s.ready, s.fail, read...))
	m.Handle("/robots.txt", methods(s.robots, s.fail, read...))
	for path, a := range assets {
		m.Handle(path, methods(a.serve, s.fail, read...))
	}
	m.Handle("/favicon.ico", methods(assets[iconPath].serve, s.fail, read...))
	m.PathPrefix("/").Handler(methods(s.resourceByPath, s.fail, read...)).Name("/{path}")
	m.NotFoundHandler = http.HandlerFunc(s.resourceByPath) // a path without its slash, as OPTIONS * has
	s.router, s.service = m, newDocument("service", describeService)
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.ContentTypeFilter(compressible))
	if err != nil {
		return nil, err
	}
	return literalSemicolons(s.record(s.catch(headers(ifAbsent(s.identify(s.share(encode(compress, direct(sparqlPath, sparql, m))))))))), nil
}

// encode compresses for those who take that. Those who name no content coding need not go through the compression.
func encode(compress func(http.Handler) http.HandlerFunc, next http.Handler) http.Handler {
	compressed := compress(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Accept-Encoding"]) > 0 {
			compressed(w, r)
			return
		}
		addVary(w.Header(), "Accept-Encoding")
		next.ServeHTTP(w, r)
	})
}

// compressible reports whether a media type is text of some kind.
func compressible(contentType string) bool {
	mt, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(mt, "text/") || strings.HasSuffix(mt, "+json") || strings.HasSuffix(mt, "+xml") || strings.HasPrefix(mt, "application/n-") ||
		mt == "application/json" || mt == "application/xml" || mt == "application/trig"
}

// Protocols are what a listener with TLS should offer. HTTP/2 is not among them: its streams wait for clients that take nothing where no
// deadline of ours reaches them, and would keep the places of their queries. A proxy in front may speak it.
var Protocols = []string{"http/1.1"}

// Serve answers on a listener until ctx ends; then it lets running requests finish for a grace period and cancels the rest.
// It closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener, grace time.Duration) error {
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	h := &http.Server{
		Protocols: new(http.Protocols), Handler: http.AllowQuerySemicolons(s), // it only keeps net/http from warning, see literalSemicolons
		BaseContext: func(net.Listener) context.Context { return base }, ConnContext: withConn,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 256 << 10,
		ErrorLog: slog.NewLogLogger(s.c.Log.Handler(), slog.LevelWarn),
	}
	h.Protocols.SetHTTP1(true)
	if threads := s.c.Threads; threads != nil {
		h.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				threads.Came()
			case http.StateClosed, http.StateHijacked:
				threads.Left()
			}
		}
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(wholeListener{l}) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	wait, stop := context.WithTimeout(context.Background(), grace)
	defer stop()
	err := h.Shutdown(wait)
	if err != nil { // some are still running: cancel their queries, then wait once more for their handlers to let go of the store
		cancel()
		again, stopAgain := context.WithTimeout(context.Background(), 5*time.Second)
		defer stopAgain()
		if err = h.Shutdown(again); err != nil {
			h.Close()
		}
	}
	if serr := <-done; !errors.Is(serr, http.ErrServerClosed) {
		return serr
	}
	return err
}
