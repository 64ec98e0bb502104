package harvest

import "testing"

// TestUnanchored: paths that may have no steps start at every node unless something binds one of their ends.
func TestUnanchored(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]bool{
		"?x dcat:theme? ?s":                                 true,
		"?s (dcat:theme/skos:broader)* ?x":                  true,
		"?s (^dcat:theme|skos:broader?) ?x":                 true,
		"?s dcat:theme?/skos:broader* ?x":                   true,
		"GRAPH ?s { }":                                      true,
		"{ ?s a dcat:Dataset } UNION { ?s dcat:theme* ?x }": true,
		"?s a dcat:Dataset OPTIONAL { SELECT ?s { ?s dcat:theme? ?z } LIMIT 1 }": true,
		"?s a dcat:Dataset ; dcat:theme? ?x":                                     false,
		"?s dcat:theme/skos:broader* ?x":                                         false,
		"?s dcat:theme+ ?x":                                                      false,
		"?s a dcat:Dataset . ?y skos:broader* ?x . ?s dcat:theme? ?y":            false,
		"?s a dcat:Dataset OPTIONAL { ?s dcat:theme? ?x }":                       false,
		"?s a dcat:Dataset FILTER EXISTS { ?s dcat:theme? ?x }":                  false,
		"<x:y> ^dcat:theme? ?s":                                                  false,
		"GRAPH ?g { ?s a dcat:Dataset }":                                         false,
	} {
		r, err := ParseRule("nodes", "CONSTRUCT { ?s <x:is> true } WHERE { "+where+" }")
		if err != nil {
			t.Fatal(where, err)
		}
		if r.any != want {
			t.Errorf("%s: any change matters: %v", where, r.any)
		}
	}
}
