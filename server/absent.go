package server

import (
	"net/http"
	"strings"
)

// ifAbsent answers 304 with no body to those who read with "If-None-Match: *", where there is something to read: the condition is that there is
// nothing (RFC 9110 section 13.1.2). Errors stay as they are (section 13.2.1), so it is decided when the answer begins.
func ifAbsent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !onlyIfAbsent(r) {
			next.ServeHTTP(w, r)
			return
		}
		a := &absentWriter{ResponseWriter: w}
		next.ServeHTTP(a, r)
		a.WriteHeader(http.StatusOK) // what wrote nothing
	})
}

func onlyIfAbsent(r *http.Request) bool {
	v := r.Header["If-None-Match"]
	return len(v) == 1 && strings.TrimSpace(v[0]) == "*" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// bodiless reports whether nobody gets the body of an answer, so that it need not be made.
func bodiless(r *http.Request) bool { return r.Method == http.MethodHead || onlyIfAbsent(r) }

// absentWriter turns an answer with 200 into one with 304.
type absentWriter struct {
	http.ResponseWriter
	begun, dropped bool
}

func (w *absentWriter) WriteHeader(status int) {
	if w.begun {
		return
	}
	w.begun = status >= 200
	if status == http.StatusOK {
		w.dropped, status = true, http.StatusNotModified
		for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding"} {
			w.Header().Del(name)
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *absentWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.dropped {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *absentWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
