package badgerstore_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// A transaction becomes visible as a whole; a snapshot that was taken before does not see it.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	st, err := badgerstore.Open(dir, badgerstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	before, err := st.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer before.Close()

	title := rdf.IRI("http://purl.org/dc/terms/title")
	commit, err := st.Update(ctx, func(x store.Txn) error {
		return x.Add([]rdf.Quad{
			{S: rdf.IRI("https://example.org/a"), P: title, O: rdf.LangLiteral("Vann", "nb")},
			{S: rdf.IRI("https://example.org/b"), P: title, O: rdf.LangLiteral("Luft", "nb")},
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	after, err := st.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer after.Close()
	for _, snap := range []store.Snapshot{before, after} {
		n, err := snap.Count(store.Range{Order: store.SPOG})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("commit", snap.Commit().Number, "has", n, "quads")
	}
	fmt.Println("committed", commit.Number)
	// Output:
	// commit 0 has 0 quads
	// commit 1 has 2 quads
	// committed 1
}
