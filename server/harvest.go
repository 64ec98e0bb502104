package server

import (
	"encoding/json"
	"net/http"
	"time"

	"triplestore/loaders/harvest"
	"triplestore/loaders/source"
)

const harvestPath = "/harvest"

// harvestWords are the words of the page about the harvest.
type harvestWords struct {
	Title, Intro, None, Source, Kind, State, Checked, Next, Records, Statements, LastChange, Never, Running, Disabled, Notes, Derived   string
	Added, Removed, Changed, Unchanged, Failed, AsBefore, Rejected, Normalised, Unmatched, Conflicts, Remarks, ForPrograms, Facts, Rule string
	Place, Message, Sort, Fact, Conflict, Other                                                                                         string
}

var allHarvestWords = map[string]*harvestWords{
	"nb": {
		Title: "Høsting", Intro: "Kildene som høstes, når de sist ble spurt, og hva som da ble endret.", None: "Denne tjeneren høster ingen kilder.",
		Source: "Kilde", Kind: "Slag", State: "Siste kjøring", Checked: "Sist spurt", Next: "Neste gang", Records: "Poster", Statements: "Utsagn",
		LastChange: "Siste endring", Never: "aldri", Running: "høstes nå", Disabled: "slått av", Notes: "Merknader", Derived: "Utledede fakta",
		Added: "lagt til", Removed: "fjernet", Changed: "endret", Unchanged: "uendret", Failed: "feilet", AsBefore: "som før", Rejected: "avvist",
		Normalised: "rettet", Unmatched: "uten kanonisk IRI", Conflicts: "konflikter", Remarks: "andre", ForPrograms: "For programmer", Facts: "fakta",
		Rule: "Regel", Place: "Sted", Message: "Melding", Sort: "Slag", Fact: "faktum", Conflict: "konflikt", Other: "annen",
	},
	"nn": {
		Title: "Hausting", Intro: "Kjeldene som blir hausta, når dei sist vart spurde, og kva som då vart endra.", None: "Denne tenaren haustar ingen kjelder.",
		Source: "Kjelde", Kind: "Slag", State: "Siste køyring", Checked: "Sist spurd", Next: "Neste gong", Records: "Postar", Statements: "Utsegner",
		LastChange: "Siste endring", Never: "aldri", Running: "blir hausta no", Disabled: "slått av", Notes: "Merknader", Derived: "Utleidde fakta",
		Added: "lagt til", Removed: "fjerna", Changed: "endra", Unchanged: "uendra", Failed: "feila", AsBefore: "som før", Rejected: "avvist",
		Normalised: "retta", Unmatched: "utan kanonisk IRI", Conflicts: "konfliktar", Remarks: "andre", ForPrograms: "For program", Facts: "fakta",
		Rule: "Regel", Place: "Stad", Message: "Melding", Sort: "Slag", Fact: "faktum", Conflict: "konflikt", Other: "annan",
	},
	"en": {
		Title: "Harvest", Intro: "The sources that are harvested, when they were last asked, and what changed then.", None: "This server harvests no sources.",
		Source: "Source", Kind: "Kind", State: "Last run", Checked: "Last asked", Next: "Next time", Records: "Records", Statements: "Statements",
		LastChange: "Last change", Never: "never", Running: "being harvested", Disabled: "disabled", Notes: "Notes", Derived: "Derived facts",
		Added: "added", Removed: "removed", Changed: "changed", Unchanged: "unchanged", Failed: "failed", AsBefore: "as before", Rejected: "rejected",
		Normalised: "put right", Unmatched: "without a canonical IRI", Conflicts: "conflicts", Remarks: "others", ForPrograms: "For programs", Facts: "facts",
		Rule: "Rule", Place: "Place", Message: "Message", Sort: "Sort", Fact: "fact", Conflict: "conflict", Other: "other",
	},
}

type harvestPage struct {
	*page
	W       *harvestWords
	Sources []harvestRow
	JSON    string
}

// harvestRow is a source on the page.
type harvestRow struct {
	harvest.SourceStatus
	Label, GraphHref, StatusText, CheckedText, NextText string
	Shown                                               *harvest.SourceReport // the last run that changed something, or failed
	ShownAt, ShownText                                  string
}

// harvestNotes is how many notes of a source the page shows.
const harvestNotes = 20

// harvested tells how the sources of the harvest stand, to those who may read what the harvest says about itself.
func (s *Server) harvested(w http.ResponseWriter, r *http.Request) {
	if h := s.c.Harvest; h != nil && !s.callerOf(r.Context()).Rights.MayRead(h.Provenance()) {
		s.fail(w, r, problem(http.StatusForbidden, "The harvest is closed", "It is shown to those who may read the graph of its provenance."))
		return
	}
	var status []harvest.SourceStatus
	if s.c.Harvest != nil {
		status = s.c.Harvest.Status()
	}
	w.Header().Set("Cache-Control", "no-store")
	if format := r.URL.Query().Get("format"); format == "json" || format == "" && !acceptsHTML(r) {
		b, err := json.MarshalIndent(map[string]any{"sources": status}, "", "  ")
		if err != nil {
			s.fail(w, r, internal(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		addVary(w.Header(), "Accept")
		w.Write(append(b, '\n')) //nolint:errcheck // the client is gone
		return
	}
	p := &harvestPage{page: s.newPage(r, "")}
	p.W = allHarvestWords[p.M.Lang]
	if p.W == nil {
		p.W = allHarvestWords["en"]
	}
	p.Title, p.JSON = p.W.Title, p.link.page(harvestPath, "format", "json")
	for _, x := range status {
		p.Sources = append(p.Sources, p.row(x))
	}
	if err := s.render(w, r, http.StatusOK, "harvest", p); err != nil {
		s.fail(w, r, internal(err))
	}
}

func (p *harvestPage) row(x harvest.SourceStatus) harvestRow {
	row := harvestRow{SourceStatus: x, Label: x.Title, GraphHref: p.link.page("/resource", "iri", x.Graph), CheckedText: p.W.Never, NextText: "–", StatusText: "–"}
	if row.Label == "" {
		row.Label = x.Name
	}
	const layout = "2006-01-02 15:04"
	if !x.Checked.IsZero() {
		row.CheckedText = x.Checked.UTC().Format(layout) + " UTC"
	}
	if !x.Next.IsZero() {
		row.NextText = x.Next.UTC().Format(layout) + " UTC"
	}
	switch {
	case x.Running:
		row.StatusText = p.W.Running
	case x.Disabled:
		row.StatusText = p.W.Disabled
	case x.Last != nil:
		row.StatusText = map[harvest.Status]string{harvest.Changed: p.W.Changed, harvest.Unchanged: p.W.Unchanged, harvest.Failed: p.W.Failed}[x.Last.Status]
	}
	row.Shown = x.Change
	if x.Last != nil && x.Last.Status == harvest.Failed {
		row.Shown = x.Last
	}
	if row.Shown != nil {
		short := *row.Shown
		short.Notes = append([]source.Note(nil), short.Notes[:min(len(short.Notes), harvestNotes)]...)
		row.Shown, row.ShownAt, row.ShownText = &short, short.Started.UTC().Format(time.RFC3339), short.Started.UTC().Format(layout)+" UTC"
	}
	return row
}
