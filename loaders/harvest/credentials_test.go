package harvest_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/loaders/source"
	"triplestore/store/memstore"
)

// TestCredentials harvests from servers that want a token. It reaches the server that the source names, and neither reports, logs, journal nor store.
func TestCredentials(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.URL.Path+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Api-Key")+" "+r.Header.Get("Accept-Language"))
		mu.Unlock()
		if r.URL.Path == "/closed" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/turtle")
		w.Write([]byte("<urn:a> <urn:p> <urn:b> .")) //nolint:errcheck // a test
	}))
	t.Cleanup(s.Close)
	const token, key = "t0ken-which-is-secret", "k3y-which-is-secret"
	t.Setenv("TEST_HARVEST_TOKEN", token)
	w := newBench(t, memstore.New())
	w.write("key.txt", key+"\n")
	w.config = "sources:\n" +
		"- {name: open, kind: rdf, url: '" + s.URL + "/open', token: {env: TEST_HARVEST_TOKEN}, headers: {x-api-key: {file: key.txt}, Accept-Language: {value: nb}}}\n" +
		"- {name: closed, kind: rdf, url: '" + s.URL + "/closed', token: {env: TEST_HARVEST_TOKEN}}\n" +
		"- {name: unset, kind: rdf, url: '" + s.URL + "/unset', token: {env: TEST_HARVEST_UNSET}}\n" +
		"- {name: missing, kind: rdf, url: '" + s.URL + "/missing', headers: {X-Api-Key: {file: nothing.txt}}}\n"
	c, err := harvest.ParseConfig([]byte(w.config), w.dir, kinds.All(), kinds.Rewriters())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: w.clock, Temp: w.dir,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Run(t.Context(), harvest.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		status harvest.Status
		class  source.Class
		text   string
	}{
		{harvest.Changed, "", ""}, {harvest.Failed, source.Refused, "403"}, {harvest.Failed, source.Refused, "the environment variable TEST_HARVEST_UNSET is not set"},
		{harvest.Failed, source.Refused, "headers.X-Api-Key"},
	} {
		if got := r.Sources[i]; got.Status != want.status || got.Class != want.class || !strings.Contains(got.Error, want.text) {
			t.Errorf("%s: %s, %s, %s", got.Name, got.Status, got.Class, got.Error)
		}
	}
	if want := "/open Bearer " + token + " " + key + " nb\n/closed Bearer " + token + "  "; strings.Join(seen, "\n") != want {
		t.Errorf("the servers saw\n%s\nwant\n%s", strings.Join(seen, "\n"), want)
	}
	report, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	journal, err := json.Marshal(h.Status())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"report": string(report), "log": log.String(), "status": string(journal), "store": strings.Join(w.quadsOf(func(string) bool { return true }), "\n")} {
		for _, secret := range []string{token, key} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s tells a secret:\n%s", name, text)
			}
		}
	}
}

func TestCredentialMistakes(t *testing.T) {
	for section, want := range map[string]string{
		"token: abc":                                              "token: expects keys",
		"token: {value: abc}":                                     "unknown key",
		"token: {}":                                               "either env or file",
		"token: {env: A, file: b}":                                "either env or file",
		"token: {env: 'a b'}":                                     "token.env",
		"headers: {Cookie: {env: A}}":                             "set by the harvest itself",
		"headers: {'a b': {env: A}}":                              "no name of a header",
		"headers: {X-Key: {env: A, value: b}}":                    "names a place",
		"headers: {X-Key: {}}":                                    "either env or file, or value",
		"token: {env: A}, headers: {authorization: {env: B}}":     "stands beside token",
		"headers: {X-Key: {value: \"a\\nb\"}}":                    "no header may have",
		"token: {env: A}, headers: {If-None-Match: {value: abc}}": "set by the harvest itself",
	} {
		_, err := harvest.ParseConfig([]byte("sources: [{name: a, kind: rdf, url: 'https://example.org/', "+section+"}]"), t.TempDir(), kinds.All(), kinds.Rewriters())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v, want %s", section, err, want)
		}
	}
}
