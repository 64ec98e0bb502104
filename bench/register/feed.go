package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"triplestore/internal/sourcetest"
)

// firstUpdate is the number of the update that who reads from a date gets; those of the day follow dayUpdates.
const (
	firstUpdate = 1_000
	dayUpdates  = 10_000
)

// serveFeed answers as the register does: the feed of changes by page, and one unit at a time.
func serveFeed(address string, units, changes int, seed uint64) error {
	changes = min(changes, units)
	numbers := make(map[string]int, changes)
	for i := range changes {
		numbers[sourcetest.Number(i)] = i
	}
	var read atomic.Bool // to its end: then comes the day
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/oppdateringer/{part}", func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("oppdateringsid"))
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		main := r.PathValue("part") == "enheter"
		var list []string
		total := 0
		switch {
		case !main:
		case from == 0:
			list = append(list, update(firstUpdate, 0, "Ukjent"))
			total = 1
		case from <= dayUpdates && read.CompareAndSwap(false, true):
		default:
			first := max(0, from-dayUpdates)
			total = max(0, changes-first)
			for i := first; i < min(first+size, changes); i++ {
				list = append(list, update(dayUpdates+i, i, "Endring"))
			}
		}
		w.Header().Set("Content-Type", "application/json")
		embedded := ""
		if len(list) > 0 { // who has all gets no list
			embedded = `"_embedded":{"oppdaterteEnheter":[` + strings.Join(list, ",") + `]},`
		}
		fmt.Fprintf(w, `{%s"page":{"size":%d,"totalElements":%d}}`, embedded, size, total)
	})
	mux.HandleFunc("GET /api/enheter/{number}", func(w http.ResponseWriter, r *http.Request) {
		i, ok := numbers[r.PathValue("number")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, sourcetest.RegisterUnit(i, units, false, seed))
	})
	fmt.Fprintln(os.Stderr, "serving on http://"+address+"/api")
	s := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	return s.ListenAndServe()
}

func update(id, unit int, kind string) string {
	return fmt.Sprintf(`{"oppdateringsid":%d,"dato":%q,"organisasjonsnummer":%q,"endringstype":%q}`,
		id, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), sourcetest.Number(unit), kind)
}
