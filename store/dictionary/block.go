package dictionary

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
)

// A block page, see docs/format.md: kind, codec, two zero bytes, first number (8), count (4), raw length (4), payload,
// checksum (8), all little endian. The payload, once decompressed, is the length of every term as a uvarint and then the terms
// as rdf.Term.AppendBinary writes them.
const (
	kindBlock   = 'D'
	kindTables  = 'L'
	codecRaw    = 0
	codecZstd   = 1
	blockHeader = 20
	checksum    = 8
	// blockTarget is the raw size at which a block is closed: larger compresses better, smaller makes a random term cheaper.
	blockTarget = 16 << 10
)

// MaxTerm is the largest size in bytes of a term in binary form.
const MaxTerm = 64 << 20

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(128<<10))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(2*MaxTerm))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// block is a decoded page. Terms alias data, which never changes. It has 64 bytes, so that it is one line of the processor's cache.
type block struct {
	first   uint64
	offsets []uint32 // of the terms in data, and the end
	data    string

	// Of the cache that keeps it: the page, the place in the cache's ring, and whether it was used since the hand came by.
	page  uint64
	place uint32
	used  atomic.Bool
}

// use notes that the block was used since the hand came by.
func (b *block) use() {
	if !b.used.Load() { // other processors keep the line in their caches unless it changes
		b.used.Store(true)
	}
}

func (b *block) count() int { return len(b.offsets) - 1 }

func (b *block) size() int64 { return int64(len(b.data)+4*len(b.offsets)) + 96 }

func (b *block) binary(i int) string { return b.data[b.offsets[i]:b.offsets[i+1]] }

func (b *block) term(i int) (t rdf.Term, err error) {
	if err := rdf.DecodeBinaryTo(&t, b.binary(i)); err != nil {
		return t, b.malformed(i, err)
	}
	return t, nil
}

func (b *block) malformed(i int, err error) error {
	return fmt.Errorf("dictionary: term %d: %v: %w", b.first+uint64(i), err, store.ErrCorrupt)
}

// encodePage makes a page of a header and a payload, compressed if that pays.
func encodePage(kind byte, first uint64, count int, raw []byte) []byte {
	out := make([]byte, blockHeader, blockHeader+len(raw)/2+checksum)
	out[0], out[1] = kind, codecZstd
	binary.LittleEndian.PutUint64(out[4:], first)
	binary.LittleEndian.PutUint32(out[12:], uint32(count))
	binary.LittleEndian.PutUint32(out[16:], uint32(len(raw)))
	out = encoder().EncodeAll(raw, out)
	if len(out)-blockHeader >= len(raw) {
		out[1] = codecRaw
		out = append(out[:blockHeader], raw...)
	}
	return binary.LittleEndian.AppendUint64(out, xxh3.Hash(out))
}

// decodePage is the inverse; the result is fresh memory.
func decodePage(kind byte, p []byte) (first uint64, count int, raw []byte, err error) {
	corrupt := func(format string, args ...any) (uint64, int, []byte, error) {
		return 0, 0, nil, fmt.Errorf("dictionary: "+format+": %w", append(args, store.ErrCorrupt)...)
	}
	if len(p) < blockHeader+checksum {
		return corrupt("page of %d bytes", len(p))
	}
	body := p[:len(p)-checksum]
	if xxh3.Hash(body) != binary.LittleEndian.Uint64(p[len(body):]) {
		return corrupt("wrong checksum")
	}
	if body[0] != kind {
		return corrupt("page of kind %q, want %q", body[0], kind)
	}
	first, count = binary.LittleEndian.Uint64(body[4:]), int(binary.LittleEndian.Uint32(body[12:]))
	size := int(binary.LittleEndian.Uint32(body[16:]))
	payload := body[blockHeader:]
	switch body[1] {
	case codecRaw:
		raw = append([]byte(nil), payload...)
	case codecZstd:
		if size > 2*MaxTerm {
			return corrupt("page claims %d bytes", size)
		}
		// A page cannot claim much more than the most that zstd can make of its bytes; so a lie costs no memory.
		if raw, err = decoder().DecodeAll(payload, make([]byte, 0, min(size, 1<<20))); err != nil {
			return corrupt("%v", err)
		}
	default:
		return corrupt("unknown codec %d", body[1])
	}
	if len(raw) != size || count > size {
		return corrupt("page of %d bytes and %d items says %d bytes", len(raw), count, size)
	}
	return first, count, raw, nil
}

func decodeBlock(p []byte) (*block, error) {
	first, count, raw, err := decodePage(kindBlock, p)
	if err != nil {
		return nil, err
	}
	b := &block{first: first, offsets: make([]uint32, count+1)}
	pos, end := 0, uint64(0)
	for i := range count {
		n, w := binary.Uvarint(raw[pos:])
		if w <= 0 || n > MaxTerm {
			return nil, fmt.Errorf("dictionary: malformed lengths in the block of term %d: %w", first, store.ErrCorrupt)
		}
		pos += w
		end += n
		if end > uint64(len(raw)) {
			break
		}
		b.offsets[i+1] = uint32(end)
	}
	data := raw[pos:]
	if end != uint64(len(data)) {
		return nil, fmt.Errorf("dictionary: lengths in the block of term %d do not add up: %w", first, store.ErrCorrupt)
	}
	b.data = unsafe.String(unsafe.SliceData(data), len(data)) // raw is not used again
	return b, nil
}
