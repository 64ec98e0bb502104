package main

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"triplestore/rdf"
)

const (
	rdfNS     = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	rdfsNS    = "http://www.w3.org/2000/01/rdf-schema#"
	xsdNS     = "http://www.w3.org/2001/XMLSchema#"
	dcNS      = "http://purl.org/dc/elements/1.1/"
	dctermsNS = "http://purl.org/dc/terms/"
	foafNS    = "http://xmlns.com/foaf/0.1/"
)

// sink takes triples, and has the chance that both benchmarks need.
type sink struct {
	rng   *rand.Rand
	words []string
	emit  func(s, p, o rdf.Term) error
	n     int
	err   error
}

func newSink(seed uint64, emit func(s, p, o rdf.Term) error) *sink {
	s := &sink{rng: rand.New(rand.NewPCG(seed, 0x636c6173736963)), emit: emit}
	const consonants, vowels = "bdfghklmnprstvw", "aeiou"
	for len(s.words) < 20_000 {
		var b strings.Builder
		for range 2 + s.rng.IntN(3) {
			b.WriteByte(consonants[s.rng.IntN(len(consonants))])
			b.WriteByte(vowels[s.rng.IntN(len(vowels))])
		}
		s.words = append(s.words, b.String())
	}
	return s
}

func (s *sink) add(subject rdf.Term, predicate string, object rdf.Term) {
	if s.err == nil {
		s.err = s.emit(subject, rdf.IRI(predicate), object)
		s.n++
	}
}

func (s *sink) text(words int) string {
	var b strings.Builder
	for i := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s.words[s.rng.IntN(len(s.words))])
	}
	return b.String()
}

// between picks a number from lo to hi, both included.
func (s *sink) between(lo, hi int) int { return lo + s.rng.IntN(hi-lo+1) }

// normal picks a number near a mean, and at least lo.
func (s *sink) normal(mean, deviation float64, lo int) int {
	return max(lo, int(math.Round(mean+deviation*s.rng.NormFloat64())))
}

func (s *sink) chance(p float64) bool { return s.rng.Float64() < p }

// weighted picks the index of one of some shares.
func (s *sink) weighted(shares []float64) int {
	at := s.rng.Float64()
	for i, share := range shares {
		if at -= share; at < 0 {
			return i
		}
	}
	return len(shares) - 1
}

func integer(n int) rdf.Term { return rdf.Literal(strconv.Itoa(n), xsdNS+"integer") }

func ref(iri string) string { return "<" + iri + ">" }
