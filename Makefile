# triplestore. `make` or `make help` lists what there is.

GO       ?= go
STORE    ?= ./data/store
LISTEN   ?= 127.0.0.1:7878
FUZZTIME ?= 10s
TIMEOUT  ?= 15m
TESTFLAGS ?=
RACE_PACKAGES ?= ./store/... ./sparql/exec/... ./sparql ./server/... ./loaders/...
BENCHFLAGS ?=

# See docs/benchmarks.md.
SIZE             ?= 1m
PEERS            ?= triplestore,triplestore-kept,oxigraph,fuseki,virtuoso
PEERSFLAGS       ?=
# How long an engine may take for all, such as 8m; 0 is no limit.
PEERS_BUDGET     ?= 0
# bsbm or sp2bench: data and queries made after these benchmarks (bench/classic) in place of those of public-sector metadata. wide: the same
# metadata, other queries (bench/queries-wide).
SET              ?=
BENCH_HOME       ?= ../shared/bench
OXIGRAPH_VERSION := 0.5.13
FUSEKI_VERSION   := 5.6.0
TRIPLES           = $(subst k,000,$(subst m,000000,$(SIZE)))
PEERS_NAME        = $(if $(SET),$(SET)-)$(SIZE)
ifeq ($(SET),wide)
PEERS_QUERIES    ?= bench/queries-wide
PEERS_DATA        = $(if $(wildcard $(BENCH_HOME)/queries),shared,own)-$(SIZE)
else ifneq ($(SET),)
PEERS_QUERIES    ?= bench/.peers/$(SET)-$(SIZE)-queries
PEERS_DATA        = $(SET)-$(SIZE)
else ifneq ($(wildcard $(BENCH_HOME)/queries),)
PEERS_QUERIES    ?= $(BENCH_HOME)/queries
PEERS_DATA        = shared-$(SIZE)
else
PEERS_QUERIES    ?= bench/queries
PEERS_DATA        = own-$(SIZE)
endif

GOLANGCI_VERSION    := v2.15.0
NFPM_VERSION        := v2.44.2
GOVULNCHECK_VERSION := v1.9.0
GOBIN    := $(shell $(GO) env GOPATH)/bin
GOLANGCI := $(GOBIN)/golangci-lint-$(GOLANGCI_VERSION)
NFPM     := $(GOBIN)/nfpm-$(NFPM_VERSION)
GOVULN   := $(GOBIN)/govulncheck-$(GOVULNCHECK_VERSION)

# The race detector needs a C compiler; a machine with Go and make alone has none.
HAVE_CC := $(shell command -v $${CC:-cc} >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 && echo yes)

.DEFAULT_GOAL := help
.PHONY: help run build test check fmt vet lint vuln race fuzz bench bench-once bench-peers peers peer-oxigraph peer-fuseki peer-virtuoso bench-parsers convert-data conformance golden w3c clean deb docker test-clients load

help: ## this list
	@awk 'BEGIN {FS = ":.*## "; print "make TARGET\n"} /^[a-z0-9-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@printf '\nVariables: STORE=%s LISTEN=%s FUZZTIME=%s TESTFLAGS= BENCHFLAGS=\n' '$(STORE)' '$(LISTEN)' '$(FUZZTIME)'

run: build ## build, load the examples on first start, serve on http://localhost:7878
	./bin/triplestore serve --store $(STORE) --listen $(LISTEN) --load-examples

build: ui-if-npm ## bin/triplestore
	@mkdir -p bin
	$(GO) build -trimpath -o bin/triplestore ./cmd/triplestore

.PHONY: ui ui-if-npm test-browser
UI := server/workbench

ui: ## the workbench, from server/workbench/src into its dist; needs npm
	cd $(UI) && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build

# Built again when a source is newer. Whatever goes wrong here, the program is built all the same.
ui-if-npm:
	@if [ -e $(UI)/dist/workbench.js ] && [ -z "$$(find $(UI)/src $(UI)/package.json $(UI)/package-lock.json -newer $(UI)/dist/workbench.js)" ]; then :; \
	elif ! command -v npm >/dev/null 2>&1; then echo "no npm: without the workbench, the plain form is served"; \
	elif ! $(MAKE) --no-print-directory ui >/dev/null 2>&1; then echo "make ui failed: without a new workbench, the plain form or the last build is served"; fi

SHOTS ?= build/browser

test-browser: build ## the pages in Chromium, with axe; screenshots in build/browser
	@if ! command -v npm >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "installing nodejs and npm"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; \
	  $(MAKE) --no-print-directory build; fi; \
	if ! command -v chromium >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "installing chromium"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; fi; \
	if ! command -v npm >/dev/null 2>&1 || ! command -v chromium >/dev/null 2>&1 || [ ! -e $(UI)/dist/workbench.js ]; then \
	  echo "no npm, no chromium or no workbench: the browser test is skipped"; [ "$$CI" != true ]; \
	else cd $(UI)/test && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent types && \
	  node browser.mjs $(abspath bin/triplestore) $(abspath $(SHOTS)) "$$(command -v chromium)"; fi

test: ## all tests
	$(GO) test -timeout $(TIMEOUT) $(TESTFLAGS) ./...

check: fmt vet lint test race ## what must pass before a commit: format, vet, lint, test, race

fmt: ## fail if a file is not gofmt-clean
	@out=$$(gofmt -l $$(find . -name '*.go' -not -path './data/*')); \
	if [ -n "$$out" ]; then echo "not gofmt-clean (run gofmt -w on them):"; echo "$$out"; exit 1; fi

vet: ## go vet
	$(GO) vet ./...

lint: ## golangci-lint with .golangci.yml; the first time it is built, which takes some minutes
	@if [ ! -x $(GOLANGCI) ]; then \
	  echo "building golangci-lint $(GOLANGCI_VERSION) into $(GOBIN)"; \
	  dir=$$(mktemp -d) && GOBIN=$$dir $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION) \
	    && mkdir -p $(GOBIN) && mv $$dir/golangci-lint $(GOLANGCI); rmdir $$dir 2>/dev/null; true; fi
	@if [ -x $(GOLANGCI) ]; then $(GOLANGCI) run ./...; \
	elif [ "$$CI" = true ]; then echo "golangci-lint could not be installed"; exit 1; \
	else echo "golangci-lint could not be installed: lint skipped"; fi

vuln: ## known vulnerabilities in what is linked (needs the network)
	@if [ ! -x $(GOVULN) ]; then \
	  dir=$$(mktemp -d) && GOBIN=$$dir $(GO) install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) \
	    && mkdir -p $(GOBIN) && mv $$dir/govulncheck $(GOVULN); rmdir $$dir 2>/dev/null; true; fi
	@if [ -x $(GOVULN) ]; then $(GOVULN) ./...; else echo "govulncheck could not be installed: skipped"; fi

race: ## the packages that run things at the same time, under the race detector
ifeq ($(HAVE_CC),yes)
	CGO_ENABLED=1 $(GO) test -race -short -timeout $(TIMEOUT) $(TESTFLAGS) $(RACE_PACKAGES)
else
	@echo "no C compiler: the race detector is skipped"
endif

fuzz: ## every fuzz target for FUZZTIME each (10s)
	@grep -rlE '^func Fuzz[A-Z]' --include='*_test.go' . | sort | while read -r file; do \
	  for name in $$(sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' $$file); do \
	    echo "== $$(dirname $$file) $$name"; \
	    $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$(dirname $$file) || exit 1; \
	  done; done

bench: ## parse, load, disk, scan and point lookup in figures; BENCHFLAGS='-nt FILE -ttl FILE' for your own data
	$(GO) run ./bench $(BENCHFLAGS)

RUNS ?= 3
.PHONY: bench-repeat
bench-repeat: ## make bench several times, RUNS=3; writes least, median and greatest of its figures into docs/benchmarks.md
	@mkdir -p bench/.peers
	$(GO) build -o bench/.peers/bench ./bench
	$(GO) run ./bench/peers -repeat $(RUNS) -bench-flags '$(BENCHFLAGS)'

MEMORY ?= 4096
.PHONY: bench-memory
bench-memory: ## what a read costs on this machine, by how much memory it is read from, up to MEMORY=4096 MiB
	$(GO) test -run '^$$' -bench Memory ./bench -memory $(MEMORY)

.PHONY: pgo
pgo: ## a profile of the queries for the compiler, cmd/triplestore/default.pgo, which "go build" then uses; see docs/performance.md
	$(GO) run -pgo=off -trimpath ./bench -triples 1000000 -queries bench/queries -profile cmd/triplestore/default.pgo

bench-peers: build bench/.peers/$(PEERS_DATA).nt ## this store beside the installed peers, over HTTP; SIZE=1m, SET=wide|bsbm|sp2bench, PEERS=a,b, PEERS_BUDGET=8m, BENCH_HOME=, PEERSFLAGS=; writes docs/peers*.md
	$(GO) run ./bench/peers -name $(PEERS_NAME) -budget $(PEERS_BUDGET) -data bench/.peers/$(PEERS_DATA).nt -queries $(PEERS_QUERIES) -engines $(PEERS) $(PEERSFLAGS)

# The generator in BENCH_HOME, if that is there, streams what has no file; this project's own makes files.
GROWTH ?= 1m,10m
comma := ,
.PHONY: bench-growth
bench-growth: build ## this store with more and more data, GROWTH=1m,10m,100m; writes docs/growth.md
ifneq ($(wildcard $(BENCH_HOME)/queries),)
	@mkdir -p bench/.peers
	cd $(BENCH_HOME)/gen && $(GO) build -o $(CURDIR)/bench/.peers/generate .
	$(GO) run ./bench/peers -growth $(GROWTH) -growth-data bench/.peers/shared- -generate 'bench/.peers/generate -triples $$TRIPLES -nt -' -queries $(BENCH_HOME)/queries -budget $(PEERS_BUDGET) -points 0 $(PEERSFLAGS)
else
	for size in $(subst $(comma), ,$(GROWTH)); do $(MAKE) --no-print-directory bench/.peers/own-$$size.nt SIZE=$$size || exit 1; done
	$(GO) run ./bench/peers -growth $(GROWTH) -growth-data bench/.peers/own- -queries bench/queries -budget $(PEERS_BUDGET) -points 0 $(PEERSFLAGS)
endif

.PHONY: load-peers
load-peers: build bench/.peers/$(PEERS_DATA).nt ## this store and the installed peers under 8 and 256 clients; writes the table in docs/benchmarks.md
	$(GO) build -o bench/.peers/load ./bench/load
	$(GO) run ./bench/peers -name $(SIZE) -data bench/.peers/$(PEERS_DATA).nt -engines $(PEERS) -clients 8,256 $(PEERSFLAGS)

# The data and queries are those in BENCH_HOME, if that is there, else this project's own.
bench/.peers/shared-$(SIZE).nt:
	@mkdir -p bench/.peers
	cd $(BENCH_HOME)/gen && $(GO) build -o $(CURDIR)/bench/.peers/generate .
	bench/.peers/generate -triples $(TRIPLES) -nt $@.part -ids bench/.peers/shared-$(SIZE).ids && mv $@.part $@

bench/.peers/bsbm-$(SIZE).nt bench/.peers/sp2bench-$(SIZE).nt:
	@mkdir -p bench/.peers
	$(GO) run ./bench/classic -set $(SET) -triples $(TRIPLES) -o $@.part -queries $(@:.nt=-queries) && mv $@.part $@

bench/.peers/own-$(SIZE).nt:
	@mkdir -p bench/.peers/own
	$(GO) run ./bench -make -triples $(TRIPLES) -dir bench/.peers/own && mv bench/.peers/own/data.nt $@ && rm -rf bench/.peers/own

peers: peer-oxigraph peer-fuseki peer-virtuoso ## install the engines to compare with

peer-oxigraph: ## Oxigraph's server, from PyPI, into bench/.peers
	@mkdir -p bench/.peers
	python3 -m venv bench/.peers/oxigraph && bench/.peers/oxigraph/bin/pip install --quiet oxigraph==$(OXIGRAPH_VERSION)

peer-fuseki: ## Apache Jena Fuseki, from Maven Central, into bench/.peers; needs mvn and java
	@mkdir -p bench/.peers
	mvn -q dependency:copy -Dartifact=org.apache.jena:jena-fuseki-server:$(FUSEKI_VERSION) -DoutputDirectory=$(CURDIR)/bench/.peers
	mv bench/.peers/jena-fuseki-server-$(FUSEKI_VERSION).jar bench/.peers/fuseki.jar

peer-virtuoso: ## Virtuoso and wrk, from Debian; needs root
	apt-get update -qq && apt-get install -y --no-install-recommends virtuoso-opensource-7 virtuoso-opensource-7-bin wrk

bench-once: ## every benchmark once, so that none rots
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout $(TIMEOUT) $(TESTFLAGS) ./...

bench-parsers: ## our readers against other Go parsers; NT=, TTL=, RDF=, JSONLD= name the files, RDF/XML and JSON-LD are made if need be
	@dir=$$(mktemp -d) && nt="$(abspath $(NT))" && ttl="$(abspath $(TTL))" && rdf="$(abspath $(RDF))" && jsonld="$(abspath $(JSONLD))"; \
	if [ -z "$$ttl" ]; then echo "name the data: make bench-parsers NT=FILE.nt TTL=FILE.ttl"; rmdir $$dir; exit 2; fi; \
	if [ -z "$$rdf" ]; then rdf=$$dir/data.rdf; $(GO) run ./cmd/triplestore convert "$$ttl" -o $$rdf || exit 1; fi; \
	if [ -z "$$jsonld" ]; then jsonld=$$dir/data.jsonld; $(GO) run ./cmd/triplestore convert "$$ttl" -o $$jsonld || exit 1; fi; \
	cd bench/parsers && $(GO) run . $(BENCHFLAGS) -nt "$$nt" -ttl "$$ttl" -rdf "$$rdf" -jsonld "$$jsonld"; code=$$?; rm -rf $$dir; exit $$code

convert-data: ## take all real data to every format and back, which takes some minutes
	CONVERT_ALL=1 $(GO) test -count=1 -timeout 2h -v -run '^TestConvertData$$' ./rdf/format

golden: ## write the golden files anew; look at the difference before you commit
	@dirs=$$(grep -rlE '^(import )?[[:space:]]*"triplestore/internal/golden"' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); \
	if [ -z "$$dirs" ]; then echo "no golden files"; else $(GO) test $$dirs -args -update && git status --short -- $$dirs; fi

w3c: ## the W3C conformance suites, with a summary per suite; data in $W3C_TESTS or ../shared/w3c
	@files=$$(grep -rlE '^(import )?[[:space:]]*"triplestore/internal/w3c"' --include='*_test.go' .); \
	dirs=$$(echo "$$files" | xargs -r -n1 dirname | sort -u); \
	names=$$(echo "$$files" | xargs -r sed -nE 's/^func (Test[A-Za-z0-9_]+)\(.*/\1/p' | paste -sd'|' -); \
	$(GO) test -count=1 -json -run "^($$names)\$$" $$dirs | $(GO) run ./internal/testsum -tree

conformance: ## docs/conformance.md, made by running the W3C suites; with CHECK=1 fail where the file is not up to date
	@dir=$$(mktemp -d); files=$$(grep -rlE '^(import )?[[:space:]]*"triplestore/internal/(w3c|sparqltest)"' --include='*_test.go' . | grep -v '^./internal/'); \
	dirs=$$(echo "$$files" | xargs -r -n1 dirname | sort -u); \
	names=$$(echo "$$files" | xargs -r sed -nE 's/^func (Test[A-Za-z0-9_]+)\(.*/\1/p' | grep -v TestConvertData | paste -sd'|' -); \
	CI=true W3C_REPORT=$$dir $(GO) test -count=1 -timeout $(TIMEOUT) -run "^($$names)\$$" $$dirs; tests=$$?; \
	$(GO) run ./internal/conformance $$dir > $$dir/conformance.md; page=$$?; \
	if [ -n "$(CHECK)" ]; then diff -u docs/conformance.md $$dir/conformance.md; page=$$?; else cp $$dir/conformance.md docs/conformance.md; fi; \
	rm -rf $$dir; [ $$tests = 0 ] && [ $$page = 0 ]

VERSION  ?= 0.1.0~dev
ARCH     ?= $(shell $(GO) env GOARCH)

deb: ## dist/triplestore_VERSION_ARCH.deb with a systemd unit; VERSION=, ARCH= choose, the first time nfpm is built
	@if [ ! -x $(NFPM) ]; then \
	  echo "building nfpm $(NFPM_VERSION) into $(GOBIN)"; \
	  dir=$$(mktemp -d) && GOBIN=$$dir $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPM_VERSION) \
	    && mkdir -p $(GOBIN) && mv $$dir/nfpm $(NFPM); rmdir $$dir 2>/dev/null; test -x $(NFPM); fi
	@mkdir -p dist
	CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) $(GO) build -trimpath -ldflags "-s -w -X main.release=$(VERSION)" -o dist/triplestore-$(ARCH) ./cmd/triplestore
	VERSION='$(VERSION)' ARCH=$(ARCH) BINARY=dist/triplestore-$(ARCH) $(NFPM) package --config packaging/nfpm.yaml --packager deb --target dist/

docker: ## the image triplestore, a static binary that does not run as root
	docker build -f packaging/Dockerfile --build-arg VERSION='$(VERSION)' --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null)" -t triplestore .

.PHONY: test-packages
test-packages: ## the deb, its unit and the image, unpacked or built and run in folders of their own; says what cannot be tried here
	GO='$(GO)' packaging/test.sh

test-clients: ## real clients against a started server: curl, Python, npm, Go, Java; CLIENTS='curl go' for some of them
	GO='$(GO)' test/clients/run.sh $(CLIENTS)

load: ## the server under the load of 8 and 256 clients, with a million triples; LOADFLAGS='-clients 8 -duration 10m' for more
	GO='$(GO)' bench/load/run.sh $(LOADFLAGS)

clean: ## remove what was built; the store in data/ stays
	rm -rf bin build dist $(UI)/node_modules
	rm -f $(UI)/dist/workbench.*
	$(GO) clean -testcache
