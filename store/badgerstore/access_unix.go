//go:build unix

package badgerstore

import "syscall"

// mayWrite asks the operating system whether this process may make files in a folder, which it may not in a file system that is read-only.
func mayWrite(dir string) error { return syscall.Access(dir, 0x2|0x1) } // W_OK and X_OK of POSIX
