package server

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"triplestore/store"
)

// stateTag names a state of the store in entity tags. The time tells stores apart that have as many commits.
func stateTag(c store.Commit) string {
	return strconv.FormatUint(c.Number, 36) + "-" + strconv.FormatInt(c.Time.UnixNano(), 36)
}

// entityTag is a weak tag (RFC 9110 section 8.8.3) of what is computed from a state and the given parts. It is weak because the same
// content may come with other blank node labels, in another order or compressed.
func entityTag(c store.Commit, parts ...string) string {
	return contentTag(c, partsSum(parts))
}

// contentTag is the entityTag of parts by their hash.
func contentTag(c store.Commit, sum string) string { return `W/"` + stateTag(c) + "." + sum + `"` }

// settingsTag names what the answers depend on besides the store and the request.
func settingsTag(c *Config) string {
	var prefixes []string
	for p, iri := range c.Prefixes {
		prefixes = append(prefixes, p+" "+iri)
	}
	slices.Sort(prefixes)
	return partsSum([]string{fmt.Sprintf("%q %q %v %d %q %q", c.Version, c.Base, c.UnionDefaultGraph, c.MaxRows, prefixes, c.Languages),
		fmt.Sprintf("%q %q %q %q %q %q", c.Title, c.Description, c.Publisher, c.PublisherName, c.Mappings, c.ImageOrigins),
		fmt.Sprint(c.Stored != nil, c.Service != nil, c.Load != nil)})
}

// volatileWords are the functions that may differ from one run to the next, and SERVICE, whose answer is another's.
var volatileWords = []string{"NOW", "RAND", "UUID", "STRUUID", "BNODE", "SERVICE"}

// volatile reports whether a query may give another answer on the same state. It looks for words anywhere, also in names and strings:
// to be wrong in this direction only costs an ETag. Escapes of code points could hide a word, so they count as one.
func volatile(text string) bool {
	if strings.Contains(text, `\u`) || strings.Contains(text, `\U`) {
		return true
	}
	letter := func(i int) bool {
		return i >= 0 && i < len(text) && ('a' <= text[i]|0x20 && text[i]|0x20 <= 'z')
	}
	for i := 0; i < len(text); i++ {
		if !letter(i) || letter(i-1) {
			continue
		}
		end := i
		for letter(end) {
			end++
		}
		for _, w := range volatileWords {
			if len(w) == end-i && strings.EqualFold(w, text[i:end]) {
				return true
			}
		}
		i = end
	}
	return false
}

// queryTag is the entity tag of the answer to a query, or empty where there is none: for what may differ each time, for pages, and for
// methods that know no conditions.
func queryTag(r *http.Request, content *content, c store.Commit) []string {
	if r.Method == http.MethodPost || content == nil {
		return nil
	}
	return content.tag(c)
}

// queryContent is what the answer to a query depends on besides the state of the store and who asks; it is nil for what may differ each
// time and for pages. The query is not parsed for it, so both formats that it could be answered in are part.
func (s *Server) queryContent(r *http.Request, q *queryRequest) *content {
	if q.explain != "" || volatile(q.text) {
		return nil
	}
	parts := []string{"query", s.settings, q.text, q.describe.String()}
	if q.union != nil {
		parts = append(parts, "union", strconv.FormatBool(*q.union))
	}
	solutions, graph := choiceOf(q.format, r.Header, solutionOffers), choiceOf(q.format, r.Header, graphOffers)
	if solutions.name == "html" || graph.name == "html" {
		return nil
	}
	parts = append(parts, solutions.mediaType, graph.mediaType)
	if q.stored != nil {
		parts = append(parts, q.stored.parts()...)
	}
	for _, g := range q.defaults {
		parts = append(parts, "default", g.Value())
	}
	for _, g := range q.named {
		parts = append(parts, "named", g.Value())
	}
	c := newContent(parts)
	c.solutions, c.graph = solutions, graph
	return c
}

// unchanged answers 304 if the client has what the tag names.
func unchanged(w http.ResponseWriter, r *http.Request, tag string) bool {
	return tag != "" && unchangedAs(w, r, []string{tag})
}

// unchangedAs is unchanged with the tag as the value of the header, which is not changed; nil is none.
func unchangedAs(w http.ResponseWriter, r *http.Request, value []string) bool {
	if len(value) == 0 {
		return false
	}
	tag, h := value[0], w.Header()
	h["Etag"] = value // as net/http writes the name
	h["Cache-Control"] = noCache
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	return false
}
