package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"

	"triplestore/rdf"
	"triplestore/server"
	"triplestore/store"
	"triplestore/store/memstore"
)

// A server is a http.Handler over a store.
func Example() {
	data := memstore.New()
	defer data.Close()
	if _, err := data.Update(context.Background(), func(x store.Txn) error {
		return x.Add([]rdf.Quad{{S: rdf.IRI("https://data.example.org/id/a"), P: rdf.IRI("http://purl.org/dc/terms/title"), O: rdf.LangLiteral("Vannkvalitet", "nb")}})
	}); err != nil {
		log.Fatal(err)
	}
	s, err := server.New(server.Config{Store: data, Base: "https://data.example.org/", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	h := httptest.NewServer(s)
	defer h.Close()
	for _, c := range []struct{ path, accept string }{
		{"/sparql?query=" + url.QueryEscape("SELECT ?title { ?s <http://purl.org/dc/terms/title> ?title }"), "text/tab-separated-values"},
		{"/id/a", "application/n-triples"}, // the resource under the base
	} {
		r, err := http.NewRequest(http.MethodGet, h.URL+c.path, nil)
		if err != nil {
			log.Fatal(err)
		}
		r.Header.Set("Accept", c.accept)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer.StatusCode, string(body))
	}
	// Output:
	// 200 ?title
	// "Vannkvalitet"@nb
	//
	// 200 <https://data.example.org/id/a> <http://purl.org/dc/terms/title> "Vannkvalitet"@nb .
}
