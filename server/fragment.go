package server

import (
	"html/template"
	"strconv"
	"strings"
)

// The parts of pages that there are hundreds of on one: terms, properties and links. html/template takes some microseconds for each value that
// it puts in, so they are written here, and templates call them by the names in fragmentFuncs. Every value goes through text or href, which
// escape as html/template does; a test compares them.

var fragmentFuncs = template.FuncMap{
	"rows":  func(rows [][]termView) template.HTML { return fragment(func(b *markup) { b.rows(rows) }) },
	"count": func(n int64) string { return formatCount(uint64(max(n, 0))) },
}

func fragment(write func(*markup)) template.HTML {
	b := make(markup, 0, 4<<10)
	write(&b)
	return template.HTML(b) //nolint:gosec // what is not markup of this file was escaped
}

// markup is HTML that is being written.
type markup []byte

// Write implements io.Writer.
func (b *markup) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (b *markup) raw(s string) { *b = append(*b, s...) }

// replacements are what html/template writes for characters in text and in quoted attributes.
var replacements = [256]string{0: "\uFFFD", '"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;"}

// text writes text, or the value of a quoted attribute that is no address.
func (b *markup) text(s string) {
	done := 0
	for i := range len(s) {
		if r := replacements[s[i]]; r != "" {
			*b = append(append(*b, s[done:i]...), r...)
			done = i + 1
		}
	}
	*b = append(*b, s[done:]...)
}

// inAddress are the characters that stay in an address as they are.
var inAddress = func() (in [256]bool) {
	for c := range 128 {
		in[c] = 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&*+,/:;=?@[]-._~", byte(c)) >= 0
	}
	return in
}()

// href writes the value of a quoted attribute that is an address. Schemes other than those of the web and of mail become an address
// that leads nowhere.
func (b *markup) href(s string) {
	if scheme, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(scheme, "/") && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "mailto") {
		s = "#ZgotmplZ" // as html/template
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case inAddress[c]:
			if r := replacements[c]; r != "" {
				b.raw(r)
			} else {
				*b = append(*b, c)
			}
		case c == '%' && i+2 < len(s) && isHexDigit(s[i+1]) && isHexDigit(s[i+2]):
			*b = append(*b, c)
		default:
			*b = append(*b, '%', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
	}
}

func isHexDigit(c byte) bool {
	_, ok := unhex(c)
	return ok
}

// attr writes an attribute unless it is empty.
func (b *markup) attr(name, value string) {
	if value != "" {
		b.raw(" " + name + `="`)
		b.text(value)
		b.raw(`"`)
	}
}

// named writes the link of a property or an IRI.
func (b *markup) named(href, iri, lang, text string) { b.link(href, iri, lang, "", text) }

func (b *markup) link(href, iri, lang, dir, text string) {
	b.raw(`<a href="`)
	b.href(href)
	b.raw(`" title="`)
	b.text(iri)
	b.raw(`"`)
	b.attr("lang", lang)
	b.attr("dir", dir)
	b.raw(">")
	b.text(text)
	b.raw("</a>")
}

func (b *markup) tag(text string) {
	if text != "" {
		b.raw(` <span class="tag">`)
		b.text(text)
		b.raw("</span>")
	}
}

func (b *markup) outside(address string) {
	if address != "" {
		b.raw(` <a class="outside" href="`)
		b.href(address)
		b.raw(`" rel="noopener nofollow" aria-label="`)
		b.text(address)
		b.raw(`">↗</a>`)
	}
}

// term writes a value.
func (b *markup) term(t *termView) {
	switch {
	case len(t.Nested) > 0:
		b.raw(`<div class="nested">`)
		b.properties(t.Nested)
		b.raw("</div>")
	case t.Literal:
		b.raw(`<span class="literal"`)
		b.attr("lang", t.Lang)
		b.attr("dir", t.Dir)
		b.raw(">")
		b.text(t.Text)
		b.raw("</span>")
		b.tag(t.Lang)
		b.tag(t.Datatype)
		b.outside(t.Outside)
	default:
		if t.Note != "" {
			b.raw(`<span class="note">`)
			b.text(t.Note)
			b.raw("</span> ")
		}
		if t.Href != "" {
			b.link(t.Href, t.IRI, t.Lang, t.Dir, t.Text)
		} else {
			b.raw("<span>")
			b.text(t.Text)
			b.raw("</span>")
		}
		b.outside(t.Outside)
	}
}

func (b *markup) marks(list []mark) {
	for _, m := range list {
		number := strconv.Itoa(m.Number)
		b.raw(`<sup class="source"><a href="#origin-` + number + `" title="`)
		b.text(m.Title)
		b.raw(`">` + number + "</a></sup>")
	}
}

// items writes the elements of a list of values, with the marks of where they are stated if wanted.
func (b *markup) items(list []termView, marks bool) {
	for i := range list {
		b.raw("<li>")
		b.term(&list[i])
		if marks {
			b.marks(list[i].Marks)
		}
		b.raw("</li>")
	}
}

func (b *markup) properties(list []propertyView) {
	b.raw(`<dl class="properties">`)
	for i := range list {
		p := &list[i]
		b.raw("\n<div>\n<dt>")
		b.named(p.Href, p.IRI, p.Lang, p.Name)
		b.raw("</dt>\n<dd>")
		if len(p.Values) == 1 && p.More == "" {
			b.term(&p.Values[0])
			b.marks(p.Values[0].Marks)
		} else {
			b.raw("<ul>")
			b.items(p.Values, true)
			b.raw("</ul>")
			if p.More != "" {
				b.raw(`<p><a class="more" href="`)
				b.href(p.More)
				b.raw(`">`)
				b.text(p.Total)
				b.raw(" …</a></p>")
			}
		}
		if len(p.Others) > 0 {
			b.raw("<details><summary>" + strconv.Itoa(len(p.Others)) + ` <span aria-hidden="true">+</span></summary><ul>`)
			b.items(p.Others, true)
			b.raw("</ul></details>")
		}
		b.raw("</dd>\n</div>")
	}
	b.raw("\n</dl>")
}

// references writes what refers to a resource; all are the words before the number of a link to all of it.
func (b *markup) references(list []propertyView, all string) {
	for i := range list {
		p := &list[i]
		b.raw("\n" + `<section class="reference"><h3>`)
		b.named(p.Href, p.IRI, p.Lang, p.Name)
		b.raw(` <span class="count">`)
		b.text(p.Total)
		b.raw("</span></h3>\n<ul>")
		b.items(p.Values, false)
		b.raw("</ul>\n")
		if p.More != "" {
			b.raw(`<p><a class="more" href="`)
			b.href(p.More)
			b.raw(`">`)
			b.text(all)
			b.raw(" (")
			b.text(p.Total)
			b.raw(")</a></p>")
		}
		b.raw("\n</section>")
	}
}

// rows writes the body of a table.
func (b *markup) rows(rows [][]termView) {
	for _, row := range rows {
		b.raw("<tr>")
		for i := range row {
			b.raw("<td>")
			b.term(&row[i])
			b.raw("</td>")
		}
		b.raw("</tr>\n")
	}
}

// alternates writes the links of a page's head to the same in other formats.
func (b *markup) alternates(list []alternate) {
	for _, a := range list {
		b.raw("\n" + `<link rel="alternate" type="`)
		b.text(a.Type)
		b.raw(`" href="`)
		b.href(a.Href)
		b.raw(`" title="`)
		b.text(a.Name)
		b.raw(`">`)
	}
}

// downloads writes the elements of a list of links to the same in other formats.
func (b *markup) downloads(list []alternate) {
	for _, a := range list {
		b.raw(`<li><a href="`)
		b.href(a.Href)
		b.raw(`" type="`)
		b.text(a.Type)
		b.raw(`">`)
		b.text(a.Name)
		b.raw("</a></li>")
	}
}
