package main

import (
	"fmt"
	"math"
	"strconv"

	"triplestore/rdf"
)

const (
	benchNS  = "http://localhost/vocabulary/bench/"
	swrcNS   = "http://swrc.ontoware.org/ontology#"
	personNS = "http://localhost/persons/"
	pubNS    = "http://localhost/publications/"
)

// Years of the bibliography, and those in which Paul Erdős published there: ten times a year, and twice as editor.
const (
	firstYear             = 1936
	erdoesFrom, erdoesTo  = 1940, 1996
	erdoesPapers, erdoesE = 10, 2
)

// logistic is the curve that the description fits to the bibliography's growth.
func logistic(limit, a, b float64, since, year int) float64 {
	return limit / (1 + a*math.Exp(-b*float64(year-since)))
}

// documentClass is a kind of document, how many of it appear in a year, and how likely its properties are.
type documentClass struct {
	name  string
	count func(g *library, year int) int

	author, editor, cite, pages, month, isbn, ee, url float64
}

func curve(limit, a, b float64, since int) func(*library, int) int {
	return func(_ *library, year int) int { return int(logistic(limit, a, b, since, year)) }
}

func upTo(n int) func(*library, int) int {
	return func(g *library, _ int) int { return g.rng.IntN(n + 1) }
}

var (
	journals    = curve(740.43, 426.28, .12, 1950)
	proceedings = documentClass{name: "Proceedings", count: curve(5502.31, 1250.26, .14, 1965), author: .0001, editor: .7992, cite: .0001, month: .0001, isbn: .8592, ee: .4, url: .98}
	classes     = []documentClass{
		{name: "Article", count: curve(58519.12, 876.80, .12, 1950), author: .9895, cite: .0048, pages: .9261, month: .0065, ee: .6781, url: .9986},
		{name: "Inproceedings", count: curve(337132.34, 1901.05, .15, 1965), author: .9970, cite: .0104, pages: .9489, ee: .6519, url: 1},
		{name: "Incollection", count: curve(3577.31, 196.49, .09, 1980), author: .8459, cite: .0047, pages: .6849, isbn: .0073, ee: .1611, url: .9999},
		{name: "Book", count: curve(52.97, 40739.38, .32, 1950), author: .8937, editor: .1040, cite: .0079, month: .0008, isbn: .9294, ee: .0079, url: .0007},
		{name: "PhDThesis", count: upTo(20), author: 1, pages: .0039, month: .0078, isbn: .0222, ee: .0011, url: .0156},
		{name: "MastersThesis", count: upTo(10), author: 1},
		{name: "Www", count: upTo(10), author: .9973, editor: .0004, url: .9624},
	}
)

// library makes a bibliography year by year, until it has triples enough: journals with articles, proceedings with papers, books,
// theses; authors, of whom few have written much; citations in bags, of which a few documents get most.
type library struct {
	*sink
	limit   int
	persons int
	bags    int
	history []rdf.Term // an entry for each authorship of earlier years, so that who has many is likelier to get more
	now     []rdf.Term // those of this year
	all     []rdf.Term // documents
	cited   []rdf.Term // an entry for each citation
	citing  []rdf.Term // documents with citations
}

func makeLibrary(s *sink, triples int) params {
	g := &library{sink: s, limit: triples}
	for _, class := range []string{"Journal", "Proceedings", "Article", "Inproceedings", "Incollection", "Book", "PhDThesis", "MastersThesis", "Www"} {
		g.add(rdf.IRI(benchNS+class), rdfsNS+"subClassOf", rdf.IRI(foafNS+"Document"))
	}
	erdoes := rdf.IRI(personNS + "Paul_Erdoes")
	g.add(erdoes, rdfNS+"type", rdf.IRI(foafNS+"Person"))
	g.add(erdoes, foafNS+"name", rdf.String("Paul Erdoes"))
	for year := firstYear; g.going(); year++ {
		g.year(year)
		g.history = append(g.history, g.now...)
		g.now = g.now[:0]
	}
	return nil
}

func (g *library) going() bool { return g.n < g.limit && g.err == nil }

func (g *library) year(year int) {
	var volumes, meetings []rdf.Term
	for i := range max(1, journals(g, year)) {
		j := rdf.IRI(fmt.Sprintf("%sjournals/Journal%d/%d", pubNS, i+1, year))
		g.add(j, rdfNS+"type", rdf.IRI(benchNS+"Journal"))
		g.add(j, dcNS+"title", rdf.String(fmt.Sprintf("Journal %d (%d)", i+1, year)))
		g.add(j, swrcNS+"volume", integer(year-firstYear+1))
		g.add(j, dctermsNS+"issued", integer(year))
		volumes = append(volumes, j)
	}
	for i := range proceedings.count(g, year) {
		if !g.going() {
			return
		}
		p := rdf.IRI(fmt.Sprintf("%sprocs/Proceeding%d/%d", pubNS, i+1, year))
		g.document(p, &proceedings, year, 0)
		g.add(p, benchNS+"booktitle", rdf.String(fmt.Sprintf("Conference %d (%d)", i+1, year)))
		meetings = append(meetings, p)
	}
	// Classes take turns, so that the last year, which is cut, has of all.
	counts := make([]int, len(classes))
	most := 0
	for k := range classes {
		if classes[k].name != "Inproceedings" || len(meetings) > 0 {
			counts[k] = classes[k].count(g, year)
		}
		most = max(most, counts[k])
	}
	for i := range most {
		for k := range classes {
			if i >= counts[k] || !g.going() {
				continue
			}
			c := &classes[k]
			d := rdf.IRI(fmt.Sprintf("%s%s/%d/%s%d", pubNS, c.name, year, c.name, i+1))
			erdoes := 0
			if c.name == "Article" && i < erdoesPapers && year >= erdoesFrom && year <= erdoesTo {
				erdoes = 1
			}
			g.document(d, c, year, erdoes)
			switch c.name {
			case "Article":
				g.add(d, swrcNS+"journal", volumes[g.rng.IntN(len(volumes))])
			case "Inproceedings":
				at := g.rng.IntN(len(meetings))
				g.add(d, benchNS+"booktitle", rdf.String(fmt.Sprintf("Conference %d (%d)", at+1, year)))
				g.add(d, dctermsNS+"partOf", meetings[at])
			}
		}
	}
	for i := range min(erdoesE, len(meetings)) {
		if year >= erdoesFrom && year <= erdoesTo {
			g.add(meetings[i], swrcNS+"editor", rdf.IRI(personNS+"Paul_Erdoes"))
		}
	}
}

func (g *library) document(d rdf.Term, c *documentClass, year, erdoes int) {
	g.add(d, rdfNS+"type", rdf.IRI(benchNS+c.name))
	g.add(d, dcNS+"title", rdf.String(g.text(g.between(3, 12))))
	g.add(d, dctermsNS+"issued", integer(year))
	name := c.name + strconv.Itoa(g.n)
	if g.chance(c.author) {
		mean := logistic(2.05, 17.59, .11, 1975, year) + 1.05
		for _, p := range g.choose(g.normal(mean, logistic(1, 6.46, .10, 1975, year)+.5, 1), year) {
			g.add(d, dcNS+"creator", p)
		}
		if erdoes > 0 {
			g.add(d, dcNS+"creator", rdf.IRI(personNS+"Paul_Erdoes"))
		}
	}
	if g.chance(c.editor) {
		for _, p := range g.choose(g.normal(2.3, 1.2, 1), year) {
			g.add(d, swrcNS+"editor", p)
		}
	}
	if g.chance(c.pages) {
		from := g.between(1, 700)
		g.add(d, swrcNS+"pages", rdf.String(fmt.Sprintf("%d-%d", from, from+g.between(1, 30))))
	}
	if g.chance(c.month) {
		g.add(d, swrcNS+"month", integer(g.between(1, 12)))
	}
	if g.chance(c.isbn) {
		g.add(d, swrcNS+"isbn", rdf.String(fmt.Sprintf("%03d-%09d", g.between(0, 999), g.rng.IntN(1_000_000_000))))
	}
	if g.chance(c.ee) {
		g.add(d, rdfsNS+"seeAlso", rdf.String("http://www."+g.text(1)+".example/"+name+".html"))
	}
	if g.chance(c.url) {
		g.add(d, foafNS+"homepage", rdf.String("http://www."+g.text(1)+".example/"+name))
	}
	if (c.name == "Article" || c.name == "Inproceedings") && g.chance(.01) {
		g.add(d, benchNS+"abstract", rdf.String(g.text(g.normal(150, 30, 20))))
	}
	if g.chance(c.cite) && len(g.all) > 0 {
		g.cite(d)
	}
	g.all = append(g.all, d)
}

// choose gives so many different persons: new ones, some who have published before, and some who published this year already, in
// the proportions of the year.
func (g *library) choose(n, year int) (out []rdf.Term) {
	distinct := .84 - logistic(.67, 169.41, .07, 1936, year)
	fresh := (.628 - logistic(.29, 749, .14, 1937, year)) * distinct
	for tries := 0; len(out) < n && tries < 4*n; tries++ {
		var p rdf.Term
		switch at := g.rng.Float64(); {
		case at >= distinct && len(g.now) > 0:
			p = g.now[g.rng.IntN(len(g.now))]
		case at >= fresh && at < distinct && len(g.history) > 0:
			p = g.history[g.rng.IntN(len(g.history))]
		default:
			g.persons++
			p = rdf.BlankNode("p" + strconv.Itoa(g.persons))
			g.add(p, rdfNS+"type", rdf.IRI(foafNS+"Person"))
			g.add(p, foafNS+"name", rdf.String(g.text(2)+" "+strconv.Itoa(g.persons)))
		}
		known := false
		for _, x := range out {
			known = known || x == p
		}
		if !known {
			out = append(out, p)
			g.now = append(g.now, p)
		}
	}
	return out
}

// cite gives a document a bag of citations: half of those that are cited already, a tenth of those that cite, the others of any.
func (g *library) cite(d rdf.Term) {
	g.bags++
	bag := rdf.BlankNode("references" + strconv.Itoa(g.bags))
	g.add(d, dctermsNS+"references", bag)
	g.add(bag, rdfNS+"type", rdf.IRI(rdfNS+"Bag"))
	for i := range g.normal(16.82, 10.07, 1) {
		from := g.all
		switch at := g.rng.Float64(); {
		case at < .5 && len(g.cited) > 0:
			from = g.cited
		case at < .6 && len(g.citing) > 0:
			from = g.citing
		}
		to := from[g.rng.IntN(len(from))]
		g.cited = append(g.cited, to)
		g.add(bag, rdfNS+"_"+strconv.Itoa(i+1), to)
	}
	g.citing = append(g.citing, d)
}
