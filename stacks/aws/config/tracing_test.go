package config

import (
	"strings"
	"testing"
)

func TestWhereTracesAreSentIsValidated(t *testing.T) {
	for _, c := range []struct {
		to   TracingConfig
		want string // of the problem; "": none
	}{
		{TracingConfig{}, ""},
		{TracingConfig{Endpoint: "http://otel-collector.observability.svc:4318", Ratio: "0.1"}, ""},
		{TracingConfig{Endpoint: "https://192.0.2.7", Ratio: "1"}, ""},
		{TracingConfig{Endpoint: "otel-collector:4317"}, "tracing.endpoint"},
		{TracingConfig{Endpoint: "grpc://otel-collector:4317"}, "tracing.endpoint"},
		{TracingConfig{Endpoint: "http://u:hidden@otel"}, "tracing.endpoint"},
		{TracingConfig{Endpoint: "http://"}, "tracing.endpoint"},
		{TracingConfig{Endpoint: "http://otel", Ratio: "10%"}, "tracing.ratio"},
		{TracingConfig{Endpoint: "http://otel", Ratio: "NaN"}, "tracing.ratio"},
		{TracingConfig{Endpoint: "http://otel", Ratio: "1.5"}, "tracing.ratio"},
		{TracingConfig{Ratio: "0.5"}, "tracing.ratio"},
	} {
		p := &problems{cfg: Config{Layer: LayerWorkloads, Tracing: c.to}}
		p.tracing()
		if (c.want == "") != (len(p.found) == 0) || len(p.found) > 0 && !strings.Contains(p.found[0].Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.to, p.found, c.want)
		}
		for _, err := range p.found {
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("a password is repeated: %v", err)
			}
		}
	}
}
