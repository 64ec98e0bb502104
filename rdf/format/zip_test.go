package format

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

func TestWalkZip(t *testing.T) {
	t.Parallel()
	var b, gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	io.WriteString(g, "<x:a> <x:b> <x:c> .") //nolint:errcheck // a buffer
	g.Close()
	z := zip.NewWriter(&b)
	for _, f := range []struct{ name, text string }{
		{"a/", ""}, {"a/x.ttl", "<x:a> a <x:b> ."}, {"a/.hidden", "x"}, {"__MACOSX/x.ttl", "x"}, {"y.nt.gz", gz.String()}, {"z.zip", "PK\x03\x04"},
	} {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = io.WriteString(w, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	z.Close()
	if !IsZip(b.Bytes()) || IsZip([]byte("PK")) {
		t.Error("IsZip")
	}
	walk := func(o ZipOptions) (got []string, err error) {
		err = WalkZip(bytes.NewReader(b.Bytes()), int64(b.Len()), "t.zip", o, func(name string, r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, name+": "+string(text))
			return err
		})
		return got, err
	}
	want := []string{"a/x.ttl: <x:a> a <x:b> .", "y.nt.gz: <x:a> <x:b> <x:c> .", "z.zip: PK\x03\x04"}
	if got, err := walk(ZipOptions{}); err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	var limit *LimitError
	if _, err := walk(ZipOptions{Limit: 20}); !errors.As(err, &limit) || limit.Limit != 20 {
		t.Errorf("limit: %v", err)
	}
	if _, err := walk(ZipOptions{Members: 3}); err == nil || !strings.Contains(err.Error(), "6 members") {
		t.Errorf("members: %v", err)
	}
	if _, err := Decompress(bytes.NewReader(b.Bytes()), "t.zip"); !errors.Is(err, ErrArchive) {
		t.Errorf("as a stream: %v", err)
	}
}

// Several streams and blocks come through, and no block may ask for too much memory.
func TestXZ(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("abcdefgh", 30_000)
	pack := func(c xz.WriterConfig) []byte {
		var b bytes.Buffer
		w, err := c.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	blocks := pack(xz.WriterConfig{BlockSize: 10_000, CheckSum: xz.SHA256})
	two := append(append(append([]byte(nil), blocks...), 0, 0, 0, 0), pack(xz.WriterConfig{CheckSum: xz.CRC32})...)
	r, err := Decompress(bytes.NewReader(two), "two.xz")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != text+text {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	greedy := append(append([]byte(nil), two...), pack(xz.WriterConfig{DictCap: 256 << 20, Matcher: lzma.HashTable4})...)
	if r, err = Decompress(bytes.NewReader(greedy), "greedy.xz"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "asks for a window of 268435456 bytes") {
		t.Errorf("greedy: %v", err)
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte{0x1F, 0x8B, 8, 0})
	f.Add([]byte{0xFD, '7', 'z', 'X', 'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46, 2, 0, 0x21, 1, 0x16, 0, 0, 0, 0x74, 0x2f, 0xe5, 0xa3})
	f.Add([]byte("BZh91AY&SY"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := DecompressWith(bytes.NewReader(in), "f", DecompressOptions{Limit: 1 << 20})
		if err != nil {
			return
		}
		defer r.Close()
		io.Copy(io.Discard, r)                                                                                                      //nolint:errcheck // any outcome will do
		WalkZip(bytes.NewReader(in), int64(len(in)), "f", ZipOptions{Limit: 1 << 20}, func(string, io.Reader) error { return nil }) //nolint:errcheck // as above
	})
}
