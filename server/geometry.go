package server

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"triplestore/rdf"
	"triplestore/store"
	"triplestore/vocab"
)

// Maps of resources, drawn here from the data alone, so that nobody else learns what somebody looks at.

const (
	wktDatatype = vocab.GeoSPARQL + "wktLiteral"
	wgs84       = "http://www.w3.org/2003/01/geo/wgs84_pos#"
	mapWidth    = 400.0
	mapHeight   = 260.0
	tickHeight  = 19.0 // of the degrees, as style.css has them on a phone
	// maxPositions bounds what is drawn of a geometry.
	maxPositions = 20_000
)

// geometryHops are the properties that lead to a node with the geometry of a resource.
var geometryHops = map[string]bool{
	vocab.GeoSPARQL + "hasGeometry": true, vocab.GeoSPARQL + "defaultGeometry": true, vocab.GeoSPARQL + "hasDefaultGeometry": true, vocab.LOCN + "geometry": true,
	vocab.DCT + "spatial": true, vocab.LOCN + "location": true, "https://schema.org/geo": true, "http://schema.org/geo": true,
}

type position struct{ long, lat float64 }

// shape is a point, a line or an area with its holes.
type shape struct {
	kind  byte // p, l, a
	parts [][]position
}

var (
	wktHead = regexp.MustCompile(`(?i)^\s*(POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION)\s*(?:ZM|Z|M)?\s*\(`)
	wktRing = regexp.MustCompile(`\([^()]*\)`)
	wktCRS  = regexp.MustCompile(`^\s*<([^>]*)>`)
)

// parseWKT reads the simple features of OGC 06-103r4 as GeoSPARQL has them: longitude first in CRS84 and where no reference system is named,
// latitude first in EPSG 4326 and 4258. Other systems give nothing.
func parseWKT(text string) []shape {
	swap := false
	if m := wktCRS.FindStringSubmatch(text); m != nil {
		switch {
		case strings.HasSuffix(m[1], "/4326"), strings.HasSuffix(m[1], "/4258"):
			swap = true
		case !strings.HasSuffix(m[1], "CRS84"):
			return nil
		}
		text = text[len(m[0]):]
	}
	left := maxPositions
	return wktShapes(text, swap, &left, 4)
}

func wktShapes(text string, swap bool, left *int, depth int) (out []shape) {
	m := wktHead.FindStringSubmatchIndex(text)
	if m == nil || depth == 0 {
		return nil
	}
	kind, body := strings.ToUpper(text[m[2]:m[3]]), text[m[1]-1:]
	if kind == "GEOMETRYCOLLECTION" {
		level, from := 0, 1
		for i := range len(body) {
			switch body[i] {
			case '(':
				level++
			case ')':
				level--
			}
			if level == 1 && body[i] == ',' || level == 0 {
				out = append(out, wktShapes(body[from:i], swap, left, depth-1)...)
				from = i + 1
			}
			if level == 0 {
				break
			}
		}
		return out
	}
	rings := wktRing.FindAllString(body, -1)
	if strings.HasSuffix(kind, "POINT") {
		rings = []string{strings.NewReplacer("(", " ", ")", " ").Replace(body)}
	}
	var parts [][]position
	for _, ring := range rings {
		var part []position
		for p := range strings.SplitSeq(strings.Trim(ring, "()"), ",") {
			numbers := strings.Fields(p)
			if len(numbers) < 2 || *left == 0 {
				continue
			}
			x, err1 := strconv.ParseFloat(numbers[0], 64)
			y, err2 := strconv.ParseFloat(numbers[1], 64)
			if swap {
				x, y = y, x
			}
			if err1 != nil || err2 != nil || !(math.Abs(x) <= 360 && math.Abs(y) <= 90) {
				continue
			}
			*left--
			part = append(part, position{x, y})
		}
		if len(part) > 0 {
			parts = append(parts, part)
		}
	}
	switch {
	case len(parts) == 0:
	case strings.HasSuffix(kind, "POINT"):
		for _, p := range parts[0] {
			out = append(out, shape{'p', [][]position{{p}}})
		}
	case strings.HasSuffix(kind, "POLYGON"):
		out = append(out, shape{'a', parts})
	default:
		out = append(out, shape{'l', parts})
	}
	return out
}

// shapesOf finds the geometries of a resource: its own literals, and those of the nodes that say where it is.
func (v *viewer) shapesOf(id store.ID) (out []shape) {
	hops := []store.ID{id}
	for i := 0; i < len(hops) && i < 8; i++ {
		quads, err := v.first(hops[i], 500)
		v.check(err)
		ids := make([]store.ID, 0, 2*len(quads))
		for _, q := range quads {
			ids = append(ids, q[store.P], q[store.O])
		}
		v.check(v.fetch(ids))
		lat, long := math.NaN(), math.NaN()
		for _, q := range quads {
			p, o := v.terms[q[store.P]].Value(), v.terms[q[store.O]]
			switch {
			case i == 0 && geometryHops[p] && !o.IsLiteral():
				hops = append(hops, q[store.O])
			case p == wgs84+"lat" || strings.HasSuffix(p, "schema.org/latitude"):
				lat = number(o)
			case p == wgs84+"long" || strings.HasSuffix(p, "schema.org/longitude"):
				long = number(o)
			case o.IsLiteral() && o.Datatype() == wktDatatype:
				out = append(out, parseWKT(o.Value())...)
			}
		}
		if math.Abs(lat) <= 90 && math.Abs(long) <= 360 && len(out) == 0 {
			out = append(out, shape{'p', [][]position{{{long, lat}}}})
		}
	}
	return out
}

func number(t rdf.Term) float64 {
	f, err := strconv.ParseFloat(t.Value(), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// mapView is a map as a page draws it.
type mapView struct {
	Width, Height float64
	Lines         []gridLine
	Points        []point
	Paths         []mapPath
	Where, Label  string // Where is the middle in words
}

type gridLine struct {
	X1, Y1, X2, Y2, TextX, TextY float64
	Text                         string
}

type point struct{ X, Y float64 }

type mapPath struct {
	Class, D string
}

func mercator(lat float64) float64 {
	lat = max(-85, min(85, lat))
	return math.Log(math.Tan(math.Pi/4+lat*math.Pi/360)) * 180 / math.Pi
}

func unmercator(y float64) float64 {
	return (math.Atan(math.Exp(y*math.Pi/180))*2 - math.Pi/2) * 180 / math.Pi
}

// drawMap projects shapes (Mercator) with a net of degrees, in the words of a language. Nil for no shapes.
func drawMap(shapes []shape, words *messages) *mapView {
	minX, maxX, minY, maxY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, s := range shapes {
		for _, part := range s.parts {
			for _, p := range part {
				minX, maxX = min(minX, p.long), max(maxX, p.long)
				minY, maxY = min(minY, mercator(p.lat)), max(maxY, mercator(p.lat))
			}
		}
	}
	if math.IsInf(minX, 0) {
		return nil
	}
	cx, cy := (minX+maxX)/2, (minY+maxY)/2
	scale := 0.8 * min(mapWidth/max(maxX-minX, 2), mapHeight/max(maxY-minY, 1.25))
	x := func(long float64) float64 { return math.Round((mapWidth/2+(long-cx)*scale)*10) / 10 }
	y := func(lat float64) float64 { return math.Round((mapHeight/2-(mercator(lat)-cy)*scale)*10) / 10 }
	m := &mapView{Width: mapWidth, Height: mapHeight, Where: fmt.Sprintf("%s, %s", words.latitude(unmercator(cy)), words.longitude(cx))}
	for _, t := range ticks(cx-mapWidth/2/scale, cx+mapWidth/2/scale, 4) {
		m.Lines = append(m.Lines, gridLine{x(t), 0, x(t), mapHeight, x(t) + 4, mapHeight - 8, words.longitude(t)})
	}
	for _, t := range ticks(unmercator(cy-mapHeight/2/scale), unmercator(cy+mapHeight/2/scale), 4) {
		textY := y(t) - 5
		if textY < tickHeight { // the edge of the map would cut it
			textY = y(t) + tickHeight
		}
		m.Lines = append(m.Lines, gridLine{0, y(t), mapWidth, y(t), 6, textY, words.latitude(t)})
	}
	for _, s := range shapes {
		if s.kind == 'p' {
			m.Points = append(m.Points, point{x(s.parts[0][0].long), y(s.parts[0][0].lat)})
			continue
		}
		var d strings.Builder
		for _, part := range s.parts {
			for i, p := range part {
				d.WriteByte("ML"[min(i, 1)])
				fmt.Fprintf(&d, "%g %g", x(p.long), y(p.lat))
			}
			if s.kind == 'a' {
				d.WriteByte('Z')
			}
		}
		m.Paths = append(m.Paths, mapPath{map[byte]string{'a': "place area", 'l': "place route"}[s.kind], d.String()})
	}
	return m
}

func (m *messages) latitude(v float64) string { return m.degrees(v, "N", "S") }

func (m *messages) longitude(v float64) string { return m.degrees(v, m.East, m.West) }

func (m *messages) degrees(v float64, positive, negative string) string {
	side := positive
	if v < 0 {
		side, v = negative, -v
	}
	return m.decimal(strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)) + "° " + side
}

// ticks finds round numbers that cover a range, about count of them.
func ticks(from, to float64, count int) (out []float64) {
	raw := (to - from) / float64(count)
	if !(raw > 0) || math.IsInf(raw, 0) {
		return nil
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, f := range []float64{1, 2, 2.5, 5} {
		if f*power >= raw {
			step = f * power
			break
		}
	}
	for i := math.Ceil(from / step); i*step <= to; i++ {
		out = append(out, i*step)
	}
	return out
}
