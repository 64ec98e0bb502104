package w3c

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const sample = `
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
@prefix qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#> .
<> a mf:Manifest ; mf:include ( <sub/manifest.ttl> ) ; mf:entries ( <#one> <#two> <#three> ) .
<#one> a mf:QueryEvaluationTest ; mf:name "first" ; mf:action [ qt:query <q.rq> ; qt:graphData <a.ttl> , <b.ttl> ] ; mf:result <r.srx> .
<#two> a mf:Other ; mf:name "second" ; mf:action <x.ttl> .
<#three> a mf:Other ; mf:name "third" ; mf:action <x.ttl> .
`

func TestManifest(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("W3C_TESTS", dir)
	write := func(name, text string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	write("x/manifest.ttl", sample)
	write("x/q.rq", "ASK {}")
	write("x/sub/manifest.ttl", `
@prefix mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#> .
<#m> a mf:Manifest ; mf:include ( <../manifest.ttl> ) ; mf:entries ( <#zero> ) . <#zero> a mf:Other ; mf:name "none" .`)

	tests := Tests(t, "x/manifest.ttl")
	if len(tests) != 4 {
		t.Fatalf("%d tests", len(tests))
	}
	if tests[0].IRI != "https://w3c.github.io/x/sub/manifest.ttl#zero" || !tests[0].Action.IsZero() || tests[0].Action.Path() != "" {
		t.Errorf("first test: %+v", tests[0])
	}
	one := tests[1]
	if one.Name != "first" || one.Type != MF+"QueryEvaluationTest" || one.Result.Path() != filepath.Join(dir, "x", "r.srx") {
		t.Errorf("second test: %+v", one)
	}
	if text, err := one.Action.Get(QT + "query").Read(); err != nil || string(text) != "ASK {}" {
		t.Errorf("query: %q, %v", text, err)
	}
	if graphs := one.Action.All(QT + "graphData"); len(graphs) != 2 || graphs[1].Value() != "https://w3c.github.io/x/b.ttl" {
		t.Errorf("graphs: %v", graphs)
	}

	ran := 0
	Run(t, "x/manifest.ttl", Excuses{"second": "it is wrong", "three": "it panics"}, func(t *testing.T, test *Test) error {
		ran++
		switch test.Name {
		case "none":
			return ErrNotApplicable
		case "second":
			return errors.New("wrong")
		case "third":
			panic("oh")
		}
		return nil
	})
	if ran != 4 {
		t.Errorf("%d ran", ran)
	}
}

func TestExcuses(t *testing.T) {
	t.Parallel()
	test := &Test{IRI: "http://e/m#x", Name: "n"}
	for key, want := range map[string]string{"http://e/m#x": "r", "x": "r", "n": "r", "m": ""} {
		if _, got := (Excuses{key: "r"}).of(test); got != want {
			t.Errorf("%s: %q", key, got)
		}
	}
}
