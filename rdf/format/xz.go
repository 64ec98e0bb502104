package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz"
)

// xzWindow bounds the window, and with it the memory, that a block of an xz file can ask for; xz -9 asks for 64 MiB.
const xzWindow = 128 << 20

func openXZ(r io.Reader) (io.ReadCloser, error) {
	x, err := xz.NewReader(&xzGuard{in: bufio.NewReader(r)})
	if err != nil {
		return nil, err
	}
	return io.NopCloser(x), nil
}

// xzGuard hands on an xz file unit by unit and looks at the header of each block before the decoder does: the decoder takes as much
// memory as the header says, up to 4 GiB (https://tukaani.org/xz/xz-file-format.txt).
type xzGuard struct {
	in    *bufio.Reader
	out   []byte // read and not yet handed on
	pos   int
	next  func(*xzGuard) error
	check int   // bytes of the check behind each block
	block int64 // bytes of the block so far
	err   error
}

var errXZ = errors.New("malformed xz data")

func (g *xzGuard) Read(b []byte) (int, error) {
	for g.pos == len(g.out) {
		if g.err != nil {
			return 0, g.err
		}
		if g.next == nil {
			g.next = (*xzGuard).streamHeader
		}
		g.out, g.pos = g.out[:0], 0
		g.err = g.next(g)
	}
	n := copy(b, g.out[g.pos:])
	g.pos += n
	return n, nil
}

// take reads n bytes.
func (g *xzGuard) take(n int) ([]byte, error) {
	start := len(g.out)
	g.out = append(g.out, make([]byte, n)...)
	got, err := io.ReadFull(g.in, g.out[start:])
	g.out = g.out[:start+got]
	if err == io.ErrUnexpectedEOF || err == io.EOF && start > 0 {
		err = io.ErrUnexpectedEOF
	}
	return g.out[start:], err
}

func (g *xzGuard) streamHeader() error {
	h, err := g.take(4) // padding between streams comes in fours
	if err != nil || h[0]|h[1]|h[2]|h[3] == 0 {
		return err
	}
	if h, err = g.take(8); err != nil {
		return err
	}
	g.check = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[h[3]&15]
	g.next = (*xzGuard).blockHeader
	return nil
}

func (g *xzGuard) blockHeader() error {
	size, err := g.take(1)
	if err != nil {
		return err
	}
	if size[0] == 0 {
		return g.index()
	}
	h, err := g.take((int(size[0])+1)*4 - 1)
	if err != nil {
		return err
	}
	flags, rest := h[0], h[1:]
	for _, flag := range [...]byte{0x40, 0x80} { // sizes of the block, each a number of seven bits a byte
		for more := flags&flag != 0; more; {
			if len(rest) == 0 {
				return errXZ
			}
			more = rest[0]&0x80 != 0
			rest = rest[1:]
		}
	}
	if flags&3 != 0 || len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 {
		return errors.New("xz filters other than LZMA2 are not read")
	}
	bits := rest[2] & 0x3F
	if window := int64(2|bits&1) << (bits/2 + 11); window > xzWindow || bits > 40 {
		return fmt.Errorf("the xz data asks for a window of %d bytes, of which %d are allowed", window, int64(xzWindow))
	}
	g.block = int64(len(h)) + 1
	g.next = (*xzGuard).chunk
	return nil
}

// chunk passes one chunk of LZMA2, or what ends a block.
func (g *xzGuard) chunk() error {
	control, err := g.take(1)
	if err != nil {
		return err
	}
	c, n := control[0], 0
	switch {
	case c == 0:
		g.block++
		g.next = (*xzGuard).blockHeader
		_, err := g.take(int(-g.block&3) + g.check)
		return err
	case c <= 2:
		h, err := g.take(2)
		if err != nil {
			return err
		}
		n = 2 + int(h[0])<<8 + int(h[1]) + 1
	case c < 0x80:
		return errXZ
	default:
		h, err := g.take(4)
		if err != nil {
			return err
		}
		if n = 4 + int(h[2])<<8 + int(h[3]) + 1; c >= 0xC0 {
			n++
		}
	}
	g.block += int64(n) + 1
	_, err = g.take(n - (len(g.out) - 1))
	return err
}

func (g *xzGuard) index() error {
	n := int64(1)
	number := func() (v int64, err error) {
		for shift := 0; shift < 63; shift += 7 {
			b, err := g.take(1)
			if err != nil {
				return 0, err
			}
			n++
			v |= int64(b[0]&0x7F) << shift
			if b[0]&0x80 == 0 {
				return v, nil
			}
		}
		return 0, errXZ
	}
	records, err := number()
	if err != nil || records > 1<<20 {
		return errors.Join(err, errXZ)
	}
	for range 2 * records {
		if _, err := number(); err != nil {
			return err
		}
	}
	g.next = (*xzGuard).streamHeader
	_, err = g.take(int(-n&3) + 4 + 12)
	return err
}
