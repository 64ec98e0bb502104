package server

import (
	"testing"
)

// TestQuotedRanges: commas and semicolons in quoted parameters of Accept separate nothing.
func TestQuotedRanges(t *testing.T) {
	t.Parallel()
	offers := []offer{{"jsonld", []string{"application/ld+json"}}, {"turtle", []string{"text/turtle"}}}
	for accept, want := range map[string]string{
		`application/ld+json;profile="a,b";q=0.1, text/turtle;q=0.5`: "turtle", `application/ld+json;profile="a;q=0";q=0.9, text/turtle;q=0.5`: "jsonld",
		`application/ld+json;profile="a\",b";q=0.1, text/turtle;q=0.5`: "turtle", `application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"`: "jsonld",
		`text/turtle;a="unfinished, application/ld+json`: "turtle",
	} {
		i, _ := negotiate([]string{accept}, offers)
		if i < 0 || offers[i].name != want {
			t.Errorf("%s: %d, want %s", accept, i, want)
		}
	}
}
