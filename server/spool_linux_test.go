package server

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestUploadThatFillsTheDisk: when the file of an upload cannot be written, that is not the request's fault.
func TestUploadThatFillsTheDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	_, err = io.Copy(spooling{full}, strings.NewReader("<http://e/s> <http://e/p> 1 ."))
	s := &Server{c: Config{Log: slog.New(slog.DiscardHandler)}}
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"full disk":        {err, http.StatusInsufficientStorage},
		"file of nowhere":  {&spoolError{os.ErrPermission}, http.StatusInternalServerError},
		"client that left": {io.ErrUnexpectedEOF, http.StatusBadRequest},
	} {
		var p *Problem
		if err := s.uploadProblem(httptest.NewRecorder(), c.err); !errors.As(err, &p) || p.Status != c.status {
			t.Errorf("%s: got %v, want %d", name, err, c.status)
		}
	}
}
