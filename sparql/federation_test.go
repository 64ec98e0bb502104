package sparql_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"triplestore/internal/egress"
	"triplestore/internal/sparqltest"
	"triplestore/rdf"
	"triplestore/server"
	"triplestore/sparql"
	"triplestore/sparql/service"
	"triplestore/store"
	"triplestore/store/memstore"
)

// network are hosts that exist for a test only: a proxy on this machine answers for all of them.
type network struct {
	mu    sync.Mutex
	hosts map[string]http.Handler
	asked []string
	guard *egress.Guard
}

func newNetwork(t *testing.T, allow ...string) *network {
	t.Helper()
	n := &network{hosts: map[string]http.Handler{}}
	proxy := httptest.NewServer(n)
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := egress.ParseRules(allow)
	if err != nil {
		t.Fatal(err)
	}
	n.guard = egress.New(egress.Options{Allow: rules, Proxy: func(*http.Request) (*url.URL, error) { return u, nil }})
	t.Cleanup(n.guard.Close)
	return n
}

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	h := n.hosts[r.URL.Host]
	n.asked = append(n.asked, r.URL.Host)
	n.mu.Unlock()
	if h == nil {
		http.Error(w, "no such host", http.StatusBadGateway)
		return
	}
	h.ServeHTTP(w, r)
}

func (n *network) client() sparql.ServiceClient { return service.New(service.Options{Guard: n.guard}) }

// add brings an endpoint into being: a whole server with a store of its own.
func (n *network) add(t *testing.T, iri string, quads []rdf.Quad) {
	t.Helper()
	u, err := url.Parse(iri)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Config{Store: storeOf(t, quads), Log: slog.New(slog.DiscardHandler), Service: n.client(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[u.Host] = s
}

func storeOf(t *testing.T, quads []rdf.Quad) store.Store {
	t.Helper()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	if _, err := st.Update(context.Background(), func(tx store.Txn) error { return tx.Add(quads) }); err != nil {
		t.Fatal(err)
	}
	return st
}

// TestW3CFederation runs the suite of federated queries. The endpoints that it names are servers of this test.
func TestW3CFederation(t *testing.T) {
	for name, naive := range map[string]bool{"optimized": false, "naive": true} {
		t.Run(name, func(t *testing.T) {
			sparqltest.RunServices(t, func(ctx context.Context, c *sparqltest.Case) (*sparqltest.Answer, error) {
				n := newNetwork(t, "*")
				for iri, quads := range c.Services {
					n.add(t, iri, quads)
				}
				snap, err := storeOf(t, c.Quads).Snapshot()
				if err != nil {
					return nil, err
				}
				defer snap.Close()
				r, err := sparql.NewEngine(sparql.Options{Base: c.Base, Service: n.client(), NoOptimizer: naive}).Query(ctx, snap, c.Query)
				if err != nil {
					return nil, err
				}
				defer r.Close()
				a, err := sparqltest.Read(r)
				if len(n.asked) == 0 {
					t.Error("nobody was asked")
				}
				return a, err
			})
		})
	}
}
