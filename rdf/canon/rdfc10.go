package canon

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
)

// Hash is the hash algorithm of RDFC-1.0.
type Hash uint8

// The hash algorithms.
const (
	SHA256 Hash = iota
	SHA384
)

// Errors of Canonicalize.
var (
	// ErrComplex: the blank nodes are so alike that naming them would take more work than is allowed.
	ErrComplex = errors.New("canonicalisation takes more work than is allowed")
	// ErrTripleTerm: RDFC-1.0 is defined for RDF 1.1 only.
	ErrTripleTerm = errors.New("RDFC-1.0 is not defined for triple terms with blank nodes")
)

// Options tells Canonicalize how to work. The zero value is RDFC-1.0 with SHA-256 and the default limit.
type Options struct {
	Hash Hash
	// Work limits the steps of Hash N-Degree Quads: paths tried, over all blank nodes, where long paths count more; 0 means 100,000 (about a
	// second).
	Work int
}

// Canonical is a dataset whose blank nodes have canonical labels c14n0, c14n1, ….
type Canonical struct {
	// Quads are in the order of their canonical N-Quads lines, without duplicates.
	Quads []rdf.Quad
	// Labels maps the labels that blank nodes had to those that they got.
	Labels map[string]string
}

// NQuads is the canonical form: a line a quad, sorted by code point.
func (c *Canonical) NQuads() []byte {
	var out []byte
	for _, q := range c.Quads {
		out = append(q.AppendNQuads(out), '\n')
	}
	return out
}

// Canonicalize names the blank nodes of a dataset by what is said about them (RDFC-1.0,
// https://www.w3.org/TR/rdf-canon/): isomorphic datasets give equal results. Its work is limited, since some datasets, poison
// graphs, would take for ever.
func Canonicalize(ctx context.Context, quads []rdf.Quad, o Options) (*Canonical, error) {
	c := &canonicalizer{ctx: ctx, o: o, work: o.Work, byNode: map[string][]rdf.Quad{}, issued: newIssuer("c14n"), first: map[string]string{}}
	if c.work <= 0 {
		c.work = 100_000
	}
	seen := make(map[rdf.Quad]struct{}, len(quads))
	var unique []rdf.Quad
	for _, q := range quads {
		if _, ok := seen[q]; ok {
			continue
		}
		seen[q] = struct{}{}
		unique = append(unique, q)
		if hasInnerBlank(q.S) || hasInnerBlank(q.O) {
			return nil, fmt.Errorf("%w: %v", ErrTripleTerm, q)
		}
		var nodes [3]string
		n := 0
		for _, t := range [...]rdf.Term{q.S, q.O, q.G} {
			if label := t.Value(); t.IsBlankNode() && !slices.Contains(nodes[:n], label) {
				nodes[n] = label
				n++
				c.byNode[label] = append(c.byNode[label], q)
			}
		}
	}
	if err := c.name(); err != nil {
		return nil, err
	}
	lines := make([]string, len(unique))
	out := make(map[string]rdf.Quad, len(unique))
	for i, q := range unique {
		q.S, q.O, q.G = c.renamed(q.S), c.renamed(q.O), c.renamed(q.G)
		lines[i] = q.String()
		out[lines[i]] = q
	}
	slices.Sort(lines)
	result := &Canonical{Labels: c.issued.ids, Quads: unique[:0:0]}
	for _, l := range lines {
		result.Quads = append(result.Quads, out[l])
	}
	return result, nil
}

func hasInnerBlank(t rdf.Term) bool {
	if !t.IsTriple() {
		return false
	}
	tr := t.Triple()
	return tr.S.IsBlankNode() || tr.O.IsBlankNode() || hasInnerBlank(tr.S) || hasInnerBlank(tr.O)
}

// issuer gives out labels in order.
type issuer struct {
	prefix string
	ids    map[string]string
	order  []string
}

func newIssuer(prefix string) *issuer { return &issuer{prefix: prefix, ids: map[string]string{}} }

func (i *issuer) clone() *issuer {
	return &issuer{i.prefix, maps.Clone(i.ids), slices.Clone(i.order)}
}

func (i *issuer) issue(label string) string {
	if id, ok := i.ids[label]; ok {
		return id
	}
	id := i.prefix + strconv.Itoa(len(i.order))
	i.ids[label] = id
	i.order = append(i.order, label)
	return id
}

type canonicalizer struct {
	ctx    context.Context
	o      Options
	work   int
	byNode map[string][]rdf.Quad
	issued *issuer
	first  map[string]string
}

func (c *canonicalizer) hash(parts ...string) string {
	var h hash.Hash
	if c.o.Hash == SHA384 {
		h = sha512.New384()
	} else {
		h = sha256.New()
	}
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *canonicalizer) renamed(t rdf.Term) rdf.Term {
	if t.IsBlankNode() {
		return rdf.BlankNode(c.issued.ids[t.Value()])
	}
	return t
}

// name is the Canonicalization Algorithm (https://www.w3.org/TR/rdf-canon/#canon-algo-algo).
func (c *canonicalizer) name() error {
	byHash := map[string][]string{}
	for label := range c.byNode {
		h := c.firstDegree(label)
		byHash[h] = append(byHash[h], label)
	}
	hashes := slices.Sorted(maps.Keys(byHash))
	for _, h := range hashes {
		if len(byHash[h]) == 1 {
			c.issued.issue(byHash[h][0])
		}
	}
	for _, h := range hashes {
		labels := byHash[h]
		if len(labels) == 1 {
			continue
		}
		slices.Sort(labels)
		var results []nDegree
		for _, label := range labels {
			if _, done := c.issued.ids[label]; done {
				continue
			}
			temporary := newIssuer("b")
			temporary.issue(label)
			r, err := c.nDegree(label, temporary, 0)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		slices.SortStableFunc(results, func(a, b nDegree) int { return strings.Compare(a.hash, b.hash) })
		for _, r := range results {
			for _, label := range r.issuer.order {
				c.issued.issue(label)
			}
		}
	}
	return nil
}

// firstDegree is Hash First Degree Quads (https://www.w3.org/TR/rdf-canon/#hash-1d-quads).
func (c *canonicalizer) firstDegree(label string) string {
	if h, ok := c.first[label]; ok {
		return h
	}
	var lines []string
	mask := func(t rdf.Term) rdf.Term {
		switch {
		case !t.IsBlankNode():
			return t
		case t.Value() == label:
			return rdf.BlankNode("a")
		}
		return rdf.BlankNode("z")
	}
	for _, q := range c.byNode[label] {
		q.S, q.O, q.G = mask(q.S), mask(q.O), mask(q.G)
		lines = append(lines, q.String()+"\n")
	}
	slices.Sort(lines)
	h := c.hash(lines...)
	c.first[label] = h
	return h
}

// related is Hash Related Blank Node (https://www.w3.org/TR/rdf-canon/#hash-related-blank-node).
func (c *canonicalizer) related(label string, q rdf.Quad, i *issuer, position string) string {
	id := ""
	if s, ok := c.issued.ids[label]; ok {
		id = "_:" + s
	} else if s, ok := i.ids[label]; ok {
		id = "_:" + s
	} else {
		id = c.firstDegree(label)
	}
	if position == "g" {
		return c.hash(position, id)
	}
	return c.hash(position, "<"+q.P.Value()+">", id)
}

type nDegree struct {
	hash   string
	issuer *issuer
}

const maxRecursion = 500

// nDegree is Hash N-Degree Quads (https://www.w3.org/TR/rdf-canon/#hash-nd-quads).
func (c *canonicalizer) nDegree(label string, i *issuer, depth int) (nDegree, error) {
	if depth > maxRecursion {
		return nDegree{}, ErrComplex
	}
	if err := c.spend(len(c.byNode[label]) / 8); err != nil {
		return nDegree{}, err
	}
	type member struct{ hash, label string }
	groups, grouped := map[string][]string{}, map[member]bool{}
	for _, q := range c.byNode[label] {
		for k, t := range [...]rdf.Term{q.S, q.O, q.G} {
			if t.IsBlankNode() && t.Value() != label {
				h := c.related(t.Value(), q, i, "sog"[k:k+1])
				if m := (member{h, t.Value()}); !grouped[m] {
					grouped[m] = true
					groups[h] = append(groups[h], t.Value())
				}
			}
		}
	}
	var data []string
	for _, h := range slices.Sorted(maps.Keys(groups)) {
		var chosen *path
		nodes := groups[h]
		slices.Sort(nodes)
		err := permute(nodes, len(nodes), func(p []string) error {
			if err := c.spend(1 + (len(p)+len(i.ids))/8); err != nil {
				return err
			}
			tried, err := c.try(p, i, chosen, depth)
			if tried != nil {
				chosen = tried
			}
			return err
		})
		if err != nil {
			return nDegree{}, err
		}
		data = append(data, h, chosen.text)
		i = chosen.issuer
	}
	return nDegree{c.hash(data...), i}, nil
}

// spend takes work from what is allowed.
func (c *canonicalizer) spend(work int) error {
	if c.work -= work; c.work < 0 {
		return ErrComplex
	}
	return c.ctx.Err()
}

type path struct {
	text   string
	issuer *issuer
}

// try follows one order of the related nodes; it gives nil where the path is not better than the chosen one.
func (c *canonicalizer) try(nodes []string, i *issuer, chosen *path, depth int) (*path, error) {
	i = i.clone()
	var text []byte
	worse := func() bool {
		return chosen != nil && len(text) >= len(chosen.text) && string(text) > chosen.text
	}
	var recursion []string
	for _, n := range nodes {
		if id, ok := c.issued.ids[n]; ok {
			text = append(append(text, "_:"...), id...)
		} else {
			if _, ok := i.ids[n]; !ok {
				recursion = append(recursion, n)
			}
			text = append(append(text, "_:"...), i.issue(n)...)
		}
		if worse() {
			return nil, nil
		}
	}
	for _, n := range recursion {
		r, err := c.nDegree(n, i, depth+1)
		if err != nil {
			return nil, err
		}
		text = append(append(text, "_:"...), i.issue(n)...)
		text = append(append(append(text, '<'), r.hash...), '>')
		i = r.issuer
		if worse() {
			return nil, nil
		}
	}
	if chosen == nil || string(text) < chosen.text {
		return &path{string(text), i}, nil
	}
	return nil, nil
}

// permute calls f with every order of the first n labels.
func permute(labels []string, n int, f func([]string) error) error {
	if n <= 1 {
		return f(labels)
	}
	for k := range n {
		if err := permute(labels, n-1, f); err != nil {
			return err
		}
		j := 0
		if n%2 == 0 {
			j = k
		}
		labels[j], labels[n-1] = labels[n-1], labels[j]
	}
	return nil
}
