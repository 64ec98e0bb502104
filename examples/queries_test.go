package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/big"
	"slices"
	"sort"
	"strings"
	"testing"

	"triplestore/examples"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
)

// The expected results were computed by another SPARQL engine over the same data (and the one of DESCRIBE written by hand), so
// that this compares two implementations and not one with itself.
func TestQueries(t *testing.T) {
	t.Parallel()
	stores := map[string]func(t *testing.T) store.Store{
		"memstore": func(*testing.T) store.Store { return memstore.New() },
		"badgerstore": func(t *testing.T) store.Store {
			s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			data := quads(t)
			if _, err := s.Update(t.Context(), func(txn store.Txn) error { return txn.Add(data) }); err != nil {
				t.Fatal(err)
			}
			snap, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := snap.Close(); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			for _, noOptimizer := range []bool{false, true} {
				engine := sparql.NewEngine(sparql.Options{NoOptimizer: noOptimizer})
				for _, q := range examples.Queries() {
					t.Run(fmt.Sprintf("%s/optimizer=%v", q.Name, !noOptimizer), func(t *testing.T) { check(t, engine, snap, q) })
				}
			}
		})
	}
}

func check(t *testing.T, engine *sparql.Engine, snap store.Snapshot, q examples.Query) {
	result, err := engine.Query(context.Background(), snap, q.Text)
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	switch result.Form() {
	case algebra.Select:
		checkRows(t, result, expectedResults(t, q.Name))
	case algebra.Ask:
		want := expectedResults(t, q.Name).Boolean
		got, err := result.Bool()
		if err != nil {
			t.Fatal(err)
		}
		if want == nil || got != *want {
			t.Errorf("got %v", got)
		}
	default:
		checkTriples(t, result, q.Name)
	}
}

// srj is a result in SPARQL JSON, read here without the package that the engine's own writer is in.
type srj struct {
	Head    struct{ Vars []string }
	Boolean *bool
	Results struct {
		Bindings []map[string]struct {
			Type, Value, Datatype string
			Lang                  string `json:"xml:lang"`
		}
	}
}

func expectedResults(t *testing.T, name string) srj {
	t.Helper()
	text := expectedText(t, name+".srj")
	var out srj
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func expectedText(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(examples.FS(), "queries/expected/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkRows(t *testing.T, result *sparql.Result, want srj) {
	t.Helper()
	vars := result.Vars()
	if !slices.Equal(vars, want.Head.Vars) {
		t.Fatalf("variables %v, want %v", vars, want.Head.Vars)
	}
	var got []string
	for row, err := range result.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, term := range row {
			fmt.Fprintf(&b, "%s=%s ", vars[i], show(vars[i], term))
		}
		got = append(got, b.String())
	}
	diff(t, got, want.rows(t)) // the queries order their rows, so the order counts
}

// rows writes the solutions as checkRows does.
func (x srj) rows(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, binding := range x.Results.Bindings {
		var b strings.Builder
		for _, v := range x.Head.Vars {
			value, bound := binding[v]
			var term rdf.Term
			switch {
			case !bound:
			case value.Type == "uri":
				term = rdf.IRI(value.Value)
			case value.Type == "bnode":
				t.Fatal("a blank node in an expected result")
			case value.Lang != "":
				term = rdf.LangLiteral(value.Value, value.Lang)
			default:
				term = rdf.Literal(value.Value, value.Datatype)
			}
			fmt.Fprintf(&b, "%s=%s ", v, show(v, term))
		}
		out = append(out, b.String())
	}
	return out
}

// show writes a term so that equal values look equal: decimals by value, and lists, whose order SPARQL leaves open, sorted.
// A variable that holds a list has a name that ends in List.
func show(name string, term rdf.Term) string {
	if strings.HasSuffix(name, "List") {
		parts := strings.Split(term.Value(), ", ")
		sort.Strings(parts)
		return strings.Join(parts, ", ")
	}
	if term.Datatype() == "http://www.w3.org/2001/XMLSchema#decimal" {
		if r, ok := new(big.Rat).SetString(term.Value()); ok {
			return "decimal " + r.RatString()
		}
	}
	return term.String()
}

func checkTriples(t *testing.T, result *sparql.Result, name string) {
	t.Helper()
	text := expectedText(t, name+".ttl")
	quads, err := turtle.ParseString(text, turtle.Options{Dialect: turtle.Turtle, File: name + ".ttl"})
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for triple, err := range result.Triples() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, triple.String())
	}
	for _, q := range quads {
		want = append(want, q.Triple().String())
	}
	sort.Strings(got)
	sort.Strings(want)
	diff(t, slices.Compact(got), want)
}

func diff(t *testing.T, got, want []string) {
	t.Helper()
	if len(want) == 0 {
		t.Error("an example without results shows nothing")
	}
	if slices.Equal(got, want) {
		return
	}
	t.Errorf("%d results, want %d", len(got), len(want))
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%d:\ngot  %s\nwant %s", i+1, g, w)
			return
		}
	}
}
