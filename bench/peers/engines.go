package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// engine is how an engine is run. Commands are run by a shell with DATA, DB (a folder), PORT, PORT2 and TIMEOUT_S in the environment.
type engine struct {
	Name, Label string
	Settings    string // what was set, for the page
	version     string // command that tells it
	load, serve string
	endpoint    string // path and parameters
	needs       []string
	data        string // to load, if not that of the configuration
	streamed    bool   // load makes the data itself
	env         []string
}

// engineNames are the engines in the order of tables.
var engineNames = []string{"triplestore", "triplestore-kept", "oxigraph", "fuseki", "virtuoso"}

var errNotInstalled = errors.New("is not installed")

const virtuosoGraph = "http://bench.example/graph"

// findEngine gives an engine that is installed.
func findEngine(name string, c *config) (*engine, error) {
	home, err := filepath.Abs(c.home)
	if err != nil {
		return nil, err
	}
	ours, err := filepath.Abs("bin/triplestore")
	if err != nil {
		return nil, err
	}
	fuseki := filepath.Join(home, "fuseki.jar")
	oxigraph := filepath.Join(home, "oxigraph", "bin", "oxigraph")
	serve := `exec "$BIN" serve --log off --store "$DB/store" --listen 127.0.0.1:$PORT --timeout ${TIMEOUT_S}s`
	all := []*engine{
		{Name: "triplestore", Label: "triplestore", Settings: "`--answer-cache 0`: every answer is computed anew",
			version: `"$BIN" version`, load: `exec "$BIN" load --quiet --store "$DB/store" "$DATA"`, serve: serve + " --answer-cache 0",
			endpoint: "/sparql?", needs: []string{ours}, env: []string{"BIN=" + ours}},
		{Name: "triplestore-kept", Label: "triplestore, answers kept", Settings: "as it comes: answers are kept for the same state of the store (64 MiB)",
			version: `"$BIN" version`, load: `exec "$BIN" load --quiet --store "$DB/store" "$DATA"`, serve: serve,
			endpoint: "/sparql?", needs: []string{ours}, env: []string{"BIN=" + ours}},
		{Name: "oxigraph", Label: "Oxigraph", Settings: "native server, RocksDB, read-only", version: `"$BIN" --version`,
			load: `exec "$BIN" load --location "$DB/store" --file "$DATA" --lenient`, serve: `exec "$BIN" serve-read-only --location "$DB/store" --bind 127.0.0.1:$PORT`,
			endpoint: "/query?", needs: []string{oxigraph}, env: []string{"BIN=" + oxigraph}},
		{Name: "fuseki", Label: "Apache Jena Fuseki", Settings: "TDB2, loader phased, statistics made, heap " + c.heap + ", no log of requests", version: `java -jar "$JAR" --version 2>&1 | grep -m1 -i fuseki`,
			load: `set -e
java -Xmx$HEAP -cp "$JAR" tdb2.tdbloader --loader=phased --loc "$DB/tdb" "$DATA"
java -Xmx$HEAP -cp "$JAR" tdb2.tdbstats --loc "$DB/tdb" > "$DB/stats.tmp"
mv "$DB/stats.tmp" "$DB/tdb/Data-0001/stats.opt"`,
			serve: `cat > "$DB/log4j2.properties" <<I
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
I
cd "$DB" && exec java -Xmx$HEAP -Dlog4j2.configurationFile="$DB/log4j2.properties" -jar "$JAR" --tdb2 --loc "$DB/tdb" --localhost --port $PORT --timeout=$((TIMEOUT_S*1000)) /ds`,
			endpoint: "/ds/sparql?", needs: []string{"java", fuseki}, env: []string{"JAR=" + fuseki, "HEAP=" + c.heap}},
		{Name: "virtuoso", Label: "Virtuoso", Settings: "340,000 buffers of 8 KiB, 2 threads a query, no limits on results", version: `virtuoso-t --version 2>&1 | grep -m1 Version`,
			load: virtuosoConfig + `virtuoso-t +foreground +configfile "$DB/virtuoso.ini" > "$DB/load.log" 2>&1 & server=$!
sql() { isql-vt 127.0.0.1:$PORT2 dba dba VERBOSE=OFF "EXEC=$1"; }
for i in $(seq 300); do sql "select 1;" > /dev/null 2>&1 && break; sleep 0.2; done
sql "ld_dir('$(dirname "$DATA")', '$(basename "$DATA")', '` + virtuosoGraph + `');"
sql "rdf_loader_run();" && sql "checkpoint;"
sql "shutdown;" || true
wait $server || true`,
			serve:    virtuosoConfig + `exec virtuoso-t +foreground +configfile "$DB/virtuoso.ini"`,
			endpoint: "/sparql?default-graph-uri=http%3A%2F%2Fbench.example%2Fgraph&", needs: []string{"virtuoso-t", "isql-vt"}},
	}
	for _, e := range all {
		if e.Name != name {
			continue
		}
		for _, n := range e.needs {
			if _, err := exec.LookPath(n); err != nil {
				if _, err := os.Stat(n); err != nil {
					return nil, fmt.Errorf("%s %w (%s)", e.Name, errNotInstalled, n)
				}
			}
		}
		return e, nil
	}
	return nil, fmt.Errorf("unknown engine %q", name)
}

// versionOf asks an engine what it is.
func versionOf(e *engine) string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", e.version)
	cmd.Env = append(os.Environ(), e.env...)
	b, err := cmd.CombinedOutput()
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return strings.TrimSpace(first)
}

// virtuosoConfig writes virtuoso.ini: what makes the server listen on the loopback alone, use memory and both processors, and cut nothing
// short.
const virtuosoConfig = `cat > "$DB/virtuoso.ini" <<I
[Database]
DatabaseFile = $DB/virtuoso.db
ErrorLogFile = $DB/virtuoso.log
LockFile = $DB/virtuoso.lck
TransactionFile = $DB/virtuoso.trx
xa_persistent_file = $DB/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = $DB/temp.db
TransactionFile = $DB/temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:$PORT2
DisableUnixSocket = 1
CheckpointInterval = 0
DirsAllowed = ., $DB, $(dirname "$DATA")
MaxClientConnections = $HTTP_THREADS
VectorSize = 1000
MaxVectorSize = 3500000
ThreadsPerQuery = 2
AsyncQueueMaxThreads = 4
MaxQueryMem = 2G
NumberOfBuffers = 340000
MaxDirtyBuffers = 250000
[HTTPServer]
ServerPort = 127.0.0.1:$PORT
ServerRoot = $DB
MaxClientConnections = $HTTP_THREADS
ServerThreads = $HTTP_THREADS
MaxKeepAlives = $HTTP_THREADS
KeepAliveTimeout = 60
EnabledGzipContent = 0
[SPARQL]
ResultSetMaxRows = 1000000000
MaxConstructTriples = 1000000000
I
`
