package examples_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strings"
	"testing"

	"triplestore/examples"
	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/server"
	"triplestore/store/memstore"
)

// A dataset's IRI gives Turtle to programs and a page to people.
func TestDatasetOverHTTP(t *testing.T) {
	t.Parallel()
	address := serve(t) + "/id/dataset/felles-datakatalog"
	triples := lines(t, get(t, address, "text/turtle"), turtle.Turtle)
	title := rdf.Triple{S: rdf.IRI(examples.Base + "dataset/felles-datakatalog"), P: rdf.IRI(dct + "title"),
		O: rdf.LangLiteral("Content of the common data catalogue", "en")}.String()
	if !slices.Contains(triples, title) {
		t.Errorf("the Turtle lacks %s:\n%s", title, strings.Join(triples, "\n"))
	}
	page := get(t, address, "text/html")
	for _, text := range []string{
		"Innholdet i Felles datakatalog", // its title
		"Beskrivelser av datasett",       // its description
		"Digitaliseringsdirektoratet",    // its publisher
		"Katalogen som Turtle",           // a distribution
		"Nasjonal verktøykasse",          // what refers to it
		"SPARQL-endepunkt for katalogen",
	} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// serve starts a server over the example data and gives its address.
func serve(t *testing.T) string {
	t.Helper()
	s := memstore.New()
	if _, err := loaders.LoadFS(t.Context(), s, examples.FS(), examples.DataFiles(), loaders.Options{Strict: true}); err != nil {
		t.Fatal(err)
	}
	handler, err := server.New(server.Config{Store: s, Base: "http://localhost:7878/", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	return web.URL
}

func get(t *testing.T, address, accept string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Language", "nb")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", res.Status, body)
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, accept) {
		t.Errorf("content type %q, want %q", got, accept)
	}
	return string(body)
}

// lines reads a document and gives its triples sorted, without those that a blank node is part of.
func lines(t *testing.T, text string, d turtle.Dialect) []string {
	t.Helper()
	quads, err := turtle.ParseString(text, turtle.Options{Dialect: d})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, q := range quads {
		if !q.S.IsBlankNode() && !q.O.IsBlankNode() {
			out = append(out, q.Triple().String())
		}
	}
	sort.Strings(out)
	return slices.Compact(out)
}
