// Package metrics measures a server for Prometheus: requests, queries by kind, queues, and, when it is asked, the store. What the
// names mean is in docs/operations.md.
package metrics

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"triplestore/store"
)

// Request is what is measured of a request that has ended.
type Request struct {
	// Route is the template of its path and Method its method; both from a fixed set, so that strangers make no new series.
	Route, Method string
	// Status is that of the answer, or 499 where the client went away before there was one.
	Status int
	Took   time.Duration
	Bytes  int64
	// Kind is that of a query, an update or an operation on graphs; empty for other requests.
	Kind string
	// Reason says why a query failed; empty where it did not.
	Reason string
	Rows   int64
	// Spilled is how many bytes of temporary files the query took.
	Spilled int64
	// Slow tells that it went into the log of slow queries.
	Slow bool
}

// Queue tells how many requests of a kind run now and how many wait.
type Queue interface {
	Running() int
	Waiting() int
}

// Pool is memory that all queries share.
type Pool interface {
	Limit() int64
	Used() int64
	Peak() int64
}

// Metrics are those of one server. They are safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	bytes       *prometheus.CounterVec
	queries     *prometheus.HistogramVec
	rows        *prometheus.CounterVec
	failures    *prometheus.CounterVec
	spilled     *prometheus.CounterVec
	spills      *prometheus.CounterVec
	slow        prometheus.Counter
	unfinished  prometheus.Gauge
	series      sync.Map // of *series by seriesKey
	storeErrors *slog.Logger
}

// buckets go from a point query to the usual limit of time, in seconds.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// New makes the metrics of a server of a version over a store. What the store tells is asked for at every scrape. The pool may be nil.
func New(version string, st store.Store, queues map[string]Queue, pool Pool, log *slog.Logger) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_http_requests_total",
			Help: "Requests that have ended, by route, method and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "triplestore_http_request_seconds",
			Help: "Time from the first line of a request to the end of its answer, by route.", Buckets: buckets}, []string{"route"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_http_response_bytes_total",
			Help: "Bytes of the bodies of answers, as they were sent, by route."}, []string{"route"}),
		queries: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "triplestore_query_seconds",
			Help:    "Time of queries, updates and operations on graphs, their wait and the sending of the answer included, by kind.",
			Buckets: buckets}, []string{"kind"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_query_rows_total",
			Help: "Solutions and triples that were sent, by kind of query."}, []string{"kind"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_query_failures_total",
			Help: "Queries, updates and operations on graphs that failed, by kind and reason."}, []string{"kind", "reason"}),
		spilled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_query_spilled_bytes_total",
			Help: "Bytes that queries put into temporary files, by kind."}, []string{"kind"}),
		spills: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "triplestore_spilled_queries_total",
			Help: "Queries that needed temporary files, by kind."}, []string{"kind"}),
		slow: prometheus.NewCounter(prometheus.CounterOpts{Name: "triplestore_slow_queries_total",
			Help: "Queries and updates that went into the log of slow ones."}),
		unfinished: prometheus.NewGauge(prometheus.GaugeOpts{Name: "triplestore_http_requests_unfinished",
			Help: "Requests that are being answered."}),
		storeErrors: log,
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "triplestore_build_info", Help: "Always 1; the labels tell the version.",
		ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.bytes, m.queries, m.rows, m.failures, m.spilled, m.spills, m.slow, m.unfinished, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &storeCollector{st, log})
	if pool != nil {
		for name, f := range map[string]func() int64{"used": pool.Used, "peak": pool.Peak, "limit": pool.Limit} {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "triplestore_query_memory_bytes",
				Help:        "Memory that running queries and updates have of what they share, the most that they had, and what there is.",
				ConstLabels: prometheus.Labels{"state": name}}, func() float64 { return float64(f()) }))
		}
	}
	for name, q := range queues {
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "triplestore_running", Help: "What runs now, by queue.",
				ConstLabels: prometheus.Labels{"queue": name}}, func() float64 { return float64(q.Running()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "triplestore_waiting", Help: "What waits for its turn, by queue.",
				ConstLabels: prometheus.Labels{"queue": name}}, func() float64 { return float64(q.Waiting()) }))
	}
	return m
}

// Begin counts a request that begins.
func (m *Metrics) Begin() { m.unfinished.Inc() }

// End counts a request that has ended.
func (m *Metrics) End(r Request) {
	m.unfinished.Dec()
	o := m.seriesOf(seriesKey{r.Route, method(r.Method), r.Kind, r.Status})
	o.requests.Inc()
	o.seconds.Observe(r.Took.Seconds())
	o.bytes.Add(float64(r.Bytes))
	if r.Kind == "" {
		return
	}
	o.queries.Observe(r.Took.Seconds())
	o.rows.Add(float64(r.Rows))
	if r.Spilled > 0 {
		m.spilled.WithLabelValues(r.Kind).Add(float64(r.Spilled))
		m.spills.WithLabelValues(r.Kind).Inc()
	}
	if r.Reason != "" {
		m.failures.WithLabelValues(r.Kind, r.Reason).Inc()
	}
	if r.Slow {
		m.slow.Inc()
	}
}

// series are those that each request of a key counts in. To find them by their labels takes longer than to count.
type series struct {
	requests, bytes, rows prometheus.Counter
	seconds, queries      prometheus.Observer
}

// seriesKey has as many values as there are series.
type seriesKey struct {
	route, method, kind string
	status              int
}

func (m *Metrics) seriesOf(k seriesKey) *series {
	if k.status < 100 || k.status > 599 {
		k.status = 0
	}
	if s, ok := m.series.Load(k); ok {
		return s.(*series)
	}
	s := &series{requests: m.requests.WithLabelValues(k.route, k.method, status(k.status)), seconds: m.seconds.WithLabelValues(k.route), bytes: m.bytes.WithLabelValues(k.route)}
	if k.kind != "" {
		s.queries, s.rows = m.queries.WithLabelValues(k.kind), m.rows.WithLabelValues(k.kind)
	}
	m.series.Store(k, s)
	return s
}

// method keeps strangers from making new series with methods of their own.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "QUERY":
		return m
	}
	return "other"
}

func status(code int) string {
	if code < 100 || code > 599 {
		return "none"
	}
	return string([]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)})
}

// Handler answers in the formats of Prometheus and OpenMetrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 4, DisableCompression: true,
		EnableOpenMetrics: true, ErrorLog: errorLog{m.storeErrors}})
}

type errorLog struct{ *slog.Logger }

func (l errorLog) Println(v ...any) { l.Error("metrics", "error", v) }
