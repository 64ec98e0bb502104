//go:build linux || darwin || freebsd

package diskspace

import "syscall"

// Free is how many bytes an unprivileged process may still write where dir is; ok is false where that is not known.
func Free(dir string) (bytes uint64, ok bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0, false
	}
	return uint64(max(0, int64(st.Bavail))) * uint64(st.Bsize), true //nolint:unconvert // the types differ between systems
}
