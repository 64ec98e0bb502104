package oaipmh

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"triplestore/internal/golden"
	"triplestore/internal/sourcetest"
	"triplestore/loaders/source"
)

const examples = "../../examples/harvest/oai-pmh/"

func wrap(inner string) string {
	return `<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-27T11:00:00Z</responseDate>` + inner + `</OAI-PMH>`
}

const identify = `<Identify><granularity>YYYY-MM-DDThh:mm:ssZ</granularity><deletedRecord>persistent</deletedRecord></Identify>`

func rec(id int, status, title string) string {
	if status != "" {
		return fmt.Sprintf(`<record><header status=%q><identifier>oai:example.org:%d</identifier></header></record>`, status, id)
	}
	return fmt.Sprintf(`<record><header><identifier>oai:example.org:%d</identifier></header><metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dct="http://purl.org/dc/terms/">`+
		`<rdf:Description rdf:about="https://data.example.org/dataset/%d"><dct:title>%s</dct:title></rdf:Description></rdf:RDF></metadata></record>`, id, id, title)
}

func TestHarvest(t *testing.T) {
	t.Parallel()
	first, err := os.ReadFile(examples + "records.xml")
	if err != nil {
		t.Fatal(err)
	}
	later := wrap(`<error code="noRecordsMatch"/>`)
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		q := r.URL.Query()
		a := sourcetest.Answer{Type: "text/xml", Gzip: true}
		switch {
		case q.Get("verb") == "Identify":
			a.Body = wrap(identify)
		case q.Get("resumptionToken") == "side 2" && len(q) == 2:
			a.Body = wrap("<ListRecords>" + rec(5, "", "Fem") + "<resumptionToken/></ListRecords>")
		case q.Get("from") == "2026-11-27T11:00:00Z":
			a.Body = later
		case q.Get("from") == "" && q.Get("metadataPrefix") == "rdfxml" && q.Get("resumptionToken") == "":
			a.Body = string(first)
		default:
			a.Status = 400
		}
		return a
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL+"/oai", env)
	sink, out := sourcetest.Harvest(t, src, nil)
	if !out.Complete {
		t.Error("the first run is not complete")
	}
	golden.String(t, "testdata/oai.golden", strings.ReplaceAll(sink.Text(), s.URL, "http://oai.example"))

	_, out = sourcetest.Harvest(t, src, out.State)
	if !out.Unchanged || out.Complete {
		t.Errorf("%+v", out)
	}
	later = wrap("<ListRecords>" + rec(1, "deleted", "") + rec(5, "", "Fem, rettet") + rec(77, "deleted", "") + "</ListRecords>")
	sink, out = sourcetest.Harvest(t, src, out.State)
	if out.Complete || len(sink.Records) != 2 || !sink.Records["https://data.example.org/dataset/1"].Deleted ||
		!strings.Contains(sink.Text(), "Fem, rettet") {
		t.Errorf("%+v\n%s", out, sink.Text())
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list  func(token string, times int) sourcetest.Answer
		want  string
		class source.Class
	}{
		"500 in the middle": {func(token string, _ int) sourcetest.Answer {
			if token != "" {
				return sourcetest.Answer{Status: 500}
			}
			return sourcetest.Answer{Body: wrap("<ListRecords>" + rec(1, "", "x") + "<resumptionToken>2</resumptionToken></ListRecords>")}
		}, "500", source.Unavailable},
		"503 with Retry-After": {func(token string, times int) sourcetest.Answer {
			if times == 0 {
				return sourcetest.Answer{Status: 503, Header: map[string]string{"Retry-After": "20"}}
			}
			return sourcetest.Answer{Body: wrap("<ListRecords>" + rec(1, "", "x") + "</ListRecords>")}
		}, "", ""},
		"endless": {func(token string, _ int) sourcetest.Answer {
			return sourcetest.Answer{Body: wrap("<ListRecords>" + rec(1, "", "x") + "<resumptionToken>" + token + "x</resumptionToken></ListRecords>")}
		}, "more than 20 pages", source.TooLarge},
		"circle": {func(string, int) sourcetest.Answer {
			return sourcetest.Answer{Body: wrap("<ListRecords>" + rec(1, "", "x") + "<resumptionToken>a</resumptionToken></ListRecords>")}
		}, "circle", source.Invalid},
		"bad token": {func(string, int) sourcetest.Answer {
			return sourcetest.Answer{Body: wrap(`<error code="badResumptionToken">old</error>`)}
		},
			"badResumptionToken", source.Invalid},
		"cut": {func(string, int) sourcetest.Answer {
			return sourcetest.Answer{Body: wrap("<ListRecords>" + rec(1, "", "x"))[:200]}
		}, "XML", source.Invalid},
		"html": {func(string, int) sourcetest.Answer { return sourcetest.Answer{Body: "<html/>"} }, "no answer of OAI-PMH", source.Invalid},
	} {
		s := sourcetest.Serve(t, func(r *http.Request, _ string, times int) sourcetest.Answer {
			if r.URL.Query().Get("verb") == "Identify" {
				return sourcetest.Answer{Body: wrap(identify)}
			}
			return c.list(r.URL.Query().Get("resumptionToken"), times)
		})
		env, _ := sourcetest.Env(t, ".", s.URL)
		_, err := sourcetest.Open(t, Kind(), "{url: '"+s.URL+"', max-pages: 20}", env).Harvest(context.Background(), nil, sourcetest.NewSink())
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || source.ClassOf(err) != c.class {
			t.Errorf("%s: %v (%s)", name, err, source.ClassOf(err))
		}
	}
}

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile(examples + "records.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := parse(in)
		if err != nil {
			return
		}
		sink := sourcetest.NewSink()
		r := &reading{repository: &repository{config: config{URL: "https://a.example/"}}, to: sink, next: state{Records: map[string]string{}}}
		for i := range a.Records {
			if _, err := r.record(context.Background(), &a.Records[i], "x"); err != nil {
				t.Fatal(err)
			}
		}
		sink.Check(t)
	})
}

// TestIncremental: what a run after the first takes for gone, and what not.
func TestIncremental(t *testing.T) {
	t.Parallel()
	const dataset = "https://data.example.org/dataset/"
	kept, list := "persistent", ""
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		switch q := r.URL.Query(); {
		case q.Get("verb") == "Identify":
			return sourcetest.Answer{Body: wrap(strings.Replace(identify, "persistent", kept, 1))}
		case q.Get("resumptionToken") != "":
			return sourcetest.Answer{Body: wrap(`<error code="noRecordsMatch"/>`)}
		}
		return sourcetest.Answer{Body: wrap("<ListRecords>" + list + "</ListRecords>")}
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "url: "+s.URL, env)
	// 2 stands for the dataset of 1.
	two := strings.Replace(rec(2, "", "x"), dataset+"2", dataset+"1", 1)
	about := strings.Replace(rec(3, "", "x"), "</record>", `<about><provenance xmlns="http://www.openarchives.org/OAI/2.0/provenance"><originDescription><identifier>oai:elsewhere:7</identifier></originDescription></provenance></about></record>`, 1)
	list = rec(1, "", "x") + two + about
	sink, first := sourcetest.Harvest(t, src, nil)
	if len(sink.Records) != 2 {
		t.Fatal(sink.Text())
	}
	for _, c := range []struct{ name, list, gone, kept string }{
		{"one of two identifiers is deleted", rec(2, "deleted", ""), "", "1"},
		{"one of two identifiers stands for another dataset", rec(2, "", "y"), "", "1"},
		{"both are deleted", rec(2, "deleted", "") + rec(1, "deleted", ""), "1", "3"},
		{"a record with an identifier of its origin", rec(3, "deleted", ""), "3", "1"},
	} {
		list = c.list
		sink, _ := sourcetest.Harvest(t, src, first.State)
		if c.gone != "" && !sink.Records[dataset+c.gone].Deleted || sink.Records[dataset+c.kept].Deleted {
			t.Errorf("%s:\n%s", c.name, sink.Text())
		}
	}
	// Without its rest a list is not whole.
	list = rec(1, "", "x") + "<resumptionToken>2</resumptionToken>"
	if _, err := src.Harvest(context.Background(), nil, sourcetest.NewSink()); source.ClassOf(err) != source.Invalid {
		t.Errorf("a list whose second page is refused: %v", err)
	}
	// A repository that forgets deletions is read as a whole each time.
	kept, list = "transient", rec(1, "", "x")
	for range 2 {
		if _, first = sourcetest.Harvest(t, src, first.State); !first.Complete {
			t.Error("asked for changes only")
		}
	}
}

// TestSet: what leaves a set or comes to it without having changed, which no list of changes has.
func TestSet(t *testing.T) {
	t.Parallel()
	const dataset = "https://data.example.org/dataset/"
	var all, changed, members string
	s := sourcetest.Serve(t, func(r *http.Request, _ string, _ int) sourcetest.Answer {
		q := r.URL.Query()
		list := func(verb, inner string) sourcetest.Answer {
			if inner == "" {
				return sourcetest.Answer{Body: wrap(`<error code="noRecordsMatch"/>`)}
			}
			return sourcetest.Answer{Body: wrap("<" + verb + ">" + inner + "</" + verb + ">")}
		}
		switch verb := q.Get("verb"); {
		case verb == "Identify":
			return sourcetest.Answer{Body: wrap(identify)}
		case verb == "ListIdentifiers" && q.Get("resumptionToken") == "rest":
			return list(verb, header(4))
		case q.Get("set") != "a" || q.Get("metadataPrefix") != "rdfxml":
			return sourcetest.Answer{Status: 400}
		case verb == "ListIdentifiers" && q.Get("from") == "":
			return list(verb, members)
		case verb == "ListRecords" && q.Get("from") != "":
			return list(verb, changed)
		case verb == "ListRecords":
			return list(verb, all)
		}
		return sourcetest.Answer{Status: 400}
	})
	env, _ := sourcetest.Env(t, ".", s.URL)
	src := sourcetest.Open(t, Kind(), "{url: "+s.URL+", set: a}", env)
	unreadable := `<record><header><identifier>oai:example.org:4</identifier></header></record>`
	all = rec(1, "", "x") + rec(2, "", "x") + rec(3, "", "x") + unreadable
	_, first := sourcetest.Harvest(t, src, nil)
	if !first.Complete {
		t.Fatal("the first run is not complete")
	}
	for _, c := range []struct {
		name, members, changed string
		later                  string // members by the next run, if others
		gone, alive            string // numbers of datasets that are delivered
		complete, unchanged    bool
	}{
		{name: "nothing", members: header(1) + header(2) + header(3) + "<resumptionToken>rest</resumptionToken>", unchanged: true},
		{name: "one has left", members: header(1) + header(3) + header(4), gone: "2"},
		{name: "the one that cannot be read has left", members: header(1) + header(2) + header(3), unchanged: true},
		{name: "one has left, one is new", members: header(1) + header(3) + header(4) + header(5), changed: rec(5, "", "x"), gone: "2", alive: "5"},
		{name: "one is deleted after it was listed", members: header(1) + header(2) + header(3) + header(5), changed: rec(2, "deleted", "") + rec(5, "deleted", ""), later: header(1) + header(3), gone: "2"},
		{name: "one changed and was missed by the list", members: header(1) + header(2), changed: rec(3, "", "y"), later: header(1) + header(2) + header(3), alive: "3"},
		{name: "one has come unchanged", members: header(1) + header(2) + header(6), alive: "123", complete: true},
		{name: "all have left", alive: "123", complete: true}, // what is then removed is for the harvest to say
	} {
		members, changed = c.members, c.changed
		sink, out := sourcetest.Harvest(t, src, first.State)
		gone, alive := "", ""
		for n := 1; n <= 9; n++ {
			if r, ok := sink.Records[fmt.Sprint(dataset, n)]; ok && r.Deleted {
				gone += fmt.Sprint(n)
			} else if ok {
				alive += fmt.Sprint(n)
			}
		}
		if gone != c.gone || alive != c.alive || out.Complete != c.complete || out.Unchanged != c.unchanged {
			t.Errorf("%s: gone %q, delivered %q, %+v", c.name, gone, alive, out)
		}
		if c.complete { // as the first time: what came from the list of changes does not count
			if !bytes.Equal(out.State, first.State) || out.Checksum != first.Checksum {
				t.Errorf("%s: %s, and not %s", c.name, out.State, first.State)
			}
			continue
		}
		changed = "" // and it is not told again
		if c.later != "" {
			members = c.later
		}
		sink, out = sourcetest.Harvest(t, src, out.State)
		if !out.Unchanged {
			t.Errorf("%s, again:\n%s", c.name, sink.Text())
		}
	}
}

func header(id int) string {
	return fmt.Sprintf(`<header><identifier>oai:example.org:%d</identifier><setSpec>a</setSpec></header>`, id)
}
