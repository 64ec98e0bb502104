package server

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
	"triplestore/store"
	"triplestore/store/memstore"
	"triplestore/vocab"
)

// values finds the objects of a subject and predicate.
func values(quads []rdf.Quad, s rdf.Term, predicate string) (out []rdf.Term) {
	for _, q := range quads {
		if q.S == s && q.P.Value() == predicate {
			out = append(out, q.O)
		}
	}
	return out
}

// cleanStore holds nothing but what every format can say.
func cleanStore(t testing.TB) store.Store {
	t.Helper()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	quads, err := readQuads("application/trig", `
		@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix e: <http://data.example/id/> .
		e:g1 { e:org a <http://xmlns.com/foaf/0.1/Agent> ; <http://xmlns.com/foaf/0.1/name> "Etaten"@nb }
		e:g1 dct:title "Virksomheter"@nb .
		e:cat a dcat:Catalog ; dct:title "Katalog"@nb ; dcat:dataset e:ds, e:ds2 .
		e:ds a dcat:Dataset ; dct:publisher e:org ; dct:title "A", "B" . e:ds2 a dcat:Dataset ; dct:publisher [ a dcat:Agent ] .`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Update(t.Context(), func(txn store.Txn) error { return txn.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	return st
}

func description(t testing.TB, r response) []rdf.Quad {
	t.Helper()
	if err := checkHeaders("GET", r); err != nil || r.StatusCode != 200 || r.Header.Get("ETag") == "" {
		t.Fatal(r.StatusCode, r.Header, err)
	}
	quads, err := readQuads(r.Header.Get("Content-Type"), r.body)
	if err != nil {
		t.Fatal(err, r.body)
	}
	return quads
}

// TestW3CServiceDescription does what https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11/service-description asks for.
func TestW3CServiceDescription(t *testing.T) {
	srv := suiteServer(t, cleanStore(t))
	quads := description(t, get(t, srv, "/sparql", "Accept", "text/turtle"))
	w3c.Run(t, "rdf-tests/sparql/sparql11/service-description/manifest.ttl", nil, func(t *testing.T, test *w3c.Test) error {
		endpoint := rdf.IRI("http://" + suiteHost + "/sparql")
		service := rdf.IRI(endpoint.Value() + "#service")
		switch _, name, _ := strings.Cut(test.IRI, "#"); name {
		case "returns-rdf":
			if len(quads) == 0 {
				t.Error("nothing")
			}
		case "has-endpoint-triple":
			if !slices.Contains(values(quads, service, vocab.SDEndpoint), endpoint) {
				t.Errorf("%v", quads)
			}
		case "conforms-to-schema": // the domains and ranges of the vocabulary
			for _, q := range quads {
				domain, objects := map[string]string{
					vocab.SDEndpoint: vocab.SDService, vocab.SDResultFormat: vocab.SDService, vocab.SDDefaultDataset: vocab.SDService,
					vocab.SDDefaultGraph: vocab.SDDataset, vocab.SDHasNamedGraph: vocab.SDDataset, vocab.SDName: vocab.SDNamedGraph, vocab.SDHasGraph: vocab.SDNamedGraph,
				}[q.P.Value()], map[string]string{
					vocab.SDDefaultDataset: vocab.SDDataset, vocab.SDDefaultGraph: vocab.SDGraph, vocab.SDHasNamedGraph: vocab.SDNamedGraph, vocab.SDHasGraph: vocab.SDGraph,
				}[q.P.Value()]
				if domain != "" && !slices.Contains(values(quads, q.S, rdfType), rdf.IRI(domain)) || objects != "" && !slices.Contains(values(quads, q.O, rdfType), rdf.IRI(objects)) {
					t.Errorf("%v", q)
				}
			}
		default:
			t.Fatal("a new test")
		}
		return nil
	})
}

func TestServiceDescription(t *testing.T) {
	t.Parallel()
	st := cleanStore(t)
	service, update := rdf.IRI(testBase+"sparql#service"), rdf.IRI(testBase+"update#service")
	read := description(t, get(t, testServer(t, st, nil), "/sparql"))
	if got := values(read, service, vocab.SDSupportedLanguage); !slices.Contains(got, rdf.IRI(vocab.SDSPARQL11Query)) {
		t.Errorf("languages %v", got)
	}
	if got := values(read, service, vocab.SDResultFormat); len(got) != len(formatIRIs) {
		t.Errorf("formats %v", got)
	}
	if len(values(read, update, rdfType)) > 0 {
		t.Error("a closed server describes updates")
	}
	if names := values(read, values(read, rdf.IRI(testBase+".well-known/void#dataset"), vocab.SDHasNamedGraph)[0], vocab.SDName); !slices.Equal(names, []rdf.Term{rdf.IRI(testBase + "id/g1")}) {
		t.Errorf("graphs %v", names)
	}
	write := description(t, get(t, testServer(t, st, func(c *Config) { withToken(c); c.UnionDefaultGraph = true }), "/sparql"))
	if got := values(write, update, vocab.SDSupportedLanguage); !slices.Equal(got, []rdf.Term{rdf.IRI(vocab.SDSPARQL11Update)}) {
		t.Errorf("languages %v", got)
	}
	if got := values(write, service, vocab.SDFeature); !slices.Equal(got, []rdf.Term{rdf.IRI(vocab.SDUnionDefaultGraph)}) {
		t.Errorf("features %v", got)
	}
	baseless := testServer(t, st, func(c *Config) { c.Base = "" })
	for _, path := range []string{"/sparql", voidPath, catalogPath} {
		quads := description(t, get(t, baseless, path))
		for _, q := range quads {
			if q.P.Value() == vocab.SDEndpoint {
				t.Errorf("%s: an endpoint that nobody knows: %v", path, q)
			}
		}
		for _, o := range oneGraphOffers {
			got := description(t, get(t, baseless, path+"?format="+o.name))
			if same, err := canon.Isomorphic(got, quads); err != nil || !same {
				t.Errorf("%s in %s says something else (%v)", path, o.name, err)
			}
		}
	}
}

// TestVoID compares the statistics with a count of everything.
func TestVoID(t *testing.T) {
	t.Parallel()
	st := cleanStore(t)
	srv := testServer(t, st, withToken)
	ds := rdf.IRI(testBase + ".well-known/void#dataset")
	check := func() {
		t.Helper()
		all, err := turtle.ParseString(get(t, srv, "/graphs?format=nquads").body, turtle.Options{Dialect: turtle.NQuads})
		if err != nil {
			t.Fatal(err)
		}
		distinct := func(key func(rdf.Quad) []rdf.Term) string {
			seen := map[string]bool{}
			for _, q := range all {
				if k := key(q); k != nil {
					seen[rdf.Triple{S: k[0], P: k[len(k)-1], O: k[0]}.String()] = true
				}
			}
			return strconv.Itoa(len(seen))
		}
		quads := description(t, get(t, srv, voidPath))
		number := func(s rdf.Term, predicate string) string {
			t.Helper()
			v := values(quads, s, predicate)
			if len(v) != 1 {
				t.Fatalf("%s of %v: %v", predicate, s, v)
			}
			return v[0].Value()
		}
		equal := func(s rdf.Term, predicate, want string) {
			t.Helper()
			if got := number(s, predicate); got != want {
				t.Errorf("%s of %v is %s, want %s", predicate, s, got, want)
			}
		}
		equal(ds, vocab.VoIDDistinctSubjects, distinct(func(q rdf.Quad) []rdf.Term { return []rdf.Term{q.S} }))
		equal(ds, vocab.VoIDDistinctObjects, distinct(func(q rdf.Quad) []rdf.Term { return []rdf.Term{q.O} }))
		for _, part := range values(quads, ds, vocab.VoIDClassPartition) {
			class := values(quads, part, vocab.VoID+"class")[0]
			equal(part, vocab.VoIDEntities, distinct(func(q rdf.Quad) []rdf.Term {
				if q.P.Value() == rdfType && q.O == class {
					return []rdf.Term{q.S}
				}
				return nil
			}))
		}
		equal(ds, vocab.VoIDClasses, strconv.Itoa(len(values(quads, ds, vocab.VoIDClassPartition))))
		parts := values(quads, ds, vocab.VoIDPropertyPartition)
		equal(ds, vocab.VoIDProperties, strconv.Itoa(len(parts)))
		total := 0
		for _, part := range parts {
			n, err := strconv.Atoi(number(part, vocab.VoIDTriples))
			if err != nil {
				t.Fatal(err)
			}
			total += n
			property := values(quads, part, vocab.VoID+"property")[0]
			equal(part, vocab.VoIDDistinctSubjects, distinct(func(q rdf.Quad) []rdf.Term {
				if q.P == property {
					return []rdf.Term{q.S}
				}
				return nil
			}))
		}
		equal(ds, vocab.VoIDTriples, strconv.Itoa(total))
	}
	check()
	const clean = `@prefix e: <http://e/> . e:a a e:C, e:D ; e:p 1, 2 . e:b a e:C ; e:p 1 ; e:q e:a, [ a e:C ] .
		e:g { e:a a e:C ; e:r "x"@nb } e:h { e:a a e:C . e:z e:r "x"@en }`
	before := get(t, srv, voidPath).Header.Get("ETag")
	if r := send(t, srv, "PUT", "/graphs", "application/trig", clean); r.StatusCode != 204 {
		t.Fatal(r.StatusCode, r.body)
	}
	check()
	after := get(t, srv, voidPath, "If-None-Match", before)
	if after.StatusCode != 200 {
		t.Error("a commit changes nothing")
	}
	if r := get(t, srv, voidPath, "If-None-Match", after.Header.Get("ETag")); r.StatusCode != 304 {
		t.Error(r.StatusCode)
	}
	send(t, srv, "DELETE", "/graphs?default", "", "")
	check()
	send(t, srv, "PUT", "/graphs", "application/trig", "")
	check()
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	const org = "https://organization-catalog.fellesdatakatalog.digdir.no/organizations/991825827"
	srv := testServer(t, cleanStore(t), func(c *Config) {
		c.Publisher, c.PublisherName, c.Description = org, "Etaten", "Hva dette er."
	})
	quads := description(t, get(t, srv, catalogPath))
	catalog := rdf.IRI(testBase + "catalog")
	datasets := values(quads, catalog, vocab.DCATHasDataset)
	services := values(quads, catalog, vocab.DCATService)
	if len(datasets) != 2 || len(services) != 1 {
		t.Fatalf("%v %v", datasets, services)
	}
	mandatory := func(s rdf.Term, properties ...string) { // by DCAT-AP 3
		t.Helper()
		for _, p := range properties {
			if len(values(quads, s, p)) == 0 {
				t.Errorf("%v has no %s", s, p)
			}
		}
	}
	mandatory(catalog, rdfType, vocab.DCTTitle, vocab.DCTDescription, vocab.DCTPublisher)
	mandatory(services[0], rdfType, vocab.DCTTitle, vocab.DCATEndpointURL)
	mandatory(rdf.IRI(org), rdfType, vocab.FOAFName)
	for _, ds := range datasets {
		mandatory(ds, rdfType, vocab.DCTTitle, vocab.DCTDescription, vocab.DCATHasDistribution)
		for _, dist := range values(quads, ds, vocab.DCATHasDistribution) {
			mandatory(dist, rdfType, vocab.DCATAccessURL, vocab.DCTFormat)
			for _, p := range []string{vocab.DCATAccessURL, vocab.DCATDownloadURL} {
				address := values(quads, dist, p)[0].Value()
				r := get(t, srv, strings.TrimPrefix(address, strings.TrimSuffix(testBase, "/")))
				if want := values(quads, dist, vocab.DCATMediaType)[0].Value(); r.StatusCode != 200 || p == vocab.DCATDownloadURL && !strings.HasSuffix(want, strings.Split(r.Header.Get("Content-Type"), ";")[0]) {
					t.Errorf("%s: %d %s, want %s", address, r.StatusCode, r.Header.Get("Content-Type"), want)
				}
			}
		}
	}
	if !slices.ContainsFunc(datasets, func(d rdf.Term) bool {
		return slices.Contains(values(quads, d, vocab.DCTTitle), rdf.LangLiteral("Virksomheter", "nb"))
	}) {
		t.Error("the title of the graph is not there")
	}
}

// TestOpenAPI holds the document to the routes, both ways.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	s, err := New(Config{Store: st, Base: testBase, Title: "A \"title\"", Version: "1.2"})
	if err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, st, func(c *Config) { c.Title = "A \"title\"" })
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string
			Responses   map[string]any
			Parameters  []map[string]any
		}
		Components map[string]map[string]any
	}
	r := get(t, srv, openAPIPath)
	if err := json.Unmarshal([]byte(r.body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Title != "A \"title\"" || doc.Servers[0].URL != strings.TrimSuffix(testBase, "/") || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v %+v %v", doc.Info, doc.Servers, r.Header)
	}
	if r := get(t, srv, openAPIPath, "If-None-Match", r.Header.Get("ETag")); r.StatusCode != 304 {
		t.Error(r.StatusCode)
	}
	routes := map[string]bool{}
	if err := s.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return err
		}
		if strings.HasPrefix(path, "/assets/") {
			return nil // of the pages alone
		}
		pattern, err := route.GetPathRegexp()
		if err != nil {
			return err
		}
		if !strings.HasSuffix(pattern, "$") { // all below
			path += "{path}"
		}
		routes[path] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for path := range routes {
		if doc.Paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
	ids := map[string]bool{}
	for path, operations := range doc.Paths {
		if !routes[path] {
			t.Errorf("%s is described and not there", path)
		}
		r := do(t, srv, "OPTIONS", strings.ReplaceAll(path, "{path}", "x"), nil)
		allowed := strings.Split(r.Header.Get("Allow"), ", ")
		for method, op := range operations {
			if !slices.Contains(allowed, strings.ToUpper(method)) {
				t.Errorf("%s %s is described and not allowed: %v", method, path, allowed)
			}
			if op.OperationID == "" || ids[op.OperationID] || len(op.Responses) == 0 {
				t.Errorf("%s %s: the id %q is missing or taken, or there are no responses", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p["in"] == "path" && !strings.Contains(path, "{"+p["name"].(string)+"}") {
					t.Errorf("%s has no parameter %v", path, p["name"])
				}
			}
		}
		for _, method := range allowed {
			if _, ok := operations[strings.ToLower(method)]; !ok && method != "OPTIONS" && method != methodQuery {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	var any map[string]any
	if err := json.Unmarshal([]byte(r.body), &any); err != nil {
		t.Fatal(err)
	}
	references(any, func(ref string) {
		parts := strings.Split(ref, "/")
		if len(parts) != 4 || doc.Components[parts[2]][parts[3]] == nil {
			t.Errorf("%s leads nowhere", ref)
		}
	})
}

func references(v any, found func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if ref, ok := x.(string); ok && k == "$ref" {
				found(ref)
			} else {
				references(x, found)
			}
		}
	case []any:
		for _, x := range v {
			references(x, found)
		}
	}
}
