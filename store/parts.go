package store

import "context"

// PartScanner is a Snapshot that can divide a range, so that several goroutines read it.
type PartScanner interface {
	// ScanParts opens up to so many cursors, at least one, that one after the other yield what Scan yields, about as many rows each.
	// Each may be used by a goroutine of its own.
	ScanParts(ctx context.Context, r Range, columns ColumnSet, parts int) ([]Cursor, error)
}

// ScanParts divides a range of a snapshot where that is possible; else there is one cursor, for all of it.
func ScanParts(ctx context.Context, n Snapshot, r Range, columns ColumnSet, parts int) ([]Cursor, error) {
	if p, ok := n.(PartScanner); ok {
		return p.ScanParts(ctx, r, columns, parts)
	}
	return []Cursor{n.Scan(ctx, r, columns)}, nil
}
