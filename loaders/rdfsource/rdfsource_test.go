package rdfsource

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
)

// TestMemory: a document of JSON-LD is counted while it is read, whatever statements it makes.
func TestMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.jsonld"), []byte(`{"@id": "urn:a", "@type": "urn:T", "nothing": "`+strings.Repeat("x", 200_000)+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	env, _ := sourcetest.Env(t, dir)
	for some, want := range map[int64]bool{1_200_000: true, 16 << 20: false} { // the tables of terms alone take a megabyte
		if got := sourcetest.Waits(t, Kind(), "path: a.jsonld", env, some); got != want {
			t.Errorf("with %d bytes it waits: %v", some, got)
		}
	}
}

// TestUnreadableFile: a file of a folder that cannot be read ends the run, since what it has would be taken for gone.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.ttl"), []byte("<urn:a> <urn:b> <urn:c> ."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere.ttl", filepath.Join(dir, "b.ttl")); err != nil {
		t.Skip(err)
	}
	env, _ := sourcetest.Env(t, dir)
	src := sourcetest.Open(t, Kind(), "path: .", env)
	if _, err := src.Harvest(context.Background(), nil, sourcetest.NewSink()); source.ClassOf(err) != source.Unavailable || !strings.Contains(err.Error(), "b.ttl") {
		t.Errorf("%v (%s)", err, source.ClassOf(err))
	}
	if err := os.WriteFile(filepath.Join(dir, "nowhere.ttl"), []byte("<urn:d> <urn:e> <urn:f> ."), 0o600); err != nil {
		t.Fatal(err)
	}
	if sink, _ := sourcetest.Harvest(t, src, nil); len(sink.Records[""].Triples) != 2 {
		t.Error(sink.Text())
	}
}
