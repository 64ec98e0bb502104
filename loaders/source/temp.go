package source

import (
	"errors"
	"os"
	"path/filepath"

	"triplestore/internal/diskspace"
)

const (
	// tempReserve is how many bytes a TempFile leaves free on the disk beside what others want.
	tempReserve = 64 << 20
	// tempCheck is how many bytes of a TempFile are written between two looks at the free space.
	tempCheck = 4 << 20
)

// TempFile is a file that need not outlive a run. It is for one goroutine that writes; several may read.
type TempFile struct {
	f       *os.File
	reserve func() uint64
	left    int // bytes until the free space is looked at again
}

// CreateTemp makes a file in a folder, or in that of the system where it is empty. What is written to it leaves free on the disk as many bytes as
// reserve says, which may be nil, and some more; where there are less the error is diskspace.ErrFull.
func CreateTemp(dir string, reserve func() uint64) (*TempFile, error) {
	f, err := os.CreateTemp(dir, "harvest-*")
	if err != nil {
		return nil, err
	}
	return &TempFile{f: f, reserve: reserve}, nil
}

// Write implements io.Writer.
func (t *TempFile) Write(b []byte) (int, error) {
	if t.left -= len(b); t.left < 0 {
		need := uint64(tempReserve + tempCheck)
		if t.reserve != nil {
			need += t.reserve()
		}
		if err := diskspace.Check(filepath.Dir(t.f.Name()), need); err != nil {
			return 0, err
		}
		t.left = tempCheck
	}
	return t.f.Write(b)
}

// ReadAt implements io.ReaderAt.
func (t *TempFile) ReadAt(b []byte, at int64) (int, error) { return t.f.ReadAt(b, at) }

// Remove closes and removes the file.
func (t *TempFile) Remove() error { return errors.Join(t.f.Close(), os.Remove(t.f.Name())) }
