package egress

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

var (
	errNotPublic = errors.New("its address is not public and the allow-list does not name the host")
	errNever     = errors.New("its address is link-local, of a metadata service or none that a host has; only the address itself can be allowed")
)

// never are ranges that a host's name must not lead to, even one that the operator named: what answers there gives away keys of
// the machine, or it is no host at all.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "ff00::/8",
	"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::254/128", // metadata services of clouds
)

// special are further ranges that are not on the open internet, beside those that package netip knows:
// https://www.iana.org/assignments/iana-ipv4-special-registry and https://www.iana.org/assignments/iana-ipv6-special-registry
var special = prefixes(
	"100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

var (
	globalIPv6 = netip.MustParsePrefix("2000::/3")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

func within(list []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// plain takes an IPv4 address out of the IPv6 addresses that only wrap one.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if nat64.Contains(ip) {
		b := ip.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// checkNamed lets everything through but what no name should lead to.
func checkNamed(ip netip.Addr) error {
	if within(never, plain(ip)) {
		return errNever
	}
	return nil
}

// checkPublic lets only the open internet through.
func checkPublic(ip netip.Addr) error {
	ip = plain(ip)
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !globalIPv6.Contains(ip) || within(special, ip) || within(never, ip) {
		return errNotPublic
	}
	return nil
}

// dialer makes connections to addresses that pass the check. An address that was written in the URL itself was judged with the URL.
func (g *Guard) dialer(check func(netip.Addr) error) func(context.Context, string, string) (net.Conn, error) {
	direct := &net.Dialer{Timeout: g.o.Connect}
	// Control sees the address of the socket that is about to connect, so nothing can change between the check and the use.
	guarded := &net.Dialer{Timeout: g.o.Connect, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err == nil {
			err = check(ap.Addr())
		}
		return err
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		refused := func(err error) error {
			if errors.Is(err, errNotPublic) || errors.Is(err, errNever) {
				reason := errNotPublic
				if errors.Is(err, errNever) {
					reason = errNever
				}
				return &RefusedError{URL: host, Reason: reason.Error()} // which address it is, is not told to strangers
			}
			return err
		}
		if ip, ok := parseIP(host); ok {
			if g.namesIP(ip) {
				return direct.DialContext(ctx, network, address)
			}
		} else if g.o.Resolve != nil {
			ips, err := g.o.Resolve(ctx, host)
			if err != nil {
				return nil, err
			}
			err = &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			for _, ip := range ips {
				var c net.Conn
				if c, err = guarded.DialContext(ctx, network, net.JoinHostPort(ip.String(), port)); err == nil {
					return c, nil
				}
			}
			return nil, refused(err)
		}
		c, err := guarded.DialContext(ctx, network, address)
		return c, refused(err)
	}
}

// namesIP reports whether the list has the address itself. That the whole URL is allowed was found before.
func (g *Guard) namesIP(ip netip.Addr) bool {
	return slices.ContainsFunc(g.o.Allow, func(r Rule) bool {
		named, ok := parseIP(r.host)
		return ok && named == ip
	})
}

// parseIP reads an address as URLs write it; an IPv4 address in the clothes of IPv6 is taken for what it is.
func parseIP(host string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return ip, false
	}
	return ip.Unmap(), true
}

// endsInNumber reports whether some resolvers would take a host for an IPv4 address in another notation, such as 2130706433, 0x7f.1 or
// 0177.0.0.1 (https://url.spec.whatwg.org/#ends-in-a-number-checker).
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return true
	}
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
