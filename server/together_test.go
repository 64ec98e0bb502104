package server

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"triplestore/store"
	"triplestore/store/badgerstore"
	"triplestore/store/memstore"
)

// TestTogether: while clients transfer amounts between accounts, each by an update that reads before it writes, others read. Every answer, kept
// or not, is of one state: no amount is under way. Nobody's transfer is lost, and who has made one sees it in the next answer.
func TestTogether(t *testing.T) {
	t.Parallel()
	const accounts, writers, readers, amount = 5, 3, 3, 100
	transfers := 40
	if testing.Short() {
		transfers = 10
	}
	files, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Memory: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for name, st := range map[string]store.Store{"in memory": memstore.New(), "in files": files} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() { st.Close() })
			srv := testServer(t, st, func(c *Config) { c.UpdateToken, c.AnswerCache, c.Concurrency = "secret", 1<<20, 4 })
			update := func(text string) bool {
				r := do(t, srv, "POST", "/update", strings.NewReader("PREFIX : <http://e/> "+text), "Content-Type", updateType, "Authorization", "Bearer secret")
				if r.StatusCode != 200 {
					t.Errorf("%s: %d %s", text, r.StatusCode, r.body)
				}
				return r.StatusCode == 200
			}
			numbers := func(text string) (out []int) {
				r := get(t, srv, "/sparql?query="+url.QueryEscape("PREFIX : <http://e/> "+text), "Accept", "text/csv")
				lines := strings.Split(strings.TrimSpace(r.body), "\r\n")
				for _, s := range strings.Split(lines[len(lines)-1], ",") {
					n, err := strconv.Atoi(s)
					if err != nil {
						t.Errorf("%s: %d %s", text, r.StatusCode, r.body)
					}
					out = append(out, n)
				}
				return out
			}
			var start strings.Builder
			for i := range accounts {
				fmt.Fprintf(&start, ":a%d :has %d . ", i, amount)
			}
			if !update("INSERT DATA { " + start.String() + "}") {
				return
			}
			var writing, reading sync.WaitGroup
			done := make(chan struct{})
			for w := range writers {
				r := rand.New(rand.NewPCG(1, uint64(w)))
				writing.Go(func() {
					for i := range transfers {
						from := r.IntN(accounts)
						to := (from + 1 + r.IntN(accounts-1)) % accounts
						if !update(fmt.Sprintf("DELETE { :a%[1]d :has ?n . :a%[2]d :has ?m } INSERT { :a%[1]d :has ?n1 . :a%[2]d :has ?m1 . :w%[3]d :made %[4]d } WHERE { :a%[1]d :has ?n . :a%[2]d :has ?m BIND(?n - 1 AS ?n1) BIND(?m + 1 AS ?m1) }",
							from, to, w, i)) {
							return
						}
						if n := numbers(fmt.Sprintf("SELECT (COUNT(*) AS ?n) { :w%d :made ?i }", w)); n[0] != i+1 {
							t.Errorf("after transfer %d there are %d", i, n[0])
						}
					}
				})
			}
			for range readers {
				reading.Go(func() {
					made := 0
					for {
						select {
						case <-done:
							return
						default:
						}
						n := numbers("SELECT (COUNT(?a) AS ?n) (SUM(?x) AS ?s) (SAMPLE(?made) AS ?m) { ?a :has ?x { SELECT (COUNT(*) AS ?made) { ?w :made ?i } } }")
						if len(n) != 3 || n[0] != accounts || n[1] != accounts*amount {
							t.Errorf("a state between two: %v", n)
							return
						}
						if n[2] < made {
							t.Errorf("after a state of %d transfers one of %d is seen", made, n[2])
						}
						made = n[2]
					}
				})
			}
			writing.Wait()
			close(done)
			reading.Wait()
			if n := numbers("SELECT (COUNT(*) AS ?n) { ?w :made ?i }"); n[0] != writers*transfers {
				t.Errorf("%d transfers of %d are there", n[0], writers*transfers)
			}
		})
	}
}
