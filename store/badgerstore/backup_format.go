package badgerstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"triplestore/store"
)

// A backup is a stream: a head of three lines of text, then chunks, the last of which says how much there was. docs/format.md has the
// bytes.

// backupFormat is the version of backups.
const backupFormat = 1

const backupMagic = "triplestore backup 1\n"

// BackupInfo is the head of a backup.
type BackupInfo struct {
	// Format is the format of the backup, Store that of the IDs in it, which is that of the store it was made of.
	Format int `json:"format"`
	Store  int `json:"store_format"`
	// Commit and Time name the state that one has after restoring it, Since the one that it goes on from; 0 is the empty store.
	Commit uint64    `json:"commit"`
	Time   time.Time `json:"time"`
	Since  uint64    `json:"since"`
	// FirstTerm and Terms are the number of terms before and after.
	FirstTerm uint64 `json:"first_term"`
	Terms     uint64 `json:"terms"`
	// Quads is the number of quads after it.
	Quads uint64 `json:"quads"`
}

// The kinds of chunks.
const (
	chunkTerms   = 'T'
	chunkAdded   = 'A'
	chunkRemoved = 'R'
	chunkEnd     = 'E'
)

// chunkHead: kind (1), number of the chunk (4), length once decompressed (4), length (4).
const chunkHead = 13

// maxChunk bounds what a chunk may claim; a single term may be large.
const maxChunk = 160 << 20

var backupEncoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var backupDecoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxChunk))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// backupWriter writes the stream.
type backupWriter struct {
	w      io.Writer
	seed   uint64 // the head's checksum, so that a chunk fits into one file only
	number uint32
	bytes  int64
	buf    []byte
	sums   [3]uint64 // terms, added, removed
}

func newBackupWriter(w io.Writer, info BackupInfo) (*backupWriter, error) {
	line, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	head := append([]byte(backupMagic), line...)
	head = append(head, '\n')
	b := &backupWriter{w: w, seed: xxh3.Hash(head)}
	return b, b.write(fmt.Appendf(head, "%016x\n", b.seed))
}

func (b *backupWriter) write(p []byte) error {
	n, err := b.w.Write(p)
	b.bytes += int64(n)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

func (b *backupWriter) chunk(kind byte, raw []byte, items int) error {
	switch kind {
	case chunkTerms:
		b.sums[0] += uint64(items)
	case chunkAdded:
		b.sums[1] += uint64(items)
	case chunkRemoved:
		b.sums[2] += uint64(items)
	}
	b.buf = append(b.buf[:0], make([]byte, chunkHead)...)
	b.buf[0] = kind
	binary.LittleEndian.PutUint32(b.buf[1:], b.number)
	binary.LittleEndian.PutUint32(b.buf[5:], uint32(len(raw)))
	b.buf = backupEncoder().EncodeAll(raw, b.buf)
	binary.LittleEndian.PutUint32(b.buf[9:], uint32(len(b.buf)-chunkHead))
	b.buf = binary.LittleEndian.AppendUint64(b.buf, xxh3.HashSeed(b.buf, b.seed))
	b.number++
	return b.write(b.buf)
}

// end writes the last chunk.
func (b *backupWriter) end() error {
	var raw []byte
	for _, n := range b.sums {
		raw = binary.LittleEndian.AppendUint64(raw, n)
	}
	return b.chunk(chunkEnd, raw, 0)
}

// BackupError tells where a backup is damaged.
type BackupError struct {
	// Name is the file's, if it is known; Offset is where in it the damaged part begins.
	Name   string
	Offset int64
	Msg    string
}

// Error names file, byte and problem.
func (e *BackupError) Error() string {
	name := e.Name
	if name == "" {
		name = "backup"
	}
	return fmt.Sprintf("%s: byte %d: %s", name, e.Offset, e.Msg)
}

// Unwrap makes it a store.ErrCorrupt.
func (e *BackupError) Unwrap() error { return store.ErrCorrupt }

// backupReader reads the stream.
type backupReader struct {
	name   string
	r      *bufio.Reader
	info   BackupInfo
	seed   uint64
	number uint32
	at     int64
	sums   [3]uint64
	buf    bytes.Buffer
	raw    []byte
}

func (b *backupReader) errorf(at int64, format string, args ...any) error {
	return &BackupError{Name: b.name, Offset: at, Msg: fmt.Sprintf(format, args...)}
}

// ReadBackupInfo reads the head of a backup.
func ReadBackupInfo(r io.Reader, name string) (BackupInfo, error) {
	b, err := newBackupReader(r, name)
	if err != nil {
		return BackupInfo{}, err
	}
	return b.info, nil
}

func newBackupReader(r io.Reader, name string) (*backupReader, error) {
	b := &backupReader{name: name, r: bufio.NewReaderSize(r, 1<<18)}
	var lines [3][]byte
	for i := range lines {
		line, err := b.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if i == 0 && string(line) != backupMagic {
			if bytes.HasPrefix(line, []byte("triplestore backup ")) && err == nil {
				return nil, fmt.Errorf("%w: %s is a backup in a format that this program does not know (%s); restore it with a newer program",
					store.ErrFormat, name, bytes.TrimSpace(line))
			}
			return nil, b.errorf(0, "this is no backup of triplestore")
		}
		if err != nil {
			return nil, b.errorf(b.at, "the head is damaged or the file is truncated")
		}
		lines[i] = bytes.Clone(line)
		b.at += int64(len(line))
	}
	b.seed = xxh3.Hash(append(bytes.Clone(lines[0]), lines[1]...))
	if string(lines[2]) != fmt.Sprintf("%016x\n", b.seed) {
		return nil, b.errorf(0, "the head is damaged: wrong checksum")
	}
	if err := json.Unmarshal(lines[1], &b.info); err != nil {
		return nil, b.errorf(0, "the head is damaged: %v", err)
	}
	if b.info.Format != backupFormat || b.info.Store < 1 || b.info.Store > formatVersion {
		return nil, fmt.Errorf("%w: %s is a backup in format %d of a store in format %d, which this program does not know; restore it with a newer program",
			store.ErrFormat, name, b.info.Format, b.info.Store)
	}
	if b.info.Since >= b.info.Commit && b.info.Commit != 0 || b.info.FirstTerm > b.info.Terms || b.info.Since == 0 && b.info.FirstTerm != 0 {
		return nil, b.errorf(0, "the head makes no sense")
	}
	return b, nil
}

// next returns the next chunk; its bytes are valid until the next call. At the end it returns chunkEnd.
func (b *backupReader) next() (kind byte, raw []byte, at int64, err error) {
	at = b.at
	var head [chunkHead]byte
	truncated := func(err error, got int) error {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return b.errorf(at+int64(got), "the file ends here, in chunk %d, which begins at byte %d: it is truncated", b.number, at)
		}
		return fmt.Errorf("%s: byte %d: %w", b.name, at, err)
	}
	if n, err := io.ReadFull(b.r, head[:]); err != nil {
		return 0, nil, at, truncated(err, n)
	}
	size, length := binary.LittleEndian.Uint32(head[5:]), binary.LittleEndian.Uint32(head[9:])
	if n := binary.LittleEndian.Uint32(head[1:]); n != b.number || size > maxChunk || length > maxChunk {
		return 0, nil, at, b.errorf(at, "chunk %d is damaged or missing", b.number)
	}
	b.buf.Reset()
	b.buf.Write(head[:])
	// CopyN takes memory as bytes arrive, not as the head claims.
	if n, err := io.CopyN(&b.buf, b.r, int64(length)+8); err != nil {
		return 0, nil, at, truncated(err, chunkHead+int(n))
	}
	all := b.buf.Bytes()
	body := all[:len(all)-8]
	if xxh3.HashSeed(body, b.seed) != binary.LittleEndian.Uint64(all[len(body):]) {
		return 0, nil, at, b.errorf(at, "chunk %d is damaged: wrong checksum", b.number)
	}
	if b.raw, err = backupDecoder().DecodeAll(body[chunkHead:], b.raw[:0]); err != nil || len(b.raw) != int(size) {
		return 0, nil, at, b.errorf(at, "chunk %d is malformed", b.number)
	}
	b.at += int64(len(all))
	b.number++
	if head[0] == chunkEnd {
		return chunkEnd, b.raw, at, b.checkEnd(at)
	}
	return head[0], b.raw, at, nil
}

func (b *backupReader) checkEnd(at int64) error {
	if len(b.raw) != 8*len(b.sums) {
		return b.errorf(at, "the last chunk is malformed")
	}
	for i, n := range b.sums {
		if want := binary.LittleEndian.Uint64(b.raw[8*i:]); n != want {
			return b.errorf(at, "there were %d %s, not %d", n, [...]string{"terms", "added quads", "removed quads"}[i], want)
		}
	}
	if _, err := b.r.ReadByte(); !errors.Is(err, io.EOF) {
		return b.errorf(b.at, "there is something behind the end")
	}
	return nil
}

// appendQuads encodes quads column by column as differences.
func appendQuads(b []byte, quads []store.Quad) []byte {
	b = binary.AppendUvarint(b, uint64(len(quads)))
	for p := range 4 {
		last := store.ID(0)
		for i := range quads {
			b = binary.AppendVarint(b, int64(quads[i][p]-last))
			last = quads[i][p]
		}
	}
	return b
}

func decodeQuads(b []byte, quads []store.Quad) ([]store.Quad, bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)) {
		return nil, false
	}
	b = b[w:]
	if uint64(cap(quads)) < n {
		quads = make([]store.Quad, n)
	}
	quads = quads[:n]
	for p := range 4 {
		last := store.ID(0)
		for i := range quads {
			d, w := binary.Varint(b)
			if w <= 0 {
				return nil, false
			}
			b = b[w:]
			last += store.ID(d)
			quads[i][p] = last
		}
	}
	return quads, len(b) == 0
}
