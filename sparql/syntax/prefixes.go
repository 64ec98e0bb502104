package syntax

// foreignPrefixes are prefixes that queries from other endpoints use without declaring them, because those know them: Wikidata's, DBpedia's and
// some that Virtuoso has. They are for the error of an undeclared prefix only.
var foreignPrefixes = map[string]string{
	"wd":        "http://www.wikidata.org/entity/",
	"wdt":       "http://www.wikidata.org/prop/direct/",
	"p":         "http://www.wikidata.org/prop/",
	"ps":        "http://www.wikidata.org/prop/statement/",
	"psv":       "http://www.wikidata.org/prop/statement/value/",
	"pq":        "http://www.wikidata.org/prop/qualifier/",
	"pr":        "http://www.wikidata.org/prop/reference/",
	"wikibase":  "http://wikiba.se/ontology#",
	"bd":        "http://www.bigdata.com/rdf#",
	"dbo":       "http://dbpedia.org/ontology/",
	"dbr":       "http://dbpedia.org/resource/",
	"dbp":       "http://dbpedia.org/property/",
	"dbc":       "http://dbpedia.org/resource/Category:",
	"gr":        "http://purl.org/goodrelations/v1#",
	"sioc":      "http://rdfs.org/sioc/ns#",
	"doap":      "http://usefulinc.com/ns/doap#",
	"gn":        "http://www.geonames.org/ontology#",
	"geosparql": "http://www.opengis.net/ont/geosparql#",
	"yago":      "http://dbpedia.org/class/yago/",
	"fn":        "http://www.w3.org/2005/xpath-functions#",
	"afn":       "http://jena.apache.org/ARQ/function#",
}
