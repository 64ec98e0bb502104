package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// open makes the exporter. How it sends (headers, certificates, compression, limits of its queue) is what the standard variables say:
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func open(ctx context.Context, o Options) (*Tracer, error) {
	if p := first("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"); p != "" && p != "http/protobuf" {
		return nil, fmt.Errorf("traces are sent as http/protobuf, not as %s (OTEL_EXPORTER_OTLP_PROTOCOL)", p)
	}
	sampler, parents, err := samplerOf(os.Getenv("OTEL_TRACES_SAMPLER"), os.Getenv("OTEL_TRACES_SAMPLER_ARG"))
	if err != nil {
		return nil, err
	}
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		address, err := tracesURL(o.Endpoint)
		if err != nil {
			return nil, err
		}
		options = append(options, otlptracehttp.WithEndpointURL(address))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, err
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "triplestore"), attribute.String("service.version", o.Version)), resource.WithFromEnv())
	if err != nil {
		return nil, errors.Join(err, exporter.Shutdown(ctx))
	}
	if o.Log != nil { // it is one for the whole program, in the library
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
			o.Log.LogAttrs(context.Background(), slog.LevelWarn, "traces could not be sent", slog.Any("cause", err))
		}))
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about), sdk.WithSampler(sampler))
	return &Tracer{
		tracer: provider.Tracer("triplestore/server"), parents: parents, queryText: o.QueryText,
		stop: func() error {
			ctx, cancel := context.WithTimeout(context.Background(), lastSend)
			defer cancel()
			return provider.Shutdown(ctx)
		},
	}, nil
}

// lastSend is how long the last spans may take to be sent when the program ends.
const lastSend = 3 * time.Second

func first(variables ...string) string {
	for _, v := range variables {
		if s := os.Getenv(v); s != "" {
			return s
		}
	}
	return ""
}

// tracesURL is where traces go at an endpoint: the path /v1/traces is added where it is not there.
func tracesURL(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("the endpoint of traces is no http or https URL such as http://localhost:4318")
	}
	if !strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/v1/traces") {
		u = u.JoinPath("v1", "traces")
	}
	return u.String(), nil
}

// samplerOf reads the variables of the sampler. parents tells whether the client's traceparent counts: only with a sampler that asks the
// parent (https://opentelemetry.io/docs/languages/sdk-configuration/general/#otel_traces_sampler).
func samplerOf(name, arg string) (s sdk.Sampler, parents bool, err error) {
	base, parents := strings.CutPrefix(name, "parentbased_")
	if name == "" {
		base, parents = "always_on", true
	}
	switch base {
	case "always_on":
		s = sdk.AlwaysSample()
	case "always_off":
		s = sdk.NeverSample()
	case "traceidratio":
		ratio := 1.0
		if arg != "" {
			if ratio, err = strconv.ParseFloat(arg, 64); err != nil || !(ratio >= 0 && ratio <= 1) {
				return nil, false, fmt.Errorf("OTEL_TRACES_SAMPLER_ARG is %q, not a number from 0 to 1", arg)
			}
		}
		s = sdk.TraceIDRatioBased(ratio)
	default:
		return nil, false, fmt.Errorf("OTEL_TRACES_SAMPLER is %q; there is always_on, always_off and traceidratio, each also with parentbased_ before it", name)
	}
	if parents {
		s = sdk.ParentBased(s)
	}
	return s, parents, nil
}
