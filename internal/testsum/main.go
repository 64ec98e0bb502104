// Command testsum reads the output of "go test -json" on its standard input, prints what failed with its output, what was
// skipped with its reason and a line per package, and ends with the number of tests that passed and failed.
//
// Only leaves count: a test with subtests is not one more. A package that fails without a failed test in it (it does not
// build, it ran out of time, it panicked) counts as one failure. The exit code is 1 if anything failed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

func main() {
	tree := flag.Bool("tree", false, "also print a line with counts for every test that has subtests")
	counts := flag.String("counts", "", "write \"PASSED FAILED SKIPPED\" to this `file`")
	flag.Parse()
	s := newSummary(os.Stdout)
	s.tree = *tree
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
	passed, failed, skipped := s.finish()
	if *counts != "" {
		text := fmt.Sprintf("%d %d %d\n", passed, failed, skipped)
		if err := os.WriteFile(*counts, []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "testsum:", err)
			os.Exit(1)
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// event is a line of "go test -json"; see "go doc test2json".
type event struct {
	Action, Package, ImportPath, Test, Output, FailedBuild string
	Elapsed                                                float64
}

type node struct {
	began    bool // false where it is only the beginning of a name
	action   string
	output   []string
	children int
}

type summary struct {
	w       io.Writer
	tree    bool
	tests   map[[2]string]*node // package, test
	order   [][2]string
	build   map[string][]string // import path → compiler output
	failed  map[string]int      // package → failed leaves
	broken  []string            // packages that failed for another reason
	skipped []string
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, tests: map[[2]string]*node{}, build: map[string][]string{}, failed: map[string]int{}}
}

func (s *summary) node(pkg, test string) *node {
	key := [2]string{pkg, test}
	n := s.tests[key]
	if n == nil {
		n = &node{}
		s.tests[key] = n
		s.order = append(s.order, key)
	}
	return n
}

func (s *summary) read(r io.Reader) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 1<<20), 64<<20)
	for in.Scan() {
		line := in.Bytes()
		if len(line) == 0 || line[0] != '{' {
			fmt.Fprintf(s.w, "%s\n", line) // what make and go say outside the tests
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line is not JSON: %w", err)
		}
		s.event(e)
	}
	return in.Err()
}

func (s *summary) event(e event) {
	switch e.Action {
	case "build-output":
		s.build[e.ImportPath] = append(s.build[e.ImportPath], e.Output)
		return
	case "run":
		s.node(e.Package, e.Test).began = true
		// Names of subtests may have slashes themselves, so the parent is any beginning that is a test.
		for i, c := range e.Test {
			if c == '/' {
				s.node(e.Package, e.Test[:i]).children++
			}
		}
		return
	case "output":
		if strings.HasPrefix(e.Output, "=== ") {
			return // which test runs, pauses, goes on
		}
		n := s.node(e.Package, e.Test)
		n.output = append(n.output, e.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	n := s.node(e.Package, e.Test)
	n.action = e.Action
	if e.Test != "" {
		s.testDone(e, n)
		return
	}
	if e.Action == "fail" {
		if s.failed[e.Package] == 0 {
			s.broken = append(s.broken, e.Package)
			fmt.Fprintf(s.w, "%s%s", strings.Join(s.build[e.FailedBuild], ""), strings.Join(n.output, ""))
			s.unfinished(e.Package)
		}
		fmt.Fprintf(s.w, "FAIL  %-40s %6.1fs\n", e.Package, e.Elapsed)
	} else if e.Action == "pass" {
		fmt.Fprintf(s.w, "ok    %-40s %6.1fs\n", e.Package, e.Elapsed)
	}
}

func (s *summary) testDone(e event, n *node) {
	switch e.Action {
	case "fail":
		if !s.childFailed([2]string{e.Package, e.Test}) {
			s.failed[e.Package]++
		}
		fmt.Fprintf(s.w, "%s", strings.Join(n.output, ""))
	case "skip":
		reason := ""
		for _, line := range n.output {
			line = strings.TrimSpace(line)
			if !strings.HasPrefix(line, "---") && line != "" {
				reason = line
			}
		}
		s.skipped = append(s.skipped, fmt.Sprintf("skip  %s %s: %s", e.Package, e.Test, reason))
	}
	n.output = nil
}

// unfinished shows what the tests said that had not ended when their package broke off.
func (s *summary) unfinished(pkg string) {
	for _, key := range s.order {
		if n := s.tests[key]; key[0] == pkg && n.began && n.action == "" {
			fmt.Fprintf(s.w, "did not end: %s\n%s", key[1], strings.Join(n.output, ""))
		}
	}
}

func (s *summary) finish() (passed, failed, skipped int) {
	sums := map[[2]string]*[3]int{}
	for _, key := range s.order {
		n := s.tests[key]
		if key[1] == "" || n.action == "" {
			continue
		}
		// A parent may fail by itself although every subtest passed; then it is a failure of its own.
		leaf := n.children == 0 || n.action == "fail" && !s.childFailed(key)
		if !leaf {
			continue
		}
		which := map[string]int{"pass": 0, "fail": 1, "skip": 2}[n.action]
		switch which {
		case 0:
			passed++
		case 1:
			failed++
		case 2:
			skipped++
		}
		for name := key[1]; ; {
			i := strings.LastIndexByte(name, '/')
			if i < 0 {
				break
			}
			name = name[:i]
			k := [2]string{key[0], name}
			if sums[k] == nil {
				sums[k] = &[3]int{}
			}
			sums[k][which]++
		}
	}
	failed += len(s.broken)
	for _, line := range s.skipped {
		if len(s.skipped) <= 50 {
			fmt.Fprintln(s.w, line)
		}
	}
	if s.tree {
		var keys [][2]string
		for k := range sums {
			keys = append(keys, k)
		}
		sort.Slice(keys, func(i, j int) bool {
			if keys[i][0] != keys[j][0] {
				return keys[i][0] < keys[j][0]
			}
			return keys[i][1] < keys[j][1]
		})
		for _, k := range keys {
			c := sums[k]
			if i := strings.LastIndexByte(k[1], '/'); i >= 0 && *sums[[2]string{k[0], k[1][:i]}] == *c {
				continue // the only child of its parent: the same again
			}
			fmt.Fprintf(s.w, "%6d passed %4d failed %4d skipped  %s %s\n", c[0], c[1], c[2], k[0], k[1])
		}
	}
	return passed, failed, skipped
}

func (s *summary) childFailed(parent [2]string) bool {
	for key, n := range s.tests {
		if key[0] == parent[0] && strings.HasPrefix(key[1], parent[1]+"/") && n.action == "fail" {
			return true
		}
	}
	return false
}
