package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"triplestore/rdf"
	"triplestore/sparql/optimizer"
	"triplestore/sparql/results"
	"triplestore/store"
)

// remote yields the answers to requests, one after the other. They are read by a goroutine while they come in.
type remote struct {
	s        *service
	requests []request
	at       int
	running  *exchange
	silent   *input // what is left of the answers of an endpoint with SILENT
	kept     held
	cols     [][]store.ID // by place in the service's Bind
	endpoint []store.ID
	blanks   map[string]rdf.Term // of the running request, whose answer has blank nodes of its own
}

func newRemote(s *service, requests []request) operator {
	return &remote{s: s, requests: requests, cols: make([][]store.ID, len(s.node.Bind)), kept: held{m: s.q.memory}}
}

func (r *remote) close() {
	r.stop()
	r.kept.release()
	r.silent = nil
	r.at = len(r.requests)
}

// stop ends the running request.
func (r *remote) stop() {
	if r.running != nil {
		r.running.stop()
		r.running = nil
	}
}

func (r *remote) next(b *batch) error {
	for {
		if r.silent != nil {
			if err := r.silent.next(b); err != nil || b.n > 0 {
				return err
			}
			r.silent = nil
			r.kept.release()
		}
		if r.at >= len(r.requests) {
			b.reset()
			return nil
		}
		if r.s.node.Silent {
			if err := r.collect(); err != nil {
				return err
			}
			continue
		}
		if err := r.read(b); err != nil || b.n > 0 {
			return err
		}
		r.at++
	}
}

// collect reads all answers of the next endpoint, or gives it up.
func (r *remote) collect() error {
	endpoint := r.requests[r.at].endpoint
	t := newTable(r.s.q.width)
	b := newBatch(r.s.q.width)
	for r.at < len(r.requests) && r.requests[r.at].endpoint == endpoint {
		if r.s.failed[endpoint] {
			r.at++
			continue
		}
		err := r.read(b)
		var failure *ServiceError
		switch {
		case errors.As(err, &failure):
			r.s.failed[endpoint] = true
		case err != nil:
			return err
		case b.n == 0:
			r.at++
		default:
			if err := r.kept.grow(t.add(b)); err != nil {
				return err
			}
		}
	}
	if r.s.failed[endpoint] {
		r.kept.release()
		t = newTable(r.s.q.width)
		one := newBatch(r.s.q.width)
		one.n = 1
		if e := r.s.node.Endpoint; e.IsVar() {
			one.cols[e.Slot] = []store.ID{endpoint}
		}
		t.add(one)
	}
	r.silent = &input{rows: &batch{n: t.n, cols: t.cols}}
	return nil
}

// read yields the next rows of the running request, or none at its end. What is the endpoint's fault is a ServiceError.
func (r *remote) read(b *batch) error {
	req := r.requests[r.at]
	if r.running == nil {
		if err := r.s.q.mayAsk(req.iri); err != nil {
			return err
		}
		r.blanks = map[string]rdf.Term{}
		r.running = ask(r.s.q.ctx, r.s.q.service, req, r.s.node.Vars)
	}
	for {
		b.reset()
		select {
		case a, ok := <-r.running.answers:
			if !ok {
				x := r.running
				r.stop()
				if x.panicked != nil {
					panic(x.panicked)
				}
				if x.err != nil {
					return r.fault(req, x.err)
				}
				return nil
			}
			if err := r.convert(b, a, req); err != nil {
				r.stop()
				return err
			}
			if b.n > 0 {
				return nil
			}
		case <-r.s.q.ctx.Done():
			r.stop()
			return r.s.q.ctx.Err()
		}
	}
}

func (r *remote) fault(req request, err error) error {
	if end := r.s.q.ctx.Err(); end != nil {
		return end
	}
	return &ServiceError{Endpoint: "<" + req.iri + ">", Err: err}
}

// convert makes columns of IDs of terms.
func (r *remote) convert(b *batch, a answers, req request) error {
	n := r.s.node
	keep := make([]bool, a.n)
	for i := range keep {
		keep[i] = true
	}
	for k, ref := range n.Bind {
		r.cols[k] = resize(r.cols[k], a.n)
		for row := range a.n {
			t := a.terms[row*len(n.Bind)+k]
			if t.IsZero() {
				if ref.IsVar() && n.Always.Has(ref.Slot) {
					return r.fault(req, fmt.Errorf("the answer has a solution without ?%s, which the pattern always binds", n.Vars[k]))
				}
				r.cols[k][row] = store.NoID
				continue
			}
			id, err := r.s.q.terms.intern(r.local(t))
			if err != nil {
				return err
			}
			r.cols[k][row] = id
			if ref.Kind == optimizer.RefParam {
				keep[row] = keep[row] && id == r.s.env.params[ref.Slot]
			}
			if n.Endpoint.IsVar() && n.Endpoint.Slot == ref.Slot {
				keep[row] = keep[row] && id == req.endpoint
			}
		}
		if ref.IsVar() {
			b.cols[ref.Slot] = r.cols[k]
		}
	}
	b.n = a.n
	if e := n.Endpoint; e.IsVar() {
		r.endpoint = resize(r.endpoint, a.n)
		for i := range r.endpoint {
			r.endpoint[i] = req.endpoint
		}
		b.cols[e.Slot] = r.endpoint
	}
	var rows []int32
	for row, ok := range keep {
		if ok {
			rows = append(rows, int32(row))
		}
	}
	var c compactor
	c.keep(b, rows)
	return nil
}

// local gives the blank nodes of an answer names that no others have.
func (r *remote) local(t rdf.Term) rdf.Term {
	switch t.Kind() {
	case rdf.KindBlankNode:
		n, ok := r.blanks[t.Value()]
		if !ok {
			n = r.s.q.blankNode()
			r.blanks[t.Value()] = n
		}
		return n
	case rdf.KindTriple:
		in := t.Triple()
		return rdf.TripleTerm(rdf.Triple{S: r.local(in.S), P: in.P, O: r.local(in.O)})
	}
	return t
}

// exchange is a request that is under way.
type exchange struct {
	cancel   context.CancelFunc
	answers  chan answers
	err      error // valid once answers is closed
	panicked any
}

// answers are some rows of terms, one after the other.
type answers struct {
	n     int
	terms []rdf.Term
}

const (
	answerRows  = 1024
	answerBytes = 1 << 20
)

// ask sends a request. The rows have the terms of vars.
func ask(ctx context.Context, client ServiceClient, req request, vars []string) *exchange {
	ctx, cancel := context.WithCancel(ctx)
	x := &exchange{cancel: cancel, answers: make(chan answers, 1)}
	go func() {
		defer close(x.answers)
		defer func() {
			if p := recover(); p != nil {
				x.panicked = fmt.Sprintf("%v, while asking an endpoint: %s", p, debug.Stack())
			}
		}()
		x.err = x.receive(ctx, client, req, vars)
	}()
	return x
}

func (x *exchange) receive(ctx context.Context, client ServiceClient, req request, vars []string) error {
	var now answers
	bytes := 0
	send := func() error {
		if now.n == 0 {
			return nil
		}
		select {
		case x.answers <- now:
			now, bytes = answers{}, 0
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	place := make([]int, len(vars)) // of each variable in the rows, or -1
	for i := range place {
		place[i] = -1
	}
	err := client.Select(ctx, req.iri, req.text, results.Handler{
		Head: func(names []string) error {
			for i, v := range vars {
				for k, name := range names {
					if name == v {
						place[i] = k
					}
				}
			}
			return nil
		},
		Row: func(row []rdf.Term) error {
			for _, k := range place {
				var t rdf.Term
				if k >= 0 {
					t = row[k]
				}
				now.terms = append(now.terms, t)
				bytes += t.Size()
			}
			if now.n++; now.n >= answerRows || bytes >= answerBytes {
				return send()
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	return send()
}

// stop ends the request and waits until it has ended.
func (x *exchange) stop() {
	x.cancel()
	for range x.answers { //nolint:revive // what still comes is not wanted
	}
}
