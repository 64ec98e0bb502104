package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/format"
	"triplestore/rdf/turtle"
	"triplestore/store"
	"triplestore/store/memstore"
)

// The vocabulary of requests in the manifests (https://www.w3.org/TR/HTTP-in-RDF10/).
const (
	ht  = "http://www.w3.org/2011/http#"
	hts = "http://www.w3.org/2011/http-statusCodes#"
	cnt = "http://www.w3.org/2011/content#"
)

const suiteHost = "www.example"

// suiteServer is a server with write access that calls itself by the host of the suites.
func suiteServer(t testing.TB, st store.Store) *httptest.Server {
	return testServer(t, st, func(c *Config) {
		c.Base = "http://" + suiteHost + "/"
		withToken(c)
	})
}

// TestW3CProtocol runs https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/protocol over HTTP.
func TestW3CProtocol(t *testing.T) {
	w3c.Run(t, "rdf-tests/sparql/sparql11/protocol/manifest.ttl", nil, func(t *testing.T, test *w3c.Test) error {
		st := memstore.New()
		defer st.Close()
		for _, d := range test.All(w3c.UT + "graphData") {
			file := d.Get(w3c.UT + "graph")
			text, err := file.Read()
			if err != nil {
				return err
			}
			quads, err := turtle.ParseString(string(text), turtle.Options{Dialect: turtle.NTriples})
			if err != nil {
				return err
			}
			for i := range quads {
				quads[i].G = rdf.IRI(d.Get(w3c.RDFS + "label").Value())
			}
			if _, err := st.Update(t.Context(), func(txn store.Txn) error { return txn.Add(quads) }); err != nil {
				return err
			}
		}
		return runConnection(t, suiteServer(t, st), test, func(r *suiteRequest) {
			path, query, _ := strings.Cut(r.path, "?")
			if path != "/sparql/" && path != "/sparql" {
				t.Fatalf("path %s", path)
			}
			r.path = "/sparql"
			if strings.Contains(test.IRI, "update") && !strings.Contains(r.body, "ASK") && !strings.Contains(r.body, "query=") && !strings.Contains(query, "query=") {
				r.path = "/update"
			}
			if query != "" {
				r.path += "?" + query
			}
		})
	})
}

// TestW3CGraphStore runs https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/graph-store-protocol over HTTP.
func TestW3CGraphStore(t *testing.T) {
	w3c.Run(t, "rdf-tests/sparql/sparql11/graph-store-protocol/manifest.ttl", nil, func(t *testing.T, test *w3c.Test) error {
		st := memstore.New()
		defer st.Close()
		return runConnection(t, suiteServer(t, st), test, func(r *suiteRequest) {
			if rest, ok := strings.CutPrefix(r.path, "/gsp"); ok {
				r.path = "/graphs" + rest
			}
		})
	})
}

// TestW3CHTTPUpdate runs the older suite https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/http-rdf-update, whose requests and
// responses are written as text and build on each other.
func TestW3CHTTPUpdate(t *testing.T) {
	st := memstore.New()
	defer st.Close()
	srv := suiteServer(t, st)
	variables := strings.NewReplacer("/$GRAPHSTORE$", graphsPath, "$GRAPHSTORE$", graphsPath, "$HOST$", suiteHost)
	// The suite deletes a graph that it never made.
	if r := do(t, srv, "PUT", graphsPath+"/person/2.ttl", strings.NewReader("<> a <x:T> ."), append([]string{"Content-Type", "text/turtle"}, bearer...)...); r.StatusCode != 201 {
		t.Fatal(r.StatusCode, r.body)
	}
	newPath, indent, noDot := "", regexp.MustCompile(`(?m)^    `), regexp.MustCompile(`(?m)^(<http.*")$`)
	w3c.Run(t, "rdf-tests/sparql/sparql11/http-rdf-update/manifest.ttl", map[string]string{
		"get_of_post__existing_graph": "it expects the state before the PUT and the POST that the suite has sent",
	}, func(t *testing.T, test *w3c.Test) error {
		var text string
		for _, c := range test.All(w3c.RDFS + "comment") {
			if strings.Contains(c.Value(), "#### Request") {
				text = variables.Replace(c.Value())
			}
		}
		text = strings.ReplaceAll(text, "$NEWPATH$ HTTP", newPath+" HTTP")
		request, want, ok := strings.Cut(text, "#### Response")
		if !ok {
			return errors.New("no request and response")
		}
		parse := func(s string) (first string, headers []string, body string) {
			s = indent.ReplaceAllString(s, "")
			_, s, _ = strings.Cut(s, "\n\n")
			head, body, _ := strings.Cut(strings.TrimLeft(s, "\n"), "\n\n")
			lines := strings.Split(strings.TrimSpace(head), "\n")
			for _, l := range lines[1:] {
				name, value, _ := strings.Cut(l, ":")
				if n := strings.TrimSpace(name); n != "Host" && n != "Content-Length" {
					headers = append(headers, n, strings.TrimSpace(value))
				}
			}
			return lines[0], headers, body
		}
		first, headers, body := parse(request)
		fields := strings.Fields(first)
		r := suiteRequest{method: fields[0], path: fields[1], headers: headers}
		body = noDot.ReplaceAllString(body, "$1 .") // the suite forgets the dot
		r.send = []byte(body)
		if strings.Contains(strings.Join(headers, " "), "multipart/") {
			r.send = []byte(strings.ReplaceAll(body, "\n", "\r\n"))
		}
		got := suiteDo(t, srv, &r)
		status, wantHeaders, wantBody := parse(want)
		if !strings.HasPrefix(status, strconv.Itoa(got.StatusCode)+" ") {
			return fmt.Errorf("%s: %d %s, want %s", first, got.StatusCode, got.body, status)
		}
		if err := checkHeaders(r.method, got); err != nil {
			return err
		}
		for i := 0; i+1 < len(wantHeaders); i += 2 {
			switch name := wantHeaders[i]; name {
			case "Location":
				newPath = strings.TrimPrefix(got.Header.Get(name), "http://"+suiteHost)
				if newPath == "" {
					return errors.New("no Location")
				}
			default:
				if got.Header.Get(name) != wantHeaders[i+1] {
					return fmt.Errorf("%s is %q, want %q", name, got.Header.Get(name), wantHeaders[i+1])
				}
			}
		}
		if strings.TrimSpace(wantBody) != "" {
			return sameGraph(got, wantBody)
		}
		return nil
	})
}

type suiteRequest struct {
	method, path, body string
	headers            []string
	send               []byte
}

// runConnection sends the requests of a test one after the other and checks the responses.
func runConnection(t *testing.T, srv *httptest.Server, test *w3c.Test, adapt func(*suiteRequest)) error {
	requests := test.Action.Get(ht + "requests").List()
	if len(requests) == 0 {
		return errors.New("the test has no requests")
	}
	location := ""
	for i, n := range requests {
		r := suiteRequest{method: n.Get(ht + "methodName").Value(), path: strings.ReplaceAll(n.Get(ht+"absolutePath").Value(), "$LOCATION$", location)}
		body := n.Get(ht + "body")
		r.body = strings.ReplaceAll(body.Get(cnt+"chars").Value(), "$LOCATION$", location)
		for _, h := range n.Get(ht + "headers").List() {
			r.headers = append(r.headers, h.Get(ht+"fieldName").Value(), h.Get(ht+"fieldValue").Value())
		}
		adapt(&r)
		r.send = []byte(r.body)
		if body.Get(cnt+"characterEncoding").Value() == "UTF-16" {
			r.send = []byte{0xFE, 0xFF}
			for _, u := range utf16.Encode([]rune(r.body)) {
				r.send = append(r.send, byte(u>>8), byte(u))
			}
		}
		got := suiteDo(t, srv, &r)
		want := n.Get(ht + "resp")
		if err := checkResponse(&r, got, want); err != nil {
			return fmt.Errorf("request %d, %s %s: %w\n%d %v\n%s", i+1, r.method, r.path, err, got.StatusCode, got.Header, got.body)
		}
		if !want.Get(w3c.MF + "expectedLocation").IsZero() {
			if location = got.Header.Get("Location"); location == "" {
				return fmt.Errorf("request %d: no Location", i+1)
			}
		}
	}
	return nil
}

func suiteDo(t *testing.T, srv *httptest.Server, r *suiteRequest) response {
	t.Helper()
	var body io.Reader
	if len(r.send) > 0 {
		body = strings.NewReader(string(r.send))
	}
	return do(t, srv, r.method, r.path, body, append(r.headers, bearer...)...)
}

func checkResponse(r *suiteRequest, got response, want w3c.Node) error {
	var statuses []string
	fits := false
	for _, s := range want.All(w3c.MF + "expectedStatus") {
		name := strings.TrimPrefix(s.Value(), hts)
		statuses = append(statuses, name)
		if class, ok := strings.CutPrefix(name, "StatusCode"); ok {
			fits = fits || int(class[0]-'0') == got.StatusCode/100
		} else {
			fits = fits || name == strings.ReplaceAll(http.StatusText(got.StatusCode), " ", "")
		}
	}
	if !fits {
		return fmt.Errorf("status %d, want one of %v", got.StatusCode, statuses)
	}
	if err := checkHeaders(r.method, got); err != nil {
		return err
	}
	mediaType, _, _ := strings.Cut(got.Header.Get("Content-Type"), ";")
	switch f := want.Get(w3c.MF + "expectedFormat").Value(); f {
	case "":
	case "boolean", "tabular":
		if !slices.ContainsFunc(solutionOffers, func(o offer) bool { return slices.Contains(o.types, mediaType) }) {
			return fmt.Errorf("%s is no format of a %s result", mediaType, f)
		}
		if b := want.Get(w3c.MF + "expectedBoolean"); !b.IsZero() {
			if answer, err := readBoolean(mediaType, got.body); err != nil || answer != (b.Value() == "true") {
				return fmt.Errorf("the answer is %v (%v), want %s", answer, err, b.Value())
			}
		}
	case "RDF":
		if _, err := readQuads(mediaType, got.body); err != nil {
			return err
		}
	default:
		return fmt.Errorf("the test wants the format %s", f)
	}
	for _, h := range want.Get(ht + "headers").List() {
		name, value := h.Get(ht+"fieldName").Value(), h.Get(ht+"fieldValue").Value()
		if got.Header.Get(name) != value {
			return fmt.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
		}
	}
	if body := want.Get(ht + "body"); !body.IsZero() && r.method != http.MethodHead {
		return sameGraph(got, body.Get(cnt+"chars").Value())
	}
	return nil
}

// sameGraph compares a response with a graph in Turtle.
func sameGraph(got response, text string) error {
	expected, err := readQuads("text/turtle", text)
	if err != nil {
		return err
	}
	quads, err := readQuads(got.Header.Get("Content-Type"), got.body)
	if err != nil {
		return err
	}
	if same, err := canon.Isomorphic(quads, expected); err != nil || !same {
		return fmt.Errorf("not the expected graph (%v):\n%s", err, text)
	}
	return nil
}

// checkHeaders checks what holds for every response.
func checkHeaders(method string, got response) error {
	h := got.Header
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": contentSecurity} {
		if h.Get(name) != want {
			return fmt.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	vary := strings.Join(h.Values("Vary"), ",")
	switch {
	case got.StatusCode >= 400:
		if h.Get("ETag") != "" || h.Get("Cache-Control") != "no-store" {
			return errors.New("an error that may be kept")
		}
		var p Problem
		if method == http.MethodHead {
			break
		}
		if err := json.Unmarshal([]byte(got.body), &p); h.Get("Content-Type") != "application/problem+json" || err != nil || p.Status != got.StatusCode || p.Title == "" {
			return fmt.Errorf("not a problem document: %v", err)
		}
	case got.StatusCode == http.StatusOK && len(got.body) > 0 && h.Get("Content-Type") == "":
		return errors.New("no Content-Type")
	case (method == http.MethodGet || method == http.MethodHead) && !strings.Contains(vary, "Accept"):
		return fmt.Errorf("Vary is %q", vary)
	}
	if got.StatusCode == http.StatusMethodNotAllowed && h.Get("Allow") == "" {
		return errors.New("405 without Allow")
	}
	if got.StatusCode == http.StatusNoContent && len(got.body) > 0 {
		return errors.New("204 with a body")
	}
	return nil
}

func readBoolean(mediaType, body string) (bool, error) {
	if !strings.Contains(mediaType, "json") {
		return false, fmt.Errorf("%s, want JSON", mediaType)
	}
	var v struct {
		Boolean *bool `json:"boolean"`
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil || v.Boolean == nil {
		return false, fmt.Errorf("no boolean in %s: %w", body, err)
	}
	return *v.Boolean, nil
}

func readQuads(mediaType, text string) (quads []rdf.Quad, err error) {
	f, ok := format.ByMediaType(mediaType)
	if !ok {
		return nil, fmt.Errorf("%q is no RDF", mediaType)
	}
	err = f.Parse(context.Background(), strings.NewReader(text), format.ReadOptions{Base: "http://" + suiteHost + "/"}, func(q []rdf.Quad) error {
		quads = append(quads, q...)
		return nil
	})
	return quads, err
}
