package server

import (
	"fmt"
	"net/http"
	"testing"
)

// TestHeadLength: HEAD tells no other length than GET has.
func TestHeadLength(t *testing.T) {
	t.Parallel()
	srv := testServer(t, testStore(t, testData), nil)
	for _, path := range []string{
		"/", "/workbench", "/overview", "/schema", "/sparql", voidPath, catalogPath, openAPIPath, completionPath, "/id/ds", "/id/none", "/graphs", "/graphs?default", allQuery, allQuery + "&explain=1",
		"/healthz", "/readyz", "/robots.txt", stylePath, "/favicon.ico", "/harvest", "/sparql?query=SELECT", "/resource",
	} {
		for _, accept := range []string{"*/*", browser} {
			whole := get(t, srv, path, "Accept", accept, "Accept-Encoding", "identity")
			head := do(t, srv, http.MethodHead, path, nil, "Accept", accept, "Accept-Encoding", "identity")
			if n := head.Header.Get("Content-Length"); head.StatusCode != whole.StatusCode || n != "" && n != fmt.Sprint(len(whole.body)) || head.Header.Get("Content-Type") != whole.Header.Get("Content-Type") {
				t.Errorf("%s, %s: HEAD %d %q %q, GET %d %d bytes %q", path, accept, head.StatusCode, n, head.Header.Get("Content-Type"), whole.StatusCode, len(whole.body), whole.Header.Get("Content-Type"))
			}
		}
	}
}
