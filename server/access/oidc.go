package access

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/time/rate"

	"triplestore/internal/egress"
)

// issuer is a provider of OpenID Connect (https://openid.net/specs/openid-connect-core-1_0.html) whose signed tokens are taken.
type issuer struct {
	url        string
	audience   string
	algorithms []string
	claim      []string // where the values are that roles are for
	roles      map[string]grant
	everyone   grant
	guard      *egress.Guard

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	failed   time.Time // when it could not be reached last
	cause    error
}

// algorithms that are safe with a public key. A token that is signed with a shared secret, or not at all, is never taken.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

func newIssuer(t issuerText, sum func(string, []string) (grant, error)) (*issuer, error) {
	u, err := url.Parse(t.Issuer)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("issuer: it is not the address of an issuer")
	}
	host := u.Hostname()
	if u.Scheme != "https" && (u.Scheme != "http" || host != "localhost" && host != "127.0.0.1" && host != "::1") {
		return nil, errors.New("issuer: its address begins with https, or it is on this machine")
	}
	if t.Audience == "" {
		return nil, errors.New("audience: it is missing; only tokens that are meant for this server are taken")
	}
	i := &issuer{url: t.Issuer, audience: t.Audience, algorithms: t.Algorithms, roles: map[string]grant{}}
	if len(i.algorithms) == 0 {
		i.algorithms = []string{oidc.RS256}
	}
	for _, a := range i.algorithms {
		if !slices.Contains(algorithms, a) {
			return nil, fmt.Errorf("algorithms: %q is not one of %s", a, strings.Join(algorithms, ", "))
		}
	}
	if t.Claim != "" {
		i.claim = strings.Split(t.Claim, ".")
	} else if len(t.Roles) > 0 {
		return nil, errors.New("claim: it is missing; it says where in a token the values are that have roles")
	}
	for value, names := range t.Roles {
		if i.roles[value], err = sum("roles: "+value, names); err != nil {
			return nil, err
		}
	}
	if i.everyone, err = sum("everyone", t.Everyone); err != nil {
		return nil, err
	}
	rule, err := egress.Origin(t.Issuer)
	if err != nil {
		return nil, err
	}
	public, err := egress.ParseRule("*") // an issuer may keep its keys elsewhere, as it says itself
	if err != nil {
		return nil, err
	}
	i.guard = egress.New(egress.Options{Allow: []egress.Rule{rule, public}, Total: 10 * time.Second, MaxBytes: 1 << 20})
	return i, nil
}

func (i *issuer) close() { i.guard.Close() }

// retry is how long an issuer that could not be reached is left alone.
const retry = 10 * time.Second

// ready asks the issuer for its configuration when it is needed first.
func (i *issuer) ready() (*oidc.IDTokenVerifier, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.verifier != nil {
		return i.verifier, nil
	}
	if time.Since(i.failed) < retry {
		return nil, i.cause
	}
	// The keys are fetched with this context too, again and again, so it is not that of a request.
	client := i.guard.Client()
	client.Transport = &seldom{next: client.Transport, allow: rate.NewLimiter(rate.Every(2*time.Second), 6)}
	ctx := oidc.ClientContext(context.Background(), client)
	provider, err := oidc.NewProvider(ctx, i.url)
	if err != nil {
		i.failed, i.cause = time.Now(), fmt.Errorf("%w: %s: %w", ErrUnavailable, i.url, err)
		return nil, i.cause
	}
	i.verifier = provider.VerifierContext(ctx, &oidc.Config{ClientID: i.audience, SupportedSigningAlgs: i.algorithms})
	return i.verifier, nil
}

// seldom keeps tokens with invented names of keys, for each of which the library asks the issuer, from becoming requests without end.
type seldom struct {
	next  http.RoundTripper
	allow *rate.Limiter
}

func (s *seldom) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.allow.Allow() {
		return nil, errors.New("it was asked too often")
	}
	return s.next.RoundTrip(r)
}

// identifySigned checks a token that an issuer has signed.
func (p *Policy) identifySigned(ctx context.Context, raw string) (*Caller, error) {
	name, ok := unverifiedIssuer(raw)
	if !ok {
		return nil, ErrToken
	}
	n := slices.IndexFunc(p.issuers, func(i *issuer) bool { return i.url == name })
	if n < 0 {
		return nil, fmt.Errorf("%w: its issuer is not one that this server knows", ErrToken)
	}
	i := p.issuers[n]
	verifier, err := i.ready()
	if err != nil {
		return nil, err
	}
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		if expired := (*oidc.TokenExpiredError)(nil); errors.As(err, &expired) {
			return nil, fmt.Errorf("%w: it has expired", ErrToken)
		}
		if strings.Contains(err.Error(), "fetching keys") { // the library has no error of its own for it
			return nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, i.url, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	if t.Subject == "" {
		return nil, fmt.Errorf("%w: it has no subject", ErrToken)
	}
	var claims map[string]any
	if err := t.Claims(&claims); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrToken, err)
	}
	g := i.everyone
	for _, v := range values(claims, i.claim) {
		if r, ok := i.roles[v]; ok {
			g = g.and(r)
		}
	}
	return p.caller(i.url+"#"+t.Subject, g), nil
}

// unverifiedIssuer reads who a token says that it is from, to know whom to ask.
func unverifiedIssuer(raw string) (string, bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return "", false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", false
	}
	var c struct {
		Issuer string `json:"iss"`
	}
	return c.Issuer, json.Unmarshal(payload, &c) == nil && c.Issuer != ""
}

// values gives the strings at a path in claims: one, a list, or words in one string, as the claim scope has them.
func values(claims map[string]any, path []string) []string {
	if len(path) == 0 {
		return nil
	}
	// A claim may have dots in its name, as those with addresses have.
	v, ok := claims[strings.Join(path, ".")]
	if !ok {
		v = claims
		for _, step := range path {
			m, isMap := v.(map[string]any)
			if !isMap {
				return nil
			}
			v = m[step]
		}
	}
	switch v := v.(type) {
	case string:
		return append(strings.Fields(v), v)
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
