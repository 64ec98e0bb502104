//go:build !unix

package sparql

import "time"

var begun = time.Now()

// processTime is the time on the clock where that of the processors cannot be had.
func processTime() time.Duration { return time.Since(begun) }
