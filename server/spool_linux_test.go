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
	_, err = io.Copy(&spooling{f: full, room: func() error { return nil }}, strings.NewReader("<http://e/s> <http://e/p> 1 ."))
	r := httptest.NewRequest(http.MethodPut, "/graphs", nil)
	s := &Server{c: Config{Log: slog.New(slog.DiscardHandler)}}
	for name, c := range map[string]struct {
		err, failed error
		status      int
	}{
		"full disk":          {err, nil, http.StatusInsufficientStorage},
		"file of nowhere":    {&spoolError{os.ErrPermission}, nil, http.StatusInternalServerError},
		"client that left":   {io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, statusClientClosed},
		"client that stalls": {os.ErrDeadlineExceeded, os.ErrDeadlineExceeded, http.StatusRequestTimeout},
		"packed and cut off": {io.ErrUnexpectedEOF, nil, http.StatusBadRequest},
	} {
		var p *Problem
		if err := s.uploadProblem(httptest.NewRecorder(), r, &patientReader{failed: c.failed}, c.err); !errors.As(err, &p) || p.Status != c.status {
			t.Errorf("%s: got %v, want %d", name, err, c.status)
		}
	}
}
