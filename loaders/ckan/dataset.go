package ckan

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"triplestore/loaders/source"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

var rdfType = rdf.IRI(vocab.RDF + "type")

func dct(s string) rdf.Term  { return rdf.IRI(vocab.DCT + s) }
func dcat(s string) rdf.Term { return rdf.IRI(vocab.DCAT + s) }

const authority = "http://publications.europa.eu/resource/authority/"

// object is an object of JSON.
type object map[string]any

func (o object) text(key string) string { return text(o[key]) }

func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}

func (o object) list(key string) []any {
	l, _ := o[key].([]any)
	return l
}

// writer makes the triples of a package.
type writer struct {
	*reading
	pkg   object
	id    string
	place source.Place

	extras map[string]any
	s      rdf.Term
	iri    string
	out    []rdf.Triple
}

func (w *writer) note(message string) {
	w.to.Note(source.Note{Sort: source.Rejected, Message: message, Place: w.place, Record: w.iri})
}

func (w *writer) add(p, o rdf.Term) { w.out = append(w.out, rdf.Triple{S: w.s, P: p, O: o}) }

// field is a field of the package, or the extra of that name.
func (w *writer) field(names ...string) any {
	for _, n := range names {
		if v, ok := w.pkg[n]; ok && v != nil && v != "" {
			return v
		}
		if v, ok := w.extras[n]; ok && v != nil && v != "" {
			return v
		}
	}
	return nil
}

// values are those of a list, of a list written as JSON in a string, or the value alone.
func values(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	case string:
		if t := strings.TrimSpace(v); strings.HasPrefix(t, "[") {
			var l []any
			if json.Unmarshal([]byte(t), &l) == nil {
				return l
			}
		}
	}
	return []any{v}
}

// dataset gives the IRI of the dataset and what is said about it.
func (w *writer) dataset() (string, []rdf.Triple) {
	w.extras = map[string]any{}
	for _, e := range w.pkg.list("extras") {
		if e, ok := e.(map[string]any); ok {
			w.extras[text(e["key"])] = e["value"]
		}
	}
	w.iri = w.site + "/dataset/" + escape(w.id)
	for _, name := range []string{"uri", "dcat_uri", "identifier", "guid"} {
		if s := text(w.field(name)); source.IsURL(s) && iri.Check(s) == nil {
			w.iri = s
			break
		}
	}
	w.s = rdf.IRI(w.iri)
	w.add(rdfType, dcat("Dataset"))
	w.texts(dct("title"), "title_translated", "title", "name")
	w.texts(dct("description"), "notes_translated", "notes")
	for _, v := range values(w.field("identifier", "guid")) {
		w.string(dct("identifier"), v)
	}
	if !slices.ContainsFunc(w.out, func(t rdf.Triple) bool { return t.P == dct("identifier") }) {
		w.add(dct("identifier"), rdf.String(w.id))
	}
	w.keywords()
	w.date(dct("issued"), w.field("issued", "metadata_created"))
	w.date(dct("modified"), w.field("modified", "metadata_modified"))
	w.iris(dcat("theme"), w.field("theme"))
	w.codes(dct("accessRights"), "access-right/", w.field("access_rights"), accessRights)
	w.codes(dct("accrualPeriodicity"), "frequency/", w.field("frequency"), frequencies)
	w.codes(dct("language"), "language/", w.field("language"), languages)
	w.iris(dct("conformsTo"), w.field("conforms_to"))
	w.iris(dct("type"), w.field("dcat_type"))
	w.iris(dcat("landingPage"), w.field("landing_page", "url"))
	w.iris(dct("provenance"), w.field("provenance"))
	w.string(rdf.IRI(vocab.OWL+"versionInfo"), w.field("dcat_version", "version"))
	w.publisher()
	w.contact()
	w.period()
	if s := text(w.field("spatial")); strings.HasPrefix(s, "{") && json.Valid([]byte(s)) {
		w.node(dct("spatial"), "#spatial", dct("Location"), func() {
			w.add(rdf.IRI(vocab.LOCNHasGeometry), rdf.Literal(s, vocab.GeoSPARQLGeoJSONLiteral))
		})
	}
	w.iris(dct("spatial"), w.field("spatial_uri"))
	for i, r := range w.pkg.list("resources") {
		if r, ok := r.(map[string]any); ok {
			w.resource(object(r), i)
		}
	}
	return w.iri, w.out
}

// texts says a text, in all its languages where the field has them.
func (w *writer) texts(p rdf.Term, names ...string) {
	v := w.field(names...)
	if s, ok := v.(string); ok && strings.HasPrefix(strings.TrimSpace(s), "{") {
		var m map[string]any
		if json.Unmarshal([]byte(s), &m) == nil {
			v = m
		}
	}
	if m, ok := v.(map[string]any); ok {
		said := false
		for _, lang := range slices.Sorted(maps.Keys(m)) {
			if s := text(m[lang]); s != "" && tag(lang) {
				w.add(p, rdf.LangLiteral(s, lang))
				said = true
			}
		}
		if !said && len(names) > 1 {
			w.texts(p, names[1:]...)
		}
		return
	}
	if s := text(v); s != "" {
		w.add(p, w.literal(s))
	}
}

// tag tells whether s can be a language tag.
func tag(s string) bool {
	parts := strings.Split(s, "-")
	for i, p := range parts {
		if len(p) < 1 || len(p) > 8 || i == 0 && len(p) < 2 {
			return false
		}
		for _, c := range p {
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
				return false
			}
		}
	}
	return true
}

func (w *writer) keywords() {
	for _, name := range []string{"keywords", "tags_translated", "tag_string_translated"} {
		if m, ok := w.field(name).(map[string]any); ok {
			for _, lang := range slices.Sorted(maps.Keys(m)) {
				for _, v := range values(m[lang]) {
					if s := text(v); s != "" && tag(lang) {
						w.add(dcat("keyword"), rdf.LangLiteral(s, lang))
					}
				}
			}
			return
		}
	}
	for _, t := range w.pkg.list("tags") {
		if t, ok := t.(map[string]any); ok {
			s := text(t["display_name"])
			if s == "" {
				s = text(t["name"])
			}
			if s != "" {
				w.add(dcat("keyword"), w.literal(s))
			}
		}
	}
}

func (w *writer) string(p rdf.Term, v any) {
	if s := text(v); s != "" {
		w.add(p, rdf.String(s))
	}
}

// date says a date or an instant.
func (w *writer) date(p rdf.Term, v any) {
	s := text(v)
	if s == "" {
		return
	}
	for _, d := range []string{"date", "dateTime", "gYear", "gYearMonth"} {
		if xsd.ValidLiteral(s, vocab.XSD+d) {
			w.add(p, rdf.Literal(s, vocab.XSD+d))
			return
		}
	}
	w.note(clip(s) + " is no date")
}

// iris says IRIs; what is none is reported.
func (w *writer) iris(p rdf.Term, v any) {
	for _, x := range values(v) {
		s := text(x)
		if s == "" {
			continue
		}
		s = strings.ReplaceAll(s, " ", "%20")
		if err := iri.Check(s); err != nil || !strings.Contains(s, ":") {
			w.note(clip(s) + " is no IRI")
			continue
		}
		w.add(p, rdf.IRI(s))
	}
}

// codes says IRIs of an authority table, where the field has a code or a word of the table names.
func (w *writer) codes(p rdf.Term, table string, v any, names map[string]string) {
	for _, x := range values(v) {
		s := text(x)
		if code, ok := names[strings.ToLower(s)]; ok {
			w.add(p, rdf.IRI(authority+table+code))
		} else {
			w.iris(p, s)
		}
	}
}

var accessRights = map[string]string{"public": "PUBLIC", "open": "PUBLIC", "restricted": "RESTRICTED", "non-public": "NON_PUBLIC", "non_public": "NON_PUBLIC"}

var frequencies = map[string]string{"continuous": "CONT", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY",
	"annual": "ANNUAL", "annually": "ANNUAL", "yearly": "ANNUAL", "irregular": "IRREG", "never": "NEVER", "unknown": "UNKNOWN", "hourly": "HOURLY", "biannual": "ANNUAL_2"}

var languages = map[string]string{"nb": "NOB", "nn": "NNO", "no": "NOR", "en": "ENG", "se": "SME", "sv": "SWE", "da": "DAN", "de": "DEU", "fr": "FRA", "nl": "NLD",
	"fi": "FIN", "nob": "NOB", "nno": "NNO", "nor": "NOR", "eng": "ENG"}

// node says something about a node of its own, if there is something to say.
func (w *writer) node(p rdf.Term, suffix string, class rdf.Term, say func()) {
	s, n := w.s, len(w.out)
	t := rdf.IRI(w.iri + suffix)
	w.add(p, t)
	w.s = t
	w.add(rdfType, class)
	before := len(w.out)
	say()
	if len(w.out) == before {
		w.out = w.out[:n]
	}
	w.s = s
}

func (w *writer) publisher() {
	if u := text(w.field("publisher_uri")); u != "" {
		if iri.Check(u) == nil {
			w.add(dct("publisher"), rdf.IRI(u))
			s := w.s
			w.s = rdf.IRI(u)
			w.add(rdfType, rdf.IRI(vocab.FOAFAgent))
			w.string(rdf.IRI(vocab.FOAFName), w.field("publisher_name"))
			w.string(dct("identifier"), w.field("publisher_identifier"))
			w.s = s
			return
		}
		w.note("publisher_uri: " + clip(u) + " is no IRI")
	}
	org, _ := w.pkg["organization"].(map[string]any)
	name := text(w.field("publisher_name"))
	if name == "" {
		if name = text(org["title"]); name == "" {
			name = text(org["name"])
		}
	}
	if name == "" {
		return
	}
	suffix := "#publisher"
	w.node(dct("publisher"), suffix, rdf.IRI(vocab.FOAFAgent), func() {
		w.add(rdf.IRI(vocab.FOAFName), w.literal(name))
		w.string(dct("identifier"), w.field("publisher_identifier"))
		for _, e := range object(org).list("extras") { // the number of the organisation stands there in some
			if e, ok := e.(map[string]any); ok && slices.Contains([]string{"organisation_number", "organization_number", "orgnr", "identifier"}, strings.ToLower(text(e["key"]))) {
				w.string(dct("identifier"), e["value"])
			}
		}
	})
}

func (w *writer) contact() {
	w.node(dcat("contactPoint"), "#contact", rdf.IRI(vocab.VCARDKind), func() {
		if s := text(w.field("contact_name", "maintainer")); s != "" {
			w.add(rdf.IRI(vocab.VCARDFn), w.literal(s))
		}
		if s := text(w.field("contact_email", "maintainer_email")); s != "" {
			if s = "mailto:" + strings.TrimPrefix(s, "mailto:"); iri.Check(s) == nil && strings.Contains(s, "@") {
				w.add(rdf.IRI(vocab.VCARDHasEmail), rdf.IRI(s))
			} else {
				w.note(clip(s) + " is no address of e-mail")
			}
		}
		w.iris(rdf.IRI(vocab.VCARDHasURL), w.field("contact_uri"))
	})
}

func (w *writer) period() {
	w.node(dct("temporal"), "#period", dct("PeriodOfTime"), func() {
		w.date(dcat("startDate"), w.field("temporal_start"))
		w.date(dcat("endDate"), w.field("temporal_end"))
	})
}

// resource says what a distribution is. License and rights of the package hold for it, unless it has its own.
func (w *writer) resource(r object, i int) {
	s := w.s
	id := r.text("id")
	if id == "" {
		id = strconv.Itoa(i)
	}
	t := rdf.IRI(w.iri + "#resource-" + escape(id))
	if u := r.text("uri"); source.IsURL(u) && iri.Check(u) == nil && strings.HasPrefix(u, w.iri) {
		t = rdf.IRI(u)
	}
	w.add(dcat("distribution"), t)
	w.s = t
	w.add(rdfType, dcat("Distribution"))
	inner := writer{reading: w.reading, pkg: r, place: w.place, iri: w.iri, s: t, out: w.out}
	inner.texts(dct("title"), "name_translated", "title", "name")
	inner.texts(dct("description"), "description_translated", "description")
	access := r.text("access_url")
	if access == "" {
		access = r.text("url")
	}
	inner.iris(dcat("accessURL"), access)
	if d := r.text("download_url"); d != "" {
		inner.iris(dcat("downloadURL"), d)
	} else if r.text("resource_type") == "file" || r.text("url_type") == "upload" {
		inner.iris(dcat("downloadURL"), r.text("url"))
	}
	if f := r.text("format"); f != "" {
		if code, ok := fileTypes[strings.ToUpper(strings.TrimPrefix(f, "."))]; ok {
			inner.add(dct("format"), rdf.IRI(authority+"file-type/"+code))
		} else if source.IsURL(f) {
			inner.iris(dct("format"), f)
		} else {
			inner.add(dct("format"), rdf.String(f))
		}
	}
	if m := strings.ToLower(r.text("mimetype")); strings.Count(m, "/") == 1 && iri.Check("https://www.iana.org/assignments/media-types/"+m) == nil {
		inner.add(dcat("mediaType"), rdf.IRI("https://www.iana.org/assignments/media-types/"+m))
	}
	if n := r.text("size"); n != "" {
		if xsd.ValidLiteral(n, vocab.XSD+"nonNegativeInteger") {
			inner.add(dcat("byteSize"), rdf.Literal(n, vocab.XSD+"nonNegativeInteger"))
		} else {
			inner.note("size: " + clip(n) + " is no number of bytes")
		}
	}
	inner.date(dct("issued"), firstOf(r["issued"], r["created"]))
	inner.date(dct("modified"), firstOf(r["modified"], r["last_modified"]))
	licence := firstOf(r["license"], w.pkg["license_url"])
	if u := text(licence); source.IsURL(u) {
		inner.iris(dct("license"), u)
	} else if title := w.pkg.text("license_title"); title != "" {
		inner.node(dct("rights"), "#rights-"+escape(id), dct("RightsStatement"), func() {
			inner.add(rdf.IRI(vocab.RDFS+"label"), w.literal(title))
		})
	}
	inner.iris(dct("conformsTo"), r["conforms_to"])
	w.out = inner.out
	w.s = s
}

func firstOf(v ...any) any {
	for _, x := range v {
		if text(x) != "" {
			return x
		}
	}
	return nil
}

// fileTypes are codes of the table of file types by what people write.
var fileTypes = map[string]string{
	"CSV": "CSV", "TSV": "TSV", "JSON": "JSON", "GEOJSON": "GEOJSON", "XML": "XML", "ZIP": "ZIP", "XLS": "XLS", "XLSX": "XLSX", "EXCEL": "XLS", "ODS": "ODS",
	"PDF": "PDF", "HTML": "HTML", "TXT": "TXT", "TEXT": "TXT", "KML": "KML", "KMZ": "KMZ", "GML": "GML", "SHP": "SHP", "SHAPE": "SHP", "RDF": "RDF", "RDF/XML": "RDF_XML",
	"TTL": "RDF_TURTLE", "TURTLE": "RDF_TURTLE", "N-TRIPLES": "RDF_N_TRIPLES", "JSON-LD": "JSON_LD", "JSONLD": "JSON_LD", "DOC": "DOC", "DOCX": "DOCX",
	"PNG": "PNG", "JPEG": "JPEG", "JPG": "JPEG", "TIFF": "TIFF", "GPKG": "GPKG", "SQL": "SQL", "RSS": "RSS", "ATOM": "ATOM", "WMS": "WMS_SRVC", "WFS": "WFS_SRVC",
}

// escape makes an id fit into an IRI.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
