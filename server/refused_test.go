package server

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"triplestore/sparql"
)

// TestProblemsNamePathsInTheLogOnly: clients are not told where the server keeps its files.
func TestProblemsNamePathsInTheLogOnly(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{
		fmt.Errorf("%w: write /srv/secret/x: %w", sparql.ErrDisk, syscall.ENOSPC),
		&spoolError{&os.PathError{Op: "write", Path: "/srv/secret/x", Err: syscall.ENOSPC}},
		&os.PathError{Op: "open", Path: "/srv/secret/x", Err: os.ErrPermission},
	} {
		p := problemOf(t.Context(), cause)
		if strings.Contains(p.Title+p.Detail, "secret") {
			t.Errorf("%v: %q, %q", cause, p.Title, p.Detail)
		}
		if p.cause == nil || !strings.Contains(p.cause.Error(), "secret") {
			t.Errorf("%v: the log gets %v", cause, p.cause)
		}
	}
}

// TestNegativeConcurrency: it is refused when the server is made, not when the first query comes.
func TestNegativeConcurrency(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{Concurrency: -1, Store: testStore(t, testData), Base: testBase}); err == nil || !strings.Contains(err.Error(), "-1 queries") {
		t.Errorf("got %v", err)
	}
}
