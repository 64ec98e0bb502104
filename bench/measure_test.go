package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	c := Config{Triples: 20_000, Seed: 7, Dir: t.TempDir(), Rounds: 1, Lookups: 100, Texts: 5000, Commits: 5, Replaces: 2, ReplaceTriples: 2000}
	n, err := generateFiles(&c)
	if err != nil {
		t.Fatal(err)
	}
	r, err := measure(c)
	if err != nil {
		t.Fatal(err)
	}
	// Keywords and the like repeat, so a few triples fall together.
	if r.Triples > uint64(n) || float64(r.Triples) < 0.97*float64(n) {
		t.Errorf("%d of %d triples in the store", r.Triples, n)
	}
	for name, v := range map[string]float64{"nt": r.NTParseMBs, "ttl": r.TTLParseMBs, "load": r.LoadTriples, "disk": r.BytesPerTriple,
		"scan": r.ScanWarm, "scan in parts": r.ScanAll, "scan, processor": r.ScanAllNs, "held": float64(r.ReplaceHeld), "lookup": r.LookupMedian, "query": r.QueryMedian, "group": r.GroupRows, "construct": r.ConstructMBs, "sort": r.Sort.Wall, "texts": float64(r.Texts), "commits": r.Commits, "grouped": r.GroupedTriples, "replace": float64(r.ReplaceEnd)} {
		if v <= 0 {
			t.Errorf("%s was not measured", name)
		}
	}
}

func TestRunQueries(t *testing.T) {
	t.Parallel()
	c := Config{Triples: 5000, Seed: 7, Dir: t.TempDir(), Rounds: 1}
	if _, err := generateFiles(&c); err != nil {
		t.Fatal(err)
	}
	queries := filepath.Join(c.Dir, "queries")
	if err := os.Mkdir(queries, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"select": "SELECT * { ?s ?p ?o }", "ask": "ASK { ?s ?p ?o }", "construct": "CONSTRUCT WHERE { ?s ?p ?o }"} {
		if err := os.WriteFile(filepath.Join(queries, name+".rq"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	profile := filepath.Join(c.Dir, "profile")
	var sums [2]float64
	for i := range sums { // the second time with the store of the first
		var err error
		if sums[i], err = runQueries(t.Context(), c, queries, profile); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 || sums[0] <= 0 || sums[1] <= 0 {
		t.Errorf("profile %v, %v; %v ms", info, err, sums)
	}
	if _, err := runQueries(t.Context(), c, c.Dir, ""); err == nil {
		t.Error("no error for a folder without queries")
	}
}
