package sparql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestConstantsEndInTime: a query ends in time that has expressions of constants which take long, in planning and running.
func TestConstantsEndInTime(t *testing.T) {
	snap := snapshotOf(t, denseQuads(10, 2))
	q := strings.Repeat("q", 4000)
	for name, filter := range map[string]string{
		"long text":     fmt.Sprintf(`REGEX(REPLACE('%s', 'q', '%s'), 'q[qr]{900}[qr]{900}[qr]{900}[qr]{900}c')`, q, strings.Repeat("qr", 100)),
		"many patterns": strings.Repeat(`REGEX('`+strings.Repeat("a", 200)+`', '((a?){90}(b|a?){90}){10}c') || `, 2000) + "false",
		"replacements":  strings.Repeat(`STRLEN(REPLACE('`+strings.Repeat("a", 1000)+`', '(a?){30}a', 'bb')) = 7 || `, 2000) + "false",
	} {
		for _, naive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", name, naive), func(t *testing.T) {
				const timeout = 200 * time.Millisecond
				var err error
				took := late(timeout, func() {
					err = run(context.Background(), snap, "SELECT * { ?s :p ?o FILTER ("+filter+") }", Options{Timeout: timeout, NoOptimizer: naive})
				})
				if err != nil && !errors.Is(err, ErrTimeout) {
					t.Errorf("got %v", err)
				}
				if took > slack {
					t.Errorf("it went on for %v of processor time", took)
				}
				t.Log(err, took)
			})
		}
	}
}
