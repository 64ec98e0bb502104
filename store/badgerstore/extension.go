package badgerstore

import (
	"triplestore/store/relation"
)

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
