package server

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// TestLabelsByScope: names that one caller sees are kept for those with the same rights alone, whoever asks first, and only until they change.
func TestLabelsByScope(t *testing.T) {
	t.Parallel()
	st := testStore(t, "")
	update := func(quads ...rdf.Quad) {
		t.Helper()
		if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
			t.Fatal(err)
		}
	}
	open, closed := rdf.IRI(openGraph), rdf.IRI(closedGraph)
	about, other, named := rdf.IRI(testBase+"id/about"), rdf.IRI(testBase+"id/other"), rdf.IRI(testBase+"id/named")
	relation := rdf.IRI(vocab.DCT + "relation")
	update(
		rdf.Quad{S: about, P: relation, O: other, G: open}, rdf.Quad{S: about, P: relation, O: named, G: open},
		rdf.Quad{S: other, P: rdf.IRI(vocab.SKOS + "prefLabel"), O: rdf.LangLiteral("A HIDDEN name", "nb"), G: closed},
		rdf.Quad{S: other, P: rdf.IRI(vocab.RDFS + "label"), O: rdf.LangLiteral("An open name", "nb"), G: open},
		rdf.Quad{S: named, P: rdf.IRI(vocab.DCT + "title"), O: rdf.LangLiteral("HIDDEN alone", "nb"), G: closed},
		rdf.Quad{S: rdf.IRI(vocab.DCT + "relation"), P: rdf.IRI(vocab.SKOS + "prefLabel"), O: rdf.LangLiteral("HIDDEN relation", "nb"), G: closed},
	)
	srv := testServer(t, st, func(c *Config) { c.Access = routePolicy(t, false) })
	page := func(token, lang string) string {
		t.Helper()
		headers := []string{"Accept", "text/html", "Accept-Language", lang}
		if token != "" {
			headers = append(headers, "Authorization", "Bearer "+token)
		}
		r := get(t, srv, "/resource?iri="+url.QueryEscape(about.Value()), headers...)
		if r.StatusCode != 200 {
			t.Fatal(r.StatusCode, r.body)
		}
		return r.body
	}
	for round := range 2 {
		for _, token := range []string{"t-reader", "", "t-known", "t-openWriter", "t-reader", "t-admin", ""} {
			for _, lang := range []string{"nb", "en"} {
				body := page(token, lang)
				mayRead := token == "t-reader" || token == "t-admin"
				if strings.Contains(body, hiddenWord) != mayRead {
					t.Fatalf("round %d, token %q: a name of the closed graph is shown: %t, want %t", round, token, !mayRead, mayRead)
				}
				if strings.Contains(body, "An open name") == mayRead {
					t.Fatalf("round %d, token %q: the open name is shown: %t; the closed graph has a more telling one", round, token, mayRead)
				}
			}
		}
		// A name that is gone is not shown any more.
		if _, err := st.Update(t.Context(), func(x store.Txn) error {
			return x.Remove([]rdf.Quad{{S: other, P: rdf.IRI(vocab.RDFS + "label"), O: rdf.LangLiteral("An open name", "nb"), G: open}})
		}); err != nil {
			t.Fatal(err)
		}
		if body := page("", "nb"); strings.Contains(body, "An open name") || strings.Contains(body, hiddenWord) {
			t.Fatal("the page shows a name that is gone, or a hidden one")
		}
		update(rdf.Quad{S: other, P: rdf.IRI(vocab.RDFS + "label"), O: rdf.LangLiteral("An open name", "nb"), G: open})
	}
}

// TestLabelsByLanguage: what is kept for one reader serves another in another language.
func TestLabelsByLanguage(t *testing.T) {
	t.Parallel()
	st := testStore(t, `
		<https://data.example.no/id/a> <http://purl.org/dc/terms/relation> <https://data.example.no/id/b> .
		<https://data.example.no/id/b> <http://purl.org/dc/terms/title> "norsk navn"@nb .
		<https://data.example.no/id/b> <http://purl.org/dc/terms/title> "English name"@en .
		<https://data.example.no/id/b> <http://purl.org/dc/terms/title> "nom français"@fr .
		<https://data.example.no/id/b> <http://www.w3.org/2004/02/skos/core#notation> "B1" .`)
	srv := testServer(t, st, nil)
	for range 2 {
		for lang, want := range map[string]string{"nb": ">norsk navn<", "en": ">English name<", "fr": ">nom français<", "nn": ">norsk navn<", "de": ">English name<"} {
			if body := get(t, srv, "/resource?iri="+url.QueryEscape("https://data.example.no/id/a"), "Accept", "text/html", "Accept-Language", lang).body; !strings.Contains(body, want) {
				t.Errorf("%s: no %s", lang, want)
			}
		}
	}
}

func TestLabelCacheIsBounded(t *testing.T) {
	t.Parallel()
	var c labelCache
	snap, err := testStore(t, "").Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	first, err := c.state("first", snap)
	if err != nil {
		t.Fatal(err)
	}
	name := []rdf.Term{rdf.String(strings.Repeat("x", 1000))}
	hot := labelKey{first.number, 7}
	c.put(hot, name)
	for i := range 100_000 {
		c.put(labelKey{first.number, store.ID(100 + i)}, name)
		if _, ok := c.get(hot); !ok {
			t.Fatal("what is asked for all the time is forgotten")
		}
	}
	if held := (len(c.young) + len(c.old)) * 1000; held > labelBytes {
		t.Errorf("%d bytes of names are held", held)
	}
	c.put(labelKey{first.number, 8}, []rdf.Term{rdf.String(strings.Repeat("x", maxLabelBytes))})
	if _, ok := c.get(labelKey{first.number, 8}); ok {
		t.Error("a name that is too long is kept")
	}
	for i := range 2 * labelStates {
		if _, err := c.state(fmt.Sprint(i), snap); err != nil {
			t.Fatal(err)
		}
	}
	again, err := c.state("first", snap)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.states) > labelStates || again.number == first.number {
		t.Errorf("%d states, the first is number %d again", len(c.states), again.number)
	}
}

// TestManyStatements: a resource with more statements than are kept in memory has the page that it would have with them.
func TestManyStatements(t *testing.T) {
	t.Parallel()
	text := func(n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "<%[1]sid/big> a <%[2]sDataset> ; <%[3]stitle> \"The name\"@nb ; <%[3]sdescription> \"What it is\"@nb .\n", testBase, vocab.DCAT, vocab.DCT)
		for i := range n {
			fmt.Fprintf(&b, "<%[1]sid/big> <%[2]srelation> <%[1]sid/r%[3]d> .\n", testBase, vocab.DCT, i)
		}
		return b.String()
	}
	for _, n := range []int{3, keptStatements - 3, keptStatements - 2, 2*keptStatements + 7} {
		srv := testServer(t, testStore(t, text(n)), nil)
		body := get(t, srv, "/id/big", "Accept", "text/html", "Accept-Language", "nb").body
		for _, want := range []string{"<h1>The name</h1>", `"description":"What it is"`, `"@type":"Dataset"`, "/id/r0"} {
			if !strings.Contains(body, want) {
				t.Errorf("%d relations: no %s", n, want)
			}
		}
		if all := formatCount(uint64(n)) + " …"; n > shownValues && !strings.Contains(body, all) {
			t.Errorf("%d relations: no %q", n, all)
		}
	}
}
