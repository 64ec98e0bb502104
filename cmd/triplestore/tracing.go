package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"triplestore/server/tracing"
)

func tracingFlags(cmd *cobra.Command, o *tracing.Options) {
	cmd.Flags().StringVar(&o.Endpoint, "otlp-endpoint", "", "send OpenTelemetry traces to the collector at this `URL`, such as http://localhost:4318 (default OTEL_EXPORTER_OTLP_ENDPOINT)")
	cmd.Flags().BoolVar(&o.QueryText, "otlp-query-text", false, "put the texts of queries and updates into the traces")
}

// openTracer makes the tracer, and what tells it of outgoing requests; both are nil without an endpoint.
func openTracer(ctx context.Context, o tracing.Options, log *slog.Logger) (*tracing.Tracer, egressObserver, error) {
	o.Version, o.Log = release, log
	t, err := tracing.Open(ctx, o)
	if err != nil {
		return nil, nil, usageError{err}
	}
	if t == nil {
		return nil, nil, nil
	}
	return t, t.Outgoing, nil
}

func closeTracer(t *tracing.Tracer, log *slog.Logger) {
	if err := t.Close(); err != nil {
		log.Warn("the last traces could not be sent", slog.Any("cause", err))
	}
}
