package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) health() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health [flags]",
		Short: "Tell whether a server answers for the store",
		Long: `Asks the triplestore serve that has the store open whether it can read it, over the socket in the store's folder: whatever its address, port,
certificate and limits are. The exit code is 0 if it can and 1 otherwise, as containers want it. With --ready it is 1 too while the server stops or
has too many queries to answer, as /readyz tells load balancers.

` + exitHelp,
		Example: "  triplestore health\n  triplestore health --store /data/store --ready --quiet",
		Args:    args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	ready := cmd.Flags().Bool("ready", false, "ask whether it takes more queries")
	quiet := cmd.Flags().Bool("quiet", false, "print nothing if all is well")
	timeout := cmd.Flags().Duration("timeout", 5*time.Second, "how long to wait for an answer")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, cancel := context.WithTimeout(cmd.Context(), *timeout)
		defer cancel()
		path := "/health"
		if *ready {
			path = "/ready"
		}
		resp, err := a.ask(ctx, *dir, fmt.Errorf("no server answers for the store in %s", *dir), http.MethodGet, path, nil)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return fmt.Errorf("the server did not answer within %v", *timeout)
		case err != nil:
			return err
		}
		resp.Body.Close()
		if *quiet {
			return nil
		}
		_, err = fmt.Fprintln(a.stdout, "ok")
		return err
	}
	return cmd
}
