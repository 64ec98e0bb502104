package server

import (
	"testing"
)

// TestHeadersOfErrors: an error has no headers of the answer that there might have been.
func TestHeadersOfErrors(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for _, path := range []string{allQuery + "&format=turtle", allQuery + "&format=turtle&at=1", "/sparql?query=SELECT&at=1", "/sparql?query=CONSTRUCT%7B%7D%7B%7D&format=csv"} {
		for _, accept := range []string{browser, "*/*"} {
			r := get(t, srv, path, "Accept", accept)
			if r.StatusCode < 400 {
				t.Errorf("%s: %d", path, r.StatusCode)
			}
			for _, name := range []string{"ETag", "Memento-Datetime", "Content-Location", "Link", "Cache-Status"} {
				if v := r.Header.Get(name); v != "" {
					t.Errorf("%s, %s: %d with %s: %s", path, accept, r.StatusCode, name, v)
				}
			}
		}
	}
}
