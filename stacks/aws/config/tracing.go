package config

import (
	"net/url"
	"strconv"
)

// TracingConfig is where pods send traces. Pods are given it in OpenTelemetry's own
// variables, and a way through the network.
type TracingConfig struct {
	Endpoint string // URL of a collector that speaks OTLP over HTTP; empty: nothing is sent
	Ratio    string // of traces that begin here, 0 to 1; empty: all
}

// tracing checks both.
func (p *problems) tracing() {
	t := p.cfg.Tracing
	if p.cfg.Layer != LayerWorkloads {
		return
	}
	u, err := url.Parse(t.Endpoint)
	if t.Endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.RawQuery != "" || !hostForm.MatchString(u.Hostname())) {
		// The value is not repeated: a password may be in it.
		p.key("tracing.endpoint", "write the URL of a collector that speaks OTLP over HTTP, without a user, such as http://otel-collector.observability.svc:4318")
	}
	if t.Ratio == "" {
		return
	}
	if r, err := strconv.ParseFloat(t.Ratio, 64); err != nil || !(r >= 0 && r <= 1) {
		p.key("tracing.ratio", "%q: write the share of traces that are sent as a number from 0 to 1, such as 0.1", t.Ratio)
	}
	if t.Endpoint == "" {
		p.key("tracing.ratio", "no traces are sent: set tracing.endpoint, or leave this out")
	}
}
