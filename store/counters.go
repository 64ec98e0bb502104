package store

// Counters are what a running store tells about its work since it was opened, for monitoring.
type Counters struct {
	// Pages and Terms are the caches of decoded pages of quads and of terms.
	Pages, Terms CacheCounters
	// PagesOnDisk is how many pages there are on disk, FreePages how many of them the next commits can use again.
	PagesOnDisk, FreePages uint64
	// OpenSnapshots is how many states are held by open snapshots and by the history; each keeps pages from being used again.
	OpenSnapshots int
}

// CacheCounters count what a cache did and how many bytes it holds now.
type CacheCounters struct {
	Hits, Misses, Evictions uint64
	Bytes                   int64
}

// Counted is a Store that counts.
type Counted interface{ Counters() Counters }
