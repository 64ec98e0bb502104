// Package egress sends every HTTP request that the program makes by itself: what SERVICE, LOAD and the loaders ask of others. It is
// the one guard that keeps a query, an update or a redirect from turning the server against the network it stands in:
//
//   - Only what an allow-list names is asked. An empty list allows nothing.
//   - Addresses that are not public (loopback, private, link-local, metadata services and the like) are refused unless the list names
//     their host. The address that is checked is the one that is dialled, so a name that resolves to another address the second
//     time gains nothing.
//   - Every redirect is checked in the same way; there may be a few of them, and none from https to http.
//   - Time, and the size of bodies before and after decompression, are limited.
//   - Nothing goes along that the caller did not write: no cookies, no credentials, no proxy of the environment unless asked for.
package egress

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options say what a Guard lets through. The zero value lets nothing through.
type Options struct {
	// Allow lists what may be asked, see ParseRule.
	Allow []Rule
	// Connect limits the time of making a connection, TLS included; 0 is 10 s. Header limits the time until the header of a response is
	// there, Stall the time in which nothing comes of a body; 0 is 60 s for both. Total limits all of it, from the first
	// connection to the last byte; 0 is no limit besides that of the context.
	Connect, Header, Stall, Total time.Duration
	// MaxBytes limits a body, both as it is sent and decompressed. 0 is 1 GiB.
	MaxBytes int64
	// MaxRedirects is how many redirects are followed. 0 is 5; below 0 is none.
	MaxRedirects int
	// Proxy finds the proxy for a request, if there is one. Behind a proxy addresses are not known and not checked, so that
	// there the proxy must do it. Nil uses none, whatever the environment says.
	Proxy ProxyFunc
	// Credentials sends the user and password of a URL to the origin that it names. Without it such URLs are refused.
	Credentials bool
	// Private are headers, such as Authorization, for what Trusted has, and for nothing else that a redirect leads to. They go before
	// those of a request, and before the user of a URL.
	Private map[string]string
	Trusted []Rule
	// UserAgent names the program. Empty is "triplestore".
	UserAgent string
	// Observe is told of every request just before it is sent, after it was allowed, the target of a redirect included. The headers that it
	// returns go along, and done is called when the header of the answer is there. Nil observes nothing.
	Observe func(ctx context.Context, method string, u *url.URL) (header map[string]string, done func(status int, err error))
	// Resolve finds the addresses of a host; nil asks the system. What it returns is checked like anything else.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
}

// ProxyFunc finds the proxy for a request; http.ProxyFromEnvironment is one.
type ProxyFunc = func(*http.Request) (*url.URL, error)

// ProxyFromEnvironment is the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name.
func ProxyFromEnvironment(r *http.Request) (*url.URL, error) { return http.ProxyFromEnvironment(r) }

// Guard sends requests that its Options allow. It is safe for concurrent use. Close it when it is no longer needed.
type Guard struct {
	o Options
	// A connection that was made for a host named in the list must not serve one that was not, so there is a pool for each.
	public, named, proxied *http.Transport
}

// New makes a guard.
func New(o Options) *Guard {
	o.Connect, o.Header, o.Stall = or(o.Connect, 10*time.Second), or(o.Header, time.Minute), or(o.Stall, time.Minute)
	o.MaxBytes, o.MaxRedirects, o.UserAgent = or(o.MaxBytes, 1<<30), or(o.MaxRedirects, 5), or(o.UserAgent, "triplestore")
	g := &Guard{o: o}
	g.public = g.transport(g.dialer(checkPublic))
	g.named = g.transport(g.dialer(checkNamed))
	g.proxied = g.transport((&net.Dialer{Timeout: o.Connect}).DialContext)
	g.proxied.Proxy = func(r *http.Request) (*url.URL, error) {
		u, _ := r.Context().Value(proxyKey{}).(*url.URL)
		if u == nil {
			return nil, errors.New("no proxy") // never a direct connection from this pool
		}
		return u, nil
	}
	return g
}

type proxyKey struct{}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (g *Guard) transport(dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		DialContext: dial, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConnsPerHost: 2, MaxIdleConns: 32, MaxConnsPerHost: 32, IdleConnTimeout: 30 * time.Second,
		TLSHandshakeTimeout: g.o.Connect, ResponseHeaderTimeout: g.o.Header, MaxResponseHeaderBytes: 256 << 10,
	}
}

// Close closes idle connections.
func (g *Guard) Close() {
	g.public.CloseIdleConnections()
	g.named.CloseIdleConnections()
	g.proxied.CloseIdleConnections()
}

// Empty reports whether the guard lets nothing through.
func (g *Guard) Empty() bool { return len(g.o.Allow) == 0 }

// Request is what is asked.
type Request struct {
	// Method is GET, HEAD or POST; empty is GET.
	Method string
	URL    string
	// Header has further headers. Those about connections, hosts and cookies are refused.
	Header map[string]string
	// Body is sent with POST, and sent again to where the server redirects to by other means than 303.
	Body []byte
	// Raw leaves a body compressed as it came; the caller says in Header which encodings it takes. Otherwise gzip is asked
	// for and unpacked.
	Raw bool
}

// Response is an answer. Its Body must be closed.
type Response struct {
	// Status is the code, StatusText the code with its reason as the server wrote it.
	Status     int
	StatusText string
	// Body ends with a *LimitError where it is longer than allowed, with a *TimeoutError where it takes too long, and with another
	// error where it breaks off.
	Body io.ReadCloser
	// URL is where the answer comes from, after redirects, without user and fragment.
	URL *url.URL
	// Length is the number of bytes of Body, or -1.
	Length int64

	header http.Header
}

// Header is the first value of a header of the response, or "".
func (r *Response) Header(name string) string { return r.header.Get(name) }

// Check reports why a URL may not be asked: with a *RefusedError where the list does not have it. It sends nothing, so it says
// nothing about the addresses of the host.
func (g *Guard) Check(address string) error {
	u, err := parse(address)
	if err == nil {
		_, err = g.check(u)
	}
	return err
}

func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("this is no valid URL")
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// check judges a URL before anything is sent. named tells that the list names its host.
func (g *Guard) check(u *url.URL) (named bool, err error) {
	refuse := func(format string, args ...any) (bool, error) {
		return false, &RefusedError{URL: u.Redacted(), Reason: fmt.Sprintf(format, args...)}
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return refuse("only http and https URLs can be asked")
	}
	if u.User != nil && !g.o.Credentials {
		return refuse("URLs with a user or password are not allowed")
	}
	host := Host(u.Hostname())
	ip, isIP := parseIP(host)
	if !isIP && endsInNumber(host) {
		return refuse("%s is no valid host: IP addresses are written with four decimal numbers or in brackets", u.Hostname())
	}
	named, ok := match(g.o.Allow, u)
	if !ok {
		return refuse("the allow-list does not have it")
	}
	if isIP && !named {
		if err := checkPublic(ip); err != nil {
			return refuse("%v", err)
		}
	}
	return named, nil
}

// Do sends a request and follows redirects. The error is a *RefusedError for what is not allowed, a *TimeoutError, a *LimitError, the
// context's, or one of the network.
func (g *Guard) Do(ctx context.Context, r *Request) (*Response, error) {
	u, err := parse(r.URL)
	if err != nil {
		return nil, err
	}
	if err := checkRequest(r); err != nil {
		return nil, err
	}
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	b := &body{outer: outer, ctx: ctx, cancel: cancel, stall: g.o.Stall, wire: g.o.MaxBytes, left: g.o.MaxBytes, most: g.o.MaxBytes}
	if g.o.Total > 0 {
		b.total = time.AfterFunc(g.o.Total, func() {
			cancel(&TimeoutError{Msg: fmt.Sprintf("the request took longer than %v", g.o.Total)})
		})
	}
	resp, err := g.follow(ctx, r, u)
	if err != nil {
		err = b.explain(err)
		b.end()
		return nil, err
	}
	if resp.ContentLength > g.o.MaxBytes {
		err = &LimitError{Limit: g.o.MaxBytes}
	} else {
		err = b.open(resp, r.Raw)
	}
	if err != nil {
		resp.Body.Close()
		b.end()
		return nil, err
	}
	at := *resp.Request.URL
	at.User = nil
	length := resp.ContentLength
	if b.decoded != nil {
		length = -1
	}
	return &Response{Status: resp.StatusCode, StatusText: resp.Status, Body: b, URL: &at, Length: length, header: resp.Header}, nil
}

func checkRequest(r *Request) error {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		return fmt.Errorf("egress: the method %s is not for reading", r.Method)
	}
	for name := range r.Header {
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Connection", "Content-Length", "Cookie", "Host", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding",
			"Upgrade", "User-Agent":
			return fmt.Errorf("egress: the header %s cannot be set", name)
		}
	}
	return nil
}

// follow sends the request to u and to where that leads.
func (g *Guard) follow(ctx context.Context, r *Request, u *url.URL) (*http.Response, error) {
	method, payload := or(r.Method, http.MethodGet), r.Body
	origin := u
	for hops := 0; ; hops++ {
		named, err := g.check(u)
		if err != nil {
			return nil, redirected(hops, err)
		}
		resp, err := g.send(ctx, r, method, u, payload, named)
		if err != nil {
			return nil, redirected(hops, err)
		}
		location := resp.Header.Get("Location")
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		case http.StatusSeeOther:
			if method == http.MethodPost {
				method, payload = http.MethodGet, nil
			}
		default:
			return resp, nil
		}
		if location == "" {
			return resp, nil
		}
		resp.Body.Close()
		if hops >= max(0, g.o.MaxRedirects) {
			return nil, &RefusedError{URL: u.Redacted(), Reason: fmt.Sprintf("there are more than %d redirects", max(0, g.o.MaxRedirects))}
		}
		next, err := u.Parse(location)
		if err != nil {
			return nil, errors.New("the server redirects to what is no valid URL")
		}
		next.Fragment, next.RawFragment, next.User = "", "", nil
		if u.Scheme == "https" && next.Scheme == "http" {
			return nil, &RefusedError{URL: next.Redacted(), Reason: "a redirect leads from https to http"}
		}
		if sameOrigin(next, origin) {
			next.User = origin.User
		}
		u = next
	}
}

func redirected(hops int, err error) error {
	if r := (*RefusedError)(nil); hops > 0 && errors.As(err, &r) {
		return &RefusedError{URL: r.URL, Reason: "a redirect leads there, and " + r.Reason}
	}
	return err
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && Host(a.Hostname()) == Host(b.Hostname()) && port(a) == port(b)
}

// send sends one request, without http.Client: that would follow redirects and add a Referer and credentials.
func (g *Guard) send(ctx context.Context, r *Request, method string, u *url.URL, payload []byte, named bool) (*http.Response, error) {
	target := *u
	target.User = nil
	var reader io.Reader
	if method == http.MethodPost {
		reader = bytes.NewReader(payload)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), reader)
	if err != nil {
		return nil, err
	}
	for name, value := range r.Header {
		if method != http.MethodPost && strings.EqualFold(name, "Content-Type") {
			continue
		}
		req.Header.Set(name, value)
	}
	req.Header.Set("User-Agent", g.o.UserAgent)
	if !r.Raw {
		req.Header.Set("Accept-Encoding", "gzip")
	}
	if u.User != nil {
		password, _ := u.User.Password()
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	if len(g.o.Private) > 0 {
		if _, ok := match(g.o.Trusted, u); ok {
			for name, value := range g.o.Private {
				req.Header.Set(name, value)
			}
		}
	}
	if g.o.Observe == nil {
		return g.dispatch(req, named)
	}
	header, done := g.o.Observe(ctx, method, &target)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := g.dispatch(req, named)
	if err != nil {
		done(0, err)
		return nil, err
	}
	done(resp.StatusCode, nil)
	return resp, nil
}

// dispatch gives a request to the pool of connections that it may use.
func (g *Guard) dispatch(req *http.Request, named bool) (*http.Response, error) {
	if g.o.Proxy != nil {
		p, err := g.o.Proxy(req)
		if err != nil {
			return nil, err
		}
		if p != nil {
			return g.proxied.RoundTrip(req.WithContext(context.WithValue(req.Context(), proxyKey{}, p)))
		}
	}
	if named {
		return g.named.RoundTrip(req)
	}
	return g.public.RoundTrip(req)
}
