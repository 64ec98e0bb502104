package badgerstore

import (
	"fmt"
	"os"
)

// helpers runs what a test has started this process for, and does not return then.
func helpers(getenv func(string) string) {
	if v := getenv(killEnv); v != "" {
		if err := killHelper(v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}
