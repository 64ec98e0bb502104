// Package xsd is the value space of the XML Schema datatypes that RDF uses (https://www.w3.org/TR/xmlschema11-2/): lexical forms
// to values, values to canonical forms, comparison and arithmetic as XPath defines them
// (https://www.w3.org/TR/xpath-functions-31/).
//
// Limits, which the specification leaves to implementations: decimals and integers have at most [MaxDigits] digits, years lie
// within ±[MaxYear]. Fractions of seconds have any number of digits; only what multiplies and divides durations looks at nine of them. Values
// are immutable and safe to share.
package xsd

const ns = "http://www.w3.org/2001/XMLSchema#"
