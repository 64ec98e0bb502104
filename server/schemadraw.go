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
		b.Name, b.Count = cut(view.Name, 22), view.Total
		for k, a := range c.attributes[:min(len(c.attributes), shownAttributes)] {
			text := names[a.predicate].Name
			if a.self {
				text = "↻ " + text
			}
			b.Attributes = append(b.Attributes, schemaText{b.X + 12, b.Y + boxHead + boxLine*float64(k) + 16, cut(text, 26)})
		}
	}
	pic.Boxes = boxes
	for n, k := range order {
		pic.Edges = append(pic.Edges, edge(boxes[k.from], boxes[k.to], n, edges[k], names))
	}
	return pic
}

// edge draws an arrow with the names of its predicates.
func edge(a, b schemaBox, n int, relations []schemaRelation, names map[store.ID]propertyView) schemaEdge {
	var e schemaEdge
	ay, by := a.Y+a.H/2, b.Y+b.H/2
	switch {
	case a.X+a.W <= b.X: // to the right
		x1, x2 := a.X+a.W, b.X
		bend := (x2 - x1) / 2
		e.D = fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", x1, ay, x1+bend, ay, x2-bend, by, x2, by)
		t := 0.42 + 0.06*float64(n%4) // labels of neighbours beside each other
		e.X, e.Y = bezier(t, x1, x1+bend, x2-bend, x2), bezier(t, ay, ay, by, by)-4
	case b.X+b.W <= a.X: // back to the left
		x1, x2 := a.X, b.X+b.W
		bend := (x1 - x2) / 2
		e.D = fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", x1, ay+10, x1-bend, ay+10, x2+bend, by+10, x2, by+10)
		t := 0.42 + 0.06*float64(n%4)
		e.X, e.Y = bezier(t, x1, x1-bend, x2+bend, x2), bezier(t, ay+10, ay+10, by+10, by+10)-4
	default: // in the same column, around the right side
		x := a.X + a.W
		reach := x + 50 + 12*float64(n%4)
		e.D = fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f", x, ay, reach, ay, reach, by, x, by)
		e.X, e.Y = bezier(0.5, x, reach, reach, x)+30, (ay+by)/2
	}
	for i, r := range relations {
		if i == edgeNames {
			e.Label += fmt.Sprintf(" +%d", len(relations)-edgeNames)
			break
		}
		if i > 0 {
			e.Label += ", "
		}
		e.Label += cut(names[r.predicate].Name, 20)
	}
	return e
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
