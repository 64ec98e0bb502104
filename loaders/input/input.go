// Package input opens what a section of a source names, a URL or a file, in one way: conditionally, unpacked, within limits.
package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"triplestore/loaders/source"
	"triplestore/rdf/format"
)

// Input is a document that can be read, or that has not changed.
type Input struct {
	// Name is what it is called in messages.
	Name string
	// IRI is where it is, after redirects; of a file it is empty.
	IRI string
	// NotModified: it is the version that the validators named, and has no content.
	NotModified bool
	// Validators name this version. Those of a file are made of its size and time.
	Validators source.Validators
	// Date is when it was made, as far as that is told.
	Date time.Time
	// MediaType is what a server said, Path the path of the URL or file.
	MediaType, Path string
	// Document is the answer of a server; nil for a file.
	Document *source.Document

	open  func() (io.ReadCloser, error)
	limit int64

	ctx    context.Context //nolint:containedctx // that of the run
	memory *source.Share
	held   *source.HeldReader // the text that was read as a whole
}

// Open opens a URL or a file; relative files begin at the folder of the configuration. Close it. Errors have a class.
func Open(ctx context.Context, env source.Env, address string, r source.Request) (*Input, error) {
	if source.IsURL(address) {
		r.URL = address
		d, err := env.Client.Get(ctx, &r)
		if err != nil {
			return nil, err
		}
		in := &Input{Name: address, IRI: d.IRI, NotModified: d.NotModified, Validators: d.Validators, MediaType: d.MediaType, Path: d.Path, Document: d, open: d.Open,
			limit: env.Client.MaxBytes(), ctx: ctx, memory: env.Memory}
		if t, err := time.Parse(time.RFC1123, d.Validators.LastModified); err == nil {
			in.Date = t
		}
		return in, nil
	}
	path := env.Path(address)
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil, source.Errorf(source.Invalid, "%s: is a folder", address)
	}
	if err != nil {
		c := source.Internal
		if errors.Is(err, os.ErrNotExist) {
			c = source.NotFound
		}
		return nil, source.WithClass(c, err)
	}
	v := source.Validators{ETag: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())}
	return &Input{Name: address, Validators: v, NotModified: v == r.Validators, Date: info.ModTime(), Path: path, limit: env.Client.MaxBytes(), ctx: ctx, memory: env.Memory, open: func() (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, source.WithClass(source.NotFound, err)
		}
		in, err := source.Unpack(f, path, env.Client.MaxBytes())
		if err != nil {
			f.Close()
			return nil, err
		}
		return &both{in, f}, nil
	}}, nil
}

// Open reads the document from its beginning, unpacked.
func (i *Input) Open() (io.ReadCloser, error) { return i.open() }

// Members hands the files of a zip archive to visit, each by its name in it and unpacked; all of them together are held to the limit of the
// client, and the archive to 65,536 files. archive is false, and nothing is visited, where the document is none.
func (i *Input) Members(visit func(name string, content io.Reader) error) (archive bool, err error) {
	var raw io.ReaderAt
	var size int64
	if i.Document != nil {
		raw, size = i.Document.Raw()
	} else {
		f, err := os.Open(i.Path)
		if err != nil {
			return false, source.WithClass(source.NotFound, err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return false, err
		}
		raw, size = f, info.Size()
	}
	var head [4]byte
	if n, err := raw.ReadAt(head[:], 0); err != nil && err != io.EOF || !format.IsZip(head[:n]) {
		return false, nil // who opens it tells what is wrong
	}
	err = format.WalkZip(raw, size, i.Name, format.ZipOptions{Limit: i.limit}, visit)
	var limit *format.LimitError
	switch {
	case errors.As(err, &limit):
		err = source.WithClass(source.TooLarge, err)
	case err != nil && source.ClassOf(err) == source.Internal:
		err = source.WithClass(source.Invalid, err)
	}
	return true, err
}

// Close lets go of the document.
func (i *Input) Close() error {
	if i.held != nil {
		i.held.Release()
	}
	if i.Document != nil {
		return i.Document.Close()
	}
	return nil
}

// MaxText limits a document that is read as a whole.
const MaxText = 256 << 20

// textBytes is about how many bytes of memory a byte of a text takes, with what is made of it.
const textBytes = 3

// Text reads all of a document that is not large. Its memory is counted until Close.
func (i *Input) Text() ([]byte, error) {
	body, err := i.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	i.held = i.memory.Held(i.ctx, body, textBytes)
	b, err := io.ReadAll(io.LimitReader(i.held, MaxText+1))
	if err == nil && len(b) > MaxText {
		err = source.Errorf(source.TooLarge, "%s: is longer than %d bytes", i.Name, MaxText)
	}
	return b, err
}

type both struct {
	io.ReadCloser
	file io.Closer
}

// Close closes both.
func (b *both) Close() error { return errors.Join(b.ReadCloser.Close(), b.file.Close()) }
