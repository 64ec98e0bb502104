package exec

import (
	"slices"

	"triplestore/sparql/optimizer"
	"triplestore/store"
)

// probeOne is probe for the usual case: one or two variables in common, which every row of both sides binds. It reports false where that
// is not the case.
func (j *hashJoin) probeOne() (bool, error) {
	if len(j.parts) != 1 || len(j.common) == 0 || len(j.common) > 2 || j.parts[0].mask != 1<<len(j.common)-1 {
		return false, nil
	}
	certain := j.node.L.P().Certain
	for _, s := range j.common {
		if j.input.cols[s] == nil || !certain.Has(s) {
			return false, nil
		}
	}
	p := j.parts[0]
	x, err := j.index(p, p.mask)
	if err != nil {
		return true, err
	}
	first := j.input.cols[x.slots[0]]
	var second []store.ID
	if len(x.slots) == 2 {
		second = j.input.cols[x.slots[1]]
	}
	left := j.node.Kind == optimizer.Left && !j.byMatch()
	exists := j.byMatch() && j.node.Kind != optimizer.Left && len(j.node.Conds) == 0
	if len(x.also) > 0 {
		j.probePairs(x, first[:j.input.n], second, exists, left)
		return true, nil
	}
	if x.dense != nil && (x.start == nil || exists) {
		j.probeDense(x, first[:j.input.n], exists)
		return true, nil
	}
	weighs := j.weighing()
	if j.row == 0 && j.candAt == 0 && second == nil && x.dense == nil {
		j.numbers = resize(j.numbers, j.input.n)
		x.keys.findAll(first[:j.input.n], j.numbers)
	}
	var key [2]store.ID
	for j.row < j.input.n && len(j.outL) < j.q.rows {
		if j.candAt < len(j.cands) { // of a row whose candidates did not fit into the batch before
			n := min(len(j.cands)-j.candAt, j.q.rows)
			for _, r := range j.cands[j.candAt : j.candAt+n] {
				j.outL = append(j.outL, int32(j.row))
				j.outR = append(j.outR, r)
			}
			if j.candAt += n; j.candAt == len(j.cands) {
				j.nextRow()
			}
			continue
		}
		var k int
		switch {
		case second == nil && x.dense == nil:
			k = int(j.numbers[j.row])
		case second == nil:
			k = x.find1(first[j.row])
		default:
			key[0], key[1] = first[j.row], second[j.row]
			k = x.keys.find(key[:])
		}
		if k < 0 {
			if left {
				j.outL = append(j.outL, int32(j.row))
				j.outR = append(j.outR, -1)
			}
			j.row++
			continue
		}
		if exists {
			j.matched[j.row] = true
			j.row++
			continue
		}
		rows := x.of(k)
		if weighs {
			j.outL = append(j.outL, int32(j.row))
			j.weights = append(j.weights, int32(len(rows)))
			j.row++
			continue
		}
		if len(rows) > j.q.rows {
			j.cands, j.candAt = rows, 0
			continue
		}
		for _, r := range rows {
			j.outL = append(j.outL, int32(j.row))
			j.outR = append(j.outR, r)
		}
		j.row++
	}
	return true, nil
}

// find1 is find for a key of one ID.
func (x *index) find1(id store.ID) int {
	if x.dense != nil {
		return x.dense.find(id)
	}
	return x.keys.find1(id)
}

// probeDense is probeOne, for all rows of the input at once, where each of them has at most one row on the right, or it only matters
// whether it has any: first the rows that have one are told from the others by bits, then what they have is looked up.
func (j *hashJoin) probeDense(x *index, keys []store.ID, exists bool) {
	n := len(keys)
	j.row = n
	j.hits = resize(j.hits, n)
	hits := j.hits[:x.dense.rows(keys, j.hits)]
	if exists {
		for _, r := range hits {
			j.matched[r] = true
		}
		return
	}
	if j.node.Kind == optimizer.Left && !j.byMatch() { // all rows
		j.outL, j.outR = resize(j.outL, n), resize(j.outR, n)
		for i := range n {
			j.outL[i], j.outR[i] = int32(i), -1
		}
		for _, r := range hits {
			j.outR[r] = int32(x.dense.number(keys[r]))
		}
		if !x.straight {
			for _, r := range hits {
				j.outR[r] = x.rows[j.outR[r]]
			}
		}
		return
	}
	j.outL = append(j.outL, hits...)
	if !j.fetches() {
		return
	}
	j.outR = resize(j.outR, len(hits))
	for i, r := range hits {
		j.outR[i] = int32(x.dense.number(keys[r]))
	}
	if !x.straight {
		for i, k := range j.outR {
			j.outR[i] = x.rows[k]
		}
	}
}

// weighing reports whether rows stand for several equal ones.
func (j *hashJoin) weighing() bool {
	return j.weighs && j.node.Kind == optimizer.Inner && len(j.node.Conds) == 0 && !j.fetches()
}

// probePairs is probeOne for keys of two variables of which the first is found by bits and the second compared.
func (j *hashJoin) probePairs(x *index, first, second []store.ID, exists, left bool) {
	weighs := j.weighing()
	if x.start == nil && !left {
		j.probePair(x, first, second, exists, weighs)
		return
	}
	also := j.table.cols[x.also[0]]
	d := x.dense
	for ; j.row < len(first) && len(j.outL) < j.q.rows; j.row++ {
		found := int32(0)
		if k := d.find(first[j.row]); k >= 0 {
			from, to := k, k+1
			if x.start != nil {
				from, to = int(x.start[k]), int(x.start[k+1])
			}
			for i := from; i < to; i++ {
				r := int32(-1)
				if x.pairs != nil {
					if x.pairs[i] != second[j.row] {
						continue
					}
				} else if r = x.rows[i]; also[r] != second[j.row] {
					continue
				}
				found++
				if exists {
					break
				}
				if !weighs {
					if r < 0 {
						r = x.rows[i]
					}
					j.outL, j.outR = append(j.outL, int32(j.row)), append(j.outR, r)
				}
			}
		}
		switch {
		case exists:
			j.matched[j.row] = found > 0
		case weighs && found > 0:
			j.outL, j.weights = append(j.outL, int32(j.row)), append(j.weights, found)
		case left && found == 0:
			j.outL, j.outR = append(j.outL, int32(j.row)), append(j.outR, -1)
		}
	}
}

// probePair is probePairs for all rows of the input at once, where each of them has at most one row on the right.
func (j *hashJoin) probePair(x *index, first, second []store.ID, exists, weighs bool) {
	j.row = len(first)
	j.hits = resize(j.hits, len(first))
	hits := j.hits[:x.dense.rows(first, j.hits)]
	j.outL, j.outR = resize(j.outL, len(hits)), resize(j.outR, len(hits))
	n := 0
	for _, l := range hits { // without branches, as in denseKeys.rows
		k := x.dense.number(first[l])
		j.outL[n], j.outR[n] = l, int32(k)
		if x.marks[k] == markOf(second[l]) {
			n++
		}
	}
	if !x.straight {
		for i, k := range j.outR[:n] {
			j.outR[i] = x.rows[k]
		}
	}
	also, some := j.table.cols[x.also[0]], n
	n = 0
	for i, r := range j.outR[:some] {
		l := j.outL[i]
		j.outL[n], j.outR[n] = l, r
		if also[r] == second[l] {
			n++
		}
	}
	j.outL, j.outR = j.outL[:n], j.outR[:n]
	switch {
	case exists:
		for _, l := range j.outL {
			j.matched[l] = true
		}
		j.outL = j.outL[:0]
	case weighs:
		j.weights = resize(j.weights, n)
		for i := range j.weights {
			j.weights[i] = 1
		}
	}
}

// fetches reports whether anything of the right side's rows is wanted.
func (j *hashJoin) fetches() bool {
	return slices.ContainsFunc(j.rights, func(s int) bool { return j.table.cols[s] != nil && !j.unwanted(s) })
}

// unwanted reports whether nobody looks at a column of what the join yields.
func (j *hashJoin) unwanted(s int) bool {
	return j.weighs && len(j.node.Conds) == 0 && !j.wanted.Has(s)
}

// weigh tells a hash join that whoever reads it can do with rows that stand for several equal ones, as what only counts can, and looks at no
// other columns than those that are wanted.
func weigh(op operator, wanted optimizer.Set) {
	switch op := op.(type) {
	case *hashJoin:
		op.weighs, op.wanted = true, wanted
	case *piecewise:
		op.weighs, op.wanted = true, wanted
		weigh(op.in, wanted)
	case *chopped:
		weigh(op.in, wanted)
	case *profiled:
		weigh(op.in, wanted)
	}
}
