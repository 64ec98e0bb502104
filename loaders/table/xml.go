package table

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"triplestore/loaders/source"
)

// element is an element of XML: its children by their local names, those with xml:lang also by name@language, its attributes by @name,
// and its text by #text. What has several children of a name has a list of them.
type element map[string]any

func (e element) text() string {
	s, _ := e["#text"].(string)
	return s
}

func (e element) add(name string, child element) {
	switch old := e[name].(type) {
	case nil:
		e[name] = child
	case []any:
		e[name] = append(old, child)
	default:
		e[name] = []any{old, child}
	}
}

const (
	// maxDepth limits how deep elements stand in each other.
	maxDepth  = 200
	xmlSpace  = "http://www.w3.org/XML/1998/namespace"
	xmlPrefix = "xml"
)

// xml reads the elements that the path rows leads to, from below the root; without it the root is the only row. Namespaces do not count.
func (s *tables) xml(ctx context.Context, w *writer, r io.Reader) error {
	d := xml.NewDecoder(r)
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "utf-8", "us-ascii":
			return in, nil
		case "iso-8859-1", "latin1":
			return charmap.ISO8859_1.NewDecoder().Reader(in), nil
		case "windows-1252":
			return charmap.Windows1252.NewDecoder().Reader(in), nil
		}
		return nil, fmt.Errorf("the encoding %q is not known", charset)
	}
	var keys []string
	if s.Rows != "" {
		keys = strings.Split(s.Rows, ".")
	}
	var open []string // the root, and what is open below it
	root := false
	for n := 0; ; {
		t, err := d.Token()
		if err == io.EOF {
			if !root {
				return s.invalid(w, io.ErrUnexpectedEOF)
			}
			return nil
		}
		if err != nil {
			return s.invalid(w, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			root = true
			open = append(open, t.Name.Local)
			if len(open) > maxDepth {
				return source.Errorf(source.Invalid, "%s: elements stand deeper in each other than %d", w.name, maxDepth)
			}
			if !slices.Equal(open[1:], keys) {
				continue
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			line, column := d.InputPos()
			e, err := s.element(d, w, t, d.InputOffset(), len(open))
			if err != nil {
				return err
			}
			open = open[:len(open)-1]
			n++
			place := source.Place{Source: w.name, Line: line, Column: column, Path: "/" + strings.Join(append(slices.Clone(keys), strconv.Itoa(n-1)), "/")}
			if err := w.row(object{e}, place); err != nil {
				return err
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// element reads up to the end of an element.
func (s *tables) element(d *xml.Decoder, w *writer, start xml.StartElement, from int64, depth int) (element, error) {
	e := element{}
	for _, a := range start.Attr {
		e["@"+a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		t, err := d.Token()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, s.invalid(w, err)
		}
		if d.InputOffset()-from > maxPage {
			return nil, source.Errorf(source.TooLarge, "%s: a row is longer than %d bytes", w.name, maxPage)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth >= maxDepth {
				return nil, source.Errorf(source.Invalid, "%s: elements stand deeper in each other than %d", w.name, maxDepth)
			}
			child, err := s.element(d, w, t, from, depth+1)
			if err != nil {
				return nil, err
			}
			e.add(t.Name.Local, child)
			for _, a := range t.Attr {
				if a.Name.Local == "lang" && (a.Name.Space == xmlSpace || a.Name.Space == xmlPrefix) {
					e.add(t.Name.Local+"@"+a.Value, child)
				}
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if s := strings.TrimSpace(text.String()); s != "" {
				e["#text"] = s
			}
			return e, nil
		}
	}
}
