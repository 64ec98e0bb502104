// Command go uses github.com/knakk/sparql against a running triplestore. It is a module of its own: the library is no dependency of the
// project. See ../run.sh.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/knakk/sparql"
)

const (
	graph  = "https://example.org/graph/go"
	prefix = "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> "
)

var checks int

func check(ok bool, what string, args ...any) {
	checks++
	if !ok {
		fmt.Fprintf(os.Stderr, "go: "+what+"\n", args...)
		os.Exit(1)
	}
}

// bearer adds the token to every request.
type bearer struct{ token string }

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return http.DefaultTransport.RoundTrip(r)
}

func main() {
	url, token := os.Getenv("URL"), os.Getenv("TOKEN")
	repo, err := sparql.NewRepo(url+"/sparql", sparql.Timeout(30*time.Second))
	check(err == nil, "NewRepo: %v", err)

	res, err := repo.Query(prefix + "SELECT ?d ?t { ?d a dcat:Dataset ; dct:title ?t } ORDER BY ?d ?t LIMIT 5")
	check(err == nil && len(res.Solutions()) == 5, "SELECT: %v", err)
	check(strings.HasPrefix(res.Solutions()[0]["d"].String(), "http") && len(res.Bindings()["t"]) == 5, "solutions: %v", res.Solutions())
	bank := sparql.LoadBank(strings.NewReader("# tag: about\n" + prefix + "SELECT ?p ?o { <{{.}}> ?p ?o }\n"))
	about, err := bank.Prepare("about", res.Solutions()[0]["d"].String())
	check(err == nil, "Bank: %v", err)
	res, err = repo.Query(about)
	check(err == nil && len(res.Solutions()) > 3, "a query of a bank: %v", err)
	triples, err := repo.Construct(prefix + "CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }")
	check(err == nil && len(triples) > 5, "CONSTRUCT: %v", err)
	_, err = repo.Query("SELECT WHERE")
	check(err != nil && strings.Contains(err.Error(), "400"), "a mistake: %v", err)
	err = repo.Update("CLEAR ALL")
	check(err != nil, "an update at the address of queries, without a token, is carried out")

	writer := &http.Client{Transport: bearer{token}, Timeout: 30 * time.Second}
	update := func(text string) {
		r, err := writer.Post(url+"/update", "application/sparql-update", strings.NewReader(text))
		check(err == nil && r.StatusCode == http.StatusOK, "%s: %v", text, err)
		r.Body.Close()
	}
	update("INSERT DATA { GRAPH <" + graph + "> { <https://example.org/a> <https://example.org/p> \"Blåbær\"@nb, 1.5, true } }")
	res, err = repo.Query("SELECT ?o { GRAPH <" + graph + "> { ?s ?p ?o } }")
	check(err == nil && len(res.Solutions()) == 3, "after an update: %v", err)

	call := func(method, body, accept string) (int, string) {
		r, err := http.NewRequest(method, url+"/graphs?graph="+graph, strings.NewReader(body))
		check(err == nil, "%v", err)
		r.Header.Set("Content-Type", "application/n-triples")
		r.Header.Set("Accept", accept)
		resp, err := writer.Do(r)
		check(err == nil, "%s: %v", method, err)
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		check(err == nil, "%s: %v", method, err)
		return resp.StatusCode, string(b)
	}
	status, _ := call("PUT", "<https://example.org/b> <https://example.org/p> \"x\" .\n", "*/*")
	check(status == http.StatusNoContent, "PUT: %d", status)
	status, body := call("GET", "", "application/n-triples")
	check(status == http.StatusOK && body == "<https://example.org/b> <https://example.org/p> \"x\" .\n", "GET: %d %s", status, body)
	status, _ = call("DELETE", "", "*/*")
	check(status < 300, "DELETE: %d", status)
	status, _ = call("GET", "", "text/turtle")
	check(status == http.StatusNotFound, "after DELETE: %d", status)
	fmt.Printf("go: %d checks with github.com/knakk/sparql\n", checks)
}
