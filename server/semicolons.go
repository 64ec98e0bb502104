package server

import (
	"net/http"
	"net/url"
	"strings"
)

// Parameters are taken apart at "&" alone, as the URL Standard has it (https://url.spec.whatwg.org/#urlencoded-parsing): a query typed into an address has
// semicolons of its own, and not all clients escape them. Package net/url refuses or drops what has one.

// literalSemicolons lets semicolons in the query string of a request stand for themselves.
func literalSemicolons(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.IndexByte(r.RequestURI, ';') >= 0 {
			if q := sentQuery(r); strings.Contains(q, ";") {
				u := *r.URL
				u.RawQuery = strings.ReplaceAll(q, ";", "%3B")
				escaped := *r
				escaped.URL = &u
				r = &escaped
			}
		}
		next.ServeHTTP(w, r)
	})
}

// sentQuery is the query string as the client sent it.
func sentQuery(r *http.Request) string {
	if _, q, ok := strings.Cut(r.RequestURI, "?"); ok {
		return q
	}
	return r.URL.RawQuery
}

// parseForm reads a form in the body of a request.
func parseForm(body string) (url.Values, error) {
	return url.ParseQuery(strings.ReplaceAll(body, ";", "%3B"))
}
