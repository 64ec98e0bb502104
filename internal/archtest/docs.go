package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// Problem is something wrong at a place.
type Problem struct {
	File string
	Line int
	Msg  string
}

// String is "file:line: message", which editors turn into a link.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Msg) }

// CheckDocs finds packages without a package comment, exported names without a doc comment and exported names that use another
// word for an IRI or a blank node than the project does.
func CheckDocs(t *Tree) []Problem {
	var out []Problem
	documented, first := map[string]bool{}, map[string]*File{}
	for _, f := range t.Files {
		if f.Test || f.Tool {
			continue
		}
		if first[f.Package] == nil {
			first[f.Package] = f
		}
		if doc := f.AST.Doc; doc != nil && strings.TrimSpace(doc.Text()) != "" {
			documented[f.Package] = true
		}
		out = append(out, checkFile(t, f)...)
	}
	for pkg, f := range first {
		if !documented[pkg] {
			out = append(out, Problem{f.Path, 1, "package " + f.AST.Name.Name + " has no package comment: say above the package " +
				"clause of one of its files what it is for"})
		}
	}
	return out
}

func checkFile(t *Tree, f *File) []Problem {
	var out []Problem
	isMain := f.AST.Name.Name == "main"
	name := func(id *ast.Ident, documented bool, what string) {
		if !id.IsExported() {
			return
		}
		if !documented && !isMain {
			out = append(out, Problem{f.Path, t.Line(id), what + " " + id.Name + " is exported and has no doc comment"})
		}
		if f.Package == "vocab" || id.Name == "AnyURI" {
			return // the standards' own names
		}
		for _, word := range []string{"BNode", "Bnode", "URIRef", "URI"} {
			if strings.Contains(id.Name, word) {
				out = append(out, Problem{f.Path, t.Line(id), what + " " + id.Name + ": this project says IRI and BlankNode"})
				break
			}
		}
	}
	for _, decl := range f.AST.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil && !exportedReceiver(d.Recv) {
				continue
			}
			what := "function"
			if d.Recv != nil {
				what = "method"
			}
			name(d.Name, d.Doc != nil, what)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					name(s.Name, s.Doc != nil || s.Comment != nil || d.Doc != nil, "type")
				case *ast.ValueSpec:
					for _, id := range s.Names {
						name(id, s.Doc != nil || s.Comment != nil || d.Doc != nil, strings.ToLower(tokenName(d.Tok)))
					}
				}
			}
		}
	}
	return out
}

func tokenName(t token.Token) string {
	if t == token.CONST {
		return "constant"
	}
	return "variable"
}

// exportedReceiver reports whether the method's type can be seen from outside.
func exportedReceiver(fields *ast.FieldList) bool {
	if len(fields.List) == 0 {
		return false
	}
	e := fields.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
