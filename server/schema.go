package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"triplestore/rdf"
	"triplestore/store"
)

// The diagram of the data: which classes there are, what their instances say, and what ties them together. It is drawn from instances, not from
// an ontology: from all of them where there are few, else from the first ones of each class.

const (
	drawnClasses     = 12 // unless more are asked for
	sampledInstances = 400
	sampledQuads     = 300 // of an instance
	drawnEdges       = 30
	shownAttributes  = 6
	keptSchemas      = 8
	schemaTime       = 20 * time.Second
)

// schemaSizes are the numbers of classes that a reader can choose; more than the last are not to be read in a picture.
var schemaSizes = []int{drawnClasses, 24, 48}

// schemaSize reads the parameter classes: one of schemaSizes, or else the least of them that is not below it.
func schemaSize(r *http.Request) int {
	asked, err := strconv.Atoi(r.URL.Query().Get("classes"))
	if err != nil {
		return drawnClasses
	}
	for _, n := range schemaSizes {
		if asked <= n {
			return n
		}
	}
	return schemaSizes[len(schemaSizes)-1]
}

// schemaChoice is a number of classes to draw.
type schemaChoice struct {
	Text, Href string
	Chosen     bool
}

// schemaChoices are the numbers that make a difference where there are so many classes; none where there is no choice.
func schemaChoices(p *page, classes, chosen int) []schemaChoice {
	if classes <= schemaSizes[0] {
		return nil
	}
	var out []schemaChoice
	for i, n := range schemaSizes {
		if i > 0 && schemaSizes[i-1] >= classes {
			break
		}
		out = append(out, schemaChoice{strconv.Itoa(min(n, classes)), schemaPath + "?classes=" + strconv.Itoa(n) + "&lang=" + p.M.Lang, n == chosen})
	}
	return out
}

// schemaGraph is what was found.
type schemaGraph struct {
	classes   []schemaClass
	relations []schemaRelation // most statements first
	sampled   bool             // some classes have more instances than were looked at
}

// named is the diagram with the classes' labels in the reader's language; what is kept was found for the first who asked.
func (g *schemaGraph) named(classes []vocabularyTerm) *schemaGraph {
	terms := map[store.ID]vocabularyTerm{}
	for _, c := range classes {
		terms[c.id] = c
	}
	out := *g
	out.classes = slices.Clone(g.classes)
	for i, c := range out.classes {
		if t, ok := terms[c.term.id]; ok {
			out.classes[i].term = t
		}
	}
	return &out
}

type schemaClass struct {
	term       vocabularyTerm
	attributes []schemaAttribute
}

type schemaAttribute struct {
	predicate store.ID
	count     uint64
	self      bool // it leads to the class itself
}

// schemaRelation leads from a class by a predicate to a class, or to what has no class (-1).
type schemaRelation struct {
	from, to  int
	predicate store.ID
	count     uint64
}

// schemas keeps the diagrams that were made last, by state and scope.
type schemas struct {
	mu   sync.Mutex
	made map[string]*schemaGraph
	turn chan struct{}
}

func (k *schemas) get(key string) *schemaGraph {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.made[key]
}

func (k *schemas) put(key string, g *schemaGraph) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.made == nil || len(k.made) >= keptSchemas {
		k.made = map[string]*schemaGraph{}
	}
	k.made[key] = g
}

// schemaOf is the diagram of so many classes, the most used ones.
func (s *Server) schemaOf(ctx context.Context, snap store.Snapshot, classes []vocabularyTerm, drawn int) (*schemaGraph, error) {
	classes = classes[:min(len(classes), drawn)]
	key := s.stateKey(ctx, snap.Commit()) + " " + strconv.Itoa(len(classes))
	if g := s.diagrams.get(key); g != nil {
		return g, nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(s.c.Timeout, schemaTime))
	defer cancel()
	select {
	case s.diagrams.turn <- struct{}{}:
		defer func() { <-s.diagrams.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if g := s.diagrams.get(key); g != nil {
		return g, nil
	}
	g, err := findSchema(ctx, snap, classes)
	if err != nil {
		return nil, err
	}
	s.diagrams.put(key, g)
	return g, nil
}

// findSchema looks at instances of the classes that are drawn.
func findSchema(ctx context.Context, snap store.Snapshot, classes []vocabularyTerm) (*schemaGraph, error) {
	g := &schemaGraph{}
	typ, ok, err := snap.ID(rdf.IRI(rdfType))
	if err != nil || !ok {
		return g, err
	}
	d := &describer{ctx: ctx, snap: snap}
	index := map[store.ID]int{}
	for i, c := range classes {
		index[c.id] = i
		g.classes = append(g.classes, schemaClass{term: c})
	}
	// The class of a resource is the rarest one that is drawn: of those that it has, that one tells most.
	known := map[store.ID]int{}
	classOf := func(id store.ID) (int, error) {
		if c, ok := known[id]; ok {
			return c, nil
		}
		best := -1
		err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id, typ}}, func(q store.Quad) bool {
			if c, ok := index[q[store.O]]; ok && c > best { // they come with the most used first
				best = c
			}
			return true
		})
		known[id] = best
		return best, err
	}
	type key struct {
		from, to  int
		predicate store.ID
	}
	relations, attributes := map[key]uint64{}, map[key]uint64{}
	for i, c := range classes {
		var instances []store.ID
		if err := d.scan(store.Range{Order: store.POSG, Prefix: []store.ID{typ, c.id}}, func(q store.Quad) bool {
			if n := len(instances); n == 0 || instances[n-1] != q[store.S] {
				instances = append(instances, q[store.S])
			}
			return len(instances) < sampledInstances
		}); err != nil {
			return nil, err
		}
		scale := uint64(1)
		if n := uint64(len(instances)); n > 0 && c.Count > n {
			g.sampled = true
			scale = max(1, (c.Count+n/2)/n)
		}
		for _, instance := range instances {
			if of, err := classOf(instance); err != nil {
				return nil, err
			} else if of != i {
				continue // it counts for a rarer class
			}
			var quads []store.Quad
			if err := d.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{instance}}, func(q store.Quad) bool {
				if n := len(quads); n == 0 || quads[n-1][store.P] != q[store.P] || quads[n-1][store.O] != q[store.O] {
					quads = append(quads, q)
				}
				return len(quads) < sampledQuads
			}); err != nil {
				return nil, err
			}
			for _, q := range quads {
				if q[store.P] == typ {
					continue
				}
				if q[store.O].IsLiteral() {
					attributes[key{i, -1, q[store.P]}] += scale
					continue
				}
				to, err := classOf(q[store.O])
				if err != nil {
					return nil, err
				}
				relations[key{i, to, q[store.P]}] += scale
			}
		}
	}
	for k, n := range relations {
		if k.to == k.from {
			g.classes[k.from].attributes = append(g.classes[k.from].attributes, schemaAttribute{k.predicate, n, true})
		}
		g.relations = append(g.relations, schemaRelation{k.from, k.to, k.predicate, n})
	}
	for k, n := range attributes {
		g.classes[k.from].attributes = append(g.classes[k.from].attributes, schemaAttribute{k.predicate, n, false})
	}
	for i := range g.classes {
		slices.SortFunc(g.classes[i].attributes, func(a, b schemaAttribute) int {
			return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.predicate, b.predicate))
		})
	}
	slices.SortFunc(g.relations, func(a, b schemaRelation) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.predicate, b.predicate))
	})
	return g, nil
}

type schemaPage struct {
	*page
	Sentence  string
	Choices   []schemaChoice
	Picture   *schemaPicture
	Relations []relationRow
}

type relationRow struct {
	From, By, To propertyView
	Count        string
}

func (s *Server) schema(ctx context.Context, w http.ResponseWriter, r *http.Request, snap store.Snapshot, p *page, v *vocabulary) error {
	p.Title, p.Wide = p.M.Diagram, true
	size := schemaSize(r)
	g, err := s.schemaOf(ctx, snap, v.Classes, size)
	if err != nil {
		return err
	}
	g = g.named(v.Classes)
	names := map[store.ID]propertyView{}
	for _, t := range v.Predicates {
		names[t.id] = t.view(p)
	}
	page := &schemaPage{page: p, Sentence: fmt.Sprintf(p.M.SchemaSentence, len(g.classes), p.M.ClassWord.count(uint64(len(v.Classes)))), Choices: schemaChoices(p, len(v.Classes), size)}
	if g.sampled {
		page.Sentence += " " + fmt.Sprintf(p.M.SchemaSampled, sampledInstances)
	}
	about := ""
	if g.sampled {
		about = "≈ "
	}
	for i, rel := range g.relations {
		if i == 500 {
			break
		}
		row := relationRow{From: g.classes[rel.from].term.view(p), By: names[rel.predicate], Count: about + formatCount(rel.count), To: propertyView{Name: p.M.NoClass}}
		if rel.to >= 0 {
			row.To = g.classes[rel.to].term.view(p)
		}
		page.Relations = append(page.Relations, row)
	}
	page.Picture = drawSchema(g, p, names)
	return s.render(w, r, http.StatusOK, "schema", page)
}
