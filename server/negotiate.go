package server

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// offer is a representation that a route can give: its media types, the first being the usual one, and the name that the
// parameter format takes.
type offer struct {
	name  string
	types []string
}

// mediaRange is one element of an Accept header (RFC 9110 section 12.5.1).
type mediaRange struct {
	typ, sub string
	q        int // thousandths
}

// maxRanges limits the elements of an Accept header that are looked at; browsers send less than ten.
const maxRanges = 64

// parseAccept reads the values of an Accept header. What is malformed is left out, as if it were not sent.
func parseAccept(values []string) []mediaRange {
	var ranges []mediaRange
	for _, v := range values {
		for part := range unquoted(v, ',') {
			if len(ranges) == maxRanges {
				return ranges
			}
			name, params, _ := strings.Cut(part, ";")
			typ, sub, ok := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "/")
			if !ok || typ == "" || sub == "" || typ == "*" && sub != "*" {
				continue
			}
			if q, ok := quality(params); ok {
				ranges = append(ranges, mediaRange{typ, sub, q})
			}
		}
	}
	return ranges
}

// unquoted splits at a separator where it stands in no quoted string (RFC 9110 section 5.6.4).
func unquoted(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		from, quoted := 0, false
		for i := 0; i < len(s); i++ {
			switch c := s[i]; {
			case c == '"':
				quoted = !quoted
			case quoted && c == '\\':
				i++
			case !quoted && c == separator:
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(s[from:])
	}
}

// quality finds the weight among parameters; without one it is 1. Other parameters (charset, profile) are ignored.
func quality(params string) (q int, ok bool) {
	for p := range unquoted(params, ';') {
		name, value, found := strings.Cut(strings.TrimSpace(p), "=")
		if found && strings.EqualFold(strings.TrimSpace(name), "q") {
			f, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(f >= 0 && f <= 1) {
				return 0, false
			}
			return int(f * 1000), true
		}
	}
	return 1000, true
}

// weigh gives the weight that the most specific matching range gives to a media type, and how specific it is: 0 for no match.
func weigh(ranges []mediaRange, mediaType string) (q, specific int) {
	typ, sub, _ := strings.Cut(mediaType, "/")
	for _, r := range ranges {
		s := 0
		switch {
		case r.typ == typ && r.sub == sub:
			s = 3
		case r.typ == typ && r.sub == "*":
			s = 2
		case r.typ == "*":
			s = 1
		}
		if s > specific || s == specific && s > 0 && r.q > q {
			q, specific = r.q, s
		}
	}
	return q, specific
}

// negotiate chooses among offers: the heaviest wins, then the one that is named more specifically, then the earlier one. No
// Accept header, or an empty one, takes the first. It returns the index and the media type to answer with, or -1.
func negotiate(accept []string, offers []offer) (index int, mediaType string) {
	ranges := parseAccept(accept)
	if len(ranges) == 0 {
		if strings.TrimSpace(strings.Join(accept, "")) != "" {
			return -1, ""
		}
		return 0, offers[0].types[0]
	}
	index = -1
	bestQ, bestS := 0, 0
	for i, o := range offers {
		for _, t := range o.types {
			q, s := weigh(ranges, t)
			if q > bestQ || q == bestQ && q > 0 && s > bestS {
				index, mediaType, bestQ, bestS = i, t, q, s
			}
		}
	}
	return index, mediaType
}

// choose negotiates a request: the parameter format (or output), then the header. Unknown names of the parameter may also be
// media types.
func choose(format string, h http.Header, offers []offer) (index int, mediaType string) {
	if format == "" {
		return negotiate(h.Values("Accept"), offers)
	}
	format = strings.ToLower(strings.TrimSpace(format))
	if index, mediaType = byFormat(format, offers); index >= 0 {
		return index, mediaType
	}
	return byFormat(formatAliases[strings.ReplaceAll(format, " ", "+")], offers)
}

// choice is what choose chose, with the value of Content-Type, which has no room, so that nobody can add to it. Without a name there is none.
type choice struct {
	name, mediaType string
	header          []string
}

func choiceOf(format string, h http.Header, offers []offer) choice {
	i, mediaType := choose(format, h, offers)
	if i < 0 {
		return choice{}
	}
	return choice{offers[i].name, mediaType, []string{contentType(mediaType)}}
}

// byFormat finds an offer by its name or a media type.
func byFormat(format string, offers []offer) (index int, mediaType string) {
	for i, o := range offers {
		if o.name == format {
			return i, o.types[0]
		}
		for _, t := range o.types {
			if t == format || t == strings.ReplaceAll(format, " ", "+") { // "+" unescaped in a query string is a blank
				return i, t
			}
		}
	}
	return -1, ""
}

// formatAliases are names of formats that clients of other endpoints send, by the name that they have here.
var formatAliases = map[string]string{
	"json-ld": "jsonld", "n-triples": "ntriples", "nt": "ntriples", "n-quads": "nquads", "nq": "nquads", "ttl": "turtle", "n3": "turtle",
	"rdf": "rdfxml", "rdf+xml": "rdfxml", "rdf/xml": "rdfxml", "rdf-xml": "rdfxml", "xml": "rdfxml", "srj": "json", "srx": "xml",
}

// prefersHTML reports whether a request would rather have a page than a document for machines: errors then are pages too.
func prefersHTML(r *http.Request) bool {
	if f := formatParam(r); f != "" {
		return strings.EqualFold(f, "html")
	}
	return acceptsHTML(r)
}

// acceptsHTML is prefersHTML by the header alone.
func acceptsHTML(r *http.Request) bool {
	i, _ := negotiate(r.Header.Values("Accept"), []offer{{types: []string{"application/problem+json", "application/json"}}, {types: []string{"text/html"}}})
	return i == 1
}

// formatParam is the parameter that overrides the Accept header. For a form that was posted it is found once the form is parsed.
func formatParam(r *http.Request) string {
	get := r.URL.Query().Get
	if r.PostForm != nil {
		get = r.Form.Get
	}
	if f := get("format"); f != "" {
		return f
	}
	return get("output")
}

// parseLanguages orders the tags of an Accept-Language header by weight, in lower case, "*" and weight 0 left out.
func parseLanguages(values []string) []string {
	type weighted struct {
		tag string
		q   int
	}
	var tags []weighted
	for _, v := range values {
		for part := range strings.SplitSeq(v, ",") {
			if len(tags) == maxRanges {
				break
			}
			tag, params, _ := strings.Cut(part, ";")
			tag = strings.ToLower(strings.TrimSpace(tag))
			q, ok := quality(params)
			if !ok || q == 0 || !isLanguageTag(tag) {
				continue
			}
			at := len(tags)
			for at > 0 && tags[at-1].q < q {
				at--
			}
			tags = append(tags, weighted{})
			copy(tags[at+1:], tags[at:])
			tags[at] = weighted{tag, q}
		}
	}
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = t.tag
	}
	return out
}

func isLanguageTag(s string) bool {
	if s == "" || len(s) > 35 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
