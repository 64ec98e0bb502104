package harvest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
)

func TestConfigMistakes(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct{ text, want string }{
		{"sources: []", "line 1, column 10: sources is to be a list"},
		{"a", "the file is to have a key sources"},
		{"sources:\n- {name: a, kind: rdf, path: x}\nsurces: 1", `line 3, column 1: unknown key "surces"; did you mean "sources"?`},
		{"sources:\n- {name: a, kind: rfd, path: x}", `line 2, column 19: kind: "rfd" is no kind of source; known are rdf`},
		{"sources:\n- {name: a, kind: rdf}", "line 2, column 3: url: a source of the kind rdf has a url or a path"},
		{"sources:\n- {name: a, kind: rdf, url: ftp://x/}", `line 2, column 29: url: "ftp://x/" is no http`},
		{"sources:\n- {name: a b, kind: rdf, path: x}", "line 2, column 10: name: "},
		{"sources:\n- {kind: rdf, path: x}", "line 2, column 3: name is missing"},
		{"sources:\n- {name: a, kind: rdf, path: x}\n- {name: a, kind: rdf, path: y}", "line 3, column 10: the name a is taken by the source in line 2"},
		{"sources:\n- {name: provenance, kind: rdf, path: x}", "line 2, column 10: name: provenance is the harvest's own"},
		{"sources:\n- {name: a, kind: rdf, path: x, schedule: often}", "line 2, column 43: schedule: "},
		{"schedule: 1ms\nsources:\n- {name: a, kind: rdf, path: x}", "line 1, column 11: schedule: 1ms is too often"},
		{"sources:\n- {name: a, kind: rdf, path: x, graph: not an iri}", "line 2, column 40: graph: "},
		{"sources:\n- {name: a, kind: rdf, path: x, graph: 'http://e/g'}\n- {name: b, kind: rdf, path: y, graph: 'http://e/g'}", "line 3, column 40: graph: http://e/g is that of the source in line 2"},
		{"sources:\n- {name: a, kind: rdf, path: x, graph: 'urn:x-triplestore:harvest/b'}\n- {name: b, kind: rdf, path: y}", "line 3, column 3: graph: urn:x-triplestore:harvest/b is that of"},
		{"sources:\n- {name: a, kind: rdf, path: x, graph: 'urn:x-triplestore:harvest/provenance'}", "line 2, column 40: graph: urn:x-triplestore:harvest/provenance is the harvest's own"},
		{"graph-base: http://e/\nsources:\n- {name: a, kind: rdf, path: x, graph: 'http://e/derived/rule'}", "line 3, column 40: graph: http://e/derived/rule is the harvest's own"},
		{"rules: nowhere/*.rq\nsources:\n- {name: a, kind: rdf, path: x}", "line 1, column 8: rules: there is no file"},
		{"graph-base: x\nsources:\n- {name: a, kind: rdf, path: x}", "line 1, column 13: graph-base is to be"},
		{"sources: [", "this is no YAML"},
		{"sources:\n- {name: a, kind: rdf, path: x, max-removed: lots}", "line 2, column 46: max-removed: "},
	} {
		_, err := harvest.ParseConfig([]byte(tt.text), dir, kinds.All(), kinds.Rewriters())
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
	if _, err := harvest.ParseConfig([]byte("sources:\n- {name: a, kind: rdf, path: x, graph: 'http://e/g', disabled: true}\n- {name: b, kind: rdf, path: y, graph: 'http://e/g'}"), dir, kinds.All(), kinds.Rewriters()); err != nil {
		t.Errorf("the graph of a source that is disabled: %v", err)
	}
}

// TestSchema holds the JSON Schema against what the parser takes: every key of it is known to the parser, and every key of the example
// is in it.
func TestSchema(t *testing.T) {
	var schema struct {
		Properties map[string]json.RawMessage
		Required   []string
	}
	text := harvest.Schema(kinds.All(), kinds.Rewriters())
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var sources struct {
		Items struct {
			OneOf []struct {
				Title      string
				Properties map[string]struct{ Description string }
				Required   []string
			}
		}
	}
	if err := json.Unmarshal(schema.Properties["sources"], &sources); err != nil {
		t.Fatal(err)
	}
	if len(sources.Items.OneOf) != len(kinds.All()) {
		t.Fatalf("%d kinds in the schema, there are %d", len(sources.Items.OneOf), len(kinds.All()))
	}
	for _, k := range sources.Items.OneOf {
		for key, p := range k.Properties {
			if p.Description == "" {
				t.Errorf("%s: the key %s has no description", k.Title, key)
			}
			// A key that the schema has must not be unknown to the parser, whatever it thinks of the value.
			_, err := harvest.ParseConfig([]byte("sources:\n- {name: a, kind: "+k.Title+", "+key+": {}}"), t.TempDir(), kinds.All(), kinds.Rewriters())
			if err != nil && strings.Contains(err.Error(), "unknown key") {
				t.Errorf("%s: %v", k.Title, err)
			}
		}
		if len(k.Required) < 2 {
			t.Errorf("%s: required are %v", k.Title, k.Required)
		}
	}
}

// TestExampleConfiguration reads the example that shows every kind.
func TestExampleConfiguration(t *testing.T) {
	c, err := harvest.ReadConfig(filepath.Join("..", "..", "examples", "sources.yaml"), kinds.All(), kinds.Rewriters())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := harvest.ReadRules(c.Rules); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "sources.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds.All() {
		if !strings.Contains(string(text), "kind: "+k.Name) {
			t.Errorf("the example does not show the kind %s", k.Name)
		}
	}
}
