package canon_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/turtle"
)

func TestRDFC10(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(w3c.Root(t), "rdf-canon", "tests")
	data, err := os.ReadFile(filepath.Join(dir, "manifest.jsonld"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Entries []struct{ ID, Type, Name, HashAlgorithm, Action, Result string }
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, e := range manifest.Entries {
		in, err := os.ReadFile(filepath.Join(dir, e.Action))
		if err != nil {
			t.Fatal(err)
		}
		quads, err := turtle.ParseString(string(in), turtle.Options{Dialect: turtle.NQuads})
		if err != nil {
			t.Fatal(err)
		}
		o := canon.Options{}
		if e.HashAlgorithm == "SHA384" {
			o.Hash = canon.SHA384
		}
		got, err := canon.Canonicalize(t.Context(), quads, o)
		if strings.HasSuffix(e.Type, "NegativeEvalTest") {
			if !errors.Is(err, canon.ErrComplex) {
				t.Errorf("%s %s: %v", e.ID, e.Name, err)
			}
			passed++
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", e.ID, e.Name, err)
			continue
		}
		want, err := os.ReadFile(filepath.Join(dir, e.Result))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Type, "MapTest") {
			var labels map[string]string
			if err := json.Unmarshal(want, &labels); err != nil {
				t.Fatal(err)
			}
			for from, to := range labels {
				if got.Labels[from] != to {
					t.Errorf("%s %s: %s became %s, want %s", e.ID, e.Name, from, got.Labels[from], to)
				}
			}
		} else if string(got.NQuads()) != string(want) {
			t.Errorf("%s %s: got\n%s\nwant\n%s", e.ID, e.Name, got.NQuads(), want)
		}
		passed++
	}
	t.Logf("rdf-canon rdfc10: %d run of %d", passed, len(manifest.Entries))
}

// Order and labels of the input do not matter.
func TestCanonicalizeStable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	p := rdf.IRI("http://e.example/p")
	for range 200 {
		n := 2 + r.IntN(8)
		var quads []rdf.Quad
		for range n * 2 {
			quads = append(quads, rdf.Quad{S: label("x", r.IntN(n)), P: p, O: label("x", r.IntN(n))})
		}
		order := r.Perm(n)
		other := make([]rdf.Quad, len(quads))
		for i, k := range r.Perm(len(quads)) {
			q := quads[k]
			other[i] = rdf.Quad{S: renumber(q.S, order), P: p, O: renumber(q.O, order)}
		}
		a, err := canon.Canonicalize(t.Context(), quads, canon.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := canon.Canonicalize(t.Context(), other, canon.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Quads, b.Quads) {
			t.Fatalf("%v\nand\n%v\ngave\n%s\nand\n%s", quads, other, a.NQuads(), b.NQuads())
		}
	}
}

func label(prefix string, i int) rdf.Term { return rdf.BlankNode(prefix + string(rune('a'+i))) }

func renumber(t rdf.Term, order []int) rdf.Term { return label("y", order[t.Value()[1]-'a']) }
