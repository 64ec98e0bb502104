package sparql

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"triplestore/rdf"
	"triplestore/sparql/results"
	"triplestore/store"
	"triplestore/store/memstore"
)

// endpoints answers SERVICE from stores in this process, as far as an engine is concerned.
type endpoints struct {
	engine *Engine
	snaps  map[string]store.Snapshot
	// change, if set, is asked before each answer, with the number of the request.
	change func(n int, endpoint string, h *results.Handler) error

	mu   sync.Mutex
	sent []string // endpoint and query
}

func (e *endpoints) Select(ctx context.Context, endpoint, query string, h results.Handler) error {
	e.mu.Lock()
	e.sent = append(e.sent, endpoint+"\n"+query)
	n := len(e.sent)
	e.mu.Unlock()
	if e.change != nil {
		if err := e.change(n, endpoint, &h); err != nil {
			return err
		}
	}
	snap, ok := e.snaps[endpoint]
	if !ok {
		return errors.New("nobody is there")
	}
	engine := e.engine
	if engine == nil {
		engine = NewEngine(Options{Service: e})
	}
	r, err := engine.Query(ctx, snap, query)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := h.Head(r.Vars()); err != nil {
		return err
	}
	for row, err := range r.Rows() {
		if err != nil {
			return err
		}
		if err := h.Row(row); err != nil {
			return err
		}
	}
	return nil
}

func (e *endpoints) Check(string) error { return nil }

const far = "http://far/sparql"

// federation has people here, and elsewhere what they know.
func federation(t *testing.T, people int) (store.Snapshot, *endpoints) {
	t.Helper()
	e := func(s string, i int) rdf.Term { return rdf.IRI(fmt.Sprintf("http://e/%s%d", s, i)) }
	var here, there []rdf.Quad
	for i := range people {
		here = append(here, rdf.Quad{S: e("a", i), P: rdf.IRI("http://e/name"), O: rdf.String(fmt.Sprintf("name %d", i))},
			rdf.Quad{S: e("a", i), P: rdf.IRI("http://e/endpoint"), O: rdf.IRI(far)})
		there = append(there, rdf.Quad{S: e("a", i), P: rdf.IRI("http://e/knows"), O: e("a", i+1)},
			rdf.Quad{S: rdf.String(fmt.Sprintf("name %d", i)), P: rdf.IRI("http://e/x"), O: e("a", i)})
		if i%2 == 0 {
			there = append(there, rdf.Quad{S: e("a", i), P: rdf.IRI("http://e/has"), O: rdf.BlankNode(fmt.Sprint("b", i))},
				rdf.Quad{S: rdf.BlankNode(fmt.Sprint("b", i)), P: rdf.IRI("http://e/weight"), O: rdf.Literal(fmt.Sprint(i), "http://www.w3.org/2001/XMLSchema#integer")})
		}
	}
	there = slices.DeleteFunc(there, func(q rdf.Quad) bool { return !q.S.IsIRI() && !q.S.IsBlankNode() })
	return snapshotOf(t, here), &endpoints{snaps: map[string]store.Snapshot{far: snapshotOf(t, there)}}
}

func solutions(t *testing.T, snap store.Snapshot, o Options, text string) ([]string, error) {
	t.Helper()
	return bag(NewEngine(o), snap, "PREFIX : <http://e/> "+text)
}

func TestServiceQueries(t *testing.T) {
	t.Parallel()
	const people = 1200
	snap, client := federation(t, people)
	for _, c := range []struct {
		name, query string
		rows        int
		first       string
	}{
		{"bound", "SELECT ?n ?k { ?s :name ?n SERVICE <http://far/sparql> { ?s :knows ?k } }", people, `["name 0" <http://e/a1>]`},
		{"alone", "SELECT ?s ?k { SERVICE <http://far/sparql> { ?s :knows ?k } }", people, ""},
		{"first", "SELECT ?n { SERVICE <http://far/sparql> { ?s :knows :a8 } ?s :name ?n }", 1, `["name 7"]`},
		{"one", "SELECT ?k { SERVICE <http://far/sparql> { ?s :knows ?k } ?s :name 'name 5' }", 1, "[<http://e/a6>]"},
		{"optional", "SELECT ?n ?w { ?s :name ?n OPTIONAL { SERVICE <http://far/sparql> { ?s :has/:weight ?w } } }", people, `["name 0" "0"^^<http://www.w3.org/2001/XMLSchema#integer>]`},
		{"minus", "SELECT ?n { ?s :name ?n MINUS { SERVICE <http://far/sparql> { ?s :has ?w } } }", people / 2, `["name 1"]`},
		{"exists", "SELECT ?n { ?s :name ?n FILTER EXISTS { SERVICE <http://far/sparql> { ?s :has ?w } } }", people / 2, `["name 0"]`},
		{"union", "SELECT ?k { ?s :name 'name 3' { SERVICE <http://far/sparql> { ?s :knows ?k } } UNION { SERVICE <http://far/sparql> { ?s :knows ?k } } }", 2, "[<http://e/a4>]"},
		{"variable", "SELECT ?k { ?s :name 'name 3' ; :endpoint ?e SERVICE ?e { ?s :knows ?k } }", 1, "[<http://e/a4>]"},
		{"variable first", "SELECT ?k { SERVICE ?e { ?s :knows ?k } ?s :name 'name 3' ; :endpoint ?e }", 1, "[<http://e/a4>]"},
		{"variable by VALUES", "SELECT ?k { VALUES ?e { <http://far/sparql> } SERVICE ?e { ?s :knows ?k } ?s :name 'name 3' }", 1, "[<http://e/a4>]"},
		{"variable by BIND", "SELECT ?k { ?s :name 'name 3' BIND (<http://far/sparql> AS ?e) SERVICE ?e { ?s :knows ?k } }", 1, "[<http://e/a4>]"},
		{"variable far off", "SELECT ?k { ?s :name 'name 3' . ?x :name 'name 5' ; :endpoint ?e . SERVICE ?e { ?s :knows ?k } }", 1, "[<http://e/a4>]"},
		{"variable in OPTIONAL", "SELECT ?k { ?s :name 'name 3' ; :endpoint ?e OPTIONAL { SERVICE ?e { ?s :knows ?k } } }", 1, "[<http://e/a4>]"},
		{"variable inside", "SELECT ?k { ?s :name 'name 3' ; :endpoint ?e SERVICE ?e { ?s :knows ?k BIND (<http://far/sparql> AS ?e) } }", 1, "[<http://e/a4>]"},
		{"variable inside that differs", "SELECT ?k { ?s :name 'name 3' ; :endpoint ?e SERVICE ?e { ?s :knows ?k BIND (1 AS ?e) } }", 0, ""},
		{"sub-select", "SELECT ?k { ?s :name 'name 3' { SELECT ?k ?s { SERVICE <http://far/sparql> { ?s :knows ?k . ?x :knows ?s } } } }", 1, "[<http://e/a4>]"},
		{"inner name", "SELECT ?s { ?s :name 'name 3' { SELECT (COUNT(?k) AS ?x) { SERVICE <http://far/sparql> { ?s :knows ?k } } } FILTER (?x = 1200) }", 1, "[<http://e/a3>]"},
		{"remote sub-select", "SELECT ?c { ?s :name 'name 3' SERVICE <http://far/sparql> { SELECT ?s (COUNT(*) AS ?c) { ?s :knows ?k } GROUP BY ?s } }", 1,
			`["1"^^<http://www.w3.org/2001/XMLSchema#integer>]`},
		{"remote filter", "SELECT ?n { ?s :name ?n SERVICE <http://far/sparql> { ?s :has/:weight ?w FILTER (?w > 1190) } }", 4, `["name 1192"]`},
		{"blank nodes agree", "SELECT ?w { SERVICE <http://far/sparql> { :a4 :has ?b . ?b :weight ?w } FILTER isBlank(?b) }", 1, ""},
		{"blank nodes differ", "SELECT ?w { SERVICE <http://far/sparql> { :a4 :has ?b } SERVICE <http://far/sparql> { ?b :weight ?w } }", 0, ""},
		{"two services", "SELECT ?n { ?s :name 'name 3' SERVICE <http://far/sparql> { ?s :knows ?k } SERVICE <http://far/sparql> { ?k :knows ?l } ?l :name ?n }", 1, `["name 5"]`},
		{"nested", "SELECT ?l { ?s :name 'name 3' SERVICE <http://far/sparql> { ?s :knows ?k SERVICE <http://far/sparql> { ?k :knows ?l } } }", 1, "[<http://e/a5>]"},
		{"no variables in common", "SELECT ?n ?k { ?s :name ?n SERVICE <http://far/sparql> { :a1 :knows ?k } }", people, `["name 0" <http://e/a2>]`},
		{"no variables", "SELECT ?n { ?s :name ?n SERVICE <http://far/sparql> { :a1 :knows :a2 } }", people, `["name 0"]`},
		{"no solutions", "SELECT ?n { ?s :name ?n SERVICE <http://far/sparql> { :a1 :knows :a1 } }", 0, ""},
		{"unbound here", "SELECT ?s ?k { VALUES (?s ?k) { (:a1 UNDEF) (UNDEF :a7) } SERVICE <http://far/sparql> { ?s :knows ?k } }", 2, "[<http://e/a1> <http://e/a2>]"},
		{"unbound in all", "SELECT ?s ?k { VALUES (?s ?k) { (:a1 :a9) (UNDEF UNDEF) } SERVICE <http://far/sparql> { ?s :knows ?k } }", people, "[<http://e/a0> <http://e/a1>]"},
		{"unbound there", "SELECT ?s ?w { VALUES (?s ?w) { (:a1 'x') (:a2 2) (:a2 3) } SERVICE <http://far/sparql> { ?s :knows ?k OPTIONAL { ?s :has/:weight ?w } } }", 2,
			`[<http://e/a1> "x"]`},
		{"lateral", "SELECT ?k { VALUES ?s { :a1 :a2 } LATERAL { SERVICE <http://far/sparql> { ?s :knows ?k } } }", 2, "[<http://e/a2>]"},
		{"overlapping", "SELECT ?k { VALUES (?s ?k) { (:a1 :a2) (:a1 UNDEF) (UNDEF :a2) } SERVICE <http://far/sparql> { ?s :knows ?k } }", 3, "[<http://e/a2>]"},
		{"duplicates", "SELECT ?k { VALUES (?s ?x) { (:a1 1) (:a1 2) (:a1 2) } SERVICE <http://far/sparql> { ?s :knows ?k } }", 3, "[<http://e/a2>]"},
		{"construct", "SELECT (COUNT(*) AS ?c) { ?s :name ?n SERVICE <http://far/sparql> { ?s :knows ?k } }", 1, `["1200"^^<http://www.w3.org/2001/XMLSchema#integer>]`},
		{"exists with a filter", "SELECT ?n { ?s :name ?n FILTER (EXISTS { SERVICE <http://far/sparql> { ?s :has/:weight ?w } FILTER (?w < 3) } || ?n = 'name 5') FILTER (STRLEN(?n) = 6) }", 3, `["name 0"]`},
		{"named graphs", "SELECT ?k FROM NAMED <http://g> { ?s :name 'name 3' GRAPH <http://g> { SERVICE <http://far/sparql> { ?s :knows ?k } } }", 0, ""},
		{"limit", "SELECT ?k { ?s :name ?n SERVICE <http://far/sparql> { ?s :knows ?k } } LIMIT 3", 3, ""},
		{"not to be asked", "SELECT ?k { ?s :name 'nobody' SERVICE <http://nowhere/> { ?s :knows ?k } }", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, naive := range []bool{false, true} {
				if naive && strings.Contains(c.name, "variable") && c.name != "variable" || naive && c.name == "not to be asked" {
					continue // as it is written, the endpoint is asked before it is known
				}
				got, err := solutions(t, snap, Options{Service: client, NoOptimizer: naive, Timeout: time.Minute}, c.query)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != c.rows || c.first != "" && len(got) > 0 && got[0] != c.first {
					t.Errorf("naive %v: %d rows, want %d: %.200s", naive, len(got), c.rows, got)
				}
			}
		})
	}
}

// TestServiceBatches: the endpoint is asked for many rows at a time, for each value once, and only for what can be sent.
func TestServiceBatches(t *testing.T) {
	t.Parallel()
	snap, client := federation(t, 1200)
	ask := func(query string) []string {
		t.Helper()
		client.sent = nil
		if _, err := solutions(t, snap, Options{Service: client}, query); err != nil {
			t.Fatal(err)
		}
		return client.sent
	}
	sent := ask("SELECT * { ?s :name ?n FILTER (STRLEN(?n) > 1) SERVICE <http://far/sparql> { ?s :knows ?k } }")
	values := 0
	for _, s := range sent {
		values += strings.Count(s, "( <http://e/a")
		if !strings.HasPrefix(s, far+"\nPREFIX : <http://e/>\nSELECT * WHERE { ?s :knows ?k }\nVALUES ( ?s ) {\n( <http://e/a") {
			t.Errorf("sent %.300s", s)
		}
	}
	if len(sent) != 3 || values != 1200 {
		t.Errorf("%d requests with %d values", len(sent), values)
	}
	if sent = ask("SELECT * { ?s :name ?n ; :endpoint ?e SERVICE ?e { :a1 :knows ?k } }"); len(sent) != 1 || strings.Contains(sent[0], "VALUES") {
		t.Errorf("%d requests, the first is %s", len(sent), sent[0])
	}
	// All rows have the same value, so one request does.
	if sent = ask("SELECT * { ?s :name ?n VALUES ?k { :a5 } SERVICE <http://far/sparql> { ?x :knows ?k } }"); len(sent) != 1 || strings.Count(sent[0], "( <") != 1 {
		t.Errorf("%d requests, the first is %s", len(sent), sent[0])
	}
	for _, c := range []struct{ values, want string }{
		{`"a\u0000b"`, ""}, {`"a\\u0022b"`, ""}, {`"a\\b"`, `"a\\b"`}, {`"a\"} b"`, `"a\"} b"`}, {`"a\nb"@nb`, `"a\nb"@nb`},
		{`"` + strings.Repeat("x", 20000) + `"`, ""}, {`<http://e/å>`, "<http://e/å>"}, {"1.5", `"1.5"^^<http://www.w3.org/2001/XMLSchema#decimal>`},
		{"<<( :a :b :c )>>", ""}, {`"a"@en--ltr`, ""},
	} {
		sent = ask("SELECT * { VALUES ?k { " + c.values + " } SERVICE <http://far/sparql> { ?s :knows ?k } }")
		if len(sent) != 1 || c.want == "" && strings.Contains(sent[0], "VALUES") || !strings.Contains(sent[0], c.want) {
			t.Errorf("%.50s: sent %d, %.300s", c.values, len(sent), sent)
		}
	}
	// A blank node of this store is not known elsewhere; the other variable is.
	sent = ask("SELECT * { VALUES ?k { :a1 :a2 } BIND (BNODE() AS ?s) SERVICE <http://far/sparql> { ?s :knows ?k } }")
	if len(sent) != 1 || !strings.HasSuffix(sent[0], "VALUES ( ?k ) {\n( <http://e/a1> )\n( <http://e/a2> )\n}") {
		t.Errorf("sent %v", sent)
	}
	// Rows that bind different variables go apart: sent together, what fits two of them would come back twice.
	sent = ask("SELECT * { VALUES (?s ?k) { (:a1 :a2) (:a1 UNDEF) (:a3 :a4) (UNDEF :a2) } SERVICE <http://far/sparql> { ?s :knows ?k } }")
	if len(sent) != 3 || !strings.Contains(sent[0], "VALUES ( ?s ?k ) {\n( <http://e/a1> <http://e/a2> )\n( <http://e/a3> <http://e/a4> )\n}") ||
		!strings.Contains(sent[1], "VALUES ( ?s ) {\n( <http://e/a1> )\n}") || !strings.Contains(sent[2], "VALUES ( ?k ) {\n( <http://e/a2> )\n}") {
		t.Errorf("sent %v", sent)
	}
	// Long values are spread over several requests.
	sent = ask("SELECT * { ?x :name ?n BIND (CONCAT(?n, '" + strings.Repeat("y", 1000) + "') AS ?k) SERVICE <http://far/sparql> { ?s :knows ?k } }")
	for _, s := range sent {
		if len(s) > 80<<10 {
			t.Errorf("%d bytes in one request", len(s))
		}
	}
	if len(sent) < 15 {
		t.Errorf("%d requests", len(sent))
	}
}

// TestServiceOwnForms: an endpoint may keep values and write them in its own form. What it only hands back is not compared with what was sent.
func TestServiceOwnForms(t *testing.T) {
	t.Parallel()
	snap, client := federation(t, 3)
	const xsd = "http://www.w3.org/2001/XMLSchema#"
	own := map[rdf.Term]rdf.Term{
		rdf.Literal("2.5e0", xsd+"double"): rdf.Literal("2.5", xsd+"double"), rdf.Literal("1.0", xsd+"decimal"): rdf.Literal("1", xsd+"decimal"),
		rdf.Literal("1", xsd+"boolean"): rdf.Literal("true", xsd+"boolean"), rdf.Literal("07", xsd+"integer"): rdf.Literal("7", xsd+"integer"),
		rdf.Literal("5", xsd+"int"): rdf.Literal("5", xsd+"integer"),
	}
	client.change = func(_ int, _ string, h *results.Handler) error {
		row := h.Row
		h.Row = func(r []rdf.Term) error {
			r = slices.Clone(r)
			for i, t := range r {
				if o, ok := own[t]; ok {
					r[i] = o
				}
			}
			return row(r)
		}
		return nil
	}
	for _, values := range []string{"2.5e0", "1.0", `"1"^^<` + xsd + "boolean>", "07", `"5"^^<` + xsd + "int>", "2.5e0 'x' 1.0 7 :a1 'y'@nb-NO"} {
		for _, pattern := range []string{"{ } UNION { ?k :knows ?d }", "OPTIONAL { ?d :nobody ?k }", "OPTIONAL { :nobody :knows ?d }"} {
			query := "SELECT ?d { VALUES ?d { " + values + " } %s }"
			want, err := solutions(t, snap, Options{}, fmt.Sprintf(query, "OPTIONAL { ?d :nobody ?k }"))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(pattern, "UNION") && strings.Contains(values, ":a1") {
				want = append(want, "[<http://e/a1>]")
			}
			slices.Sort(want)
			got, err := solutions(t, snap, Options{Service: client}, fmt.Sprintf(query, "SERVICE <http://far/sparql> { "+pattern+" }"))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v %v, want %v", values, pattern, got, err, want)
			}
		}
	}
}

func TestServiceErrors(t *testing.T) {
	t.Parallel()
	snap, client := federation(t, 1200)
	broken := errors.New("the endpoint is broken")
	dies := &endpoints{snaps: client.snaps, change: func(n int, _ string, h *results.Handler) error {
		rows, row := 0, h.Row
		h.Row = func(terms []rdf.Term) error {
			if rows++; n == 2 && rows == 100 {
				return broken
			}
			return row(terms)
		}
		return nil
	}}
	lies := &endpoints{snaps: client.snaps, change: func(_ int, _ string, h *results.Handler) error {
		row := h.Row
		h.Row = func(terms []rdf.Term) error { return row(make([]rdf.Term, len(terms))) }
		return nil
	}}
	panics := &endpoints{change: func(int, string, *results.Handler) error { panic("oh") }}
	const query = "SELECT * { ?s :name ?n SERVICE %s <http://far/sparql> { ?s :knows ?k } }"
	for _, c := range []struct {
		name   string
		client ServiceClient
		query  string
		want   []string
		silent int // rows with SILENT, or -1 for an error also then
	}{
		{"refused", nil, query, []string{"SERVICE <http://far/sparql>", "not allowed", "--allow-service"}, 1200},
		{"nobody", client, strings.ReplaceAll(query, "far", "near"), []string{"SERVICE <http://near/sparql>: nobody is there"}, 1200},
		{"dies midway", dies, query, []string{"SERVICE <http://far/sparql>: the endpoint is broken"}, 1200},
		{"dies midway alone", dies, "SELECT * { SERVICE <http://far/sparql> { ?s :name ?k } SERVICE %s <http://far/sparql> { ?x :knows ?y } }", nil, 0},
		{"lies", lies, query, []string{"a solution without ?s"}, 1200},
		{"panics", panics, query, []string{"internal error"}, -1},
		{"unbound", client, "SELECT * { ?s :name ?n SERVICE %s ?e { ?s :knows ?k } }", []string{"SERVICE ?e: the variable is not bound"}, 1200},
		{"unbound in one", client, "SELECT * { VALUES (?s ?e) { (:a1 <http://far/sparql>) (:a2 UNDEF) } SERVICE %s ?e { ?s :knows ?k } }",
			[]string{"SERVICE ?e: the variable is not bound"}, 2},
		{"no IRI", client, "SELECT * { VALUES (?s ?e) { (:a1 'x') } SERVICE %s ?e { ?s :knows ?k } }", []string{`SERVICE "x": an endpoint is named by an IRI`}, 1},
		{"some endpoints", client, "SELECT * { VALUES (?s ?e) { (:a1 <http://far/sparql>) (:a2 <http://near/sparql>) (:a3 <http://far/sparql>) } SERVICE %s ?e { ?s :knows ?k } }",
			[]string{"SERVICE <http://near/sparql>"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Service: c.client, Timeout: time.Minute}
			for _, naive := range []bool{false, true} {
				o.NoOptimizer = naive
				if c.want != nil {
					_, err := solutions(t, snap, o, fmt.Sprintf(c.query, ""))
					for _, want := range c.want {
						if err == nil || !strings.Contains(err.Error(), want) {
							t.Errorf("got %v, want %q", err, want)
						}
					}
					var s *ServiceError
					if !errors.As(err, &s) && c.name != "panics" {
						t.Errorf("got %T", err)
					}
					if errors.Is(err, ErrServiceRefused) != (c.client == nil) {
						t.Errorf("refused: %v", err)
					}
				}
				got, err := solutions(t, snap, o, fmt.Sprintf(c.query, "SILENT"))
				if (err != nil) != (c.silent < 0) || err == nil && len(got) != c.silent {
					t.Errorf("silent: %d rows, want %d; %v", len(got), c.silent, err)
				}
				dies.mu.Lock()
				dies.sent = nil
				dies.mu.Unlock()
			}
		})
	}
	// What did not answer binds nothing; what did, does.
	got, err := solutions(t, snap, Options{Service: client}, `SELECT ?s ?k { VALUES (?s ?e) { (:a1 <http://far/sparql>) (:a2 <http://near/sparql>) }
		SERVICE SILENT ?e { ?s :knows ?k } }`)
	if err != nil || fmt.Sprint(got) != "[[<http://e/a1> <http://e/a2>] [<http://e/a2> ]]" {
		t.Errorf("got %v, %v", got, err)
	}
}

// slow is an endpoint that answers when its context ends.
type slow struct{ asked, gone chan struct{} }

func (s slow) Select(ctx context.Context, _, _ string, _ results.Handler) error {
	close(s.asked)
	<-ctx.Done()
	close(s.gone)
	return ctx.Err()
}

func (s slow) Check(string) error { return nil }

func TestServiceCancel(t *testing.T) {
	t.Parallel()
	snap, _ := federation(t, 10)
	for _, query := range []string{"SELECT * { ?s :name ?n SERVICE %s <http://far/sparql> { ?s :knows ?k } }", "SELECT * { SERVICE %s <http://far/sparql> { ?s :knows ?k } }"} {
		for _, silent := range []string{"", "SILENT"} {
			text := "PREFIX : <http://e/> " + fmt.Sprintf(query, silent)
			var s slow
			for timeout := 20 * time.Millisecond; ; timeout *= 2 { // on a busy machine the time may be over before anybody is asked
				s = slow{make(chan struct{}), make(chan struct{})}
				err := run(context.Background(), snap, fmt.Sprintf(query, silent), Options{Service: s, Timeout: timeout})
				if !errors.Is(err, ErrTimeout) {
					t.Errorf("time-out: got %v", err)
				}
				if isClosed(s.asked) {
					break
				}
			}
			<-s.gone

			s = slow{make(chan struct{}), make(chan struct{})}
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-s.asked
				cancel()
			}()
			r, err := NewEngine(Options{Service: s}).Query(ctx, snap, text)
			if err != nil {
				t.Fatal(err)
			}
			if err := drain(r); !errors.Is(err, context.Canceled) {
				t.Errorf("cancel: got %v", err)
			}
			<-s.gone
			r.Close()
		}
	}
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// endlessAnswer answers without end, until it is told to stop.
type endlessAnswer struct{ gone chan struct{} }

func (e endlessAnswer) Select(ctx context.Context, _, _ string, h results.Handler) error {
	defer close(e.gone)
	if err := h.Head([]string{"s", "k"}); err != nil {
		return err
	}
	for i := 0; ctx.Err() == nil; i++ {
		if err := h.Row([]rdf.Term{rdf.IRI("http://e/a1"), rdf.String(fmt.Sprint("value ", i))}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (e endlessAnswer) Check(string) error { return nil }

func TestServiceMemory(t *testing.T) {
	t.Parallel()
	snap, _ := federation(t, 10)
	for _, text := range []string{
		"SELECT * { ?s :name ?n SERVICE <http://far/sparql> { ?s :knows ?k } }",
		"SELECT * { ?s :name ?n SERVICE SILENT <http://far/sparql> { ?s :knows ?k } }",
		"SELECT * { SERVICE <http://far/sparql> { ?s :knows ?k } } ORDER BY ?k",
	} {
		e := endlessAnswer{make(chan struct{})}
		if err := run(context.Background(), snap, text, Options{Service: e, Memory: 4 << 20, Timeout: time.Minute}); !errors.Is(err, ErrMemory) {
			t.Errorf("%s: got %v", text, err)
		}
		<-e.gone
	}
	// Nothing is held back where the answers are only passed on, and who stops reading stops the request.
	e := endlessAnswer{make(chan struct{})}
	err := run(context.Background(), snap, "SELECT * { SERVICE <http://far/sparql> { ?s :knows ?k } } LIMIT 3000", Options{Service: e, Memory: 4 << 20})
	if err != nil {
		t.Error(err)
	}
	<-e.gone
}

// TestServiceMemoryReturned: the rows and answers that were joined are given back.
func TestServiceMemoryReturned(t *testing.T) {
	t.Parallel()
	snap, client := federation(t, 20000)
	r, err := NewEngine(Options{Service: client}).Query(context.Background(), snap,
		"PREFIX : <http://e/> SELECT * { ?s :endpoint ?x SERVICE ?x { ?s :knows ?k } }")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := drain(r); err != nil {
		t.Fatal(err)
	}
	// 20,000 terms are kept as long as the query runs, the tables are not.
	if peak := r.MemoryPeak(); peak > 12<<20 {
		t.Errorf("%d bytes", peak)
	}
	if n := len(client.sent); n != 40 {
		t.Errorf("%d requests", n)
	}
}

// TestRefusedServiceMemoryReturned: a query that is refused when its operators are made gives back what their columns were to take.
func TestRefusedServiceMemoryReturned(t *testing.T) {
	t.Parallel()
	var pattern strings.Builder
	for i := range 100 {
		fmt.Fprintf(&pattern, "?s :name ?n%d . ", i)
	}
	pattern.WriteString("SERVICE <" + far + "> { ?s :knows ?k } ")
	pool := NewPool(256 << 20)
	o := Options{Pool: pool, Memory: 128 << 20}
	snap, client := federation(t, 10)
	err := run(t.Context(), snap, "SELECT * { "+pattern.String()+"}", o)
	if !errors.Is(err, ErrServiceRefused) {
		t.Errorf("got %v", err)
	}
	st := memstore.New()
	defer st.Close()
	if _, err := st.Update(t.Context(), func(x store.Txn) error {
		return x.Add([]rdf.Quad{{S: rdf.IRI("http://e/a1"), P: rdf.IRI("http://e/name"), O: rdf.String("name")}})
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := NewEngine(o).Update(t.Context(), st, "PREFIX : <http://e/> INSERT { ?s :knows ?k } WHERE { "+pattern.String()+"}"); !errors.Is(err, ErrServiceRefused) {
		t.Errorf("update: got %v", err)
	}
	if pool.Peak() == 0 || pool.Used() != 0 {
		t.Errorf("of the pool %d bytes are in use, %d were", pool.Used(), pool.Peak())
	}
	o.Service = client
	if err := run(t.Context(), snap, "SELECT * { "+pattern.String()+"}", o); err != nil {
		t.Error(err)
	}
}

func TestServiceExplain(t *testing.T) {
	t.Parallel()
	snap, _ := federation(t, 10)
	got, err := NewEngine(Options{}).Explain(context.Background(), snap, "PREFIX : <http://e/> SELECT * { ?s :name ?n SERVICE SILENT <http://far/sparql> { ?s :knows ?k } }")
	if err != nil || !strings.Contains(got, "service silent <http://far/sparql> (?s ?k)") {
		t.Errorf("got %s, %v", got, err)
	}
}

// TestServiceAgainstGroup: a generated pattern has the same solutions whether it is evaluated here or at an endpoint with the same
// data, wherever in a query it stands, however many rows are sent at a time.
func TestServiceAgainstGroup(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	n := 600
	if testing.Short() {
		n = 200
	}
	ran, rows, requests := 0, 0, 0
	for i := range uint64(n) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, i))}
		// Blank nodes of an answer are others than those of the store.
		quads := slices.DeleteFunc(randomQuads(g.Rand), func(q rdf.Quad) bool { return q.O.IsBlankNode() })
		snap := snapshotOf(t, quads)
		client := &endpoints{engine: NewEngine(Options{}), snaps: map[string]store.Snapshot{far: snap, "http://e/n1": snap, "http://e/n2": snap}}
		for range 4 {
			group := g.group(2)
			here, there := "{ "+group+"} ", "SERVICE "+g.pick("", "SILENT ")+"<"+far+"> "+group
			if g.IntN(5) == 0 {
				// The endpoint is a variable, which the pattern binds as well.
				here, there = "{ "+group+"VALUES ?z { :n1 :n2 } } ", "SERVICE ?z "+group
			}
			before, after := g.triples(), g.element(1)
			if g.IntN(3) == 0 {
				before = ""
			}
			if strings.Contains(there, "?z") {
				before += "VALUES (?z " + g.v() + ") { (:n1 UNDEF) (:n2 :n3) (:n2 UNDEF) } "
			}
			format := g.pick("%s", "%s", "%s", "OPTIONAL { %s} ", "OPTIONAL { %s FILTER ("+g.cond(0)+") } ", "MINUS { %s} ",
				"{ %s} UNION { "+g.triples()+"} ", "{ SELECT * { %s} LIMIT 1000000 } ")
			if strings.HasPrefix(format, "{") && strings.Contains(there, "?z") {
				format = "%s"
			}
			body := func(s string) string {
				return "PREFIX : <http://e/> SELECT * { " + before + strings.Replace(format, "%s", s, 1) + after + "}"
			}
			o := Options{Timeout: 2 * time.Second, Memory: 64 << 20, Service: client, ServiceRows: 1 + g.IntN(4)}
			want, errHere := bag(NewEngine(o), snap, body(here))
			got, err := bag(NewEngine(o), snap, body(there))
			if errHere != nil || err != nil {
				if strings.Contains(fmt.Sprint(err), "is not bound") { // such a variable cannot be bound late
					continue
				}
				if (err == nil || errHere == nil) && !errors.Is(err, ErrTimeout) && errHere != ErrTimeout && err != ErrMemory && errHere != ErrMemory {
					t.Fatalf("seed %d/%d: %s\nthere: %v\nhere: %v", seed, i, body(there), err, errHere)
				}
				continue
			}
			ran++
			rows += len(got)
			requests += len(client.sent)
			if !slices.Equal(got, want) {
				plan, _ := NewEngine(o).Explain(context.Background(), snap, body(there))
				t.Fatalf("seed %d/%d: %s\nhere: %s\nthere %d rows:\n%s\nhere %d rows:\n%s\n%s\nsent %s", seed, i, body(there), body(here), len(got),
					strings.Join(got[:min(len(got), 20)], "\n"), len(want), strings.Join(want[:min(len(want), 20)], "\n"), plan, client.sent)
			}
			client.sent = nil
		}
	}
	if ran < n {
		t.Errorf("only %d of %d generated queries ran", ran, 4*n)
	}
	t.Logf("seed %d: %d queries with %d solutions and %d requests agree", seed, ran, rows, requests)
}
