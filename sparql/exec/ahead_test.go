package exec

import (
	"context"
	"errors"
	"testing"
)

// counting is a producer of the numbers 1 to n, which a stream gets one by one.
func counting(n int, fail error) func(*int) (int, error) {
	i := 0
	return func(x *int) (int, error) {
		if i == n {
			return 0, fail
		}
		i++
		*x = i
		return 1, nil
	}
}

func TestStreamAhead(t *testing.T) {
	t.Parallel()
	failure := errors.New("failure")
	run := func(ctx context.Context, produce func(*int) (int, error), consume func(int) bool) (got []int, err error) {
		q := &Query{ctx: ctx}
		err = streamAhead(q, new(int), produce, func(x *int) bool {
			got = append(got, *x)
			return consume(*x)
		})
		if q.ctx != ctx {
			t.Error("the context is another one afterwards")
		}
		return got, err
	}
	always := func(int) bool { return true }
	for _, c := range []struct {
		name    string
		fail    error
		consume func(int) bool
		want    int
	}{
		{"to the end", nil, always, 1000},
		{"an error at the end", failure, always, 1000},
		{"stopped", failure, func(x int) bool { return x < 500 }, 500},
	} {
		got, err := run(t.Context(), counting(1000, c.fail), c.consume)
		want := c.fail
		if c.want < 1000 {
			want = nil
		}
		if !errors.Is(err, want) || len(got) != c.want {
			t.Errorf("%s: %d rows, error %v; want %d, %v", c.name, len(got), err, c.want, want)
		}
		for i, x := range got {
			if x != i+1 {
				t.Fatalf("%s: row %d is %d", c.name, i, x)
			}
		}
	}
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := run(ctx, counting(1<<40, nil), func(x int) bool {
			if x == 500 {
				cancel()
			}
			return true
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("panics", func(t *testing.T) {
		for _, produce := range []bool{true, false} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("no panic, of the producer %v", produce)
					}
				}()
				n := counting(1000, nil)
				_, _ = run(t.Context(), func(x *int) (int, error) {
					if produce && *x > 100 {
						panic("producer")
					}
					return n(x)
				}, func(x int) bool {
					if !produce && x == 100 {
						panic("consumer")
					}
					return true
				})
			}()
		}
	})
}

// TestStreamTakesTurns: with as many queries as cores there is none to spare.
func TestStreamTakesTurns(t *testing.T) {
	before := busy.Load()
	busy.Add(1 << 20)
	defer busy.Add(-(1 << 20))
	if spareCore() {
		t.Fatalf("a core to spare beside %d queries", busy.Load())
	}
	q := &Query{ctx: t.Context(), chop: true}
	sum := 0
	err := stream(q, new(int), counting(1000, nil), func(x *int) bool {
		sum += *x
		return true
	})
	if err != nil || sum != 500500 {
		t.Errorf("sum %d, error %v", sum, err)
	}
	if busy.Load() < before {
		t.Errorf("busy %d, before %d", busy.Load(), before)
	}
}
