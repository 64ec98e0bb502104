package page

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"triplestore/store"
)

func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// shapes make columns that are typical for one encoding or at a limit.
var shapes = map[string]func(r *rand.Rand, n int) []store.ID{
	"constant": func(r *rand.Rand, n int) []store.ID { return slices.Repeat([]store.ID{store.ID(r.Uint64())}, n) },
	"packed": func(r *rand.Rand, n int) []store.ID {
		base, shift := r.Uint64(), r.IntN(64)
		return fillWith(n, func(int) uint64 { return base + r.Uint64()>>shift })
	},
	"random": func(r *rand.Rand, n int) []store.ID { return fillWith(n, func(int) uint64 { return r.Uint64() }) },
	"sorted": func(r *rand.Rand, n int) []store.ID {
		v, gap := r.Uint64N(1<<62), uint64(1)<<r.IntN(40)
		return fillWith(n, func(int) uint64 { v += r.Uint64N(gap); return v })
	},
	"runs": func(r *rand.Rand, n int) []store.ID {
		v, mean := r.Uint64N(1<<62), 1+r.IntN(100)
		return fillWith(n, func(int) uint64 {
			if r.IntN(mean) == 0 {
				v += r.Uint64N(100)
			}
			return v
		})
	},
	"unsorted runs": func(r *rand.Rand, n int) []store.ID {
		v := r.Uint64()
		return fillWith(n, func(int) uint64 {
			if r.IntN(20) == 0 {
				v = r.Uint64()
			}
			return v
		})
	},
	"dictionary": func(r *rand.Rand, n int) []store.ID {
		d := fillWith(1+r.IntN(600), func(int) uint64 { return r.Uint64() })
		return fillWith(n, func(int) uint64 { return uint64(d[r.IntN(len(d))]) })
	},
	"split": func(r *rand.Rand, n int) []store.ID {
		k, bits := 2+r.IntN(40), r.IntN(40)
		return fillWith(n, func(int) uint64 { return uint64(r.IntN(k))<<48 | r.Uint64N(1<<bits) })
	},
	"tags": func(r *rand.Rand, n int) []store.ID {
		return fillWith(n, func(int) uint64 { return uint64(r.IntN(16))<<60 | r.Uint64N(1<<55) })
	},
	"extremes": func(r *rand.Rand, n int) []store.ID {
		return fillWith(n, func(int) uint64 { return -uint64(r.IntN(2)) - uint64(r.IntN(2)) })
	},
}

func fillWith(n int, f func(int) uint64) []store.ID {
	v := make([]store.ID, n)
	for i := range v {
		v[i] = store.ID(f(i))
	}
	return v
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	seen := map[byte]bool{}
	for name, shape := range shapes {
		for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 255, 256, 257, 258, 1000, 4096, MaxRows} {
			for range 4 {
				columns := [][]store.ID{shape(r, n), shape(r, n)}
				b := Encode(Leaf, columns)
				p, err := Open(b, Leaf, 2)
				if err != nil {
					t.Fatalf("%s of %d: %v", name, n, err)
				}
				dst := make([]store.ID, n)
				for c, want := range columns {
					start, _ := p.bounds(c)
					seen[b[start]] = true
					if err := p.Column(c, dst); err != nil {
						t.Fatalf("%s of %d: %v", name, n, err)
					}
					if !slices.Equal(dst, want) {
						t.Fatalf("%s of %d (encoding %d): not what was written", name, n, b[start])
					}
					for range 20 {
						i := r.IntN(n)
						if v, ok := p.At(c, i); !ok || v != want[i] {
							t.Fatalf("%s of %d (encoding %d): At(%d) = %#x, want %#x", name, n, b[start], i, v, want[i])
						}
					}
					if limit := 32 + 8*((n+7)/8*8); p.ColumnSize(c) > limit {
						t.Errorf("%s of %d takes %d bytes", name, n, p.ColumnSize(c))
					}
				}
			}
		}
	}
	for e := range byte(6) {
		if !seen[e] {
			t.Errorf("encoding %d was never chosen", e)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for name, shape := range shapes {
		for _, n := range []int{1, 3, 100, 1000, 4096} {
			v := shape(r, n)
			lo := r.IntN(n)
			hi := lo + r.IntN(n-lo) + 1
			if r.IntN(4) == 0 {
				lo, hi = 0, n
			}
			if name == "runs" || name == "sorted" || r.IntN(2) == 0 { // sorted as a whole, or only where it is searched
				slices.Sort(v)
			}
			slices.Sort(v[lo:hi])
			p, err := Open(Encode(Leaf, [][]store.ID{v}), Leaf, 1)
			if err != nil {
				t.Fatal(err)
			}
			for range 50 {
				x := v[r.IntN(n)] + store.ID(r.IntN(3)) - 1
				from, to, err := p.Find(0, lo, hi, x)
				if err != nil {
					t.Fatal(err)
				}
				wantFrom, _ := slices.BinarySearch(v[lo:hi], x)
				wantTo := len(v[lo:hi])
				if x < ^store.ID(0) {
					wantTo, _ = slices.BinarySearch(v[lo:hi], x+1)
				}
				if from != lo+wantFrom || to != lo+wantTo {
					start, _ := p.bounds(0)
					t.Fatalf("%s of %d (encoding %d): %#x in [%d, %d): [%d, %d), want [%d, %d)",
						name, n, p.b[start], x, lo, hi, from, to, lo+wantFrom, lo+wantTo)
				}
			}
		}
	}
}

func TestWidths(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	for width := uint(0); width <= 64; width++ {
		for _, n := range []int{1, 8, 31, 200} {
			v := fillWith(n, func(int) uint64 { return r.Uint64() >> (64 - width) })
			b := append(pack([]byte("x"), v, 0, width), make([]byte, 8)...)[1:]
			if len(b) != packedSize(n, width)+8 {
				t.Fatalf("width %d: %d bytes", width, len(b))
			}
			dst := make([]store.ID, n)
			unpack(b, dst, 0, width)
			if !slices.Equal(dst, v) {
				t.Fatalf("width %d: unpack", width)
			}
			for i, want := range v {
				if got := packedAt(b, i, width); got != uint64(want) {
					t.Fatalf("width %d: at %d: %#x, want %#x", width, i, got, want)
				}
			}
		}
	}
}

func TestEveryFlippedByteIsDetected(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	b := Encode(Leaf, [][]store.ID{shapes["runs"](r, 500), shapes["dictionary"](r, 500), shapes["split"](r, 500)})
	for i := range b {
		for _, x := range []byte{1, 0x80, 0xff} {
			b[i] ^= x
			if _, err := Open(b, Leaf, 3); !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("byte %d of %d: error %v", i, len(b), err)
			}
			b[i] ^= x
		}
	}
	for i := range b {
		if _, err := Open(b[:i], Leaf, 3); !errors.Is(err, store.ErrCorrupt) {
			t.Fatalf("cut to %d bytes: error %v", i, err)
		}
	}
}

func TestOpenExpects(t *testing.T) {
	t.Parallel()
	b := Encode(Leaf, [][]store.ID{{1}, {2}})
	for name, open := range map[string]func() (Page, error){
		"other kind":    func() (Page, error) { return Open(b, Inner, 2) },
		"other columns": func() (Page, error) { return Open(b, Leaf, 3) },
		"nothing":       func() (Page, error) { return Open(nil, Leaf, 2) },
	} {
		if _, err := open(); !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	b[8]++
	binary.LittleEndian.PutUint64(b, xxh3.Hash(b[8:]))
	if _, err := Open(b, Leaf, 2); !errors.Is(err, store.ErrFormat) {
		t.Errorf("another version: error %v", err)
	}
}

// FuzzDecode gives arbitrary bytes with a good checksum to the decoder: it must not panic, and what it accepts must agree with
// At.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"constant", "packed", "sorted", "runs", "dictionary", "split", "tags", "unsorted runs"} {
		b := Encode(Leaf, [][]store.ID{shapes[name](r, 100), shapes["runs"](r, 100)})
		f.Add(b[8:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := append(make([]byte, 8), body...)
		binary.LittleEndian.PutUint64(b, xxh3.Hash(body))
		p, err := Open(b, Leaf, 2)
		if err != nil {
			if !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrFormat) {
				t.Fatalf("error %v", err)
			}
			return
		}
		dst := make([]store.ID, p.Rows())
		for c := range 2 {
			err := p.Column(c, dst)
			if err != nil && !errors.Is(err, store.ErrCorrupt) {
				t.Fatalf("error %v", err)
			}
			for i := range min(50, p.Rows()) {
				from, to, err := p.Find(c, i, p.Rows(), dst[i])
				if err != nil && !errors.Is(err, store.ErrCorrupt) || err == nil && (from < i || from > to || to > p.Rows()) {
					t.Fatalf("Find: %d, %d, %v", from, to, err)
				}
			}
			for i, want := range dst {
				if i > 200 {
					break // some encodings count from the beginning
				}
				if v, ok := p.At(c, i); err == nil && (!ok || v != want) {
					t.Fatalf("At(%d, %d) = %d, want %d", c, i, v, want)
				}
			}
		}
	})
}

// FuzzRoundTrip takes values from the fuzzer.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, uint8(8))
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		step := int(size)%8 + 1
		var v []store.ID
		var x uint64
		for len(data) >= step && len(v) < 5000 {
			for _, c := range data[:step] {
				x = x<<8 | uint64(c)
			}
			v, data = append(v, store.ID(x)), data[step:]
		}
		if len(v) == 0 {
			return
		}
		p, err := Open(Encode(Inner, [][]store.ID{v}), Inner, 1)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]store.ID, len(v))
		if err := p.Column(0, dst); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(dst, v) {
			t.Fatal("not what was written")
		}
	})
}

func BenchmarkColumn(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	const n = 4096
	columns := map[string][]store.ID{}
	for _, width := range []uint{5, 12, 17, 24, 33, 48, 61} {
		columns[fmt.Sprintf("packed%d", width)] = fillWith(n, func(int) uint64 { return 2<<60 + r.Uint64()>>(64-width) })
	}
	v := uint64(2 << 60)
	columns["delta"] = fillWith(n, func(int) uint64 { v += r.Uint64N(8); return v })
	columns["runs10"] = fillWith(n, func(int) uint64 {
		if r.IntN(10) == 0 {
			v += 1 + r.Uint64N(3)
		}
		return v
	})
	columns["dictionary30"] = fillWith(n, func(int) uint64 { return 2<<60 + 1000*r.Uint64N(30) })
	columns["split3"] = fillWith(n, func(int) uint64 { return (2+r.Uint64N(3))<<60 + r.Uint64N(1<<22) })
	columns["constant"] = slices.Repeat([]store.ID{7}, n)
	for name, c := range columns {
		p, err := Open(Encode(Leaf, [][]store.ID{c}), Leaf, 1)
		if err != nil {
			b.Fatal(err)
		}
		dst := make([]store.ID, n)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := p.Column(0, dst); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e9, "Gvalues/s")
			b.ReportMetric(float64(p.ColumnSize(0))*8/n, "bits/value")
		})
	}
}
