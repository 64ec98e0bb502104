package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/sparql/syntax"
)

// TestQuerySets: every query can be read, says in its first line what it stands for, and is in its set once.
func TestQuerySets(t *testing.T) {
	t.Parallel()
	for set, least := range map[string]int{"queries": 26, "queries-wide": 240} {
		files, err := filepath.Glob(filepath.Join(set, "*.rq"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) < least {
			t.Errorf("%s: %d queries", set, len(files))
		}
		seen := map[string]string{}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(string(b), "\n")
			kind, what, ok := strings.Cut(strings.TrimPrefix(first, "# "), ": ")
			if !strings.HasPrefix(first, "# ") || !ok || kind == "" || what == "" {
				t.Errorf("%s: the first line is %q", f, first)
			}
			if other := seen[rest]; other != "" {
				t.Errorf("%s is the same as %s", f, other)
			}
			seen[rest] = f
			if _, err := syntax.ParseQuery(string(b), syntax.Options{}); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}
