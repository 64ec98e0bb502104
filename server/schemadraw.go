package server

import (
	"cmp"
	"fmt"
	"math"
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
	leastGap     = 200.0
	mostGap      = 460.0
	gapPerArrow  = 18.0
	rowGap       = 40.0
	columnHeight = 1100.0
	edgeNames    = 2 // predicates that an arrow names
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
	// A gap between columns is as wide as the names of the arrows through it want.
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
	right := 0.0
	for _, b := range boxes {
		right = max(right, b.X+b.W)
	}
	for i, curve := range curves(boxes, order) {
		e := schemaEdge{D: curve.path(), Label: edgeLabel(edges[order[i]], names)}
		var covers area
		e.X, e.Y, covers = settle(e.Label, curve, taken)
		taken = append(taken, covers)
		right = max(right, covers.x2, curve.at(0.5).x)
		pic.Edges = append(pic.Edges, e)
	}
	pic.Width = right + 16
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

// curves draws the arrows between boxes. Those that meet a side of a box share its height, in the order of where they come from.
func curves(boxes []schemaBox, arrows []pairOfBoxes) []curve {
	type port struct {
		box  int
		left bool
	}
	type end struct {
		arrow, at int // at is 0 where the arrow begins, 3 where it ends
		toward    float64
	}
	sides := map[port][]end{}
	out := make([]curve, len(arrows))
	for i, a := range arrows {
		from, to := boxes[a.from], boxes[a.to]
		fromLeft, toLeft := false, false // in the same column: around the right side
		switch {
		case from.X+from.W <= to.X:
			toLeft = true
		case to.X+to.W <= from.X:
			fromLeft = true
		}
		sides[port{a.from, fromLeft}] = append(sides[port{a.from, fromLeft}], end{i, 0, to.Y + to.H/2})
		sides[port{a.to, toLeft}] = append(sides[port{a.to, toLeft}], end{i, 3, from.Y + from.H/2})
	}
	for p, list := range sides {
		b := boxes[p.box]
		slices.SortFunc(list, func(x, y end) int { return cmp.Or(cmp.Compare(x.toward, y.toward), x.arrow-y.arrow, x.at-y.at) })
		for i, e := range list {
			d := dot{b.X + b.W, b.Y + b.H*float64(i+1)/float64(len(list)+1)}
			if p.left {
				d.x = b.X
			}
			out[e.arrow][e.at] = d
		}
	}
	loops := 0.0
	for i := range out {
		c := &out[i]
		if middle := (c[0].x + c[3].x) / 2; boxes[arrows[i].from].X != boxes[arrows[i].to].X {
			c[1], c[2] = dot{middle, c[0].y}, dot{middle, c[3].y}
			continue
		}
		bulge := max(c[0].x, c[3].x) + 46 + 22*math.Mod(loops, 5)
		loops++
		c[1], c[2] = dot{bulge, c[0].y}, dot{bulge, c[3].y}
	}
	return out
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

func (a area) common(b area) float64 {
	return max(0, min(a.x2, b.x2)-max(a.x1, b.x1)) * max(0, min(a.y2, b.y2)-max(a.y1, b.y1))
}

// settle finds a place on the curve where a label covers nothing, as near to the middle as there is one, or else as little as can be.
func settle(label string, c curve, taken []area) (x, y float64, covers area) {
	half := 3.3*float64(len([]rune(label))) + 4
	best, least := area{}, math.Inf(1)
	for i := range 45 {
		d := c.at(0.5 + float64((i+1)/2)*0.02*float64(1-2*(i%2)))
		place := area{d.x - half, d.y - 9, d.x + half, d.y + 7}
		covered := 0.0
		for _, t := range taken {
			covered += place.common(t)
		}
		if covered < least {
			best, least = place, covered
		}
		if covered == 0 {
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
