package relation

import (
	"context"
	"fmt"
	"sync"

	"triplestore/store"
)

// cachedLeaves is how many leaves in a row a cursor takes through the cache. A longer scan decodes into buffers of its own, so
// that it does not sweep the cache.
const cachedLeaves = 8

// Cursor walks the rows of a range in order. It implements store.Cursor and is not safe for concurrent use.
type Cursor struct {
	r       *Relation
	ctx     context.Context
	columns store.ColumnSet
	keys    keys

	started, done, closed bool

	path [maxHeight]struct { // inner pages from the root down
		in *inner
		i  int
	}
	depth int // of path

	leaf      *node
	shared    bool // the leaf's columns are decoded for all
	pos, stop int  // rows of the leaf that are next
	final     bool // the range ends in this leaf
	visited   int  // leaves since the last jump

	own   *buffers
	valid [MaxWidth]bool // own holds the column of the present leaf
}

// buffers are for leaves that are not shared.
type buffers struct {
	cols [MaxWidth][]store.ID
	same [MaxWidth]struct { // the first n of a column are v: many leaves in a row have the same graph or predicate
		v store.ID
		n int
	}
	page []byte
}

var _ store.Cursor = (*Cursor)(nil)

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// Scan opens a cursor that yields the given columns of a range; the others are nil in its blocks. It checks ctx at every block.
func (r *Relation) Scan(ctx context.Context, rg Range, columns store.ColumnSet) *Cursor {
	c := &Cursor{r: r, ctx: ctx, columns: columns & (1<<r.width - 1), keys: r.keys(rg)}
	c.done = c.keys.empty
	return c
}

// Next returns the next rows, at most one page of them, or a Block of Len 0 at the end. See store.Block.
func (c *Cursor) Next() (store.Block, error) {
	if c.closed {
		return store.Block{}, fmt.Errorf("relation: cursor: %w", store.ErrClosed)
	}
	if err := c.ctx.Err(); err != nil {
		return store.Block{}, err
	}
	if !c.started && !c.done {
		if err := c.jump(c.keys.start[:c.keys.startLen]); err != nil {
			return store.Block{}, err
		}
	}
	if !c.done && c.pos == c.stop {
		if err := c.advance(); err != nil {
			return store.Block{}, err
		}
	}
	if c.done {
		return store.Block{}, nil
	}
	b := store.Block{Len: c.stop - c.pos}
	for i := range c.r.width {
		if c.columns&(1<<i) != 0 {
			col, err := c.column(i)
			if err != nil {
				return store.Block{}, err
			}
			b.Cols[i] = col[c.pos:c.stop:c.stop]
		}
	}
	c.pos = c.stop
	return b, nil
}

// column gives a column of the present leaf.
func (c *Cursor) column(i int) ([]store.ID, error) {
	if c.shared {
		return c.leaf.column(i)
	}
	if p := c.leaf.cols[i].Load(); p != nil {
		return *p, nil
	}
	own := c.buffers()
	if !c.valid[i] {
		n, same := c.leaf.rows, &own.same[i]
		if cap(own.cols[i]) < n {
			own.cols[i], same.n = make([]store.ID, n), 0
		}
		own.cols[i] = own.cols[i][:n]
		v, constant := c.leaf.page.Constant(i)
		if !constant || v != same.v || n > same.n {
			if err := c.leaf.page.Column(i, own.cols[i]); err != nil {
				return nil, fmt.Errorf("relation: page %d: %w", c.leaf.no, err)
			}
			if same.v, same.n = v, 0; constant {
				same.n = n
			}
		}
		c.valid[i] = true
	}
	return own.cols[i], nil
}

func (c *Cursor) buffers() *buffers {
	if c.own == nil {
		c.own = bufferPool.Get().(*buffers)
	}
	return c.own
}

// open opens a leaf that is not to be kept. Its bytes may be those of the leaf before it.
func (c *Cursor) open(no uint64) (*node, error) {
	pages, ok := c.r.pages.(PageCopier)
	if !ok || patchOf(no) != 0 || c.r.cache.get(no) != nil {
		return c.r.load(no, true, false)
	}
	own := c.buffers()
	var err error
	if own.page, err = pages.CopyPage(no, own.page); err != nil {
		return nil, fmt.Errorf("relation: page %d: %w", no, err)
	}
	return openNode(no, own.page, c.r.width, true)
}

// find makes the cursor a table: the rows of the present leaf, decoded, because it is likely to be searched again.
func (c *Cursor) find(i, lo, hi int, v store.ID) (from, to int, err error) {
	col, err := c.column(i)
	if err != nil {
		return 0, 0, err
	}
	from, to = findIn(col, lo, hi, v)
	return from, to, nil
}

// jump goes from the root to the first row that is not less than key.
func (c *Cursor) jump(key []store.ID) error {
	c.started = true
	c.depth = 0
	c.visited = 0
	return c.descend(c.r.root.Page, key)
}

// descend goes from a page, whose parents are the path, to its first row that is not less than key.
func (c *Cursor) descend(no uint64, key []store.ID) error {
	for c.depth < int(c.r.root.Height)-1 {
		n, err := c.r.load(no, false, true)
		if err != nil {
			return err
		}
		i, err := bound(n.inner, 0, n.inner.len(), key, false)
		if err != nil {
			return err
		}
		if i == n.inner.len() {
			c.done = true
			return nil
		}
		c.path[c.depth].in, c.path[c.depth].i = n.inner, i
		c.depth++
		no = uint64(n.inner.pages[i])
	}
	return c.enter(no, key)
}

// enter goes to the first row of a leaf that is not less than key, and finds where the range ends.
func (c *Cursor) enter(no uint64, key []store.ID) error {
	end := c.keys.end[:c.keys.endLen]
	if c.depth > 0 && c.firstAfter(end) {
		c.done = true
		return nil
	}
	c.valid = [MaxWidth]bool{}
	c.visited++
	keep := c.visited <= cachedLeaves
	var err error
	if keep {
		c.leaf, err = c.r.load(no, true, true)
	} else {
		c.leaf, err = c.open(no)
	}
	if err != nil {
		return err
	}
	c.shared = keep && c.leaf.touches.Load() >= hotTouches
	rows := c.leaf.rows
	if c.pos, err = bound(c.leaf, 0, rows, key, false); err != nil {
		return err
	}
	c.stop, c.final = rows, false
	if len(end) > 0 && (c.depth == 0 || c.lastAfter(end)) {
		c.final = true
		if c.stop, err = bound(c.leaf, c.pos, rows, end, true); err != nil {
			return err
		}
	}
	if c.depth == 0 {
		c.final = true
	}
	c.done = c.pos == c.stop // only where the range is empty: the leaf was chosen because its last row is not before key
	return nil
}

// firstAfter reports whether the first row of the leaf to enter comes after those that begin with key.
func (c *Cursor) firstAfter(key []store.ID) bool {
	p := &c.path[c.depth-1]
	for i, v := range key {
		if x := p.in.first[i][p.i]; x != v {
			return x > v
		}
	}
	return false
}

// lastAfter reports whether the last row of the present leaf comes after those that begin with key.
func (c *Cursor) lastAfter(key []store.ID) bool {
	p := &c.path[c.depth-1]
	for i, v := range key {
		if x := p.in.last[i][p.i]; x != v {
			return x > v
		}
	}
	return false
}

// lastBefore reports whether the last row of the present leaf comes before key.
func (c *Cursor) lastBefore(key []store.ID) bool {
	p := &c.path[c.depth-1]
	for i, v := range key {
		if x := p.in.last[i][p.i]; x != v {
			return x < v
		}
	}
	return false
}

// advance goes to the next leaf.
func (c *Cursor) advance() error {
	if c.final {
		c.done = true
		return nil
	}
	for c.depth > 0 {
		p := &c.path[c.depth-1]
		if p.i++; p.i < p.in.len() {
			return c.descend(uint64(p.in.pages[p.i]), nil)
		}
		c.depth--
	}
	c.done = true
	return nil
}

// Seek moves forward so that the next row is the first one, from the present place on, that is not less than key, a (partial)
// row. It skips pages by the bounds that the inner pages hold, and gallops inside a page.
func (c *Cursor) Seek(key []store.ID) error {
	if c.closed {
		return fmt.Errorf("relation: cursor: %w", store.ErrClosed)
	}
	if c.done {
		return nil
	}
	key = key[:min(len(key), c.r.width)]
	if !c.started {
		var row Row
		copy(row[:], key)
		if compare(&row, &c.keys.start, MaxWidth) > 0 {
			c.keys.start, c.keys.startLen = row, len(key)
		}
		return nil
	}
	if c.depth == 0 || !c.lastBefore(key) {
		if c.pos == c.stop {
			if c.final {
				c.done = true
			}
			return nil
		}
		var err error
		if c.pos, err = bound(c, c.pos, c.stop, key, false); err != nil {
			return err
		}
		c.done = c.final && c.pos == c.stop
		return nil
	}
	if c.final {
		c.done = true
		return nil
	}
	for c.depth > 0 {
		p := &c.path[c.depth-1]
		i, err := bound(p.in, p.i+1, p.in.len(), key, false)
		if err != nil {
			return err
		}
		if i < p.in.len() {
			c.visited = 0
			p.i = i
			return c.descend(uint64(p.in.pages[i]), key)
		}
		c.depth--
	}
	c.done = true
	return nil
}

// Close releases the cursor; calling it twice is fine.
func (c *Cursor) Close() {
	c.closed = true
	if c.own != nil {
		bufferPool.Put(c.own)
		c.own = nil
	}
	c.leaf = nil
}
