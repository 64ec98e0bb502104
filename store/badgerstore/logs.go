package badgerstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"strconv"

	"triplestore/store"
)

// extent is how far keys go.
type extent struct {
	version uint64 // the newest
	file    uint32 // the newest file of the value log in which one has its value
}

func (r *extent) add(o extent) { r.version, r.file = max(r.version, o.version), max(r.file, o.file) }

// record is an entry of a log of keys or of the value log: two bytes, of which the first tells what it is, the lengths of key and value and
// another number as uvarints, key, value, and a CRC-32C of all that. A key ends with its version, inverted.
type record struct {
	meta       byte
	key, value []byte
	size       int
}

const (
	logHead = 20 // of a log, before the first entry

	metaPointer = 1 << 1 // the value tells where in the value log the value is
	metaPart    = 1 << 6 // of a transaction
	metaEnd     = 1 << 7 // of a transaction: the value is its number, in digits
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readRecord reads the entry at the beginning of b.
func readRecord(b []byte) (r record, ok bool) {
	if len(b) < 2 {
		return r, false
	}
	at := 2
	var numbers [3]uint64
	for i := range numbers {
		n, w := binary.Uvarint(b[at:])
		if w <= 0 {
			return r, false
		}
		numbers[i], at = n, at+w
	}
	left := uint64(len(b) - at)
	if numbers[0] < 8 || numbers[0] > left || numbers[1] > left || numbers[0]+numbers[1]+crc32.Size > left {
		return r, false
	}
	value := at + int(numbers[0])
	end := value + int(numbers[1])
	if crc32.Checksum(b[:end], castagnoli) != binary.BigEndian.Uint32(b[end:]) {
		return r, false
	}
	return record{b[0], b[at:value], b[value:end], end + crc32.Size}, true
}

func (r *record) version() uint64 {
	return math.MaxUint64 - binary.BigEndian.Uint64(r.key[len(r.key)-8:])
}

func (r *record) ends(transaction uint64) bool {
	n, err := strconv.ParseUint(string(r.value), 10, 64)
	return err == nil && n == transaction
}

func (r *record) extent() extent { return extentOf(r.version(), r.meta, r.value) }

func extentOf(version uint64, meta byte, value []byte) extent {
	out := extent{version: version}
	if meta&metaPointer != 0 && len(value) >= 4 {
		out.file = binary.NativeEndian.Uint32(value) // as Badger has it in memory
	}
	return out
}

// verifyLog reads a log of keys (*.mem), what Badger has committed and not yet written to a table. Badger cuts off what it cannot read, and all
// that follows, as the torn end that a crash leaves. But a transaction is synced before the next one is written, so where a whole one
// follows on what cannot be read there was no crash: what was committed is damaged.
func verifyLog(path string) (r extent, err error) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < logHead {
		return r, err
	}
	end, transaction := logHead, uint64(0)
	var part extent
read:
	for at := end; ; {
		x, ok := readRecord(b[at:])
		if !ok {
			break
		}
		at += x.size
		switch {
		case x.meta&metaPart != 0:
			if transaction != 0 && transaction != x.version() {
				break read
			}
			transaction = x.version()
			part.add(x.extent())
			continue
		case x.meta&metaEnd != 0:
			if !x.ends(transaction) {
				break read
			}
			r.add(part)
		case transaction != 0:
			break read
		default: // moved by a collection of the value log
			r.add(x.extent())
		}
		end, transaction, part = at, 0, extent{}
	}
	if another(b[end:]) {
		return r, fmt.Errorf("byte %d cannot be read, and what was committed after it can: %w", end, store.ErrCorrupt)
	}
	return r, nil
}

// another reports whether there is the end of a transaction in the bytes behind the last one that is whole, and a part of another one.
func another(b []byte) bool {
	b = b[:min(len(b), len(bytes.TrimRight(b, "\x00"))+crc32.Size)] // a checksum may end with zeros
	ended, transactions := false, map[uint64]struct{}{}
	for at := 0; at < len(b); {
		x, ok := readRecord(b[at:])
		if !ok {
			at++
			continue
		}
		at += x.size
		if x.meta&(metaPart|metaEnd) != 0 {
			transactions[x.version()] = struct{}{}
			ended = ended || x.meta&metaEnd != 0
		}
	}
	return ended && len(transactions) > 1
}
