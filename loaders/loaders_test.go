package loaders

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
)

// write makes files in a new folder and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func gz(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func newStore(t testing.TB) store.Store {
	t.Helper()
	st := memstore.New()
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// quads lists what a store holds.
func quads(t testing.TB, st store.Store) []rdf.Quad {
	t.Helper()
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	c := snap.Scan(t.Context(), store.Range{Order: store.SPOG}, store.AllColumns)
	defer c.Close()
	var out []rdf.Quad
	for {
		b, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		if b.Len == 0 {
			return out
		}
		for i := range b.Len {
			terms := make([]rdf.Term, 4)
			ids := []store.ID{b.Cols[0][i], b.Cols[1][i], b.Cols[2][i], b.Cols[3][i]}
			if err := snap.Terms(ids, terms); err != nil {
				t.Fatal(err)
			}
			out = append(out, rdf.Quad{S: terms[0], P: terms[1], O: terms[2], G: terms[3]})
		}
	}
}

func size(t testing.TB, st store.Store) (n int, commit uint64) {
	t.Helper()
	snap, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	return len(quads(t, st)), snap.Commit().Number
}

const one = "<http://e/s> <http://e/p> <http://e/o> .\n"

func TestLoadFolder(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"a.nt":          one + "<http://e/s> <http://e/p> \"2\" .\n",
		"b/c.ttl":       "@prefix e: <http://e/> . e:s e:p e:o, 3, 4 . e:x e:y <rel> .",
		"b/d.nq":        "<http://e/s> <http://e/p> \"g\" <http://e/g> .\n",
		"b/e.trig":      "@prefix e: <http://e/> . e:g { e:s e:p \"t\" } e:s e:p \"d\" .",
		"f.ttl.gz":      gz(t, "<http://e/s> <http://e/p> 5 ."),
		"g.nt.zst":      zst(t, "<http://e/s> <http://e/p> \"z\" .\n"),
		"no-extension":  "@prefix e: <http://e/> . e:s e:p \"sniffed\" .",
		"readme.md":     "[![Build](https://ci.example/b)](https://ci.example)",
		"query.rq":      "PREFIX e: <http://e/>\nSELECT * WHERE { ?s ?p ?o }",
		"page.html":     "<!doctype html><html><p>text</p></html>",
		"table.csv":     "a,b\n1,2\n",
		"map.geojson":   `{"type": "FeatureCollection", "features": []}`,
		"other.trix":    `<TriX xmlns="http://www.w3.org/2004/03/trix/trix-1/"/>`,
		"other.n3":      "{ ?x a ?y } => { ?y a ?z } .",
		"plain.xml":     `<?xml version="1.0"?><codes/>`,
		"archive.zip":   "PK\x03\x04xxxxxxxxxx",
		"empty.ttl":     "",
		".hidden/h.nt":  one,
		".hidden.nt":    one,
		"broken.ttl":    "@prefix e: <http://e/> .\ne:s e:p e:o1 .\ne:s e:p .\ne:s e:p e:o2 .\n",
		"broken.nt":     one + "nonsense\n<http://e/s> <http://e/p> \"after\" .\n",
		"cut.nt.gz":     gz(t, strings.Repeat(one, 1000))[:60],
		"not-really.gz": "plain text",
	})
	st := newStore(t)
	report, err := Load(t.Context(), st, []string{dir}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	type outcome struct {
		format               string
		statements, rejected int64
		skipped              string
	}
	want := map[string]outcome{
		"a.nt": {"ntriples", 2, 0, ""}, "b/c.ttl": {"turtle", 4, 0, ""}, "b/d.nq": {"nquads", 1, 0, ""}, "b/e.trig": {"trig", 2, 0, ""},
		"f.ttl.gz": {"turtle", 1, 0, ""}, "g.nt.zst": {"ntriples", 1, 0, ""}, "no-extension": {"turtle", 1, 0, ""},
		"readme.md": {skipped: "no RDF"}, "query.rq": {skipped: "no RDF"}, "page.html": {skipped: "no RDF"}, "table.csv": {skipped: "no RDF"}, "map.geojson": {skipped: "no RDF"}, "plain.xml": {skipped: "no RDF"},
		"other.trix": {format: "trix", skipped: "not read yet"}, "other.n3": {format: "n3", skipped: "not read yet"},
		"archive.zip": {skipped: "zip"}, "empty.ttl": {"turtle", 0, 0, ""},
		"broken.ttl": {"turtle", 2, 1, ""}, "broken.nt": {"ntriples", 2, 1, ""}, "not-really.gz": {skipped: "no RDF"},
	}
	for i, f := range report.Files {
		rel, err := filepath.Rel(dir, f.Source)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.ToSlash(rel)
		if i > 0 && report.Files[i-1].Source > f.Source && !strings.Contains(f.Source, "/b/") {
			t.Errorf("%s comes after %s", f.Source, report.Files[i-1].Source)
		}
		if name == "cut.nt.gz" {
			if f.Rejected == 0 || !strings.Contains(f.Places[0].Message, "damaged") {
				t.Errorf("%s: %+v", name, f)
			}
			continue
		}
		w, ok := want[name]
		delete(want, name)
		if !ok || w.format != f.Format || w.statements != f.Statements || w.rejected != f.Rejected || (w.skipped == "") != (f.Skipped == "") ||
			!strings.Contains(f.Skipped, w.skipped) {
			t.Errorf("%s: got %+v, want %+v", name, f, w)
		}
		if int64(len(f.Places)) != f.Rejected {
			t.Errorf("%s: %d places of %d", name, len(f.Places), f.Rejected)
		}
	}
	for name := range want {
		t.Errorf("%s is not in the report", name)
	}
	for _, f := range report.Files {
		if strings.HasSuffix(f.Source, "broken.ttl") && (f.Places[0].Line != 3 || f.Places[0].Column != 9) {
			t.Errorf("broken.ttl: rejected at %v", f.Places[0])
		}
		if strings.HasSuffix(f.Source, "broken.nt") && f.Places[0].Line != 2 {
			t.Errorf("broken.nt: rejected at %v", f.Places[0])
		}
	}
	n, commit := size(t, st)
	if uint64(n) != report.Inserted || report.Commit != commit || commit != 1 {
		t.Errorf("%d quads in commit %d, report says %d in %d", n, commit, report.Inserted, report.Commit)
	}
	found := false
	for _, q := range quads(t, st) {
		if q.O == rdf.IRI(FileIRI(filepath.ToSlash(dir))+"/b/rel") {
			found = true
		}
	}
	if !found {
		t.Error("the relative IRI is not resolved against the file's own")
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		ok    bool
	}{
		{"rejected", map[string]string{"a.nt": one, "b.nt": "nonsense\n"}, false},
		{"unsupported", map[string]string{"a.nt": one, "b.n3": "{ ?x a ?y } => { ?y a ?z } ."}, false},
		{"damaged", map[string]string{"a.nt": one, "b.nt.gz": gz(t, strings.Repeat(one, 1000))[:60]}, false},
		{"no RDF", map[string]string{"a.nt": one, "README.md": "text"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore(t)
			report, err := Load(t.Context(), st, []string{write(t, c.files)}, Options{Strict: true})
			var s *StrictError
			if c.ok != (err == nil) || !c.ok && !errors.As(err, &s) {
				t.Fatalf("error %v", err)
			}
			if n, commit := size(t, st); !c.ok && (n != 0 || commit != 0) || c.ok && n != 1 {
				t.Errorf("%d quads in commit %d", n, commit)
			}
			if len(report.Files) != 2 || !c.ok && len(s.Report.Files) != 2 {
				t.Errorf("report %+v", report)
			}
		})
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.nt": one, "b.nt": "<http://e/s> <http://e/p> \"b\" .\n", "c.txt": "nothing", "sub/d.nt": one})
	for _, c := range []struct {
		name    string
		sources []string
		stdin   string
		o       Options
		want    int
		fails   string
	}{
		{name: "file", sources: []string{dir + "/a.nt"}, want: 1},
		{name: "same file twice", sources: []string{dir + "/a.nt", dir + "/./a.nt"}, want: 1},
		{name: "glob", sources: []string{dir + "/*.nt"}, want: 2},
		{name: "glob of folders", sources: []string{dir + "/su*"}, want: 1},
		{name: "glob without match", sources: []string{dir + "/*.trig"}, fails: "matches no file"},
		{name: "bad glob", sources: []string{dir + "/[.nt"}, fails: "syntax error"},
		{name: "missing", sources: []string{dir + "/a.nt", dir + "/x.nt"}, fails: "no such file"},
		{name: "nothing", sources: []string{dir + "/c.txt"}, fails: "none of the sources"},
		{name: "no source", sources: []string{""}, fails: "no source"},
		{name: "stdin", sources: []string{"-"}, stdin: one, want: 1},
		{name: "stdin with format", sources: []string{"-"}, stdin: "# c\n<http://e/s> <http://e/p> 1, 2 .", o: Options{Format: "turtle"}, want: 2},
		{name: "stdin gzip", sources: []string{"-"}, stdin: gz(t, one), want: 1},
		{name: "stdin relative", sources: []string{"-"}, stdin: "<s> <p> <o> .", o: Options{Format: "turtle"}, want: 0},
		{name: "stdin with base", sources: []string{"-"}, stdin: "<s> <p> <o> .", o: Options{Format: "turtle", Base: "http://b/"}, want: 1},
		{name: "unknown format", sources: []string{"-"}, o: Options{Format: "nonsense"}, fails: "not the name of a format"},
		{name: "format without reader", sources: []string{"-"}, o: Options{Format: "trix"}, fails: "not read yet"},
		{name: "web not allowed", sources: []string{"http://example.org/x"}, fails: "not allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newStore(t)
			c.o.Stdin = strings.NewReader(c.stdin)
			_, err := Load(t.Context(), st, c.sources, c.o)
			if (c.fails == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v, want %q", err, c.fails)
			}
			if n, _ := size(t, st); n != c.want {
				t.Errorf("%d quads, want %d", n, c.want)
			}
		})
	}
}

func TestGraphOption(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.nq": one + "<http://e/s> <http://e/p> \"own\" <http://e/own> .\n"})
	st := newStore(t)
	if _, err := Load(t.Context(), st, []string{dir}, Options{Graph: rdf.IRI("http://e/given")}); err != nil {
		t.Fatal(err)
	}
	for _, q := range quads(t, st) {
		want := rdf.IRI("http://e/given")
		if q.O == rdf.String("own") {
			want = rdf.IRI("http://e/own")
		}
		if q.G != want {
			t.Errorf("%v", q)
		}
	}
}

// TestReplaceOption replaces a graph again and again: what is the same again is no commit, other graphs and what fails change nothing.
func TestReplaceOption(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"a.nt":     one + "_:x <http://e/p> _:y .\n",
		"b.ttl":    "@prefix e: <http://e/> . e:s e:q [ e:p 1 ] .",
		"own.nq":   "<http://e/s> <http://e/p> \"own\" <http://e/own> .\n",
		"none.txt": "Nothing of this is data.",
		"empty.nt": "",
	})
	st := newStore(t)
	load := func(graph string, replace bool, files ...string) (Report, error) {
		for i := range files {
			files[i] = filepath.Join(dir, files[i])
		}
		return Load(t.Context(), st, files, Options{Graph: rdf.IRI(graph), Replace: replace})
	}
	for i, c := range []struct {
		graph   string
		files   []string
		in, out uint64
		commit  uint64
	}{
		{"http://e/g", []string{"a.nt", "b.ttl"}, 4, 0, 1},
		{"http://e/g", []string{"a.nt", "b.ttl"}, 0, 0, 1},
		{"http://e/other", []string{"a.nt"}, 2, 0, 2},
		{"http://e/g", []string{"a.nt"}, 0, 2, 3},
		{"http://e/g", []string{"a.nt", "own.nq"}, 1, 0, 4},
		{"http://e/g", []string{"empty.nt"}, 0, 2, 5},
	} {
		r, err := load(c.graph, true, c.files...)
		if err != nil || r.Inserted != c.in || r.Deleted != c.out || r.Commit != c.commit {
			t.Fatalf("load %d: %d in, %d out, commit %d, %v", i, r.Inserted, r.Deleted, r.Commit, err)
		}
	}
	nodes := map[rdf.Term]bool{}
	if _, err := load("http://e/g", true, "a.nt"); err != nil {
		t.Fatal(err)
	}
	all := quads(t, st)
	for _, q := range all {
		if q.S.IsBlankNode() {
			nodes[q.S], nodes[q.O] = true, true
		}
	}
	if len(all) != 5 || len(nodes) != 4 {
		t.Errorf("%d quads with %d blank nodes: two graphs share some", len(all), len(nodes))
	}
	if _, err := load("http://e/g", true, "none.txt"); !errors.Is(err, ErrNothing) || len(quads(t, st)) != 5 {
		t.Errorf("%v, %d quads", err, len(quads(t, st)))
	}
}

func TestBlankNodesAreScoped(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.nt": "_:x <http://e/p> _:x .\n_:x <http://e/p> _:y .\n", "b.ttl": "_:x <http://e/p> [] ."})
	st := newStore(t)
	for range 2 {
		if _, err := Load(t.Context(), st, []string{dir}, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	nodes := map[rdf.Term]bool{}
	for _, q := range quads(t, st) {
		nodes[q.S], nodes[q.O] = true, true
	}
	if len(nodes) != 8 {
		t.Errorf("%d blank nodes, want 8: two in each of two documents in each of two loads", len(nodes))
	}
}

// TestParallelLines loads a document of many pieces and compares with what went in.
func TestParallelLines(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 60_000
	for i := range n {
		fmt.Fprintf(&b, "<http://e/s%d> <http://e/p> \"%s\" .\n", i, strings.Repeat("x", i%200))
		if i == n-10 {
			b.WriteString("bad line\n")
		}
	}
	dir := write(t, map[string]string{"big.nt": b.String()})
	st := newStore(t)
	report, err := Load(t.Context(), st, []string{dir}, Options{Parallel: 4})
	if err != nil {
		t.Fatal(err)
	}
	f := report.Files[0]
	if f.Statements != n || report.Inserted != n || f.Rejected != 1 || f.Places[0].Line != n-8 || f.Bytes != int64(b.Len()) {
		t.Errorf("%+v", report)
	}
}

// TestLinesIntoBadger loads the same document in pieces, whose memory is used again, and as a whole.
func TestLinesIntoBadger(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	const n = 40_000
	for i := range n {
		fmt.Fprintf(&b, "_:s%d <http://e/p%d> \"%d \\\"%s\\\"\"@nb .\n", i/3, i%5, i, strings.Repeat("x", i%90))
	}
	dir := write(t, map[string]string{"big.nt": b.String(), "small.nt": one})
	want := newStore(t)
	st, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	o := Options{BlankNodePrefix: "b", Graph: rdf.IRI("http://e/g")}
	for parallel, to := range map[int]store.Store{1: want, 4: st} {
		o.Parallel = parallel
		if report, err := Load(t.Context(), to, []string{dir}, o); err != nil || report.Inserted != n+1 {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	list := func(st store.Store) map[rdf.Quad]bool {
		all := map[rdf.Quad]bool{}
		for _, q := range quads(t, st) {
			all[q] = true
		}
		return all
	}
	if !maps.Equal(list(st), list(want)) {
		t.Error("the stores differ")
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	st := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe() // standard input that never ends
	go func() {
		for i := 0; i < 1000; i++ {
			fmt.Fprintf(w, "<http://e/s%d> <http://e/p> 1 .\n", i) //nolint:errcheck // the reader stops
		}
		cancel()
	}()
	defer r.Close()
	_, err := Load(ctx, st, []string{"-"}, Options{Stdin: r, Format: "turtle"})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if n, commit := size(t, st); n != 0 || commit != 0 {
		t.Errorf("%d quads in commit %d", n, commit)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"a.nt": strings.Repeat(one, 100), "b.nt": one})
	var last Progress
	if _, err := Load(t.Context(), newStore(t), []string{dir}, Options{Progress: func(p Progress) { last = p }}); err != nil {
		t.Fatal(err)
	}
	if !last.Done || last.Files != 2 || last.TotalFiles != 2 || last.Statements != 101 || last.Bytes != last.TotalBytes || last.Bytes != int64(101*len(one)) {
		t.Errorf("%+v", last)
	}
	if left, ok := (Progress{Bytes: 10, TotalBytes: 40, Elapsed: 1e9}).Left(); !ok || left != 3e9 {
		t.Errorf("left %v, %v", left, ok)
	}
}

func TestMaxExpanded(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"bomb.nt.gz": gz(t, strings.Repeat(one, 100_000))})
	st := newStore(t)
	_, err := Load(t.Context(), st, []string{dir}, Options{MaxExpanded: 100_000})
	if err == nil || !strings.Contains(err.Error(), "larger than allowed") {
		t.Fatalf("error %v", err)
	}
	if n, _ := size(t, st); n != 0 {
		t.Errorf("%d quads", n)
	}
}

func TestFileIRI(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a/b.ttl": "file:///a/b.ttl", "/a b/æ#?.ttl": "file:///a%20b/%C3%A6%23%3F.ttl", "C:/x.nt": "file:///C:/x.nt",
	} {
		if got := FileIRI(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// TestStrictSingular: the error of a strict load counts one thing in the singular.
func TestStrictSingular(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Report{
		"strict: 1 statement rejected and 0 documents not readable, nothing was loaded": {Rejected: 1, Files: []File{{}}},
		"strict: 2 statements rejected and 1 document not readable, nothing was loaded": {Rejected: 2, Files: []File{{unsupported: true}}},
	} {
		if got := (&StrictError{r}).Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
