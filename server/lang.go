package server

import (
	"net/http"
	"strings"

	"triplestore/rdf"
)

// readerLanguages are the languages of a request, most wanted first: the parameter lang, the Accept-Language header, then the
// server's own.
func (s *Server) readerLanguages(r *http.Request) []string {
	var langs []string
	if l := strings.ToLower(r.URL.Query().Get("lang")); isLanguageTag(l) {
		langs = append(langs, l)
	}
	langs = append(langs, parseLanguages(r.Header.Values("Accept-Language"))...)
	return withUnderstood(langs, s.c.Languages)
}

// understood lists the languages that who reads one reads nearly as well, best first: the two written forms of Norwegian are each
// other's, "no" says neither, and readers of Sámi in Norway read Norwegian.
var understood = map[string][]string{
	"nb": {"no", "nn"}, "nn": {"no", "nb"}, "no": {"nb", "nn"}, "se": {"nb", "no", "nn"}, "sma": {"se", "nb", "no", "nn"}, "smj": {"se", "nb", "no", "nn"},
}

// withUnderstood puts behind each language those that serve nearly as well, unless they are asked for with a place of their own, and
// the server's behind all.
func withUnderstood(langs, servers []string) []string {
	var out []string
	add := func(l string) {
		for _, o := range out {
			if o == l {
				return
			}
		}
		out = append(out, l)
	}
	asked := map[string]bool{}
	for _, l := range langs {
		asked[l] = true
	}
	for _, l := range append(langs[:len(langs):len(langs)], servers...) {
		add(l)
		base, _, _ := strings.Cut(l, "-")
		for _, u := range understood[base] {
			if !asked[u] {
				add(u)
			}
		}
	}
	return out
}

// rank tells how well a literal suits a reader; less is better. A literal without a language comes after every language that
// the reader or the server named and before all others.
func rank(t rdf.Term, langs []string) int {
	tag := strings.ToLower(t.Lang())
	if tag == "" {
		return 2 * len(langs)
	}
	for i, l := range langs {
		switch {
		case tag == l:
			return 2 * i
		case strings.HasPrefix(tag, l+"-"), strings.HasPrefix(l, tag+"-"):
			return 2*i + 1
		}
	}
	return 2*len(langs) + 1
}
