package optimizer

import (
	"context"
	"errors"
	"slices"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/expr"
	"triplestore/sparql/idexpr"
	"triplestore/store"
)

// Options are the settings of planning.
type Options struct {
	// UnionDefaultGraph makes the default graph the union of all graphs where the query describes no dataset.
	UnionDefaultGraph bool
	// NoOptimizer plans the query as it is written: rules off, joins from left to right, by hash tables only.
	NoOptimizer bool
	// ShareAll runs plans once that occur several times whatever they cost, and takes out of unions what all branches have, for tests.
	ShareAll bool
	// DrawAll samples and orders every group whatever it costs, with draws of few rows, and takes what samples say for better, for tests.
	DrawAll bool
	// Function tells whether an IRI names an extension function; nil is that there are none.
	Function func(iri string) bool
	// Statistics keeps counts between queries; nil asks the store for each.
	Statistics *Statistics
}

// maxSlots bounds the number of variables of a query, and with it what a batch costs.
const maxSlots = 4096

// maxNames is how many variables there may be before rules make them fewer: the sets of variables grow with the square of their number.
const maxNames = 2 * maxSlots

const tooManyVariables = "queries with more than 4096 variables"

// planner plans one query, or later a nested pattern of it.
type planner struct {
	*shared
	effort   *effort
	graph    Graph   // active
	params   Set     // slots that are constants here
	worth    float64 // what a plan is compared with that costs so much is worth no more effort than that; 0 is no bound
	want     int     // the slot that rows had better be sorted by, or -1
	first    float64 // the part of the rows that is wanted, where only the first are; else 0
	forFirst bool    // it is planned once more for the first rows
	late     bool    // the query runs: there can be no new slots and terms
	each     bool    // the pattern of an EXISTS or LATERAL is planned that is evaluated for one solution at a time
	inExists bool    // the pattern of an EXISTS is planned on top of the rows outside
	show     bool    // patterns bind their parameters as if these were variables, see minusKind
	given    Set     // parameters that projections bind as variables in the sense of scope
	scopes   map[algebra.Op]scope
	owns     map[algebra.Op]Node // see own
}

// shared is what a query's planners have in common.
type shared struct {
	ctx      context.Context
	snap     store.Snapshot
	options  Options
	names    map[string]int
	slots    []string
	rows     map[algebra.Op]int // the slots of row numbers, by the right side of the join
	locals   []rdf.Term
	localIDs map[rdf.Term]store.ID
	exists   []*Sub
	marks    map[*algebra.Exists]int // slots of whether there is a solution
	dates    map[*algebra.Call]int   // slots of parts of dates, see dateParts
	subs     map[any]int             // by *algebra.Exists or *algebra.Lateral
	outer    map[any][]string
	vars     *varTable     // of factored
	inputs   map[Node]bool // see readsInput

	// See factored.
	patterns map[algebra.TriplePattern]int
	commons  map[*algebra.Union]Set
	above    map[*algebra.Union]int

	announced map[algebra.Op]bool
	// What operators bind where there are no parameters, for all planners of the query; see scope.
	unbound map[algebra.Op]scope
	special map[algebra.Op]Set
	dataset dataset
	stats   *stats
	sampler sampler
	seq     int
}

// Optimize plans a query over a snapshot. The error may be an *UnsupportedError, one of package expr about an unknown function, the
// context's or the store's.
func Optimize(ctx context.Context, snap store.Snapshot, q *algebra.Query, o Options) (*Plan, error) {
	s := &scoper{ctx: ctx, taken: map[string]bool{}, outer: map[any][]string{}, vars: newVarTable()}
	p := &planner{effort: newEffort(), want: -1, scopes: map[algebra.Op]scope{}, owns: map[algebra.Op]Node{}, shared: &shared{ctx: ctx, snap: snap, options: o, stats: newStats(ctx, snap, o.Statistics), sampler: newSampler(snap, o.DrawAll),
		names: map[string]int{}, rows: map[algebra.Op]int{}, localIDs: map[rdf.Term]store.ID{}, subs: map[any]int{}, marks: map[*algebra.Exists]int{}, dates: map[*algebra.Call]int{}, outer: s.outer, vars: s.vars,
		announced: map[algebra.Op]bool{}, patterns: map[algebra.TriplePattern]int{}, commons: map[*algebra.Union]Set{}, above: map[*algebra.Union]int{}, unbound: map[algebra.Op]scope{}, special: map[algebra.Op]Set{}}}
	if err := p.resolveDataset(q.Dataset); err != nil {
		return nil, err
	}
	p.graph, p.scopes = p.dataset.def, p.unbound
	top := &names{}
	for _, v := range q.Vars {
		s.name(top, v)
	}
	op, _ := s.op(q.Pattern, top, Set{})
	if s.err != nil {
		return nil, s.err
	}
	s.asked(q, top)
	for _, r := range rules {
		if r.always || !o.NoOptimizer {
			op = r.apply(s, op)
		}
		if s.stopped() {
			break
		}
	}
	if s.err != nil {
		return nil, s.err
	}
	out := &Plan{Query: q, Graph: p.dataset.def}
	var err error
	switch q.Form {
	case algebra.Select:
		for _, v := range q.Vars {
			out.Out = append(out.Out, p.slot(s.name(top, v)))
		}
	case algebra.Construct:
		out.Template, err = p.template(q.Template, s, top, &out.Out)
	case algebra.Describe:
		for _, n := range q.Describe {
			if n.IsVar() {
				slot := p.slot(s.name(top, n.Var))
				out.Out = append(out.Out, slot)
				out.Describe = append(out.Describe, Ref{Slot: slot})
				continue
			}
			id, err := p.id(n.Term)
			if err != nil {
				return nil, err
			}
			out.Describe = append(out.Describe, Ref{Kind: RefConst, ID: id})
		}
	}
	if err != nil {
		return nil, err
	}
	if out.Root, err = p.root(op, q.Form); err != nil {
		return nil, err
	}
	if len(p.slots) > maxSlots {
		return nil, &UnsupportedError{Feature: tooManyVariables}
	}
	out.Unique = uniqueTriples(out)
	var shared []*SharedPlan
	if !o.NoOptimizer {
		shared = p.share(out.Root)
	}
	prune(out.Root, SetOf(out.Out...))
	pruneShared(shared)
	p.number(out.Root)
	out.Joins, out.Bounded = p.effort.spent(), p.effort.bounded
	out.Slots, out.Locals, out.Exists = p.slots, p.locals, p.exists
	out.Terms = make(map[store.ID]rdf.Term, len(p.localIDs))
	for t, id := range p.localIDs {
		out.Terms[id] = t
	}
	return out, nil
}

func (p *planner) root(op algebra.Op, form algebra.Form) (Node, error) {
	if form == algebra.Ask {
		op = &algebra.Slice{Limit: 1, In: op}
	}
	return p.op(op)
}

// op plans an operator on its own.
func (p *planner) op(op algebra.Op) (Node, error) {
	if p.options.NoOptimizer || p.show {
		return p.naive(op)
	}
	return p.plan(op, p.unit())
}

// own plans an operator on its own, once however many ways of joining it are compared.
func (p *planner) own(op algebra.Op) (Node, error) {
	if n, ok := p.owns[op]; ok {
		return n, nil
	}
	n, err := p.plan(op, p.unit())
	if err == nil {
		p.owns[op] = n
	}
	return n, err
}

func (p *planner) number(n Node) {
	p.seq++
	n.P().Seq = p.seq
	for _, c := range Children(n) {
		p.number(c)
	}
}

// slot is the slot of a variable.
func (p *planner) slot(name string) int {
	s, ok := p.names[name]
	if !ok {
		if p.late {
			panic("optimizer: new variable " + name + " in a running query")
		}
		s = len(p.slots)
		p.names[name] = s
		p.slots = append(p.slots, name)
	}
	return s
}

// row is the slot of row numbers for a join with r on its right side.
func (p *planner) row(r algebra.Op) int {
	s, ok := p.rows[r]
	if !ok {
		if p.late {
			panic("optimizer: new slot in a running query")
		}
		s = len(p.slots)
		p.slots = append(p.slots, "")
		p.rows[r] = s
	}
	return s
}

// id is the ID of a term of the query.
func (p *planner) id(t rdf.Term) (store.ID, error) {
	if t.IsZero() {
		return store.NoID, nil
	}
	if id, ok := store.Inline(t); ok {
		return id, nil
	}
	if id, ok := p.localIDs[t]; ok {
		return id, nil
	}
	id, ok, err := p.snap.ID(t)
	if err != nil {
		return 0, err
	}
	if !ok {
		if p.late {
			panic("optimizer: new term in a running query")
		}
		id = store.MakeID(store.TagLocal, 0, uint64(len(p.locals)))
		p.locals = append(p.locals, t)
	}
	p.localIDs[t] = id
	return id, nil
}

// ref resolves a place of a pattern.
func (p *planner) ref(n algebra.Node) (Ref, error) {
	switch {
	case n.Triple != nil:
		return Ref{}, &UnsupportedError{Feature: "triple terms with variables in patterns"}
	case n.IsVar():
		s := p.slot(n.Var)
		if p.params.Has(s) {
			return Ref{Kind: RefParam, Slot: s}, nil
		}
		return Ref{Slot: s}, nil
	}
	id, err := p.id(n.Term)
	return Ref{Kind: RefConst, ID: id}, err
}

// cond compiles an expression.
func (p *planner) cond(e algebra.Expr) (*Cond, error) {
	p.effort.left -= perPlan
	c := &Cond{Expr: e}
	var existsErr error
	program, err := expr.Compile(e, expr.CompileOptions{
		Ctx:      p.ctx,
		Slot:     func(name string) (int, bool) { return p.slot(name), true },
		Function: p.options.Function,
		Exists: func(x *algebra.Exists) int {
			i, err := p.sub(x)
			if err != nil && existsErr == nil {
				existsErr = err
			}
			c.Exists = append(c.Exists, i)
			return i
		},
	})
	if err == nil {
		err = existsErr
	}
	if err != nil {
		var unknown *expr.CompileError
		if errors.As(err, &unknown) && unknown.Function != "" {
			return nil, &UnsupportedError{Feature: unknown.Msg}
		}
		return nil, err
	}
	c.Program, c.Pure = program, program.Pure()
	set := SetOf(program.Slots()...)
	for _, i := range c.Exists {
		set = set.Union(SetOf(p.exists[i].Outer...))
	}
	c.Slots = set.Slots()
	if len(c.Slots) == 1 && c.Pure && !p.options.NoOptimizer {
		c.Direct = program.Direct()
		if c.Test = p.test(e, c.Slots[0]); c.Test != nil {
			c.ByID = idexpr.OfTest(c.Slots[0], c.Test.result)
		}
	}
	if c.Test == nil && len(c.Slots) > 0 && c.Pure && !p.options.NoOptimizer {
		c.ByID = p.byID(e)
	}
	return c, nil
}

func (p *planner) conds(es []algebra.Expr) ([]*Cond, error) {
	var out []*Cond
	for _, e := range es {
		c, err := p.cond(e)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// sub registers the pattern of an EXISTS, which is evaluated for one solution at a time.
func (p *planner) sub(x *algebra.Exists) (int, error) {
	if i, ok := p.subs[x]; ok {
		return i, nil
	}
	s := &Sub{}
	err := p.nested(s, x, x.In)
	p.exists = append(p.exists, s)
	p.subs[x] = len(p.exists) - 1
	return len(p.exists) - 1, err
}

// nested completes a Sub. Slots and terms that a later plan of the pattern can need are made known now, and a first plan brings
// errors before the query runs.
func (p *planner) nested(s *Sub, key any, op algebra.Op) error {
	if p.late {
		panic("optimizer: new pattern in a running query")
	}
	for _, v := range p.outer[key] {
		s.Outer = append(s.Outer, p.slot(v))
	}
	slices.Sort(s.Outer)
	p.announce(op)
	graph, sh, e := p.graph, p.shared, p.effort
	plan := func(bound Set, late, show bool) (Node, error) {
		c := &planner{each: true, effort: e, want: -1, shared: sh, graph: graph, params: bound, late: late, scopes: map[algebra.Op]scope{}, owns: map[algebra.Op]Node{}}
		if late {
			c.effort = newEffort() // the plan is not to depend on what was planned before
		}
		if c.show = show || c.unclearMinus(op); c.show {
			c.given = bound
		}
		return c.op(op)
	}
	s.Plan = func(bound Set) (Node, error) {
		n, err := plan(bound, true, false)
		if err != nil {
			return nil, err
		}
		prune(n, p.allSlots())
		return n, nil
	}
	var err error
	if s.Example, err = plan(SetOf(s.Outer...), false, false); err == nil && hasNested(op) {
		// For other solutions the patterns within may be planned in another way: this one makes all of them known.
		_, err = plan(SetOf(s.Outer...), false, true)
	}
	return err
}

// hasNested reports whether there are patterns in a pattern that are evaluated for one solution at a time.
func hasNested(op algebra.Op) bool {
	if _, ok := op.(*algebra.Lateral); ok {
		return true
	}
	return slices.ContainsFunc(exprsOf(op), hasExists) || slices.ContainsFunc(inputsOf(op), hasNested)
}

func (p *planner) allSlots() (s Set) {
	for i := range p.slots {
		s.insert(i)
	}
	return s
}

// announce makes slots for everything in an operator, once for what is nested in several.
func (p *planner) announce(op algebra.Op) {
	if p.announced[op] {
		return
	}
	p.announced[op] = true
	mentionedBy(op, func(v string) { p.slot(v) })
	switch o := op.(type) {
	case *algebra.LeftJoin:
		p.row(o.R)
	case *algebra.Minus:
		p.row(o.R)
	}
	for _, e := range exprsOf(op) {
		leaves(e, func(v string) { p.slot(v) }, func(x *algebra.Exists) {
			p.row(x.In)
			p.announce(x.In)
		})
	}
	for _, in := range inputsOf(op) {
		p.announce(in)
	}
}
