package server

import (
	"slices"
	"strconv"
	"strings"

	"triplestore/store"
	"triplestore/vocab"
)

// Where statements come from: the graphs that they are stated in, and what those graphs say about themselves.

// shownGraphs is how many graphs a page names as the places of its statements.
const shownGraphs = 20

// origin is a graph that statements of a page are from.
type origin struct {
	Number int
	Graph  termView
	// Source and Publisher are what the graph says of itself; Time is when it was made or changed last.
	Source, Publisher *termView
	Time              string
}

// mark points from a value to an origin.
type mark struct {
	Number int
	Title  string
}

// origins tells for the statements of a resource which graphs they are in. Statements of the default graph have no mark.
type origins struct {
	list  []origin
	at    map[[2]store.ID][]int // of predicate and object: indexes into list
	mixed bool                  // statements are of more than one origin, so that each needs its mark
	more  bool                  // there are more graphs than are listed
}

func (v *viewer) originsOf(id store.ID) *origins {
	o := &origins{at: map[[2]store.ID][]int{}}
	var graphs []store.ID
	index := map[store.ID]int{}
	inDefault := false
	rows := 0
	take := func(q store.Quad) bool {
		rows++
		g := q[store.G]
		if g == store.DefaultGraph {
			inDefault = true
			return rows < distinctLimit
		}
		i, ok := index[g]
		if !ok {
			if len(graphs) == shownGraphs {
				o.more = true
				return rows < distinctLimit
			}
			i = len(graphs)
			index[g] = i
			graphs = append(graphs, g)
		}
		key := [2]store.ID{q[store.P], q[store.O]}
		o.at[key] = append(o.at[key], i)
		return rows < distinctLimit
	}
	quads, all, err := v.statements(id)
	v.check(err)
	if all {
		for _, q := range quads {
			take(q)
		}
	} else {
		v.check(v.scan(store.Range{Order: store.SPOG, Prefix: []store.ID{id}}, take))
	}
	o.mixed = len(graphs) > 1 || len(graphs) == 1 && inDefault
	v.check(v.fetch(graphs))
	for i, g := range graphs {
		o.list = append(o.list, v.origin(i+1, g))
	}
	return o
}

var (
	sourceProperties    = []string{vocab.DCTSource, vocab.PROV + "hadPrimarySource", vocab.PROV + "wasDerivedFrom", vocab.DCAT + "downloadURL", vocab.DCAT + "accessURL"}
	publisherProperties = []string{vocab.DCT + "publisher", vocab.PROV + "wasAttributedTo", vocab.DCT + "creator"}
	timeProperties      = []string{vocab.PROV + "generatedAtTime", vocab.PROVEndedAtTime, vocab.DCTModified, vocab.PROVStartedAtTime, vocab.DCTIssued, vocab.DCT + "created"}
)

// origin reads what is said about a graph, and about the activity that made it.
func (v *viewer) origin(number int, graph store.ID) origin {
	o := origin{Number: number, Graph: v.term(graph, v.terms[graph])}
	o.Graph.Outside = ""
	best := map[*[]string]int{}
	read := func(of store.ID) (activity store.ID) {
		quads, err := v.first(of, 200)
		v.check(err)
		ids := make([]store.ID, 0, 2*len(quads))
		for _, q := range quads {
			ids = append(ids, q[store.P], q[store.O])
		}
		v.check(v.fetch(ids))
		for _, q := range quads {
			p, t := v.terms[q[store.P]].Value(), v.terms[q[store.O]]
			if p == vocab.PROVWasGeneratedBy && !t.IsLiteral() {
				activity = q[store.O]
			}
			for _, kind := range []*[]string{&sourceProperties, &publisherProperties, &timeProperties} {
				i := slices.Index(*kind, p)
				if i < 0 {
					continue
				}
				if was, ok := best[kind]; ok && was <= i {
					continue
				}
				best[kind] = i
				view := v.term(q[store.O], t)
				switch kind {
				case &sourceProperties:
					o.Source = &view
				case &publisherProperties:
					view.Outside = ""
					o.Publisher = &view
				default:
					o.Time = readableTime(t.Value())
				}
			}
		}
		return activity
	}
	if activity := read(graph); activity != store.NoID {
		read(activity)
	}
	return o
}

// readableTime writes a dateTime as people do; what is none stays.
func readableTime(s string) string {
	day, clock, ok := strings.Cut(s, "T")
	if !ok || len(day) < 10 {
		return s
	}
	zone := ""
	if strings.HasSuffix(clock, "Z") {
		zone = " UTC"
	} else if i := strings.LastIndexAny(clock, "+-"); i > 0 {
		zone = " " + clock[i:]
	}
	if len(clock) >= 5 {
		clock = clock[:5]
	}
	return day + " " + clock + zone
}

// marks are those of a value; nil where all statements are of one origin.
func (o *origins) marks(predicate, object store.ID) (out []mark) {
	if o == nil || !o.mixed {
		return nil
	}
	for _, i := range slices.Compact(slices.Clone(o.at[[2]store.ID{predicate, object}])) {
		out = append(out, mark{o.list[i].Number, o.list[i].Graph.Text})
	}
	return out
}

func (m mark) String() string { return strconv.Itoa(m.Number) }
