module triplestore/test/clients/go

go 1.26.0

require github.com/knakk/sparql v0.0.0-20240119140508-255b851aa040

require (
	github.com/knakk/digest v0.0.0-20160404164910-fd45becddc49 // indirect
	github.com/knakk/rdf v0.0.0-20190304171630-8521bf4c5042 // indirect
)
