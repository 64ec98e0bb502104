package sparql_test

import (
	"context"
	"fmt"
	"log"

	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/store"
	"triplestore/store/memstore"
)

func Example() {
	ctx := context.Background()
	data := memstore.New()
	defer data.Close()
	title := rdf.IRI("http://purl.org/dc/terms/title")
	if _, err := data.Update(ctx, func(tx store.Txn) error {
		return tx.Add([]rdf.Quad{{S: rdf.IRI("http://example.org/a"), P: title, O: rdf.LangLiteral("Vannkvalitet", "nb")}})
	}); err != nil {
		log.Fatal(err)
	}

	// Ten lines from a store to answers:
	snap, err := data.Snapshot()
	if err != nil {
		log.Fatal(err)
	}
	defer snap.Close()
	result, err := sparql.NewEngine(sparql.Options{}).Query(ctx, snap, "SELECT ?s ?title { ?s <http://purl.org/dc/terms/title> ?title }")
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()
	for row, err := range result.Rows() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row[0], row[1])
	}
	// Output: <http://example.org/a> "Vannkvalitet"@nb
}
