package results

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"triplestore/internal/w3c"
	"triplestore/rdf"
)

// answer is a whole result in memory.
type answer struct {
	vars []string
	rows [][]rdf.Term
	ask  bool
	is   bool
}

func read(f *Format, text string, l Limits) (answer, error) {
	var a answer
	err := Read(strings.NewReader(text), f, l, Handler{
		Head:    func(vars []string) error { a.vars = slices.Clone(vars); return nil },
		Row:     func(row []rdf.Term) error { a.rows = append(a.rows, slices.Clone(row)); return nil },
		Boolean: func(b bool) error { a.ask, a.is = true, b; return nil },
	})
	return a, err
}

func write(tb testing.TB, f *Format, a answer) string {
	tb.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, f)
	err := func() error {
		if a.ask {
			return w.Boolean(a.is)
		}
		if err := w.Head(a.vars); err != nil {
			return err
		}
		for _, r := range a.rows {
			if err := w.Row(r); err != nil {
				return err
			}
		}
		return nil
	}()
	if err = errors.Join(err, w.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

var sample = answer{
	vars: []string{"a", "b"},
	rows: [][]rdf.Term{
		{rdf.IRI("http://example.org/æ?a=1&b=2"), rdf.BlankNode("x1")},
		{rdf.String("line\nbreak\r\ttab \"quoted\" 'single' <b> & \\ ]]> 😀"), {}},
		{{}, rdf.LangLiteral("blåbær", "nb-NO")},
		{rdf.DirLangLiteral("שלום", "he", rdf.RightToLeft), rdf.Literal("1.50", "http://www.w3.org/2001/XMLSchema#decimal")},
		{rdf.Literal("7", "http://www.w3.org/2001/XMLSchema#integer"), rdf.Literal("1.", "http://www.w3.org/2001/XMLSchema#decimal")},
		{rdf.String(""), rdf.Literal("a", "http://example.org/dt")},
		{rdf.Literal("1e6", "http://www.w3.org/2001/XMLSchema#double"), rdf.Literal("true", "http://www.w3.org/2001/XMLSchema#boolean")},
		{rdf.TripleTerm(rdf.Triple{S: rdf.BlankNode("s"), P: rdf.IRI("http://example.org/p"), O: rdf.TripleTerm(rdf.Triple{
			S: rdf.IRI("http://example.org/s"), P: rdf.IRI("http://example.org/p"), O: rdf.String("a b\tc")})}), rdf.String(" space ")},
		{{}, {}},
	},
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, f := range []*Format{JSON, XML, TSV} {
		for _, a := range []answer{sample, {vars: []string{"x"}}, {}, {ask: true, is: true}, {ask: true}} {
			if a.ask && !f.Boolean {
				continue
			}
			text := write(t, f, a)
			got, err := read(f, text, Limits{})
			if err != nil {
				t.Fatalf("%s: %v\n%s", f.Name, err, text)
			}
			if !slices.Equal(got.vars, a.vars) || got.ask != a.ask || got.is != a.is || len(got.rows) != len(a.rows) {
				t.Fatalf("%s: got %v from\n%s", f.Name, got, text)
			}
			for i := range a.rows {
				if !slices.Equal(got.rows[i], a.rows[i]) {
					t.Errorf("%s: row %d is %v, want %v", f.Name, i, got.rows[i], a.rows[i])
				}
			}
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	a := answer{vars: []string{"a", "b"}, rows: [][]rdf.Term{
		{rdf.IRI("http://example.org/a,b"), rdf.BlankNode("x")}, {{}, rdf.String("say \"hi\"\nbye")}, {rdf.Literal("1.0", xsdNS+"decimal"), rdf.LangLiteral("å", "nb")},
	}}
	want := "a,b\r\n\"http://example.org/a,b\",_:x\r\n,\"say \"\"hi\"\"\nbye\"\r\n1.0,å\r\n"
	if got := write(t, CSV, a); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBadText writes what a careless source may have let in: the results must be well formed all the same.
func TestBadText(t *testing.T) {
	t.Parallel()
	a := answer{vars: []string{"x"}, rows: [][]rdf.Term{
		{rdf.String("nul \x00 esc \x1b del \x7f bad \xff\xfe end")}, {rdf.IRI("http://example.org/\xc3 <>\"")}, {rdf.String("\uFFFE\uFFFF")}, {rdf.LangLiteral("x\x01", "en\"")},
	}}
	for _, f := range All {
		text := write(t, f, a)
		if !utf8.ValidString(text) {
			t.Errorf("%s is not UTF-8: %q", f.Name, text)
		}
		switch f {
		case JSON:
			if !json.Valid([]byte(text)) {
				t.Errorf("not JSON: %q", text)
			}
		case XML:
			d := xml.NewDecoder(strings.NewReader(text))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("not XML: %v", err)
				}
			}
		}
	}
}

func TestOrderOfCalls(t *testing.T) {
	t.Parallel()
	for _, f := range All {
		for name, calls := range map[string]func(w Writer) error{
			"row first":    func(w Writer) error { return w.Row(nil) },
			"head twice":   func(w Writer) error { _ = w.Head(nil); return w.Head(nil) },
			"both kinds":   func(w Writer) error { _ = w.Head(nil); return w.Boolean(true) },
			"nothing":      func(w Writer) error { return w.Close() },
			"after close":  func(w Writer) error { _ = w.Head(nil); _ = w.Close(); return w.Row(nil) },
			"wrong length": func(w Writer) error { _ = w.Head([]string{"a"}); return w.Row(nil) },
		} {
			if err := calls(NewWriter(io.Discard, f)); err == nil {
				t.Errorf("%s: %s is no error", f.Name, name)
			}
		}
	}
}

type failing struct{ after int }

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	t.Parallel()
	for _, f := range All {
		w := NewWriter(&failing{after: 1}, f)
		err := w.Head([]string{"x"})
		row := []rdf.Term{rdf.String(strings.Repeat("a", 1000))}
		for i := 0; i < 1000 && err == nil; i++ {
			err = w.Row(row)
		}
		if !errors.Is(err, io.ErrClosedPipe) || !errors.Is(w.Close(), io.ErrClosedPipe) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    *Format
		text string
	}{
		{JSON, ``}, {JSON, `{`}, {JSON, `[]`}, {JSON, `{"head":{"vars":["x"]}}`}, {JSON, `{"results":{"bindings":[]}}`}, {JSON, `{"boolean":1}`},
		{JSON, `{"head":{"vars":["x"]},"results":{"bindings":[{"y":{"type":"uri","value":"a"}}]}}`},
		{JSON, `{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"what","value":"a"}}]}}`},
		{JSON, `{"head":{"vars":["x","x"]},"results":{"bindings":[]}}`}, {JSON, `{"head":{},"boolean":true} x`},
		{JSON, `{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"triple","value":{"subject":{"type":"uri","value":"a"}}}}]}}`},
		{JSON, `{"head":{"vars":["x"]},"results":{"bindings":[` + strings.Repeat("[", 100000)},
		{XML, ``}, {XML, `<a/>`}, {XML, `<sparql xmlns="http://www.w3.org/2005/sparql-results#"/>`}, {XML, `<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>maybe</boolean></sparql>`},
		{XML, `<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><results><result><binding name="x"><uri>a</uri></binding></result></results></sparql>`},
		{XML, `<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="x"/></head><results><result><binding name="x"/></result></results></sparql>`},
		{XML, `<!DOCTYPE a [<!ENTITY b "c">]><sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>&b;</boolean></sparql>`},
		{TSV, ``}, {TSV, "x\n"}, {TSV, "?x\nabc\n"}, {TSV, "?x\t?y\n1\n"}, {TSV, "?x\n1\t2\n"}, {TSV, "?x\n\"a\n"}, {TSV, "?x\n\"\\q\"\n"}, {TSV, "?x\n<a b>\n"}, {TSV, "?x\n<<( <a> <b> )>>\n"},
		{TSV, "?x\n" + strings.Repeat("<<( <a> <b> ", 1000)}, {TSV, "?x\n\"\\uD800\"\n"}, {CSV, "x\r\n1\r\n"},
	} {
		if a, err := read(c.f, c.text, Limits{}); err == nil {
			t.Errorf("%s: %.80q is read as %v", c.f.Name, c.text, a)
		}
	}
	long := write(t, JSON, sample)
	for _, l := range []Limits{{Bytes: 100}, {Rows: 2}, {Term: 5}} {
		var le *LimitError
		if _, err := read(JSON, long, l); !errors.As(err, &le) {
			t.Errorf("%+v: %v", l, err)
		}
	}
}

func TestHeadAfterResults(t *testing.T) {
	t.Parallel()
	a, err := read(JSON, `{"results":{"bindings":[{"x":{"value":"a","type":"uri"}},{}]},"head":{"vars":["x"]}}`, Limits{})
	if err != nil || len(a.rows) != 2 || a.rows[0][0] != rdf.IRI("a") {
		t.Errorf("%v, %v", a, err)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]*Format{"a.srj": JSON, "a/b.SRX": XML, "x.csv": CSV, "x.tsv": TSV, "tsv": nil, "x.ttl": nil, "": nil} {
		if got, ok := ByPath(in); got != want || ok != (want != nil) {
			t.Errorf("ByPath(%q) = %v", in, got)
		}
	}
	if f, ok := ByMediaType("Text/CSV; charset=utf-8"); !ok || f != CSV {
		t.Error("text/csv is not found")
	}
	if _, ok := ByMediaType("text/html"); ok {
		t.Error("text/html is found")
	}
	if f, ok := ByName("XML"); !ok || f != XML {
		t.Error("xml is not found")
	}
}

// TestW3C reads every result of the SPARQL suites, and writes and reads it again.
func TestW3C(t *testing.T) {
	t.Parallel()
	root := filepath.Join(w3c.Root(t), "rdf-tests", "sparql")
	count := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, ok := ByPath(path)
		if !ok || f == CSV || filepath.Ext(path) == ".json" || filepath.Ext(path) == ".xml" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		count[f.Name]++
		a, err := read(f, string(text), Limits{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		b, err := read(f, write(t, f, a), Limits{})
		if err != nil || len(a.rows) != len(b.rows) || a.is != b.is {
			t.Errorf("%s: not the same when written and read again: %v", path, err)
			return nil
		}
		for i := range a.rows {
			if !slices.Equal(a.rows[i], b.rows[i]) {
				t.Errorf("%s: row %d: %v, %v", path, i, a.rows[i], b.rows[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count["xml"] < 100 || count["json"] < 10 || count["tsv"] < 3 {
		t.Errorf("only %v files", count)
	}
}

func FuzzRead(f *testing.F) {
	for _, x := range []*Format{JSON, XML, TSV} {
		f.Add(x.Name, write(f, x, sample))
		f.Add(x.Name, write(f, x, answer{vars: []string{"x"}}))
	}
	f.Add("json", `{"head":{},"boolean":true}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		x, ok := ByName(name)
		if !ok {
			return
		}
		a, err := read(x, text, Limits{})
		if err != nil || a.vars == nil && !a.ask {
			return
		}
		for _, v := range a.vars {
			if strings.ContainsAny(v, "\t\r\n ") || v == "" || !utf8.ValidString(v) {
				return
			}
		}
		if a.ask && len(a.rows) > 0 || a.ask && a.vars != nil {
			return
		}
		for _, y := range All {
			if out := write(t, y, a); !utf8.ValidString(out) && y != TSV {
				t.Errorf("%s: %q is not UTF-8", y.Name, out)
			}
		}
		if _, err := read(JSON, write(t, JSON, a), Limits{}); err != nil {
			t.Errorf("what was written is not read: %v", err)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	rows := [][]rdf.Term{
		{rdf.IRI("https://data.norge.no/datasets/2b9a6a8c-0a53-4a4e-9f8b-000000000001"), rdf.LangLiteral("Åpne data om veitrafikk i sanntid fra hele landet", "nb"), rdf.Literal("2024-02-29", xsdNS+"date")},
		{rdf.IRI("https://data.norge.no/datasets/2b9a6a8c-0a53-4a4e-9f8b-000000000002"), rdf.String("A description with \"quotes\" that goes on for a while, as descriptions do."), {}},
	}
	for _, f := range All {
		b.Run(f.Name, func(b *testing.B) {
			var n counter
			w := NewWriter(&n, f)
			if err := w.Head([]string{"dataset", "title", "issued"}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := w.Row(rows[i&1]); err != nil {
					b.Fatal(err)
				}
			}
			_ = w.Close()
			b.ReportMetric(float64(n)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
