package badgerstore

import (
	"fmt"
	"os"
)

// helpers runs what a test has started this process for, and does not return then.
func helpers(getenv func(string) string) {
	for name, run := range map[string]func(string) error{killEnv: killHelper, maintainEnv: maintainHelper} {
		if v := getenv(name); v != "" {
			if err := run(v); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
}
