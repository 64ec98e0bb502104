package tracing

import (
	"net/http/httptest"
	"testing"
)

func TestSettings(t *testing.T) {
	for _, tc := range []struct {
		name, sampler, arg, endpoint, protocol string
		on, parents, fails                     bool
	}{
		{name: "off by default"},
		{name: "default sampler", endpoint: "http://127.0.0.1:1", on: true, parents: true},
		{name: "clients do not decide", sampler: "traceidratio", arg: "0.5", endpoint: "http://127.0.0.1:1/", on: true},
		{name: "clients decide", sampler: "parentbased_traceidratio", arg: "0", endpoint: "http://127.0.0.1:1/v1/traces", on: true, parents: true},
		{name: "unknown sampler", sampler: "jaeger_remote", endpoint: "http://127.0.0.1:1", fails: true},
		{name: "no ratio", sampler: "traceidratio", arg: "2", endpoint: "http://127.0.0.1:1", fails: true},
		{name: "no URL", endpoint: "localhost:4318", fails: true},
		{name: "gRPC", endpoint: "http://127.0.0.1:1", protocol: "grpc", fails: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, v := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"} {
				t.Setenv(v, "")
			}
			t.Setenv("OTEL_TRACES_SAMPLER", tc.sampler)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", tc.arg)
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", tc.protocol)
			tr, err := Open(t.Context(), Options{Endpoint: tc.endpoint})
			if (err != nil) != tc.fails || (tr != nil) != tc.on {
				t.Fatalf("%v, %v", tr, err)
			}
			if tr != nil && tr.parents != tc.parents {
				t.Errorf("the client's traceparent counts: %v", tr.parents)
			}
			if err := tr.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	if !Wanted(Options{}) {
		t.Error("the variable does not count")
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if Wanted(Options{}) {
		t.Error("OTEL_SDK_DISABLED does not count")
	}
}

// Without a tracer a request gets no span, and nothing is allocated.
func TestOff(t *testing.T) {
	var off *Tracer
	r := httptest.NewRequest("GET", "/sparql", nil)
	if n := testing.AllocsPerRun(100, func() {
		ctx, span := off.Request(r)
		ctx, part := Start(ctx, "execute")
		part.Query("ASK {}")
		part.Count("rows", 1)
		part.End(nil)
		span.Answered(r, "/sparql", 200, "", "")
		if ID(ctx) != "" {
			t.Error("there is a trace")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
