// Package oaipmh is the kind of source "oai-pmh": repositories that speak OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html)
// and give RDF/XML, or Dublin Core in XML, as metadata. Where the repository tells of deleted records, runs after the first ask for what
// changed only. Of a set it asks for the identifiers too, since a repository does not tell of records that leave one.
package oaipmh

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"triplestore/loaders/input"
	"triplestore/loaders/source"
	"triplestore/loaders/topic"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/iri"
	"triplestore/vocab"
)

// Kind is the kind "oai-pmh".
func Kind() source.Kind {
	return source.Kind{
		Name: "oai-pmh", Doc: "repositories that speak OAI-PMH, with RDF/XML or Dublin Core as metadata", Claims: true,
		New: func() source.Config { return &config{Prefix: "rdfxml", Incremental: true, MaxPages: 10_000} },
	}
}

type config struct {
	URL         string `yaml:"url" doc:"base address of the repository" format:"uri" required:"true"`
	Prefix      string `yaml:"metadata-prefix" doc:"format of the metadata; default rdfxml"`
	Set         string `yaml:"set" doc:"set, such as org:974760673; default: all"`
	Incremental bool   `yaml:"incremental" doc:"ask for what changed, and for the identifiers of the set, where the repository keeps deleted records (deletedRecord is persistent); default true"`
	MaxPages    int    `yaml:"max-pages" doc:"most pages of a list; default 10000"`
}

// Locations implements source.Locator.
func (c *config) Locations() []string { return []string{c.URL} }

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	if !source.IsURL(c.URL) {
		return nil, source.Keyf("url", "%q is no http or https URL", c.URL)
	}
	if c.MaxPages < 1 {
		return nil, source.Keyf("max-pages", "is %d, and must be 1 or more", c.MaxPages)
	}
	return &repository{*c, env}, nil
}

type repository struct {
	config
	env source.Env
}

// maxRemembered is of how many records it is remembered which identifier is theirs; for more, all is read each time.
const maxRemembered = 200_000

// rememberedBytes is about how many bytes of memory a record takes beside its identifier and its IRI.
const rememberedBytes = 256

type state struct {
	// From is the date of the repository's answer to the first request of the last run, from which the next one asks.
	From string `json:"from"`
	// Records are the IRIs of records by their identifiers, since a deleted record has nothing else. Those that could not be read have none.
	Records map[string]string `json:"records"`
	Section string            `json:"section"`
}

func (s *repository) section() string {
	return source.WithoutUser(s.URL) + " " + s.Prefix + " " + s.Set
}

// Harvest implements source.Source.
func (s *repository) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	var old state
	if since != nil {
		if err := json.Unmarshal(since, &old); err != nil || old.Section != s.section() {
			old = state{}
		}
	}
	about, err := s.ask(ctx, url.Values{"verb": {"Identify"}})
	if err != nil {
		return source.Outcome{}, err
	}
	incremental := s.Incremental && about.Deleted == "persistent" // else some deletions may never be told
	r := &reading{repository: s, to: to, next: state{Section: s.section(), Records: map[string]string{}}}
	from := ""
	if incremental && old.From != "" {
		from, r.next.Records = old.From, old.Records
		if r.next.Records == nil {
			r.next.Records = map[string]string{}
		}
		if about.Granularity == "YYYY-MM-DD" && len(from) > 10 {
			from = from[:10]
		}
	}
	r.next.From = about.ResponseDate
	n, err := r.changes(ctx, from)
	if err != nil {
		return source.Outcome{}, err
	}
	if r.unclear && from != "" {
		from = ""
		r.next.Records, r.of, r.sums, r.told = map[string]string{}, nil, nil, nil
		if n, err = r.changes(ctx, from); err != nil {
			return source.Outcome{}, err
		}
	}
	if len(r.next.Records) > maxRemembered || !incremental {
		r.next.From, r.next.Records = "", nil
	}
	kept, err := json.Marshal(&r.next)
	if err != nil {
		return source.Outcome{}, err
	}
	out := source.Outcome{State: kept, Complete: from == "", Unchanged: from != "" && n == 0}
	if out.Complete {
		slices.Sort(r.sums)
		sum := sha256.Sum256([]byte(strings.Join(r.sums, "\n")))
		out.Checksum = "sha256:" + hex.EncodeToString(sum[:])
	}
	return out, nil
}

type reading struct {
	*repository
	to   source.Sink
	next state
	sums []string
	of   map[string]int  // how many identifiers a record has
	told map[string]bool // identifiers that the list of records has, where that is noted
	// unclear: changes alone do not tell what there is now, so all has to be read.
	unclear bool
}

// changes reads what changed since a date, or all, and tells how many records it delivered.
func (r *reading) changes(ctx context.Context, from string) (int, error) {
	if from != "" && r.Set != "" {
		return r.set(ctx, from)
	}
	return r.records(ctx, from)
}

// set reads what changed in a set, and which records are in it: that a record has left it or come to it is no change of the record, and not told. Where
// records have come to it that are not told as changed, or none is left, it is unclear what the set holds.
func (r *reading) set(ctx context.Context, from string) (n int, err error) {
	// The identifiers come first: a record that changes meanwhile, and may be missing from them, is then told as changed.
	members := map[string]bool{}
	held := int64(0)
	defer func() { r.env.Memory.Shrink(held) }()
	err = r.list(ctx, "ListIdentifiers", "", "reading the identifiers of the set", func(rec *record, _ string) error {
		if rec.Deleted || rec.Identifier == "" || members[rec.Identifier] {
			return nil
		}
		members[rec.Identifier] = true
		size := int64(len(rec.Identifier)) + rememberedBytes/2
		held += size
		return r.env.Memory.Grow(ctx, size)
	})
	if err != nil {
		return 0, err
	}
	r.told = map[string]bool{}
	if n, err = r.records(ctx, from); err != nil {
		return n, err
	}
	r.unclear = r.unclear || len(members) == 0 && len(r.next.Records) > 0
	for identifier := range members {
		if _, known := r.next.Records[identifier]; !known && !r.told[identifier] {
			r.unclear = true
		}
	}
	if r.unclear {
		return n, nil
	}
	left, err := r.left(members)
	return n + left, err
}

// left delivers as deleted what has left the set, and tells how many records that are.
func (r *reading) left(members map[string]bool) (n int, err error) {
	for _, identifier := range slices.Sorted(maps.Keys(r.next.Records)) {
		if members[identifier] || r.told[identifier] {
			continue
		}
		gone := r.assign(identifier, "")
		if gone == "" {
			continue
		}
		n++
		if err := r.to.Record(&source.Record{IRI: gone, Deleted: true, Place: source.Place{Source: r.URL, Path: identifier}}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// assign notes which record an identifier is of; "" is none. It gives the one that it was of before, if no other identifier is of that.
func (r *reading) assign(identifier, record string) (gone string) {
	if r.of == nil {
		r.of = map[string]int{}
		for _, other := range r.next.Records {
			r.of[other]++
		}
	}
	before := r.next.Records[identifier]
	if before == record && before != "" {
		r.unclear = r.unclear || r.of[record] > 1
		return ""
	}
	delete(r.next.Records, identifier)
	if record != "" {
		r.next.Records[identifier] = record
		r.of[record]++
		// Which of several identifiers came last, and says what is said of the record, only a whole list tells.
		r.unclear = r.unclear || r.of[record] > 1
	}
	if before == "" {
		return ""
	}
	if r.of[before]--; r.of[before] > 0 {
		r.unclear = true
		return ""
	}
	delete(r.of, before)
	return before
}

// records reads the list of records to its end, and tells how many it delivered.
func (r *reading) records(ctx context.Context, from string) (n int, err error) {
	err = r.list(ctx, "ListRecords", from, "reading records", func(rec *record, address string) error {
		if r.told != nil {
			r.told[rec.Identifier] = true
		}
		delivered, err := r.record(ctx, rec, address)
		if delivered {
			n++
		}
		return err
	})
	return n, err
}

// list reads a list to its end.
func (r *reading) list(ctx context.Context, verb, from, doing string, each func(rec *record, address string) error) error {
	q := url.Values{"verb": {verb}, "metadataPrefix": {r.Prefix}}
	if r.Set != "" {
		q.Set("set", r.Set)
	}
	if from != "" {
		q.Set("from", from)
	}
	asked := map[string]bool{}
	n := int64(0)
	for page := 1; ; page++ {
		a, err := r.ask(ctx, q)
		var refused *protocolError
		if errors.As(err, &refused) && refused.Code == "noRecordsMatch" && page == 1 {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range a.Records {
			if err := each(&a.Records[i], a.address); err != nil {
				return err
			}
		}
		n += int64(len(a.Records))
		r.to.Progress(source.Progress{Doing: doing, Done: n, Unit: "records", Records: n, Requests: r.env.Client.Requests()})
		token := a.Token
		if token == "" {
			return nil
		}
		if asked[token] {
			return source.Errorf(source.Invalid, "%s: the list goes in a circle: the resumption token %q came before", a.address, clip(token))
		}
		if page >= r.MaxPages {
			return source.Errorf(source.TooLarge, "%s: the list has more than %d pages (max-pages)", a.address, r.MaxPages)
		}
		asked[token] = true
		q = url.Values{"verb": {verb}, "resumptionToken": {token}}
	}
}

// record delivers a record, or that it is deleted.
func (r *reading) record(ctx context.Context, rec *record, address string) (bool, error) {
	place := source.Place{Source: address, Path: rec.Identifier}
	reject := func(format string, args ...any) (bool, error) {
		r.to.Note(source.Note{Sort: source.Rejected, Message: fmt.Sprintf(format, args...), Place: place})
		if _, known := r.next.Records[rec.Identifier]; !known && rec.Identifier != "" {
			r.next.Records[rec.Identifier] = ""
		}
		return false, nil
	}
	if rec.Identifier == "" {
		return reject("the record has no identifier")
	}
	if rec.Deleted {
		gone := r.assign(rec.Identifier, "")
		if gone == "" {
			return false, nil
		}
		return true, r.to.Record(&source.Record{IRI: gone, Deleted: true, Place: place})
	}
	if len(rec.Metadata) == 0 {
		return reject("the record has no metadata")
	}
	triples, err := r.metadata(ctx, rec)
	if err != nil {
		return reject("%v", err)
	}
	about := topic.Of(triples)
	if about == "" {
		return reject("nothing in the metadata has an IRI")
	}
	if gone := r.assign(rec.Identifier, about); gone != "" { // the identifier now means something else
		if err := r.to.Record(&source.Record{IRI: gone, Deleted: true, Place: place}); err != nil {
			return false, err
		}
	}
	sum := sha256.Sum256(rec.Metadata)
	r.sums = append(r.sums, rec.Identifier+hex.EncodeToString(sum[:]))
	if err := r.env.Memory.Grow(ctx, int64(2*len(rec.Identifier)+len(about))+rememberedBytes); err != nil {
		return false, err
	}
	return true, r.to.Record(&source.Record{IRI: about, Triples: triples, Place: place})
}

// metadata reads what a record holds.
func (r *reading) metadata(ctx context.Context, rec *record) ([]rdf.Triple, error) {
	if rec.Root.Space == vocab.RDF && rec.Root.Local == "RDF" {
		var out []rdf.Triple
		err := format.RDFXML.Parse(ctx, bytes.NewReader(rec.Metadata), format.ReadOptions{File: rec.Identifier, Base: r.URL, Lenient: func(e *rdf.ParseError) {
			r.to.Note(source.Note{Sort: source.Rejected, Message: e.Msg, Place: source.Place{Source: rec.Identifier, Line: e.Line, Column: e.Column}})
		}}, func(quads []rdf.Quad) error {
			for _, q := range quads {
				out = append(out, rdf.Triple{S: q.S.Clone(), P: q.P.Clone(), O: q.O.Clone()})
			}
			return nil
		})
		return out, err
	}
	if rec.Root.Local == "dc" {
		return dublinCore(rec)
	}
	return nil, fmt.Errorf("the metadata is {%s}%s, and neither RDF nor Dublin Core; ask for another metadata-prefix", rec.Root.Space, rec.Root.Local)
}

// dublinCore makes statements with the terms of Dublin Core of the elements of oai_dc. The subject is the first identifier that is a URL, else
// the identifier of the record.
func dublinCore(rec *record) ([]rdf.Triple, error) {
	elements, err := children(rec.Metadata)
	if err != nil {
		return nil, err
	}
	subject := rec.Identifier
	for _, e := range elements {
		if e.name == "identifier" && source.IsURL(e.text) && iri.Check(e.text) == nil {
			subject = e.text
			break
		}
	}
	if err := iri.Check(subject); err != nil {
		return nil, fmt.Errorf("the identifier %q is no IRI", clip(subject))
	}
	var out []rdf.Triple
	for _, e := range elements {
		if e.text == "" || e.space != vocab.DC {
			continue
		}
		o := rdf.String(e.text)
		if rdf.ValidLang(e.lang) {
			o = rdf.LangLiteral(e.text, e.lang)
		}
		if e.name == "identifier" && e.text == subject {
			continue
		}
		out = append(out, rdf.Triple{S: rdf.IRI(subject), P: rdf.IRI(vocab.DC + e.name), O: o})
	}
	return out, nil
}

// protocolError is an error that the repository tells.
type protocolError struct{ Code, Text string }

// Error names the code.
func (e *protocolError) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("the repository answers %s: %s", e.Code, clip(e.Text)), ": ")
}

// ask sends a request and reads the answer.
func (s *repository) ask(ctx context.Context, q url.Values) (*answer, error) {
	u, err := url.Parse(s.URL)
	if err != nil {
		return nil, source.WithClass(source.Invalid, err)
	}
	all := u.Query()
	maps.Copy(all, q)
	u.RawQuery = all.Encode()
	in, err := input.Open(ctx, s.env, u.String(), source.Request{Accept: "text/xml, application/xml;q=0.9, */*;q=0.1"})
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := in.Text()
	if err != nil {
		return nil, err
	}
	a, err := parse(text)
	if err != nil {
		return nil, source.WithClass(source.Invalid, fmt.Errorf("%s: %w", u.Redacted(), err))
	}
	a.address = u.Redacted()
	if a.Error != nil {
		return nil, source.WithClass(source.Invalid, fmt.Errorf("%s: %w", u.Redacted(), a.Error))
	}
	return a, nil
}

func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
