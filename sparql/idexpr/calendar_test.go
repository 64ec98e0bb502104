package idexpr

import (
	"testing"
	"time"
)

func TestCivil(t *testing.T) {
	t.Parallel()
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for days := int64(-366); days < 3_652_059; days += 97 {
		y, m, d := civil(days)
		want := first.AddDate(0, 0, int(days))
		if y != int64(want.Year()) || m != int64(want.Month()) || d != int64(want.Day()) {
			t.Fatalf("day %d: %d-%d-%d, want %v", days, y, m, d, want)
		}
	}
	if y, m, d := civil(3_652_058); y != 9999 || m != 12 || d != 31 {
		t.Errorf("the last day: %d-%d-%d", y, m, d)
	}
}
