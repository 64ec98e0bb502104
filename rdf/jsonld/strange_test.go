package jsonld

import (
	"strings"
	"testing"
	"time"
)

func TestIncludedReferences(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{
		`{"@id":"a:a","a:p":"x","@included":[{"@id":"a:b"}]}`:           1, // says nothing, and is nothing wrong
		`{"@id":"a:a","a:p":"x","@included":[]}`:                        1,
		`{"@id":"a:a","a:p":"x","@included":[{"@id":"a:b","a:p":"y"}]}`: 2,
		`{"@id":"a:a","a:p":"x","@included":"y"}`:                       -1,
		`{"@id":"a:a","a:p":"x","@included":{"@value":"y"}}`:            -1,
		`{"@id":"a:a","a:p":"x","@included":{"@list":["y"]}}`:           -1,
	} {
		quads, err := ParseString(in, Options{})
		if (err != nil) != (want < 0) || err == nil && len(quads) != want {
			t.Errorf("%s: %v %v", in, quads, err)
		}
	}
}

func TestLangStringWithoutLanguage(t *testing.T) {
	t.Parallel()
	quads, err := ParseString(`{"@id":"a:a","a:p":[{"@value":"x","@type":"http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"},
		{"@value":"x","@type":"http://www.w3.org/1999/02/22-rdf-syntax-ns#dirLangString"},{"@value":"y"}]}`, Options{})
	if err != nil || len(quads) != 1 || quads[0].O.Value() != "y" {
		t.Errorf("%v %v", quads, err)
	}
}

// TestManyNests: what members within @nest add must not be copied for each. The limit of time is generous, for busy machines.
func TestManyNests(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for _, member := range []string{`{"@included":{"@id":"a:b","a:p":"y"}}`, `{"@type":"a:t"}`} {
		start := time.Now()
		quads, err := ParseString(`{"@id":"a:a","@nest":[`+strings.Repeat(member+",", n-1)+member+`]}`, Options{})
		if took := time.Since(start); err != nil || len(quads) != n || took > 15*time.Second {
			t.Errorf("%s: %d quads, %v, %v", member, len(quads), err, took)
		}
	}
}
