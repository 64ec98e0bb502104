// Package kinds is the table of the kinds of source, and of the rewriters, that a harvest knows.
package kinds

import (
	"triplestore/loaders/ckan"
	"triplestore/loaders/codelists"
	"triplestore/loaders/enhetsregisteret"
	"triplestore/loaders/identity"
	"triplestore/loaders/ldes"
	"triplestore/loaders/mend"
	"triplestore/loaders/oaipmh"
	"triplestore/loaders/rdfsource"
	"triplestore/loaders/source"
	"triplestore/loaders/sparqlsource"
	"triplestore/loaders/table"
)

// All lists the kinds of source. Each is shown in examples/sources.yaml, which a test of package harvest holds.
func All() []source.Kind {
	return []source.Kind{
		rdfsource.Kind(),
		codelists.Kind(),
		enhetsregisteret.Kind,
		table.Kind(),
		ckan.Kind(),
		ldes.Kind(),
		oaipmh.Kind(),
		sparqlsource.Kind(),
	}
}

// Rewriters lists the rewriters, in the order in which they work.
func Rewriters() []source.RewriterKind {
	return []source.RewriterKind{mend.Kind(), identity.Kind}
}
