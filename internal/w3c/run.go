package w3c

import (
	"errors"
	"fmt"
	"path"
	"runtime/debug"
	"strings"
	"testing"
)

// ErrNotApplicable is what a function given to Run returns for a test that is not about what it tests. Such a test counts
// neither as passed nor as excused.
var ErrNotApplicable = errors.New("w3c: not applicable")

// Excuses says why tests do not pass, by the IRI of the test, the part of it after '#', or its mf:name.
type Excuses map[string]string

// Run runs each test of a manifest, given by its path below the root with slashes, as a subtest. A test fails when run gives
// an error or panics. An excused test is skipped when it fails, and fails when it passes; an excuse for no test fails too. The
// numbers are logged at the end.
func Run(t *testing.T, manifest string, excuses Excuses, run func(t *testing.T, test *Test) error) {
	t.Helper()
	tests := Tests(t, manifest)
	if len(tests) == 0 {
		t.Fatalf("%s has no tests", manifest)
	}
	used := map[string]bool{}
	var passed, failed, excused, other int
	for _, test := range tests {
		key, reason := excuses.of(test)
		used[key] = true
		t.Run(test.short(), func(t *testing.T) {
			outcome := Outcome{Suite: path.Dir(manifest), Test: test.short(), Status: Failed}
			defer func() {
				if outcome.Status != "" {
					Record(t, outcome)
				}
			}()
			err := protect(func() error { return run(t, test) })
			switch {
			case errors.Is(err, ErrNotApplicable):
				other++
				outcome.Status = ""
				t.SkipNow()
			case t.Failed():
				failed++
			case reason != "" && err == nil:
				failed++
				t.Errorf("%s passes: remove its excuse (%s)", test.IRI, reason)
			case reason != "":
				excused++
				outcome.Status, outcome.Reason = Excused, reason
				t.Skipf("excused: %s (%v)", reason, err)
			case err != nil:
				failed++
				t.Errorf("%s\n%s (%s)\naction %s\n%v", test.IRI, test.Name, test.Get(RDFS+"comment").Value(), test.Action.Path(), err)
			default:
				passed++
				outcome.Status = Passed
			}
		})
	}
	for key := range excuses {
		if !used[key] {
			t.Errorf("the excuse for %q fits no test", key)
		}
	}
	t.Logf("%s: %d passed, %d excused, %d failed, %d not applicable, of %d", manifest, passed, excused, failed, other, len(tests))
}

func (e Excuses) of(test *Test) (key, reason string) {
	for _, key := range []string{test.IRI, fragment(test.IRI), test.Name} {
		if reason, ok := e[key]; ok {
			if reason == "" {
				reason = "no reason given"
			}
			return key, reason
		}
	}
	return "", ""
}

func fragment(iri string) string {
	if i := strings.LastIndexByte(iri, '#'); i >= 0 {
		return iri[i+1:]
	}
	return path.Base(iri)
}

func (t *Test) short() string { return path.Base(path.Dir(t.Manifest)) + "/" + fragment(t.IRI) }

func protect(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
