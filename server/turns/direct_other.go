//go:build !unix

package turns

import "net"

// direct is missing here: whether a read had to wait cannot be known.
type direct struct{}

func newDirect(net.Conn) *direct { return nil }

func (d *direct) read([]byte) (int, error)  { panic("turns: there is nothing to read") }
func (d *direct) write([]byte) (int, error) { panic("turns: there is nothing to write to") }
func (d *direct) left() bool                { return false }
