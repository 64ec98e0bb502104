package server

import (
	"bytes"
	"encoding/json"
	"html/template"
	"strings"
	"testing"
)

// referencePages are the pages of chrome.go as html/template writes them.
var referencePages = template.Must(template.Must(referenceTemplates.Clone()).Funcs(template.FuncMap{
	"refs": func(list []propertyView, all string) any { return map[string]any{"List": list, "All": all} },
	"json": func(b []byte) (v any, err error) { return v, json.Unmarshal(b, &v) },
}).Parse(`{{define "top"}}<!DOCTYPE html>
<html lang="{{.M.Lang}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}}{{if ne .Title .Site}} – {{.Site}}{{end}}</title>
{{- with .Summary}}
<meta name="description" content="{{.}}">
{{- end}}
{{- range .Styles}}
<link rel="stylesheet" href="{{.}}">
{{- end}}
<link rel="icon" href="{{.Icon}}" type="image/svg+xml">
{{- template "alternate" .Alternates}}
{{- with .JSONLD}}
<script type="application/ld+json">{{json .}}</script>
{{- end}}
</head>
<body{{if .Wide}} class="wide"{{end}}>
<a class="skip" href="#main">{{.M.Skip}}</a>
<header class="site">
<div class="inner">
<a class="name" href="{{.Home}}"><img src="{{.Icon}}" alt="" width="28" height="28">{{.Site}}</a>
<nav class="main-nav" aria-label="{{.M.MainMenu}}"><ul>
{{- range .Nav}}<li><a href="{{.Href}}"{{if .Current}} aria-current="page"{{end}}>{{.Name}}</a></li>{{end -}}
</ul></nav>
<nav class="languages" aria-label="{{.M.Languages}}"><ul>
{{- range .Languages}}<li>{{if .Current}}<span aria-current="true" lang="{{.Lang}}">{{.Name}}</span>{{else}}<a href="{{.Href}}" lang="{{.Lang}}" hreflang="{{.Lang}}">{{.Name}}</a>{{end}}</li>{{end -}}
</ul></nav>
</div>
</header>
<main id="main" tabindex="-1"{{if .Wide}} class="wide"{{end}}>
{{with .Old}}<p class="notice" role="note">{{.Text}} <a href="{{.Href}}">{{.Label}}</a></p>
{{end -}}
{{end}}

{{define "bottom"}}</main>
<footer class="site"><div class="inner"><span>triplestore {{.Version}}</span> <a href="{{.Endpoint}}">SPARQL</a> <a href="/catalog">DCAT</a> <a href="/.well-known/void">VoID</a> <a href="/openapi.json">OpenAPI</a></div></footer>
</body>
</html>
{{end}}

{{define "resource"}}{{template "top" .}}
<article>
<header class="resource-head">
{{if .Types}}<ul class="types" aria-label="{{.M.Type}}">{{template "items" .Types}}</ul>{{end}}
<h1{{if .HeadingLang}} lang="{{.HeadingLang}}"{{end}}{{if .HeadingDir}} dir="{{.HeadingDir}}"{{end}}>{{.Heading}}</h1>
<p class="iri"><code>{{.IRI}}</code>{{if .Outside}} <a class="outside" href="{{.Outside}}" rel="noopener nofollow">{{.M.ExternalLink}} ↗</a>{{end}}</p>
{{with .Canonical}}<p class="canonical">{{$.M.SameAs}} {{template "term" .}}</p>{{end}}
{{if .Back}}<p><a href="{{.Back}}">← {{.M.Back}}</a></p>{{end}}
</header>
<div class="resource{{if not .Side}} single{{end}}">
<div>
{{if .ShowProperties}}<section class="card" aria-labelledby="properties"><h2 id="properties">{{.M.Properties}}</h2>
{{if .Properties}}{{template "properties" .Properties}}{{else}}<p>{{.M.NoProperties}}</p>{{end}}
</section>{{end}}
{{if .ShowReferences}}<section class="card references" aria-labelledby="references"><h2 id="references">{{.M.References}}</h2>
{{if .References}}{{template "references" (refs .References .M.AllOf)}}{{else}}<p>{{.M.NoReferences}}</p>{{end}}
</section>{{end}}
{{if or .Prev .Following}}<nav class="pages" aria-label="{{.M.Page}}">{{if .Prev}}<a href="{{.Prev}}" rel="prev">← {{.M.Previous}}</a>{{end}} <span>{{.M.Page}} {{.Page}}</span> {{if .Following}}<a href="{{.Following}}" rel="next">{{.M.Next}} →</a>{{end}}</nav>{{end}}
</div>
{{if .Side}}<div class="side">
{{if .Pictures}}<section class="card pictures" aria-labelledby="pictures"><h2 id="pictures">{{.M.Pictures}}</h2>
{{range .Pictures}}{{if .Show}}<img src="{{.Address}}" alt="{{$.Heading}}" loading="lazy">{{else}}<p><a href="{{.Address}}" rel="noopener nofollow">{{$.M.OpenPicture}} ({{.Host}}) ↗</a></p>{{end}}{{end}}
</section>{{end}}
{{with .Map}}<section class="card" aria-labelledby="map"><h2 id="map">{{$.M.Map}}</h2>
{{template "map" .}}
<p class="note">{{.Where}}</p></section>{{end}}
{{if .Alternates}}<section class="card download" aria-labelledby="download"><h2 id="download">{{.M.Download}}</h2>
<ul>{{template "downloads" .Alternates}}</ul></section>{{end}}
{{if or .Origins .Facts}}<section class="card facts" aria-labelledby="origins"><h2 id="origins">{{.M.Origin}}</h2>
{{if .Origins}}<ol class="origins">{{range .Origins}}<li id="origin-{{.Number}}">{{template "term" .Graph}}
{{- with .Publisher}}<br>{{$.M.From}} {{template "term" .}}{{end}}
{{- with .Source}}<br>{{$.M.Source}}: {{template "term" .}}{{end}}
{{- if .Time}}<br>{{$.M.Fetched}} {{.Time}}{{end}}</li>{{end}}</ol>
{{if .Mixed}}<p>{{.M.WithoutMark}}</p>{{end}}{{end}}
{{if .Facts}}<ul>{{range .Facts}}<li>{{.Text}}{{range .Terms}} {{template "term" .}}{{end}}</li>{{end}}</ul>{{end}}
</section>{{end}}
</div>{{end}}
</div>
</article>
{{template "bottom" .}}{{end}}

{{define "map"}}` + mapTemplate + `{{end}}`))

// mapTemplate is the drawing of a map, which html/template writes.
var mapTemplate = func() string {
	text, err := files.ReadFile("html/resource.html")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(text), `{{define "map"}}`)
	body, _, _ := strings.Cut(rest, "</svg>{{end}}")
	return body + "</svg>"
}()

// oneSpace makes all runs of white space one: where lines end does not matter.
func oneSpace(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(strings.ReplaceAll(s, "<", " <"), ">", "> ")), " ")
}

// FuzzPages compares the page of a resource with what html/template makes of the same.
func FuzzPages(f *testing.F) {
	for _, s := range []string{"", "title", "a<b>&\"'+\x00c", "javascript:alert(1)", "https://example.org/å?a=b&c=%20%zz#é", "</script><script>", "\xff\xfe", "\u2028<!--"} {
		for shape := range byte(8) {
			f.Add(s, "nb", shape<<5|shape)
		}
	}
	f.Fuzz(func(t *testing.T, s, other string, shape byte) {
		value := termView{Text: s, IRI: other, Href: s, Lang: other}
		base := &page{
			M: messagesFor([]string{"nb"}), Title: s, Site: other, Version: s, Summary: s, Styles: []string{stylePath}, Icon: iconPath, Home: s, Endpoint: other,
			Nav: []navLink{{s, other, false}, {other, s, true}}, Languages: []languageLink{{s, other, s, false}, {other, s, s, true}},
			Wide: shape&1 != 0, Alternates: []alternate{{s, other, s}},
		}
		p := &resourcePage{page: base, Heading: s, HeadingLang: other, HeadingDir: s, IRI: other, ShowProperties: shape&2 != 0, ShowReferences: shape&4 != 0, Page: 3, Side: shape&8 != 0}
		if shape&16 != 0 {
			var err error
			if p.JSONLD, err = json.Marshal(map[string]any{"name": s, other: []any{s, 1.5}}); err != nil {
				t.Fatal(err)
			}
			p.Outside, p.Types, p.Back, p.Prev, p.Canonical, p.Old = s, []termView{value}, other, s, &value, &oldState{s, other, s}
			p.Pictures, p.Map = []picture{{s, other, true}, {other, s, false}}, drawMap(parseWKT("POINT(10 60)"), english)
		}
		if shape&32 != 0 {
			p.Properties, p.References, p.Following = []propertyView{{Name: s, Href: other, Values: []termView{value}}}, []propertyView{{Name: other, Href: s, Total: "1"}}, s
			p.Facts, p.Mixed = []fact{{Text: s, Terms: []termView{value}}, {Text: other}}, true
		}
		if shape&64 != 0 {
			p.Origins = []origin{{Number: 1, Graph: value}, {Number: 2, Graph: value, Source: &value, Publisher: &value, Time: s}}
		}
		var got markup
		var want bytes.Buffer
		if err := p.write(&got); err != nil {
			t.Fatal(err)
		}
		if err := referencePages.ExecuteTemplate(&want, "resource", p); err != nil {
			t.Fatal(err)
		}
		if a, b := oneSpace(string(got)), oneSpace(want.String()); a != b {
			at := 0
			for at < min(len(a), len(b)) && a[at] == b[at] {
				at++
			}
			at = max(0, at-60)
			t.Fatalf("%q, %q, shape %d:\n%.300s\nhtml/template:\n%.300s", s, other, shape, a[at:], b[at:])
		}
	})
}
