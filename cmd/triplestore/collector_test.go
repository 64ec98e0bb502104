package main

import "testing"

func TestCollectorPercent(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for _, c := range []struct {
		live, floor int64
		percent     int
	}{
		{64 * mib, 256 * mib, 300}, {128 * mib, 256 * mib, 100}, {256 * mib, 256 * mib, 100}, {320 * mib, 256 * mib, 80}, {600 * mib, 256 * mib, 50}, {127 * mib, 256 * mib, 101},
		{1 * mib, 256 * mib, 1000}, {0, 256 * mib, 100}, {64 * mib, 0, 100},
	} {
		if got := collectorPercent(c.live, c.floor); got != c.percent {
			t.Errorf("%d MiB live, floor of %d MiB: %d, want %d", c.live/mib, c.floor/mib, got, c.percent)
		}
	}
	for memory, floor := range map[int64]int64{0: 0, 1 << 30: 16 * mib, 8 << 30: 128 * mib, 64 << 30: 256 * mib} {
		if got := heapFloor(memory); got != floor {
			t.Errorf("memory of %d: floor of %d, want %d", memory, got, floor)
		}
	}
}
