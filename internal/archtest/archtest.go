// Package archtest holds the rules of the source tree as tests: which package may import which, which dependency is used
// where, and that everything exported is documented. It reads the source with go/parser and runs no other program, so that
// the test cache cannot keep an old verdict: the files it opens are inputs of the test.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the module's name, which begins every import path of its own packages.
const Module = "triplestore"

// File is one Go file of the tree.
type File struct {
	Path    string // with slashes, relative to the root
	Package string // the folder, relative to the root; "." for the root
	Test    bool   // a _test.go file
	Tool    bool   // not part of the program: its build tag is ignore, as that of generators is
	Imports []Import
	AST     *ast.File
}

// Import is an import with its place.
type Import struct {
	Path string
	Line int
}

// Tree is the parsed source.
type Tree struct {
	Files []*File
	Fset  *token.FileSet
}

// Root finds the folder of go.mod, upwards from the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Load parses every Go file under root. Folders that Go itself ignores (testdata, names that begin with . or _) and the
// folders of built and downloaded things are left out.
func Load(root string) (*Tree, error) {
	t := &Tree{Fset: token.NewFileSet()}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			name := d.Name()
			if rel != "." && (name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_' ||
				rel == "bin" || rel == "data") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil && rel != "." {
				return filepath.SkipDir // a module of its own, with its own dependencies
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") {
			return nil
		}
		f, err := t.parse(p, rel)
		if err != nil {
			return err
		}
		t.Files = append(t.Files, f)
		return nil
	})
	return t, err
}

func (t *Tree) parse(name, rel string) (*File, error) {
	file, err := parser.ParseFile(t.Fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &File{Path: rel, Package: path.Dir(rel), Test: strings.HasSuffix(rel, "_test.go"), AST: file}
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Pos() < file.Package && strings.TrimSpace(c.Text) == "//go:build ignore" {
				f.Tool = true
			}
		}
	}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		f.Imports = append(f.Imports, Import{Path: p, Line: t.Fset.Position(spec.Pos()).Line})
	}
	return f, nil
}

// Line is the line of a node.
func (t *Tree) Line(n ast.Node) int { return t.Fset.Position(n.Pos()).Line }
