package w3c

import "testing"

// TestSuites reads the manifests that the project uses.
func TestSuites(t *testing.T) {
	for path, least := range map[string]int{
		"rdf-tests/rdf/rdf11/manifest.ttl":           1000,
		"rdf-tests/rdf/rdf12/manifest.ttl":           1200,
		"rdf-tests/sparql/sparql10/manifest.ttl":     300,
		"rdf-tests/sparql/sparql11/manifest-all.ttl": 400,
		"rdf-tests/sparql/sparql12/manifest.ttl":     100,
	} {
		tests := Tests(t, path)
		if len(tests) < least {
			t.Errorf("%s: only %d tests", path, len(tests))
		}
		for _, test := range tests {
			if test.Name == "" || test.Type == "" {
				t.Errorf("%s: %+v", path, test)
			}
		}
		t.Logf("%s: %d tests", path, len(tests))
	}
}
