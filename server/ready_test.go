package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/store/badgerstore"
)

// TestNotReadyWithoutFolder: a load balancer sends nothing to a server whose store has lost its folder, while it answers from what it has.
func TestNotReadyWithoutFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "store")
	st, err := badgerstore.Open(dir, badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	srv := testServer(t, st, nil)
	look := func(when string, ready int) {
		t.Helper()
		r := get(t, srv, "/readyz")
		if r.StatusCode != ready || strings.Contains(r.body, dir) {
			t.Errorf("%s: readyz is %d %s", when, r.StatusCode, r.body)
		}
		if r := get(t, srv, "/healthz"); r.StatusCode != 200 {
			t.Errorf("%s: healthz is %d %s", when, r.StatusCode, r.body)
		}
	}
	look("at first", 200)
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	look("without the folder", 503)
	if err := os.Rename(dir+".moved", dir); err != nil {
		t.Fatal(err)
	}
	look("with the folder again", 200)
}
