package badgerstore

import (
	"context"
	"fmt"
	"maps"

	"triplestore/store/relation"
)

// Extender is what the transactions of a Store offer besides store.Txn.
type Extender interface {
	// Extension gives access to a relation of its own that is committed together with the quads: an index, say. It is made, empty, if
	// there is none of this name. Its number of columns and whether the last one holds numbers of pages are fixed when it is made.
	Extension(name string, width int, pages bool) (*Extension, error)
}

// Extended is what the snapshots of a Store offer besides store.Snapshot.
type Extended interface {
	// Extension gives access to the state of an extension; ok is false if there is none of this name.
	Extension(name string) (e *relation.Relation, ok bool, err error)
	// Page reads a page that an extension put.
	Page(no uint64) ([]byte, error)
}

var (
	_ Extender = (*txn)(nil)
	_ Extended = (*snapshot)(nil)
)

// Extension is a named relation in a transaction. It is used by the goroutine that runs the transaction.
type Extension struct {
	t    *txn
	name string
}

func (t *txn) Extension(name string, width int, pages bool) (*Extension, error) {
	t.calls.Lock()
	defer t.calls.Unlock()
	if err := t.check(); err != nil {
		return nil, err
	}
	if len(name) == 0 || len(name) > maxExtensionName || width < relation.MinWidth || width > relation.MaxWidth {
		return nil, fmt.Errorf("store: bad extension %q of %d columns", name, width)
	}
	e, ok := t.now.root.extensions[name]
	switch {
	case ok && (int(e.width) != width || e.pages != pages):
		return nil, fmt.Errorf("store: the extension %s has %d columns, pages %v; not %d, %v", name, e.width, e.pages, width, pages)
	case !ok && len(t.now.root.extensions) >= maxExtensions:
		return nil, fmt.Errorf("store: more than %d extensions", maxExtensions)
	case !ok:
		t.setExtension(name, extensionRoot{width: uint8(width), pages: pages})
	}
	return &Extension{t, name}, nil
}

func (t *txn) setExtension(name string, e extensionRoot) {
	r := t.now.root
	r.extensions = maps.Clone(r.extensions)
	if r.extensions == nil {
		r.extensions = map[string]extensionRoot{}
	}
	r.extensions[name] = e
	t.now = t.store.newState(r, t.now.terms)
}

// begin locks the transaction for the extension.
func (e *Extension) begin() (x extensionRoot, end func(), err error) {
	e.t.calls.Lock()
	if err = e.t.check(); err == nil {
		var ok bool
		if x, ok = e.t.now.root.extensions[e.name]; !ok {
			err = fmt.Errorf("store: the extension %s was dropped", e.name)
		}
	}
	if err != nil {
		e.t.calls.Unlock()
		return x, nil, err
	}
	return x, e.t.calls.Unlock, nil
}

// Relation is the state so far, to read from until the next Apply.
func (e *Extension) Relation() (*relation.Relation, error) {
	x, end, err := e.begin()
	if err != nil {
		return nil, err
	}
	defer end()
	return e.t.now.relationOf(x), nil
}

// Apply changes the relation; see relation.Apply. After an error the transaction can only fail.
func (e *Extension) Apply(ctx context.Context, changes relation.Changes) (inserted, deleted uint64, err error) {
	x, end, err := e.begin()
	if err != nil {
		return 0, 0, err
	}
	defer end()
	apply := relation.Apply
	if x.pages {
		apply = relation.ApplyWhole // their leaves are read one by one when the store is opened
	}
	result, err := apply(ctx, e.t.pages, e.t.store.rows, int(x.width), x.root, changes)
	if err != nil {
		e.t.err = err
		return 0, 0, err
	}
	if x.root != result.Root {
		x.root = result.Root
		e.t.setExtension(e.name, x)
	}
	return result.Inserted, result.Deleted, nil
}

// Put stores a page, whose number must be put in the last column of a row in the same transaction. It takes over the bytes.
func (e *Extension) Put(b []byte) (no uint64, err error) {
	_, end, err := e.begin()
	if err != nil {
		return 0, err
	}
	defer end()
	return e.t.pages.Put(b)
}

// Free gives up a page that no row names any more. It stays there for older states as long as these are open or kept.
func (e *Extension) Free(no uint64) error {
	_, end, err := e.begin()
	if err != nil {
		return err
	}
	defer end()
	e.t.pages.Free(no)
	return nil
}

// Page reads a page.
func (e *Extension) Page(no uint64) ([]byte, error) { return e.t.pages.Page(no) }

// Drop removes the extension with all its pages.
func (e *Extension) Drop() error {
	x, end, err := e.begin()
	if err != nil {
		return err
	}
	defer end()
	err = e.t.now.walkExtension(x, func(no uint64) (bool, error) {
		e.t.pages.Free(no)
		return true, nil
	})
	if err != nil {
		e.t.err = err
		return err
	}
	r := e.t.now.root
	r.extensions = maps.Clone(r.extensions)
	delete(r.extensions, e.name)
	e.t.now = e.t.store.newState(r, e.t.now.terms)
	return nil
}

func (n *snapshot) Extension(name string) (*relation.Relation, bool, error) {
	if err := n.check(); err != nil {
		return nil, false, err
	}
	e, ok := n.state.root.extensions[name]
	if !ok {
		return nil, false, nil
	}
	return n.state.relationOf(e), true, nil
}

func (n *snapshot) Page(no uint64) ([]byte, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	return n.state.pages.Get(no)
}

// relationOf gives access to an extension of the state.
func (st *state) relationOf(e extensionRoot) *relation.Relation {
	return relation.New(reader{st.pages}, st.rows, int(e.width), e.root)
}

// walkExtension calls fn with every page of an extension, those among them that it names in its last column.
func (st *state) walkExtension(e extensionRoot, fn func(no uint64) (descend bool, err error)) error {
	rel := st.relationOf(e)
	return rel.Walk(func(no uint64, level uint8) (bool, error) {
		descend, err := fn(no)
		if err != nil || !descend || level > 1 || !e.pages {
			return descend, err
		}
		pages, err := rel.LeafColumn(no, int(e.width)-1)
		for i := 0; err == nil && i < len(pages); i++ {
			_, err = fn(uint64(pages[i]))
		}
		return false, err
	})
}
