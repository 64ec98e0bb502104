package syntax_test

import (
	"errors"
	"strings"
	"testing"

	"triplestore/examples"
	"triplestore/sparql/syntax"
	"triplestore/vocab"
)

var formatOptions = syntax.Options{Base: "http://base.example/", Prefixes: vocab.Prefixes()}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"one line", `prefix d: <http://d/> select ?a (count(*) as ?n) where {?a a d:X; d:p ?b,?c. filter(?b>1 && not exists{?a d:q ?z}) optional{?a d:r+/^d:s ?e}} group by ?a order by desc(?n) limit 5`,
			`PREFIX d: <http://d/>

SELECT ?a (COUNT(*) AS ?n) WHERE {
  ?a a d:X ;
    d:p ?b, ?c .
  FILTER (?b>1 && NOT EXISTS {
    ?a d:q ?z
  })
  OPTIONAL {
    ?a d:r+/^d:s ?e
  }
}
GROUP BY ?a
ORDER BY DESC(?n)
LIMIT 5
`},
		{"comments", "# who\n# asks\nSELECT * # all\n{ # inside\n ?s ?p ?o . # last\n # alone\n\n ?s ?q \"#no\" }# end",
			"# who\n# asks\nSELECT * # all\n{ # inside\n  ?s ?p ?o . # last\n  # alone\n\n  ?s ?q \"#no\"\n} # end\n"},
		{"union and values", `SELECT * { {?s ?p 1} UNION {?s ?p 2 . } VALUES ?s {<a> <b>} values(?x ?y){(1 2)(3 UNDEF)} }`,
			"SELECT * {\n  {\n    ?s ?p 1\n  } UNION {\n    ?s ?p 2 .\n  }\n  VALUES ?s { <a> <b> }\n  VALUES (?x ?y) {\n    (1 2)\n    (3 UNDEF)\n  }\n}\n"},
		{"1.2", `VERSION "1.2" SELECT * {<<( ?s ?p ?o )>> ?x ?y. ?a ?b ?c~?r{|?d ?e;?f ?g|}. ?l ?m "x"@en--ltr}`,
			"VERSION \"1.2\"\n\nSELECT * {\n  <<( ?s ?p ?o )>> ?x ?y .\n  ?a ?b ?c~?r {| ?d ?e ;\n    ?f ?g |} .\n  ?l ?m \"x\"@en--ltr\n}\n"},
		{"update", `prefix d: <http://d/> delete{?s d:p ?o}insert{graph d:g{?s d:q ?o}}where{?s d:p ?o};clear silent graph d:h;insert data{d:a d:b [d:c 1; d:e 2]}`,
			"PREFIX d: <http://d/>\n\nDELETE {\n  ?s d:p ?o\n}\nINSERT {\n  GRAPH d:g {\n    ?s d:q ?o\n  }\n}\nWHERE {\n  ?s d:p ?o\n} ;\n\nCLEAR SILENT GRAPH d:h ;\n\nINSERT DATA {\n  d:a d:b [ d:c 1; d:e 2 ]\n}\n"},
		{"empty", "select*{}", "SELECT * {}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := syntax.Format(c.in, formatOptions)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			again, err := syntax.Format(got, formatOptions)
			if err != nil || again != got {
				t.Errorf("again: %v\n%s", err, again)
			}
		})
	}
	var mistake *syntax.Error
	if _, err := syntax.Format("SELECT * { ?s ?p }", formatOptions); !errors.As(err, &mistake) || mistake.Expected == "" || !strings.Contains(mistake.Msg, mistake.Expected) {
		t.Errorf("%#v", err)
	}
	if _, err := syntax.Format("INSERT DATA { <a> <b> }", formatOptions); !errors.As(err, &mistake) || mistake.Start < 10 {
		t.Errorf("the mistake of an update: %v", err)
	}
}

// TestFormatExamples lays out every example: it must mean the same, keep its comments and stay as it is the second time.
func TestFormatExamples(t *testing.T) {
	t.Parallel()
	for _, q := range examples.Queries() {
		checkFormat(t, q.Text)
	}
}

func checkFormat(t *testing.T, text string) {
	t.Helper()
	got, err := syntax.Format(text, formatOptions)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if a, err := syntax.ParseQuery(text, formatOptions); err == nil {
		b, err := syntax.ParseQuery(got, formatOptions)
		if err != nil || a.String() != b.String() {
			t.Errorf("%v: it means something else:\n%s\n%s", err, text, got)
		}
	}
	if again, err := syntax.Format(got, formatOptions); err != nil || again != got {
		t.Errorf("%v: the second time it is\n%s\nand not\n%s", err, again, got)
	}
}

func FuzzFormat(f *testing.F) {
	for _, q := range examples.Queries() {
		f.Add(q.Text)
	}
	f.Add("INSERT DATA { <a> <b> 'c', _:d . # x\n } ; CLEAR ALL")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := syntax.Format(text, formatOptions); err == nil {
			checkFormat(t, text)
		} else if errors.Is(err, syntax.ErrFormat) {
			t.Errorf("%v: %q", err, text)
		}
	})
}
