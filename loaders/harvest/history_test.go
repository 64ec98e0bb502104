package harvest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/store/memstore"
)

var (
	histories   = flag.Int("histories", 3, "random histories of sources in TestHistoryForgotten")
	historySeed = flag.Uint64("seed", 0, "the first seed of TestHistoryForgotten; 0 is one of the clock")
)

// randomCatalogue makes a catalogue of some of a few datasets, which other sources may claim too, with parts that datasets share, blank nodes
// that look alike and in circles, and statements that belong to no record.
func randomCatalogue(r *rand.Rand, name string) string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, ":cat%s a dcat:Catalog ; dct:title %q .\n", name, name+one("", " 2"))
	for d := range 7 {
		if r.IntN(2) == 0 {
			continue
		}
		fmt.Fprintf(&b, ":cat%s dcat:dataset :d%d . :d%d a dcat:Dataset ; dct:title %q", name, d, d, one("A", "B", name))
		for range r.IntN(4) {
			switch r.IntN(7) {
			case 0:
				fmt.Fprintf(&b, " ; dcat:contactPoint [ a vcard:Kind ; vcard:fn %q ]", one("x", "y"))
			case 1:
				fmt.Fprintf(&b, " ; dcat:distribution :x%d . :x%d a dcat:Distribution ; dct:title %q . :d%d dct:type :t", d%3, d%3, one("x", name), d)
			case 2:
				fmt.Fprintf(&b, " ; dct:relation :d%d", r.IntN(7))
			case 3:
				fmt.Fprintf(&b, " ; dct:spatial _:s%d . _:s%d dct:relation _:s%d . :d%d dct:type :u", d%2, d%2, (d+1)%2, d)
			case 4:
				fmt.Fprintf(&b, " ; dct:publisher :o%d . :o%d a foaf:Agent ; foaf:name %q . :d%d dct:type :v", r.IntN(2), r.IntN(2), one("O", name), d)
			case 5:
				fmt.Fprintf(&b, " ; dct:temporal [ dct:relation [ dct:title %q ] ]", one("t", "u"))
			case 6:
				fmt.Fprintf(&b, " . :r%d a dcat:CatalogRecord ; foaf:primaryTopic :d%d ; dct:modified %q . :d%d dct:type :w", d, d, one("2026", "2027"), d)
			}
		}
		b.WriteString(" .\n")
	}
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, ":note%s dct:description %q .\n", one("", name), one("n", "m"))
	}
	return b.String()
}

// rules derive facts of one record, and of several.
func rules(w *workbench) {
	const prefixes = "PREFIX dct: <http://purl.org/dc/terms/> PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX e: <http://example.org/> PREFIX foaf: <http://xmlns.com/foaf/0.1/>\n"
	w.write("rules/publishes.rq", prefixes+"CONSTRUCT { ?o e:publishes ?d ; e:called ?n } WHERE { ?d dct:publisher ?o . ?o foaf:name ?n }")
	w.write("rules/near.rq", prefixes+"CONSTRUCT { ?d e:near ?f } WHERE { ?d dct:relation ?e . ?e dct:relation ?f ; a dcat:Dataset FILTER NOT EXISTS { ?d dct:type e:t } }")
	w.write("rules/many.rq", prefixes+"CONSTRUCT { ?d e:distributions ?n } WHERE { SELECT ?d (COUNT(?x) AS ?n) { ?d dcat:distribution ?x } GROUP BY ?d }")
}

// TestHistoryForgotten: after any history of sources that change, gain and lose records to each other, fail, leave and come back, the store has what a new store
// has that harvests the last documents.
func TestHistoryForgotten(t *testing.T) {
	t.Parallel()
	seed := *historySeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	compared := 0
	for n := range uint64(*histories) {
		r := rand.New(rand.NewPCG(seed+n, 2))
		w := newBench(t, memstore.New())
		if n%3 == 2 {
			w = newBench(t, disk(t))
		}
		rules(w)
		names := []string{"a", "b", "c"}[:1+r.IntN(3)]
		config := func() string {
			var b strings.Builder
			b.WriteString("rules: rules\nsources:\n")
			for _, name := range names {
				fmt.Fprintf(&b, "- {name: %s, kind: rdf, path: %s.ttl, graphs: %s, priority: %d}\n", name, name, []string{"source", "record"}[r.IntN(2)], r.IntN(3))
			}
			return b.String()
		}
		w.config = config()
		texts := map[string]string{}
		var story []string
		for step := range 6 {
			for _, name := range names {
				if step == 0 || r.IntN(2) == 0 {
					texts[name] = randomCatalogue(r, name)
					w.write(name+".ttl", texts[name])
				}
			}
			if step > 0 && r.IntN(4) == 0 { // a run that fails for one source
				name := names[r.IntN(len(names))]
				w.write(name+".ttl", texts[name]+" :broken")
				if rep := w.run(harvest.RunOptions{})[name]; rep.Status != harvest.Failed {
					t.Fatalf("seed %d: %+v", seed+n, rep)
				}
				w.write(name+".ttl", texts[name])
			}
			story = append(story, fmt.Sprint(texts))
			if step > 0 && r.IntN(3) == 0 {
				r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
				w.config = config()
			}
			if step > 0 && len(names) > 1 && r.IntN(4) == 0 { // one of them leaves for a run and comes back
				all, gone := w.config, names[r.IntN(len(names))]
				w.config = strings.Join(slices.DeleteFunc(strings.SplitAfter(all, "\n"), func(line string) bool { return strings.Contains(line, "name: "+gone) }), "")
				w.run(harvest.RunOptions{})
				w.config = all
			}
			w.run(harvest.RunOptions{Full: r.IntN(4) == 0})
			fresh := newBench(t, memstore.New())
			fresh.config = w.config
			rules(fresh)
			for name, text := range texts {
				fresh.write(name+".ttl", text)
			}
			fresh.run(harvest.RunOptions{})
			if got, want := w.quads(""), fresh.quads(""); !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d: after a history the store has\n%s\nand lacks\n%s\n%s\n%s", seed+n, step, strings.Join(without(got, want), "\n"), strings.Join(without(want, got), "\n"), w.config,
					strings.Join(story[max(0, len(story)-2):], "\n---\n"))
			}
			commit := w.commit()
			if w.run(harvest.RunOptions{Full: r.IntN(2) == 0}); w.commit() != commit {
				t.Errorf("seed %d, step %d: nothing changed and there is a commit", seed+n, step)
			}
			compared++
		}
	}
	t.Logf("seeds from %d: %d states compared", seed, compared)
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
