package update

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/store"
)

// Solutions are the solutions of a WHERE as batches of IDs; *exec.Query implements it.
type Solutions interface {
	// IDs calls emit with batches of n rows: a column for each of the query's Vars, nil where it is unbound in every row. An error
	// of emit ends it. IDs with TagLocal are terms that the snapshot does not have, see Local.
	IDs(emit func(n int, cols [][]store.ID) error) error
	// Local is the term of an ID with TagLocal.
	Local(id store.ID) rdf.Term
	// Close ends the query. It is called before the snapshot is closed.
	Close()
}

// Document is what LOAD asks for.
type Document struct {
	IRI string
	// BlankNodePrefix must be put before the label of every blank node of the document.
	BlankNodePrefix string
}

// Options say what updates may do.
type Options struct {
	// Where starts a SELECT over a snapshot. It must be set for operations with WHERE.
	Where func(ctx context.Context, snap store.Snapshot, q *algebra.Query) (Solutions, error)
	// Load reads a document and calls emit with its quads; emit may be called by several goroutines at once. Errors of emit must be
	// returned. Nil refuses LOAD.
	Load func(ctx context.Context, d Document, emit func([]rdf.Quad) error) error
	// Dataset, where Set, is the dataset of every WHERE, as the SPARQL Protocol's using-graph-uri and using-named-graph-uri say. It is
	// an error together with USING or WITH in the request (https://www.w3.org/TR/sparql11-protocol/#update-operation).
	Dataset algebra.Dataset
	// Memory is how many bytes of insertions are kept before they go to a temporary file in TempDir. 0 is 32 MiB; the empty TempDir
	// is the system's.
	Memory  int64
	TempDir string
}

// Result tells what an update did.
type Result struct {
	// Inserted and Deleted count the quads by which the states before and after differ. Commit names the state after.
	store.Result
	// Operations is the number of operations of the request.
	Operations int
}

// Reason says what kind of mistake an Error is.
type Reason uint8

// The reasons.
const (
	// GraphExists: CREATE of a graph that is there.
	GraphExists Reason = iota
	// NoGraph: ADD, COPY or MOVE from a graph that is not there.
	NoGraph
	// LoadRefused: LOAD is not allowed here.
	LoadRefused
	// LoadFailed: a document could not be read. Err tells why.
	LoadFailed
	// TwoDatasets: the request and its parameters both name a dataset.
	TwoDatasets
	// Denied: a graph may not be changed. Err is that of the store.Guard.
	Denied
)

// Error is the error of an operation that could not be carried out. Nothing of its request took effect.
type Error struct {
	// Operation is its number in the request, from 1, and Name what it is, such as "COPY".
	Operation int
	Name      string
	Reason    Reason
	Msg       string
	Err       error // may be nil
}

// Error names the operation and what went wrong.
func (e *Error) Error() string {
	return fmt.Sprintf("operation %d, %s: %s", e.Operation, e.Name, e.Msg)
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// Run carries out a request in a transaction of its own. The error is an *Error, one of Options.Where, or the store's or the
// context's; whatever it is, nothing took effect.
func Run(ctx context.Context, st store.Store, u *algebra.Update, o Options) (Result, error) {
	r, err := st.Update(ctx, func(txn store.Txn) error { return Apply(ctx, txn, u, o) })
	if err != nil {
		return Result{}, err
	}
	return Result{Result: r, Operations: len(u.Operations)}, nil
}

// Apply carries out a request in a transaction, which must be given up after an error.
func Apply(ctx context.Context, txn store.Txn, u *algebra.Update, o Options) error {
	x := &execution{ctx: ctx, txn: txn, o: o, prefix: nonce()}
	for i, op := range u.Operations {
		x.number, x.name = i+1, name(op)
		if err := guarded(txn, op); err != nil {
			return x.fail(Denied, err, "%v", err)
		}
	}
	for i, op := range u.Operations {
		x.number, x.name = i+1, name(op)
		if err := x.operation(op); err != nil {
			return err
		}
	}
	return nil
}

// execution is a request that is being carried out.
type execution struct {
	ctx    context.Context
	txn    store.Txn
	o      Options
	number int // of the operation
	name   string

	prefix string // of the labels of blank nodes
	blanks uint64 // made so far
}

// nonce is a random label of 80 bits: no two of them are the same.
func nonce() string {
	var b [10]byte
	rand.Read(b[:]) //nolint:errcheck // it never returns an error, see its documentation
	return "u" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// blankNode makes a blank node that is nowhere else.
func (x *execution) blankNode() rdf.Term {
	x.blanks++
	return rdf.BlankNode(fmt.Sprintf("%sx%d", x.prefix, x.blanks))
}

func (x *execution) fail(r Reason, err error, format string, args ...any) error {
	return &Error{Operation: x.number, Name: x.name, Reason: r, Msg: fmt.Sprintf(format, args...), Err: err}
}

func (x *execution) operation(op algebra.UpdateOp) error {
	if err := x.ctx.Err(); err != nil {
		return err
	}
	switch op := op.(type) {
	case *algebra.InsertData:
		return x.insertData(op)
	case *algebra.DeleteData:
		return inBatches(op.Quads, x.txn.Remove)
	case *algebra.Modify:
		return x.modify(op)
	case *algebra.Load:
		return x.load(op)
	case *algebra.Clear:
		return x.clear(op.Target)
	case *algebra.Drop:
		return x.clear(op.Target)
	case *algebra.Create:
		return x.create(op)
	case *algebra.Add:
		return x.transfer(op.From, op.To, op.Silent, false, false)
	case *algebra.Copy:
		return x.transfer(op.From, op.To, op.Silent, true, false)
	case *algebra.Move:
		return x.transfer(op.From, op.To, op.Silent, true, true)
	}
	return fmt.Errorf("update: unknown operation %T", op)
}

// name is an operation as people write it.
func name(op algebra.UpdateOp) string {
	switch op := op.(type) {
	case *algebra.InsertData:
		return "INSERT DATA"
	case *algebra.DeleteData:
		return "DELETE DATA"
	case *algebra.Modify:
		switch {
		case len(op.Insert) == 0:
			return "DELETE"
		case len(op.Delete) == 0:
			return "INSERT"
		}
		return "DELETE/INSERT"
	}
	return strings.ToUpper(strings.TrimPrefix(fmt.Sprintf("%T", op), "*algebra."))
}

// batchSize is how many quads go to the transaction at a time.
const batchSize = 4096

func inBatches[T any](list []T, f func([]T) error) error {
	for len(list) > 0 {
		n := min(len(list), batchSize)
		if err := f(list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (x *execution) insertData(op *algebra.InsertData) error {
	fresh := &relabel{nodes: map[string]rdf.Term{}, make: func(rdf.Term) (rdf.Term, error) { return x.blankNode(), nil }}
	batch := make([]rdf.Quad, 0, min(batchSize, len(op.Quads)))
	return inBatches(op.Quads, func(quads []rdf.Quad) error {
		batch = batch[:0]
		for _, q := range quads {
			s, err1 := fresh.term(q.S)
			o, err2 := fresh.term(q.O)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			batch = append(batch, rdf.Quad{S: s, P: q.P, O: o, G: q.G})
		}
		return x.txn.Add(batch)
	})
}

// relabel replaces blank nodes, those in triple terms too: the same label always by the same node.
type relabel struct {
	nodes map[string]rdf.Term
	make  func(rdf.Term) (rdf.Term, error)
}

func (r *relabel) term(t rdf.Term) (rdf.Term, error) {
	switch t.Kind() {
	case rdf.KindBlankNode:
		if n, ok := r.nodes[t.Value()]; ok {
			return n, nil
		}
		n, err := r.make(t)
		r.nodes[t.Value()] = n
		return n, err
	case rdf.KindTriple:
		in := t.Triple()
		s, err1 := r.term(in.S)
		o, err2 := r.term(in.O)
		if err := errors.Join(err1, err2); err != nil {
			return rdf.Term{}, err
		}
		if s == in.S && o == in.O {
			return t, nil
		}
		return rdf.TripleTerm(rdf.Triple{S: s, P: in.P, O: o}), nil
	}
	return t, nil
}
