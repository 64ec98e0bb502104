package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/rdfsource"
	"triplestore/loaders/source"
	"triplestore/store/memstore"
)

func TestHarvestPage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cat.ttl"), []byte("<http://e/d> a <http://www.w3.org/ns/dcat#Dataset> .\n<http://e/d> <http://e/p> <http://e/<script>> .\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var many strings.Builder
	for i := range 1234 {
		fmt.Fprintf(&many, "<http://e/s%d> <http://e/p> <http://e/o> .\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "many.ttl"), []byte(many.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := harvest.ParseConfig([]byte("schedule: 6h\nsources:\n- {name: cat, title: 'Kilde <1>', kind: rdf, path: cat.ttl}\n- {name: many, kind: rdf, path: many.ttl}\n- {name: gone, kind: rdf, path: gone.ttl}"), dir,
		[]source.Kind{rdfsource.Kind()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	st := memstore.New()
	h, err := harvest.New(harvest.Options{Config: c, Store: st, Temp: dir})
	if err != nil {
		t.Fatal(err)
	}
	srv := testServer(t, st, func(c *Config) { c.Harvest = h })
	if r := get(t, srv, "/harvest", "Accept", browser, "Accept-Language", "nb"); r.StatusCode != 200 || !strings.Contains(r.body, "aldri") {
		t.Errorf("before the first run: %d\n%s", r.StatusCode, r.body)
	}
	if _, err := h.Run(t.Context(), harvest.RunOptions{}); err != nil {
		t.Fatal(err)
	}
	for lang, wants := range map[string][]string{
		"nb": {"<h1>Høsting</h1>", "Kilde &lt;1&gt;", "feilet (not-found)", "2 avvist", "1\u202f234 lagt til"}, "nn": {"<h1>Hausting</h1>", "feila"}, "en": {"<h1>Harvest</h1>", "2 rejected", "1 added"},
	} {
		r := get(t, srv, "/harvest", "Accept", browser, "Accept-Language", lang)
		for _, want := range wants {
			if !strings.Contains(r.body, want) {
				t.Errorf("%s: no %q in\n%s", lang, want, r.body)
			}
		}
		if strings.Contains(r.body, "<script") || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v\n%s", lang, r.Header, r.body)
		}
	}
	if r := get(t, srv, "/harvest", "Accept", "application/json"); !strings.Contains(r.body, `"status": "changed"`) || !strings.Contains(r.body, `"error_class": "not-found"`) || !strings.Contains(r.body, `"next": "`) {
		t.Error(r.body)
	}
	if r := get(t, testServer(t, st, nil), "/harvest", "Accept", browser, "Accept-Language", "en"); !strings.Contains(r.body, "harvests no sources") {
		t.Error(r.body)
	}
}
