package harvest

import (
	"strings"
	"time"

	"triplestore/loaders/source"
)

// Report tells what a harvest did.
type Report struct {
	Started time.Time      `json:"started"`
	Seconds float64        `json:"seconds"`
	DryRun  bool           `json:"dry_run,omitempty"`
	Sources []SourceReport `json:"sources"`
}

// Failed reports whether a source failed.
func (r *Report) Failed() bool {
	for i := range r.Sources {
		if r.Sources[i].Status == Failed {
			return true
		}
	}
	return false
}

// Status is how a run of a source ended.
type Status string

// The ends of a run.
const (
	// Changed: there is a commit, or with a dry run there would be one.
	Changed Status = "changed"
	// Unchanged: nothing differs from what is there.
	Unchanged Status = "unchanged"
	// Failed: nothing was applied.
	Failed Status = "failed"
)

// SourceReport tells what a run of a source did.
type SourceReport struct {
	Name    string       `json:"name"`
	Title   string       `json:"title,omitempty"`
	Kind    string       `json:"kind"`
	Graph   string       `json:"graph"`
	Status  Status       `json:"status"`
	Error   string       `json:"error,omitempty"`
	Class   source.Class `json:"error_class,omitempty"`
	Started time.Time    `json:"started"`
	Seconds float64      `json:"seconds"`
	// Commit is the commit that the run made, 0 for none. Run is its IRI in the provenance.
	Commit uint64 `json:"commit,omitempty"`
	Run    string `json:"run,omitempty"`
	// Complete: the source delivered all that it has. Again: it was read from the start because records went from one source to another.
	Complete bool   `json:"complete"`
	Again    bool   `json:"again,omitempty"`
	Checksum string `json:"checksum,omitempty"`
	Requests int64  `json:"requests,omitempty"`

	Records Records `json:"records"`
	// Triples were delivered by the source; Added and Removed count those that the commit added to and removed from its graphs, and
	// from those of a source that lost a record.
	Triples int64 `json:"triples"`
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	// Derived has the rules whose facts changed.
	Derived []DerivedReport `json:"derived,omitempty"`

	// Rejected, Normalised, Unmatched, Conflicts and Remarks count the notes of each sort. Notes has the first of them.
	Rejected   int64         `json:"rejected"`
	Normalised int64         `json:"normalised"`
	Unmatched  int64         `json:"unmatched"`
	Conflicts  int64         `json:"conflicts"`
	Remarks    int64         `json:"remarks"`
	Notes      []source.Note `json:"notes,omitempty"`
}

// Records counts records. For kinds without catalogue records only Read is known.
type Records struct {
	Read      int64 `json:"read"`
	Added     int64 `json:"added"`
	Changed   int64 `json:"changed"`
	Removed   int64 `json:"removed"`
	Unchanged int64 `json:"unchanged"`
	// Refused belong to another source; Taken were taken from one.
	Refused int64 `json:"refused"`
	Taken   int64 `json:"taken"`
}

// DerivedReport tells what became of the facts of a rule.
type DerivedReport struct {
	Rule    string `json:"rule"`
	Graph   string `json:"graph"`
	Facts   int64  `json:"facts"`
	Added   int64  `json:"added"`
	Removed int64  `json:"removed"`
	// Whole: the rule was evaluated for all; else for Resources, those that what changed could matter to.
	Whole     bool  `json:"whole,omitempty"`
	Resources int64 `json:"resources,omitempty"`
}

// maxNotes is how many notes of each sort a report keeps.
const maxNotes = 1000

// note counts a remark and keeps it if there is room.
func (r *SourceReport) note(n source.Note) {
	var count *int64
	switch n.Sort {
	case source.Rejected:
		count = &r.Rejected
	case source.Normalised:
		count = &r.Normalised
	case source.Unmatched:
		count = &r.Unmatched
	case source.Conflict:
		count = &r.Conflicts
	default:
		n.Sort, count = source.Remark, &r.Remarks
	}
	if *count++; *count <= maxNotes {
		n.Record = strings.Clone(n.Record) // it may be part of much text
		r.Notes = append(r.Notes, n)
	}
}
