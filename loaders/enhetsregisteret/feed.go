package enhetsregisteret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"triplestore/loaders/identity"
	"triplestore/loaders/jsonscan"
	"triplestore/loaders/source"
)

// maxPages ends a feed that goes on for ever, maxRetry how many units wait to be asked for again.
const (
	maxPages = 2_000
	maxRetry = 10_000
)

// part is what there is twice in the register: main units and sub units.
type part struct {
	name string // of the path, and of the list in answers
	sub  bool
	list string // in the feed
}

var parts = [2]part{{"enheter", false, "oppdaterteEnheter"}, {"underenheter", true, "oppdaterteUnderenheter"}}

// cursor is where the feed of a part was left. It is part of a State.
type cursor struct {
	// ID is the last update that was taken in. 0 is none: then the feed is read from Date on.
	ID int64 `json:"id,omitempty"`
	// Date is an instant, as the register writes it.
	Date string `json:"date,omitempty"`
	// Retry are the numbers of units that the feed named, and that the register did not have.
	Retry []string `json:"retry,omitempty"`
}

type change struct {
	id           int64
	number, kind string
	date         string
}

// follow reads the feed of a part from a cursor to its end and delivers what changed. The feed is asked for what comes after
// the last update, again and again: its pages end at the 20th, and the answer to who has all has no list.
func (r *run) follow(ctx context.Context, client *source.Client, api string, p part, from cursor, pageSize int) (cursor, int, error) {
	last := map[string]change{}
	at, pages, remaining := from, 0, int64(-1)
	for {
		q := url.Values{"size": {strconv.Itoa(pageSize)}}
		if at.ID > 0 {
			q.Set("oppdateringsid", strconv.FormatInt(at.ID+1, 10))
		} else {
			q.Set("dato", at.Date)
		}
		address := api + "oppdateringer/" + p.name + "?" + q.Encode()
		items, total, err := r.page(ctx, client, address, p)
		if err != nil {
			return from, 0, err
		}
		if total >= 0 && remaining > total {
			return from, 0, source.Errorf(source.Invalid, "%s: the feed does not come in the order of its updates: %d of them were passed over",
				address, remaining-total)
		}
		if len(items) == 0 {
			break
		}
		before := at.ID
		for _, c := range items {
			if old, ok := last[c.number]; !ok || c.id >= old.id {
				last[c.number] = c
			}
			at.ID = max(at.ID, c.id)
		}
		if at.ID <= before {
			return from, 0, source.Errorf(source.Invalid, "%s: the feed does not go on: it gives updates that were asked for before", address)
		}
		if remaining = -1; total >= 0 {
			remaining = total - int64(len(items))
		}
		if pages++; pages >= maxPages {
			return from, 0, source.Errorf(source.TooLarge, "%s: the feed has more than %d pages; load a newer dump", address, maxPages)
		}
		r.to.Progress(source.Progress{Doing: "reading the feed of " + p.name, Requests: client.Requests()})
	}
	for _, number := range from.Retry {
		if _, ok := last[number]; !ok {
			last[number] = change{number: number, kind: "Endring"}
		}
	}
	numbers := make([]string, 0, len(last))
	for n := range last {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var mu sync.Mutex
	at.Retry = nil
	g, gctx := errgroup.WithContext(ctx)
	work := make(chan change)
	for range max(1, r.parallel) {
		g.Go(func() error {
			w := r.writer()
			for c := range work {
				missing, err := r.apply(gctx, client, api, p, c, w)
				if err != nil {
					return err
				}
				if missing {
					mu.Lock()
					at.Retry = append(at.Retry, c.number)
					mu.Unlock()
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(work)
		for i, n := range numbers {
			select {
			case work <- last[n]:
			case <-gctx.Done():
				return context.Cause(gctx)
			}
			if i%100 == 99 {
				r.to.Progress(source.Progress{Doing: "asking for changed " + p.name, Done: int64(i), Total: int64(len(numbers)), Unit: p.name,
					Records: int64(i), Requests: client.Requests()})
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return from, 0, err
	}
	slices.Sort(at.Retry)
	if len(at.Retry) > maxRetry {
		return from, 0, source.Errorf(source.Invalid, "the feed of %s names %d units that the register does not have", p.name, len(at.Retry))
	}
	return at, len(numbers), nil
}

// page reads a page of the feed. total is how many updates there are from the one that was asked for on, or -1.
func (r *run) page(ctx context.Context, client *source.Client, address string, p part) (items []change, total int64, err error) {
	text, err := get(ctx, client, address)
	if err != nil {
		return nil, -1, err
	}
	total = -1
	known := false
	err = jsonscan.Members(text, func(key, value string) error {
		switch key {
		case "_embedded":
			return jsonscan.Members(value, func(key, value string) error {
				if key != p.list && key != "oppdaterteEnheter" {
					return nil
				}
				return jsonscan.Elements(value, func(item string) error {
					c, err := parseChange(item)
					if err != nil {
						r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: source.Place{Source: address}})
						if c.id == 0 {
							return nil
						}
						c.number = ""
					}
					items = append(items, c)
					return nil
				})
			})
		case "page":
			known = true
			return jsonscan.Members(value, func(key, value string) (err error) {
				if key == "totalElements" {
					total, err = strconv.ParseInt(value, 10, 64)
				}
				return err
			})
		case "_links":
			known = true
		}
		return nil
	})
	if err == nil && !known && items == nil {
		err = errors.New("this is no page of the feed of updates")
	}
	if err != nil {
		return nil, -1, source.WithClass(source.Invalid, fmt.Errorf("%s: %w", address, err))
	}
	return items, total, nil
}

func parseChange(item string) (change, error) {
	var c change
	err := jsonscan.Members(item, func(key, value string) (err error) {
		switch key {
		case "oppdateringsid":
			c.id, err = strconv.ParseInt(strings.Trim(value, `"`), 10, 64)
		case "organisasjonsnummer":
			c.number, err = str(key, value)
		case "endringstype":
			c.kind, err = str(key, value)
		case "dato":
			c.date, err = str(key, value)
		}
		return err
	})
	if err == nil && (c.id <= 0 || !identity.OrganisationNumber(c.number)) {
		err = fmt.Errorf("an update without a number of a unit or of its own: %s", clip(item))
	}
	return c, err
}

// apply brings a unit up to date. missing tells that the register does not have it, although the feed says so.
func (r *run) apply(ctx context.Context, client *source.Client, api string, p part, c change, w *writer) (missing bool, err error) {
	if c.number == "" {
		return false, nil
	}
	place := source.Place{Source: api + p.name + "/" + c.number}
	removed := c.kind == "Fjernet"
	if !removed {
		text, err := get(ctx, client, place.Source)
		switch {
		case err == nil:
			u := Unit{Sub: p.sub}
			if err := u.parse(text); err != nil {
				r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: place, Record: UnitBase + c.number})
				return false, nil //nolint:nilerr // it is told
			}
			if u.Number != c.number {
				return false, source.Errorf(source.Invalid, "%s: the answer is about %s", place.Source, u.Number)
			}
			if c.kind == "Sletting" && u.Deleted == "" {
				u.Deleted = day(c.date)
			}
			personal, err := r.personalNow(ctx, client, api, &u)
			if err != nil {
				return false, err
			}
			return false, r.deliver(w, &u, personal, place)
		case source.ClassOf(err) != source.NotFound:
			return false, err
		case strings.Contains(err.Error(), " 410"):
			removed = true
		case c.kind != "Sletting":
			r.to.Note(source.Note{Sort: source.Remark, Message: "the feed names a unit that the register does not have; it is asked for again the next time",
				Place: place, Record: UnitBase + c.number})
			return true, nil
		}
	}
	iri := UnitBase + c.number
	return false, r.to.Record(&source.Record{IRI: iri, Place: place, Triples: w.tombstone(c.number, day(c.date), p.sub, removed)})
}

// day is the date of an instant.
func day(instant string) string {
	if len(instant) > 10 {
		return instant[:10]
	}
	return instant
}

// personalNow is personal for a unit of the feed: the form of the main unit of a sub unit has to be asked for.
func (r *run) personalNow(ctx context.Context, client *source.Client, api string, u *Unit) (bool, error) {
	if naturalForm(u.Form.Code) {
		return true, nil
	}
	if !u.Sub || !identity.OrganisationNumber(u.Parent) || r.mainRead {
		return r.personal(u), nil
	}
	if r.natural.has(u.Parent) {
		return true, nil
	}
	r.parents.Lock()
	is, known := r.parentKnown[u.Parent]
	r.parents.Unlock()
	if known {
		return is, nil
	}
	text, err := get(ctx, client, api+"enheter/"+u.Parent)
	is = true // what is not known is taken for a person's
	switch {
	case err == nil:
		var parent Unit
		if err := parent.parse(text); err == nil {
			is = naturalForm(parent.Form.Code)
		}
	case source.ClassOf(err) != source.NotFound:
		return false, err
	}
	r.parents.Lock()
	r.parentKnown[strings.Clone(u.Parent)] = is
	r.parents.Unlock()
	return is, nil
}

// maxAnswer limits an answer of the API that is held in memory.
const maxAnswer = 64 << 20

func get(ctx context.Context, client *source.Client, address string) (string, error) {
	d, err := client.Get(ctx, &source.Request{URL: address, Accept: "application/json"})
	if err != nil {
		return "", err
	}
	defer d.Close()
	body, err := d.Open()
	if err != nil {
		return "", err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxAnswer {
		return "", source.Errorf(source.TooLarge, "%s: the answer is longer than %d bytes", address, maxAnswer)
	}
	return string(b), nil
}
