package jsonscan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func all(s *Scanner, keys ...string) ([]string, error) {
	if err := s.Enter(keys...); err != nil {
		return nil, err
	}
	var out []string
	for {
		v, err := s.Next()
		if err == io.EOF {
			return out, s.Rest()
		}
		if err != nil {
			return out, err
		}
		out = append(out, string(v))
	}
}

func TestScanner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		keys []string
		want []string
		err  error
	}{
		{in: `[]`},
		{in: " [ ] \n"},
		{in: ``},
		{in: `[{"a":"}]\"{"},[1,[2]],"x",-1.5e3 ,null]`, want: []string{`{"a":"}]\"{"}`, `[1,[2]]`, `"x"`, `-1.5e3`, `null`}},
		{in: "\uFEFF[1]", want: []string{"1"}},
		{in: "{\"a\":1}\n{\"a\":2}\n", want: []string{`{"a":1}`, `{"a":2}`}},
		{in: `{"a":1}{"a":2}`, want: []string{`{"a":1}`, `{"a":2}`}},
		{in: `{"x":{"y":[9,"]"]},"_embedded":{"z":"\"}","enheter":[{"a":1},{"a":2}]}}`, keys: []string{"_embedded", "enheter"}, want: []string{`{"a":1}`, `{"a":2}`}},
		{in: `{"page":{}}`, keys: []string{"_embedded"}, err: ErrNoArray},
		{in: `{"a":3}`, keys: []string{"a"}, err: ErrNoArray},
		{in: `[1]`, keys: []string{"a"}, err: ErrNoArray},
		{in: `[{"a":1},{"a":`, want: []string{`{"a":1}`}, err: io.ErrUnexpectedEOF},
		{in: `[{"a":1}`, want: []string{`{"a":1}`}, err: io.ErrUnexpectedEOF},
		{in: `[1 2]`, want: []string{"1"}, err: &SyntaxError{3, "a comma or ] is missing"}},
		{in: `[1,]`, want: []string{"1"}, err: &SyntaxError{3, "a bracket does not match, or a value is missing"}},
		{in: `[{"a":[1}]`, err: &SyntaxError{8, "a bracket does not match, or a value is missing"}},
		{in: `[1] x`, want: []string{"1"}, err: &SyntaxError{4, "something follows the end"}},
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(c.in), "bytes": iotest.OneByteReader(strings.NewReader(c.in))} {
			got, err := all(NewScanner(r), c.keys...)
			if !reflect.DeepEqual(got, c.want) || fmt.Sprint(err) != fmt.Sprint(c.err) {
				t.Errorf("%s %s: %q %v, want %q %v", name, c.in, got, err, c.want, c.err)
			}
		}
	}
}

func TestScannerLimit(t *testing.T) {
	t.Parallel()
	s := NewScanner(io.MultiReader(strings.NewReader(`["`), endless('x')))
	s.MaxElement = 1 << 20
	if _, err := all(s); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
	// What is stepped over needs no room.
	s = NewScanner(io.MultiReader(strings.NewReader(`{"big":"`), io.LimitReader(endless('x'), 3<<20), strings.NewReader(`","a":[7]}`)))
	s.MaxElement = 1 << 10
	if got, err := all(s, "a"); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"a\"\\\/\b\f\n\r\tå"`: "a\"\\/\b\f\n\r\tå", `"\ud83d\ude00"`: "😀", `"\ud83dx"`: "\uFFFDx", `""`: "", "\"\xff\"": "\uFFFD",
	} {
		if got, ok := Text(in); !ok || got != want {
			t.Errorf("%s: %q %v", in, got, ok)
		}
	}
	for _, in := range []string{`null`, `1`, `"`, `"a`, `"\x"`, `"\u12"`, "\"\n\"", `"a"b"`} {
		if got, ok := Text(in); ok {
			t.Errorf("%s: %q", in, got)
		}
	}
}

// FuzzMembers compares with encoding/json: what it takes for an object or array must be taken apart in the same way.
func FuzzMembers(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1,"b":[{"c":"}"}],"d":null}`, `[1,"x",{"a":[]}]`, `{"a" : -1e5 , "b":{"c":{}}}`, `[`, `{"a":`, "[\"\\ud800\"]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		text := string(in)
		valid := json.Valid(in)
		var object map[string]json.RawMessage
		var array []json.RawMessage
		got := map[string]string{}
		errM := Members(text, func(k, v string) error { got[k] = v; return nil })
		if valid && json.Unmarshal(in, &object) == nil && object != nil {
			if errM != nil || len(got) != len(object) {
				t.Fatalf("%q: %v %v", in, got, errM)
			}
			for k, v := range object {
				if got[k] != string(v) {
					t.Fatalf("%q: %q is %q", in, k, got[k])
				}
			}
		}
		var elements []string
		errE := Elements(text, func(v string) error { elements = append(elements, v); return nil })
		if valid && json.Unmarshal(in, &array) == nil && array != nil {
			if errE != nil || len(elements) != len(array) {
				t.Fatalf("%q: %q %v", in, elements, errE)
			}
			streamed, err := all(NewScanner(iotest.OneByteReader(bytes.NewReader(in))))
			if err != nil || !reflect.DeepEqual(streamed, elements) {
				t.Fatalf("%q: %q, %q %v", in, elements, streamed, err)
			}
		}
		var s string
		if v, ok := Text(text); valid && json.Unmarshal(in, &s) == nil && len(in) > 0 && in[0] == '"' && in[len(in)-1] == '"' && (!ok || v != s) {
			t.Fatalf("%q: %q, want %q", in, v, s)
		}
		s2 := NewScanner(bytes.NewReader(in))
		s2.MaxElement = 1 << 10
		_, _ = all(s2, "a", "b")
	})
}

func BenchmarkScanner(b *testing.B) {
	one := `{"organisasjonsnummer":"974760673","navn":"EKSEMPEL","organisasjonsform":{"kode":"ORGL","beskrivelse":"Organisasjonsledd","_links":[]},"adresse":["Gata 1"]},`
	data := []byte("[" + strings.TrimSuffix(strings.Repeat(one, 10000), ",") + "]")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := countAll(data); err != nil {
			b.Fatal(err)
		}
	}
}

func countAll(data []byte) (n int, err error) {
	s := NewScanner(bytes.NewReader(data))
	if err := s.Enter(); err != nil {
		return 0, err
	}
	for {
		if _, err := s.Next(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}
