// Package codelists is the kind of source "codelists": code lists with labels that come with the program, so that a store has labels without
// asking anybody: tables of the EU Publications Office, categories of high-value datasets, LOS, lists of ADMS and of the national
// catalogue, and the municipalities and counties of Norway.
//
// The files below data hold facts – IRIs, codes, labels, what is above what – of the publishers that each of them names. Newer
// lists can be harvested from their publishers by the kind "rdf"; the highest priority has a concept that both have.
package codelists

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"triplestore/loaders/identity"
	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/vocab"
)

//go:embed data/*.ttl
var files embed.FS

// Kind is the kind "codelists".
func Kind() source.Kind {
	return source.Kind{
		Name: "codelists", Doc: "code lists with labels that come with the program; it asks nobody",
		New: func() source.Config { return &config{} },
	}
}

// units is the list that is made from the tables of package identity.
const units = "no-administrative-units"

// Names lists the code lists.
func Names() []string {
	entries, _ := fs.ReadDir(files, "data")
	names := []string{units}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".ttl"))
	}
	slices.Sort(names)
	return names
}

type config struct {
	Lists  []string `yaml:"lists" doc:"names of lists, such as eu-data-theme; default: all of them"`
	Except []string `yaml:"except" doc:"lists that are left out"`
}

// Open implements source.Config.
func (c *config) Open(source.Env) (source.Source, error) {
	names := Names()
	for key, list := range map[string][]string{"lists": c.Lists, "except": c.Except} {
		for _, l := range list {
			if !slices.Contains(names, l) {
				return nil, source.Keyf(key, "there is no list %q; there are %s", l, strings.Join(names, ", "))
			}
		}
	}
	chosen := c.Lists
	if len(chosen) == 0 {
		chosen = names
	}
	out := &lists{}
	for _, l := range chosen {
		if !slices.Contains(c.Except, l) {
			out.names = append(out.names, l)
		}
	}
	if len(out.names) == 0 {
		return nil, source.Keyf("except", "no list is left")
	}
	slices.Sort(out.names)
	out.names = slices.Compact(out.names)
	return out, nil
}

type lists struct{ names []string }

// Harvest implements source.Source.
func (l *lists) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	sum := sha256.New()
	texts := map[string][]byte{}
	for _, n := range l.names {
		sum.Write([]byte(n + "\n"))
		if n == units {
			for _, p := range append(identity.Municipalities(), identity.Counties()...) {
				b, err := json.Marshal(p)
				if err != nil {
					return source.Outcome{}, err
				}
				sum.Write(b)
			}
			continue
		}
		b, err := files.ReadFile("data/" + n + ".ttl")
		if err != nil {
			return source.Outcome{}, err
		}
		texts[n] = b
		sum.Write(b)
	}
	checksum := "sha256:" + hex.EncodeToString(sum.Sum(nil))
	state, err := json.Marshal(checksum)
	if err != nil {
		return source.Outcome{}, err
	}
	if since != nil && bytes.Equal(since, state) {
		return source.Outcome{State: state, Unchanged: true, Checksum: checksum}, nil
	}
	for i, n := range l.names {
		to.Progress(source.Progress{Doing: "reading " + n, Done: int64(i), Total: int64(len(l.names)), Unit: "lists"})
		if n == units {
			err = places(to)
		} else {
			err = l.file(ctx, n, texts[n], to)
		}
		if err != nil {
			return source.Outcome{}, err
		}
	}
	return source.Outcome{State: state, Complete: true, Checksum: checksum}, nil
}

// file delivers the concepts of a file, a record each.
func (l *lists) file(ctx context.Context, name string, text []byte, to source.Sink) error {
	turtle, _ := format.ByName("turtle")
	records := map[string][]rdf.Triple{}
	var order []string
	err := turtle.Parse(ctx, bytes.NewReader(text), format.ReadOptions{File: name + ".ttl"}, func(quads []rdf.Quad) error {
		for _, q := range quads {
			iri := q.S.Value()
			if records[iri] == nil {
				order = append(order, iri)
			}
			records[iri] = append(records[iri], q.Triple())
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, iri := range order {
		if err := to.Record(&source.Record{IRI: iri, Triples: records[iri], Place: source.Place{Source: name}}); err != nil {
			return err
		}
	}
	return nil
}

const nation = "https://data.geonorge.no/administrativeEnheter/nasjon/id/173163"

// places delivers municipalities, counties and the nation.
func places(to source.Sink) error {
	var (
		a          = rdf.IRI(vocab.RDF + "type")
		location   = rdf.IRI(vocab.DCT + "Location")
		title      = rdf.IRI(vocab.DCT + "title")
		identifier = rdf.IRI(vocab.DCT + "identifier")
		partOf     = rdf.IRI(vocab.DCT + "isPartOf")
		notation   = rdf.IRI(vocab.SKOS + "notation")
		altLabel   = rdf.IRI(vocab.SKOS + "altLabel")
		sameAs     = rdf.IRI(vocab.OWL + "sameAs")
	)
	counties := map[string]string{}
	record := func(p identity.Place, above, klass string) error {
		s := rdf.IRI(p.IRI)
		t := []rdf.Triple{{S: s, P: a, O: location}, {S: s, P: title, O: rdf.String(strings.Join(p.Names, " - "))}, {S: s, P: partOf, O: rdf.IRI(above)},
			{S: s, P: notation, O: rdf.String(p.Numbers[0])}}
		if p.ID != "" {
			t = append(t, rdf.Triple{S: s, P: identifier, O: rdf.String(p.ID)})
		}
		if len(p.Names) > 1 {
			for _, n := range p.Names {
				t = append(t, rdf.Triple{S: s, P: altLabel, O: rdf.String(n)})
			}
		}
		for _, id := range p.OtherIDs {
			t = append(t, rdf.Triple{S: s, P: sameAs, O: rdf.IRI("https://data.geonorge.no/administrativeEnheter/kommune/id/" + id)})
		}
		for _, n := range p.Numbers {
			if other := klass + n; other != p.IRI {
				t = append(t, rdf.Triple{S: s, P: sameAs, O: rdf.IRI(other)})
			}
		}
		return to.Record(&source.Record{IRI: p.IRI, Triples: t, Place: source.Place{Source: units}})
	}
	for _, p := range identity.Counties() {
		counties[p.Numbers[0]] = p.IRI
		if err := record(p, nation, "https://www.ssb.no/klass/klassifikasjoner/104#"); err != nil {
			return err
		}
	}
	for _, p := range identity.Municipalities() {
		if err := record(p, counties[p.County], "https://www.ssb.no/klass/klassifikasjoner/131#"); err != nil {
			return err
		}
	}
	s := rdf.IRI(nation)
	return to.Record(&source.Record{IRI: nation, Place: source.Place{Source: units}, Triples: []rdf.Triple{
		{S: s, P: a, O: location}, {S: s, P: identifier, O: rdf.String("173163")},
		{S: s, P: title, O: rdf.LangLiteral("Norge", "nb")}, {S: s, P: title, O: rdf.LangLiteral("Noreg", "nn")}, {S: s, P: title, O: rdf.LangLiteral("Norway", "en")},
		{S: s, P: title, O: rdf.LangLiteral("Norga", "se")},
	}})
}
