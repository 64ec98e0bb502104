package source

import (
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type testSection struct {
	URL   []string            `yaml:"url" doc:"address" required:"true"`
	Size  Size                `yaml:"size" doc:"size"`
	Wait  Duration            `yaml:"wait" doc:"time"`
	Mode  string              `yaml:"mode" doc:"mode" enum:"a,b"`
	Inner []struct{ N int }   `yaml:"-"`
	Map   map[string][]string `yaml:"map" doc:"map"`
	Sub   struct {
		Deep int `yaml:"deep" doc:"number"`
	} `yaml:"sub" doc:"section"`
}

func TestDecodeSection(t *testing.T) {
	for _, tt := range []struct{ text, err string }{
		{"url: a\nsize: 2GiB\nwait: 1h\nmode: a\nmap: {k: [v]}\nsub: {deep: 3}", ""},
		{"name: x\nurl: [a, b]", ""},
		{"url: a\nsise: 2", `line 2, column 1: unknown key "sise"; did you mean "size"?`},
		{"url: a\nsub:\n  depp: 2", `line 3, column 3: unknown key "depp"; did you mean "deep"?`},
		{"url: a\nsub: {deep: x}", `line 2, column 13: sub.deep: "x" is not a whole number that fits`},
		{"url: a\nmode: c", `line 2, column 7: mode: "c" is not one of a, b`},
		{"url: a\nwait: soon", `line 2, column 7: wait: "soon" is no duration`},
		{"url: a\nurl: b", `line 2, column 1: url: stands here twice`},
		{"mode: a", `line 1, column 1: url is missing: address`},
		{"url: {a: b}", `line 1, column 6: url: expects a list`},
	} {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(tt.text), &doc); err != nil {
			t.Fatal(err)
		}
		var s testSection
		err := DecodeSection(doc.Content[0], &s, []string{"name"})
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)) {
			t.Errorf("%s:\n got %v\nwant %s", tt.text, err, tt.err)
		}
		if tt.err == "" && len(s.URL) == 0 {
			t.Errorf("%s: nothing was decoded", tt.text)
		}
	}
	s := Schema(reflect.TypeFor[testSection](), nil)
	if _, ok := s["properties"].(map[string]any)["sub"]; !ok || s["additionalProperties"] != false {
		t.Errorf("schema: %v", s)
	}
}

// TestSchemaOfNested: a section that contains itself is described once and referred to.
func TestSchemaOfNested(t *testing.T) {
	t.Parallel()
	type node struct {
		Name  string `yaml:"name" doc:"name"`
		Parts []node `yaml:"parts" doc:"parts"`
	}
	type section struct {
		Root node `yaml:"root" doc:"root"`
	}
	defs := map[string]any{}
	s := Schema(reflect.TypeFor[section](), defs)
	ref := map[string]any{"$ref": "#/$defs/source.node", "description": "root"}
	if got := s["properties"].(map[string]any)["root"]; !reflect.DeepEqual(got, ref) {
		t.Errorf("the section has %v", got)
	}
	inner, ok := defs["source.node"].(map[string]any)
	if !ok || len(defs) != 1 {
		t.Fatalf("definitions %v", defs)
	}
	if parts := inner["properties"].(map[string]any)["parts"].(map[string]any); parts["oneOf"] == nil {
		t.Errorf("parts are %v", parts)
	}
}
