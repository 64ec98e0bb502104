// Package harvest brings sources into a store and keeps them in step: it reads the configuration, runs the sources, applies what they
// deliver, and writes down what it did.
//
// A run of a source is one commit or none. First the source is read, to the end, onto disk ([source.Sink]); no transaction is open
// meanwhile, so nobody waits. Then one transaction takes out what the source said before and is not said now, adds what is new,
// brings the derived facts up to date, and writes the provenance. What is there before and after is not touched, so the commit
// holds just what differs, and a source that says the same as before makes none. A source that fails changes nothing.
//
// # Graphs
//
// With the base B of the configuration a source NAME has the graph B+NAME, or one for each record, B+NAME/record/ and the
// percent-encoded IRI of the record, which is at the same time the IRI of its dcat:CatalogRecord. B+provenance holds what the harvest says
// about itself, and B+derived/RULE what a rule derived.
//
// # Who has a record
//
// A record that two sources claim goes to the one with the higher priority, and among equals to the one that comes first in the
// file. The others are refused, which is reported. When a source loses or gives up a record, those concerned are read again
// from the start, at the end of the same call of [Harvester.Run].
//
// # What is remembered where
//
// The state of a source is in the graph of provenance, so it is committed with the data, and goes back with them when an older state of
// the store is restored. When a run changes nothing but the state (a new ETag, a cursor that moved past nothing) there is no commit: the
// new state, and when the source was last asked, are in the [Journal], a small file beside the store. The journal can be lost: then
// the source is asked from the state in the store.
package harvest
