package throttle

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// Addresses finds the addresses of clients.
type Addresses struct {
	// Proxies are those whose header is believed. A client behind others, or without any, has the address that its connection comes
	// from.
	Proxies []netip.Prefix
	// Standard believes the header Forwarded (RFC 7239) and not X-Forwarded-For. A proxy sets one of them; the other would be the
	// client's own invention.
	Standard bool
}

// ParseProxies reads addresses and networks, such as 10.0.0.0/8.
func ParseProxies(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, aerr := netip.ParseAddr(s)
			if aerr != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network", s)
			}
			p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (a Addresses) trusts(ip netip.Addr) bool {
	for _, p := range a.Proxies {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// Of is the address of the client of a request: the last one in the chain of proxies that is not a trusted one. The zero Addr means
// that there is none.
func (a Addresses) Of(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := plain(peer.Addr())
	if !a.trusts(ip) {
		return ip
	}
	var chain []string
	if a.Standard {
		chain = forwardedFor(r.Header.Values("Forwarded"))
	} else {
		for _, v := range r.Header.Values("X-Forwarded-For") {
			chain = append(chain, strings.Split(v, ",")...)
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		next, ok := parseHop(chain[i])
		if !ok {
			return ip // what stands before is not to be believed either
		}
		if ip = next; !a.trusts(ip) {
			return ip
		}
	}
	return ip
}

func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }

// parseHop reads an address with or without a port, an IPv6 one perhaps in brackets.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	if ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")); err == nil {
		return plain(ip), true
	}
	if p, err := netip.ParseAddrPort(s); err == nil {
		return plain(p.Addr()), true
	}
	return netip.Addr{}, false
}

// forwardedFor lists the parameters for= of the elements of Forwarded; one without is "unknown".
func forwardedFor(values []string) []string {
	var out []string
	for _, v := range values {
		for element := range strings.SplitSeq(v, ",") {
			hop := "unknown"
			for pair := range strings.SplitSeq(element, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				if strings.EqualFold(name, "for") {
					hop = value
				}
			}
			out = append(out, hop)
		}
	}
	return out
}

// Key names the client of an address. Networks of IPv6 that one household or host has count as one.
func Key(ip netip.Addr) string {
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
