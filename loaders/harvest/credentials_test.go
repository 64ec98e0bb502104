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

// TestPasswordOfURL harvests from URLs with a user and a password, which are kept and told nowhere, and go along again in the next run.
func TestPasswordOfURL(t *testing.T) {
	t.Parallel()
	const password = "s3cret-of-a-url"
	var mu sync.Mutex
	unchanged := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if _, p, _ := r.BasicAuth(); p != password {
			t.Errorf("%s was asked for without the password", r.URL)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Header.Get("If-None-Match") != "" {
			unchanged++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		mediaType, body := "text/turtle", ""
		switch r.URL.Path {
		case "/rdf", "/sparql":
			body = "<urn:" + r.URL.Path[1:] + "> a <http://www.w3.org/ns/dcat#Dataset> . <urn:x> <urn:p> wrong .\n"
		case "/ldes":
			body = "<s> <https://w3id.org/tree#member> <urn:l>, [] . <urn:l> <urn:p> 1 .\n"
		case "/table":
			mediaType, body = "application/json", `[{"id": 1, "t": "x"}, {"t": "y"}]`
		case "/oai":
			mediaType = "text/xml"
			body = `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-27T11:00:00Z</responseDate><Identify><deletedRecord>persistent</deletedRecord></Identify></OAI-PMH>`
			if r.URL.Query().Get("verb") == "ListRecords" {
				body = `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>urn:o</identifier></header><metadata><dc xmlns="http://www.openarchives.org/OAI/2.0/oai_dc/">` +
					`<title xmlns="http://purl.org/dc/elements/1.1/">x</title></dc></metadata></record><record><header/></record></ListRecords></OAI-PMH>`
			}
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if r.Method == http.MethodGet && r.URL.Path != "/oai" {
			w.Header().Set("ETag", `"1"`)
		}
		w.Header().Set("Content-Type", mediaType)
		w.Write([]byte(body)) //nolint:errcheck // a test
	}))
	t.Cleanup(s.Close)
	base := strings.Replace(s.URL, "://", "://user:"+password+"@", 1)
	w := newBench(t, memstore.New())
	w.config = "sources:\n" +
		"- {name: rdf, kind: rdf, url: '" + base + "/rdf'}\n" +
		"- {name: ldes, kind: ldes, url: '" + base + "/ldes'}\n" +
		"- {name: table, kind: table, url: '" + base + "/table', subject: 'urn:t:{id}', properties: [{property: dct:title, column: t}]}\n" +
		"- {name: oai, kind: oai-pmh, url: '" + base + "/oai'}\n" +
		"- {name: sparql, kind: sparql, url: '" + base + "/sparql', query: 'CONSTRUCT WHERE { ?s ?p ?o }'}\n" +
		"- {name: missing, kind: rdf, url: '" + base + "/missing'}\n" +
		"- {name: limited, kind: rdf, url: ['" + base + "/rdf?1', '" + base + "/rdf?2'], max-requests: 1}\n"
	c, err := harvest.ParseConfig([]byte(w.config), w.dir, kinds.All(), kinds.Rewriters())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	h, err := harvest.New(harvest.Options{Config: c, Store: w.store, Journal: w.journal, Clock: w.clock, Temp: w.dir, Parallel: 1,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, want := range []string{"changed changed changed changed changed failed failed", "unchanged unchanged unchanged unchanged unchanged failed failed"} {
		r, err := h.Run(t.Context(), harvest.RunOptions{Progress: func(_ string, p source.Progress) { texts["progress"] += p.Doing }})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range r.Sources {
			got = append(got, string(s.Status))
			if s.Rejected == 0 && s.Status == harvest.Changed {
				t.Errorf("%s: nothing was rejected", s.Name)
			}
		}
		report, err := json.Marshal(r)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%v, want %s (%v)\n%s", got, want, err, report)
		}
		texts["report"] += string(report)
	}
	if unchanged != 3 {
		t.Errorf("%d conditional requests, want 3", unchanged)
	}
	status, err := json.Marshal(h.Status())
	if err != nil {
		t.Fatal(err)
	}
	journal, err := json.Marshal(w.journal.Entries())
	if err != nil {
		t.Fatal(err)
	}
	texts["status"], texts["journal"], texts["log"] = string(status), string(journal), log.String()
	texts["store"] = strings.Join(w.quadsOf(func(string) bool { return true }), "\n")
	for name, text := range texts {
		if strings.Contains(text, password) || text == "" {
			t.Errorf("the %s tells the password, or nothing:\n%s", name, text)
		}
	}
}
