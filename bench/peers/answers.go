package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/rdf/turtle"
	"triplestore/sparql/results"
)

// digest takes an answer and sums it up, whatever the order of its rows: what engines may write in several ways is made the same.
// Numbers compare by value to six digits, language tags without case, blank nodes as equal, lists that GROUP_CONCAT joined by "|"
// as sets.
type digest struct {
	q    *query
	body bytes.Buffer
	keep int      // bytes in body
	rest *os.File // what body does not hold
}

func newDigest(q *query) *digest { return &digest{q: q, keep: 64 << 20} }

// Write keeps the answer, long ones in a temporary file, so that summing it up takes none of the time that is measured.
func (d *digest) Write(b []byte) (int, error) {
	if d.rest == nil && d.body.Len()+len(b) <= d.keep {
		return d.body.Write(b)
	}
	if d.rest == nil {
		f, err := os.CreateTemp("", "answer")
		if err != nil {
			return 0, err
		}
		d.rest = f
	}
	return d.rest.Write(b)
}

func (d *digest) reader() (io.Reader, error) {
	if d.rest == nil {
		return &d.body, nil
	}
	if _, err := d.rest.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.MultiReader(&d.body, bufio.NewReaderSize(d.rest, 1<<20)), nil
}

func (d *digest) close() {
	if d.rest != nil {
		_ = d.rest.Close()
		_ = os.Remove(d.rest.Name())
	}
}

func describes(q *query) bool {
	return q.graph && strings.Contains(strings.ToUpper(q.text), "DESCRIBE")
}

func (d *digest) sum() (rows int, hash string, err error) {
	body, err := d.reader()
	if err != nil {
		return 0, "", err
	}
	if d.q.graph {
		return d.graph(body)
	}
	f, _ := results.ByName("json")
	var vars []string
	var total uint64
	err = results.Read(body, f, results.Limits{}, results.Handler{
		Head: func(v []string) error { vars = slices.Clone(v); return nil },
		Row: func(row []rdf.Term) error {
			var parts []string
			for i, t := range row {
				if !t.IsZero() {
					parts = append(parts, vars[i]+"="+plain(t))
				}
			}
			slices.Sort(parts)
			total += hashOf(strings.Join(parts, "\t"))
			rows++
			return nil
		},
		Boolean: func(b bool) error { rows, total = 1, hashOf(strconv.FormatBool(b)); return nil },
	})
	if d.q.ask && vars != nil { // Virtuoso says no with an empty table, and yes with a row
		rows, total = 1, hashOf(strconv.FormatBool(rows > 0))
	}
	return rows, strconv.FormatUint(total, 16), err
}

func (d *digest) graph(body io.Reader) (rows int, hash string, err error) {
	seen := map[uint64]bool{}
	var total uint64
	err = turtle.Parse(context.Background(), body, turtle.Options{Dialect: turtle.NTriples}, func(quads []rdf.Quad) error {
		for _, q := range quads {
			exact := hashOf(q.String())
			if seen[exact] {
				continue
			}
			seen[exact] = true
			total += hashOf(plain(q.S) + " " + plain(q.P) + " " + plain(q.O))
			rows++
		}
		return nil
	})
	if err != nil {
		return 0, "", err
	}
	return rows, strconv.FormatUint(total, 16), nil
}

const xsdNS = "http://www.w3.org/2001/XMLSchema#"

// plain writes a term in the one way in which they are compared.
func plain(t rdf.Term) string {
	switch t.Kind() {
	case rdf.KindBlankNode:
		return "_:"
	case rdf.KindLangLiteral:
		return fmt.Sprintf("%q@%s", t.Value(), strings.ToLower(t.Lang()))
	case rdf.KindLiteral:
		name, ok := strings.CutPrefix(t.Datatype(), xsdNS)
		if !ok {
			break
		}
		switch name {
		case "string":
			parts := strings.Split(t.Value(), "|")
			slices.Sort(parts)
			return strconv.Quote(strings.Join(parts, "|"))
		case "dateTime":
			return strconv.Quote(strings.Replace(strings.Replace(t.Value(), "+00:00", "Z", 1), ".000", "", 1)) + name
		case "boolean", "date", "gYear", "duration", "dayTimeDuration", "anyURI", "time":
			return strconv.Quote(t.Value()) + name
		}
		if f, err := strconv.ParseFloat(t.Value(), 64); err == nil {
			return "#" + strconv.FormatFloat(f, 'g', 6, 64)
		}
	}
	return t.String()
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
