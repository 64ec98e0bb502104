package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"triplestore/server/access"
)

func (a *app) token() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make tokens for the server",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenNew(), a.tokenCheck())
	return cmd
}

func (a *app) tokenNew() *cobra.Command {
	var name, expires string
	var roles []string
	var json bool
	cmd := &cobra.Command{
		Use:   "new [flags]",
		Short: "Make a token and the entry of the access file that knows it",
		Long: `Makes a token of 256 random bits. It is printed to standard output and kept nowhere; the entry for the list tokens of the file of
'serve --access FILE', which has only its hash, goes to standard error.`,
		Example: `  triplestore token new --name harvester --role writer
  triplestore token new --name nightly --role harvest --expires 2027-06-30 >token.txt 2>>access.yaml`,
		Args: args(cobra.NoArgs),
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "token", "name of who uses it, for logs")
	flags.StringArrayVar(&roles, "role", []string{"reader"}, "role that it gives: reader, writer, admin or one of the file; may be repeated")
	flags.StringVar(&expires, "expires", "", "last day on which it is valid, such as 2027-06-30")
	flags.BoolVar(&json, "json", false, "print both as JSON to standard output")
	cmd.RunE = func(*cobra.Command, []string) error {
		for _, word := range append([]string{name, expires}, roles...) {
			if strings.ContainsAny(word, "\"\\\n\r\t") {
				return usageError{fmt.Errorf("%q has characters that names do not have", word)}
			}
		}
		secret, hash := access.NewToken()
		entry := fmt.Sprintf("  - name: %q\n    hash: %s\n", name, hash)
		for i, r := range roles {
			roles[i] = fmt.Sprintf("%q", r)
		}
		entry += "    roles: [" + strings.Join(roles, ", ") + "]\n"
		if expires != "" {
			entry += fmt.Sprintf("    expires: %q\n", expires)
		}
		if _, err := access.Parse(strings.NewReader("tokens:\n" + strings.Replace(entry, "roles: [", "# roles: [", 1))); err != nil {
			return usageError{err}
		}
		if json {
			return a.printJSON(map[string]any{"token": secret, "hash": hash})
		}
		fmt.Fprintln(a.stdout, secret)
		fmt.Fprint(a.stderr, entry)
		return nil
	}
	return cmd
}

func (a *app) tokenCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "check FILE",
		Short:   "Check a file of access rights before the server reads it",
		Example: "  triplestore token check access.yaml",
		Args:    args(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(_ *cobra.Command, list []string) error {
		policy, err := readAccess(list[0], "")
		if err != nil {
			return usageError{err}
		}
		anonymous := policy.Anonymous().Rights
		closed := anonymous.Closed.String()
		if closed == "" {
			closed = "none"
		}
		_, err = fmt.Fprintf(a.stdout, "%s is valid: %s, %s; closed graphs: %s\n", list[0], plural(policy.Tokens(), "token"), plural(policy.Issuers(), "issuer"), closed)
		return err
	}
	return cmd
}
