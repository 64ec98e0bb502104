package algebra

import (
	"errors"
	"fmt"
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
	_, err := syntax.ParseUpdate(text, o)
	return err
}
