package turtle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"triplestore/rdf"
)

// ParseParallel reads N-Triples or N-Quads with several goroutines: one cuts the input at line ends, workers parse the pieces.
// Emit is called from several goroutines at once, each time with a slice of its own that is reused after emit returns; the
// order of batches is not that of the document. Options.Lenient is never called twice at once. Of mistakes that end reading
// the first in the document is given.
func ParseParallel(ctx context.Context, r io.Reader, o Options, workers int, emit func(quads []rdf.Quad) error) error {
	if o.Dialect != NTriples && o.Dialect != NQuads {
		return fmt.Errorf("%v cannot be split at line ends", o.Dialect)
	}
	o = o.withDefaults()
	if lenient := o.Lenient; lenient != nil {
		var mu sync.Mutex
		o.Lenient = func(e *Error) {
			mu.Lock()
			defer mu.Unlock()
			lenient(e)
		}
	}
	type piece struct {
		text  []byte
		at    position
		chunk []byte // that the text is in
	}
	pieces := make(chan piece)
	stop := make(chan struct{})
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		first error
		once  sync.Once
	)
	fail := func(err error) {
		mu.Lock()
		if earlier(err, first) {
			first = err
		}
		mu.Unlock()
		once.Do(func() { close(stop) })
	}
	var used chan []byte
	if o.Transient {
		used = make(chan []byte, max(1, workers)+1)
	}
	for range max(1, workers) {
		wg.Go(func() {
			p := newLineParser(ctx, &o, emit)
			for piece := range pieces {
				if err := p.block(piece.text, piece.at); err != nil {
					fail(err)
				}
				if o.Transient {
					p.arena.reset()
					if len(piece.chunk) == chunkSize {
						select {
						case used <- piece.chunk:
						default:
						}
					}
				}
			}
		})
	}
	blocks := blockReader{lexer: lexer{ctx: ctx, opts: &o, r: r, greedy: true, used: used}}
read:
	for {
		text, at, err := blocks.next()
		if err != nil {
			if err != io.EOF {
				fail(err)
			}
			break
		}
		select {
		case pieces <- piece{text, at, blocks.whole}:
		case <-stop:
			break read
		case <-ctx.Done():
			fail(ctx.Err())
			break read
		}
	}
	close(pieces)
	wg.Wait()
	return first
}

// earlier reports whether err should be given rather than other: what is not a mistake in the input comes first, as it may
// have kept a mistake from being seen, then the mistake that is first in the document.
func earlier(err, other error) bool {
	if other == nil {
		return true
	}
	var a, b *Error
	isA, isB := errors.As(err, &a), errors.As(other, &b)
	if isA && isB {
		return a.Offset < b.Offset
	}
	return !isA && isB
}
