package server

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/format"
	"triplestore/server/access"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/sparql/refexec"
	"triplestore/sparql/results"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
	"triplestore/store/storetest"
	"triplestore/store/visible"
)

var (
	randomSeed   = flag.Uint64("seed", 1, "the first seed of TestRandomRequests")
	randomRounds = flag.Int("rounds", 12, "how many servers TestRandomRequests asks")
)

const exampleNS = "http://example.org/"

// requestWorld is a server, what is known of its store, and who may ask it.
type requestWorld struct {
	r       *rand.Rand
	g       *sparqltest.Generator
	st      store.Store
	srv     *httptest.Server
	callers map[string]visible.Rights // by token, empty for those who have none
	states  map[uint64][]rdf.Quad     // by the number of the commit
	newest  uint64
	old     bool     // older states can be asked for
	texts   []string // that were asked before
	// tags has the tag of the last answer by the request, and what the answer was by the request and the tag. It does not matter who asked:
	// a caller who shows the tag of another is to be told that nothing has changed only where both are given the same answer.
	tags map[string]string

	counts requestCounts
}

// requestCounts tell what was asked. Only what succeeded is an update or a write; refused are those for which the right was missing.
type requestCounts struct{ queries, updates, writes, refused, hits, unchanged int }

// TestRandomRequests sends random queries, updates and graphs of callers with different rights to a server that keeps answers. It compares
// answers to queries with the oracle's for what the caller may see of the state: fresh, kept, compressed, in all formats, and of older states;
// the state after an update with that of a second engine; and graphs with what was sent before. Changes are carried out or refused as the
// rights of the caller tell.
func TestRandomRequests(t *testing.T) {
	t.Parallel()
	n := *randomRounds
	if testing.Short() {
		n /= 4
	}
	var sum requestCounts
	for i := range uint64(n) {
		w := newRequestWorld(t, *randomSeed+i)
		for range 90 {
			if w.step(t); t.Failed() {
				t.Fatalf("seed %d", *randomSeed+i)
			}
		}
		sum.queries, sum.hits, sum.unchanged = sum.queries+w.counts.queries, sum.hits+w.counts.hits, sum.unchanged+w.counts.unchanged
		sum.updates, sum.writes, sum.refused = sum.updates+w.counts.updates, sum.writes+w.counts.writes, sum.refused+w.counts.refused
		w.srv.Close()
		w.st.Close()
	}
	t.Logf("seeds from %d: %d queries compared, of them %d kept answers, %d unchanged; %d updates, %d graphs written, %d changes refused", *randomSeed, sum.queries, sum.hits,
		sum.unchanged, sum.updates, sum.writes, sum.refused)
	if sum.hits == 0 || sum.unchanged == 0 || sum.updates == 0 || sum.writes == 0 || sum.refused == 0 {
		t.Error("something was never asked")
	}
}

func newRequestWorld(t *testing.T, seed uint64) *requestWorld {
	t.Helper()
	w := &requestWorld{r: rand.New(rand.NewPCG(seed, 77)), g: sparqltest.NewGenerator(seed), callers: map[string]visible.Rights{}, states: map[uint64][]rdf.Quad{},
		tags: map[string]string{}, old: seed%4 == 0}
	closed := []string{"'" + exampleNS + "g1'", "'" + exampleNS + "g1', default", "'" + exampleNS + "g*'"}[seed%3]
	var b strings.Builder
	fmt.Fprintf(&b, "closed: [%s]\nroles:\n  g2: {write: ['%sg2', '%sg3']}\n  g1: {read: ['%sg1'], write: ['%sg1']}\ntokens:\n", closed, exampleNS, exampleNS, exampleNS, exampleNS)
	tokens := []string{""}
	for name, role := range map[string]string{"known": "", "reader": "reader", "second": "g2", "first": "g1", "admin": "admin"} {
		fmt.Fprintf(&b, "  - {name: %s, hash: %q, roles: [%s]}\n", name, access.Hash("t-"+name), role)
		tokens = append(tokens, "t-"+name)
	}
	p, err := access.Parse(strings.NewReader(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	policy := access.NewCurrent(p)
	for _, token := range tokens {
		rights := policy.Get().Anonymous().Rights
		if token != "" {
			c, err := policy.Get().Identify(t.Context(), http.Header{"Authorization": {"Bearer " + token}})
			if err != nil {
				t.Fatal(err)
			}
			rights = c.Rights
		}
		w.callers[token] = rights
	}
	w.st = memstore.New()
	if w.old {
		if w.st, err = badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 32 << 20, Retention: &badgerstore.Retention{Commits: 1000}}); err != nil {
			t.Fatal(err)
		}
	}
	quads := w.g.Quads()
	if _, err := w.st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	w.look(t)
	w.srv = testServer(t, w.st, func(c *Config) {
		c.Access, c.AnswerCache, c.Timeout, c.Memory = policy, int64(4<<10)<<(seed%8), 10*time.Second, 64<<20
	})
	return w
}

// contents are the quads of the newest state.
func (w *requestWorld) contents(t *testing.T) (uint64, []rdf.Quad) {
	t.Helper()
	snap, err := w.st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	quads, err := storetest.Quads(t.Context(), snap)
	if err != nil {
		t.Fatal(err)
	}
	return snap.Commit().Number, quads
}

func (w *requestWorld) look(t *testing.T) {
	t.Helper()
	n, quads := w.contents(t)
	w.newest, w.states[n] = n, quads
}

func (w *requestWorld) caller() string {
	tokens := slices.Sorted(maps.Keys(w.callers))
	return tokens[w.r.IntN(len(tokens))]
}

func (w *requestWorld) step(t *testing.T) {
	t.Helper()
	switch w.r.IntN(12) {
	case 0:
		w.update(t)
	case 1:
		w.graph(t)
	default:
		w.query(t)
	}
}

func (w *requestWorld) do(t *testing.T, method, path, token, body string, headers ...string) response {
	t.Helper()
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return do(t, w.srv, method, path, strings.NewReader(body), headers...)
}

func (w *requestWorld) query(t *testing.T) {
	t.Helper()
	if len(w.texts) == 0 || w.r.IntN(7) == 0 {
		w.texts = append(w.texts, w.g.Query())
	}
	text := w.texts[max(0, len(w.texts)-1-w.r.IntN(3))]
	token := w.caller()
	state := w.newest
	params := url.Values{}
	o := refexec.Options{Work: 300_000, Now: time.Unix(1_700_000_000, 0).UTC()}
	if w.r.IntN(4) == 0 {
		o.UnionDefaultGraph = w.r.IntN(2) == 0
		params.Set("union-default-graph", fmt.Sprint(o.UnionDefaultGraph))
	}
	if w.old && w.r.IntN(4) == 0 {
		known := slices.Sorted(maps.Keys(w.states))
		state = known[w.r.IntN(len(known))]
		params.Set("at", fmt.Sprint(state))
	}
	parsed, err := syntax.ParseQuery(text, syntax.Options{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	tree, err := algebra.Translate(parsed)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if w.r.IntN(5) == 0 {
		tree.Dataset = algebra.Dataset{Set: true}
		for range 1 + w.r.IntN(2) {
			name := exampleNS + []string{"g1", "g2", "none"}[w.r.IntN(3)]
			if w.r.IntN(2) == 0 {
				params.Add("default-graph-uri", name)
				tree.Dataset.Default = append(tree.Dataset.Default, rdf.IRI(name))
			} else {
				params.Add("named-graph-uri", name)
				tree.Dataset.Named = append(tree.Dataset.Named, rdf.IRI(name))
			}
		}
	}
	rights := w.callers[token]
	var seen []rdf.Quad
	for _, q := range w.states[state] {
		if rights.MayRead(q.G) {
			seen = append(seen, q)
		}
	}
	r, err := refexec.Run(t.Context(), tree, refexec.NewDataset(seen), o)
	if err != nil {
		if !errors.Is(err, refexec.ErrWork) {
			t.Fatalf("%s: %v", text, err)
		}
		return
	}
	want := &sparqltest.Answer{Form: r.Form, Vars: r.Vars, Rows: r.Rows, Bool: r.Bool, Triples: r.Triples}
	accept := []string{"application/sparql-results+json", "application/sparql-results+xml", "text/tab-separated-values"}
	if r.Form == algebra.Ask {
		accept = accept[:2]
	}
	if r.Form == algebra.Construct {
		accept = []string{"text/turtle", "application/n-triples", "application/ld+json", "application/trig"}
	}
	headers := []string{"Accept", accept[w.r.IntN(len(accept))]}
	if w.r.IntN(4) == 0 {
		headers = append(headers, "Accept-Encoding", "gzip")
	}
	method, path, body := "GET", "/sparql", ""
	switch w.r.IntN(6) {
	case 0:
		method, body = "POST", text
		headers = append(headers, "Content-Type", typeQuery)
	case 1:
		params.Set("query", text)
		method, body = "POST", params.Encode()
		params = url.Values{}
		headers = append(headers, "Content-Type", typeForm)
	default:
		params.Set("query", text)
	}
	if len(params) > 0 {
		path += "?" + params.Encode()
	}
	name := strings.Join([]string{method, path, body, headers[1]}, " ")
	if tag := w.tags[name]; tag != "" && w.r.IntN(2) == 0 {
		headers = append(headers, "If-None-Match", tag)
	}
	got := w.do(t, method, path, token, body, headers...)
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s, %q, state %d of %d, %s: %s\n%s\nheaders %v\nquads %v", method, token, state, w.newest, params.Encode(), text, fmt.Sprintf(format, args...), got.Header, seen)
	}
	w.counts.queries++
	if got.StatusCode == http.StatusNotModified {
		w.counts.unchanged++
		// The tag was of an answer that is to be the same: that one is known.
		if known := w.tags["answer "+name+w.tags[name]]; known != answerKey(want) {
			fail("it is said to be unchanged, but is\n%s\nand was\n%s", answerKey(want), known)
		}
		return
	}
	if strings.Contains(got.Header.Get("Cache-Status"), "hit") {
		w.counts.hits++
	}
	if got.StatusCode == http.StatusNotAcceptable && slices.ContainsFunc(want.Triples, func(x rdf.Triple) bool { return x.O.IsTriple() }) {
		return // there are none in JSON-LD
	}
	a, err := readResponse(t, got)
	if err == nil {
		err = sparqltest.Same(want, a)
	}
	if errors.Is(err, canon.ErrLimit) {
		return
	}
	if err != nil {
		fail("%d: %v", got.StatusCode, err)
		return
	}
	if tag := got.Header.Get("ETag"); tag != "" {
		w.tags[name], w.tags["answer "+name+tag] = tag, answerKey(want)
	}
}

// answerKey is a text of an answer, in which solutions and triples are in order.
func answerKey(a *sparqltest.Answer) string {
	var lines []string
	for _, row := range a.Rows {
		lines = append(lines, fmt.Sprint(row))
	}
	for _, t := range a.Triples {
		lines = append(lines, t.String())
	}
	slices.Sort(lines)
	return fmt.Sprint(a.Form, a.Vars, a.Bool, "\n", strings.Join(lines, "\n"))
}

func readResponse(t *testing.T, r response) (*sparqltest.Answer, error) {
	t.Helper()
	body := []byte(r.body)
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d: %s", r.StatusCode, body)
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	a := &sparqltest.Answer{Form: algebra.Select}
	if f, ok := results.ByMediaType(mediaType); ok {
		return a, results.Read(bytes.NewReader(body), f, results.Limits{}, results.Handler{
			Head:    func(vars []string) error { a.Vars = slices.Clone(vars); return nil },
			Row:     func(row []rdf.Term) error { a.Rows = append(a.Rows, slices.Clone(row)); return nil },
			Boolean: func(b bool) error { a.Form, a.Bool = algebra.Ask, b; return nil },
		})
	}
	f, ok := format.ByMediaType(mediaType)
	if !ok {
		return nil, fmt.Errorf("a body of type %q", mediaType)
	}
	a.Form = algebra.Construct
	return a, f.Parse(t.Context(), bytes.NewReader(body), format.ReadOptions{Base: "http://base.example/"}, func(quads []rdf.Quad) error {
		for _, q := range quads {
			a.Triples = append(a.Triples, q.Triple())
		}
		return nil
	})
}

// update sends an update and compares the state after it with the one that an engine makes of the same quads.
func (w *requestWorld) update(t *testing.T) {
	t.Helper()
	text, token := w.g.Update(), w.caller()
	before := w.states[w.newest]
	twin := memstore.New()
	defer twin.Close()
	if _, err := twin.Update(t.Context(), func(x store.Txn) error { return x.Add(before) }); err != nil {
		t.Fatal(err)
	}
	_, wantErr := sparql.NewEngine(sparql.Options{Timeout: 10 * time.Second}).Update(t.Context(), visible.New(twin).For(t.Context(), w.callers[token], nil), text)
	headers, body := []string{"Content-Type", updateType}, text
	if w.r.IntN(2) == 0 {
		headers[1], body = typeForm, url.Values{"update": {text}}.Encode()
	}
	got := w.do(t, "POST", "/update", token, body, headers...)
	w.look(t)
	after := w.states[w.newest]
	snap, err := twin.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	want, err := storetest.Quads(t.Context(), snap)
	if err != nil {
		t.Fatal(err)
	}
	status := w.refusal(token)
	var operation *sparql.UpdateError
	switch {
	case status != 0:
	case wantErr == nil:
		status = http.StatusOK
	case errors.As(wantErr, &operation) && operation.Reason == sparql.Denied, errors.As(wantErr, new(*visible.DeniedError)):
		status = http.StatusForbidden
	default:
		t.Errorf("%q: %s: %v", token, text, wantErr)
	}
	if status != http.StatusOK {
		want = before
	}
	switch {
	case got.StatusCode == http.StatusOK:
		w.counts.updates++
	case got.StatusCode == status:
		w.counts.refused++
	}
	if got.StatusCode != status {
		t.Errorf("%q: %s: %d %s, want %d: %v", token, text, got.StatusCode, got.body, status, wantErr)
	}
	if same, err := canon.Isomorphic(want, after); err == nil && !same || err != nil && len(want) != len(after) {
		t.Errorf("%q: %s: %d %s\nbefore %v\nafter %v\nwant %v", token, text, got.StatusCode, got.body, before, after, want)
	}
	if len(after) > 400 {
		w.shrink(t)
	}
	var answer updateAnswer
	if got.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || int(answer.Inserted)-int(answer.Deleted) != len(after)-len(before) {
			t.Errorf("%s: %s, but there were %d quads and are %d: %v", text, got.body, len(before), len(after), err)
		}
	}
}

// refusal is the status of every change that a caller asks for who may write nothing; it is 0 for others.
func (w *requestWorld) refusal(token string) int {
	switch {
	case !w.callers[token].Write.Empty():
		return 0
	case token == "":
		return http.StatusUnauthorized
	}
	return http.StatusForbidden
}

// shrink takes most quads out.
func (w *requestWorld) shrink(t *testing.T) {
	t.Helper()
	quads := w.states[w.newest]
	if _, err := w.st.Update(t.Context(), func(x store.Txn) error { return x.Remove(quads[20:]) }); err != nil {
		t.Fatal(err)
	}
	w.look(t)
}

// graph replaces, adds to, deletes or reads a graph.
func (w *requestWorld) graph(t *testing.T) {
	t.Helper()
	token := w.caller()
	rights := w.callers[token]
	name := rdf.IRI(exampleNS + []string{"g1", "g2", "g3"}[w.r.IntN(3)])
	path := "/graphs?graph=" + url.QueryEscape(name.Value())
	if w.r.IntN(4) == 0 {
		name, path = rdf.Term{}, "/graphs?default"
	}
	before := w.states[w.newest]
	var in, rest, fresh []rdf.Quad
	for _, q := range before {
		if q.G == name {
			in = append(in, q)
		} else {
			rest = append(rest, q)
		}
	}
	var body []byte
	for _, q := range w.g.Quads() {
		q.G = rdf.Term{}
		if !slices.Contains(fresh, q) && w.r.IntN(2) == 0 && !strings.Contains(q.String(), "_:") {
			fresh = append(fresh, q)
			body = append(q.AppendNQuads(body), '\n')
		}
	}
	method := []string{"PUT", "POST", "DELETE", "GET"}[w.r.IntN(4)]
	got := w.do(t, method, path, token, string(body), "Content-Type", "application/n-triples", "Accept", "application/n-triples")
	w.look(t)
	after := w.states[w.newest]
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s %s of %q: %d %s\n%s\nbefore %v\nafter %v\nsent\n%s", method, path, token, got.StatusCode, got.body, fmt.Sprintf(format, args...), before, after, body)
	}
	want := before
	if method == "GET" {
		if !rights.MayRead(name) {
			in = nil
		}
		if len(in) == 0 && !name.IsZero() {
			if got.StatusCode != http.StatusNotFound {
				fail("it is hidden or not there")
			}
		} else if a, err := readResponse(t, got); err != nil {
			fail("%v", err)
		} else {
			var triples []rdf.Quad
			for _, q := range in {
				triples = append(triples, q.Triple().In(rdf.Term{}))
			}
			var given []rdf.Quad
			for _, x := range a.Triples {
				given = append(given, x.In(rdf.Term{}))
			}
			if same, err := canon.Isomorphic(triples, given); err == nil && !same {
				fail("it is not the graph")
			}
		}
	} else if !rights.MayWrite(name) {
		status := cmp.Or(w.refusal(token), http.StatusForbidden)
		if got.StatusCode != status {
			fail("it may not be written: want %d", status)
		}
		w.counts.refused++
	} else if method == "DELETE" && len(in) == 0 && !name.IsZero() {
		if got.StatusCode != http.StatusNotFound {
			fail("it is not there")
		}
	} else if got.StatusCode < 200 || got.StatusCode > 299 {
		fail("it may be written")
	} else {
		w.counts.writes++
		want = slices.Clone(rest)
		if method == "POST" {
			want = append(want, in...)
		}
		for _, q := range fresh {
			q.G = name
			if method != "DELETE" && !slices.Contains(want, q) {
				want = append(want, q)
			}
		}
	}
	if same, err := canon.Isomorphic(want, after); err == nil && !same || err != nil && len(want) != len(after) {
		fail("want %v", want)
	}
}
