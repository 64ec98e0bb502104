package server

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"triplestore/server/throttle"
)

// clientKey names who a request is counted for: a token, or else an address. It is empty for those who are not counted: this machine
// itself, and administrators.
func (s *Server) clientKey(r *http.Request) string {
	if c := s.callerOf(r.Context()); c.Admin {
		return ""
	} else if c.Known() {
		return "token " + c.Name
	}
	return s.addressKey(r)
}

func (s *Server) addressKey(r *http.Request) string {
	ip := requestInfo(r.Context()).address
	if !ip.IsValid() || ip.IsLoopback() {
		return ""
	}
	return throttle.Key(ip)
}

// enter lets a request of a client through, or answers that there were too many.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, key string) bool {
	if key == "" {
		return true
	}
	wait, ok := s.clients.Enter(key, time.Now())
	if !ok {
		p := problem(http.StatusTooManyRequests, "Too much at a time", "This client has asked for more than its share. It may ask again in "+
			strconv.Itoa(wholeSeconds(wait))+" s.")
		p.retryAfter = strconv.Itoa(wholeSeconds(wait))
		s.fail(w, r, p)
	}
	return ok
}

func wholeSeconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }

// share keeps clients to their shares of the server. Those who watch over the server are always answered.
func (s *Server) share(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := s.clientKey(r)
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			key = ""
		}
		if !s.enter(w, r, key) {
			return
		}
		if key != "" {
			defer func() {
				s.clients.Leave(key)
				if in := requestInfo(r.Context()); in != nil {
					s.clients.Charge(key, in.work, time.Now())
				}
			}()
		}
		next.ServeHTTP(w, r)
	})
}
