// Package loaders brings RDF from files, folders, globs, standard input and the web into a store: open, decompress, detect the
// format, parse, scope the blank nodes, and add in batches.
//
// One call of [Load] is one transaction: what it loads becomes visible together, and a load that fails or is cancelled leaves
// nothing behind. By default a load is lenient: a statement that cannot be read is reported with its place and left out, and a
// file that is no RDF, or is in a format that has no reader yet, is named as skipped. With [Options.Strict] either is an error
// and nothing is committed.
//
// Blank nodes are scoped to their document: every label gets a prefix that is unique for the load (60 random bits) and the
// document (its number in the load), so that no two documents, and no two loads of the same document, share a blank node.
// Loading a document with blank nodes twice therefore adds its blank nodes twice. With [Options.Replace] the prefix follows from the
// graph, so that a document which is the same again changes nothing.
//
// To begin: [Load]. What is to be kept in step with its sources is harvested instead, see package harvest below this one.
package loaders

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"triplestore/internal/cores"
	"triplestore/rdf"
	"triplestore/rdf/format"
	"triplestore/rdf/jsonld"
	"triplestore/store"
)

// Options say how to load. The zero value is a lenient load into the default graph with formats detected.
type Options struct {
	// Graph is where triples without a graph of their own go: an IRI, or the zero Term for the default graph. Quads of N-Quads
	// and TriG that name a graph keep it.
	Graph rdf.Term
	// Replace makes Graph hold what the sources say and nothing else. What was there and comes again is left as it is. Quads that
	// name another graph are added there. If no source can be read, nothing changes.
	Replace bool
	// Format is the name of the format of every source, see package format. Empty means: detect it for each by its media
	// type, name and first bytes.
	Format string
	// Base is the base IRI for relative IRIs. Empty means: the IRI of the document itself (its URL, or a file IRI).
	// Standard input has none, so relative IRIs in it are rejected.
	Base string
	// Strict makes every rejected statement, unreadable document and format without reader an error.
	Strict bool
	// Contexts supplies the contexts that JSON-LD documents refer to. Nil refuses them all.
	Contexts jsonld.Loader
	// Stdin is what the source "-" reads. Nil means that there is none.
	Stdin io.Reader
	// Fetcher gets http and https sources. Nil means that they are refused.
	Fetcher *Fetcher
	// MaxExpanded limits the bytes of one document after decompression; 0 is no limit.
	MaxExpanded int64
	// BlankNodePrefix replaces the random part of the prefix of blank nodes. It must be unique in the store.
	BlankNodePrefix string
	// Parallel is how many documents, or parts of line-based documents, are parsed at a time. 0 means as many as there are processors; small loads then
	// go one after the other, so that a store that is loaded in the same way lists its quads in the same order.
	Parallel int
	// Progress is called from one goroutine about every ProgressInterval, and at the end, while the load runs.
	Progress func(Progress)
	// ProgressInterval is the time between calls of Progress. 0 means 200 ms.
	ProgressInterval time.Duration
}

// MaxPlaces is the number of rejected statements per document whose places a report keeps. All are counted.
const MaxPlaces = 100_000

// Load loads sources into st as one transaction. A source is the path of a file or folder, a glob (see [filepath.Match]), an http
// or https URL, or "-" for standard input. Folders are read recursively in the order of their names, without what
// begins with a dot. A source that does not exist is an error. The report is filled as far as the load came, also when it failed.
//
// Errors that callers may want to tell apart are [*StrictError], [*SourceError], [ErrNothing] and those of the store and of ctx.
func Load(ctx context.Context, st store.Store, sources []string, o Options) (Report, error) {
	start := time.Now()
	docs, err := expand(sources)
	if err != nil {
		return Report{}, err
	}
	return run(ctx, st, docs, o, start)
}

// LoadFS is Load for files of a file system, such as an embedded one. The files have no IRI of their own: relative IRIs need
// Options.Base or a base in the file.
func LoadFS(ctx context.Context, st store.Store, fsys fs.FS, paths []string, o Options) (Report, error) {
	start := time.Now()
	var docs []document
	for _, p := range paths {
		info, err := fs.Stat(fsys, p)
		if err != nil {
			return Report{}, &SourceError{Source: p, Err: reason(err)}
		}
		docs = append(docs, document{name: p, path: p, fsys: fsys, explicit: true, size: info.Size()})
	}
	return run(ctx, st, docs, o, start)
}

func run(ctx context.Context, st store.Store, docs []document, o Options, start time.Time) (Report, error) {
	var report Report
	if o.Format != "" {
		f, ok := format.ByName(o.Format)
		if !ok {
			return report, &SourceError{Source: o.Format, Err: fmt.Errorf("is not the name of a format; known are %s", format.Names(false))}
		}
		if !f.CanRead() {
			return report, &SourceError{Source: f.Name, Err: &format.UnsupportedError{Format: f}}
		}
	}
	l := &load{o: o, docs: docs, start: start, files: make([]File, len(docs))}
	if l.o.Parallel <= 0 {
		l.o.Parallel = cores.Count()
	}
	if l.o.BlankNodePrefix == "" {
		if l.o.BlankNodePrefix = nonce(); o.Replace {
			l.o.BlankNodePrefix = graphPrefix(o.Graph)
		}
	}
	for i, d := range docs {
		l.files[i].Source = d.name
		l.progress.total.Add(d.size)
	}
	if o.Parallel <= 0 && l.progress.total.Load() <= smallLoad {
		l.o.Parallel = 1
	}
	stop := l.progress.watch(o, start, len(docs))
	if o.Progress != nil {
		ctx = store.WithBuilding(ctx, &l.progress.building)
	}
	res, err := st.Update(ctx, func(txn store.Txn) error {
		if o.Replace {
			if err := store.RemoveGraph(ctx, txn, o.Graph); err != nil {
				return err
			}
		}
		if err := l.run(ctx, txn); err != nil {
			return err
		}
		l.progress.committing.Store(true)
		return l.verdict()
	})
	stop()
	report = l.report()
	report.Seconds = time.Since(start).Seconds()
	if err != nil {
		var s *StrictError
		if errors.As(err, &s) {
			s.Report = report
		}
		return report, err
	}
	report.Inserted, report.Deleted, report.Commit = res.Inserted, res.Deleted, res.Number
	return report, nil
}

// FileIRI is the file IRI (RFC 8089) of an absolute, slash-separated path.
func FileIRI(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}

func nonce() string {
	var b [8]byte
	rand.Read(b[:]) //nolint:errcheck // it never returns an error, see its documentation
	return prefixOf(b[:])
}

// graphPrefix is the prefix of the blank nodes of a graph that is replaced.
func graphPrefix(graph rdf.Term) string {
	sum := sha256.Sum256([]byte(graph.Value()))
	return prefixOf(sum[:8])
}

// prefixOf makes a prefix of 60 of 64 bits.
func prefixOf(b []byte) string {
	return "b" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:12])
}

// load is the state of one call of Load.
type load struct {
	o        Options
	docs     []document
	start    time.Time
	files    []File // index as docs; each is written by the goroutine that reads the document
	progress progress
	failed   bool // strict, and something was rejected: keep parsing for the report, but stop adding
	mu       sync.Mutex

	// transient: of documents in lines nothing is kept when it was handed on.
	transient bool
}

// smallLoad is up to how many bytes of files a load is not worth several goroutines. URLs and standard input count nothing.
const smallLoad = 2 << 20

// batchSize is the room of a batch on its way from a parser to the store.
const batchSize = 4096

func (l *load) run(ctx context.Context, txn store.Txn) error {
	batches := make(chan *[]rdf.Quad, 2*l.o.Parallel)
	pool := sync.Pool{New: func() any { b := make([]rdf.Quad, 0, batchSize); return &b }}
	adders, actx := errgroup.WithContext(ctx)
	for range l.o.Parallel {
		adders.Go(func() error {
			for b := range batches {
				if err := txn.Add(*b); err != nil {
					return err
				}
				*b = (*b)[:0]
				pool.Put(b)
			}
			return nil
		})
	}
	add := txn.Add
	if t, ok := txn.(store.TransientAdder); ok && l.o.Parallel > 1 {
		l.transient, add = true, t.AddTransient
	}
	emit := func(quads []rdf.Quad, lines bool) error {
		if l.stopped() {
			return nil
		}
		if lines { // each goroutine adds what it has parsed, while that is in the processor's cache
			l.setGraph(quads)
			return add(quads)
		}
		for len(quads) > 0 {
			b := pool.Get().(*[]rdf.Quad)
			n := min(len(quads), batchSize)
			*b = append((*b)[:0], quads[:n]...)
			quads = quads[n:]
			l.setGraph(*b)
			select {
			case batches <- b:
			case <-actx.Done():
				return context.Cause(actx)
			}
		}
		return nil
	}
	parsers, pctx := errgroup.WithContext(actx)
	parsers.SetLimit(l.o.Parallel)
	for i := range l.docs {
		if pctx.Err() != nil {
			break
		}
		parsers.Go(func() error { return l.document(pctx, i, emit) })
	}
	perr := parsers.Wait()
	close(batches)
	if err := adders.Wait(); err != nil {
		return err
	}
	if perr != nil {
		return perr
	}
	return ctx.Err()
}

// setGraph names the graph of triples that have none.
func (l *load) setGraph(quads []rdf.Quad) {
	if l.o.Graph.IsZero() {
		return
	}
	for i := range quads {
		if quads[i].G.IsZero() {
			quads[i].G = l.o.Graph
		}
	}
}

func (l *load) stopped() bool {
	if !l.o.Strict {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

func (l *load) fail() {
	l.mu.Lock()
	l.failed = true
	l.mu.Unlock()
}

// verdict decides whether the transaction commits.
func (l *load) verdict() error {
	read := false
	for i := range l.files {
		f := &l.files[i]
		if l.o.Strict && (f.Rejected > 0 || f.unsupported) {
			return &StrictError{}
		}
		read = read || f.Skipped == ""
	}
	if !read {
		return ErrNothing
	}
	return nil
}

func (l *load) report() Report {
	r := Report{Files: l.files}
	for i := range l.files {
		f := &l.files[i]
		slices.SortStableFunc(f.Places, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
		r.Statements += f.Statements
		r.Rejected += f.Rejected
		r.Bytes += f.Bytes
		if f.Skipped != "" {
			r.Skipped++
		}
	}
	return r
}
