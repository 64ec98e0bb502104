package egress

import (
	"fmt"
	"net/http"
)

// Client sends requests through the guard for libraries that want an http.Client: GET and HEAD, with no header of theirs but Accept.
func (g *Guard) Client() *http.Client { return &http.Client{Transport: roundTripper{g}} }

type roundTripper struct{ g *Guard }

func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != "" {
		return nil, fmt.Errorf("egress: the method %s is not for reading", r.Method)
	}
	q := &Request{Method: r.Method, URL: r.URL.String()}
	if a := r.Header.Get("Accept"); a != "" {
		q.Header = map[string]string{"Accept": a}
	}
	resp, err := t.g.Do(r.Context(), q)
	if err != nil {
		return nil, err
	}
	header := resp.header.Clone()
	header.Del("Content-Encoding") // it is unpacked
	header.Del("Content-Length")
	return &http.Response{
		Status: resp.StatusText, StatusCode: resp.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: resp.Body, ContentLength: resp.Length, Request: r,
	}, nil
}
