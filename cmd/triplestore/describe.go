package main

import "triplestore/sparql"

// descriptionValue is a flag that names a form of DESCRIBE.
type descriptionValue struct{ sparql.Description }

const describeHelp = "what DESCRIBE tells: concise, symmetric or outgoing"

// Type is for the help.
func (*descriptionValue) Type() string { return "form" }

// Set reads a name.
func (d *descriptionValue) Set(s string) (err error) {
	d.Description, err = sparql.ParseDescription(s)
	return err
}
