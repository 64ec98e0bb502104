//go:build unix

package badgerstore

import (
	"errors"
	"syscall"
	"testing"

	"triplestore/store"
)

// TestLockIsGivenBack closes a store while a process that is just being started has copies of all descriptors: that must not keep the
// lock.
func TestLockIsGivenBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := syscall.Dup(int(s.pages.(*badgerPages).lock.f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(copied)
	if _, err := Open(dir, Options{}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("%v while it is open", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
