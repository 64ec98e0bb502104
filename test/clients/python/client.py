"""rdflib and SPARQLWrapper against a running triplestore: the ordinary work of each. See ../run.sh."""

import os
import urllib.error
import urllib.request

from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, RDF
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore
from SPARQLWrapper import CSV, JSON, JSONLD, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, XML, SPARQLWrapper

URL, TOKEN = os.environ["URL"], os.environ["TOKEN"]
QUERY, UPDATE, GRAPHS = URL + "/sparql", URL + "/update", URL + "/graphs"
BEARER = {"Authorization": "Bearer " + TOKEN}
G = "https://example.org/graph/python"
PREFIX = "PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> "
checks = 0


def check(ok, what):
    global checks
    checks += 1
    if not ok:
        raise SystemExit("python: " + what)


def wrapper(text, form=None, method=None, request=None, update=False):
    w = SPARQLWrapper(QUERY, updateEndpoint=UPDATE)
    w.setQuery(text)
    if form:
        w.setReturnFormat(form)
    if method:
        w.setMethod(method)
    if request:
        w.setRequestMethod(request)
    if update:
        w.addCustomHttpHeader("Authorization", "Bearer " + TOKEN)
    return w.query()


def sparqlwrapper():
    select = PREFIX + "SELECT ?d ?t WHERE { ?d a dcat:Dataset ; dct:title ?t } ORDER BY ?d ?t LIMIT 5"
    rows = wrapper(select, JSON).convert()["results"]["bindings"]
    check(len(rows) == 5 and rows[0]["d"]["type"] == "uri" and rows[0]["t"]["xml:lang"], "SELECT as JSON")
    check(len(wrapper(select, XML).convert().getElementsByTagName("result")) == 5, "SELECT as XML")
    check(wrapper(select, CSV).convert().decode().splitlines()[0] == "d,t", "SELECT as CSV")
    check(wrapper(select, TSV).convert().decode().splitlines()[0] == "?d\t?t", "SELECT as TSV")
    check(len(wrapper(select, JSON, POST).convert()["results"]["bindings"]) == 5, "SELECT by POST of a form")
    check(len(wrapper(select, JSON, POST, POSTDIRECTLY).convert()["results"]["bindings"]) == 5, "SELECT by POST")
    check(wrapper(PREFIX + "ASK { ?d a dcat:Dataset }", JSON).convert()["boolean"] is True, "ASK")
    graphs = [wrapper(PREFIX + "CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }", f).convert() for f in (RDFXML, JSONLD)]
    graphs.append(Graph().parse(data=wrapper(PREFIX + "CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }", TURTLE).convert(), format="turtle"))
    check(len(graphs[0]) > 5 and all(isomorphic(graphs[0], g) for g in graphs), "CONSTRUCT as RDF/XML, JSON-LD and Turtle")
    check(len(wrapper(PREFIX + "DESCRIBE <%s>" % rows[0]["d"]["value"], RDFXML).convert()) > 0, "DESCRIBE")
    try:
        wrapper("SELECT WHERE", JSON)
        check(False, "a mistake is no error")
    except Exception as e:
        check("QueryBadFormed" in type(e).__name__ and "line 1" in str(e), "a mistake: %r" % e)
    insert = "INSERT DATA { GRAPH <%s> { <https://example.org/a> <http://purl.org/dc/terms/title> 'Blåbær'@nb } }" % G
    for request in (None, POSTDIRECTLY):
        wrapper(insert, method=POST, request=request, update=True)
    check(wrapper("ASK { GRAPH <%s> { ?s ?p 'Blåbær'@nb } }" % G, JSON).convert()["boolean"] is True, "an update is not to be seen")
    w = SPARQLWrapper(QUERY, updateEndpoint=UPDATE)
    w.setQuery("CLEAR ALL")
    w.setMethod(POST)
    try:
        w.query()
        check(False, "an update without the token is carried out")
    except Exception as e:
        check("Unauthorized" in type(e).__name__, "an update without the token: %r" % e)
    wrapper("DROP GRAPH <%s>" % G, method=POST, update=True)
    check(wrapper("ASK { GRAPH <%s> { ?s ?p ?o } }" % G, JSON).convert()["boolean"] is False, "DROP GRAPH")


def stores():
    store = SPARQLStore(QUERY, returnFormat="json")
    graph = Graph(store)
    datasets = list(graph.subjects(RDF.type, DCAT.Dataset))
    check(len(datasets) > 5, "SPARQLStore: subjects")
    check(graph.value(datasets[0], DCTERMS.title) is not None, "SPARQLStore: value")
    check(len(list(graph.query(PREFIX + "SELECT ?d { ?d a dcat:Dataset }"))) == len(datasets), "SPARQLStore: query")
    check(bool(graph.query("ASK { ?s ?p ?o }").askAnswer), "SPARQLStore: ASK")

    store = SPARQLUpdateStore(QUERY, UPDATE, headers=BEARER)
    graph = Graph(store, identifier=URIRef(G))
    s, p = URIRef("https://example.org/a"), URIRef("https://example.org/p")
    graph.add((s, p, Literal("1", lang="nb")))
    graph.addN((s, p, Literal(n), graph) for n in range(10))
    check(len(graph) == 11 and (s, p, Literal(7)) in graph, "SPARQLUpdateStore: add")
    graph.remove((s, p, Literal(7)))
    check((s, p, Literal(7)) not in graph, "SPARQLUpdateStore: remove")
    graph.update("DELETE WHERE { ?s ?p ?o }")
    check(len(graph) == 0, "SPARQLUpdateStore: update")


def http(method, address, body=None, accept=None, content=None, token=True):
    headers = dict(BEARER) if token else {}
    if accept:
        headers["Accept"] = accept
    if content:
        headers["Content-Type"] = content
    request = urllib.request.Request(address, data=body, method=method, headers=headers)
    with urllib.request.urlopen(request) as r:
        return r.status, r.headers.get_content_type(), r.read()


def graph_store():
    g = Graph()
    g.parse(data="@prefix e: <https://example.org/> . e:a e:p 1, 'x'@nn, [ e:q e:b ] .", format="turtle")
    address = GRAPHS + "?graph=" + G
    for rdflib_format, media_type in (("turtle", "text/turtle"), ("xml", "application/rdf+xml"), ("nt", "application/n-triples"), ("json-ld", "application/ld+json")):
        status, _, _ = http("PUT", address, g.serialize(format=rdflib_format).encode(), content=media_type)
        check(status in (201, 204), "PUT of %s: %d" % (media_type, status))
        status, got, body = http("GET", address, accept=media_type, token=False)
        check(got == media_type and isomorphic(g, Graph().parse(data=body, format=rdflib_format)), "GET of " + media_type)
    http("POST", address, b"<https://example.org/c> <https://example.org/p> 2 .", content="text/turtle")
    check(len(Graph().parse(data=http("GET", address, accept="text/turtle")[2], format="turtle")) == 5, "POST")
    dataset = Dataset()
    dataset.parse(data=http("GET", GRAPHS, accept="application/n-quads")[2], format="nquads")
    check(len(dataset.graph(URIRef(G))) == 5, "GET of all graphs")
    check(http("DELETE", address)[0] in (200, 204), "DELETE")
    try:
        http("GET", address, accept="text/turtle")
        check(False, "the graph is there after DELETE")
    except urllib.error.HTTPError as e:
        check(e.code == 404, "after DELETE: %d" % e.code)
    try:
        http("PUT", address, b"", content="text/turtle", token=False)
        check(False, "PUT without the token")
    except urllib.error.HTTPError as e:
        check(e.code == 401, "PUT without the token: %d" % e.code)


def resources():
    iri = next(iter(Graph(SPARQLStore(QUERY, returnFormat="json")).subjects(RDF.type, DCAT.Dataset)))
    address = URL + "/resource?iri=" + urllib.request.quote(str(iri), safe="")
    graphs = [Graph().parse(data=http("GET", address, accept=m, token=False)[2], format=f)
              for m, f in (("text/turtle", "turtle"), ("application/ld+json", "json-ld"), ("application/rdf+xml", "xml"), ("application/n-triples", "nt"))]
    check(len(graphs[0]) > 3 and all(isomorphic(graphs[0], g) for g in graphs), "a description in four formats")
    check(len(Graph().parse(address)) > 3, "rdflib reads a description by its address, whatever it asks for")
    check(len(Graph().parse(URL + "/.well-known/void")) > 3 and len(Graph().parse(URL + "/catalog")) > 3, "VoID and the catalogue")
    check(http("GET", address, accept="text/html", token=False)[1] == "text/html", "a page")


for part in (sparqlwrapper, stores, graph_store, resources):
    part()
print("python: %d checks with rdflib and SPARQLWrapper" % checks)
