package enhetsregisteret

import (
	"fmt"
	"slices"
)

// Policy says what is kept of data that may be about persons. Whatever it says, roles are never asked for, and telephones, mobile telephones
// and e-mail addresses are never read: they are not in [Unit].
//
// A sole proprietorship (form ENK) is its owner: the name holds that of a person, the address is often a home. By default such units, and the
// sub units that belong to them, come without name, street, post-office box, homepage and text: what is left is the number, form,
// industry, size, municipality, post code, dates and status.
type Policy struct {
	// SoleProprietors is "reduced" (the default), "named" to keep their names too, or "omit" to leave such units out.
	SoleProprietors string
	// Texts keeps the free text of purpose and activity, which may name persons, of units that do not belong to one.
	Texts bool
}

// The values of SoleProprietors.
const (
	Reduced = "reduced"
	Named   = "named"
	Omit    = "omit"
)

func (p Policy) check() error {
	if p.SoleProprietors != "" && !slices.Contains([]string{Reduced, Named, Omit}, p.SoleProprietors) {
		return fmt.Errorf("%q is not one of %s, %s, %s", p.SoleProprietors, Reduced, Named, Omit)
	}
	return nil
}

func (p Policy) keepNames() bool { return p.SoleProprietors == Named }

// naturalForms are the forms of organisation that are a natural person or the estate of one: sole proprietorship, other persons, bankrupt's and
// other estates.
var naturalForms = []string{"ENK", "PERS", "KBO", "BO"}

func naturalForm(code string) bool { return slices.Contains(naturalForms, code) }
