package server

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestParseWKT(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		kinds string
		first position
	}{
		{"POINT(10.75 59.91)", "p", position{10.75, 59.91}},
		{"point z (1 2 3)", "p", position{1, 2}},
		{"<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(69.65 18.96)", "p", position{18.96, 69.65}},
		{"<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(18.96 69.65)", "p", position{18.96, 69.65}},
		{"<http://www.opengis.net/def/crs/EPSG/0/25833> POINT(650000 7700000)", "", position{}},
		{"MULTIPOINT((1 2), (3 4))", "pp", position{1, 2}},
		{"MULTIPOINT(1 2, 3 4)", "pp", position{1, 2}},
		{"LINESTRING(1 2, 3 4)", "l", position{1, 2}},
		{"POLYGON((1 2, 3 4, 5 6, 1 2),(2 2, 2 3, 3 3, 2 2))", "a", position{1, 2}},
		{"MULTIPOLYGON(((1 2, 3 4, 5 6, 1 2)),((2 2, 2 3, 3 3, 2 2)))", "a", position{1, 2}},
		{"GEOMETRYCOLLECTION(POINT(1 2), GEOMETRYCOLLECTION(LINESTRING(1 2, 3 4)))", "pl", position{1, 2}},
		{"POINT EMPTY", "", position{}}, {"POINT(x y)", "", position{}}, {"POINT(1e9 2)", "", position{}}, {"POLYGON((", "", position{}}, {"", "", position{}},
		{strings.Repeat("GEOMETRYCOLLECTION(", 50), "", position{}}, {"POINT(NaN 1)", "", position{}},
	} {
		shapes := parseWKT(c.text)
		kinds := ""
		for _, s := range shapes {
			kinds += string(s.kind)
		}
		if kinds != c.kinds || len(shapes) > 0 && shapes[0].parts[0][0] != c.first {
			t.Errorf("%s: %v", c.text, shapes)
		}
	}
}

func TestDrawMap(t *testing.T) {
	t.Parallel()
	if drawMap(nil, english) != nil {
		t.Error("a map of nothing")
	}
	m := drawMap(parseWKT("GEOMETRYCOLLECTION(POINT(10.75 59.91), POLYGON((5 60, 6 60, 6 61, 5 60)))"), english)
	if len(m.Points) != 1 || len(m.Paths) != 1 || !strings.HasSuffix(m.Paths[0].D, "Z") || len(m.Lines) < 4 {
		t.Fatalf("%+v", m)
	}
	for _, p := range m.Points {
		if !(p.X > 0 && p.X < m.Width && p.Y > 0 && p.Y < m.Height) {
			t.Errorf("%+v is outside", p)
		}
	}
	for lat := range 40 { // whatever the place, its degrees can be read
		for _, l := range drawMap(parseWKT(fmt.Sprintf("POINT(10 %g)", 60+float64(lat)/30)), english).Lines {
			if l.TextY < tickHeight || l.TextY > mapHeight-5 {
				t.Errorf("%+v", l)
			}
		}
	}
	if m := drawMap(parseWKT("MULTIPOINT(-180 -90, 180 90)"), english); len(m.Points) != 2 {
		t.Errorf("%+v", m)
	}
	if got := ticks(-1, 1, 4); len(got) != 5 || got[2] != 0 {
		t.Errorf("%v", got)
	}
	if got := ticks(math.NaN(), 1, 4); got != nil {
		t.Errorf("%v", got)
	}
}

func TestNumbersInWords(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"nb": "10,75° Ø; 0,5° V; 59,913° N; 2° S", "nn": "10,75° A; 0,5° V; 59,913° N; 2° S", "en": "10.75° E; 0.5° W; 59.913° N; 2° S"} {
		m := messagesFor([]string{lang})
		if got := strings.Join([]string{m.longitude(10.75), m.longitude(-0.5), m.latitude(59.9128), m.latitude(-2)}, "; "); got != want {
			t.Errorf("%s: %s", lang, got)
		}
		if got, want := m.seconds(1.5), map[string]string{"nb": "1,500 sekunder", "nn": "1,500 sekund", "en": "1.500 seconds"}[lang]; got != want {
			t.Errorf("%s: %s", lang, got)
		}
		if got, want := drawMap(parseWKT("POINT(10.75 59.91)"), m).Where, m.latitude(59.91)+", "+m.longitude(10.75); got != want {
			t.Errorf("%s: %s", lang, got)
		}
	}
}
