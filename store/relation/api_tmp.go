package relation

import (
	"context"
	"errors"

	"triplestore/store"
)

var errTODO = errors.New("relation: not written yet")

// Cache keeps decoded pages by page number, within a budget of bytes, for all relations of a store. It is safe for concurrent
// use. A nil *Cache keeps nothing.
type Cache struct{}

// NewCache makes a cache that keeps about so many bytes.
func NewCache(bytes int64) *Cache { return &Cache{} }

// Drop forgets a page. It must be called before the number of a freed page is given to another page.
func (c *Cache) Drop(no uint64) {}

// CacheStats counts what a cache did since it was made.
type CacheStats struct {
	Hits, Misses, Evictions uint64
	Bytes, Pages            int64 // held now
}

// Stats tells how the cache is doing.
func (c *Cache) Stats() CacheStats { return CacheStats{} }

// Cursor walks the rows of a range in order. It implements store.Cursor and is not safe for concurrent use.
type Cursor struct{}

var _ store.Cursor = (*Cursor)(nil)

// Scan opens a cursor that yields the given columns of a range; the others are nil in its blocks.
func (r *Relation) Scan(ctx context.Context, rg Range, columns store.ColumnSet) *Cursor { return &Cursor{} }

// Next returns the next rows, at most one page of them, or a Block of Len 0 at the end. See store.Block.
func (c *Cursor) Next() (store.Block, error) { return store.Block{}, errTODO }

// Seek moves forward to the first row, from the present place on, that is not less than key, a (partial) row.
func (c *Cursor) Seek(key []store.ID) error { return errTODO }

// Close releases the cursor; calling it twice is fine.
func (c *Cursor) Close() {}

// Count is the exact number of rows in a range. It reads at most two pages per level.
func (r *Relation) Count(rg Range) (uint64, error) { return 0, errTODO }

// Distinct is the exact number of different values of the column after the prefix in the range; 1 or 0 when the prefix is a whole row.
// It reads at most two pages per level.
func (r *Relation) Distinct(rg Range) (uint64, error) { return 0, errTODO }

// Contains reports whether the row is there.
func (r *Relation) Contains(row Row) (bool, error) { return false, errTODO }

// First finds the first row that begins with prefix.
func (r *Relation) First(prefix []store.ID) (row Row, ok bool, err error) { return Row{}, false, errTODO }

// Walk calls fn with the number of every page of the tree, parents before their children. Where fn returns false, the pages below
// that page are skipped (say, because they were reached from another root). It reads inner pages only.
func (r *Relation) Walk(fn func(no uint64) (descend bool, err error)) error { return errTODO }

// Verify reads every page and checks that checksums, order, counts and bounds agree. The error tells the page and wraps
// store.ErrCorrupt.
func (r *Relation) Verify(ctx context.Context) error { return errTODO }

// Result is what Apply did.
type Result struct {
	Root Root
	// Inserted and Deleted count the rows that were really added and removed.
	Inserted, Deleted uint64
}

// Apply makes the changes and returns the new root. It writes only the leaves that change and the pages above them; when
// nothing changes, it writes nothing and returns the root as it was. With an empty tree it is a sequential build of full
// pages. Memory is bounded by a few pages per level, whatever the number of changes. After an error, which may be the context's,
// the pages put so far belong to no tree and the pages freed are still in use: the caller must discard both.
// The cache (may be nil) is read but not filled.
func Apply(ctx context.Context, w PageWriter, cache *Cache, width int, root Root, changes Changes) (Result, error) {
	return Result{}, errTODO
}
