package badgerstore

import (
	"context"
)

// Verify is Check for those who want to know only whether the store is whole. The error wraps store.ErrCorrupt and tells the first
// finding.
func (s *Store) Verify(ctx context.Context) error {
	r, err := s.Check(ctx, CheckOptions{})
	if err != nil {
		return err
	}
	return r.Err()
}
