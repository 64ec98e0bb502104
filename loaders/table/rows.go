package table

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"triplestore/loaders/jsonscan"
	"triplestore/loaders/source"
)

// row is a row of a table, or an object of JSON.
type row interface {
	// values are those of a column or path.
	values(column string) []string
	// children are the elements of an array.
	children(path string) []row
}

// cells is a row of CSV.
type cells struct {
	index map[string]int
	cells []string
}

func (c cells) values(column string) []string {
	if i, ok := c.index[column]; ok && i < len(c.cells) {
		return c.cells[i : i+1]
	}
	return nil
}

func (c cells) children(string) []row { return nil }

func (s *tables) csv(ctx context.Context, w *writer, r io.Reader, comma rune) error {
	switch s.Encoding {
	case "latin1":
		r = charmap.ISO8859_1.NewDecoder().Reader(r)
	case "windows-1252":
		r = charmap.Windows1252.NewDecoder().Reader(r)
	}
	br := bufio.NewReader(r)
	if bom, err := br.Peek(3); err == nil && string(bom) == "\xEF\xBB\xBF" {
		br.Discard(3) //nolint:errcheck // these bytes are there
	}
	for range s.Skip {
		if _, err := br.ReadString('\n'); err != nil && err != io.EOF {
			return s.invalid(w, err)
		}
	}
	c := csv.NewReader(br)
	c.Comma = comma
	if s.Delimiter != "" {
		c.Comma = []rune(strings.ReplaceAll(s.Delimiter, `\t`, "\t"))[0]
	}
	c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = s.Lazy, -1, false
	index := map[string]int{}
	header := s.Header == nil || *s.Header
	width := 0
	if header {
		names, err := c.Read()
		if err == io.EOF {
			return source.Errorf(source.Invalid, "%s: is empty", w.name)
		}
		if err != nil {
			return s.invalid(w, err)
		}
		width = len(names)
		for i, n := range names {
			n = strings.TrimSpace(n)
			if _, ok := index[n]; !ok {
				index[n] = i
			}
			index[strconv.Itoa(i+1)] = i
		}
		for _, n := range names { // a name that is a number is a name
			if i, err := strconv.Atoi(strings.TrimSpace(n)); err == nil && i > 0 {
				for j, m := range names {
					if strings.TrimSpace(m) == strings.TrimSpace(n) {
						index[strings.TrimSpace(n)] = j
						break
					}
				}
			}
		}
		if missing := s.unknown(index); missing != "" {
			return source.Errorf(source.Invalid, "%s: there is no column %q; there are %s", w.name, missing, clipList(names))
		}
	}
	for {
		record, err := c.Read()
		if err == io.EOF {
			return nil
		}
		line, _ := c.FieldPos(0)
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			w.to.Note(source.Note{Sort: source.Rejected, Message: pe.Err.Error(), Place: source.Place{Source: w.name, Line: pe.Line, Column: pe.Column}})
			if pe.Line > pe.StartLine { // a quote that is never closed takes in all that follows: nobody knows what that is
				if _, err := br.Peek(1); err != nil {
					return source.Errorf(source.Invalid, "%s: the quote in line %d is not closed, so that what follows it cannot be read", w.name, pe.StartLine+s.Skip)
				}
			}
			continue
		}
		if err != nil {
			return s.invalid(w, err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		place := source.Place{Source: w.name, Line: line + s.Skip}
		if !header && len(record) > width {
			for i := width; i < len(record); i++ {
				index[strconv.Itoa(i+1)] = i
			}
			width = len(record)
		}
		if header && len(record) != width {
			if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
				continue
			}
			w.to.Note(source.Note{Sort: source.Rejected, Message: fmt.Sprintf("the row has %d columns and not %d", len(record), width), Place: place})
			continue
		}
		if err := w.row(cells{index, record}, place); err != nil {
			return err
		}
	}
}

func clipList(names []string) string { return clip(strings.Join(names, ", ")) }

// unknown is a column that the mapping wants and the table lacks.
func (s *tables) unknown(index map[string]int) string {
	missing := ""
	check := func(column string) {
		if column == "" || column == "index" {
			return
		}
		if _, ok := index[column]; !ok && missing == "" {
			missing = column
		}
	}
	fromTemplate := func(t *template) {
		if t != nil {
			for _, p := range t.parts {
				if p.column {
					check(p.text)
				}
			}
		}
	}
	var walk func(m *mapping)
	walk = func(m *mapping) {
		for _, w := range m.where {
			check(w.Column)
		}
		for i := range m.properties {
			p := &m.properties[i]
			check(p.Column)
			fromTemplate(p.iri)
			fromTemplate(p.value)
			fromTemplate(p.node)
			if p.body != nil {
				walk(p.body)
			}
		}
	}
	fromTemplate(&s.subject)
	walk(s.body)
	return missing
}

func (s *tables) invalid(w *writer, err error) error {
	if c := source.ClassOf(err); c != source.Internal {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	return source.WithClass(source.Invalid, fmt.Errorf("%s: %w", w.name, err))
}

// object is an object of JSON.
type object struct{ value any }

func (o object) values(path string) []string {
	var out []string
	walk(o.value, strings.Split(path, "."), func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, strconv.FormatBool(v))
		case element:
			if text := v.text(); text != "" {
				out = append(out, text)
			}
		}
	})
	return out
}

func (o object) children(path string) []row {
	var out []row
	walk(o.value, strings.Split(path, "."), func(v any) { out = append(out, object{v}) })
	return out
}

// walk follows a path; it goes through all elements of an array unless the path says which one. A key may have points itself.
func walk(v any, path []string, found func(any)) {
	if list, ok := v.([]any); ok {
		if len(path) > 0 {
			if i, err := strconv.Atoi(path[0]); err == nil {
				if i >= 0 && i < len(list) {
					walk(list[i], path[1:], found)
				}
				return
			}
		}
		for _, e := range list {
			walk(e, path, found)
		}
		return
	}
	if len(path) == 0 || len(path) == 1 && path[0] == "" {
		found(v)
		return
	}
	if e, ok := v.(element); ok {
		v = map[string]any(e)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	for n := 1; n <= len(path); n++ {
		if inner, ok := m[strings.Join(path[:n], ".")]; ok {
			walk(inner, path[n:], found)
			return
		}
	}
}

func (s *tables) json(ctx context.Context, w *writer, r io.Reader) (next string, err error) {
	var keys []string
	if s.Rows != "" {
		keys = strings.Split(s.Rows, ".")
	}
	var page []byte
	if s.Next != "" { // the address of the next page may stand before or behind the rows
		if page, err = io.ReadAll(io.LimitReader(r, maxPage+1)); err != nil {
			return "", s.invalid(w, err)
		}
		if len(page) > maxPage {
			return "", source.Errorf(source.TooLarge, "%s: a page is longer than %d bytes", w.name, maxPage)
		}
		var doc any
		if err := decode(page, &doc); err != nil {
			return "", s.invalid(w, err)
		}
		next = first(object{doc}.values(s.Next))
		r = strings.NewReader(string(page))
	}
	scan := jsonscan.NewScanner(r)
	if err := scan.Enter(keys...); err != nil {
		if errors.Is(err, jsonscan.ErrNoArray) && s.Next != "" {
			return next, nil // the last page of some has no rows
		}
		return "", s.invalid(w, fmt.Errorf("rows %q: %w", s.Rows, err))
	}
	for n := 0; ; n++ {
		raw, err := scan.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", s.invalid(w, err)
		}
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		place := source.Place{Source: w.name, Path: "/" + strings.Join(append(keys, strconv.Itoa(n)), "/")}
		var v any
		if err := decode(raw, &v); err != nil {
			w.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: place})
			continue
		}
		if _, ok := v.(map[string]any); !ok {
			w.to.Note(source.Note{Sort: source.Rejected, Message: "is no object", Place: place})
			continue
		}
		if err := w.row(object{v}, place); err != nil {
			return "", err
		}
	}
	if err := scan.Rest(); err != nil {
		return "", s.invalid(w, err)
	}
	return next, nil
}

// maxPage limits a page of JSON that is held in memory.
const maxPage = 64 << 20

func decode(raw []byte, into *any) error {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	return d.Decode(into)
}
