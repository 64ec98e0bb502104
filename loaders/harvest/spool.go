package harvest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/zeebo/xxh3"

	"triplestore/loaders/source"
	"triplestore/rdf"
)

// frame is a record on its way from the source to the store.
type frame struct {
	IRI     string
	Deleted bool
	Sum     xxh3.Uint128 // of the triples, whatever their order
	Triples []rdf.Triple
}

// spool keeps frames in memory, or in a file when there are many. Frames are added by several goroutines; when all are there they are
// read, as often as need be. A record that was added twice comes once, as it was added last.
type spool struct {
	temp    string
	reserve func() uint64 // of the disk that temp is on

	mu      sync.Mutex
	memory  bytes.Buffer
	file    *source.TempFile
	out     *s2.Writer
	buffer  []byte
	last    map[xxh3.Uint128]uint32 // number of the last frame of a record
	n       uint32
	known   int // records, once last is gone
	triples int64
}

// spoolMemory is how much compressed data waits in memory.
const spoolMemory = 4 << 20

func newSpool(temp string, reserve func() uint64) *spool {
	s := &spool{temp: temp, reserve: reserve, last: map[xxh3.Uint128]uint32{}}
	s.out = s2.NewWriter(spoolWriter{s}, s2.WriterConcurrency(1), s2.WriterBlockSize(256<<10))
	return s
}

// spoolWriter is the lower end of a spool; its mutex is held.
type spoolWriter struct{ s *spool }

func (w spoolWriter) Write(b []byte) (n int, err error) {
	s := w.s
	if s.file == nil {
		if s.memory.Len()+len(b) <= spoolMemory {
			return s.memory.Write(b)
		}
		if s.file, err = source.CreateTemp(s.temp, s.reserve); err != nil {
			return 0, err
		}
		if _, err = s.file.Write(s.memory.Bytes()); err != nil {
			return 0, err
		}
		s.memory = bytes.Buffer{}
	}
	return s.file.Write(b)
}

// add takes a record.
func (s *spool) add(f *frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buffer[:0]
	b = binary.AppendUvarint(b, uint64(len(f.IRI)))
	b = append(b, f.IRI...)
	flags := byte(0)
	if f.Deleted {
		flags = 1
	}
	b = append(b, flags)
	b = binary.LittleEndian.AppendUint64(b, f.Sum.Hi)
	b = binary.LittleEndian.AppendUint64(b, f.Sum.Lo)
	b = binary.AppendUvarint(b, uint64(len(f.Triples)))
	var last rdf.Triple
	var scratch [256]byte
	term := func(t, before rdf.Term) {
		if t == before {
			b = append(b, 0) // as in the triple before
			return
		}
		text := t.AppendBinary(scratch[:0])
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	for _, t := range f.Triples {
		term(t.S, last.S)
		term(t.P, last.P)
		term(t.O, last.O)
		last = t
	}
	s.buffer = b
	if f.IRI != "" {
		s.last[xxh3.HashString128(f.IRI)] = s.n
	}
	s.n++
	s.triples += int64(len(f.Triples))
	var size [binary.MaxVarintLen64]byte
	if _, err := s.out.Write(size[:binary.PutUvarint(size[:], uint64(len(b)))]); err != nil {
		return source.WithClass(source.Internal, err)
	}
	_, err := s.out.Write(b)
	return source.WithClass(source.Internal, err)
}

// records is the number of records, those that were added twice counted once; triples without a record do not count.
func (s *spool) records() int { return max(s.known, len(s.last)) }

// finish ends the adding.
func (s *spool) finish() error { return source.WithClass(source.Internal, s.out.Close()) }

var errSpool = errors.New("harvest: the file of records that waited on disk is damaged")

// each yields the frames in the order in which they were added. The frame may be kept until the next one.
func (s *spool) each(f func(*frame) error) error {
	var r io.Reader = bytes.NewReader(s.memory.Bytes())
	if s.file != nil {
		r = io.NewSectionReader(s.file, 0, 1<<62)
	}
	br := bufio.NewReaderSize(s2.NewReader(r, s2.ReaderMaxBlockSize(256<<10)), 256<<10)
	var fr frame
	var raw []byte
	for n := uint32(0); n < s.n; n++ {
		size, err := binary.ReadUvarint(br)
		if err != nil {
			return errors.Join(errSpool, err)
		}
		raw = slices.Grow(raw[:0], int(size))[:size]
		if _, err := io.ReadFull(br, raw); err != nil {
			return errors.Join(errSpool, err)
		}
		if err := fr.decode(string(raw)); err != nil { // the terms keep the string
			return err
		}
		if fr.IRI != "" && s.last[xxh3.HashString128(fr.IRI)] != n {
			continue
		}
		if err := f(&fr); err != nil {
			return err
		}
	}
	return nil
}

func (f *frame) decode(b string) error {
	number := func() uint64 {
		v, shift := uint64(0), 0
		for i := 0; i < len(b) && i < 10; i++ {
			c := b[i]
			v |= uint64(c&0x7f) << shift
			if shift += 7; c < 0x80 {
				b = b[i+1:]
				return v
			}
		}
		b = ""
		return 1 << 63
	}
	take := func(n uint64) (string, bool) {
		if n > uint64(len(b)) {
			return "", false
		}
		x := b[:n]
		b = b[n:]
		return x, true
	}
	iri, ok1 := take(number())
	head, ok2 := take(17)
	if !ok1 || !ok2 {
		return errSpool
	}
	f.IRI, f.Deleted = iri, head[0] == 1
	f.Sum.Hi, f.Sum.Lo = binary.LittleEndian.Uint64([]byte(head[1:9])), binary.LittleEndian.Uint64([]byte(head[9:17]))
	n := number()
	if n > uint64(len(b)) {
		return errSpool
	}
	f.Triples = f.Triples[:0]
	var t rdf.Triple
	for range n {
		for _, p := range [...]*rdf.Term{&t.S, &t.P, &t.O} {
			size := number()
			if size == 0 {
				continue
			}
			text, ok := take(size)
			if !ok {
				return errSpool
			}
			var err error
			if *p, err = rdf.DecodeBinaryString(text); err != nil {
				return errors.Join(errSpool, err)
			}
		}
		f.Triples = append(f.Triples, t)
	}
	return nil
}

// close removes the file and lets go of the memory. It may be called again.
func (s *spool) close() {
	s.known, s.last, s.memory, s.buffer = s.records(), nil, bytes.Buffer{}, nil
	if s.file != nil {
		s.file.Remove() //nolint:errcheck // nobody needs it any more
		s.file = nil
	}
}
