package harvest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

// TestExampleRules applies the rules of the examples and looks at what is derived when the data change, and when they do not.
func TestExampleRules(t *testing.T) {
	stores(t, func(t *testing.T, w *workbench) {
		rules, err := filepath.Abs(filepath.Join("..", "..", "examples", "rules"))
		if err != nil {
			t.Fatal(err)
		}
		w.config = "rules: " + rules + "\nsources:\n- {name: cat, kind: rdf, path: cat.ttl}\n- {name: los, kind: rdf, path: los.ttl}"
		const data = head + `@prefix dcatap: <http://data.europa.eu/r5r/> .
:cat a dcat:Catalog ; dct:publisher :org ; dcat:dataset :d1, :d2 .
:d1 a dcat:Dataset ; dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC> ; dcat:distribution :d1-csv ;
  dcat:theme <https://psi.norge.no/los/tema/helse> ; dcatap:applicableLegislation <http://data.europa.eu/eli/reg_impl/2023/138/oj> .
:d1-csv a dcat:Distribution ; dct:license <https://creativecommons.org/licenses/by/4.0/> .
:d2 a dcat:Dataset ; dct:publisher :own .
`
		w.write("cat.ttl", data)
		w.write("los.ttl", `@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://psi.norge.no/los/tema/helse> skos:broadMatch <http://publications.europa.eu/resource/authority/data-theme/HEAL> .`)
		w.run(harvest.RunOptions{})
		derived := func() string { return strings.Join(w.quads(harvest.DefaultGraphBase+"derived/"), "\n") }
		for _, want := range []string{
			"<http://example.org/d1> <http://purl.org/dc/terms/publisher> <http://example.org/org>",
			"<http://example.org/d1> <urn:x-triplestore:fact#isOpenData> \"true\"", "<http://example.org/d2> <urn:x-triplestore:fact#isOpenData> \"false\"",
			"<http://example.org/d1> <urn:x-triplestore:fact#isHighValue> \"true\"",
			"<http://example.org/d1> <http://www.w3.org/ns/dcat#theme> <http://publications.europa.eu/resource/authority/data-theme/HEAL>",
		} {
			if !strings.Contains(derived(), want) {
				t.Errorf("not derived: %s\n%s", want, derived())
			}
		}
		if n := len(w.quads(harvest.DefaultGraphBase + "derived/")); n != 6 {
			t.Errorf("%d facts:\n%s", n, derived())
		}
		n := w.commit()
		if w.run(harvest.RunOptions{Full: true}); w.commit() != n {
			t.Error("nothing changed and there is a commit")
		}
		// A title concerns no rule; a licence concerns one.
		w.write("cat.ttl", data+`:d2 dct:title "To" .`)
		if r := w.run(harvest.RunOptions{})["cat"]; len(r.Derived) != 0 || r.Added != 1 {
			t.Errorf("a title: %+v", r)
		}
		w.write("cat.ttl", strings.Replace(data, "licenses/by/4.0", "licenses/by-nc/4.0", 1))
		r := w.run(harvest.RunOptions{})["cat"]
		if len(r.Derived) != 1 || r.Derived[0].Rule != "20-open-data" || r.Derived[0].Added != 1 || r.Derived[0].Removed != 1 {
			t.Errorf("a licence: %+v", r.Derived)
		}
		// Without the rules their facts go, also when no source changed.
		w.config = "sources:\n- {name: cat, kind: rdf, path: cat.ttl}\n- {name: los, kind: rdf, path: los.ttl}"
		if w.run(harvest.RunOptions{}); derived() != "" {
			t.Errorf("facts of rules that are gone:\n%s", derived())
		}
	})
}

// TestRuleOfNodes: what a rule finds by its being there at all follows every change.
func TestRuleOfNodes(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"?x dcat:theme? ?s FILTER ISIRI(?s)", "GRAPH ?s { }", "?s a dcat:Dataset ; dcat:theme? ?x"} {
		facts := func(texts ...string) string {
			w := newBench(t, memstore.New())
			w.config = "rules: '*.rq'\nsources:\n- {name: cat, kind: rdf, path: cat.ttl}\n- {name: los, kind: rdf, path: los.ttl}"
			w.write("nodes.rq", "CONSTRUCT { ?s <x:is> true } WHERE { "+where+" }")
			w.write("los.ttl", "")
			for _, text := range texts {
				w.write("cat.ttl", head+text)
				w.run(harvest.RunOptions{})
			}
			return strings.Join(w.quads(harvest.DefaultGraphBase+"derived/"), "\n")
		}
		const one, two = ":d a dcat:Dataset .", ":d a dcat:Dataset ; dct:language :new ."
		if got, want := facts(one, two), facts(two); got != want || want == "" {
			t.Errorf("%s: facts are\n%s\nand in a store that has the same from the start\n%s", where, got, want)
		}
	}
}

func TestRuleMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT * {}":    "a rule is a CONSTRUCT query",
		"CONSTRUCT { ?s": "line 1",
	} {
		if _, err := harvest.ParseRule("r", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := harvest.ParseRule("a/b", "CONSTRUCT WHERE { ?s ?p ?o }"); err == nil {
		t.Error("a name with a slash")
	}
}

// TestRulesSeeNoProvenance: what a rule derives does not depend on the runs that were before, in whatever way it asks.
func TestRulesSeeNoProvenance(t *testing.T) {
	t.Parallel()
	for _, where := range []string{
		"?x dct:title ?o", "?x ?p ?o", "?x a ?o", "?x a/rdfs:subClassOf* ?o", "?x dct:issued|dct:title ?o", "?x !dcat:theme ?o", "GRAPH ?o { ?x a dcat:Dataset }",
		"GRAPH <urn:x-triplestore:harvest/provenance> { ?x ?p ?o }", "?x a dcat:CatalogRecord BIND (?x AS ?o)", "?x a prov:Activity BIND (?x AS ?o)", "?x ^rdf:type ?o",
		"SELECT (COUNT(*) AS ?o) { ?x dct:title ?y }", "?d a dcat:Dataset . ?d dcat:theme? ?o",
	} {
		var all []string
		for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
			w := newBench(t, memstore.New())
			w.write("rules/x.rq", "CONSTRUCT { <http://example.org/index> <http://example.org/has> ?o } WHERE { "+where+" }")
			w.write("a.ttl", head+`:d1 a dcat:Dataset ; dct:title "one" .`)
			w.write("b.ttl", head+`:d2 a dcat:Dataset ; dct:title "two" .`)
			w.config = "rules: rules\nsources:\n- {name: a, kind: gate, path: a.ttl}\n- {name: b, kind: gate, path: b.ttl}"
			w.runInOrder(order, harvest.RunOptions{})
			quads := strings.Join(w.quads("urn:x-triplestore:harvest/derived"), "\n")
			if strings.Contains(quads, "harvest/provenance") || strings.Contains(quads, "prov#") || strings.Contains(quads, "/record/") {
				t.Errorf("%s: it sees the provenance:\n%s", where, quads)
			}
			all = append(all, quads)
		}
		if all[0] != all[1] {
			t.Errorf("%s:\n%s\n\n%s", where, all[0], all[1])
		}
	}
}

// TestAllProvenanceIsHidden asks for each predicate and class that the provenance has, so that none of them is forgotten.
func TestAllProvenanceIsHidden(t *testing.T) {
	t.Parallel()
	w := newBench(t, memstore.New())
	w.write("first.rq", "CONSTRUCT { ?x <http://example.org/is> ?x } WHERE { ?x <http://example.org/p> ?y }")
	w.write("a.ttl", head+`:d1 :p :d1 . :d1 a dcat:Dataset .`)
	w.write("b.ttl", head+`:d1 a dcat:Dataset . :d2 :p <http://example.org/a b> .`)
	config := "\nsources:\n- {name: a, kind: rdf, path: a.ttl}\n- {name: b, kind: rdf, path: b.ttl}"
	w.config = "rules: first.rq" + config
	w.run(harvest.RunOptions{})
	asked := map[string]bool{}
	for _, q := range w.quadsOf(func(graph string) bool { return graph == harvest.DefaultGraphBase+"provenance" }) {
		terms := strings.SplitN(q, " ", 4)
		where := "?x " + terms[1] + " ?y"
		if strings.HasSuffix(terms[1], "22-rdf-syntax-ns#type>") {
			where = "?x a " + terms[2]
		}
		if !asked[where] {
			asked[where] = true
			w.write(fmt.Sprintf("rules/r%d.rq", len(asked)), "# "+where+"\nCONSTRUCT { ?x <http://example.org/is> ?x } WHERE { "+where+" }")
		}
	}
	if len(asked) < 35 {
		t.Errorf("the provenance has only %d predicates and classes", len(asked))
	}
	w.config = "rules: rules" + config
	w.run(harvest.RunOptions{Full: true})
	if got := w.quads("urn:x-triplestore:harvest/derived"); len(got) > 0 {
		t.Errorf("rules see the provenance:\n%s", strings.Join(got, "\n"))
	}
}
