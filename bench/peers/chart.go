package main

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

var colours = []string{"#0b6e4f", "#7cc6a4", "#c8553d", "#2d5d9f", "#8d6a9f", "#555555", "#b08900"}

// dotChart shows a value of each query and engine on a logarithmic scale, as SVG.
func dotChart(c *comparison, title string, of func(*answer) float64) string {
	const (
		left, right, top, row = 210, 30, 74, 15
		width                 = 900
	)
	lo, hi := math.Inf(1), 0.0
	for _, r := range c.results {
		for _, a := range r.Queries {
			if a.Error == "" {
				lo, hi = min(lo, of(a)), max(hi, of(a))
			}
		}
	}
	first, last := math.Floor(math.Log10(max(lo, 1e-3))), math.Ceil(math.Log10(max(hi, 1e-2)))
	x := func(v float64) float64 {
		return left + (math.Log10(max(v, 1e-3))-first)/(last-first)*(width-left-right)
	}
	height := top + row*len(c.names) + 30
	var w strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&w, format, args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" role="img">`+"\n", width, height)
	p("<title>%s</title>\n", html.EscapeString(title))
	p(`<rect width="%d" height="%d" fill="#ffffff"/><text x="12" y="20" font-size="15" fill="#222">%s, ms</text>`+"\n", width, height, html.EscapeString(title))
	at := 12
	for i, r := range c.results {
		p(`<circle cx="%d" cy="39" r="5" fill="%s"/><text x="%d" y="43" fill="#222">%s</text>`+"\n", at+5, colours[i%len(colours)], at+15, html.EscapeString(r.Label))
		at += 34 + 7*len(r.Label)
	}
	for e := first; e <= last; e++ {
		v := math.Pow(10, e)
		p(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#dddddd"/><text x="%.1f" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", x(v), top-6, x(v), height-20, x(v), top-10, fmt.Sprintf("%g", v))
	}
	for k, n := range c.names {
		y := top + row*k + row/2
		p(`<text x="%d" y="%d" text-anchor="end" fill="#222">%s</text><line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#f0f0f0"/>`+"\n", left-10, y+4, html.EscapeString(n), left, y, width-right, y)
		for i := len(c.results) - 1; i >= 0; i-- { // ours on top
			if a := c.results[i].Queries[n]; a != nil && a.Error == "" {
				p(`<circle cx="%.1f" cy="%d" r="4" fill="%s"><title>%s: %s ms</title></circle>`, x(of(a)), y, colours[i%len(colours)], html.EscapeString(c.results[i].Label), figure(of(a)))
			}
		}
		p("\n")
	}
	p("</svg>\n")
	return w.String()
}

// lineChart shows a value of each kind over the sizes of data, on logarithmic scales, as SVG.
func lineChart(rs []*result, kinds []string, values map[string][]float64, title string) string {
	const left, right, top, bottom, width, height = 70, 150, 50, 40, 900, 520
	lo, hi := math.Inf(1), 0.0
	for _, k := range kinds {
		for _, v := range values[k] {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	first, last := math.Floor(math.Log10(max(lo, 1e-3))), math.Ceil(math.Log10(max(hi, 1e-2)))
	from, to := math.Log10(float64(rs[0].Triples)), math.Log10(float64(rs[len(rs)-1].Triples))
	x := func(i int) float64 {
		if from == to {
			return left
		}
		return left + (math.Log10(float64(rs[i].Triples))-from)/(to-from)*(width-left-right)
	}
	y := func(v float64) float64 {
		return height - bottom - (math.Log10(max(v, 1e-3))-first)/(last-first)*(height-top-bottom)
	}
	var w strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&w, format, args...) }
	p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" role="img">`+"\n<title>%s</title>\n", width, height, html.EscapeString(title))
	p(`<rect width="%d" height="%d" fill="#ffffff"/><text x="12" y="20" font-size="15" fill="#222">%s, ms</text>`+"\n", width, height, html.EscapeString(title))
	for e := first; e <= last; e++ {
		v := math.Pow(10, e)
		p(`<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#dddddd"/><text x="%d" y="%.1f" text-anchor="end" fill="#555">%g</text>`+"\n", left, y(v), width-right, y(v), left-8, y(v)+4, v)
	}
	for i, r := range rs {
		p(`<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#eeeeee"/><text x="%.1f" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", x(i), top, x(i), height-bottom, x(i), height-bottom+18, html.EscapeString(r.Label))
	}
	// Labels at the right, apart from each other.
	order := slices.Clone(kinds)
	end := func(k string) float64 { return y(values[k][len(rs)-1]) }
	slices.SortFunc(order, func(a, b string) int { return cmp.Compare(end(a), end(b)) })
	at := 0.0
	for _, k := range order {
		colour := colours[slices.Index(kinds, k)%len(colours)]
		var line []string
		for i, v := range values[k] {
			line = append(line, fmt.Sprintf("%.1f,%.1f", x(i), y(v)))
			p(`<circle cx="%.1f" cy="%.1f" r="3" fill="%s"><title>%s, %s: %s ms</title></circle>`, x(i), y(v), colour, html.EscapeString(k), html.EscapeString(rs[i].Label), figure(v))
		}
		at = max(end(k)+4, at+12)
		p(`<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/><text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", strings.Join(line, " "), colour, x(len(rs)-1)+10, at, colour, html.EscapeString(k))
	}
	p("</svg>\n")
	return w.String()
}
