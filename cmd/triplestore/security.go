package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"triplestore/server"
	"triplestore/server/access"
)

// securityFlags say who may do what, and how much.
type securityFlags struct {
	access string
}

func (f *securityFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.access, "access", "", "file (YAML) of closed graphs, roles, tokens and issuers of OpenID Connect; it is read again when it changes")
}

// apply sets what the flags say, and lists what to read again when it changes.
func (f *securityFlags) apply(c *server.Config) (again []reloaded, err error) {
	if f.access != "" {
		if c.AnonymousWrites {
			return nil, usageError{errors.New("--access and --allow-anonymous-writes say different things: in the file, anonymous lists the roles of those without a token")}
		}
		token := c.UpdateToken
		read := func() (*access.Policy, error) { return readAccess(f.access, token) }
		policy, err := read()
		if err != nil {
			return nil, usageError{fmt.Errorf("--access: %w", err)}
		}
		c.Access, c.UpdateToken = access.NewCurrent(policy), ""
		again = append(again, reloaded{"access rights", []string{f.access}, func() error {
			policy, err := read()
			if err == nil {
				c.Access.Set(policy)
			}
			return err
		}})
	}
	return again, nil
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
