package harvest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"triplestore/loaders/source"
)

func ready(t *ticket) bool {
	select {
	case <-t.ready:
		return true
	default:
		return false
	}
}

// TestQueue: those that came first begin first, but one that waits for its host or for an earlier run of its source holds up nobody.
func TestQueue(t *testing.T) {
	t.Parallel()
	q := newQueue(2)
	a := q.enter("a", []string{"x"})
	b := q.enter("b", []string{"x", "y"})
	c := q.enter("c", []string{"z"})
	d := q.enter("d", nil)
	again := q.enter("a", nil)
	expect := func(when string, want ...*ticket) {
		t.Helper()
		for name, x := range map[string]*ticket{"a": a, "b": b, "c": c, "d": d, "a again": again} {
			in := false
			for _, w := range want {
				in = in || w == x
			}
			if ready(x) != in {
				t.Fatalf("%s: %s is admitted: %v", when, name, !in)
			}
		}
	}
	expect("at first", a, c)
	a.read()
	expect("the host is free, and there is no room", a, c)
	a.write()
	expect("there is room", a, c, b)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c.leave()
	expect("one left, but the next source is the first one's", a, c, b)
	a.again()
	if ready(a) || ready(again) {
		t.Fatal("the host is in use")
	}
	b.leave()
	if !ready(a) || ready(again) {
		t.Fatal("the run that reads again goes before, and keeps its source")
	}
	a.leave()
	a.leave()
	if !ready(again) {
		t.Fatal("the source is free")
	}
	again.leave()
	if q.free != 2 || len(q.hosts)+len(q.sources)+len(q.waiting) != 0 {
		t.Errorf("at the end: %+v", q)
	}
	one := newQueue(1)
	a, b = one.enter("a", nil), one.enter("b", nil)
	a.read()
	a.write()
	if ready(b) {
		t.Error("one at a time, and two are admitted")
	}
	if a.leave(); !ready(b) {
		t.Error("the next one is not admitted")
	}
}

// TestQueueTwoHosts: a run that asks two hosts is admitted before those that came later and ask one of them each.
func TestQueueTwoHosts(t *testing.T) {
	t.Parallel()
	q := newQueue(4)
	x, y := q.enter("x", []string{"x"}), q.enter("y", []string{"y"})
	both := q.enter("both", []string{"x", "y"})
	nextX, nextY, z := q.enter("next x", []string{"x"}), q.enter("next y", []string{"y"}), q.enter("z", []string{"z"})
	if !ready(z) {
		t.Error("one that asks another host waits")
	}
	if x.leave(); ready(nextX) {
		t.Error("a later run took the first host")
	}
	if y.leave(); !ready(both) || ready(nextX) || ready(nextY) {
		t.Error("both hosts were free")
	}
	if both.leave(); !ready(nextX) || !ready(nextY) {
		t.Error("the later ones are not admitted")
	}
}

// TestQueueRoom: runs that wait for others make room for as many as may, until they go on.
func TestQueueRoom(t *testing.T) {
	t.Parallel()
	q := newQueue(2)
	var runs []*ticket
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		runs = append(runs, q.enter(name, nil))
	}
	expect := func(when string, want int) {
		t.Helper()
		got := 0
		for _, r := range runs {
			if ready(r) {
				got++
			}
		}
		if got != want {
			t.Fatalf("%s: %d are admitted, want %d", when, got, want)
		}
	}
	a, b, c := runs[0], runs[1], runs[2]
	expect("at first", 2)
	a.waits(true)
	expect("one waits", 3)
	b.waits(true)
	expect("more wait than may make room", 3)
	b.waits(false)
	a.waits(false)
	c.leave()
	expect("two of three are read again", 3)
	a.waits(true)
	a.leave()
	a.waits(false)
	expect("one left while it waited", 4)
	for _, r := range runs {
		r.leave()
	}
	if q.free != 2 || q.room != 1 {
		t.Errorf("at the end: %+v", q)
	}
	one := newQueue(1)
	a, b = one.enter("a", nil), one.enter("b", nil)
	if a.waits(true); ready(b) {
		t.Error("one at a time, and two are admitted")
	}
}

// TestDeadline: what a run waits for others does not count.
func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late := errors.New("late")
		waits := &source.Waits{}
		m := source.NewMemory(0)
		other, mine := m.Share(nil), m.Share(waits)
		if err := other.Grow(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		ctx, cancel := deadline(t.Context(), time.Minute, waits, late)
		defer cancel()
		go func() {
			time.Sleep(time.Hour)
			other.Keep(0)
		}()
		if err := mine.Grow(ctx, 1); err != nil {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
		<-ctx.Done()
		if took := time.Since(start); took < time.Hour+time.Minute || took > time.Hour+time.Minute+time.Second || !errors.Is(context.Cause(ctx), late) {
			t.Errorf("ended after %v: %v", took, context.Cause(ctx))
		}
	})
}
