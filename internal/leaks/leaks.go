// Package leaks ends the tests of a package with a look for goroutines that they left.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is for how long goroutines may go on after the last test. goleak alone waits for less than half a second, which on a busy machine is too little
// for a connection to be closed.
const patience = time.Minute

// Main runs the tests, and lets them fail if goroutines of theirs do not end.
func Main(m *testing.M) {
	code := m.Run()
	if code == 0 {
		err := goleak.Find()
		for end := time.Now().Add(patience); err != nil && time.Now().Before(end); {
			err = goleak.Find()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "goroutines go on after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}
