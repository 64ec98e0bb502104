// Package enhetsregisteret harvests the Norwegian Central Coordinating Register for Legal Entities: the dumps of main units and sub units
// as JSON or CSV, and the feed of changes from the dump's date on. Units come out as rov:RegisteredOrganization with their
// form, industries, sector, size, place, parent, dates and status; what may be about persons is left out, see [Policy].
//
// The first run reads the dumps and replaces all; runs after it ask for what changed. Units that the register has deleted stay as
// tombstones, with their number and that they are gone.
package enhetsregisteret

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"triplestore/loaders/identity"
	"triplestore/loaders/source"
)

// Kind is the kind of source for the table of kinds.
var Kind = source.Kind{
	Name: "enhetsregisteret",
	Doc:  "the Norwegian register of legal entities: dumps of main and sub units (JSON, CSV), then its feed of changes",
	New:  func() source.Config { return &config{API: API, PageSize: 10_000, Parallel: 4} },
}

type config struct {
	Units     string          `yaml:"units" doc:"file or URL of the dump of main units; default: that of the register, unless sub-units names one"`
	SubUnits  string          `yaml:"sub-units" doc:"file or URL of the dump of sub units; default: that of the register, unless units names one"`
	Format    string          `yaml:"format" doc:"format of the dumps; default: seen by their first bytes" enum:"json,csv"`
	API       string          `yaml:"api" doc:"base address of the register's API" format:"uri"`
	Feed      string          `yaml:"feed" doc:"whether changes are asked for: yes, no, or only where the dumps are URLs (the default)" enum:"yes,no,auto"`
	DumpDate  string          `yaml:"dump-date" doc:"date of dumps that are files, from which on the feed is read: 2026-01-31; default: the date of the file" pattern:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"`
	DumpEvery source.Duration `yaml:"dump-every" doc:"after how long the dumps are read again, such as 720h; default: never while the feed works"`
	PageSize  int             `yaml:"page-size" doc:"updates in a page of the feed, 10000 at most"`
	Parallel  int             `yaml:"parallel" doc:"units that are asked for at a time; default 4"`
	Sole      string          `yaml:"sole-proprietors" doc:"what is kept of units that are a natural person: reduced (no name and street), named, or omit" enum:"reduced,named,omit"`
	Texts     bool            `yaml:"texts" doc:"keep the free text of purpose or activity, which may name persons"`
}

var _ source.Locator = (*config)(nil)

func (c *config) dumps() (units, subs string) {
	units, subs = c.Units, c.SubUnits
	if units == "" && subs == "" {
		api := c.base()
		units, subs = api+"enheter/lastned", api+"underenheter/lastned"
	}
	return units, subs
}

func (c *config) base() string { return strings.TrimSuffix(c.API, "/") + "/" }

func (c *config) feeds() bool {
	units, subs := c.dumps()
	return c.Feed == "yes" || c.Feed != "no" && (units == "" || source.IsURL(units)) && (subs == "" || source.IsURL(subs))
}

// Locations implements source.Locator.
func (c *config) Locations() []string {
	var out []string
	units, subs := c.dumps()
	for _, u := range []string{units, subs} {
		if source.IsURL(u) {
			out = append(out, u)
		}
	}
	if c.feeds() {
		out = append(out, c.base())
	}
	return out
}

// Open implements source.Config.
func (c *config) Open(env source.Env) (source.Source, error) {
	if !source.IsURL(c.API) {
		return nil, source.Keyf("api", "%q is no http or https URL", c.API)
	}
	if c.PageSize < 1 || c.PageSize > 10_000 {
		return nil, source.Keyf("page-size", "is %d, and must be 1 to 10000", c.PageSize)
	}
	if c.Parallel < 1 || c.Parallel > 32 {
		return nil, source.Keyf("parallel", "is %d, and must be 1 to 32", c.Parallel)
	}
	policy := Policy{SoleProprietors: c.Sole, Texts: c.Texts}
	if err := policy.check(); err != nil {
		return nil, source.Keyf("sole-proprietors", "%v", err)
	}
	rules, err := identity.Default()
	if err != nil {
		return nil, err
	}
	return &register{config: *c, env: env, policy: policy, municipality: rules.Municipality}, nil
}

type register struct {
	config
	env          source.Env
	policy       Policy
	municipality func(string) string
}

// state is what is remembered.
type state struct {
	// Dumped is when the dumps were read; Validators are theirs, by address.
	Dumped     time.Time                    `json:"dumped"`
	Validators map[string]source.Validators `json:"validators,omitempty"`
	Main       cursor                       `json:"main"`
	Sub        cursor                       `json:"sub"`
	Codes      map[string]string            `json:"codes,omitempty"`
	// Section is what the results depend on: when it changes the dumps are read again.
	Section string `json:"section"`
}

func (s *register) section() string {
	units, subs := s.dumps()
	return fmt.Sprintf("1 %s %s %s %s %t", source.WithoutUser(units), source.WithoutUser(subs), source.WithoutUser(s.base()), s.Sole, s.Texts)
}

// Harvest implements source.Source.
func (s *register) Harvest(ctx context.Context, since source.State, to source.Sink) (source.Outcome, error) {
	var old state
	if since != nil {
		if err := json.Unmarshal(since, &old); err != nil || old.Section != s.section() {
			old = state{}
		}
	}
	now := s.env.Clock.Now()
	if old.Dumped.IsZero() || !s.feeds() || s.DumpEvery > 0 && now.Sub(old.Dumped) >= time.Duration(s.DumpEvery) {
		return s.all(ctx, old, now, to)
	}
	r := newRun(s.policy, s.municipality, to, old.Codes)
	n, err := s.changes(ctx, r, &old)
	if err != nil {
		return source.Outcome{}, err
	}
	if old.Codes, err = r.codes.deliver(to); err != nil {
		return source.Outcome{}, err
	}
	kept, err := json.Marshal(&old)
	return source.Outcome{State: kept, Unchanged: n == 0}, err
}

// all reads the dumps, and the feed from their date on.
func (s *register) all(ctx context.Context, old state, now time.Time, to source.Sink) (source.Outcome, error) {
	units, subs := s.dumps()
	next := state{Section: s.section(), Dumped: now, Validators: map[string]source.Validators{}}
	sum := sha256.New()
	var docs [2]*dumpFile
	fresh := false
	for i, address := range []string{units, subs} {
		if address == "" {
			continue
		}
		d, err := s.open(ctx, address, old.Validators[source.WithoutUser(address)])
		if err != nil {
			return source.Outcome{}, err
		}
		defer d.close() //nolint:revive // there are two
		docs[i] = d
		fresh = fresh || !d.notModified
		next.Validators[source.WithoutUser(address)] = d.validators
	}
	if !fresh && !s.feeds() {
		next.Codes = old.Codes
		kept, err := json.Marshal(&next)
		return source.Outcome{State: kept, Unchanged: true}, err
	}
	r := newRun(s.policy, s.municipality, to, nil)
	for i, address := range []string{units, subs} {
		d := docs[i]
		if d == nil {
			continue
		}
		if d.notModified { // the other one is new, and both are needed
			d.close()
			var err error
			if d, err = s.open(ctx, address, source.Validators{}); err != nil {
				return source.Outcome{}, err
			}
			defer d.close() //nolint:revive // there are two
			next.Validators[source.WithoutUser(address)] = d.validators
		}
		if err := s.read(ctx, r, d, parts[i], sum); err != nil {
			return source.Outcome{}, err
		}
		if !parts[i].sub {
			r.mainRead = true
		}
		c := cursor{Date: s.seed(d, now)}
		if parts[i].sub {
			next.Sub = c
		} else {
			next.Main = c
		}
	}
	if !r.mainRead {
		to.Note(source.Note{Sort: source.Remark, Message: "the main units are not harvested, so that every sub unit may be that of a sole proprietorship " +
			"and is reduced as these are"})
	}
	if s.feeds() {
		if _, err := s.changes(ctx, r, &next); err != nil {
			return source.Outcome{}, err
		}
	}
	var err error
	if next.Codes, err = r.codes.deliver(to); err != nil {
		return source.Outcome{}, err
	}
	kept, err := json.Marshal(&next)
	return source.Outcome{State: kept, Complete: true, Checksum: "sha256:" + hex.EncodeToString(sum.Sum(nil))}, err
}

// seed is the instant from which on the feed is read: the day before the dump was made. The feed's own history begins with millions of
// updates that say nothing.
func (s *register) seed(d *dumpFile, now time.Time) string {
	at := d.date
	if s.DumpDate != "" {
		if t, err := time.Parse(time.DateOnly, s.DumpDate); err == nil {
			at = t
		}
	}
	if at.IsZero() || at.After(now) {
		at = now.AddDate(0, 0, -1)
	}
	return at.UTC().AddDate(0, 0, -1).Format("2006-01-02T15:04:05.000Z")
}

// changes follows the feeds. It tells how many units changed.
func (s *register) changes(ctx context.Context, r *run, st *state) (int, error) {
	units, subs := s.dumps()
	total := 0
	r.parallel = s.Parallel
	for i, address := range []string{units, subs} {
		if address == "" {
			continue
		}
		at := &st.Main
		if parts[i].sub {
			at = &st.Sub
		}
		moved, n, err := r.follow(ctx, s.env.Client, s.base(), parts[i], *at, s.PageSize)
		if err != nil {
			return 0, err
		}
		*at = moved
		total += n
	}
	return total, nil
}

// dumpFile is a dump, from the web or a disk.
type dumpFile struct {
	name        string
	notModified bool
	validators  source.Validators
	date        time.Time
	body        func() (io.ReadCloser, error)
	closing     func()
}

func (d *dumpFile) close() {
	if d.closing != nil {
		d.closing()
		d.closing = nil
	}
}

func (s *register) open(ctx context.Context, address string, known source.Validators) (*dumpFile, error) {
	if !source.IsURL(address) {
		path := s.env.Path(address)
		info, err := os.Stat(path)
		if err != nil {
			c := source.Internal
			if errors.Is(err, os.ErrNotExist) {
				c = source.NotFound
			}
			return nil, source.WithClass(c, err)
		}
		v := source.Validators{ETag: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())}
		return &dumpFile{name: address, validators: v, notModified: v == known, date: info.ModTime(), body: func() (io.ReadCloser, error) {
			f, err := os.Open(path)
			if err != nil {
				return nil, source.WithClass(source.NotFound, err)
			}
			r, err := source.Unpack(f, path, s.env.Client.MaxBytes())
			if err != nil {
				f.Close()
				return nil, err
			}
			return &both{r, f}, nil
		}}, nil
	}
	accept := "application/json, application/gzip, application/octet-stream, text/csv;q=0.9, */*;q=0.5"
	doc, err := s.env.Client.Get(ctx, &source.Request{URL: address, Accept: accept, Validators: known})
	if err != nil {
		return nil, err
	}
	d := &dumpFile{name: address, notModified: doc.NotModified, validators: doc.Validators, body: doc.Open, closing: func() { doc.Close() }}
	if t, err := time.Parse(time.RFC1123, doc.Validators.LastModified); err == nil {
		d.date = t
	}
	return d, nil
}

type both struct {
	io.ReadCloser
	file io.Closer
}

func (b *both) Close() error { return errors.Join(b.ReadCloser.Close(), b.file.Close()) }

// read reads a dump in whichever format it is.
func (s *register) read(ctx context.Context, r *run, d *dumpFile, p part, sum hash.Hash) error {
	body, err := d.body()
	if err != nil {
		return err
	}
	defer body.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(body, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	head = head[:n]
	in := io.TeeReader(io.MultiReader(strings.NewReader(string(head)), body), sum)
	format := s.Format
	if format == "" {
		format = "csv"
		if t := strings.TrimLeft(strings.TrimPrefix(string(head), "\uFEFF"), " \t\r\n"); t == "" || t[0] == '[' || t[0] == '{' {
			format = "json"
		}
	}
	if format == "csv" {
		return r.csv(ctx, in, d.name, p.sub)
	}
	return r.json(ctx, in, d.name, p.sub)
}
