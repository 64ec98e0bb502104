package canon_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/canon"
)

// TestManyAlike: the limit of work holds where each path is long. The limit of time is generous, for busy machines; before paths counted by
// their length a twentieth of the leaves took longer.
func TestManyAlike(t *testing.T) {
	t.Parallel()
	const leaves = 20_000
	p := rdf.IRI("http://e/p")
	var quads []rdf.Quad
	for hub := range 2 {
		for leaf := range leaves {
			quads = append(quads, rdf.Quad{S: rdf.BlankNode(fmt.Sprint("hub", hub)), P: p, O: rdf.BlankNode(fmt.Sprint("leaf", hub, "-", leaf))})
		}
	}
	start := time.Now()
	if _, err := canon.Canonicalize(t.Context(), quads, canon.Options{}); !errors.Is(err, canon.ErrComplex) {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestFewAlike: what is alike in small numbers is told apart, in however large a dataset.
func TestFewAlike(t *testing.T) {
	t.Parallel()
	p := rdf.IRI("http://e/p")
	var quads []rdf.Quad
	for i := range 3000 {
		s := rdf.IRI(fmt.Sprint("http://e/", i))
		for j := range 3 {
			b := rdf.BlankNode(fmt.Sprint("b", i, "-", j))
			quads = append(quads, rdf.Quad{S: s, P: p, O: b}, rdf.Quad{S: b, P: p, O: rdf.BlankNode(fmt.Sprint("c", i, "-", j))}, rdf.Quad{S: b, P: p, O: rdf.BlankNode(fmt.Sprint("d", i, "-", j))})
		}
	}
	c, err := canon.Canonicalize(t.Context(), quads, canon.Options{})
	if err != nil || len(c.Labels) != 27_000 {
		t.Error(err)
	}
}
