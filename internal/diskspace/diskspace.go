// Package diskspace tells how much room a file system has. Badger writes through memory maps of files with holes: where the disk is
// full, that is a signal that ends the process and no error. So whoever writes asks before and leaves a reserve.
package diskspace

import (
	"errors"
	"fmt"
	"syscall"
)

// ErrFull: there is less free than the reserve.
var ErrFull = errors.New("disk is full")

// Check returns an error that wraps ErrFull if less than so many bytes are free where dir is. Where that cannot be found out there is
// no error.
func Check(dir string, bytes uint64) error {
	free, ok := Free(dir)
	if !ok || free >= bytes {
		return nil
	}
	return fmt.Errorf("%w: %.1f MB are free in %s, %.1f MB are needed", ErrFull, float64(free)/1e6, dir, float64(bytes)/1e6)
}

// Full reports whether an error is that a disk is full, by Check or by the system.
func Full(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC)
}
