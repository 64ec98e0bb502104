package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"triplestore/rdf"
)

const (
	bsbmNS    = "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/vocabulary/"
	shopNS    = "http://www4.wiwiss.fu-berlin.de/bizer/bsbm/v01/instances/"
	revNS     = "http://purl.org/stuff/rev#"
	countryNS = "http://downlode.org/rdf/iso-3166/countries#"
)

// Shares of countries, and languages of reviews, as the description has them.
var (
	countries     = []string{"US", "GB", "JP", "CN", "DE", "FR", "ES", "RU", "KR", "AT"}
	countryShares = []float64{.40, .10, .10, .10, .05, .05, .05, .05, .05, .05}
	languages     = []string{"en", "ja", "zh", "de", "fr", "es", "ru", "ko", "de"}
	langShares    = []float64{.50, .10, .10, .05, .05, .05, .05, .05, .05}
)

const (
	triplesPerProduct  = 335.0
	offersPerProduct   = 20
	reviewsPerProduct  = 10
	productsOfProducer = 50.0
	offersOfVendor     = 2000.0
	reviewsOfPerson    = 20.0
)

// productType is a class of products. Features belong to it and to the classes below.
type productType struct {
	parent   *productType
	iri      string
	features []string
}

// product is what the queries need of one.
type product struct {
	iri, publisher string
	kind           *productType
	features       []string
	numeric        [6]int // from 1
	offer, review  string
}

// shop makes a web shop: types of products in a tree, features, producers, products, vendors with offers, and persons with reviews.
type shop struct {
	*sink
	types, leaves []*productType
	features      int
	label         string // of the product that is asked about
	today         time.Time
	products      int
	producers     int
	subject       *product // what the queries ask about
	at            int      // its number
}

func makeShop(s *sink, triples int) params {
	g := &shop{sink: s, products: max(40, int(float64(triples)/triplesPerProduct)), today: time.Date(2008, 6, 20, 0, 0, 0, 0, time.UTC)}
	g.makeTypes()
	g.products = max(20, int(float64(triples-g.n)/triplesPerProduct)) // without what types and features take
	g.makeProducts()
	g.makeOffers()
	g.makeReviews()
	x := g.subject
	other := g.leaves[len(g.leaves)-1].features
	return params{
		"Product": ref(x.iri), "ProductType": ref(x.kind.iri), "ParentType": ref(x.kind.parent.iri),
		"Feature1": ref(x.features[len(x.features)-1]), "Feature2": ref(x.features[len(x.features)-2]), "Feature3": ref(x.features[0]), "FeatureNot": ref(other[0]),
		"x": strconv.Itoa(max(1, x.numeric[1]-200)), "y": strconv.Itoa(x.numeric[3] + 200), "z": strconv.Itoa(max(1, x.numeric[2]-200)),
		"Word": g.label, "Date": g.today.Format(time.DateOnly), "Offer": ref(x.offer), "Review": ref(x.review), "Producer": ref(x.publisher),
		"Country1": ref(countryNS + countries[0]), "Country2": ref(countryNS + countries[1]),
		"Month1": g.today.AddDate(0, 0, -56).Format(time.DateOnly), "Month2": g.today.AddDate(0, 0, -28).Format(time.DateOnly),
	}
}

// makeTypes: the tree is as deep as the logarithm of the number of products lets it be, and has the more branches at the root.
func (g *shop) makeTypes() {
	log := int(math.Round(math.Log10(float64(g.products))))
	levels := log/2 + 2 // with the root
	sum := float64(levels*(levels+1))/2 - 1
	g.types = []*productType{{iri: shopNS + "ProductType1"}}
	level := g.types
	for depth := 2; depth <= levels; depth++ {
		var below []*productType
		branches := 8
		if depth == 2 {
			branches = 2 * log
		}
		for _, p := range level {
			for range branches {
				t := &productType{parent: p, iri: fmt.Sprintf("%sProductType%d", shopNS, len(g.types)+len(below)+1)}
				for range g.between(int(35*float64(depth)/sum), int(75*float64(depth)/sum)) {
					g.features++
					t.features = append(t.features, fmt.Sprintf("%sProductFeature%d", shopNS, g.features))
				}
				below = append(below, t)
			}
		}
		g.types = append(g.types, below...)
		level = below
	}
	g.leaves = level
	for _, t := range g.types {
		g.thing(rdf.IRI(t.iri), "ProductType", g.text(g.between(1, 3)), g.text(g.between(20, 50)))
		if t.parent != nil {
			g.add(rdf.IRI(t.iri), rdfsNS+"subClassOf", rdf.IRI(t.parent.iri))
		}
		g.publish(rdf.IRI(t.iri), shopNS+"StandardizationInstitution1", -2000)
	}
	for i := range g.features {
		f := rdf.IRI(fmt.Sprintf("%sProductFeature%d", shopNS, i+1))
		g.thing(f, "ProductFeature", g.text(g.between(1, 3)), g.text(g.between(20, 50)))
		g.publish(f, shopNS+"StandardizationInstitution1", -2000)
	}
}

func (g *shop) thing(s rdf.Term, class, label, comment string) {
	g.add(s, rdfNS+"type", rdf.IRI(bsbmNS+class))
	g.add(s, rdfsNS+"label", rdf.String(label))
	g.add(s, rdfsNS+"comment", rdf.String(comment))
}

func (g *shop) day(from, to int) time.Time { return g.today.AddDate(0, 0, g.between(from, to)) }

func (g *shop) publish(s rdf.Term, publisher string, since int) {
	g.add(s, dcNS+"publisher", rdf.IRI(publisher))
	g.add(s, dcNS+"date", rdf.Literal(g.day(since, -1).Format(time.DateOnly), xsdNS+"date"))
}

func dateTime(t time.Time) rdf.Term {
	return rdf.Literal(t.Format("2006-01-02T15:04:05"), xsdNS+"dateTime")
}

func (g *shop) country() string { return countryNS + countries[g.weighted(countryShares)] }

func (g *shop) makeProducts() {
	left := 0
	for i := range g.products {
		if left == 0 {
			g.producers++
			left = g.normal(productsOfProducer, productsOfProducer/3, 1)
			p := rdf.IRI(g.producer())
			g.thing(p, "Producer", g.text(g.between(1, 3)), g.text(g.between(20, 50)))
			g.add(p, foafNS+"homepage", rdf.IRI(fmt.Sprintf("http://www.producer%d.example/", g.producers)))
			g.add(p, bsbmNS+"country", rdf.IRI(g.country()))
			g.publish(p, g.producer(), -2000)
		}
		left--
		g.makeProduct(i)
	}
}

func (g *shop) producer() string {
	return fmt.Sprintf("%sdataFromProducer%d/Producer%d", shopNS, g.producers, g.producers)
}

func productIRI(i int) string { return fmt.Sprintf("%sProduct%d", shopNS, i+1) }

func (g *shop) makeProduct(i int) {
	x := &product{iri: productIRI(i), publisher: g.producer(), kind: g.leaves[g.rng.IntN(len(g.leaves))]}
	s := rdf.IRI(x.iri)
	label := g.text(g.between(1, 3))
	g.thing(s, "Product", label, g.text(g.between(50, 150)))
	for t := x.kind; t != nil; t = t.parent {
		g.add(s, rdfNS+"type", rdf.IRI(t.iri))
		for _, f := range t.features {
			if g.chance(.25) {
				x.features = append(x.features, f)
			}
		}
	}
	if len(x.features) < 3 {
		x.features = append(x.features, x.kind.features...)
		slices.Sort(x.features)
		x.features = slices.Compact(x.features)
	}
	for _, f := range x.features {
		g.add(s, bsbmNS+"productFeature", rdf.IRI(f))
	}
	g.add(s, bsbmNS+"producer", rdf.IRI(x.publisher))
	for k := 1; k <= 5; k++ {
		x.numeric[k] = min(2000, g.normal(1000, 333, 1))
		// The first three of each are always there, the fourth and fifth in part.
		if k <= 3 || g.chance([]float64{.7, .8}[k-4]) {
			g.add(s, bsbmNS+"productPropertyNumeric"+strconv.Itoa(k), integer(x.numeric[k]))
		}
		if k <= 3 || g.chance([]float64{.7, .8}[k-4]) {
			g.add(s, bsbmNS+"productPropertyTextual"+strconv.Itoa(k), rdf.String(g.text(g.between(3, 15))))
		}
	}
	g.publish(s, x.publisher, -1500)
	near := func(k int) bool { return x.numeric[k] > 900 && x.numeric[k] < 1100 }
	if i >= g.products/3 && g.subject == nil && near(1) && near(2) || i == g.products-1 && g.subject == nil { // one that others are like
		g.subject, g.at, g.label = x, i, label[:4]
	}
}

func (g *shop) makeOffers() {
	vendors, left := 0, 0
	var vendor string
	for i := range g.products * offersPerProduct {
		if left == 0 {
			vendors++
			left = g.normal(min(offersOfVendor, float64(g.products)), min(offersOfVendor, float64(g.products))/3, 1)
			vendor = fmt.Sprintf("%sdataFromVendor%d/Vendor%d", shopNS, vendors, vendors)
			v := rdf.IRI(vendor)
			g.thing(v, "Vendor", g.text(g.between(1, 3)), g.text(g.between(20, 50)))
			g.add(v, foafNS+"homepage", rdf.IRI(fmt.Sprintf("http://www.vendor%d.example/", vendors)))
			g.add(v, bsbmNS+"country", rdf.IRI(g.country()))
			g.publish(v, vendor, -2000)
		}
		left--
		offer := fmt.Sprintf("%sdataFromVendor%d/Offer%d", shopNS, vendors, i+1)
		s, of := rdf.IRI(offer), g.rng.IntN(g.products)
		if i%max(10, g.products*offersPerProduct/40) == 7 { // so that the product that is asked about has offers at any size
			of = g.at
		}
		g.add(s, rdfNS+"type", rdf.IRI(bsbmNS+"Offer"))
		g.add(s, bsbmNS+"product", rdf.IRI(productIRI(of)))
		g.add(s, bsbmNS+"vendor", rdf.IRI(vendor))
		g.add(s, bsbmNS+"price", rdf.Literal(fmt.Sprintf("%.2f", 5+9995*g.rng.Float64()), bsbmNS+"USD"))
		from := g.day(-90, 0)
		g.add(s, bsbmNS+"validFrom", dateTime(from))
		g.add(s, bsbmNS+"validTo", dateTime(from.AddDate(0, 0, g.between(7, 120))))
		g.add(s, bsbmNS+"deliveryDays", integer(g.deliveryDays()))
		g.add(s, bsbmNS+"offerWebpage", rdf.IRI(fmt.Sprintf("http://www.vendor%d.example/offers/Offer%d", vendors, i+1)))
		g.publish(s, vendor, -97)
		if of == g.at {
			g.subject.offer = offer
		}
	}
}

func (g *shop) deliveryDays() int {
	switch {
	case g.chance(.5):
		return g.between(1, 3)
	case g.chance(.5):
		return g.between(4, 7)
	}
	return g.between(8, 21)
}

func (g *shop) makeReviews() {
	persons, left, site := 0, 0, 0
	var person string
	for i := range g.products * reviewsPerProduct {
		if i%10_000 == 0 {
			site++
		}
		source := fmt.Sprintf("%sdataFromRatingSite%d/", shopNS, site)
		if left == 0 {
			persons++
			left = g.normal(reviewsOfPerson, reviewsOfPerson/3, 1)
			person = fmt.Sprintf("%sReviewer%d", source, persons)
			p := rdf.IRI(person)
			g.add(p, rdfNS+"type", rdf.IRI(foafNS+"Person"))
			g.add(p, foafNS+"name", rdf.String(g.text(2)))
			g.add(p, foafNS+"mbox_sha1sum", rdf.String(fmt.Sprintf("%08x%016x%016x", g.rng.Uint32(), g.rng.Uint64(), g.rng.Uint64())))
			g.add(p, bsbmNS+"country", rdf.IRI(g.country()))
			g.publish(p, source+"RatingSite", -1000)
		}
		left--
		review := fmt.Sprintf("%sReview%d", source, i+1)
		s, of := rdf.IRI(review), g.rng.IntN(g.products)
		if i%max(10, g.products*reviewsPerProduct/20) == 7 {
			of = g.at
		}
		g.add(s, rdfNS+"type", rdf.IRI(revNS+"Review"))
		g.add(s, bsbmNS+"reviewFor", rdf.IRI(productIRI(of)))
		g.add(s, revNS+"reviewer", rdf.IRI(person))
		g.add(s, dcNS+"title", rdf.String(g.text(g.between(4, 15))))
		g.add(s, revNS+"text", rdf.LangLiteral(g.text(g.between(50, 200)), languages[g.weighted(langShares)]))
		g.add(s, bsbmNS+"reviewDate", dateTime(g.day(-365, 0)))
		for k := 1; k <= 4; k++ {
			if g.chance(.7) {
				g.add(s, bsbmNS+"rating"+strconv.Itoa(k), integer(g.between(1, 10)))
			}
		}
		g.publish(s, source+"RatingSite", -365)
		if of == g.at {
			g.subject.review = review
		}
	}
}
