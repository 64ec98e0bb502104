package format

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// ZipOptions limits what WalkZip gives.
type ZipOptions struct {
	// Members is the most files that an archive may have; 0 means 65,536.
	Members int
	// Limit is the most bytes of content of all members together; 0 means no limit.
	Limit int64
}

const defaultMembers = 1 << 16

// WalkZip hands the files in a zip archive to visit, in their order, each by its name in the archive and with its content
// unpacked, also where it is compressed once more. Folders, hidden files and what macOS adds are left out. The content is valid
// until visit returns; what visit does not read is skipped. Names are only for messages and for [Detect]: nothing is written.
//
// Archives in archives are not opened: visit gets them as they are. Callers that have an *os.File pass it with its size, and can
// tell by [IsZip] that they have to:
//
//	head := …                       // the first bytes of the file
//	if format.IsZip(head) {
//		err = format.WalkZip(file, size, name, format.ZipOptions{Limit: limit}, func(member string, r io.Reader) error {
//			return document(name+"/"+member, r) // detect the format and parse, as for a file
//		})
//	}
func WalkZip(r io.ReaderAt, size int64, name string, o ZipOptions, visit func(member string, content io.Reader) error) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("%s: zip: %w", name, err)
	}
	if o.Members <= 0 {
		o.Members = defaultMembers
	}
	if len(z.File) > o.Members {
		return fmt.Errorf("%s: zip: %d members, of which %d are allowed", name, len(z.File), o.Members)
	}
	left := o.Limit
	for _, f := range z.File {
		if f.FileInfo().IsDir() || hidden(f.Name) {
			continue
		}
		read, err := member(f, name, left, o.Limit > 0, visit)
		if err != nil {
			var limit *LimitError
			if errors.As(err, &limit) {
				limit.Limit = o.Limit
			}
			return err
		}
		left -= read
	}
	return nil
}

func member(f *zip.File, archive string, left int64, limited bool, visit func(string, io.Reader) error) (read int64, err error) {
	name := archive + "/" + f.Name
	packed, err := f.Open()
	if err != nil {
		return 0, fmt.Errorf("%s: zip: %w", name, err)
	}
	defer packed.Close()
	o := DecompressOptions{Progress: func(n int64) { read = n }}
	if limited {
		if left <= 0 {
			return 0, &LimitError{Name: name}
		}
		o.Limit = left
	}
	content, err := DecompressWith(packed, name, o)
	if errors.Is(err, ErrArchive) {
		packed.Close()
		if packed, err = f.Open(); err != nil {
			return 0, fmt.Errorf("%s: zip: %w", name, err)
		}
		defer packed.Close()
		return 0, visit(f.Name, packed)
	}
	if err != nil {
		return 0, err
	}
	defer content.Close()
	err = visit(f.Name, content)
	return read, err
}

// IsZip tells a zip archive by its first bytes.
func IsZip(head []byte) bool {
	return strings.HasPrefix(string(head[:min(len(head), 4)]), "PK\x03\x04")
}

func hidden(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") || strings.HasPrefix(name, "__MACOSX/")
}
