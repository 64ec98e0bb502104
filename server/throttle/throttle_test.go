package throttle

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	t.Parallel()
	c, now := New(Limits{Rate: 2, Burst: 3}), time.Unix(1e9, 0)
	for i := range 3 {
		if _, ok := c.Enter("a", now); !ok {
			t.Fatalf("request %d is refused", i)
		}
	}
	wait, ok := c.Enter("a", now)
	if ok || wait != 500*time.Millisecond {
		t.Errorf("%v, %v", wait, ok)
	}
	if _, ok := c.Enter("b", now); !ok {
		t.Error("another client pays for the first")
	}
	if _, ok := c.Enter("a", now.Add(wait)); !ok {
		t.Error("after the wait that was asked for it is still refused")
	}
	if _, ok := c.Enter("a", now.Add(wait)); ok {
		t.Error("two for the time of one")
	}
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	c, now := New(Limits{AtOnce: 2}), time.Unix(1e9, 0)
	for i, want := range []bool{true, true, false, false} {
		if _, ok := c.Enter("a", now); ok != want {
			t.Errorf("request %d: %v", i, ok)
		}
	}
	c.Leave("a")
	if _, ok := c.Enter("a", now); !ok {
		t.Error("a place is free but not given")
	}
}

func TestWork(t *testing.T) {
	t.Parallel()
	c, now := New(Limits{Work: 0.5, WorkBurst: 10 * time.Second}), time.Unix(1e9, 0)
	c.Charge("a", 9*time.Second, now)
	if _, ok := c.Enter("a", now); !ok {
		t.Error("something is left")
	}
	c.Charge("a", 26*time.Second, now) // longer than the burst: 25 s are owed
	wait, ok := c.Enter("a", now)
	if ok || wait < 50*time.Second || wait > 51*time.Second {
		t.Errorf("%v, %v", wait, ok)
	}
	if _, ok := c.Enter("a", now.Add(wait-time.Second)); ok {
		t.Error("too early")
	}
	if _, ok := c.Enter("a", now.Add(wait)); !ok {
		t.Error("after the wait that was asked for it is still refused")
	}
}

// TestManyClients: memory is bounded, and who owes something is not forgotten to let others in while there is room.
func TestManyClients(t *testing.T) {
	t.Parallel()
	c, now := New(Limits{Rate: 1, Burst: 1, AtOnce: 5}), time.Unix(1e9, 0)
	c.Enter("busy", now)
	for i := range maxClients + 10 {
		c.Enter(fmt.Sprint(i), now)
		c.Leave(fmt.Sprint(i))
		if len(c.known) > maxClients {
			t.Fatalf("%d clients are known", len(c.known))
		}
	}
	if c.known["busy"] == nil {
		t.Error("one whose request runs was forgotten")
	}
	c.Enter("later", now.Add(10*time.Minute))
	if len(c.known) != 2 {
		t.Errorf("%d clients are known after a long time", len(c.known))
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	proxies, err := ParseProxies([]string{"10.0.0.0/8", "::1", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		remote, header, value, want string
	}{
		{"192.0.2.1:5", "", "", "192.0.2.1"}, {"[::ffff:192.0.2.1]:5", "", "", "192.0.2.1"}, {"[fe80::1%eth0]:5", "", "", "fe80::1"}, {"@", "", "", "invalid IP"},
		{"192.0.2.1:5", "X-Forwarded-For", "198.51.100.7", "192.0.2.1"}, // nobody trusts it
		{"10.1.1.1:5", "", "", "10.1.1.1"}, {"10.1.1.1:5", "X-Forwarded-For", "198.51.100.7", "198.51.100.7"},
		{"10.1.1.1:5", "X-Forwarded-For", "1.2.3.4, 198.51.100.7", "198.51.100.7"}, // the first is the client's invention
		{"10.1.1.1:5", "X-Forwarded-For", "198.51.100.7, 10.2.2.2", "198.51.100.7"}, {"10.1.1.1:5", "X-Forwarded-For", "10.3.3.3, 10.2.2.2", "10.3.3.3"},
		{"10.1.1.1:5", "X-Forwarded-For", "1.2.3.4, nonsense", "10.1.1.1"}, {"10.1.1.1:5", "X-Forwarded-For", "1.2.3.4, nonsense, 10.2.2.2", "10.2.2.2"},
		{"[::1]:5", "X-Forwarded-For", "[2a00::1]:80", "2a00::1"}, {"[::1]:5", "X-Forwarded-For", "198.51.100.7:80", "198.51.100.7"},
		{"10.1.1.1:5", "Forwarded", "for=198.51.100.7", "10.1.1.1"}, // not the header that the proxies set
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		if got := (Addresses{Proxies: proxies}).Of(r).String(); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for value, want := range map[string]string{
		`for=198.51.100.7;proto=https`: "198.51.100.7", `proto=http;For="[2a00::1]:80"`: "2a00::1", "for=1.2.3.4, for=198.51.100.7, by=x;for=10.2.2.2": "198.51.100.7",
		"for=_hidden": "10.1.1.1", "by=x": "10.1.1.1", "for=1.2.3.4, for=unknown": "10.1.1.1",
	} {
		r := &http.Request{RemoteAddr: "10.1.1.1:5", Header: http.Header{"Forwarded": {value}, "X-Forwarded-For": {"6.6.6.6"}}}
		if got := (Addresses{Proxies: proxies, Standard: true}).Of(r).String(); got != want {
			t.Errorf("Forwarded: %s: %s, want %s", value, got, want)
		}
	}
	if _, err := ParseProxies([]string{"proxy.example.org"}); err == nil {
		t.Error("a name was taken for an address")
	}
	if a, b := Key(netip.MustParseAddr("2a00:1:2:3::1")), Key(netip.MustParseAddr("2a00:1:2:3:ffff::2")); a != b || a == Key(netip.MustParseAddr("2a00:1:2:4::1")) {
		t.Error("keys of IPv6", a, b)
	}
}

// FuzzAddresses: whatever the header is, an address comes out that is the peer's or in the header.
func FuzzAddresses(f *testing.F) {
	f.Add("1.2.3.4, [::1]:80", `for="[2a00::1]";by=x`)
	f.Fuzz(func(t *testing.T, x, forwarded string) {
		proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
		for _, standard := range []bool{false, true} {
			r := &http.Request{RemoteAddr: "10.1.1.1:5", Header: http.Header{"X-Forwarded-For": {x}, "Forwarded": {forwarded}}}
			if ip := (Addresses{proxies, standard}).Of(r); !ip.IsValid() || ip.Zone() != "" || Key(ip) == "" {
				t.Errorf("%v", ip)
			}
		}
	})
}
