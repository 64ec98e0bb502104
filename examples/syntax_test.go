package examples_test

import (
	"testing"

	"triplestore/examples"
	"triplestore/sparql/syntax"
)

func TestQueriesParse(t *testing.T) {
	t.Parallel()
	for _, q := range examples.Queries() {
		if _, err := syntax.ParseQuery(q.Text, syntax.Options{}); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		}
	}
}
