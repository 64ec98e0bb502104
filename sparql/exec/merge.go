package exec

import (
	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// merge is produce for one key, over rows with nothing to check: it walks the keys in their order and the blocks of the cursor side by
// side. It stops in the middle of a key's rows only when a batch is full, which leaves inRun set for run.
func (l *lookup) merge() error {
	s := &l.seeker
	p := len(l.access.prefix)
	keys := l.sorted
	semi := l.node.Kind == optimizer.Semi || l.node.Kind == optimizer.Anti
	left := l.node.Kind == optimizer.Left && !l.byMatch()
	exists := semi && len(l.node.Conds) == 0
	var block []store.ID // the key's column of the cursor's block
	if s.pos < s.block.Len {
		block = s.block.Cols[p]
	}
	for l.at < len(keys) && len(l.outRows) < l.q.rows {
		key := keys[l.at]
		end := l.at + 1
		for end < len(keys) && keys[end] == key {
			end++
		}
		l.groupEnd = end
		found := false
		if key.Tag() != store.TagLocal && !s.end {
			i := s.pos
			// The next key is mostly near.
			for stop := min(i+8, len(block)); i < stop && block[i] < key; {
				i++
			}
			s.pos = i
			if i < len(block) && block[i] >= key {
				found = block[i] == key
			} else {
				s.key[p] = key
				var err error
				if found, err = s.find(); err != nil {
					return err
				}
				block = nil
				if !s.end {
					block = s.block.Cols[p]
				}
			}
		}
		if !found {
			if left {
				l.emitUnmatched()
			}
			l.at = end
			continue
		}
		if exists {
			for _, r := range l.perm[l.at:end] {
				l.matched[r] = true
			}
			l.at = end
			continue
		}
		stop := s.pos + 1
		for stop < len(block) && block[stop] == key {
			stop++
		}
		if stop == len(block) || (stop-s.pos)*(end-l.at) > l.q.rows { // the rows may go on in the next block, or are many
			s.key[p] = key
			l.inRun, l.dup.set = true, false
			if err := l.run(); err != nil || l.inRun {
				return err
			}
			block = nil
			if s.pos < s.block.Len {
				block = s.block.Cols[p]
			}
			continue
		}
		if stop == s.pos+1 && end == l.at+1 {
			l.outRows = append(l.outRows, l.perm[l.at])
			for _, col := range l.outs {
				l.outCols[col] = append(l.outCols[col], s.block.Cols[col][s.pos])
			}
		} else {
			for i := s.pos; i < stop; i++ {
				l.outRows = append(l.outRows, l.perm[l.at:end]...)
				for _, col := range l.outs {
					v, out := s.block.Cols[col][i], l.outCols[col]
					for range end - l.at {
						out = append(out, v)
					}
					l.outCols[col] = out
				}
			}
		}
		s.pos = stop
		l.at = end
	}
	return nil
}
