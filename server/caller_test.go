package server

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var wholeStore = regexp.MustCompile(`\b(s\.whole|s\.views|c\.Store)\b`)

// TestStoreIsBehindTheCaller: only what is listed here uses the store itself; everything else takes Server.data(ctx), which shows what
// the caller may see.
func TestStoreIsBehindTheCaller(t *testing.T) {
	allowed := map[string]int{"server.go": 4, "caller.go": 2, "auditing.go": 1, "query.go": 1} // one for the metrics, which are for administrators; query.go asks whether it can be written
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(wholeStore.FindAll(text, -1)); n > allowed[f] {
			t.Errorf("%s uses the store itself (%d times, %d are allowed): take Server.data(ctx), with the context of the request", f, n, allowed[f])
		}
	}
}

func TestScopeConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, scope, want string }{
		{`W/"a.b"`, "", `W/"a.b"`}, {`W/"a.b~x"`, "", `"other"`}, {`W/"a.b~x"`, "x", `W/"a.b"`}, {`W/"a.b~x"`, "y", `"other"`}, {`W/"a.b"`, "x", `"other"`},
		{"*", "x", "*"}, {`W/"a~x", "b~y" ,"c"`, "x", `W/"a", "other"`}, {`"a~x"`, "", `"other"`},
	} {
		for _, name := range []string{"If-Match", "If-None-Match"} {
			h := http.Header{}
			h.Set(name, c.in)
			scopeConditions(h, c.scope)
			if got := h.Get(name); got != c.want {
				t.Errorf("%s: %s in scope %q is %s, want %s", name, c.in, c.scope, got, c.want)
			}
		}
	}
}
