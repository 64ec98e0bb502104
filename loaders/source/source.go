// Package source is the contract between the harvest (package harvest) and the kinds of source: catalogues in RDF, registers,
// feeds, tables. A kind lives in a package of its own below loaders and is named in the table of package kinds.
//
// # How a source is harvested
//
//  1. The section of the source in the configuration is decoded into the [Config] that [Kind.New] gives: a pointer to a struct with
//     yaml tags. Unknown keys are errors with line and column; the same struct makes the JSON Schema of the section (see [Schema]).
//     The keys of [Common] are the harvest's: a kind must not have fields of these names.
//  2. [Config.Open] checks the values and gives a [Source]. It sends nothing and reads nothing.
//  3. [Source.Harvest] gets the [State] that it returned the last time, and hands what it reads to the [Sink], record by record. It
//     may take as long as it needs: records wait on disk, and no transaction is open.
//  4. When it returns without an error, the harvest applies all of it in one commit, and keeps the new state in the same commit. After an
//     error, or when the context ends, nothing of it is applied and the old state stays. State and data therefore never drift.
//
// # Complete and incremental
//
// A source that delivered all that it has says so with [Outcome.Complete]: what it delivered replaces all that it said before. Otherwise
// only the records that were delivered are replaced, and those marked [Record.Deleted] go. A kind decides at each run: a register may
// take the dump on the first and the feed of changes from then on. [Outcome.Unchanged] says that nothing is new; nothing may have been
// delivered then. What is delivered twice in one run counts as it came last.
//
// # Records
//
// A [Record] is what a source replaces as a unit: a dataset, a concept, an organisation, with all that belongs to it. Its IRI names it
// among all sources. Triples that belong to no record come in a Record without IRI; only a complete run may have them. In a run that is
// not complete the subjects of a record have to be reachable from its IRI within it, by way of blank nodes and of IRIs that begin
// with the IRI of the record and "#" or "/", since that is how the harvest finds in the graph of the source what to take out.
//
// Blank nodes are named by the harvest, by what is said about them ([canon.Stable]), so a kind may use any labels; they are local to
// the record unless [Record.Named] says that they already have lasting names.
//
// # Mistakes
//
// What is wrong in a part is told with [Sink.Note] and left out; it does not end the run, unless the harvest is strict. What makes the
// run as a whole wrong is the error of Harvest. Errors of the [Client] come with their [Class] already; others get one by [WithClass].
package source

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"time"

	"triplestore/rdf"
	"triplestore/rdf/jsonld"
)

// Kind is a kind of source, as the configuration names it.
type Kind struct {
	// Name is the value of "kind" in the configuration.
	Name string
	// Doc says in one sentence what it takes.
	Doc string
	// New gives a section with its defaults: a pointer to a struct, see [Schema] for the tags of its fields.
	New func() Config
	// Claims tells that the records of the kind are claimed: each has a dcat:CatalogRecord of its own, and no other source can have the
	// same record. Registers with millions of records, which nobody else would claim, leave it unset.
	Claims bool
	// RecordGraphs makes a graph for each record the default of the kind (see [Common.Graphs]). Feeds of records whose parts have IRIs
	// of their own need it, since in a shared graph such parts cannot be told from others'.
	RecordGraphs bool
}

// Config is the section of a source in the configuration, without the keys of [Common].
type Config interface {
	// Open checks the section and makes the source. It neither reads nor sends anything. An error should name the key; see [KeyError].
	Open(env Env) (Source, error)
}

// Locator is a Config that names URLs: what an operator names may be on a host that is not public, other addresses may not.
type Locator interface {
	// Locations lists the URLs of the section.
	Locations() []string
}

// Env is what a source has to work with.
type Env struct {
	// Name is the name of the source in the configuration.
	Name string
	// Dir is the folder of the configuration: relative paths begin there, see [Env.Path].
	Dir string
	// Client sends requests; it is the only way to do so.
	Client *Client
	// Contexts supplies the contexts that JSON-LD refers to. Nil refuses them all.
	Contexts jsonld.Loader
	// Clock tells the time. It is never nil.
	Clock Clock
	// Temp is a folder for files that need not outlive the run. Empty means that of the system.
	Temp string
	// Memory is to be told by kinds that hold much of what they read. Nil counts nothing.
	Memory *Share
	// Log is never nil.
	Log *slog.Logger
}

// State is what a source remembers from one run to the next: a cursor, ETags, checksums; as JSON. Nil is the first run, or one that is
// to begin from the start.
type State = json.RawMessage

// Source is one source, open. It is used by one goroutine at a time.
type Source interface {
	// Harvest reads what is new since the state and gives it to the sink. It returns soon after ctx ends.
	Harvest(ctx context.Context, since State, to Sink) (Outcome, error)
}

// Outcome is what a run of a source came to.
type Outcome struct {
	// State is what Harvest gets the next time.
	State State
	// Complete: all that the source has was delivered, and what was not is there no more.
	Complete bool
	// Unchanged: the source has nothing new. State may be new all the same.
	Unchanged bool
	// Checksum names the content that was read, such as "sha256:…", or is empty. It goes into the provenance.
	Checksum string
}

// Sink takes what a source reads. Its methods may be called by several goroutines at once.
type Sink interface {
	// Record takes a record. What is in it may be reused after the call. The error is the context's, or one of the disk: return it.
	Record(r *Record) error
	// Note takes a remark.
	Note(n Note)
	// Progress tells how far the source has come.
	Progress(p Progress)
}

// Record is the unit that a source replaces.
type Record struct {
	// IRI names the record; it is empty for triples that belong to none.
	IRI string
	// Triples are all that the source says about it, in any order. Terms must be valid: IRIs absolute (see [iri.Check]).
	Triples []rdf.Triple
	// Deleted: the source has the record no more. There are no triples then; a tombstone is an ordinary record.
	Deleted bool
	// Named: the blank nodes have names that last, so they are kept.
	Named bool
	// Place is where the record was read.
	Place Place
}

// Place is where something stands.
type Place struct {
	// Source is a file, a URL or a name of a part.
	Source string `json:"source,omitempty"`
	// Line and Column count from 1; 0 is not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Path is a JSON Pointer, the number of a row or the like, where lines say nothing.
	Path string `json:"path,omitempty"`
}

// String writes "source:line:column path".
func (p Place) String() string {
	s := p.Source
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Column > 0 {
			s += ":" + strconv.Itoa(p.Column)
		}
	}
	if p.Path != "" {
		if s != "" {
			s += " "
		}
		s += p.Path
	}
	return s
}

// Sort is what a note is about.
type Sort string

// The sorts of notes. Their names are part of the report.
const (
	// Rejected: a statement or record could not be read and was left out. A strict harvest fails on it.
	Rejected Sort = "rejected"
	// Normalised: something was put right.
	Normalised Sort = "normalised"
	// Unmatched: an identifier for which a rule knows no canonical IRI.
	Unmatched Sort = "unmatched"
	// Conflict: another source has the record.
	Conflict Sort = "conflict"
	// Remark: anything else worth knowing.
	Remark Sort = "remark"
)

// Note is a remark about what was read.
type Note struct {
	Sort    Sort   `json:"sort"`
	Message string `json:"message"`
	Place   Place  `json:"place,omitzero"`
	// Record is the IRI of the record that it is about, if there is one.
	Record string `json:"record,omitempty"`
}

// Progress is how far a source has come. Zero fields are not known. Doing says in a few words what is going on.
type Progress struct {
	Doing             string
	Done, Total       int64 // in Unit
	Unit              string
	Records, Requests int64
}

// Clock is the time, so that tests need not wait.
type Clock interface {
	Now() time.Time
	// Sleep waits, or returns the context's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now tells the time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// Sleep waits for d or the end of ctx.
func (SystemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Rewriter changes records of all sources before they are kept: rules of identity, mending of known mistakes. It may add and change
// triples and the IRI of the record. It is used by several goroutines at once.
type Rewriter interface {
	Rewrite(r *Record, note func(Note)) error
}

// RewriterKind is a section of the configuration beside the sources that makes a Rewriter.
type RewriterKind struct {
	// Name is the key of the section.
	Name string
	// Doc says in one sentence what it does.
	Doc string
	// New gives a section with its defaults: a pointer to a struct.
	New func() RewriterConfig
	// Default: the rewriter is there also where the configuration has no section for it.
	Default bool
}

// RewriterConfig is the section of a rewriter.
type RewriterConfig interface {
	// OpenRewriter makes the rewriter. It may read files of the operator's below env.Dir. Nil is none.
	OpenRewriter(env Env) (Rewriter, error)
	// Version changes when the rewriter comes to other results; all sources are then read anew. It has the version of the rules and
	// whatever the section says.
	Version() string
}

// Preparer is a RewriterConfig that reads files before its Version is asked for.
type Preparer interface {
	// Prepare reads what the section names; relative paths begin at dir. An error should name the key; see [Keyf].
	Prepare(dir string) error
}
