package sparql

import (
	"container/list"
	"context"
	"hash/maphash"
	"reflect"
	"sync"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// The bounds of what a planCache holds.
const (
	planCacheBytes = 32 << 20
	planTextLimit  = 16 << 10
	planSeen       = 8192 // hashes of queries that were asked lately, of each of two generations
)

// planCache keeps plans of queries that were asked more than once of the same state of a store, so that parsing and planning, which is
// half of what a small query costs, is done once. It is safe for concurrent use. Plans do not change once they are made.
type planCache struct {
	mu     sync.Mutex
	plans  map[planKey]*list.Element // of *keptPlan
	recent list.List                 // most recent first
	bytes  int
	seed   maphash.Seed
	// Hashes of queries that were asked: of late, and before those. A table with one place for each hash would forget queries that
	// share a place for as long as both are asked by turns.
	seen, before map[uint64]struct{}
}

// planKey is everything that a plan depends on, besides what all queries of an engine have in common.
type planKey struct {
	text, base         string
	version            any
	union, noOptimizer bool
	drawAll            bool
}

type keptPlan struct {
	key  planKey
	plan *optimizer.Plan
	size int
}

func newPlanCache() *planCache {
	return &planCache{plans: map[planKey]*list.Element{}, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, before: map[uint64]struct{}{}}
}

// plan is prepare with what the engine keeps.
func (e *Engine) plan(ctx context.Context, snap store.Snapshot, text string, o Options) (*optimizer.Plan, error) {
	v, ok := snap.(store.Versioned)
	if !ok || len(text) > planTextLimit || o.Dataset || len(o.Params) > 0 || !sameMap(o.Prefixes, e.options.Prefixes) || !sameMap(o.Functions, e.options.Functions) {
		return e.prepare(ctx, snap, text, o)
	}
	key := planKey{text: text, base: o.Base, union: o.UnionDefaultGraph, noOptimizer: o.NoOptimizer, drawAll: o.DrawAll}
	if key.version, ok = v.Version(); !ok {
		return e.prepare(ctx, snap, text, o)
	}
	plan, again := e.plans.get(key)
	if plan != nil {
		return plan, ctx.Err()
	}
	plan, err := e.prepare(ctx, snap, text, o)
	if err == nil && again && len(plan.Exists) == 0 { // patterns of EXISTS are planned while the query runs
		e.plans.put(key, plan)
	}
	return plan, err
}

// sameMap reports whether a and b are one and the same map.
func sameMap[K comparable, V any](a, b map[K]V) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// get finds a plan; again tells that the query was asked before.
func (c *planCache) get(key planKey) (plan *optimizer.Plan, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.plans[key]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(*keptPlan).plan, true
	}
	hash := maphash.Comparable(c.seed, key)
	if _, again = c.seen[hash]; again {
		return nil, true
	}
	_, again = c.before[hash]
	if len(c.seen) >= planSeen {
		c.seen, c.before = c.before, c.seen
		clear(c.seen)
	}
	c.seen[hash] = struct{}{}
	return nil, again
}

func (c *planCache) put(key planKey, plan *optimizer.Plan) {
	size := 1024 + 4*len(key.text) + 1024*optimizer.Size(plan.Root) + optimizer.ExprSize(plan.Root) // about what was measured
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.plans[key]; ok || size > planCacheBytes/16 {
		return
	}
	c.plans[key] = c.recent.PushFront(&keptPlan{key, plan, size})
	for c.bytes += size; c.bytes > planCacheBytes; {
		old := c.recent.Remove(c.recent.Back()).(*keptPlan)
		delete(c.plans, old.key)
		c.bytes -= old.size
	}
}
