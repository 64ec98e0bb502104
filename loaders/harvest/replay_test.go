package harvest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"triplestore/loaders/harvest"
	"triplestore/loaders/source"
	"triplestore/store/memstore"
)

// replay answers as a catalogue with pages does, and with a fault where it is told to.
type replay struct {
	t  *testing.T
	mu sync.Mutex
	// pages are the datasets of each page, by their numbers.
	pages [][]int
	title func(dataset int) string
	etag  string
	// fault deals with a request in place of the catalogue, if it says so. n counts the requests for the page from 1.
	fault func(w http.ResponseWriter, r *http.Request, page, n int) bool
	count map[int]int
	// seen is called for every request, before it is answered.
	seen func()
	url  string
}

func newReplay(t *testing.T) *replay {
	r := &replay{t: t, pages: [][]int{{1, 2}, {3, 4}, {5}}, title: func(d int) string { return fmt.Sprintf("Dataset %d", d) }, etag: "v1", count: map[int]int{}}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.url = s.URL + "/catalog"
	return r
}

func (s *replay) set(f func()) { s.mu.Lock(); defer s.mu.Unlock(); s.count = map[int]int{}; f() }

func (s *replay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	page, _ := strconv.Atoi(r.URL.Query().Get("page")) //nolint:errcheck // none is the first
	s.count[page]++
	if s.seen != nil {
		s.seen()
	}
	if s.fault != nil && s.fault(w, r, page, s.count[page]) {
		return
	}
	etag := fmt.Sprintf(`"%s-%d"`, s.etag, page)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := s.body(page)
	w.Header().Set("Content-Type", "text/turtle; charset=utf-8")
	if page%2 == 1 { // some pages come compressed
		w.Header().Set("Content-Encoding", "gzip")
		body = zip(body)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body) //nolint:errcheck // the client may be gone
}

// body is a page in Turtle, with the controls of Hydra.
func (s *replay) body(page int) []byte {
	var b strings.Builder
	b.WriteString(head + "@prefix hydra: <http://www.w3.org/ns/hydra/core#> .\n")
	for _, d := range s.pages[page] {
		fmt.Fprintf(&b, ":cat dcat:dataset :d%d . :cat a dcat:Catalog .\n:d%d a dcat:Dataset ; dct:title %q@en ; dcat:contactPoint [ a vcard:Kind ; vcard:fn \"Hjelp %d\" ] ; "+
			"dcat:distribution :x%d .\n:x%d a dcat:Distribution ; dcat:accessURL <http://example.org/files/%d> .\n", d, d, s.title(d), d, d, d, d)
	}
	fmt.Fprintf(&b, "<?page=%d> a hydra:PagedCollection ; hydra:totalItems 5 .\n", page)
	if page+1 < len(s.pages) {
		fmt.Fprintf(&b, "<?page=%d> hydra:nextPage <?page=%d> .\n", page, page+1)
	}
	return []byte(b.String())
}

func zip(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(b) //nolint:errcheck // to memory
	z.Close()
	return out.Bytes()
}

const quadsOfFive = 2 - 1 + 5*8 // the catalogue's type, and of each dataset: membership, type, title, contact, its type and name, distribution, and two of that

// TestReplay harvests a catalogue that changes, with every fault in its way, and looks at the store: during each request it has what it had
// before the run, after a fault it still has, and after the next run without the fault it has exactly the new content.
func TestReplay(t *testing.T) {
	always := func(page int, f func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request, int, int) bool {
		return func(w http.ResponseWriter, r *http.Request, p, n int) bool {
			if p != page {
				return false
			}
			f(w, r)
			return true
		}
	}
	once := func(page int, f func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request, int, int) bool {
		return func(w http.ResponseWriter, r *http.Request, p, n int) bool {
			if p != page || n > 1 {
				return false
			}
			f(w, r)
			return true
		}
	}
	status := func(code int, retryAfter string) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			if retryAfter != "" {
				w.Header().Set("Retry-After", retryAfter)
			}
			w.WriteHeader(code)
		}
	}
	answer := func(contentType, encoding string, body []byte, claimed int) func(w http.ResponseWriter, r *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if encoding != "" {
				w.Header().Set("Content-Encoding", encoding)
			}
			w.Header().Set("Content-Length", strconv.Itoa(claimed))
			w.Write(body) //nolint:errcheck // the client may be gone
		}
	}
	half := []byte(head + ":cat a dcat:Catalog ; dcat:dataset :d1 .\n:d1 a dcat:Dataset ; dct:title \"Data")
	bomb := zip(make([]byte, 64<<20))
	for _, tt := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request, page, n int) bool
		class source.Class // empty: the run succeeds in spite of the fault
	}{
		{"truncated", always(1, answer("text/turtle", "", half, 5000)), source.Unavailable},
		{"truncated once", once(1, answer("text/turtle", "", half, 5000)), ""},
		{"connection broken", always(2, func(w http.ResponseWriter, r *http.Request) {
			w.Write(half) //nolint:errcheck // it breaks off
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}), source.Unavailable},
		{"truncated, with a length that fits", always(1, answer("text/turtle", "", half, len(half))), source.Invalid},
		{"truncated gzip", always(0, answer("text/turtle", "gzip", zip(half)[:40], 40)), source.Unavailable},
		{"too many requests", once(1, status(http.StatusTooManyRequests, "120")), ""},
		{"too many requests for ever", always(1, status(http.StatusTooManyRequests, "")), source.Unavailable},
		{"500 in the middle of paging", always(1, status(http.StatusInternalServerError, "")), source.Unavailable},
		{"500 once", once(2, status(http.StatusInternalServerError, "")), ""},
		{"503 at first", once(0, status(http.StatusServiceUnavailable, "Sun, 01 Nov 2026 00:10:00 GMT")), ""},
		{"a page is gone", always(2, status(http.StatusNotFound, "")), source.NotFound},
		{"all is gone", always(0, status(http.StatusGone, "")), source.NotFound},
		{"not allowed", always(0, status(http.StatusForbidden, "")), source.Refused},
		{"an apology in HTML", always(0, answer("text/html", "", []byte("<!DOCTYPE html><title>Vedlikehold</title><p>Vi er snart tilbake."), 64)), source.Invalid},
		{"nothing", always(0, answer("text/turtle", "", nil, 0)), source.Invalid},
		{"broken RDF/XML", always(1, answer("application/rdf+xml", "", []byte(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>`), 82)), source.Invalid},
		{"bomb", always(1, answer("text/turtle", "gzip", bomb, len(bomb))), source.TooLarge},
		{"bomb in a file", always(1, answer("application/gzip", "", bomb, len(bomb))), source.TooLarge},
		{"endless pages", func(w http.ResponseWriter, r *http.Request, page, n int) bool {
			fmt.Fprintf(w, head+":d%d a dcat:Dataset . <?page=%d> <http://www.w3.org/ns/hydra/core#next> <?page=%d> .", page, page, page+1)
			return true
		}, source.TooLarge},
		{"endless body", always(2, func(w http.ResponseWriter, r *http.Request) {
			for range 40 {
				if _, err := io.WriteString(w, strings.Repeat("# and so on\n", 1<<16)); err != nil {
					return
				}
			}
		}), source.TooLarge},
		{"a redirect into the network", always(0, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		}), source.Refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, graphs := range []string{"source", "record"} {
				w := newBench(t, memstore.New())
				s := newReplay(t)
				w.config = "sources:\n- {name: cat, kind: rdf, url: " + s.url + ", graphs: " + graphs + ", max-bytes: 5MB, max-pages: 50, retries: 2}"
				if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Changed || r.Records.Added != 6 || graphs == "source" && len(w.quads("")) != quadsOfFive+5 {
					t.Fatalf("the first run: %+v\n%s", r, strings.Join(w.quads(""), "\n"))
				}
				before, commit := w.quads(""), w.commit()
				s.set(func() {
					s.title = func(d int) string { return fmt.Sprintf("New %d", d) }
					s.etag, s.fault = "v2", tt.fault
					s.seen = func() {
						if !slices.Equal(w.quads(""), before) {
							t.Error("something is visible before the run is done")
						}
					}
				})
				r := w.run(harvest.RunOptions{})["cat"]
				if tt.class == "" {
					if r.Status != harvest.Changed || r.Added != 5 || r.Removed != 5 {
						t.Errorf("%+v", r)
					}
					continue
				}
				if r.Status != harvest.Failed || r.Class != tt.class {
					t.Errorf("class %q, want %q: %s", r.Class, tt.class, r.Error)
				}
				if !slices.Equal(w.quads(""), before) || w.commit() != commit {
					t.Errorf("a run that failed changed something")
				}
				s.set(func() { s.fault = nil })
				if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Changed || r.Added != 5 || r.Removed != 5 || r.Commit != commit+1 {
					t.Errorf("the run after: %+v", r)
				}
			}
		})
	}
}

// TestReplayUnchanged: conditional requests, another order, other pages and other labels make no commit.
func TestReplayUnchanged(t *testing.T) {
	stores(t, func(t *testing.T, w *workbench) {
		s := newReplay(t)
		w.config = "sources:\n- {name: cat, kind: rdf, url: " + s.url + "}"
		w.run(harvest.RunOptions{})
		commit := w.commit()
		check := func(what string, requests int64) {
			t.Helper()
			if r := w.run(harvest.RunOptions{})["cat"]; r.Status != harvest.Unchanged || w.commit() != commit || r.Requests != requests {
				t.Errorf("%s: %+v", what, r)
			}
		}
		check("the same", 3)
		s.set(func() { s.etag = "v2" })
		check("other ETags", 3)
		check("the new ETags are remembered", 3)
		if s.count[0] == 0 || w.journal.Entries()["cat"].State == nil {
			t.Error("the new ETags are nowhere")
		}
		s.set(func() { s.etag, s.pages = "v3", [][]int{{5, 4, 3}, {2, 1}} })
		check("another order and other pages", 2)
		// A dataset that is on two pages, as when the catalogue changes while it is read, is there once.
		s.set(func() { s.etag, s.pages = "v4", [][]int{{1, 2, 3}, {3, 4, 5}} })
		check("a dataset on two pages", 2)
		s.set(func() { s.etag, s.pages = "v5", [][]int{{1, 2, 3}, {4, 5}} })
		check("again", 2)
	})
}

// TestReplayBadIRIs: what cannot be read is reported with its place; the rest of the catalogue is there.
func TestReplayBadIRIs(t *testing.T) {
	w := newBench(t, memstore.New())
	s := newReplay(t)
	s.fault = func(w http.ResponseWriter, r *http.Request, page, n int) bool {
		io.WriteString(w, head+":d1 a dcat:Dataset ; dct:title \"En\" ;\n  dcat:landingPage <http://example.org/med mellomrom> .\n:d2 a dcat:Dataset ; dct:title \"To\" .") //nolint:errcheck // a test's answer
		return true
	}
	w.config = "sources:\n- {name: cat, kind: rdf, url: " + s.url + "}"
	r := w.run(harvest.RunOptions{})["cat"]
	if r.Status != harvest.Changed || r.Rejected != 1 || r.Notes[0].Place.Line != 4 || r.Notes[0].Place.Source != s.url {
		t.Fatalf("%+v", r)
	}
	w.has(`"En"`, 1)
	w.has(`"To"`, 1)
	w.has("mellomrom", 0)
}

// TestReplayMove: a record moves from one catalogue to another, in either order of the sources.
func TestReplayMove(t *testing.T) {
	for _, order := range []string{"ab", "ba"} {
		stores(t, func(t *testing.T, w *workbench) {
			a, b := newReplay(t), newReplay(t)
			b.pages, b.title = [][]int{{7}}, func(d int) string { return fmt.Sprintf("B %d", d) }
			w.config = "sources:\n"
			for _, name := range order {
				w.config += fmt.Sprintf("- {name: %c, kind: rdf, url: %s}\n", name, map[rune]string{'a': a.url, 'b': b.url}[name])
			}
			w.run(harvest.RunOptions{})
			w.has(`"Dataset 5"`, 1)
			a.set(func() { a.etag, a.pages = "v2", [][]int{{1, 2}, {3, 4}} })
			b.set(func() { b.etag, b.pages = "v2", [][]int{{7, 5}} })
			w.run(harvest.RunOptions{})
			w.has(`"Dataset 5"`, 0)
			w.has(`"B 5"`, 1)
			w.has("<http://example.org/x5>", 3) // its distribution came along, and stays not behind
			commit := w.commit()
			if w.run(harvest.RunOptions{}); w.commit() != commit {
				t.Error("nothing changed and there is a commit")
			}
		})
	}
}
