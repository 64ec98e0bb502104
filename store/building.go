package store

import (
	"context"
	"sync/atomic"
)

// Phase is what a transaction is at that has all its changes and is on its way to a commit.
type Phase int32

const (
	// Collecting: the transaction still takes changes.
	Collecting Phase = iota
	// Sorting: the changes are sorted, before anything is written.
	Sorting
	// Writing: they are sorted by the other orders and written into pages.
	Writing
	// Syncing: all is written, and is made durable.
	Syncing
)

// String gives a word for the phase.
func (p Phase) String() string {
	return [...]string{"collecting", "sorting", "writing", "syncing"}[min(max(p, Collecting), Syncing)]
}

// Building tells how far a transaction has come towards its commit: put into the context of Update it is told by stores that know, and may be
// looked at meanwhile. It is safe for concurrent use. The methods of nil do nothing.
type Building struct {
	phase, orders atomic.Int32
	rows, changes atomic.Int64
}

// Built is the state of a Building.
type Built struct {
	Phase Phase
	// Orders of NumOrders are done.
	Orders int
	// Rows of TotalRows were written, over all orders; TotalRows is 0 where it is not known.
	Rows, TotalRows int64
}

type buildingKey struct{}

// WithBuilding is a context that tells b.
func WithBuilding(ctx context.Context, b *Building) context.Context {
	return context.WithValue(ctx, buildingKey{}, b)
}

// BuildingOf is what WithBuilding put into a context, or nil.
func BuildingOf(ctx context.Context) *Building {
	b, _ := ctx.Value(buildingKey{}).(*Building)
	return b
}

// Begin begins a phase.
func (b *Building) Begin(p Phase) {
	if b != nil {
		b.phase.Store(int32(p))
	}
}

// Changes tells how many changes go into each order.
func (b *Building) Changes(n int64) {
	if b != nil {
		b.changes.Store(n)
	}
}

// Wrote tells that rows of an order were written.
func (b *Building) Wrote(rows int) {
	if b != nil {
		b.rows.Add(int64(rows))
	}
}

// OrderDone tells that an order is done.
func (b *Building) OrderDone() {
	if b != nil {
		b.orders.Add(1)
	}
}

// Built is the present state.
func (b *Building) Built() Built {
	if b == nil {
		return Built{}
	}
	total := b.changes.Load() * int64(NumOrders)
	return Built{Phase: Phase(b.phase.Load()), Orders: int(b.orders.Load()), Rows: b.rows.Load(), TotalRows: total}
}
