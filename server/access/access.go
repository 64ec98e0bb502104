// Package access decides who may do what: it reads the file of access rights, knows the bearer tokens and the issuers of OpenID Connect
// that it names, and gives to each request a [Caller] with its rights. Which quads these let through is decided by package visible.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"triplestore/store/visible"
)

// Caller is who makes a request.
type Caller struct {
	// Name is that of a token, or issuer and subject of a signed one; it is empty for those who have none.
	Name string
	// Rights are what it may read and write.
	Rights visible.Rights
	// Admin may see and do what is about the server as a whole.
	Admin bool
}

// Known reports whether the caller has shown a token.
func (c *Caller) Known() bool { return c.Name != "" }

// Writes reports whether there is a graph that the caller may write.
func (c *Caller) Writes() bool { return !c.Rights.Write.Empty() }

// Errors of Identify.
var (
	// ErrToken: the token is not known or not valid any more.
	ErrToken = errors.New("the token is not valid")
	// ErrUnavailable: the issuer of the token could not be asked for its keys.
	ErrUnavailable = errors.New("the issuer of the token cannot be reached")
)

// Policy is what a file says. It is safe for concurrent use and does not change.
type Policy struct {
	closed    visible.Graphs
	anonymous grant
	tokens    map[[sha256.Size]byte]*token
	issuers   []*issuer
}

// grant is a sum of roles.
type grant struct {
	read, write visible.Graphs
	admin       bool
}

func (g grant) and(h grant) grant {
	return grant{g.read.Union(h.read), g.write.Union(h.write), g.admin || h.admin}
}

func everything() grant {
	all := visible.Everything().Write
	return grant{read: all, write: all, admin: true}
}

type token struct {
	name    string
	grant   grant
	expires time.Time // zero: never
}

// Open is the policy of a server without a file: everything may be read. The token, if there is one, is an administrator's;
// with everyoneWrites no token is needed for writing.
func Open(updateToken string, everyoneWrites bool) *Policy {
	p := &Policy{tokens: map[[sha256.Size]byte]*token{}}
	p.Add("token", updateToken)
	if everyoneWrites {
		p.anonymous.write = visible.Everything().Write
	}
	return p
}

// Add lets an administrator in by a token that is in no file. It is for the time before the policy is used. An empty one is ignored.
func (p *Policy) Add(name, secret string) {
	if secret != "" {
		p.tokens[sha256.Sum256([]byte(secret))] = &token{name: name, grant: everything()}
	}
}

// Anonymous is who shows no token.
func (p *Policy) Anonymous() *Caller { return p.caller("", p.anonymous) }

func (p *Policy) caller(name string, g grant) *Caller {
	return &Caller{Name: name, Rights: visible.Rights{Closed: p.closed, Read: g.read, Write: g.write}, Admin: g.admin}
}

// Authenticates reports whether there are tokens at all.
func (p *Policy) Authenticates() bool { return len(p.tokens)+len(p.issuers) > 0 }

// AnyoneWrites reports whether there is somebody who may write, with or without a token.
func (p *Policy) AnyoneWrites() bool { return p.Authenticates() || !p.anonymous.write.Empty() }

// Restricts reports whether there are graphs that not everyone may read.
func (p *Policy) Restricts() bool { return !p.Anonymous().Rights.ReadsAll() }

// Identify finds out who makes a request, by its header Authorization. Credentials of other kinds than bearer tokens are for
// somebody else, a proxy perhaps, and ignored; a bearer token that is not valid is an error, so that nobody takes a part of the data for
// all of it.
func (p *Policy) Identify(ctx context.Context, header http.Header) (*Caller, error) {
	values := header.Values("Authorization")
	if len(values) == 0 || !p.Authenticates() {
		return p.Anonymous(), nil
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return p.Anonymous(), nil
	}
	secret = strings.TrimSpace(secret)
	if len(values) > 1 || secret == "" || len(secret) > maxToken {
		return nil, ErrToken
	}
	// The hash of a random token is looked up, so how long that takes tells nothing about the token.
	if t, ok := p.tokens[sha256.Sum256([]byte(secret))]; ok {
		if !t.expires.IsZero() && !time.Now().Before(t.expires) {
			return nil, fmt.Errorf("%w: it has expired", ErrToken)
		}
		return p.caller(t.name, t.grant), nil
	}
	return p.identifySigned(ctx, secret)
}

// maxToken is how long a token may be, in bytes.
const maxToken = 16 << 10

// tokenPrefix lets people, and programs that look for secrets that got into the open, recognise a token.
const tokenPrefix = "tst_"

// NewToken makes a token of 256 random bits and the hash that stands for it in the file.
func NewToken() (secret, hash string) {
	var b [32]byte
	rand.Read(b[:]) //nolint:errcheck // it never returns an error, see its documentation
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, Hash(secret)
}

// Hash is what stands for a token in the file. It is not a slow hash: tokens are random, so there is nothing to guess.
func Hash(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hashPrefix + hex.EncodeToString(h[:])
}

const hashPrefix = "sha256:"

func parseHash(s string) (h [sha256.Size]byte, err error) {
	digits, ok := strings.CutPrefix(s, hashPrefix)
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != len(h) {
		return h, fmt.Errorf("%q is not a hash of a token: it is made by 'triplestore token new' and looks like %s followed by 64 digits", shorten(s), hashPrefix)
	}
	copy(h[:], b)
	return h, nil
}

// shorten keeps what may be a secret out of error messages.
func shorten(s string) string {
	if len(s) > 12 {
		return s[:12] + "…"
	}
	return s
}

// Current holds the policy that counts now, so that a file can be read again while requests go on.
type Current struct{ p atomic.Pointer[Policy] }

// NewCurrent begins with a policy.
func NewCurrent(p *Policy) *Current {
	c := &Current{}
	c.p.Store(p)
	return c
}

// Get gives the policy that counts now.
func (c *Current) Get() *Policy { return c.p.Load() }

// Set lets another policy count, for requests that begin from now on.
func (c *Current) Set(p *Policy) {
	old := c.p.Swap(p)
	for _, i := range old.issuers {
		if !slices.Contains(p.issuers, i) {
			i.close()
		}
	}
}

// Tokens is the number of tokens that are known by their hashes.
func (p *Policy) Tokens() int { return len(p.tokens) }

// Issuers is the number of issuers of OpenID Connect whose tokens are taken.
func (p *Policy) Issuers() int { return len(p.issuers) }
