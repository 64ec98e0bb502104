package server

import "strings"

// messages are the words of the pages in one language.
type messages struct {
	Lang, Name string

	Skip, Home, Search, Query, Run, ShowAs, AsPage, Examples, Summary, Quads, Graphs, Terms, Commit, LookUp, LookUpLabel, Show   string
	Type, About, NoLabel, Download, Properties, References, NoProperties, NoReferences, AllOf, OtherLanguages, ExternalLink      string
	Blank, PartOf, NotFoundTitle, NotFoundText, Result, NoRows, FirstRows, Seconds, Yes, No, Unbound, Error, Previous            string
	Next, Page, GraphOf, StatedIn, Loop, Languages, Endpoint, EndpointText, UsedAs, More, Cut, Back, OpenQuery, Plan             string
	Similar                                                                                                                      string
	MainMenu, Workbench, Overview, Diagram, Lead, WriteQuery, SeeOverview, WhatIsHere, Instead, Answer, Profile                  string
	Pictures, OpenPicture, Map, Origin, From, Source, Fetched, WithoutMark, Growth, GrowthNote, OverviewSentence, Classes, Class string
	Predicates, Predicate, Instances, StatementsWord, GraphsTitle, DefaultGraph, ShortName, MostUsed, SchemaSentence, NoClass    string
	SchemaSampled, Relations, LeadsTo, CountWord, SameAs, East, West                                                             string

	Statement, NamedGraph, ClassWord, PropertyWord, RowWord noun
}

// noun is a word for one and for several.
type noun struct{ one, many string }

func (n noun) of(count uint64) string {
	if count == 1 {
		return n.one
	}
	return n.many
}

// count is a number with the word for what is counted.
func (n noun) count(count uint64) string { return formatCount(count) + " " + n.of(count) }

var allMessages = []*messages{
	{
		Lang: "nb", Name: "Bokmål",
		Statement: noun{"utsagn", "utsagn"}, NamedGraph: noun{"navngitt graf", "navngitte grafer"}, ClassWord: noun{"klasse", "klasser"}, PropertyWord: noun{"egenskap", "egenskaper"}, RowWord: noun{"rad", "rader"},
		Skip: "Hopp til innholdet", Home: "Forsiden", Search: "Søk", Query: "Spørring i SPARQL", Run: "Kjør", ShowAs: "Vis som", AsPage: "nettside",
		Examples: "Eksempler", Summary: "Datasettet", Quads: "utsagn", Graphs: "navngitte grafer", Terms: "termer", Commit: "versjon",
		LookUp: "Slå opp", LookUpLabel: "IRI til en ressurs", Show: "Vis", Type: "Type", About: "Om", NoLabel: "uten navn", Download: "Last ned",
		Properties: "Egenskaper", References: "Henvisninger hit", NoProperties: "Ingen utsagn har denne ressursen som subjekt.",
		NoReferences: "Ingen ressurser viser hit.", AllOf: "Vis alle", OtherLanguages: "Andre språk", ExternalLink: "Åpne adressen",
		Blank: "uten IRI", PartOf: "del av", NotFoundTitle: "Finnes ikke her", NotFoundText: "Denne ressursen er ikke beskrevet i datasettet:",
		Result: "Resultat", NoRows: "Spørringen ga ingen treff.", FirstRows: "Her vises de første radene. Last ned for å få alle:",
		Seconds: "sekunder", Yes: "Ja", No: "Nei", Unbound: "ubundet", Error: "Feil", Previous: "Forrige", Next: "Neste", Page: "Side",
		GraphOf: "Navngitt graf", StatedIn: "Oppgitt i", Loop: "vist over", Languages: "Språk", Endpoint: "For programmer",
		EndpointText: "SPARQL-endepunktet tar spørringer etter SPARQL 1.1 Protocol på denne adressen:", UsedAs: "Brukt som egenskap i", More: "til",
		Cut: "Her vises begynnelsen. Last ned for å få alt:", Back: "Tilbake til ressursen", OpenQuery: "Åpne i arbeidsbenken", Plan: "planen",
		SameAs: "Dette er en annen IRI for", Similar: "Mente du en av disse?", MainMenu: "Hovedmeny", Workbench: "Spør", Overview: "Oversikt", Diagram: "Datamodell",
		Lead: "Lenkede data: alt som er beskrevet her, har en side, og alt kan spørres om.", WriteQuery: "Skriv en spørring", SeeOverview: "Se hva som finnes",
		WhatIsHere: "Hva som finnes her", Instead: "Gi", Answer: "svaret", Profile: "planen med målinger",
		Pictures: "Bilder", OpenPicture: "Åpne bildet", Map: "Kart", Origin: "Hvor det står", From: "fra", Source: "kilde", Fetched: "oppdatert",
		WithoutMark: "Utsagn uten tall står i standardgrafen.", Growth: "Vekst", GrowthNote: "%s versjoner er bevart, fra %s til %s.",
		OverviewSentence: "%s i %s, med %s og %s.", Classes: "Klasser", Class: "Klasse", Predicates: "Egenskaper", Predicate: "Egenskap",
		Instances: "Forekomster", StatementsWord: "Utsagn", GraphsTitle: "Navngitte grafer", DefaultGraph: "Standardgrafen", ShortName: "Kortnavn", MostUsed: "De %d mest brukte vises.",
		SchemaSentence: "Diagrammet er tegnet etter dataene: %d av %s, det forekomstene sier, og det som knytter dem sammen.", NoClass: "noe uten klasse",
		SchemaSampled: "Tallene er anslag: av hver klasse er opptil %d forekomster undersøkt.", Relations: "Forbindelser", LeadsTo: "fører til", CountWord: "Antall", East: "Ø", West: "V",
	},
	{
		Lang: "nn", Name: "Nynorsk",
		Statement: noun{"utsegn", "utsegner"}, NamedGraph: noun{"namngjeven graf", "namngjevne grafar"}, ClassWord: noun{"klasse", "klassar"}, PropertyWord: noun{"eigenskap", "eigenskapar"}, RowWord: noun{"rad", "rader"},
		Skip: "Hopp til innhaldet", Home: "Framsida", Search: "Søk", Query: "Spørjing i SPARQL", Run: "Køyr", ShowAs: "Vis som", AsPage: "nettside",
		Examples: "Døme", Summary: "Datasettet", Quads: "utsegner", Graphs: "namngjevne grafar", Terms: "termar", Commit: "versjon",
		LookUp: "Slå opp", LookUpLabel: "IRI til ein ressurs", Show: "Vis", Type: "Type", About: "Om", NoLabel: "utan namn", Download: "Last ned",
		Properties: "Eigenskapar", References: "Tilvisingar hit", NoProperties: "Ingen utsegner har denne ressursen som subjekt.",
		NoReferences: "Ingen ressursar viser hit.", AllOf: "Vis alle", OtherLanguages: "Andre språk", ExternalLink: "Opne adressa",
		Blank: "utan IRI", PartOf: "del av", NotFoundTitle: "Finst ikkje her", NotFoundText: "Denne ressursen er ikkje skildra i datasettet:",
		Result: "Resultat", NoRows: "Spørjinga gav ingen treff.", FirstRows: "Her er dei første radene. Last ned for å få alle:",
		Seconds: "sekund", Yes: "Ja", No: "Nei", Unbound: "ubunden", Error: "Feil", Previous: "Førre", Next: "Neste", Page: "Side",
		GraphOf: "Namngjeven graf", StatedIn: "Oppgjeve i", Loop: "vist over", Languages: "Språk", Endpoint: "For program",
		EndpointText: "SPARQL-endepunktet tek spørjingar etter SPARQL 1.1 Protocol på denne adressa:", UsedAs: "Brukt som eigenskap i", More: "til",
		Cut: "Her er starten. Last ned for å få alt:", Back: "Tilbake til ressursen", OpenQuery: "Opne i arbeidsbenken", Plan: "planen",
		SameAs: "Dette er ein annan IRI for", Similar: "Meinte du ei av desse?", MainMenu: "Hovudmeny", Workbench: "Spør", Overview: "Oversyn", Diagram: "Datamodell",
		Lead: "Lenkja data: alt som er skildra her, har ei side, og alt kan spørjast om.", WriteQuery: "Skriv ei spørjing", SeeOverview: "Sjå kva som finst",
		WhatIsHere: "Kva som finst her", Instead: "Gje", Answer: "svaret", Profile: "planen med målingar",
		Pictures: "Bilete", OpenPicture: "Opne biletet", Map: "Kart", Origin: "Kvar det står", From: "frå", Source: "kjelde", Fetched: "oppdatert",
		WithoutMark: "Utsegner utan tal står i standardgrafen.", Growth: "Vekst", GrowthNote: "%s versjonar er tekne vare på, frå %s til %s.",
		OverviewSentence: "%s i %s, med %s og %s.", Classes: "Klassar", Class: "Klasse", Predicates: "Eigenskapar", Predicate: "Eigenskap",
		Instances: "Førekomstar", StatementsWord: "Utsegner", GraphsTitle: "Namngjevne grafar", DefaultGraph: "Standardgrafen", ShortName: "Kortnamn", MostUsed: "Dei %d mest brukte er viste.",
		SchemaSentence: "Diagrammet er teikna etter dataa: %d av %s, det førekomstane seier, og det som knyter dei saman.", NoClass: "noko utan klasse",
		SchemaSampled: "Tala er overslag: av kvar klasse er opptil %d førekomstar undersøkte.", Relations: "Samband", LeadsTo: "fører til", CountWord: "Tal", East: "A", West: "V",
	},
	{
		Lang: "en", Name: "English",
		Statement: noun{"statement", "statements"}, NamedGraph: noun{"named graph", "named graphs"}, ClassWord: noun{"class", "classes"}, PropertyWord: noun{"property", "properties"}, RowWord: noun{"row", "rows"},
		Skip: "Skip to content", Home: "Front page", Search: "Search", Query: "SPARQL query", Run: "Run", ShowAs: "Show as", AsPage: "page",
		Examples: "Examples", Summary: "The dataset", Quads: "statements", Graphs: "named graphs", Terms: "terms", Commit: "version",
		LookUp: "Look up", LookUpLabel: "IRI of a resource", Show: "Show", Type: "Type", About: "About", NoLabel: "without a name", Download: "Download",
		Properties: "Properties", References: "What refers to it", NoProperties: "No statement has this resource as its subject.",
		NoReferences: "Nothing refers to it.", AllOf: "Show all", OtherLanguages: "Other languages", ExternalLink: "Open the address",
		Blank: "without an IRI", PartOf: "part of", NotFoundTitle: "Not found here", NotFoundText: "The dataset does not describe this resource:",
		Result: "Result", NoRows: "The query has no results.", FirstRows: "These are the first rows. Download to get all:",
		Seconds: "seconds", Yes: "Yes", No: "No", Unbound: "unbound", Error: "Error", Previous: "Previous", Next: "Next", Page: "Page",
		GraphOf: "Named graph", StatedIn: "Stated in", Loop: "shown above", Languages: "Languages", Endpoint: "For programs",
		EndpointText: "The SPARQL endpoint takes queries by the SPARQL 1.1 Protocol at this address:", UsedAs: "Used as a property in", More: "more",
		Cut: "This is the beginning. Download to get everything:", Back: "Back to the resource", OpenQuery: "Open in the workbench", Plan: "the plan",
		SameAs: "This is another IRI for", Similar: "Did you mean one of these?", MainMenu: "Main menu", Workbench: "Query", Overview: "Overview", Diagram: "Data model",
		Lead: "Linked data: everything that is described here has a page, and all of it can be queried.", WriteQuery: "Write a query", SeeOverview: "See what there is",
		WhatIsHere: "What is here", Instead: "Give", Answer: "the answer", Profile: "the plan with measurements",
		Pictures: "Pictures", OpenPicture: "Open the picture", Map: "Map", Origin: "Where it is stated", From: "from", Source: "source", Fetched: "updated",
		WithoutMark: "Statements without a number are in the default graph.", Growth: "Growth", GrowthNote: "%s versions are kept, from %s to %s.",
		OverviewSentence: "%s in %s, with %s and %s.", Classes: "Classes", Class: "Class", Predicates: "Properties", Predicate: "Property",
		Instances: "Instances", StatementsWord: "Statements", GraphsTitle: "Named graphs", DefaultGraph: "The default graph", ShortName: "Short name", MostUsed: "The %d most used are shown.",
		SchemaSentence: "The diagram is drawn from the data: %d of %s, what their instances say, and what ties them together.", NoClass: "something without a class",
		SchemaSampled: "The numbers are estimates: up to %d instances of each class were looked at.", Relations: "Ties", LeadsTo: "leads to", CountWord: "Count", East: "E", West: "W",
	},
}

// english are the words of what is the same for all readers.
var english = allMessages[len(allMessages)-1]

// messagesFor finds the words in the first language that there are any in.
func messagesFor(langs []string) *messages {
	for _, l := range langs {
		base, _, _ := strings.Cut(l, "-")
		if base == "no" {
			base = "nb"
		}
		for _, m := range allMessages {
			if m.Lang == base {
				return m
			}
		}
	}
	return allMessages[len(allMessages)-1]
}

// builtinNames name the properties and classes that nearly every catalogue uses, as nb, nn, en, for when their vocabulary is not loaded.
var builtinNames = map[string][3]string{
	rdfType: {"type", "type", "type"},
	"http://www.w3.org/2000/01/rdf-schema#label":           {"navn", "namn", "label"},
	"http://www.w3.org/2000/01/rdf-schema#comment":         {"kommentar", "kommentar", "comment"},
	"http://www.w3.org/2000/01/rdf-schema#seeAlso":         {"se også", "sjå òg", "see also"},
	"http://purl.org/dc/terms/title":                       {"tittel", "tittel", "title"},
	"http://purl.org/dc/terms/description":                 {"beskrivelse", "skildring", "description"},
	"http://purl.org/dc/terms/publisher":                   {"utgiver", "utgjevar", "publisher"},
	"http://purl.org/dc/terms/creator":                     {"produsent", "produsent", "creator"},
	"http://purl.org/dc/terms/identifier":                  {"identifikator", "identifikator", "identifier"},
	"http://purl.org/dc/terms/issued":                      {"utgivelsesdato", "utgjevingsdato", "issued"},
	"http://purl.org/dc/terms/modified":                    {"sist endret", "sist endra", "modified"},
	"http://purl.org/dc/terms/created":                     {"opprettet", "oppretta", "created"},
	"http://purl.org/dc/terms/license":                     {"lisens", "lisens", "licence"},
	"http://purl.org/dc/terms/language":                    {"språk", "språk", "language"},
	"http://purl.org/dc/terms/subject":                     {"begrep", "omgrep", "subject"},
	"http://purl.org/dc/terms/spatial":                     {"dekningsområde", "dekningsområde", "spatial coverage"},
	"http://purl.org/dc/terms/temporal":                    {"tidsrom", "tidsrom", "temporal coverage"},
	"http://purl.org/dc/terms/accessRights":                {"tilgangsnivå", "tilgangsnivå", "access rights"},
	"http://purl.org/dc/terms/accrualPeriodicity":          {"oppdateringsfrekvens", "oppdateringsfrekvens", "frequency"},
	"http://purl.org/dc/terms/format":                      {"format", "format", "format"},
	"http://purl.org/dc/terms/type":                        {"kategori", "kategori", "category"},
	"http://purl.org/dc/terms/source":                      {"kilde", "kjelde", "source"},
	"http://purl.org/dc/terms/conformsTo":                  {"i samsvar med", "i samsvar med", "conforms to"},
	"http://purl.org/dc/terms/isPartOf":                    {"er del av", "er del av", "is part of"},
	"http://purl.org/dc/terms/hasPart":                     {"har del", "har del", "has part"},
	"http://purl.org/dc/terms/references":                  {"refererer til", "refererer til", "references"},
	"http://purl.org/dc/terms/provenance":                  {"opphav", "opphav", "provenance"},
	"http://www.w3.org/ns/dcat#dataset":                    {"datasett", "datasett", "dataset"},
	"http://www.w3.org/ns/dcat#service":                    {"datatjeneste", "datateneste", "data service"},
	"http://www.w3.org/ns/dcat#distribution":               {"distribusjon", "distribusjon", "distribution"},
	"http://www.w3.org/ns/dcat#theme":                      {"tema", "tema", "theme"},
	"http://www.w3.org/ns/dcat#keyword":                    {"emneord", "emneord", "keyword"},
	"http://www.w3.org/ns/dcat#contactPoint":               {"kontaktpunkt", "kontaktpunkt", "contact point"},
	"http://www.w3.org/ns/dcat#landingPage":                {"dokumentasjon", "dokumentasjon", "landing page"},
	"http://www.w3.org/ns/dcat#accessURL":                  {"tilgangsadresse", "tilgangsadresse", "access address"},
	"http://www.w3.org/ns/dcat#downloadURL":                {"nedlastingsadresse", "nedlastingsadresse", "download address"},
	"http://www.w3.org/ns/dcat#accessService":              {"tilgangstjeneste", "tilgangsteneste", "access service"},
	"http://www.w3.org/ns/dcat#servesDataset":              {"tilgjengeliggjør datasett", "gjer tilgjengeleg datasett", "serves dataset"},
	"http://www.w3.org/ns/dcat#endpointURL":                {"endepunkt", "endepunkt", "endpoint"},
	"http://www.w3.org/ns/dcat#endpointDescription":        {"beskrivelse av endepunkt", "skildring av endepunkt", "endpoint description"},
	"http://www.w3.org/ns/dcat#mediaType":                  {"medietype", "medietype", "media type"},
	"http://www.w3.org/2004/02/skos/core#prefLabel":        {"anbefalt term", "tilrådd term", "preferred label"},
	"http://www.w3.org/2004/02/skos/core#altLabel":         {"tillatt term", "tillaten term", "alternative label"},
	"http://www.w3.org/2004/02/skos/core#hiddenLabel":      {"frarådet term", "frårådd term", "hidden label"},
	"http://www.w3.org/2004/02/skos/core#definition":       {"definisjon", "definisjon", "definition"},
	"http://www.w3.org/2004/02/skos/core#note":             {"merknad", "merknad", "note"},
	"http://www.w3.org/2004/02/skos/core#scopeNote":        {"merknad om bruk", "merknad om bruk", "scope note"},
	"http://www.w3.org/2004/02/skos/core#example":          {"eksempel", "døme", "example"},
	"http://www.w3.org/2004/02/skos/core#notation":         {"notasjon", "notasjon", "notation"},
	"http://www.w3.org/2004/02/skos/core#broader":          {"overordnet begrep", "overordna omgrep", "broader concept"},
	"http://www.w3.org/2004/02/skos/core#narrower":         {"underordnet begrep", "underordna omgrep", "narrower concept"},
	"http://www.w3.org/2004/02/skos/core#related":          {"beslektet begrep", "nærskylt omgrep", "related concept"},
	"http://www.w3.org/2004/02/skos/core#inScheme":         {"i begrepssystem", "i omgrepssystem", "in scheme"},
	"http://www.w3.org/2004/02/skos/core#member":           {"medlem", "medlem", "member"},
	"http://www.w3.org/2004/02/skos/core#exactMatch":       {"samme begrep", "same omgrep", "exact match"},
	"http://www.w3.org/2004/02/skos/core#closeMatch":       {"nær samme begrep", "nær same omgrep", "close match"},
	"http://xmlns.com/foaf/0.1/name":                       {"navn", "namn", "name"},
	"http://xmlns.com/foaf/0.1/homepage":                   {"hjemmeside", "heimeside", "home page"},
	"http://xmlns.com/foaf/0.1/page":                       {"side", "side", "page"},
	"http://www.w3.org/2006/vcard/ns#fn":                   {"navn", "namn", "name"},
	"http://www.w3.org/2006/vcard/ns#hasEmail":             {"e-post", "e-post", "e-mail"},
	"http://www.w3.org/2006/vcard/ns#hasTelephone":         {"telefon", "telefon", "telephone"},
	"http://www.w3.org/2006/vcard/ns#hasURL":               {"nettside", "nettside", "web page"},
	"http://www.w3.org/2002/07/owl#sameAs":                 {"samme som", "same som", "same as"},
	"http://www.w3.org/2002/07/owl#versionInfo":            {"versjon", "versjon", "version"},
	"http://www.w3.org/ns/org#subOrganizationOf":           {"underlagt", "underlagd", "part of organisation"},
	"http://www.w3.org/ns/regorg#legalName":                {"juridisk navn", "juridisk namn", "legal name"},
	"http://www.w3.org/ns/regorg#orgType":                  {"organisasjonsform", "organisasjonsform", "form of organisation"},
	"http://www.w3.org/ns/adms#status":                     {"status", "status", "status"},
	"http://www.w3.org/ns/adms#identifier":                 {"identifikator", "identifikator", "identifier"},
	"http://www.w3.org/ns/dqv#hasQualityAnnotation":        {"kvalitetsmerknad", "kvalitetsmerknad", "quality annotation"},
	"http://data.europa.eu/r5r/applicableLegislation":      {"hjemmel", "heimel", "applicable legislation"},
	"http://data.europa.eu/r5r/availability":               {"tilgjengelighet", "tilgjenge", "availability"},
	"http://www.w3.org/ns/prov#wasGeneratedBy":             {"er resultat av", "er resultat av", "was generated by"},
	"http://www.w3.org/ns/prov#qualifiedAttribution":       {"kvalifisert kreditering", "kvalifisert kreditering", "qualified attribution"},
	"http://www.w3.org/1999/02/22-rdf-syntax-ns#value":     {"verdi", "verdi", "value"},
	"http://www.w3.org/ns/dcat#startDate":                  {"startdato", "startdato", "start date"},
	"http://www.w3.org/ns/dcat#endDate":                    {"sluttdato", "sluttdato", "end date"},
	"http://www.w3.org/ns/dcat#byteSize":                   {"størrelse i byte", "storleik i byte", "size in bytes"},
	"http://www.w3.org/ns/dcat#version":                    {"versjon", "versjon", "version"},
	"http://www.w3.org/2006/vcard/ns#organization-name":    {"organisasjon", "organisasjon", "organisation"},
	"http://www.w3.org/2004/02/skos/core#topConceptOf":     {"øverste begrep i", "øvste omgrep i", "top concept of"},
	"http://www.w3.org/2004/02/skos/core#hasTopConcept":    {"øverste begrep", "øvste omgrep", "has top concept"},
	"http://www.w3.org/2000/01/rdf-schema#subClassOf":      {"underklasse av", "underklasse av", "subclass of"},
	"http://www.w3.org/2000/01/rdf-schema#isDefinedBy":     {"definert av", "definert av", "defined by"},
	"http://www.w3.org/2000/01/rdf-schema#domain":          {"domene", "domene", "domain"},
	"http://www.w3.org/2000/01/rdf-schema#range":           {"verdiområde", "verdiområde", "range"},
	"http://www.w3.org/2000/01/rdf-schema#subPropertyOf":   {"underegenskap av", "undereigenskap av", "subproperty of"},
	"http://www.w3.org/2004/02/skos/core#historyNote":      {"historikk", "historikk", "history note"},
	"http://www.w3.org/2004/02/skos/core#editorialNote":    {"redaksjonell merknad", "redaksjonell merknad", "editorial note"},
	"http://www.w3.org/2004/02/skos/core#changeNote":       {"endringsmerknad", "endringsmerknad", "change note"},
	"http://purl.org/dc/terms/isReferencedBy":              {"er referert av", "er referert av", "is referenced by"},
	"http://purl.org/dc/terms/relation":                    {"relatert ressurs", "relatert ressurs", "related resource"},
	"http://purl.org/dc/terms/rightsHolder":                {"rettighetshaver", "rettshavar", "rights holder"},
	"http://purl.org/dc/terms/rights":                      {"rettigheter", "rettar", "rights"},
	"http://purl.org/dc/terms/isVersionOf":                 {"er versjon av", "er versjon av", "is version of"},
	"http://purl.org/dc/terms/hasVersion":                  {"har versjon", "har versjon", "has version"},
	"http://purl.org/dc/terms/replaces":                    {"erstatter", "erstattar", "replaces"},
	"http://purl.org/dc/terms/isReplacedBy":                {"er erstattet av", "er erstatta av", "is replaced by"},
	"http://purl.org/dc/terms/requires":                    {"krever", "krev", "requires"},
	"http://purl.org/dc/terms/isRequiredBy":                {"kreves av", "blir kravd av", "is required by"},
	"http://purl.org/dc/terms/audience":                    {"målgruppe", "målgruppe", "audience"},
	"http://purl.org/dc/terms/valid":                       {"gyldighet", "gyldigheit", "valid"},
	"http://purl.org/dc/terms/extent":                      {"omfang", "omfang", "extent"},
	"http://purl.org/dc/terms/bibliographicCitation":       {"litteraturhenvisning", "litteraturtilvising", "citation"},
	"http://www.w3.org/ns/dcat#record":                     {"katalogpost", "katalogpost", "record"},
	"http://www.w3.org/ns/dcat#catalog":                    {"delkatalog", "delkatalog", "catalogue"},
	"http://www.w3.org/ns/dcat#themeTaxonomy":              {"temaer fra", "tema frå", "theme taxonomy"},
	"http://xmlns.com/foaf/0.1/primaryTopic":               {"handler om", "handlar om", "primary topic"},
	"http://xmlns.com/foaf/0.1/isPrimaryTopicOf":           {"er omtalt i", "er omtala i", "is primary topic of"},
	"http://www.w3.org/ns/org#classification":              {"klassifisering", "klassifisering", "classification"},
	"http://www.w3.org/2004/02/skos/core#topConcept":       {"øverste begrep", "øvste omgrep", "top concept"},
	"http://www.w3.org/2004/02/skos/core#broadMatch":       {"overordnet begrep i annet system", "overordna omgrep i anna system", "broad match"},
	"http://www.w3.org/2004/02/skos/core#narrowMatch":      {"underordnet begrep i annet system", "underordna omgrep i anna system", "narrow match"},
	"http://www.w3.org/2004/02/skos/core#relatedMatch":     {"beslektet begrep i annet system", "nærskylt omgrep i anna system", "related match"},
	"http://www.w3.org/2004/02/skos/core#mappingRelation":  {"samsvarer med", "samsvarer med", "mapping relation"},
	"http://www.w3.org/ns/dcat#Catalog":                    {"katalog", "katalog", "catalogue"},
	"http://www.w3.org/ns/dcat#CatalogRecord":              {"katalogpost", "katalogpost", "catalogue record"},
	"http://www.w3.org/ns/dcat#Dataset":                    {"datasett", "datasett", "dataset"},
	"http://www.w3.org/ns/dcat#DatasetSeries":              {"datasettserie", "datasettserie", "dataset series"},
	"http://www.w3.org/ns/dcat#DataService":                {"datatjeneste", "datateneste", "data service"},
	"http://www.w3.org/ns/dcat#Distribution":               {"distribusjon", "distribusjon", "distribution"},
	"http://www.w3.org/2004/02/skos/core#Concept":          {"begrep", "omgrep", "concept"},
	"http://www.w3.org/2004/02/skos/core#ConceptScheme":    {"begrepssystem", "omgrepssystem", "concept scheme"},
	"http://www.w3.org/2004/02/skos/core#Collection":       {"begrepssamling", "omgrepssamling", "collection"},
	"http://xmlns.com/foaf/0.1/Agent":                      {"aktør", "aktør", "agent"},
	"http://xmlns.com/foaf/0.1/Document":                   {"dokument", "dokument", "document"},
	"http://www.w3.org/ns/org#Organization":                {"organisasjon", "organisasjon", "organisation"},
	"http://www.w3.org/ns/org#FormalOrganization":          {"formell organisasjon", "formell organisasjon", "formal organisation"},
	"http://www.w3.org/ns/regorg#RegisteredOrganization":   {"registrert virksomhet", "registrert verksemd", "registered organisation"},
	"http://www.w3.org/2006/vcard/ns#Organization":         {"kontaktorganisasjon", "kontaktorganisasjon", "contact organisation"},
	"http://www.w3.org/2006/vcard/ns#Kind":                 {"kontaktpunkt", "kontaktpunkt", "contact point"},
	"http://purl.org/dc/terms/PeriodOfTime":                {"tidsrom", "tidsrom", "period of time"},
	"http://purl.org/dc/terms/Location":                    {"sted", "stad", "location"},
	"http://purl.org/dc/terms/Standard":                    {"standard", "standard", "standard"},
	"http://www.w3.org/ns/prov#Plan":                       {"plan", "plan", "plan"},
	"http://www.w3.org/ns/prov#Activity":                   {"aktivitet", "aktivitet", "activity"},
	"http://www.w3.org/ns/adms#Identifier":                 {"identifikator", "identifikator", "identifier"},
	"http://purl.org/vocab/cpsv#PublicService":             {"offentlig tjeneste", "offentleg teneste", "public service"},
	"http://www.w3.org/2002/07/owl#Class":                  {"klasse", "klasse", "class"},
	"http://www.w3.org/2000/01/rdf-schema#Class":           {"klasse", "klasse", "class"},
	"http://www.w3.org/2004/02/skos/core#semanticRelation": {"semantisk relasjon", "semantisk relasjon", "semantic relation"},
}

// builtinName is the built-in name of a property or class in a language of the pages.
func builtinName(iri, lang string) string {
	names, ok := builtinNames[iri]
	if !ok {
		return ""
	}
	for i, m := range allMessages {
		if m.Lang == lang {
			return names[i]
		}
	}
	return ""
}
