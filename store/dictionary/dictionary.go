// Package dictionary gives terms numbers and back. Terms are numbered in order of first occurrence and kept in append-only
// blocks, compressed, so that terms that came together are read together. A relation of (hash, ID) finds the number of a term; a
// hit is verified with the term's own bytes, since different terms may share a hash.
//
// Pages live behind relation.PageReader and relation.PageWriter. A [Dictionary] is one immutable state; a [Writer] makes the next.
package dictionary

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/zeebo/xxh3"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/relation"
)

// Root names a state of the dictionary. The zero Root but for its Seed is the empty dictionary.
type Root struct {
	// Hash is the relation (hash, ID), Index the relation (first number, page) of the blocks that are full.
	Hash, Index relation.Root
	// Next is the number that the next new term gets, and so the number of terms.
	Next uint64
	// TailFirst and TailPage are the block that is not full yet; TailPage is 0 if there is none.
	TailFirst, TailPage uint64
	// Tables is the page of languages and datatypes, 0 if there are none.
	Tables uint64
	// Seed is chosen at random when the store is made, so that nobody can prepare terms whose hashes collide.
	Seed uint64
}

// RootSize is the number of bytes of an encoded Root.
const RootSize = 2*relation.RootSize + 5*8

// AppendBinary appends the root's RootSize bytes; the error is always nil.
func (r Root) AppendBinary(b []byte) ([]byte, error) {
	b, _ = r.Hash.AppendBinary(b)
	b, _ = r.Index.AppendBinary(b)
	for _, v := range [...]uint64{r.Next, r.TailFirst, r.TailPage, r.Tables, r.Seed} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b, nil
}

// DecodeRoot reads a root from the beginning of b and returns the bytes after it.
func DecodeRoot(b []byte) (r Root, rest []byte, err error) {
	if len(b) < RootSize {
		return r, nil, fmt.Errorf("dictionary: root of %d bytes: %w", len(b), store.ErrCorrupt)
	}
	if r.Hash, b, err = relation.DecodeRoot(b); err != nil {
		return r, nil, err
	}
	if r.Index, b, err = relation.DecodeRoot(b); err != nil {
		return r, nil, err
	}
	for _, v := range [...]*uint64{&r.Next, &r.TailFirst, &r.TailPage, &r.Tables, &r.Seed} {
		*v, b = binary.LittleEndian.Uint64(b), b[8:]
	}
	return r, b, nil
}

// Options are what all states of a dictionary share.
type Options struct {
	Pages     relation.PageReader
	Relations *relation.Cache
	Blocks    *Cache

	narrow uint // bits by which tests shorten hashes, so that they collide
}

// blockRef is where a block is.
type blockRef struct{ first, page uint64 }

// Dictionary is one state. It is safe for concurrent use.
type Dictionary struct {
	o           Options
	root        Root
	hash, index *relation.Relation
	full        []blockRef // in order; later states share its memory
	near        []uint32   // places in full, see locate.go; likewise
	languages   *table
	datatypes   *table
}

// Open reads the list of blocks and the tables of a state.
func Open(ctx context.Context, o Options, root Root) (*Dictionary, error) {
	d := &Dictionary{o: o, root: root}
	d.hash, d.index = relation.New(o.Pages, o.Relations, 2, root.Hash), relation.New(o.Pages, o.Relations, 2, root.Index)
	c := d.index.Scan(ctx, relation.Range{}, 3)
	defer c.Close()
	for {
		b, err := c.Next()
		if err != nil {
			return nil, err
		}
		if b.Len == 0 {
			break
		}
		for i := range b.Len {
			d.full = append(d.full, blockRef{uint64(b.Cols[0][i]), uint64(b.Cols[1][i])})
		}
	}
	if root.TailPage == 0 && root.TailFirst != root.Next || root.TailFirst > root.Next || len(d.full) > 0 && (d.full[0].first != 0 || d.full[len(d.full)-1].first > root.Next) {
		return nil, fmt.Errorf("dictionary: impossible root %+v: %w", root, store.ErrCorrupt)
	}
	d.near = appendNear(nil, d.full)
	d.languages, d.datatypes = newTable(nil), newTable(nil)
	if root.Tables != 0 {
		p, err := o.Pages.Page(root.Tables)
		if err != nil {
			return nil, err
		}
		if d.languages, d.datatypes, err = decodeTables(p); err != nil {
			return nil, fmt.Errorf("page %d: %w", root.Tables, err)
		}
	}
	return d, nil
}

// Root is the state.
func (d *Dictionary) Root() Root { return d.root }

// Len is the number of terms.
func (d *Dictionary) Len() uint64 { return d.root.Next }

// Languages and Datatypes are the tables that ID.Aux points into; read-only.
func (d *Dictionary) Languages() []string { return d.languages.names }

// Datatypes is the table of datatypes, see Languages.
func (d *Dictionary) Datatypes() []string { return d.datatypes.names }

// fold mixes two words; see docs/format.md, since hashes are on disk.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93)
	return hi ^ lo
}

// aux is the language or the datatype of a literal, and a number for the kind and the direction.
func aux(t rdf.Term) (string, uint64) {
	salt := uint64(t.Kind()) | uint64(t.Direction())<<4
	switch t.Kind() {
	case rdf.KindLiteral:
		return t.Datatype(), salt
	case rdf.KindLangLiteral:
		return t.Lang(), salt
	}
	return "", salt
}

// key is the 48-bit hash by which a term is found.
func (d *Dictionary) key(t rdf.Term) store.ID {
	if t.IsTriple() {
		return store.ID(fold(xxh3.HashSeed(t.AppendBinary(nil), d.root.Seed), uint64(rdf.KindTriple)) >> (16 + d.o.narrow))
	}
	a, salt := aux(t)
	if a != "" {
		salt ^= xxh3.HashString(a)
	}
	return d.keyOf(t.Value(), salt)
}

// keyOf is the hash of a term that is no triple term.
func (d *Dictionary) keyOf(value string, salt uint64) store.ID {
	return store.ID(fold(xxh3.HashStringSeed(value, d.root.Seed), salt) >> (16 + d.o.narrow))
}

// ID finds the ID of a term that is not inlined.
func (d *Dictionary) ID(t rdf.Term) (id store.ID, ok bool, err error) { return d.find(d.key(t), t) }

func (d *Dictionary) find(key store.ID, t rdf.Term) (store.ID, bool, error) {
	if d.root.Hash.Rows == 0 {
		return store.NoID, false, nil
	}
	c := d.hash.Scan(context.Background(), relation.Range{Prefix: []store.ID{key}}, 2)
	defer c.Close()
	tag := tagOf(&t)
	for {
		b, err := c.Next()
		if err != nil || b.Len == 0 {
			return store.NoID, false, err
		}
		for _, id := range b.Cols[1] {
			if id.Tag() != tag {
				continue
			}
			blk, i, err := d.locate(id.Number())
			if err != nil {
				return store.NoID, false, err
			}
			if blk == nil {
				return store.NoID, false, fmt.Errorf("dictionary: the index names term %d of %d: %w", id.Number(), d.root.Next, store.ErrCorrupt)
			}
			got, err := blk.term(i)
			if err != nil {
				return store.NoID, false, err
			}
			if got == t {
				return id, true, nil
			}
		}
	}
}

func tagOf(t *rdf.Term) store.Tag {
	switch t.Kind() {
	case rdf.KindBlankNode:
		return store.TagBlankNode
	case rdf.KindIRI:
		return store.TagIRI
	case rdf.KindLiteral:
		if t.Datatype() == xsdString {
			return store.TagString
		}
		return store.TagTyped
	case rdf.KindLangLiteral:
		return store.TagLang
	case rdf.KindTriple:
		return store.TagTriple
	}
	return store.TagSpecial
}

const xsdString = "http://www.w3.org/2001/XMLSchema#string"

func (d *Dictionary) block(ref blockRef) (*block, error) {
	if b := d.o.Blocks.get(ref.page); b != nil {
		d.o.Blocks.count(1, 0)
		return b, nil
	}
	d.o.Blocks.count(0, 1)
	return d.load(ref)
}

// load reads a block that is not in the cache.
func (d *Dictionary) load(ref blockRef) (*block, error) {
	p, err := d.o.Pages.Page(ref.page)
	if err != nil {
		return nil, err
	}
	b, err := decodeBlock(p)
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", ref.page, err)
	}
	if b.first != ref.first {
		return nil, fmt.Errorf("dictionary: page %d begins with term %d, want %d: %w", ref.page, b.first, ref.first, store.ErrCorrupt)
	}
	d.o.Blocks.put(ref.page, b)
	return b, nil
}

// auxFits reports whether the ID's field Aux is the one that the term got.
func (d *Dictionary) auxFits(id store.ID, t *rdf.Term) bool {
	names, want := d.languages.names, ""
	switch id.Tag() {
	case store.TagLang:
		want = t.Lang()
	case store.TagTyped:
		names, want = d.datatypes.names, t.Datatype()
	default:
		return id.Aux() == 0
	}
	if id.Aux() == store.AuxOther {
		return true
	}
	return int(id.Aux()) < len(names) && names[id.Aux()] == want
}

// Walk calls fn with the number of every page of the state. Where fn returns false, the pages that only that one leads to are
// skipped.
func (d *Dictionary) Walk(fn func(no uint64) (descend bool, err error)) error {
	if err := d.hash.Walk(func(no uint64, _ uint8) (bool, error) { return fn(no) }); err != nil {
		return err
	}
	err := d.index.Walk(func(no uint64, level uint8) (bool, error) {
		descend, err := fn(no)
		if err != nil || !descend || level > 1 {
			return descend, err
		}
		blocks, err := d.index.LeafColumn(no, 1)
		for i := 0; err == nil && i < len(blocks); i++ {
			_, err = fn(uint64(blocks[i]))
		}
		return false, err
	})
	for _, no := range []uint64{d.root.TailPage, d.root.Tables} {
		if err == nil && no != 0 {
			_, err = fn(no)
		}
	}
	return err
}

// Verify reads everything and checks that both directions agree. An error wraps store.ErrCorrupt.
func (d *Dictionary) Verify(ctx context.Context) error {
	for _, r := range []*relation.Relation{d.hash, d.index} {
		if err := r.Verify(ctx); err != nil {
			return err
		}
	}
	refs := slices.Clone(d.full)
	if d.root.TailPage != 0 {
		refs = append(refs, blockRef{d.root.TailFirst, d.root.TailPage})
	}
	var next uint64
	for _, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := d.block(ref)
		if err != nil {
			return err
		}
		if ref.first != next {
			return fmt.Errorf("dictionary: a block begins with term %d, want %d: %w", ref.first, next, store.ErrCorrupt)
		}
		next += uint64(b.count())
		for i := range b.count() {
			t, err := b.term(i)
			if err != nil {
				return err
			}
			if id, ok, err := d.ID(t); err != nil || !ok || id.Number() != b.first+uint64(i) {
				return fmt.Errorf("dictionary: term %d is found as %#x, %v, %v: %w", b.first+uint64(i), uint64(id), ok, err, store.ErrCorrupt)
			}
		}
	}
	if next != d.root.Next || d.root.Hash.Rows != next {
		return fmt.Errorf("dictionary: %d terms, %d hashes, %d expected: %w", next, d.root.Hash.Rows, d.root.Next, store.ErrCorrupt)
	}
	return nil
}
