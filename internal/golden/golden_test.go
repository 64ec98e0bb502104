package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorder takes the failures of Check instead of the test.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Helper() {}
func (r *recorder) Errorf(f string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(f, args...))
}

func TestCheck(t *testing.T) {
	if *update {
		t.Skip("the test sets the flag itself")
	}
	path := filepath.Join(t.TempDir(), "a", "b.txt")
	r := &recorder{TB: t}
	String(r, path, "x\n")
	if len(r.failures) != 1 || !strings.Contains(r.failures[0], "-update") {
		t.Fatalf("missing file: %q", r.failures)
	}
	*update = true
	String(r, path, "one\ntwo\nthree\n")
	*update = false
	if String(r, path, "one\ntwo\nthree\n"); len(r.failures) != 1 {
		t.Fatalf("equal content: %q", r.failures)
	}
	String(r, path, "one\n2\nthree\n")
	if len(r.failures) != 2 || !strings.Contains(r.failures[1], "line 2\n-two\n+2\n") {
		t.Fatalf("other content: %q", r.failures)
	}
	if err := os.WriteFile(path, []byte("one\r\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if String(r, path, "one\n"); len(r.failures) != 2 {
		t.Fatalf("line ends: %q", r.failures)
	}
	if String(r, path, "one"); len(r.failures) != 3 {
		t.Fatalf("missing line end: %q", r.failures)
	}
}
