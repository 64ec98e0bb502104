package jsonld

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

const suiteBase = "https://w3c.github.io/json-ld-api/tests/"

type suiteTest struct {
	ID          string   `json:"@id"`
	Types       []string `json:"@type"`
	Name        string
	Input       string
	Expect      string
	ExpectError string `json:"expectErrorCode"`
	Context     string
	Option      struct {
		Base, ExpandContext, SpecVersion, ProcessingMode, RDFDirection string
		ProduceGeneralizedRDF                                          bool `json:"produceGeneralizedRdf"`
		CompactArrays, CompactToRelative                               *bool
		UseNativeTypes, UseRDFType                                     bool
		Normative                                                      *bool
	}
}

func (s suiteTest) is(kind string) bool {
	for _, t := range s.Types {
		if t == "jld:"+kind {
			return true
		}
	}
	return false
}

// suite runs one manifest of the JSON-LD test suites.
func suite(t *testing.T, name string, excuses map[string]string, run func(dir string, s suiteTest) error) {
	dir := filepath.Join(w3c.Root(t), "json-ld-api", "tests")
	data, err := os.ReadFile(filepath.Join(dir, name+"-manifest.jsonld"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Sequence []suiteTest }
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	passed, excused, failed := 0, 0, 0
	for _, s := range manifest.Sequence {
		err := run(dir, s)
		reason, excusedTest := excuses[s.ID]
		if s.Option.SpecVersion == "json-ld-1.0" && !excusedTest {
			reason, excusedTest = "for JSON-LD 1.0 only, which 1.1 changed", true
			err = errors.Join(err, errors.New("not run against 1.1"))
		}
		o := w3c.Outcome{Suite: "json-ld-api/" + name, Test: s.ID, Status: w3c.Failed}
		switch {
		case err == nil && excusedTest:
			t.Errorf("%s%s passes, though it is excused: %s", name, s.ID, reason)
			failed++
		case err == nil:
			passed++
			o.Status = w3c.Passed
		case excusedTest:
			excused++
			o.Status, o.Reason = w3c.Excused, reason
		default:
			failed++
			t.Errorf("%s%s %s: %v", name, s.ID, s.Name, err)
		}
		w3c.Record(t, o)
	}
	t.Logf("json-ld-api %s: %d passed, %d excused, %d failed", name, passed, excused, failed)
}

func suiteLoader(dir string) Loader {
	return func(_ context.Context, iri string) ([]byte, string, error) {
		path, ok := strings.CutPrefix(iri, suiteBase)
		if !ok {
			return nil, "", fmt.Errorf("not in the suite: %s", iri)
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		return text, iri, err
	}
}

func suiteOptions(t suiteTest, dir string) (Options, error) {
	o := Options{Base: suiteBase + t.Input, Loader: suiteLoader(dir), Version10: t.Option.ProcessingMode == "json-ld-1.0", Direction: NoRDFDirection}
	if t.Option.Base != "" {
		o.Base = t.Option.Base
	}
	switch t.Option.RDFDirection {
	case "i18n-datatype":
		o.Direction = I18nDatatype
	case "compound-literal":
		o.Direction = CompoundLiteral
	}
	if t.Option.ExpandContext != "" {
		text, err := os.ReadFile(filepath.Join(dir, t.Option.ExpandContext))
		if err != nil {
			return o, err
		}
		o.ExpandContext = text
	}
	return o, nil
}

// wantCode checks that an error has the code that a negative test asks for.
func wantCode(err error, code string) error {
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		return fmt.Errorf("want the error %q, got %v", code, err)
	}
	return nil
}

func TestToRDF(t *testing.T) {
	t.Parallel()
	suite(t, "toRdf", map[string]string{
		"#te075": "asks for generalised RDF: a blank node as a predicate is no RDF",
	}, func(dir string, s suiteTest) error {
		o, err := suiteOptions(s, dir)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, s.Input))
		if err != nil {
			return err
		}
		got, err := ParseString(string(text), o)
		if s.is("NegativeEvaluationTest") {
			return wantCode(err, s.ExpectError)
		}
		if err != nil || s.is("PositiveSyntaxTest") {
			return err
		}
		want, err := os.ReadFile(filepath.Join(dir, s.Expect))
		if err != nil {
			return err
		}
		expected, err := turtle.ParseString(string(want), turtle.Options{Dialect: turtle.NQuads})
		if err != nil {
			return err
		}
		if same, err := canon.Isomorphic(got, expected); err != nil || !same {
			return fmt.Errorf("%w\ngot  %v\nwant %v", err, got, expected)
		}
		return nil
	})
}

func TestExpand(t *testing.T) {
	t.Parallel()
	suite(t, "expand", map[string]string{}, func(dir string, s suiteTest) error {
		o, err := suiteOptions(s, dir)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, s.Input))
		if err != nil {
			return err
		}
		got, err := Expand(t.Context(), text, o)
		if s.is("NegativeEvaluationTest") {
			return wantCode(err, s.ExpectError)
		}
		if err != nil || s.is("PositiveSyntaxTest") {
			return err
		}
		return sameJSON(dir, s.Expect, got)
	})
}

func TestCompact(t *testing.T) {
	t.Parallel()
	suite(t, "compact", map[string]string{}, func(dir string, s suiteTest) error {
		return compactTest(t, dir, s, func(text []byte, o CompactOptions) (any, error) { return Compact(t.Context(), text, o) })
	})
}

func TestFlatten(t *testing.T) {
	t.Parallel()
	suite(t, "flatten", map[string]string{}, func(dir string, s suiteTest) error {
		return compactTest(t, dir, s, func(text []byte, o CompactOptions) (any, error) { return Flatten(t.Context(), text, o) })
	})
}

func compactTest(_ *testing.T, dir string, s suiteTest, run func([]byte, CompactOptions) (any, error)) error {
	base, err := suiteOptions(s, dir)
	if err != nil {
		return err
	}
	o := CompactOptions{Options: base}
	o.KeepArrays = s.Option.CompactArrays != nil && !*s.Option.CompactArrays
	o.AbsoluteIRIs = s.Option.CompactToRelative != nil && !*s.Option.CompactToRelative
	if s.Context != "" {
		if o.Context, err = os.ReadFile(filepath.Join(dir, s.Context)); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, s.Input))
	if err != nil {
		return err
	}
	got, err := run(text, o)
	if s.is("NegativeEvaluationTest") {
		return wantCode(err, s.ExpectError)
	}
	if err != nil || s.is("PositiveSyntaxTest") {
		return err
	}
	return sameJSON(dir, s.Expect, got)
}

func TestFromRDF(t *testing.T) {
	t.Parallel()
	suite(t, "fromRdf", map[string]string{}, func(dir string, s suiteTest) error {
		text, err := os.ReadFile(filepath.Join(dir, s.Input))
		if err != nil {
			return err
		}
		quads, err := turtle.ParseString(string(text), turtle.Options{Dialect: turtle.NQuads})
		if err != nil {
			return err
		}
		o := FromOptions{NativeTypes: s.Option.UseNativeTypes, TypeProperty: s.Option.UseRDFType}
		switch s.Option.RDFDirection {
		case "i18n-datatype":
			o.Direction = I18nDatatype
		case "compound-literal":
			o.Direction = CompoundLiteral
		}
		got, err := FromRDF(quads, o)
		if s.is("NegativeEvaluationTest") {
			return wantCode(err, s.ExpectError)
		}
		if err != nil {
			return err
		}
		return sameJSON(dir, s.Expect, got)
	})
}

// sameJSON compares up to the order of members and of arrays that are not lists.
func sameJSON(dir, expect string, got any) error {
	want, err := os.ReadFile(filepath.Join(dir, expect))
	if err != nil {
		return err
	}
	var a, b any
	if err := json.Unmarshal(appendCanonical(nil, got), &a); err != nil {
		return err
	}
	if err := json.Unmarshal(want, &b); err != nil {
		return err
	}
	if !same(a, b, false) {
		return fmt.Errorf("got  %s\nwant %s", appendCanonical(nil, got), want)
	}
	return nil
}

func same(a, b any, ordered bool) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			w, ok := y[k]
			if !ok || !same(v, w, k == "@list") {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		used := make([]bool, len(y))
		for i, v := range x {
			found := false
			for j, w := range y {
				if (!ordered || i == j) && !used[j] && same(v, w, ordered) {
					used[j], found = true, true
					break
				}
			}
			if !found {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
