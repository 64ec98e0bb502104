package examples_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"triplestore/internal/golden"
	"triplestore/loaders/harvest"
	"triplestore/loaders/kinds"
	"triplestore/sparql"
	"triplestore/sparql/results"
	"triplestore/store/memstore"
)

// TestHarvestedQueries harvests the example sources and asks the queries in queries/harvest of the whole, with and without the optimizer.
func TestHarvestedQueries(t *testing.T) {
	t.Parallel()
	c, err := harvest.ReadConfig("sources.yaml", kinds.All(), kinds.Rewriters())
	if err != nil {
		t.Fatal(err)
	}
	st := memstore.New()
	// One after the other, as the provenance, which some queries ask for, tells in which order they were committed.
	h, err := harvest.New(harvest.Options{Config: c, Store: st, Temp: t.TempDir(), Parallel: 1})
	if err != nil {
		t.Fatal(err)
	}
	report, err := h.Run(t.Context(), harvest.RunOptions{})
	if err != nil || report.Failed() {
		t.Fatalf("%v: %+v", err, report)
	}
	again, err := h.Run(t.Context(), harvest.RunOptions{Full: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range again.Sources {
		if s.Status != harvest.Unchanged {
			t.Errorf("nothing changed, and %s is %s: %+v", s.Name, s.Status, s)
		}
	}
	n, err := st.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	files, err := fs.Glob(os.DirFS("queries/harvest"), "*.rq")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d queries, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("queries/harvest", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, plain := range []bool{false, true} {
			r, err := sparql.NewEngine(sparql.Options{UnionDefaultGraph: true, NoOptimizer: plain, Timeout: time.Minute}).Query(t.Context(), n, string(text))
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			var out bytes.Buffer
			if err := writeCSV(&out, r); err != nil {
				t.Errorf("%s: %v", file, err)
			}
			if strings.Count(out.String(), "\n") < 2 {
				t.Errorf("%s: no rows", file)
			}
			golden.Check(t, filepath.Join("queries/harvest/expected", strings.TrimSuffix(file, ".rq")+".csv"), bytes.ReplaceAll(out.Bytes(), []byte("\r\n"), []byte("\n")))
			r.Close() //nolint:errcheck // it was read to its end
		}
	}
}

func writeCSV(out io.Writer, r *sparql.Result) error {
	f, _ := results.ByName("csv")
	w := results.NewWriter(out, f)
	if err := w.Head(r.Vars()); err != nil {
		return err
	}
	for row, err := range r.Rows() {
		if err != nil {
			return err
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	return w.Close()
}
