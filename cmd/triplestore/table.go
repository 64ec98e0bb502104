package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"

	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/algebra"
	"triplestore/vocab"
)

// tableRows is how many rows are laid out together: the widths of columns need them in memory.
const tableRows = 10_000

// writeTable writes solutions for people: terms shortened, one line each.
func (a *app) writeTable(out io.Writer, res *sparql.Result) error {
	if res.Form() == algebra.Ask {
		b, err := res.Bool()
		if err == nil {
			_, err = fmt.Fprintln(out, b)
		}
		return err
	}
	vars := res.Vars()
	own := res.Prefixes()
	header := make(table.Row, len(vars))
	for i, v := range vars {
		header[i] = v
	}
	var tw table.Writer
	begin := func() {
		tw = table.NewWriter()
		tw.SetStyle(table.StyleLight)
		tw.Style().Format.Header = 0
		tw.AppendHeader(header)
	}
	flush := func() error {
		_, err := fmt.Fprintln(out, tw.Render())
		return err
	}
	begin()
	rows := int64(0)
	for row, err := range res.Rows() {
		if err != nil {
			return err
		}
		cells := make(table.Row, len(row))
		for i, t := range row {
			cells[i] = cell(t, own)
		}
		tw.AppendRow(cells)
		if rows++; rows%tableRows == 0 {
			if err := flush(); err != nil {
				return err
			}
			begin()
		}
	}
	if rows%tableRows != 0 || rows == 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(out, plural(rows, "row"))
	return err
}

// cellWidth is how many characters of a term a table shows.
const cellWidth = 100

func cell(t rdf.Term, own map[string]string) string {
	s := ""
	switch {
	case t.IsZero():
	case t.IsIRI():
		s = shorten(t.Value(), own)
	case t.IsLiteral() && t.Lang() != "":
		s = t.Value() + "@" + t.Lang()
	case t.IsLiteral():
		s = t.Value()
	default:
		s = t.String()
	}
	// Control characters of the data do not get to the terminal.
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > cellWidth {
		s = string(runes[:cellWidth-1]) + "…"
	}
	return s
}

func shorten(iri string, own map[string]string) string {
	best, name := "", ""
	for p, ns := range own {
		if rest, ok := strings.CutPrefix(iri, ns); ok && len(ns) > len(best) && rest != "" && !strings.ContainsAny(rest, "/#?") {
			best, name = ns, p+":"+rest
		}
	}
	if best != "" {
		return name
	}
	if name, ok := vocab.Shorten(iri); ok {
		return name
	}
	return "<" + iri + ">"
}
