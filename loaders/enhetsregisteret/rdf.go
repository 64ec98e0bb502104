package enhetsregisteret

import (
	"strings"

	"triplestore/loaders/identity"
	"triplestore/rdf"
	"triplestore/rdf/iri"
	"triplestore/rdf/xsd"
	"triplestore/vocab"
)

// The IRIs of what the register speaks of. Units, and forms of organisation, have those of the register's own API, so that they
// resolve; all units have that of a main unit, since they share one series of numbers and a reference does not tell which it means.
const (
	API      = "https://data.brreg.no/enhetsregisteret/api/"
	UnitBase = API + "enheter/"
	SubBase  = API + "underenheter/"
	FormBase = API + "organisasjonsformer/"
	// IndustryScheme and SectorScheme are the classifications of Statistics Norway; a code is a fragment of their pages.
	IndustryScheme = "https://www.ssb.no/klass/klassifikasjoner/6"
	SectorScheme   = "https://www.ssb.no/klass/klassifikasjoner/39"
	// PlaceScheme is the classification of municipalities, for numbers that no rule of identity knows.
	PlaceScheme = "https://www.ssb.no/klass/klassifikasjoner/131"
	// StatusScheme and its codes are those of the national organisation catalogue, with three that it does not have.
	StatusScheme = "https://raw.githubusercontent.com/Informasjonsforvaltning/organization-catalog/main/src/main/resources/ontology/org-status.ttl"
)

// The states of a unit, below StatusScheme.
const (
	StatusNormal   = "NormalAktivitet"
	StatusClosed   = "Avviklet"
	StatusWinding  = "UnderAvvikling"
	StatusBankrupt = "Konkurs"
	StatusForced   = "UnderTvangsavvikling"
	StatusRemoved  = "Fjernet"
)

func term(s string) rdf.Term { return rdf.IRI(s) }

var (
	rdfType      = term(vocab.RDF + "type")
	registered   = term(vocab.ROVRegisteredOrganization)
	formal       = term(vocab.ORGFormalOrganization)
	orgUnit      = term(vocab.ORGOrganizationalUnit)
	agent        = term(vocab.FOAFAgent)
	legalName    = term(vocab.ROVLegalName)
	foafName     = term(vocab.FOAFName)
	identifier   = term(vocab.DCT + "identifier")
	registration = term(vocab.ROVRegistration)
	identType    = term(vocab.ADMSIdentifier)
	notation     = term(vocab.SKOS + "notation")
	issued       = term(vocab.DCT + "issued")
	orgType      = term(vocab.ROVOrgType)
	activity     = term(vocab.ROVOrgActivity)
	status       = term(vocab.ROVOrgStatus)
	classified   = term(vocab.ORGClassification)
	subOf        = term(vocab.ORGSubOrganizationOf)
	unitOf       = term(vocab.ORGUnitOf)
	spatial      = term(vocab.DCT + "spatial")
	address      = term(vocab.LOCNHasAddress)
	vcardAddress = term(vocab.VCARDHasAddress)
	addressType  = term(vocab.LOCNAddress)
	thoroughfare = term(vocab.LOCNThoroughfare)
	postCode     = term(vocab.LOCNPostCode)
	postName     = term(vocab.LOCNPostName)
	adminUnitL1  = term(vocab.LOCNAdminUnitL1)
	adminUnitL2  = term(vocab.LOCNAdminUnitL2)
	homepage     = term(vocab.FOAFHomepage)
	employees    = term(vocab.Schema + "numberOfEmployees")
	quantity     = term(vocab.Schema + "QuantitativeValue")
	minValue     = term(vocab.Schema + "minValue")
	maxValue     = term(vocab.Schema + "maxValue")
	founded      = term(vocab.Schema + "foundingDate")
	dissolved    = term(vocab.Schema + "dissolutionDate")
	description  = term(vocab.DCT + "description")
	sameAs       = term(vocab.OWL + "sameAs")
	concept      = term(vocab.SKOS + "Concept")
	inScheme     = term(vocab.SKOS + "inScheme")
	prefLabel    = term(vocab.SKOS + "prefLabel")
	broader      = term(vocab.SKOS + "broader")

	one, four = rdf.Literal("1", vocab.XSD+"integer"), rdf.Literal("4", vocab.XSD+"integer")

	statusTerms = map[string]rdf.Term{}
)

func init() {
	for _, s := range []string{StatusNormal, StatusClosed, StatusWinding, StatusBankrupt, StatusForced, StatusRemoved} {
		statusTerms[s] = term(StatusScheme + "#" + s)
	}
}

// writer turns units into triples. It is used by one goroutine at a time.
type writer struct {
	policy       Policy
	municipality func(number string) string
	out          []rdf.Triple
	s            rdf.Term
	note         func(message string)

	forms, industries, sectors, places map[string]rdf.Term
	codes                              func(term rdf.Term, kind codeKind, c Code)
}

type codeKind uint8

const (
	formCode codeKind = iota
	industryCode
	sectorCode
	placeCode
)

func newWriter(p Policy, municipality func(string) string) *writer {
	return &writer{
		policy: p, municipality: municipality, note: func(string) {}, codes: func(rdf.Term, codeKind, Code) {},
		forms: map[string]rdf.Term{}, industries: map[string]rdf.Term{}, sectors: map[string]rdf.Term{}, places: map[string]rdf.Term{},
	}
}

func (w *writer) add(p, o rdf.Term) { w.out = append(w.out, rdf.Triple{S: w.s, P: p, O: o}) }

func (w *writer) text(p rdf.Term, s string) {
	if s = strings.TrimSpace(s); s != "" {
		w.add(p, rdf.String(s))
	}
}

func (w *writer) date(p rdf.Term, key, s string) {
	if s == "" {
		return
	}
	if len(s) > 10 && s[10] == 'T' {
		s = s[:10]
	}
	if !xsd.ValidLiteral(s, vocab.XSD+"date") {
		w.note(key + ": " + clip(s) + " is no date")
		return
	}
	w.add(p, rdf.Literal(s, vocab.XSD+"date"))
}

// unit gives the triples of a unit, valid until the next call. natural tells that the unit belongs to a natural person.
func (w *writer) unit(u *Unit, natural bool) []rdf.Triple {
	w.out = w.out[:0]
	id := UnitBase + u.Number
	self := term(id)
	w.s = self
	w.add(rdfType, registered)
	if u.Sub {
		w.add(rdfType, orgUnit)
		w.add(sameAs, term(SubBase+u.Number))
	} else {
		w.add(rdfType, formal)
	}
	w.add(rdfType, agent)
	w.add(identifier, rdf.String(u.Number))
	if !natural || w.policy.keepNames() {
		w.text(legalName, u.Name)
		w.text(foafName, u.Name)
	}
	if u.Form.Code != "" {
		w.add(orgType, w.code(w.forms, formCode, FormBase, u.Form))
	}
	for _, c := range u.Industry {
		if c.Code != "" {
			w.add(activity, w.code(w.industries, industryCode, IndustryScheme+"#", c))
		}
	}
	if u.Sector.Code != "" {
		w.add(classified, w.code(w.sectors, sectorCode, SectorScheme+"#", u.Sector))
	}
	w.status(u)
	if u.Parent != "" {
		if identity.OrganisationNumber(u.Parent) {
			parent := term(UnitBase + u.Parent)
			w.add(subOf, parent)
			if u.Sub {
				w.add(unitOf, parent)
			}
		} else if u.Parent != "000000000" { // which some units have for none
			w.note("overordnetEnhet: " + clip(u.Parent) + " is no organisation number")
		}
	}
	w.date(founded, "stiftelsesdato", u.Founded)
	w.size(u, self, id)
	if u.Business.MunicipalityNumber != "" {
		w.place(&u.Business)
	} else if u.Postal.MunicipalityNumber != "" {
		w.place(&u.Postal)
	}
	if u.Registered != "" {
		r := term(id + "#registration")
		w.add(registration, r)
		w.s = r
		w.add(rdfType, identType)
		w.add(notation, rdf.String(u.Number))
		w.date(issued, "registreringsdatoEnhetsregisteret", u.Registered)
		w.s = self
	}
	if !natural {
		w.homepage(u.Homepage)
		if w.policy.Texts {
			w.describe(u)
		}
	}
	street := !natural
	if !u.Business.empty() {
		w.address(self, address, id+"#address", &u.Business, street)
	}
	if street && !u.Postal.empty() && u.Postal != u.Business {
		w.address(self, vcardAddress, id+"#postal-address", &u.Postal, street)
	}
	return w.out
}

// tombstone gives the triples of a unit that is no more: its number, that it is gone and since when. removed tells that the register
// has taken it out for reasons of law and answers 410.
func (w *writer) tombstone(number, date string, sub, removed bool) []rdf.Triple {
	w.out = w.out[:0]
	w.s = term(UnitBase + number)
	w.add(rdfType, registered)
	if sub {
		w.add(sameAs, term(SubBase+number))
	}
	w.add(identifier, rdf.String(number))
	if removed {
		w.add(status, statusTerms[StatusRemoved])
	} else {
		w.add(status, statusTerms[StatusClosed])
		w.date(dissolved, "slettedato", date)
	}
	return w.out
}

func (w *writer) status(u *Unit) {
	normal := true
	set := func(is bool, s string) {
		if is {
			w.add(status, statusTerms[s])
			normal = false
		}
	}
	set(u.Deleted != "" || u.Closed != "", StatusClosed)
	set(u.Bankrupt, StatusBankrupt)
	set(u.Winding, StatusWinding)
	set(u.Forced, StatusForced)
	set(normal, StatusNormal)
	if u.Deleted != "" {
		w.date(dissolved, "slettedato", u.Deleted)
	} else {
		w.date(dissolved, "nedleggelsesdato", u.Closed)
	}
}

// size tells the number of employees. From 1 to 4 the register tells only that there are some.
func (w *writer) size(u *Unit, self rdf.Term, id string) {
	switch {
	case u.Employees != "":
		w.add(employees, rdf.Literal(u.Employees, vocab.XSD+"integer"))
	case u.HasEmployees == "true":
		q := term(id + "#employees")
		w.add(employees, q)
		w.s = q
		w.add(rdfType, quantity)
		w.add(minValue, one)
		w.add(maxValue, four)
		w.s = self
	}
}

func (w *writer) place(a *Address) {
	number := a.MunicipalityNumber
	t, ok := w.places[number]
	if !ok {
		number = strings.Clone(number)
		if i := w.municipality(number); i != "" {
			t = term(i)
		} else if len(number) == 4 {
			t = term(PlaceScheme + "#" + escape(number))
			w.codes(t, placeCode, Code{number, strings.Clone(a.Municipality)})
		}
		w.places[number] = t
	}
	if !t.IsZero() {
		w.add(spatial, t)
	}
}

func (w *writer) code(known map[string]rdf.Term, kind codeKind, base string, c Code) rdf.Term {
	t, ok := known[c.Code]
	if !ok {
		t = term(base + escape(c.Code))
		c = Code{strings.Clone(c.Code), strings.Clone(c.Label)}
		known[c.Code] = t
		w.codes(t, kind, c)
	}
	return t
}

// escape makes a code fit into an IRI: they are letters, digits and points, unless something is wrong.
func escape(s string) string {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '.' || c == '-' || c == '_') {
			var b strings.Builder
			for j := range len(s) {
				if c := s[j]; c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '.' || c == '-' || c == '_' {
					b.WriteByte(c)
				} else {
					const digits = "0123456789ABCDEF"
					b.WriteByte('%')
					b.WriteByte(digits[c>>4])
					b.WriteByte(digits[c&15])
				}
			}
			return b.String()
		}
	}
	return s
}

func (w *writer) homepage(s string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	address := s
	if lower := strings.ToLower(s); !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		address = "http://" + s // what the register means by "www.example.no"
	}
	_, host, _ := strings.Cut(address, "://")
	host, _, _ = strings.Cut(host, "/")
	if err := iri.Check(address); err != nil || !strings.Contains(host, ".") || strings.Contains(host, "@") {
		w.note("hjemmeside: " + clip(s) + " is no address of a page")
		return
	}
	w.add(homepage, term(address))
}

func (w *writer) describe(u *Unit) {
	lang := "nb"
	if u.Language == "Nynorsk" {
		lang = "nn"
	}
	text := u.Purpose
	if text == "" {
		text = u.Activity
	}
	if text != "" {
		w.add(description, rdf.LangLiteral(text, lang))
	}
}

func (w *writer) address(self, p rdf.Term, id string, a *Address, street bool) {
	t := term(id)
	w.add(p, t)
	w.s = t
	w.add(rdfType, addressType)
	if street && a.Lines[0] != "" {
		joined := a.Lines[0]
		if a.Lines[1] != "" {
			n := len(a.Lines)
			for n > 0 && a.Lines[n-1] == "" {
				n--
			}
			joined = strings.Join(a.Lines[:n], ", ")
		}
		w.text(thoroughfare, joined)
	}
	w.text(postCode, a.PostCode)
	w.text(postName, a.PostName)
	w.text(adminUnitL2, a.Municipality)
	w.text(adminUnitL1, a.CountryCode)
	w.s = self
}
