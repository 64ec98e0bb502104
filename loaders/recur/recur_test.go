package recur

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func (t *Table[V]) put(s string, v V) {
	if at := t.Keep(s); at != nil {
		*at = v
	}
}

func TestTable(t *testing.T) {
	var table Table[int]
	table.put("a", 1)
	if _, ok := table.Get("a"); ok {
		t.Error("what came once is remembered")
	}
	table.put("a", 1)
	if v, ok := table.Get("a"); !ok || v != 1 {
		t.Errorf("what came twice: %d, %v", v, ok)
	}
	for i := range 100_000 { // that come once
		table.put(fmt.Sprint("x", i), 2)
	}
	if v, ok := table.Get("a"); !ok || v != 1 {
		t.Errorf("behind many that came once: %d, %v", v, ok)
	}
	for range 2 {
		table.put("", 1)
		table.put(strings.Repeat("l", Longest+1), 1)
	}
	if _, ok := table.Get(""); ok {
		t.Error("the empty string is remembered")
	}
	if _, ok := table.Get(strings.Repeat("l", Longest+1)); ok {
		t.Error("a long string is remembered")
	}
}

// TestRandom asks a table for strings whose values are known: it may forget, but never tells the value of another string.
func TestRandom(t *testing.T) {
	var table Table[int]
	r := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for range 200_000 {
		n := int(r.ExpFloat64() * 200)
		s := fmt.Sprint("https://example.org/", n)
		if v, ok := table.Get(s); ok {
			hits++
			if v != n {
				t.Fatalf("%s: %d", s, v)
			}
		} else {
			table.put(s, n)
		}
	}
	if hits < 50_000 {
		t.Errorf("only %d were known", hits)
	}
}

func BenchmarkGet(b *testing.B) {
	var table Table[int]
	for range 2 {
		table.put("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", 1)
	}
	for b.Loop() {
		if _, ok := table.Get("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"); !ok {
			b.Fatal("forgotten")
		}
	}
}
