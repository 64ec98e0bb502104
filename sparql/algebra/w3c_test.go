package algebra

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/sparql/syntax"
)

// excuses are the tests whose verdict is not ours.
var excuses = w3c.Excuses{}

// TestW3CSyntax runs the syntax tests of all SPARQL suites, and checks that the queries and updates of all others are read and
// translated.
func TestW3CSyntax(t *testing.T) {
	t.Parallel()
	for _, manifest := range []string{
		"sparql10/manifest.ttl", "sparql11/manifest-all.ttl", "sparql12/manifest.ttl",
	} {
		w3c.Run(t, "rdf-tests/sparql/"+manifest, excuses, checkSyntax)
	}
}

func checkSyntax(t *testing.T, test *w3c.Test) error {
	kind := strings.TrimPrefix(test.Type, w3c.MF)
	action := test.Action
	update := strings.Contains(kind, "Update")
	switch {
	case strings.Contains(kind, "SyntaxTest"):
	case kind == "QueryEvaluationTest" || kind == "CSVResultFormatTest":
		action = test.Action.Get(w3c.QT + "query")
	case kind == "UpdateEvaluationTest":
		action = test.Action.Get(w3c.UT + "request")
	default:
		return w3c.ErrNotApplicable
	}
	text, err := action.Read()
	if err != nil {
		return err
	}
	o := syntax.Options{Base: action.Value()}
	if update {
		err = readUpdate(string(text), o)
	} else {
		err = readQuery(string(text), o)
	}
	if strings.HasPrefix(kind, "Negative") {
		if err == nil {
			return fmt.Errorf("accepted:\n%s", text)
		}
		var e *syntax.Error
		if !errors.As(err, &e) {
			return fmt.Errorf("%T is no *syntax.Error: %w", err, err)
		}
		t.Log(err, "\n", e.Snippet())
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}

func readQuery(text string, o syntax.Options) error {
	q, err := syntax.ParseQuery(text, o)
	if err != nil {
		return err
	}
	a, err := Translate(q)
	if err != nil {
		return err
	}
	if s := String(a.Pattern); strings.Contains(s, "(unknown)") {
		return fmt.Errorf("printed as %s", s)
	}
	return nil
}

func readUpdate(text string, o syntax.Options) error {
	u, err := syntax.ParseUpdate(text, o)
	if err != nil {
		return err
	}
	_, err = TranslateUpdate(u)
	return err
}

// TestRealQueries reads queries that people wrote for real endpoints, and those of the benchmark.
func TestRealQueries(t *testing.T) {
	t.Parallel()
	data := os.Getenv("TRIPLESTORE_DATA")
	if data == "" {
		data = filepath.Join(filepath.Dir(w3c.Root(t)), "data")
	}
	for _, folder := range []string{"../bench/queries", "norway/fdk-queries"} {
		files, err := filepath.Glob(filepath.Join(data, filepath.FromSlash(folder), "*"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, file := range files {
			switch filepath.Ext(file) {
			case ".rq", ".sparql":
			default:
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := readQuery(string(text), syntax.Options{}); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			n++
		}
		switch {
		case n > 0:
			t.Logf("%s: %d queries", folder, n)
		case os.Getenv("CI") == "true":
			t.Errorf("%s holds no queries", folder)
		default:
			t.Skipf("%s holds no queries", folder)
		}
	}
}
