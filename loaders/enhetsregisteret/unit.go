package enhetsregisteret

import (
	"fmt"
	"strings"

	"triplestore/loaders/identity"
	"triplestore/loaders/jsonscan"
)

// Unit is what is read of a main unit (enhet) or a sub unit (underenhet). Names, addresses of e-mail and numbers of telephones are not in
// it, see the policy in [Policy]; what is not a field here is never looked at.
type Unit struct {
	Number     string // organisasjonsnummer
	Name       string
	Form       Code
	Homepage   string
	Business   Address // forretningsadresse of main units, beliggenhetsadresse of sub units
	Postal     Address
	Registered string // registreringsdatoEnhetsregisteret
	Industry   [3]Code
	Sector     Code
	Employees  string // antallAnsatte, "" if it is not told
	// HasEmployees is what harRegistrertAntallAnsatte says: "true", "false" or "". Where it is true and Employees empty, there are 1 to 4.
	HasEmployees string
	Parent       string // overordnetEnhet
	Founded      string // stiftelsesdato, of sub units oppstartsdato
	Closed       string // nedleggelsesdato
	Deleted      string // slettedato
	Bankrupt     bool
	BankruptOn   string
	Winding      bool // underAvvikling
	WindingOn    string
	Forced       bool   // underTvangsavviklingEllerTvangsopplosning
	Purpose      string // vedtektsfestetFormaal, its lines
	Activity     string // aktivitet, its lines
	Language     string // maalform
	VAT          bool   // registrertIMvaregisteret
	Enterprises  bool   // registrertIForetaksregisteret
	Foundations  bool   // registrertIStiftelsesregisteret
	Voluntary    bool   // registrertIFrivillighetsregisteret
	Sub          bool   // a sub unit
}

// Code is a value of a code list with its label.
type Code struct{ Code, Label string }

// Address is a postal or street address in Norway or elsewhere.
type Address struct {
	Lines                            [4]string
	PostCode, PostName               string
	Municipality, MunicipalityNumber string
	Country, CountryCode             string
}

// empty tells that nothing but perhaps the country is known.
func (a *Address) empty() bool {
	return a.Lines[0] == "" && a.PostCode == "" && a.PostName == "" && a.MunicipalityNumber == ""
}

// parse reads a unit of the register's JSON. Strings of the unit may be parts of text. Unknown members are left alone; one of a
// type that is not expected is an error, since it means that the register's JSON has changed.
func (u *Unit) parse(text string) error {
	*u = Unit{Sub: u.Sub}
	err := jsonscan.Members(text, u.member)
	if err != nil {
		return err
	}
	if !identity.OrganisationNumber(u.Number) {
		return fmt.Errorf("organisasjonsnummer: %q is no organisation number", clip(u.Number))
	}
	return nil
}

func (u *Unit) member(key, value string) error {
	if value == "null" {
		return nil
	}
	var err error
	switch key {
	case "organisasjonsnummer":
		u.Number, err = str(key, value)
	case "navn":
		u.Name, err = str(key, value)
	case "organisasjonsform":
		err = u.Form.parse(key, value)
	case "hjemmeside":
		u.Homepage, err = str(key, value)
	case "forretningsadresse":
		err = u.Business.parse(key, value)
	case "beliggenhetsadresse":
		u.Sub = true
		err = u.Business.parse(key, value)
	case "postadresse":
		err = u.Postal.parse(key, value)
	case "registreringsdatoEnhetsregisteret", "registreringsdatoIEnhetsregisteret":
		u.Registered, err = str(key, value)
	case "naeringskode1":
		err = u.Industry[0].parse(key, value)
	case "naeringskode2":
		err = u.Industry[1].parse(key, value)
	case "naeringskode3":
		err = u.Industry[2].parse(key, value)
	case "institusjonellSektorkode":
		err = u.Sector.parse(key, value)
	case "antallAnsatte":
		u.Employees, err = number(key, value)
	case "harRegistrertAntallAnsatte":
		_, err = boolean(key, value)
		u.HasEmployees = value
	case "overordnetEnhet":
		u.Parent, err = str(key, value)
	case "stiftelsesdato":
		u.Founded, err = str(key, value)
	case "oppstartsdato":
		u.Sub = true
		u.Founded, err = str(key, value)
	case "nedleggelsesdato":
		u.Closed, err = str(key, value)
	case "slettedato":
		u.Deleted, err = str(key, value)
	case "konkurs":
		u.Bankrupt, err = boolean(key, value)
	case "konkursdato":
		u.BankruptOn, err = str(key, value)
	case "underAvvikling":
		u.Winding, err = boolean(key, value)
	case "underAvviklingDato":
		u.WindingOn, err = str(key, value)
	case "underTvangsavviklingEllerTvangsopplosning":
		u.Forced, err = boolean(key, value)
	case "vedtektsfestetFormaal":
		u.Purpose, err = lines(key, value)
	case "aktivitet":
		u.Activity, err = lines(key, value)
	case "maalform":
		u.Language, err = str(key, value)
	case "registrertIMvaregisteret":
		u.VAT, err = boolean(key, value)
	case "registrertIForetaksregisteret":
		u.Enterprises, err = boolean(key, value)
	case "registrertIStiftelsesregisteret":
		u.Foundations, err = boolean(key, value)
	case "registrertIFrivillighetsregisteret":
		u.Voluntary, err = boolean(key, value)
	}
	return err
}

func (c *Code) parse(name, text string) error {
	return jsonscan.Members(text, func(key, value string) (err error) {
		switch key {
		case "kode":
			c.Code, err = str(name+".kode", value)
		case "beskrivelse":
			c.Label, err = str(name+".beskrivelse", value)
		}
		return err
	})
}

func (a *Address) parse(name, text string) error {
	return jsonscan.Members(text, func(key, value string) (err error) {
		switch key {
		case "adresse":
			n := 0
			if value == "null" {
				return nil
			}
			return jsonscan.Elements(value, func(line string) error {
				s, err := str(name+".adresse", line)
				if s = strings.TrimSpace(s); s != "" && err == nil {
					if n < len(a.Lines) {
						a.Lines[n] = s
					} else {
						a.Lines[len(a.Lines)-1] += ", " + s
					}
					n++
				}
				return err
			})
		case "postnummer":
			a.PostCode, err = str(name+".postnummer", value)
		case "poststed":
			a.PostName, err = str(name+".poststed", value)
		case "kommune":
			a.Municipality, err = str(name+".kommune", value)
		case "kommunenummer":
			a.MunicipalityNumber, err = str(name+".kommunenummer", value)
		case "land":
			a.Country, err = str(name+".land", value)
		case "landkode":
			a.CountryCode, err = str(name+".landkode", value)
		}
		return err
	})
}

func str(key, value string) (string, error) {
	if value == "null" {
		return "", nil
	}
	s, ok := jsonscan.Text(value)
	if !ok {
		return "", fmt.Errorf("%s: %s is no string", key, clip(value))
	}
	return s, nil
}

func number(key, value string) (string, error) {
	if s, ok := jsonscan.Text(value); ok {
		value = s
	}
	if value == "" || value == "null" {
		return "", nil
	}
	for i := range len(value) {
		if value[i] < '0' || value[i] > '9' {
			return "", fmt.Errorf("%s: %s is no whole number", key, clip(value))
		}
	}
	if value = strings.TrimLeft(value, "0"); value == "" {
		value = "0"
	}
	return value, nil
}

func boolean(key, value string) (bool, error) {
	switch value {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s: %s is neither true nor false", key, clip(value))
}

// lines joins the strings of an array; a string alone is taken too.
func lines(key, value string) (string, error) {
	if s, ok := jsonscan.Text(value); ok {
		return strings.TrimSpace(s), nil
	}
	var b strings.Builder
	err := jsonscan.Elements(value, func(line string) error {
		s, err := str(key, line)
		if s = strings.TrimSpace(s); s != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(s)
		}
		return err
	})
	return b.String(), err
}

func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}
