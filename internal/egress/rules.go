package egress

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Rule is one entry of an allow-list.
type Rule struct {
	scheme string // empty for both
	host   string // without port; "" for any
	below  bool   // the subdomains of host, not itself
	port   string // empty for that of the scheme
	path   string // empty for all
}

// ParseRule reads an entry:
//
//	https://example.org                an origin: this scheme, host and port
//	https://example.org:8443/sparql    a prefix: this path and all beneath it
//	example.org, example.org:8080      a host: http and https, at their ports or at the one given
//	*.example.org, https://*.example.org   the subdomains of a host
//	*                                  everything
//
// Only an entry that names its host in full allows it to have an address that is not public.
func ParseRule(s string) (Rule, error) {
	bad := func(why string) (Rule, error) {
		return Rule{}, fmt.Errorf("%q is nothing to allow: %s", s, why)
	}
	if s == "*" {
		return Rule{}, nil
	}
	text, withScheme := s, strings.Contains(s, "://")
	if !withScheme {
		text = "//" + s
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "":
		return bad("it is no origin, URL or host")
	case withScheme && u.Scheme != "http" && u.Scheme != "https":
		return bad("only http and https are possible")
	case !withScheme && u.Path != "":
		return bad("a path needs the scheme before it, as in https://example.org/sparql")
	case u.User != nil:
		return bad("it has a user")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return bad("it has a query or a fragment")
	case u.Hostname() == "":
		return bad("it names no host")
	}
	name, below := strings.CutPrefix(u.Hostname(), "*.")
	r := Rule{scheme: u.Scheme, host: Host(name), below: below, port: u.Port(), path: u.EscapedPath()}
	if r.path == "/" {
		r.path = ""
	}
	if crooked(r.path) {
		return bad("its path has . or .. or encoded slashes")
	}
	if strings.Contains(r.host, "*") || r.host == "" {
		return bad("* stands alone or before the name of a domain")
	}
	if _, isIP := parseIP(r.host); !isIP && (endsInNumber(r.host) || !isName(r.host)) || isIP && r.below {
		return bad("its host is neither a name nor an IP address")
	}
	if withScheme && r.port == "" {
		r.port = port(u)
	}
	return r, nil
}

// ParseRules reads a list of entries.
func ParseRules(list []string) ([]Rule, error) {
	out := make([]Rule, 0, len(list))
	var errs []error
	for _, s := range list {
		r, err := ParseRule(s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, r)
	}
	return out, errors.Join(errs...)
}

// Origin is the rule for the origin of a URL.
func Origin(address string) (Rule, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Rule{}, errors.New("this is no valid URL")
	}
	return ParseRule(u.Scheme + "://" + u.Host)
}

// String is the entry in the form that ParseRule reads.
func (r Rule) String() string {
	if r.host == "" {
		return "*"
	}
	var b strings.Builder
	if r.scheme != "" {
		b.WriteString(r.scheme + "://")
	}
	if r.below {
		b.WriteString("*.")
	}
	if strings.Contains(r.host, ":") {
		b.WriteString("[" + r.host + "]")
	} else {
		b.WriteString(r.host)
	}
	if r.port != "" && r.port != portOf(r.scheme) {
		b.WriteString(":" + r.port)
	}
	return b.String() + r.path
}

// match looks a URL up in a list. named tells that an entry names its host in full.
func match(list []Rule, u *url.URL) (named, ok bool) {
	for i := range list {
		if list[i].matches(u) {
			ok = true
			named = named || list[i].host != "" && !list[i].below
		}
	}
	return named, ok
}

func (r *Rule) matches(u *url.URL) bool {
	if r.host == "" {
		return true
	}
	if r.scheme != "" && r.scheme != u.Scheme {
		return false
	}
	host := Host(u.Hostname())
	if r.below {
		if !strings.HasSuffix(host, "."+r.host) {
			return false
		}
	} else if host != r.host {
		return false
	}
	switch p := port(u); {
	case r.port != "":
		if p != r.port {
			return false
		}
	case p != portOf(u.Scheme):
		return false
	}
	if r.path == "" {
		return true
	}
	path := u.EscapedPath()
	if crooked(path) {
		return false // another reading of it might lead elsewhere
	}
	rest, ok := strings.CutPrefix(path, r.path)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(r.path, "/"))
}

// crooked reports whether servers may differ in what a path leads to.
func crooked(path string) bool {
	low := strings.ToLower(path)
	for _, s := range []string{"%2e", "%2f", "%5c", "\\", "//"} {
		if strings.Contains(low, s) {
			return true
		}
	}
	for _, segment := range strings.Split(low, "/") {
		// A parameter after ; is dropped by some servers before they look at the dots.
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return true
		}
	}
	return false
}

// isName reports whether a host has only characters that names have.
func isName(host string) bool {
	return !strings.ContainsFunc(host, func(c rune) bool {
		return c < 0x80 && !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_')
	})
}

// Host is the name of a host as hosts are compared: in lower case, without a point at its end, as it is sent where it has letters beyond ASCII, and an IP
// address in its one form.
func Host(host string) string {
	if strings.ContainsFunc(host, func(c rune) bool { return c >= 0x80 }) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil { // as net/http does, which sends nothing to others
			host = ascii
		}
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if ip, ok := parseIP(host); ok {
		return ip.String()
	}
	return host
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return portOf(u.Scheme)
}

func portOf(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}
