package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"triplestore/internal/diskspace"
)

// TestBrokenConnection: a client that breaks its connection, or takes nothing, is no failure of the server, whose operators are woken by those.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	s := &Server{}
	for _, c := range []struct {
		err, failed error
		want        int
	}{
		{syscall.ECONNRESET, syscall.ECONNRESET, statusClientClosed},
		{nil, os.ErrDeadlineExceeded, statusClientClosed},
		{nil, fmt.Errorf("write: %w", syscall.EPIPE), statusClientClosed},
		{errors.New("a bug"), nil, http.StatusInternalServerError},
	} {
		ctx := &requestContext{Context: t.Context()}
		r := httptest.NewRequest(http.MethodGet, "/sparql", nil).WithContext(ctx)
		s.note(r, nil, c.err, &stream{failed: c.failed})
		if p := ctx.info.problem; p == nil || p.Status != c.want {
			t.Errorf("%v, %v: %+v", c.err, c.failed, p)
		}
	}
}

// TestDiskFull: what the client is told of a full disk is clear, and names no paths.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	p := problemOf(t.Context(), fmt.Errorf("store: write page 7: %w: 1 MB are free in /secret", diskspace.ErrFull))
	if p.Status != http.StatusInsufficientStorage || strings.Contains(p.Title+p.Detail, "secret") || p.cause == nil {
		t.Errorf("%+v", p)
	}
}
