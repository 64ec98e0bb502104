package results

import (
	"strings"
	"testing"
)

// TestByteOrderMark: a mark at the start means nothing, in any format.
func TestByteOrderMark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    *Format
		text string
	}{
		{JSON, `{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a"}}]}}`},
		{XML, xmlStart + `<variable name="x"/></head><results><result><binding name="x"><literal>a</literal></binding></result></results></sparql>`},
		{TSV, "?x\n\"a\"\n"},
	} {
		got, err := read(c.f, "\uFEFF"+c.text, Limits{})
		if err != nil || len(got.vars) != 1 || got.vars[0] != "x" || len(got.rows) != 1 || got.rows[0][0].Value() != "a" {
			t.Errorf("%s: %v %v", c.f.Name, got, err)
		}
		if _, err := read(c.f, "", Limits{}); err == nil {
			t.Errorf("%s: an empty text is a result", c.f.Name)
		}
	}
}

// TestLanguageTags: a text in the place of a language could end the literal and begin statements of its own where it is written as N-Triples.
func TestLanguageTags(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{"en": true, "zh-classical": true, "en_US": false, "en .\n<a:a> <a:b> <a:c> .\n#": false, "e\u00e5": false} {
		inJSON := strings.ReplaceAll(tag, "\n", `\n`)
		_, err := read(JSON, `{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"literal","value":"a","xml:lang":"`+inJSON+`"}}]}}`, Limits{})
		if (err == nil) != want {
			t.Errorf("JSON, %q: %v", tag, err)
		}
		inXML := strings.NewReplacer("<", "&lt;", "\n", "&#10;").Replace(tag)
		_, err = read(XML, xmlStart+`<variable name="x"/></head><results><result><binding name="x"><literal xml:lang="`+inXML+`">a</literal></binding></result></results></sparql>`, Limits{})
		if (err == nil) != want {
			t.Errorf("XML, %q: %v", tag, err)
		}
	}
	if _, err := read(TSV, "?x\n\"a\"@en.\n", Limits{}); err == nil {
		t.Error("TSV: a language that is none")
	}
}

// A second head could name other variables than the rows have room for.
func TestTwoHeads(t *testing.T) {
	t.Parallel()
	if got, err := read(JSON, `{"head":{"vars":["x"]},"head":{"vars":["x","y"]},"results":{"bindings":[]}}`, Limits{}); err == nil {
		t.Errorf("%v", got)
	}
}
