package jsonld

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"triplestore/rdf/iri"
)

// Error is an error of JSON-LD with the code that the specification gives it
// (https://www.w3.org/TR/json-ld11-api/#jsonlderrorcode).
type Error struct {
	Code string
	Msg  string
}

// Error gives code and message.
func (e *Error) Error() string {
	if e.Msg == "" {
		return "JSON-LD: " + e.Code
	}
	return "JSON-LD: " + e.Code + ": " + e.Msg
}

func fail(code, format string, args ...any) error {
	for i, a := range args {
		switch a.(type) {
		case []any, *Object, nil:
			text := appendCanonical(nil, a)
			if len(text) > 100 {
				text = append(bytes.ToValidUTF8(text[:100], nil), "…"...)
			}
			args[i] = string(text)
		}
	}
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Loader fetches a remote document: a context, or what was named in place of a document. It gives the document's final IRI.
type Loader func(ctx context.Context, iri string) (text []byte, finalIRI string, err error)

type container uint8

const (
	cGraph container = 1 << iota
	cID
	cIndex
	cLanguage
	cList
	cSet
	cType
)

var containerNames = []string{"@graph", "@id", "@index", "@language", "@list", "@set", "@type"}

// null and unset states of a string.
type optional struct {
	set  bool // said at all
	null bool
	s    string
}

type termDef struct {
	iri       string
	null      bool // mapped to null
	prefix    bool
	protected bool
	reverse   bool
	container container
	typ       string
	lang, dir optional
	index     string
	nest      string
	ctx       any
	hasCtx    bool
	ctxBase   string
}

func (d *termDef) same(o *termDef) bool {
	a, b := *d, *o
	a.protected, b.protected = false, false
	sameCtx := a.hasCtx == b.hasCtx && string(appendCanonical(nil, a.ctx)) == string(appendCanonical(nil, b.ctx))
	a.ctx, b.ctx = nil, nil
	return sameCtx && a == b
}

// activeContext is immutable once it was processed (https://www.w3.org/TR/json-ld11-api/#context-processing-algorithms).
type activeContext struct {
	base         string
	noBase       bool // @base: null
	originalBase string
	vocab        optional
	lang, dir    optional
	terms        terms
	prev         *activeContext
	inverse      inverseContext
	scoped       map[*termDef]*activeContext // what term-scoped contexts give, without propagation
	names, types map[string]meaning          // what names of members and values of @type mean, for some of them
}

func newContext(base string) *activeContext {
	return &activeContext{base: base, originalBase: base}
}

func (a *activeContext) clone() *activeContext {
	c := *a
	c.scoped, c.inverse, c.names, c.types = nil, nil, nil, nil
	return &c
}

var keywords = map[string]bool{}

func init() {
	for _, k := range strings.Fields(`@base @container @context @default @direction @embed @explicit @graph @id @import @included
		@index @json @language @list @nest @none @omitDefault @null @prefix @preserve @propagate @protected @requireAll @reverse
		@set @type @value @version @vocab`) {
		keywords[k] = true
	}
}

func isKeyword(s string) bool { return len(s) > 1 && s[0] == '@' && keywords[s] }

var keywordForm = regexp.MustCompile(`^@[A-Za-z]+$`)

func looksLikeKeyword(s string) bool { return s != "" && s[0] == '@' && keywordForm.MatchString(s) }

func isIRIOrBlank(s string) bool { return strings.HasPrefix(s, "_:") || iri.IsAbsolute(s) }

const maxRemoteContexts = 32

// contexts processes local contexts; it holds what they share over a document.
type contexts struct {
	ctx    context.Context
	load   Loader
	mode10 bool
	remote map[string]remoteContext
	// written is how many places of terms were written for all contexts: the work that they were.
	written int
}

type remoteContext struct {
	value any
	iri   string
}

type processOptions struct {
	base              string
	remotes           []string
	overrideProtected bool
	noPropagate       bool
	noValidateScoped  bool
}

// process is the Context Processing Algorithm (https://www.w3.org/TR/json-ld11-api/#context-processing-algorithm).
func (cs *contexts) process(active *activeContext, local any, o processOptions) (*activeContext, error) {
	propagate := !o.noPropagate
	if m, ok := local.(*Object); ok {
		if v, ok := m.Get("@propagate"); ok {
			if propagate, ok = v.(bool); !ok {
				return nil, fail("invalid @propagate value", "%v", v)
			}
		}
	}
	result := active.clone()
	if !propagate && result.prev == nil {
		result.prev = active
	}
	for _, local := range asList(local) {
		switch local := local.(type) {
		case nil:
			if !o.overrideProtected && result.terms.protected > 0 {
				for term, d := range result.terms.all() {
					if d.protected {
						return nil, fail("invalid context nullification", "the term %q is protected", term)
					}
				}
			}
			fresh := newContext(active.originalBase)
			if !propagate {
				fresh.prev = result
			}
			result = fresh
		case string:
			next, err := cs.processRemote(result, local, o)
			if err != nil {
				return nil, err
			}
			result = next
		case *Object:
			next, err := cs.processMap(result, local, o)
			if err != nil {
				return nil, err
			}
			result = next
		default:
			return nil, fail("invalid local context", "a context must be null, a string, an object or an array of these")
		}
	}
	return result, nil
}

func asList(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func (cs *contexts) processRemote(result *activeContext, ref string, o processOptions) (*activeContext, error) {
	url, err := iri.Resolve(o.base, ref)
	if err != nil {
		return nil, fail("loading document failed", "the context %q is relative, and there is no base", ref)
	}
	if slices.Contains(o.remotes, url) && o.noValidateScoped {
		return result, nil
	}
	if len(o.remotes) >= maxRemoteContexts {
		return nil, fail("context overflow", "contexts refer to more than %d others", maxRemoteContexts)
	}
	rc, err := cs.loadContext(url)
	if err != nil {
		return nil, err
	}
	return cs.process(result, rc.value, processOptions{
		base: rc.iri, remotes: append(slices.Clone(o.remotes), url), noValidateScoped: o.noValidateScoped,
	})
}

func (cs *contexts) loadContext(url string) (remoteContext, error) {
	if rc, ok := cs.remote[url]; ok {
		return rc, nil
	}
	if cs.load == nil {
		return remoteContext{}, fail("loading remote context failed", "remote contexts are off, and <%s> was not supplied", url)
	}
	text, final, err := cs.load(cs.ctx, url)
	if err != nil {
		return remoteContext{}, fail("loading remote context failed", "<%s>: %v", url, err)
	}
	d := decoder{buf: text, file: final, maxDepth: defaultMaxDepth}
	v, err := d.document()
	if err != nil {
		return remoteContext{}, fail("loading remote context failed", "%v", err)
	}
	m, ok := v.(*Object)
	if !ok || !m.has("@context") {
		return remoteContext{}, fail("invalid remote context", "<%s> is no object with @context", url)
	}
	c, _ := m.Get("@context")
	rc := remoteContext{c, final}
	if cs.remote == nil {
		cs.remote = map[string]remoteContext{}
	}
	cs.remote[url] = rc
	return rc, nil
}

func (cs *contexts) processMap(result *activeContext, local *Object, o processOptions) (*activeContext, error) {
	if v, ok := local.Get("@version"); ok {
		if n, ok := v.(Number); !ok || n != "1.1" {
			return nil, fail("invalid @version value", "%v", v)
		}
		if cs.mode10 {
			return nil, fail("processing mode conflict", "")
		}
	}
	if v, ok := local.Get("@import"); ok {
		merged, err := cs.importContext(local, v, o)
		if err != nil {
			return nil, err
		}
		local = merged
	}
	// result is this call's own copy only when the caller made it: work on a fresh one.
	result = result.clone()
	if v, ok := local.Get("@base"); ok && len(o.remotes) == 0 {
		s, isString := v.(string)
		switch {
		case v == nil:
			result.base, result.noBase = "", true
		case isString && iri.IsAbsolute(s):
			result.base, result.noBase = s, false
		case isString && result.base != "":
			base, err := iri.Resolve(result.base, s)
			if err != nil {
				return nil, fail("invalid base IRI", "%q", s)
			}
			result.base = base
		default:
			return nil, fail("invalid base IRI", "%v", v)
		}
	}
	if v, ok := local.Get("@vocab"); ok {
		s, isString := v.(string)
		switch {
		case v == nil:
			result.vocab = optional{}
		case isString && (!cs.mode10 || isIRIOrBlank(s)):
			expanded, _, err := cs.expandIRI(result, s, true, true, nil)
			if err != nil {
				return nil, err
			}
			result.vocab = optional{set: true, s: expanded}
		default:
			return nil, fail("invalid vocab mapping", "%v", v)
		}
	}
	if v, ok := local.Get("@language"); ok {
		s, isString := v.(string)
		if v != nil && !isString {
			return nil, fail("invalid default language", "%v", v)
		}
		result.lang = optional{set: isString, s: s}
	}
	if v, ok := local.Get("@direction"); ok {
		if cs.mode10 {
			return nil, fail("invalid context entry", "@direction is of JSON-LD 1.1")
		}
		if v != nil && v != "ltr" && v != "rtl" {
			return nil, fail("invalid base direction", "%v", v)
		}
		s, isString := v.(string)
		result.dir = optional{set: isString, s: s}
	}
	if v, ok := local.Get("@propagate"); ok {
		if cs.mode10 {
			return nil, fail("invalid context entry", "@propagate is of JSON-LD 1.1")
		}
		if _, isBool := v.(bool); !isBool {
			return nil, fail("invalid @propagate value", "%v", v)
		}
	}
	protected := false
	if v, ok := local.Get("@protected"); ok {
		if protected, ok = v.(bool); !ok {
			return nil, fail("invalid @protected value", "%v", v)
		}
	}
	d := &definer{cs: cs, active: result, local: local, defined: map[string]bool{}, protected: protected, o: o}
	for _, term := range local.keys {
		switch term {
		case "@base", "@direction", "@import", "@language", "@propagate", "@protected", "@version", "@vocab":
			continue
		}
		if err := d.create(term); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func (cs *contexts) importContext(local *Object, v any, o processOptions) (*Object, error) {
	if cs.mode10 {
		return nil, fail("invalid context entry", "@import is of JSON-LD 1.1")
	}
	ref, ok := v.(string)
	if !ok {
		return nil, fail("invalid @import value", "%v", v)
	}
	url, err := iri.Resolve(o.base, ref)
	if err != nil {
		return nil, fail("loading remote context failed", "the context %q is relative, and there is no base", ref)
	}
	rc, err := cs.loadContext(url)
	if err != nil {
		return nil, err
	}
	imported, ok := rc.value.(*Object)
	if !ok {
		return nil, fail("invalid remote context", "<%s> may hold one object only, since it is imported", url)
	}
	if imported.has("@import") {
		return nil, fail("invalid context entry", "an imported context may not import another")
	}
	merged := &Object{}
	for i, k := range imported.keys {
		merged.Set(k, imported.vals[i])
	}
	for i, k := range local.keys {
		if k != "@import" {
			merged.Set(k, local.vals[i])
		}
	}
	return merged, nil
}

// definer creates the term definitions of one local context.
type definer struct {
	cs        *contexts
	active    *activeContext
	local     *Object
	defined   map[string]bool
	protected bool
	o         processOptions
}

// expandIRI is IRI Expansion (https://www.w3.org/TR/json-ld11-api/#iri-expansion). Where the value means nothing, null is true.
func (cs *contexts) expandIRI(a *activeContext, value string, docRelative, vocab bool, d *definer) (result string, null bool, err error) {
	if isKeyword(value) {
		return value, false, nil
	}
	if looksLikeKeyword(value) {
		return "", true, nil
	}
	if d != nil && d.local.has(value) && !d.defined[value] {
		if err := d.create(value); err != nil {
			return "", false, err
		}
	}
	if t := a.terms.get(value); t != nil {
		if !t.null && isKeyword(t.iri) {
			return t.iri, false, nil
		}
		if vocab {
			return t.iri, t.null, nil
		}
	}
	if i := strings.IndexByte(value, ':'); i > 0 {
		prefix, suffix := value[:i], value[i+1:]
		if prefix == "_" || strings.HasPrefix(suffix, "//") {
			return value, false, nil
		}
		if d != nil && d.local.has(prefix) && !d.defined[prefix] {
			if err := d.create(prefix); err != nil {
				return "", false, err
			}
		}
		if t := a.terms.get(prefix); t != nil && !t.null && t.prefix {
			return t.iri + suffix, false, nil
		}
		if iri.IsAbsolute(value) {
			return value, false, nil
		}
	}
	switch {
	case vocab && a.vocab.set:
		return a.vocab.s + value, false, nil
	case docRelative && a.base != "":
		if s, err := iri.Resolve(a.base, value); err == nil {
			return s, false, nil
		}
	}
	return value, false, nil
}
