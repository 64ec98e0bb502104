package optimizer

import (
	"testing"

	"triplestore/store"
)

func orderNamed(t *testing.T, name string) store.Order {
	for o := store.Order(0); o < store.NumOrders; o++ {
		if o.String() == name {
			return o
		}
	}
	t.Fatal(name)
	return 0
}

// TestKeyFirst: the table of a semi-join is read in the order of the key, and without literals where these cannot match.
func TestKeyFirst(t *testing.T) {
	t.Parallel()
	scan := func(order string, prefix int, s, p, o Ref) *Scan {
		x := &Scan{Pattern: Pattern{S: s, P: p, O: o}, Order: orderNamed(t, order), Prefix: prefix}
		x.Certain = x.Pattern.Vars()
		x.Maybe = x.Certain
		return x
	}
	v := func(slot int) Ref { return Ref{Slot: slot} }
	k := Ref{Kind: RefConst, ID: store.MakeID(store.TagIRI, 0, 7)}
	subject, object := scan("posg", 1, v(0), k, v(1)), scan("posg", 1, v(1), k, v(0))
	for _, c := range []struct {
		name, order string
		prefix      int
		l, r        Node
		bounded     bool
	}{
		{"all objects for a subject", "ospg", 0, subject, scan("spog", 0, v(2), v(3), v(0)), true},
		{"all objects for an object", "ospg", 0, object, scan("spog", 0, v(2), v(3), v(0)), false},
		{"all subjects", "spog", 0, subject, scan("ospg", 0, v(0), v(3), v(2)), false},
		{"objects of a predicate", "posg", 1, subject, scan("psog", 1, v(2), k, v(0)), true},
		{"subjects of a predicate", "psog", 1, subject, scan("posg", 1, v(0), k, v(2)), false},
		{"beneath an OPTIONAL", "ospg", 0, &Lookup{Props: *object.P(), In: object, Kind: Left, Pattern: Pattern{S: v(0), P: k, O: v(5)}}, scan("spog", 0, v(2), v(3), v(0)), false},
		{"a lookup", "ospg", 0, &Lookup{Props: *object.P(), In: object, Pattern: Pattern{S: v(0), P: k, O: v(5)}}, scan("spog", 0, v(2), v(3), v(0)), true},
		{"two keys", "spog", 0, subject, scan("spog", 0, v(0), v(3), v(1)), false},
		{"a key twice", "spog", 0, subject, scan("spog", 0, v(0), v(3), v(0)), false},
	} {
		before := *c.r.(*Scan)
		got := keyFirst(c.l, c.r).(*Scan)
		if got.Order.String() != c.order || got.Prefix != c.prefix {
			t.Errorf("%s: %s, prefix %d", c.name, got.Order, got.Prefix)
		}
		if (got.Lo != 0) != c.bounded || c.bounded && (got.Lo != tagStart(store.TagBlankNode) || got.Hi != tagStart(store.TagString)-1) {
			t.Errorf("%s: range %x to %x", c.name, got.Lo, got.Hi)
		}
		if c.r.(*Scan).Order != before.Order || c.r.(*Scan).Lo != 0 {
			t.Errorf("%s: the scan itself was changed", c.name)
		}
	}
}

// TestKeyOrder: a large table is read in the order of the key with the most values; a small one, a range and what has no such order stay.
func TestKeyOrder(t *testing.T) {
	t.Parallel()
	v := func(slot int) Ref { return Ref{Slot: slot} }
	k := Ref{Kind: RefConst, ID: store.MakeID(store.TagIRI, 0, 7)}
	left := &Values{Props: Props{Maybe: SetOf(0, 1)}}
	for _, c := range []struct {
		name, order string
		rows, of1   float64 // different values of variable 1; of 0 there are 1000
		o           Ref
		lo          store.ID
	}{
		{"large", "psog", 1e6, 10, v(1), 0},
		{"more values of the other", "posg", 1e6, 1e5, v(1), 0},
		{"small", "posg", 1000, 10, v(1), 0},
		{"a range", "posg", 1e6, 10, v(1), 5},
		{"a key twice", "posg", 1e6, 10, v(0), 0},
	} {
		r := &Scan{Pattern: Pattern{S: v(0), P: k, O: c.o}, Order: orderNamed(t, "posg"), Prefix: 1, Lo: c.lo}
		r.Rows, r.Certain, r.Maybe = c.rows, r.Pattern.Vars(), r.Pattern.Vars()
		r.Sorted = []int{c.o.Slot}
		r.Distinct.set(0, 1000)
		r.Distinct.set(1, c.of1)
		if got := keyOrder(left, r).(*Scan); got.Order.String() != c.order || got != r && got.Sorted[0] != 0 {
			t.Errorf("%s: %s, sorted by %v", c.name, got.Order, got.Sorted)
		}
	}
}
