package loaders_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

// Load files into a store on disk; formats and compression are found out.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "data.ttl")
	if err := os.WriteFile(file, []byte("<https://example.org/a> <https://example.org/p> 1, 2, 3 ."), 0o600); err != nil {
		log.Fatal(err)
	}

	st, err := badgerstore.Open(filepath.Join(dir, "store"), badgerstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer st.Close()
	report, err := loaders.Load(context.Background(), st, []string{file}, loaders.Options{Graph: rdf.IRI("https://example.org/g")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("commit", report.Commit)
	snap, err := st.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer snap.Close()
	graphs, err := snap.Graphs()
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range graphs {
		names := make([]rdf.Term, 1)
		if err := snap.Terms([]store.ID{g.Graph}, names); err != nil {
			log.Fatal(err)
		}
		fmt.Println(names[0], g.Quads)
	}
	// Output:
	// commit 1
	// <https://example.org/g> 3
}
