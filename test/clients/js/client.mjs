// Comunica and fetch-sparql-endpoint against a running triplestore. See ../run.sh.
import { QueryEngine } from '@comunica/query-sparql';
import { SparqlEndpointFetcher } from 'fetch-sparql-endpoint';

const { URL: url, TOKEN: token } = process.env;
const endpoint = `${url}/sparql`;
const graph = 'https://example.org/graph/js';
const prefix = 'PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/> ';
let checks = 0;
const check = (ok, what) => {
  checks++;
  if (!ok) {
    console.error(`js: ${what}`);
    process.exit(1);
  }
};
const all = async (stream) => {
  const out = [];
  for await (const x of stream) out.push(x);
  return out;
};
const refused = async (work) => {
  try {
    await work();
    return '';
  } catch (e) {
    return String(e.message) || 'an error';
  }
};

// fetch-sparql-endpoint
const withToken = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('Authorization', `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};
for (const method of ['GET', 'POST']) {
  const f = new SparqlEndpointFetcher({ method });
  const rows = await all(await f.fetchBindings(endpoint, `${prefix}SELECT ?d ?t { ?d a dcat:Dataset ; dct:title ?t } LIMIT 5`));
  check(rows.length === 5 && rows[0].d.termType === 'NamedNode' && rows[0].t.language !== '', `fetchBindings by ${method}`);
  check(await f.fetchAsk(endpoint, `${prefix}ASK { ?d a dcat:Dataset }`) === true, `fetchAsk by ${method}`);
  const quads = await all(await f.fetchTriples(endpoint, `${prefix}CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }`));
  check(quads.length > 5 && quads[0].predicate.termType === 'NamedNode', `fetchTriples by ${method}`);
  check((await all(await f.fetchTriples(endpoint, `DESCRIBE <${rows[0].d.value}>`))).length > 3, `DESCRIBE by ${method}`);
}
const wrong = await refused(async () => all(await new SparqlEndpointFetcher().fetchBindings(endpoint, `${prefix}SELECT ?x { ?x a ?y } ORDER BY (SUM(?x) + )`)));
check(wrong !== '', 'a mistake is an error');
const writer = new SparqlEndpointFetcher({ fetch: withToken });
await writer.fetchUpdate(`${url}/update`, `INSERT DATA { GRAPH <${graph}> { <https://example.org/a> dct:title "Blåbær"@nb , 1 } }`.replace('dct:title', '<http://purl.org/dc/terms/title>'));
check(await writer.fetchAsk(endpoint, `ASK { GRAPH <${graph}> { ?s ?p "Blåbær"@nb } }`), 'an update is to be seen');
check(/401/.test(await refused(() => new SparqlEndpointFetcher().fetchUpdate(`${url}/update`, 'CLEAR ALL'))), 'an update without the token');

// Comunica
const engine = new QueryEngine();
const sources = { sources: [{ type: 'sparql', value: endpoint }] };
const bindings = await (await engine.queryBindings(`${prefix}SELECT ?d (COUNT(?k) AS ?n) { ?d a dcat:Dataset . OPTIONAL { ?d dcat:keyword ?k } } GROUP BY ?d ORDER BY DESC(?n) LIMIT 3`, sources)).toArray();
check(bindings.length === 3 && Number(bindings[0].get('n').value) >= Number(bindings[2].get('n').value), 'Comunica: queryBindings');
check(await engine.queryBoolean(`${prefix}ASK { ?d a dcat:Dataset }`, sources), 'Comunica: queryBoolean');
const quads = await (await engine.queryQuads(`${prefix}CONSTRUCT WHERE { ?d a dcat:Dataset ; dct:title ?t }`, sources)).toArray();
check(quads.length > 5, 'Comunica: queryQuads');
// It reads the descriptions of resources as well, finds the endpoint by its service description, and joins both.
const dataset = bindings[0].get('d').value;
const address = `${url}/resource?iri=${encodeURIComponent(dataset)}`;
const titles = await (await engine.queryBindings(`${prefix}SELECT ?t { <${dataset}> dct:title ?t }`, { sources: [address] })).toArray();
check(titles.length > 0, 'Comunica: a description as a source');
const found = await (await engine.queryBindings(`${prefix}SELECT ?t ?x { <${dataset}> dct:title ?t ; a ?x }`, { sources: [endpoint, address] })).toArray();
check(found.length > 0, 'Comunica: the endpoint is known by its service description, and is joined with a description');
const update = { sources: sources.sources, destination: { type: 'sparql', value: `${url}/update` }, fetch: withToken };
await engine.queryVoid(`INSERT DATA { GRAPH <${graph}> { <https://example.org/b> <https://example.org/p> 2 } }`, update);
check(await engine.queryBoolean(`ASK { GRAPH <${graph}> { ?s ?p 2 } }`, { ...sources, noCache: true }), 'Comunica: queryVoid');

// The Graph Store Protocol, and what browsers need
const gsp = `${url}/graphs?graph=${encodeURIComponent(graph)}`;
let r = await withToken(gsp, { method: 'PUT', headers: { 'Content-Type': 'text/turtle' }, body: '<https://example.org/c> <https://example.org/p> 3 .' });
check(r.status === 204 || r.status === 201, `PUT: ${r.status}`);
r = await fetch(gsp, { headers: { Accept: 'application/n-triples' } });
const tag = r.headers.get('etag');
check(r.status === 200 && (await r.text()).includes('"3"') && tag && r.headers.get('access-control-allow-origin') === '*', 'GET');
check((await fetch(gsp, { headers: { Accept: 'application/n-triples', 'If-None-Match': tag } })).status === 304, 'If-None-Match');
check((await withToken(gsp, { method: 'DELETE' })).status < 300 && (await fetch(gsp)).status === 404, 'DELETE');

// RDF 1.2: triple terms in results and in N-Triples
await writer.fetchUpdate(`${url}/update`, `INSERT DATA { GRAPH <${graph}> { <https://example.org/r> <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> <<( <https://example.org/s> <https://example.org/p> "o" )>> } }`);
const terms = await all(await writer.fetchBindings(endpoint, `SELECT ?t { GRAPH <${graph}> { ?r <http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies> ?t } }`));
check(terms.length === 1 && terms[0].t.termType === 'Quad' && terms[0].t.object.value === 'o', 'a triple term');
await withToken(gsp, { method: 'DELETE' });
console.log(`js: ${checks} checks with Comunica and fetch-sparql-endpoint`);
