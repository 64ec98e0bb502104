// Command conformance writes docs/conformance.md from the outcomes that a test run left in a folder, see w3c.Outcome.
//
//	W3C_REPORT=DIR go test -count=1 ./… && go run ./internal/conformance DIR > docs/conformance.md
//
// The output depends on the outcomes alone. It ends with exit code 1 where a test failed.
package main

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"triplestore/internal/w3c"
)

// notes stand between the numbers and what is excused: what no suite tests.
//
//go:embed notes.md
var notes string

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: conformance DIR")
		os.Exit(2)
	}
	outcomes, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if failed := write(os.Stdout, outcomes); failed > 0 {
		fmt.Fprintf(os.Stderr, "%d tests failed\n", failed)
		os.Exit(1)
	}
}

func read(dir string) ([]w3c.Outcome, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s has no outcomes: %w", dir, cmp.Or(err, os.ErrNotExist))
	}
	var out []w3c.Outcome
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var o w3c.Outcome
			if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
				f.Close()
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			out = append(out, o)
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// row is a suite as one package ran it.
type row struct {
	suite, pkg string
	tests      map[string]w3c.Outcome
}

// rank orders statuses: a test that a package ran in several ways counts as its worst.
var rank = map[string]int{w3c.Passed: 1, w3c.Excused: 2, w3c.Failed: 3}

func write(w io.Writer, outcomes []w3c.Outcome) (failed int) {
	rows := map[[2]string]*row{}
	for _, o := range outcomes {
		key := [2]string{o.Suite, o.Package}
		r := rows[key]
		if r == nil {
			r = &row{o.Suite, o.Package, map[string]w3c.Outcome{}}
			rows[key] = r
		}
		if old, ok := r.tests[o.Test]; !ok || rank[o.Status] > rank[old.Status] {
			r.tests[o.Test] = o
		}
	}
	sorted := make([]*row, 0, len(rows))
	for _, r := range rows {
		sorted = append(sorted, r)
	}
	slices.SortFunc(sorted, func(a, b *row) int { return cmp.Or(cmp.Compare(a.suite, b.suite), cmp.Compare(a.pkg, b.pkg)) })
	fmt.Fprint(w, `# Conformance

What the test suites of the W3C say about this version. This page is made by the test run (`+"`make conformance`"+`); do not edit it.

A test that a package runs in several ways, such as on both stores, counts once and passes only if it passes in all. Tests of a
suite that are not about what a package does are not counted in its row.

| suite | package | passed | excused | failed |
| --- | --- | ---: | ---: | ---: |
`)
	var excused []w3c.Outcome
	for _, r := range sorted {
		n := map[string]int{}
		for _, o := range r.tests {
			n[o.Status]++
			if o.Status == w3c.Excused {
				excused = append(excused, o)
			}
		}
		failed += n[w3c.Failed]
		fmt.Fprintf(w, "| %s | `%s` | %d | %d | %d |\n", r.suite, r.pkg, n[w3c.Passed], n[w3c.Excused], n[w3c.Failed])
	}
	fmt.Fprint(w, "\n"+notes+"## Excused\n\n")
	if len(excused) == 0 {
		fmt.Fprintln(w, "None.")
		return failed
	}
	// Tests with one reason stand together.
	type group struct{ suite, pkg, reason string }
	groups := map[group][]string{}
	for _, o := range excused {
		g := group{o.Suite, o.Package, o.Reason}
		groups[g] = append(groups[g], o.Test)
	}
	keys := make([]group, 0, len(groups))
	for g := range groups {
		keys = append(keys, g)
	}
	slices.SortFunc(keys, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.suite, b.suite), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.reason, b.reason))
	})
	fmt.Fprint(w, "| suite | package | tests | reason |\n| --- | --- | --- | --- |\n")
	for _, g := range keys {
		tests := groups[g]
		slices.Sort(tests)
		fmt.Fprintf(w, "| %s | `%s` | %s | %s |\n", g.suite, g.pkg, strings.Join(tests, ", "), strings.ReplaceAll(g.reason, "|", "\\|"))
	}
	return failed
}
