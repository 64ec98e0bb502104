package harvest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/vocab"
)

// Rule derives facts: a SPARQL CONSTRUCT query over all graphs of the store. Its facts are in a graph of their own. Rules are applied in
// the order of their names and see what those before them derived.
type Rule struct {
	// Name is the name of the file without its extension. Title is its first comment.
	Name, Title string
	Text        string

	fingerprint string
	// iris are all IRIs of the query: only changes of statements with one of them as predicate can matter, unless any is true.
	iris map[string]bool
	any  bool
}

// ReadRules reads rules from files. A file that holds no CONSTRUCT query is an error.
func ReadRules(files []string) ([]*Rule, error) {
	var out []*Rule
	seen := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		if other, ok := seen[name]; ok {
			return nil, fmt.Errorf("%s: a rule is called as its file, and %s is called so too", file, other)
		}
		seen[name] = file
		r, err := ParseRule(name, string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, r)
	}
	return out, nil
}

var ruleName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// ParseRule reads a rule.
func ParseRule(name, text string) (*Rule, error) {
	if !ruleName.MatchString(name) {
		return nil, fmt.Errorf("the name %q is to have letters, digits, ., - and _ only", name)
	}
	q, err := syntax.ParseQuery(text, syntax.Options{Prefixes: vocab.Prefixes()})
	if err != nil {
		return nil, err
	}
	if q.Form != syntax.Construct {
		return nil, fmt.Errorf("a rule is a CONSTRUCT query")
	}
	sum := sha256.Sum256([]byte(text))
	r := &Rule{Name: name, Text: text, fingerprint: hex.EncodeToString(sum[:12]), iris: map[string]bool{}}
	for l := range strings.Lines(text) {
		if c, ok := strings.CutPrefix(strings.TrimSpace(l), "#"); ok {
			r.Title = strings.TrimSpace(c)
			break
		}
	}
	r.collect(reflect.ValueOf(q))
	return r, nil
}

var (
	termType    = reflect.TypeFor[rdf.Term]()
	tripleType  = reflect.TypeFor[syntax.Triple]()
	negatedType = reflect.TypeFor[syntax.Negated]()
	callType    = reflect.TypeFor[syntax.Call]()
)

// collect finds all IRIs in a part of a query, and whether it asks for any predicate. What it does not understand counts as that.
func (r *Rule) collect(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			r.collect(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			r.collect(v.Index(i))
		}
	case reflect.Struct:
		switch v.Type() {
		case termType:
			if t, ok := v.Interface().(rdf.Term); ok && t.IsIRI() {
				r.iris[t.Value()] = true
			}
			return
		case negatedType:
			r.any = true
		case tripleType:
			t := v.Interface().(syntax.Triple)
			if t.Path == nil && !t.P.Term.IsIRI() {
				r.any = true
			}
		case callType:
			// NOW and RAND give something else each time, whatever changed.
			if f := v.Interface().(syntax.Call).Func; f == "NOW" || f == "RAND" || f == "UUID" || f == "STRUUID" {
				r.any = true
			}
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.collect(v.Field(i))
			}
		}
	}
}

// touched reports whether changes of statements with these predicates can change what the rule derives.
func (r *Rule) touched(predicates map[string]bool) bool {
	if r.any {
		return len(predicates) > 0
	}
	for p := range predicates {
		if r.iris[p] {
			return true
		}
	}
	return false
}

// ruleMemory is the most memory of a rule's query.
const ruleMemory = 1 << 30

// derive evaluates a rule.
func (r *Rule) derive(ctx context.Context, n store.Snapshot) ([]rdf.Triple, error) {
	e := sparql.NewEngine(sparql.Options{UnionDefaultGraph: true, Prefixes: vocab.Prefixes(), Memory: ruleMemory})
	result, err := e.Query(ctx, n, r.Text)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	defer result.Close()
	seen := map[rdf.Triple]struct{}{}
	var out []rdf.Triple
	for t, err := range result.Triples() {
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		if _, ok := seen[t]; !ok {
			seen[t] = struct{}{}
			out = append(out, t)
		}
	}
	if _, err := canon.Stable(ctx, out, canon.StableOptions{Scope: "rule " + r.Name}); err != nil {
		return nil, err
	}
	return out, nil
}
