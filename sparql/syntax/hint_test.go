package syntax

import (
	"strings"
	"testing"
)

func TestHints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT * { ?s ?p ?o FILTER (?o = 3 AND ?p = 2) }": "'&&'",
		"SELECT * { ?s ?p ?o FILTER (?o = 3 OR ?p = 2) }":  "'||'",
		"SELECT COUNT(*) { ?s ?p ?o }":                     "(COUNT(…) AS ?name)",
		"SELECT ?s { ?s <http://a b> ?o }":                 "percent-encoded",
		"SELECT * { ?s ?p ?o } ORDER BY ?s, ?o":            "separated by blanks",
		"SELECT * { ?s ?p ?o FILTER (LENGTH(?o) > 2) }":    "did you mean STRLEN?",
		"SELECT * { ?s rdf:type ?o }":                      "PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>",
		"SELECT * { ?s wdt:P31 ?o }":                       "did you mean PREFIX wdt: <http://www.wikidata.org/prop/direct/>?",
		"SELECT * { ?s a dbo:Place }":                      "did you mean PREFIX dbo: <http://dbpedia.org/ontology/>?",
	} {
		_, err := ParseQuery(text, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
