package exec

import (
	"testing"
	"time"

	"triplestore/internal/cputime"
	"triplestore/sparql/expr"
	"triplestore/sparql/optimizer"
)

// TestDriverOfManyConditions: a filter of very many conditions is looked at once, not once for each of them, since nothing heeds a deadline meanwhile.
func TestDriverOfManyConditions(t *testing.T) {
	t.Parallel()
	conds := make([]*optimizer.Cond, 300_000) // their square takes a minute
	for i := range conds {
		conds[i] = &optimizer.Cond{Pure: true, Program: new(expr.Program)}
	}
	f := &optimizer.Filter{In: &optimizer.Unit{}, Conds: conds}
	took := cputime.Thread(func() {
		if n, _ := driver(f, true); n != f.In {
			t.Error("conditions of values only keep rows from being cut")
		}
		if n, _ := driver(f, false); n != nil {
			t.Error("without terms it is cut")
		}
	})
	if took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}
