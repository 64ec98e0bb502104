package badgerstore

import (
	"fmt"
	"time"

	"triplestore/store"
)

// Finding is something that is wrong with a store.
type Finding struct {
	// Relation is where: an order ("spog"), a part of the dictionary ("hashes", "blocks", "terms"), an extension by name, "graphs",
	// "history", "free" (the list of free pages), or "root".
	Relation string `json:"relation"`
	// Page is the number of the page, 0 where it is no single one.
	Page uint64 `json:"page,omitempty"`
	// Commit is the state in which it was found, 0 for the newest.
	Commit  uint64 `json:"commit,omitempty"`
	Problem string `json:"problem"`
}

// String is the finding as a line.
func (f Finding) String() string {
	s := f.Relation
	if f.Page != 0 {
		s += fmt.Sprintf(", page %d", f.Page)
	}
	if f.Commit != 0 {
		s += fmt.Sprintf(", commit %d", f.Commit)
	}
	return s + ": " + f.Problem
}

// CheckReport is what Check found.
type CheckReport struct {
	OK     bool      `json:"ok"`
	Commit uint64    `json:"commit"`
	Time   time.Time `json:"time"`
	Quads  uint64    `json:"quads"`
	Graphs uint64    `json:"graphs"` // named graphs that hold quads
	Terms  uint64    `json:"terms"`
	// Pages is how many the states that were checked reach, Free how many below the end of pages are free to be used again.
	Pages uint64 `json:"pages"`
	Free  uint64 `json:"free_pages"`
	// States is how many states were checked: the newest and those that the history keeps.
	States   int       `json:"states"`
	Findings []Finding `json:"findings"`
	// More is how many findings there are beyond those listed.
	More int `json:"more_findings,omitempty"`
}

// Err is nil if the report is without findings, else an error that wraps store.ErrCorrupt and tells the first.
func (r *CheckReport) Err() error {
	if r.OK {
		return nil
	}
	n := len(r.Findings) + r.More
	if n == 1 {
		return fmt.Errorf("%w: %v", store.ErrCorrupt, r.Findings[0])
	}
	return fmt.Errorf("%w: %v, and %d more findings", store.ErrCorrupt, r.Findings[0], n-1)
}

// CheckProgress tells how far Check has come.
type CheckProgress struct{ Rows, TotalRows, Pages uint64 }

// CheckOptions tune Check.
type CheckOptions struct {
	// Progress, if any, is called now and then, by one goroutine at a time.
	Progress func(CheckProgress)
	// Found, if any, is called with every finding at once, by one goroutine at a time.
	Found func(Finding)
	// MaxFindings is how many findings the report lists; 0 is 1,000.
	MaxFindings int
}
