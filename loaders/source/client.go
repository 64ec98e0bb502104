package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"triplestore/internal/egress"
	"triplestore/rdf/format"
)

// ClientOptions say how a Client asks. The zero value but for Guard is usable.
type ClientOptions struct {
	// Guard lets requests through.
	Guard *egress.Guard
	// Clock is the time; nil is the system's.
	Clock Clock
	// MaxBytes limits a document, both as it is sent and unpacked. 0 is 4 GiB.
	MaxBytes int64
	// MaxRequests limits the requests of the client's life, those that are tried again included. 0 is 100,000.
	MaxRequests int64
	// Retries is how often a request is tried again. 0 is none.
	Retries int
	// Delay is the pause before a request since the one before to the same host, by any client of the Hosts.
	Delay time.Duration
	// Temp is the folder of documents that do not fit in memory; empty is the system's. Reserve is how many bytes of its disk they leave free; nil is none.
	Temp    string
	Reserve func() uint64
	// Jitter gives numbers in [0, 1) that spread what is tried again; nil is random.
	Jitter func() float64
	// Hosts keeps clients from asking a host at the same time; nil has this client only.
	Hosts *Hosts
	// Waits is told when a request waits for its host; nil is nobody.
	Waits *Waits
}

// Client gets documents from the web for one run of one source: through the guard of outgoing requests, again where the server is
// busy or breaks off, and within limits. A document is whole before anybody sees it. It is safe for concurrent use.
type Client struct {
	o        ClientOptions
	requests atomic.Int64
}

// NewClient makes a client.
func NewClient(o ClientOptions) *Client {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 4 << 30
	}
	if o.MaxRequests <= 0 {
		o.MaxRequests = 100_000
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Hosts == nil {
		o.Hosts = &Hosts{}
	}
	return &Client{o: o}
}

// Requests is how many requests were sent.
func (c *Client) Requests() int64 { return c.requests.Load() }

// MaxBytes is the limit on documents, which holds for files too.
func (c *Client) MaxBytes() int64 { return c.o.MaxBytes }

// Validators name a version of a document (RFC 9110 section 8.8). They are part of a State.
type Validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// Request is what is asked.
type Request struct {
	URL string
	// Accept is the header of that name; see AcceptRDF.
	Accept string
	// Header has further headers.
	Header map[string]string
	// Body, if it is not nil, is sent with POST as ContentType. It must be harmless to send it again.
	Body        []byte
	ContentType string
	// Validators make the request conditional: the answer may be that nothing is new.
	Validators Validators
}

// Document is an answer, complete. Close it.
type Document struct {
	// NotModified: the version that the validators name is still the newest. There is no content.
	NotModified bool
	// IRI is where the document is, after redirects; Path is its path, whose ending may tell a format.
	IRI, Path string
	// MediaType is what the server says it is, without parameters.
	MediaType string
	// Validators name this version.
	Validators Validators
	// Size is the number of bytes that were sent, Checksum "sha256:" and the hash of these.
	Size     int64
	Checksum string

	header func(string) string
	limit  int64
	memory []byte
	file   *TempFile
}

// Header is the first value of a header of the answer.
func (d *Document) Header(name string) string { return d.header(name) }

// Open reads the document from its beginning, unpacked if it is compressed with gzip, zstd, bzip2 or xz. A reader that is to get more than
// the client's MaxBytes ends with an error of the class TooLarge. Several readers may be open at once.
func (d *Document) Open() (io.ReadCloser, error) {
	var r io.Reader = bytes.NewReader(d.memory)
	if d.file != nil {
		r = io.NewSectionReader(d.file, 0, d.Size)
	}
	return Unpack(r, d.Path, d.limit)
}

// Raw gives the document as it was sent, and its size in bytes; it is valid until Close.
func (d *Document) Raw() (io.ReaderAt, int64) {
	if d.file != nil {
		return d.file, d.Size
	}
	return bytes.NewReader(d.memory), d.Size
}

// Close lets go of the document.
func (d *Document) Close() error {
	if d.file == nil {
		return nil
	}
	return d.file.Remove()
}

// Next is the address that a header Link names as the next page (RFC 8288), resolved, or "".
func (d *Document) Next() string { return d.Link("next") }

// Link is the address that a header Link gives for a relation, resolved, or "".
func (d *Document) Link(relation string) string {
	for _, l := range parseLinks(d.header("Link")) {
		if l.relation == relation {
			if u, err := url.Parse(d.IRI); err == nil {
				if next, err := u.Parse(l.target); err == nil {
					return next.String()
				}
			}
		}
	}
	return ""
}

type link struct{ target, relation string }

func parseLinks(h string) []link {
	var out []link
	for {
		_, rest, ok := strings.Cut(h, "<")
		if !ok {
			return out
		}
		target, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return out
		}
		parameters := rest
		if i := strings.Index(rest, "<"); i >= 0 {
			parameters = rest[:i]
		}
		h = rest
		for p := range strings.SplitSeq(parameters, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(strings.TrimRight(strings.TrimSpace(p), ",")), "=")
			if strings.EqualFold(strings.TrimSpace(name), "rel") {
				for relation := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
					out = append(out, link{target, strings.ToLower(relation)})
				}
			}
		}
	}
}

// Unpack reads what may be compressed, and at most limit bytes of it; more is an error of the class TooLarge. 0 is no limit. What is
// wrong with the compression is of the class Invalid.
func Unpack(r io.Reader, name string, limit int64) (io.ReadCloser, error) {
	rc, err := format.Decompress(r, name)
	if err != nil {
		return nil, WithClass(Invalid, err)
	}
	return &limited{rc: rc, left: limit, limit: limit}, nil
}

type limited struct {
	rc          io.ReadCloser
	left, limit int64
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.rc.Read(b)
	if l.limit > 0 {
		if l.left -= int64(n); l.left < 0 {
			return 0, Errorf(TooLarge, "is larger than the %d bytes that are allowed once unpacked", l.limit)
		}
	}
	if err != nil && err != io.EOF {
		var own *Error
		if !errors.As(err, &own) {
			err = WithClass(Invalid, err)
		}
	}
	return n, err
}

func (l *limited) Close() error { return l.rc.Close() }

// AcceptRDF is a header Accept with all formats of RDF that can be read, the cheapest first, and after them the others given, such as
// "application/json".
func AcceptRDF(others ...string) string {
	var list []string
	for _, f := range format.All {
		if f.CanRead() && len(f.MediaTypes) > 0 {
			list = append(list, f.MediaTypes[0])
		}
	}
	var b strings.Builder
	q := 10
	for _, m := range append(list, others...) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(m)
		if q < 10 {
			fmt.Fprintf(&b, ";q=0.%d", q)
		}
		q = max(q-1, 2)
	}
	return b.String() + ", */*;q=0.1"
}

// firstWait and maxWait are the pauses before a request is sent again: they double, and are spread over their length. longestRetryAfter
// is how long a server may ask to wait, and longestQuiet how long it is left alone when it asks for more than that.
const (
	firstWait         = time.Second
	maxWait           = time.Minute
	longestRetryAfter = 10 * time.Minute
	longestQuiet      = 24 * time.Hour
)

// Get gets a document, again and again if need be. Its errors have a class. Until the document is there, or given up, no other client of the
// same Hosts asks the host: one that is busy is left in peace by all, also after this client has given up.
func (c *Client) Get(ctx context.Context, r *Request) (*Document, error) {
	host := Host(r.URL)
	if host != "" {
		if err := c.o.Hosts.take(ctx, host, c); err != nil {
			return nil, err
		}
		defer c.o.Hosts.give(host)
		if until := c.o.Hosts.quietUntil(host); !until.IsZero() {
			left := until.Sub(c.o.Clock.Now())
			if left > longestRetryAfter {
				return nil, Errorf(Unavailable, "%s: the server asked to be left alone until %s when it was asked before", redacted(r.URL), until.UTC().Format(time.RFC3339))
			}
			if left > 0 {
				if err := c.o.Clock.Sleep(ctx, left); err != nil {
					return nil, err
				}
			}
		}
	}
	for try := 0; ; try++ {
		if c.o.Delay > 0 {
			if wait := c.o.Hosts.turn(host, c.o.Delay, c.o.Clock.Now()); wait > 0 {
				if err := c.o.Clock.Sleep(ctx, wait); err != nil {
					return nil, err
				}
			}
		}
		if n := c.requests.Add(1); n > c.o.MaxRequests {
			c.requests.Add(-1)
			return nil, Errorf(TooLarge, "%s: the run sent %d requests, and more are not allowed (max-requests)", redacted(r.URL), c.o.MaxRequests)
		}
		d, after, err := c.try(ctx, r)
		c.o.Hosts.asked(host, c.o.Clock.Now())
		if err == nil {
			return d, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if after > 0 {
			c.o.Hosts.quiet(host, c.o.Clock.Now().Add(min(after, longestQuiet)))
		}
		if after < 0 || try >= c.o.Retries {
			if try > 0 {
				err = fmt.Errorf("%w (tried %d times)", err, try+1)
			}
			return nil, WithClass(ClassOf(err), fmt.Errorf("%s: %w", redacted(r.URL), err))
		}
		if after > longestRetryAfter {
			return nil, Errorf(Unavailable, "%s: %v, and the server asks to wait for %v, which is longer than %v", redacted(r.URL), err, after, longestRetryAfter)
		}
		wait := min(firstWait<<min(try, 10), maxWait)
		wait = wait/2 + time.Duration(c.o.Jitter()*float64(wait))
		if err := c.o.Clock.Sleep(ctx, max(wait, after)); err != nil {
			return nil, err
		}
	}
}

func redacted(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return address
}

// try sends a request once. after tells how long to wait at least before it is sent again; below 0, it is of no use to.
func (c *Client) try(ctx context.Context, r *Request) (d *Document, after time.Duration, err error) {
	h := map[string]string{"Accept-Encoding": "gzip, zstd"}
	maps.Copy(h, r.Header)
	if r.Accept != "" {
		h["Accept"] = r.Accept
	}
	if r.Validators.ETag != "" {
		h["If-None-Match"] = r.Validators.ETag
	}
	if r.Validators.LastModified != "" {
		h["If-Modified-Since"] = r.Validators.LastModified
	}
	q := &egress.Request{URL: r.URL, Header: h, Raw: true}
	if r.Body != nil {
		q.Method, q.Body = "POST", r.Body
		h["Content-Type"] = r.ContentType
	}
	resp, err := c.o.Guard.Do(ctx, q)
	if err != nil {
		var refused *egress.RefusedError
		if errors.As(err, &refused) {
			return nil, -1, WithClass(Refused, err)
		}
		return nil, 0, WithClass(Unavailable, err)
	}
	defer resp.Body.Close()
	switch s := resp.Status; {
	case s == 304 && r.Validators != (Validators{}):
		return &Document{NotModified: true, IRI: resp.URL.String(), Path: resp.URL.Path, Validators: r.Validators, header: resp.Header}, 0, nil
	case s == 200:
	case s == 408 || s == 425 || s == 429 || s >= 500 && s != 501 && s != 505:
		return nil, c.retryAfter(resp.Header("Retry-After")), Errorf(Unavailable, "the server answered %s", resp.StatusText)
	case s == 404 || s == 410:
		return nil, -1, Errorf(NotFound, "the server answered %s", resp.StatusText)
	case s == 401 || s == 403:
		return nil, -1, Errorf(Refused, "the server answered %s", resp.StatusText)
	default:
		return nil, -1, Errorf(Invalid, "the server answered %s", resp.StatusText)
	}
	if resp.Length > c.o.MaxBytes {
		return nil, -1, Errorf(TooLarge, "is %d bytes long; %d are allowed", resp.Length, c.o.MaxBytes)
	}
	mt, _, err := mime.ParseMediaType(resp.Header("Content-Type"))
	if err != nil {
		mt = ""
	}
	d = &Document{
		IRI: resp.URL.String(), Path: resp.URL.Path, MediaType: mt, header: resp.Header, limit: c.o.MaxBytes,
		Validators: Validators{ETag: resp.Header("ETag"), LastModified: resp.Header("Last-Modified")},
	}
	if after, err = d.fill(resp.Body, c.o.Temp, c.o.Reserve, c.o.MaxBytes); err != nil {
		return nil, after, errors.Join(err, d.Close())
	}
	return d, 0, nil
}

func (c *Client) retryAfter(h string) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(h)); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if t, err := time.Parse(time.RFC1123, strings.TrimSpace(h)); err == nil {
		return max(0, t.Sub(c.o.Clock.Now()))
	}
	return 0
}

// inMemory is how long a document is kept in memory.
const inMemory = 1 << 20

// fill takes the body in. What is compressed is unpacked once, so that what is damaged or too large is known before anyone
// reads it.
func (d *Document) fill(body io.Reader, temp string, reserve func() uint64, limit int64) (after time.Duration, err error) {
	sum := sha256.New()
	s := &spill{d: d, temp: temp, reserve: reserve}
	wire := io.TeeReader(&capped{r: body, left: limit}, io.MultiWriter(sum, s))
	rc, err := format.Decompress(wire, d.Path)
	if err == nil {
		lr := &limited{rc: rc, left: limit, limit: limit}
		_, err = io.Copy(io.Discard, lr)
		err = errors.Join(err, rc.Close())
	} else if s.err == nil && ClassOf(err) == Internal {
		err = nil // an archive, or nothing at all: that is up to who opens it
	}
	if err == nil {
		_, err = io.Copy(io.Discard, wire) // what follows the compressed data
	}
	d.memory, d.Size = s.buf.Bytes(), s.n
	d.Checksum = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	switch {
	case s.err != nil:
		return -1, s.err
	case err == nil:
		return 0, nil
	case ClassOf(err) == TooLarge:
		return -1, err
	}
	return 0, WithClass(Unavailable, fmt.Errorf("the answer breaks off: %w", err))
}

type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.left -= int64(n); c.left < 0 {
		return 0, Errorf(TooLarge, "is longer than allowed (max-bytes)")
	}
	return n, err
}

// spill keeps what is written to it in memory, or in a file if it is long.
type spill struct {
	d       *Document
	temp    string
	reserve func() uint64
	buf     bytes.Buffer
	n       int64
	err     error
}

func (s *spill) Write(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	s.n += int64(len(b))
	if s.d.file == nil && s.buf.Len()+len(b) > inMemory {
		if s.d.file, s.err = CreateTemp(s.temp, s.reserve); s.err != nil {
			return 0, s.err
		}
		if _, s.err = s.d.file.Write(s.buf.Bytes()); s.err != nil {
			return 0, s.err
		}
		s.buf = bytes.Buffer{}
	}
	if s.d.file == nil {
		return s.buf.Write(b)
	}
	_, s.err = s.d.file.Write(b)
	return len(b), s.err
}
