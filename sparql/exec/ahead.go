package exec

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"triplestore/internal/cores"
	"triplestore/rdf"
	"triplestore/store"
)

// busy counts the queries that run and the cores that some of them have beside their own, in the whole process.
var busy atomic.Int32

// spareCore takes a core that neither a query nor a helper of one uses; freeCore gives it back. So a query that is alone may use all
// cores, and many queries at once use one each.
func spareCore() bool {
	most := int32(cores.Count())
	for {
		n := busy.Load()
		if n >= most {
			return false
		}
		if busy.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func freeCore() { busy.Add(-1) }

// aheadRows is after how many rows it pays to have the next ones computed on another core while the consumer works.
const aheadRows = 2 * batchSize

// stream hands what produce puts into buffers, of which buf is the first, to consume, one after the other, until there is no more or consume returns false. Once it
// has gone on for a while, and while there is a core to spare, produce runs ahead on it. produce and what it uses of q are never called by
// two goroutines at once; nothing runs when stream has returned.
func stream[T any](q *Query, buf *T, produce func(*T) (rows int, err error), consume func(*T) bool) error {
	from := aheadRows
	if q.chop {
		from = 1
	}
	for sum := 0; sum < from || q.profile != nil || !spareCore(); {
		rows, err := produce(buf)
		if err != nil || rows == 0 {
			return err
		}
		if !consume(buf) {
			return nil
		}
		sum += rows
	}
	defer freeCore()
	return streamAhead(q, buf, produce, consume)
}

func streamAhead[T any](q *Query, buf *T, produce func(*T) (int, error), consume func(*T) bool) (err error) {
	outer := q.ctx
	ctx, cancel := context.WithCancel(outer)
	q.ctx, q.ahead = ctx, true
	full, free := make(chan *T, 1), make(chan *T, 3)
	free <- buf
	free <- new(T)
	free <- new(T)
	var panicked any
	var failed error
	go func() {
		defer close(full)
		defer func() {
			if p := recover(); p != nil {
				panicked = fmt.Sprintf("%v, while computing ahead: %s", p, debug.Stack())
			}
		}()
		for {
			var b *T
			select {
			case b = <-free:
			case <-ctx.Done():
				return
			}
			var rows int
			if rows, failed = produce(b); failed != nil || rows == 0 {
				return
			}
			select {
			case full <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	stopped := true // by a panic of the consumer, unless told otherwise
	defer func() {
		cancel()
		for range full { //nolint:revive // what still comes is not wanted
		}
		q.ctx, q.ahead = outer, false
		if stopped {
			return
		}
		if panicked != nil {
			panic(panicked)
		}
		if err = failed; err == nil {
			err = outer.Err()
		}
	}()
	for b := range full {
		if !consume(b) {
			return nil
		}
		free <- b
	}
	stopped = false
	return nil
}

// textsAtOnce is how many rows that another core has computed are brought into this one's cache at once before they are written: their texts lie
// anywhere in memory.
const textsAtOnce = 32

// expectTexts brings the texts of terms into the processor's cache.
func expectTexts(terms []rdf.Term) {
	sum := byte(0)
	for i := range terms {
		sum += textLines(&terms[i])
	}
	touched(store.ID(sum))
}

// expectTriples is expectTexts for the terms of triples whose predicates are few.
func expectTriples(triples []rdf.Triple) {
	sum := byte(0)
	for i := range triples {
		sum += textLines(&triples[i].S) + textLines(&triples[i].O)
	}
	touched(store.ID(sum))
}

// textLines reads the first two and the last of the lines of memory that a text is in.
func textLines(t *rdf.Term) byte {
	const line = 64
	v := t.Value()
	if v == "" {
		return 0
	}
	last := len(v) - 1
	return v[0] + v[min(line, last)] + v[last]
}
