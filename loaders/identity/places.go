package identity

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// Place is a municipality or a county of the tables that come with the program.
type Place struct {
	// IRI is the canonical IRI, OtherIDs are identifiers of Geonorge for parts of it from before a merger.
	IRI      string
	ID       string
	OtherIDs []string
	// Numbers are its numbers, the present one first.
	Numbers []string
	// County is the number of the county of a municipality.
	County string
	// Years are when a county was there: "2024-".
	Years string
	// Names are its names in its official languages, in their official order.
	Names []string
}

// Municipalities lists the municipalities of Norway by number.
func Municipalities() []Place { return places("municipalities.csv", "kommune") }

// Counties lists the counties of Norway, the present ones first.
func Counties() []Place { return places("counties.csv", "fylke") }

func places(file, kind string) []Place {
	b, _ := embedded.ReadFile(file)
	c := csv.NewReader(bytes.NewReader(b))
	c.Comment = '#'
	rows, err := c.ReadAll()
	if err != nil {
		panic("identity: " + file + ": " + err.Error()) // it is part of the program, and a test reads it
	}
	var out []Place
	for _, row := range rows[1:] {
		ids := strings.Fields(row[1])
		p := Place{ID: ids[0], OtherIDs: ids[1:], Numbers: strings.Fields(row[0]), Names: strings.Split(row[3], " - ")}
		p.IRI = "https://data.geonorge.no/administrativeEnheter/" + kind + "/id/" + ids[0]
		if strings.Contains(ids[0], "://") {
			p.IRI, p.ID = ids[0], ""
		}
		if kind == "kommune" {
			p.County = row[2]
		} else {
			p.Years = row[2]
		}
		out = append(out, p)
	}
	return out
}
