package sparqltest

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"triplestore/internal/w3c"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/sparql/algebra"
	"triplestore/sparql/results"
)

const (
	rs  = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
	xsd = "http://www.w3.org/2001/XMLSchema#"
)

// check compares an answer with the file of a test.
func check(file w3c.Node, got *Answer, lax bool) error {
	name := file.Value()
	switch {
	case strings.HasSuffix(name, ".csv"):
		return checkCSV(file, got)
	case got.Form == algebra.Construct || got.Form == algebra.Describe:
		want, err := readGraph(fileOf(file))
		if err != nil {
			return err
		}
		return compareGraphs(want, got.Triples)
	}
	want := &Answer{Form: got.Form}
	var ordered bool
	var err error
	if f, ok := results.ByPath(name); ok {
		err = readResults(file, f, want)
	} else {
		ordered, err = readResultSet(file, want)
	}
	if err != nil {
		return err
	}
	if got.Form == algebra.Ask {
		if want.Bool != got.Bool {
			return fmt.Errorf("got %v, want %v", got.Bool, want.Bool)
		}
		return nil
	}
	return Compare(want, got, ordered, lax)
}

func compareGraphs(want []rdf.Quad, triples []rdf.Triple) error {
	seen := map[rdf.Triple]bool{}
	var got []rdf.Quad
	for _, t := range triples {
		if !seen[t] {
			seen[t] = true
			got = append(got, t.In(rdf.Term{}))
		}
	}
	same, err := canon.Isomorphic(want, got)
	if err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("the graphs differ\ngot:\n%swant:\n%s", showQuads(got), showQuads(want))
	}
	return nil
}

func showQuads(quads []rdf.Quad) string {
	lines := make([]string, len(quads))
	for i, q := range quads {
		lines[i] = "  " + q.String() + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func readResults(file w3c.Node, f *results.Format, want *Answer) error {
	text, err := file.Read()
	if err != nil {
		return err
	}
	return results.Read(bytes.NewReader(text), f, results.Limits{}, results.Handler{
		Head:    func(vars []string) error { want.Vars = slices.Clone(vars); return nil },
		Row:     func(row []rdf.Term) error { want.Rows = append(want.Rows, slices.Clone(row)); return nil },
		Boolean: func(b bool) error { want.Bool = b; return nil },
	})
}

// readResultSet reads a result in RDF (https://www.w3.org/2001/sw/DataAccess/tests/result-set.n3).
func readResultSet(file w3c.Node, want *Answer) (ordered bool, err error) {
	quads, err := readGraph(fileOf(file))
	if err != nil {
		return false, err
	}
	about := map[rdf.Term][]rdf.Quad{}
	var set rdf.Term
	for _, q := range quads {
		about[q.S] = append(about[q.S], q)
		if q.O == rdf.IRI(rs+"ResultSet") || q.P == rdf.IRI(rs+"boolean") {
			set = q.S
		}
	}
	get := func(s rdf.Term, p string) rdf.Term {
		for _, q := range about[s] {
			if q.P.Value() == rs+p {
				return q.O
			}
		}
		return rdf.Term{}
	}
	want.Bool = get(set, "boolean").Value() == "true"
	column := map[string]int{}
	for _, q := range about[set] {
		if q.P.Value() == rs+"resultVariable" {
			column[q.O.Value()] = len(want.Vars)
			want.Vars = append(want.Vars, q.O.Value())
		}
	}
	type indexed struct {
		at  int
		row []rdf.Term
	}
	var rows []indexed
	for _, q := range about[set] {
		if q.P.Value() != rs+"solution" {
			continue
		}
		r := indexed{row: make([]rdf.Term, len(want.Vars))}
		if at := get(q.O, "index"); !at.IsZero() {
			ordered = true
			if r.at, err = strconv.Atoi(at.Value()); err != nil {
				return false, err
			}
		}
		for _, b := range about[q.O] {
			if b.P.Value() == rs+"binding" {
				c, ok := column[get(b.O, "variable").Value()]
				if !ok {
					return false, fmt.Errorf("%s: a binding of an unknown variable", file.Value())
				}
				r.row[c] = get(b.O, "value")
			}
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b indexed) int { return a.at - b.at })
	for _, r := range rows {
		want.Rows = append(want.Rows, r.row)
	}
	return ordered, nil
}

// Compare compares two sets of solutions: as multisets, up to the names of blank nodes; in order where ordered is set; and with
// lax only that got has each solution of want at least once and not more often. Numbers are the same when their datatypes and
// values are.
func Compare(want, got *Answer, ordered, lax bool) error {
	wv, gv := slices.Clone(want.Vars), slices.Clone(got.Vars)
	slices.Sort(wv)
	slices.Sort(gv)
	if !slices.Equal(wv, gv) {
		return fmt.Errorf("got the variables %v, want %v", got.Vars, want.Vars)
	}
	w, g := rows(want, wv), rows(got, gv)
	if lax {
		if n, m := len(unique(w)), len(unique(g)); n != m || len(g) > len(w) && len(g) > n {
			return fmt.Errorf("got %d solutions, %d of them different, want %d, %d of them different", len(g), m, len(w), n)
		}
		w, g = unique(w), unique(g)
	}
	if len(w) != len(g) {
		return fmt.Errorf("got %d solutions, want %d\n%s", len(g), len(w), show(wv, w, g))
	}
	if equal(w, g, ordered) {
		return nil
	}
	a, b := encode(w, ordered), encode(g, ordered)
	same, err := canon.Isomorphic(a, b)
	if err != nil {
		return err
	}
	if !same {
		return fmt.Errorf("the solutions differ\n%s", show(wv, w, g))
	}
	return nil
}

// equal reports whether the solutions are the same with the same names of blank nodes, which spares the search for others.
func equal(a, b [][]rdf.Term, ordered bool) bool {
	if ordered {
		return slices.EqualFunc(a, b, slices.Equal[[]rdf.Term])
	}
	count := map[string]int{}
	for _, r := range a {
		count[fmt.Sprint(r)]++
	}
	for _, r := range b {
		k := fmt.Sprint(r)
		if count[k]--; count[k] < 0 {
			return false
		}
	}
	return len(a) == len(b)
}

// rows brings the columns into the order of vars.
func rows(a *Answer, vars []string) [][]rdf.Term {
	out := make([][]rdf.Term, len(a.Rows))
	for i, r := range a.Rows {
		out[i] = make([]rdf.Term, len(vars))
		for j, v := range vars {
			out[i][j] = byValue(r[slices.Index(a.Vars, v)])
		}
	}
	return out
}

func unique(rows [][]rdf.Term) [][]rdf.Term {
	seen := map[string]bool{}
	var out [][]rdf.Term
	for _, r := range rows {
		if k := fmt.Sprint(r); !seen[k] {
			seen[k] = true
			out = append(out, r)
		}
	}
	return out
}

// byValue gives numbers one lexical form for each value.
func byValue(t rdf.Term) rdf.Term {
	switch t.Datatype() {
	case xsd + "decimal":
		if r, ok := new(big.Rat).SetString(t.Value()); ok {
			return rdf.Literal(r.RatString(), xsd+"decimal")
		}
	case xsd + "double", xsd + "float":
		if f, err := strconv.ParseFloat(t.Value(), 64); err == nil {
			return rdf.Literal(strconv.FormatFloat(f, 'g', 12, 64), t.Datatype())
		}
	}
	return t
}

// encode turns solutions into a graph, in which each different one is a blank node. Equal solutions are counted.
func encode(rows [][]rdf.Term, ordered bool) []rdf.Quad {
	count := map[string]int{}
	for _, r := range rows {
		count[fmt.Sprint(r)]++
	}
	seen := map[string]bool{}
	var quads []rdf.Quad
	for i, r := range rows {
		key := fmt.Sprint(r)
		id := rdf.BlankNode("solution" + strconv.Itoa(i))
		number := rdf.Literal(strconv.Itoa(count[key]), xsd+"integer")
		if ordered {
			number = rdf.Literal(strconv.Itoa(i), xsd+"integer")
		} else if seen[key] {
			continue
		}
		seen[key] = true
		quads = append(quads, rdf.Quad{S: id, P: rdf.IRI("urn:test:number"), O: number})
		for j, t := range r {
			if !t.IsZero() {
				quads = append(quads, rdf.Quad{S: id, P: rdf.IRI("urn:test:column" + strconv.Itoa(j)), O: t})
			}
		}
	}
	return quads
}

func show(vars []string, want, got [][]rdf.Term) string {
	var b strings.Builder
	fmt.Fprintf(&b, "variables %v\n", vars)
	for _, s := range []struct {
		name string
		rows [][]rdf.Term
	}{{"got", got}, {"want", want}} {
		fmt.Fprintf(&b, "%s:\n", s.name)
		for i, r := range s.rows {
			if i == 30 {
				b.WriteString("  …\n")
				break
			}
			fmt.Fprintf(&b, "  %v\n", r)
		}
	}
	return b.String()
}

// checkCSV compares with a result in CSV, which has the values only. Blank nodes are compared as such, not by their names.
func checkCSV(file w3c.Node, got *Answer) error {
	text, err := file.Read()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := results.NewWriter(&b, results.CSV)
	if err := w.Head(got.Vars); err != nil {
		return err
	}
	for _, r := range got.Rows {
		row := slices.Clone(r)
		for i, t := range row {
			if t.IsBlankNode() {
				row[i] = rdf.BlankNode("a")
			}
		}
		if err := w.Row(row); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	lines := func(s string) []string {
		out := strings.Split(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")), "\n")
		slices.Sort(out[1:])
		return out
	}
	if g, w := lines(b.String()), lines(string(text)); !slices.Equal(g, w) {
		return fmt.Errorf("got:\n%s\nwant:\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
	}
	return nil
}

// Same compares two answers to one query that does not order its solutions. Blank nodes are compared up to their names.
func Same(want, got *Answer) error {
	switch {
	case want.Form != got.Form:
		return fmt.Errorf("got the form %v, want %v", got.Form, want.Form)
	case want.Form == algebra.Ask:
		if want.Bool != got.Bool {
			return fmt.Errorf("got %v, want %v", got.Bool, want.Bool)
		}
		return nil
	case want.Form == algebra.Construct || want.Form == algebra.Describe:
		quads := make([]rdf.Quad, 0, len(want.Triples))
		seen := map[rdf.Triple]bool{}
		for _, t := range want.Triples {
			if !seen[t] {
				seen[t] = true
				quads = append(quads, t.In(rdf.Term{}))
			}
		}
		return compareGraphs(quads, got.Triples)
	}
	return Compare(want, got, false, false)
}
