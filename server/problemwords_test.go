package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/store/memstore"
)

// TestProblemLanguages: a page about an error is in the language that was asked for, with what is English marked as such; for programs it is English.
func TestProblemLanguages(t *testing.T) {
	t.Parallel()
	st := memstore.New()
	t.Cleanup(func() { st.Close() })
	srv := testServer(t, st, nil)
	for _, c := range []struct{ path, lang, want string }{
		{"/resource", "nb", `<h1 lang="nb">Det mangler en IRI</h1>`}, {"/resource", "nn", `<h1 lang="nn">Det manglar ein IRI</h1>`},
		{"/resource", "en", `<h1 lang="en">There is no IRI</h1>`}, {"/resource", "de", `<h1 lang="en">There is no IRI</h1>`},
		{"/resource", "nb", "<title>400 Det mangler en IRI"},
		{"/sparql?query=SELECT", "nb", `<h2 lang="nb">Spørringen er ikke gyldig SPARQL</h2>`}, {"/sparql?query=SELECT", "nn", `<h2 lang="nn">Spørjinga er ikkje gyldig SPARQL</h2>`},
	} {
		r := get(t, srv, c.path, "Accept", browser, "Accept-Language", c.lang)
		if r.StatusCode < 400 || !strings.Contains(r.body, c.want) || !strings.Contains(strings.Join(r.Header.Values("Vary"), ","), "Accept-Language") {
			t.Errorf("%s in %s: no %s in\n%s", c.path, c.lang, c.want, r.body)
		}
		if r := get(t, srv, c.path, "Accept", "application/json", "Accept-Language", c.lang); !strings.Contains(r.body, `"title":"The`) {
			t.Errorf("%s for programs: %s", c.path, r.body)
		}
	}
}

// TestProblemWords: each title that is translated is one that the program has, and has both translations.
func TestProblemWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		if f == "problemwords.go" || strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	for title, words := range problemWords {
		if !strings.Contains(code.String(), `"`+title+`"`) || words[0] == "" || words[1] == "" {
			t.Errorf("%q: %q", title, words)
		}
	}
}
