package harvest

import (
	"time"

	"triplestore/rdf"
)

// SourceStatus is how a source stands.
type SourceStatus struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Kind     string `json:"kind"`
	Graph    string `json:"graph"`
	Disabled bool   `json:"disabled,omitempty"`
	// Running: it is being harvested.
	Running bool `json:"running,omitempty"`
	// Checked is when it was last asked, Next when it will be; zero is never, or not known.
	Checked time.Time `json:"checked,omitzero"`
	Next    time.Time `json:"next,omitzero"`
	// Last is the report of the last run, Change that of the last one that changed something, with their first notes.
	Last   *SourceReport `json:"last,omitempty"`
	Change *SourceReport `json:"change,omitempty"`
}

// Status tells how the sources stand, in the order of the configuration.
func (h *Harvester) Status() []SourceStatus {
	entries, due := h.o.Journal.Entries(), h.Due()
	out := make([]SourceStatus, 0, len(h.o.Config.Sources))
	for _, s := range h.o.Config.Sources {
		e := entries[s.Name]
		out = append(out, SourceStatus{Name: s.Name, Title: s.Title, Kind: s.Kind.Name, Graph: s.Graph, Disabled: s.Disabled, Running: h.isRunning(s.Name),
			Checked: e.Checked, Next: due[s.Name], Last: e.Last, Change: e.Change})
	}
	return out
}

// Provenance is the graph that the harvest writes about itself.
func (h *Harvester) Provenance() rdf.Term { return h.names.provenance() }
