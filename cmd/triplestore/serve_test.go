package main

import (
	"slices"
	"testing"

	"triplestore/examples"
	"triplestore/server"
)

// TestExampleQueriesInEveryLanguage looks whether the pages get what the examples say in each language.
func TestExampleQueriesInEveryLanguage(t *testing.T) {
	t.Parallel()
	offered := exampleQueries()
	if len(offered) != len(examples.Queries()) {
		t.Errorf("%d examples", len(offered))
	}
	for _, e := range offered {
		seen := []server.ExampleText{e.ExampleText}
		for _, language := range []string{"nb", "nn"} {
			text := e.Translations[language]
			if text.Title == "" || text.Topic == "" || text.Text == "" || slices.Contains(seen, text) {
				t.Errorf("%s in %s: %+v", e.Name, language, text)
			}
			seen = append(seen, text)
		}
	}
}
