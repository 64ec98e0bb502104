package archtest

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func load(t *testing.T) *Tree {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Files) < 10 {
		t.Fatalf("only %d Go files under %s: is this the right root?", len(tree.Files), root)
	}
	return tree
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, f := range load(t).Files {
		for _, i := range f.Imports {
			if msg := CheckImport(f, i.Path); msg != "" {
				t.Errorf("%s:%d: %s", f.Path, i.Line, msg)
			}
		}
	}
}

func TestEveryPackageHasAPlace(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range load(t).Files {
		if seen[f.Package] {
			continue
		}
		seen[f.Package] = true
		if _, ok := layerOf(f.Package); !ok && supportOf(f.Package) == nil {
			t.Errorf("%s is in no layer: give it a place in Layers or SupportPackages of internal/archtest/rules.go", f.Package)
		}
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	for _, p := range CheckDocs(load(t)) {
		t.Error(p)
	}
}

// The rules themselves are tested, so that one that can never fire is noticed.
func TestCheckImport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		folder string
		test   bool
		path   string
		want   string // part of the message; empty: allowed
	}{
		{"store/badgerstore", false, "github.com/dgraph-io/badger/v4", ""},
		{"store/badgerstore", true, "github.com/dgraph-io/badger/v4", ""},
		{"sparql", false, "github.com/dgraph-io/badger/v4", "only store/badgerstore may"},
		{"sparql/exec", true, "github.com/dgraph-io/badger/v4", "only store/badgerstore may"},
		{"server", false, "github.com/dgraph-io/badger/v4", "only store/badgerstore may"},
		{"cmd/triplestore", false, "github.com/dgraph-io/badger/v4", "only store/badgerstore may"},
		{"rdf", false, "triplestore/rdf/turtle", "stands above its own"},
		{"rdf/turtle", false, "triplestore/rdf", ""},
		{"rdf/format", false, "triplestore/rdf/turtle", ""},
		{"vocab", false, "triplestore/rdf", "stands above its own"},
		{"sparql/expr", false, "triplestore/store", "stands above its own"},
		{"sparql/exec", false, "triplestore/store", ""},
		{"sparql/exec", false, "triplestore/sparql", "stands above its own"},
		{"store/page", false, "triplestore/sparql/exec", "stands above its own"},
		{"server", false, "triplestore/sparql", ""},
		{"loaders", false, "triplestore/server", "stands above its own"},
		{"cmd/triplestore", false, "triplestore/server", ""},
		{"server", false, "triplestore/examples", ""},
		{"examples", false, "triplestore/sparql", "imports nothing of the project"},
		{"examples", true, "triplestore/sparql", ""},
		{"rdf", false, "triplestore/internal/w3c", "outside a test"},
		{"rdf", true, "triplestore/internal/w3c", ""},
		{"internal/w3c", false, "triplestore/rdf/turtle", ""},
		{"internal/w3c", false, "triplestore/sparql", "stays below"},
		{"rdf", false, "triplestore/nowhere", "in no layer"},
		{"nowhere", false, "triplestore/rdf", "in no layer"},
		{"rdf", false, "github.com/who/knows", "in no rule"},
		{"rdf", false, "github.com/google/go-cmp/cmp", "only tests may"},
		{"rdf", true, "github.com/google/go-cmp/cmp", ""},
		{"server", false, "github.com/gorilla/mux", ""},
		{"sparql", false, "github.com/gorilla/mux", "routing is the server's"},
		{"sparql", false, "net/http", "banned here"},
		{"sparql", true, "net/http", ""},
		{"server", false, "net/http", ""},
		{"rdf", false, "C", "C compiler"},
		{"rdf", false, "strings", ""},
	}
	for _, test := range tests {
		got := CheckImport(&File{Package: test.folder, Test: test.test}, test.path)
		if test.want == "" && got != "" || test.want != "" && !strings.Contains(got, test.want) {
			t.Errorf("%s (test: %v) importing %s: got %q, want %q", test.folder, test.test, test.path, got, test.want)
		}
	}
}

func TestCheckDocs(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, source, want string }{
		{"no package comment", "package p\n", "no package comment"},
		{"package comment", "// Package p is one.\npackage p\n", ""},
		{"function", "// Package p is one.\npackage p\n\nfunc F() {}\n", "function F"},
		{"method", "// Package p is one.\npackage p\n\n// T is one.\ntype T[K any] struct{}\n\nfunc (t *T[K]) M() {}\n", "method M"},
		{"method of a hidden type", "// Package p is one.\npackage p\n\ntype t struct{}\n\nfunc (t) M() {}\n", ""},
		{"constant", "// Package p is one.\npackage p\n\nconst C = 1\n", "constant C"},
		{"constants of a documented group", "// Package p is one.\npackage p\n\n// The constants.\nconst (\n\tC = 1\n\tD = 2\n)\n", ""},
		{"words", "// Package p is one.\npackage p\n\n// BaseURI is one.\nvar BaseURI string\n", "says IRI"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "p.go", test.source, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			got := CheckDocs(&Tree{Fset: fset, Files: []*File{{Path: "p.go", Package: "p", AST: file}}})
			if test.want == "" && len(got) > 0 || test.want != "" && (len(got) != 1 || !strings.Contains(got[0].Msg, test.want)) {
				t.Errorf("got %v, want %q", got, test.want)
			}
		})
	}
}
