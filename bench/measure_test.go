package main

import "testing"

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
		"scan": r.ScanWarm, "lookup": r.LookupMedian, "query": r.QueryMedian, "group": r.GroupRows, "construct": r.ConstructMBs, "sort": r.Sort.Wall, "texts": float64(r.Texts), "commits": r.Commits, "grouped": r.GroupedTriples, "replace": float64(r.ReplaceEnd)} {
		if v <= 0 {
			t.Errorf("%s was not measured", name)
		}
	}
}
