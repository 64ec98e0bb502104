//go:build unix

package diskspace

import (
	"os"
	"syscall"
)

// Same reports whether two folders are on one file system. Where that cannot be found out they are not.
func Same(a, b string) bool {
	of := func(dir string) (uint64, bool) {
		info, err := os.Stat(dir)
		if err != nil {
			return 0, false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return 0, false
		}
		return uint64(st.Dev), true //nolint:unconvert // the types differ between systems
	}
	x, known := of(a)
	y, also := of(b)
	return known && also && x == y
}
