package turtle_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/turtle"
)

// TestRealData reads every file of real catalogues and vocabularies, leniently, and writes and reads again those of moderate
// size. Some have mistakes; most must have none.
func TestRealData(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	root := w3c.RealData(t)
	var files, flawed, quads, size int
	var took time.Duration
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		d, ok := dialectOf(path)
		if err != nil || e.IsDir() || !ok {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		var got []rdf.Quad
		mistakes := 0
		o := turtle.Options{Dialect: d, Base: "https://data.example/", File: filepath.Base(path), Lenient: func(m *turtle.Error) {
			if mistakes == 0 {
				t.Log(m)
			}
			mistakes++
		}}
		start := time.Now()
		err = turtle.Parse(context.Background(), f, o, func(batch []rdf.Quad) error {
			quads += len(batch)
			if len(got) < 5000 {
				got = append(got, batch...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		took += time.Since(start)
		files++
		if mistakes > 0 {
			flawed++
		}
		if info, err := f.Stat(); err == nil {
			size += int(info.Size())
		}
		if len(got) < 150 {
			if err := roundTrips(t, got); err != nil {
				t.Errorf("%s: %.2000v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d with mistakes, %d quads, %.1f MB, %.0f MB/s", files, flawed, quads, float64(size)/1e6, float64(size)/1e6/took.Seconds())
	if files == 0 || flawed*20 > files {
		t.Errorf("%d of %d files have mistakes", flawed, files)
	}
}
