package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/server/access"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
	"triplestore/store/visible"
)

// The proof of access control: every route of openapi.json with every method for every role, against a store with an open and a closed
// graph and, in a second round, a closed default graph. What a role may not see must not be in any answer; and every answer to a request
// for reading must be what a server gives that holds nothing else.

const (
	openGraph   = testBase + "g/open"
	closedGraph = testBase + "g/closed"
	hiddenWord  = "HIDDEN" // is in every term of the closed graph
	unnamedWord = "UNNAMED"
)

var routeRoles = map[string]struct {
	token               string
	readClosed          bool // the closed graphs
	writeOpen, writeAll bool
	writeClosed         bool
}{
	"anonymous":    {},
	"stranger":     {token: "not-a-token"},
	"known":        {token: "t-known"}, // a token without roles
	"reader":       {token: "t-reader", readClosed: true},
	"openWriter":   {token: "t-openWriter", writeOpen: true},
	"closedWriter": {token: "t-closedWriter", readClosed: true, writeClosed: true},
	"admin":        {token: "t-admin", readClosed: true, writeOpen: true, writeClosed: true, writeAll: true},
}

func routePolicy(t testing.TB, closedDefault bool) *access.Current {
	t.Helper()
	closed := closedGraph
	if closedDefault {
		closed += ", default"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "closed: [%s]\nroles:\n  openWriter: {write: [%s]}\n  closedWriter: {read: [default], write: [%s]}\ntokens:\n", closed, openGraph, closedGraph)
	for name, role := range map[string]string{"known": "", "reader": "reader", "openWriter": "openWriter", "closedWriter": "closedWriter", "admin": "admin"} {
		fmt.Fprintf(&b, "  - {name: %s, hash: %q, roles: [%s]}\n", name, access.Hash("t-"+name), role)
	}
	p, err := access.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return access.NewCurrent(p)
}

// routeStores makes a store with everything, and one with what rights show; their commits are alike.
func routeStores(t testing.TB, rights visible.Rights) (whole, seen store.Store) {
	t.Helper()
	var shown, hidden []rdf.Quad
	add := func(graph, word string, n int) {
		g := rdf.Term{}
		if graph != "" {
			g = rdf.IRI(graph)
		}
		doc := func(k int) rdf.Term { return rdf.IRI(fmt.Sprintf("%sid/%s-%d", testBase, word, k)) }
		var quads []rdf.Quad
		for k := range n {
			quads = append(quads,
				rdf.Quad{S: doc(k), P: rdf.IRI(rdfType), O: rdf.IRI(testBase + "ns/" + word + "Class"), G: g},
				rdf.Quad{S: doc(k), P: rdf.IRI(rdfType), O: rdf.IRI(testBase + "ns/Thing"), G: g},
				rdf.Quad{S: doc(k), P: rdf.IRI(testBase + "ns/" + word + "-says"), O: rdf.LangLiteral(word+" text "+fmt.Sprint(k), "en"), G: g},
				rdf.Quad{S: rdf.IRI(testBase + "id/shared"), P: rdf.IRI(testBase + "ns/links"), O: doc(k), G: g},
				rdf.Quad{S: doc(k), P: rdf.IRI(testBase + "ns/links"), O: rdf.IRI(testBase + "id/shared"), G: g})
		}
		if rights.MayRead(g) {
			shown = append(shown, quads...)
		} else {
			hidden = append(hidden, quads...)
		}
	}
	add(openGraph, "OPEN", 3)
	add("", unnamedWord, 2)
	add(closedGraph, hiddenWord, 5)
	fill := func(quads ...[]rdf.Quad) store.Store {
		s := memstore.New()
		t.Cleanup(func() { s.Close() })
		if _, err := s.Update(t.Context(), func(x store.Txn) error { return x.Add(slices.Concat(quads...)) }); err != nil {
			t.Fatal(err)
		}
		return s
	}
	return fill(shown, hidden), fill(shown)
}

// routeProbe is a request. For reading, shows tells that those who may see the closed graph see it in the answer. For writing, may tells
// who is let through, and status what those get.
type routeProbe struct {
	target, body, contentType, accept string
	shows                             bool
	may                               string // "", open, closed, all
	status                            int
	admin                             bool // it is for administrators only
	// differs excuses an answer from being that of a server with nothing hidden.
	differs string
}

func esc(s string) string { return url.QueryEscape(s) }

func queries(prefix string) []routeProbe {
	var out []routeProbe
	for _, q := range []struct {
		text  string
		shows bool
	}{
		{"SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s ?p ?o", true},
		{"SELECT * FROM <" + closedGraph + "> { ?s ?p ?o } ORDER BY ?s ?p ?o", true},
		{"SELECT * FROM NAMED <" + closedGraph + "> { GRAPH ?g { ?s ?p ?o } } ORDER BY ?s ?p ?o", true},
		{"SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", false},
		{"SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g", false},
		{"SELECT DISTINCT ?p { GRAPH ?g { ?s ?p ?o } } ORDER BY ?p", true},
		{"ASK { GRAPH <" + closedGraph + "> { } }", false},
		{"SELECT ?x { GRAPH <" + closedGraph + "> { <" + testBase + "id/shared> <" + testBase + "ns/links>+ ?x } } ORDER BY ?x", true},
		{"SELECT ?x { <" + testBase + "id/shared> <" + testBase + "ns/links>* ?x } ORDER BY ?x", false},
		{"SELECT ?x { ?x a <" + testBase + "ns/Thing> FILTER NOT EXISTS { GRAPH <" + closedGraph + "> { <" + testBase + "id/shared> ?p ?o } } } ORDER BY ?x", false},
		{"DESCRIBE <" + testBase + "id/HIDDEN-1> FROM <" + closedGraph + ">", true},
		{"CONSTRUCT { ?s ?p ?o } WHERE { GRAPH <" + closedGraph + "> { ?s ?p ?o } }", true},
	} {
		out = append(out, routeProbe{target: prefix + esc(q.text), shows: q.shows})
	}
	return out
}

var readProbes = map[string][]routeProbe{
	"/workbench": {{target: "/workbench", accept: "text/html", differs: "it has a nonce"}},
	"/overview":  {{target: "/overview", accept: "text/html", shows: true}},
	"/schema":    {{target: "/schema", accept: "text/html", shows: true}},
	"/harvest":   {{target: "/harvest", accept: "text/html"}, {target: "/harvest?format=json"}},
	"/":          {{target: "/", accept: "text/html", shows: true, differs: "it tells the number of terms in the dictionary"}},
	"/sparql": append(queries("/sparql?query="),
		routeProbe{target: "/sparql", accept: "text/turtle"},
		routeProbe{target: "/sparql?default-graph-uri=" + esc(closedGraph) + "&query=" + esc("SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o"), shows: true},
		routeProbe{target: "/sparql?named-graph-uri=" + esc(closedGraph) + "&query=" + esc("SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?s ?p ?o"), shows: true},
		routeProbe{target: "/sparql?explain=1&query=" + esc("SELECT * { ?s a <"+testBase+"ns/Thing> }"), accept: "text/plain"},
		routeProbe{target: "/sparql?explain=1&query=" + esc("SELECT * { GRAPH ?g { ?s <"+testBase+"ns/HIDDEN-says> ?o } }"), accept: "text/plain", differs: "it says what was asked"},
		routeProbe{target: "/sparql?query=" + esc("SELECT * { GRAPH ?g { ?s ?p ?o } }"), accept: "text/html", shows: true, differs: "it tells how long it took"}),
	"/queries": {{target: "/queries"}},
	"/queries/{name}": {
		{target: "/queries/all", shows: true}, {target: "/queries/graph?graph=" + esc(closedGraph), shows: true},
		{target: "/queries/about?resource=" + esc(testBase+"id/HIDDEN-1") + "&default-graph-uri=" + esc(closedGraph), shows: true, accept: "text/turtle"},
		{target: "/queries/none"}, {target: "/queries/graph"},
	},
	"/graphs": {
		{target: "/graphs", shows: true}, {target: "/graphs?graph=" + esc(closedGraph), shows: true, accept: "text/turtle"},
		{target: "/graphs?graph=" + esc(openGraph)}, {target: "/graphs?default"},
	},
	"/graphs/{path}": {{target: "/graphs/unknown"}},
	"/resource": {
		{target: "/resource?iri=" + esc(testBase+"id/HIDDEN-1"), shows: true, accept: "text/turtle"},
		{target: "/resource?iri=" + esc(testBase+"id/HIDDEN-1"), shows: true, accept: "text/html"},
		{target: "/resource?iri=" + esc(testBase+"id/hidden-1"), accept: "text/html"}, // suggestions
		{target: "/resource?iri=" + esc(testBase+"id/shared"), shows: true, accept: "text/html"},
		{target: "/resource?iri=" + esc(testBase+"id/shared"), shows: true, accept: "application/n-quads"},
		{target: "/resource?iri=" + esc(closedGraph), accept: "text/html"}, // in how many statements it is named
		{target: "/resource?iri=" + esc(testBase+"ns/HIDDEN-says"), accept: "text/html"},
		{target: "/resource?iri=" + esc(testBase+"ns/Thing"), shows: true, accept: "text/html"},
	},
	"/{path}": {
		{target: "/id/HIDDEN-1", shows: true, accept: "text/turtle"}, {target: "/id/HIDDEN-1", shows: true, accept: "text/html"},
		{target: "/id/shared", shows: true, accept: "text/html"}, {target: "/id/Hidden-1", accept: "text/html"}, {target: "/g/closed", accept: "text/html"},
	},
	"/.well-known/void":  {{target: "/.well-known/void", shows: true, accept: "text/turtle"}},
	"/catalog":           {{target: "/catalog", accept: "text/turtle"}},
	"/openapi.json":      {{target: "/openapi.json"}},
	"/healthz":           {{target: "/healthz"}},
	"/readyz":            {{target: "/readyz"}},
	"/metrics":           {{target: "/metrics", admin: true}},
	"/robots.txt":        {{target: "/robots.txt"}},
	"/favicon.ico":       {{target: "/favicon.ico"}},
	"/sparql/vocabulary": {{target: "/sparql/vocabulary", shows: true}, {target: "/sparql/vocabulary?q=hidden", shows: true}},
}

const updateType = "application/sparql-update"

var writeProbes = map[string][]routeProbe{
	"POST /sparql": {
		{target: "/sparql", body: "SELECT * { GRAPH ?g { ?s ?p ?o } }", contentType: typeQuery, shows: true},
		{target: "/sparql", body: "query=" + esc("DESCRIBE <"+testBase+"id/HIDDEN-1> FROM <"+closedGraph+">"), contentType: typeForm, shows: true},
	},
	"POST /sparql/check":  {{target: "/sparql/check", body: "SELECT * { ?s ?p ?o }", contentType: typeQuery}},
	"POST /sparql/format": {{target: "/sparql/format", body: "SELECT * { ?s ?p ?o }", contentType: typeQuery}},
	"POST /update": {
		{target: "/update", body: "INSERT DATA { GRAPH <" + openGraph + "> { <x:a> <x:b> 1 } }", contentType: updateType, may: "open", status: 200},
		{target: "/update", body: "INSERT DATA { GRAPH <" + closedGraph + "> { <x:a> <x:b> 1 } }", contentType: updateType, may: "closed", status: 200},
		{target: "/update", body: "CLEAR GRAPH <" + closedGraph + ">", contentType: updateType, may: "closed", status: 200},
		{target: "/update", body: "DELETE WHERE { GRAPH <" + closedGraph + "> { ?s ?p ?o } }", contentType: updateType, may: "closed", status: 200},
		{target: "/update", body: "INSERT DATA { <x:a> <x:b> 1 }", contentType: updateType, may: "all", status: 200},
		{target: "/update", body: "DROP ALL", contentType: updateType, may: "all", status: 200},
		{target: "/update", body: "MOVE <" + openGraph + "> TO <" + closedGraph + ">", contentType: updateType, may: "all", status: 200},
		{target: "/update", body: "update=" + esc("CLEAR NAMED"), contentType: typeForm, may: "all", status: 200},
	},
	"PUT /graphs": {
		{target: "/graphs?graph=" + esc(openGraph), body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "open", status: 204},
		{target: "/graphs?graph=" + esc(closedGraph), body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "closed", status: 204},
		{target: "/graphs?default", body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "all", status: 204},
		{target: "/graphs", body: "<x:a> <x:b> 1 .", contentType: "application/trig", may: "all", status: 204},
	},
	"POST /graphs": {
		{target: "/graphs?graph=" + esc(closedGraph), body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "closed", status: 200},
		{target: "/graphs", body: "<" + openGraph + "> { <x:a> <x:b> 1 }", contentType: "application/trig", may: "open", status: 200},
		{target: "/graphs", body: "<" + openGraph + "> { <x:a> <x:b> 1 } <" + closedGraph + "> { <x:a> <x:b> 1 }", contentType: "application/trig", may: "all", status: 200},
		{target: "/graphs", body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "all", status: 201}, // a new graph
	},
	"DELETE /graphs": {
		{target: "/graphs?graph=" + esc(openGraph), may: "open", status: 200}, {target: "/graphs?graph=" + esc(closedGraph), may: "closed", status: 200},
		{target: "/graphs?default", may: "all", status: 200},
	},
	"PUT /graphs/{path}":    {{target: "/graphs/new", body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "all", status: 201}},
	"POST /graphs/{path}":   {{target: "/graphs/new", body: "<x:a> <x:b> 1 .", contentType: "text/turtle", may: "all", status: 201}},
	"DELETE /graphs/{path}": {{target: "/graphs/none", may: "all", status: 404}},
}

// openAPIRoutes lists "METHOD /path" of the document.
func openAPIRoutes(t testing.TB) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openAPISource, &doc); err != nil {
		t.Fatal(err)
	}
	var out []string
	for path, methods := range doc.Paths {
		for m := range methods {
			if m != "parameters" {
				out = append(out, strings.ToUpper(m)+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}

func ask(t testing.TB, srv *httptest.Server, method string, p routeProbe, token string) response {
	t.Helper()
	var headers []string
	for _, h := range [][2]string{{"Content-Type", p.contentType}, {"Accept", p.accept}} {
		if h[1] != "" {
			headers = append(headers, h[0], h[1])
		}
	}
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return do(t, srv, method, p.target, strings.NewReader(p.body), headers...)
}

var changing = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T[0-9:.]+(Z|\+00:00)?|\b[0-9a-f]{16,}\b|"id":"[^"]*"`)

// same makes answers of two servers comparable: times of commits and numbers of requests differ.
func same(s string) string { return changing.ReplaceAllString(s, "·") }

func headersOf(r response) string {
	var b strings.Builder
	r.Header.Write(&b) //nolint:errcheck // it cannot fail
	return b.String()
}

// mentions reports a word in what the server says, but for what the request said first.
func mentions(r response, word string, p routeProbe) bool {
	if strings.Contains(strings.ToUpper(p.target+p.body), word) {
		// The request names something hidden: the answer may repeat that, but nothing else of it.
		text := r.body + headersOf(r)
		return strings.Contains(text, word+" text") || strings.Contains(text, word+"Class") || strings.Contains(text, word+"-2") || strings.Contains(text, word+"-0")
	}
	return strings.Contains(r.body+headersOf(r), word)
}

// TestAccess is the proof.
func TestAccess(t *testing.T) {
	t.Parallel()
	for _, closedDefault := range []bool{false, true} {
		if closedDefault && testing.Short() {
			continue
		}
		for name, role := range routeRoles {
			t.Run(fmt.Sprintf("%s/default closed %v", name, closedDefault), func(t *testing.T) {
				t.Parallel()
				policy := routePolicy(t, closedDefault)
				rights := policy.Get().Anonymous().Rights
				if role.token != "" && name != "stranger" {
					c, err := policy.Get().Identify(t.Context(), http.Header{"Authorization": {"Bearer " + role.token}})
					if err != nil {
						t.Fatal(err)
					}
					rights = c.Rights
				}
				whole, seen := routeStores(t, rights)
				srv := testServer(t, whole, func(c *Config) { c.Access, c.Stored = policy, storedForTest(t) })
				// The twin holds what the role may see and lets everyone read it; tokens are known, so that it speaks of updates alike.
				twin := testServer(t, seen, func(c *Config) { c.UpdateToken, c.Stored = "of-the-twin", storedForTest(t) })
				for _, route := range openAPIRoutes(t) {
					method, path, _ := strings.Cut(route, " ")
					probes := writeProbes[route]
					if method == http.MethodGet || method == http.MethodHead {
						probes = readProbes[path]
					}
					if len(probes) == 0 {
						t.Errorf("%s is not listed here: what may each role see and do there?", route)
					}
					for _, p := range probes {
						t.Run(route+" "+p.target+" "+p.body+" "+p.accept, func(t *testing.T) {
							if p.may != "" {
								checkWrite(t, name, closedDefault, method, p)
								return
							}
							checkRead(t, srv, twin, name, method, p)
						})
					}
				}
			})
		}
	}
}

func checkRead(t *testing.T, srv, twin *httptest.Server, name, method string, p routeProbe) {
	t.Helper()
	role := routeRoles[name]
	got := ask(t, srv, method, p, role.token)
	if name == "stranger" {
		if got.StatusCode != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
		return
	}
	if got.StatusCode >= 500 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	if p.admin {
		want := map[string]int{"anonymous": http.StatusUnauthorized, "admin": http.StatusOK}[name]
		if want == 0 {
			want = http.StatusForbidden
		}
		if got.StatusCode != want || name != "admin" && mentions(got, hiddenWord, p) {
			t.Errorf("%d, want %d: %s", got.StatusCode, want, got.body)
		}
		return
	}
	if !slices.Contains(got.Header.Values("Vary"), "Authorization") {
		t.Errorf("Vary: %q", got.Header.Values("Vary"))
	}
	if cc := got.Header.Get("Cache-Control"); role.token != "" && !strings.Contains(cc, "private") && !strings.Contains(cc, "no-store") {
		t.Errorf("an answer for one caller has Cache-Control: %q", cc)
	}
	if !role.readClosed && mentions(got, hiddenWord, p) {
		t.Errorf("it tells of what is hidden:\n%s\n%s", headersOf(got), got.body)
	}
	if role.readClosed && p.shows && method != http.MethodHead && !mentions(got, hiddenWord, p) && !strings.Contains(got.body, "HIDDEN-1") {
		t.Errorf("%d: who may see it does not:\n%s", got.StatusCode, got.body)
	}
	want := ask(t, twin, method, p, "")
	if got.StatusCode != want.StatusCode {
		t.Errorf("status %d, want %d as of a server that holds nothing else: %s", got.StatusCode, want.StatusCode, got.body)
	}
	if p.differs == "" && same(got.body) != same(want.body) {
		t.Errorf("it is not the answer of a server that holds nothing else:\n%s\n\nwant:\n%s", got.body, want.body)
	}
	for _, h := range []string{"Link", "Content-Type", "Allow", "Location", "Content-Location"} {
		if a, b := same(strings.Join(got.Header.Values(h), "\n")), same(strings.Join(want.Header.Values(h), "\n")); a != b {
			t.Errorf("%s is %q, want %q", h, a, b)
		}
	}
	// A tag is good for the same caller and for nobody who sees something else.
	tag := got.Header.Get("ETag")
	if tag == "" || method == http.MethodPost {
		return
	}
	for other, o := range routeRoles {
		if other == "stranger" {
			continue
		}
		headers := []string{"If-None-Match", tag}
		if p.accept != "" {
			headers = append(headers, "Accept", p.accept)
		}
		if o.token != "" {
			headers = append(headers, "Authorization", "Bearer "+o.token)
		}
		r := do(t, srv, method, p.target, nil, headers...)
		if o.readClosed != role.readClosed && r.StatusCode == http.StatusNotModified {
			t.Errorf("%s gets 304 for the tag of %s", other, name)
		}
		if other == name && r.StatusCode != http.StatusNotModified {
			t.Errorf("status %d for its own tag %s", r.StatusCode, tag)
		}
	}
}

func checkWrite(t *testing.T, name string, closedDefault bool, method string, p routeProbe) {
	t.Helper()
	role := routeRoles[name]
	policy := routePolicy(t, closedDefault)
	whole, _ := routeStores(t, visible.Everything())
	srv := testServer(t, whole, func(c *Config) { c.Access = policy })
	before := everything(t, srv)
	got := ask(t, srv, method, p, role.token)
	may := map[string]bool{"open": role.writeOpen, "closed": role.writeClosed, "all": role.writeAll}[p.may]
	want := p.status
	switch {
	case may:
	case name == "anonymous", name == "stranger":
		want = http.StatusUnauthorized
	default:
		want = http.StatusForbidden
	}
	if got.StatusCode != want {
		t.Errorf("status %d, want %d: %s", got.StatusCode, want, got.body)
	}
	if !role.readClosed && mentions(got, hiddenWord, p) {
		t.Errorf("it tells of what is hidden: %s", got.body)
	}
	after := everything(t, srv)
	if changed := before != after; changed != (may && p.status < 300) {
		t.Errorf("changed: %v", changed)
	}
	if !role.readClosed && may && strings.Contains(before, hiddenWord) && !strings.Contains(after, hiddenWord+" text 4") {
		t.Error("it changed what is hidden")
	}
}

func everything(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	r := do(t, srv, http.MethodGet, "/graphs", nil, "Accept", "application/n-quads", "Authorization", "Bearer t-admin")
	lines := strings.Split(r.body, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestAccessToHistory: older states, and what is said of deleted resources, show what the caller may see now.
func TestAccessToHistory(t *testing.T) {
	t.Parallel()
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Retention: &badgerstore.Retention{Commits: 10}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	quad := func(word, graph string) rdf.Quad {
		return rdf.Quad{S: rdf.IRI(testBase + "id/" + word + "-1"), P: rdf.IRI(testBase + "ns/says"), O: rdf.String(word + " text"), G: rdf.IRI(graph)}
	}
	for _, change := range []func(store.Txn) error{
		func(x store.Txn) error {
			return x.Add([]rdf.Quad{quad("OPEN", openGraph), quad(hiddenWord, closedGraph)})
		},
		func(x store.Txn) error {
			return x.Remove([]rdf.Quad{quad("OPEN", openGraph), quad(hiddenWord, closedGraph)})
		},
	} {
		if _, err := st.Update(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	srv := testServer(t, st, func(c *Config) { c.Access = routePolicy(t, true) })
	for _, p := range []struct {
		target                  string
		anonymous, reader       int
		anonymousHas, readerHas string
	}{
		{"/graphs?at=1", 200, 200, "OPEN text", "HIDDEN text"},
		{"/sparql?at=1&query=" + esc("SELECT * { GRAPH ?g { ?s ?p ?o } }"), 200, 200, "OPEN text", "HIDDEN text"},
		{"/resource?at=1&iri=" + esc(testBase+"id/HIDDEN-1"), 404, 200, "", "HIDDEN text"},
		{"/resource?iri=" + esc(testBase+"id/HIDDEN-1"), 404, 410, "", "deleted"},
		{"/resource?iri=" + esc(testBase+"id/OPEN-1"), 410, 410, "deleted", "deleted"},
		{"/resource?iri=" + esc(testBase+"id/NEVER-1"), 404, 404, "", ""},
	} {
		a, r := do(t, srv, http.MethodGet, p.target, nil), do(t, srv, http.MethodGet, p.target, nil, "Authorization", "Bearer t-reader")
		if a.StatusCode != p.anonymous || !strings.Contains(a.body, p.anonymousHas) || strings.Contains(a.body+headersOf(a), "HIDDEN text") || p.anonymous == 404 && strings.Contains(headersOf(a), "memento") {
			t.Errorf("%s: %d %s", p.target, a.StatusCode, a.body)
		}
		if r.StatusCode != p.reader || !strings.Contains(r.body, p.readerHas) {
			t.Errorf("%s: a reader gets %d %s", p.target, r.StatusCode, r.body)
		}
	}
}
