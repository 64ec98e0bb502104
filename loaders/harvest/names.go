package harvest

import (
	"strings"

	"triplestore/rdf"
)

// DefaultGraphBase is the base of graphs where the configuration names none.
const DefaultGraphBase = "urn:x-triplestore:harvest/"

// reserved are names that a source cannot have: their graphs are the harvest's own.
var reserved = []string{"provenance", "derived", "identity", "rules"}

// names makes the IRIs of graphs and of what the provenance is about.
type names struct{ base string }

func (n names) source(name string) string { return n.base + name }
func (n names) provenance() rdf.Term      { return rdf.IRI(n.base + "provenance") }
func (n names) derived(rule string) rdf.Term {
	return rdf.IRI(n.base + "derived/" + rule)
}
func (n names) record(name, iri string) string { return n.base + name + "/record/" + encode(iri) }
func (n names) run(name, id string) string     { return n.base + "provenance/run/" + name + "/" + id }

// encode percent-encodes all but the unreserved characters of RFC 3986, so that the result is one segment of a path. Characters beyond ASCII
// stay: IRIs may have them.
func encode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 || c >= 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
