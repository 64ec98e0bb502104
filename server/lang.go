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
// other's, "no" says neither, readers of Sámi in Norway read Norwegian, and those of Danish and Swedish read it rather than English.
var understood = map[string][]string{
	"nb": {"no", "nn"}, "nn": {"no", "nb"}, "no": {"nb", "nn"}, "se": {"nb", "no", "nn"}, "sma": {"se", "nb", "no", "nn"}, "smj": {"se", "nb", "no", "nn"},
	"da": {"nb", "no", "nn"}, "sv": {"nb", "no", "nn"},
}

// withUnderstood puts behind each language those that serve nearly as well, unless they are asked for with a place of their own. Behind all come
// the server's languages, and before them English, for readers who asked for none of the server's.
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
	all := func(list []string) {
		for _, l := range list {
			add(l)
			base, _, _ := strings.Cut(l, "-")
			for _, u := range understood[base] {
				if !asked[u] {
					add(u)
				}
			}
		}
	}
	all(langs)
	if len(langs) > 0 && !served(out, servers) {
		add("en")
	}
	all(servers)
	return out
}

// PreferredLanguages puts behind each of a reader's languages, tags of BCP 47 in lower case with the best first, those that serve nearly as
// well, and English behind all; for a reader of no known language there are none.
func PreferredLanguages(langs []string) []string { return withUnderstood(langs, nil) }

// served reports whether a list of languages has one of the server's.
func served(langs, servers []string) bool {
	for _, l := range langs {
		base, _, _ := strings.Cut(l, "-")
		for _, s := range servers {
			if own, _, _ := strings.Cut(strings.ToLower(s), "-"); own == base {
				return true
			}
		}
	}
	return false
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

// rightToLeft are the languages that are written from right to left in their usual script.
var rightToLeft = map[string]bool{
	"ar": true, "he": true, "fa": true, "ur": true, "yi": true, "ps": true, "ckb": true, "sd": true, "ug": true, "dv": true, "syr": true, "arc": true, "nqo": true,
}

// direction is that of a text: its base direction, or where it has none that of its language, from which a script says otherwise (az-Arab, ur-Latn).
func direction(t rdf.Term) string {
	if d := t.Direction().String(); d != "" || t.Lang() == "" {
		return d
	}
	base, rest, _ := strings.Cut(strings.ToLower(t.Lang()), "-")
	script, _, _ := strings.Cut(rest, "-")
	switch script {
	case "arab", "hebr", "thaa", "syrc", "nkoo", "adlm", "rohg":
		return "rtl"
	case "latn", "cyrl":
		return ""
	}
	if rightToLeft[base] {
		return "rtl"
	}
	return ""
}
