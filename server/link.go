package server

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// linker makes the links of a page.
type linker struct {
	origin, path string // of the base IRI; empty without one
	mappings     []Mapping
	lang         string // the parameter lang, handed on
	at           string // the parameter at, handed on to resources
	queries      bool   // there are stored queries, whose paths are no resources
}

func newLinker(base string, mappings []Mapping) linker {
	u, err := url.Parse(base)
	if base == "" || err != nil {
		return linker{mappings: mappings}
	}
	return linker{origin: u.Scheme + "://" + u.Host, path: u.EscapedPath(), mappings: mappings}
}

// reserved are the paths that are not resources, whatever the base is.
func reserved(path string) bool {
	switch path {
	case "", "/", "/sparql", "/resource", "/healthz", "/update", "/favicon.ico", "/robots.txt", "/readyz", metricsPath, graphsPath, voidPath, catalogPath, openAPIPath,
		checkPath, formatPath, completionPath, workbenchPath, overviewPath, schemaPath, harvestPath:
		return true
	}
	return strings.HasPrefix(path, "/assets/") || strings.HasPrefix(path, graphsPath+"/")
}

// own gives the path of an IRI under the base or of a mapping, if asking for that path brings the resource: not with a query or fragment.
func (l linker) own(iri string) (string, bool) {
	if path, ok := l.mapped(iri); ok {
		return path, true
	}
	rest, ok := strings.CutPrefix(iri, l.origin)
	if !ok || l.origin == "" || !strings.HasPrefix(rest, l.path) || strings.ContainsAny(rest, "?#\\") || strings.HasPrefix(rest, "//") || reserved(rest) || l.queries && isQueriesPath(rest) ||
		strings.Contains(rest, "/./") || strings.Contains(rest, "/../") || strings.HasSuffix(rest, "/.") || strings.HasSuffix(rest, "/..") {
		return "", false
	}
	return escapeUnicode(rest)
}

// escapeUnicode percent-encodes what is not ASCII; ok is false where there is something that no path of an IRI holds.
func escapeUnicode(path string) (escaped string, ok bool) {
	var out []byte
	for i := range len(path) {
		switch c := path[i]; {
		case c <= ' ' || c == 0x7f || strings.IndexByte("\"<>^`{|}", c) >= 0:
			return "", false
		case c >= utf8.RuneSelf:
			if out == nil {
				out = []byte(path[:i])
			}
			out = append(out, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		case out != nil:
			out = append(out, c)
		}
	}
	if out == nil {
		return path, true
	}
	return string(out), true
}

// resource is the address of the page about an IRI, with further parameters.
func (l linker) resource(iri string, params ...string) string {
	path, own := l.own(iri)
	if len(params) == 0 && l.at == "" && l.lang == "" { // as nearly all are
		if own {
			return path
		}
		return "/resource?iri=" + url.QueryEscape(iri)
	}
	v := url.Values{}
	if !own {
		path = "/resource"
		v.Set("iri", iri)
	}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	if l.at != "" {
		v.Set("at", l.at)
	}
	if l.lang != "" && !v.Has("lang") {
		v.Set("lang", l.lang)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// page is the address of one of the server's own pages.
func (l linker) page(path string, params ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	if l.lang != "" && !v.Has("lang") {
		v.Set("lang", l.lang)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// candidates are the IRIs that a request path may stand for: as it was sent, with its query string, and with what is not ASCII
// unescaped, because clients escape what an IRI may hold as it is.
func (l linker) candidates(r *http.Request) []string {
	path := r.URL.EscapedPath()
	if reserved(path) || l.queries && isQueriesPath(path) {
		return nil
	}
	var out []string
	for _, m := range l.mappings {
		if rest, ok := strings.CutPrefix(path, m.Path); ok {
			out = append(out, m.Prefix+rest)
			if u := unescapeUnicode(rest); u != rest {
				out = append(out, m.Prefix+u)
			}
		}
	}
	if l.origin == "" || !strings.HasPrefix(path, l.path) {
		return out
	}
	add := func(iri string) {
		for _, o := range out {
			if o == iri {
				return
			}
		}
		out = append(out, iri)
	}
	if q := sentQuery(r); q != "" {
		add(l.origin + path + "?" + q)
	}
	add(l.origin + path)
	add(l.origin + unescapeUnicode(path))
	if r.URL.Path != path && validIRIPath(r.URL.Path) {
		add(l.origin + r.URL.Path)
	}
	return out
}

// unescapeUnicode decodes the percent-encoded bytes of characters beyond ASCII, where they are well-formed UTF-8.
func unescapeUnicode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var out, run []byte
	flush := func() {
		if utf8.Valid(run) {
			out = append(out, run...)
		} else {
			for _, c := range run {
				out = append(out, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
			}
		}
		run = run[:0]
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, ok1 := unhex(s[i+1])
			lo, ok2 := unhex(s[i+2])
			if c := hi<<4 | lo; ok1 && ok2 && c >= 0x80 {
				run = append(run, c)
				i += 2
				continue
			}
		}
		flush()
		out = append(out, s[i])
	}
	flush()
	return string(out)
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func validIRIPath(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsAny(s, " <>\"{}|\\^`%?#")
}

// external reports whether an IRI is an address that a page may link to: only the web's own schemes, so that no javascript: or
// data: IRI from the data becomes something to click on.
func external(iri string) bool {
	u, err := url.Parse(iri)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// mailOrPhone reports whether an IRI is a mail or telephone address.
func mailOrPhone(iri string) bool {
	u, err := url.Parse(iri)
	return err == nil && (u.Scheme == "mailto" || u.Scheme == "tel") && u.Opaque != ""
}
