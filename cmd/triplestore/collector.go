package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// heapFloorShare is what part of the memory the heap of a server may fill before it is collected at all.
	heapFloorShare = 64
	heapFloorMost  = 256 << 20
	// usualPercent is the collector's usual GOGC, leastPercent what it is where much lives: most of that are caches, which have few
	// pointers and are soon marked, and as much garbage again beside them would be a good part of the memory.
	usualPercent = 100
	leastPercent = 50
)

// heapFloor is up to what size the heap of a server may grow in any case.
func heapFloor(memory int64) int64 { return min(memory/heapFloorShare, heapFloorMost) }

// collectorPercent is what GOGC has to be for a heap of which so much lives to be collected at the floor, or at twice what lives if that is
// more, or at the floor above what lives if that is less than twice it.
func collectorPercent(live, floor int64) int {
	switch {
	case live <= 0 || floor <= 0:
		return usualPercent
	case floor <= live:
		return int(max(floor*100/live, leastPercent))
	}
	return int(min(max((floor-live)*100/live, usualPercent), 10*usualPercent))
}

// relaxCollector lets a small heap grow to the floor before it is collected. A server that answers small queries makes much garbage beside
// a small heap: with GOGC alone it would be collected many times a second, which requests notice. GOGC in the environment goes before it.
// It is for the whole life of the process.
func relaxCollector(floor int64) {
	if os.Getenv("GOGC") != "" || floor <= 0 {
		return
	}
	now := usualPercent
	var after func(*sentinel)
	after = func(s *sentinel) { // runs after each collection
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Kind() == metrics.KindUint64 {
			percent := collectorPercent(int64(live[0].Value.Uint64()), floor) //nolint:gosec // no heap is that large
			if percent > now+now/8 || percent < now-now/8 || (percent == usualPercent || percent == leastPercent) && now != percent {
				debug.SetGCPercent(percent) // it stops the world for a moment, so not for every small change
				now = percent
			}
		}
		runtime.SetFinalizer(s, after)
	}
	runtime.SetFinalizer(&sentinel{}, after)
}

// sentinel is garbage whose finalizer tells that there was a collection. It has a size, since empty values are never collected.
type sentinel struct{ _ [16]byte }
