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
	return append(langs, s.c.Languages...)
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
		case tag == l, l == "no" && (tag == "nb" || tag == "nn"), tag == "no" && l == "nb":
			return 2 * i
		case strings.HasPrefix(tag, l+"-"), strings.HasPrefix(l, tag+"-"):
			return 2*i + 1
		}
	}
	return 2*len(langs) + 1
}
