//go:build !unix

package badgerstore

// ownLock: elsewhere Badger locks its directory.
const ownLock = false

type dirLock struct{}

func lockDir(string) (dirLock, error) { return dirLock{}, nil }

func (dirLock) release() error { return nil }

func removeUnfinished(string) {}

func locked(_ string, f func()) { f() }
