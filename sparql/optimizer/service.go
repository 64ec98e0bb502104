package optimizer

import (
	"math"
	"strings"

	"triplestore/sparql/algebra"
)

// Service joins In with what an endpoint answers to Text. The endpoint is asked with the values that In has for the variables of
// Text, many rows at a time.
type Service struct {
	Props
	In       Node
	Endpoint Ref
	// Silent: an endpoint that does not answer leaves the rows as they are.
	Silent bool
	// Text is a query whose solutions bind Vars; these are the places of the same index in Bind.
	Text string
	Vars []string
	Bind []Ref
	// Answer are the properties of what the endpoint answers. Always are the slots that Text always binds, which is checked when the
	// answer arrives.
	Answer Props
	Always Set
	// Join joins In, its L, with the answers, its R, neither of which is there to be run.
	Join *HashJoin
}

// ServiceRows is how many rows are sent to an endpoint at a time.
const ServiceRows = 500

const (
	costRequest  = 20e6 // asking an endpoint
	costAnswer   = 2000 // reading a row of its answer
	costNoBefore = 1e18 // asking an endpoint that is not known yet
)

// service plans SERVICE on top of in.
func (p *planner) service(o *algebra.Service, in Node) (*Service, error) {
	n := &Service{In: in, Silent: o.Silent, Text: o.Text, Vars: o.Vars}
	var err error
	if n.Endpoint, err = p.ref(o.Name); err != nil {
		return nil, err
	}
	n.Answer.Rows = remoteRows(o.In)
	table := newVarTable() // the pattern has names of its own
	bound := newBinds(table).always(o.In)
	for i, v := range o.As {
		r, err := p.ref(algebra.Node{Var: v})
		if err != nil {
			return nil, err
		}
		n.Bind = append(n.Bind, r)
		if r.IsVar() {
			n.Answer.Maybe = n.Answer.Maybe.With(r.Slot)
			if table.has(bound, o.Vars[i]) {
				n.Always = n.Always.With(r.Slot)
			}
		}
	}
	ip := in.P()
	asked := ip.Maybe.Overlaps(n.Answer.Maybe)
	known := !n.Endpoint.IsVar() || ip.Maybe.Has(n.Endpoint.Slot)
	if n.Endpoint.IsVar() {
		n.Answer.Maybe = n.Answer.Maybe.With(n.Endpoint.Slot)
	}
	if !o.Silent {
		if n.Answer.Certain = n.Always; n.Endpoint.IsVar() {
			n.Answer.Certain = n.Answer.Certain.With(n.Endpoint.Slot)
		}
	}
	if ip.Maybe.Intersect(n.Answer.Maybe).Len() > 64 {
		return nil, &UnsupportedError{Feature: "joins on more than 64 variables"}
	}
	n.Join = &HashJoin{L: &Input{Props: *ip}, R: &Empty{Props: n.Answer}, Kind: Inner}
	requests := 1.0
	if isUnit(in) {
		n.Props = n.Answer
	} else {
		joined(&n.Join.Props, ip, &n.Answer, Inner)
		n.Props = n.Join.Props
		if asked {
			requests = max(1, math.Ceil(ip.Rows/ServiceRows))
		}
	}
	n.Sorted = nil
	n.Cost = ip.Cost + requests*costRequest + min(n.Rows, n.Answer.Rows*requests)*costAnswer
	n.bound()
	if !known {
		n.Cost, n.Rows = costNoBefore, 1e12
	}
	return n, nil
}

// serviceJoin plans the join of in with SERVICE: asking with the rows of in, or asking for everything.
func (p *planner) serviceJoin(o *algebra.Service, in Node) (Node, error) {
	on, err := p.service(o, in)
	if err != nil || isUnit(in) {
		return on, err
	}
	own, err := p.own(o)
	if err != nil {
		return nil, err
	}
	hashed, err := p.hashJoin(in, own, Inner, nil)
	if err != nil {
		return nil, err
	}
	return p.cheaper(on, hashed), nil
}

// ready reports whether an item can be joined to rows that bind these variables: an endpoint has to be known.
func (p *planner) ready(it *item, bound Set) bool {
	o, ok := it.op.(*algebra.Service)
	if !ok || !o.Name.IsVar() {
		return true
	}
	s := p.slot(o.Name.Var)
	return p.params.Has(s) || bound.Has(s)
}

// rename gives the variables of SERVICE names of the enclosing scope. The pattern itself keeps the names that its text has.
func (s *scoper) service(o *algebra.Service, n *names, in *Set) *algebra.Service {
	c := &algebra.Service{Name: s.node(o.Name, n, in), Silent: o.Silent, In: o.In, Text: o.Text, At: o.At}
	for _, v := range algebra.Vars(o.In) {
		if strings.HasPrefix(v, ".") {
			continue
		}
		u := s.name(n, v)
		in.insert(s.vars.number(u))
		c.Vars, c.As = append(c.Vars, v), append(c.As, u)
	}
	return c
}

// serviceScope is the scope of SERVICE, whose pattern has names of its own.
func (p *planner) serviceScope(o *algebra.Service) (s scope) {
	add := func(name string, certain bool) {
		if x := p.slot(name); !p.params.Has(x) {
			s.maybe = s.maybe.With(x)
			if certain {
				s.certain = s.certain.With(x)
			}
		}
	}
	table := newVarTable()
	var bound Set
	if !o.Silent {
		bound = newBinds(table).always(o.In)
	}
	for i, v := range o.Vars {
		add(o.As[i], table.has(bound, v))
	}
	if o.Name.IsVar() {
		add(o.Name.Var, !o.Silent)
	}
	return s
}

// remoteRows guesses how many solutions a pattern has in a place that nothing is known about.
func remoteRows(op algebra.Op) float64 {
	switch o := op.(type) {
	case *algebra.BGP:
		if len(o.Patterns) == 0 {
			return 1
		}
		rows := math.Inf(1)
		for _, t := range o.Patterns {
			n := 1e6
			if !t.P.IsVar() {
				n = 1e5
			}
			if !t.O.IsVar() && t.O.Triple == nil {
				n = min(n/100, 1e4)
			}
			if !t.S.IsVar() && t.S.Triple == nil {
				n = min(n/100, 10)
			}
			rows = min(rows, n)
		}
		return rows
	case *algebra.PathPattern:
		if !o.S.IsVar() || !o.O.IsVar() {
			return 1e3
		}
		return 1e6
	case *algebra.Join:
		return min(remoteRows(o.L), remoteRows(o.R))
	case *algebra.Union:
		return remoteRows(o.L) + remoteRows(o.R)
	case *algebra.Filter:
		return remoteRows(o.In) * 0.4
	case *algebra.Values:
		return float64(len(o.Rows))
	case *algebra.Group:
		if len(o.Keys) == 0 {
			return 1
		}
		return math.Sqrt(remoteRows(o.In)) * 4
	case *algebra.Slice:
		n := remoteRows(o.In)
		if o.Limit >= 0 {
			n = min(n, float64(o.Limit))
		}
		return n
	}
	if below := algebra.Children(op); len(below) > 0 {
		return remoteRows(below[0])
	}
	return 1e5
}

func (p *Plan) describeService(n *Service) string {
	s := "service"
	if n.Silent {
		s += " silent"
	}
	vars := make([]string, len(n.Vars))
	for i, v := range n.Vars {
		vars[i] = "?" + v
	}
	return s + " " + p.ref(n.Endpoint) + " (" + strings.Join(vars, " ") + ")"
}
