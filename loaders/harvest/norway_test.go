package harvest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/loaders/harvest"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/store"
	"triplestore/vocab"
)

// TestNorway harvests all of the real data from Norway as sources, one a folder, in one run and again; then one record changes and one
// is removed, and the difference of the commits has just that.
func TestNorway(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	data := filepath.Join(w3c.RealData(t), "norway")
	folders, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	st := disk(t)
	w := newBench(t, st)
	w.config = "sources:\n"
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		if sections := tables(filepath.Join(data, f.Name())); sections[f.Name()] != "" {
			w.config += sections[f.Name()]
			continue
		}
		w.config += fmt.Sprintf("- {name: %s, kind: rdf, path: %s}\n", f.Name(), filepath.Join(data, f.Name()))
	}
	// The catalogue that changes is a copy of one of them, under names of its own, so that nobody else claims them.
	text, err := os.ReadFile(filepath.Join(data, "fdk", "catalogues", "nav-2017-10-31.ttl"))
	if err != nil {
		t.Fatal(err)
	}
	quads, err := turtle.ParseString(string(text), turtle.Options{Dialect: turtle.Turtle, Base: "http://example.org/"})
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[rdf.Term]bool{}
	for _, q := range quads {
		subjects[q.S] = true
	}
	own := func(x rdf.Term) rdf.Term {
		if x.IsIRI() && subjects[x] {
			return rdf.IRI("urn:x-copy:" + strings.ReplaceAll(x.Value(), ":", "/"))
		}
		return x
	}
	datasets := map[rdf.Term]bool{}
	for i := range quads {
		quads[i].S, quads[i].O = own(quads[i].S), own(quads[i].O)
		if quads[i].P.Value() == vocab.RDFType && quads[i].O.Value() == vocab.DCATDataset && quads[i].S.IsIRI() {
			datasets[quads[i].S] = true
		}
	}
	write := func(keep func(rdf.Quad) (rdf.Quad, bool)) {
		var b strings.Builder
		for _, q := range quads {
			if q, ok := keep(q); ok {
				b.WriteString(q.String() + "\n")
			}
		}
		w.write("copy.nt", b.String())
	}
	write(func(q rdf.Quad) (rdf.Quad, bool) { return q, true })
	w.config += "- {name: copy, kind: rdf, path: copy.nt}\n"

	first := w.run(harvest.RunOptions{})
	var triples, records int64
	for name, r := range first {
		if r.Status != harvest.Changed {
			t.Errorf("%s: %s: %s: %s", name, r.Status, r.Class, r.Error)
		}
		for _, n := range r.Notes {
			if n.Sort == source.Unmatched && strings.Contains(n.Message, "#") && strings.Contains(n.Message, "enheter/") {
				t.Errorf("%s: a part of an organisation is reported: %s", name, n.Message)
			}
		}
		triples += r.Added
		records += r.Records.Added
		if testing.Verbose() {
			t.Logf("%-20s %-9s %7d statements, %5d records, %4d rejected, %4d conflicts", name, r.Status, r.Added, r.Records.Added, r.Rejected, r.Conflicts)
		}
	}
	if triples < 190_000 || records < 16_000 {
		t.Errorf("%d statements and %d records are too few", triples, records)
	}
	t.Logf("%d statements, %d records, commit %d", triples, records, w.commit())

	commit := w.commit()
	w.run(harvest.RunOptions{})
	w.run(harvest.RunOptions{Full: true})
	if w.commit() != commit {
		t.Fatalf("nothing changed, and there are commits up to %d after %d", w.commit(), commit)
	}

	// One title changes, and one dataset goes with all that is said about it.
	var title rdf.Quad
	var gone rdf.Term
	for _, q := range quads {
		if datasets[q.S] && q.P.Value() == vocab.DCTTitle && title.S.IsZero() {
			title = q
		}
	}
	for _, q := range quads {
		if datasets[q.S] && q.S != title.S && gone.IsZero() && !slices.ContainsFunc(quads, func(x rdf.Quad) bool { return x.S == q.S && x.O.IsBlankNode() }) {
			gone = q.S
		}
	}
	if title.S.IsZero() || gone.IsZero() {
		t.Fatal("the examples have no datasets to change")
	}
	next := title
	next.O = rdf.LangLiteral("En annen tittel", "nb")
	var want []string
	graph := rdf.IRI(harvest.DefaultGraphBase + "copy")
	tell := func(sign string, q rdf.Quad) {
		if q.P.Value() == vocab.DCTPublisher { // no rule knows its IRI, but it has a number
			if !strings.HasSuffix(q.O.Value(), "/enhet/974761076.json") {
				t.Errorf("the publisher is %s", q.O)
			}
			q.O = rdf.IRI("https://data.brreg.no/enhetsregisteret/api/enheter/974761076")
		}
		q.G = graph
		want = append(want, sign+" "+q.String())
	}
	write(func(q rdf.Quad) (rdf.Quad, bool) {
		switch {
		case q == title:
			tell("-", title)
			tell("+", next)
			return next, true
		case q.S == gone:
			tell("-", q)
			return q, false
		}
		return q, true
	})
	r := w.run(harvest.RunOptions{})["copy"]
	if r.Records.Changed != 1 || r.Records.Removed != 1 || r.Records.Added != 0 || r.Commit != commit+1 || w.commit() != commit+1 {
		t.Errorf("%+v", r)
	}
	got := difference(t, st, commit, commit+1)
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("the commit changed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if int(r.Added+r.Removed) != len(got) {
		t.Errorf("the report counts %d added and %d removed", r.Added, r.Removed)
	}
}

// tables are the sections for the folders that have no RDF but tables: GeoJSON, CSV, and archives of XML.
func tables(dir string) map[string]string {
	const klass = "klass-shared/src/main/resources/import/stabas/dev/"
	return map[string]string{
		"geo": `
- name: geo
  kind: table
  path: ` + filepath.Join(dir, "Kommuner-S.geojson") + `
  rows: features
  subject: "https://data.geonorge.no/administrativeEnheter/kommune/nummer/{properties.kommunenummer}"
  type: dct:Location
  properties:
    - {property: rdfs:label, column: properties.kommunenavn, language: nb, required: true}
    - {property: dct:type, column: geometry.type, map: {Polygon: "http://www.opengis.net/ont/sf#Polygon", MultiPolygon: "http://www.opengis.net/ont/sf#MultiPolygon"}}
- name: geo-counties
  kind: table
  path: ` + filepath.Join(dir, "Fylker-S.geojson") + `
  rows: features
  subject: "https://data.geonorge.no/administrativeEnheter/fylke/nummer/{properties.fylkesnummer}"
  type: dct:Location
  properties: [{property: rdfs:label, column: properties.fylkesnavn, language: nb, required: true}]
- name: geo-nation
  kind: table
  path: ` + filepath.Join(dir, "Norge-S.geojson") + `
  rows: features
  subject: "urn:x-nation:{properties.name}"
  properties: [{property: rdfs:label, column: properties.name, language: nb, required: true}]
`,
		"ssb-klass-web": `
- name: ssb-klass-web
  kind: table
  path: ` + filepath.Join(dir, "test/mock_klass_api/mock_data/codes.csv") + `
  subject: "https://data.ssb.no/api/klass/v1/classifications/131/codes/{code}"
  type: skos:Concept
  properties:
    - {property: skos:prefLabel, column: name, language: nb}
    - {property: skos:notation, column: code}
    - {property: schema:validFrom, column: validFrom, datatype: xsd:date}
`,
		"ssb-klass": `
- name: ssb-klass
  kind: table
  path: ` + filepath.Join(dir, klass+"classifications.zip") + `
  subject: "{+@id}"
  type: skos:ConceptScheme
  properties:
    - {property: dct:title, column: TitleGrp.Title@nb, language: nb, required: true}
    - {property: dct:title, column: TitleGrp.Title@en, language: en, required: true}
    - {property: dct:hasVersion, column: ClassificationVersions.ClassificationVersion.@id, iri: "{+}", required: true}
- name: ssb-klass-correspondences
  kind: table
  path: ` + filepath.Join(dir, klass+"correspondencetables.zip") + `
  rows: CorrespondenceItemGroup.CorrespondenceItem
  subject: "{+@id}"
  type: skos:Concept
  properties:
    - {property: skos:notation, column: CodeValue, required: true}
    - {property: skos:prefLabel, column: CodeTextGrp.CodeText@nb, language: nb}
`,
	}
}

// difference lists what a commit changed outside the provenance, sorted.
func difference(t *testing.T, st interface {
	store.Store
	store.History
}, from, to uint64) []string {
	t.Helper()
	a, err := st.SnapshotAt(from)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := st.SnapshotAt(to)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var out []string
	for c, err := range st.Diff(t.Context(), a, b) {
		if err != nil {
			t.Fatal(err)
		}
		var x [4]rdf.Term
		if err := b.Terms(c.Quad[:], x[:]); err != nil {
			t.Fatal(err)
		}
		if x[store.G].Value() == harvest.DefaultGraphBase+"provenance" {
			continue
		}
		sign := "+"
		if c.Deleted {
			sign = "-"
		}
		out = append(out, sign+" "+rdf.Quad{S: x[0], P: x[1], O: x[2], G: x[3]}.String())
	}
	slices.Sort(out)
	return out
}
