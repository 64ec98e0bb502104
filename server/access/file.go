package access

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"triplestore/store/visible"
)

// The file of access rights. See docs/security.md for what it means and examples/access.yaml for an example.
type (
	fileText struct {
		Closed    []string            `yaml:"closed"`
		Anonymous []string            `yaml:"anonymous"`
		Roles     map[string]roleText `yaml:"roles"`
		Tokens    []tokenText         `yaml:"tokens"`
		OIDC      []issuerText        `yaml:"oidc"`
	}
	roleText struct {
		Read  []string `yaml:"read"`
		Write []string `yaml:"write"`
		Admin bool     `yaml:"admin"`
	}
	tokenText struct {
		Name    string   `yaml:"name"`
		Hash    string   `yaml:"hash"`
		Roles   []string `yaml:"roles"`
		Expires string   `yaml:"expires"`
	}
	issuerText struct {
		Issuer     string              `yaml:"issuer"`
		Audience   string              `yaml:"audience"`
		Algorithms []string            `yaml:"algorithms"`
		Claim      string              `yaml:"claim"`
		Roles      map[string][]string `yaml:"roles"`
		Everyone   []string            `yaml:"everyone"`
	}
)

// The roles that are always there.
const (
	roleReader = "reader" // reads all graphs
	roleWriter = "writer" // writes all graphs
	roleAdmin  = "admin"
)

// maxFile is how long a file of access rights may be, in bytes.
const maxFile = 4 << 20

// Parse reads a file of access rights. The error says what is wrong with it and where. Issuers are not asked anything yet.
func Parse(r io.Reader) (*Policy, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("the file is longer than %d bytes", maxFile)
	}
	var f fileText
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) { // an empty file closes nothing and knows nobody
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has more than one document")
	}
	return f.policy()
}

func (f *fileText) policy() (*Policy, error) {
	p := &Policy{tokens: map[[sha256.Size]byte]*token{}}
	var err error
	if p.closed, err = visible.ParseGraphs(f.Closed...); err != nil {
		return nil, fmt.Errorf("closed: %w", err)
	}
	all := visible.Everything().Write
	roles := map[string]grant{roleReader: {read: all}, roleWriter: {read: all, write: all}, roleAdmin: everything()}
	for name, r := range f.Roles {
		if _, taken := roles[name]; taken {
			return nil, fmt.Errorf("roles: %s is there already; it cannot be changed", name)
		}
		g := grant{admin: r.Admin}
		if g.read, err = visible.ParseGraphs(r.Read...); err != nil {
			return nil, fmt.Errorf("roles: %s: read: %w", name, err)
		}
		if g.write, err = visible.ParseGraphs(r.Write...); err != nil {
			return nil, fmt.Errorf("roles: %s: write: %w", name, err)
		}
		roles[name] = g
	}
	sum := func(where string, names []string) (g grant, err error) {
		for _, n := range names {
			r, ok := roles[n]
			if !ok {
				known := make([]string, 0, len(roles))
				for k := range roles {
					known = append(known, k)
				}
				slices.Sort(known)
				return g, fmt.Errorf("%s: there is no role %q; there are %s", where, n, strings.Join(known, ", "))
			}
			g = g.and(r)
		}
		return g, nil
	}
	if p.anonymous, err = sum("anonymous", f.Anonymous); err != nil {
		return nil, err
	}
	if p.anonymous.admin {
		return nil, errors.New("anonymous: those without a token cannot be administrators")
	}
	names := map[string]bool{}
	for i, t := range f.Tokens {
		where := fmt.Sprintf("tokens: number %d", i+1)
		if t.Name == "" {
			return nil, fmt.Errorf("%s has no name", where)
		}
		where = "tokens: " + t.Name
		if names[t.Name] {
			return nil, fmt.Errorf("%s: there are two of that name", where)
		}
		names[t.Name] = true
		h, err := parseHash(t.Hash)
		if err != nil {
			return nil, fmt.Errorf("%s: hash: %w", where, err)
		}
		if other, twice := p.tokens[h]; twice {
			return nil, fmt.Errorf("%s: it is the same token as %s", where, other.name)
		}
		made := &token{name: t.Name}
		if made.expires, err = parseExpiry(t.Expires); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
		if made.grant, err = sum(where, t.Roles); err != nil {
			return nil, err
		}
		p.tokens[h] = made
	}
	for _, t := range f.OIDC {
		i, err := newIssuer(t, sum)
		if err != nil {
			return nil, fmt.Errorf("oidc: %s: %w", t.Issuer, err)
		}
		p.issuers = append(p.issuers, i)
	}
	return p, nil
}

// parseExpiry reads a date, at whose end in UTC a token expires, or a moment.
func parseExpiry(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("expires: %q is neither a date (2027-06-30) nor a moment (2027-06-30T12:00:00Z)", s)
	}
	return t, nil
}
