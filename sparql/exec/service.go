package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// service joins its input with the answers of endpoints. It takes as many rows of the input as have so many different values for the
// variables of the pattern, asks the endpoints with these values, and joins the rows with the answers as any other join
// would, since an endpoint may answer more than was asked. With SILENT it takes all rows at once: an endpoint either answers
// everything or counts as one solution that binds nothing
// (https://www.w3.org/TR/sparql11-federated-query/#defn_evaluationServiceSimpleFederation).
type service struct {
	q    *Query
	node *optimizer.Service
	in   operator
	env  *env
	sent []int // indexes of node.Bind whose values are sent

	input  *batch // not all of whose rows are taken
	at     int
	end    bool
	parts  []portion // not asked for yet
	join   operator
	table  *joinTable // of the requests in asked, held by tables
	tables *hashJoin
	asked  []request
	// With SILENT, nowhere are rows that bind no endpoint, and failed the endpoints that did not answer.
	nowhere *batch
	failed  map[store.ID]bool
	held    held // the rows of the input
}

const (
	// serviceInput is how many rows of the input are joined at a time at most, if they have few different values.
	serviceInput = 1 << 16
	// serviceBytes is about how long the table of values in a request may become.
	serviceBytes = 64 << 10
)

func newService(q *Query, n *optimizer.Service, in operator, e *env) *service {
	s := &service{q: q, node: n, in: in, env: e, input: newBatch(q.width), held: held{m: q.memory}, failed: map[store.ID]bool{}}
	maybe := n.In.P().Maybe
	for i, r := range n.Bind {
		if r.IsVar() && maybe.Has(r.Slot) || r.Kind == optimizer.RefParam {
			s.sent = append(s.sent, i)
		}
	}
	return s
}

// check refuses an endpoint that is known beforehand and not allowed, before anything else is done.
func (s *service) check() error {
	if s.node.Silent || s.node.Endpoint.Kind != optimizer.RefConst {
		return nil
	}
	iri, err := s.endpoint(s.node.Endpoint.ID)
	if err != nil {
		return err
	}
	return s.q.mayAsk(iri)
}

// mayAsk refuses what the client refuses.
func (q *Query) mayAsk(iri string) error {
	err := ErrServiceRefused
	if q.service != nil {
		err = q.service.Check(iri)
	}
	if err != nil {
		return &ServiceError{Endpoint: "<" + iri + ">", Err: err}
	}
	return nil
}

func (s *service) close() {
	s.in.close()
	s.parts = nil
	s.endJoin()
	s.forget()
}

// endJoin frees the join of some rows, and after the last of those that were taken, the rows.
func (s *service) endJoin() {
	if s.join != nil {
		s.join.close()
		if j, ok := s.join.(*hashJoin); ok && j != s.tables { // what it added to the table
			s.tables.held.n += j.held.n
		}
		s.join = nil
	}
	if len(s.parts) == 0 {
		s.held.release()
	}
}

// forget frees the answers.
func (s *service) forget() {
	if s.tables != nil {
		s.tables.held.release()
		s.tables, s.table = nil, nil
	}
}

func (s *service) next(b *batch) error {
	for {
		if s.join != nil {
			if err := s.join.next(b); err != nil || b.n > 0 {
				return err
			}
			s.endJoin()
		}
		if len(s.parts) > 0 {
			p := s.parts[0]
			s.parts = s.parts[1:]
			if err := s.start(p); err != nil {
				return err
			}
			continue
		}
		if s.nowhere != nil {
			b.n = s.nowhere.n
			copy(b.cols, s.nowhere.cols)
			s.nowhere = nil
			return nil
		}
		if s.end {
			b.reset()
			return nil
		}
		if err := s.chunk(); err != nil {
			return err
		}
	}
}

// chunk takes rows of the input and asks for them.
func (s *service) chunk() error {
	if _, alone := s.node.In.(*optimizer.Unit); alone {
		s.end = true
		parts, err := s.partition(&batch{n: 1, cols: make([][]store.ID, s.q.width)})
		if err != nil {
			return err
		}
		requests, err := s.requests(parts[0])
		if err == nil {
			s.join = newRemote(s, requests)
		}
		return err
	}
	rows, err := s.take()
	if err != nil || rows.n == 0 {
		return err
	}
	if s.node.Silent && s.node.Endpoint.IsVar() {
		if rows = s.split(rows); rows.n == 0 {
			return nil
		}
	}
	s.parts, err = s.partition(rows)
	return err
}

// portion are rows with values to send for the same variables. Rows that leave out different ones are not sent together: a solution that
// fits two rows of the table of values would come back twice.
type portion struct {
	rows *batch
	sent []int // of service.sent
}

// partition parts rows by the variables for which they have values that can be sent.
func (s *service) partition(rows *batch) ([]portion, error) {
	cols := make([][]store.ID, len(s.sent))
	for k, i := range s.sent {
		if r := s.node.Bind[i]; r.IsVar() {
			cols[k] = rows.cols[r.Slot]
		} else {
			cols[k] = []store.ID{s.env.params[r.Slot]}
		}
	}
	ok := make([]map[store.ID]bool, len(s.sent))
	for k, col := range cols {
		// Where the pattern does not bind the variable, the answer has what was sent.
		r := s.node.Bind[s.sent[k]]
		bound := r.IsVar() && s.node.Always.Has(r.Slot)
		if err := s.q.terms.prepare(col); err != nil {
			return nil, err
		}
		ok[k] = map[store.ID]bool{store.NoID: false}
		for _, id := range col {
			if _, known := ok[k][id]; known {
				continue
			}
			v, err := s.q.terms.value(id)
			if err != nil {
				return nil, err
			}
			ok[k][id] = sendable(v.Term()) && (bound || comesBack(v.Term()))
		}
	}
	var order []string
	members := map[string][]int32{}
	mask := make([]byte, len(s.sent))
	for row := range rows.n {
		for k, i := range s.sent {
			mask[k] = 0
			if ok[k][s.value(i, rows, row)] {
				mask[k] = 1
			}
		}
		if members[string(mask)] == nil {
			order = append(order, string(mask))
		}
		members[string(mask)] = append(members[string(mask)], int32(row))
	}
	out := make([]portion, len(order))
	for i, m := range order {
		out[i].rows = &batch{n: rows.n, cols: append([][]store.ID(nil), rows.cols...)}
		var c compactor
		c.keep(out[i].rows, members[m])
		for k, b := range []byte(m) {
			if b == 1 {
				out[i].sent = append(out[i].sent, s.sent[k])
			}
		}
	}
	return out, nil
}

// value is what a row has for a variable of the pattern.
func (s *service) value(i int, rows *batch, row int) store.ID {
	if r := s.node.Bind[i]; r.IsVar() {
		return rows.get(r.Slot, row)
	}
	return s.env.params[s.node.Bind[i].Slot]
}

// start asks for rows.
func (s *service) start(p portion) error {
	rows := p.rows
	requests, err := s.requests(p)
	if err != nil {
		return err
	}
	if s.table == nil || !slices.Equal(requests, s.asked) {
		s.forget()
		s.asked = requests
		s.table = &joinTable{table: newTable(s.q.width), byMask: map[uint64]*part{}}
	}
	// The table outlives the join: the next rows may ask the same.
	j := newHashJoin(s.q, s.node.Join, &input{rows: rows}, newRemote(s, requests),
		&env{tables: map[*optimizer.HashJoin]*joinTable{s.node.Join: s.table}}).(*hashJoin)
	if s.tables == nil {
		s.tables = j
	}
	s.join = j
	return nil
}

// take collects rows of the input with at most as many different values as are sent at a time, or all of them for SILENT.
func (s *service) take() (*batch, error) {
	most := s.q.sent
	if s.node.Silent {
		most = int(^uint(0) >> 1)
	}
	slots := make([]int, 0, len(s.sent)+1)
	for _, i := range s.sent {
		if r := s.node.Bind[i]; r.IsVar() {
			slots = append(slots, r.Slot)
		}
	}
	if s.node.Endpoint.IsVar() {
		slots = append(slots, s.node.Endpoint.Slot)
	}
	t, keys, key := newTable(s.q.width), newKeySet(len(slots)), make([]store.ID, len(slots))
	for s.node.Silent || t.n < serviceInput {
		if err := s.q.check(); err != nil {
			return nil, err
		}
		if s.at >= s.input.n {
			s.at = 0
			if err := s.in.next(s.input); err != nil {
				return nil, err
			}
			if s.input.n == 0 {
				s.end = true
				break
			}
		}
		from, full := s.at, false
		for ; s.at < s.input.n; s.at++ {
			for k, slot := range slots {
				key[k] = s.input.get(slot, s.at)
			}
			if keys.find(key) >= 0 {
				continue
			}
			if full = keys.n >= most; full {
				break
			}
			keys.add(key)
		}
		part := &batch{n: s.at - from, cols: make([][]store.ID, s.q.width)}
		for i, col := range s.input.cols {
			if col != nil {
				part.cols[i] = col[from:s.at]
			}
		}
		if err := s.held.grow(t.add(part)); err != nil {
			return nil, err
		}
		if full {
			break
		}
	}
	return &batch{n: t.n, cols: t.cols}, nil
}

// split puts the rows aside that bind no endpoint.
func (s *service) split(rows *batch) *batch {
	var with, without []int32
	for i := range rows.n {
		if rows.get(s.node.Endpoint.Slot, i) == store.NoID {
			without = append(without, int32(i))
		} else {
			with = append(with, int32(i))
		}
	}
	if len(without) == 0 {
		return rows
	}
	part := func(keep []int32) *batch {
		b := &batch{n: rows.n, cols: append([][]store.ID(nil), rows.cols...)}
		var c compactor
		c.keep(b, keep)
		return b
	}
	s.nowhere = part(without)
	return part(with)
}
