package server

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"triplestore/store"
)

// The overview: graphs, classes and predicates with their counts, and how the store grew.

type overviewPage struct {
	*page
	Sentence string
	Growth   *growthView
	Tables   []overviewTable
}

type overviewTable struct {
	ID, Title, Total, Column, NameColumn, CountColumn string
	Rows                                              []overviewRow
	named                                             uint64 // how many of the graphs have a name
	Cut                                               string
}

type overviewRow struct {
	Name, Short, Lang, IRI, Href, Count string
	Share                               float64
}

// overviewRows is how many rows a table of the overview has.
const overviewRows = 50

// aboutStore answers with a page about the whole of what the caller sees: it takes a turn and a snapshot, and draws the page from the vocabulary,
// unless the client has the page of this state.
func (s *Server) aboutStore(name string, draw func(ctx context.Context, w http.ResponseWriter, r *http.Request, snap store.Snapshot, p *page, v *vocabulary) error) http.HandlerFunc {
	answer := func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), s.c.Timeout)
		defer cancel()
		turn, err := s.slots.take(ctx)
		if err != nil {
			return err
		}
		defer turn.give()
		snap, err := s.data(ctx).Snapshot()
		if err != nil {
			return err
		}
		defer snap.Close()
		p := s.newPage(r, "")
		addVary(w.Header(), "Accept-Language")
		if unchanged(w, r, entityTag(snap.Commit(), name, r.URL.RequestURI(), s.settings, strings.Join(p.langs, " "))) {
			return nil
		}
		v, err := s.vocabularyOf(ctx, snap, p.langs)
		if err != nil {
			return err
		}
		return draw(ctx, w, r, snap, p, v)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if err := answer(w, r); err != nil {
			s.fail(w, r, problemOf(r.Context(), err))
		}
	}
}

func (s *Server) overview(ctx context.Context, w http.ResponseWriter, r *http.Request, snap store.Snapshot, p *page, v *vocabulary) error {
	p.Title = p.M.Overview
	quads, err := snap.Count(store.Range{Order: store.SPOG})
	if err != nil {
		return err
	}
	page := &overviewPage{page: p}
	graphs, err := s.graphTable(ctx, snap, p)
	if err != nil {
		return err
	}
	page.Sentence = fmt.Sprintf(p.M.OverviewSentence, p.M.Statement.count(quads), p.M.NamedGraph.count(graphs.named), p.M.ClassWord.count(uint64(len(v.Classes))), p.M.PropertyWord.count(uint64(len(v.Predicates))))
	page.Tables = []overviewTable{
		p.termTable("classes", p.M.Classes, p.M.Class, p.M.Instances, v.Classes), p.termTable("predicates", p.M.Predicates, p.M.Predicate, p.M.StatementsWord, v.Predicates), graphs,
	}
	if page.Growth, err = s.growth(ctx, p); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "overview", page)
}

func (p *page) termTable(id, title, column, counted string, terms []vocabularyTerm) overviewTable {
	t := overviewTable{ID: id, Title: title, Total: formatCount(uint64(len(terms))), Column: column, NameColumn: p.M.ShortName, CountColumn: counted}
	for i, x := range terms {
		if i == overviewRows {
			t.Cut = fmt.Sprintf(p.M.MostUsed, overviewRows)
			break
		}
		view := x.view(p)
		t.Rows = append(t.Rows, overviewRow{Name: view.Name, Short: x.Name, IRI: x.IRI, Href: view.Href, Count: view.Total, Share: share(x.Count, terms[0].Count)})
	}
	return t
}

func share(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n*1000/of) / 1000
}

// graphTable lists the graphs with the most statements.
func (s *Server) graphTable(ctx context.Context, snap store.Snapshot, p *page) (overviewTable, error) {
	t := overviewTable{ID: "graphs", Title: p.M.GraphsTitle, Column: p.M.GraphOf, NameColumn: "IRI", CountColumn: p.M.StatementsWord}
	graphs, err := snap.Graphs()
	if err != nil {
		return t, err
	}
	named := len(graphs)
	slices.SortStableFunc(graphs, func(a, b store.GraphCount) int { return cmp.Compare(b.Quads, a.Quads) })
	d, err := s.describer(ctx, snap, p.langs)
	if err != nil {
		return t, err
	}
	v := &viewer{describer: d, link: p.link, m: p.M, prefixes: s.prefixes}
	for i, g := range graphs {
		if g.Graph == store.DefaultGraph {
			named--
		}
		if i >= overviewRows {
			t.Cut = fmt.Sprintf(p.M.MostUsed, overviewRows)
			continue
		}
		row := overviewRow{Count: formatCount(g.Quads), Share: share(g.Quads, graphs[0].Quads)}
		if g.Graph == store.DefaultGraph {
			row.Name, row.Href = p.M.DefaultGraph, p.link.page(graphsPath, "default", "", "format", "turtle")
		} else {
			if err := d.fetch([]store.ID{g.Graph}); err != nil {
				return t, err
			}
			view := v.term(g.Graph, d.terms[g.Graph])
			row.Name, row.Lang, row.IRI, row.Href, row.Short = view.Text, view.Lang, view.IRI, view.Href, view.IRI
		}
		t.Rows = append(t.Rows, row)
	}
	t.named = uint64(max(named, 0))
	t.Total = formatCount(t.named)
	return t, v.err
}

// growthView is the number of statements over the commits whose states are kept.
type growthView struct {
	Width, Height float64
	Label, Note   string
	Lines         []gridLine
	Area, Line    string
	Dots, Dates   []growthDot
	most          uint64
}

type growthDot struct {
	X, Y   float64
	Title  string
	Anchor string
}

// drawnCommits is how many states a picture of growth looks into.
const drawnCommits = 60

func (s *Server) growth(ctx context.Context, p *page) (*growthView, error) {
	h, ok := s.data(ctx).(store.History)
	if !ok {
		return nil, nil
	}
	commits, err := h.Commits()
	if err != nil || len(commits) < 2 {
		return nil, err
	}
	all := len(commits)
	if all > drawnCommits { // evenly, the first and the last among them
		some := make([]store.Commit, drawnCommits)
		for i := range some {
			some[i] = commits[i*(all-1)/(drawnCommits-1)]
		}
		commits = some
	}
	g := &growthView{Width: 900, Height: 300}
	counts := make([]uint64, 0, len(commits))
	kept := commits[:0:0]
	for _, c := range commits {
		snap, err := h.SnapshotAt(c.Number)
		if err != nil {
			continue // let go of meanwhile
		}
		n, err := snap.Count(store.Range{Order: store.SPOG})
		snap.Close()
		if err != nil {
			return nil, err
		}
		counts, kept = append(counts, n), append(kept, c)
		g.most = max(g.most, n)
	}
	if len(kept) < 2 {
		return nil, nil
	}
	const left, right, top, bottom = 90.0, 30.0, 20.0, 44.0
	from, to := kept[0].Time, kept[len(kept)-1].Time
	x := func(i int) float64 {
		if span := to.Sub(from); span > time.Second { // by time, else by number
			return left + (g.Width-left-right)*float64(kept[i].Time.Sub(from))/float64(span)
		}
		return left + (g.Width-left-right)*float64(i)/float64(len(kept)-1)
	}
	y := func(n float64) float64 {
		return g.Height - bottom - (g.Height-top-bottom)*n/float64(max(g.most, 1))
	}
	for _, t := range ticks(0, float64(g.most), 4) {
		g.Lines = append(g.Lines, gridLine{left, y(t), g.Width - right, y(t), left - 10, y(t) + 5, formatCount(uint64(t))})
	}
	var line strings.Builder
	for i, n := range counts {
		fmt.Fprintf(&line, "%.1f,%.1f ", x(i), y(float64(n)))
		g.Dots = append(g.Dots, growthDot{X: x(i), Y: y(float64(n)), Title: fmt.Sprintf("%s %s: %s", p.M.Commit, formatCount(kept[i].Number), formatCount(n))})
	}
	g.Line = strings.TrimSpace(line.String())
	g.Area = fmt.Sprintf("%.1f,%.1f %s %.1f,%.1f", x(0), y(0), g.Line, x(len(kept)-1), y(0))
	const form = "2006-01-02 15:04"
	g.Dates = []growthDot{{left, g.Height - 14, from.UTC().Format(form), "start"}, {g.Width - right, g.Height - 14, to.UTC().Format(form), "end"}}
	g.Label = fmt.Sprintf("%s: %s – %s", p.M.Growth, formatCount(counts[0]), formatCount(counts[len(counts)-1]))
	g.Note = fmt.Sprintf(p.M.GrowthNote, formatCount(uint64(all)), formatCount(counts[0]), p.M.Statement.count(counts[len(counts)-1]))
	return g, nil
}
