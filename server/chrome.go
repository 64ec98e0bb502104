package server

import (
	"html/template"
	"strconv"
)

// What every page begins and ends with, and the page of a resource, of which there are by far the most. They are written as the fragments
// of fragment.go are, and for the same reason.

// Top is a page up to its content.
func (p *page) Top() template.HTML { return fragment(p.writeTop) }

// Bottom is a page behind its content.
func (p *page) Bottom() template.HTML { return fragment(p.writeBottom) }

func (p *page) writeTop(b *markup) {
	b.raw("<!DOCTYPE html>\n<html lang=\"")
	b.text(p.M.Lang)
	b.raw("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
	b.text(p.Title)
	if p.Title != p.Site {
		b.raw(" – ")
		b.text(p.Site)
	}
	b.raw("</title>")
	if p.Summary != "" {
		b.raw("\n<meta name=\"description\" content=\"")
		b.text(p.Summary)
		b.raw(`">`)
	}
	for _, s := range p.Styles {
		b.raw("\n<link rel=\"stylesheet\" href=\"")
		b.href(s)
		b.raw(`">`)
	}
	b.raw("\n<link rel=\"icon\" href=\"")
	b.href(p.Icon)
	b.raw(`" type="image/svg+xml">`)
	b.alternates(p.Alternates)
	if len(p.JSONLD) > 0 {
		b.raw("\n<script type=\"application/ld+json\">")
		*b = append(*b, p.JSONLD...) // encoding/json escapes what could end the element
		b.raw("</script>")
	}
	wide := ""
	if p.Wide {
		wide = ` class="wide"`
	}
	b.raw("\n</head>\n<body" + wide + ">\n<a class=\"skip\" href=\"#main\">")
	b.text(p.M.Skip)
	b.raw("</a>\n<header class=\"site\">\n<div class=\"inner\">\n<a class=\"name\" href=\"")
	b.href(p.Home)
	b.raw(`"><img src="`)
	b.href(p.Icon)
	b.raw(`" alt="" width="28" height="28">`)
	b.text(p.Site)
	b.raw("</a>\n<nav class=\"main-nav\" aria-label=\"")
	b.text(p.M.MainMenu)
	b.raw(`"><ul>`)
	for _, n := range p.Nav {
		b.raw(`<li><a href="`)
		b.href(n.Href)
		b.raw(`"`)
		if n.Current {
			b.raw(` aria-current="page"`)
		}
		b.raw(">")
		b.text(n.Name)
		b.raw("</a></li>")
	}
	b.raw("</ul></nav>\n<nav class=\"languages\" aria-label=\"")
	b.text(p.M.Languages)
	b.raw(`"><ul>`)
	for _, l := range p.Languages {
		if l.Current {
			b.raw(`<li><span aria-current="true" lang="`)
			b.text(l.Lang)
			b.raw(`">`)
			b.text(l.Name)
			b.raw("</span></li>")
			continue
		}
		b.raw(`<li><a href="`)
		b.href(l.Href)
		b.raw(`" lang="`)
		b.text(l.Lang)
		b.raw(`" hreflang="`)
		b.text(l.Lang)
		b.raw(`">`)
		b.text(l.Name)
		b.raw("</a></li>")
	}
	b.raw("</ul></nav>\n</div>\n</header>\n<main id=\"main\" tabindex=\"-1\"" + wide + ">\n")
	if p.Old != nil {
		b.raw(`<p class="notice" role="note">`)
		b.text(p.Old.Text)
		b.raw(` <a href="`)
		b.href(p.Old.Href)
		b.raw(`">`)
		b.text(p.Old.Label)
		b.raw("</a></p>\n")
	}
}

func (p *page) writeBottom(b *markup) {
	b.raw("</main>\n<footer class=\"site\"><div class=\"inner\"><span>triplestore ")
	b.text(p.Version)
	b.raw(`</span> <a href="`)
	b.href(p.Endpoint)
	b.raw(`">SPARQL</a> <a href="/catalog">DCAT</a> <a href="/.well-known/void">VoID</a> <a href="/openapi.json">OpenAPI</a></div></footer>` + "\n</body>\n</html>\n")
}

// card begins a section with a heading.
func (b *markup) card(class, id, heading string) {
	b.raw(`<section class="card` + class + `" aria-labelledby="` + id + `"><h2 id="` + id + `">`)
	b.text(heading)
	b.raw("</h2>\n")
}

// iri writes the IRI that a page is about.
func (b *markup) iri(iri, outside, open string) {
	b.raw(`<p class="iri"><code>`)
	b.text(iri)
	b.raw("</code>")
	if outside != "" {
		b.raw(` <a class="outside" href="`)
		b.href(outside)
		b.raw(`" rel="noopener nofollow">`)
		b.text(open)
		b.raw(" ↗</a>")
	}
	b.raw("</p>\n")
}

// paragraph writes text, if there is some.
func (b *markup) paragraph(text string) {
	b.raw("<p>")
	b.text(text)
	b.raw("</p>\n")
}

// write writes the page of a resource.
func (p *resourcePage) write(b *markup) error {
	p.writeTop(b)
	b.raw("<article>\n<header class=\"resource-head\">\n")
	if len(p.Types) > 0 {
		b.raw(`<ul class="types" aria-label="`)
		b.text(p.M.Type)
		b.raw(`">`)
		b.items(p.Types, false)
		b.raw("</ul>\n")
	}
	b.raw("<h1")
	b.attr("lang", p.HeadingLang)
	b.attr("dir", p.HeadingDir)
	b.raw(">")
	b.text(p.Heading)
	b.raw("</h1>\n")
	b.iri(p.IRI, p.Outside, p.M.ExternalLink)
	if p.Canonical != nil {
		b.raw(`<p class="canonical">`)
		b.text(p.M.SameAs)
		b.raw(" ")
		b.term(p.Canonical)
		b.raw("</p>\n")
	}
	if p.Back != "" {
		b.raw(`<p><a href="`)
		b.href(p.Back)
		b.raw(`">← `)
		b.text(p.M.Back)
		b.raw("</a></p>\n")
	}
	b.raw("</header>\n<div class=\"resource")
	if !p.Side {
		b.raw(" single")
	}
	b.raw("\">\n<div>\n")
	if p.ShowProperties {
		b.card("", "properties", p.M.Properties)
		if len(p.Properties) > 0 {
			b.properties(p.Properties)
		} else {
			b.paragraph(p.M.NoProperties)
		}
		b.raw("\n</section>\n")
	}
	if p.ShowReferences {
		b.card(" references", "references", p.M.References)
		if len(p.References) > 0 {
			b.references(p.References, p.M.AllOf)
		} else {
			b.paragraph(p.M.NoReferences)
		}
		b.raw("\n</section>\n")
	}
	p.writeSteps(b)
	b.raw("</div>\n")
	if p.Side {
		b.raw("<div class=\"side\">\n")
		if err := p.writeSide(b); err != nil {
			return err
		}
		b.raw("</div>\n")
	}
	b.raw("</div>\n</article>\n")
	p.writeBottom(b)
	return nil
}

// writeSteps writes the links to the pages before and after.
func (p *resourcePage) writeSteps(b *markup) {
	if p.Prev == "" && p.Following == "" {
		return
	}
	b.raw(`<nav class="pages" aria-label="`)
	b.text(p.M.Page)
	b.raw(`">`)
	if p.Prev != "" {
		b.raw(`<a href="`)
		b.href(p.Prev)
		b.raw(`" rel="prev">← `)
		b.text(p.M.Previous)
		b.raw("</a>")
	}
	b.raw(" <span>")
	b.text(p.M.Page)
	b.raw(" " + strconv.Itoa(p.Page) + "</span> ")
	if p.Following != "" {
		b.raw(`<a href="`)
		b.href(p.Following)
		b.raw(`" rel="next">`)
		b.text(p.M.Next)
		b.raw(" →</a>")
	}
	b.raw("</nav>\n")
}

// writeSide writes what stands beside the properties.
func (p *resourcePage) writeSide(b *markup) error {
	if len(p.Pictures) > 0 {
		b.card(" pictures", "pictures", p.M.Pictures)
		for _, x := range p.Pictures {
			if x.Show {
				b.raw(`<img src="`)
				b.href(x.Address)
				b.raw(`" alt="`)
				b.text(p.Heading)
				b.raw(`" loading="lazy">`)
				continue
			}
			b.raw(`<p><a href="`)
			b.href(x.Address)
			b.raw(`" rel="noopener nofollow">`)
			b.text(p.M.OpenPicture + " (" + x.Host + ")")
			b.raw(" ↗</a></p>")
		}
		b.raw("\n</section>\n")
	}
	if p.Map != nil {
		b.card("", "map", p.M.Map)
		if err := templates.ExecuteTemplate(b, "map", p.Map); err != nil {
			return err
		}
		b.raw("\n<p class=\"note\">")
		b.text(p.Map.Where)
		b.raw("</p></section>\n")
	}
	if len(p.Alternates) > 0 {
		b.card(" download", "download", p.M.Download)
		b.raw("<ul>")
		b.downloads(p.Alternates)
		b.raw("</ul></section>\n")
	}
	if len(p.Origins) > 0 || len(p.Facts) > 0 {
		b.card(" facts", "origins", p.M.Origin)
		p.writeOrigins(b)
		b.raw("</section>\n")
	}
	return nil
}

func (p *resourcePage) writeOrigins(b *markup) {
	if len(p.Origins) > 0 {
		b.raw(`<ol class="origins">`)
		for i := range p.Origins {
			o := &p.Origins[i]
			b.raw(`<li id="origin-` + strconv.Itoa(o.Number) + `">`)
			b.term(&o.Graph)
			if o.Publisher != nil {
				b.raw("<br>")
				b.text(p.M.From)
				b.raw(" ")
				b.term(o.Publisher)
			}
			if o.Source != nil {
				b.raw("<br>")
				b.text(p.M.Source)
				b.raw(": ")
				b.term(o.Source)
			}
			if o.Time != "" {
				b.raw("<br>")
				b.text(p.M.Fetched + " " + o.Time)
			}
			b.raw("</li>")
		}
		b.raw("</ol>\n")
		if p.Mixed {
			b.paragraph(p.M.WithoutMark)
		}
	}
	if len(p.Facts) > 0 {
		b.raw("<ul>")
		for i := range p.Facts {
			b.raw("<li>")
			b.text(p.Facts[i].Text)
			for k := range p.Facts[i].Terms {
				b.raw(" ")
				b.term(&p.Facts[i].Terms[k])
			}
			b.raw("</li>")
		}
		b.raw("</ul>\n")
	}
}
