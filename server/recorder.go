package server

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// recorder is what all answers are written through. It remembers the status, counts the bytes, and gives up a client that takes nothing: the
// deadline of the connection moves on with each piece that is written.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	failed error // that of the connection, if one write failed

	stall time.Duration // how long a client may take nothing; 0 for ever
	moved time.Time     // when the deadline moved on
	given atomic.Bool   // the client is given up: the deadline moves on no more
}

// recorderPiece is how much a client has to take before the deadline.
const recorderPiece = 64 << 10

func newRecorder(w http.ResponseWriter, stall time.Duration) recorder {
	return recorder{ResponseWriter: w, stall: stall}
}

// moveOn moves the deadline on, but not for each of many small pieces.
func (r *recorder) moveOn(now time.Time) {
	if r.stall <= 0 || now.Sub(r.moved) < r.stall/8 {
		return
	}
	r.moved = now
	if !r.given.Load() {
		r.deadline(now.Add(r.stall))
	}
	if r.given.Load() { // meanwhile
		r.deadline(now)
	}
}

func (r *recorder) deadline(at time.Time) {
	if w, ok := r.ResponseWriter.(interface{ SetWriteDeadline(time.Time) error }); ok {
		w.SetWriteDeadline(at) //nolint:errcheck // the connection is closed: writing tells
	}
}

// giveUp ends a write that is going on, and all that come after it. It may be called beside all else.
func (r *recorder) giveUp() {
	r.given.Store(true)
	r.deadline(time.Now())
}

// WriteHeader remembers the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (n int, err error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	for {
		r.moveOn(time.Now())
		piece := b[n:min(len(b), n+recorderPiece)]
		m, err := r.ResponseWriter.Write(piece)
		n += m
		r.bytes += int64(m)
		if err != nil && r.failed == nil && !errors.Is(err, http.ErrBodyNotAllowed) && !errors.Is(err, http.ErrContentLength) {
			r.failed = err
		}
		if err != nil || n == len(b) {
			return n, err
		}
	}
}

// Unwrap lets http.ResponseController reach the deadline of reading.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is for wrappers that look for http.Flusher.
func (r *recorder) Flush() { r.FlushError() } //nolint:errcheck // who wants to know calls FlushError

// FlushError sends what net/http holds back.
func (r *recorder) FlushError() error {
	r.moveOn(time.Now())
	switch f := r.ResponseWriter.(type) {
	case interface{ FlushError() error }:
		return f.FlushError()
	case http.Flusher:
		f.Flush()
		return nil
	}
	return http.ErrNotSupported
}

// SetWriteDeadline with a time that has come gives the client up; other deadlines are the recorder's own.
func (r *recorder) SetWriteDeadline(at time.Time) error {
	if !at.IsZero() && time.Until(at) <= 0 {
		r.giveUp()
	}
	return nil
}
