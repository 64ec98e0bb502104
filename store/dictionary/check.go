package dictionary

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

// Checker reads a dictionary to the end, whatever it finds on the way, and tells of everything that is wrong.
type Checker struct {
	// Bad is told what is wrong with a page of a part: "hashes", "blocks" or "terms". Page 0 is no particular page.
	Bad func(part string, page uint64, err error)
	// Page, if any, is told of every page before it is read; Rows of every leaf's number of rows and every block's number of terms.
	Page func(page uint64)
	Rows func(n int)

	// Kinds is, after Check, the upper 16 bits (tag and aux) of the ID of every term, 0 where the term could not be read.
	Kinds []uint16

	ok          bool
	indexOK     bool
	hash, index *relation.Checker
	full        map[uint64]uint64 // first term by page of a block
	hashLeaf    func(page uint64, cols [][]store.ID)
	indexLeaf   func(page uint64, cols [][]store.ID)
}

// maxExamples is how many terms of a kind of error are named.
const maxExamples = 10

func (c *Checker) bad(part string, page uint64, format string, args ...any) {
	c.report(part, page, fmt.Errorf(format+": %w", append(args, store.ErrCorrupt)...))
}

func (c *Checker) report(part string, page uint64, err error) {
	c.ok = false
	c.Bad(part, page, err)
}

func (c *Checker) relation(part string, leaf func(uint64, [][]store.ID)) *relation.Checker {
	return &relation.Checker{Bad: func(page uint64, err error) { c.report(part, page, err) }, Page: c.Page,
		Leaf: func(page uint64, cols [][]store.ID) {
			if c.Rows != nil {
				c.Rows(len(cols[0]))
			}
			leaf(page, cols)
		}}
}

// CheckOlder reads what an older state of the same dictionary does not share with the state that Check has read.
func (c *Checker) CheckOlder(ctx context.Context, o Options, root Root) (ok bool, err error) {
	c.ok = true
	if root.Next > uint64(len(c.Kinds)) {
		c.bad("terms", 0, "%d terms, more than a newer state has, %d", root.Next, len(c.Kinds))
		return false, nil
	}
	c.indexLeaf = func(page uint64, cols [][]store.ID) {
		if !c.indexOK {
			return // the blocks are not all known
		}
		for i := range cols[0] {
			if first, ok := c.full[uint64(cols[1][i])]; !ok || first != uint64(cols[0][i]) {
				c.bad("blocks", page, "names page %d as the block of term %d, which it is not in the newest state", uint64(cols[1][i]), uint64(cols[0][i]))
			}
		}
	}
	c.hashLeaf = func(page uint64, cols [][]store.ID) {
		for _, id := range cols[1] {
			if id.Number() >= root.Next || c.Kinds[id.Number()] != 0 && c.Kinds[id.Number()] != uint16(id>>48) {
				c.bad("hashes", page, "leads to ID %#x, which is no term's", uint64(id))
				return
			}
		}
	}
	if _, err := c.index.Check(ctx, relation.New(o.Pages, nil, 2, root.Index)); err != nil {
		return false, err
	}
	if _, err := c.hash.Check(ctx, relation.New(o.Pages, nil, 2, root.Hash)); err != nil {
		return false, err
	}
	if root.Hash.Rows != root.Next {
		c.bad("hashes", 0, "%d hashes of %d terms", root.Hash.Rows, root.Next)
	}
	if no := root.TailPage; no != 0 {
		if _, ok := c.full[no]; !ok {
			c.full[no] = root.TailFirst
			c.tail(o, root)
		}
	}
	if no := root.Tables; no != 0 {
		if _, ok := c.full[no]; !ok {
			c.full[no] = ^uint64(0)
			c.tables(&Dictionary{o: o, root: root})
		}
	}
	return c.ok, nil
}

func (c *Checker) tail(o Options, root Root) {
	if c.Page != nil {
		c.Page(root.TailPage)
	}
	p, err := o.Pages.Page(root.TailPage)
	var b *block
	if err == nil {
		b, err = decodeBlock(p)
	}
	if err == nil && (b.first != root.TailFirst || b.first+uint64(b.count()) != root.Next) {
		err = fmt.Errorf("holds the terms %d to %d, not %d to %d: %w", b.first, b.first+uint64(b.count()), root.TailFirst, root.Next, store.ErrCorrupt)
	}
	if err != nil {
		c.report("terms", root.TailPage, err)
	}
}

// Check reads a state. It returns whether nothing was wrong; the error is that of the context.
func (c *Checker) Check(ctx context.Context, o Options, root Root) (ok bool, err error) {
	c.ok = true
	d := &Dictionary{o: o, root: root, languages: newTable(nil), datatypes: newTable(nil),
		hash: relation.New(o.Pages, nil, 2, root.Hash), index: relation.New(o.Pages, nil, 2, root.Index)}
	if root.TailPage == 0 && root.TailFirst != root.Next || root.TailFirst > root.Next {
		c.bad("blocks", 0, "impossible root %+v", root)
		return false, nil
	}
	c.indexLeaf = func(_ uint64, cols [][]store.ID) {
		for i := range cols[0] {
			d.full = append(d.full, blockRef{uint64(cols[0][i]), uint64(cols[1][i])})
		}
	}
	c.index = c.relation("blocks", func(page uint64, cols [][]store.ID) { c.indexLeaf(page, cols) })
	indexOK, err := c.index.Check(ctx, d.index)
	c.indexOK = indexOK
	if err != nil {
		return false, err
	}
	c.tables(d)
	c.Kinds = make([]uint16, root.Next)
	sum, err := c.blocks(ctx, d, indexOK)
	if err != nil {
		return false, err
	}
	c.full = map[uint64]uint64{root.TailPage: root.TailFirst, root.Tables: ^uint64(0)}
	for _, ref := range d.full {
		c.full[ref.page] = ref.first
	}
	if err := c.hashes(ctx, d, sum); err != nil {
		return false, err
	}
	return c.ok, nil
}

func (c *Checker) tables(d *Dictionary) {
	no := d.root.Tables
	if no == 0 {
		return
	}
	if c.Page != nil {
		c.Page(no)
	}
	p, err := d.o.Pages.Page(no)
	if err == nil {
		var l, t *table
		if l, t, err = decodeTables(p); err == nil {
			d.languages, d.datatypes = l, t
			return
		}
	}
	c.report("terms", no, fmt.Errorf("table of languages and datatypes: %w", err))
	d.languages, d.datatypes = nil, nil
}

// blocks reads all terms. It returns the sum over the rows that the relation of hashes should have.
func (c *Checker) blocks(ctx context.Context, d *Dictionary, indexOK bool) (sum uint64, err error) {
	refs := d.full
	if d.root.TailPage != 0 {
		refs = append(refs[:len(refs):len(refs)], blockRef{d.root.TailFirst, d.root.TailPage})
	}
	next, sure := uint64(0), indexOK
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if sure && ref.first != next {
			c.bad("blocks", ref.page, "the block begins with term %d where %d comes next", ref.first, next)
		}
		if c.Page != nil {
			c.Page(ref.page)
		}
		p, err := d.o.Pages.Page(ref.page)
		var b *block
		if err == nil {
			b, err = decodeBlock(p)
		}
		if err == nil && b.first != ref.first {
			err = fmt.Errorf("holds the terms from %d on, not those from %d: %w", b.first, ref.first, store.ErrCorrupt)
		}
		if err != nil {
			c.report("terms", ref.page, err)
			sure = false // where it ends is not known
			continue
		}
		if c.Rows != nil {
			c.Rows(b.count())
		}
		sum += c.block(d, ref.page, b)
		next, sure = b.first+uint64(b.count()), true
	}
	if sure && indexOK && next != d.root.Next {
		c.bad("terms", 0, "%d terms in the blocks where the root tells %d", next, d.root.Next)
	}
	return sum, nil
}

func (c *Checker) block(d *Dictionary, page uint64, b *block) (sum uint64) {
	for i := range b.count() {
		n := b.first + uint64(i)
		if n >= d.root.Next {
			c.bad("terms", page, "holds term %d where the root tells %d terms", n, d.root.Next)
			return sum
		}
		t, err := b.term(i)
		if err != nil {
			c.report("terms", page, err)
			continue
		}
		if _, ok := store.Inline(t); ok {
			c.bad("terms", page, "term %d, %v, has its value in the ID and should not be here", n, t)
			continue
		}
		id, ok := d.identify(t, n)
		if !ok {
			continue // the tables are not readable
		}
		c.Kinds[n] = uint16(id >> 48)
		sum += rowSum(d.key(t), id)
	}
	return sum
}

// identify makes the ID that a term with this number must have.
func (d *Dictionary) identify(t rdf.Term, n uint64) (store.ID, bool) {
	aux, ok := uint16(0), true
	find := func(in *table, name string) {
		if in == nil {
			ok = false
			return
		}
		var found bool
		if aux, found = in.index[name]; !found {
			aux = store.AuxOther
		}
	}
	tag := tagOf(&t)
	switch tag {
	case store.TagLang:
		find(d.languages, t.Lang())
	case store.TagTyped:
		find(d.datatypes, t.Datatype())
	}
	return store.MakeID(tag, aux, n), ok
}

func rowSum(key, id store.ID) uint64 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(key))
	binary.LittleEndian.PutUint64(b[8:], uint64(id))
	return xxh3.Hash(b[:])
}

// hashes reads the relation that leads from terms to IDs and compares it with the blocks.
func (c *Checker) hashes(ctx context.Context, d *Dictionary, want uint64) error {
	complete := c.ok
	var sum, rows uint64
	var last store.ID
	var lastID store.ID
	var pairs [][2]store.ID
	wrong := 0
	c.hashLeaf = func(page uint64, cols [][]store.ID) {
		for i, key := range cols[0] {
			id := cols[1][i]
			rows++
			sum += rowSum(key, id)
			if !id.InDictionary() || id.Number() >= d.root.Next {
				if wrong++; wrong <= maxExamples {
					c.bad("hashes", page, "leads to ID %#x, of which there is no term", uint64(id))
				}
			} else if kind := c.Kinds[id.Number()]; kind != 0 && kind != uint16(id>>48) {
				if wrong++; wrong <= maxExamples {
					c.bad("hashes", page, "leads to ID %#x where the term has ID %#x", uint64(id), uint64(kind)<<48|id.Number())
				}
			}
			if key == last && lastID != 0 && len(pairs) < 1<<16 {
				pairs = append(pairs, [2]store.ID{lastID, id})
			}
			last, lastID = key, id
		}
	}
	c.hash = c.relation("hashes", func(page uint64, cols [][]store.ID) { c.hashLeaf(page, cols) })
	ok, err := c.hash.Check(ctx, d.hash)
	if err != nil || !ok || !complete {
		return err
	}
	if wrong > maxExamples {
		c.bad("hashes", 0, "%d more rows lead to IDs that are not there", wrong-maxExamples)
	}
	if rows != d.root.Next || sum != want {
		c.bad("hashes", 0, "%d hashes of %d terms do not lead to all terms", rows, d.root.Next)
		return c.missing(ctx, d)
	}
	var terms [2]rdf.Term
	for _, p := range pairs {
		if err := d.Terms(p[:], terms[:]); err != nil {
			return nil //nolint:nilerr // told when the blocks were read
		}
		if terms[0] == terms[1] {
			c.bad("terms", 0, "terms %d and %d are the same: %v", p[0].Number(), p[1].Number(), terms[0])
		}
	}
	return nil
}

// missing names terms that are not found by their hash.
func (c *Checker) missing(ctx context.Context, d *Dictionary) error {
	refs := d.full
	if d.root.TailPage != 0 {
		refs = append(refs[:len(refs):len(refs)], blockRef{d.root.TailFirst, d.root.TailPage})
	}
	found := 0
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := d.block(ref)
		if err != nil {
			return nil //nolint:nilerr // told when the blocks were read
		}
		for i := range b.count() {
			t, err := b.term(i)
			if err != nil {
				continue
			}
			n := b.first + uint64(i)
			id, _ := d.identify(t, n)
			ok, err := d.hash.Contains(relation.Row{d.key(t), id})
			if err != nil {
				return nil //nolint:nilerr // told when the hashes were read
			}
			if !ok {
				if found++; found <= maxExamples {
					c.bad("hashes", ref.page, "term %d, %v, is not found by its hash", n, t)
				}
			}
		}
	}
	if found > maxExamples {
		c.bad("hashes", 0, "%d more terms are not found by their hashes", found-maxExamples)
	}
	return nil
}

// Blocks calls fn with the terms from number first on, in order, in binary form as rdf.Term.AppendBinary writes it.
func (d *Dictionary) Blocks(ctx context.Context, first uint64, fn func(first uint64, terms []string) error) error {
	var terms []string
	for next := first; next < d.root.Next; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, at, err := d.locate(next)
		if err != nil {
			return err
		}
		terms = terms[:0]
		for i := at; i < b.count() && b.first+uint64(i) < d.root.Next; i++ {
			terms = append(terms, b.binary(i))
		}
		if err := fn(next, terms); err != nil {
			return err
		}
		next += uint64(len(terms))
	}
	return nil
}
