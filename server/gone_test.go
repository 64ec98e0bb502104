package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"triplestore/internal/egress"
	"triplestore/rdf"
	"triplestore/sparql/service"
	"triplestore/store"
	"triplestore/store/memstore"
)

// goneCalls is how often a request may call the store once it is known that its client has gone. Each operator, of which two may work at
// the same time, may be at a batch then, and ends with it. What is left of the work in processor time is measured in package sparql; a clock
// would measure other tests and programs.
const goneCalls = 40

// calledStore counts how often its snapshots are called by work whose context has ended.
type calledStore struct {
	store.Store
	ended atomic.Pointer[atomic.Bool] // whether the context of the request that is looked at has ended, and all that were made of it
	late  atomic.Int64
	calls atomic.Int64
}

func (s *calledStore) call() {
	s.calls.Add(1)
	if ended := s.ended.Load(); ended != nil && ended.Load() {
		s.late.Add(1)
	}
}

func (s *calledStore) Snapshot() (store.Snapshot, error) {
	n, err := s.Store.Snapshot()
	return &calledSnapshot{n, s}, err
}

func (s *calledStore) Update(ctx context.Context, fn func(store.Txn) error) (store.Result, error) {
	return s.Store.Update(ctx, func(x store.Txn) error { return fn(&calledTxn{x, s}) })
}

type calledTxn struct {
	store.Txn
	s *calledStore
}

func (x *calledTxn) Snapshot() (store.Snapshot, error) {
	n, err := x.Txn.Snapshot()
	return &calledSnapshot{n, x.s}, err
}

func (x *calledTxn) Add(quads []rdf.Quad) error {
	x.s.call()
	return x.Txn.Add(quads)
}

func (x *calledTxn) AddIDs(quads []store.Quad) error {
	x.s.call()
	return x.Txn.AddIDs(quads)
}

type calledSnapshot struct {
	store.Snapshot
	s *calledStore
}

func (n *calledSnapshot) Terms(ids []store.ID, dst []rdf.Term) error {
	n.s.call()
	return n.Snapshot.Terms(ids, dst)
}

func (n *calledSnapshot) Scan(ctx context.Context, r store.Range, columns store.ColumnSet) store.Cursor {
	n.s.call()
	return &calledCursor{n.Snapshot.Scan(ctx, r, columns), n.s}
}

type calledCursor struct {
	store.Cursor
	s *calledStore
}

func (c *calledCursor) Next() (store.Block, error) {
	c.s.call()
	return c.Cursor.Next()
}

func (c *calledCursor) Seek(key []store.ID) error {
	c.s.call()
	return c.Cursor.Seek(key)
}

// TestClientGoneFromEveryOperator: after a client has gone its handler ends without more work than was begun, its slot is free and nothing of
// it is counted as unfinished, wherever the work was.
func TestClientGoneFromEveryOperator(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // a test
		<-r.Context().Done()
	}))
	defer silent.Close()
	rules, err := egress.ParseRules([]string{silent.URL})
	if err != nil {
		t.Fatal(err)
	}
	guard := egress.New(egress.Options{Allow: rules})
	defer guard.Close()
	st := &calledStore{Store: memstore.New()}
	defer st.Close()
	var quads []rdf.Quad
	for i := range 1500 {
		s := rdf.IRI(fmt.Sprintf("http://e/n%d", i))
		for k := range 8 {
			quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/p"), O: rdf.IRI(fmt.Sprintf("http://e/n%d", (i*7+k*13+1)%1500))})
		}
		quads = append(quads, rdf.Quad{S: s, P: rdf.IRI("http://e/label"), O: rdf.String(strings.Repeat("a", 30) + fmt.Sprint(i))})
	}
	if _, err := st.Update(t.Context(), func(x store.Txn) error { return x.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Store: st, Base: testBase, AnonymousWrites: true, Memory: 16 << 20, MemoryTotal: 256 << 20, Disk: 1 << 30, TempDir: t.TempDir(),
		Timeout: time.Hour, Service: service.New(service.Options{Guard: guard}), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var handlers atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handlers.Add(1)
		defer handlers.Add(-1)
		ended := &atomic.Bool{}
		st.ended.Store(ended)
		ctx, end := context.WithCancel(context.WithoutCancel(r.Context()))
		defer context.AfterFunc(r.Context(), func() {
			end()
			ended.Store(true)
		})()
		defer end()
		s.ServeHTTP(w, r.WithContext(ctx))
	}))
	defer srv.Close()
	product := "?a :p ?b . ?c :p ?d . ?e :p ?f . ?g :p ?h"
	most, mostName := int64(0), ""
	for name, text := range map[string]string{
		"cross product":          "SELECT (COUNT(*) AS ?n) { " + product + " FILTER (?a != ?h) }",
		"cross product streamed": "SELECT * { " + product + " }",
		"path closure":           "SELECT (COUNT(*) AS ?n) { ?a :p* ?b . ?c :p* ?d . ?e (:p|^:p)* ?f }",
		"sort":                   "SELECT * { ?a :p ?b . ?c :p ?d . ?e :p ?f } ORDER BY DESC(?f) ?a",
		"group":                  "SELECT ?a ?c ?e (COUNT(*) AS ?n) { " + product + " } GROUP BY ?a ?c ?e",
		"distinct":               "SELECT DISTINCT ?a ?c ?e ?g { " + product + " }",
		"hash build":             "SELECT * { ?a :p ?b . ?c :p ?d { SELECT ?b ?d (COUNT(*) AS ?n) { ?x :p ?b . ?y :p ?d . ?z :p ?y } GROUP BY ?b ?d } }",
		"regex over many terms":  "SELECT (COUNT(*) AS ?n) { ?a :label ?b . ?c :label ?d FILTER REGEX(CONCAT(?b, ?d), '^(a|b)*[0-9]+7$') . ?e :label ?f . ?g :label ?h FILTER REGEX(?f, 'a{9,}1') }",
		"CONSTRUCT streamed":     "CONSTRUCT { ?a :q ?h . ?c :q ?f . [] :q ?d } { " + product + " }",
		"SERVICE":                "SELECT * { ?a :p ?b SERVICE <" + silent.URL + "/> { ?b :p ?c } }",
		"update":                 "INSERT { ?a :q ?h . ?c :q ?f } WHERE { " + product + " }",
	} {
		path, mediaType := "/sparql", typeQuery
		if name == "update" {
			path, mediaType = "/update", typeUpdate
		}
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+path, strings.NewReader("PREFIX : <http://e/> "+text))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", mediaType)
		answered := make(chan error, 1)
		go func() {
			resp, err := srv.Client().Do(r)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			answered <- err
		}()
		await(t, func() bool { return s.slots.Running()+s.writes.Running() == 1 })
		select {
		case err := <-answered:
			t.Fatalf("%s ended by itself: %v", name, err)
		case <-time.After(40 * time.Millisecond): // let it come into its work
		}
		st.late.Store(0)
		cancel()
		await(t, func() bool { return handlers.Load() == 0 })
		if err := <-answered; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the client got %v", name, err)
		}
		if n := s.slots.Running() + s.writes.Running() + s.slots.Waiting(); n != 0 {
			t.Errorf("%s: %d slots are not free", name, n)
		}
		late := st.late.Load()
		if late > goneCalls {
			t.Errorf("%s called the store %d times after its client had gone", name, late)
		}
		if late >= most {
			most, mostName = late, name
		}
	}
	if got := scrape(t, s)["triplestore_http_requests_unfinished"]; got != "0" {
		t.Errorf("%s requests are counted as unfinished", got)
	}
	if n := get(t, srv, "/sparql?query="+url.QueryEscape("ASK { ?s <http://e/q> ?o }"), "Accept", "text/csv"); n.body != "false\r\n" && !strings.HasPrefix(n.body, "false") {
		t.Errorf("something of the update stayed: %q", n.body)
	}
	if st.calls.Load() == 0 {
		t.Error("nothing called the store")
	}
	t.Logf("the store was called %d times at most after a client had gone: %s", most, mostName)
}

// await waits for something that comes soon.
func await(t *testing.T, ready func() bool) {
	t.Helper()
	for begin := time.Now(); !ready(); time.Sleep(100 * time.Microsecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("it did not come")
		}
	}
}
