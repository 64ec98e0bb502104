package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"triplestore/examples"
	"triplestore/internal/cores"
	"triplestore/loaders"
	"triplestore/server"
	"triplestore/server/tracing"
	"triplestore/store"
	"triplestore/store/badgerstore"
)

type serveFlags struct {
	listen, base, title, log string
	harvest, queries         string
	union, loadExamples      bool
	json                     bool
	timeout, grace           time.Duration
	memory, maxRequest       bytesValue
	memoryTotal, disk        bytesValue
	answerCache, termCache   bytesValue
	pageCache                bytesValue
	maxRows                  int64
	describe                 descriptionValue
	concurrency, queue       int
	updateTimeout            time.Duration
	tokenFile                string
	anonymousWrites          bool
	outgoing                 outgoingFlags
	retention                *retentionValue
	site                     siteFlags
	security                 securityFlags
	tracing                  tracing.Options
}

func (a *app) serve() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Answer over HTTP: a SPARQL endpoint and a page per resource",
		Long: `Serves the store: a front page with a query form at /, the SPARQL endpoint at /sparql, descriptions of resources at
/resource?iri=… and, for IRIs under --base and those of --map, at their own paths, graphs by the Graph Store Protocol at /graphs, and
descriptions of itself at /.well-known/void, /catalog and /openapi.json. It stops at SIGINT and SIGTERM once running
requests are done, or after --grace.

With --harvest the sources of a configuration are harvested on their schedules while the server runs; /harvest shows how they stand.

Else the server sends no requests, unless --allow-service lets queries ask other endpoints and --allow-load lets updates load documents.

Writing, by SPARQL Update at /update and at /graphs, is closed. A token opens it to those who send it (Authorization: Bearer TOKEN): the content of the file of
--update-token-file, else of the environment variable ` + tokenVariable + `. With --allow-anonymous-writes everyone may write who reaches
the server. --access FILE has more: graphs that are closed to the public, roles that read or write some graphs, several tokens (see
triplestore token new) and issuers of OpenID Connect. The file is read again when it changes, and at SIGHUP; so is the certificate of --tls-cert, and the file of
--audit-log is opened anew.

One client, which is a token or else an address, has a share of the server (--client-rate and the others); this machine itself and
administrators have no limit. Behind a proxy say with --trusted-proxy whose word about addresses counts.

` + exitHelp,
		Example: `  triplestore serve
  triplestore serve --load-examples
  triplestore serve --listen 0.0.0.0:8080 --base https://data.example.org/ --timeout 20s --memory 512MiB
  triplestore serve --memory 256MiB --query-memory-total 2GiB --disk 20GiB
  curl -G http://localhost:7878/sparql --data-urlencode 'query=SELECT * WHERE { ?s ?p ?o } LIMIT 3'
  triplestore serve --queries examples/stored
  curl 'http://localhost:7878/queries/search-titles?text=data&language=en' -H 'Accept: text/csv'
  triplestore serve --update-token-file token.txt
  curl http://localhost:7878/update -H "Authorization: Bearer $(cat token.txt)" -H 'Content-Type: application/sparql-update' \
    --data 'INSERT DATA { <https://example.org/d> dct:title "Datasett"@nb }'`,
		Args: args(cobra.NoArgs),
	}
	dir := storeFlag(cmd)
	f := serveFlags{memory: 1 << 30, answerCache: 64 << 20, termCache: bytesValue(termCacheOf(totalMemory())), pageCache: bytesValue(pageCacheOf(totalMemory())), maxRequest: 4 << 20, memoryTotal: bytesValue(totalMemory() / 2), disk: 16 << 30}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:7878", "address to listen on, HOST:PORT")
	flags.StringVar(&f.base, "base", "http://localhost:7878/", "IRI under which resources are this server's own")
	flags.StringVar(&f.title, "title", "triplestore", "name on the pages")
	flags.BoolVar(&f.union, "union-default-graph", false, "let the default graph of queries be the union of all graphs (default with --harvest, which writes named graphs)")
	flags.DurationVar(&f.timeout, "timeout", time.Minute, "longest time of a query")
	flags.Var(&f.memory, "memory", "most memory for the state of one query")
	flags.Var(&f.memoryTotal, "query-memory-total", "most memory for the state of all queries and updates that run; 0 for no limit (default half of what there is)")
	flags.Var(&f.disk, "disk", "most temporary files of a query that needs more than --memory; 0 for none")
	flags.Var(&f.answerCache, "answer-cache", "memory for answers that are given again while the store does not change; 0 for none")
	flags.Var(&f.pageCache, "page-cache", "memory for pages of quads that were read; where much that queries read does not fit, it is decoded again each time (a sixteenth of what there is, at least 256MiB or an eighth)")
	flags.Var(&f.termCache, "term-cache", "memory for terms that were read; where the dictionary is larger, answers with many terms take much longer (an eighth of what there is)")
	flags.Int64Var(&f.maxRows, "max-rows", 0, "most results of a query; 0 for no limit")
	flags.Var(&f.describe, "describe", describeHelp+"; a request may ask for another")
	flags.Var(&f.maxRequest, "max-request", "longest body of a request")
	flags.IntVar(&f.concurrency, "concurrency", 0, "queries that run at a time; as many again go on that have run for 0.1 s while others wait; 0 for twice the processors")
	flags.IntVar(&f.queue, "queue", 0, "queries that wait for their turn, --timeout at most; 0 for 16 times --concurrency, but at least 512")
	flags.StringVar(&f.tokenFile, "update-token-file", "", "open writing to requests with the token in this file")
	flags.BoolVar(&f.anonymousWrites, "allow-anonymous-writes", false, "open writing to everyone who reaches the server")
	flags.DurationVar(&f.updateTimeout, "update-timeout", 10*time.Minute, "longest time of an update, the wait for its turn included")
	flags.StringVar(&f.queries, "queries", "", "folder of stored queries to answer at /queries, see triplestore query --help; it is read again when it changes")
	f.retention = retentionFlag(cmd)
	f.outgoing.addLoad(cmd)
	f.outgoing.addService(cmd)
	f.site.add(cmd)
	f.security.add(cmd)
	flags.StringVar(&f.harvest, "harvest", "", "file with sources to harvest on their schedules, see triplestore harvest --help")
	flags.DurationVar(&f.grace, "grace", 10*time.Second, "how long running requests may go on when the server stops")
	flags.BoolVar(&f.loadExamples, "load-examples", false, "load the example data if the store is empty")
	flags.StringVar(&f.log, "log", "text", "form of the log on standard error: text, json or off")
	tracingFlags(cmd, &f.tracing)
	flags.BoolVar(&f.json, "json", false, "print the addresses as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f.union = f.union || f.harvest != "" && !cmd.Flags().Changed("union-default-graph")
		log, err := a.logger(f.log)
		if err != nil {
			return err
		}
		token, err := f.token()
		if err != nil {
			return err
		}
		storage := f.retention.options()
		storage.TermCache = int64(f.termCache)
		storage.PageCache = int64(f.pageCache)
		return a.withOptions(*dir, true, storage, func(st *badgerstore.Store) error { return a.runServer(cmd.Context(), st, *dir, token, log, &f) })
	}
	return cmd
}

// termCacheOf is how much memory a server gives the cache of terms, of so much that there is. It takes no more than the dictionary has.
func termCacheOf(memory int64) int64 { return memoryShare(memory, 8, 256<<20, 8) }

// pageCacheOf is the same for the cache of pages of quads.
func pageCacheOf(memory int64) int64 { return memoryShare(memory, 16, 256<<20, 8) }

// tokenVariable is the environment variable with the token of updates.
const tokenVariable = "TRIPLESTORE_TOKEN"

// token is what updates have to send, or empty.
func (f *serveFlags) token() (string, error) {
	text, from := os.Getenv(tokenVariable), "the environment variable "+tokenVariable
	switch {
	case f.anonymousWrites && f.tokenFile != "":
		return "", usageError{errors.New("--allow-anonymous-writes and --update-token-file say different things")}
	case f.anonymousWrites:
		return "", nil
	case f.tokenFile != "":
		b, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return "", fmt.Errorf("--update-token-file: %w", err)
		}
		text, from = string(b), f.tokenFile
	case text == "":
		return "", nil
	}
	token := strings.TrimSpace(text)
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", usageError{fmt.Errorf("%s holds no token: it should be one word", from)}
	}
	return token, nil
}

func (a *app) logger(form string) (*slog.Logger, error) {
	switch form {
	case "text":
		return slog.New(slog.NewTextHandler(a.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.stderr, nil)), nil
	case "off":
		return slog.New(slog.DiscardHandler), nil
	}
	return nil, usageError{fmt.Errorf("--log %s: there is text, json and off", form)}
}

func (a *app) runServer(ctx context.Context, st *badgerstore.Store, dir, token string, log *slog.Logger, f *serveFlags) (err error) {
	temp, err := tempDir(dir)
	if err != nil {
		return err
	}
	tracer, observe, err := openTracer(ctx, f.tracing, log)
	if err != nil {
		return err
	}
	defer closeTracer(tracer, log)
	others, err := f.outgoing.open(observe)
	if err != nil {
		return err
	}
	defer others.close()
	config := server.Config{
		Store: st, Base: f.base, Title: f.title, Version: release, Examples: exampleQueries(), Timeout: f.timeout, Memory: int64(f.memory), MemoryTotal: int64(f.memoryTotal), Disk: int64(f.disk), AnswerCache: int64(f.answerCache),
		MaxRows: f.maxRows, Describe: f.describe.Description, MaxRequest: int64(f.maxRequest), Concurrency: f.concurrency, Queue: f.queue, UnionDefaultGraph: f.union, Log: log,
		UpdateToken: token, AnonymousWrites: f.anonymousWrites, UpdateTimeout: f.updateTimeout, TempDir: temp, Reserve: st.Reserve,
		Service: others.service, Load: others.load, Tracer: tracer,
	}
	if err := f.site.apply(&config); err != nil {
		return err
	}
	secured, err := f.security.apply(&config)
	defer func() { err = errors.Join(err, secured.close()) }()
	if err != nil {
		return err
	}
	again, err := serveStored(f.queries, &config)
	if err != nil {
		return err
	}
	again = append(again, secured.again...)
	if f.harvest != "" {
		sources, err := readHarvest(f.harvest)
		if err != nil {
			return err
		}
		if config.Harvest, err = newHarvester(sources, st, dir, 0, log, observe); err != nil {
			return err
		}
	}
	relaxCollector(heapFloor(totalMemory()))
	config.Threads = cores.NewThreads()
	s, err := server.New(config)
	if err != nil {
		return usageError{err}
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	if f.loadExamples {
		if err := loadExamples(ctx, st, a.stderr); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	if err := a.announce(st, dir, &config, l.Addr(), f); err != nil {
		return errors.Join(err, l.Close())
	}
	if len(again) > 0 {
		watching, stop := context.WithCancel(ctx)
		defer stop()
		go keepReloaded(watching, log, reloadEvery, again)
	}
	if secured.tls != nil {
		l = tls.NewListener(l, secured.tls)
	}
	if config.Harvest != nil {
		stopHarvest := startHarvest(ctx, config.Harvest)
		defer stopHarvest()
	}
	stopControl := startControl(st, s, dir, f.grace, log)
	defer stopControl()
	stopMetrics, err := startMetrics(f.site.metricsListen, s.Metrics(), log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer stopMetrics()
	err = s.Serve(ctx, l, f.grace)
	if ctx.Err() != nil {
		log.Info("stopped")
	}
	return err
}

func exampleQueries() []server.Example {
	var out []server.Example
	for _, q := range examples.ByTopic() {
		e := server.Example{Name: q.Name, ExampleText: exampleText(q), Translations: map[string]server.ExampleText{}}
		for _, language := range examples.Languages() {
			if language != q.Language {
				e.Translations[language] = exampleText(q.In(language))
			}
		}
		out = append(out, e)
	}
	return out
}

func exampleText(q examples.Query) server.ExampleText {
	return server.ExampleText{Title: q.Title, Topic: q.Topic, Text: q.Text}
}

// loadExamples loads the example data into a store that nothing was ever loaded into.
func loadExamples(ctx context.Context, st store.Store, stderr io.Writer) error {
	snap, err := st.Snapshot()
	if err != nil {
		return err
	}
	stats, err := snap.Stats()
	if err = errors.Join(err, snap.Close()); err != nil {
		return err
	}
	if stats.Quads > 0 || snap.Commit().Number > 0 {
		return nil
	}
	report, err := loaders.LoadFS(ctx, st, examples.FS(), examples.DataFiles(), loaders.Options{Strict: true, Base: examples.Base})
	if err == nil {
		fmt.Fprintf(stderr, "loaded the example data: %s\n", plural(report.Inserted, "quad"))
	}
	return err
}

type announcement struct {
	URL    string `json:"url"`
	SPARQL string `json:"sparql"`
	Store  string `json:"store"`
	Quads  uint64 `json:"quads"`
	// Updates is closed, token or open.
	Updates string `json:"updates"`
}

const tryQuery = "SELECT ?type (COUNT(*) AS ?number) WHERE { ?s a ?type } GROUP BY ?type ORDER BY DESC(?number) LIMIT 10"

// announce prints where the server is and what to try.
func (a *app) announce(st store.Store, dir string, c *server.Config, addr net.Addr, f *serveFlags) error {
	snap, err := st.Snapshot()
	if err != nil {
		return err
	}
	stats, err := snap.Stats()
	if err = errors.Join(err, snap.Close()); err != nil {
		return err
	}
	url := browserURL(addr)
	if f.security.tlsCert != "" {
		url = "https" + strings.TrimPrefix(url, "http")
	}
	v := announcement{URL: url, SPARQL: url + "sparql", Store: dir, Quads: stats.Quads, Updates: "closed"}
	updates := "closed; see triplestore serve --help"
	switch {
	case c.Access != nil && c.Access.Get().Authenticates():
		v.Updates, updates = "token", url+"update, for those whom "+f.security.access+" lets"
	case c.UpdateToken != "":
		v.Updates, updates = "token", url+"update, with the token"
	case f.anonymousWrites:
		v.Updates, updates = "open", url+"update, open to EVERYONE who reaches this address"
	}
	if f.json {
		return a.printJSON(v)
	}
	_, err = fmt.Fprintf(a.stdout, `triplestore %s serves %s (%s)

  front page       %s
  SPARQL endpoint  %s
  updates          %s

Try:

  curl -G %s -H 'Accept: text/csv' \
    --data-urlencode 'query=%s'

Ctrl-C stops it.
`, release, dir, plural(stats.Quads, "quad"), v.URL, v.SPARQL, updates, v.SPARQL, tryQuery)
	return err
}

// browserURL is an address that a browser on this machine can open.
func browserURL(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "http://" + addr.String() + "/"
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return "http://" + strings.TrimSuffix(net.JoinHostPort(host, port), ":80") + "/"
}
