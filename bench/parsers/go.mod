module triplestore/bench/parsers

go 1.26.0

require (
	github.com/aleksaelezovic/trigo v0.1.0-phase2
	github.com/cayleygraph/quad v1.3.0
	github.com/knakk/rdf v0.0.0-20190304171630-8521bf4c5042
	github.com/piprate/json-gold v0.9.1
	triplestore v0.0.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pquerna/cachecontrol v0.2.0 // indirect
	github.com/ulikunitz/xz v0.5.17 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace triplestore => ../..
