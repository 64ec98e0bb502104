package w3c

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Outcome is how a test of a suite ended. If $W3C_REPORT names a folder, all outcomes of a run are kept there, one JSON object a
// line in one file for each package, and internal/conformance makes docs/conformance.md of them.
type Outcome struct {
	// Package is the folder of the package that ran the test.
	Package string `json:"package"`
	// Suite is the folder of the suite, such as "rdf-tests/rdf/rdf12/rdf-turtle", and Test the name of the test in it.
	Suite string `json:"suite"`
	Test  string `json:"test"`
	// Status is "passed", "excused" or "failed".
	Status string `json:"status"`
	// Reason says why a test is excused.
	Reason string `json:"reason,omitempty"`
}

// The values of Outcome.Status.
const (
	Passed  = "passed"
	Excused = "excused"
	Failed  = "failed"
)

var report struct {
	sync.Mutex
	file *os.File
}

// Record keeps the outcome of a test for the report, if one is asked for. Its package need not be given. It may be called by several
// goroutines at once.
func Record(t testing.TB, o Outcome) {
	t.Helper()
	dir := os.Getenv("W3C_REPORT")
	if dir == "" {
		return
	}
	report.Lock()
	defer report.Unlock()
	o.Package = packageFolder()
	if report.file == nil {
		name := strings.ReplaceAll(o.Package, "/", "-") + ".jsonl"
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644) //nolint:gosec // a test report
		if err != nil {
			t.Fatal(err)
		}
		report.file = f
	}
	line, err := json.Marshal(o)
	if err == nil {
		_, err = report.file.Write(append(line, '\n'))
	}
	if err != nil {
		t.Error(err)
	}
}

// packageFolder is the folder of the package under test, seen from the root of the repository, with slashes.
func packageFolder() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			rel, _ := filepath.Rel(root, dir)
			return filepath.ToSlash(rel)
		}
		if root == filepath.Dir(root) {
			return filepath.Base(dir)
		}
	}
}
