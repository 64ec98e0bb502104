package server

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"triplestore/store"
)

// The picture of a schemaGraph: classes as boxes in columns, so that most arrows lead from left to right. What leads to another class is a row of its
// box, which says by what and where to, and the arrow begins there: no name stands on a line, where another one could cross it.

type schemaPicture struct {
	Width, Height float64
	Label         string
	Boxes         []schemaBox
	Edges         []string // paths
}

type schemaBox struct {
	X, Y, W, H, TextX, TextY float64
	Rule                     float64 // where the line above the links is, 0 for none
	Name, Count, Href        string
	Attributes, Links        []schemaText
}

type schemaText struct {
	X, Y float64
	Text string
}

const (
	boxWidth     = 280.0
	boxHead      = 34.0
	boxLine      = 17.0
	boxFoot      = 8.0
	boxChars     = 40 // of a row
	leastGap     = 90.0
	mostGap      = 240.0
	gapPerArrow  = 9.0
	rowGap       = 28.0
	columnHeight = 1100.0
	linkNames    = 2 // predicates that a link names
)

// drawSchema lays out the classes that are tied to others, and then the ones that are not. Nil for no classes.
func drawSchema(g *schemaGraph, p *page, names map[store.ID]propertyView) *schemaPicture {
	if len(g.classes) == 0 {
		return nil
	}
	edges := map[pairOfBoxes][]schemaRelation{}
	var order []pairOfBoxes
	for _, r := range g.relations {
		if r.to < 0 || r.to == r.from {
			continue
		}
		k := pairOfBoxes{r.from, r.to}
		if edges[k] == nil {
			if len(order) == drawnEdges {
				continue
			}
			order = append(order, k)
		}
		edges[k] = append(edges[k], r)
	}
	out, in := make([]int, len(g.classes)), make([]int, len(g.classes))
	for _, k := range order {
		out[k.from]++
		in[k.to]++
	}
	level := levels(len(g.classes), func(yield func(from, to int)) {
		for _, k := range order {
			yield(k.from, k.to)
		}
	}, func(i int) int { return out[i] - in[i] })
	pic := &schemaPicture{Label: fmt.Sprintf("%s: %d %s", p.M.Diagram, len(g.classes), p.M.Classes)}
	height := func(i int) float64 {
		return boxHead + boxLine*float64(min(len(g.classes[i].attributes), shownAttributes)+out[i]) + boxFoot
	}
	// Columns: those of a level, in the order of the middle of what leads to them.
	boxes := make([]schemaBox, len(g.classes))
	columns := map[int][]int{}
	deepest := 0
	for i := range g.classes {
		l := level[i]
		if out[i]+in[i] == 0 {
			continue
		}
		columns[l] = append(columns[l], i)
		deepest = max(deepest, l)
	}
	// A gap between columns is as wide as the arrows through it want.
	gaps := make([]float64, deepest+1)
	for _, k := range order {
		from, to := level[k.from], level[k.to]
		for l := min(from, to); l < max(from, to); l++ {
			gaps[l]++
		}
		if from == to {
			gaps[from]++
		}
	}
	x := 12.0
	place := func(list []int, at, gap float64) {
		y := 12.0
		for _, i := range list {
			if y > 12 && y+height(i) > columnHeight {
				at += boxWidth + gap/2
				y = 12
			}
			boxes[i] = schemaBox{X: at, Y: y, W: boxWidth, H: height(i), TextX: at + 12, TextY: y + 22}
			y += height(i) + rowGap
			pic.Height = max(pic.Height, y)
		}
		x = at
	}
	for l := 0; l <= deepest; l++ {
		list := columns[l]
		if len(list) == 0 {
			continue
		}
		middle := func(i int) float64 {
			sum, n := 0.0, 0.0
			for _, k := range order {
				if k.to == i && boxes[k.from].W > 0 {
					sum += boxes[k.from].Y + boxes[k.from].H/2
					n++
				}
			}
			if n == 0 {
				return 0
			}
			return sum / n
		}
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(middle(a), middle(b)) })
		gap := min(max(leastGap, gapPerArrow*gaps[l]), mostGap)
		place(list, x, gap)
		x += boxWidth + gap
	}
	var alone []int
	for i := range g.classes {
		if out[i]+in[i] == 0 {
			alone = append(alone, i)
		}
	}
	if len(alone) > 0 {
		place(alone, x, leastGap)
	}
	for i := range boxes {
		b, c := &boxes[i], g.classes[i]
		view := c.term.view(p)
		b.Name, b.Count, b.Href = cut(view.Name, 28), view.Total, view.Href
		y := b.Y + boxHead + 16
		for _, a := range c.attributes[:min(len(c.attributes), shownAttributes)] {
			text := names[a.predicate].Name
			if a.self {
				text = "↻ " + text
			}
			b.Attributes = append(b.Attributes, schemaText{b.X + 12, y, cut(text, boxChars)})
			y += boxLine
		}
		if out[i] > 0 && len(b.Attributes) > 0 {
			b.Rule = y - 12
		}
	}
	// The rows of a box stand in the order of the boxes that they lead to, from above.
	rows := slices.Clone(order)
	slices.SortStableFunc(rows, func(a, b pairOfBoxes) int { return cmp.Compare(boxes[a.to].Y, boxes[b.to].Y) })
	starts := make([]float64, len(rows))
	for i, k := range rows {
		b := &boxes[k.from]
		y := b.Y + boxHead + boxLine*float64(len(b.Attributes)+len(b.Links)) + 16
		b.Links = append(b.Links, schemaText{b.X + 12, y, linkText(edges[k], names, boxes[k.to].Name)})
		starts[i] = y - 4
	}
	pic.Boxes = boxes
	for _, b := range boxes {
		pic.Width = max(pic.Width, b.X+b.W)
	}
	for _, c := range curves(boxes, rows, starts) {
		pic.Width = max(pic.Width, c.at(0.5).x)
		pic.Edges = append(pic.Edges, c.path())
	}
	pic.Width += 16
	return pic
}

type pairOfBoxes struct{ from, to int }

type dot struct{ x, y float64 }

// curve is a cubic Bézier curve.
type curve [4]dot

func (c curve) path() string {
	return fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", c[0].x, c[0].y, c[1].x, c[1].y, c[2].x, c[2].y, c[3].x, c[3].y)
}

func (c curve) at(t float64) dot {
	return dot{bezier(t, c[0].x, c[1].x, c[2].x, c[3].x), bezier(t, c[0].y, c[1].y, c[2].y, c[3].y)}
}

// curves draws arrows from rows of boxes, at the heights that starts gives, to the heads of boxes. Those that lead to the same side of a box
// end in one point.
func curves(boxes []schemaBox, arrows []pairOfBoxes, starts []float64) []curve {
	out := make([]curve, len(arrows))
	loops := map[float64]float64{} // of each column
	for i, a := range arrows {
		from, to := boxes[a.from], boxes[a.to]
		start, end := dot{from.X + from.W, starts[i]}, dot{to.X + to.W, to.Y + boxHead/2}
		switch {
		case from.X+from.W <= to.X:
			end.x = to.X
		case to.X+to.W <= from.X:
			start.x = from.X
		default: // in the same column: around its right side
			bulge := start.x + 36 + 14*math.Mod(loops[from.X], 6)
			loops[from.X]++
			out[i] = curve{start, {bulge, start.y}, {bulge, end.y}, end}
			continue
		}
		middle := (start.x + end.x) / 2
		out[i] = curve{start, {middle, start.y}, {middle, end.y}, end}
	}
	return out
}

// linkText says by which predicates a class leads to another one.
func linkText(relations []schemaRelation, names map[store.ID]propertyView, to string) string {
	by := ""
	for i, r := range relations {
		if i == linkNames {
			by += fmt.Sprintf(" +%d", len(relations)-linkNames)
			break
		}
		if i > 0 {
			by += ", "
		}
		by += names[r.predicate].Name
	}
	return cut(by, boxChars-3-min(len([]rune(to)), boxChars/2)) + " → " + cut(to, boxChars/2)
}

func bezier(t, a, b, c, d float64) float64 {
	u := 1 - t
	return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// levels gives each of n nodes the length of the shortest way from where the walk that reached it began. Walks begin at the node
// that leads to most more than is led to from it, first weights first.
func levels(n int, edges func(yield func(from, to int)), weight func(int) int) []int {
	next := make([][]int, n)
	edges(func(from, to int) { next[from] = append(next[from], to) })
	starts := make([]int, n)
	for i := range starts {
		starts[i] = i
	}
	slices.SortStableFunc(starts, func(a, b int) int { return weight(b) - weight(a) })
	level := make([]int, n)
	seen := make([]bool, n)
	for _, s := range starts {
		if seen[s] {
			continue
		}
		seen[s] = true
		for queue := []int{s}; len(queue) > 0; queue = queue[1:] {
			for _, to := range next[queue[0]] {
				if !seen[to] {
					seen[to] = true
					level[to] = level[queue[0]] + 1
					queue = append(queue, to)
				}
			}
		}
	}
	return level
}
