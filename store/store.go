// Package store is the contract between the engine and whatever keeps the quads: IDs, orders, snapshots, scans, transactions,
// statistics and errors. It knows no storage; badgerstore and memstore implement it and storetest holds them to it.
//
// To begin: open a store with badgerstore.Open, or memstore.New; write with [Store.Update], which gives a [Txn]; read from a [Snapshot], by
// queries with package sparql, or by [Snapshot.Scan] where rows of IDs are wanted. A snapshot sees one commit, whatever is written meanwhile, and
// must be closed.
package store

import (
	"context"
	"errors"
	"time"

	"triplestore/rdf"
)

// Errors that implementations wrap; test with errors.Is.
var (
	// ErrCorrupt: bytes on disk are not what was written.
	ErrCorrupt = errors.New("store is corrupt")
	// ErrClosed: the store, snapshot or transaction was closed.
	ErrClosed = errors.New("store is closed")
	// ErrLocked: another process has the store open.
	ErrLocked = errors.New("store is locked by another process")
	// ErrFormat: the store was written in a format that this program does not read.
	ErrFormat = errors.New("store has an unknown format")
)

// Position is a column of a quad.
type Position uint8

// The positions of a quad.
const (
	S Position = iota
	P
	O
	G
)

// Order is one of the sort orders in which quads are kept.
type Order uint8

// The orders, named by their letters.
const (
	SPOG Order = iota
	SOPG
	POSG
	PSOG
	OSPG
	OPSG
	GSPO
	NumOrders
)

var orderPositions = [NumOrders][4]Position{
	{S, P, O, G}, {S, O, P, G}, {P, O, S, G}, {P, S, O, G}, {O, S, P, G}, {O, P, S, G}, {G, S, P, O},
}

var orderNames = [NumOrders]string{"spog", "sopg", "posg", "psog", "ospg", "opsg", "gspo"}

// Positions lists the columns of the order, most significant first.
func (o Order) Positions() [4]Position { return orderPositions[o] }

// String gives the order's letters.
func (o Order) String() string { return orderNames[o] }

// Quad is a quad of IDs, indexed by Position. In the column G, DefaultGraph stands for the default graph.
type Quad [4]ID

// Commit names a state of the store.
type Commit struct {
	// Number counts commits from 1; 0 is the empty store before any.
	Number uint64
	// Time is when the commit became durable, in UTC.
	Time time.Time
}

// Block is a run of rows of a scan, as columns in the scan's order. Columns that were not asked for are nil. The slices
// belong to the cursor: they are read-only and stay valid until its next call.
type Block struct {
	Len  int
	Cols [4][]ID
}

// ColumnSet is a set of columns of an order by index: bit i is the i-th column of the order (not of the quad).
type ColumnSet uint8

// AllColumns asks a scan for every column.
const AllColumns ColumnSet = 15

// Range is what a scan covers: the rows that begin with Prefix and whose next column lies in [Lo, Hi]. Hi NoID is no upper
// bound; bounds need a prefix of at most three columns. IDs are compared as unsigned numbers.
type Range struct {
	Order  Order
	Prefix []ID
	Lo, Hi ID
}

// Cursor walks the rows of a range in order. It is not safe for concurrent use. Every method may return an error that wraps
// ErrCorrupt or is the context's error.
type Cursor interface {
	// Next returns the next rows, or a Block of Len 0 at the end.
	Next() (Block, error)
	// Seek moves forward so that the next row is the first one, from the present place on, that is not less than key, which is a
	// (partial) row in the order's columns and includes the range's prefix. It never moves backward.
	Seek(key []ID) error
	// Close releases the cursor; calling it twice is fine.
	Close()
}

// Snapshot is one state of the store, fixed for as long as it is open. It is safe for concurrent use, except for Close.
type Snapshot interface {
	// Commit names the state.
	Commit() Commit
	// Scan opens a cursor that yields the given columns of a range. It checks ctx at every block.
	Scan(ctx context.Context, r Range, columns ColumnSet) Cursor
	// Count is the exact number of rows in a range, at the cost of O(log n) pages.
	Count(r Range) (uint64, error)
	// Distinct estimates how many different values the column after the prefix has in the range. It is exact where cheap.
	Distinct(r Range) (uint64, error)
	// ID finds the ID of a term; ok is false where the term is nowhere in the store. Inlined terms always have one.
	ID(t rdf.Term) (id ID, ok bool, err error)
	// Terms fetches the terms of ids into dst, which is as long. It is fastest when ids are sorted. An ID that this
	// store never gave out, NoID and DefaultGraph give the zero Term.
	Terms(ids []ID, dst []rdf.Term) error
	// Graphs lists the named graphs that hold quads with their number of quads, in order of ID; the default graph is among
	// them as DefaultGraph if it is not empty. It costs O(graphs).
	Graphs() ([]GraphCount, error)
	// Languages and Datatypes resolve the field ID.Aux of language-tagged and typed literals: the index is Aux; AuxOther
	// stands for those that have no index of their own. The slices are read-only.
	Languages() []string
	Datatypes() []string
	// Stats describes the state's size.
	Stats() (Stats, error)
	// Close lets go of the state. Cursors must be closed before.
	Close() error
}

// DistinctCounter is a Snapshot that knows exactly, at the cost of O(log n) pages, how many different values the column after a range's
// prefix has. The range has no Lo and Hi.
type DistinctCounter interface {
	CountDistinct(r Range) (uint64, error)
}

// Picker is a Snapshot that finds rows of a range by their place in it.
type Picker interface {
	// Pick appends the quads of a range at places, which are counted from 0 and ascend, to to; those beyond its end are left out. It costs
	// O(log n) pages for each.
	Pick(r Range, places []uint64, to []Quad) ([]Quad, error)
}

// Versioned is a Snapshot that can be told from those of other states: snapshots with equal versions, which are values that compare with
// ==, hold the same quads with the same IDs. ok is false where there is no version.
type Versioned interface {
	Version() (version any, ok bool)
}

// GraphCount is a graph and its number of quads.
type GraphCount struct {
	Graph ID
	Quads uint64
}

// Stats is what a store tells about its size. Fields that an implementation cannot know are 0.
type Stats struct {
	Quads       uint64 `json:"quads"`
	Graphs      uint64 `json:"graphs"` // named graphs that hold quads
	Terms       uint64 `json:"terms"`  // in the dictionary; inlined terms do not count
	Commits     uint64 `json:"commits"`
	BytesOnDisk uint64 `json:"bytes_on_disk"`
}

// TransientAdder is a Txn that has, for long loads, a way of adding quads that keeps nothing of them: neither the slice nor the strings of
// their terms, whose memory may be used for something else as soon as AddTransient returns. Else it is as Txn.Add.
type TransientAdder interface {
	AddTransient(quads []rdf.Quad) error
}

// Txn is a transaction: changes that become visible and durable together or not at all. It is used by one goroutine at a
// time, except that Add may be called by several at once. A later call wins over an earlier one for the same quad. Its size
// is not limited by memory.
type Txn interface {
	// Add inserts quads; what is already there stays. The quads may be reused after it returns.
	Add(quads []rdf.Quad) error
	// Remove deletes quads; what is not there is ignored.
	Remove(quads []rdf.Quad) error
	// AddIDs and RemoveIDs are the same for quads whose IDs are known from a snapshot of this store or from ID.
	AddIDs(quads []Quad) error
	RemoveIDs(quads []Quad) error
	// ID finds or makes the ID of a term.
	ID(t rdf.Term) (ID, error)
	// Snapshot is the state with the changes so far. It must be closed before the transaction ends.
	Snapshot() (Snapshot, error)
}

// Store keeps quads. It is safe for concurrent use: readers take snapshots and never wait; writers take turns.
type Store interface {
	// Snapshot opens the newest state.
	Snapshot() (Snapshot, error)
	// Update runs fn in a transaction and commits when fn returns nil; else nothing changes. A transaction that changes nothing
	// makes no commit: Result.Commit is then the state it began with. When Update returns without error, the commit is durable.
	// Cancelling ctx stops a waiting or running transaction, up to the moment when it becomes durable.
	Update(ctx context.Context, fn func(Txn) error) (Result, error)
	// Close waits for the running transaction; snapshots must be closed before.
	Close() error
}

// Result tells what a transaction did.
type Result struct {
	Commit
	// Inserted and Deleted count quads that were really added and removed.
	Inserted, Deleted uint64
}
