package rdf

import "testing"

func TestValidLang(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"en": true, "nb-NO": true, "sl-IT-1994-biske": true, "x-klingon": true, "abcdefgh": true, "de-1996": true, "a-1": true,
		"": false, "-": false, "en-": false, "-en": false, "en--ltr": false, "abcdefghi": false, "en-abcdefghi": false, "1a": false, "en_US": false, "e n": false, "é": false, "en@": false, "en[": false, "en`": false, "en{": false, "en/": false, "en:": false,
	} {
		if ValidLang(tag) != want {
			t.Errorf("ValidLang(%q) is %v", tag, !want)
		}
	}
}
