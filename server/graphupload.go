package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"triplestore/internal/diskspace"
	"triplestore/rdf"
	"triplestore/rdf/canon"
	"triplestore/rdf/format"
	"triplestore/store"
)

// upload is a document in the body of a request. It is taken in before the transaction begins, so that no slow client holds up
// the others who write.
type upload struct {
	format *format.Format
	name   string
	size   int64
	small  []byte // the whole, or nothing where it is in a file
	file   *os.File
}

// smallUpload is up to how many bytes an upload is held in memory.
const smallUpload = 1 << 20

func (u *upload) close() {
	if u.file != nil {
		u.file.Close()           //nolint:errcheck // it was only read
		os.Remove(u.file.Name()) //nolint:errcheck // at worst a temporary file stays
	}
}

// parse reads the document; blank nodes get labels that begin with prefix.
func (u *upload) parse(ctx context.Context, base, prefix string, emit func([]rdf.Quad) error) error {
	var r io.Reader = bytes.NewReader(u.small)
	if u.file != nil {
		if _, err := u.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r = u.file
	}
	err := u.format.Parse(ctx, r, format.ReadOptions{Base: base, File: u.name, BlankNodePrefix: prefix}, emit)
	var mistake *rdf.ParseError
	var unsupported *format.UnsupportedError
	switch {
	case errors.As(err, &mistake):
		return &Problem{Status: http.StatusBadRequest, Title: "The document is not valid " + u.format.Title, Detail: mistake.Error(), Line: mistake.Line,
			Column: mistake.Column}
	case errors.As(err, &unsupported):
		return problem(http.StatusUnsupportedMediaType, "The document is in a format that is not taken here", err.Error())
	}
	return err
}

// takeUploads reads the documents of a body: it is one, or several as multipart/form-data (section 5.5 of the Graph Store Protocol).
// The caller closes them, also after an error, which is a *Problem where it is the client's.
func (s *Server) takeUploads(w http.ResponseWriter, r *http.Request) (all []*upload, err error) {
	rc := http.NewResponseController(w)
	defer unhurried(w)
	body := &patientReader{r: http.MaxBytesReader(w, r.Body, s.c.MaxUpload), rc: rc, stall: s.c.Stall}
	contentType := r.Header.Get("Content-Type")
	mt, params, _ := mime.ParseMediaType(contentType) //nolint:errcheck // what is no media type is refused below
	if mt != "multipart/form-data" {
		u, err := s.takeUpload(body, contentType, r.Header.Get("Content-Encoding"), "body", s.c.MaxUpload)
		if u != nil {
			all = append(all, u)
		}
		return all, s.uploadProblem(w, r, body, err)
	}
	parts := multipart.NewReader(body, params["boundary"])
	left := s.c.MaxUpload // for all parts together, unpacked
	for i := 1; ; i++ {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return all, nil
		}
		if err == nil && i > maxParts {
			err = problem(http.StatusRequestEntityTooLarge, "The form has too many parts", fmt.Sprintf("At most %d are taken.", maxParts))
		}
		if err != nil {
			return all, s.uploadProblem(w, r, body, err)
		}
		u, err := s.takeUpload(part, part.Header.Get("Content-Type"), part.Header.Get("Content-Encoding"), "part "+strconv.Itoa(i), max(left, 1))
		if u != nil {
			all = append(all, u)
			left -= u.size
		}
		if err != nil {
			return all, s.uploadProblem(w, r, body, err)
		}
	}
}

const maxParts = 100

func (s *Server) uploadProblem(w http.ResponseWriter, r *http.Request, body *patientReader, err error) error {
	var tooLarge *http.MaxBytesError
	var limit *format.LimitError
	var own *Problem
	var spool *spoolError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &spool):
		if diskspace.Full(err) {
			return fullDisk(err)
		}
		return internal(err)
	case errors.As(err, &tooLarge), errors.As(err, &limit):
		return problem(http.StatusRequestEntityTooLarge, "The document is too large", fmt.Sprintf("At most %d bytes are taken, unpacked.", s.c.MaxUpload))
	case errors.As(err, &own):
		if own.Status == http.StatusUnsupportedMediaType {
			w.Header().Set("Accept-Post", strings.Join(own.Accepted, ", "))
		}
		return err
	case body.failed != nil: // and not only what a compressed document has in it
		return unreadable(r, body.failed)
	}
	return &Problem{Status: http.StatusBadRequest, Title: "The request could not be read", cause: err}
}

const (
	// uploadReserve is how many bytes an upload leaves free on the disk beside what the store wants.
	uploadReserve = 64 << 20
	// uploadCheck is how many bytes of an upload are written between two looks at the free space.
	uploadCheck = 4 << 20
)

// roomForUpload tells whether there is room to write some more of an upload.
func (s *Server) roomForUpload() error {
	reserve := uint64(uploadReserve + uploadCheck)
	if s.c.Reserve != nil {
		reserve += s.c.Reserve()
	}
	dir := s.c.TempDir
	if dir == "" {
		dir = os.TempDir()
	}
	return diskspace.Check(dir, reserve)
}

// spooling is a temporary file that a body goes to: its errors are not the client's.
type spooling struct {
	f    *os.File
	room func() error
	left int // bytes until room is asked again
}

func (s *spooling) Write(p []byte) (int, error) {
	if s.left -= len(p); s.left < 0 {
		if err := s.room(); err != nil {
			return 0, &spoolError{err}
		}
		s.left = uploadCheck
	}
	n, err := s.f.Write(p)
	if err != nil {
		err = &spoolError{err}
	}
	return n, err
}

type spoolError struct{ cause error }

func (e *spoolError) Error() string { return e.cause.Error() }

func (e *spoolError) Unwrap() error { return e.cause }

// takeUpload reads one document of so many bytes at most, unpacked. Its format is its media type's; only where there is none at all its first bytes decide.
func (s *Server) takeUpload(body io.Reader, contentType, encoding, name string, limit int64) (*upload, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
	case "gzip", "x-gzip", "zstd":
		unpacked, err := format.DecompressWith(body, name, format.DecompressOptions{Limit: limit})
		if err != nil {
			return nil, err
		}
		defer unpacked.Close()
		body = unpacked
	default:
		return nil, problem(http.StatusUnsupportedMediaType, "The body is compressed in a way that is not known here",
			"Content-Encoding "+strconv.Quote(encoding)+"; gzip and zstd are taken.")
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "us-ascii") {
			return nil, problem(http.StatusUnsupportedMediaType, "The body is not UTF-8", "The charset is "+strconv.Quote(c)+".")
		}
	}
	u := &upload{name: name}
	var head bytes.Buffer
	n, err := io.CopyN(&head, body, smallUpload)
	u.size = n
	switch {
	case err == io.EOF:
		u.small = head.Bytes()
	case err != nil:
		return nil, err
	default:
		if err = s.roomForUpload(); err != nil {
			return nil, &spoolError{err}
		}
		if u.file, err = os.CreateTemp(s.c.TempDir, "triplestore-upload-*"); err != nil {
			return nil, &spoolError{err}
		}
		to := &spooling{f: u.file, room: s.roomForUpload, left: uploadCheck}
		if _, err = to.Write(head.Bytes()); err == nil {
			n, err = io.Copy(to, body)
			u.size += n
		}
		if err != nil {
			return u, err
		}
	}
	known := false
	if u.format, known = format.ByMediaType(contentType); contentType == "" {
		u.format, known = format.Detect("", "", head.Bytes())
	}
	if !known || !u.format.CanRead() {
		p := problem(http.StatusUnsupportedMediaType, "The body has a media type that is not taken here", fmt.Sprintf("It is %q.", contentType))
		for _, f := range format.All {
			if f.CanRead() {
				p.Accepted = append(p.Accepted, f.MediaType())
			}
		}
		return u, p
	}
	return u, nil
}

// patientReader gives a client time as long as it sends something.
type patientReader struct {
	r     io.Reader
	rc    *http.ResponseController
	stall time.Duration

	failed error // why it ended before its end
}

func (p *patientReader) Read(b []byte) (int, error) {
	p.rc.SetReadDeadline(time.Now().Add(p.stall)) //nolint:errcheck // writers of tests have none
	n, err := p.r.Read(b)
	if err != nil && err != io.EOF {
		p.failed = err
	}
	return n, err
}

// writeGraphs answers PUT, which replaces, and POST, which adds (sections 5.3 and 5.5).
func (s *Server) writeGraphs(w http.ResponseWriter, r *http.Request, t graphTarget) error {
	replace := r.Method == http.MethodPut
	uploads, err := s.takeUploads(w, r)
	defer func() {
		for _, u := range uploads {
			u.close()
		}
	}()
	if err != nil {
		return err
	}
	if t.all {
		graphs := true
		for _, u := range uploads {
			graphs = graphs && u.format.Graphs
		}
		switch {
		case replace && !graphs:
			return problem(http.StatusUnsupportedMediaType, "A dataset is not sent in this format",
				"Without the parameter graph or default all graphs are replaced, for which the format must have graphs: TriG, N-Quads or JSON-LD.")
		case !graphs: // "the server … must create a new RDF graph", section 5.5
			if s.link.origin == "" {
				return problem(http.StatusBadRequest, "No graph is named", "This server has no base IRI to name new graphs with.")
			}
			t = graphTarget{graph: rdf.IRI(s.link.origin + graphsPath + "/" + newID() + newID())}
			w.Header().Set("Location", t.graph.Value())
		}
	}
	base := t.graph.Value() // "relative IRIs … are resolved against the IRI of the graph"; others against the server's
	if base == "" {
		base = s.c.Base
	}
	prefix := "b" + newID() + "-"
	return s.change(w, r, t, func(ctx context.Context, txn store.Txn, snap store.Snapshot) error {
		if replace {
			if same, err := sameContent(ctx, s, snap, t, uploads, base); err != nil || same {
				return err
			}
			// A later call wins over an earlier one for the same quad: what is in both stays as it is.
			if err := eachBlock(ctx, snap, t, txn.RemoveIDs); err != nil {
				return err
			}
		}
		return parseUploads(ctx, t, uploads, base, prefix, txn.Add)
	})
}

// parseUploads hands on the quads of documents as quads of the target.
func parseUploads(ctx context.Context, t graphTarget, uploads []*upload, base, prefix string, emit func([]rdf.Quad) error) error {
	for i, u := range uploads {
		if err := u.parse(ctx, base, prefix+strconv.Itoa(i)+"-", func(quads []rdf.Quad) error {
			if !t.all {
				for i := range quads {
					if !quads[i].G.IsZero() {
						return problem(http.StatusBadRequest, "The document names graphs of its own",
							"It has a statement in the graph "+quads[i].G.String()+". For one graph only those of the default graph are taken.")
					}
					quads[i].G = t.graph
				}
			}
			return emit(quads)
		}); err != nil {
			return err
		}
	}
	return nil
}

// sameLimit is up to how many quads blank nodes are compared by what is said of them rather than by their labels.
const sameLimit = 20_000

// sameContent reports whether small documents say what is there already but for the labels of blank nodes, which would make every
// repetition of the same request a commit.
func sameContent(ctx context.Context, s *Server, snap store.Snapshot, t graphTarget, uploads []*upload, base string) (bool, error) {
	for _, u := range uploads {
		if u.file != nil {
			return false, nil
		}
	}
	if n, err := t.count(snap); err != nil || n == 0 || n > sameLimit {
		return false, err
	}
	var old, now []rdf.Quad
	blank := false
	if err := parseUploads(ctx, t, uploads, base, "n", func(quads []rdf.Quad) error {
		now = append(now, quads...)
		return nil
	}); err != nil {
		return false, err
	}
	if err := s.eachQuad(ctx, snap, t, func(q rdf.Quad) error {
		blank = blank || q.S.IsBlankNode() || q.O.IsBlankNode() || q.O.IsTriple() || q.G.IsBlankNode()
		old = append(old, q)
		return nil
	}); err != nil || !blank {
		return false, err
	}
	same, err := canon.IsomorphicWork(old, now, 100*sameLimit)
	if errors.Is(err, canon.ErrLimit) {
		return false, nil
	}
	return same, err
}

// changeAnswer is the body of the response to a request that changed graphs.
type changeAnswer struct {
	Inserted uint64    `json:"inserted"`
	Deleted  uint64    `json:"deleted"`
	Commit   uint64    `json:"commit"`
	Time     time.Time `json:"time"`
}

// change runs a transaction that changes a target, and answers: 201 where a graph that was empty no longer is, 204 for PUT to one that was there, else
// 200.
func (s *Server) change(w http.ResponseWriter, r *http.Request, t graphTarget, f func(context.Context, store.Txn, store.Snapshot) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), s.c.UpdateTimeout)
	defer cancel()
	turn, err := s.writes.take(ctx)
	if err != nil {
		return err
	}
	defer turn.give()
	var before, after uint64
	done, err := s.writable(ctx).Update(ctx, func(txn store.Txn) (err error) {
		snap, err := txn.Snapshot()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, snap.Close()) }()
		if before, err = t.count(snap); err != nil {
			return err
		}
		if err := precondition(r, snap.Commit(), before > 0 || t.all || t.graph.IsZero()); err != nil {
			return err
		}
		if err := f(ctx, txn, snap); err != nil {
			return err
		}
		now, err := txn.Snapshot()
		if err != nil {
			return err
		}
		after, err = t.count(now)
		return errors.Join(err, now.Close())
	})
	if err != nil {
		w.Header().Del("Location")
		return err
	}
	attemptOf(ctx).end(ctx, done, 0, nil)
	s.c.Log.LogAttrs(r.Context(), slog.LevelInfo, "write", requestID(r.Context()), slog.String("method", r.Method), slog.String("target", t.String()),
		slog.Uint64("inserted", done.Inserted), slog.Uint64("deleted", done.Deleted), slog.Uint64("commit", done.Number))
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	status := http.StatusOK
	switch {
	case before == 0 && after > 0 && !t.all:
		status = http.StatusCreated
	case r.Method == http.MethodPut:
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	body, err := json.Marshal(changeAnswer{done.Inserted, done.Deleted, done.Number, done.Time})
	if err != nil {
		return err
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) //nolint:errcheck // the client is gone
	return nil
}

// precondition checks If-Match and If-None-Match (RFC 9110 section 13.1). The tags of this server name a state of the store, so any
// commit in between makes a tag old; that they are weak does not matter.
func precondition(r *http.Request, c store.Commit, exists bool) error {
	fits := func(values []string) bool {
		for _, v := range values {
			for part := range strings.SplitSeq(v, ",") {
				part = strings.TrimSpace(part)
				if part == "*" && exists {
					return true
				}
				if strings.HasPrefix(strings.TrimPrefix(part, "W/"), `"`+stateTag(c)+".") && exists {
					return true
				}
			}
		}
		return false
	}
	if v := r.Header.Values("If-Match"); len(v) > 0 && !fits(v) {
		return problem(http.StatusPreconditionFailed, "The graph is not as If-Match has it", "There is another commit, or no such graph.")
	}
	if v := r.Header.Values("If-None-Match"); len(v) > 0 && fits(v) {
		return problem(http.StatusPreconditionFailed, "The graph is as If-None-Match forbids", "")
	}
	return nil
}
