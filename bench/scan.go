package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"triplestore/store"
)

// scanTime is for how long a full scan is repeated for each of the rounds: one of half a million rows takes a few milliseconds, of
// which the first ones say little about a processor that was at rest or busy with something else.
const scanTime = 400 * time.Millisecond

// scan measures reading all rows with all columns, on one core and then on all.
func (r *Report) scan(ctx context.Context, snap store.Snapshot, rounds int) error {
	cursors, err := store.ScanParts(ctx, snap, store.Range{Order: store.SPOG}, store.AllColumns, 1)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := r.scanned(cursors); err != nil {
		return err
	}
	r.ScanCold = float64(r.Triples) / time.Since(start).Seconds()
	one, err := r.scanParts(ctx, snap, rounds, 1)
	if err != nil {
		return err
	}
	all, err := r.scanParts(ctx, snap, rounds, runtime.GOMAXPROCS(0))
	rate := func(c cost) float64 { return float64(r.Triples) / c.Wall * 1e3 }
	r.ScanWarm, r.ScanNs = rate(one), one.CPU*1e6/float64(r.Triples)
	r.ScanAll, r.ScanAllNs = rate(all), all.CPU*1e6/float64(r.Triples)
	return err
}

// scanParts repeats a scan in so many parts side by side, and gives the least time of each kind.
func (r *Report) scanParts(ctx context.Context, snap store.Snapshot, rounds, parts int) (best cost, err error) {
	n := 0
	for end := time.Now().Add(time.Duration(rounds) * scanTime); n < rounds || time.Now().Before(end); n++ {
		start, cpu := time.Now(), processorTime()
		cursors, err := store.ScanParts(ctx, snap, store.Range{Order: store.SPOG}, store.AllColumns, parts)
		if err != nil {
			return best, err
		}
		if err := r.scanned(cursors); err != nil {
			return best, err
		}
		c := cost{time.Since(start).Seconds() * 1e3, (processorTime() - cpu).Seconds() * 1e3}
		if n == 0 {
			best = c
		}
		best = cost{min(best.Wall, c.Wall), min(best.CPU, c.CPU)}
	}
	return best, nil
}

// scanned reads cursors to their end, each in a goroutine of its own, and looks at every value, as an operator would.
func (r *Report) scanned(cursors []store.Cursor) error {
	rows, sums, errs := make([]uint64, len(cursors)), make([]store.ID, len(cursors)), make([]error, len(cursors))
	var work sync.WaitGroup
	for i, cursor := range cursors {
		work.Go(func() {
			defer cursor.Close()
			n, sum := uint64(0), store.ID(0)
			for {
				b, err := cursor.Next()
				if err != nil {
					errs[i] = err
					return
				}
				if b.Len == 0 {
					break
				}
				n += uint64(b.Len)
				for _, col := range b.Cols {
					sum ^= mixed(col)
				}
			}
			rows[i], sums[i] = n, sum
		})
	}
	work.Wait()
	n, sum := uint64(0), store.ID(0)
	for i := range cursors {
		if errs[i] != nil {
			return errs[i]
		}
		n, sum = n+rows[i], sum^sums[i]
	}
	if n != r.Triples || sum == 0 {
		return fmt.Errorf("scan gave %d of %d triples", n, r.Triples)
	}
	return nil
}

// mixed depends on all values of a column.
func mixed(col []store.ID) store.ID {
	var a, b, c, d store.ID
	for len(col) >= 4 {
		a, b, c, d = a^col[0], b^col[1], c^col[2], d^col[3]
		col = col[4:]
	}
	for _, id := range col {
		a ^= id
	}
	return a ^ b ^ c ^ d
}
