package syntax

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"triplestore/internal/cputime"
)

// TestManyAssignments: parsing many BINDs takes time that grows with their number. With its square, these would take a quarter of a minute.
func TestManyAssignments(t *testing.T) {
	t.Parallel()
	for name, element := range map[string]string{"in a group": "BIND (1 AS ?b%d) ", "in a union": "{ BIND (1 AS ?b%d) } UNION "} {
		var b strings.Builder
		for i := range 100_000 {
			fmt.Fprintf(&b, element, i)
		}
		var q *Query
		var err error
		if took := cputime.Thread(func() { q, err = ParseQuery("SELECT * { "+b.String()+"{ ?s ?p ?o } }", Options{}) }); took > 5*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := len(q.Where.assigned.list()); n != 100_000 {
			t.Errorf("%s: %d variables", name, n)
		}
	}
}
