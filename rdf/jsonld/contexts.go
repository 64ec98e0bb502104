package jsonld

import (
	"context"
	"fmt"
	"os"
)

// Contexts makes a Loader of contexts that are held in memory, by their IRI. It knows no others.
func Contexts(texts map[string][]byte) Loader {
	return func(_ context.Context, iri string) ([]byte, string, error) {
		if text, ok := texts[iri]; ok {
			return text, iri, nil
		}
		return nil, "", fmt.Errorf("the context was not supplied")
	}
}

// ContextFiles makes a Loader of contexts in files, by the IRI that documents refer to them with. It knows no others, and reads a
// file each time that a document needs it.
func ContextFiles(paths map[string]string) Loader {
	return func(_ context.Context, iri string) ([]byte, string, error) {
		path, ok := paths[iri]
		if !ok {
			return nil, "", fmt.Errorf("the context was not supplied")
		}
		text, err := os.ReadFile(path) //nolint:gosec // the caller names the files
		return text, iri, err
	}
}
