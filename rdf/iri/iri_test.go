package iri

import "testing"

func TestResolve(t *testing.T) {
	t.Parallel()
	// RFC 3986 sections 5.4.1 and 5.4.2.
	const base = "http://a/b/c/d;p?q"
	for ref, want := range map[string]string{
		"g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g",
		"//g": "http://g", "?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q#s",
		"g#s": "http://a/b/c/g#s", "g?y#s": "http://a/b/c/g?y#s", ";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x",
		"g;x?y#s": "http://a/b/c/g;x?y#s", "": "http://a/b/c/d;p?q", ".": "http://a/b/c/", "./": "http://a/b/c/",
		"..": "http://a/b/", "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/",
		"../../g": "http://a/g", "../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g",
		"/../g": "http://a/g", "g.": "http://a/b/c/g.", ".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..",
		"..g": "http://a/b/c/..g", "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/", "g/./h": "http://a/b/c/g/h",
		"g/../h": "http://a/b/c/h", "g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y",
		"g?y/./x": "http://a/b/c/g?y/./x", "g?y/../x": "http://a/b/c/g?y/../x", "g#s/./x": "http://a/b/c/g#s/./x",
		"g#s/../x": "http://a/b/c/g#s/../x", "http:g": "http:g",
		"æ ø%7e": "http://a/b/c/æ ø%7e", "?": "http://a/b/c/d;p?", "#": "http://a/b/c/d;p?q#", "//g?#": "http://g?#",
	} {
		if got, err := Resolve(base, ref); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", ref, got, err, want)
		}
	}
	for _, c := range [][3]string{
		{"http://a", "g", "http://a/g"}, {"http://a?q", "g", "http://a/g"}, {"urn:a:b", "#c", "urn:a:b#c"}, {"urn:a:b", "c", "urn:c"},
		{"file:///a/b", "../../c", "file:///c"}, {"file:/a/b", "c", "file:/a/c"}, {"http://a/b/", "", "http://a/b/"},
		{"http://a/b#f", "", "http://a/b"}, {"tag:x/y", "..", "tag:/"}, {"http://a/b//c", "../d", "http://a/b/d"},
	} {
		if got, err := Resolve(c[0], c[1]); err != nil || got != c[2] {
			t.Errorf("%q on %q: got %q, %v, want %q", c[1], c[0], got, err, c[2])
		}
	}
	if _, err := Resolve("no/base", "x"); err != ErrNoScheme {
		t.Errorf("relative base: %v", err)
	}
	if got, err := Resolve("", "http://a/../b"); err != nil || got != "http://a/b" {
		t.Errorf("absolute reference: %q, %v", got, err)
	}
	if got := (Base{}).Resolve("x/../y"); got != "x/../y" {
		t.Errorf("zero base: %q", got)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"http://example.org/", "http://example.org", "urn:x", "urn:", "mailto:a@b.no", "http://a/b?c?d/e#f?g/", "http://[::1]:80/x",
		"http://u:p@æøå.no:8080/å?\uE000", "http://a/%C3%A5", "tag:a,2020:b", "file:///x", "http://a//b", "x-y+z.1:q", "http://a:/",
	} {
		if err := Check(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{
		"", "a", "//a/b", "/x", "1a:b", "http://a b/", "http://a/ b", "http://a/<b>", "http://a/%zz", "http://a/%4", "http://[::1/",
		"http://a/[x]", "http://a:b/", "http://a/\uE000", "http://a/#b#c", "http://a/\xff", "http://a/{b}", "http://a/\\", "http://[::1]x/",
		"http://a/\u0080", "http://a\u007f/", ":a", "http://a/\U0001FFFE", "http://[a@b]/",
	} {
		if err := Check(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("http://a/b/c/d;p?q", "../../g")
	f.Add("a:", "..")
	f.Fuzz(func(t *testing.T, base, ref string) {
		got, err := Resolve(base, ref)
		if err != nil {
			return
		}
		if !IsAbsolute(got) {
			t.Fatalf("%q on %q gave %q, which has no scheme", ref, base, got)
		}
		if again, err := Resolve(base, got); err != nil || Check(got) == nil && again != got && split(got).authority != "" {
			t.Fatalf("%q on %q gave %q, then %q, %v", ref, base, got, again, err)
		}
		_ = Check(ref)
	})
}

func BenchmarkResolve(b *testing.B) {
	base, _ := NewBase("https://data.norge.no/catalogues/a/b")
	var buf []byte
	for b.Loop() {
		buf = base.AppendResolve(buf[:0], "../datasets/4f0c#x")
	}
}
