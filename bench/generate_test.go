package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"testing"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

func TestGenerate(t *testing.T) {
	t.Parallel()
	var nt, ttl, again bytes.Buffer
	n, err := generate(1, 20_000, &nt, &ttl)
	if err != nil {
		t.Fatal(err)
	}
	if n < 20_000 || n > 20_100 {
		t.Errorf("made %d triples", n)
	}
	if _, err := generate(1, 20_000, &again, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(nt.Bytes()) != sha256.Sum256(again.Bytes()) {
		t.Error("the same seed gives other data")
	}
	a, err := turtle.ParseString(nt.String(), turtle.Options{Dialect: turtle.NTriples})
	if err != nil {
		t.Fatal(err)
	}
	b, err := turtle.ParseString(ttl.String(), turtle.Options{Dialect: turtle.Turtle})
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != n || len(b) != n {
		t.Errorf("made %d triples, N-Triples has %d, Turtle %d", n, len(a), len(b))
	}
}

func BenchmarkParse(b *testing.B) {
	var nt, ttl bytes.Buffer
	if _, err := generate(1, 20_000, &nt, &ttl); err != nil {
		b.Fatal(err)
	}
	for _, in := range []struct {
		dialect turtle.Dialect
		text    []byte
	}{{turtle.NTriples, nt.Bytes()}, {turtle.Turtle, ttl.Bytes()}} {
		b.Run(in.dialect.String(), func(b *testing.B) {
			b.SetBytes(int64(len(in.text)))
			b.ReportAllocs()
			for b.Loop() {
				err := turtle.Parse(context.Background(), bytes.NewReader(in.text), turtle.Options{Dialect: in.dialect},
					func([]rdf.Quad) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
