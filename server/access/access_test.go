package access

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"triplestore/rdf"
)

func parse(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func bearer(token string) http.Header {
	h := http.Header{}
	h.Set("Authorization", "Bearer "+token)
	return h
}

func TestExampleFile(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../examples/access.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := Parse(f)
	if err != nil || p.Tokens() != 2 || !p.Restricts() {
		t.Fatalf("%+v, %v", p, err)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	hash := Hash("x")
	for text, want := range map[string]string{
		"closd: []":                  "field closd not found",
		"closed: [x]":                `closed: "x" is neither`,
		"closed: ['*x']":             `closed: "*x" is neither`,
		"closed: ['x*']":             `closed: "x*" is not the beginning of absolute IRIs`,
		"closed: ['http:*/*']":       "is not the beginning",
		"roles: {reader: {}}":        "reader is there already",
		"roles: {x: {write: ['?']}}": "roles: x: write:",
		"anonymous: [nobody]":        "anonymous: there is no role \"nobody\"; there are admin, reader, writer",
		"anonymous: [admin]":         "cannot be administrators",
		"tokens: [{hash: x}]":        "number 1 has no name",
		"tokens: [{name: a, hash: secretsecretsecret}]":                              `"secretsecret…" is not a hash`,
		"tokens: [{name: a, hash: 'sha256:00'}]":                                     "is not a hash",
		"tokens: [{name: a, hash: '" + hash + "'}, {name: a, hash: x}]":              "two of that name",
		"tokens: [{name: a, hash: '" + hash + "'}, {name: b, hash: '" + hash + "'}]": "same token as a",
		"tokens: [{name: a, hash: '" + hash + "', roles: [x]}]":                      "tokens: a: there is no role",
		"tokens: [{name: a, hash: '" + hash + "', expires: soon}]":                   "expires: \"soon\" is neither",
		"oidc: [{issuer: 'http://example.org', audience: a}]":                        "begins with https",
		"oidc: [{issuer: 'https://example.org'}]":                                    "audience: it is missing",
		"oidc: [{issuer: 'https://example.org', audience: a, algorithms: [HS256]}]":  `algorithms: "HS256"`,
		"oidc: [{issuer: 'https://example.org', audience: a, algorithms: [none]}]":   `algorithms: "none"`,
		"oidc: [{issuer: 'https://example.org', audience: a, roles: {x: [admin]}}]":  "claim: it is missing",
		"oidc: [{issuer: 'https://example.org', audience: a, everyone: [x]}]":        "everyone: there is no role",
		"closed: []\n---\nclosed: []":                                                "more than one document",
	} {
		if _, err := Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if p := parse(t, ""); p.Authenticates() || p.Restricts() || p.AnyoneWrites() {
		t.Error("an empty file lets somebody in")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	secret, hash := NewToken()
	other, otherHash := NewToken()
	if secret == other || hash == otherHash || Hash(secret) != hash || strings.Contains(hash, secret) {
		t.Fatal("tokens are not what they should be")
	}
	today := time.Now().UTC().Format(time.DateOnly)
	p := parse(t, fmt.Sprintf(`
closed: ["http://e/closed*", default]
roles:
  drafts: {read: ["http://e/closed/drafts"], write: ["http://e/closed/mine/*"]}
anonymous: []
tokens:
  - {name: drafts, hash: %q, roles: [drafts], expires: %q}
  - {name: old, hash: %q, roles: [admin], expires: 2020-01-01}
  - {name: none, hash: %q}
`, hash, today, otherHash, Hash("nothing")))
	c, err := p.Identify(t.Context(), bearer(secret))
	if err != nil || c.Name != "drafts" || !c.Known() || c.Admin || !c.Writes() {
		t.Fatalf("%+v, %v", c, err)
	}
	for graph, may := range map[string][2]bool{
		"": {false, false}, "http://e/open": {true, false}, "http://e/closed": {false, false}, "http://e/closed/drafts": {true, false},
		"http://e/closed/mine/x": {true, true}, "http://e/closed/mine": {false, false},
	} {
		g := rdf.Term{}
		if graph != "" {
			g = rdf.IRI(graph)
		}
		if got := [2]bool{c.Rights.MayRead(g), c.Rights.MayWrite(g)}; got != may {
			t.Errorf("%q: %v, want %v", graph, got, may)
		}
	}
	if c.Rights.MayRead(rdf.BlankNode("b")) != true || c.Rights.MayWrite(rdf.BlankNode("b")) {
		t.Error("graphs of blank nodes are open and nobody's")
	}
	for name, h := range map[string]http.Header{
		"unknown": bearer("x"), "expired": bearer(other), "empty": bearer(""), "long": bearer(strings.Repeat("x", maxToken+1)), "looks signed": bearer("a.b.c"),
		"two": {"Authorization": {"Bearer " + secret, "Bearer " + secret}}, "hash as token": bearer(hash),
	} {
		if c, err := p.Identify(t.Context(), h); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	for name, h := range map[string]http.Header{"none": {}, "basic": {"Authorization": {"Basic eDp5"}}} {
		if c, err := p.Identify(t.Context(), h); err != nil || c.Known() || c.Writes() || c.Rights.MayRead(rdf.IRI("http://e/closed")) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
	if c, err := p.Identify(t.Context(), bearer("nothing")); err != nil || !c.Known() || c.Writes() || c.Rights.Scope() != p.Anonymous().Rights.Scope() {
		t.Errorf("a token without roles: %+v, %v", c, err)
	}
	if open := Open("", false); open.AnyoneWrites() || open.Restricts() || open.Anonymous().Rights.Scope() != "" {
		t.Error("a server without settings")
	}
	if c, err := Open("", false).Identify(t.Context(), bearer("of a proxy")); err != nil || c.Known() {
		t.Errorf("a server that knows no tokens looks at one: %v", err)
	}
	if c, err := Open("t", false).Identify(t.Context(), bearer("t")); err != nil || !c.Admin || !c.Rights.Write.All() {
		t.Errorf("%+v, %v", c, err)
	}
}

// provider is an issuer in this process.
func provider(t *testing.T, keys ...oidctest.PublicKey) (url string, idp *oidctest.Server) {
	t.Helper()
	idp = &oidctest.Server{PublicKeys: keys, Algorithms: []string{oidc.RS256, oidc.ES256}}
	srv := httptest.NewServer(idp)
	t.Cleanup(srv.Close)
	idp.SetIssuer(srv.URL)
	return srv.URL, idp
}

func TestOIDC(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	url, _ := provider(t, oidctest.PublicKey{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256},
		oidctest.PublicKey{PublicKey: curve.Public(), KeyID: "e", Algorithm: oidc.ES256})
	p := parse(t, fmt.Sprintf(`
closed: [http://e/closed]
roles: {editor: {write: [http://e/closed]}}
oidc:
  - issuer: %q
    audience: triplestore
    claim: realm.roles
    roles: {editors: [editor], bosses: [admin]}
    everyone: []
`, url))
	sign := func(key crypto.PrivateKey, id, alg, claims string) string {
		return oidctest.SignIDToken(key, id, alg, claims)
	}
	claims := func(iss, aud, more string, expires time.Time) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"ola","exp":%d,"iat":%d%s}`, iss, aud, expires.Unix(), time.Now().Unix(), more)
	}
	soon := time.Now().Add(time.Hour)
	closed := rdf.IRI("http://e/closed")
	for name, c := range map[string]struct {
		token        string
		write, admin bool
	}{
		"no roles":     {sign(key, "k", oidc.RS256, claims(url, "triplestore", "", soon)), false, false},
		"editor":       {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm":{"roles":["x","editors"]}`, soon)), true, false},
		"one word":     {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm":{"roles":"x editors"}`, soon)), true, false},
		"admin":        {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm":{"roles":["bosses"]}`, soon)), true, true},
		"wrong place":  {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"roles":["bosses"]`, soon)), false, false},
		"wrong kind":   {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm":{"roles":{"bosses":true}}`, soon)), false, false},
		"dotted claim": {sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm.roles":["editors"]`, soon)), true, false},
	} {
		got, err := p.Identify(t.Context(), bearer(c.token))
		if err != nil || got.Name != url+"#ola" || got.Rights.MayWrite(closed) != c.write || got.Rights.MayRead(closed) != c.write || got.Admin != c.admin {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	good := sign(key, "k", oidc.RS256, claims(url, "triplestore", `,"realm":{"roles":["bosses"]}`, soon))
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"expired": sign(key, "k", oidc.RS256, claims(url, "triplestore", "", time.Now().Add(-time.Minute))), "audience": sign(key, "k", oidc.RS256, claims(url, "others", "", soon)),
		"issuer": sign(key, "k", oidc.RS256, claims("https://elsewhere.example.org", "triplestore", "", soon)), "key": sign(stranger, "k", oidc.RS256, claims(url, "triplestore", "", soon)),
		"algorithm":  sign(curve, "e", oidc.ES256, claims(url, "triplestore", "", soon)), // the issuer signs with it, but this server takes RS256 only
		"unsigned":   "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"symmetric":  "eyJhbGciOiJIUzI1NiJ9." + parts[1] + "." + parts[2],
		"tampered":   parts[0] + "." + strings.Replace(parts[1], parts[1][20:24], "AAAA", 1) + "." + parts[2],
		"no subject": sign(key, "k", oidc.RS256, fmt.Sprintf(`{"iss":%q,"aud":"triplestore","exp":%d}`, url, soon.Unix())),
		"not yet":    sign(key, "k", oidc.RS256, claims(url, "triplestore", fmt.Sprintf(`,"nbf":%d`, time.Now().Add(time.Hour).Unix()), soon)),
	} {
		if got, err := p.Identify(t.Context(), bearer(token)); !errors.Is(err, ErrToken) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// Invented names of keys make the issuer be asked, but not for ever: then they cannot be checked.
	unavailable := 0
	for i := range 30 {
		_, err := p.Identify(t.Context(), bearer(sign(stranger, fmt.Sprint("invented", i), oidc.RS256, claims(url, "triplestore", "", soon))))
		if errors.Is(err, ErrUnavailable) {
			unavailable++
		} else if !errors.Is(err, ErrToken) {
			t.Error(err)
		}
	}
	if unavailable < 20 {
		t.Errorf("the issuer was asked again and again: only %d of 30 times not", unavailable)
	}
	if _, err := p.Identify(t.Context(), bearer(good)); err != nil {
		t.Errorf("after that: %v", err)
	}
}

func TestIssuerIsDown(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	url := srv.URL
	srv.Close()
	p := parse(t, fmt.Sprintf("oidc: [{issuer: %q, audience: a}]", url))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	token := oidctest.SignIDToken(key, "k", oidc.ES256, fmt.Sprintf(`{"iss":%q,"aud":"a","sub":"x","exp":%d}`, url, time.Now().Add(time.Hour).Unix()))
	for range 3 {
		if _, err := p.Identify(t.Context(), bearer(token)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%v", err)
		}
	}
	if c, err := p.Identify(t.Context(), http.Header{}); err != nil || c.Known() {
		t.Errorf("who shows no token does not need the issuer: %v", err)
	}
}

// FuzzParse: no file makes the parser panic, and what it takes never lets those without a token administer.
func FuzzParse(f *testing.F) {
	f.Add("closed: ['*']\nroles: {r: {read: [default], write: ['http://e/*'], admin: true}}\nanonymous: [reader]\ntokens: [{name: a, hash: '" + Hash("x") + "', roles: [r]}]")
	f.Add("oidc: [{issuer: 'https://e.org', audience: a, claim: a.b, roles: {x: [admin]}, everyone: [reader]}]")
	f.Add("a: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		if c, err := p.Identify(t.Context(), http.Header{}); err != nil || c.Admin || c.Known() {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
