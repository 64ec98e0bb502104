package server

import (
	"cmp"
	"fmt"
	"slices"

	"triplestore/store"
)

// The picture of a schemaGraph: classes as boxes in columns, so that most arrows lead from left to right.

type schemaPicture struct {
	Width, Height float64
	Label         string
	Boxes         []schemaBox
	Edges         []schemaEdge
}

type schemaBox struct {
	X, Y, W, H, TextX, TextY float64
	Name, Count              string
	Attributes               []schemaText
}

type schemaText struct {
	X, Y float64
	Text string
}

type schemaEdge struct {
	D, Label string
	X, Y     float64
}

const (
	boxWidth     = 210.0
	boxHead      = 34.0
	boxLine      = 17.0
	columnGap    = 200.0
	rowGap       = 34.0
	columnHeight = 1100.0
	edgeNames    = 2 // predicates that an arrow names
)

// drawSchema lays out the classes that are tied to others, and then the ones that are not. Nil for no classes.
func drawSchema(g *schemaGraph, p *page, names map[store.ID]propertyView) *schemaPicture {
	if len(g.classes) == 0 {
		return nil
	}
	type pair struct{ from, to int }
	edges := map[pair][]schemaRelation{}
	var order []pair
	for _, r := range g.relations {
		if r.to < 0 || r.to == r.from {
			continue
		}
		k := pair{r.from, r.to}
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
		return boxHead + boxLine*float64(min(len(g.classes[i].attributes), shownAttributes)) + 8
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
	x := 12.0
	place := func(list []int, at float64) {
		y := 12.0
		for _, i := range list {
			if y > 12 && y+height(i) > columnHeight {
				at += boxWidth + columnGap/2
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
		place(list, x)
		x += boxWidth + columnGap
	}
	var alone []int
	for i := range g.classes {
		if out[i]+in[i] == 0 {
			alone = append(alone, i)
		}
	}
	if len(alone) > 0 {
		place(alone, x)
		x += boxWidth + columnGap
	}
	pic.Width = x - columnGap + 24
	for i := range boxes {
		b, c := &boxes[i], g.classes[i]
		view := c.term.view(p)
		b.Name, b.Count = cut(view.Name, 20), view.Total
		for k, a := range c.attributes[:min(len(c.attributes), shownAttributes)] {
			text := names[a.predicate].Name
			if a.self {
				text = "↻ " + text
			}
			b.Attributes = append(b.Attributes, schemaText{b.X + 12, b.Y + boxHead + boxLine*float64(k) + 16, cut(text, 26)})
		}
	}
	pic.Boxes = boxes
	var taken []area
	for _, b := range boxes {
		taken = append(taken, area{b.X - 2, b.Y, b.X + b.W + 2, b.Y + b.H})
	}
	for n, k := range order {
		e, curve := edge(boxes[k.from], boxes[k.to], n)
		e.Label = edgeLabel(edges[k], names)
		var covers area
		e.X, e.Y, covers = settle(e.Label, curve, taken)
		taken = append(taken, covers)
		pic.Edges = append(pic.Edges, e)
	}
	return pic
}

// edge draws an arrow; n sets apart the ones that run beside each other.
func edge(a, b schemaBox, n int) (e schemaEdge, curve [8]float64) {
	shift := float64(n%3-1) * 7
	ay, by := a.Y+a.H/2+shift, b.Y+b.H/2+shift
	var x1, x2, c1, c2 float64
	switch {
	case a.X+a.W <= b.X: // to the right
		x1, x2 = a.X+a.W, b.X
		c1, c2 = (x1+x2)/2, (x1+x2)/2
	case b.X+b.W <= a.X: // back to the left
		x1, x2 = a.X, b.X+b.W
		c1, c2 = (x1+x2)/2, (x1+x2)/2
	default: // in the same column, around the right side
		x1, x2 = a.X+a.W, b.X+b.W
		c1 = x1 + 50 + 12*float64(n%4)
		c2 = c1
	}
	e.D = fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", x1, ay, c1, ay, c2, by, x2, by)
	return e, [8]float64{x1, c1, c2, x2, ay, ay, by, by}
}

// edgeLabel names the predicates of an arrow.
func edgeLabel(relations []schemaRelation, names map[store.ID]propertyView) (label string) {
	for i, r := range relations {
		if i == edgeNames {
			return label + fmt.Sprintf(" +%d", len(relations)-edgeNames)
		}
		if i > 0 {
			label += ", "
		}
		label += cut(names[r.predicate].Name, 20)
	}
	return label
}

// area is what a label or a box covers.
type area struct{ x1, y1, x2, y2 float64 }

func (a area) meets(b area) bool { return a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2 }

// settle finds a place on the curve where a label covers nothing, as near to the middle as there is one.
func settle(label string, curve [8]float64, taken []area) (x, y float64, covers area) {
	half := 3.3*float64(len([]rune(label))) + 4
	at := func(t float64) area {
		x, y := bezier(t, curve[0], curve[1], curve[2], curve[3]), bezier(t, curve[4], curve[5], curve[6], curve[7])
		return area{x - half, y - 9, x + half, y + 7}
	}
	best := at(0.5)
	for i := range 41 {
		t := 0.5 + float64((i+1)/2)*0.02*float64(1-2*(i%2))
		if place := at(t); !slices.ContainsFunc(taken, place.meets) {
			best = place
			break
		}
	}
	return (best.x1 + best.x2) / 2, best.y1 + 13, best
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
