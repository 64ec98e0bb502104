package badgerstore

import (
	"context"
	"fmt"
	"maps"
	"sync"

	"triplestore/store"
	"triplestore/store/relation"
)

// recount builds the relations anew: the inner pages of format 2 may tell too few different prefixes. Older states, whose pages have the
// same fault, are dropped.
func recount(ctx context.Context, p Pages) error {
	b, err := p.Root()
	if err != nil || b == nil {
		return err
	}
	r, err := decodeRoot(b)
	if err != nil {
		return err
	}
	w := &freshPages{reader: reader{p}, next: r.next}
	again := func(width int, root *relation.Root) error {
		old := relation.New(w, nil, width, *root)
		c := old.Scan(ctx, relation.Range{}, store.AllColumns)
		defer c.Close()
		result, err := relation.Apply(ctx, w, nil, width, relation.Root{}, &allRows{c: c, width: width, step: func(int) {}})
		if err == nil && result.Root.Rows != root.Rows {
			err = fmt.Errorf("%d rows became %d: %w", root.Rows, result.Root.Rows, store.ErrCorrupt)
		}
		*root = result.Root
		return err
	}
	for o := range r.quads {
		if err := again(4, &r.quads[o]); err != nil {
			return fmt.Errorf("order %v: %w", store.Order(o), err)
		}
	}
	r.extensions = maps.Clone(r.extensions)
	for name, e := range r.extensions {
		if err := again(int(e.width), &e.root); err != nil {
			return fmt.Errorf("extension %s: %w", name, err)
		}
		r.extensions[name] = e
	}
	r.history, r.oldest, r.next = 0, r.commit.Number, w.next
	return p.SwapRoot(r.encode())
}

// freshPages puts pages behind all others.
type freshPages struct {
	reader
	mu   sync.Mutex
	next uint64
}

func (w *freshPages) Put(b []byte) (uint64, error) {
	w.mu.Lock()
	no := w.next
	w.next++
	w.mu.Unlock()
	if no > relation.MaxPage {
		return 0, fmt.Errorf("store: more than %d pages", relation.MaxPage)
	}
	return no, w.Pages.Put(no, b)
}

func (w *freshPages) Free(uint64) {}
