#!/usr/bin/env bash
# curl against a running triplestore: protocols and headers as a person at a terminal meets them. See run.sh.
set -u
checks=0
fail() { echo "curl: $*" >&2; exit 1; }
# want STATUS ARGS...: runs curl; $body has the body, $head the headers.
want() {
  local status=$1 got; shift
  : >"$TMP/body"
  got=$(curl -sS -D "$TMP/head" -o "$TMP/body" -w '%{http_code}' "$@") || fail "$*: curl says $?"
  body=$(cat "$TMP/body" | tr -d '\0'); head=$(tr -d '\r' <"$TMP/head")
  checks=$((checks + 1))
  [ "$got" = "$status" ] || fail "$*: status $got, want $status: $body"
}
has() { checks=$((checks + 1)); case $body in *"$1"*) ;; *) fail "the body lacks $1: $body" ;; esac; }
header() { checks=$((checks + 1)); grep -qiE "^$1" <<<"$head" || fail "there is no header $1 in: $head"; }
auth=(-H "Authorization: Bearer $TOKEN")
sparql=$URL/sparql graph="$URL/graphs?graph=https://example.org/graph/curl"
select='SELECT ?d WHERE { ?d a dcat:Dataset } ORDER BY ?d LIMIT 2'

# queries: GET, both kinds of POST, QUERY, HEAD, formats
want 200 -G "$sparql" --data-urlencode "query=$select"; header 'content-type: application/sparql-results\+json'; header 'etag: W/"'; header 'vary: .*accept'
want 200 -G "$sparql" --data-urlencode "query=$select" -H 'Accept: text/csv'; header 'content-type: text/csv'; has $'d\r'
want 200 -G "$sparql" --data-urlencode "query=$select" -H 'Accept: application/sparql-results+xml;q=0.5, text/tab-separated-values'; header 'content-type: text/tab-separated-values'
want 200 -G "$sparql" --data-urlencode "query=$select" -d format=xml; has '<sparql'
want 200 "$sparql" --data-urlencode "query=$select"; has '"bindings"'
want 200 "$sparql" -H 'Content-Type: application/sparql-query' --data "$select"; has '"bindings"'
want 200 -X QUERY "$sparql" -H 'Content-Type: application/sparql-query' --data "$select"; has '"bindings"'; header 'etag:'
want 200 -I -G "$sparql" --data-urlencode "query=$select"; header 'content-type: application/sparql-results\+json'
want 200 -G "$sparql" --data-urlencode 'query=ASK {}' -H 'Accept: application/json'; has 'true'
want 200 -G "$sparql" --data-urlencode 'query=DESCRIBE ?d { ?d a dcat:Dataset } LIMIT 1' -H 'Accept: application/ld+json'; header 'content-type: application/ld\+json'; has '@'
want 200 -G "$sparql" --data-urlencode "query=$select" -d default-graph-uri=https://example.org/none; has '"bindings":['
want 406 -G "$sparql" --data-urlencode "query=$select" -H 'Accept: image/png'; header 'content-type: application/problem\+json'; has 'accepted'
want 415 "$sparql" -H 'Content-Type: text/plain' --data "$select"; header 'accept-post:'
want 405 -X PUT "$sparql"; header 'allow: GET'
want 400 -G "$sparql" --data-urlencode $'query=SELECT *\nWHERE { ?s ?p }'; has '"line":2'; has '"column":'; header 'cache-control: no-store'
want 503 -G "$sparql" --data-urlencode 'query=SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . FILTER(CONCAT(STR(?a),STR(?d),STR(?g),STR(?j)) = "x") }' -d timeout=0.2; has 'too long'
want 400 -G "$sparql" --data-urlencode 'query=ASK {}' -d timeout=soon; has 'timeout'

# caching, compression, other sites
want 200 -G "$sparql" --data-urlencode "query=$select"
tag=$(sed -nE 's/^[Ee][Tt]ag: (.*)$/\1/p' <<<"$head")
want 304 -G "$sparql" --data-urlencode "query=$select" -H "If-None-Match: $tag"; [ -z "$body" ] || fail "304 with a body"; header 'etag:'
for encoding in gzip zstd; do
  want 200 -G "$sparql" --data-urlencode 'query=CONSTRUCT WHERE { ?s ?p ?o }' -H "Accept-Encoding: $encoding"; header "content-encoding: $encoding"; header 'vary: .*accept-encoding'
done
want 204 -X OPTIONS "$sparql" -H 'Origin: https://elsewhere.example' -H 'Access-Control-Request-Method: POST'; header 'access-control-allow-origin: \*'; header 'access-control-allow-methods: .*POST'; header 'accept-query:'

# updates
want 401 "$URL/update" -H 'Content-Type: application/sparql-update' --data 'CLEAR ALL'; header 'www-authenticate: Bearer'
want 200 "${auth[@]}" "$URL/update" -H 'Content-Type: application/sparql-update' --data 'INSERT DATA { GRAPH <https://example.org/graph/curl> { <https://example.org/a> dct:title "æ"@nb } }'; has '"inserted":1'
want 200 "${auth[@]}" "$URL/update" --data-urlencode 'update=DELETE WHERE { GRAPH <https://example.org/graph/curl> { ?s ?p ?o } }'; has '"deleted":1'
want 400 "${auth[@]}" "$URL/update" -H 'Content-Type: application/sparql-update' --data 'INSERT DATA { ?s ?p ?o }'; has '"line":1'

# graphs
want 404 "$graph"
want 201 "${auth[@]}" -X PUT "$graph" -H 'Content-Type: text/turtle' --data-binary '<https://example.org/a> <https://example.org/p> 1 .'; header 'etag:|content-type'
want 204 "${auth[@]}" -X PUT "$graph" -H 'Content-Type: application/ld+json' --data-binary '{"@id": "https://example.org/a", "https://example.org/p": {"@value": "2"}}'
want 200 "$graph" -H 'Accept: application/n-triples'; has '"2"'
want 200 "${auth[@]}" -X POST "$graph" -H 'Content-Type: application/n-triples' --data-binary '<https://example.org/a> <https://example.org/p> "3" .'
want 200 "$URL/graphs" -H 'Accept: application/n-quads'; has '"3" <https://example.org/graph/curl>'
want 200 -I "$graph"
want 412 "${auth[@]}" -X PUT "$graph" -H 'If-Match: W/"other"' -H 'Content-Type: text/turtle' --data-binary ''
want 400 "${auth[@]}" -X PUT "$graph" -H 'Content-Type: text/turtle' --data-binary $'<https://example.org/a>\n<https://example.org/p> .'; has '"line":2'
want 401 -X DELETE "$graph"
want 200 "${auth[@]}" -X DELETE "$graph"
want 404 "$graph"

# resources, and what the server says about itself
want 200 -G "$sparql" --data-urlencode "query=$select" -H 'Accept: text/csv'
iri=$(sed -n 2p "$TMP/body" | tr -d '\r')
for type in text/turtle application/n-triples application/rdf+xml application/ld+json application/trig application/n-quads text/html; do
  want 200 -G "$URL/resource" --data-urlencode "iri=$iri" -H "Accept: $type"; header "content-type: ${type/+/\\+}"; header 'link: .*rel="alternate"'; header 'content-location:'; header 'etag:'
done
want 404 -G "$URL/resource" --data-urlencode "iri=https://example.org/nothing"
for path in /.well-known/void /catalog /sparql; do want 200 "$URL$path" -H 'Accept: text/turtle'; header 'content-type: text/turtle'; header 'etag:'; done
want 200 "$URL/openapi.json"; has '"openapi":"3.1'
want 200 "$URL/healthz"; want 200 "$URL/readyz"
want 401 "$URL/metrics"
want 200 "${auth[@]}" "$URL/metrics"; has 'triplestore_query_seconds_bucket'
echo "curl: $checks checks"
