package sparql

import (
	"context"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/exec"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// Options are the limits and settings of an engine or of one query or update. The zero value has no limits.
type Options struct {
	// Timeout ends a query that takes longer, from parsing to the last row, with ErrTimeout. 0 is none.
	Timeout time.Duration
	// Memory is about how many bytes a query may hold in sorts, hash tables, groups and other state. 0 is no limit.
	Memory int64
	// MaxRows ends a query that yields more solutions or triples with ErrTooManyRows. 0 is no limit.
	MaxRows int64
	// UnionDefaultGraph makes the default graph of a query without FROM the union of all graphs, named and default.
	UnionDefaultGraph bool
	// Base resolves relative IRIs of a query that has no BASE.
	Base string
	// Prefixes are known to every query besides its own.
	Prefixes map[string]string
	// NoOptimizer runs the query as it is written. It is meant for tests that compare the two.
	NoOptimizer bool
	// Profile measures rows and time of every operator, see Result.Profile. It costs a little.
	Profile bool
	// Now is the clock of NOW(), asked once per query; nil is the system's.
	Now func() time.Time
	// Default and Named, where Dataset is true, replace the dataset that the query's own FROM and FROM NAMED describe, as the
	// SPARQL Protocol's default-graph-uri and named-graph-uri do.
	Dataset        bool
	Default, Named []rdf.Term
	// Params are values for variables of queries, see Engine.QueryParams.
	Params map[string]rdf.Term
	// Functions are extension functions by IRI. They must be safe for concurrent use.
	Functions map[string]expr.Function
	// Service asks the endpoints that SERVICE names; package sparql/service has one that does so over HTTP. Nil refuses SERVICE.
	// ServiceRows is with how many rows of the query's own an endpoint is asked at a time; 0 is 500.
	Service     ServiceClient
	ServiceRows int
	// Load reads a document for LOAD in an update; emit may be called by several goroutines at once, and its errors must be returned.
	// Nil refuses LOAD.
	Load func(ctx context.Context, d Document, emit func([]rdf.Quad) error) error
	// Describe is what DESCRIBE tells about each resource: the concise bounded description unless set otherwise.
	Describe Description
	// Pool is memory that all queries and updates of a process share; nil is none, so that each has Memory for itself.
	Pool *Pool
	// Disk is how many bytes of temporary files a query may have at the same time: sorts, groups, DISTINCT and hash joins that need more
	// than Memory, or than the Pool has left, go there, and what then does not suffice ends the query with ErrDisk. 0 is none: then
	// the query ends with ErrMemory or ErrPool at once. Nothing remains after the Result is closed.
	Disk int64
	// TempDir is where queries and updates put what does not fit into memory; empty is the system's folder for such files.
	TempDir string
	// SpillAll uses temporary files wherever they may be used. It is meant for tests.
	SpillAll bool
	// SmallPieces computes groups in pieces, as it is done over many rows, however few there are. It is meant for tests.
	SmallPieces bool
	// ShareAll runs equal parts of a plan once, and takes out of unions what all branches have, whatever that costs. It is meant for tests.
	ShareAll bool
	// DrawAll samples the joins of every query, by few rows, and compares their orders, however little there is to be gained. It is meant for tests.
	DrawAll bool
}

// Engine answers queries and carries out updates. It is safe for concurrent use. Between queries it keeps nothing but plans of those that
// were asked repeatedly, at most some 32 MiB of them; each holds for one state of a store that is [store.Versioned].
type Engine struct {
	options Options
	plans   *planCache
	counts  *optimizer.Statistics
}

// NewEngine makes an engine with options that every query has. Their maps must not be changed afterwards.
func NewEngine(o Options) *Engine {
	return &Engine{options: o, plans: newPlanCache(), counts: optimizer.NewStatistics()}
}

// Options are the ones given to NewEngine.
func (e *Engine) Options() Options { return e.options }

// Query parses, plans and starts a query. The snapshot must stay open until the Result is closed; the caller closes both. The
// error is a *syntax.Error for text that is no SPARQL, an *UnsupportedError, or one of those that Result.Rows may yield.
func (e *Engine) Query(ctx context.Context, snap store.Snapshot, text string) (*Result, error) {
	return e.QueryWith(ctx, snap, text, e.options)
}

// QueryWith is Query with other options than the engine's.
func (e *Engine) QueryWith(ctx context.Context, snap store.Snapshot, text string, o Options) (*Result, error) {
	return e.start(ctx, snap, text, o)
}

// Explain plans a query and shows the plan as indented text, one operator a line with its estimates, without running it.
func (e *Engine) Explain(ctx context.Context, snap store.Snapshot, text string) (string, error) {
	plan, err := e.explain(ctx, snap, text)
	if err != nil {
		return "", err
	}
	return plan.Explain(nil), nil
}

// ExplainTree is Explain for programs, such as for JSON.
func (e *Engine) ExplainTree(ctx context.Context, snap store.Snapshot, text string) (*PlanTree, error) {
	plan, err := e.explain(ctx, snap, text)
	if err != nil {
		return nil, err
	}
	return plan.Tree(nil), nil
}

// Profile runs a query to its end, throws its results away and tells what was measured: as text and for programs. Where a limit ends
// the query, both are there beside the error, as far as it came.
func (e *Engine) Profile(ctx context.Context, snap store.Snapshot, text string) (shown string, tree *PlanTree, err error) {
	o := e.options
	o.Profile = true
	r, err := e.QueryWith(ctx, snap, text, o)
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	switch r.Form() {
	case algebra.Ask:
		_, err = r.Bool()
	case algebra.Select:
		for _, err = range r.Rows() {
			if err != nil {
				break
			}
		}
	default:
		for _, err = range r.Triples() {
			if err != nil {
				break
			}
		}
	}
	return r.Profile(), r.ProfileTree(), err
}

// Description is what DESCRIBE tells about a resource: [Concise], [Symmetric] or [Outgoing].
type Description = exec.Description

// The descriptions that DESCRIBE can give.
const (
	// Concise is the concise bounded description (https://www.w3.org/submissions/CBD/), which is the default.
	Concise = exec.Concise
	// Symmetric is Concise with the triples that have the resource as object, and so on through blank nodes.
	Symmetric = exec.Symmetric
	// Outgoing is the triples that have the resource as subject, and nothing more.
	Outgoing = exec.Outgoing
)

// ParseDescription reads concise, symmetric or outgoing, or the usual short names of the first two, cbd and scbd. Case does not matter.
func ParseDescription(name string) (Description, error) { return exec.ParseDescription(name) }

// PlanTree is a plan for programs, with what was measured if it ran. Its JSON is stable.
type PlanTree = optimizer.PlanTree

// PlanNode is an operator of a PlanTree.
type PlanNode = optimizer.PlanNode
