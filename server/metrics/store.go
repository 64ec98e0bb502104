package metrics

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"triplestore/store"
)

// storeCollector asks the store at every scrape.
type storeCollector struct {
	st  store.Store
	log *slog.Logger
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("triplestore_"+name, help, labels, nil)
}

var (
	quadsDesc     = desc("store_quads", "Quads in the newest state.")
	graphsDesc    = desc("store_graphs", "Named graphs that hold quads.")
	termsDesc     = desc("store_terms", "Terms in the dictionary.")
	commitsDesc   = desc("store_commits_total", "Number of the newest commit.")
	bytesDesc     = desc("store_bytes", "What the store takes on disk.")
	commitDesc    = desc("store_last_commit_timestamp_seconds", "When the newest commit became durable, in Unix time.")
	keptDesc      = desc("store_kept_states", "States that can be opened, the newest included.")
	pagesDesc     = desc("store_pages", "Pages on disk, by whether the next commits can use them again.", "state")
	snapshotsDesc = desc("store_held_states", "States that open snapshots and the history hold; each keeps pages from being used again.")
	hitsDesc      = desc("cache_hits_total", "Look-ups that a cache answered.", "cache")
	missesDesc    = desc("cache_misses_total", "Look-ups that a cache did not answer.", "cache")
	evictionsDesc = desc("cache_evictions_total", "Pages that a cache let go of to make room.", "cache")
	cacheDesc     = desc("cache_bytes", "Memory that a cache holds.", "cache")
)

// Describe is for the registry.
func (c *storeCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{quadsDesc, graphsDesc, termsDesc, commitsDesc, bytesDesc, commitDesc, keptDesc, pagesDesc, snapshotsDesc,
		hitsDesc, missesDesc, evictionsDesc, cacheDesc} {
		ch <- d
	}
}

// Collect asks the store. What it does not tell is left out; an error goes to the log, and the other metrics are served.
func (c *storeCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	if err := c.state(gauge, counter); err != nil {
		c.log.Error("metrics of the store", "error", err)
	}
	if h, ok := c.st.(store.History); ok {
		if commits, err := h.Commits(); err == nil {
			gauge(keptDesc, float64(len(commits)))
		}
	}
	counted, ok := c.st.(store.Counted)
	if !ok {
		return
	}
	n := counted.Counters()
	gauge(pagesDesc, float64(n.PagesOnDisk-n.FreePages), "used")
	gauge(pagesDesc, float64(n.FreePages), "free")
	gauge(snapshotsDesc, float64(n.OpenSnapshots))
	for _, cache := range []struct {
		name string
		n    store.CacheCounters
	}{{"pages", n.Pages}, {"terms", n.Terms}} {
		counter(hitsDesc, cache.n.Hits, cache.name)
		counter(missesDesc, cache.n.Misses, cache.name)
		counter(evictionsDesc, cache.n.Evictions, cache.name)
		gauge(cacheDesc, float64(cache.n.Bytes), cache.name)
	}
}

func (c *storeCollector) state(gauge func(*prometheus.Desc, float64, ...string), counter func(*prometheus.Desc, uint64, ...string)) error {
	snap, err := c.st.Snapshot()
	if err != nil {
		return err
	}
	defer snap.Close()
	s, err := snap.Stats()
	if err != nil {
		return err
	}
	commit := snap.Commit()
	gauge(quadsDesc, float64(s.Quads))
	gauge(graphsDesc, float64(s.Graphs))
	gauge(termsDesc, float64(s.Terms))
	gauge(bytesDesc, float64(s.BytesOnDisk))
	counter(commitsDesc, commit.Number)
	if commit.Number > 0 {
		gauge(commitDesc, float64(commit.Time.UnixNano())/1e9)
	}
	return nil
}
