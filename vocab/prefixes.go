package vocab

// Prefix is a well-known prefix and the namespace that it stands for.
type Prefix struct{ Name, IRI string }

// prefixes is sorted by name.
var prefixes = [...]Prefix{
	{"adms", ADMS},
	{"as", "https://www.w3.org/ns/activitystreams#"},
	{"bibo", "http://purl.org/ontology/bibo/"},
	{"cc", "http://creativecommons.org/ns#"},
	{"cpsv", CPSV},
	{"cpsvno", CPSVNO},
	{"csvw", "http://www.w3.org/ns/csvw#"},
	{"cv", CV},
	{"dc", DC},
	{"dcam", "http://purl.org/dc/dcam/"},
	{"dcat", DCAT},
	{"dcatap", DCATAP},
	{"dcatno", DCATNO},
	{"dcmitype", "http://purl.org/dc/dcmitype/"},
	{"dct", DCT},
	{"dcterms", DCT},
	{"dqv", DQV},
	{"eli", ELI},
	{"euvoc", EUVOC},
	{"foaf", FOAF},
	{"geo", GeoSPARQL},
	{"geof", "http://www.opengis.net/def/function/geosparql/"},
	{"gml", "http://www.opengis.net/ont/gml#"},
	{"gsp", GeoSPARQL},
	{"hv", HV},
	{"hydra", "http://www.w3.org/ns/hydra/core#"},
	{"ldp", "http://www.w3.org/ns/ldp#"},
	{"locn", LOCN},
	{"m8g", CV},
	{"modelldcatno", ModellDCATNO},
	{"oa", OA},
	{"odrl", "http://www.w3.org/ns/odrl/2/"},
	{"odrs", "http://schema.theodi.org/odrs#"},
	{"org", ORG},
	{"owl", OWL},
	{"prof", "http://www.w3.org/ns/dx/prof/"},
	{"prov", PROV},
	{"qb", "http://purl.org/linked-data/cube#"},
	{"rdf", RDF},
	{"rdfs", RDFS},
	{"regorg", ROV},
	{"rov", ROV},
	{"schema", Schema},
	{"sd", SD},
	{"sf", "http://www.opengis.net/ont/sf#"},
	{"sh", SHACL},
	{"skos", SKOS},
	{"skosno", SKOSNO},
	{"skosxl", SKOSXL},
	{"sosa", "http://www.w3.org/ns/sosa/"},
	{"spdx", SPDX},
	{"ssn", "http://www.w3.org/ns/ssn/"},
	{"time", Time},
	{"uneskos", "http://purl.org/umu/uneskos#"},
	{"vann", VANN},
	{"vcard", VCARD},
	{"voaf", "http://purl.org/vocommons/voaf#"},
	{"vocab", "http://www.w3.org/1999/xhtml/vocab#"},
	{"void", VoID},
	{"wdrs", "http://www.w3.org/2007/05/powder-s#"},
	{"wgs", WGS84},
	{"xhv", "http://www.w3.org/1999/xhtml/vocab#"},
	{"xkos", XKOS},
	{"xml", "http://www.w3.org/XML/1998/namespace"},
	{"xsd", XSD},
}

// Table gives the well-known prefixes in the order of their names. A namespace may occur more than once: the first name is
// not better than the others, see NameOf.
func Table() []Prefix { return append([]Prefix(nil), prefixes[:]...) }

// Prefixes gives the well-known prefixes as a new map from name to namespace.
func Prefixes() map[string]string {
	m := make(map[string]string, len(prefixes))
	for _, p := range prefixes {
		m[p.Name] = p.IRI
	}
	return m
}

// Namespace gives the namespace that a well-known prefix stands for.
func Namespace(name string) (string, bool) {
	for _, p := range prefixes {
		if p.Name == name {
			return p.IRI, true
		}
	}
	return "", false
}

// preferred names the prefix for those namespaces that have several.
var preferred = map[string]string{DCT: "dct", CV: "cv", GeoSPARQL: "geo", ROV: "rov", "http://www.w3.org/1999/xhtml/vocab#": "xhv"}

// NameOf gives the preferred well-known prefix of a namespace.
func NameOf(namespace string) (string, bool) {
	if name, ok := preferred[namespace]; ok {
		return name, true
	}
	for _, p := range prefixes {
		if p.IRI == namespace {
			return p.Name, true
		}
	}
	return "", false
}

// Shorten writes an IRI as a prefixed name where a well-known prefix leaves a local name that needs no escapes; ok is false
// where none does.
func Shorten(iri string) (prefixed string, ok bool) {
	end := len(iri)
	for end > 0 && iri[end-1] != '#' && iri[end-1] != '/' {
		end--
	}
	local := iri[end:]
	if end == 0 || local == "" || local[0] == '-' {
		return "", false
	}
	for i := 0; i < len(local); i++ {
		c := local[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return "", false
		}
	}
	name, ok := NameOf(iri[:end])
	if !ok {
		return "", false
	}
	return name + ":" + local, true
}
