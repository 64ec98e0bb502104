package format

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/vocab"
)

var (
	randomDocuments = flag.Int("documents", 60, "random documents for each format in TestRandomRoundTrip")
	randomSeed      = flag.Uint64("seed", 0, "the first seed of TestRandomRoundTrip; 0 is one of the clock")
)

const rdfNS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

// documents makes random quads of what writers get wrong: names that almost fit the grammar, lists that almost are ones, blank nodes in
// circles, triple terms and reifiers, and text with every kind of character.
type documents struct {
	*rand.Rand
	graphs bool
}

func (d *documents) one(of ...string) string { return of[d.IntN(len(of))] }

func (d *documents) iri() rdf.Term {
	ns := d.one("http://e/", "http://e/#", "http://e/a/", "urn:x:", "http://e", "http://e/a#b", "tag:e,2024:", "http://e/?q=")
	return rdf.IRI(ns + d.one("", "a", "b", "1", "-", "a.", ".a", "a:b", ":", "a/b", "é", "%41", "%C3%A9", "a'b", "a(b)", "~", "a,b;c", "😀", "_", "\u0301x", "a-1", "true", "//", "x?y", "#z"))
}

func (d *documents) predicate() rdf.Term {
	if d.IntN(3) > 0 {
		return rdf.IRI(d.one("http://e/p", "http://e/q", "http://e/p1", "http://e/#é", rdfNS+"value", rdfNS+"_1", rdfNS+"_2", rdfNS+"li2", rdfNS+"type", "urn:x:p", "http://www.w3.org/2000/01/rdf-schema#label", "http://e/a-b.c"))
	}
	return d.iri()
}

func (d *documents) blank() rdf.Term {
	return rdf.BlankNode(d.one("a", "b", "c", "d", "e", "b0", "x.y", "1", "é"))
}

func (d *documents) text() string {
	var b strings.Builder
	for range d.IntN(5) {
		b.WriteString(d.one("a", "\n", "\r", "\r\n", "\t", "\"", "'", "\\", "&", "<", ">", "]]>", "\"\"\"", "'''", "é", "😀", "\u2028", "\u0085", "\u00a0", " ", "  ", "\ufeff", "{", "}", "@id", "\\u0041", "\u0301", "<b>x</b>", "\x7f", "_:a", "http://e/", "\u200d"))
		if d.IntN(40) == 0 {
			b.WriteString(d.one("\x00", "\x01", "\x08", "\x1f", "\ufffe", "\uffff")) // XML has no way to say these
		}
	}
	return b.String()
}

func (d *documents) literal() rdf.Term {
	switch d.IntN(6) {
	case 0:
		return rdf.LangLiteral(d.text(), d.one("en", "nb", "en-gb", "x-private", "zh-hant-tw", "i-klingon"))
	case 1:
		return rdf.DirLangLiteral(d.text(), d.one("en", "ar"), 1+rdf.Direction(d.IntN(2)))
	case 2:
		t := d.one("integer", "decimal", "double", "boolean", "string", "date", "float", "int", "anyURI", "token")
		return rdf.Literal(d.one("1", "01", "+1", "-1", "1.0", "1.", ".5", "1e0", "1E0", "1.0E0", "1.5E3", "INF", "NaN", "-0", "true", "false", "TRUE", " 1 ", "", "1.0e+3", "9007199254740993", "1E400", "123456789012345678901234567890", "1e21", "0.1E1"), vocab.XSD+t)
	case 3:
		t := d.one(rdfNS+"HTML", rdfNS+"XMLLiteral", rdfNS+"JSON", rdfNS+"PlainLiteral", "http://e/dt", "urn:x:t")
		v := d.text()
		if t == rdfNS+"JSON" {
			v = d.one(`{"a":1}`, `[1,2]`, "1.50", `"x"`, `{"b":{"@id":"x"},"a":null}`, "null", "true", "not JSON", "1E1", "[ ]", "")
		}
		return rdf.Literal(v, t)
	}
	return rdf.String(d.text())
}

func (d *documents) tripleTerm(depth int) rdf.Term {
	return rdf.TripleTerm(rdf.Triple{S: d.subject(), P: d.predicate(), O: d.object(depth - 1)})
}

func (d *documents) subject() rdf.Term {
	if d.IntN(3) == 0 {
		return d.blank()
	}
	return d.iri()
}

func (d *documents) object(depth int) rdf.Term {
	switch d.IntN(8) {
	case 0, 1:
		return d.blank()
	case 2:
		return d.iri()
	case 3:
		if depth > 0 {
			return d.tripleTerm(depth)
		}
	case 4:
		return rdf.IRI(rdfNS + "nil")
	}
	return d.literal()
}

func (d *documents) quads() (out []rdf.Quad) {
	var graph rdf.Term
	add := func(s, p, o rdf.Term) { out = append(out, rdf.Triple{S: s, P: p, O: o}.In(graph)) }
	lists, reifiers := d.IntN(3) == 0, d.IntN(4) == 0
	for range 1 + d.IntN(10) {
		if d.graphs {
			switch d.IntN(4) {
			case 0:
				graph = d.iri()
			case 1:
				graph = d.blank()
			case 2:
				graph = rdf.Term{}
			}
		}
		add(d.subject(), d.predicate(), d.object(d.IntN(2)*d.IntN(3)))
		if lists && d.IntN(2) == 0 { // a list, with something wrong now and then
			node := rdf.BlankNode(fmt.Sprint("l", d.IntN(1000)))
			add(d.subject(), d.predicate(), node)
			for i := 1 + d.IntN(3); i > 0; i-- {
				add(node, rdf.IRI(rdfNS+"first"), d.object(0))
				if d.IntN(12) == 0 {
					add(node, d.predicate(), d.object(0))
				}
				next := rdf.BlankNode(fmt.Sprint("l", d.IntN(1000)))
				if i == 1 {
					next = rdf.IRI(rdfNS + "nil")
					if d.IntN(8) == 0 {
						next = d.object(0)
					}
				}
				if d.IntN(16) > 0 {
					add(node, rdf.IRI(rdfNS+"rest"), next)
				}
				if node = next; !next.IsBlankNode() {
					break
				}
			}
		}
		if reifiers && d.IntN(2) == 0 {
			s := d.subject()
			add(s, rdf.IRI(rdfNS+"reifies"), d.tripleTerm(1))
			if d.IntN(2) == 0 {
				add(s, d.predicate(), d.object(0))
			}
			if d.IntN(2) == 0 {
				last := out[len(out)-1]
				if t := last.O; t.Kind() == rdf.KindTriple {
					add(t.Triple().S, t.Triple().P, t.Triple().O)
				}
			}
		}
	}
	d.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// TestRandomRoundTrip writes random documents in every format, both ways, and reads them back. A writer may refuse what its format cannot say.
func TestRandomRoundTrip(t *testing.T) {
	t.Parallel()
	seed := *randomSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	prefixes := map[string]string{"e": "http://e/", "h": "http://e/#", "": "http://e/a/", "x": "urn:x:", "q": "http://e/?q=", "rdf": rdfNS, "xsd": vocab.XSD, "true": "http://e/tr"}
	for _, f := range All {
		if !f.CanWrite() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			refused := 0
			for n := range uint64(*randomDocuments) {
				d := &documents{rand.New(rand.NewPCG(seed+n, 1)), f.Graphs}
				quads := d.quads()
				o := WriteOptions{}
				if d.IntN(2) == 0 {
					o.Prefixes = prefixes
				}
				if d.IntN(4) == 0 {
					o.Base = d.one("http://e/", "http://e/a/", "http://e/a", "http://e/#", "urn:x:", "http://e/a/b?q")
				}
				if !compareRoundTrip(t, f, seed+n, quads, o) {
					refused++
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("seeds from %d: %d of %d documents were refused", seed, refused, *randomDocuments)
			if refused > *randomDocuments*9/10 {
				t.Error("nearly all documents were refused")
			}
		})
	}
}

func compareRoundTrip(t *testing.T, f *Format, seed uint64, quads []rdf.Quad, o WriteOptions) (written bool) {
	t.Helper()
	written = true
	for _, pretty := range []bool{false, true} {
		var text bytes.Buffer
		var err error
		if pretty {
			err = f.WritePretty(&text, quads, o)
		} else {
			var w Writer
			if w, err = f.NewWriter(&text, o); err == nil {
				for _, q := range quads {
					if err = w.Write(q); err != nil {
						break
					}
				}
				if cerr := w.Close(); err == nil {
					err = cerr
				}
			}
		}
		if err != nil {
			written = false
			continue
		}
		var got []rdf.Quad
		err = f.Parse(context.Background(), bytes.NewReader(text.Bytes()), ReadOptions{}, func(batch []rdf.Quad) error {
			got = append(got, batch...)
			return nil
		})
		if err != nil {
			t.Errorf("%s, seed %d, pretty %v: %v\n%s\nfrom\n%v", f.Name, seed, pretty, err, text.String(), quads)
			continue
		}
		want := slices.Clone(quads)
		if same, err := canon.Isomorphic(unique(want), unique(got)); err == nil && !same {
			t.Errorf("%s, seed %d, pretty %v: got\n%v\nwant\n%v\nfrom\n%s", f.Name, seed, pretty, lines(got), lines(want), text.String())
		}
	}
	return written
}

func unique(quads []rdf.Quad) []rdf.Quad {
	seen := map[rdf.Quad]bool{}
	return slices.DeleteFunc(slices.Clone(quads), func(q rdf.Quad) bool {
		was := seen[q]
		seen[q] = true
		return was
	})
}

func lines(quads []rdf.Quad) string {
	var out []string
	for _, q := range quads {
		out = append(out, q.String())
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "\n")
}
