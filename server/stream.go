package server

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	streamBuffer = 64 << 10
	// streamPause is how long rows may wait in the buffer, so that a slow query shows its first rows.
	streamPause = 250 * time.Millisecond
)

// stream writes a response whose header is sent with the first full buffer. An error before that still becomes a proper
// problem; one after it breaks the connection, so that no client takes a part for the whole.
type stream struct {
	w      http.ResponseWriter
	rc     *http.ResponseController
	buf    []byte
	last   time.Time
	begun  bool
	failed error
	turn   *turn      // the slot, if any, that others get while the client takes nothing
	conn   *wholeConn // what the answer goes out on, where it may be held back until it is whole; or nil

	// sent is what was sent before buf, if all of it is to be kept and is not longer than keepLimit.
	sent      [][]byte
	sentBytes int
	keepLimit int
	dropped   bool // it was longer

	pooled *[]byte // what buf came in from streamBuffers, if it may go back
}

// streamBuffers are those of streams that have ended.
var streamBuffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 8<<10)
	return &b
}}

// keep makes the stream keep what is written, if it is not longer than so many bytes.
func (s *stream) keep(limit int) { s.keepLimit = limit }

// kept is a copy of all that was written; whole is false where that was too long, nobody asked for it, or the connection broke.
func (s *stream) kept() (body []byte, whole bool) {
	if s.keepLimit == 0 || s.failed != nil || s.sentBytes+len(s.buf) > s.keepLimit {
		return nil, false
	}
	body = make([]byte, 0, s.sentBytes+len(s.buf))
	for _, b := range s.sent {
		body = append(body, b...)
	}
	return append(body, s.buf...), true
}

// tooLong reports whether what was written was longer than what is kept.
func (s *stream) tooLong() bool { return s.dropped }

func newStream(w http.ResponseWriter) *stream {
	b := streamBuffers.Get().(*[]byte)
	return &stream{w: w, rc: http.NewResponseController(w), last: time.Now(), buf: (*b)[:0], pooled: b}
}

// newStreamOf makes a stream of a body that is there. The body is only read: it may be one that others read too.
func newStreamOf(w http.ResponseWriter, body []byte) *stream {
	return &stream{w: w, rc: http.NewResponseController(w), last: time.Now(), buf: body[:len(body):len(body)]}
}

// Write buffers. Its error is that of the connection.
func (s *stream) Write(p []byte) (int, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	s.buf = append(s.buf, p...)
	if len(s.buf) >= streamBuffer {
		s.send()
	}
	return len(p), s.failed
}

// tick sends what has waited for too long. It is called between rows; flush, if set, brings what the writer above holds back.
func (s *stream) tick(flush func() error) error {
	if time.Since(s.last) > streamPause {
		if flush != nil {
			if err := flush(); err != nil {
				return err
			}
		}
		if len(s.buf) == 0 || s.failed != nil {
			return s.failed
		}
		s.send()
		if s.failed == nil {
			s.failed = s.patiently(func() error { return ignoreUnsupported(s.rc.Flush()) })
		}
	}
	return s.failed
}

// slowWrite is after what time a write lets others have the slot.
const slowWrite = 50 * time.Millisecond

// patiently writes. While the client takes nothing, others have its slot; where too many are slow, the connection is given up.
func (s *stream) patiently(write func() error) error {
	if s.turn == nil {
		return write()
	}
	number := s.turn.writes // it changes in resume only
	slow := time.AfterFunc(slowWrite, func() {
		if !s.turn.park(number) {
			s.rc.SetWriteDeadline(time.Now()) //nolint:errcheck // writers of tests have none
		}
	})
	err := write()
	slow.Stop()
	if rerr := s.turn.resume(); err == nil {
		err = rerr
	}
	return err
}

func (s *stream) send() {
	s.begun = true
	if s.keepLimit > 0 {
		if s.sentBytes+len(s.buf) > s.keepLimit {
			s.sent, s.sentBytes, s.keepLimit, s.dropped = nil, 0, 0, true
		} else {
			s.sent, s.sentBytes = append(s.sent, slices.Clone(s.buf)), s.sentBytes+len(s.buf)
		}
	}
	for rest := s.buf; len(rest) > 0 && s.failed == nil; {
		n := min(len(rest), streamBuffer)
		s.failed = s.patiently(func() error { return s.write(rest[:n]) })
		rest = rest[n:]
	}
	s.buf = s.buf[:0]
	s.last = time.Now()
}

// write is given up by the recorder below if the client takes nothing.
func (s *stream) write(p []byte) error {
	_, err := s.w.Write(p)
	return err
}

// sendAll sends an answer that is whole and small. Nothing is left to do for which a slot would be needed, so no clock has to run beside it.
func (s *stream) sendAll() {
	if s.begun || len(s.buf) > streamBuffer || s.turn != nil && !s.turn.leave() {
		s.send()
		return
	}
	s.begun = true
	switch n := len(s.buf); {
	case n == 0:
	case s.conn != nil && n >= wholeLeast && n <= wholeMost:
		s.failed = s.writeWhole(s.buf)
	default:
		s.failed = s.write(s.buf)
	}
	s.buf = s.buf[:0]
}

// writeWhole is write for all of an answer, whose length its header tells, so that nothing comes after it.
func (s *stream) writeWhole(p []byte) (err error) {
	s.conn.hold()
	defer func() {
		if rerr := s.conn.release(); err == nil {
			err = rerr
		}
	}()
	if err := s.write(p); err != nil {
		return err
	}
	return s.rc.Flush()
}

// end sends the rest. With an error it either reports that nothing was sent yet, so that the caller can answer with a problem,
// or breaks the connection.
func (s *stream) end(err error) (unsent bool) {
	if err != nil {
		if !s.begun && s.failed == nil {
			return true
		}
		panic(http.ErrAbortHandler)
	}
	if s.failed == nil {
		if !s.begun && s.w.Header().Get("Content-Length") == "" {
			s.w.Header().Set("Content-Length", strconv.Itoa(len(s.buf)))
		}
		s.keepLimit = 0 // what is to be kept was taken
		s.sendAll()
	}
	if s.failed != nil {
		panic(http.ErrAbortHandler)
	}
	if b := s.pooled; b != nil && cap(s.buf) <= 4*streamBuffer {
		*b, s.buf, s.pooled = s.buf, nil, nil
		streamBuffers.Put(b)
	}
	return false
}

// ignoreUnsupported drops the error of writers that have no deadlines or flushing, as in tests.
func ignoreUnsupported(err error) error {
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}
