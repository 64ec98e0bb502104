package loaders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"triplestore/rdf/format"
)

// Fetcher gets documents from the web with limits on time, size and redirects. It is safe for concurrent use.
//
// Allow decides about every URL, those of redirects included, before anything is sent. Addresses that are not public (loopback,
// private, link-local and the like) are refused when the connection is made, whatever name led to them, unless
// their host is in Hosts. So a fetcher that acts for a stranger cannot be turned against the network it stands in.
type Fetcher struct {
	// Allow returns an error for a URL that must not be fetched. Nil allows nothing.
	Allow func(*url.URL) error
	// Hosts are the hosts ("name" or "name:port", as in the URL) that may have an address that is not public.
	Hosts []string
	// Proxy finds the proxy of a request. With a proxy the addresses behind names are not known here and not checked.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxBytes limits the body as it is transferred. 0 means 16 GiB.
	MaxBytes int64
	// MaxRedirects is how many redirects are followed. 0 means 5.
	MaxRedirects int
	// HeaderTimeout is the time until the response's header is there, StallTimeout the time that a body may pause. 0 means 60 s.
	HeaderTimeout, StallTimeout time.Duration

	once   sync.Once
	client *http.Client
}

// Response is an open document.
type Response struct {
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

// NewFetcher makes a fetcher for what the operator named: the URLs among sources may be fetched and may be on private
// hosts; redirects may lead to any public address.
func NewFetcher(sources []string) *Fetcher {
	f := &Fetcher{Allow: func(*url.URL) error { return nil }, Proxy: http.ProxyFromEnvironment}
	for _, s := range sources {
		if !isURL(s) {
			continue
		}
		if u, err := url.Parse(s); err == nil {
			f.Hosts = append(f.Hosts, u.Host)
		}
	}
	return f
}

// Get opens the document at a URL. The body must be closed; it ends with an error when it is longer than MaxBytes, shorter than
// announced, or stalls.
func (f *Fetcher) Get(ctx context.Context, address string) (*Response, error) {
	f.once.Do(f.init)
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("is no valid URL")
	}
	if err := f.check(u); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	req.Header.Set("Accept", accept())
	req.Header.Set("Accept-Encoding", "gzip, zstd")
	req.Header.Set("User-Agent", "triplestore")
	resp, err := f.client.Do(req)
	if err != nil {
		cancel(nil)
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the address is shown before it anyway
		}
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel(nil)
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	if resp.ContentLength > f.maxBytes() {
		resp.Body.Close()
		cancel(nil)
		return nil, fmt.Errorf("is %d bytes long; %d are allowed", resp.ContentLength, f.maxBytes())
	}
	mt, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		mt = ""
	}
	final := *resp.Request.URL
	path := final.Path
	final.Fragment, final.User = "", nil
	stall := or(f.StallTimeout, time.Minute)
	body := &fetched{ctx: ctx, body: resp.Body, left: f.maxBytes(), cancel: cancel, stall: stall}
	body.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	return &Response{Body: body, IRI: final.String(), Path: path, MediaType: mt, Size: resp.ContentLength}, nil
}

func (f *Fetcher) maxBytes() int64 { return or(f.MaxBytes, 16<<30) }

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (f *Fetcher) check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s: only http and https URLs can be fetched", u.Redacted())
	}
	if f.Allow == nil {
		return errors.New("fetching from the web is not allowed here")
	}
	if err := f.Allow(u); err != nil {
		return err
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !public(ip) && !f.named(u.Host) {
		return fmt.Errorf("%s has an address that is not public", u.Host)
	}
	return nil
}

func (f *Fetcher) named(host string) bool {
	for _, h := range f.Hosts {
		if strings.EqualFold(h, host) || strings.EqualFold(withPort(h, "80"), host) || strings.EqualFold(withPort(h, "443"), host) {
			return true
		}
	}
	return false
}

func withPort(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

func (f *Fetcher) init() {
	guarded := &net.Dialer{Timeout: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !public(ap.Addr()) {
			return fmt.Errorf("the address %s is not public", ap.Addr())
		}
		return nil
	}}
	free := &net.Dialer{Timeout: 30 * time.Second}
	var proxies sync.Map
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if _, proxy := proxies.Load(addr); proxy || f.named(addr) {
				return free.DialContext(ctx, network, addr)
			}
			return guarded.DialContext(ctx, network, addr)
		},
		ForceAttemptHTTP2: true, DisableCompression: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
		TLSHandshakeTimeout: 30 * time.Second, ResponseHeaderTimeout: or(f.HeaderTimeout, time.Minute), MaxResponseHeaderBytes: 1 << 20,
	}
	if f.Proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := f.Proxy(r)
			if u != nil {
				port := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
				proxies.Store(withPort(u.Host, port), true) // the operator named it in the environment
			}
			return u, err
		}
	}
	most := or(f.MaxRedirects, 5)
	f.client = &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > most {
			return fmt.Errorf("more than %d redirects", most)
		}
		return f.check(r.URL)
	}}
}

var notPublic = func() (all []netip.Prefix) {
	// What is left beside the ranges that package netip knows: https://www.iana.org/assignments/iana-ipv4-special-registry
	for _, s := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10"} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}()

// public reports whether an address is on the open internet.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(ip) {
			return false
		}
	}
	return true
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

var errStalled = errors.New("the server stopped sending")

// fetched is a response's body with a limit, cancelled when it stalls.
type fetched struct {
	ctx    context.Context
	body   io.ReadCloser
	left   int64
	stall  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func (f *fetched) Read(b []byte) (int, error) {
	f.timer.Reset(f.stall)
	n, err := f.body.Read(b)
	f.timer.Stop()
	if err != nil && err != io.EOF && context.Cause(f.ctx) == errStalled {
		err = errStalled
	}
	if f.left -= int64(n); f.left < 0 {
		return 0, errors.New("is longer than allowed")
	}
	return n, err
}

func (f *fetched) Close() error {
	f.timer.Stop()
	f.cancel(nil)
	return f.body.Close()
}
