package sparql

import (
	"context"
	"strings"
	"testing"

	"triplestore/internal/sparqltest"
	"triplestore/internal/w3c"
)

// entailment are the tests of entailment regimes (https://www.w3.org/TR/sparql11-entailment/) whose answers have to be inferred. The
// engine has simple entailment; what follows from a schema is asked for in the query, by paths. What remains are tests whose
// answers the data state.
var entailment = map[string]string{
	"RDF entailment: each predicate is an rdf:Property":                     "rdf01",
	"RDFS entailment: subclasses, subproperties, domains and ranges":        "rdfs01 rdfs02 rdfs03 rdfs04 rdfs05 rdfs06 rdfs07 rdfs09 rdfs10 rdfs11 paper-sparqldl-Q1-rdfs sparqldl-02 sparqldl-03",
	"OWL entailment: restrictions, equivalence and inferred individuals":    "paper-sparqldl-Q1 paper-sparqldl-Q4 sparqldl-10 sparqldl-11 sparqldl-12 sparqldl-13",
	"OWL 2 Direct Semantics: restrictions and class expressions in queries": "paper-sparqldl-Q2 paper-sparqldl-Q3 parent3 parent4 parent5 parent6 parent7 parent8 parent9 parent10 simple1 simple2 simple3 simple4 simple5 simple6 simple7 simple8",
	"RIF Core entailment: rules in the data":                                "rif01 rif03 rif04 rif06",
}

func TestEntailment(t *testing.T) {
	excused := w3c.Excuses{}
	for reason, tests := range entailment {
		for test := range strings.FieldsSeq(tests) {
			excused[test] = "not in scope; it needs " + reason
		}
	}
	for name, options := range map[string]Options{"optimized": {}, "naive": {NoOptimizer: true}} {
		t.Run(name, func(t *testing.T) {
			sparqltest.RunEntailment(t, excused, func(ctx context.Context, c *sparqltest.Case) (*sparqltest.Answer, error) {
				o := options
				o.Base = c.Base
				return answer(ctx, NewEngine(o), snapshotOf(t, c.Quads), c.Query)
			})
		})
	}
}
