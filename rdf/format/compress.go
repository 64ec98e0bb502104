package format

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressions are the compressions that Decompress knows, by how a file ends and begins. The others get a message.
var compressions = []struct {
	name, extension string
	magic           []byte
	open            func(io.Reader) (io.ReadCloser, error)
}{
	{"gzip", ".gz", []byte{0x1F, 0x8B}, func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
	{"zstd", ".zst", []byte{0x28, 0xB5, 0x2F, 0xFD}, openZstd},
	{"bzip2", ".bz2", []byte("BZh"), func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
	{"xz", ".xz", []byte{0xFD, '7', 'z', 'X', 'Z', 0}, openXZ},
	{"zip", ".zip", []byte("PK\x03\x04"), nil},
}

// Compressed reports whether a file is compressed as its name tells.
func Compressed(file string) bool {
	for _, c := range compressions {
		if strings.HasSuffix(strings.ToLower(file), c.extension) {
			return true
		}
	}
	return false
}

// zstdWindow bounds the memory that a zstd stream can make its reader take.
const zstdWindow = 128 << 20

func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// DecompressOptions limits what Decompress gives.
type DecompressOptions struct {
	// Limit is the most bytes of decompressed content; 0 means no limit. It holds for input without compression too.
	Limit int64
	// Progress, if set, is told after each read how many bytes of content there were so far.
	Progress func(content int64)
}

// LimitError is the error for content beyond DecompressOptions.Limit.
type LimitError struct {
	Name  string
	Limit int64
}

// Error names the source and the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: more than %d bytes of content", e.Name, e.Limit)
}

// ErrArchive is in the error of Decompress for archives, which hold several documents: see [WalkZip].
var ErrArchive = errors.New("is an archive")

// Decompress gives the content of r, unpacked where it begins like gzip, zstd, bzip2 or xz and as it is otherwise. The name is for
// messages. Small input can expand without bound: callers that read what strangers send set a limit, see [DecompressWith]. Close releases the decompressor; it does not close r.
func Decompress(r io.Reader, name string) (io.ReadCloser, error) {
	return DecompressWith(r, name, DecompressOptions{})
}

// DecompressWith is Decompress with limits.
func DecompressWith(r io.Reader, name string, o DecompressOptions) (io.ReadCloser, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(6)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &content{name: name, kind: "", options: o, in: io.NopCloser(br)}
	for _, known := range compressions {
		if !bytes.HasPrefix(head, known.magic) {
			continue
		}
		if known.open == nil {
			return nil, fmt.Errorf("%s: %w (%s), which is not unpacked here: unpack it, or use triplestore convert", name, ErrArchive, known.name)
		}
		if c.in, err = known.open(br); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, known.name, err)
		}
		c.kind = known.name
		break
	}
	return c, nil
}

// content counts what comes out of a decompressor.
type content struct {
	name, kind string
	options    DecompressOptions
	in         io.ReadCloser
	n          int64
}

func (c *content) Read(b []byte) (int, error) {
	if limit := c.options.Limit; limit > 0 && int64(len(b)) > limit-c.n+1 {
		b = b[:limit-c.n+1]
	}
	n, err := c.in.Read(b)
	c.n += int64(n)
	if c.options.Progress != nil {
		c.options.Progress(c.n)
	}
	switch limit := c.options.Limit; {
	case limit > 0 && c.n > limit:
		return n - int(c.n-limit), &LimitError{c.name, limit}
	case err != nil && err != io.EOF && c.kind != "":
		return n, fmt.Errorf("%s: %s: %w", c.name, c.kind, err)
	}
	return n, err
}

func (c *content) Close() error { return c.in.Close() }
