package server

import (
	"slices"
	"strings"
	"testing"

	"triplestore/rdf"
)

func TestReaderLanguages(t *testing.T) {
	t.Parallel()
	own := []string{"nb", "nn", "en"}
	for _, c := range []struct{ header, want, page string }{
		{"", "nb no nn en", "nb"},
		{"nb", "nb no nn en", "nb"},
		{"nn", "nn no nb en", "nn"},
		{"no", "no nb nn en", "nb"},
		{"nb-NO", "nb-no no nn nb en", "nb"},
		{"nn, en;q=0.9, nb;q=0.8", "nn no en nb", "nn"},
		{"se", "se nb no nn en", "nb"},
		{"smj", "smj se nb no nn en", "nb"},
		{"sv", "sv nb no nn en", "nb"},
		{"da-DK", "da-dk nb no nn en", "nb"},
		{"sv, en;q=0.8", "sv nb no nn en", "nb"},
		{"en-GB", "en-gb nb no nn en", "en"},
		{"de", "de en nb no nn", "en"},
		{"fr-CH, fr;q=0.9, de;q=0.7", "fr-ch fr de en nb no nn", "en"},
		{"fi, nn;q=0.5", "fi nn no nb en", "nn"},
		{"*", "nb no nn en", "nb"},
	} {
		got := withUnderstood(parseLanguages([]string{c.header}), own)
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("%q reads %v, want %v", c.header, got, want)
		}
		if page := messagesFor(got).Lang; page != c.page {
			t.Errorf("%q gets pages in %s, want %s", c.header, page, c.page)
		}
	}
	if got := withUnderstood([]string{"pl"}, []string{"de"}); !slices.Equal(got, []string{"pl", "en", "de"}) {
		t.Errorf("with a server in German a reader of Polish reads %v", got)
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lang, want string
	}{{"ar", "rtl"}, {"AR-eg", "rtl"}, {"he", "rtl"}, {"nb", ""}, {"en", ""}, {"az-Arab", "rtl"}, {"ur-Latn-PK", ""}, {"arn", ""}, {"fa-IR", "rtl"}, {"", ""}} {
		term := rdf.String("x")
		if c.lang != "" {
			term = rdf.LangLiteral("x", c.lang)
		}
		if got := direction(term); got != c.want {
			t.Errorf("%q: %q, want %q", c.lang, got, c.want)
		}
	}
	if got := direction(rdf.DirLangLiteral("x", "ar", rdf.LeftToRight)); got != "ltr" {
		t.Errorf("a base direction that is stated gives %q", got)
	}
}
