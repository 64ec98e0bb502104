//go:build !linux && !darwin && !freebsd

package diskspace

// Free is how many bytes an unprivileged process may still write where dir is; ok is false where that is not known.
func Free(string) (bytes uint64, ok bool) { return 0, false }
