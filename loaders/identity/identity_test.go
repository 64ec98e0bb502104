package identity

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/loaders/source"
	"triplestore/rdf"
)

func TestLookup(t *testing.T) {
	t.Parallel()
	r, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	const brreg = "https://data.brreg.no/enhetsregisteret/api/enheter/974760673"
	for in, want := range map[string]string{
		brreg:       brreg,
		brreg + "/": brreg,
		"http://data.brreg.no/enhetsregisteret/api/enheter/974760673":                                                                     brreg,
		"https://data.brreg.no/enhetsregisteret/api/underenheter/974760673":                                                               brreg,
		"http://data.brreg.no/enhetsregisteret/enhet/974760673.json":                                                                      brreg,
		"http://data.brreg.no/enhetsregisteret/enhet/974760673":                                                                           brreg,
		"https://organization-catalog.fellesdatakatalog.digdir.no/organizations/974760673":                                                brreg,
		"https://organization-catalog.data.norge.no/organizations/974760673":                                                              brreg,
		"https://organization-catalogue.fellesdatakatalog.digdir.no/organizations/974760673":                                              brreg,
		"https://organization-catalog.fellesdatakatalog.brreg.no/organizations/974760673":                                                 brreg,
		"https://w2.brreg.no/enhet/sok/detalj.jsp?orgnr=974760673":                                                                        brreg,
		"https://organization-catalog.fellesdatakatalog.digdir.no/organizations/974760674":                                                "", // the check digit
		"https://organization-catalog.fellesdatakatalog.digdir.no/organizations/9747606731":                                               "",
		"https://data.brreg.no/enhetsregisteret/api/enheter/974760673/roller":                                                             "",
		"urn:x-copy:http///data.brreg.no/enhetsregisteret/enhet/974760673":                                                                "", // a rule fits a whole IRI, never its tail
		"urn:x-copy:http://data.brreg.no/enhetsregisteret/enhet/974760673":                                                                "",
		"https://example.org/?u=http://data.brreg.no/enhetsregisteret/enhet/974760673":                                                    "",
		"http://example.data.brreg.no/enhetsregisteret/enhet/974760673":                                                                   "",
		"http://data.brreg.no/x/enhetsregisteret/enhet/974760673":                                                                         "",
		"https://example.org/974760673":                                                                                                   "",
		"https://raw.githubusercontent.com/Informasjonsforvaltning/organization-catalog/main/src/main/resources/ontology/org-type.ttl#AS": "https://data.brreg.no/enhetsregisteret/api/organisasjonsformer/AS",
		"https://data.geonorge.no/administrativeEnheter/kommune/doc/173018":                                                               "https://data.geonorge.no/administrativeEnheter/kommune/id/173018",
		"https://www.ssb.no/klass/klassifikasjoner/131#0301":                                                                              "https://data.geonorge.no/administrativeEnheter/kommune/id/173018",
		"https://data.geonorge.no/administrativeEnheter/kommune/id/172763":                                                                "https://data.geonorge.no/administrativeEnheter/kommune/id/172763172844",
		"https://data.geonorge.no/administrativeEnheter/kommune/id/999999":                                                                "",
		"https://www.ssb.no/klass/klassifikasjoner/131#1580":                                                                              "https://www.ssb.no/klass/klassifikasjoner/131#1580",
		"https://api.kartverket.no/kommuneinfo/v1/fylker/32":                                                                              "https://www.ssb.no/klass/klassifikasjoner/104#32",
		"http://psi.norge.no/los/tema/Helse-og-omsorg":                                                                                    "https://psi.norge.no/los/tema/helse-og-omsorg",
		"https://psi.norge.no/los/ord/barnehageplass.html":                                                                                "https://psi.norge.no/los/ord/barnehageplass",
		"https://psi.norge.no/los/struktur":                                                                                               "",
		"https://publications.europa.eu/resource/authority/data-theme/gove":                                                               "http://publications.europa.eu/resource/authority/data-theme/GOVE",
		"http://publications.europa.eu/mdr/resource/authority/data-theme/GOVE":                                                            "http://publications.europa.eu/resource/authority/data-theme/GOVE",
		"http://publications.europa.eu/mdr/resource/authority/data-theme/html/data-theme-eng.html#GOVE":                                   "http://publications.europa.eu/resource/authority/data-theme/GOVE",
		"http://publications.europa.eu/resource/authority/data-theme":                                                                     "",
		"https://data.europa.eu/bna/c_dd313021":                                                                                           "http://data.europa.eu/bna/c_dd313021",
		"http://www.iana.org/assignments/media-types/text/CSV":                                                                            "https://www.iana.org/assignments/media-types/text/csv",
	} {
		m, ok := r.Lookup(in)
		if ok != (want != "") || m.Canonical != want {
			t.Errorf("%s: %+v, want %s", in, m, want)
		}
		if again, _ := r.Lookup(m.Canonical); ok && again.Canonical != m.Canonical {
			t.Errorf("%s is canonical, but leads on to %s", m.Canonical, again.Canonical)
		}
	}
}

// TestMunicipalities holds the facts that are easy to get wrong: two municipalities of the same name, merged ones, numbers of 2020.
func TestMunicipalities(t *testing.T) {
	t.Parallel()
	r, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://data.geonorge.no/administrativeEnheter/kommune/id/"
	for number, id := range map[string]string{
		"1825": "172830", "0301": "173018", "1515": "173013", "1818": "172973", "3114": "172792", "3419": "172700", "3018": "172792",
	} {
		if got := r.Municipality(number); got != base+id {
			t.Errorf("%s: %s, want %s", number, got, id)
		}
	}
	if got := r.Municipality("9999"); got != "" {
		t.Error(got)
	}
	if a, b := r.Municipality("5401"), r.Municipality("5501"); a != b {
		t.Errorf("Tromsø is %s and %s", a, b)
	}
	if got := r.County("46"); got != "https://data.geonorge.no/administrativeEnheter/fylke/id/173150173151" {
		t.Error(got)
	}
}

func triples(s ...string) []rdf.Triple {
	var out []rdf.Triple
	for i := 0; i+2 < len(s); i += 3 {
		out = append(out, rdf.Triple{S: parseTerm(s[i]), P: parseTerm(s[i+1]), O: parseTerm(s[i+2])})
	}
	return out
}

func parseTerm(s string) rdf.Term {
	switch {
	case strings.HasPrefix(s, "_:"):
		return rdf.BlankNode(s[2:])
	case strings.HasPrefix(s, `"`):
		return rdf.String(strings.Trim(s, `"`))
	case strings.HasPrefix(s, "dct:"):
		return rdf.IRI("http://purl.org/dc/terms/" + s[4:])
	}
	return rdf.IRI(s)
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	r, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	const (
		canon = "https://data.brreg.no/enhetsregisteret/api/enheter/974760673"
		fdk   = "https://organization-catalog.fellesdatakatalog.digdir.no/organizations/974760673"
		ds    = "https://example.org/d/1"
	)
	run := func(rec source.Record) (string, []string) {
		var notes []string
		if err := r.Rewrite(&rec, func(n source.Note) { notes = append(notes, string(n.Sort)+" "+n.Message) }); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, x := range rec.Triples {
			lines = append(lines, x.String())
		}
		slices.Sort(lines)
		return rec.IRI + "\n" + strings.Join(lines, "\n"), notes
	}
	got, notes := run(source.Record{IRI: ds, Triples: triples(
		ds, "dct:publisher", fdk,
		fdk, "dct:title", `"x"`,
		ds, "dct:creator", "_:a",
		"_:a", "dct:identifier", `"974760673"`,
		ds, "dct:creator", "https://example.org/org/7",
		ds, "dct:creator", "_:nobody",
		ds, "dct:subject", "https://psi.norge.no/los/tema/Øl",
		ds, "dct:relation", "https://psi.norge.no/los/ontologi/tema",
		ds, "dct:relation", canon+"#address",
	)})
	for _, want := range []string{
		"<" + ds + "> <http://purl.org/dc/terms/publisher> <" + canon + ">",
		"<" + canon + "> <http://purl.org/dc/terms/title> \"x\"",
		"<" + ds + "> <http://purl.org/dc/terms/creator> <" + canon + ">",
		"<" + canon + "> <http://www.w3.org/2002/07/owl#sameAs> <" + fdk + ">",
		"<" + fdk + "> <http://www.w3.org/2002/07/owl#sameAs> <" + canon + ">",
		"<" + canon + "> <http://purl.org/dc/terms/identifier> \"974760673\"",
		"<" + ds + "> <http://purl.org/dc/terms/creator> <https://example.org/org/7>",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "_:a") {
		t.Error("the blank node with a number is still there")
	}
	slices.Sort(notes)
	if want := []string{
		"unmatched los: no canonical IRI is known for https://psi.norge.no/los/tema/Øl",
		"unmatched organisation: no canonical IRI is known for a blank node without a number",
		"unmatched organisation: no canonical IRI is known for https://example.org/org/7",
	}; !slices.Equal(notes, want) {
		t.Errorf("%q", notes)
	}
	// An IRI that no rule knows is what its number says where it is a publisher, and only there.
	const copied = "urn:x-copy:http///data.brreg.no/enhetsregisteret/enhet/974760673"
	got, _ = run(source.Record{IRI: ds, Triples: triples(ds, "dct:publisher", copied, copied, "dct:identifier", `"974760673"`)})
	if !strings.Contains(got, "publisher> <"+canon+">") || !strings.Contains(got, "<"+copied+"> <http://www.w3.org/2002/07/owl#sameAs> <"+canon+">") {
		t.Errorf("the publisher is not told by its number:\n%s", got)
	}
	got, _ = run(source.Record{IRI: ds, Triples: triples(ds, "dct:relation", copied, copied, "dct:identifier", `"974760673"`)})
	if strings.Contains(got, canon) {
		t.Errorf("what is no publisher is taken for an organisation:\n%s", got)
	}
	got, _ = run(source.Record{IRI: fdk, Triples: triples(fdk, "dct:title", `"x"`)})
	if !strings.HasPrefix(got, canon+"\n") {
		t.Errorf("the record is %s", got)
	}
	// What is canonical stays as it is, without further statements.
	if got, notes := run(source.Record{IRI: canon, Triples: triples(canon, "dct:title", `"x"`)}); strings.Count(got, "\n") != 1 || notes != nil {
		t.Errorf("%s %q", got, notes)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(text string) string {
		p := filepath.Join(dir, "r.yaml")
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if r, err := Load(write(string(DefaultRules()))); err != nil || r.Version() != must(Default()).Version() {
		t.Fatalf("the default rules in a file: %v", err)
	}
	for text, want := range map[string]string{
		"":                      "is empty",
		"version: 2\nrules: []": "only 1 is known",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{x}', patterns: ['https://a.no/{x}']}]":                                         "variable x is not described",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{x}', variables: {x: '['}, patterns: ['https://a.no/{x}']}]":                    "missing closing ]",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{x}', variables: {x: '.', y: '.'}, patterns: ['https://a.no/{y}']}]":            "does not give the variable x",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{x}', variables: {x: '.'}, patterns: ['https://{x}']}]":                         "host of its own",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{x', patterns: ['https://a.no/']}]":                                             "brace is not closed",
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/1', patterns: ['https://a.no/'], tabel: x}]":                                    `did you mean "table"`,
		"version: 1\nrules: [{name: a, canonical: 'https://a.no/{id}', variables: {id: '.'}, table: nix.csv, patterns: ['https://a.no/{id}']}]": "nix.csv",
	} {
		if _, err := Load(write(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := Kind.New().(*config)
	if err := c.Prepare(dir); err != nil {
		t.Fatal(err)
	}
	before := c.Version()
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), append(DefaultRules(), "\n# changed\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	c = &config{Rules: "mine.yaml"}
	if err := c.Prepare(dir); err != nil || c.Version() == before {
		t.Errorf("%v: the version of changed rules is that of the default ones: %s", err, c.Version())
	}
	if err := (&config{Rules: "nothing.yaml"}).Prepare(dir); err == nil {
		t.Error("a file that is not there is no error")
	}
	off := &config{Off: true}
	if rw, err := off.OpenRewriter(source.Env{Dir: dir}); rw != nil || err != nil || off.Version() != "off" {
		t.Errorf("%v %v", rw, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzLookup(f *testing.F) {
	f.Add("https://psi.norge.no/los/tema/x.html")
	f.Add("http://publications.europa.eu/mdr/resource/authority/a/html/a-eng.html#B")
	f.Add("https://data.brreg.no/enhetsregisteret/api/enheter/974760673/")
	r := must(Default())
	f.Fuzz(func(t *testing.T, in string) {
		m, ok := r.Lookup(in)
		if !ok {
			return
		}
		again, ok := r.Lookup(m.Canonical)
		if !ok || again.Canonical != m.Canonical || again.Identifier != m.Identifier {
			t.Fatalf("%q: %+v, and then %+v", in, m, again)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	r := must(Default())
	b.ReportAllocs()
	for b.Loop() {
		r.Lookup("https://data.brreg.no/enhetsregisteret/api/enheter/974760673")
		r.Lookup("http://www.w3.org/ns/regorg#RegisteredOrganization")
		r.Lookup("https://data.geonorge.no/administrativeEnheter/kommune/id/173018")
	}
}
