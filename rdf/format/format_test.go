package format

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"triplestore/rdf"
)

func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	claim := func(key, name string) {
		if other, taken := seen[key]; taken {
			t.Errorf("%s belongs to %s and %s", key, other, name)
		}
		seen[key] = name
	}
	for _, f := range All {
		claim(f.Name, f.Name)
		for _, m := range f.MediaTypes {
			claim(m, f.Name)
			if got, ok := ByMediaType(strings.ToUpper(m) + "; charset=utf-8"); !ok || got != f {
				t.Errorf("%s: %v", m, got)
			}
		}
		for _, e := range f.Extensions {
			claim(e, f.Name)
			for _, path := range []string{"x" + e, "/a.b/x" + e + ".gz", `C:\data\X` + strings.ToUpper(e) + ".ZST", "https://e.org/x" + e + "?a=b.c#d"} {
				if got, ok := ByPath(path); !ok || got != f {
					t.Errorf("%s: %v", path, got)
				}
			}
		}
		if got, ok := ByName(f.Name); !ok || got != f {
			t.Errorf("%s: %v", f.Name, got)
		}
	}
	if _, ok := ByPath("readme"); ok {
		t.Error("a path without extension has a format")
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, media, head, want string }{
		{"a.ttl", "", "", "turtle"},
		{"a.ttl", "application/n-triples", "", "ntriples"},
		{"a.ttl", "text/plain; charset=utf-8", "", "turtle"},
		{"a", "", "# c\n@prefix : <http://e/> .\n:a :b :c .", "turtle"},
		{"a", "", "PREFIX : <http://e/#x>\n:g { :a :b :c }", "trig"},
		{"a", "", "\uFEFF@base <http://e/> .\n<a> <b> \"{\" .", "turtle"},
		{"a", "", "<http://e/a> <http://e/b> \"c d\"@en .\n", "ntriples"},
		{"a", "", "<http://e/a> <http://e/b> \"c\\\" d\"^^<http://e/d> <http://e/g> .\n", "nquads"},
		{"a", "", "_:a <http://e/b> <<( <http://e/a> <http://e/b> <http://e/c> )>> .\n", "turtle"},
		{"a", "", "<http://e/a> a <http://e/b> ;\n", "turtle"},
		{"a", "", "GRAPH <http://e/a> {", "trig"},
		{"a", "", "{ <http://e/a> <b> <c> }", "trig"},
		{"a", "", "{ \"@context\": {} }", "jsonld"},
		{"a", "", "[ { \"@id\": \"x\" } ]", "jsonld"},
		{"a", "", "[ a <http://e/b> ] .", "turtle"},
		{"a.xml", "application/xml", "<?xml version=\"1.0\"?>\n<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">", "rdfxml"},
		{"a", "text/html", "<http://e/a> a <http://e/b> ;\n", "rdfa"},
		{"a", "text/html", "@prefix : <http://e/> .\n:a :b :c .", "turtle"},
		{"a", "", "<!DOCTYPE html><html>", "rdfa"},
		{"a", "", "", ""},
		{"a.xml", "", "<?xml version=\"1.0\"?>\n<catalogue><entry/></catalogue>", ""},
		{"a.owl", "", "@prefix : <http://e/> .\n:a :b :c .", "turtle"},
		{"a.owl", "", "Ontology()", "rdfxml"},
		{"a.rdf", "", "<?xml version=\"1.0\"?>\n<!-- long -->", "rdfxml"},
		{"a.json", "", "{ \"type\": \"FeatureCollection\" }", ""},
		{"a.json", "", "{ \"@type\": \"Dataset\" }", "jsonld"},
		{"a", "application/x-ndjson", "{\"a\": 1}\n{\"a\": 2}\n", ""},
		{"a", "application/x-ndjson", "{\"@id\": \"x:y\"}\n", "ndjsonld"},
		{"a", "", "{\"@id\": \"x:y\"}\n{\"@id\": \"x:z\"}\n", "ndjsonld"},
		{"a.jsonlines", "", "{\"a\": 1}\n", ""},
		{"a.jsonlines", "", "{\"@id\": \"x:y\"}\n", "ndjsonld"},
		{"a.ndjsonld", "", "{\"a\": 1}\n", "ndjsonld"},
		{"a", "", "id;name\n1;x\n", ""},
	} {
		name := ""
		if f, ok := Detect(c.path, c.media, []byte(c.head)); ok {
			name = f.Name
		}
		if name != c.want {
			t.Errorf("%+v: got %q", c, name)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("a.xml", "text/html", []byte("<a> <b> \"c\\"))
	f.Add("", "", []byte("_:a<b>\"x\"^^<"))
	f.Fuzz(func(t *testing.T, path, media string, head []byte) { Detect(path, media, head) })
}

func TestReadAndWrite(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	want := rdf.Quad{S: rdf.IRI("http://e/a"), P: rdf.IRI("http://e/b"), O: rdf.LangLiteral("c", "nb")}
	for _, f := range All {
		var buf bytes.Buffer
		w, err := f.NewWriter(&buf, WriteOptions{Prefixes: map[string]string{"e": "http://e/"}})
		if !f.CanWrite() {
			var unsupported *UnsupportedError
			if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), f.Title) {
				t.Errorf("%s: %v", f.Name, err)
			}
			err := f.Parse(ctx, strings.NewReader("x"), ReadOptions{}, func([]rdf.Quad) error { return nil })
			if f.CanRead() || !errors.As(err, &unsupported) || err.Error() != f.Title+" is not read yet" {
				t.Errorf("%s: %v", f.Name, err)
			}
			continue
		}
		if err := errors.Join(err, w.Write(want), w.Close()); err != nil {
			t.Fatal(err)
		}
		var got []rdf.Quad
		emit := func(quads []rdf.Quad) error { got = append(got, quads...); return nil }
		if err := f.Parse(ctx, bytes.NewReader(buf.Bytes()), ReadOptions{}, emit); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %v from\n%s", f.Name, got, err, buf.String())
		}
		var pretty bytes.Buffer
		if err := f.WritePretty(&pretty, []rdf.Quad{want}, WriteOptions{}); err != nil {
			t.Errorf("%s, pretty: %v", f.Name, err)
		}
		got = nil
		if err := f.Parse(ctx, strings.NewReader(pretty.String()), ReadOptions{}, emit); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s, pretty: %v, %v from\n%s", f.Name, got, err, pretty.String())
		}
		got = nil
		if err := f.ParseParallel(ctx, &buf, ReadOptions{}, 2, emit); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s, parallel: %v, %v", f.Name, got, err)
		}
	}
}

// bzipped is the text of TestDecompress; the standard library only reads bzip2.
const bzipped = `QlpoOTFBWSZTWTHxTckAIyfZgAAQQAGAFTpARAAgAJAgAACaqgaDQ1qQYqELapBxUIXlQhYqEL2oQuakHFUgzUg8qQZqQYqhCzUIX1UIX1Qhfi7kinChIGPim5I=`

func TestDecompress(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("<http://e/a> <http://e/b> <http://e/c> .\n", 1000)
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
	}
	var x bytes.Buffer
	xw, err := xz.NewWriter(&x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(xw, text); err != nil || xw.Close() != nil {
		t.Fatal(err)
	}
	bz2, err := base64.StdEncoding.DecodeString(bzipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{"plain": []byte(text), "gzip": gz.Bytes(), "zstd": zst.Bytes(), "xz": x.Bytes(), "bzip2": bz2} {
		r, err := Decompress(bytes.NewReader(in), name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		r.Close()

		var seen int64
		r, err = DecompressWith(bytes.NewReader(in), name, DecompressOptions{Limit: 1000, Progress: func(n int64) { seen = n }})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		var limit *LimitError
		if len(got) != 1000 || !errors.As(err, &limit) || seen != 1001 {
			t.Errorf("%s with a limit: %d bytes, %v, %d seen", name, len(got), err, seen)
		}
		r.Close()
		if r, err = DecompressWith(bytes.NewReader(in), name, DecompressOptions{Limit: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || len(got) != len(text) {
			t.Errorf("%s at the limit: %d bytes, %v", name, len(got), err)
		}
		r.Close()

		if name == "plain" {
			continue
		}
		r, err = Decompress(bytes.NewReader(in[:len(in)-5]), "cut.nt")
		if err != nil {
			t.Fatal(err)
		}
		err = NTriples.Parse(context.Background(), r, ReadOptions{}, func([]rdf.Quad) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "cut.nt") {
			t.Errorf("%s cut short: %v", name, err)
		}
		r.Close()
	}
	if r, err := Decompress(strings.NewReader(""), "empty"); err != nil {
		t.Error(err)
	} else if b, err := io.ReadAll(r); len(b) > 0 || err != nil {
		t.Error(b, err)
	}
}
