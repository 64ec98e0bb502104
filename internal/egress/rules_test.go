package egress

import (
	"net/netip"
	"strings"
	"testing"
)

func rules(t *testing.T, list ...string) []Rule {
	t.Helper()
	out, err := ParseRules(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule string
		yes  string
		no   string
	}{
		{"https://example.org", "https://example.org https://example.org/ https://EXAMPLE.org:443/a?b https://example.org./x",
			"http://example.org https://example.org:8443/ https://a.example.org https://example.org.evil.net https://example.orgx"},
		{"https://example.org/", "https://example.org/a", "http://example.org/a"},
		{"http://Example.org:8080", "http://example.org:8080/x", "http://example.org/ https://example.org:8080/"},
		{"https://example.org/sparql", "https://example.org/sparql https://example.org/sparql?query=x https://example.org/sparql/a",
			"https://example.org/sparqlx https://example.org/ https://example.org/sparql/../admin https://example.org/sparql/%2e%2e/admin " +
				"https://example.org/sparql/..%2fadmin https://example.org/sparql/..;x/admin https://example.org/sparql/%5cadmin"},
		{"https://example.org/data/", "https://example.org/data/a https://example.org/data/", "https://example.org/data https://example.org/database"},
		{"example.org", "https://example.org/a http://example.org/a", "https://example.org:8443/ http://b.example.org"},
		{"example.org:8080", "https://example.org:8080/a http://example.org:8080/a", "http://example.org/"},
		{"*.example.org", "https://a.example.org http://a.b.example.org", "https://example.org https://badexample.org"},
		{"https://*.example.org", "https://a.example.org", "http://a.example.org"},
		{"https://Bücher.example", "https://xn--bcher-kva.example https://BÜCHER.example/a https://b%C3%BCcher.example https://bücher。example https://XN--BCHER-KVA.example.", "https://bucher.example https://xn--bcher-kvb.example"},
		{"*.xn--bcher-kva.example", "https://a.bücher.example https://ä.bücher.example", "https://bücher.example"},
		{"*.bücher.example", "https://a.xn--bcher-kva.example", "https://xn--bcher-kva.example"},
		{"http://127.0.0.1", "http://１２７。0.0.1/", "http://１２８.0.0.1"},
		{"*", "https://example.org http://8.8.8.8:99/x", "ftp://example.org file:///etc/passwd https://user@example.org"},
		{"http://127.0.0.1:7878", "http://127.0.0.1:7878/sparql http://[::ffff:127.0.0.1]:7878/", "http://127.0.0.1/ http://localhost:7878/"},
		{"http://[::1]:80", "http://[::1]/ http://[0:0::1]:80", "http://[::2]/"},
		{"[::1]:8080", "http://[::1]:8080/", "http://[::1]/"},
	} {
		g := New(Options{Allow: rules(t, c.rule)})
		for _, u := range strings.Fields(c.yes) {
			if err := g.Check(u); err != nil {
				t.Errorf("%s: %v", c.rule, err)
			}
		}
		for _, u := range strings.Fields(c.no) {
			if err := g.Check(u); err == nil {
				t.Errorf("%s allows %s", c.rule, u)
			}
		}
		again, err := ParseRule(g.o.Allow[0].String())
		if err != nil || again != g.o.Allow[0] {
			t.Errorf("%s became %s: %v", c.rule, again, err)
		}
	}
	if err := New(Options{}).Check("https://example.org/"); err == nil {
		t.Error("an empty list allows something")
	}
}

func TestBadRules(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "ftp://example.org", "https://", "https://u@example.org", "https://example.org?x", "https://example.org/#x",
		"example.org/path", "mailto:a@b", "https://example.org/a/../b", "https://exa*mple.org", "*.*", "https://*", "*.", "127.1", "0x7f000001",
		"http://2130706433/", "*.127.0.0.1", "https://[::1", "http://example.org:port/", "a b"} {
		if r, err := ParseRule(s); err == nil {
			t.Errorf("%q was read as %v", s, r)
		}
	}
	if _, err := ParseRules([]string{"ftp://a", "*", "b/c"}); err == nil || strings.Count(err.Error(), "nothing to allow") != 2 {
		t.Errorf("got %v", err)
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	r, err := Origin("http://user:secret@127.0.0.1:99/a/../b?c#d")
	if err != nil || r.String() != "http://127.0.0.1:99" {
		t.Errorf("got %v, %v", r, err)
	}
	if _, err := Origin("file:///etc/passwd"); err == nil {
		t.Error("a file has no origin")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	const public, inner, never = 0, 1, 2
	for ip, want := range map[string]int{
		"8.8.8.8": public, "2a00:1450::1": public, "::ffff:8.8.8.8": public, "64:ff9b::808:808": public,
		"127.0.0.1": inner, "127.255.0.1": inner, "::1": inner, "10.1.2.3": inner, "172.16.0.1": inner, "172.31.255.255": inner,
		"192.168.1.1": inner, "fd00::1": inner, "fc00::1": inner, "::ffff:127.0.0.1": inner, "::ffff:10.0.0.1": inner, "100.64.1.1": inner,
		"64:ff9b::7f00:1": inner, "64:ff9b::a00:1": inner, "2002:7f00:1::": inner, "::7f00:1": inner, "198.18.0.1": inner, "203.0.113.1": inner,
		"2001:db8::1": inner, "fec0::1": inner, "64:ff9b:1::1": inner, "100::1": inner, "5f00::1": inner,
		"169.254.169.254": never, "fe80::1": never, "fe80::1%eth0": never, "0.0.0.0": never, "0.1.2.3": never, "224.0.0.1": never,
		"255.255.255.255": never, "240.0.0.1": never, "::": never, "ff02::1": never, "::ffff:169.254.169.254": never, "::ffff:0.0.0.0": never,
		"64:ff9b::a9fe:a9fe": never, "100.100.100.200": never, "fd00:ec2::254": never, "168.63.129.16": never,
	} {
		a := netip.MustParseAddr(ip)
		if got := checkPublic(a) == nil; got != (want == public) {
			t.Errorf("public %s: %v", ip, got)
		}
		if got := checkNamed(a) == nil; got != (want != never) {
			t.Errorf("named %s: %v", ip, got)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"*", "*.a.b", "https://a/b", "a:1", "http://[::1]:80/", "//", "http://a%2eb"} {
		f.Add(s, "http://127.0.0.1/")
	}
	f.Fuzz(func(t *testing.T, rule, address string) {
		r, err := ParseRule(rule)
		if err != nil {
			return
		}
		again, err := ParseRule(r.String())
		if err != nil || again != r {
			t.Fatalf("%q became %q, then %v: %v", rule, r, again, err)
		}
		_ = New(Options{Allow: []Rule{r}}).Check(address)
	})
}
