package algebra

import (
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"triplestore/sparql/syntax"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTranslate compares the algebra of the queries in testdata/translate.txt with what stands beneath them. Cases are
// separated by lines of equals signs, query and algebra by a line of dashes.
func TestTranslate(t *testing.T) {
	t.Parallel()
	const file = "testdata/translate.txt"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(text), "\n====\n")
	for i, c := range cases {
		query, want, _ := strings.Cut(strings.TrimSpace(c), "\n----\n")
		q, err := syntax.ParseQuery("PREFIX : <x:>\n"+query, syntax.Options{})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		a, err := Translate(q)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		got := String(a.Pattern)
		for _, p := range a.Template {
			got += "\n(template " + p.S.String() + " " + p.P.String() + " " + p.O.String() + ")"
		}
		cases[i] = query + "\n----\n" + got
		if got != strings.TrimSuffix(want, "\n") && !*update {
			t.Errorf("%s\ngot\n%s\nwant\n%s", query, got, want)
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(cases, "\n====\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	q, err := syntax.ParseQuery(`PREFIX : <http://e/> SELECT ?b ?a ?b FROM :g FROM NAMED :h { ?a :p ?b , [] }`, syntax.Options{Base: "http://base/"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Translate(q)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Vars, []string{"b", "a"}) || !a.Dataset.Set || len(a.Dataset.Default) != 1 || len(a.Dataset.Named) != 1 ||
		a.Base != "http://base/" || a.Prefixes[""] != "http://e/" {
		t.Errorf("got %+v", a)
	}
	if got := Vars(a.Pattern.(*Project).In); !slices.Equal(got, []string{"a", "b", ".1"}) {
		t.Errorf("Vars: %v", got)
	}
}

func TestService(t *testing.T) {
	t.Parallel()
	q, err := syntax.ParseQuery("PREFIX : <http://e/> PREFIX x: <http://x/> SELECT * { SERVICE SILENT :s { ?s :p \"}\" # {\n } }",
		syntax.Options{Base: "http://base/"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Translate(q)
	if err != nil {
		t.Fatal(err)
	}
	s := a.Pattern.(*Project).In.(*Service)
	want := "BASE <http://base/>\nPREFIX : <http://e/>\nSELECT * WHERE { ?s :p \"}\" # {\n }"
	if s.Text != want || !s.Silent || s.Name.Term.Value() != "http://e/s" {
		t.Errorf("got %+v", s)
	}
	if _, err := syntax.ParseQuery(s.Text, syntax.Options{}); err != nil {
		t.Error(err)
	}
}

func TestVars(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, vars, mentioned string }{
		{"{ ?a ?b ?c OPTIONAL { ?c ?d ?e } MINUS { ?a ?x ?y } FILTER(?z) }", "a b c d e", "z a b c d e x y"},
		{"{ GRAPH ?g { ?a :p* ?b } BIND(?u + 1 AS ?v) }", "g a b v", "v u g a b"},
		{"{ { SELECT ?a (COUNT(?b) AS ?n) { ?a :p ?b } GROUP BY ?a } FILTER EXISTS { ?q :p ?a } }", "a n", "q a n"},
		{"{ VALUES (?a ?b) { (1 UNDEF) } LATERAL { ?b :p << ?s :q ?o >> } }", "a b .1 s o", "a b .1 s o"},
	} {
		q, err := syntax.ParseQuery("PREFIX : <x:> ASK "+c.query, syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := Translate(q)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(Vars(a.Pattern), " "); got != c.vars {
			t.Errorf("%s: Vars %s", c.query, got)
		}
		if got := strings.Join(Mentioned(a.Pattern), " "); got != c.mentioned {
			t.Errorf("%s: Mentioned %s", c.query, got)
		}
	}
}

func TestTranslateLimits(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"elements":     "SELECT * { " + strings.Repeat("OPTIONAL { ?a ?b ?c } ", maxElements+1) + "}",
		"paths":        "SELECT * { " + strings.Repeat("?s <x:p>* ?o . ", maxElements+1) + "}",
		"patterns":     "SELECT * { " + strings.Repeat("?s ?p ?o . ", MaxPatterns+1) + "}",
		"sequences":    "SELECT * { ?s " + strings.Repeat("<x:p>/", MaxPatterns) + "<x:p> ?o }",
		"groups":       "SELECT * { " + strings.Repeat("{ ?s ?p ?o } ", MaxPatterns+1) + "}",
		"optionals":    "ASK { " + strings.Repeat("OPTIONAL { ?s ?p ?o } ", MaxPatterns+1) + "}",
		"exists":       "ASK { FILTER (" + strings.Repeat("EXISTS { ?s ?p ?o } && ", MaxPatterns) + "EXISTS { ?s ?p ?o }) }",
		"sub-queries":  "ASK { " + strings.Repeat("{ SELECT ?s { ?s ?p ?o } } ", MaxPatterns+1) + "}",
		"union":        "ASK { { ?s ?p ?o } UNION { " + strings.Repeat("?s ?p ?o . ", MaxPatterns-1) + "} UNION {} ?s ?p ?o . ?s ?p ?o }",
		"triple terms": "SELECT * { <x:" + strings.Repeat("y", 100_000) + "> <x:p> 1 " + strings.Repeat("~ ", 1000) + "}",
	} {
		q, err := syntax.ParseQuery(text, syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var e *syntax.Error
		if _, err := Translate(q); !errors.As(err, &e) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestManyPatterns: as many patterns as are allowed, in a query, in each branch of a UNION and in each operation of an update, whose data and templates
// do not count.
func TestManyPatterns(t *testing.T) {
	t.Parallel()
	most := strings.Repeat("?s ?p ?o . ", MaxPatterns)
	for _, text := range []string{
		"SELECT * { " + most + "}", "ASK { {" + most + "} UNION {" + most + "} }", "CONSTRUCT { " + most + " ?s ?p ?o } WHERE { ?s ?p ?o }",
		"ASK { " + strings.Repeat("{ ?s ?p ?o } UNION ", 3*MaxPatterns) + "{} }",
	} {
		q, err := syntax.ParseQuery(text, syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Translate(q); err != nil {
			t.Errorf("%.60s…: %v", text, err)
		}
	}
	q, err := syntax.ParseQuery("ASK { {"+strings.Repeat(most+" } UNION {", 16)+" ?s ?p ?o } }", syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Translate(q); err == nil || !strings.Contains(err.Error(), "more than 32768 triple patterns in the alternatives of UNION") {
		t.Errorf("seventeen alternatives, all but one with as many patterns as there may be: %v", err)
	}
	data := strings.Repeat("<x:s> <x:p> <x:o> . ", 3*MaxPatterns)
	for text, ok := range map[string]bool{
		"INSERT DATA { " + data + " } ; DELETE DATA { " + data + " }":                                       true,
		"INSERT { " + data + " } WHERE { " + most + " } ; DELETE WHERE { " + most + " }":                    true,
		strings.Repeat("DELETE WHERE { <x:s> <x:p> ?o } ; ", 3*MaxPatterns) + "INSERT DATA { " + data + "}": true,
		"DELETE WHERE { " + most + " <x:s> <x:p> ?o }":                                                      false,
	} {
		u, err := syntax.ParseUpdate(text, syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := TranslateUpdate(u); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "more than 2048 triple patterns") {
			t.Errorf("%.60s…: %v", text, err)
		}
	}
}

// TestTooManyPatterns: only who deletes is told of DELETE DATA.
func TestTooManyPatterns(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("?s ?p ?o . ", MaxPatterns+1)
	for text, deletes := range map[string]bool{
		"DELETE WHERE { " + many + " }": true, "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { " + many + " }": true, "INSERT { ?s ?p 1 } WHERE { " + many + " }": false,
		"DELETE WHERE { ?s ?p ?o } ; INSERT { ?s ?p 1 } WHERE { " + many + " }": false, "": false,
	} {
		var err error
		if text == "" {
			q, perr := syntax.ParseQuery("SELECT * { "+many+" }", syntax.Options{})
			if perr != nil {
				t.Fatal(perr)
			}
			_, err = Translate(q)
		} else {
			u, perr := syntax.ParseUpdate(text, syntax.Options{})
			if perr != nil {
				t.Fatal(perr)
			}
			_, err = TranslateUpdate(u)
		}
		if err == nil || !strings.Contains(err.Error(), "more than 2048 triple patterns; VALUES takes many") || strings.Contains(err.Error(), "DELETE DATA") != deletes {
			t.Errorf("%.60s…: %v", text, err)
		}
	}
}

func TestTranslateUpdate(t *testing.T) {
	t.Parallel()
	u, err := syntax.ParseUpdate(`PREFIX : <http://e/>
		INSERT DATA { :s :p _:b , [] GRAPH :g { :s :p <<( :a :b "c" )>> } } ;
		WITH :g DELETE { ?s ?p ?o } INSERT { GRAPH ?h { ?s :p _:x } } USING :u WHERE { ?s ?p ?o GRAPH ?h {} } ;
		DELETE WHERE { GRAPH ?g { ?s :p 1 } } ;
		CLEAR ALL ; DROP SILENT GRAPH :g ; CREATE GRAPH :g ; COPY DEFAULT TO :g ; MOVE :g TO :h ; ADD SILENT :g TO DEFAULT ; LOAD :x INTO GRAPH :g`,
		syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := TranslateUpdate(u)
	if err != nil {
		t.Fatal(err)
	}
	insert := a.Operations[0].(*InsertData)
	var lines []string
	for _, q := range insert.Quads {
		lines = append(lines, q.String())
	}
	if got, want := strings.Join(lines, "\n"), "<http://e/s> <http://e/p> _:lb .\n<http://e/s> <http://e/p> _:a1 .\n"+
		"<http://e/s> <http://e/p> <<( <http://e/a> <http://e/b> \"c\" )>> <http://e/g> ."; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m := a.Operations[1].(*Modify)
	if m.With.Value() != "http://e/g" || len(m.Delete) != 1 || m.Insert[0].G.Var != "h" || m.Insert[0].O.Var != ".t_x" || !m.Using.Set {
		t.Errorf("got %+v", m)
	}
	m = a.Operations[2].(*Modify)
	if m.Delete[0].G.Var != "g" || String(m.Where) != "(graph ?g\n  (bgp (triple ?s <http://e/p> \"1\"^^<http://www.w3.org/2001/XMLSchema#integer>)))" {
		t.Errorf("got %+v %s", m, String(m.Where))
	}
	if c := a.Operations[3].(*Clear); !c.Target.Default || !c.Target.Named {
		t.Errorf("got %+v", c)
	}
	if c := a.Operations[6].(*Copy); !c.From.IsZero() || c.To.Value() != "http://e/g" {
		t.Errorf("got %+v", c)
	}
	for _, bad := range []string{`INSERT DATA { "a" <x:p> 1 }`, `DELETE DATA { <<( <x:a> <x:b> 1 )>> <x:p> 1 }`} {
		u, err := syntax.ParseUpdate(bad, syntax.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var e *syntax.Error
		if _, err := TranslateUpdate(u); !errors.As(err, &e) || !strings.Contains(e.Msg, "cannot be the subject") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	text, err := os.ReadFile("testdata/translate.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range strings.Split(string(text), "\n====\n") {
		query, _, _ := strings.Cut(c, "\n----\n")
		f.Add(query)
	}
	f.Add("INSERT { ?s ?p _:b } USING :g WHERE { ?s ?p ?o } ; DELETE DATA { :s :p 1 } ; LOAD :x")
	f.Fuzz(func(t *testing.T, text string) {
		text = "PREFIX : <x:>\n" + text
		if q, err := syntax.ParseQuery(text, syntax.Options{}); err == nil {
			a, err := Translate(q)
			if err != nil {
				return
			}
			visible := Vars(a.Pattern)
			for _, v := range a.Vars {
				if !slices.Contains(visible, v) {
					t.Errorf("%s: ?%s is projected and not visible", text, v)
				}
			}
			if s := String(a.Pattern); strings.Contains(s, "(unknown)") {
				t.Errorf("%s: %s", text, s)
			}
			_ = Mentioned(a.Pattern)
		}
		if u, err := syntax.ParseUpdate(text, syntax.Options{}); err == nil {
			_, _ = TranslateUpdate(u)
		}
	})
}
