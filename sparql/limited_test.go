package sparql

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type limitedKey struct{}

func TestLimitedEnds(t *testing.T) {
	t.Parallel()
	cause := errors.New("the client is gone")
	for _, c := range []struct {
		name  string
		after time.Duration
		end   func(parent context.CancelCauseFunc, cancel context.CancelFunc)
		err   error
		cause error
	}{
		{"time", time.Second, func(context.CancelCauseFunc, context.CancelFunc) { time.Sleep(time.Second) }, context.DeadlineExceeded, ErrTimeout},
		{"parent", time.Second, func(parent context.CancelCauseFunc, _ context.CancelFunc) { parent(cause) }, context.Canceled, cause},
		{"parent without a limit", 0, func(parent context.CancelCauseFunc, _ context.CancelFunc) { parent(cause) }, context.Canceled, cause},
		{"cancel", time.Second, func(_ context.CancelCauseFunc, cancel context.CancelFunc) { cancel() }, context.Canceled, nil},
		{"cancel without a limit", 0, func(_ context.CancelCauseFunc, cancel context.CancelFunc) { cancel() }, context.Canceled, nil},
	} {
		for _, waits := range []bool{false, true} { // whether somebody waits before
			synctest.Test(t, func(t *testing.T) {
				name := c.name
				if waits {
					name += ", with somebody who waits"
				}
				parent, cancelParent := context.WithCancelCause(context.WithValue(t.Context(), limitedKey{}, "value"))
				defer cancelParent(nil)
				ctx, cancel := limit(parent, c.after)
				defer cancel()
				var child context.Context
				if waits {
					var cancelChild context.CancelFunc
					child, cancelChild = context.WithCancel(ctx)
					defer cancelChild()
				}
				for range 3 {
					if err := ctx.Err(); err != nil {
						t.Fatalf("%s: it has ended at once: %v", name, err)
					}
				}
				if real := ctx.(*limited).real.Load(); (real != nil) != waits {
					t.Errorf("%s: a context beneath: %v", name, real)
				}
				if d, ok := ctx.Deadline(); ok != (c.after > 0) || ok && !d.Equal(time.Now().Add(c.after)) {
					t.Errorf("%s: deadline %v, %v", name, d, ok)
				}
				c.end(cancelParent, cancel)
				synctest.Wait()
				for range 2 {
					if err := ctx.Err(); !errors.Is(err, c.err) {
						t.Errorf("%s: error %v, want %v", name, err, c.err)
					}
				}
				select {
				case <-ctx.Done():
				default:
					t.Errorf("%s: who waits for it goes on waiting", name)
				}
				if got := context.Cause(ctx); c.cause != nil && !errors.Is(got, c.cause) {
					t.Errorf("%s: cause %v, want %v", name, got, c.cause)
				}
				if child == nil {
					var cancelChild context.CancelFunc
					child, cancelChild = context.WithCancel(ctx)
					defer cancelChild()
				}
				if err := child.Err(); !errors.Is(err, c.err) {
					t.Errorf("%s: error of a context of it %v, want %v", name, err, c.err)
				}
				if got := context.Cause(child); c.cause != nil && !errors.Is(got, c.cause) {
					t.Errorf("%s: cause of a context of it %v, want %v", name, got, c.cause)
				}
				if v := ctx.Value(limitedKey{}); v != "value" {
					t.Errorf("%s: value %v", name, v)
				}
			})
		}
	}
}

// Who asks often does not ask the clock each time.
func TestLimitedAskedOften(t *testing.T) {
	t.Parallel()
	ctx, cancel := limit(t.Context(), time.Hour)
	defer cancel()
	for range askedOften {
		_ = ctx.Err()
	}
	if ctx.(*limited).real.Load() != nil {
		t.Error("a timer is there before it is worth it")
	}
	if err := ctx.Err(); err != nil || ctx.(*limited).real.Load() == nil {
		t.Errorf("error %v, a context beneath: %v", err, ctx.(*limited).real.Load())
	}
}

func TestLimitedConcurrently(t *testing.T) {
	t.Parallel()
	for range 100 {
		ctx, cancel := limit(t.Context(), time.Hour)
		var wg sync.WaitGroup
		for k := range 4 {
			wg.Go(func() {
				switch k {
				case 0:
					<-ctx.Done()
				case 1:
					for ctx.Err() == nil { //nolint:revive // until the others have done their part
					}
				case 2:
					child, end := context.WithCancel(ctx)
					<-child.Done()
					end()
				default:
					cancel()
				}
			})
		}
		wg.Wait()
		if err := ctx.Err(); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}
