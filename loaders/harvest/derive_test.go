package harvest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

// moreRules are rules that hang together in other ways than those of the examples, and a rule that sees what others derive.
var moreRules = map[string]string{
	"50-seen": "CONSTRUCT { ?d <urn:seen> ?o } WHERE { ?d a dcat:Dataset . OPTIONAL { ?d dct:publisher ?p . ?p foaf:name ?n } BIND (COALESCE(?n, 'none') AS ?o) }",
	"51-union": "CONSTRUCT { ?d <urn:union> ?x } WHERE { { ?d dcat:theme ?x } UNION { ?c dcat:dataset ?d . ?c dct:publisher ?x } " +
		"?d a dcat:Dataset MINUS { ?d dcat:distribution ?y . ?y dct:license <http://example.org/closed> } }",
	"52-path":   "CONSTRUCT { ?s <urn:above> ?t } WHERE { ?s skos:broader+ ?t }",
	"53-of":     "CONSTRUCT { ?p <urn:publishes> ?d } WHERE { ?d <urn:union> ?p ; ^dcat:dataset/dct:publisher ?p }",
	"54-whole":  "CONSTRUCT { ?c <urn:count> ?n } WHERE { SELECT ?c (COUNT(*) AS ?n) { ?c dcat:dataset ?d } GROUP BY ?c }",
	"55-nested": "CONSTRUCT { ?d <urn:nested> true } WHERE { ?d a dcat:Dataset FILTER NOT EXISTS { ?d dcat:distribution ?x FILTER NOT EXISTS { ?x dct:license ?l . ?l a <urn:Open> } } }",
}

// TestIncrementalRules changes sources at random and compares the facts after each run with those of a store that is new, where all rules
// are evaluated as a whole.
func TestIncrementalRules(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	incremental := newBench(t, disk(t))
	config := "rules: [" + examples + ", more]\nsources:\n- {name: cat, kind: rdf, path: cat.ttl}\n- {name: other, kind: rdf, path: other.ttl}\n- {name: los, kind: rdf, path: los.ttl}"
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	const prefixes = head + "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix dcatap: <http://data.europa.eu/r5r/> . @prefix at: <http://publications.europa.eu/resource/authority/> .\n"
	dataset := func(source string, i int) string {
		var b strings.Builder
		d := fmt.Sprintf(":%s%d", source, i)
		fmt.Fprintf(&b, "%s a dcat:Dataset .\n", d)
		maybe := func(one int, text string) {
			if r.IntN(one) == 0 {
				b.WriteString(d + " " + text + " .\n")
			}
		}
		maybe(2, "dct:publisher "+pick(":org1", ":org2", ":org3"))
		maybe(2, "dct:accessRights <http://publications.europa.eu/resource/authority/access-right/"+pick("PUBLIC", "RESTRICTED")+">")
		maybe(2, "dcat:theme "+pick("<https://psi.norge.no/los/tema/helse>", "<https://psi.norge.no/los/tema/skole>", "<http://publications.europa.eu/resource/authority/data-theme/HEAL>"))
		maybe(4, "dcatap:hvdCategory <http://data.europa.eu/bna/c_1>")
		licence := pick("<https://creativecommons.org/licenses/by/4.0/>", "<http://example.org/closed>", ":licence")
		maybe(2, "dcat:distribution "+pick("[ dct:license "+licence+" ]", d+"x")) // a blank node, or another dataset's too
		fmt.Fprintf(&b, "%sx dct:license %s .\n", d, licence)
		maybe(5, "dct:title \"x"+fmt.Sprint(r.IntN(9))+"\"")
		return b.String()
	}
	catalogue := map[string]string{}
	write := func(file string) {
		var b strings.Builder
		b.WriteString(prefixes)
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k := range catalogue {
				if strings.HasPrefix(k, file) && !yield(k) {
					return
				}
			}
		}) {
			b.WriteString(catalogue[k])
		}
		incremental.write(file+".ttl", b.String())
	}
	change := func() {
		source := pick("cat", "other", "los")
		switch i := r.IntN(8); {
		case source == "los":
			a, b := pick("helse", "skole"), pick("helse", "skole", "kultur")
			catalogue["los"+a] = fmt.Sprintf("<https://psi.norge.no/los/tema/%s> a skos:Concept ; skos:%s at:data-theme\\/%s ; skos:broader <https://psi.norge.no/los/tema/%s> .\n",
				a, pick("broadMatch", "exactMatch", "related"), pick("HEAL", "EDUC"), b)
		case i < 5:
			catalogue[fmt.Sprint(source, i)] = dataset(source, i)
		case i == 5:
			delete(catalogue, fmt.Sprint(source, r.IntN(5)))
		case i == 6:
			catalogue[source+"-catalogue"] = fmt.Sprintf(":c%s a dcat:Catalog ; dcat:dataset :%s%d, :cat%d ; dct:publisher %s .\n", source, source, r.IntN(5), r.IntN(5), pick(":org1", ":org2"))
		default:
			catalogue[source+"-org"] = pick(":org1 foaf:name \"A\" .\n", ":org2 foaf:name \"B\" . :org1 foaf:name \"C\" .\n", ":licence a <urn:Open> .\n")
		}
		write(source)
	}
	for name, text := range moreRules {
		incremental.write("more/"+name+".rq", "# "+name+"\n"+text)
	}
	for i := range 5 {
		catalogue[fmt.Sprint("cat", i)], catalogue[fmt.Sprint("other", i)] = dataset("cat", i), dataset("other", i)
	}
	catalogue["los-first"] = "<https://psi.norge.no/los/tema/kultur> a skos:Concept .\n"
	for _, s := range []string{"cat", "other", "los"} {
		write(s)
	}
	rounds, parts := 25, map[bool]int{}
	if testing.Short() {
		rounds = 8
	}
	for round := range rounds {
		for range 1 + r.IntN(3) {
			change()
		}
		switch {
		case round%8 == 7: // rules that change and go
			incremental.write("more/50-seen.rq", fmt.Sprintf("# seen %d\n%s", round, moreRules["50-seen"]))
		case round == 20:
			if err := os.Remove(filepath.Join(incremental.dir, "more/51-union.rq")); err != nil {
				t.Fatal(err)
			}
		}
		incremental.config = config
		for _, s := range incremental.run(harvest.RunOptions{}) {
			for _, d := range s.Derived {
				parts[d.Whole]++
				if strings.HasPrefix(d.Rule, "54") && !d.Whole {
					t.Errorf("%s was evaluated in part: %+v", d.Rule, d)
				}
			}
		}
		fresh := newBench(t, memstore.New())
		fresh.dir, fresh.config = incremental.dir, config
		fresh.run(harvest.RunOptions{})
		got, want := incremental.quads(""), fresh.quads("")
		if !slices.Equal(got, want) {
			for _, q := range got {
				if !slices.Contains(want, q) {
					t.Errorf("too much: %s", q)
				}
			}
			for _, q := range want {
				if !slices.Contains(got, q) {
					t.Errorf("missing: %s", q)
				}
			}
			t.Fatalf("round %d", round)
		}
	}
	if parts[false] == 0 || parts[true] == 0 {
		t.Errorf("changes of facts by evaluation in part and as a whole: %v", parts)
	}
	t.Logf("in part %d, as a whole %d", parts[false], parts[true])
}
