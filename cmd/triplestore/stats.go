package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"triplestore/store"
)

func (a *app) stats() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stats", Short: "Print the size of the store", Args: args(cobra.NoArgs),
		Long:    "Prints how many quads, named graphs, terms and commits the store has and what it takes on disk.\n\n" + exitHelp,
		Example: "  triplestore stats\n  triplestore stats --json | jq .quads",
	}
	dir := storeFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print JSON: quads, graphs, terms, commits, bytes_on_disk")
	cmd.RunE = func(*cobra.Command, []string) error {
		return a.withSnapshot(*dir, func(_ store.Store, snap store.Snapshot) error {
			s, err := snap.Stats()
			if err != nil {
				return err
			}
			if *asJSON {
				return a.printJSON(s)
			}
			_, err = fmt.Fprintf(a.stdout, "%15s quads\n%15s named graphs\n%15s terms\n%15s commits\n%15s on disk\n", formatCount(s.Quads), formatCount(s.Graphs),
				formatCount(s.Terms), formatCount(s.Commits), formatBytes(int64(s.BytesOnDisk)))
			return err
		})
	}
	return cmd
}
