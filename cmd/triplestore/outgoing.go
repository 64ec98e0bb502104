package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"triplestore/internal/egress"
	"triplestore/loaders"
	"triplestore/rdf"
	"triplestore/sparql"
	"triplestore/sparql/service"
)

// outgoingFlags say what queries and updates may ask of others.
type outgoingFlags struct {
	services, loads []string
	serviceTimeout  time.Duration
	serviceBytes    bytesValue
	serviceRows     int64
	proxy           bool
}

const allowHelp = "may be repeated; ORIGIN is an origin, URL prefix or host, as in https://example.org, https://example.org/sparql, " +
	"localhost:7878, or * for every public address"

func (f *outgoingFlags) addService(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.serviceBytes = 256 << 20
	flags.StringArrayVar(&f.services, "allow-service", nil, "let SERVICE ask the endpoints at this `ORIGIN`; "+allowHelp)
	flags.DurationVar(&f.serviceTimeout, "service-timeout", time.Minute, "longest time of a request to an endpoint")
	flags.Var(&f.serviceBytes, "service-bytes", "longest answer of an endpoint")
	flags.Int64Var(&f.serviceRows, "service-rows", 0, "most solutions in an answer of an endpoint; 0 for no limit")
	flags.BoolVar(&f.proxy, "use-proxy", false, "send such requests through the proxy of the environment (HTTPS_PROXY)")
}

func (f *outgoingFlags) addLoad(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.loads, "allow-load", nil, "let LOAD read documents at this `ORIGIN`; "+allowHelp)
}

// outgoing is what the flags allow; what they do not is nil.
type outgoing struct {
	service sparql.ServiceClient
	load    func(context.Context, sparql.Document, func([]rdf.Quad) error) error
	guards  []*egress.Guard
}

const (
	maxLoad     = 4 << 30  // bytes that LOAD transfers for a document
	maxExpanded = 64 << 30 // and unpacked
)

// egressObserver is told of outgoing requests, see egress.Options.
type egressObserver = func(context.Context, string, *url.URL) (map[string]string, func(int, error))

func (f *outgoingFlags) open(observe egressObserver) (*outgoing, error) {
	out := &outgoing{}
	guard := func(flag string, list []string, o egress.Options) (*egress.Guard, error) {
		var err error
		if o.Allow, err = egress.ParseRules(list); err != nil {
			return nil, usageError{fmt.Errorf("--%s: %w", flag, err)}
		}
		if f.proxy {
			o.Proxy = egress.ProxyFromEnvironment
		}
		o.Observe = observe
		o.UserAgent = "triplestore/" + release
		g := egress.New(o)
		out.guards = append(out.guards, g)
		return g, nil
	}
	if len(f.services) > 0 {
		g, err := guard("allow-service", f.services, egress.Options{Header: f.serviceTimeout, Total: f.serviceTimeout, MaxBytes: int64(f.serviceBytes)})
		if err != nil {
			return nil, err
		}
		out.service = service.New(service.Options{Guard: g, MaxRows: f.serviceRows})
	}
	if len(f.loads) > 0 {
		g, err := guard("allow-load", f.loads, egress.Options{MaxBytes: maxLoad})
		if err != nil {
			return nil, err
		}
		fetcher := loaders.NewGuardedFetcher(g)
		out.load = func(ctx context.Context, d sparql.Document, emit func([]rdf.Quad) error) error {
			return loaders.Read(ctx, d.IRI, loaders.Options{Fetcher: fetcher, BlankNodePrefix: d.BlankNodePrefix, MaxExpanded: maxExpanded}, emit)
		}
	}
	return out, nil
}

func (o *outgoing) close() {
	for _, g := range o.guards {
		g.Close()
	}
}
