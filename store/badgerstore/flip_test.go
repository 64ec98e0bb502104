package badgerstore

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestFlippedBits flips single bits in every file of a closed store, the tables of keys and the manifest included, and tears the files.
// Whoever opens it then gets an error, or findings, or the truth: never other data. In the value log, where the pages are, the finding
// names the page.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	base := filepath.Join(t.TempDir(), "base")
	s, err := Open(base, Options{Retention: &Retention{Commits: 2}})
	if err != nil {
		t.Fatal(err)
	}
	const commits = 5
	size := func(uint64) int { return 400 }
	for n := uint64(1); n <= commits; n++ {
		if err := doChanges(s, t, seed, n, size(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	entries, err := os.ReadDir(base)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(base, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = b
	}
	rounds := 16
	if testing.Short() {
		rounds = 8
	}
	outcomes := map[string]map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		kind := filepath.Ext(name)
		if kind == "" {
			kind = name
		}
		good := files[name]
		end := len(bytes.TrimRight(good, "\x00"))
		if end < 8 {
			continue
		}
		if outcomes[kind] == nil {
			outcomes[kind] = map[string]int{}
		}
		for round := range rounds {
			bad := bytes.Clone(good)
			if at := r.IntN(end); round%8 == 7 {
				clear(bad[at:min(at+512, len(bad))]) // a sector that was not written
			} else {
				bad[at] ^= 1 << r.IntN(8)
			}
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for n, b := range files {
				if n == name {
					b = bad
				}
				if err := os.WriteFile(filepath.Join(dir, n), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			outcomes[kind][flipped(t, dir, seed, commits, size)]++
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%v", outcomes)
	for _, kind := range []string{".sst", manifest} {
		if n := outcomes[kind]["older"]; n > 0 {
			t.Errorf("%d changes of %s lead to an older state: %v", n, kind, outcomes)
		}
	}
	if o := outcomes[".vlog"]; o["named"] < rounds/2 {
		t.Errorf("in the value log, pages were named for %d of %d changes: %v", o["named"], rounds, o)
	}
}

// flipped opens a damaged store and tells what came of it.
func flipped(t *testing.T, dir string, seed, commits uint64, size func(uint64) int) string {
	t.Helper()
	report, err := CheckDir(t.Context(), dir, Options{}, CheckOptions{})
	if err != nil {
		return "refused"
	}
	if !report.OK {
		for _, f := range report.Findings {
			if f.Page != 0 || f.Relation == "root" {
				return "named"
			}
		}
		t.Errorf("no finding names a page: %v", report.Findings[:min(3, len(report.Findings))])
		return "found"
	}
	s, err := Open(dir, Options{})
	if err != nil {
		t.Errorf("verify finds nothing and the store does not open: %v", err)
		return "refused"
	}
	defer s.Close()
	// It may be an older state, where the newest commits are what was damaged.
	if got := check(t, s, seed, size); got != commits {
		return "older"
	}
	return "harmless"
}
