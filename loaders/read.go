package loaders

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"triplestore/internal/cores"
	"triplestore/rdf"
)

// Read gets one document from the web and calls emit with its quads, which is what LOAD of SPARQL Update needs: it is strict, and what
// was emitted before an error has to be dropped by the caller. Only http and https are read, whatever Options allow otherwise. emit
// may be called by several goroutines at once. Of o it uses Fetcher, Format, Base, MaxExpanded, BlankNodePrefix and Parallel.
func Read(ctx context.Context, address string, o Options, emit func([]rdf.Quad) error) error {
	if !isURL(address) {
		return errors.New("only http and https are loaded")
	}
	o.Strict = true
	if o.Parallel <= 0 {
		o.Parallel = cores.Count()
	}
	if o.BlankNodePrefix == "" {
		o.BlankNodePrefix = nonce()
	}
	l := &load{o: o, docs: []document{{name: address, url: address, explicit: true}}, files: make([]File, 1)}
	err := l.document(ctx, 0, func(quads []rdf.Quad, _ bool) error {
		if l.stopped() {
			return errRejected
		}
		return emit(quads)
	})
	f := &l.files[0]
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case f.Rejected > 0 && (err == nil || errors.Is(err, errRejected)):
		where := ""
		if len(f.Places) > 0 {
			p := f.Places[0]
			if where = ": " + p.Message; p.Line > 0 {
				where = fmt.Sprintf(": line %d, column %d: %s", p.Line, p.Column, p.Message)
			}
		}
		return errors.New("it cannot be read" + where)
	case err != nil:
		var s *SourceError
		if errors.As(err, &s) {
			return s.Err // the caller names the address
		}
		return err
	case f.Skipped != "":
		return errors.New("it " + strings.TrimPrefix(f.Skipped, "it "))
	}
	return nil
}

var errRejected = errors.New("something was rejected")
