package page

import (
	"encoding/binary"
	"slices"

	"triplestore/store"
)

//go:generate go run gen.go

// packedSize is the number of bytes of n packed numbers.
func packedSize(n int, width uint) int { return (n + 7) / 8 * int(width) }

// pack appends the numbers values[i]-base.
func pack(b []byte, values []store.ID, base store.ID, width uint) []byte {
	if width == 0 {
		return b
	}
	end := len(b) + packedSize(len(values), width)
	b = slices.Grow(b, end-len(b)+8)
	var word uint64
	var used uint                         // bits of word, always < 64
	for width <= 32 && len(values) >= 2 { // two at a time
		x := uint64(values[0]-base) | uint64(values[1]-base)<<width
		values = values[2:]
		word |= x << used
		used += 2 * width
		if used >= 64 {
			b = binary.LittleEndian.AppendUint64(b, word)
			used -= 64
			word = x >> (2*width - used)
		}
	}
	for _, v := range values {
		x := uint64(v - base)
		word |= x << used
		used += width
		if used >= 64 {
			b = binary.LittleEndian.AppendUint64(b, word)
			used -= 64
			word = x >> (width - used) // a shift by 64 gives 0
		}
	}
	for ; len(b) < end; word >>= 8 {
		b = append(b, byte(word))
	}
	return b
}

// unpack fills dst from packed numbers; src must hold them and eight more bytes.
func unpack(src []byte, dst []store.ID, base store.ID, width uint) {
	whole := len(dst) &^ 7
	unpackers[width](src, dst[:whole], base)
	for i := whole; i < len(dst); i++ {
		dst[i] = base + store.ID(packedAt(src, i, width))
	}
}

// packedAt reads number i of src, which must hold eight more bytes than the packed numbers.
func packedAt(src []byte, i int, width uint) uint64 {
	if width == 0 {
		return 0
	}
	bit := uint(i) * width
	src = src[bit/8:]
	shift := bit % 8
	x := binary.LittleEndian.Uint64(src) >> shift
	if shift+width > 64 {
		x |= uint64(src[8]) << (64 - shift)
	}
	return x & (1<<width - 1)
}
