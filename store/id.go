package store

// ID is a stored term in 64 bits: four bits of tag, then a payload. Terms with short canonical forms are inlined: their ID
// holds the value, in an order that agrees with the value's order within one tag. All others are numbers in the dictionary:
// twelve bits Aux (the language of a language-tagged literal, the datatype of a typed one, else 0) and 48 bits Number.
// The same term has the same ID throughout the life of a store.
type ID uint64

const (
	// NoID is no term: an unbound variable, a wildcard.
	NoID ID = 0
	// DefaultGraph is the name of the default graph in the column G. It is no term.
	DefaultGraph ID = 1
)

// Tag is the kind of an ID. Its values are part of the format on disk.
type Tag uint8

// The tags.
const (
	TagSpecial   Tag = iota // NoID, DefaultGraph
	TagBlankNode            // dictionary
	TagIRI                  // dictionary
	TagString               // dictionary: xsd:string
	TagLang                 // dictionary: language-tagged, Aux is the language
	TagTyped                // dictionary: any other datatype or a form that is not canonical, Aux is the datatype
	TagTriple               // dictionary: triple term
	TagInteger              // inline: xsd:integer
	TagDecimal              // inline: xsd:decimal
	TagDouble               // inline: xsd:double
	TagBoolean              // inline: xsd:boolean
	TagDate                 // inline: xsd:date
	TagDateTime             // inline: xsd:dateTime
	TagYear                 // inline: xsd:gYear
	TagDerived              // inline: the datatypes derived from xsd:integer, see DerivedType
	TagLocal                // never stored: terms that a query computed, numbered by the engine
)

const (
	tagShift    = 60
	auxShift    = 48
	payloadMask = 1<<tagShift - 1
	numberMask  = 1<<auxShift - 1
	// AuxOther is the Aux of languages and datatypes beyond those that have an index of their own.
	AuxOther = 1<<12 - 1
)

// MakeID puts an ID of the dictionary together.
func MakeID(tag Tag, aux uint16, number uint64) ID {
	return ID(tag)<<tagShift | ID(aux)<<auxShift | ID(number&numberMask)
}

// Tag tells the kind.
func (id ID) Tag() Tag { return Tag(id >> tagShift) }

// Aux is the index of the language or datatype, see Snapshot.Languages.
func (id ID) Aux() uint16 { return uint16(id>>auxShift) & AuxOther }

// Number is the number in the dictionary.
func (id ID) Number() uint64 { return uint64(id & numberMask) }

// InDictionary reports whether the term must be fetched from the dictionary.
func (id ID) InDictionary() bool { t := id.Tag(); return TagBlankNode <= t && t <= TagTriple }

// IsLiteral reports whether the term is a literal. TagLocal is not: the engine knows its own.
func (id ID) IsLiteral() bool {
	t := id.Tag()
	return TagString <= t && t <= TagTyped || TagInteger <= t && t <= TagDerived
}
