package optimizer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"triplestore/rdf"
	"triplestore/sparql/algebra"
	"triplestore/sparql/syntax"
	"triplestore/store"
)

// readSnapshot counts what is read of it.
type readSnapshot struct {
	store.Snapshot
	picked, counted, scanned int // rows that were picked, ranges that were counted and scanned
}

func (s *readSnapshot) Pick(r store.Range, places []uint64, to []store.Quad) ([]store.Quad, error) {
	s.picked += len(places)
	return s.Snapshot.(store.Picker).Pick(r, places, to)
}

func (s *readSnapshot) Count(r store.Range) (uint64, error) {
	s.counted++
	return s.Snapshot.Count(r)
}

// samplingPlanner is a planner that draws so many rows, and as many as it may in all, whatever it plans.
func samplingPlanner(t *testing.T, snap store.Snapshot, rows int) *planner {
	t.Helper()
	p := &planner{effort: newEffort(), want: -1, scopes: map[algebra.Op]scope{}, owns: map[algebra.Op]Node{}, shared: &shared{ctx: t.Context(), snap: snap,
		stats: newStats(t.Context(), snap, nil), sampler: newSampler(snap, false), names: map[string]int{}, rows: map[algebra.Op]int{},
		localIDs: map[rdf.Term]store.ID{}, subs: map[any]int{}, outer: map[any][]string{}}}
	p.sampler.rows, p.sampler.left = rows, maxSampled
	if err := p.resolveDataset(algebra.Dataset{}); err != nil {
		t.Fatal(err)
	}
	p.graph = p.dataset.def
	return p
}

func opOf(t *testing.T, text string) algebra.Op {
	t.Helper()
	tree, err := syntax.ParseQuery("PREFIX : <http://e/> SELECT * { "+text+" }", syntax.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := algebra.Translate(tree)
	if err != nil {
		t.Fatal(err)
	}
	return q.Pattern
}

// writtenPatterns are the triple patterns of a query in the order in which they are written.
func writtenPatterns(t *testing.T, p *planner, text string) (out []*Pattern) {
	t.Helper()
	g, err := p.collect(opOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range g.items {
		if it.pattern == nil {
			t.Fatalf("%s: not only patterns", text)
		}
		out = append(out, it.pattern)
	}
	return out
}

// joinSampleOf samples the joins of patterns in the order in which they are written.
func joinSampleOf(t *testing.T, p *planner, text string) *joinSample {
	t.Helper()
	var s *joinSample
	for i, x := range writtenPatterns(t, p, text) {
		st, err := p.patternStats(x)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			s = p.patternSample(x, &st)
		} else if s, err = p.match(s, x, &st, Set{}); err != nil {
			t.Fatal(err)
		}
		if s == nil {
			t.Fatalf("%s: pattern %d is not sampled", text, i)
		}
	}
	return s
}

func node(f string, a ...any) rdf.Term { return rdf.IRI("http://e/" + fmt.Sprintf(f, a...)) }

// correlated are things of 50 types, of which one type alone has :a and :b; those of another have :link to things that have 10 of :deep
// each, while all others have a :link to things that have none. Few :kind have most things. All have the same :all.
func correlated(n int) (quads []rdf.Quad, kinds []int) {
	add := func(s rdf.Term, p string, o rdf.Term) { quads = append(quads, rdf.Quad{S: s, P: node("%s", p), O: o}) }
	for i := range n {
		s := node("s%d", i)
		add(s, "type", node("T%d", i%50))
		if i%50 == 7 {
			add(s, "a", node("a%d", i))
			add(s, "b", node("b%d", i))
		}
		add(s, "link", node("l%d", i))
		if i%50 == 9 {
			for k := range 10 {
				add(node("l%d", i), "deep", node("d%d", i*10+k))
				add(node("d%d", i*10+k), "end", node("e"))
			}
		}
		add(s, "all", node("same"))
		kind := kindOfThing(i)
		for len(kinds) <= kind {
			kinds = append(kinds, 0)
		}
		kinds[kind]++
		add(s, "kind", node("k%d", kind))
		add(node("x%d", i), "apart", node("y%d", i))
	}
	add(node("s3"), "once", node("T3"))
	return quads, kinds
}

// kindOfThing is one of 40, the first much more often.
func kindOfThing(i int) int { return int(math.Pow(float64(i%997)/997, 6) * 40) }

// TestJoinsAreEstimated: what is estimated by draws is within a factor of the size that the data were made to have, the same each time, and
// takes no more reads than there are rows to draw and to count.
func TestJoinsAreEstimated(t *testing.T) {
	t.Parallel()
	const n = 6000
	quads, kinds := correlated(n)
	pairs := 0
	for _, k := range kinds {
		pairs += k * k
	}
	snap := snapshotOf(t, quads)
	for _, test := range []struct {
		text   string
		size   float64
		factor float64
		joins  int
	}{
		{"?s :type ?t . ?s :all ?o", n, 1.01, 1},
		{"?a :all ?o . ?b :all ?o", n * n, 1.01, 1},           // all equal
		{"?a :kind ?k . ?b :kind ?k", float64(pairs), 1.2, 1}, // skewed
		{"?a :kind ?k . ?b :kind ?k . ?a :all ?o", float64(pairs), 1.2, 2},
		{"?s :type :T7 . ?s :a ?x . ?s :b ?y", n / 50, 1.01, 2}, // independent: 0.05
		{"?s :a ?x . ?s :b ?y . ?s :type :T7", n / 50, 1.01, 2},
		{"?s :type :T8 . ?s :a ?x", 0, 1, 1}, // all are drawn that there are, and none matches
		{"?s :type :T9 . ?s :link ?l . ?l :deep ?d . ?d :end ?e", n / 5, 1.01, 3},
		{"?s :link ?l . ?l :deep ?d", n / 5, 6, 1}, // one in 50 has any: few of a draw, or none
		{"?d :end ?e . ?l :deep ?d . ?s :link ?l . ?s :type :T9", n / 5, 1.01, 3},
		{"?s :link ?x . ?x :apart ?y", 0, 1 * 50, 1}, // none of a draw matches: about one in twice as many
		{"?s :once ?t . ?s :type ?t", 1, 1, 1},       // one row, two variables bound
		{"?s :once ?t . ?s :kind ?k . ?b :kind ?k", float64(kinds[0]), 1, 2},
	} {
		read := &readSnapshot{Snapshot: snap}
		p := samplingPlanner(t, read, drawMost)
		s := joinSampleOf(t, p, test.text)
		least, most := test.size/test.factor, test.size*test.factor
		if test.size == 0 && test.factor > 1 {
			most = test.factor
		}
		if s.size < least*(1-1e-9) || s.size > most*(1+1e-9) {
			t.Errorf("%s: %.4g rows are estimated, there are %.4g", test.text, s.size, test.size)
		}
		if left := maxSampled - p.sampler.left; read.picked > left || read.picked > drawMost*test.joins {
			t.Errorf("%s: %d rows are picked for %d joins, %d are accounted for", test.text, read.picked, test.joins, left)
		}
		// Besides one count for each row, each pattern is counted once.
		if most := (drawMost + 1) * (test.joins + 1); read.counted > most {
			t.Errorf("%s: %d ranges are counted, %d at most are to be", test.text, read.counted, most)
		}
		if again := joinSampleOf(t, samplingPlanner(t, snap, drawMost), test.text); again.size != s.size || again.key != s.key || !slices.Equal(again.slots, s.slots) {
			t.Errorf("%s: %v rows, and then %v", test.text, s.size, again.size)
		}
	}
}

// TestFewOfADrawMatch: few things are makers, and a few of these have most works. How many rows of a draw have a match tells how many makers
// there are, and hardly what they made: it may have the one of most works among them, or none of all.
func TestFewOfADrawMatch(t *testing.T) {
	t.Parallel()
	for seed := range 3 {
		const things, makers = 20000, 600
		made := [2]int{}
		var quads []rdf.Quad
		for i := range things {
			quads = append(quads, rdf.Quad{S: node("t%d-%d", seed, i), P: node("at"), O: node("place%d", i%2)})
		}
		for k := range makers {
			at := k*(things/makers) + (k*7+seed)%(things/makers)
			for w := range 1 + 2000/((k*k+seed)%makers+1) {
				quads = append(quads, rdf.Quad{S: node("w%d-%d-%d", seed, k, w), P: node("maker"), O: node("t%d-%d", seed, at)})
				made[at%2]++
			}
		}
		for i := range 20 * 400 { // 10 things are themes
			quads = append(quads, rdf.Quad{S: node("d%d-%d", seed, i), P: node("theme"), O: node("t%d-%d", seed, i%10*1900+seed)})
		}
		snap := snapshotOf(t, quads)
		for _, test := range []struct {
			text string
			size int
		}{
			{"?t :at :place0 . ?w :maker ?t", made[0]},
			{"?t :at :place1 . ?w :maker ?t", made[1]},
			{"?t :at ?p . ?w :maker ?t", made[0] + made[1]},
			{"?t :at ?p . ?d :theme ?t", 20 * 400},
		} {
			s := joinSampleOf(t, samplingPlanner(t, snap, drawMost), test.text)
			if f := s.size / float64(test.size); f < 0.25 || f > 4 {
				t.Errorf("seed %d, %s: %.4g rows are estimated, there are %d", seed, test.text, s.size, test.size)
			}
		}
	}
}

// TestSampledGroup: a plan has the estimates of the samples where the group is large, and planning reads no more than it may.
func TestSampledGroup(t *testing.T) {
	t.Parallel()
	const n = 6000
	quads, kinds := correlated(n)
	var pairs, seventh float64
	for _, k := range kinds {
		pairs += float64(k * k)
	}
	for i := 7; i < n; i += 50 {
		seventh += float64(kinds[kindOfThing(i)])
	}
	snap := snapshotOf(t, quads)
	for _, test := range []struct {
		text string
		rows float64
	}{
		{"?a :kind ?k . ?b :kind ?k . ?a :all ?o . ?c :all ?o", pairs * n},
		{"?s :link ?l . ?l :deep ?d . ?s :all ?o . ?b :all ?o", n / 5 * n},
		{"?s :type :T9 . ?s :link ?l . ?s :all ?o . ?b :all ?o . ?b :type :T7 . ?b :a ?x", n / 50 * n / 50},
		{"?a :type ?t . ?a :kind ?k . ?b :kind ?k . ?b :type :T7 . ?b :a ?x . ?b :b ?y . ?b :all ?o . ?c :all ?o", seventh * n},
		{"?a :all ?o . ?b :all ?o . ?a :type ?t . ?b :type ?t", n * n / 50},
	} {
		read := &readSnapshot{Snapshot: snap}
		got := plan(t, read, "SELECT * { "+test.text+" }").Root.P().Rows
		if got < test.rows/1.5 || got > test.rows*1.5 {
			t.Errorf("%s: %.4g rows are estimated, there are %.4g", test.text, got, test.rows)
		}
		if read.picked == 0 || read.picked > maxSampled || read.counted > 2*maxSampled {
			t.Errorf("%s: planning picks %d rows and counts %d ranges", test.text, read.picked, read.counted)
		}
	}
	small := &readSnapshot{Snapshot: snapshotOf(t, quads[:60])}
	if plan(t, small, "SELECT * { ?s :type ?t . ?s :link ?l . ?s :all ?o }"); small.picked > fewSampled {
		t.Errorf("planning what takes no time to run picks %d rows", small.picked)
	}
}

// TestFilteredIsNotSampled: the values of a variable that is filtered are not those of a draw.
func TestFilteredIsNotSampled(t *testing.T) {
	t.Parallel()
	quads, _ := correlated(200)
	p := samplingPlanner(t, snapshotOf(t, quads), drawLeast)
	of := writtenPatterns(t, p, "?s :type ?t . ?s :kind ?k")
	st, err := p.patternStats(of[1])
	if err != nil {
		t.Fatal(err)
	}
	first, err := p.patternStats(of[0])
	if err != nil {
		t.Fatal(err)
	}
	s := p.patternSample(of[0], &first)
	for _, test := range []struct {
		filtered Set
		sampled  bool
	}{{Set{}, true}, {SetOf(p.slot("s")), false}, {SetOf(p.slot("t"), p.slot("k")), true}} {
		if x, err := p.match(s, of[1], &st, test.filtered); err != nil || (x != nil) != test.sampled {
			t.Errorf("filtered %v: sampled %v, %v", test.filtered.Slots(), x != nil, err)
		}
	}
}

// TestPlaces: places ascend, one in each of as many parts.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, n := range []uint64{0, 1, 7, 8, 9, 100, 12345, 1 << 40, math.MaxUint64} {
		for _, most := range []int{1, 4, 8, 128} {
			places, all := placesOf(n, most)
			if uint64(len(places)) != min(n, uint64(most)) || all != (n <= uint64(most)) {
				t.Errorf("%d of %d: %d places, all %v", most, n, len(places), all)
			}
			for i, x := range places {
				if x >= n || i > 0 && x <= places[i-1] {
					t.Fatalf("%d of %d: place %d is %d", most, n, i, x)
				}
				if !all && (x < mulDiv(n, uint64(i), uint64(most)) || x >= mulDiv(n, uint64(i)+1, uint64(most))) {
					t.Errorf("%d of %d: place %d, %d, is in another part", most, n, i, x)
				}
			}
		}
	}
}

// TestSampleKeys: samples of what is not the same have different keys, those of the same equal ones whatever the variables are called.
func TestSampleKeys(t *testing.T) {
	t.Parallel()
	quads, _ := correlated(60)
	for i, q := range slices.Clone(quads) {
		q.G = node("g%d", i%2)
		quads = append(quads, q)
	}
	snap := snapshotOf(t, quads)
	key := func(rows int, text string, graphs ...string) string {
		p := samplingPlanner(t, snap, rows)
		p.sampler.least = 1
		if len(graphs) > 0 {
			var d algebra.Dataset
			d.Set = true
			for _, g := range graphs {
				d.Default = append(d.Default, node("%s", g))
			}
			if err := p.resolveDataset(d); err != nil {
				t.Fatal(err)
			}
			p.graph = p.dataset.def
		}
		return joinSampleOf(t, p, text).key
	}
	keys := map[string]string{}
	different := func(what, key string) {
		if other, ok := keys[key]; ok {
			t.Errorf("%s has the key of %s", what, other)
		}
		keys[key] = what
	}
	for _, text := range []string{
		"?s :type ?t", "?s :link ?t", "?s :type :T1", "?s :type :T2", ":s1 :type ?t", "?s ?p ?t", "?s ?p :T1",
		"GRAPH ?g { ?s :type ?t }", "GRAPH :g0 { ?s :type ?t }", "GRAPH :g1 { ?s :type ?t }",
		"?s :type ?t . ?s :kind ?k", "?s :type ?t . ?k :kind ?s", "?s :type ?t . ?t :kind ?k", "?s :type ?t . ?k :kind ?t", "?s :type ?t . ?s :kind ?t",
		"?s :type ?t . ?t :kind ?s", "?s :kind ?k . ?s :type ?t", "?s :type ?t . ?s :kind :k0", "?s :type ?t . ?s ?p ?k", "?s :type ?t . ?s ?t ?k",
		"?s :type ?t . GRAPH :g0 { ?s :kind ?k }", "?s :type ?t . GRAPH ?g { ?s :kind ?k }", "GRAPH :g0 { ?s :type ?t } ?s :kind ?k",
		"?s :type ?t . ?s :kind ?k . ?s :all ?o", "?s :type ?t . ?s :kind ?k . ?b :all ?k", "?s :type ?t . ?s :kind ?k . ?b :all ?t",
	} {
		for _, rows := range []int{8, 16} {
			different(fmt.Sprint(rows, " of ", text), key(rows, text))
		}
	}
	for _, graphs := range [][]string{{"g0"}, {"g1"}, {"g0", "g1"}} {
		if len(graphs) == 1 {
			// That of one graph is the pattern of that graph, however it is named.
			if a, b := key(8, "?s :type ?t", graphs...), key(8, "GRAPH :"+graphs[0]+" { ?s :type ?t }"); a != b {
				t.Errorf("%v: keys differ", graphs)
			}
			continue
		}
		different(fmt.Sprint("FROM ", graphs), key(8, "?s :type ?t", graphs...))
	}
	if key(8, "?s :type ?t . ?s :kind ?k") != key(8, "?x :type ?y . ?x :kind ?z") {
		t.Error("the names of variables make another key")
	}
}

// TestDrawsBySort: what is drawn in another order, so that it is spread over another variable, is another draw.
func TestDrawsBySort(t *testing.T) {
	t.Parallel()
	quads, _ := correlated(2000)
	p := samplingPlanner(t, snapshotOf(t, quads), drawLeast)
	of := writtenPatterns(t, p, "?s :kind ?k")
	st, err := p.patternStats(of[0])
	if err != nil {
		t.Fatal(err)
	}
	s := p.patternSample(of[0], &st)
	for at, slot := range s.slots {
		d, err := s.pick(slot)
		if err != nil || d == nil || len(d.rows) != drawLeast || d.all {
			t.Fatal(d, err)
		}
		if !slices.IsSortedFunc(d.rows, func(a, b []store.ID) int { return int(int64(a[at]) - int64(b[at])) }) {
			t.Errorf("the draw by column %d is in another order", at)
		}
	}
}
