package loaders

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"
	"time"

	"triplestore/internal/egress"
	"triplestore/rdf/format"
)

// Fetcher gets documents from the web, through the guard of outgoing requests of package egress. It is safe for concurrent use.
type Fetcher struct{ guard *egress.Guard }

// Response is an open document.
type Response struct {
	// Body ends with an error when it is longer than allowed, shorter than announced, or stalls.
	Body io.ReadCloser
	// IRI is where the document is, after redirects.
	IRI string
	// Path is the path in IRI; its ending may tell the format.
	Path string
	// MediaType is what the server says it is, without parameters.
	MediaType string
	// Size is the length of Body, or -1.
	Size int64
}

// maxDocument limits what an operator's own request transfers.
const maxDocument = 16 << 30

// NewFetcher makes a fetcher for what the operator named: the URLs among sources may be on hosts that are not public, with the user
// and password that they name; redirects may lead to any public address. The proxy of the environment is used.
func NewFetcher(sources []string) *Fetcher { return newFetcher(sources, egress.ProxyFromEnvironment) }

func newFetcher(sources []string, proxy egress.ProxyFunc) *Fetcher {
	all, _ := egress.ParseRule("*")
	allow := []egress.Rule{all}
	for _, s := range sources {
		if !isURL(s) {
			continue
		}
		if r, err := egress.Origin(s); err == nil {
			allow = append(allow, r)
		}
	}
	return NewGuardedFetcher(egress.New(egress.Options{
		Allow: allow, Connect: 30 * time.Second, MaxBytes: maxDocument, Proxy: proxy, Credentials: true,
	}))
}

// NewGuardedFetcher makes a fetcher that gets what a guard allows. The guard stays the caller's to close.
func NewGuardedFetcher(g *egress.Guard) *Fetcher { return &Fetcher{g} }

// Close closes idle connections.
func (f *Fetcher) Close() { f.guard.Close() }

// Get opens the document at a URL. The body must be closed.
func (f *Fetcher) Get(ctx context.Context, address string) (*Response, error) {
	resp, err := f.guard.Do(ctx, &egress.Request{URL: address, Raw: true, Header: map[string]string{
		"Accept": accept(), "Accept-Encoding": "gzip, zstd",
	}})
	if err != nil {
		return nil, err
	}
	if resp.Status != 200 {
		resp.Body.Close()
		return nil, fmt.Errorf("the server answered %s", resp.StatusText)
	}
	mt, _, err := mime.ParseMediaType(resp.Header("Content-Type"))
	if err != nil {
		mt = ""
	}
	return &Response{Body: resp.Body, IRI: resp.URL.String(), Path: resp.URL.Path, MediaType: mt, Size: resp.Length}, nil
}

// accept lists the formats with a reader, most preferred first.
func accept() string {
	var b strings.Builder
	q := 10
	for _, f := range format.All {
		if !f.CanRead() || len(f.MediaTypes) == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.MediaTypes[0])
		if q < 10 {
			fmt.Fprintf(&b, ";q=0.%d", q)
		}
		if q > 2 {
			q--
		}
	}
	return b.String() + ", */*;q=0.1"
}
