package enhetsregisteret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"

	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/loaders/jsonscan"
	"triplestore/loaders/source"
)

// chunkSize is about how many bytes of units go to a worker at a time.
const chunkSize = 256 << 10

// natural knows the main units that belong to natural persons. It is safe for concurrent use.
type natural struct {
	mu      sync.RWMutex
	numbers map[uint32]struct{}
}

func (n *natural) add(number string) {
	if v, err := strconv.ParseUint(number, 10, 32); err == nil {
		n.mu.Lock()
		n.numbers[uint32(v)] = struct{}{}
		n.mu.Unlock()
	}
}

func (n *natural) has(number string) bool {
	v, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return false
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	_, ok := n.numbers[uint32(v)]
	return ok
}

// run is one run over the register.
type run struct {
	policy       Policy
	municipality func(string) string
	to           source.Sink
	codes        *codeTable
	natural      natural
	// mainRead tells that the main units are known, so that what is not in natural does not belong to a person.
	mainRead bool
	parallel int
	// parentKnown tells of main units that were asked for whether they belong to a person.
	parents     sync.Mutex
	parentKnown map[string]bool
}

func newRun(p Policy, municipality func(string) string, to source.Sink, known map[string]string) *run {
	return &run{
		policy: p, municipality: municipality, to: to, codes: newCodeTable(known), natural: natural{numbers: map[uint32]struct{}{}},
		parentKnown: map[string]bool{}, parallel: cores.Count(),
	}
}

func (r *run) writer() *writer {
	w := newWriter(r.policy, r.municipality)
	w.codes = r.codes.add
	return w
}

// personal tells whether a unit is that of a natural person, or may be.
func (r *run) personal(u *Unit) bool {
	if naturalForm(u.Form.Code) {
		return true
	}
	return u.Sub && u.Parent != "" && (!r.mainRead || r.natural.has(u.Parent))
}

// deliver gives a unit to the sink. natural is told by who knows.
func (r *run) deliver(w *writer, u *Unit, natural bool, place source.Place) error {
	iri := UnitBase + u.Number
	if natural && !u.Sub {
		r.natural.add(u.Number)
	}
	if natural && r.policy.SoleProprietors == Omit {
		return r.to.Record(&source.Record{IRI: iri, Deleted: true, Place: place})
	}
	w.note = func(message string) {
		r.to.Note(source.Note{Sort: source.Rejected, Message: message, Place: place, Record: iri})
	}
	return r.to.Record(&source.Record{IRI: iri, Triples: w.unit(u, natural), Place: place})
}

type chunk struct {
	text string
	ends []int
	// offset is the place of the first byte in the dump; number counts the units before.
	number int64
}

// json reads a dump of the register as JSON: an array of units, such an array in a HAL document, or a unit per line.
func (r *run) json(ctx context.Context, in io.Reader, name string, sub bool) error {
	s := jsonscan.NewScanner(in)
	if err := s.Enter(); err != nil {
		return source.WithClass(source.Invalid, fmt.Errorf("%s: %w", name, err))
	}
	g, ctx := errgroup.WithContext(ctx)
	chunks := make(chan chunk, r.parallel)
	for range r.parallel {
		g.Go(func() error {
			w := r.writer()
			for c := range chunks {
				if err := r.chunk(w, c, name, sub); err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(chunks)
		return r.split(ctx, s, name, chunks)
	})
	return g.Wait()
}

func (r *run) split(ctx context.Context, s *jsonscan.Scanner, name string, chunks chan<- chunk) error {
	buf := make([]byte, 0, chunkSize+chunkSize/4)
	var ends []int
	var number int64
	send := func() error {
		if len(ends) == 0 {
			return nil
		}
		select {
		case chunks <- chunk{text: string(buf), ends: ends, number: number - int64(len(ends))}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		buf, ends = buf[:0], make([]int, 0, len(ends)+8)
		return nil
	}
	for {
		raw, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return invalid(name, s.Offset(), err)
		}
		buf = append(buf, raw...)
		ends = append(ends, len(buf))
		number++
		if len(buf) >= chunkSize {
			if err := send(); err != nil {
				return err
			}
			r.to.Progress(source.Progress{Doing: "reading " + name, Done: s.Offset(), Unit: "bytes", Records: number})
		}
	}
	if err := s.Rest(); err != nil {
		return invalid(name, s.Offset(), err)
	}
	if number == 0 {
		return source.Errorf(source.Invalid, "%s: there are no units in it", name)
	}
	return send()
}

// invalid gives what a scanner says a class and a place.
func invalid(name string, offset int64, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("breaks off at byte %d", offset)
	}
	if c := source.ClassOf(err); c != source.Internal {
		return fmt.Errorf("%s: %w", name, err)
	}
	return source.WithClass(source.Invalid, fmt.Errorf("%s: %w", name, err))
}

func (r *run) chunk(w *writer, c chunk, name string, sub bool) error {
	start := 0
	for i, end := range c.ends {
		place := source.Place{Source: name, Path: "/" + strconv.FormatInt(c.number+int64(i), 10)}
		u := Unit{Sub: sub}
		err := u.parse(c.text[start:end])
		start = end
		if err != nil {
			r.to.Note(source.Note{Sort: source.Rejected, Message: err.Error(), Place: place})
			continue
		}
		if err := r.deliver(w, &u, r.personal(&u), place); err != nil {
			return err
		}
	}
	return nil
}
