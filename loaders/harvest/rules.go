package harvest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql"
	"triplestore/sparql/syntax"
	"triplestore/store"
	"triplestore/store/visible"
	"triplestore/vocab"
)

// Rule derives facts: a SPARQL CONSTRUCT query over all graphs of the store but the provenance. Its facts are in a graph of their own. Rules are applied in
// the order of their names and see what those before them derived.
type Rule struct {
	// Name is the name of the file without its extension. Title is its first comment.
	Name, Title string
	Text        string

	fingerprint string
	// iris are all IRIs of the query: only changes of statements with one of them as predicate can matter, unless any is true.
	iris map[string]bool
	any  bool
	// derives are the predicates of its facts; nil is any. makes tells that it makes blank nodes.
	derives map[string]bool
	makes   bool
	// wide tells that the query could match statements of the provenance.
	wide bool
	// focus is nil where the rule can only be evaluated as a whole.
	focus *focus
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
	r.any = r.any || unanchored(reflect.ValueOf(q), nil)
	for iri := range r.iris {
		r.wide = r.wide || toldOf[iri]
	}
	r.wide = r.wide || r.any
	r.derives = map[string]bool{}
	for i := range q.Template {
		t := &q.Template[i]
		r.makes = r.makes || t.S.Kind == syntax.BlankNode || t.O.Kind == syntax.BlankNode || t.S.Kind == syntax.TripleNode || t.O.Kind == syntax.TripleNode
		if r.derives != nil && t.P.Kind == syntax.TermNode {
			r.derives[t.P.Term.Value()] = true
		} else {
			r.derives = nil
		}
	}
	if !r.any {
		r.focus = findFocus(q)
	}
	return r, nil
}

// sees tells whether facts of a rule can matter to this one.
func (r *Rule) sees(other *Rule) bool {
	if r.any || r.focus == nil || other.derives == nil {
		return true
	}
	for p := range other.derives {
		if r.focus.mentions(p) {
			return true
		}
	}
	return false
}

var (
	termType    = reflect.TypeFor[rdf.Term]()
	tripleType  = reflect.TypeFor[syntax.Triple]()
	negatedType = reflect.TypeFor[syntax.Negated]()
	callType    = reflect.TypeFor[syntax.Call]()
	graphType   = reflect.TypeFor[syntax.Graph]()
	groupType   = reflect.TypeFor[syntax.Group]()
	queryType   = reflect.TypeFor[syntax.Query]()
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
			r.wide = r.wide || t.Path == nil && t.P.Term.Value() == vocab.RDFType && !t.O.Term.IsIRI()
			if t.Path != nil {
				r.wideIn(t.Path)
			}
		case graphType:
			r.wide = true // it finds graphs by their names, too
		case callType:
			// NOW and RAND give something else each time, whatever changed.
			f := v.Interface().(syntax.Call).Func
			r.any = r.any || f == "NOW" || f == "RAND" || f == "UUID" || f == "STRUUID"
			r.makes = r.makes || f == "BNODE"
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				r.collect(v.Field(i))
			}
		}
	}
}

// wideIn looks at the part of a path: rdf:type in it has objects that may be any class, and a path that may have no steps ends where it begins.
func (r *Rule) wideIn(p syntax.Path) {
	switch p := p.(type) {
	case *syntax.Link:
		r.wide = r.wide || p.IRI.Value() == vocab.RDFType
	case *syntax.Inverse:
		r.wideIn(p.Path)
	case *syntax.Sequence:
		for _, x := range p.Parts {
			r.wideIn(x)
		}
	case *syntax.Alternative:
		for _, x := range p.Parts {
			r.wideIn(x)
		}
	default:
		r.wide = true
	}
}

// unanchored reports whether a part of a query finds nodes or graphs by their being there at all, whatever the predicates: a path that may have no steps,
// neither of whose ends is bound by a triple, starts at every node (https://www.w3.org/TR/sparql11-query/#defn_evalPP_ZeroOrOnePath), and GRAPH ?g { } finds every graph.
// What is around the part binds bound.
func unanchored(v reflect.Value, bound map[string]bool) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && unanchored(v.Elem(), bound)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if unanchored(v.Index(i), bound) {
				return true
			}
		}
	case reflect.Struct:
		switch v.Type() {
		case termType:
			return false
		case queryType:
			bound = nil // a sub-select is evaluated by itself
		case graphType:
			if g := v.Interface().(syntax.Graph); g.Name.Kind == syntax.VarNode && len(g.Group.Elements) == 0 {
				return true
			}
		case groupType:
			bound = maps.Clone(bound)
			if bound == nil {
				bound = map[string]bool{}
			}
			if !anchor(v.Interface().(syntax.Group).Elements, bound) {
				return true
			}
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && unanchored(v.Field(i), bound) {
				return true
			}
		}
	}
	return false
}

// anchor adds what triples among elements bind, and reports whether each path that may have no steps has an end that is bound.
func anchor(elements []syntax.Pattern, bound map[string]bool) bool {
	var loose []*syntax.Triple
	for _, e := range elements {
		ts, ok := e.(*syntax.Triples)
		if !ok {
			continue
		}
		for i := range ts.Triples {
			if t := &ts.Triples[i]; nullable(t.Path) {
				loose = append(loose, t)
			} else {
				bound[key(&t.S)], bound[key(&t.O)] = true, true
			}
		}
	}
	is := func(n *syntax.Node) bool { return n.Kind == syntax.TermNode || bound[key(n)] && key(n) != "" }
	for n := -1; n != len(loose); { // one that has an end that is bound binds the other
		n = len(loose)
		loose = slices.DeleteFunc(loose, func(t *syntax.Triple) bool {
			if !is(&t.S) && !is(&t.O) {
				return false
			}
			bound[key(&t.S)], bound[key(&t.O)] = true, true
			return true
		})
	}
	return len(loose) == 0
}

// nullable reports whether a path may have no steps.
func nullable(p syntax.Path) bool {
	switch p := p.(type) {
	case *syntax.Inverse:
		return nullable(p.Path)
	case *syntax.Sequence:
		return !slices.ContainsFunc(p.Parts, func(p syntax.Path) bool { return !nullable(p) })
	case *syntax.Alternative:
		return slices.ContainsFunc(p.Parts, nullable)
	case *syntax.Repeat:
		return p.Mod != '+' || nullable(p.Path)
	}
	return false
}

// toldOf are the IRIs of predicates and classes that the provenance has, but for rdf:type.
var toldOf = func() map[string]bool {
	out := map[string]bool{}
	for _, iri := range []string{
		vocab.DCATCatalogRecord, vocab.FOAFPrimaryTopic, vocab.FOAFName, vocab.DCTIsPartOf, vocab.DCTIssued, vocab.DCTModified, vocab.DCTTitle, vocab.DCTIdentifier,
		vocab.DCTSource, vocab.DCTDescription, vocab.PROVEntity, vocab.PROVActivity, vocab.PROVSoftwareAgent, vocab.PROVPlan, vocab.PROVStartedAtTime, vocab.PROVEndedAtTime,
		vocab.PROVUsed, vocab.PROVGenerated, vocab.PROVWasGeneratedBy, vocab.PROVWasAssociatedWith, vocab.RDFValue, vocab.HVSource, vocab.HVKind, vocab.HVGraph,
		vocab.HVFingerprint, vocab.HVLastRun, vocab.HVState, vocab.HVRefused, vocab.HVRun, vocab.HVChecksum, vocab.HVAdded, vocab.HVRemoved, vocab.HVRecords,
		vocab.HVRecordsAdded, vocab.HVRecordsChanged, vocab.HVRecordsRemoved, vocab.HVRejected, vocab.HVNormalised, vocab.HVUnmatched, vocab.HVNote, vocab.HVNoteClass,
		vocab.HVSort, vocab.HVPlace, vocab.HVRecord, vocab.HVRule,
	} {
		out[iri] = true
	}
	return out
}()

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

// over is what the rule sees of a snapshot: all but the provenance, in which the times and the order of the runs are. A rule that cannot match
// anything in it is given the snapshot itself, which is cheaper to ask.
func (r *Rule) over(ctx context.Context, n store.Snapshot, provenance rdf.Term) (store.Snapshot, error) {
	if !r.wide {
		return n, nil
	}
	closed, err := visible.ParseGraphs(provenance.Value())
	if err != nil {
		return nil, err
	}
	return visible.New(one{n}).For(ctx, visible.Rights{Closed: closed}, nil).Snapshot()
}

// one is a store of one state.
type one struct{ n store.Snapshot }

func (o one) Snapshot() (store.Snapshot, error) { return kept{o.n}, nil }
func (o one) Close() error                      { return nil }
func (o one) Update(context.Context, func(store.Txn) error) (store.Result, error) {
	return store.Result{}, errors.New("harvest: a rule changes nothing")
}

// kept is a snapshot that others close.
type kept struct{ store.Snapshot }

func (kept) Close() error { return nil }

// derive evaluates a rule.
func (r *Rule) derive(ctx context.Context, n store.Snapshot) ([]rdf.Triple, error) {
	out, err := r.evaluate(ctx, n, r.Text, nil)
	if err != nil || !r.makes { // blank nodes of the data keep their names, or they would be others
		return out, err
	}
	_, err = canon.Stable(ctx, out, canon.StableOptions{Scope: "rule " + r.Name})
	return out, err
}

// fociAtOnce is how many resources one query of a rule is asked for.
const fociAtOnce = 500

// deriveFor evaluates a rule for some resources. VALUES at the end joins them with what the query finds anyway, so that its facts are those
// of the whole that are about them.
func (r *Rule) deriveFor(ctx context.Context, n store.Snapshot, foci []rdf.Term) (out []rdf.Triple, err error) {
	slices.SortFunc(foci, func(a, b rdf.Term) int { return strings.Compare(a.Value(), b.Value()) })
	for some := range slices.Chunk(foci, fociAtOnce) {
		var b strings.Builder
		b.WriteString(r.Text + "\nVALUES ?" + r.focus.variable + " {")
		for _, t := range some {
			b.WriteString(" <" + t.Value() + ">")
		}
		b.WriteString(" }")
		if out, err = r.evaluate(ctx, n, b.String(), out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// evaluate appends what a query of the rule finds, every triple once.
func (r *Rule) evaluate(ctx context.Context, n store.Snapshot, text string, out []rdf.Triple) ([]rdf.Triple, error) {
	e := sparql.NewEngine(sparql.Options{UnionDefaultGraph: true, Prefixes: vocab.Prefixes(), Memory: ruleMemory})
	result, err := e.Query(ctx, n, text)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", r.Name, err)
	}
	defer result.Close()
	seen := map[rdf.Triple]struct{}{}
	for t, err := range result.Triples() {
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		if _, ok := seen[t]; !ok {
			seen[t] = struct{}{}
			out = append(out, t)
		}
	}
	return out, nil
}
