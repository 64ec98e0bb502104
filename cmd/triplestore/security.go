package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"triplestore/server"
	"triplestore/server/access"
	"triplestore/server/audit"
	"triplestore/server/throttle"
)

// securityFlags say who may do what, and how much.
type securityFlags struct {
	access, audit   string
	tlsCert, tlsKey string
	proxies         []string
	forwarded       string
	limits          throttle.Limits
}

func (f *securityFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.access, "access", "", "file (YAML) of closed graphs, roles, tokens and issuers of OpenID Connect; it is read again when it changes")
	flags.StringVar(&f.audit, "audit-log", "", "file to which a line of JSON is appended for each attempt to change the store")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "file (PEM) of the certificate, with those between it and a root; it is read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "file (PEM) of the certificate's key")
	flags.StringArrayVar(&f.proxies, "trusted-proxy", nil, "address or network (10.0.0.0/8) of proxies that say which client a request is from; may be repeated")
	flags.StringVar(&f.forwarded, "forwarded-header", "x-forwarded-for", "the header in which trusted proxies say so: x-forwarded-for or forwarded")
	flags.Float64Var(&f.limits.Rate, "client-rate", 50, "requests a second that one client may send in the long run; 0 for no limit")
	flags.IntVar(&f.limits.Burst, "client-burst", 0, "requests that it may send at once after a pause; 0 for four times --client-rate")
	flags.IntVar(&f.limits.AtOnce, "client-at-once", 64, "requests of one client that may be unfinished; 0 for no limit")
	flags.Float64Var(&f.limits.Work, "client-work", 1, "seconds of work, such as running a query, that one client may cause a second in the long run, and 120 times that at once; 0 for no limit")
}

// secured is what the flags open, beside what they set.
type secured struct {
	again []reloaded
	tls   *tls.Config // nil: without
	audit *audit.Log
}

func (s *secured) close() error {
	if s.audit == nil {
		return nil
	}
	return s.audit.Close()
}

// apply sets what the flags say. The caller closes what it gets.
func (f *securityFlags) apply(c *server.Config) (s secured, err error) {
	if f.access != "" {
		if c.AnonymousWrites {
			return s, usageError{errors.New("--access and --allow-anonymous-writes say different things: in the file, anonymous lists the roles of those without a token")}
		}
		token := c.UpdateToken
		read := func() (*access.Policy, error) { return readAccess(f.access, token) }
		policy, err := read()
		if err != nil {
			return s, usageError{fmt.Errorf("--access: %w", err)}
		}
		current := access.NewCurrent(policy)
		c.Access, c.UpdateToken = current, ""
		s.again = append(s.again, reloaded{"access rights", []string{f.access}, func() error {
			policy, err := read()
			if err == nil {
				current.Set(policy)
			}
			return err
		}})
	}
	c.Limits = f.limits
	if c.Addresses.Proxies, err = throttle.ParseProxies(f.proxies); err != nil {
		return s, usageError{fmt.Errorf("--trusted-proxy: %w", err)}
	}
	switch f.forwarded {
	case "x-forwarded-for":
	case "forwarded":
		c.Addresses.Standard = true
	default:
		return s, usageError{fmt.Errorf("--forwarded-header %s: there is x-forwarded-for and forwarded", f.forwarded)}
	}
	if (f.tlsCert == "") != (f.tlsKey == "") {
		return s, usageError{errors.New("--tls-cert and --tls-key go together")}
	}
	if f.tlsCert != "" {
		pair := &certificate{certFile: f.tlsCert, keyFile: f.tlsKey}
		if err := pair.read(); err != nil {
			return s, err
		}
		s.tls = pair.config()
		s.again = append(s.again, reloaded{"certificate", []string{f.tlsCert, f.tlsKey}, pair.read})
	}
	if f.audit != "" {
		if s.audit, err = audit.Open(f.audit); err != nil {
			return s, fmt.Errorf("--audit-log: %w", err)
		}
		c.Audit = s.audit
		s.again = append(s.again, reloaded{"audit log", nil, s.audit.Reopen}) // at SIGHUP, as programs that rotate logs expect
	}
	return s, nil
}

// readAccess reads a file of access rights; token, if there is one, is an administrator's besides.
func readAccess(name, token string) (*access.Policy, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	policy, err := access.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	policy.Add("token", token)
	return policy, nil
}
