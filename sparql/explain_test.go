package sparql

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	snap := snapshotOf(t, denseQuads(20, 2))
	e := NewEngine(Options{})
	const text = "PREFIX : <http://e/> SELECT * { ?a :p ?b . ?b :label ?l FILTER EXISTS { ?b :p ?c OPTIONAL { ?c :p ?d } FILTER (!BOUND(?d) || ?d != ?a) } }"
	tree, err := e.ExplainTree(context.Background(), snap, text)
	if err != nil {
		t.Fatal(err)
	}
	if tree.Root.Profile != nil || tree.Root.Estimate <= 0 || len(tree.Nested) != 1 {
		t.Errorf("the plan has %+v and %d nested", tree.Root, len(tree.Nested))
	}
	shown, tree, err := e.Profile(context.Background(), snap, text)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(40); tree.Root.Profile == nil || tree.Root.Profile.Rows != want || tree.Root.Profile.Time <= 0 {
		t.Errorf("the root has %+v, want %d rows", tree.Root.Profile, want)
	}
	if !strings.Contains(shown, "rows 40") {
		t.Errorf("the text is %s", shown)
	}
	out, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"plan":{"operator":`, `"estimate":`, `"profile":{"rows":`, `"time_ns":`, `"nested":[`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not in %s", want, out)
		}
	}
	for _, other := range []string{"ASK { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }"} {
		if _, tree, err := e.Profile(context.Background(), snap, other); err != nil || tree.Root.Profile == nil {
			t.Errorf("%s: %v", other, err)
		}
	}
}
