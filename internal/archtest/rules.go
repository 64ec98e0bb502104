package archtest

import (
	"fmt"
	"path"
	"strings"
)

// Layer is a floor of the house: its packages may import those of the same layer and of the layers before it in [Layers].
type Layer struct {
	Name     string
	Packages []string // path.Match patterns on the folder; a pattern that ends in /... takes everything below it as well
	Why      string
}

// Layers lists all packages that the program is made of, from the ground up.
var Layers = []Layer{
	{"vocabulary", []string{"vocab/..."}, "constants only: everybody uses them, so they may depend on nobody"},
	{"data model", []string{"rdf"}, "terms are used by all that follows and must not drag in a format or a store"},
	{"formats", []string{"rdf/...", "sparql/syntax", "sparql/results"},
		"reading and writing text needs terms only, so that each is useful as a library by itself"},
	{"algebra", []string{"sparql/algebra"}, "the algebra is the contract between syntax and engine"},
	{"expressions", []string{"sparql/expr"}, "functions are defined on RDF values; that they know no storage keeps them testable by table"},
	{"contract of the store", []string{"store"}, "the engine is written against the contract and never against an implementation"},
	{"expressions over IDs", []string{"sparql/idexpr"}, "what IDs tell without terms follows from the contract of the store alone, and both planning and running use it"},
	{"stores", []string{"store/..."}, "implementations know the contract and nothing of queries"},
	{"engine", []string{"sparql/optimizer", "sparql/exec", "sparql/refexec", "sparql/update"}, "plans, operators and updates see snapshots, not stores on disk"},
	{"façade", []string{"sparql"}, "the one door to the engine for library users"},
	{"stored queries", []string{"sparql/stored"}, "they are read and checked for the engine, which knows texts and terms only"},
	{"federation", []string{"sparql/service"}, "it asks other endpoints; the engine knows it as an interface only, so that without it nothing is sent"},
	{"loaders", []string{"loaders/..."}, "loading writes to any store and must work without a server"},
	{"server", []string{"server/..."}, "HTTP is the outermost layer of the library"},
	{"commands", []string{"cmd/..."}, "flags and wiring: nothing may depend on them"},
}

// SupportPackage is a package that stands beside the layers.
type SupportPackage struct {
	Package string
	// Below is the name of the first layer that it may not import; empty means none of the project's packages at all.
	Below string
	// TestsOnly packages may be imported by _test.go files only, else by any package.
	TestsOnly bool
	Why       string
}

// SupportPackages lists the packages beside the layers.
var SupportPackages = []SupportPackage{
	{"examples", "", false, "it is data; the server embeds it, so it may not know the server"},
	{"bench", "server", true, "it measures the library and is imported by nobody"},
	{"internal/automaton", "", false, "it matches texts with regular expressions and knows of texts only"},
	{"internal/archtest", "", true, "it reads the source, so it must not depend on it"},
	{"internal/testsum", "", true, "it counts test results, whatever they test"},
	{"internal/conformance", "algebra", true, "it counts the outcomes of the suites, whatever they test"},
	{"internal/leaks", "", true, "it looks for goroutines that tests left, whatever they test"},
	{"internal/cputime", "", true, "it asks the operating system how much tests have worked"},
	{"internal/golden", "", true, "comparing with a file needs nothing of ours"},
	{"internal/growing", "", true, "it writes texts of queries, which tests of any layer may read"},
	{"internal/w3c", "algebra", true, "manifests are Turtle: it may use the formats and must not depend on what it tests above them"},
	{"internal/sparqltest", "loaders", true, "it compares stores, engines and results, so it sits beside the engine's tests and never in the program"},
	{"internal/egress", "", false, "it is the one guard of outgoing requests, so it depends on nothing that might go around it"},
	{"internal/cores", "", false, "whatever computes in parallel asks it how many may; it asks the runtime and the operating system"},
	{"internal/clockhand", "", false, "caches of the store use it; it counts and knows nothing of what they keep"},
	{"internal/diskspace", "", false, "stores and sorting ask it before they write; it asks the operating system"},
	{"internal/sourcetest", "server", true, "it plays the servers that kinds of source ask, and takes what they deliver: for their tests"},
	{"internal/fault", "façade", true, "faults are injected under the store, never in production"},
}

// Dependency says where a module from elsewhere may be imported.
type Dependency struct {
	Prefix   string   // of the import path
	Packages []string // patterns as in Layer; nil: nowhere
	Tests    []string // further packages whose tests may; "..." is all
	Why      string
}

// Dependencies lists the modules that may be used at all. An import that no entry covers is an error, so that a new dependency
// is a decision that somebody reads.
var Dependencies = []Dependency{
	{"github.com/dgraph-io/badger/", []string{"store/badgerstore"}, nil,
		"the engine underneath can be changed only as long as one package knows it; sparql and server must work on any store"},
	{"github.com/dgraph-io/ristretto/", []string{"store/badgerstore"}, nil, "it comes with Badger and stays with it"},
	{"github.com/gorilla/mux", []string{"server/..."}, nil, "routing is the server's"},
	{"go.yaml.in/yaml/", []string{"loaders/...", "server/access", "internal/sourcetest"}, nil, "the harvest and the access rights are configured by files; nothing else is"},
	{"github.com/robfig/cron/", []string{"loaders/harvest"}, nil, "the schedule of the harvest"},
	{"github.com/coreos/go-oidc/", []string{"server/access"}, nil, "who makes a request is decided in one place"},
	{"golang.org/x/time/", []string{"server/..."}, nil, "how often a client may ask"},
	{"github.com/spf13/", []string{"cmd/..."}, nil, "flags are the commands'; libraries take Options"},
	{"github.com/vbauerster/mpb/", []string{"cmd/..."}, nil, "progress bars are for terminals; libraries report through callbacks"},
	{"github.com/jedib0t/go-pretty/", []string{"cmd/..."}, nil, "tables are for terminals"},
	{"golang.org/x/term", []string{"cmd/..."}, nil, "only a command has a terminal"},
	{"github.com/cockroachdb/apd/", []string{"rdf/xsd", "sparql/expr"}, []string{"store/..."},
		"decimals of any size are arithmetic; storage keeps terms"},
	{"github.com/dlclark/regexp2", []string{"sparql/expr"}, nil, "XPath regular expressions that package regexp does not know"},
	{"github.com/klauspost/compress/", []string{"rdf/format", "store/...", "loaders/...", "server/...", "cmd/...", "bench/..."}, []string{"..."},
		"compression belongs where bytes go in and out"},
	{"github.com/ulikunitz/xz", []string{"rdf/format"}, nil, "archives of the past come in it; only the one table of formats unpacks it"},
	{"github.com/google/uuid", []string{"sparql/expr"}, nil, "the functions UUID and STRUUID"},
	{"github.com/cespare/xxhash/", []string{"store/..."}, nil, "checksums of pages, hashes of terms"},
	{"github.com/zeebo/xxh3", []string{"store/...", "sparql/exec", "loaders/..."}, nil, "checksums of pages, hashes of terms and rows"},
	{"golang.org/x/text/", []string{"rdf/...", "sparql/expr", "loaders/..."}, nil, "Unicode normalisation and collation"},
	{"golang.org/x/net/idna", []string{"internal/egress"}, nil, "names of hosts as net/http writes them"},
	{"golang.org/x/sync/", []string{"store/...", "sparql/exec", "loaders/...", "server/...", "cmd/..."}, nil, "groups of goroutines"},
	{"golang.org/x/sys/", []string{"store/...", "bench", "cmd/..."}, nil, "files and memory of the operating system"},
	{"github.com/prometheus/client_golang/", []string{"server/metrics"}, nil, "one package knows how measurements leave the program"},
	{"go.opentelemetry.io/", []string{"server/tracing"}, []string{"server", "cmd/..."}, "one package knows how traces leave the program"},
	{"google.golang.org/protobuf/", nil, []string{"server", "cmd/..."}, "tests read what a collector of traces gets"},
	{"github.com/google/go-cmp/", nil, []string{"..."}, "tests only"},
	{"github.com/rogpeppe/go-internal/", nil, []string{"..."}, "tests only"},
	{"go.uber.org/goleak", []string{"internal/leaks"}, nil, "tests only"},
	{"pgregory.net/rapid", nil, []string{"..."}, "tests only"},
}

// Ban keeps a package of the standard library out of places.
type Ban struct {
	Import   string
	Packages []string // where it is banned, outside tests
	Except   []string
	Why      string
}

// Bans lists them.
var Bans = []Ban{
	{"net/http", []string{"vocab/...", "rdf/...", "sparql/...", "store/...", "loaders/..."}, nil,
		"whatever a query, an update or a file makes the program ask goes through the one guard, internal/egress"},
	{"net", []string{"vocab/...", "rdf/...", "sparql/...", "store/...", "loaders/..."}, nil, "as for net/http"},
	{"os/exec", []string{"..."}, []string{"bench/peers"}, "the program runs no other programs; the comparison with other engines starts them"},
	{"os", []string{"vocab/...", "rdf", "rdf/iri", "rdf/xsd", "rdf/canon", "rdf/turtle", "sparql/..."}, []string{"sparql/exec"},
		"these work on readers and writers; a query must not reach files (sparql/exec may spill to disk)"},
	{"log", []string{"..."}, []string{"cmd/...", "bench", "bench/peers"}, "libraries return errors or take a *slog.Logger"},
	{"math/rand", []string{"..."}, nil, "math/rand/v2 with a seed that is printed"},
	{"text/template", []string{"server/..."}, nil, "HTML needs html/template, which escapes what strangers wrote"},
}

// Match reports whether a folder fits one of the patterns.
func Match(patterns []string, folder string) bool {
	for _, p := range patterns {
		if p == "..." {
			return true
		}
		if base, ok := strings.CutSuffix(p, "/..."); ok {
			if folder == base || strings.HasPrefix(folder, base+"/") {
				return true
			}
		} else if ok, err := path.Match(p, folder); ok && err == nil {
			return true
		}
	}
	return false
}

// layerOf finds the layer of a folder: the most specific pattern wins, so that "rdf" is not "rdf/...".
func layerOf(folder string) (int, bool) {
	best, found := -1, -1
	for i, l := range Layers {
		for _, p := range l.Packages {
			if !Match([]string{p}, folder) {
				continue
			}
			weight := len(p)
			if !strings.HasSuffix(p, "...") {
				weight += 1000
			}
			if weight > best {
				best, found = weight, i
			}
		}
	}
	return found, found >= 0
}

func supportOf(folder string) *SupportPackage {
	for i := range SupportPackages {
		if h := &SupportPackages[i]; folder == h.Package || strings.HasPrefix(folder, h.Package+"/") {
			return h
		}
	}
	return nil
}

func layerNamed(name string) int {
	for i, l := range Layers {
		if l.Name == name {
			return i
		}
	}
	panic("archtest: no layer is called " + name)
}

// CheckImport judges one import of a file and returns what is wrong with it, or "".
func CheckImport(f *File, imported string) string {
	if imported == "C" {
		return "imports C: the program is built without a C compiler"
	}
	if imported == Module || strings.HasPrefix(imported, Module+"/") {
		return checkOwn(f, strings.TrimPrefix(strings.TrimPrefix(imported, Module), "/"))
	}
	if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") {
		return checkDependency(f, imported)
	}
	for _, b := range Bans {
		if b.Import == imported && !f.Test && !f.Tool && Match(b.Packages, f.Package) && !Match(b.Except, f.Package) {
			return fmt.Sprintf("imports %q, which is banned here: %s", imported, b.Why)
		}
	}
	return ""
}

func checkOwn(f *File, to string) string {
	if h := supportOf(to); h != nil {
		if from := supportOf(f.Package); h.TestsOnly && !f.Test && (from == nil || !from.TestsOnly) {
			return fmt.Sprintf("imports %s outside a test: %s", to, h.Why)
		}
		return ""
	}
	toLayer, ok := layerOf(to)
	if !ok {
		return fmt.Sprintf("imports %s, which is in no layer: give it a place in Layers or SupportPackages of internal/archtest/rules.go", to)
	}
	if f.Test {
		return "" // tests may look up and down; Go itself forbids cycles
	}
	if h := supportOf(f.Package); h != nil {
		if h.Below == "" {
			return fmt.Sprintf("imports %s, but %s imports nothing of the project: %s", to, h.Package, h.Why)
		}
		if toLayer >= layerNamed(h.Below) {
			return fmt.Sprintf("imports %s, but %s stays below the layer %q: %s", to, h.Package, h.Below, h.Why)
		}
		return ""
	}
	from, ok := layerOf(f.Package)
	if !ok {
		return "is in no layer: give its folder a place in Layers or SupportPackages of internal/archtest/rules.go"
	}
	if toLayer > from {
		return fmt.Sprintf("imports %s of the layer %q, which stands above its own, %q. Imports go down only: %s",
			to, Layers[toLayer].Name, Layers[from].Name, Layers[from].Why)
	}
	return ""
}

func checkDependency(f *File, imported string) string {
	for _, d := range Dependencies {
		if imported != strings.TrimSuffix(d.Prefix, "/") && !strings.HasPrefix(imported, d.Prefix) {
			continue
		}
		if Match(d.Packages, f.Package) || f.Test && Match(d.Tests, f.Package) {
			return ""
		}
		where := strings.Join(d.Packages, ", ")
		if where == "" {
			where = "tests"
		}
		return fmt.Sprintf("imports %s, which only %s may: %s", imported, where, d.Why)
	}
	return fmt.Sprintf("imports %s, which is in no rule: a new dependency is a decision, so add it with its reason to Dependencies "+
		"in internal/archtest/rules.go", imported)
}
