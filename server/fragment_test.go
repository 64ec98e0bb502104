package server

import (
	"bytes"
	"html/template"
	"testing"
)

// referenceTemplates are the fragments of fragment.go as html/template writes them.
var referenceTemplates = template.Must(template.New("").Parse(`{{define "term"}}
{{- if .Nested}}<div class="nested">{{template "properties" .Nested}}</div>
{{- else if .Literal}}<span class="literal"{{if .Lang}} lang="{{.Lang}}"{{end}}{{if .Dir}} dir="{{.Dir}}"{{end}}>{{.Text}}</span>
{{- if .Lang}} <span class="tag">{{.Lang}}</span>{{end}}{{if .Datatype}} <span class="tag">{{.Datatype}}</span>{{end}}
{{- if .Outside}} <a class="outside" href="{{.Outside}}" rel="noopener nofollow" aria-label="{{.Outside}}">↗</a>{{end}}
{{- else}}{{if .Note}}<span class="note">{{.Note}}</span> {{end}}{{if .Href}}<a href="{{.Href}}" title="{{.IRI}}"{{if .Lang}} lang="{{.Lang}}"{{end}}{{if .Dir}} dir="{{.Dir}}"{{end}}>{{.Text}}</a>{{else}}<span>{{.Text}}</span>{{end}}
{{- if .Outside}} <a class="outside" href="{{.Outside}}" rel="noopener nofollow" aria-label="{{.Outside}}">↗</a>{{end}}
{{- end}}{{end}}

{{define "properties"}}<dl class="properties">
{{- range .}}
<div>
<dt><a href="{{.Href}}" title="{{.IRI}}"{{if .Lang}} lang="{{.Lang}}"{{end}}>{{.Name}}</a></dt>
<dd>
{{- if and (eq (len .Values) 1) (not .More)}}{{with index .Values 0}}{{template "term" .}}{{template "marks" .Marks}}{{end}}
{{- else}}<ul>{{range .Values}}<li>{{template "term" .}}{{template "marks" .Marks}}</li>{{end}}</ul>
{{- if .More}}<p><a class="more" href="{{.More}}">{{.Total}} …</a></p>{{end}}
{{- end}}
{{- if .Others}}<details><summary>{{len .Others}} <span aria-hidden="true">+</span></summary><ul>{{range .Others}}<li>{{template "term" .}}{{template "marks" .Marks}}</li>{{end}}</ul></details>{{end -}}
</dd>
</div>
{{- end}}
</dl>{{end}}
{{define "marks"}}{{range .}}<sup class="source"><a href="#origin-{{.Number}}" title="{{.Title}}">{{.Number}}</a></sup>{{end}}{{end}}
{{define "items"}}{{range .}}<li>{{template "term" .}}</li>{{end}}{{end}}
{{define "references"}}{{range .List}}
<section class="reference"><h3><a href="{{.Href}}" title="{{.IRI}}"{{if .Lang}} lang="{{.Lang}}"{{end}}>{{.Name}}</a> <span class="count">{{.Total}}</span></h3>
<ul>{{range .Values}}<li>{{template "term" .}}</li>{{end}}</ul>
{{if .More}}<p><a class="more" href="{{.More}}">{{$.All}} ({{.Total}})</a></p>{{end}}
</section>{{end}}{{end}}
{{define "rows"}}{{range .}}<tr>{{range .}}<td>{{template "term" .}}</td>{{end}}</tr>
{{end}}{{end}}
{{define "alternate"}}{{range .}}
<link rel="alternate" type="{{.Type}}" href="{{.Href}}" title="{{.Name}}">
{{- end}}{{end}}
{{define "downloads"}}{{range .}}<li><a href="{{.Href}}" type="{{.Type}}">{{.Name}}</a></li>{{end}}{{end}}
`))

// FuzzFragments compares the fragments that are written here with what html/template makes of the same.
func FuzzFragments(f *testing.F) {
	for _, s := range []string{
		"", "title", "a<b>&\"'+\x00c", "javascript:alert(1)", "https://example.org/å?a=b&c=%20%zz#é", "HTTPS://x", "mailto:a+b@example.org", "tel:+47", "/resource?iri=https%3A%2F%2Fexample.org%2F",
		"data:text/html,<script>", "/a:b", "\xff\xfe", "\ufdd0", "(')`[]{}|^\\ \n\t", "%", "%4", "%4G", "//evil", "#a:b",
	} {
		for shape := range byte(16) {
			f.Add(s, "nb", shape)
		}
	}
	f.Fuzz(func(t *testing.T, s, other string, shape byte) {
		iri := termView{Text: s, IRI: other, Href: s, Lang: other, Dir: s}
		values := []termView{iri, {Text: s, Literal: true, Lang: other, Dir: other, Datatype: s, Outside: s}, {Text: other, Note: s, Outside: other}, {Text: other, Href: other, IRI: s, Note: other}}
		p := propertyView{Name: s, Lang: other, IRI: s, Href: other, Total: s, Values: values[:1]}
		if shape&1 != 0 {
			p.Values = values
			for i := range p.Values {
				p.Values[i].Marks = []mark{{Number: 1, Title: s}, {Number: 12, Title: other}}
			}
		}
		if shape&2 != 0 {
			p.More = s
		}
		if shape&4 != 0 {
			p.Others = values[1:2]
		}
		list := []propertyView{p, {Name: other, Href: s}}
		if shape&8 != 0 {
			values = append(values, termView{Nested: list})
		}
		links := []alternate{{Type: s, Href: s, Name: s}, {Type: other, Href: other, Name: other}}
		for _, c := range []struct {
			name string
			data any
			got  template.HTML
		}{
			{"items", values, fragment(func(b *markup) { b.items(values, false) })},
			{"properties", list, fragment(func(b *markup) { b.properties(list) })},
			{"references", map[string]any{"List": list, "All": other}, fragment(func(b *markup) { b.references(list, other) })},
			{"rows", [][]termView{values, {}}, fragment(func(b *markup) { b.rows([][]termView{values, {}}) })},
			{"alternate", links, fragment(func(b *markup) { b.alternates(links) })},
			{"downloads", links, fragment(func(b *markup) { b.downloads(links) })},
		} {
			var want bytes.Buffer
			if err := referenceTemplates.ExecuteTemplate(&want, c.name, c.data); err != nil {
				t.Fatal(err)
			}
			if string(c.got) != want.String() {
				t.Fatalf("%s of %q, %q, shape %d:\n%s\nhtml/template:\n%s", c.name, s, other, shape, c.got, want.String())
			}
		}
	})
}
