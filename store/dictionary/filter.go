package dictionary

import (
	"context"

	"triplestore/store/relation"
)

// filter tells of hashes that they are not in a state, at the cost of some that may be: a Bloom filter whose bits for one hash are in one
// line of the processor's cache. A load of many new terms would otherwise look each of them up in vain.
type filter struct {
	blocks [][8]uint64
}

const (
	filterBits = 12       // for a hash, so that fewer than one of a hundred is wrongly thought to be there
	maxFilter  = 32 << 20 // bytes
	leastBits  = 4        // below that a filter lets too many pass
)

// newFilter reads all hashes of a state. It is nil where there are too many.
func newFilter(ctx context.Context, d *Dictionary) (*filter, error) {
	size := min(d.root.Hash.Rows*filterBits/8, maxFilter)
	if size*8 < d.root.Hash.Rows*leastBits {
		return nil, nil
	}
	f := &filter{blocks: make([][8]uint64, size/64+1)}
	c := d.hash.Scan(ctx, relation.Range{}, 1)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return f, err
		}
		for _, key := range b.Cols[0] {
			block, h := f.at(uint64(key))
			for range 6 {
				block[h>>61] |= 1 << (h >> 55 & 63)
				h *= 0x9E3779B97F4A7C15
			}
		}
	}
}

// at is the block of a hash of 48 bits, and the hash mixed anew for the bits in it.
func (f *filter) at(key uint64) (*[8]uint64, uint64) {
	return &f.blocks[key>>8*uint64(len(f.blocks))>>40], (key ^ key>>24) * 0xD6E8FEB86659FD93
}

// has reports whether a hash may be in the state.
func (f *filter) has(key uint64) bool {
	block, h := f.at(key)
	for range 6 {
		if block[h>>61]&(1<<(h>>55&63)) == 0 {
			return false
		}
		h *= 0x9E3779B97F4A7C15
	}
	return true
}
