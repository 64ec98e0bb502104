package vocab

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	last := ""
	for _, p := range Table() {
		if seen[p.Name] {
			t.Errorf("prefix %s occurs twice", p.Name)
		}
		seen[p.Name] = true
		if p.Name <= last {
			t.Errorf("prefix %s is out of order", p.Name)
		}
		last = p.Name
		if !strings.HasPrefix(p.IRI, "http") && !strings.HasPrefix(p.IRI, "urn:") || strings.ContainsAny(p.IRI, " <>\"") {
			t.Errorf("%s: %q is no namespace", p.Name, p.IRI)
		}
		if name, ok := NameOf(p.IRI); !ok {
			t.Errorf("no name for %s", p.IRI)
		} else if ns, _ := Namespace(name); ns != p.IRI {
			t.Errorf("%s is named %s, which stands for %s", p.IRI, name, ns)
		}
	}
	if len(Prefixes()) != len(prefixes) {
		t.Errorf("the map has %d entries, the table %d", len(Prefixes()), len(prefixes))
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://purl.org/dc/terms/title": "dct:title", XSDInteger: "xsd:integer", DCATHasDataset: "dcat:dataset",
		"http://www.w3.org/ns/dcat#": "", "http://example.org/a": "", "": "", "urn:x": "", "http://www.w3.org/ns/dcat#a.b": "",
	} {
		got, ok := Shorten(in)
		if got != want || ok != (want != "") {
			t.Errorf("Shorten(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}
