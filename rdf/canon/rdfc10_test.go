package canon_test

import (
	"encoding/json"
	"errors"
	"fmt"
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

type rdfc10Entry struct{ ID, Type, Name, HashAlgorithm, Action, Result string }

func TestRDFC10(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(w3c.Root(t), "rdf-canon", "tests")
	data, err := os.ReadFile(filepath.Join(dir, "manifest.jsonld"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Entries []rdfc10Entry
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, e := range manifest.Entries {
		o := w3c.Outcome{Suite: "rdf-canon", Test: e.ID, Status: w3c.Passed}
		if err := runRDFC10(t, dir, e); err != nil {
			t.Errorf("%s %s: %v", e.ID, e.Name, err)
			o.Status = w3c.Failed
		} else {
			passed++
		}
		w3c.Record(t, o)
	}
	t.Logf("rdf-canon rdfc10: %d passed of %d", passed, len(manifest.Entries))
}

func runRDFC10(t *testing.T, dir string, e rdfc10Entry) error {
	in, err := os.ReadFile(filepath.Join(dir, e.Action))
	if err != nil {
		return err
	}
	quads, err := turtle.ParseString(string(in), turtle.Options{Dialect: turtle.NQuads})
	if err != nil {
		return err
	}
	o := canon.Options{}
	if e.HashAlgorithm == "SHA384" {
		o.Hash = canon.SHA384
	}
	got, err := canon.Canonicalize(t.Context(), quads, o)
	if strings.HasSuffix(e.Type, "NegativeEvalTest") {
		if !errors.Is(err, canon.ErrComplex) {
			return fmt.Errorf("want ErrComplex, got %w", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	want, err := os.ReadFile(filepath.Join(dir, e.Result))
	if err != nil {
		return err
	}
	if !strings.HasSuffix(e.Type, "MapTest") {
		if string(got.NQuads()) != string(want) {
			return fmt.Errorf("got\n%s\nwant\n%s", got.NQuads(), want)
		}
		return nil
	}
	var labels map[string]string
	if err := json.Unmarshal(want, &labels); err != nil {
		return err
	}
	for from, to := range labels {
		if got.Labels[from] != to {
			return fmt.Errorf("%s became %s, want %s", from, got.Labels[from], to)
		}
	}
	return nil
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
