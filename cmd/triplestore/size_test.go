package main

import (
	"net"
	"testing"

	"triplestore/rdf"
)

func TestParseBytes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"0": 0, "1": 1, "1000": 1000, "1k": 1024, "1KiB": 1024, "1.5M": 3 << 19, "2 GiB": 2 << 30, "1TB": 1 << 40, "10b": 10,
		"": -1, "x": -1, "-1": -1, "NaN": -1, "1e30": -1, "1Q": -1, "GiB": -1} {
		got, err := parseBytes(in)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0B", 1023: "1023B", 1024: "1KiB", 1536: "1.5KiB", 1 << 30: "1GiB"} {
		if got := formatBytes(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := formatCount(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"max\n": 0, "1000\n": 900, "9223372036854771712": 0, "": 0, "-1": 0} {
		if got := memoryLimit(in); got != want {
			t.Errorf("%q: %d", in, got)
		}
	}
}

func TestCell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term rdf.Term
		want string
	}{
		{rdf.Term{}, ""}, {rdf.IRI("http://www.w3.org/ns/dcat#Dataset"), "dcat:Dataset"}, {rdf.IRI("http://e/x/y"), "<http://e/x/y>"}, {rdf.IRI("http://own/x"), "own:x"},
		{rdf.LangLiteral("hei", "nb"), "hei@nb"}, {rdf.String("a\nb\x1b[31m\u202e"), "a b\uFFFD[31m\uFFFD"}, {rdf.BlankNode("b"), "_:b"},
	} {
		if got := cell(c.term, map[string]string{"own": "http://own/"}); got != c.want {
			t.Errorf("%v: %q, want %q", c.term, got, c.want)
		}
	}
}

func TestBrowserURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"127.0.0.1:7878": "http://localhost:7878/", "0.0.0.0:80": "http://localhost/", "[::]:8080": "http://localhost:8080/", "192.0.2.1:8080": "http://192.0.2.1:8080/"} {
		a, err := net.ResolveTCPAddr("tcp", in)
		if err != nil {
			t.Fatal(err)
		}
		if got := browserURL(a); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestCachesOf(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int64]int64{0: 256 << 20, 1 << 29: 64 << 20, 1 << 30: 128 << 20, 2 << 30: 256 << 20, 24 << 30: 3 << 30} {
		if got := termCacheOf(memory); got != want {
			t.Errorf("of %d: %d, want %d", memory, got, want)
		}
	}
	for memory, want := range map[int64]int64{0: 3 << 29, 1 << 29: 256 << 20, 3 << 30: 3 << 29, 12 << 30: 3 << 29, 24 << 30: 3 << 30} {
		if got := loadMemoryOf(memory); got != want {
			t.Errorf("a load, of %d: %d, want %d", memory, got, want)
		}
	}
	for memory, want := range map[int64]int64{0: 256 << 20, 1 << 30: 128 << 20, 4 << 30: 256 << 20, 24 << 30: 3 << 29} {
		if got := pageCacheOf(memory); got != want {
			t.Errorf("pages, of %d: %d, want %d", memory, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 quads", 1: "1 quad", 2: "2 quads", 1001: "1,001 quads"} {
		if got := plural(n, "quad"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
